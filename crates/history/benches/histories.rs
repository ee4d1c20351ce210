//! Histories judged, from their text to the verdict.
//!
//! ```text
//! cargo bench -p quorate-history
//! cargo bench -p quorate-history -- recorded FOLDER
//! ```
//!
//! The second judges every file of a folder of recorded histories, the whole folder a hundred
//! times.
#![allow(clippy::print_stdout)]

use std::fmt::Write;
use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use quorate_history::{Limits, Verdict, judge, read};

const OPERATIONS: u32 = 100_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["recorded", folder, ..] => recorded(folder),
        _ => divan::main(),
    }
}

/// Operations of eight processes, three at a time: each writes a new value, or sees the last.
fn unique(write: &str, cas: bool) -> String {
    let mut text = String::new();
    let mut held: Vec<u32> = Vec::new();
    for round in 0..OPERATIONS / 4 {
        let value = round + 1;
        let before = held.last().copied();
        held.push(value);
        let (first, second) = (round % 4, 4 + round % 4);
        let asked = match before {
            Some(before) if cas => format!(":cas\t[{before} {value}]"),
            _ => format!("{write}\t{value}"),
        };
        let _ = writeln!(text, "{first}\t:invoke\t{asked}");
        let _ = writeln!(text, "{second}\t:invoke\t:read\tnil");
        let _ = writeln!(text, "8\t:invoke\t:read\tnil");
        let _ = writeln!(text, "{second}\t:ok\t:read\t{value}");
        let _ = writeln!(text, "{first}\t:ok\t{asked}");
        let _ = writeln!(text, "8\t:ok\t:read\t{value}");
        let _ = writeln!(text, "9\t:invoke\t:read\tnil");
        let _ = writeln!(text, "9\t:ok\t:read\t{value}");
    }
    text
}

/// Items are operations.
#[divan::bench(args = [false, true], sample_count = 10, max_time = 10)]
fn unique_values(bencher: Bencher<'_, '_>, cas: bool) {
    let text = unique(":write", cas);
    bencher.counter(ItemsCount::new(OPERATIONS)).bench_local(|| {
        let history = read(&text, None).expect("it is a history");
        assert_eq!(judge(&history, Limits::NONE).verdict, Verdict::Holds);
    });
}

/// The same with a stale read at the end: the least set of operations is found too.
#[divan::bench(args = [false, true], sample_count = 5, max_time = 10)]
fn stale_read(bencher: Bencher<'_, '_>, cas: bool) {
    let mut text = unique(":write", cas);
    text.push_str("9\t:invoke\t:read\tnil\n9\t:ok\t:read\t100\n");
    bencher.counter(ItemsCount::new(OPERATIONS)).bench_local(|| {
        let history = read(&text, None).expect("it is a history");
        assert!(matches!(judge(&history, Limits::NONE).verdict, Verdict::Violated(_)));
    });
}

/// Prints how long a file takes on average.
fn recorded(folder: &str) {
    let files = std::fs::read_dir(folder).expect("there is such a folder");
    let texts = files.map(|file| std::fs::read_to_string(file.expect("an entry").path()));
    let texts: Vec<String> = texts.map(|text| text.expect("it is text")).collect();
    let times = 100;
    let started = Instant::now();
    let (mut violated, mut operations, mut configurations) = (0, 0, 0);
    for text in std::iter::repeat_n(&texts, times).flatten() {
        let history = read(text, None).expect("it is a history");
        let judgement = judge(&history, Limits::NONE);
        operations += history.operations.len();
        configurations += judgement.configurations;
        violated += usize::from(judgement.verdict != Verdict::Holds);
    }
    let each = started.elapsed().as_secs_f64() * 1000.0 / (times * texts.len()) as f64;
    println!(
        "{} files, {} operations, {} violated, {} configurations: {each:.3} ms a file",
        texts.len(),
        operations / times,
        violated / times,
        configurations / times as u64,
    );
}
