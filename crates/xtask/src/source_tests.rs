//! Every check fires on what it is for, and on nothing near it.

use super::*;

fn parse(text: &str) -> File {
    syn::parse_file(text).expect("the snippet is Rust")
}

fn lines(found: Objections) -> Vec<usize> {
    found.into_iter().map(|(line, _)| line).collect()
}

fn body(lines: usize) -> String {
    "    work();\n".repeat(lines)
}

#[test]
fn a_body_of_the_limit_passes_and_one_line_more_does_not() {
    let fits = format!("fn f() {{\n{}}}\n", body(BODY_LINES_MAX));
    assert_eq!(lines(long_functions(&parse(&fits))), []);
    let long = format!("fn f() {{\n{}}}\n", body(BODY_LINES_MAX + 1));
    assert_eq!(lines(long_functions(&parse(&long))), [1]);
}

#[test]
fn methods_default_methods_and_inner_functions_are_measured() {
    let body = body(BODY_LINES_MAX + 1);
    let text = format!(
        "impl S {{\n    fn a() {{\n{body}}}\n}}\ntrait T {{\n    fn b() {{\n{body}}}\n}}\n\
         mod m {{\n    fn c() {{\n        fn d() {{\n{body}}}\n    }}\n}}\n"
    );
    let found = long_functions(&parse(&text));
    let names: Vec<&str> = found.iter().filter_map(|(_, what)| what.split(' ').nth(1)).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[test]
fn a_long_signature_is_not_a_long_body() {
    let arguments: String = (0..BODY_LINES_MAX + 1).map(|at| format!("    a{at}: u8,\n")).collect();
    assert_eq!(lines(long_functions(&parse(&format!("fn f(\n{arguments}) {{}}\n")))), []);
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let item = "const A: u8 = 1;\n".repeat(FILE_LINES_MAX);
    assert_eq!(lines(long_file(&parse(&item), &item)), []);
    let longer = format!("{item}const B: u8 = 1;\n");
    assert_eq!(lines(long_file(&parse(&longer), &longer)), [1]);
    let tested = format!("{item}#[cfg(test)]\nmod tests {{\n    fn f() {{}}\n}}\n");
    assert_eq!(lines(long_file(&parse(&tested), &tested)), []);
}

#[test]
fn an_ignored_test_must_say_why() {
    let text =
        "#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\nfn b() {}\n#[ignore] // slow\nfn c() {}";
    assert_eq!(lines(unexplained_ignores(&parse(text), text)), [1]);
}

#[test]
fn unfinished_macros_and_unsafe_are_found_even_inside_macros() {
    let text = "fn a() {\n    todo!()\n}\nfn b() {\n    assert!({ unimplemented!() })\n}\n\
                unsafe fn c() {}\nfn todo() {}\n";
    assert_eq!(lines(banned_everywhere(text)), [2, 5, 7]);
}

#[test]
fn words_in_comments_and_strings_are_free() {
    let text = "/// unsafe std::time todo!()\nconst A: &str = \"std::fs unsafe\"; // println!\n";
    assert_eq!(lines(banned_everywhere(text)), []);
    assert_eq!(lines(banned_below_runtime(&parse(text), text)), []);
}

#[test]
fn every_forbidden_name_is_found() {
    for name in BANNED_NAMES {
        let text = format!("fn f() {{\n    x::{name}::y();\n}}\n");
        assert_eq!(lines(banned_below_runtime(&parse(&text), &text)), [2], "{name}");
    }
    for name in BANNED_MACROS {
        let text = format!("fn f() {{\n    {name}!(\"\");\n}}\n");
        assert_eq!(lines(banned_below_runtime(&parse(&text), &text)), [2], "{name}");
        let text = format!("fn {name}() {{}}\n");
        assert_eq!(lines(banned_below_runtime(&parse(&text), &text)), [], "{name}");
    }
    for path in ["std::time", "std::thread", "std::fs", "std::net", "std::env"] {
        let text = format!("use {path};\n");
        assert_eq!(lines(banned_below_runtime(&parse(&text), &text)), [1], "{path}");
    }
}

#[test]
fn tests_of_a_bare_crate_may_use_std() {
    let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\nuse std::env;\n";
    assert_eq!(lines(banned_below_runtime(&parse(text), text)), [6]);
}

#[test]
fn the_engine_is_found_however_it_is_imported() {
    let text = "use quorate_kernel::{Rounds, engine::{pen}};\nfn f() {\n    engine::pen(p);\n}\n\
                #[cfg(test)]\nmod tests {\n    use quorate_kernel::engine;\n}\n";
    assert_eq!(lines(names_engine(&parse(text), text)), [1, 3]);
}

#[test]
fn no_std_must_be_unconditional() {
    assert_eq!(lines(missing_no_std(&parse("#![cfg_attr(not(test), no_std)]\n"))), [1]);
    assert_eq!(lines(missing_no_std(&parse("//! Text.\n#![no_std]\n"))), []);
}
