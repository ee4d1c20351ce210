//! The characters that a picture for the terminal is made of.

use alloc::string::String;

use crate::canvas::Ink;

/// What one kind of arrow is drawn with.
#[derive(Clone, Copy)]
pub(super) struct Shaft {
    pub(super) line: char,
    /// Where it passes a lifeline without stopping.
    pub(super) crossing: char,
    /// Where it reaches a process and goes on to the next.
    pub(super) branch_right: char,
    pub(super) branch_left: char,
    pub(super) ink: Ink,
}

/// All marks of a picture.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    pub(super) life: char,
    /// The lifeline of a process that stands still.
    pub(super) still: char,
    pub(super) rule: char,
    pub(super) rule_life: char,
    pub(super) origin: char,
    pub(super) right: char,
    pub(super) left: char,
    pub(super) lost: char,
    pub(super) crash: char,
    pub(super) flip: char,
    pub(super) expose: char,
    pub(super) again: Shaft,
    pub(super) up: char,
    pub(super) pause: char,
    pub(super) clock: char,
    pub(super) timer: char,
    pub(super) cut: char,
    pub(super) honest: Shaft,
    pub(super) lie: Shaft,
    pub(super) flipped: Shaft,
    pub(super) unsent: Shaft,
    pub(super) silent: Shaft,
}

const fn shaft(line: char, [crossing, right, left]: [char; 3], ink: Ink) -> Shaft {
    Shaft { line, crossing, branch_right: right, branch_left: left, ink }
}

impl Marks {
    /// With the lines and arrows of Unicode, each one column wide.
    pub(super) const DRAWN: Self = Self {
        life: '│',
        still: '╎',
        rule: '┄',
        rule_life: '┼',
        origin: '●',
        right: '►',
        left: '◄',
        lost: '✗',
        crash: '†',
        flip: '↯',
        expose: '‼',
        again: shaft('╌', ['┼', '├', '┤'], Ink::Faint),
        up: '▲',
        pause: '■',
        clock: '±',
        timer: '◆',
        cut: '━',
        honest: shaft('─', ['┼', '├', '┤'], Ink::Plain),
        lie: shaft('═', ['╪', '╞', '╡'], Ink::Lie),
        flipped: shaft('≈', ['┼', '├', '┤'], Ink::Fault),
        unsent: shaft('╌', ['┼', '├', '┤'], Ink::Fault),
        silent: shaft('╌', ['┼', '├', '┤'], Ink::Lie),
    };
}

/// A drawing in the characters of ASCII. One character stands for one, so that nothing moves.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|mark| match mark {
            '│' => '|',
            '╎' | '╌' => ':',
            '┄' => '.',
            '┼' | '╪' | '├' | '┤' | '╞' | '╡' => '+',
            '●' => 'o',
            '►' | '→' => '>',
            '◄' | '←' => '<',
            '✗' => 'x',
            '†' => 'X',
            '↯' => '#',
            '‼' => '!',
            '─' | '–' => '-',
            '═' => '=',
            '≈' => '~',
            '▲' => '^',
            '■' => '%',
            '±' => '*',
            '◆' => '@',
            '━' => '=',
            '█' => '#',
            '▌' => '+',
            '┃' => '|',
            '‹' => '<',
            '›' => '>',
            '…' => '~',
            other if other.is_ascii() => other,
            _ => '?',
        })
        .collect()
}
