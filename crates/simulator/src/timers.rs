//! Timers by clocks that may drift.

use quorate_kernel::{Process, Protocol, TimerAsk};

use crate::plan::Plan;
use crate::queue::Queue;
use crate::simulation::{Due, Node};

pub(crate) fn set_timer<P: Protocol>(
    queue: &mut Queue<Due<P>>,
    node: &mut Node<P>,
    (who, now, settings): (Process, u64, &mut u64),
    plan: &Plan,
    ask: TimerAsk<P::Timer>,
) {
    let (TimerAsk::Set(timer, _) | TimerAsk::Cancel(timer)) = ask;
    if let Some(place) = node.timers.iter().position(|(running, ..)| *running == timer) {
        node.timers.swap_remove(place);
    }
    if let TimerAsk::Set(timer, ticks) = ask {
        *settings += 1;
        let planned = match plan.timers.is_empty() {
            true => None,
            false => plan.timers.get(&(who, node.settings)),
        };
        node.settings += 1;
        let ticks = planned.copied().unwrap_or_else(|| real_ticks(ticks, node.drift_ppm));
        let due = now.saturating_add(ticks);
        node.timers.push((timer, due, *settings));
        queue.push(due, Due::Timer { who, timer, setting: *settings });
    }
}

/// How long so many ticks of a clock take that runs fast by so many parts in a million.
fn real_ticks(ticks: u64, drift_ppm: i32) -> u64 {
    if drift_ppm == 0 {
        return ticks;
    }
    let speed = (1_000_000 + i128::from(drift_ppm)).max(1);
    (i128::from(ticks) * 1_000_000 / speed).min(i128::from(u64::MAX)) as u64
}
