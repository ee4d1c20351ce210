//! The hall of the replicated log.

use quorate_kernel::{Faults, Links, Timing};

use super::exhibit::{Exhibit, Figure, Hall, Happening, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[MULTI_PAXOS, RAFT, RAFT_SINGLE_SERVER];

const LOG_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000).given("0,1,1");
const LOG_3_MANY: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000)
    .given("0,1,1")
    .set(&[("each", "8")]);
const LOG_3_SOME: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 1000)
    .given("0,1,1")
    .set(&[("each", "4")]);
const LOG_3_LONG: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 3000).given("0,1,1");
const LOG_3_FEW: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 300).given("0,1,1");

const MULTI_PAXOS: Hall = Hall {
    protocol: "multi-paxos",
    rooms: &[LOG_3, LOG_3_SOME, LOG_3_MANY, LOG_3_FEW],
    exhibits: &[
        Exhibit::new("half-quorum", LOG_3, "log-agreement", 35),
        Exhibit::new("half-quorum", LOG_3, "uniform-agreement", 35),
        Exhibit::new("ignores-report", LOG_3, "log-agreement", 6),
        Exhibit::new("ignores-report", LOG_3, "durability", 6),
        Exhibit::holds(
            "closes-gaps",
            LOG_3_MANY,
            "log-agreement",
            "Acceptors answer only up to where nothing is missing, so that what was \
                reported after a gap is never chosen.",
        ),
        Exhibit::new("reports-nothing", LOG_3, "log-agreement", 32),
        Exhibit::new("heeds-smaller", LOG_3_SOME, "log-agreement", 608),
        Exhibit::new("any-ballot", LOG_3, "log-agreement", 351),
        Exhibit::new("applies-again", LOG_3_MANY, "exactly-once", 108),
        Exhibit::new("lowest-ballot", LOG_3, "log-agreement", 26),
        Exhibit::new("without-1a", LOG_3, "termination", 1),
        Exhibit::new("without-1b", LOG_3, "termination", 1),
        Exhibit::costs("without-nack", LOG_3_FEW, Figure::Ticks, 195094, 196143),
        Exhibit::new("without-2", LOG_3, "termination", 1),
        Exhibit::new("without-gap", LOG_3, "termination", 1292),
        Exhibit::new("without-2a", LOG_3, "termination", 1),
        Exhibit::new("without-2b", LOG_3, "termination", 1),
        Exhibit::new("without-learn", LOG_3, "termination", 1),
        Exhibit::costs("without-commit", LOG_3_FEW, Figure::Ticks, 195094, 374181),
        Exhibit::new("without-apply", LOG_3, "termination", 1),
        Exhibit::new("without-snapshot", LOG_3, "termination", 15),
        Exhibit::costs("without-ask", LOG_3_FEW, Figure::Ticks, 195094, 208767),
        Exhibit::new("without-teach", LOG_3_MANY, "termination", 214),
        Exhibit::new("without-install", LOG_3, "termination", 53),
        Exhibit::new("without-forward", LOG_3, "termination", 1),
        Exhibit::costs("without-retry", LOG_3_FEW, Figure::Ticks, 195094, 196745),
        Exhibit::new("without-beat", LOG_3, "termination", 1),
        Exhibit::costs("without-repeat", LOG_3_FEW, Figure::Ticks, 195094, 207569),
        Exhibit::costs("without-have", LOG_3_FEW, Figure::Messages, 128, 1043),
        Exhibit::costs("without-rest", LOG_3_FEW, Figure::Messages, 128, 224),
        Exhibit::new("without-suspect", LOG_3, "termination", 2),
    ],
};

const LOG_5: Room = Room::sweep((5, 2), Faults::Crash, Timing::Partial, Links::Lossy, 1500)
    .given("0,1,1,0,1")
    .set(&[("each", "4")]);
const READS_3: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 1100)
    .given("0,1,1")
    .set(&[("each", "20"), ("reads", "index")]);
const LEASE_3: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 300)
    .given("0,1,1")
    .set(&[("each", "4"), ("reads", "lease")]);
