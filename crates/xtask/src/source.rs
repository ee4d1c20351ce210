//! Checks of Rust sources, by their syntax.

use std::ops::RangeInclusive;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, File, ImplItemFn, Item, ItemFn, Meta, Signature, TraitItemFn};

use crate::files::Objections;

/// The longest body of a function, in lines between its braces.
const BODY_LINES_MAX: usize = 70;
/// The longest file, in lines, tests excluded.
const FILE_LINES_MAX: usize = 500;

/// What no crate below the runtime may name.
const BANNED_NAMES: &[&str] = &["std", "Instant", "SystemTime", "HashMap", "HashSet", "thread_rng"];
/// What no crate below the runtime may call.
const BANNED_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];
/// What stands for work that is not done.
const UNFINISHED_MACROS: &[&str] = &["todo", "unimplemented"];

/// Functions that do not fit the screen.
pub(crate) fn long_functions(file: &File) -> Objections {
    let mut finder = LongFunctions(Vec::new());
    finder.visit_file(file);
    finder.0
}

struct LongFunctions(Objections);

impl LongFunctions {
    fn measure(&mut self, signature: &Signature, body: &Block) {
        let braces = &body.brace_token.span;
        let (open, close) = (braces.open().start().line, braces.close().start().line);
        let lines = (close - open).saturating_sub(1);
        if lines > BODY_LINES_MAX {
            let name = &signature.ident;
            let what = format!("fn {name} has {lines} lines; the limit is {BODY_LINES_MAX}");
            self.0.push((signature.fn_token.span().start().line, what));
        }
    }
}

impl<'ast> Visit<'ast> for LongFunctions {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// A file that is too long; its unit tests do not count.
pub(crate) fn long_file(file: &File, text: &str) -> Objections {
    let tests: usize = test_lines(file).iter().map(|lines| lines.clone().count()).sum();
    let lines = text.lines().count() - tests;
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![(1, format!("{lines} lines without tests; the limit is {FILE_LINES_MAX}"))]
}

/// Tests that are skipped and do not say why on the same line.
pub(crate) fn unexplained_ignores(file: &File, text: &str) -> Objections {
    struct Ignores<'t>(Vec<&'t str>, Objections);
    impl<'ast> Visit<'ast> for Ignores<'_> {
        fn visit_attribute(&mut self, attribute: &'ast Attribute) {
            let line = attribute.span().start().line;
            let bare = matches!(&attribute.meta, Meta::Path(path) if path.is_ident("ignore"));
            let commented = self.0.get(line - 1).is_some_and(|content| content.contains("//"));
            if bare && !commented {
                self.1.push((line, "an ignored test must say why, on the same line".into()));
            }
        }
    }
    let mut finder = Ignores(text.lines().collect(), Vec::new());
    finder.visit_file(file);
    finder.1
}

/// What no file may contain.
pub(crate) fn banned_everywhere(text: &str) -> Objections {
    let mut found = Vec::new();
    for_each_word(text, &mut |word, called| {
        if word == "unsafe" {
            found.push((line_of(word), "unsafe code".into()));
        } else if called && UNFINISHED_MACROS.iter().any(|name| word == name) {
            found.push((line_of(word), format!("{word}! stands for work that is not done")));
        }
    });
    found
}

/// What no crate below the runtime may name, outside its tests.
pub(crate) fn banned_below_runtime(file: &File, text: &str) -> Objections {
    let tests = test_lines(file);
    let mut found = Vec::new();
    for_each_word(text, &mut |word, called| {
        let line = line_of(word);
        let named = BANNED_NAMES.iter().any(|name| word == name);
        let printed = called && BANNED_MACROS.iter().any(|name| word == name);
        if (named || printed) && !tests.iter().any(|lines| lines.contains(&line)) {
            found.push((line, format!("{word} is forbidden below the runtime")));
        }
    });
    found
}

/// A protocol that reaches for the powers of an engine, outside its tests.
pub(crate) fn names_engine(file: &File, text: &str) -> Objections {
    let tests = test_lines(file);
    let mut found = Vec::new();
    for_each_word(text, &mut |word, _| {
        let line = line_of(word);
        if word == "engine" && !tests.iter().any(|lines| lines.contains(&line)) {
            found.push((line, "a protocol must not name the kernel's engine module".into()));
        }
    });
    found
}

/// A library that does not say that it does without the standard library.
pub(crate) fn missing_no_std(file: &File) -> Objections {
    let says = |attribute: &Attribute| attribute.path().is_ident("no_std");
    if file.attrs.iter().any(says) {
        return Vec::new();
    }
    vec![(1, "this crate must say #![no_std]".into())]
}

/// The lines of the items that are compiled for tests only.
fn test_lines(file: &File) -> Vec<RangeInclusive<usize>> {
    struct Tests(Vec<RangeInclusive<usize>>);
    impl<'ast> Visit<'ast> for Tests {
        fn visit_item(&mut self, item: &'ast Item) {
            if attributes(item).iter().any(is_cfg_test) {
                let span = item.span();
                self.0.push(span.start().line..=span.end().line);
            } else {
                visit::visit_item(self, item);
            }
        }
    }
    let mut tests = Tests(Vec::new());
    tests.visit_file(file);
    tests.0
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        _ => &[],
    }
}

/// Calls `each` with every identifier, and whether a `!` follows it as in a macro call.
///
/// Tokens and not paths, since what stands in a macro call has no syntax yet. Comments and strings
/// are no identifiers, so they may name anything.
fn for_each_word(text: &str, each: &mut dyn FnMut(&Ident, bool)) {
    if let Ok(tokens) = text.parse::<TokenStream>() {
        walk(tokens, each);
    }
}

fn walk(tokens: TokenStream, each: &mut dyn FnMut(&Ident, bool)) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => walk(group.stream(), each),
            TokenTree::Ident(word) => {
                let next = tokens.peek();
                let bang = matches!(next, Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
                each(&word, bang);
            }
            _ => {}
        }
    }
}

fn line_of(word: &Ident) -> usize {
    word.span().start().line
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
