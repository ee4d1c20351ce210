//! What the catalogue says of it.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{
    Deceit, Faults, Group, Links, Mutant, Process, ProcessSet, Rule, Timing, Value,
};
use quorate_problems::{Call, Payload};

use super::members::Members;
use super::{Config, Form, RULES, Raft, script};
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Parameter, Request, Setup, Weaker};
use crate::log::batch::BATCH;
use crate::log::writes;

impl<C: Payload, F: Form> Deceit for Raft<C, F> {}

const UNSAFE: Parameter = Parameter {
    key: "unsafe",
    words: &["no", "yes"],
    text: "whether quorums q1 and q2 may be so small that they need not share a process",
};

const READS: Parameter = Parameter {
    key: "reads",
    words: &["none", "index", "lease"],
    text: "whether processes read too, between commands; and whether a leader asks a quorum for \
        each read, or answers on what it heard from one not long ago: a leader that is stopped, or \
        whose clock runs slowly, may then answer from an old state, so that linearizability is \
        claimed only where all clocks run alike",
};

const SESSIONS: Parameter = Parameter {
    key: "sessions",
    words: &["no", "yes"],
    text: "whether clients ask for a session before they propose, and are forgotten after expire \
        entries of others; who sends a command again that was executed is told where it stands; \
        without, commands are told apart for ever",
};

const CALLS: Parameter = Parameter {
    key: "transfer",
    words: &["no", "yes"],
    text: "whether the process after the first leader asks to lead in its place",
};

const CHANGE: Parameter = Parameter {
    key: "change",
    words: &["none", "drawn"],
    text: "which changes of the members are asked for: none; so many as changes=N says, drawn; or \
        those written, as in +3@150ms,p1:+4-0,~2: P is to vote (+P), to learn (~P) or to go (-P), \
        all of one change at once, asked of a process (pP:) at a time",
};

const WITNESS: Parameter = Parameter {
    key: "witness",
    words: &["none"],
    text: "which voters keep no commands, as in p2 or p2,p4: they have the term of each entry, \
        vote only for whose log is as up to date, never lead, apply nothing and are asked nothing; \
        with W of them all comes to an end while F processes are down if n - W - F are a quorum, \
        and what only those have that are down is waited for, not lost",
};

const NOTES: &str = "The paper's log, with what has been added since: the question before an \
    election (pre-vote), a leader that follows if no quorum answers, voters that stick to a leader \
    they hear, and votes that bring a candidate what its log lacks, so that it need not have been \
    up to date to be elected (decision 0015). Only entries of the own term are committed by \
    counting: an earlier one that a majority has stored can still be replaced. An answer counts \
    only for the term, membership and round that it was given to. Terms, votes and entries are \
    stored before anything is said that rests on them; cutting the log off and putting entries in \
    are one record. Reads cost a round of messages and no entry; each attempt has a name of its \
    own. With reads=lease they cost none, and linearizability is claimed only under synchrony, \
    with clocks that run alike: no handler reads a clock, so a leader that was stopped does not \
    know it, and answers from its old lease what a later leader has changed (as in etcd 20418). A \
    lease lasts two beats of the leader at most, and a voter sticks for patience beats of its own, \
    so that speeds may differ by less than a factor of patience / 2. Members change by entries \
    that count from when they are in a log, and all quorums are of the members that count: a \
    majority of those of before and one of those of after, while both do (decision 0017). Who is \
    to vote is sent the log first, and who was removed comes back with an empty one. What a change \
    comes to is said: it is done, or refused with the reason. --set members=N says that the first \
    N processes are the members in the beginning, changes=N how many changes are drawn with \
    change=drawn, q1=N and q2=N are the quorums of elections and commits (with unsafe=yes they may \
    be too small, to see it break), snapshot=ENTRIES how often the state is stored, \
    window=MESSAGES how many messages with entries may be under way, batch=COMMANDS for how many \
    commands to wait before the next and linger=TICKS how long at most, each=TIMES how often each \
    process proposes its input, chunk=COMMANDS how many go into one message, beat=TICKS how often \
    a leader says that it leads while there is something to do, patience=BEATS how long another \
    waits for that at least, expire=ENTRIES after how many entries of others a client's session \
    ends, with sessions=yes: what is proposed in one that has ended is not executed, and the \
    client asks for another and proposes it again.";

