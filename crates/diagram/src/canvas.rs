//! One line of characters, each with its ink.

use alloc::string::String;
use alloc::vec::Vec;

/// What a mark is drawn with. Colour only repeats what the marks say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Lie,
    Fault,
    Decision,
    Good,
    Bad,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Strong => "0;1",
            Self::Faint => "0;2",
            Self::Lie => "0;1;35",
            Self::Fault => "0;33",
            Self::Decision => "0;1;36",
            Self::Good => "0;32",
            Self::Bad => "0;1;31",
        }
    }
}

/// A line to draw on, from left to right and over what is there.
#[derive(Clone, Default)]
pub(crate) struct Line {
    cells: Vec<(char, Ink)>,
}

impl Line {
    /// A line that says one thing.
    pub(crate) fn of(text: &str, ink: Ink) -> Self {
        let mut line = Self::default();
        line.put(0, text, ink);
        line
    }

    /// Write at a column; characters that are not one column wide are replaced.
    pub(crate) fn put(&mut self, column: usize, text: &str, ink: Ink) {
        for (offset, mark) in text.chars().enumerate() {
            self.mark(column.saturating_add(offset), mark, ink);
        }
    }

    /// Write one character.
    pub(crate) fn mark(&mut self, column: usize, mark: char, ink: Ink) {
        if column >= self.cells.len() {
            self.cells.resize(column + 1, (' ', Ink::Plain));
        }
        self.cells[column] = (if is_narrow(mark) { mark } else { '?' }, ink);
    }

    /// Write with the middle of the text at a column.
    pub(crate) fn centre(&mut self, column: usize, text: &str, ink: Ink) {
        self.put(column.saturating_sub(text.chars().count() / 2), text, ink);
    }

    /// Add it to a text, at most `width` columns of it.
    pub(crate) fn write(&self, width: usize, colour: bool, out: &mut String) {
        let used = self.cells.iter().rposition(|cell| cell.0 != ' ').map_or(0, |last| last + 1);
        let mut ink = Ink::Plain;
        for &(mark, wanted) in &self.cells[..used.min(width)] {
            if colour && wanted != ink {
                out.push_str("\x1b[");
                out.push_str(wanted.code());
                out.push('m');
                ink = wanted;
            }
            out.push(mark);
        }
        if ink != Ink::Plain {
            out.push_str("\x1b[0m");
        }
        out.push('\n');
    }
}

/// Whether a terminal shows the character in one column and does nothing else about it.
fn is_narrow(mark: char) -> bool {
    matches!(u32::from(mark),
        0x20..=0x7e
        | 0xa1..=0xac
        | 0xae..=0x2ff
        | 0x370..=0x482
        | 0x48a..=0x52f
        | 0x2010..=0x2027
        | 0x2030..=0x205e
        | 0x2070..=0x20bf
        | 0x2100..=0x2319
        | 0x2500..=0x25fc
        | 0x2713..=0x2718)
}
