//! A Markov decision process without circles, and its probabilities from the ends back.

use num_rational::BigRational;

use super::odds::{By, Exact, Numbers};

/// What a state is, as far as decisions go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// All correct processes have decided.
    Decided,
    /// One that has not is beyond the last round.
    Late,
    /// One that has not is in this round, and none is in a later one.
    Open {
        round: u32,
        /// Whether a run may end here.
        may_end: bool,
    },
}

/// The numbers of zero and one.
const ZERO: u32 = 0;
const ONE: u32 = 1;

/// States in the order of their numbers, each with moves, each with outcomes.
#[derive(Debug)]
pub(super) struct Decisions {
    last: u32,
    places: Vec<Place>,
    /// Where the moves of each state end that was expanded, and whether some were cut off.
    states: Vec<(u32, bool)>,
    /// Where the outcomes of each move end.
    moves: Vec<u32>,
    /// Where they lead, and how likely each is.
    outcomes: Vec<(u32, u32)>,
    /// Fractions by number: probabilities, of which there are few.
    numbers: Numbers,
}

impl Decisions {
    pub(super) fn new(last: u32) -> Self {
        let mut numbers = Numbers::default();
        numbers.insert(BigRational::from_integer(0.into()));
        numbers.insert(BigRational::from_integer(1.into()));
        let (places, states, moves, outcomes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { last, places, states, moves, outcomes, numbers }
    }

    /// Adds a state; its number.
    pub(super) fn enter(&mut self, place: Place) -> u32 {
        self.places.push(place);
        self.places.len() as u32 - 1
    }

    /// Whether it matters what happens in a state.
    pub(super) fn is_open(&self, at: usize) -> bool {
        matches!(self.places[at], Place::Open { .. })
    }

    /// Begins a move of the state that is expanded next.
    pub(super) fn begin_move(&mut self) {
        self.moves.push(self.outcomes.len() as u32);
    }

    /// Adds an outcome to the move that was begun last.
    pub(super) fn outcome(&mut self, target: u32, chance: BigRational) {
        let chance = self.number(chance);
        self.outcomes.push((target, chance));
        if let Some(end) = self.moves.last_mut() {
            *end = self.outcomes.len() as u32;
        }
    }

    /// Ends the moves of a state, some of which may be cut off; states are expanded in their
    /// order. An objection if the outcomes of some move do not add up to one, or may lead back.
    pub(super) fn expanded(&mut self, at: usize, cut: bool) -> Result<(), &'static str> {
        debug_assert_eq!(at, self.states.len(), "states are expanded in their order");
        let from = self.first_move(at);
        self.states.push((self.moves.len() as u32, cut));
        for one in from..self.moves.len() {
            let all = self.outcomes_of(one);
            let chances = all.iter().map(|(_, chance)| &self.numbers[*chance as usize]);
            let sum: BigRational = chances.sum();
            if !cut && sum != self.numbers[ONE as usize] {
                return Err(UNWEIGHED);
            }
            if all.len() > 1 && !self.leads_on(at, one) {
                return Err(ROUND);
            }
        }
        Ok(())
    }

    /// Lets runs end in a state.
    pub(super) fn may_end(&mut self, at: usize) {
        if let Place::Open { may_end, .. } = &mut self.places[at] {
            *may_end = true;
        }
    }

    pub(super) fn transitions(&self) -> u64 {
        self.outcomes.len() as u64
    }

    /// About how many bytes it takes, what is computed in the end included.
    pub(super) fn bytes(&self) -> u64 {
        let states = self.places.len() * (24 + 12 * 2);
        (states + self.moves.len() * 4 + self.outcomes.len() * 8) as u64
    }

    fn number(&mut self, fraction: BigRational) -> u32 {
        self.numbers.insert_full(fraction).0 as u32
    }

    fn first_move(&self, at: usize) -> usize {
        if at == 0 { 0 } else { self.states[at - 1].0 as usize }
    }

    fn moves_of(&self, at: usize) -> std::ops::Range<usize> {
        match self.states.get(at) {
            None => 0..0,
            Some((end, _)) => self.first_move(at)..*end as usize,
        }
    }

    fn outcomes_of(&self, one: usize) -> &[(u32, u32)] {
        let from = if one == 0 { 0 } else { self.moves[one - 1] as usize };
        &self.outcomes[from..self.moves[one] as usize]
    }

