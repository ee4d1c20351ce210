//! The answers to what a protocol leaves open.

use std::io;

use quorate_kernel::Oracle;
use quorate_trace::What;

/// Lots from the operating system, and a common coin from a secret of the group.
///
/// The coin is the same at every process that has the secret, and whoever has it knows all coins
/// in advance: it is dealt by whoever makes the group, and holds against an adversary who does not
/// know it (Rabin 1983), such as one who only delays messages.
#[derive(Debug)]
pub struct Fate {
    lots: u64,
    coins: u64,
    /// What was drawn, if somebody wants to know.
    drawn: Option<Vec<What>>,
}

impl Fate {
    /// Lots that differ from those of any other process and life; `coins` is the group's secret.
    ///
    /// # Errors
    /// If the operating system has no random numbers.
    pub fn drawn(coins: u64) -> io::Result<Self> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(io::Error::from)?;
        Ok(Self::seeded(u64::from_le_bytes(seed), coins))
    }

    /// Lots that a seed decides, for a run that can be repeated.
    pub fn seeded(lots: u64, coins: u64) -> Self {
        Self { lots, coins, drawn: None }
    }

    /// Keeps what is drawn from now on.
    pub(crate) fn tell(&mut self) {
        self.drawn = Some(Vec::new());
    }

    /// What was drawn since the last call.
    pub(crate) fn take_drawn(&mut self) -> Vec<What> {
        self.drawn.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.lots = self.lots.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.lots)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014, figure 16).
fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

impl Oracle for Fate {
    fn choose(&mut self, options: u32) -> u32 {
        let chosen = ((u128::from(self.draw()) * u128::from(options)) >> 64) as u32;
        if let Some(drawn) = &mut self.drawn {
            drawn.push(What::Choose { options, chosen });
        }
        chosen
    }

    fn common_coin(&mut self, toss: u64) -> bool {
        let coin = mix(self.coins ^ mix(toss.wrapping_add(0x9e37_79b9_7f4a_7c15))) & 1 == 1;
        if let Some(drawn) = &mut self.drawn {
            drawn.push(What::Toss { toss, coin });
        }
        coin
    }
}
