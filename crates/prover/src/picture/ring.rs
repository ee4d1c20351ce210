//! The ring: everybody twice, and the three executions that it is at once.

use super::pen::Pen;

/// Two copies of a group of processes, one with input 0 and one with input 1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Copies {
    /// Who is in the group.
    pub processes: Vec<u16>,
    /// What comes before the number of a copy: `has` or `copy`.
    pub word: &'static str,
    /// What each copy decides, where a protocol is run.
    pub decides: Option<[String; 2]>,
}

/// A place of the ring: group, input, and where it is drawn.
const PLACES: [(usize, u8, i32, i32); 6] = [
    (0, 0, 290, 90),
    (1, 0, 490, 90),
    (2, 0, 590, 230),
    (0, 1, 490, 370),
    (1, 1, 290, 370),
    (2, 1, 190, 230),
];

/// Draws the ring of three groups as SVG, with three of its executions: for each the place of the
/// first of the two neighbours that are correct in it (in the order A0, B0, C0, A1, B1, C1), and
/// what it comes to.
#[must_use]
pub fn ring(groups: &[Copies; 3], scenarios: &[(usize, String); 3], title: &str) -> String {
    let mut pen = Pen::new();
    pen.text("title", 24, 28, title);
    for at in 0..6 {
        let (_, _, x1, y1) = PLACES[at];
        let (_, _, x2, y2) = PLACES[(at + 1) % 6];
        pen.line("life", [x1, y1, x2, y2]);
    }
    // The neighbours that are correct in each execution.
    for (at, (first, _)) in scenarios.iter().enumerate() {
        let (first, second) = (first % 6, (first + 1) % 6);
        let (_, _, x1, y1) = PLACES[first];
        let (_, _, x2, y2) = PLACES[second];
        let (x, y) = ((x1 + x2) / 2, (y1 + y2) / 2);
        pen.circle("same", x, y, 15);
        for (_, _, x1, y1) in [PLACES[first], PLACES[second]] {
            pen.line("way", [x1, y1, x, y]);
        }
        pen.circle("same", x, y, 13);
        pen.text("sametext strong mid", x, y + 4, &(at + 1).to_string());
    }
    for (at, (group, input, x, y)) in PLACES.into_iter().enumerate() {
        pen.circle(if input == 0 { "v0" } else { "v1" }, x, y, 30);
        let names: Vec<String> = groups[group].processes.iter().map(|p| format!("p{p}")).collect();
        let names = if names.is_empty() { "nobody".into() } else { names.join(",") };
        let light = if input == 0 { "mid" } else { "mid light" };
        pen.text(light, x, y - 2, &names);
        pen.text(light, x, y + 13, &format!("{} {input}", groups[group].word));
        if let Some(decides) = &groups[group].decides {
            let (class, x, y) = match at {
                2 => ("strong", x + 38, y + 4),
                5 => ("strong end", x - 38, y + 4),
                0 | 1 => ("strong mid", x, y - 38),
                _ => ("strong mid", x, y + 48),
            };
            pen.text(class, x, y, &decides[usize::from(input)]);
        }
    }
    let mut y = 450;
    for (at, (_, scenario)) in scenarios.iter().enumerate() {
        pen.text("sametext strong", 24, y, &(at + 1).to_string());
        pen.text("", 44, y, scenario);
        y += 22;
    }
    let longest = scenarios.iter().map(|(_, line)| line.chars().count()).max().unwrap_or(0) as i32;
    pen.done((longest * 8 + 70).max(780), y + 6, title)
}