const TRANSFER_3: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000)
    .given("0,1,1")
    .set(&[("each", "6"), ("transfer", "yes")]);

const SESSIONS_3: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000)
    .given("0,1,1")
    .set(&[("each", "8"), ("sessions", "yes"), ("expire", "6")]);

const fn cut(
    from: &'static [u16],
    to: &'static [u16],
    (at, until): (u64, u64),
    both: bool,
) -> Happening {
    Happening::Cut { from, to, both, ms: (at, until) }
}

const fn down(process: u16, at: u64) -> Happening {
    Happening::Down { process, ms: (at, at + 1) }
}

/// Runs that are cut up to show one thing: nothing else fails.
const fn staged(n: u16, f: u16, links: Links, runs: u64) -> Room {
    Room::sweep((n, f), Faults::None, Timing::Synchronous, links, runs)
}

/// Figure 8 of the paper, with three processes and four terms.
const FIGURE_8: Room =
    staged(3, 1, Links::Lossy, 500).given("-,-,-").set(&[("chunk", "1")]).happening(&[
        cut(&[0], &[1], (60, 900), true),
        cut(&[0], &[2], (60, 262), true),
        cut(&[0], &[2], (283, 341), true),
        cut(&[0], &[2], (381, 900), true),
        cut(&[1], &[2], (211, 381), true),
        Happening::Ask { process: 0, ms: 100, value: 1 },
        Happening::Ask { process: 1, ms: 150, value: 0 },
        Happening::Delay { ms: 5 },
    ]);

/// p1 stores what p0 sends it, and its answers are held up until p0 leads again, with a log that
/// others have made.
const HELD_UP: Room = staged(5, 2, Links::Reliable, 500)
    .given("-,-,-,-,-")
    .set(&[("each", "4"), ("beat", "10000")])
    .happening(&[
        cut(&[0, 1], &[2, 3, 4], (75, 220), true),
        cut(&[1], &[0], (75, 420), false),
        cut(&[1], &[2, 3, 4], (220, 440), true),
        cut(&[0], &[1], (220, 440), false),
        cut(&[2], &[0, 3, 4], (300, 440), true),
        cut(&[0], &[4], (415, 440), true),
        cut(&[0, 3], &[1, 2, 4], (440, 900), true),
        Happening::Ask { process: 0, ms: 80, value: 1 },
        Happening::Ask { process: 0, ms: 425, value: 0 },
    ]);

/// p0 tells p1 to stand, and hears no more of what comes of it.
const HEIR: Room = staged(3, 1, Links::Reliable, 600)
    .given("0,1,1")
    .set(&[("each", "20"), ("reads", "lease"), ("transfer", "yes"), ("beat", "40000")])
    .happening(&[cut(&[1, 2], &[0], (300, 500), false)]);

/// p0 has nothing to do, and then is cut off.
const SILENCE: Room = staged(3, 1, Links::Lossy, 1000)
    .given("0,1,1")
    .set(&[("each", "4"), ("reads", "lease"), ("beat", "10000"), ("patience", "2")])
    .happening(&[cut(&[0], &[1, 2], (60, 300), true)]);

/// p2 hears nothing of p0, and asks p1 for its vote all the time.
const HALF_CUT: Room = Room::sweep((3, 1), Faults::Crash, Timing::Synchronous, Links::Lossy, 100)
    .given("0,1,1")
    .set(&[("each", "40"), ("reads", "lease"), ("beat", "4000"), ("patience", "2")])
    .happening(&[cut(&[0], &[2], (20, 400), true)]);

/// The same, while p1 crashes again and again.
const HALF_CUT_DOWN: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Synchronous, Links::Reliable, 200)
        .given("0,1,1")
        .set(&[("each", "20"), ("reads", "lease"), ("beat", "40000"), ("patience", "2")])
        .happening(&[
            cut(&[0], &[2], (20, 600), true),
            down(1, 100),
            down(1, 140),
            down(1, 180),
            down(1, 220),
            down(1, 260),
            down(1, 300),
        ]);

