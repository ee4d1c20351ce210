//! The terms of the field: what each means, who says so, and where the books differ.

mod network;

/// One term of the glossary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    /// The word to ask for; lower case.
    pub(crate) word: &'static str,
    /// Other words for the same.
    pub(crate) aliases: &'static [&'static str],
    /// A few sentences, in one paragraph.
    pub(crate) text: &'static str,
}

/// The term with that word or alias, however it is capitalised.
pub(crate) fn find(word: &str) -> Option<&'static Term> {
    let word = word.to_lowercase();
    let named = |term: &&Term| term.word == word || term.aliases.contains(&word.as_str());
    terms().find(named)
}

/// Every term.
pub(crate) fn terms() -> impl Iterator<Item = &'static Term> {
    TERMS.iter().chain(network::TERMS)
}

const fn term(word: &'static str, aliases: &'static [&'static str], text: &'static str) -> Term {
    Term { word, aliases, text }
}

/// The terms of the synchronous model, in order of their words.
const TERMS: &[Term] = &[
    term(
        "3f+1",
        &["n>3f", "one-third"],
        "Consensus, generals and interactive consistency with oral messages and f traitors need n \
        > 3f processes, and 3f+1 are enough (Pease, Shostak, Lamport 1980). The bound is often \
        quoted as \"impossible for f <= n/3\", which is the same as n <= 3f; \"f < n/3\" is what \
        can be done. It holds for oral messages only: with signatures the generals' problem is \
        solvable for any n > f. Two processes with one traitor are an exception for generals: a \
        single lieutenant simply obeys. Fischer, Lynch and Merritt 1986 prove it by joining two \
        copies of a three-process system to a ring of six.",
    ),
    term(
        "agreement",
        &[],
        "No two correct processes decide differently (Coulouris et al. 2012, 15.5.1; Lynch 1996, \
        6.1). Nothing is said of a process that decides and then fails: for that, see \
        uniform-agreement. For generals the same clause is called ic1, and for vectors \
        vector-agreement.",
    ),
    term(
        "asynchronous",
        &["asynchrony"],
        "Messages arrive after a finite but unbounded time, and processes run at any speed. A slow \
        process cannot be told from a crashed one. With one crash no deterministic algorithm \
        solves consensus (see flp), and total-order multicast, which is the same problem, falls \
        with it. Byzantine generals cannot be solved even with random choices, since a silent \
        commander looks like a slow one; consensus with random choices can, for n > 3f (Bracha, \
        Toueg 1985). Reliable broadcast can as well, for n > 3f, but promises nothing where the \
        sender is faulty.",
    ),
    term(
        "byzantine",
        &["arbitrary", "arbitrary-failure", "malicious"],
        "A failure in which a process may do anything: send wrong values, different values to \
        different processes, or nothing. Arbitrary and malicious failures have the same bounds; \
        malice differs only in that traitors know and plan together, and that is how they are \
        modelled here. A traitor cannot forge the sender of an oral message, nor another's \
        signature. Named after the generals of Lamport, Shostak, Pease 1982.",
    ),
    term(
        "byzantine-generals",
        &["generals"],
        "One process, the commander, gives an order to the others, the lieutenants. All loyal \
        lieutenants obey the same order (ic1), and if the commander is loyal they obey his (ic2). \
        Lamport, Shostak, Pease 1982. In the literature on broadcast the same problem is called \
        Byzantine broadcast, or terminating reliable broadcast. It differs from consensus in that \
        only one process proposes; see reduction for how each is built from the other.",
    ),
    term(
        "byzantine-integrity",
        &[],
        "Another name for integrity: if all correct processes propose v, no correct process \
        decides anything else. The adjective says that a traitor's proposal does not count, since \
        nobody can tell what a traitor proposed.",
    ),
    term(
        "consensus",
        &[],
        "Every process proposes a value. Termination: every correct process decides. Agreement: no \
        two decide differently. And a clause that ties the decision to the proposals, without \
        which all could always decide 0; books differ most in this third clause, see validity. \
        Coulouris et al. 2012, 15.5.1; Lynch 1996, chapter 6.",
    ),
    term(
        "correct-process",
        &["correct", "faulty", "loyal"],
        "A process that does not fail in the whole run. One that behaves well for seven rounds and \
        then crashes is faulty in all eight, and a requirement on correct processes does not \
        protect what it decided before; uniform-agreement does. In models with recovery a process \
        that crashes and comes back counts as correct if it is up long enough at the end \
        (Aguilera, Chen, Toueg 2000).",
    ),
    term(
        "crash",
        &["crash-failure", "fail-stop"],
        "A process halts and does nothing more. It may halt while sending: then any subset of the \
        receivers gets its last message, not only those that come first in some order. Fail-stop \
        adds that the others can detect it reliably; in an asynchronous system they cannot.",
    ),
    term(
        "deadline",
        &[],
        "Every correct process decides by the round that the protocol promises for the number f' \
        of processes that really fail. It is termination with a number. FloodSet promises f+1 \
        whatever happens; an early-deciding protocol promises less when f' is small. In an \
        asynchronous system there is no such number.",
    ),
    term(
        "early-deciding",
        &["f'"],
        "A protocol that decides sooner when fewer processes fail: f' is how many really fail, f' \
        <= f. Plain consensus under crashes can be decided by round f'+1. For uniform consensus \
        the bound usually quoted is min(f'+2, f+1) (Charron-Bost, Schiper 2004; Keidar, Rajsbaum \
        2003), but it is not tight everywhere: f'+2 rounds are needed for f' <= f-2, while f'+1 \
        suffice for f' = f-1 and f' = f. Search over all algorithms for three and four processes \
        confirms this. A plain early-deciding rule used as a uniform one is wrong: a process may \
        decide what nobody else hears, and crash. See early-stopping.",
    ),
    term(
        "early-stopping",
        &[],
        "A protocol that not only decides early but also halts early: it sends nothing more, and \
        the others must not take its silence for a crash that hides something. Dolev, Reischuk and \
        Strong 1990 show that halting takes min(f'+2, f+1) rounds. Deciding can be a round sooner \
        than halting; see early-deciding.",
    ),
    term(
        "ecc",
        &["error-correcting-code", "secded"],
        "Check bits that let memory repair what flipped. The usual code, SECDED, is an extended \
        Hamming code: it corrects one flipped bit in a word and detects two, with 8 check bits for \
        64. Three flips may be \"corrected\" to a wrong word. So memory must be read and repaired \
        often enough that two upsets rarely meet in one word. With such a code a single event \
        upset is no failure at all; with a checksum only, it is an omission.",
    ),
    term(
        "equivocation",
        &["two-faced"],
        "Saying different things to different processes. It is what makes traitors expensive: a \
        faulty process that must say the same to all could be outvoted by a mere majority. \
        Signatures do not prevent it, but they make it provable: two values signed by one \
        commander expose him.",
    ),
    term(
        "f+1-rounds",
        &["f+1", "rounds-bound", "lower-bound"],
        "Every deterministic synchronous algorithm that tolerates f failures has a run in which a \
        correct process has not decided after f rounds, if n >= f+2. This holds for crash, \
        omission and Byzantine failures, signed or not: Fischer, Lynch 1982; Dolev, Strong 1983; \
        for crashes with a short proof Aguilera, Toueg 1999. With n = f+1 one round less is \
        enough, so the exact number is min(f+1, n-1). It is a worst case: when fewer fail, an \
        early-deciding algorithm is done sooner.",
    ),
    term(
        "f-resilient",
        &["resilience", "t-resilient"],
        "Keeps its promises in every run in which at most f processes fail; fewer may, or none. It \
        says nothing of what happens with f+1 failures: a safe protocol may still agree, and just \
        not finish. Some books write t for f.",
    ),
    term(
        "failure-detector",
        &["detector"],
        "A part of each process that names those it suspects to have crashed, possibly wrongly. \
        Completeness: who crashed is in the end always suspected. Accuracy: who did not, is not. \
        The perfect detector suspects nobody before it crashes, and exists in synchronous systems. \
        Consensus for n > 2f needs far less: completeness, and from some time on one correct \
        process that nobody suspects (Chandra, Toueg 1996). That is as much as knowing a leader in \
        the end, and nothing weaker will do (Chandra, Hadzilacos, Toueg 1996).",
    ),
    term(
        "flp",
        &["fischer-lynch-paterson"],
        "In an asynchronous system in which one process may crash, no deterministic algorithm \
        solves consensus (Fischer, Lynch, Paterson 1985). From an initial state in which both \
        outcomes are still possible, the order of messages can be chosen so that this stays so for \
        ever. It does not say that agreement must break: algorithms such as Paxos always agree, \
        and only fail to finish in runs that are unlikely to last. The ways out are random \
        choices, a failure detector, or partial synchrony.",
    ),
    term(
        "general-omission",
        &[],
        "A faulty process loses some of the messages that it sends or should receive, and \
        otherwise follows the protocol. Uniform agreement then needs n > 2f, where plain agreement \
        needs only n > f (Perry, Toueg 1986; Raynal 2002): a faulty process that hears nobody \
        decides alone, and cannot know that it is faulty.",
    ),
    term(
        "ic1",
        &["ic-1"],
        "All loyal lieutenants obey the same order, whether the commander is loyal or not. \
        Lamport, Shostak, Pease 1982. It is agreement for the generals' problem.",
    ),
    term(
        "ic2",
        &["ic-2", "v-cmd"],
        "If the commander is loyal, every loyal lieutenant obeys the order that he sends. Lamport, \
        Shostak, Pease 1982. Without it, all could retreat always. If the commander is loyal, ic2 \
        implies ic1, so agreement has to be shown for a traitor in command only.",
    ),
    term(
        "integrity",
        &["validity-correct", "strong-unanimity"],
        "If all correct processes propose the same value, no correct process decides another \
        (Coulouris et al. 2012, 15.5.1, for consensus; also called Byzantine integrity and strong \
        unanimity). It needs n > 2f, even for crashes and with signatures: of two halves that \
        propose 0 and 1, either may be the faulty one. And taking the minimum breaks the \
        textbook's own integrity clause: a process that proposed the minimum, was heard by all, \
        and crashed in the last round was not correct, so the correct ones, who all proposed \
        something else, must not decide its value, and they do. Run `quorate check flood-set -n 3 \
        -f 1 --require integrity` to see it. What the algorithm does keep are validity-all and \
        validity-proposed. In the literature on multicast, and in Chandra, Toueg 1996, integrity \
        means something else: that a process delivers, or decides, at most once; see \
        irrevocability.",
    ),
    term(
        "interactive-consistency",
        &["ic"],
        "Every process proposes a value, and all correct processes decide the same vector with one \
        entry for each (vector-agreement), in which the entry of a correct process is what it \
        proposed (vector-integrity). Pease, Shostak, Lamport 1980. It is n instances of the \
        generals' problem, one with each process in command, and they can run at the same time.",
    ),
    term(
        "irrevocability",
        &[],
        "A process that has decided never decides anything else. Lynch 1996, 6.1, builds it into \
        the state; Chandra, Toueg 1996 call it uniform integrity, \"decides at most once\". A \
        process that crashes, comes back and announces the same decision again has not revoked \
        it.",
    ),
    term(
        "king-algorithm",
        &["phase-naming", "berman-garay"],
        "Two algorithms of Berman and Garay go by the names of phase king and phase queen, and \
        books disagree on which is which. Berman, Garay and Perry 1989 call the one with two \
        rounds a phase, which needs n > 4f, phase queen, and the one with three rounds, which \
        needs n > 3f, phase king. Attiya and Welch 2004, Kshemkalyani and Singhal 2008 and others \
        call the one with two rounds phase king. Here phase-king has two rounds a phase \
        (phase-queen is an alias) and phase-king-3f has three. Both take f+1 phases, with a \
        different king in each, so that one king is correct.",
    ),
    term(
        "omission",
        &["send-omission"],
        "A faulty process fails to send some of its messages and otherwise follows the protocol. A \
        crash is the special case in which, from some point on, it sends none. Losing messages on \
        the receiving side as well is general-omission. A message that comes too late for its \
        round, or whose checksum is wrong, is best treated as an omission.",
    ),
    term(
        "oral-messages",
        &["oral", "unauthenticated"],
        "Messages of which the receiver knows the immediate sender, and nothing more: what p1 says \
        that p0 said may be a lie. The network neither loses nor changes them, and that a message \
        is missing can be noticed. Lamport, Shostak, Pease 1982, assumptions A1 to A3. Traitors \
        then cost n > 3f, and a network with more than 2f disjoint paths (Dolev 1982).",
    ),
    term(
        "partial-synchrony",
        &["partial", "gst"],
        "There is a bound on delays, but nobody knows it, or it holds only from an unknown time \
        on, the global stabilisation time. Dwork, Lynch, Stockmeyer 1988 define both. Agreement \
        must hold always, and a decision must come once the bound holds. Consensus then needs n > \
        2f for crashes, and n > 3f for traitors, with or without signatures.",
    ),
    term(
        "reduction",
        &["equivalence", "equivalent-problems"],
        "Solving one problem with a solution of another. n generals' problems in parallel give \
        interactive consistency; the majority of the agreed vector gives consensus; and consensus \
        gives the generals' problem after one more round, in which the commander tells his order \
        and each proposes what it heard. So the three are called equivalent (Coulouris et al. \
        2012, 15.5.1), but with two conditions that are easily left out: consensus with integrity \
        needs n > 2f, while with signatures the other two are solvable for any n > f; and the way \
        back to generals costs one round and n-1 messages.",
    ),
    term(
        "round",
        &["lock-step", "lockstep"],
        "In round k every live process sends from its state at the end of round k-1; then the \
        survivors receive, change their state, and may decide. A process that crashes in round k \
        sends to some and does not receive. A round lasts as long as the largest delay plus the \
        time to compute. What a process tells itself is no message and costs nothing.",
    ),
    term(
        "rushing-adversary",
        &["rushing", "adversary"],
        "The adversary sees what all correct processes send in a round before it chooses what the \
        faulty ones do in the same round. Protocols of the synchronous model must withstand it, \
        since on a real network a traitor may well read first and write last. All traitors share \
        what they know.",
    ),
    term(
        "set-agreement",
        &["k-set-agreement", "k-agreement"],
        "Up to k different values may be decided, and each of them was proposed (Chaudhuri 1993); \
        with k = 1 it is consensus. Without a bound on time it is possible if fewer than k \
        processes can fail, and not if k can. With f crashes and synchronous rounds it takes f/k \
        + 1 rounds, rounded down, if n >= f + k + 1 (Chaudhuri, Herlihy, Lynch, Tuttle 2000). \
        That fewer are not enough is a matter of surfaces and not of chains: `quorate prove \
        rounds -n 5 -f 2 -k 2` shows one.",
    ),
    term(
        "signed-messages",
        &["signed", "authenticated", "signature"],
        "Messages whose content and origin cannot be forged, and which anybody can check and pass \
        on. Lamport, Shostak, Pease 1982, assumption A4; Dolev, Strong 1983. A traitor can still \
        be silent, sign two values, hold a message back until the last round, and replay what was \
        signed elsewhere; so a signature must cover the instance, the commander and the chain \
        before it. The generals' problem is then solvable for any n > f, but still takes f+1 \
        rounds, and consensus with integrity still needs n > 2f.",
    ),
    term(
        "single-event-latchup",
        &["sel", "latchup", "latch-up"],
        "A charged particle short-circuits a part of a chip, which stays stuck until the power is \
        cut. To a protocol it is a crash; after the power cycle it is a recovery, with whatever \
        memory survived. If that is none, the process has forgotten what it promised, and must not \
        take part as if it had not.",
    ),
    term(
        "single-event-upset",
        &["seu", "flip", "bit-flip"],
        "A charged particle flips one bit in memory or on a wire; nothing is damaged. Repaired by \
        an error-correcting code it is no failure; found by a checksum it is an omission; \
        unnoticed it is a wrong value. If the bit flips before a message is copied to all, all see \
        the same wrong value; if it flips after, or if a marginal signal is read differently by \
        different receivers, the process is two-faced although nobody is malicious (Driscoll et \
        al. 2003).",
    ),
    term(
        "synchronous",
        &["synchrony"],
        "There are known bounds on the delay of messages, on the time for a step, and on the drift \
        of clocks. So processes can work in rounds, and a missing message means a failure. If the \
        bound is exceeded once, everything proved from it is void: a slow process counts as \
        faulty.",
    ),
    term(
        "termination",
        &["liveness"],
        "Every correct process decides at some time. A finite run can break it only if it has \
        ended, or if it comes back to a state in which it was before. In the synchronous model the \
        stronger clause is deadline.",
    ),
    term(
        "tie-rule",
        &["tie", "no-majority", "majority"],
        "What to do when no value has a strict majority. Lamport, Shostak and Pease 1982 take a \
        fixed default, RETREAT, or the median of ordered values. Others decide that there is no \
        value, or take the most frequent with the smallest first. Where all correct processes hold \
        the same vector any fixed rule keeps agreement; but \"no value\" breaks validity-proposed, \
        and a rule that depends on who one is breaks agreement. In the algorithm of Lamport, \
        Shostak and Pease a missing message counts as a vote for the default; in the king \
        algorithms it counts for nothing.",
    ),
    term(
        "traitor",
        &["liar"],
        "A process that fails in the Byzantine way; the word is that of Lamport, Shostak, Pease \
        1982, where the others are loyal. \"Who is the traitor?\" often cannot be answered: with \
        three generals, a lieutenant that hears two orders cannot tell whether the commander or \
        the other lieutenant lies. What can be decided is what to do all the same.",
    ),
    term(
        "two-armies",
        &["two-generals-problem", "coordinated-attack"],
        "Two correct processes that can only talk over a channel that loses messages must both \
        attack or both retreat; they must attack if both want to and nothing is lost, and retreat \
        if neither wants to. It is impossible with any number of messages (Akkoyunlu et al. 1975; \
        Gray 1978; Lynch 1996, 5.1): the last message might as well be lost, since its sender \
        cannot tell; so it was not needed, and so on down to none. Here the processes never fail, \
        and the channel does; with Byzantine generals it is the other way round. With random \
        choices and r rounds the chance to disagree can be made 1/r (Varghese, Lynch 1996).",
    ),
    term(
        "uniform-agreement",
        &["uniform", "uniform-consensus"],
        "No two processes decide differently, whether they are correct or fail later. It matters \
        when a decision has an effect outside: a process that dispenses money and then crashes has \
        still dispensed it. Traitors are exempt, since what they hand out means nothing. Under \
        crashes it costs one round more than agreement when few fail (Charron-Bost, Schiper 2004), \
        and under general omission it needs n > 2f.",
    ),
    term(
        "validity",
        &["nontriviality"],
        "Any clause that ties what is decided to what was proposed; the word alone says too \
        little. For consensus there are validity-all, validity-proposed, integrity and \
        weak-integrity, and for generals ic2. From weak to strong: validity-all asks least; \
        integrity implies it; weak-integrity implies integrity. validity-proposed implies \
        validity-all.",
    ),
    term(
        "validity-all",
        &["unanimity"],
        "If all processes propose the same value, no correct process decides another. It is the \
        weakest clause of use, and so the one that lower bounds assume (Lynch 1996, 6.2; Fischer, \
        Lynch, Paterson 1985 ask even less, that both outcomes occur in some run). It says nothing \
        when a process that fails proposes something else.",
    ),
    term(
        "validity-proposed",
        &[],
        "A value that a correct process decides was proposed by some process, correct or not. It \
        makes sense as long as nobody lies: of a traitor nobody can say what it proposed. Chandra, \
        Toueg 1996; Lynch 1996, 6.2.1. FloodSet keeps it, and integrity it does not.",
    ),
    term(
        "vector-agreement",
        &[],
        "All correct processes decide the same vector, also in the entries of faulty processes. \
        Pease, Shostak, Lamport 1980. It is agreement for interactive consistency.",
    ),
    term(
        "vector-integrity",
        &["v-vec"],
        "In the vector of every correct process the entry of a correct process is what it \
        proposed. Pease, Shostak, Lamport 1980. The entry of a faulty process may be anything, as \
        long as it is the same everywhere.",
    ),
    term(
        "weak-integrity",
        &["validity-correct-proposed", "strong-consensus"],
        "A value that a correct process decides was proposed by a correct process. Despite its \
        name it is stronger than integrity, and the same only for two values. With m values it \
        needs n > m f for crashes or with signatures, and n > max(3, m) f with oral messages \
        (Neiger 1994, who calls it strong consensus): with n = m f each value may have f \
        proposers, and those of the decided one may be the faulty ones.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_lower_case_and_sorted() {
        for list in [TERMS, network::TERMS] {
            let words: Vec<&str> = list.iter().map(|term| term.word).collect();
            assert!(words.is_sorted(), "{words:?}");
        }
        let all = terms().flat_map(|term| term.aliases.iter().chain([&term.word]));
        for word in all {
            assert_eq!(*word, word.to_lowercase());
            assert!(!word.contains(char::is_whitespace), "{word:?} needs quotes in a shell");
        }
    }

    #[test]
    fn no_word_means_two_things() {
        let mut seen = BTreeSet::new();
        for word in terms().flat_map(|term| term.aliases.iter().chain([&term.word])) {
            assert!(seen.insert(word), "{word} is there twice");
        }
    }

    #[test]
    fn a_text_is_one_paragraph_of_whole_sentences() {
        for Term { word, text, .. } in terms() {
            assert!(text.ends_with('.'), "{word}");
            assert!(!text.contains("  ") && !text.contains('\n'), "{word}");
            assert!(text.len() > 100, "{word}");
        }
    }

    #[test]
    fn a_term_is_found_by_word_or_alias() {
        assert_eq!(find("SEU").map(|term| term.word), Some("single-event-upset"));
        assert_eq!(find("integrity").map(|term| term.word), Some("integrity"));
        assert!(find("no such word").is_none());
    }

    #[test]
    fn the_words_of_the_course_are_there() {
        let words = [
            "agreement",
            "asynchronous",
            "byzantine",
            "byzantine-generals",
            "byzantine-integrity",
            "consensus",
            "correct-process",
            "crash",
            "deadline",
            "early-deciding",
            "early-stopping",
            "ecc",
            "equivocation",
            "f+1-rounds",
            "f-resilient",
            "failure-detector",
            "flp",
            "general-omission",
            "ic1",
            "ic2",
            "integrity",
            "interactive-consistency",
            "irrevocability",
            "omission",
            "oral-messages",
            "partial-synchrony",
            "reduction",
            "round",
            "rushing-adversary",
            "signed-messages",
            "single-event-latchup",
            "single-event-upset",
            "synchronous",
            "termination",
            "tie-rule",
            "traitor",
            "two-armies",
            "uniform-agreement",
            "validity-all",
            "validity-proposed",
            "vector-agreement",
            "vector-integrity",
            "weak-integrity",
            "3f+1",
            "seu",
            "sel",
            "flip",
            "f'",
        ];
        for word in words {
            assert!(find(word).is_some(), "{word}");
        }
    }

    #[test]
    fn integrity_says_how_to_see_it_break() {
        let integrity = find("integrity").map_or("", |term| term.text);
        assert!(integrity.contains("`quorate check flood-set -n 3 -f 1 --require integrity`"));
    }
}
