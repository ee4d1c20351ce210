//! Distributions over many runs.

use quorate_diagram::TextOptions;
use quorate_diagram::plot::{Bar, Distribution, histogram_svg, histogram_text};

use crate::golden;

/// Rounds to decision of a protocol that tosses a fair coin, against what is exactly expected.
fn rounds() -> Distribution {
    let counts = [50_120, 24_890, 12_470, 6_300, 3_090, 1_580, 790, 380, 200, 90, 50, 20];
    let counts = (1..).zip(counts).map(|(round, runs)| (f64::from(round), runs));
    let tail = (0..=12).map(|round| (f64::from(round), 0.5_f64.powi(round))).collect();
    Distribution::new("Rounds to decision", "rounds", counts, 20).expecting(
        tail,
        true,
        "a fair coin in every round",
    )
}

/// The same against an upper bound.
fn bounded() -> Distribution {
    let tail = (0..=12).map(|round| (f64::from(round), 0.75_f64.powi(round))).collect();
    rounds().expecting(tail, false, "at most 3/4 a round")
}

fn messages() -> Distribution {
    let counts = (0..4000_u64).map(|k| ((10 + k * k / 9000) as f64, 1 + k % 5));
    Distribution::new("Messages", "messages", counts, 0)
}

fn times() -> Distribution {
    let counts = (0..2000_u64).map(|k| (12.437 + (k * k % 7919) as f64 / 200.0, 1));
    Distribution::new("Time to decision", "ms", counts.chain([(912.25, 3)]), 5)
}

#[test]
fn plots_are_as_they_were() {
    let options = TextOptions::default();
    let all = [rounds(), bounded(), messages(), times()];
    let text: String = all.iter().map(|one| histogram_text(one, &options)).collect();
    golden("plots.txt", &text);
    golden("plots.svg", &histogram_svg(&all));
    let plain = TextOptions { unicode: false, width: 72, ..options };
    let text: String = all.iter().map(|one| histogram_text(one, &plain)).collect();
    assert!(text.is_ascii() && !text.contains('?'), "{text}");
    golden("plots.ascii.txt", &text);
}

#[test]
fn every_run_is_in_one_bar() {
    for one in [rounds(), bounded(), messages(), times()] {
        let counted: u64 = one.bars.iter().map(|bar| bar.count).sum();
        assert_eq!(counted + one.undecided, one.runs, "{}", one.title);
        assert!(one.bars.windows(2).all(|pair| pair[0].to == pair[1].from), "{}", one.title);
        assert!(one.bars.len() <= 24, "{}: {} bars", one.title, one.bars.len());
    }
    assert_eq!(rounds().bars.len(), 12, "few whole numbers have a bar each");
    assert_eq!((rounds().p50, rounds().max), (1.0, 12.0));
}

#[test]
fn lines_of_plots_fit_the_width() {
    for width in [0, 40, 60, 80, 140] {
        let options = TextOptions { width, ..TextOptions::default() };
        for one in [rounds(), bounded(), messages(), times()] {
            for line in histogram_text(&one, &options).lines() {
                assert!(line.chars().count() <= width.max(40), "{width}: {line}");
            }
        }
    }
}

#[test]
fn numbers_may_be_anything() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -1.0, 1e-300];
    let options = TextOptions::default();
    for one in odd {
        for other in odd {
            let counts = [(one, u64::MAX), (other, u64::MAX), (1.0, 0)];
            let mut plot = Distribution::new("<&>", "\u{1b}", counts, u64::MAX).expecting(
                vec![(one, other), (other, one)],
                true,
                "",
            );
            check(&plot, &options);
            plot.bars = vec![Bar { from: one, to: other, count: u64::MAX }; 3];
            plot.mean = one;
            (plot.runs, plot.whole, plot.expected_exact) = (0, !plot.whole, false);
            check(&plot, &options);
        }
    }
    let none = Distribution::new("", "", [], 0);
    check(&none, &options);
    assert!(histogram_svg(&vec![none; 1000]).len() < 100_000);
}

fn check(plot: &Distribution, options: &TextOptions) {
    let text = histogram_text(plot, options);
    assert!(text.len() < 50_000 && !text.contains('\u{1b}'));
    let picture = histogram_svg(std::slice::from_ref(plot));
    assert!(picture.len() < 50_000 && !picture.contains("<&>") && !picture.contains('\u{1b}'));
    assert!(!picture.contains("NaN") && !picture.contains("\"-2147483648\""), "{picture}");
}