    /// Whether a move leads to other states alone.
    fn leads_on(&self, at: usize, one: usize) -> bool {
        self.outcomes_of(one).iter().all(|(target, _)| *target != at as u32)
    }

    /// The least and the greatest probabilities from some of these states, round by round.
    pub(super) fn by(&mut self, roots: &[u32]) -> Result<Vec<By>, &'static str> {
        let order = self.order(roots)?;
        let mut all = Vec::new();
        for round in 1..=self.last {
            let mut values = vec![(ZERO, ZERO); self.places.len()];
            for at in &order {
                values[*at as usize] = self.value(*at as usize, round, &values);
            }
            let from = || roots.iter().map(|root| values[*root as usize]);
            let least = from().map(|(least, _)| &self.numbers[least as usize]).min();
            let most = from().map(|(_, most)| &self.numbers[most as usize]).max();
            if let (Some(least), Some(most)) = (least, most) {
                let (least, most) = (Exact(least.clone()), Exact(most.clone()));
                all.push(By { round, least, most });
            }
        }
        Ok(all)
    }

    /// The states that can be reached, each after all to which it leads.
    fn order(&self, roots: &[u32]) -> Result<Vec<u32>, &'static str> {
        const NEW: u8 = 0;
        const OPEN: u8 = 1;
        const DONE: u8 = 2;
        let mut marks = vec![NEW; self.places.len()];
        let mut order = Vec::new();
        let mut stack: Vec<(u32, usize)> = Vec::new();
        for root in roots {
            stack.push((*root, 0));
            while let Some((at, next)) = stack.pop() {
                let here = at as usize;
                if next == 0 && marks[here] != NEW {
                    continue;
                }
                marks[here] = OPEN;
                let moves = self.moves_of(here);
                let first = if moves.is_empty() { 0 } else { self.first_outcome(moves.start) };
                let end = if moves.is_empty() { 0 } else { self.moves[moves.end - 1] as usize };
                match self.outcomes[first..end].get(next) {
                    None => {
                        marks[here] = DONE;
                        order.push(at);
                    }
                    Some((target, _)) => {
                        stack.push((at, next + 1));
                        match marks[*target as usize] {
                            NEW => stack.push((*target, 0)),
                            OPEN if *target != at => return Err(ROUND),
                            _ => {}
                        }
                    }
                }
            }
        }
        Ok(order)
    }

    fn first_outcome(&self, one: usize) -> usize {
        if one == 0 { 0 } else { self.moves[one - 1] as usize }
    }

    /// The least and the greatest probability from a state, from those to which it leads.
    fn value(&mut self, at: usize, round: u32, values: &[(u32, u32)]) -> (u32, u32) {
        let may_end = match self.places[at] {
            Place::Decided => return (ONE, ONE),
            Place::Late => return (ZERO, ZERO),
            Place::Open { round: now, .. } if now > round => return (ZERO, ZERO),
            Place::Open { may_end, .. } => may_end,
        };
        let Some((_, cut)) = self.states.get(at).copied() else { return (ZERO, ONE) };
        let (mut least, mut most) = (may_end || cut).then_some((ZERO, ZERO)).unzip();
        if cut {
            most = Some(ONE);
        }
        for one in self.moves_of(at).filter(|one| self.leads_on(at, *one)).collect::<Vec<_>>() {
            let low = self.expected(one, |at| values[at as usize].0);
            let high = self.expected(one, |at| values[at as usize].1);
            least = Some(least.map_or(low, |least| self.better(least, low, false)));
            most = Some(most.map_or(high, |most| self.better(most, high, true)));
        }
        // Where nothing leads on the run has ended.
        (least.unwrap_or(ZERO), most.unwrap_or(ZERO))
    }

    /// The one of two numbers that is greater, or smaller.
    fn better(&self, a: u32, b: u32, greater: bool) -> u32 {
        let above = a != b && self.numbers[a as usize] > self.numbers[b as usize];
        if above == greater { a } else { b }
    }

    /// What a move comes to on average.
    fn expected(&mut self, one: usize, value: impl Fn(u32) -> u32) -> u32 {
        if let [(target, ONE)] = self.outcomes_of(one) {
            return value(*target);
        }
        let outcomes = self.outcomes_of(one).iter();
        let part = |(target, chance): &(u32, u32)| {
            &self.numbers[*chance as usize] * &self.numbers[value(*target) as usize]
        };
        let sum = outcomes.map(part).sum();
        self.number(sum)
    }
}

