//! Ever wider bounds of a search on a network, where none are said.

use std::time::{Duration, Instant};

use quorate_checker::network::{Orders, Told};
use quorate_kernel::Faults;

use crate::args::{BoundArgs, SearchWord};
use crate::explore::{Given, line_of};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::kept;
use crate::progress;

/// How long to go on with wider bounds, where none are said.
const DEEPEN: Duration = Duration::from_secs(10);

/// What came of the deepest search that ended.
pub(crate) struct Deepest {
    pub(crate) told: Told,
    pub(crate) orders: Orders,
    /// The command that asks the same again.
    pub(crate) line: String,
    pub(crate) seconds: f64,
    /// What is to be said of a deeper search that did not end.
    pub(crate) unfinished: Option<String>,
}

impl Stage<'_> {
    /// Searches within ever wider bounds, where none are said, as long as it takes little time.
    pub(crate) fn deepen(&self, given: &Given<'_>) -> Result<Deepest, Failure> {
        let started = Instant::now();
        let mut last: Option<Deepest> = None;
        for bounds in self.levels(given) {
            let at = Instant::now();
            let mut orders = self.orders(&Given { bounds: &bounds, ..*given })?;
            if let Some(end) = given.patience.filter(|_| last.is_none()).map(|most| at + most) {
                orders.budget.deadline = orders.budget.deadline.map(|deadline| deadline.min(end));
            }
            if last.is_some() {
                let end = started + DEEPEN.max(2 * at.duration_since(started));
                orders.budget.deadline = orders.budget.deadline.map(|deadline| deadline.min(end));
            }
            let line = line_of(self.experiment, &bounds);
            let saved = kept::prepare(given.kept, &line, &mut orders)?;
            let shown = progress::Shown::new("searching");
            if orders.keep.is_some() {
                kept::stop_on_signal(&shown.progress)?;
            }
            let told = self.place.explore(&orders, saved, &shown.progress);
            drop(shown);
            kept::refuse_foreign(given.kept, &told.findings)?;
            let seconds = at.elapsed().as_secs_f64();
            let found = &told.findings;
            let stopped = found.stopped.is_some() && found.broken.is_empty();
            if let Some(last) = last.as_mut().filter(|_| stopped) {
                let wider = &line[line.find(" --timers").unwrap_or(0)..];
                last.unfinished = Some(format!(
                    "wider bounds ({}) did not come to an end in {seconds:.1} s",
                    wider.trim()
                ));
                break;
            }
            let over = stopped || !found.broken.is_empty() || started.elapsed() > DEEPEN;
            last = Some(Deepest { told, orders, line, seconds, unfinished: None });
            if over {
                break;
            }
        }
        last.ok_or_else(|| Failure::internal("there are no bounds to search within"))
    }

    /// Ever wider bounds; those that were said alone, if any were. A search that may be kept is
    /// one, within the widest.
    fn levels(&self, given: &Given<'_>) -> Vec<BoundArgs> {
        let said = given.bounds;
        let set = said.timers.is_some() || said.crashes.is_some() || said.restarts.is_some();
        let conditions = &self.timed.conditions;
        if set || self.experiment.card.in_rounds || said.search == SearchWord::Swarm {
            return vec![said.clone()];
        }
        let crashes = match conditions.faults {
            Faults::None | Faults::Byzantine => 0,
            _ => conditions.faulty_max.min(100) as u8,
        };
        let level = |(timers, restarts): (u8, u8)| BoundArgs {
            timers: Some(timers),
            crashes: Some(crashes + restarts),
            restarts: Some(restarts),
            ..said.clone()
        };
        let most = u8::from(conditions.restarts);
        let steps = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1)];
        let plain = [(0, 0), (1, 0), (2, 0)];
        let steps = if most == 1 { &steps[..] } else { &plain[..] };
        let from = if given.kept.is_asked() { steps.len() - 1 } else { 0 };
        steps[from..].iter().copied().map(level).collect()
    }
}