impl<F: Form> Listed for Raft<Value, F> {
    const NAME: &'static str = F::NAME;
    const FORM_OF: Option<&'static str> = F::FORM_OF;
    const ALIASES: &'static [&'static str] = F::ALIASES;
    const TITLE: &'static str = F::TITLE;
    const SOURCE: &'static str = "Ongaro, Ousterhout 2014; Ongaro 2014 (thesis)";
    const NOTES: &'static str = if F::NOTES.is_empty() { NOTES } else { F::NOTES };
    const TIMING: Timing = Timing::Partial;
    const LINKS: Links = Links::Lossy;
    const RESTARTS: bool = true;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::LEADER;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "2 delays a command";
    const MESSAGES: &'static str = "2(n-1) for all commands at hand, 2(n-1) to say that they are \
        committed if none follow; 2(n-1) for an election, and as many for a pre-vote";
    const SPECIAL: Option<&'static str> = Some("leader");
    const PARAMETERS: &'static [Parameter] = &[UNSAFE, READS, CALLS, SESSIONS, CHANGE, WITNESS];

    fn mutants() -> Vec<Mutant> {
        F::MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES[..F::RULES].to_vec()
    }

    fn claims() -> Vec<Claim> {
        let safe = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::ANY)
                .timed(Timing::Asynchronous)
                .over(Links::Lossy)
                .with_restarts()
        };
        let agreed = safe("log-agreement").breaks_under(&[(Weaker::Forgetful, (3, 1))]);
        let live = |requirement| {
            let claim = Claim::new(requirement, Faults::Crash, Bound::HALF)
                .timed(Timing::Partial)
                .over(Links::Lossy)
                .with_restarts();
            // Who has no vote any more, and is not told, may depose leaders for ever. What only a
            // crashed process and a witness have stored, nobody can lead without.
            match F::SHUNS {
                true => claim.unless(&[("witness", "")]),
                false => claim.unless(&[("witness", ""), ("change", "")]),
            }
        };
        let kept = safe("monotone-commit").breaks_under(&[(Weaker::Forgetful, (3, 1))]);
        let applied = live("termination").breaks(&[(2, 1), (4, 2)]);
        let read = safe("linearizability").unless(&[("reads", "lease")]);
        let leased = safe("linearizability").only("reads", "lease").timed(Timing::Synchronous);
        let safe = SAFE.iter().map(|requirement| safe(requirement));
        let live = ["uniform-agreement", "answers", "results"].map(live);
        [agreed, kept, read, leased].into_iter().chain(safe).chain([applied]).chain(live).collect()
    }
}

/// What it keeps in any case, besides what ends somewhere that the claims say.
const SAFE: &[&str] = &[
    "exactly-once",
    "in-order",
    "election-safety",
    "log-matching",
    "leader-completeness",
    "durability",
    "integrity",
    "true-refusals",
];

const NUMBERS: &[&str] = &[
    "q1", "q2", "snapshot", "window", "batch", "linger", "chunk", "each", "beat", "patience",
    "expire", "members", "changes",
];

/// What quorums are set to, of so many members.
fn quorums(setup: &Setup<'_>, members: u16, unsafe_: bool) -> Result<(u16, u16), String> {
    let (n, majority) = (u64::from(members), u64::from(members) / 2 + 1);
    let q1 = setup.number("q1", majority, 1, n)?;
    let q2 = setup.number("q2", majority, 1, n)?;
    if q1 + q2 <= n && !unsafe_ {
        return Err(format!(
            "quorums of {q1} and {q2} of {n} need not share a process: q1 + q2 must exceed n; set \
             unsafe=yes to see what comes of it"
        ));
    }
    if 2 * q1 <= n && !unsafe_ {
        return Err(format!(
            "two quorums of {q1} of {n} need not share a process, and each would elect its own \
             leader in one term: q1 must exceed n/2; set unsafe=yes to see what comes of it"
        ));
    }
    let set = setup.text("q1").is_some() || setup.text("q2").is_some();
    if set && setup.text("change").is_some_and(|text| text != "none") {
        return Err(
            "q1 and q2 are for members that do not change: leave them out, or change=".into()
        );
    }
    Ok((q1 as u16, q2 as u16))
}

