//! The halls of multicast.

use quorate_kernel::{Faults, Links, Timing};

use super::exhibit::{Exhibit, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] =
    &[B_MULTICAST, RELIABLE, UNIFORM, FIFO, CAUSAL, BRACHA, SEQUENCER, ISIS];

const TO_ONE: Room =
    Room::network(2, 0, Faults::Crash, Timing::Asynchronous, Links::Reliable).given("1,-");
const ONE_CRASH: Room =
    Room::network(3, 1, Faults::Crash, Timing::Asynchronous, Links::Reliable).given("1,-,-");
const STRONG_LINKS: Room =
    Room::network(3, 2, Faults::Crash, Timing::Asynchronous, Links::Strong).given("1,-,-");
const TWICE: Room = Room::network(3, 0, Faults::Crash, Timing::Asynchronous, Links::Reliable)
    .given("1,-,-")
    .set(&[("each", "2")]);
const FOUR_TIMES: Room =
    Room::sweep((2, 0), Faults::Crash, Timing::Asynchronous, Links::Reliable, 500)
        .given("1,-")
        .set(&[("each", "4")]);
const TWO_SENDERS: Room =
    Room::network(3, 0, Faults::Crash, Timing::Asynchronous, Links::Reliable).given("1,1,-");
const ABOUT_P0: Room =
    Room::network(4, 1, Faults::Byzantine, Timing::Asynchronous, Links::Reliable)
        .given("1,-,-,-")
        .set(&[("about", "0")]);
const SEVEN_LIES: Room =
    Room::network(4, 1, Faults::Byzantine, Timing::Asynchronous, Links::Reliable)
        .given("1,-,-,-")
        .set(&[("about", "0")])
        .lies(7);
const BOTH_SEND: Room =
    Room::network(2, 0, Faults::Crash, Timing::Asynchronous, Links::Reliable).given("1,1");

const B_MULTICAST: Hall = Hall {
    protocol: "b-multicast",
    rooms: &[TO_ONE],
    exhibits: &[
        Exhibit::new("others-only", TO_ONE, "uniform-agreement", 2),
        Exhibit::new("without-b-multicast", TO_ONE, "validity", 1),
        Exhibit::new("without-b-deliver", TO_ONE, "validity", 1),
    ],
};

const RELIABLE: Hall = Hall {
    protocol: "reliable",
    rooms: &[ONE_CRASH, STRONG_LINKS],
    exhibits: &[
        Exhibit::new("delivers-first", STRONG_LINKS, "uniform-agreement", 2),
        Exhibit::new("passes-nothing-on", STRONG_LINKS, "uniform-agreement", 2),
        Exhibit::new("delivers-copies", ONE_CRASH, "no-duplication", 3),
        Exhibit::new("others-only", STRONG_LINKS, "validity", 3),
        Exhibit::new("without-r-multicast", ONE_CRASH, "validity", 1),
        Exhibit::new("without-relay", STRONG_LINKS, "uniform-agreement", 1),
        Exhibit::new("without-r-deliver", ONE_CRASH, "validity", 1),
    ],
};

const UNIFORM: Hall = Hall {
    protocol: "uniform",
    rooms: &[ONE_CRASH],
    exhibits: &[
        Exhibit::new("f-acks", ONE_CRASH, "uniform-agreement", 1),
        Exhibit::new("passes-nothing-on", ONE_CRASH, "uniform-agreement", 2),
        Exhibit::new("without-urb-multicast", ONE_CRASH, "validity", 1),
        Exhibit::new("without-relay", ONE_CRASH, "validity", 1),
        Exhibit::new("without-ack", ONE_CRASH, "validity", 1),
        Exhibit::new("without-urb-deliver", ONE_CRASH, "validity", 1),
    ],
};

