//! Calls and words that stay out of the code: a second net beside clippy, and what clippy cannot
//! see.
//!
//! **Invariants**
//! - Calls are looked for in tokens, so neither a comment nor a string can trip a rule, and code
//!   inside a macro does not slip through.
//! - Words are looked for in every text file; they are put together here, so that this file passes.

use crate::expect_none;
use crate::tree::{self, File, covers};
use proc_macro2::{TokenStream, TokenTree};
use std::str::FromStr;

/// One token and the line it stands on; a group is its brackets and what is between them.
struct Token {
    text: String,
    line: usize,
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                tokens.push(Token { text: open.to_owned(), line });
                flatten(group.stream(), tokens);
                tokens.push(Token { text: close.to_owned(), line });
            }
            other => tokens.push(Token { text: other.to_string(), line }),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let stream = TokenStream::from_str(text).expect("a source file is made of tokens");
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    tokens
}

/// Whether the code, comments and strings apart, says this word.
pub(crate) fn says(text: &str, word: &str) -> bool {
    tokens(text).iter().any(|token| token.text == word)
}

/// Lines where these tokens follow each other.
fn lines_with(tokens: &[Token], pattern: &[&str]) -> Vec<usize> {
    let matches = |at: &[Token]| at.iter().zip(pattern).all(|(token, want)| token.text == *want);
    tokens.windows(pattern.len()).filter(|at| matches(at)).map(|at| at[0].line).collect()
}

fn use_paths(tree: &syn::UseTree, before: &str, found: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => {
            use_paths(&path.tree, &format!("{before}{}::", path.ident), found);
        }
        syn::UseTree::Name(name) => found.push(format!("{before}{}", name.ident)),
        syn::UseTree::Rename(name) => found.push(format!("{before}{}", name.ident)),
        syn::UseTree::Glob(_) => found.push(format!("{before}*")),
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| use_paths(tree, before, found));
        }
    }
}

/// Parts of the standard library that no pure crate names. `std::time::Duration` is a plain number.
const IMPURE: [&str; 6] = ["env", "fs", "net", "process", "thread", "time"];
const SAYING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

fn purity_complaints(file: &File) -> Vec<String> {
    let (tests, tokens) = (file.test_lines(), tokens(&file.text));
    let mut lines = Vec::new();
    for module in IMPURE {
        lines.extend(lines_with(&tokens, &["std", ":", ":", module]));
    }
    for duration in lines_with(&tokens, &["std", ":", ":", "time", ":", ":", "Duration"]) {
        let at = lines.iter().position(|line| *line == duration);
        lines.remove(at.expect("std::time was found on that line"));
    }
    for saying in SAYING {
        lines.extend(lines_with(&tokens, &[saying, "!"]));
    }
    for item in file.parse().items {
        let syn::Item::Use(one) = item else { continue };
        let mut paths = Vec::new();
        use_paths(&one.tree, "", &mut paths);
        let is_impure = |path: &String| {
            let mut parts = path.split("::");
            parts.next() == Some("std")
                && parts.next().is_some_and(|part| IMPURE.contains(&part))
                && path != "std::time::Duration"
        };
        if paths.iter().any(is_impure) {
            lines.push(one.use_token.span.start().line);
        }
    }
    lines.retain(|line| !covers(&tests, *line));
    lines.sort_unstable();
    lines.dedup();
    lines.iter().map(|line| format!("{}:{line}", file.path)).collect()
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let files =
        crate::edges::pure_folders().flat_map(|name| tree::rust(&format!("crates/{name}/src")));
    let complaints: Vec<_> = files.flat_map(|file| purity_complaints(&file)).collect();
    expect_none(
        &complaints,
        "format, log and graph have no IO, clock, randomness or threads: let the caller bring it.",
    );
}

#[test]
fn an_impure_call_is_seen() {
    let impure = [
        "use std::{fmt, fs};",
        "use std::time::Instant;",
        "fn a() { std::thread::spawn(b); }",
        "fn a() { let x = std::env::var(\"X\"); }",
        "fn a() { log!(println!(\"x\")); }",
        "use std::net::TcpStream as Wire;",
    ];
    for text in impure {
        assert_eq!(purity_complaints(&File::snippet("x/y.rs", text)).len(), 1, "{text}");
    }
    let pure = "use std::time::Duration;\n/// Not std::fs.\nfn a() { \"std::fs\"; }\n\
                #[cfg(test)]\nmod tests { fn a() { std::fs::read(b); } }";
    assert!(purity_complaints(&File::snippet("x/y.rs", pure)).is_empty());
}

/// An invariant is named in at least this many words.
const INVARIANT_WORDS_MIN: usize = 2;

/// Whether the call whose bracket is the first of these tokens lacks a sentence: it has no
/// arguments, or a text of one word that is not a constant with the sentence, as in `"{HELD}"`.
/// What is given in another way is given by name, and the name is read where it is defined.
fn is_careless(call: &[Token]) -> bool {
    let text = call.get(1).map_or("", |token| token.text.as_str());
    let names_constant =
        text.strip_prefix("\"{").is_some_and(|t| t.starts_with(char::is_uppercase));
    let is_short = text.split_whitespace().count() < INVARIANT_WORDS_MIN;
    text == ")" || text.starts_with('"') && is_short && !names_constant
}

