//! The halls of what runs over another protocol, of the detector, and of the two armies.

use quorate_kernel::{Faults, Links, Timing};

use super::exhibit::{Exhibit, Figure, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[
    CONSENSUS_ORDER,
    CONSENSUS_ORDER_CHANDRA_TOUEG,
    CONSENSUS_ORDER_BEN_OR,
    CONSENSUS_FROM_ORDER,
    HEARTBEAT,
    TWO_GENERALS,
    TWO_GENERALS_RANDOM,
];

const OVER_PARTIAL: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Reliable, 600).given("0,1,1");
const OVER_PARTIAL_4: Room =
    Room::sweep((4, 1), Faults::Crash, Timing::Partial, Links::Reliable, 600).given("0,1,1,0");
const OVER_COINS: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Asynchronous, Links::Reliable, 600).given("0,1,1");
const BEATS_2: Room =
    Room::sweep((2, 1), Faults::Crash, Timing::Synchronous, Links::Reliable, 2000).given("1,1");
const BEATS_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Reliable, 2000).given("1,1,1");
const BOTH_READY: Room =
    Room::sweep((2, 0), Faults::None, Timing::Synchronous, Links::Reliable, 500).given("1,1");
const FIRST_READY: Room =
    Room::sweep((2, 0), Faults::None, Timing::Synchronous, Links::Reliable, 500).given("1,0");

