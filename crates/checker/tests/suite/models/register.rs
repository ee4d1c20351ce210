//! A register that several processes serve to clients (Herlihy, Wing 1990): each client writes its
//! own name, and when it hears that this is done, reads what is there by now from the next server.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Bits, Breach, Class, Coded, Context, Data, Deceit, Domain, Fields, Group, Ledger, Links,
    Message, Problem, Process, ProcessSet, Protocol, Renamed, Renaming, Requirement, Seen, Value,
    inspect,
};

/// What is in the register: who wrote last, nobody at first.
pub(crate) type Written = Option<Process>;

/// What a client hears back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Heard {
    Wrote,
    Read(Written),
}

impl Renamed for Heard {
    fn rename(&mut self, by: &Renaming) {
        if let Self::Read(who) = self {
            who.rename(by);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Register;

impl Problem for Register {
    const NAME: &'static str = "register";
    type Input = ();
    type Output = Heard;
    type Ledger = Histories;

    fn requirements() -> &'static [Requirement<Self>] {
        &[Requirement {
            name: "linearizability",
            aliases: &[],
            text: "all happened as if each operation took place at a moment while it was under way",
            source: "Herlihy, Wing 1990, section 2",
            class: Class::Safety,
            judge: |histories, _| linearizable(&histories.0),
        }]
    }

    fn show(output: &Heard, _: &dyn Fn(Value) -> String) -> String {
        format!("{output:?}")
    }
}

/// What one client knows of the order of things. Its write is under way from the start.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct History {
    heard: Vec<Heard>,
    /// How much each had heard back when this client began to read.
    before: Vec<usize>,
}

/// What all clients know, by process.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Histories(Vec<History>);

impl Renamed for History {
    fn rename(&mut self, by: &Renaming) {
        self.heard.rename(by);
        by.by_process(&mut self.before);
    }
}

impl Renamed for Histories {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.0);
    }
}

impl Ledger<Register> for Histories {
    fn open(group: Group) -> Self {
        Self(vec![History::default(); group.size()])
    }

    fn observe(&mut self, who: Process, _: u64, seen: Seen<'_, Register>) {
        let Seen::Output(heard) = seen else { return };
        if *heard == Heard::Wrote {
            let before = self.0.iter().enumerate();
            let before =
                before.map(|(at, one)| if at == who.index() { 0 } else { one.heard.len() });
            self.0[who.index()].before = before.collect();
        }
        self.0[who.index()].heard.push(heard.clone());
    }

    fn decision(&self, who: Process) -> Option<(&Heard, u64)> {
        self.0[who.index()].heard.first().map(|heard| (heard, 0))
    }
}

fn linearizable(histories: &[History]) -> Result<(), Breach> {
    let mut done = vec![0; histories.len()];
    if fits(histories, &mut done, None) {
        return Ok(());
    }
    let text = "no order of the operations explains what was read".to_owned();
    Err(Breach { witnesses: Vec::new(), text })
}

/// Whether what is still to be explained can be, after `done` operations of each.
fn fits(histories: &[History], done: &mut [usize], now: Written) -> bool {
    let mut clients = histories.iter().zip(&*done);
    if clients.all(|(history, done)| history.heard.len() <= *done) {
        return true;
    }
    for at in 0..histories.len() {
        let next = match (done[at], histories[at].heard.get(1)) {
            (0, _) => Some(Process(at as u16)),
            (1, Some(Heard::Read(read))) if *read == now => now,
            _ => continue,
        };
        let mut before = histories[at].before.iter().zip(&*done);
        if done[at] == 1 && !before.all(|(before, done)| before <= done) {
            continue;
        }
        done[at] += 1;
        let rest = fits(histories, done, next);
        done[at] -= 1;
        if rest {
            return true;
        }
    }
    false
}

/// What is sent: to and from clients, and among servers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words<M> {
    Write,
    Written,
    Read,
    Reads(Written),
    Among(M),
}

inspect!(
    enum Words<M: Bits> {
        Write,
        Written,
        Read,
        Reads(what),
        Among(words),
    }
);

impl<M: Data + Ord + Bits + Coded> Message for Words<M> {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        format!("{self:?}")
    }
}

/// What a server may do: answer clients, and talk with the other servers.
pub(crate) type Desk<'a, S> = Context<'a, Member<S>>;

/// How the register is served.
pub(crate) trait Server: Data + Bits + Fields + Default {
    /// What servers say among themselves.
    type Among: Data + Ord + Bits + Coded;

    /// A server at the start.
    fn start(me: Process) -> Self;

    /// A message from a client or a server.
    fn take(&mut self, from: Process, words: Words<Self::Among>, desk: &mut Desk<'_, Self>);
}

/// The other servers.
pub(crate) fn others<S: Server>(desk: &Desk<'_, S>) -> impl Iterator<Item = Process> + use<S> {
    let (me, servers) = (desk.me, *desk.config);
    (0..servers).map(Process).filter(move |other| *other != me)
}

/// How many servers are a majority.
pub(crate) fn majority<S: Server>(desk: &Desk<'_, S>) -> usize {
    usize::from(*desk.config / 2 + 1)
}

/// A server, or a client that has heard so much.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Member<S> {
    server: Option<S>,
    heard: u8,
}

inspect!(Member<S: Server> { server, heard });

impl<S: Server> Protocol for Member<S> {
    type Problem = Register;
    /// How many servers there are.
    type Config = u16;
    type Message = Words<S::Among>;
    type Timer = ();
    type Stable = ();

    fn domain(_: &u16) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let (me, servers) = (cx.me, *cx.config);
        if me.0 < servers {
            return Self { server: Some(S::start(me)), heard: 0 };
        }
        cx.send(Process(me.0 % servers), Words::Write);
        Self { server: None, heard: 0 }
    }

    fn on_input(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, words: Self::Message, cx: &mut Context<'_, Self>) {
        match (&mut self.server, words) {
            (Some(server), words) => server.take(from, words, cx),
            (None, Words::Written) if self.heard == 0 => {
                self.heard = 1;
                cx.output(Heard::Wrote);
                cx.send(Process((cx.me.0 + 1) % *cx.config), Words::Read);
            }
            (None, Words::Reads(what)) if self.heard == 1 => {
                self.heard = 2;
                cx.output(Heard::Read(what));
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl<S: Server> Deceit for Member<S> {}

/// The inquiry for so many servers and clients, on links that keep an order or none.
pub(crate) fn inquiry<S: Server>(
    servers: &u16,
    clients: u16,
    fifo: bool,
) -> Inquiry<'_, Member<S>> {
    let group = Group { n: servers + clients, f: 0 };
    Inquiry {
        group,
        config: servers,
        scope: Scope { fifo, selective: !fifo, ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&["linearizability"]),
        budget: Default::default(),
        wide: false,
    }
}