const MEMBERS_5: Room = Room::sweep((5, 1), Faults::Crash, Timing::Partial, Links::Lossy, 300)
    .given("0,1,1,0,1")
    .set(&[("members", "3"), ("change", "drawn"), ("each", "3")]);
/// All members but one go, others come, and back.
const SWAP: &str = "p2:-0-1+3+4,p2:+0+1-3-4,p2:-0-1+3+4";
const SWAP_5: Room = Room::sweep((5, 1), Faults::Crash, Timing::Partial, Links::Lossy, 1000)
    .given("0,1,1,0,1")
    .set(&[("members", "3"), ("change", SWAP)]);
const SWAP_5_FEW: Room = Room::sweep((5, 1), Faults::Crash, Timing::Partial, Links::Lossy, 300)
    .given("0,1,1,0,1")
    .set(&[("members", "3"), ("change", SWAP)]);
/// One learns, and goes, and votes.
const LEARN_4: Room = Room::sweep((4, 1), Faults::Crash, Timing::Partial, Links::Lossy, 600)
    .given("0,1,1,0")
    .set(&[("members", "3"), ("change", "~3,-3,~3,-3,+3,-2,+2"), ("each", "6")]);
const LEARNER_4: Room = Room::sweep((4, 1), Faults::Crash, Timing::Partial, Links::Lossy, 900)
    .given("0,1,1,0")
    .set(&[("members", "3"), ("change", "~3"), ("each", "6")]);

/// Members change while p1 does not hear of it, and then only p1 reaches a majority of them.
const NAMED_5: Room = staged(5, 1, Links::Lossy, 100)
    .given("-,-,-,-,-")
    .set(&[("members", "3"), ("change", "p0:-0+3+4@100ms")])
    .happening(&[
        cut(&[1], &[0, 2, 3, 4], (60, 600), true),
        cut(&[0], &[1], (600, 3000), true),
        cut(&[0], &[2, 3, 4], (300, 3000), true),
        cut(&[2], &[3, 4], (300, 3000), true),
        cut(&[3], &[4], (300, 3000), true),
        Happening::Ask { process: 0, ms: 0, value: 1 },
        Happening::Ask { process: 2, ms: 500, value: 0 },
    ]);

/// Members change while p1 is cut off in a later term, and then only p2 reaches a majority.
const BEHIND_4: Room = Room::sweep((4, 1), Faults::Crash, Timing::Synchronous, Links::Lossy, 100)
    .given("-,-,-,-")
    .set(&[("members", "3"), ("each", "5"), ("transfer", "yes"), ("change", "p2:+3@100ms")])
    .happening(&[
        cut(&[1], &[0, 2, 3], (52, 300), true),
        cut(&[1], &[3], (300, 3000), true),
        Happening::Gone { process: 0, ms: 200 },
        Happening::Ask { process: 0, ms: 0, value: 1 },
        Happening::Ask { process: 2, ms: 400, value: 0 },
        Happening::Delay { ms: 5 },
    ]);

/// p3 is to vote, hears of it late and cannot be reached any more; and p2 is gone.
const LATE_4: Room = Room::sweep((4, 1), Faults::Crash, Timing::Synchronous, Links::Lossy, 100)
    .given("-,-,-,-")
    .set(&[("members", "3"), ("chunk", "1"), ("patience", "6"), ("change", "p0:+3@100ms")])
    .happening(&[
        cut(&[0], &[3], (95, 120), true),
        cut(&[0], &[3], (136, 1000), false),
        Happening::Gone { process: 2, ms: 80 },
        Happening::Ask { process: 0, ms: 101, value: 0 },
        Happening::Ask { process: 0, ms: 102, value: 1 },
        Happening::Delay { ms: 5 },
    ]);

/// p2 keeps no commands.
const WITNESS_3: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 1000)
    .given("0,1,-")
    .set(&[("witness", "p2")]);
/// The same where whoever crashes comes back: then all comes to an end.
const WITNESS_3_BACK: Room =
    Room::sweep((3, 0), Faults::Crash, Timing::Partial, Links::Lossy, 1000)
        .given("0,1,-")
        .set(&[("witness", "p2")]);

