//! The forms in which the catalogue has the protocol.

use quorate_kernel::Data;

/// What one form of the protocol does, and how it is called.
pub trait Form: Data {
    /// The name on the command line.
    const NAME: &'static str;
    /// The protocol that it is a form of.
    const FORM_OF: Option<&'static str> = Some(Full::NAME);
    /// Other names for it.
    const ALIASES: &'static [&'static str];
    /// What it is, in one line.
    const TITLE: &'static str;
    /// What differs from the full one; empty for that.
    const NOTES: &'static str;
    /// Whether it is asked before an election who would vote.
    const PRE_VOTE: bool;
    /// Whether a leader that no quorum answers follows, and voters stick to a leader they hear.
    const CHECK_QUORUM: bool;
    /// Whether votes bring a candidate what its log lacks.
    const PULL: bool;
    /// How many of the rules it has: the first ones.
    const RULES: usize;
}

/// Everything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Full {}

impl Form for Full {
    const NAME: &'static str = "raft";
    const FORM_OF: Option<&'static str> = None;
    const ALIASES: &'static [&'static str] = &["quorum-connected-raft"];
    const TITLE: &'static str =
        "all logs become that of a leader, elected in terms; whoever reaches a majority can lead";
    const NOTES: &'static str = "";
    const PRE_VOTE: bool = true;
    const CHECK_QUORUM: bool = true;
    const PULL: bool = true;
    const RULES: usize = super::RULES.len();
}

/// The paper's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Plain {}

impl Form for Plain {
    const NAME: &'static str = "raft-plain";
    const ALIASES: &'static [&'static str] = &[];
    const TITLE: &'static str = "the Raft of the paper: who lacks an entry is not voted for, and \
        whoever hears no leader stands at once";
    const NOTES: &'static str = "No pre-vote, no check of a quorum, no pulling of logs. Where \
        links fail in part it may never elect a leader although some process reaches a majority: \
        one whose log is behind is refused by all, and who is cut off in part deposes leaders.";
    const PRE_VOTE: bool = false;
    const CHECK_QUORUM: bool = false;
    const PULL: bool = false;
    const RULES: usize = super::QUORUM.0 as usize;
}

/// All but the question before an election.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NoPreVote {}

impl Form for NoPreVote {
    const NAME: &'static str = "raft-no-prevote";
    const ALIASES: &'static [&'static str] = &["raft-no-pre-vote"];
    const TITLE: &'static str = "Raft that stands for election without asking first";
    const NOTES: &'static str = "A process that was cut off comes back with a later term, and the \
        leader follows once, for nothing.";
    const PRE_VOTE: bool = false;
    const CHECK_QUORUM: bool = true;
    const PULL: bool = true;
    const RULES: usize = super::ASK.0 as usize;
}
