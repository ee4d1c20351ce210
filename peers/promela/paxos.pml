/* Paxos for one decision (Lamport 2001, section 2): N proposers with one ballot each, numbered from
   1, and three acceptors. Messages are never lost and can be read any number of times. */
#ifndef N
#define N 2
#endif
#define ACCEPTORS 3
#define AT(proposer, acceptor) ((proposer) * ACCEPTORS + (acceptor))
/* Proposers are started first, so that their numbers are 0 to N-1. */
#define BALLOT (_pid + 1)
#define ACCEPTOR (_pid - N)

/* What was sent. A promise tells the ballot of the last vote: 1 stands for none, k+1 for ballot k. */
bit prepare[N];
byte promise[N * ACCEPTORS];
bit propose[N];
byte accepted[N]; /* a bit for each acceptor */

/* Proposers. The value is that of a proposer, from 1. */
byte heard[N * ACCEPTORS];
byte value[N];
byte accepted_by[N];
bit decided[N];

/* Acceptors. */
byte promised[ACCEPTORS];
byte vote[ACCEPTORS];

inline hear(a)
{
    heard[AT(_pid, a)] = promise[AT(_pid, a)];
    most = 0;
    count = 0;
    k = 0;
    do
    :: k < ACCEPTORS ->
        count = count + (heard[AT(_pid, k)] > 0 -> 1 : 0);
        most = (heard[AT(_pid, k)] > most -> heard[AT(_pid, k)] : most);
        k++
    :: else -> break
    od;
    if
    :: count == 2 ->
        value[_pid] = (most > 1 -> value[most - 2] : BALLOT);
        propose[_pid] = 1
    :: else
    fi;
    most = 0;
    count = 0;
    k = 0
}

#define UNHEARD(a) (value[_pid] == 0 && promise[AT(_pid, a)] && !heard[AT(_pid, a)])
#define MISSING(a) ((accepted[_pid] & (1 << (a))) && !(accepted_by[_pid] & (1 << (a))))

inline count_in(a)
{
    accepted_by[_pid] = accepted_by[_pid] | (1 << (a));
    if
    :: accepted_by[_pid] & (accepted_by[_pid] - 1) -> decided[_pid] = 1
    :: else
    fi
}

active [N] proctype Proposer()
{
    byte most, count, k;
    do
    :: d_step { !prepare[_pid] -> prepare[_pid] = 1 }
    :: d_step { UNHEARD(0) -> hear(0) }
    :: d_step { UNHEARD(1) -> hear(1) }
    :: d_step { UNHEARD(2) -> hear(2) }
    :: d_step { !decided[_pid] && MISSING(0) -> count_in(0) }
    :: d_step { !decided[_pid] && MISSING(1) -> count_in(1) }
    :: d_step { !decided[_pid] && MISSING(2) -> count_in(2) }
    od
}

#define PREPARED(p) (prepare[p] && p + 1 > promised[ACCEPTOR])
#define PROPOSED(p) (propose[p] && p + 1 >= promised[ACCEPTOR])

inline give(p)
{
    promised[ACCEPTOR] = p + 1;
    promise[AT(p, ACCEPTOR)] = vote[ACCEPTOR] + 1
}

inline accept(p)
{
    promised[ACCEPTOR] = p + 1;
    vote[ACCEPTOR] = p + 1;
    accepted[p] = accepted[p] | (1 << ACCEPTOR)
}

active [ACCEPTORS] proctype Acceptor()
{
    do
    :: d_step { PREPARED(0) -> give(0) }
    :: d_step { PROPOSED(0) -> accept(0) }
#if N > 1
    :: d_step { PREPARED(1) -> give(1) }
    :: d_step { PROPOSED(1) -> accept(1) }
#endif
#if N > 2
    :: d_step { PREPARED(2) -> give(2) }
    :: d_step { PROPOSED(2) -> accept(2) }
#endif
    od
}
