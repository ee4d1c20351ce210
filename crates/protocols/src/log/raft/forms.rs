//! The forms in which the catalogue has the protocol.

use quorate_kernel::{Data, Flaw, Mutant};

use super::{FORCE, INSTALL, MUTANTS, ONE, RULES};

/// What can be wrong with single-server changes only.
pub(super) const BEFORE_TERM: Flaw = Flaw::Own(concat!(module_path!(), " change-before-term"));
pub(super) const UNREVERTED: Flaw = Flaw::Own(concat!(module_path!(), " unreverted"));
pub(super) const STALE_FORCE: Flaw = Flaw::Own(concat!(module_path!(), " stale-members"));

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
    /// Whether the members of before and of after both count while they change; if not, one voter
    /// at a time comes or goes.
    const JOINT: bool;
    /// Whether who has no vote any more is told so when it stands for election.
    const SHUNS: bool;
    /// How many of the rules it has: the first ones.
    const RULES: usize;
    /// What can be wrong with it on purpose, and is not shown with the full one.
    const MUTANTS: &'static [Mutant] = &[];
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
    const JOINT: bool = true;
    const SHUNS: bool = true;
    const RULES: usize = RULES.len();
    const MUTANTS: &'static [Mutant] = MUTANTS;
}

/// Everything, but changes of the members by one voter at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SingleServer {}

impl Form for SingleServer {
    const NAME: &'static str = "raft-single-server";
    const ALIASES: &'static [&'static str] = &[];
    const TITLE: &'static str = "Raft in which one voter at a time comes or goes";
    const NOTES: &'static str = "The change of the thesis (4.1), with what its author added in \
        2015: a leader changes the members only once an entry of its own term is committed. \
        Majorities before and after a change of one voter share a process, so that no two halves \
        are needed; but two leaders of different terms that each begin with a change of the same \
        members would commit by majorities that share none, as with --mutant change-before-term. A \
        change of more than one voter is refused.";
    const PRE_VOTE: bool = true;
    const CHECK_QUORUM: bool = true;
    const PULL: bool = true;
    const JOINT: bool = false;
    const SHUNS: bool = true;
    const RULES: usize = RULES.len();
    const MUTANTS: &'static [Mutant] = &[
        Mutant {
            id: "change-before-term",
            breaks: &[RULES[ONE.0 as usize].id],
            text: "changes the members before an entry of its own term is committed",
            source: "Ongaro 2015, raft-dev: bug in single-server membership changes",
            flaw: BEFORE_TERM,
        },
        Mutant {
            id: "unreverted",
            breaks: &[RULES[FORCE.0 as usize].id],
            text: "goes by members that were cut off the log",
            source: "",
            flaw: UNREVERTED,
        },
        Mutant {
            id: "stale-members",
            breaks: &[RULES[INSTALL.0 as usize].id],
            text: "goes on with members that a state has replaced, if they stood at a higher index",
            source: "openraft 1808",
            flaw: STALE_FORCE,
        },
    ];
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
    const JOINT: bool = true;
    const SHUNS: bool = false;
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
    const JOINT: bool = true;
    const SHUNS: bool = false;
    const RULES: usize = super::ASK.0 as usize;
}
