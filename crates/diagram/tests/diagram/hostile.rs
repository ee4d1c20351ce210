//! Traces that no engine writes: damaged, hostile, or very large.

use quorate_diagram::{TextOptions, html, itf, mermaid, shiviz, svg, table, text};
use quorate_trace::{Faulty, Flipped, Special, Trace, What};

use crate::build::Build;
use crate::runs;

/// Everything that can be drawn, at several widths.
pub(crate) fn draw(trace: &Trace) -> String {
    let mut all = String::new();
    for width in [0, 1, 40, 100] {
        for colour in [false, true] {
            let options = TextOptions { width, colour, unicode: colour, framed: true };
            all += &text(trace, &options);
            all += &table(trace, &options);
        }
    }
    all + &svg(trace) + &html(trace) + &converted(trace)
}

/// Everything that it can be converted to.
fn converted(trace: &Trace) -> String {
    let states = itf(trace);
    serde_json::from_str::<serde_json::Value>(&states).expect("it is JSON for any trace");
    let log = shiviz(trace);
    for (at, line) in log.split_terminator('\n').enumerate() {
        let host = line.contains(" {\"p") || line.starts_with("links {");
        assert_eq!(at % 2 == 1, line.ends_with('}') && host, "{line}");
    }
    let diagram = mermaid(trace);
    let known = |line: &str| {
        let line = line.trim_start();
        ["sequenceDiagram", "title ", "participant ", "rect ", "end", "Note over ", "p"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    assert!(diagram.lines().all(known), "{diagram}");
    states + &log + &diagram
}

#[test]
fn a_damaged_trace_is_drawn_as_far_as_it_goes() {
    for (_, sound) in runs::all().into_iter().filter(|(_, run)| run.header.n <= 5) {
        for (at, far) in (0..sound.events.len()).zip([u16::MAX, 9, 4].into_iter().cycle()) {
            let mut trace = sound.clone();
            trace.events[at].process = far;
            draw_quickly(&trace);
            let mut trace = sound.clone();
            trace.events[at].round = far;
            trace.events[at].i = u32::MAX;
            draw_quickly(&trace);
            let mut trace = sound.clone();
            trace.events.remove(at);
            draw_quickly(&trace);
        }
    }
}

pub(crate) fn draw_quickly(trace: &Trace) {
    let options = TextOptions::default();
    let all = text(trace, &options) + &table(trace, &options) + &svg(trace) + &converted(trace);
    assert!(!all.is_empty());
}

#[test]
fn every_number_may_be_wrong() {
    for n in [0, 1, 2, 65535] {
        let mut trace = runs::omissions();
        trace.header.n = n;
        trace.header.special = Some(Special { process: u16::MAX, part: "king".into() });
        trace.header.faulty.push(Faulty { process: u16::MAX, kind: String::new() });
        for event in &mut trace.events {
            match &mut event.what {
                What::Receive { sent, .. } | What::Missed { sent, .. } => *sent = u32::MAX,
                What::Send { count, flipped, .. } => {
                    *count = u64::MAX;
                    *flipped = Some(Flipped { bit: u32::MAX, before: String::new() });
                }
                What::Crash { reached, .. } => reached.push(u16::MAX),
                _ => {}
            }
        }
        trace.closing.requirements[0].verdict = "violated".into();
        trace.closing.requirements[0].events = vec![0, u32::MAX];
        trace.closing.requirements[0].witnesses = vec![u16::MAX];
        let drawn = draw(&trace);
        assert!(drawn.contains("which the trace does not hold"));
    }
}

#[test]
fn a_trace_may_be_empty() {
    let mut trace = Build::new("", "", 0, 0, "").done();
    draw(&trace);
    trace.header.n = 3;
    draw(&trace);
}

#[test]
fn unknown_processes_are_counted() {
    let mut trace = runs::three_generals();
    trace.events[1].process = 7;
    let said = "1 event is not drawn: it names a process that is not in the group.";
    assert!(text(&trace, &TextOptions::default()).contains(said));
    assert!(svg(&trace).contains(said));
}

const EVIL: &str =
    "</script><script>alert(1)</script><!-- \" onload='x' {{DATA}} \u{1b}[2J\u{202e}\n";

#[test]
fn hostile_words_stay_words() {
    let mut trace = runs::bit_flip();
    trace.header.protocol = EVIL.into();
    trace.header.reproduce = EVIL.into();
    trace.header.faulty[0].kind = EVIL.into();
    trace.closing.requirements[0].name = EVIL.into();
    trace.closing.requirements[1].because = EVIL.into();
    for event in &mut trace.events {
        event.rules = vec![EVIL.into()];
        match &mut event.what {
            What::Send { message, should, .. } => {
                *message = EVIL.into();
                *should = Some(EVIL.into());
            }
            What::Input { value } | What::Decide { value } => *value = EVIL.into(),
            What::State { fields, .. } => fields.push((EVIL.into(), EVIL.into())),
            _ => {}
        }
    }
    let (page, picture) = (html(&trace), svg(&trace));
    for drawn in [&page, &picture] {
        assert!(!drawn.contains("<script>alert") && !drawn.contains("<!--"));
        assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{202e}'));
    }
    assert_eq!(page.matches("</script>").count(), 2, "the page has its own two scripts");
    assert_eq!(page.matches("id=\"data\"").count(), 1, "nothing is filled in twice");
    let diagram = mermaid(&trace).replace("<br/>", "");
    assert!(!diagram.contains(['<', '>', '"', '%', '{', '\u{1b}', '\u{202e}']), "{diagram}");
    for before in diagram.split(';').rev().skip(1) {
        let number = before.trim_end_matches(|mark: char| mark.is_ascii_digit());
        assert!(number != before && number.ends_with('#'), "a semicolon ends a number: {before}");
    }
    converted(&trace);
    let options = TextOptions::default();
    let terminal = text(&trace, &options) + &table(&trace, &options);
    assert!(!terminal.contains('\u{1b}') && !terminal.contains('\u{202e}'));
}

#[test]
fn a_large_run_is_cut_and_says_so() {
    let mut b = Build::new("flood-set", "consensus", 6, 2, "crash");
    for _ in 0..500 {
        b.round(&[]);
        for p in 0..6_u16 {
            let others: Vec<u16> = (0..6).filter(|&q| q != p).collect();
            b.send(p, &others, "1");
        }
        b.deliver(&[]);
        b.state(0, &[("known", "1")]);
    }
    let trace = b.done();
    let drawn = text(&trace, &TextOptions::default());
    assert!(drawn.lines().count() < 400, "the text is cut");
    assert!(drawn.contains("Rounds 35 to 500 are left out: 13980 messages."));
    let picture = svg(&trace);
    assert!(picture.len() < 2_000_000, "the picture is cut: {}", picture.len());
    assert!(picture.contains("are left out: the picture would be too large."));
    let rounds = table(&trace, &TextOptions::default());
    assert!(rounds.contains("further rounds left out."));
}
