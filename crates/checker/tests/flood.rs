//! scratch
use quorate_checker::*;
use quorate_kernel::*;
use quorate_protocols::consensus::flood_set::*;
use quorate_world::*;
#[test]
fn counts() {
    for (n, f, r) in [
        (3, 1, 1),
        (3, 1, 2),
        (4, 1, 1),
        (4, 2, 1),
        (4, 2, 2),
        (4, 2, 3),
        (5, 2, 2),
        (5, 2, 3),
        (3, 2, 2),
        (4, 3, 3),
        (5, 3, 3),
        (5, 3, 4),
    ] {
        for sym in [true, false] {
            let group = Group { n, f };
            let config = Config { domain: Domain::BINARY, send_all: false };
            let arena = Arena::<FloodSet> { group, config: &config, last: r };
            let q = Question {
                arena,
                model: Model::of(group, Faults::Crash),
                inputs: vec![vec![Some(Value(0)), Some(Value(1))]; n as usize],
                faulty: None,
                requirements: quorate_problems::Consensus::requirements().iter().collect(),
                symmetry: sym,
                budget: Budget::default(),
            };
            let t = std::time::Instant::now();
            let a = search(&q, 2, &Progress::default());
            println!(
                "{n} {f} {r} sym {sym} {:?} stopped {:?} cited {:b} {:?}",
                a.work,
                a.stopped,
                a.cited,
                t.elapsed()
            );
            for f in &a.findings {
                println!(
                    "   {} faults {} lost {} runs {} {:?} {:?}",
                    q.requirements[f.requirement].name,
                    f.faults,
                    f.lost,
                    f.runs,
                    f.inputs,
                    f.script.faults
                );
            }
        }
    }
}