/// How many of the processes are members in the beginning, and how few voters a change may leave:
/// so many that a majority is left of them if f fail.
fn members(setup: &Setup<'_>, unsafe_: bool) -> Result<(u16, u16), String> {
    let (n, f) = (u64::from(setup.group.n), u64::from(setup.group.f));
    let members = setup.number("members", n, 1, n)?;
    if u64::from(setup.special.0) >= members {
        return Err(format!(
            "{} cannot lead first: with members={members} it is no member; make it one of the \
             first {members} processes, or raise members",
            setup.special
        ));
    }
    if members < n && members <= 2 * f && !unsafe_ {
        return Err(format!(
            "{f} failures can leave {members} members without a majority: members must exceed 2f; \
             set unsafe=yes to see what comes of it"
        ));
    }
    let least = if unsafe_ { 1 } else { members.min(2 * f + 1) };
    Ok((members as u16, least as u16))
}

/// Which members keep no commands. The others make a quorum of each kind: else every commit would
/// count on a witness.
fn witnesses(setup: &Setup<'_>, members: u16, quorum: u16) -> Result<ProcessSet, String> {
    let Some(given) = setup.text("witness").filter(|text| *text != "none") else {
        return Ok(ProcessSet::new());
    };
    let member = |word: &str| -> Result<Process, String> {
        let number = word.trim().strip_prefix('p').and_then(|digits| digits.parse::<u16>().ok());
        let known = number.filter(|number| *number < members).map(Process);
        known.ok_or_else(|| {
            format!(
                "witness cannot have {word:?}: it names members, of p0 to p{}, as in p1,p2; or it \
                 is none",
                members - 1
            )
        })
    };
    let all = given.split(',').map(member).collect::<Result<ProcessSet, String>>()?;
    if all.contains(setup.special) {
        return Err(format!(
            "{} cannot lead first: a witness has no commands to send; make another process a \
             witness",
            setup.special
        ));
    }
    if setup.text("change").is_some_and(|text| text != "none") {
        return Err("a witness is one of members that do not change: leave out witness=, or \
                    change="
            .into());
    }
    let most = members - quorum;
    if all.len() > usize::from(most) {
        return Err(format!(
            "at most {most} of {members} members can be witnesses: without them a quorum of \
             {quorum} must be left that keeps commands"
        ));
    }
    Ok(all)
}

/// How many beats a voter waits for a leader at least: more than a lease lasts, if there is one.
fn patience<F: Form>(setup: &Setup<'_>, lease: bool) -> Result<u32, String> {
    let patience = setup.number("patience", 3, 1, 1 << 10)?;
    if lease && F::CHECK_QUORUM && patience < 2 {
        return Err(
            "a lease lasts up to two beats, and with patience=1 a voter waits for one only: \
                    set patience=2 or more, or reads=index"
                .into(),
        );
    }
    Ok(patience as u32)
}

