//! The answers to what a step of one process leaves open: lots, and the common coin.

use quorate_kernel::{Oracle, Process};

use crate::plan::Plan;
use crate::weather::{Purpose, draw};

/// The answers to what a step of one process leaves open.
pub(crate) struct Lots<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) who: Process,
    pub(crate) next: &'a mut u32,
    pub(crate) drawn: Option<&'a mut Vec<quorate_trace::What>>,
}

impl Oracle for Lots<'_> {
    fn choose(&mut self, options: u32) -> u32 {
        let place = (self.who, *self.next);
        *self.next += 1;
        let occasion = u64::from(place.1) << 16 | u64::from(place.0.0);
        let chosen = match self.plan.choices.get(&place) {
            Some(chosen) => *chosen % options,
            None if self.plan.plain_lots => 0,
            None => {
                let drawn = draw(self.plan.seed, Purpose::Choice, occasion);
                crate::weather::below(drawn, options.into()) as u32
            }
        };
        if let Some(drawn) = &mut self.drawn {
            drawn.push(quorate_trace::What::Choose { options, chosen });
        }
        chosen
    }

    fn common_coin(&mut self, toss: u64) -> bool {
        let coin = match self.plan.coins.get(&toss) {
            Some(coin) => *coin,
            None => self.plan.plain_lots || draw(self.plan.seed, Purpose::Coin, toss) & 1 == 1,
        };
        if let Some(drawn) = &mut self.drawn {
            drawn.push(quorate_trace::What::Toss { toss, coin });
        }
        coin
    }
}