fn panic_complaints(file: &File) -> Vec<String> {
    let (tests, tokens) = (file.test_lines(), tokens(&file.text));
    let mut found: Vec<(usize, &str)> = Vec::new();
    for line in lines_with(&tokens, &[".", "unwrap", "(", ")"]) {
        found.push((line, "unwrap: return an error, or expect(\"the invariant\")"));
    }
    for name in ["todo", "unimplemented"] {
        for line in lines_with(&tokens, &[name, "!"]) {
            found.push((line, "unfinished: finish it, or leave it out"));
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        let after = |steps: usize| tokens.get(at + steps).map_or("", |one| one.text.as_str());
        let arguments = match (token.text.as_str(), after(1)) {
            ("panic" | "unreachable", "!") => at + 2,
            (".", "expect") => at + 2,
            _ => continue,
        };
        if is_careless(&tokens[arguments..]) {
            found.push((token.line, "a panic that does not name its invariant"));
        }
    }
    found.retain(|(line, _)| !covers(&tests, *line));
    found.sort_unstable();
    found.iter().map(|(line, what)| format!("{}:{line}: {what}", file.path)).collect()
}

#[test]
fn panics_name_an_invariant() {
    let complaints: Vec<_> = tree::crate_sources().iter().flat_map(panic_complaints).collect();
    expect_none(&complaints, "Bytes from outside never panic; our own impossible states say why.");
}

#[test]
fn a_careless_panic_is_seen() {
    let careless = [
        "fn a() { b().unwrap(); }",
        "fn a() { panic!(\"no\"); }",
        "fn a() { panic!(); }",
        "fn a() { todo!() }",
        "fn a() { unreachable!() }",
        "fn a() { panic!(\"{error}\") }",
        "fn a() { b().expect(\"works\"); }",
        "fn a() { assert!(b().unwrap()); }",
    ];
    for text in careless {
        assert_eq!(panic_complaints(&File::snippet("x/y.rs", text)).len(), 1, "{text}");
    }
    let careful = "/// .unwrap()\nfn a() { b().expect(\"a head is held\"); c().unwrap_or(1); }\n\
                   fn d() { panic!(\"a head is held\") }\nfn e() { panic!(\"{HELD}\") }\n\
                   #[cfg(test)]\nmod tests { fn a() { b().unwrap(); } }";
    assert!(panic_complaints(&File::snippet("x/y.rs", careful)).is_empty());
}

/// Words that no file of the repository holds, and why.
const WORDS: [(&str, &str); 9] = [
    (concat!("TO", "DO"), "do it now, or open an issue"),
    (concat!("FIX", "ME"), "fix it now, or open an issue"),
    (concat!("XX", "X "), "do it now, or open an issue"),
    (concat!("farm", "-bench"), "the workplace stays out of the project"),
    (concat!("/work/.", "library"), "the workplace stays out of the project"),
    (concat!("dupli", "cates --"), "the workplace stays out of the project"),
    (concat!("<<<<", "<<< "), "a merge that was not finished: choose, and take the marks out"),
    (concat!(">>>>", ">>> "), "a merge that was not finished: choose, and take the marks out"),
    (concat!("``", "`ignore"), "examples in docs compile and run"),
];

fn word_complaints(file: &File) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for (word, why) in WORDS.iter().filter(|(word, _)| line.contains(word)) {
            complaints.push(format!("{}:{}: '{word}': {why}", file.path, at + 1));
        }
    }
    complaints
}

#[test]
fn no_file_holds_a_banned_word() {
    let complaints: Vec<_> = tree::texts().iter().flat_map(word_complaints).collect();
    expect_none(&complaints, "Each says what to do instead.");
}

#[test]
fn a_banned_word_is_seen() {
    for (word, _) in WORDS {
        let text = format!("a\n// {word}: later\n");
        assert_eq!(word_complaints(&File::snippet("x/y.rs", &text)).len(), 1, "{word}");
    }
    assert!(word_complaints(&File::snippet("x/y.rs", "let todos = 1; // ignored")).is_empty());
}

fn ignore_complaints(file: &File) -> Vec<String> {
    let tokens = tokens(&file.text);
    let lines = lines_with(&tokens, &["#", "[", "ignore"]);
    lines.iter().map(|line| format!("{}:{line}", file.path)).collect()
}

#[test]
fn no_test_is_ignored() {
    let starts = ["crates", "tests", "benches"];
    let files = starts.iter().flat_map(|start| tree::rust(start));
    let complaints: Vec<_> = files.flat_map(|file| ignore_complaints(&file)).collect();
    expect_none(
        &complaints,
        "A test that does not run tells nothing: mend it, shrink it or remove it.",
    );
}

#[test]
fn an_ignored_test_is_seen() {
    let plain = "#[test]\n#[ignore]\nfn a() {}\n";
    let reasoned = "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n";
    for text in [plain, reasoned] {
        assert_eq!(ignore_complaints(&File::snippet("x/y.rs", text)).len(), 1);
    }
}
