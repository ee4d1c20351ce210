//! The halls of consensus on a network.

use quorate_kernel::{Faults, Links, Timing};

use super::exhibit::{Exhibit, Figure, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[BEN_OR, BEN_OR_BYZANTINE, CHANDRA_TOUEG, MMR, PAXOS];

const BEN_OR_TWO_ROUNDS: Room =
    Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Lossy)
        .given("0,0,1")
        .up_to(2)
        .timers(0);
const BEN_OR_ALIKE: Room =
    Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Reliable)
        .given("0,0,0")
        .up_to(2);
const BEN_OR_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Asynchronous, Links::Reliable, 2000).given("0,1,1");
const BEN_OR_4: Room =
    Room::sweep((4, 1), Faults::Crash, Timing::Asynchronous, Links::Reliable, 2000)
        .given("0,1,1,0");
const BEN_OR_6: Room =
    Room::sweep((6, 1), Faults::Byzantine, Timing::Asynchronous, Links::Reliable, 2000)
        .given("0,1,1,0,0,1");
const BEN_OR_6_LOSSY: Room =
    Room::sweep((6, 1), Faults::Byzantine, Timing::Asynchronous, Links::Lossy, 20_000)
        .given("0,1,1,0,0,1");
const ROTATING: Room = Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Lossy)
    .given("0,1,0")
    .up_to(2)
    .timers(2);
const ROTATING_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Reliable, 2000).given("0,1,1");
const ROTATING_LATE: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Asynchronous, Links::Reliable, 3000).given("0,1,0");
const MMR_4: Room =
    Room::sweep((4, 1), Faults::Byzantine, Timing::Asynchronous, Links::Reliable, 2000)
        .given("0,1,1,0");
const MMR_4_ALIKE: Room =
    Room::sweep((4, 1), Faults::Byzantine, Timing::Asynchronous, Links::Reliable, 2000)
        .given("1,1,1,1");
const MMR_4_MANY: Room =
    Room::sweep((4, 1), Faults::Byzantine, Timing::Asynchronous, Links::Reliable, 8000)
        .given("0,1,1,0");
const DUEL_2: Room = Room::network(2, 0, Faults::Crash, Timing::Asynchronous, Links::Lossy)
    .given("0,1")
    .set(&[("start", "all")])
    .timers(0)
    .crashes(0, 0);
const DUEL: Room = Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Lossy)
    .given("0,1,-")
    .set(&[("start", "all")])
    .timers(0)
    .crashes(0, 0);
const DUEL_CRASH: Room = Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Lossy)
    .given("0,1,-")
    .set(&[("start", "all")])
    .timers(0)
    .crashes(1, 1);
const PAXOS_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000).given("0,1,1");
const PAXOS_ASKER: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000).given("0,1,-");
const PAXOS_ALL: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 5000)
    .given("0,1,0")
    .set(&[("start", "all"), ("learn", "all")]);

const BEN_OR: Hall = Hall {
    protocol: "ben-or",
    rooms: &[BEN_OR_TWO_ROUNDS, BEN_OR_ALIKE, BEN_OR_3, BEN_OR_4],
    exhibits: &[
        Exhibit::new("majority-of-received", BEN_OR_4, "agreement", 5),
        Exhibit::new("at-least-half", BEN_OR_4, "agreement", 5),
        Exhibit::new("decide-at-one-less", BEN_OR_TWO_ROUNDS, "uniform-agreement", 12),
        Exhibit::new("tosses-anyway", BEN_OR_TWO_ROUNDS, "uniform-agreement", 12),
        Exhibit::new("leaves-in-silence", BEN_OR_3, "termination", 5),
        Exhibit::new("without-1", BEN_OR_ALIKE, "termination", 2),
        Exhibit::new("without-2a", BEN_OR_ALIKE, "termination", 2),
        Exhibit::new("without-2b", BEN_OR_3, "termination", 7),
        Exhibit::new("without-3a", BEN_OR_ALIKE, "termination", 4),
        Exhibit::new("without-3b", BEN_OR_3, "termination", 7),
        Exhibit::new("without-3c", BEN_OR_3, "termination", 1),
        Exhibit::new("without-4", BEN_OR_3, "termination", 5),
    ],
};

const BEN_OR_BYZANTINE: Hall = Hall {
    protocol: "ben-or-byzantine",
    rooms: &[BEN_OR_6, BEN_OR_6_LOSSY],
    exhibits: &[
        Exhibit::new("decide-at-one-less", BEN_OR_6_LOSSY, "agreement", 17_625),
        Exhibit::new("tosses-anyway", BEN_OR_6, "agreement", 119),
        Exhibit::new("leaves-in-silence", BEN_OR_6, "termination", 1),
        Exhibit::new("believes-one", BEN_OR_6, "agreement", 1),
        Exhibit::new("without-1", BEN_OR_6, "termination", 1),
        Exhibit::new("without-2a", BEN_OR_6, "termination", 1),
        Exhibit::new("without-2b", BEN_OR_6, "termination", 1),
        Exhibit::new("without-3a", BEN_OR_6, "termination", 1),
        Exhibit::new("without-3b", BEN_OR_6, "termination", 1),
        Exhibit::new("without-3c", BEN_OR_6, "termination", 1),
        Exhibit::new("without-4", BEN_OR_6, "termination", 7),
        Exhibit::new("without-5", BEN_OR_6, "termination", 1),
    ],
};