const FIFO: Hall = Hall {
    protocol: "fifo",
    rooms: &[ONE_CRASH, TWICE, FOUR_TIMES],
    exhibits: &[
        Exhibit::new("never-holds", TWICE, "fifo", 3),
        Exhibit::new("passes-nothing-on", ONE_CRASH, "agreement", 2),
        Exhibit::new("without-fo-multicast", ONE_CRASH, "validity", 1),
        Exhibit::new("without-relay", ONE_CRASH, "agreement", 1),
        Exhibit::new("without-hold-back", FOUR_TIMES, "agreement", 10),
        Exhibit::new("without-fo-deliver", ONE_CRASH, "validity", 1),
    ],
};

const CAUSAL: Hall = Hall {
    protocol: "causal",
    rooms: &[ONE_CRASH, TWICE, TWO_SENDERS, FOUR_TIMES],
    exhibits: &[
        Exhibit::new("strictly-less", ONE_CRASH, "agreement", 2),
        Exhibit::new("merge-on-receipt", TWO_SENDERS, "agreement", 6),
        Exhibit::new("own-forgotten", TWICE, "causal", 3),
        Exhibit::new("others-forgotten", TWO_SENDERS, "causal", 4),
        Exhibit::new("passes-nothing-on", ONE_CRASH, "agreement", 2),
        Exhibit::new("without-co-multicast", ONE_CRASH, "validity", 1),
        Exhibit::new("without-relay", ONE_CRASH, "agreement", 1),
        Exhibit::new("without-hold-back", FOUR_TIMES, "agreement", 10),
        Exhibit::new("without-co-deliver", ONE_CRASH, "agreement", 1),
    ],
};

const BRACHA: Hall = Hall {
    protocol: "bracha",
    rooms: &[ABOUT_P0, SEVEN_LIES],
    exhibits: &[
        Exhibit::new("one-echo-fewer", ABOUT_P0, "agreement", 6),
        Exhibit::new("deliver-at-2f", ABOUT_P0, "agreement", 5),
        Exhibit::new("amplify-at-f", ABOUT_P0, "agreement", 4),
        Exhibit::new("never-amplifies", ABOUT_P0, "agreement", 8),
        Exhibit::new("echoes-all", SEVEN_LIES, "agreement", 10),
        Exhibit::new("without-1", ABOUT_P0, "validity", 1),
        Exhibit::new("without-2", ABOUT_P0, "validity", 1),
        Exhibit::new("without-3", ABOUT_P0, "validity", 3),
        Exhibit::new("without-4", ABOUT_P0, "agreement", 8),
        Exhibit::new("without-5", ABOUT_P0, "validity", 9),
    ],
};

const SEQUENCER: Hall = Hall {
    protocol: "sequencer",
    rooms: &[TWO_SENDERS],
    exhibits: &[
        Exhibit::new("as-they-come", TWO_SENDERS, "uniform-total-order", 3),
        Exhibit::new("skips-gaps", TWO_SENDERS, "uniform-agreement", 6),
        Exhibit::new("one-place", TWO_SENDERS, "uniform-agreement", 6),
        Exhibit::new("without-to-multicast", TWO_SENDERS, "validity", 2),
        Exhibit::new("without-order", TWO_SENDERS, "validity", 2),
        Exhibit::new("without-keep", TWO_SENDERS, "validity", 2),
        Exhibit::new("without-to-deliver", TWO_SENDERS, "validity", 3),
    ],
};

const ISIS: Hall = Hall {
    protocol: "isis",
    rooms: &[BOTH_SEND, TWO_SENDERS],
    exhibits: &[
        Exhibit::new("number-alone", BOTH_SEND, "uniform-total-order", 7),
        Exhibit::new("majority-of-proposals", TWO_SENDERS, "uniform-total-order", 7),
        Exhibit::new("not-the-least", BOTH_SEND, "uniform-total-order", 7),
        Exhibit::new("smallest-proposal", BOTH_SEND, "uniform-total-order", 7),
        Exhibit::new("without-to-multicast", BOTH_SEND, "validity", 2),
        Exhibit::new("without-propose", BOTH_SEND, "validity", 2),
        Exhibit::new("without-agree", BOTH_SEND, "validity", 4),
        Exhibit::new("without-to-deliver", BOTH_SEND, "validity", 6),
    ],
};