/// Said where the ways of a step do not add up.
pub(super) const UNWEIGHED: &str = "a step has more ways to go than can be weighed";
/// Said where a run can come back to a state.
const ROUND: &str = "runs can come back to where they were, so that there is no last step to \
    compute probabilities from: take a protocol in which every round has its own messages";

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Place = Place::Open { round: 1, may_end: false };

    fn part(above: u32, below: u32) -> BigRational {
        BigRational::new(above.into(), below.into())
    }

    /// The moves of a state, each with its outcomes: where they lead, and how likely they are.
    type Ways<'w> = &'w [&'w [(u32, u32, u32)]];
    type Sketch<'w> = (Place, Ways<'w>);

    /// States with their moves.
    fn decisions(states: &[Sketch<'_>]) -> Result<Decisions, &'static str> {
        let mut all = Decisions::new(1);
        states.iter().for_each(|(place, _)| {
            all.enter(*place);
        });
        for (at, (_, moves)) in states.iter().enumerate() {
            for outcomes in *moves {
                all.begin_move();
                for (target, above, below) in *outcomes {
                    all.outcome(*target, part(*above, *below));
                }
            }
            all.expanded(at, false)?;
        }
        Ok(all)
    }

    fn told(mut decisions: Decisions) -> Result<(String, String), &'static str> {
        let by = decisions.by(&[0])?;
        Ok((by[0].least.to_string(), by[0].most.to_string()))
    }

    #[test]
    fn the_adversary_takes_the_best_and_chance_the_average() {
        // One move decides with a half; the other with a third, and else another move decides
        // with a quarter or ends the run.
        let last: Ways<'_> = &[&[(2, 1, 4), (3, 3, 4)]];
        let first: Ways<'_> = &[&[(2, 1, 2), (3, 1, 2)], &[(2, 1, 3), (1, 2, 3)]];
        let may_end = Place::Open { round: 1, may_end: true };
        let model =
            |place| [(OPEN, first), (place, last), (Place::Decided, &[][..]), (Place::Late, &[])];
        let text = |least: &str, most: &str| Ok((least.to_string(), most.to_string()));
        assert_eq!(decisions(&model(OPEN)).and_then(told), text("1/2", "1/2"));
        assert_eq!(decisions(&model(may_end)).and_then(told), text("1/3", "1/2"));
        let later = Place::Open { round: 2, may_end: false };
        assert_eq!(decisions(&model(later)).and_then(told), text("1/3", "1/2"));
    }

    #[test]
    fn what_was_not_looked_at_is_the_worst_and_the_best() {
        let mut open = Decisions::new(1);
        open.enter(OPEN);
        open.begin_move();
        open.outcome(1, part(1, 2));
        open.outcome(2, part(1, 2));
        assert_eq!(open.expanded(0, false), Ok(()));
        open.enter(Place::Decided);
        open.enter(OPEN);
        assert_eq!(told(open), Ok(("1/2".to_string(), "1".to_string())));
    }

    #[test]
    fn circles_and_chances_that_do_not_add_up_are_refused() {
        let circle: [Sketch<'_>; 2] = [(OPEN, &[&[(1, 1, 1)]]), (OPEN, &[&[(0, 1, 1)]])];
        assert_eq!(decisions(&circle).and_then(told), Err(ROUND));
        assert_eq!(decisions(&[(OPEN, &[&[(0, 1, 2), (0, 1, 2)]])]).map(drop), Err(ROUND));
        let half: [Sketch<'_>; 2] = [(OPEN, &[&[(1, 1, 2)]]), (Place::Decided, &[])];
        assert_eq!(decisions(&half).map(drop), Err(UNWEIGHED));
        // A step that changes nothing is none.
        let still: [Sketch<'_>; 2] = [(OPEN, &[&[(0, 1, 1)], &[(1, 1, 1)]]), (Place::Decided, &[])];
        assert_eq!(decisions(&still).and_then(told), Ok(("1".to_string(), "1".to_string())));
    }
}