const CHANDRA_TOUEG: Hall = Hall {
    protocol: "chandra-toueg",
    rooms: &[ROTATING, ROTATING_3, ROTATING_LATE],
    exhibits: &[
        Exhibit::new("earliest-estimate", ROTATING_3, "agreement", 612),
        Exhibit::new("half-acks", ROTATING, "uniform-agreement", 6),
        Exhibit::new("half-estimates", ROTATING_3, "agreement", 790),
        Exhibit::new("undated", ROTATING_LATE, "uniform-agreement", 810),
        Exhibit::new("waits-for-acks", ROTATING_3, "termination", 2),
        Exhibit::new("keeps-it-to-itself", ROTATING_3, "termination", 136),
        Exhibit::new("without-p1", ROTATING_3, "termination", 1),
        Exhibit::new("without-p2", ROTATING_3, "termination", 1),
        Exhibit::new("without-p3a", ROTATING_3, "termination", 1),
        Exhibit::new("without-p3b", ROTATING_3, "termination", 10),
        Exhibit::new("without-p4a", ROTATING_3, "termination", 1),
        Exhibit::new("without-p4b", ROTATING_3, "termination", 2),
        Exhibit::new("without-r", ROTATING_3, "termination", 1),
        Exhibit::new("without-beat", ROTATING_3, "termination", 10),
        Exhibit::new("without-suspect", ROTATING_3, "termination", 10),
        Exhibit::new("without-trust", ROTATING_3, "termination", 27),
    ],
};

const MMR: Hall = Hall {
    protocol: "mmr",
    rooms: &[MMR_4, MMR_4_ALIKE, MMR_4_MANY],
    exhibits: &[
        Exhibit::new("relay-at-f", MMR_4, "agreement", 373),
        Exhibit::new("valid-at-2f", MMR_4, "termination", 9),
        Exhibit::holds(
            "no-conf",
            MMR_4,
            "termination",
            "It takes an adversary that learns the coin before it delivers; in drawn runs the \
                coin falls on the right side soon enough. scenarios/mmr-unconfirmed.toml is such \
                an adversary: nobody decides for as long as it goes on, whatever the coins show.",
        ),
        Exhibit::new("one-vote-fewer", MMR_4, "agreement", 296),
        Exhibit::new("ignores-coin", MMR_4, "agreement", 204),
        Exhibit::new("same-coin", MMR_4, "termination", 4),
        Exhibit::new("believes-one", MMR_4, "agreement", 1),
        Exhibit::new("halts-at-once", MMR_4_MANY, "termination", 5855),
        Exhibit::new("aux-of-estimate", MMR_4, "termination", 4),
        Exhibit::new("without-1", MMR_4, "termination", 1),
        Exhibit::new("without-2", MMR_4, "termination", 1),
        Exhibit::new("without-3", MMR_4, "termination", 1),
        Exhibit::new("without-4", MMR_4, "termination", 1),
        Exhibit::new("without-5", MMR_4, "termination", 1),
        Exhibit::new("without-6a", MMR_4, "termination", 1),
        Exhibit::new("without-6b", MMR_4, "termination", 1),
        Exhibit::new("without-6c", MMR_4, "termination", 1),
        Exhibit::new("without-7", MMR_4, "termination", 17),
        Exhibit::costs("without-8", MMR_4_ALIKE, Figure::Messages, 85, 104),
        Exhibit::new("without-9", MMR_4, "termination", 1),
    ],
};

const PAXOS: Hall = Hall {
    protocol: "paxos",
    rooms: &[DUEL_2, DUEL, DUEL_CRASH, PAXOS_3, PAXOS_ASKER, PAXOS_ALL],
    exhibits: &[
        Exhibit::new("half-quorum", DUEL_2, "uniform-agreement", 2),
        Exhibit::new("ignores-report", DUEL, "uniform-agreement", 10),
        Exhibit::new("lowest-ballot", PAXOS_ALL, "uniform-agreement", 144),
        Exhibit::new("promise-not-stored", DUEL_CRASH, "uniform-agreement", 11),
        Exhibit::new("vote-not-stored", DUEL, "uniform-agreement", 10),
        Exhibit::new("late-promise", DUEL_CRASH, "uniform-agreement", 15),
        Exhibit::new("accept-raises-nothing", PAXOS_ALL, "agreement", 1305),
        Exhibit::holds(
            "accept-raises-nothing",
            DUEL,
            "agreement",
            "With two ballots the promises alone keep the older one out. A third is misled \
                where an older vote has replaced a newer one.",
        ),
        Exhibit::new("mixed-ballots", PAXOS_ALL, "agreement", 4036),
        Exhibit::new("heeds-smaller", DUEL, "uniform-agreement", 10),
        Exhibit::new("without-1a", PAXOS_3, "termination", 1),
        Exhibit::new("without-1b", PAXOS_3, "termination", 1),
        Exhibit::new("without-2a", PAXOS_3, "termination", 1),
        Exhibit::new("without-2b", PAXOS_3, "termination", 1),
        Exhibit::costs("without-nack", PAXOS_ASKER, Figure::Ticks, 206713, 208879),
        Exhibit::new("without-learn", PAXOS_3, "termination", 1),
        Exhibit::costs("without-told", PAXOS_ASKER, Figure::Ticks, 206713, 664430),
        Exhibit::new("without-retry", PAXOS_3, "termination", 2),
        Exhibit::new("without-ask", PAXOS_3, "termination", 121),
        Exhibit::costs("without-answer", PAXOS_ASKER, Figure::Ticks, 206713, 216282),
    ],
};
