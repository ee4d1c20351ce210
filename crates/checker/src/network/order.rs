//! In which order states are searched.

/// In which order states are searched. All but the last come to the same states, where they end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Layer by layer: the run that is shown has as few moves as any.
    #[default]
    Breadth,
    /// The state with the longest way first, so that few wait. Where nothing bounds how long runs
    /// are, it may follow one for ever.
    Depth,
    /// First the states on whose way most was seen at the border of the protocol, for its length:
    /// what breaks a requirement shows there.
    Directed,
    /// Walks at random from a seed, until time is up: nothing is proved.
    Swarm(u64),
}
