//! Sizes, headers and names: what a reader meets before reading.
//!
//! **Invariants**
//! - Lines are counted without test code; a file's own tests do not make it long.
//! - The limits are named here and nowhere else.

use crate::expect_none;
use crate::tree::{self, File, covers};
use std::collections::BTreeSet;
use syn::visit::Visit;

const FILE_LINES_NOTED: usize = 400;
const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;
/// With a string in it that rustfmt cannot break.
const STRING_LINE_COLUMNS_MAX: usize = 120;
/// From this length on a module says what always holds in it …
const INVARIANTS_FROM_LINES: usize = 60;
/// … and from this on also what it leaves to others.
const LIMITS_OF_SCOPE_FROM_LINES: usize = 150;

const TOP_LEVEL: [&str; 10] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "crates",
    "docs",
    "rust-toolchain.toml",
    "tests",
];

fn sources() -> Vec<File> {
    let mut files = tree::crate_sources();
    files.extend(tree::rust("tests/src"));
    files.extend(tree::rust("benches"));
    files
}

fn length_complaint(file: &File) -> Option<String> {
    let lines = file.code_lines();
    (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", file.path))
}

#[test]
fn files_are_short() {
    let files = sources();
    for file in files.iter().filter(|file| file.code_lines() > FILE_LINES_NOTED) {
        let (path, lines) = (&file.path, file.code_lines());
        eprintln!("note: {path} has {lines} lines: could it be two? ({FILE_LINES_MAX} is the end)");
    }
    let complaints: Vec<_> = files.iter().filter_map(length_complaint).collect();
    expect_none(&complaints, "Split along a noun of the domain, each part with its own header.");
}

#[test]
fn a_long_file_is_seen() {
    let long = "fn a() {}\n".repeat(FILE_LINES_MAX + 1);
    assert!(length_complaint(&File::snippet("x/y.rs", &long)).is_some());
    let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert!(length_complaint(&File::snippet("x/y.rs", &tests)).is_none());
}

struct Functions {
    found: Vec<(String, usize, usize)>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = body.brace_token.span.close().end().line;
        self.found.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, one: &'ast syn::ItemFn) {
        self.note(&one.sig, &one.block);
        syn::visit::visit_item_fn(self, one);
    }

    fn visit_impl_item_fn(&mut self, one: &'ast syn::ImplItemFn) {
        self.note(&one.sig, &one.block);
        syn::visit::visit_impl_item_fn(self, one);
    }

    fn visit_trait_item_fn(&mut self, one: &'ast syn::TraitItemFn) {
        if let Some(body) = &one.default {
            self.note(&one.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, one);
    }
}

fn function_complaints(file: &File) -> Vec<String> {
    let tests = file.test_lines();
    let mut functions = Functions { found: Vec::new() };
    functions.visit_file(&file.parse());
    let long = functions
        .found
        .into_iter()
        .filter(|(_, first, last)| last - first >= FUNCTION_LINES_MAX && !covers(&tests, *first));
    long.map(|(name, first, last)| {
        format!("{}:{first}: fn {name} has {} lines", file.path, last - first + 1)
    })
    .collect()
}

#[test]
fn functions_fit_on_a_screen() {
    let complaints: Vec<_> = sources().iter().flat_map(function_complaints).collect();
    expect_none(&complaints, "At most 70 lines: name the steps and make them functions.");
}

#[test]
fn a_long_function_is_seen() {
    let body = "    work();\n".repeat(FUNCTION_LINES_MAX - 1);
    let long = format!("impl A {{\nfn a() {{\n{body}}}\n}}\n");
    assert_eq!(function_complaints(&File::snippet("x/y.rs", &long)).len(), 1);
    let fits = long.replacen("    work();\n", "", 1);
    assert!(function_complaints(&File::snippet("x/y.rs", &fits)).is_empty());
}

fn width_complaints(file: &File) -> Vec<String> {
    let wide = file.text.lines().enumerate().filter(|(_, line)| {
        let columns = line.chars().count();
        let is_string = line.contains('"');
        columns > if is_string { STRING_LINE_COLUMNS_MAX } else { LINE_COLUMNS_MAX }
    });
    wide.map(|(at, line)| format!("{}:{}: {} columns", file.path, at + 1, line.chars().count()))
        .collect()
}

#[test]
fn lines_are_narrow() {
    let files: Vec<_> = ["crates", "tests", "benches"].iter().flat_map(|p| tree::rust(p)).collect();
    let complaints: Vec<_> = files.iter().flat_map(width_complaints).collect();
    expect_none(&complaints, "100 columns, 120 with a string that cannot be broken.");
}

#[test]
fn a_wide_line_is_seen() {
    let wide = format!("// {}", "x".repeat(98));
    assert_eq!(width_complaints(&File::snippet("x/y.rs", &wide)).len(), 1);
    let string = format!("#[error(\"{}\")]", "x".repeat(LINE_COLUMNS_MAX));
    assert!(width_complaints(&File::snippet("x/y.rs", &string)).is_empty());
}

fn header_complaint(file: &File) -> Option<String> {
    let (path, lines, header) = (&file.path, file.code_lines(), file.header());
    if header.is_empty() {
        Some(format!("{path}: does not begin with `//!`: say what it is, in a sentence"))
    } else if lines > INVARIANTS_FROM_LINES && !header.contains("Invariants") {
        Some(format!("{path}: {lines} lines and no list `**Invariants**` in the header"))
    } else if lines > LIMITS_OF_SCOPE_FROM_LINES && !header.contains("not do") {
        Some(format!("{path}: {lines} lines and no `What this does not do: …` in the header"))
    } else {
        None
    }
}

#[test]
fn modules_introduce_themselves() {
    let complaints: Vec<_> =
        tree::crate_sources().iter().filter(|f| !f.is_test).filter_map(header_complaint).collect();
    expect_none(&complaints, "See crates/format/src/commit.rs for a header as it should be.");
}

#[test]
fn a_poor_header_is_seen() {
    let code = "fn a() {}\n".repeat(INVARIANTS_FROM_LINES);
    let more = code.repeat(3);
    let all = format!("//! A.\n//! **Invariants**\n//! What this does not do: b.\n{more}");
    let poor =
        [code.clone(), format!("//! A.\n{code}"), format!("//! A.\n//! **Invariants**\n{more}")];
    for text in poor {
        assert!(header_complaint(&File::snippet("x/y.rs", &text)).is_some(), "{text:.60}");
    }
    assert_eq!(header_complaint(&File::snippet("x/y.rs", &all)), None);
}

const NOT_NOUNS: [&str; 10] = [
    "common", "helper", "helpers", "manager", "managers", "misc", "type", "types", "util", "utils",
];

fn is_bad_module_name(name: &str) -> bool {
    let ages = ["new", "old", "legacy", "v1", "v2", "v3"];
    NOT_NOUNS.contains(&name) || name.ends_with('2') || name.split('_').any(|p| ages.contains(&p))
}

struct Modules(Vec<String>);

impl<'ast> Visit<'ast> for Modules {
    fn visit_item_mod(&mut self, one: &'ast syn::ItemMod) {
        self.0.push(one.ident.to_string());
        syn::visit::visit_item_mod(self, one);
    }
}

fn name_complaints(file: &File) -> Vec<String> {
    let mut modules = Modules(Vec::new());
    modules.visit_file(&file.parse());
    let (_, inside) = file.path.split_once("src/").unwrap_or(("", &file.path));
    modules.0.extend(inside.trim_end_matches(".rs").split('/').map(str::to_owned));
    let bad: BTreeSet<_> = modules.0.iter().filter(|name| is_bad_module_name(name)).collect();
    bad.iter().map(|name| format!("{}: module {name}", file.path)).collect()
}

#[test]
fn modules_are_named_by_nouns_of_the_domain() {
    let complaints: Vec<_> = sources().iter().flat_map(name_complaints).collect();
    expect_none(&complaints, "Name what the module is about, without its age or its version.");
}

#[test]
fn a_bad_module_name_is_seen() {
    let bad = ["crates/x/src/utils.rs", "crates/x/src/helpers/order.rs", "crates/x/src/ops_old.rs"];
    for path in bad {
        assert_eq!(name_complaints(&File::snippet(path, "")).len(), 1, "{path}");
    }
    assert_eq!(name_complaints(&File::snippet("crates/x/src/a.rs", "mod op_set2 {}")).len(), 1);
    assert!(name_complaints(&File::snippet("crates/x/src/threshold.rs", "")).is_empty());
}

fn top_level_complaints(names: &[String]) -> Vec<String> {
    let hidden = |name: &&String| !name.starts_with('.') && *name != "target";
    names.iter().filter(hidden).filter(|n| !TOP_LEVEL.contains(&n.as_str())).cloned().collect()
}

#[test]
fn the_top_level_is_the_one_agreed() {
    let complaints = top_level_complaints(&tree::names(""));
    expect_none(&complaints, "The top level is fixed: put these under docs, tests or a crate.");
    let present = tree::names("");
    let missing: Vec<_> =
        TOP_LEVEL.iter().filter(|name| !present.iter().any(|p| p == *name)).collect();
    assert!(missing.is_empty(), "missing at the top level: {missing:?}");
}

#[test]
fn a_stray_file_at_the_top_is_seen() {
    let names = [".ci", "Cargo.toml", "notes.md", "target"].map(str::to_owned);
    assert_eq!(top_level_complaints(&names), ["notes.md"]);
}
