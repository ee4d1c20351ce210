//! Raft: a strong leader, elected in terms, has all logs become its own.
//!
//! Problem: replicated log. Source: Ongaro, Ousterhout 2014 (rules named by its sections); Ongaro
//! 2014, the thesis (sections with a T). Resilience: safe with any number of crashes and restarts,
//! lost and repeated messages, as long as disks remember; applies all once a majority, n > 2f, is
//! up and one leader is left alone.
//!
//! What differs: an entry holds a batch, commands of one process that follow each other. A vote is
//! granted to a candidate whose log is behind too, and brings it what it lacks; it leads with the
//! most up to date log of those who voted (decision 0015), so that whoever reaches a majority can
//! lead. The index of what is committed is the index of what is applied. A leader whose followers
//! all have applied all falls silent, and says so before. Each form of the protocol in the
//! catalogue leaves some of this out.

use core::marker::PhantomData;

use quorate_kernel::{Context, Domain, Process, Protocol, Renamed, Value, inspect, mutants, rules};
use quorate_problems::{Call, Payload, ReplicatedLog};

mod change;
mod client;
mod commit;
mod config;
mod election;
mod follower;
mod forms;
mod leader;
mod listed;
mod members;
mod past;
mod reads;
mod script;
mod sessions;
mod snapshots;
mod stable;
mod told;
mod transfer;
mod witness;
mod words;

pub use crate::log::batch::{Batch, Done};
pub use crate::log::pace::Pace;
pub use change::Wishes;
pub use config::Config;
pub use election::Ballots;
pub use forms::{Form, Full, NoPreVote, Plain, SingleServer};
pub use leader::{Lead, Peer};
pub use members::{Force, Members, Part};
pub use reads::Reads;
pub use script::Step;
pub use sessions::{Reply, Session, Sessions};
pub use stable::{Durable, Entry, Mark, Record, Snapshot};
pub use words::{Append, Attempt, Bid, Bond, Offer, Words};

