//! Goes through the museum.
//!
//! `museum table` asks the question of every exhibit and prints docs/museum.md.
//!
//! `museum try PROTOCOL [PIECE...]` asks the question of every exhibit of a protocol, or of some
//! pieces, and prints what comes of it beside what the exhibit says.
//!
//! `museum find [PROTOCOL...]` asks every question of a protocol's rooms of every piece, and
//! prints what breaks where: what an exhibit is chosen from.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use quorate_conformance::museum::{Query, Reply, ask, claimed};
use quorate_kernel::Flaw;
use quorate_protocols::museum::{Exhibit, Figure, Piece, Room, Shows, Way, hall};
use quorate_protocols::{Card, cards};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["table"] => table(),
        ["try", name, ref pieces @ ..] => {
            cards().iter().filter(|card| card.name == name).for_each(|card| tried(card, pieces));
        }
        ["find", ref names @ ..] => {
            let chosen = |card: &&Card| names.is_empty() || names.contains(&card.name);
            cards().iter().filter(chosen).for_each(find);
        }
        _ => {
            eprintln!(
                "usage: museum table, museum try PROTOCOL [PIECE...], or museum find [PROTOCOL...]"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Asks, and says how long it took.
fn timed(card: &Card, room: &Room, names: &[&str], flaw: Flaw) -> (Result<Reply, String>, f64) {
    let started = Instant::now();
    let query = Query { protocol: card.name, room, requirements: names, flaw, told: false };
    let reply = ask(query);
    (reply, started.elapsed().as_secs_f64())
}

const HEAD: &str = "# The museum

What can be wrong with the protocols on purpose, and how soon it is found out. Decision 0012 says
what it means to leave a rule out; `quorate list --museum` says what each piece does, and gives the
command that shows it. This file is written by `museum table`, an example of the conformance crate.
The suite checks every line but the times, and that the same question without the flaw finds
nothing.

A search counts distinct states, and its shortest run faults (in rounds) or steps (on a network). A
sweep counts runs up to the first that fails, which is its seed. Times are of one thread, while
other programs ran.
";

fn table() {
    println!("{HEAD}");
    println!(
        "| protocol | mutant | rule | outcome | found by | shortest | states or runs | time |"
    );
    println!("| - | - | - | - | - | -: | -: | -: |");
    let (mut pieces, mut dead, mut outlived) = (0, [0; 3], Vec::new());
    for card in cards() {
        pieces += card.pieces.len();
        for exhibit in hall(card.name).exhibits {
            let Some(piece) = card.pieces.iter().find(|piece| piece.id == exhibit.piece) else {
                continue;
            };
            println!("{}", row(&card, piece, exhibit));
            match exhibit.shows {
                Shows::Breaks { .. } => dead[place(&exhibit.room)] += 1,
                Shows::Holds { requirement, why } => outlived.push(format!(
                    "- `{}` with `{}`: {requirement} holds in `{}`. {why}",
                    card.name,
                    piece.id,
                    exhibit.room.command(&card)
                )),
                Shows::Costs { .. } => {}
            }
        }
    }
    println!(
        "\n{pieces} pieces. {} deaths in rounds, {} on a network, {} in sweeps.",
        dead[0], dead[1], dead[2]
    );
    println!("\n## What does not die\n\n{}", outlived.join("\n"));
    println!("\n## Where nothing has to be wrong\n\n{}", BEYOND);
    for card in cards() {
        for claim in &card.claims {
            for (n, f) in claim.breaks {
                let verb = if card.in_rounds { "check" } else { "sweep" };
                let name = card.name;
                println!("- {}: `quorate {verb} {name} -n {n} -f {f}`", claim.requirement);
            }
        }
    }
}

const BEYOND: &str =
    "Just outside its bound a protocol breaks as it is; the conformance suite checks these \
too.
";

/// Which engine asks.
fn place(room: &Room) -> usize {
    match room.way {
        Way::Rounds => 0,
        Way::Network { .. } => 1,
        Way::Sweep { .. } => 2,
    }
}

fn row(card: &Card, piece: &Piece, exhibit: &Exhibit) -> String {
    let names = exhibit.requirement().map_or_else(|| claimed(card, &exhibit.room), |one| vec![one]);
    let (reply, seconds) = timed(card, &exhibit.room, &names, piece.flaw);
    let states = reply.map_or(0, |reply| reply.states);
    let way = place(&exhibit.room);
    let (outcome, length) = match exhibit.shows {
        Shows::Breaks { requirement, length } => {
            let unit = [["fault", "faults"], ["step", "steps"], ["", ""]][way];
            let length = match way {
                2 => format!("seed {length}"),
                _ => format!("{length} {}", unit[usize::from(length != 1)]),
            };
            (requirement.to_string(), length)
        }
        Shows::Holds { requirement, .. } => (format!("{requirement} holds"), String::new()),
        Shows::Costs { figure, meant, flawed } => {
            let figure = match figure {
                Figure::Messages => "messages",
                Figure::Ticks => "ticks",
            };
            (format!("{figure}: {flawed} for {meant}"), String::new())
        }
    };
    format!(
        "| {} | {} | {} | {outcome} | {} | {length} | {states} | {seconds:.2} s |",
        card.name,
        piece.id,
        piece.breaks.join(", "),
        ["check", "check", "sweep"][way],
    )
}

/// Asks the questions of exhibits, and the same ones without what is wrong.
fn tried(card: &Card, pieces: &[&str]) {
    for exhibit in hall(card.name).exhibits {
        let chosen = pieces.is_empty() || pieces.contains(&exhibit.piece);
        let piece = card.pieces.iter().find(|piece| piece.id == exhibit.piece);
        let Some(piece) = piece.filter(|_| chosen) else { continue };
        let room = &exhibit.room;
        let names = exhibit.requirement().map_or_else(|| claimed(card, room), |one| vec![one]);
        println!("{}\n  says {:?}", exhibit.command(card), exhibit.shows);
        for flaw in [piece.flaw, Flaw::None] {
            let (reply, seconds) = timed(card, room, &names, flaw);
            match reply {
                Err(error) => println!("  {flaw:?}: {error}"),
                Ok(reply) => println!("  {flaw:?}: {}", found(&reply, &names, seconds)),
            }
        }
    }
}

fn find(card: &Card) {
    for (at, room) in hall(card.name).rooms.iter().enumerate() {
        let requirements = claimed(card, room);
        println!("# {} room {at}: {}", card.name, room.command(card));
        let mut all = vec![("-".to_string(), Flaw::None)];
        all.extend(card.pieces.iter().map(|piece| (piece.id.clone(), piece.flaw)));
        for (piece, flaw) in all {
            let (reply, seconds) = timed(card, room, &requirements, flaw);
            match reply {
                Err(error) => println!("{at} {piece}: {error}"),
                Ok(reply) => println!("{at} {piece}: {}", found(&reply, &requirements, seconds)),
            }
        }
    }
}

fn found(reply: &Reply, requirements: &[&str], seconds: f64) -> String {
    let all = reply.broken.iter().zip(requirements);
    let broken = all.filter_map(|(one, name)| Some(format!("{name}={}", one.as_ref()?.length)));
    let broken: Vec<String> = broken.collect();
    let word = match (reply.holds, broken.is_empty()) {
        (true, _) => "holds".to_string(),
        (false, true) => "open".to_string(),
        (false, false) => broken.join(" "),
    };
    let Reply { states, messages, ticks, .. } = reply;
    format!("{word} [{states} states, {seconds:.2} s, {messages} {ticks}]")
}
