//! The part of EDN (Extensible Data Notation, edn-format.org) that histories are written in: nil,
//! booleans, numbers, strings, characters, keywords, symbols, lists, vectors, sets, maps, tagged
//! elements, comments and `#_`.

use std::fmt::{self, Display};

/// How deep collections may stand in each other.
const DEPTH_MAX: usize = 64;

/// A value of EDN. Two values are equal if they are written the same but for white space, and for
/// lists and vectors, which EDN takes for equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Form {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Any other number, a character or a symbol, as it is written.
    Word(String),
    /// A string.
    Text(String),
    /// A keyword, without its colon.
    Keyword(String),
    /// A list or a vector.
    Vector(Vec<Form>),
    /// A set, in order.
    Set(Vec<Form>),
    /// A map, in order of its keys.
    Map(Vec<(Form, Form)>),
    /// A tag and its element.
    Tagged(String, Box<Form>),
}

impl Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => out.write_str("nil"),
            Self::Bool(is) => write!(out, "{is}"),
            Self::Int(number) => write!(out, "{number}"),
            Self::Word(word) => out.write_str(word),
            Self::Text(text) => write!(out, "{text:?}"),
            Self::Keyword(word) => write!(out, ":{word}"),
            Self::Vector(parts) => row(out, "[", parts, "]"),
            Self::Set(parts) => row(out, "#{", parts, "}"),
            Self::Map(pairs) => {
                out.write_str("{")?;
                for (at, (key, value)) in pairs.iter().enumerate() {
                    write!(out, "{}{key} {value}", if at > 0 { ", " } else { "" })?;
                }
                out.write_str("}")
            }
            Self::Tagged(tag, form) => write!(out, "#{tag} {form}"),
        }
    }
}

fn row(out: &mut fmt::Formatter<'_>, open: &str, parts: &[Form], close: &str) -> fmt::Result {
    out.write_str(open)?;
    for (at, part) in parts.iter().enumerate() {
        write!(out, "{}{part}", if at > 0 { " " } else { "" })?;
    }
    out.write_str(close)
}

/// What is wrong with a text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The offset in bytes.
    pub at: usize,
    /// A sentence without its full stop.
    pub what: String,
}

impl Mistake {
    pub(crate) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// Reads one value after the other.
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// Reads `text` from an offset, which must be between two characters.
    #[must_use]
    pub fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    /// The offset of what comes next, after white space and comments.
    ///
    /// # Errors
    ///
    /// If what `#_` leaves out is not a value.
    pub fn skip(&mut self) -> Result<usize, Mistake> {
        self.skip_at(0)
    }