rules! {
    TERM = "5.1 term": "a message of a later term: store that term, follow, vote anew";
    STALE = "5.1 stale": "a request of an earlier term: refuse it, and say which term it is";
    TIMEOUT = "5.2 timeout": "nothing comes from a leader for a random time, drawn anew each time: \
        stand for election";
    STAND = "5.2 stand": "enter the next term, vote for oneself, store it, ask all for their votes";
    VOTE = "5.2 vote": "vote for one candidate in a term, and store it";
    LOG = "5.4.1 log": "no vote for a candidate whose log is behind: of an earlier last term, or \
        shorter in the same one";
    LEAD = "5.2 lead": "with votes of a quorum lead: append an entry that does nothing, and let \
        everybody know";
    APPEND = "5.3 append": "the leader: append commands, store them, and send them to all";
    STORE = "5.3 store": "what comes before the entries is here: put them in, cut off the log only \
        where one differs, store, answer";
    REFUSE = "5.3 refuse": "what comes before the entries is not here: refuse, with the first \
        index of the term that stands there";
    BACK = "5.3 back": "the leader: go back to where the follower's log may agree, never before \
        what it has";
    MATCH = "5.3 match": "the leader: an answer of this term and membership says how far the \
        follower's log agrees";
    COMMIT = "5.4.2 commit": "the leader: an entry of its own term that a quorum has stored is \
        committed, with all before it";
    HEARD = "5.3 heard": "what the leader says is committed is, as far as its message reaches";
    APPLY = "5.3 apply": "apply what is committed, in order; a command that was applied already, \
        or whose predecessor was not, does nothing";
    BEAT = "5.2 beat": "the leader: say that one leads, and what is committed";
    REPEAT = "5.3 repeat": "the leader: what was sent long ago is not answered: send it again";
    COMPACT = "7 compact": "after so many entries, store the state and drop the log that made it, \
        in one record";
    SEND = "7 send": "the leader: what a follower lacks was dropped: send it the state";
    INSTALL = "7 install": "take over a state that is ahead; keep the log after it only if it \
        follows";
    FORWARD = "8 forward": "send one's commands to the leader";
    RETRY = "8 retry": "calls are not answered after a while: make them again";
    REST = "rest": "the leader: all have applied all: fall silent; and who hears it expects no \
        more";
    READ = "T6.4 read": "the leader: what is read must hold all that is committed, and the first \
        entry of the term; ask all, in a new round, whether one still leads";
    CONFIRM = "T6.4 confirm": "the leader: a quorum has answered a round that began after the read \
        was asked for: say where to read";
    ANSWER = "T6.4 answer": "all through the index said for this attempt is applied: answer";
    CALL = "T3.10 call": "the leader: somebody asks to lead: take no more commands, and once it \
        has all of them tell it to stand; give that up after the least time of an election";
    CALLED = "T3.10 called": "told by the leader of this term: stand at once, without a question";
    FORCE = "6 force": "the members that the log names last count, committed or not; cut off, \
        those before them do";
    WISH = "6 wish": "ask the leader to change the members, until that is done or refused";
    CATCH = "T4.2.1 catch up": "the leader: send the log to who is to vote, and wait until a \
        round after the first, which is all there was when it began, takes less than the least \
        time of an election; refuse after ten times that";
    JOINT = "6 joint": "the leader: an entry of the term and the last change are committed: append \
        the members of before and of after, each half with a majority of its own";
    NEW = "6 new": "the leader: the members of before and of after are committed: append those of \
        after";
    ONE = "T4.1 one": "the leader: an entry of the term and the last change are committed: append \
        the members of after, if no more voters come or go than one at a time, or none";
    STEP = "6 step down": "the leader: it has no vote among the members that are committed: follow";
    LOOK = "6 look": "a member without a vote, or who is none by members that may not be \
        committed, hears no leader: ask all who leads, and who does says so";
    ANEW = "6 anew": "the first word of a new membership: begin with an empty log, and give no \
        vote until it reaches what was committed then";
    ASKS = "T6.3 ask": "a client without a session: ask for one, named after the last";
    REGISTER = "T6.3 register": "apply a wish for a session: it has the entry's index for its \
        name, if the client has none";
    UNKNOWN = "T6.3 unknown": "apply a command of a session that there is not, or no more: do \
        nothing";
    REPLY = "T6.3 reply": "a command comes again that was executed: tell its client what came of \
        it then";
    QUORUM = "T6.2 quorum": "the leader: no quorum answers for the least time of an \
        election: follow";
    LEASE = "T6.4.1 lease": "the leader: a quorum has answered a beat not long ago, and sticks to \
        whom it hears: say where to read at once, unless another was told to stand, or one was \
        silent since";
    STICK = "T4.2.3 stick": "a leader was heard a short while ago: ignore who stands, and its term";
    OFFER = "offer": "vote for a candidate whose log is behind, and send it what it may lack, but \
        not in a term of which the log has entries; a witness has nothing to send, and keeps to \
        5.4.1 log";
    BARE = "bare": "the leader: send a witness no commands, and no state but who the members are";
    ADOPT = "adopt": "before leading, make one's log the most up to date one of those who voted";
    NAMED = "named": "a vote, or a word on one, names members that were not asked, or one that is \
        up to date asks: ask them too";
    ASK = "T9.6 ask": "before standing, ask who would vote";
    WOULD = "T9.6 would": "say that one would vote: no leader was heard for the least time, and a \
        vote would be granted";
    SHUN = "shun": "no vote, and no word on one, for who has none by members that are committed \
        and that its log lacks: tell it so, and it stands no more until it hears a leader";
}

