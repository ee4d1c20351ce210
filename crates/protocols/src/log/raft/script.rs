//! Which changes of the members are asked for, in runs of the catalogue.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::Process;
use quorate_problems::{Aim, Call, Change, Payload};

use crate::card::{Request, Setup};

/// A change to ask for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Step {
    /// When, in ticks from the start.
    pub at_ticks: u64,
    /// Of whom.
    pub process: Process,
    /// Which; one that is drawn if not said.
    pub change: Option<Change>,
}

impl Step {
    /// It, as something asked of a process.
    pub(super) fn request<C: Payload>(&self) -> Request<Call<C>> {
        let input = self.change.clone().map_or(Call::Vary, Call::Change);
        Request { at_ticks: self.at_ticks, process: self.process, input }
    }
}

/// Reads `change=`: what the parameter says, and when the first is asked for if it says nothing.
pub(super) fn read(setup: &Setup<'_>, members: u16, first_ticks: u64) -> Result<Vec<Step>, String> {
    let given = setup.text("change").unwrap_or("none");
    let apart = |at: usize| first_ticks + 4 * at as u64 * setup.delay_ticks;
    match given {
        "none" => Ok(Vec::new()),
        "drawn" => {
            let count = setup.number("changes", 4, 1, 1 << 10)? as usize;
            let asker = |at: usize| Process((at % usize::from(members)) as u16);
            let step = |at| Step { at_ticks: apart(at), process: asker(at), change: None };
            Ok((0..count).map(step).collect())
        }
        _ => {
            let steps: Result<Vec<Written>, String> =
                given.split(',').map(|text| Written::read(text.trim(), setup)).collect();
            let steps = steps?;
            let stays = |p: &Process| {
                let aims = steps.iter().flat_map(|step| step.change.aims());
                aims.filter(|(who, _)| who == p).all(|(_, aim)| *aim != Aim::Out)
            };
            let mut voters = core::iter::once(setup.special).chain((0..members).map(Process));
            let asker = voters.find(stays).unwrap_or(setup.special);
            let step = |(at, step): (usize, Written)| Step {
                at_ticks: step.at_ticks.unwrap_or_else(|| apart(at)),
                process: step.process.unwrap_or(asker),
                change: Some(step.change),
            };
            Ok(steps.into_iter().enumerate().map(step).collect())
        }
    }
}

/// A change as it is written: `p1:+3-0@150ms`.
struct Written {
    process: Option<Process>,
    change: Change,
    at_ticks: Option<u64>,
}

impl Written {
    fn read(text: &str, setup: &Setup<'_>) -> Result<Self, String> {
        let wrong = || {
            format!(
                "change cannot have {text:?}: a change is one or more of +P (P is to vote), ~P (to \
                 learn) and -P (to go), with @TIME and, before it, pP: for whom to ask, as in \
                 +3@150ms,p1:+4-0; or it is none or drawn"
            )
        };
        let (asker, rest) = match text.split_once(':') {
            Some((asker, rest)) => (Some(asker.strip_prefix('p').ok_or_else(wrong)?), rest),
            None => (None, text),
        };
        let (aims, time) = match rest.split_once('@') {
            Some((aims, time)) => (aims, Some(ticks(time).ok_or_else(wrong)?)),
            None => (rest, None),
        };
        let process = |digits: &str| -> Result<Process, String> {
            let at: u16 = digits.parse().map_err(|_| wrong())?;
            if at >= setup.group.n {
                let n = setup.group.n;
                return Err(format!("change has {text:?}, and there is no p{at} among {n}"));
            }
            Ok(Process(at))
        };
        let mut all = Vec::new();
        let mut rest = aims;
        while let Some(sign) = rest.chars().next() {
            let aim = match sign {
                '+' => Aim::Voter,
                '~' => Aim::Learner,
                '-' => Aim::Out,
                _ => return Err(wrong()),
            };
            let digits = &rest[1..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            all.push((process(&digits[..end])?, aim));
            rest = &digits[end..];
        }
        if all.is_empty() {
            return Err(wrong());
        }
        let asker = asker.map(process).transpose()?;
        Ok(Self { process: asker, change: Change::of(all), at_ticks: time })
    }
}

/// A time in ticks of a microsecond.
fn ticks(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[end..] {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(unit).filter(|ticks| *ticks <= 1 << 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_kernel::{Domain, Group};

    fn steps(text: &str) -> Result<Vec<Step>, String> {
        let settings = [("change".into(), text.into())];
        let setup = Setup::of(Group { n: 5, f: 1 }, Domain::BINARY);
        read(&Setup { settings: &settings, ..setup }, 3, 30_000)
    }

    #[test]
    fn what_is_written_is_read() {
        let all = steps("+3@150ms, p1:~4-0@1s,-2").expect("it is well written");
        let shown: Vec<(u64, u16, String)> = all
            .iter()
            .map(|one| {
                let change = one.change.as_ref().expect("it is said");
                (one.at_ticks, one.process.0, change.show())
            })
            .collect();
        let wanted = [(150_000, 1, "+3"), (1_000_000, 1, "-0~4"), (110_000, 1, "-2")];
        for ((at, who, text), (time, asker, change)) in shown.into_iter().zip(wanted) {
            assert_eq!((at, who, text.as_str()), (time, asker, change));
        }
        assert_eq!(steps("drawn").map(|all| all.len()), Ok(4));
        assert_eq!(steps("none"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_not_is_refused_in_a_sentence() {
        for text in ["", "3", "+", "+x", "+3@", "+3@5", "q1:+3", "+3,", "+9", "p9:+3", "+é", "@1s"]
        {
            let told = steps(text).expect_err(text);
            assert!(told.starts_with("change "), "{text}: {told}");
        }
    }
}
