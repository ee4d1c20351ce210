//! The halls of the protocols in rounds.

use quorate_kernel::Faults;

use super::exhibit::{Exhibit, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[
    WAIT_FOR_ALL,
    FLOOD_SET,
    MIN_FLOOD,
    EARLY_DECIDING,
    EARLY_STOPPING,
    EIG,
    PHASE_KING,
    PHASE_KING_3F,
    TURPIN_COAN,
    OM,
    SM,
    DOLEV_STRONG,
];

const QUIET3: Room = Room::rounds(3, 0, Faults::None);
const CRASH3: Room = Room::rounds(3, 1, Faults::Crash);
const CRASH4: Room = Room::rounds(4, 2, Faults::Crash);
const BOTH_OF_3: Room = Room::rounds(3, 2, Faults::Crash);
const LIAR4: Room = Room::rounds(4, 1, Faults::Byzantine);
const LIAR5: Room = Room::rounds(5, 1, Faults::Byzantine);
const LIAR6: Room = Room::rounds(6, 1, Faults::Byzantine);
const LOYAL3: Room = Room::rounds(3, 0, Faults::Byzantine);
const CRASH5: Room = Room::rounds(5, 1, Faults::Crash);
const LIAR3: Room = Room::rounds(3, 1, Faults::Byzantine);
const LIARS4: Room = Room::rounds(4, 2, Faults::Byzantine);

const WAIT_FOR_ALL: Hall = Hall {
    protocol: "wait-for-all",
    rooms: &[QUIET3],
    exhibits: &[
        Exhibit::new("all-but-one", QUIET3, "uniform-agreement", 0),
        Exhibit::new("without-1", QUIET3, "termination", 0),
        Exhibit::new("without-2", QUIET3, "termination", 0),
    ],
};

const FLOOD_SET: Hall = Hall {
    protocol: "flood-set",
    rooms: &[CRASH3],
    exhibits: &[
        Exhibit::new("one-round-early", CRASH3, "uniform-agreement", 1),
        Exhibit::new("own-value-only", CRASH3, "uniform-agreement", 1),
        Exhibit::new("quiet-round", CRASH3, "uniform-agreement", 1),
        Exhibit::new("without-1", CRASH3, "uniform-agreement", 0),
        Exhibit::new("without-2", CRASH3, "termination", 0),
        Exhibit::new("without-3", CRASH3, "termination", 0),
    ],
};

const MIN_FLOOD: Hall = Hall {
    protocol: "min-flood",
    rooms: &[CRASH3],
    exhibits: &[
        Exhibit::new("one-round-early", CRASH3, "uniform-agreement", 1),
        Exhibit::new("own-value-only", CRASH3, "uniform-agreement", 1),
        Exhibit::new("quiet-round", CRASH3, "uniform-agreement", 1),
        Exhibit::new("without-1", CRASH3, "uniform-agreement", 0),
        Exhibit::new("without-2", CRASH3, "uniform-agreement", 0),
        Exhibit::new("without-3", CRASH3, "termination", 0),
    ],
};

const EARLY_DECIDING: Hall = Hall {
    protocol: "early-deciding",
    rooms: &[CRASH3, CRASH4],
    exhibits: &[
        Exhibit::new("quiet-round", CRASH3, "uniform-agreement", 1),
        Exhibit::new("one-more-silent", CRASH3, "uniform-agreement", 1),
        Exhibit::new("one-round-early", CRASH3, "uniform-agreement", 1),
        Exhibit::new("without-1", CRASH3, "uniform-agreement", 0),
        Exhibit::new("without-2", CRASH3, "uniform-agreement", 1),
        Exhibit::new("without-3", CRASH4, "agreement", 2),
        Exhibit::new("without-4", CRASH4, "agreement", 2),
        Exhibit::holds(
            "without-5",
            CRASH4,
            "agreement",
            "With at most f crashes a round in which as many are heard as before \
                comes by round f+1: the rule never fires.",
        ),
    ],
};

const EARLY_STOPPING: Hall = Hall {
    protocol: "early-stopping",
    rooms: &[CRASH3, BOTH_OF_3, CRASH4],
    exhibits: &[
        Exhibit::new("decides-before-telling", BOTH_OF_3, "uniform-agreement", 2),
        Exhibit::new("quiet-round", CRASH3, "uniform-agreement", 1),
        Exhibit::new("one-more-silent", CRASH3, "uniform-agreement", 1),
        Exhibit::new("one-round-early", CRASH3, "uniform-agreement", 1),
        Exhibit::new("without-1", CRASH3, "uniform-agreement", 0),
        Exhibit::new("without-2", BOTH_OF_3, "uniform-agreement", 0),
        Exhibit::new("without-3", CRASH4, "uniform-agreement", 2),
        Exhibit::new("without-4", CRASH3, "termination", 0),
        Exhibit::new("without-5", CRASH3, "termination", 1),
    ],
};

const EIG: Hall = Hall {
    protocol: "eig",
    rooms: &[LIAR4],
    exhibits: &[
        Exhibit::new("own-word", LIAR4, "agreement", 1),
        Exhibit::new("any-child", LIAR4, "agreement", 1),
        Exhibit::new("without-1", LIAR4, "integrity", 0),
        Exhibit::new("without-2", LIAR4, "termination", 0),
        Exhibit::new("without-3", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const PHASE_KING: Hall = Hall {
    protocol: "phase-king",
    rooms: &[LIAR5, LIAR6],
    exhibits: &[
        Exhibit::new("bare-majority", LIAR5, "agreement", 3),
        Exhibit::new("at-least", LIAR6, "agreement", 3),
        Exhibit::new("one-king", LIAR5, "agreement", 3),
        Exhibit::new("one-phase-early", LIAR5, "agreement", 1),
        Exhibit::new("never-obeys", LIAR5, "agreement", 3),
        Exhibit::new("without-1", LIAR5, "agreement", 1),
        Exhibit::new("without-2", LIAR5, "agreement", 1),
        Exhibit::new("without-3", LIAR5, "agreement", 2),
        Exhibit::new("without-4", LIAR5, "termination", 0),
        Exhibit::new("without-5", LIAR5, "termination", 2),
        Exhibit::new("without-6", LIAR5, "termination", 0),
    ],
};

const PHASE_KING_3F: Hall = Hall {
    protocol: "phase-king-3f",
    rooms: &[LIAR4],
    exhibits: &[
        Exhibit::new("propose-at-one-less", LIAR4, "agreement", 5),
        Exhibit::new("propose-at-one-more", LIAR4, "agreement", 3),
        Exhibit::new("adopt-at-f", LIAR4, "agreement", 1),
        Exhibit::new("adopt-above-f-plus-one", LIAR4, "agreement", 4),
        Exhibit::new("keep-at-one-less", LIAR4, "agreement", 4),
        Exhibit::new("keep-at-one-more", LIAR4, "agreement", 2),
        Exhibit::new("one-phase-early", LIAR4, "agreement", 1),
        Exhibit::new("never-obeys", LIAR4, "agreement", 5),
        Exhibit::new("one-king", LIAR4, "agreement", 3),
        Exhibit::new("without-1", LIAR4, "agreement", 1),
        Exhibit::new("without-2", LIAR4, "agreement", 2),
        Exhibit::new("without-3", LIAR4, "agreement", 1),
        Exhibit::new("without-4", LIAR4, "agreement", 1),
        Exhibit::new("without-5", LIAR4, "agreement", 1),
        Exhibit::new("without-6", LIAR4, "termination", 0),
        Exhibit::new("without-7", LIAR4, "termination", 3),
        Exhibit::new("without-8", LIAR4, "termination", 0),
    ],
};

const TURPIN_COAN: Hall = Hall {
    protocol: "turpin-coan",
    rooms: &[LIAR4],
    exhibits: &[
        Exhibit::new("keep-at-one-less", LIAR4, "agreement", 2),
        Exhibit::new("count-at-one-less", LIAR4, "agreement", 3),
        Exhibit::new("unasked", LIAR4, "agreement", 1),
        Exhibit::new("sends-proposal-again", LIAR4, "agreement", 1),
        Exhibit::new("without-t1", LIAR4, "integrity", 0),
        Exhibit::new("without-t2", LIAR4, "agreement", 1),
        Exhibit::new("without-t3", LIAR4, "integrity", 0),
        Exhibit::new("without-t4", LIAR4, "integrity", 0),
        Exhibit::new("without-t5", LIAR4, "termination", 0),
        Exhibit::new("without-1", LIAR4, "agreement", 1),
        Exhibit::new("without-2", LIAR4, "agreement", 4),
        Exhibit::new("without-3", LIAR4, "agreement", 1),
        Exhibit::new("without-4", LIAR4, "agreement", 1),
        Exhibit::new("without-5", LIAR4, "agreement", 4),
        Exhibit::new("without-6", LIAR4, "termination", 0),
        Exhibit::new("without-7", LIAR4, "termination", 6),
        Exhibit::new("without-8", LIAR4, "termination", 0),
    ],
};

const OM: Hall = Hall {
    protocol: "om",
    rooms: &[LIAR4, LIAR5, LOYAL3, CRASH5],
    exhibits: &[
        Exhibit::new("tie-commander", LIAR5, "ic1", 2),
        Exhibit::new("one-round-early", LIAR4, "ic1", 1),
        Exhibit::new("hearsay-only", LIAR4, "ic1", 1),
        Exhibit::new("missing-left-out", CRASH5, "ic1", 1),
        Exhibit::new("without-1", LIAR4, "ic2", 0),
        Exhibit::new("without-om-0", LOYAL3, "termination", 0),
        Exhibit::new("without-2", LIAR4, "ic1", 1),
        Exhibit::new("without-3a", LIAR4, "termination", 0),
        Exhibit::new("without-3b", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const SM: Hall = Hall {
    protocol: "sm",
    rooms: &[LIAR3, LIARS4],
    exhibits: &[
        Exhibit::new("one-order", LIAR3, "ic1", 1),
        Exhibit::new("one-round-early", LIAR3, "ic1", 1),
        Exhibit::new("quiet-round", LIARS4, "ic1", 1),
        Exhibit::new("relays-the-first", LIARS4, "ic1", 1),
        Exhibit::new("without-1", LIAR3, "ic2", 0),
        Exhibit::new("without-2", LIAR3, "ic2", 0),
        Exhibit::new("without-3", LIAR3, "ic1", 1),
        Exhibit::new("without-4", LIAR3, "termination", 0),
        Exhibit::new("without-5", LIAR3, "termination", 0),
    ],
};

const DOLEV_STRONG: Hall = Hall {
    protocol: "dolev-strong",
    rooms: &[LIAR3, LIARS4],
    exhibits: &[
        Exhibit::new("one-order", LIAR3, "ic1", 1),
        Exhibit::new("one-round-early", LIAR3, "ic1", 1),
        Exhibit::new("quiet-round", LIARS4, "ic1", 1),
        Exhibit::new("relays-the-first", LIARS4, "ic1", 1),
        Exhibit::new("without-1", LIAR3, "ic2", 0),
        Exhibit::new("without-2", LIAR3, "ic2", 0),
        Exhibit::new("without-3", LIAR3, "ic1", 1),
        Exhibit::new("without-4", LIAR3, "termination", 0),
        Exhibit::new("without-5", LIAR3, "termination", 0),
    ],
};