mutants! {
    HALF = "half-quorum" breaks COMMIT: "commits what one process fewer than a quorum has \
        stored", "";
    ANY_TERM = "any-term" breaks COMMIT: "commits entries of earlier terms by counting \
        copies", "Ongaro, Ousterhout 2014, figure 8";
    TWICE = "votes-twice" breaks VOTE: "votes for every candidate of a term", "";
    UNSTORED = "unstored-vote" breaks VOTE: "votes without storing for whom", "";
    IGNORES = "ignores-offer" breaks ADOPT: "leads with its own log, whatever it was sent", "";
    SHORTEST = "lowest-offer" breaks ADOPT: "takes up the least up to date log", "";
    CUTS = "cuts" breaks STORE: "cuts the log off where a message ends", "Ongaro, Ousterhout \
        2014, 5.3, on what a follower must not do";
    UNCHECKED = "unchecked" breaks REFUSE: "puts entries in whatever comes before them", "";
    HEEDS = "heeds-earlier" breaks STALE: "appends what a leader of an earlier term sends", "";
    ALL = "commits-all" breaks HEARD: "takes its whole log for committed if the leader has \
        committed as much", "";
    ANY_ANSWER = "any-answer" breaks MATCH: "counts answers that were given to an earlier \
        leader", "hashicorp/raft 666; Specula 2026, on handlers without a check of the term";
    AGAIN = "applies-again" breaks APPLY, APPEND: "appends and applies a command each time that \
        it is sent", "";
    COUNTS_NO = "counts-refusals" breaks LEAD: "counts a refused vote", "openraft, pull request \
        1220";
    AT_ONCE = "reads-at-once" breaks CONFIRM: "says where to read without asking whether it still \
        leads", "Ongaro 2014, 6.4; etcd 20418";
    OLD_ROUND = "old-round" breaks READ: "takes answers to an earlier round for those to a new \
        one", "etcd-io/raft 397";
    TOO_SOON = "reads-before-term" breaks READ: "reads before an entry of its term is \
        committed", "etcd 7331";
    UNKEPT = "unkept-sessions" breaks REGISTER, COMPACT: "stores the state without sessions", "";
    STRANGER = "executes-unknown" breaks UNKNOWN: "executes whatever comes in a session that it \
        does not know, again too", "";
    ANEW_REPLY = "replies-anew" breaks REPLY: "tells a client that its command stands where it \
        would if it were executed again", "";
    KEEPS_LEASE = "keeps-lease" breaks LEASE: "answers from its lease although it told another to \
        stand", "openraft 1747; etcd-io/raft 99";
    OLD_LEASE = "old-lease" breaks LEASE: "takes answers from before a silence for recent ones", "";
    UNSTUCK = "unstuck" breaks STICK: "votes and says that it would, whoever was heard", "";
    UNSTUCK_BACK = "unstuck-back" breaks STICK: "does not stick to the leader that it may have \
        heard before it crashed", "";
    ANY_SESSION = "any-session" breaks MATCH: "counts answers that were given in an earlier \
        membership", "raft-rs 571; etcd-io/raft 349";
    APPLIED = "members-when-applied" breaks FORCE: "goes by new members only once they are \
        applied", "";
    ONE_HALF = "one-half" breaks JOINT: "needs a majority of the members of after only", "";
    EARLY = "new-early" breaks NEW: "appends the members of after before the change to them is \
        committed", "";
    GATELESS = "no-gate" breaks CATCH: "lets processes vote that have not caught up", "";
    COUNTS_FIRST = "counts-first" breaks CATCH: "takes who is to vote for caught up after the \
        round that began before it was heard", "";
    EMPTY = "votes-empty" breaks ANEW: "votes with an empty log after a removal", "";
    HEEDS_OUT = "heeds-removed" breaks SHUN: "gives votes to who has none any more", "";
    BLIND = "blind-witness" breaks LOG: "a witness, which has no log to bring, votes for whoever \
        asks", "";
    KEEPS_TERM = "keeps-term" breaks ASK: "asks in the same term again after it was refused in a \
        later one", "openraft 1796";
    OUTSIDE = "stands-outside" breaks TIMEOUT: "stands for election without a vote", "";
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// No leader was heard.
    Election,
    /// Say that one leads.
    Beat,
    /// Own calls are not answered.
    Retry,
    /// Commands wait for more.
    Gather,
    /// A leader with a lease may need another, if it led.
    Stick,
}

impl Renamed for Timer {}

/// What part the process plays.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and a leader looks at it all the time"
)]
pub enum Role<C: Payload = Value> {
    /// It follows.
    Follower,
    /// It stands for election, or asks whether to.
    Candidate(Ballots<C>),
    /// It leads.
    Leader(Lead<C>),
}

inspect!(
    enum Role<C: Payload> {
        Follower,
        Candidate(ballots),
        Leader(lead),
    }
);

/// A server, and a client, in one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Raft<C: Payload = Value, F: Form = Full> {
    role: Role<C>,
    /// The term, which is on disk too.
    term: u32,
    /// The leader of this term, if it was heard.
    leader: Option<Process>,
    /// Whether a leader was heard within the least time of an election.
    contact: bool,
    /// Whether one was that may have a lease, in any life.
    sticks: bool,
    /// How many times as long as usual to wait for it; 0 if nothing is expected of it.
    beats: u32,
    /// Through which index everything is committed, and applied.
    commit: u64,
    /// How many commands are applied, with each entry that did nothing counted as one.
    length: u64,
    /// Which commands are applied.
    done: Done,
    /// The last command that is.
    value: Option<C>,
    sessions: Sessions,
    /// The number of the last own command of which a reply says that it was executed.
    replied: u32,
    /// The members that count.
    force: Force,
    reads: Reads,
    wishes: Wishes,
    form: PhantomData<F>,
}

inspect!(Raft<C: Payload, F: Form> {
    role, term, leader, contact, sticks, beats, commit, length, done, value, sessions, replied,
    force, reads, wishes; form
});

type Cx<'a, C, F> = Context<'a, Raft<C, F>>;

impl<C: Payload, F: Form> Protocol for Raft<C, F> {
    type Problem = ReplicatedLog<C>;
    type Config = Config;
    type Message = Words<C>;
    type Timer = Timer;
    type Stable = Durable<C>;