const CONSENSUS_ORDER: Hall = Hall {
    protocol: "consensus-order",
    rooms: &[OVER_PARTIAL, OVER_PARTIAL_4],
    exhibits: &[
        Exhibit::new("ids-only", OVER_PARTIAL, "agreement", 250),
        Exhibit::new("proposes-blindly", OVER_PARTIAL, "validity", 13),
        Exhibit::new("tells-nobody", OVER_PARTIAL, "agreement", 97),
        Exhibit::new("takes-it-quietly", OVER_PARTIAL, "agreement", 97),
        Exhibit::new("without-t1", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-t2", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-t3", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-t4", OVER_PARTIAL, "agreement", 95),
        Exhibit::new("without-t5", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-urb-multicast", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-relay", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-ack", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-urb-deliver", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-1a", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-1b", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-2a", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-2b", OVER_PARTIAL, "validity", 1),
        Exhibit::costs("without-nack", OVER_PARTIAL, Figure::Ticks, 193362, 193827),
        Exhibit::new("without-learn", OVER_PARTIAL, "validity", 1),
        Exhibit::costs("without-told", OVER_PARTIAL_4, Figure::Ticks, 244358, 245913),
        Exhibit::new("without-retry", OVER_PARTIAL, "validity", 2),
        Exhibit::holds(
            "without-ask",
            OVER_PARTIAL,
            "agreement",
            "Whoever takes part in an instance proposes, so that nobody asks.",
        ),
        Exhibit::holds(
            "without-answer",
            OVER_PARTIAL,
            "agreement",
            "Whoever takes part in an instance proposes, so that nobody asks.",
        ),
    ],
};

const CONSENSUS_ORDER_CHANDRA_TOUEG: Hall = Hall {
    protocol: "consensus-order-chandra-toueg",
    rooms: &[OVER_PARTIAL, OVER_PARTIAL_4],
    exhibits: &[
        Exhibit::new("ids-only", OVER_PARTIAL_4, "agreement", 58),
        Exhibit::new("proposes-blindly", OVER_PARTIAL, "validity", 13),
        Exhibit::holds(
            "tells-nobody",
            OVER_PARTIAL,
            "agreement",
            "The consensus below multicasts its decision itself.",
        ),
        Exhibit::new("takes-it-quietly", OVER_PARTIAL, "agreement", 45),
        Exhibit::new("without-t1", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-t2", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-t3", OVER_PARTIAL, "validity", 1),
        Exhibit::costs("without-t4", OVER_PARTIAL, Figure::Messages, 122, 128),
        Exhibit::new("without-t5", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-urb-multicast", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-relay", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-ack", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-urb-deliver", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-p1", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-p2", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-p3a", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-p3b", OVER_PARTIAL, "validity", 2),
        Exhibit::new("without-p4a", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-p4b", OVER_PARTIAL, "validity", 2),
        Exhibit::new("without-r", OVER_PARTIAL, "agreement", 444),
        Exhibit::new("without-beat", OVER_PARTIAL, "validity", 1),
        Exhibit::new("without-suspect", OVER_PARTIAL, "validity", 2),
        Exhibit::new("without-trust", OVER_PARTIAL, "validity", 38),
    ],
};

const CONSENSUS_ORDER_BEN_OR: Hall = Hall {
    protocol: "consensus-order-ben-or",
    rooms: &[OVER_COINS],
    exhibits: &[
        Exhibit::new("ids-only", OVER_COINS, "agreement", 10),
        Exhibit::new("proposes-blindly", OVER_COINS, "validity", 13),
        Exhibit::holds(
            "tells-nobody",
            OVER_COINS,
            "agreement",
            "The consensus below tells its decision itself.",
        ),
        Exhibit::holds(
            "takes-it-quietly",
            OVER_COINS,
            "agreement",
            "The consensus below passes its decision on itself.",
        ),
        Exhibit::new("without-t1", OVER_COINS, "validity", 1),
        Exhibit::new("without-t2", OVER_COINS, "validity", 1),
        Exhibit::new("without-t3", OVER_COINS, "validity", 1),
        Exhibit::costs("without-t4", OVER_COINS, Figure::Ticks, 87507, 90587),
        Exhibit::new("without-t5", OVER_COINS, "validity", 1),
        Exhibit::new("without-urb-multicast", OVER_COINS, "validity", 1),
        Exhibit::new("without-relay", OVER_COINS, "validity", 1),
        Exhibit::new("without-ack", OVER_COINS, "validity", 1),
        Exhibit::new("without-urb-deliver", OVER_COINS, "validity", 1),
        Exhibit::new("without-1", OVER_COINS, "validity", 1),
        Exhibit::new("without-2a", OVER_COINS, "validity", 1),
        Exhibit::new("without-2b", OVER_COINS, "validity", 3),
        Exhibit::new("without-3a", OVER_COINS, "validity", 1),
        Exhibit::new("without-3b", OVER_COINS, "validity", 2),
        Exhibit::new("without-3c", OVER_COINS, "validity", 2),
        Exhibit::costs("without-4", OVER_COINS, Figure::Ticks, 87507, 91152),
    ],
};

const CONSENSUS_FROM_ORDER: Hall = Hall {
    protocol: "consensus-from-order",
    rooms: &[OVER_PARTIAL],
    exhibits: &[
        Exhibit::new("own-first", OVER_PARTIAL, "uniform-agreement", 1),
        Exhibit::new("without-c1", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-c2", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-t1", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-t2", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-t3", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-t4", OVER_PARTIAL, "termination", 141),
        Exhibit::new("without-t5", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-urb-multicast", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-relay", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-ack", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-urb-deliver", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-1a", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-1b", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-2a", OVER_PARTIAL, "termination", 1),
        Exhibit::new("without-2b", OVER_PARTIAL, "termination", 1),
        Exhibit::costs("without-nack", OVER_PARTIAL, Figure::Ticks, 95847, 97569),
        Exhibit::new("without-learn", OVER_PARTIAL, "termination", 1),
        Exhibit::costs("without-told", OVER_PARTIAL, Figure::Ticks, 95847, 98719),
        Exhibit::new("without-retry", OVER_PARTIAL, "termination", 2),
        Exhibit::holds(
            "without-ask",
            OVER_PARTIAL,
            "agreement",
            "Whoever takes part in an instance proposes, so that nobody asks.",
        ),
        Exhibit::holds(
            "without-answer",
            OVER_PARTIAL,
            "agreement",
            "Whoever takes part in an instance proposes, so that nobody asks.",
        ),
    ],
};

const HEARTBEAT: Hall = Hall {
    protocol: "heartbeat",
    rooms: &[BEATS_2, BEATS_3],
    exhibits: &[
        Exhibit::holds(
            "suspects-at-once",
            BEATS_2,
            "strong-accuracy",
            "A message takes a tick at least, so that two heartbeats of a live \
                process come less than T + D apart.",
        ),
        Exhibit::new("beats-seldom", BEATS_2, "strong-accuracy", 1),
        Exhibit::new("without-beat", BEATS_2, "strong-completeness", 1),
        Exhibit::new("without-suspect", BEATS_3, "strong-completeness", 1),
        Exhibit::new("without-trust", BEATS_3, "eventual-accuracy", 1),
    ],
};

const TWO_GENERALS: Hall = Hall {
    protocol: "two-generals",
    rooms: &[BOTH_READY, FIRST_READY],
    exhibits: &[
        Exhibit::new("ready-alone", FIRST_READY, "agreement", 1),
        Exhibit::new("acknowledges-unready", FIRST_READY, "agreement", 1),
        Exhibit::new("without-1", BOTH_READY, "validity-attack", 1),
        Exhibit::new("without-2", BOTH_READY, "validity-attack", 1),
        Exhibit::new("without-3a", BOTH_READY, "termination", 1),
        Exhibit::new("without-3b", FIRST_READY, "termination", 1),
    ],
};

const TWO_GENERALS_RANDOM: Hall = Hall {
    protocol: "two-generals-random",
    rooms: &[BOTH_READY, FIRST_READY],
    exhibits: &[
        Exhibit::new("ready-alone", FIRST_READY, "agreement", 1),
        Exhibit::new("shy", BOTH_READY, "validity-attack", 21),
        Exhibit::new("without-1", BOTH_READY, "termination", 1),
        Exhibit::new("without-2", BOTH_READY, "termination", 1),
        Exhibit::new("without-3", BOTH_READY, "termination", 1),
        Exhibit::new("without-4a", BOTH_READY, "termination", 1),
        Exhibit::new("without-4b", FIRST_READY, "termination", 1),
    ],
};
