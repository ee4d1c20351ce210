//! Operations of clients as bars.

use quorate_diagram::{Interval, intervals_svg};

fn interval(client: &str, label: &str, begins: u64, ends: Option<u64>, blamed: bool) -> Interval {
    Interval {
        client: client.into(),
        label: label.into(),
        begins: (begins, format!("line {begins}")),
        ends: ends.map(|end| (end, String::new())),
        blamed,
    }
}

/// The x of the left and the right end of each bar, in order.
fn bars(svg: &str) -> Vec<(i32, i32)> {
    let number = |line: &str, key: &str| -> i32 {
        let (_, rest) = line.split_once(&format!(" {key}=\"")).expect("a rectangle has it");
        rest.split('"').next().and_then(|text| text.parse().ok()).expect("it is a number")
    };
    let is_bar = |line: &&str| line.starts_with("<rect class=\"bar");
    let ends = |line: &str| (number(line, "x"), number(line, "x") + number(line, "width"));
    svg.lines().filter(is_bar).map(ends).collect()
}

#[test]
fn bars_overlap_if_the_operations_did() {
    let all = [
        interval("p0", "write 1", 0, Some(2), false),
        interval("p1", "write 2", 1, Some(4), false),
        interval("p0", "read 1", 3, Some(5), true),
    ];
    let svg = intervals_svg("Stale", "no order explains it", &all);
    let [first, last, other] = bars(&svg)[..] else { panic!("three bars: {svg}") };
    assert!(first.1 < last.0, "p0's read comes after its write");
    assert!(other.0 < first.1 && last.0 < other.1, "p1's write overlaps both");
    assert_eq!(svg.matches("class=\"guide\"").count(), 1);
}

#[test]
fn who_went_on_without_an_answer_gets_another_line() {
    let all = [interval("p0", "write 1", 0, None, false), interval("p0", "read", 1, Some(2), true)];
    let svg = intervals_svg("Open", "", &all);
    assert_eq!(svg.matches("class=\"client\"").count(), 2);
    assert_eq!(svg.matches("class=\"bar-open\"").count(), 1);
    let ends = bars(&svg);
    assert!(ends[0].1 >= ends[1].1, "it goes on to the end");
}

/// Names and labels come from files: they stay text.
#[test]
fn what_a_history_says_is_no_markup() {
    let hostile = "</text><script>alert(1)</script>&\"'";
    let svg = intervals_svg(hostile, hostile, &[interval(hostile, hostile, 0, None, true)]);
    assert!(!svg.contains("<script>"), "{svg}");
    assert!(intervals_svg("", "", &[]).ends_with("</svg>\n"), "nothing to draw is a picture too");
}
