//! The hall of the replicated log.

use quorate_kernel::{Faults, Links, Timing};

use super::exhibit::{Exhibit, Figure, Hall, Room};

/// The halls, in the order of the catalogue.
pub(super) const HALLS: &[Hall] = &[MULTI_PAXOS];

const LOG_3: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000).given("0,1,1");
const LOG_3_MANY: Room = Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 2000)
    .given("0,1,1")
    .set(&[("each", "8")]);
const LOG_3_FEW: Room =
    Room::sweep((3, 1), Faults::Crash, Timing::Partial, Links::Lossy, 300).given("0,1,1");

const MULTI_PAXOS: Hall = Hall {
    protocol: "multi-paxos",
    rooms: &[LOG_3, LOG_3_MANY, LOG_3_FEW],
    exhibits: &[
        Exhibit::new("half-quorum", LOG_3, "log-agreement", 35),
        Exhibit::new("ignores-report", LOG_3, "log-agreement", 6),
        Exhibit::holds(
            "closes-gaps",
            LOG_3_MANY,
            "log-agreement",
            "Acceptors answer only up to where nothing is missing, so that what was \
                reported after a gap is never chosen.",
        ),
        Exhibit::new("reports-nothing", LOG_3, "log-agreement", 32),
        Exhibit::new("heeds-smaller", LOG_3, "log-agreement", 323),
        Exhibit::new("any-ballot", LOG_3, "log-agreement", 351),
        Exhibit::new("applies-again", LOG_3_MANY, "exactly-once", 108),
        Exhibit::new("lowest-ballot", LOG_3, "log-agreement", 26),
        Exhibit::new("without-1a", LOG_3, "termination", 1),
        Exhibit::new("without-1b", LOG_3, "termination", 1),
        Exhibit::costs("without-nack", LOG_3_FEW, Figure::Ticks, 237967, 240567),
        Exhibit::new("without-2", LOG_3, "termination", 1),
        Exhibit::new("without-gap", LOG_3, "termination", 1292),
        Exhibit::new("without-2a", LOG_3, "termination", 1),
        Exhibit::new("without-2b", LOG_3, "termination", 1),
        Exhibit::new("without-learn", LOG_3, "termination", 1),
        Exhibit::costs("without-commit", LOG_3_FEW, Figure::Ticks, 237967, 557499),
        Exhibit::new("without-apply", LOG_3, "termination", 1),
        Exhibit::new("without-snapshot", LOG_3, "termination", 15),
        Exhibit::costs("without-ask", LOG_3_FEW, Figure::Ticks, 237967, 257649),
        Exhibit::new("without-teach", LOG_3_MANY, "termination", 214),
        Exhibit::new("without-install", LOG_3, "termination", 53),
        Exhibit::new("without-forward", LOG_3, "termination", 1),
        Exhibit::costs("without-retry", LOG_3_FEW, Figure::Ticks, 237967, 242209),
        Exhibit::new("without-beat", LOG_3, "termination", 1),
        Exhibit::costs("without-repeat", LOG_3_FEW, Figure::Ticks, 237967, 252599),
        Exhibit::costs("without-have", LOG_3_FEW, Figure::Messages, 234, 1521),
        Exhibit::costs("without-rest", LOG_3_FEW, Figure::Messages, 234, 445),
        Exhibit::new("without-suspect", LOG_3, "termination", 2),
    ],
};
