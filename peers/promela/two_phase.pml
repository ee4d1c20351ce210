/* Two-phase commit (Gray, Lamport 2006, section 3), with N resource managers.
   Messages are never lost and can be read any number of times, so a broadcast is one flag. All
   steps are those of one process: SPIN then stores the least for each state. */
#ifndef N
#define N 3
#endif
#define ALL ((1 << N) - 1)
#define BIT(r) (1 << (r))

mtype = { working, prepared, committed, aborted };

mtype resource[N] = working;
mtype manager = working;
byte heard;        /* the resources that the manager knows to be prepared */
byte told;         /* the resources that have sent "prepared" */
bit commit, abort; /* what the manager has sent */

#define RESOURCE(r) \
    :: d_step { resource[r] == working -> resource[r] = prepared; told = told | BIT(r) } \
    :: d_step { resource[r] == working -> resource[r] = aborted } \
    :: d_step { commit -> resource[r] = committed } \
    :: d_step { abort -> resource[r] = aborted } \
    :: d_step { manager == working && (told & BIT(r)) -> heard = heard | BIT(r) }

active proctype Steps()
{
    do
    :: d_step { manager == working && heard == ALL -> manager = committed; commit = 1 }
    :: d_step { manager == working -> manager = aborted; abort = 1 }
    RESOURCE(0)
#if N > 1
    RESOURCE(1)
#endif
#if N > 2
    RESOURCE(2)
#endif
#if N > 3
    RESOURCE(3)
#endif
#if N > 4
    RESOURCE(4)
#endif
#if N > 5
    RESOURCE(5)
#endif
#if N > 6
    RESOURCE(6)
#endif
#if N > 7
    RESOURCE(7)
#endif
    od
}