const RAFT: Hall = Hall {
    protocol: "raft",
    rooms: &[
        LOG_3,
        LOG_3_MANY,
        LOG_3_LONG,
        LOG_3_FEW,
        LOG_5,
        READS_3,
        LEASE_3,
        TRANSFER_3,
        SESSIONS_3,
        FIGURE_8,
        HELD_UP,
        HEIR,
        SILENCE,
        HALF_CUT,
        HALF_CUT_DOWN,
        MEMBERS_5,
        SWAP_5,
        SWAP_5_FEW,
        LEARN_4,
        LEARNER_4,
        NAMED_5,
        BEHIND_4,
        LATE_4,
        WITNESS_3,
        WITNESS_3_BACK,
    ],
    exhibits: &[
        Exhibit::new("half-quorum", LOG_3, "log-agreement", 2),
        Exhibit::new("half-quorum", LOG_3, "leader-completeness", 2),
        Exhibit::new("half-quorum", LOG_3, "uniform-agreement", 190),
        Exhibit::new("any-term", FIGURE_8, "log-agreement", 240),
        Exhibit::new("votes-twice", LOG_3_LONG, "election-safety", 2417),
        Exhibit::new("unstored-vote", LOG_3, "election-safety", 58),
        Exhibit::new("ignores-offer", LOG_3, "log-agreement", 2),
        Exhibit::new("ignores-offer", LOG_3, "durability", 2),
        Exhibit::new("lowest-offer", LOG_5, "log-agreement", 242),
        Exhibit::new("cuts", LOG_3, "log-agreement", 58),
        Exhibit::new("cuts", LOG_3, "monotone-commit", 4),
        Exhibit::new("unchecked", LOG_3, "log-agreement", 2),
        Exhibit::new("unchecked", LOG_3, "log-matching", 26),
        Exhibit::new("heeds-earlier", LOG_3_MANY, "log-agreement", 1416),
        Exhibit::new("commits-all", READS_3, "log-agreement", 169),
        Exhibit::new("any-answer", HELD_UP, "leader-completeness", 385),
        Exhibit::holds(
            "any-answer",
            LOG_3_MANY,
            "log-agreement",
            "Of three, the leader and one that has answered are a quorum: what it answered for \
                is committed and stays, so that the answer is true in later terms. With five it \
                need not be.",
        ),
        Exhibit::new("applies-again", LOG_3_MANY, "exactly-once", 1),
        Exhibit::new("counts-refusals", LOG_3, "election-safety", 58),
        Exhibit::new("reads-at-once", READS_3, "linearizability", 1002),
        Exhibit::new("old-round", READS_3, "linearizability", 1002),
        Exhibit::new("reads-before-term", READS_3, "linearizability", 2),
        Exhibit::new("unkept-sessions", SESSIONS_3, "log-agreement", 1),
        Exhibit::new("executes-unknown", SESSIONS_3, "exactly-once", 1),
        Exhibit::new("replies-anew", SESSIONS_3, "exactly-once", 1),
        Exhibit::new("keeps-lease", HEIR, "linearizability", 345),
        Exhibit::new("old-lease", SILENCE, "linearizability", 878),
        Exhibit::new("unstuck", HALF_CUT, "linearizability", 70),
        Exhibit::new("unstuck-back", HALF_CUT_DOWN, "linearizability", 81),
        Exhibit::new("any-session", SWAP_5_FEW, "termination", 15),
        Exhibit::new("members-when-applied", MEMBERS_5, "termination", 10),
        Exhibit::new("one-half", SWAP_5, "log-agreement", 291),
        Exhibit::new("new-early", SWAP_5, "log-agreement", 291),
        Exhibit::new("no-gate", MEMBERS_5, "results", 176),
        Exhibit::new("counts-first", LATE_4, "results", 1),
        Exhibit::new("votes-empty", LEARN_4, "log-agreement", 503),
        Exhibit::costs("heeds-removed", SWAP_5_FEW, Figure::Messages, 387, 465),
        Exhibit::costs("keeps-term", BEHIND_4, Figure::Ticks, 1549470, 2953900),
        Exhibit::costs("stands-outside", LEARN_4, Figure::Ticks, 559989, 568152),
        Exhibit::new("blind-witness", WITNESS_3, "leader-completeness", 2),
        Exhibit::new("blind-witness", WITNESS_3, "log-agreement", 2),
        Exhibit::new("blind-witness", WITNESS_3, "durability", 2),
        Exhibit::new("without-5-1-term", LOG_3, "termination", 1),
        Exhibit::new("without-5-1-stale", LOG_3, "termination", 41),
        Exhibit::new("without-5-2-timeout", LOG_3, "termination", 2),
        Exhibit::new("without-5-2-stand", LOG_3, "termination", 1),
        Exhibit::new("without-5-2-vote", LOG_3, "termination", 1),
        Exhibit::holds(
            "without-5-4-1-log",
            LOG_3,
            "termination",
            "Where a vote brings what a candidate lacks, none is refused for its log: the \
                rule is one of raft-plain.",
        ),
        Exhibit::new("without-5-2-lead", LOG_3, "termination", 1),
        Exhibit::new("without-5-3-append", LOG_3, "termination", 1),
        Exhibit::new("without-5-3-store", LOG_3, "termination", 1),
        Exhibit::new("without-5-3-refuse", LOG_3, "termination", 8),
        Exhibit::new("without-5-3-back", LOG_3, "termination", 8),
        Exhibit::new("without-5-3-match", LOG_3, "termination", 1),
        Exhibit::new("without-5-4-2-commit", LOG_3, "termination", 1),
        Exhibit::new("without-5-3-heard", LOG_3, "termination", 11),
        Exhibit::new("without-5-3-apply", LOG_3, "termination", 1),
        Exhibit::new("without-5-2-beat", LOG_3, "termination", 1),
        Exhibit::new("without-5-3-repeat", LOG_3, "termination", 1),
        Exhibit::new("without-7-compact", LOG_3, "termination", 1),
        Exhibit::new("without-7-send", LOG_3, "termination", 8),
        Exhibit::new("without-7-install", LOG_3, "termination", 1),
        Exhibit::new("without-8-forward", LOG_3, "termination", 1),
        Exhibit::new("without-8-retry", LOG_3, "termination", 120),
        Exhibit::costs("without-rest", LOG_3_FEW, Figure::Messages, 110, 226),
        Exhibit::new("without-t6-4-read", READS_3, "answers", 1),
        Exhibit::new("without-t6-4-confirm", READS_3, "answers", 1),
        Exhibit::new("without-t6-4-answer", READS_3, "answers", 1),
        Exhibit::holds(
            "without-t3-10-call",
            TRANSFER_3,
            "termination",
            "Who asks to lead is owed nothing: all goes on under the leader that there is.",
        ),
        Exhibit::holds(
            "without-t3-10-called",
            TRANSFER_3,
            "termination",
            "Who asks to lead is owed nothing: all goes on under the leader that there is.",
        ),
        Exhibit::new("without-6-force", MEMBERS_5, "results", 10),
        Exhibit::new("without-6-wish", MEMBERS_5, "results", 1),
        Exhibit::new("without-t4-2-1-catch-up", MEMBERS_5, "results", 1),
        Exhibit::new("without-6-joint", MEMBERS_5, "results", 135),
        Exhibit::new("without-6-new", MEMBERS_5, "results", 1),
        Exhibit::new("without-t4-1-one", MEMBERS_5, "results", 10),
        Exhibit::costs("without-6-step-down", SWAP_5_FEW, Figure::Messages, 387, 407),
        Exhibit::new("without-6-look", LEARNER_4, "termination", 828),
        Exhibit::new("without-6-anew", MEMBERS_5, "termination", 10),
        Exhibit::new("without-t6-3-ask", SESSIONS_3, "termination", 1),
        Exhibit::new("without-t6-3-register", SESSIONS_3, "termination", 1),
        Exhibit::new("without-t6-3-unknown", SESSIONS_3, "termination", 1),
        Exhibit::costs("without-t6-3-reply", SESSIONS_3, Figure::Ticks, 261092, 261478),
        Exhibit::new("without-t6-2-quorum", LOG_3, "termination", 134),
        Exhibit::new("without-t6-4-1-lease", LEASE_3, "answers", 9),
        Exhibit::holds(
            "without-t4-2-3-stick",
            LOG_3,
            "termination",
            "The rule is to do nothing, and so is leaving it out.",
        ),
        Exhibit::costs("without-offer", LOG_3, Figure::Ticks, 217856, 219826),
        Exhibit::new("without-bare", WITNESS_3_BACK, "termination", 1),
        Exhibit::costs("without-adopt", LOG_3, Figure::Ticks, 217856, 226080),
        Exhibit::costs("without-named", NAMED_5, Figure::Ticks, 1685933, 3110766),
        Exhibit::new("without-t9-6-ask", LOG_3, "termination", 1),
        Exhibit::new("without-t9-6-would", LOG_3, "termination", 1),
        Exhibit::costs("without-shun", SWAP_5_FEW, Figure::Messages, 387, 470),
    ],
};