impl<F: Form> Hosted for Raft<Value, F> {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, NUMBERS)?;
        let delay = setup.delay_ticks;
        let unsafe_ = setup.word(&UNSAFE)? == "yes";
        let (members, least) = members(setup, unsafe_)?;
        let (q1, q2) = quorums(setup, members, unsafe_)?;
        let each = setup.number("each", 1, 0, 1 << 16)? as u32;
        let first_ticks = (u64::from(each) + 3) * delay;
        let lease = setup.word(&READS)? == "lease";
        let witnesses = witnesses(setup, members, q1.max(q2))?;
        Ok(Config {
            domain: setup.domain,
            leader: setup.special,
            q1,
            q2,
            pre_vote: F::PRE_VOTE,
            check_quorum: F::CHECK_QUORUM,
            pull: F::PULL,
            snapshot: setup.number("snapshot", 4, 1, 1 << 32)?,
            window: setup.number("window", 8, 1, 1 << 10)? as u16,
            batch: setup.number("batch", 1, 1, 1 << 10)? as u32,
            linger_ticks: setup.number("linger", delay / 4 + 1, 1, 1 << 40)?,
            each,
            chunk: setup.number("chunk", BATCH as u64, 1, BATCH as u64)? as usize,
            reads: if setup.word(&READS)? == "none" { 0 } else { each },
            lease,
            sessions: setup.word(&SESSIONS)? == "yes",
            expire: setup.number("expire", 1 << 16, 2 * u64::from(setup.group.n), 1 << 32)?,
            calls: u32::from(setup.word(&CALLS)? == "yes"),
            members: Arc::new(Members::first(members)),
            witnesses,
            least,
            script: script::read(setup, members, first_ticks)?,
            // What is answered at once is answered before the second beat after it was sent.
            beat_ticks: setup.number("beat", 2 * delay + 1, 1, 1 << 40)?,
            patience: patience::<F>(setup, lease)?,
        })
    }

    /// One after the other, a delay apart; reads between the commands.
    fn requests(
        setup: &Setup<'_>,
        config: &Config,
        inputs: &[Option<Value>],
    ) -> Vec<Request<Call>> {
        let asked = |(at, input): (usize, &Option<Value>)| {
            input.filter(|_| !config.is_witness(Process(at as u16)))
        };
        let inputs: &Vec<Option<Value>> = &inputs.iter().enumerate().map(asked).collect();
        let mut all = writes(config.each, setup, inputs);
        let half = setup.delay_ticks / 2;
        for time in 0..u64::from(config.reads) {
            let at_ticks = time * setup.delay_ticks + half;
            let reads = Request::at_once(inputs.iter().map(|input| input.map(|_| Call::Read)));
            all.extend(reads.into_iter().map(|request| Request { at_ticks, ..request }));
        }
        for time in 0..u64::from(config.calls) {
            let heir = (u64::from(config.leader.0) + 1 + time) % u64::from(setup.group.n);
            let at_ticks = (u64::from(config.each) + 3 + time) * setup.delay_ticks;
            all.push(Request { at_ticks, process: Process(heir as u16), input: Call::Lead });
        }
        all.extend(config.script.iter().map(script::Step::request));
        all
    }

    /// Each try is left alone with a chance of more than a half: after thirty, somebody was. Where
    /// all is quiet the first comes eight times as late.
    fn calm_ticks(group: Group, config: &Config) -> u64 {
        let beats = 38 * (u64::from(config.patience) + 2 * u64::from(group.n));
        beats * config.beat_ticks
    }

    /// Where only the first leader proposes: an election, a message with its command, and
    /// what it says of that in the end.
    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let proposes = |at: usize| inputs.get(at).is_some_and(Option::is_some);
        let alone = (0..group.size()).all(|at| proposes(at) == (at == config.leader.index()));
        let plain = config.each == 1 && config.reads + config.calls == 0 && config.batch == 1;
        let plain = plain && config.script.is_empty() && !config.sessions;
        let plain = plain && config.witnesses.is_empty();
        if !alone || !plain {
            return None;
        }
        let round = 2 * (u64::from(group.n) - 1);
        let rounds = 3 + u64::from(config.pre_vote);
        // Asked and answered: who would vote, who votes, the entry, that it is committed; and
        // that nothing follows.
        Some(Cost { rounds: 2 * rounds - 1, messages: rounds * round + round / 2 })
    }

    fn show_request(input: &Call, name: &dyn Fn(Value) -> String) -> String {
        input.show(name)
    }
}
