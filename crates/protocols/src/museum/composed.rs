//! The halls of the reductions in rounds.

use quorate_kernel::Faults;

use super::exhibit::{Exhibit, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[
    INTERACTIVE_CONSISTENCY,
    INTERACTIVE_CONSISTENCY_SIGNED,
    CONSENSUS_FROM_VECTOR,
    CONSENSUS_FROM_VECTOR_SIGNED,
    GENERALS_FROM_CONSENSUS,
    GENERALS_FROM_VECTOR,
    VECTOR_FROM_CONSENSUS,
];

const LIAR4: Room = Room::rounds(4, 1, Faults::Byzantine);
const LOYAL3: Room = Room::rounds(3, 0, Faults::Byzantine);
const LIAR3: Room = Room::rounds(3, 1, Faults::Byzantine);
const QUIET3: Room = Room::rounds(3, 0, Faults::Crash);

const INTERACTIVE_CONSISTENCY: Hall = Hall {
    protocol: "interactive-consistency",
    rooms: &[LIAR4, LOYAL3],
    exhibits: &[
        Exhibit::new("own-instance", LIAR4, "vector-agreement", 0),
        Exhibit::new("without-v1", LIAR4, "vector-agreement", 0),
        Exhibit::new("without-v2", LIAR4, "termination", 0),
        Exhibit::new("without-1", LIAR4, "vector-agreement", 0),
        Exhibit::new("without-om-0", LOYAL3, "termination", 0),
        Exhibit::new("without-2", LIAR4, "vector-agreement", 0),
        Exhibit::new("without-3a", LIAR4, "termination", 0),
        Exhibit::new("without-3b", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const INTERACTIVE_CONSISTENCY_SIGNED: Hall = Hall {
    protocol: "interactive-consistency-signed",
    rooms: &[LIAR3],
    exhibits: &[
        Exhibit::new("own-instance", LIAR3, "vector-agreement", 0),
        Exhibit::new("without-v1", LIAR3, "vector-agreement", 0),
        Exhibit::new("without-v2", LIAR3, "termination", 0),
        Exhibit::new("without-1", LIAR3, "vector-agreement", 0),
        Exhibit::new("without-2", LIAR3, "vector-agreement", 0),
        Exhibit::new("without-3", LIAR3, "vector-agreement", 1),
        Exhibit::new("without-4", LIAR3, "termination", 0),
        Exhibit::new("without-5", LIAR3, "termination", 0),
    ],
};

const CONSENSUS_FROM_VECTOR: Hall = Hall {
    protocol: "consensus-from-vector",
    rooms: &[LIAR4, LOYAL3],
    exhibits: &[
        Exhibit::new("own-entry", LIAR4, "agreement", 0),
        Exhibit::new("without-r1", LIAR4, "integrity", 0),
        Exhibit::new("without-r2", LIAR4, "termination", 0),
        Exhibit::new("without-v1", LIAR4, "integrity", 0),
        Exhibit::new("without-v2", LIAR4, "termination", 0),
        Exhibit::new("without-1", LIAR4, "integrity", 0),
        Exhibit::new("without-om-0", LOYAL3, "termination", 0),
        Exhibit::new("without-2", LIAR4, "agreement", 1),
        Exhibit::new("without-3a", LIAR4, "termination", 0),
        Exhibit::new("without-3b", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const CONSENSUS_FROM_VECTOR_SIGNED: Hall = Hall {
    protocol: "consensus-from-vector-signed",
    rooms: &[LIAR3],
    exhibits: &[
        Exhibit::new("own-entry", LIAR3, "agreement", 0),
        Exhibit::new("without-r1", LIAR3, "agreement", 1),
        Exhibit::new("without-r2", LIAR3, "termination", 0),
        Exhibit::new("without-v1", LIAR3, "agreement", 1),
        Exhibit::new("without-v2", LIAR3, "termination", 0),
        Exhibit::new("without-1", LIAR3, "agreement", 1),
        Exhibit::new("without-2", LIAR3, "integrity", 0),
        Exhibit::new("without-3", LIAR3, "agreement", 1),
        Exhibit::new("without-4", LIAR3, "termination", 0),
        Exhibit::new("without-5", LIAR3, "termination", 0),
    ],
};

const GENERALS_FROM_CONSENSUS: Hall = Hall {
    protocol: "generals-from-consensus",
    rooms: &[LIAR4],
    exhibits: &[
        Exhibit::new("obeys-directly", LIAR4, "ic1", 1),
        Exhibit::new("without-r1", LIAR4, "ic2", 0),
        Exhibit::new("without-r2", LIAR4, "ic2", 0),
        Exhibit::new("without-r3", LIAR4, "termination", 0),
        Exhibit::new("without-1", LIAR4, "ic2", 0),
        Exhibit::new("without-2", LIAR4, "termination", 0),
        Exhibit::new("without-3", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const GENERALS_FROM_VECTOR: Hall = Hall {
    protocol: "generals-from-vector",
    rooms: &[LIAR4, LOYAL3],
    exhibits: &[
        Exhibit::new("most-frequent", LIAR4, "ic2", 0),
        Exhibit::new("without-r1", LIAR4, "ic2", 0),
        Exhibit::new("without-r2", LIAR4, "termination", 0),
        Exhibit::new("without-v1", LIAR4, "ic2", 0),
        Exhibit::new("without-v2", LIAR4, "termination", 0),
        Exhibit::new("without-1", LIAR4, "ic2", 0),
        Exhibit::new("without-om-0", LOYAL3, "termination", 0),
        Exhibit::new("without-2", LIAR4, "ic1", 1),
        Exhibit::new("without-3a", LIAR4, "termination", 0),
        Exhibit::new("without-3b", LIAR4, "termination", 0),
        Exhibit::new("without-4", LIAR4, "termination", 0),
    ],
};

const VECTOR_FROM_CONSENSUS: Hall = Hall {
    protocol: "vector-from-consensus",
    rooms: &[QUIET3],
    exhibits: &[
        Exhibit::new("own-instance", QUIET3, "vector-agreement", 0),
        Exhibit::new("without-v1", QUIET3, "vector-integrity", 0),
        Exhibit::new("without-v2", QUIET3, "termination", 0),
        Exhibit::new("without-r1", QUIET3, "vector-integrity", 0),
        Exhibit::new("without-r2", QUIET3, "vector-integrity", 0),
        Exhibit::new("without-r3", QUIET3, "termination", 0),
        Exhibit::new("without-1", QUIET3, "vector-integrity", 0),
        Exhibit::new("without-2", QUIET3, "termination", 0),
        Exhibit::new("without-3", QUIET3, "termination", 0),
        Exhibit::new("without-4", QUIET3, "termination", 0),
    ],
};