/// Two leaders each begin with a change of the same members: the first is only in its own log.
const CHANGES_2015: Room = staged(4, 1, Links::Lossy, 600)
    .given("-,-,-,-")
    .set(&[("change", "p0:-1@100ms,p1:-0@110ms")])
    .happening(&[
        cut(&[0], &[1, 2], (99, 3000), true),
        cut(&[0], &[3], (99, 600), true),
        cut(&[1, 2], &[3], (181, 3000), true),
        Happening::Ask { process: 0, ms: 0, value: 1 },
    ]);

/// p0 comes back with members in its log that only it has; others lead on without them.
const fn reverted(
    settings: &'static [(&'static str, &'static str)],
    happens: &'static [Happening],
) -> Room {
    Room::sweep((4, 1), Faults::Crash, Timing::Synchronous, Links::Lossy, 600)
        .given("-,-,-,-")
        .set(settings)
        .happening(happens)
}
const CHANGES_BACK: &str = "p0:-1@100ms,p1:-0@510ms";
/// By entries in their place.
const CUT_OFF: Room = reverted(
    &[("snapshot", "100"), ("change", CHANGES_BACK)],
    &[
        cut(&[0], &[1, 2, 3], (99, 300), true),
        cut(&[0, 3], &[1, 2], (500, 3000), true),
        Happening::Down { process: 0, ms: (150, 200) },
        Happening::Ask { process: 0, ms: 0, value: 1 },
        Happening::Ask { process: 1, ms: 110, value: 1 },
        Happening::Ask { process: 0, ms: 520, value: 0 },
    ],
);
/// By a state in their place.
const REPLACED: Room = reverted(
    &[("snapshot", "2"), ("change", CHANGES_BACK)],
    &[
        cut(&[0], &[1, 2, 3], (99, 300), true),
        cut(&[0, 3], &[1, 2], (500, 3000), true),
        Happening::Down { process: 0, ms: (150, 200) },
        Happening::Ask { process: 0, ms: 0, value: 1 },
        Happening::Ask { process: 1, ms: 110, value: 1 },
        Happening::Ask { process: 1, ms: 210, value: 0 },
        Happening::Ask { process: 1, ms: 230, value: 1 },
        Happening::Ask { process: 0, ms: 520, value: 0 },
    ],
);

const RAFT_SINGLE_SERVER: Hall = Hall {
    protocol: "raft-single-server",
    rooms: &[CHANGES_2015, CUT_OFF, REPLACED],
    exhibits: &[
        Exhibit::new("change-before-term", CHANGES_2015, "log-agreement", 321),
        Exhibit::new("unreverted", CUT_OFF, "log-agreement", 2),
        Exhibit::new("stale-members", REPLACED, "log-agreement", 2),
    ],
};