    const PAST: bool = true;

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.term
    }

    fn start(cx: &mut Cx<'_, C, F>) -> Self {
        let mut new = Self {
            role: Role::Follower,
            term: cx.stable().term,
            leader: None,
            contact: false,
            sticks: false,
            beats: 1,
            commit: 0,
            length: 0,
            done: Done::default(),
            value: None,
            sessions: Sessions::default(),
            replied: 0,
            force: Force { index: 0, members: cx.config.members.clone() },
            reads: Reads::default(),
            wishes: Wishes::default(),
            form: PhantomData,
        };
        new.tell_members(cx);
        new.resume(cx);
        if new.term > 0 && !cx.is_flawed(UNSTUCK_BACK) {
            new.stick(cx);
        }
        new.await_turn(cx);
        if new.has_pending(cx) {
            cx.set_timer(Timer::Retry, Self::retry_ticks(cx));
        }
        if new.term == 0 && cx.config.leader == cx.me {
            new.campaign(cx);
        }
        new
    }

    fn on_input(&mut self, input: Call<C>, cx: &mut Cx<'_, C, F>) {
        match input {
            _ if cx.config.is_witness(cx.me) => {}
            Call::Write(payload) if payload.is_in(cx.config.domain) => self.propose(payload, cx),
            Call::Write(_) => {}
            Call::Read => self.read(cx),
            Call::Lead => self.ask_to_lead(cx),
            Call::Change(change) => self.wish(change, cx),
            Call::Vary => self.vary(cx),
        }
    }

    fn on_message(&mut self, from: Process, message: Words<C>, cx: &mut Cx<'_, C, F>) {
        if from.0 >= cx.group.n || from == cx.me {
            return;
        }
        match message {
            Words::Append(ref append) => self.on_append(from, append, cx),
            Words::Stand(bid) if bid.pre => self.on_question(from, bid, cx),
            Words::Stand(bid) => self.on_stand(from, bid, cx),
            Words::Vote { term, pre, granted, offer } => {
                self.on_vote(from, (term, pre), granted, offer, cx);
            }
            Words::Matched { term, bond, through, applied } => {
                if self.is_for_leader(term, cx) {
                    self.on_matched(from, bond, (through, applied), cx);
                }
            }
            Words::Refused { term, bond, at, conflict } => {
                if self.is_for_leader(term, cx) {
                    self.on_refused(from, bond, at, conflict, cx);
                }
            }
            Words::Install { term, bond, snapshot } => {
                self.on_install(from, (term, bond), &snapshot, cx);
            }
            Words::Forward { first, session, payloads } => {
                self.on_forward(from, (first, session), payloads, cx);
            }
            Words::Reply(reply) => self.on_reply(reply, cx),
            Words::ReadAsk(attempt) => self.on_read_ask(from, attempt, cx),
            Words::ReadAt(attempt, index) => self.on_read_at(attempt, index, cx),
            Words::LetLead(term) => self.on_let_lead(from, term, cx),
            Words::StandNow(term) => self.on_stand_now(from, term, cx),
            Words::Wish(term, attempt, change) => self.on_wish(from, (term, attempt), change, cx),
            Words::Outcome(term, attempt, refused) => {
                self.on_outcome((term, attempt), refused, cx);
            }
            Words::Out(last) => self.on_out(last, cx),
            Words::Who(last) => self.on_who(from, last, cx),
        }
    }

    fn is_past(&self, from: Process, message: &Words<C>) -> bool {
        self.has_passed(from, message)
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Cx<'_, C, F>) {
        match timer {
            Timer::Election => self.on_election_due(cx),
            Timer::Beat => self.on_beat_due(cx),
            Timer::Retry => self.retry(cx),
            Timer::Gather => self.flush(cx),
            Timer::Stick => self.sticks = false,
        }
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Whether one leads in the term of an answer; one of a later term ends the own one.
    fn is_for_leader(&mut self, term: u32, cx: &mut Cx<'_, C, F>) -> bool {
        if term > self.term {
            self.enter(term, None, cx);
        }
        let stale = term < self.term && !cx.is_flawed(ANY_ANSWER);
        !stale && matches!(self.role, Role::Leader(_))
    }

    /// Enters a later term, or votes in this one.
    fn enter(&mut self, term: u32, voted: Option<Process>, cx: &mut Cx<'_, C, F>) {
        if term > self.term {
            cx.cite(TERM);
            self.step_down(cx);
        }
        self.term = term;
        cx.persist(Record::Term(term, voted));
    }

    /// Follows, nobody as yet.
    fn step_down(&mut self, cx: &mut Cx<'_, C, F>) {
        let led = matches!(self.role, Role::Leader(_));
        if led {
            cx.cancel_timer(Timer::Beat);
            cx.cancel_timer(Timer::Gather);
        }
        self.role = Role::Follower;
        self.leader = None;
        if led || self.beats == 0 {
            self.await_turn(cx);
        }
    }
}
