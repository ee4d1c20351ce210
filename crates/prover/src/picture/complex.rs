//! The simplices of three processes, as a triangle that is divided into triangles.

use std::collections::{BTreeMap, BTreeSet};

use super::pen::Pen;
use crate::certificate::{Question, Simplex};
use crate::scene::Scene;

/// How often the places inside are moved to the middle of their neighbours.
const MOVES: usize = 2_000;
/// With more corners than this, nothing is written at them.
const LABELS_MAX: usize = 60;

/// The tips of the triangle: where 0, 1 and 2 alone have been heard of.
const TIPS: [(f64, f64); 3] = [(70.0, 690.0), (830.0, 690.0), (450.0, 110.0)];

/// What one process sees.
struct Corner {
    process: u16,
    heard: Vec<u8>,
}

/// Draws simplices as SVG, under a title: a corner for each thing seen, a triangle for each
/// execution. Nothing, if they are not a triangle with sides on which one value has not been heard
/// of.
#[must_use]
pub fn complex(question: &Question, simplices: &[Simplex], title: &str) -> Option<String> {
    let mut numbers = BTreeMap::new();
    let mut corners: Vec<Corner> = Vec::new();
    let mut cells: Vec<[usize; 3]> = Vec::new();
    for simplex in simplices.iter().filter(|simplex| simplex.who.len() == 3) {
        let scene = Scene::new(question, &simplex.execution)?;
        let mut cell = Vec::new();
        for p in &simplex.who {
            let fresh = corners.len();
            let at = *numbers.entry((*p, scene.view(*p)?)).or_insert(fresh);
            if at == fresh {
                corners.push(Corner { process: *p, heard: scene.values(*p) });
            }
            cell.push(at);
        }
        cells.push(cell.try_into().ok()?);
    }
    let places = places(&corners, &cells)?;
    Some(drawn(&corners, &cells, &places, title))
}

/// The edges of the cells, and to how many each belongs.
fn edges(cells: &[[usize; 3]]) -> BTreeMap<(usize, usize), usize> {
    let mut edges = BTreeMap::new();
    for [a, b, c] in cells {
        for (from, to) in [(a, b), (b, c), (a, c)] {
            *edges.entry((*from.min(to), *from.max(to))).or_insert(0) += 1;
        }
    }
    edges
}

/// Where the corners are drawn: those of the border on the sides of a triangle, the others amid
/// their neighbours (Tutte 1963).
fn places(corners: &[Corner], cells: &[[usize; 3]]) -> Option<Vec<(f64, f64)>> {
    let mut near = vec![BTreeSet::new(); corners.len()];
    let mut border = vec![BTreeSet::new(); corners.len()];
    for ((a, b), count) in edges(cells) {
        near[a].insert(b);
        near[b].insert(a);
        if count == 1 {
            border[a].insert(b);
            border[b].insert(a);
        }
    }
    let around = around(&border)?;
    let tips = [0_u8, 1, 2].map(|value| {
        let tip = |at: &usize| corners[around[*at]].heard == [value];
        (0..around.len()).find(tip)
    });
    let [Some(zero), Some(one), Some(two)] = tips else { return None };
    let mut places = vec![(450.0, 450.0); corners.len()];
    let count = around.len();
    let span = |from: usize, to: usize| (to + count - from) % count;
    // Around the border in the direction in which 1 comes before 2.
    let order = match span(zero, one) < span(zero, two) {
        true => [(zero, 0, one, 1), (one, 1, two, 2), (two, 2, zero, 0)],
        false => [(zero, 0, two, 2), (two, 2, one, 1), (one, 1, zero, 0)],
    };
    for (from, tip, to, next) in order {
        let length = span(from, to);
        for step in 0..length {
            let share = step as f64 / length as f64;
            let ((x1, y1), (x2, y2)) = (TIPS[tip], TIPS[next]);
            let place = (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share);
            places[around[(from + step) % count]] = place;
        }
    }
    let inside: Vec<usize> = (0..corners.len()).filter(|at| border[*at].is_empty()).collect();
    for _ in 0..MOVES {
        for at in &inside {
            let sum = near[*at]
                .iter()
                .fold((0.0, 0.0), |(x, y), other| (x + places[*other].0, y + places[*other].1));
            let count = near[*at].len() as f64;
            places[*at] = (sum.0 / count, sum.1 / count);
        }
    }
    Some(places)
}

/// The corners of the border, one after the other, if it is one ring.
fn around(border: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let count = border.iter().filter(|next| !next.is_empty()).count();
    let start = border.iter().position(|next| !next.is_empty())?;
    let mut around = vec![start];
    let mut before = start;
    loop {
        let at = *around.last()?;
        if border[at].len() != 2 {
            return None;
        }
        let next = *border[at].iter().find(|next| around.len() == 1 || **next != before)?;
        if next == start {
            return (around.len() == count).then_some(around);
        }
        before = at;
        around.push(next);
    }
}

fn drawn(corners: &[Corner], cells: &[[usize; 3]], places: &[(f64, f64)], title: &str) -> String {
    let mut pen = Pen::new();
    pen.text("title", 24, 28, title);
    for (line, y) in [
        ("a corner: what a process sees in the end, and the values it has heard of", 50),
        ("a triangle: an execution in which three processes see this", 68),
        ("blue: the border, where fewer values have been heard of, so fewer can be decided", 86),
    ] {
        pen.text("quiet", 24, y, line);
    }
    let at = |corner: usize| (places[corner].0.round() as i32, places[corner].1.round() as i32);
    for ((a, b), count) in edges(cells) {
        let ((x1, y1), (x2, y2)) = (at(a), at(b));
        pen.line(if count == 1 { "way" } else { "says" }, [x1, y1, x2, y2]);
    }
    let labelled = corners.len() <= LABELS_MAX;
    for (number, corner) in corners.iter().enumerate() {
        let (x, y) = at(number);
        if labelled {
            pen.circle("v0", x, y, 13);
            pen.text("mid", x, y + 4, &format!("p{}", corner.process));
            let heard: Vec<String> = corner.heard.iter().map(u8::to_string).collect();
            pen.text("mid strong halo", x, y + 28, &heard.join(" "));
        } else {
            pen.circle("free", x, y, 3);
        }
    }
    pen.done(900, 740, title)
}