    /// The next byte, not taken.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes the next byte, if it is this one.
    pub fn take(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    /// The next value, or nothing at the end of the text.
    ///
    /// # Errors
    ///
    /// If what stands there is not a value of EDN.
    pub fn next_form(&mut self) -> Result<Option<Form>, Mistake> {
        self.skip()?;
        if self.peek().is_none() { Ok(None) } else { self.form(0).map(Some) }
    }

    fn skip_at(&mut self, depth: usize) -> Result<usize, Mistake> {
        loop {
            let rest =
                self.text[self.at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            self.at = self.text.len() - rest.len();
            if rest.starts_with(';') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("#_") {
                self.at += 2;
                self.form(depth + 1)?;
            } else {
                return Ok(self.at);
            }
        }
    }

    fn form(&mut self, depth: usize) -> Result<Form, Mistake> {
        let at = self.skip_at(depth)?;
        if depth > DEPTH_MAX {
            return Err(Mistake::new(
                at,
                format!("values stand in each other over {DEPTH_MAX} deep"),
            ));
        }
        match self.peek() {
            None => Err(Mistake::new(at, "a value is missing where the text ends")),
            Some(b'[') => self.many(b']', depth).map(Form::Vector),
            Some(b'(') => self.many(b')', depth).map(Form::Vector),
            Some(b'{') => self.map(depth),
            Some(b'"') => self.string(),
            Some(b'#') => self.dispatched(depth),
            Some(b']' | b')' | b'}') => {
                let what = format!("{} closes nothing", &self.text[at..=at]);
                Err(Mistake::new(at, what))
            }
            Some(b'\\') => {
                let first = self.text[at + 1..].chars().next();
                self.at += 1 + first.map_or(0, char::len_utf8);
                self.word();
                Ok(Form::Word(self.text[at..self.at].into()))
            }
            Some(_) => atom(self.word(), at),
        }
    }

    /// What `#` begins.
    fn dispatched(&mut self, depth: usize) -> Result<Form, Mistake> {
        let at = self.at;
        self.at += 1;
        if self.peek() == Some(b'{') {
            let mut parts = self.many(b'}', depth)?;
            parts.sort_unstable();
            return Ok(Form::Set(parts));
        }
        let tag = self.word();
        if tag.is_empty() {
            return Err(Mistake::new(at, "after # comes a tag or a set"));
        }
        Ok(Form::Tagged(tag.into(), Box::new(self.form(depth + 1)?)))
    }

    fn many(&mut self, close: u8, depth: usize) -> Result<Vec<Form>, Mistake> {
        let open = self.at;
        self.at += 1;
        let mut parts = Vec::new();
        loop {
            self.skip_at(depth)?;
            if self.take(close) {
                return Ok(parts);
            }
            if self.peek().is_none() {
                let what = format!("{} is never closed", &self.text[open..=open]);
                return Err(Mistake::new(open, what));
            }
            parts.push(self.form(depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Form, Mistake> {
        let at = self.at;
        let mut parts = self.many(b'}', depth)?.into_iter();
        let mut pairs = Vec::with_capacity(parts.len() / 2);
        while let Some(key) = parts.next() {
            let Some(value) = parts.next() else {
                return Err(Mistake::new(at, format!("the map has no value for its key {key}")));
            };
            pairs.push((key, value));
        }
        pairs.sort_unstable();
        match pairs.windows(2).find(|two| two[0].0 == two[1].0) {
            Some(two) => Err(Mistake::new(at, format!("the map has its key {} twice", two[0].0))),
            None => Ok(Form::Map(pairs)),
        }
    }

    fn string(&mut self) -> Result<Form, Mistake> {
        let open = self.at;
        let mut text = String::new();
        let mut letters = self.text[open + 1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            let at = open + 1 + at;
            match letter {
                '"' => {
                    self.at = at + 1;
                    return Ok(Form::Text(text));
                }
                '\\' => match letters.next().map(|(_, letter)| letter) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(same @ ('"' | '\\')) => text.push(same),
                    Some('u') => {
                        let digits: String = letters.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        let wrong = || Mistake::new(at, "\\u takes four hexadecimal digits");
                        text.push(code.ok_or_else(wrong)?);
                    }
                    _ => {
                        return Err(Mistake::new(
                            at,
                            "a backslash here goes before n, t, r, u, \" or \\",
                        ));
                    }
                },
                letter => text.push(letter),
            }
        }
        Err(Mistake::new(open, "the string is never closed"))
    }

    /// Takes what stands before the next delimiter.
    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let ends = |c: char| c.is_whitespace() || ",;()[]{}\"".contains(c);
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }
}

/// What a word means that is no collection.
fn atom(word: &str, at: usize) -> Result<Form, Mistake> {
    Ok(match word {
        "nil" => Form::Nil,
        "true" => Form::Bool(true),
        "false" => Form::Bool(false),
        ":" => return Err(Mistake::new(at, "a keyword has a name after its colon")),
        _ => match word.strip_prefix(':') {
            Some(name) => Form::Keyword(name.into()),
            None => integer(word).map_or_else(|| Form::Word(word.into()), Form::Int),
        },
    })
}

fn integer(word: &str) -> Option<i64> {
    word.strip_suffix('N').unwrap_or(word).parse().ok()
}
