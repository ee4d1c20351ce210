//! The terms of networks: time, links, crashes that end, multicast, detectors, logs.

use super::{Term, term};

/// The terms, in order of their words.
pub(super) const TERMS: &[Term] = &[
    term(
        "calm",
        &["act", "safety-act", "liveness-act", "stabilisation"],
        "A simulated run has two acts. In the first, faults happen; from `--calm` on nothing \
        fails and every bound holds, and what is owed must come within the protocol's own \
        bound. It stands for the global stabilisation time of Dwork, Lynch and Stockmeyer \
        1988, which no process knows. What is owed is judged only if the second act was long \
        enough.",
    ),
    term(
        "causal",
        &["causal-order", "happens-before"],
        "If the multicast of m happened before the multicast of m', no correct process \
        delivers m' before m (Birman, Schiper, Stephenson 1991). Before means: by the same \
        process earlier, or by one that had delivered m, and so on. It follows from FIFO \
        order and local order together (Hadzilacos, Toueg 1993), and says nothing of \
        messages that know nothing of each other.",
    ),
    term(
        "common-coin",
        &["shared-coin"],
        "A coin that falls equally for all correct processes and that nobody can foresee \
        (Rabin 1983). It makes randomised consensus take a constant number of rounds on \
        average, where local coins take exponentially many in the worst case. In the \
        simulator it is a function of seed and toss; on a real network it takes threshold \
        signatures.",
    ),
    term(
        "consistency",
        &[],
        "Of Bracha's broadcast: no two correct processes deliver different payloads for the \
        same message of the same sender (Cachin, Guerraoui, Rodrigues 2011, 3.10). With \
        totality it is the agreement of reliable multicast when senders may lie.",
    ),
    term(
        "crash-recovery",
        &["restart", "recovery", "amnesia"],
        "A crashed process may come back with what it stored, and nothing else. Then crashes \
        are not counted: a process is faulty only if it stays down. A disk that forgets what \
        it said it had stored (`--forgetful`) is another fault, amnesia, and breaks \
        protocols that no number of honest restarts breaks: try `quorate sweep paxos -n 3 \
        --forgetful --require agreement`.",
    ),
    term(
        "detection-time",
        &[],
        "How long after a crash every correct process suspects it. With heartbeats every T \
        and delays up to D it is just over D at best and T + 2D at worst, and a tick more \
        since silence must last longer than T + D (Chen, Toueg, Aguilera 2002).",
    ),
    term(
        "durability",
        &["no-lost-writes", "acknowledged-writes"],
        "A write that was acknowledged is not lost: every state that reaches as far as its slot \
        has it, also one that is installed whole, or that comes back from a disk. That every \
        correct process gets it in the end, even if the client that was told has crashed since, is \
        uniform-agreement.",
    ),
    term(
        "eventual-accuracy",
        &["accuracy", "strong-accuracy", "eventual-strong-accuracy"],
        "Strong accuracy: nobody is suspected before it crashes. Eventual: from some time on \
        no correct process is suspected by a correct one (Chandra, Toueg 1996). On a finite \
        run it is judged in the second half of the calm act. A perfect detector needs \
        synchrony; an eventually perfect one needs bounds that hold in the end; without any \
        bound neither can be had, since the dead and the slow look alike.",
    ),
    term(
        "exactly-once",
        &["in-order", "dedup"],
        "A state machine applies each command once, in the order of slots without gaps, also \
        if clients ask again and leaders change. Judged within one life of the machine: \
        after a restart it begins anew from its snapshot.",
    ),
    term(
        "fifo",
        &["fifo-order"],
        "Messages of one sender are delivered in the order in which it multicast them \
        (Hadzilacos, Toueg 1993). Links that keep the order of sending (`--fifo`) are not \
        enough once messages are relayed.",
    ),
    term(
        "leader-completeness",
        &[],
        "The log of whoever leads in a term has every entry that was committed in an earlier one \
        (Ongaro, Ousterhout 2014, figure 3). It is asked when somebody begins to lead, and again \
        when something is committed in a term that others are past: so a commit that no later \
        leader knows of is seen before anything is overwritten.",
    ),
    term(
        "linearizability",
        &["linearizable", "atomic-consistency"],
        "Every operation seems to take effect at one moment between its invocation and its answer \
        (Herlihy and Wing 1990). A history is judged key by key, since it is linearizable if each \
        of its objects is. An operation without an answer may take effect at any later moment, or \
        never; one that failed did not. Serializability is another thing: it is about transactions \
        of several operations, and lets them take effect before they were asked for. quorate judge \
        takes histories.",
    ),
    term(
        "log-agreement",
        &["replicated-log"],
        "No two processes apply different commands in the same slot, in any of their lives. \
        With exactly-once and integrity it makes replicas of a deterministic machine equal.",
    ),
    term(
        "log-matching",
        &[],
        "Two logs with an entry of the same index and term are the same up to it (Ongaro, \
        Ousterhout 2014, figure 3). It is asked of what is stored, whether it is committed or not, \
        whenever a log changes or its process comes back with it.",
    ),
    term(
        "monotone-commit",
        &["commit-index"],
        "Through which index a process takes its log for committed: that never goes back in one \
        life, is never more than it has stored, and what was committed is neither cut off nor \
        missing after a restart. A new life may begin to apply from its snapshot, which is before.",
    ),
    term(
        "no-duplication",
        &["validity-attack", "validity-retreat"],
        "A message is delivered at most once. Of two armies, validity-retreat says that \
        nobody attacks if all would retreat, and validity-attack that all attack if all \
        would and no messenger is lost.",
    ),
    term(
        "reliable-links",
        &["links", "quasi-reliable", "lossy-links", "strong-links"],
        "Strong links deliver what was sent even if the sender crashes right after. \
        Quasi-reliable ones, which is what TCP gives, promise it only if neither end \
        crashes. Lossy ones lose and repeat, but what is sent for ever arrives. Relaying \
        before delivering gives uniform agreement over strong links only: a point on which \
        textbooks are silent.",
    ),
    term(
        "strong-completeness",
        &["completeness"],
        "Every process that crashed is in the end suspected by every correct process, for \
        ever (Chandra, Toueg 1996). Silence is enough for that; the difficulty is accuracy.",
    ),
    term(
        "total-order",
        &["atomic-broadcast", "uniform-total-order", "atomic-multicast"],
        "Correct processes deliver messages in one order. Here in the gap-free form: whoever \
        delivers m' has delivered every m that another delivered before it (Coulouris et al. \
        2012, 15.4.3). With reliable multicast it is equivalent to consensus (Chandra, Toueg \
        1996): consensus-order builds it from consensus, consensus-from-order goes back. So \
        it cannot be had deterministically in an asynchronous system with one crash.",
    ),
    term(
        "totality",
        &[],
        "Of Bracha's broadcast: if a correct process delivers some payload for a message, \
        every correct process delivers one (Cachin, Guerraoui, Rodrigues 2011, 3.10). \
        Consistency says that it is the same one.",
    ),
];
