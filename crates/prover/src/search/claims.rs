//! What a liar can claim to have seen, as numbers of views.

use std::collections::HashMap;

use super::adversary::Speech;
use super::limits::Stopped;
use super::states::States;
use super::views::NONE;

/// More claims than this are not listed.
const CLAIMS_MAX: usize = 1 << 22;

/// What can be claimed whatever happened: by round and process.
#[derive(Default)]
pub(crate) struct Claims(HashMap<(usize, usize), Vec<u32>>);

impl States<'_> {
    /// What the liar of a state can say after so many rounds.
    pub(super) fn claims(
        &mut self,
        speech: Speech,
        round: usize,
        views: &[u32],
    ) -> Result<Vec<u32>, Stopped> {
        let Some(liar) = views.iter().position(|view| *view == NONE) else {
            return Ok(vec![NONE]);
        };
        match speech {
            Speech::Honest => Ok(vec![NONE]),
            Speech::Oral => self.anything(round, liar),
            Speech::Signed => {
                let mut claims = self.passed_on(round, liar, views)?;
                claims.push(NONE);
                Ok(claims)
            }
        }
    }

    /// Everything that a process could have seen, however unlikely.
    fn anything(&mut self, round: usize, p: usize) -> Result<Vec<u32>, Stopped> {
        if round == 0 {
            return Ok([0, 1].map(|input| self.names.first(p, input, 2)).to_vec());
        }
        if let Some(known) = self.claims.0.get(&(round, p)) {
            return Ok(known.clone());
        }
        let n = self.adversary.n();
        let parts = (0..n).map(|q| self.anything(round - 1, q));
        let parts = parts.collect::<Result<Vec<_>, Stopped>>()?;
        let claims = self.combined(round, p, &parts)?;
        self.claims.0.insert((round, p), claims.clone());
        Ok(claims)
    }

    /// What a process could have seen that makes up what concerns itself, and of the others leaves
    /// out what it likes.
    fn passed_on(&mut self, round: usize, liar: usize, views: &[u32]) -> Result<Vec<u32>, Stopped> {
        if round == 0 {
            return Ok([0, 1].map(|input| self.names.first(liar, input, 2)).to_vec());
        }
        let before = |q: usize| match views[q] {
            NONE => NONE,
            view => self.views[round - 1].get(view)[q + 1],
        };
        let before: Vec<u32> = (0..views.len()).map(before).collect();
        let own = self.passed_on(round - 1, liar, &before)?;
        let part = |q: usize| if q == liar { own.clone() } else { vec![before[q], NONE] };
        let parts: Vec<Vec<u32>> = (0..views.len()).map(part).collect();
        self.combined(round, liar, &parts)
    }

    /// The views of a process that has heard one of these from each.
    fn combined(
        &mut self,
        round: usize,
        p: usize,
        parts: &[Vec<u32>],
    ) -> Result<Vec<u32>, Stopped> {
        let count = parts.iter().try_fold(1, |all: usize, part| all.checked_mul(part.len()));
        if count.is_none_or(|count| count > CLAIMS_MAX) {
            return Err(Stopped::Size);
        }
        let mut rows = vec![vec![p as u32]];
        for part in parts {
            let longer = |row: &Vec<u32>| -> Vec<Vec<u32>> {
                part.iter().map(|view| [&row[..], &[*view]].concat()).collect()
            };
            rows = rows.iter().flat_map(longer).collect();
        }
        rows.iter().map(|row| Ok(self.views[round - 1].intern(row)?.0)).collect()
    }
}
