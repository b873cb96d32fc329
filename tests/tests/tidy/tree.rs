//! The files of the checkout, and which of their lines are tests.
//!
//! **Invariants**
//! - Paths are relative to the top level, with `/`; build output and git's own files are left out.
//! - Test code is: what `#[cfg(test)]` marks, the files of modules so marked, and files in a
//!   crate's `tests` folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::Visit;

/// One text file.
pub(crate) struct File {
    /// Relative to the top level.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
    /// Whether all of it is test code.
    pub(crate) is_test: bool,
}

impl File {
    /// A snippet that stands at this path.
    pub(crate) fn snippet(path: &str, text: &str) -> Self {
        File { path: path.to_owned(), text: text.to_owned(), is_test: false }
    }

    /// The parsed source.
    pub(crate) fn parse(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| {
            panic!("{}:{}: {error}", self.path, error.span().start().line);
        })
    }

    /// First and last line of every item under `#[cfg(test)]`.
    pub(crate) fn test_lines(&self) -> Vec<(usize, usize)> {
        if self.is_test {
            return vec![(0, usize::MAX)];
        }
        let mut found = TestItems { lines: Vec::new() };
        found.visit_file(&self.parse());
        found.lines
    }

    /// How many lines are no test code.
    pub(crate) fn code_lines(&self) -> usize {
        let tests = self.test_lines();
        (1..=self.text.lines().count()).filter(|line| !covers(&tests, *line)).count()
    }

    /// The `//!` lines at the top.
    pub(crate) fn header(&self) -> String {
        self.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
    }
}

/// Whether a line lies in one of these ranges.
pub(crate) fn covers(ranges: &[(usize, usize)], line: usize) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&line))
}

/// Whether an item is under `#[cfg(test)]`.
pub(crate) fn is_cfg_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("cfg")
            && one.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

struct TestItems {
    lines: Vec<(usize, usize)>,
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(one) => &one.attrs,
            syn::Item::Fn(one) => &one.attrs,
            syn::Item::Impl(one) => &one.attrs,
            syn::Item::Use(one) => &one.attrs,
            syn::Item::Struct(one) => &one.attrs,
            _ => return syn::visit::visit_item(self, item),
        };
        if is_cfg_test(attributes) {
            let span = item.span();
            self.lines.push((span.start().line, span.end().line));
        } else {
            syn::visit::visit_item(self, item);
        }
    }
}

/// The top level.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests package stands in the top level").to_owned()
}

/// The text of a file at the top level or below.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of the folders and files in a folder, ascending.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("a listed entry can be read").file_name().into_string().expect("UTF-8 names")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Every text file of the checkout.
pub(crate) fn texts() -> Vec<File> {
    let mut files = Vec::new();
    for name in names("").iter().filter(|name| *name != ".git") {
        collect(name, &mut files);
    }
    files
}

/// Every Rust file whose path starts like this.
pub(crate) fn rust(start: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(start, &mut files);
    files.retain(|file| file.path.ends_with(".rs"));
    mark_tests(&mut files);
    files
}

/// Every Rust file under `crates/*/src`.
pub(crate) fn crate_sources() -> Vec<File> {
    names("crates").iter().flat_map(|name| rust(&format!("crates/{name}/src"))).collect()
}

/// Where a build puts its output: at the top level, and in a package with a workspace of its own.
const OUTPUT: &str = "target";

fn collect(path: &str, files: &mut Vec<File>) {
    let full = root().join(path);
    if full.file_name().is_some_and(|name| name == OUTPUT) {
        return;
    }
    if full.is_dir() {
        for name in names(path) {
            collect(&format!("{path}/{name}"), files);
        }
    } else if let Ok(text) = fs::read_to_string(&full) {
        files.push(File { path: path.to_owned(), text, is_test: false });
    }
}

fn mark_tests(files: &mut [File]) {
    let mut marked = BTreeSet::new();
    for file in files.iter() {
        for item in file.parse().items {
            if let syn::Item::Mod(one) = item
                && one.content.is_none()
                && is_cfg_test(&one.attrs)
            {
                marked.insert(format!("{}{}", children(&file.path), one.ident));
            }
        }
    }
    for file in files {
        let stem = file.path.trim_end_matches(".rs");
        file.is_test =
            marked.iter().any(|start| stem == start || stem.starts_with(&format!("{start}/")));
    }
}

/// Where the files of a file's submodules stand.
pub(crate) fn children(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').expect("a source file stands in a folder");
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => format!("{folder}/"),
        _ => format!("{folder}/{}/", name.trim_end_matches(".rs")),
    }
}

#[test]
fn lines_under_cfg_test_are_told_apart() {
    let text = "//! x\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
    let file = File::snippet("crates/x/src/y.rs", text);
    assert_eq!(file.test_lines(), vec![(3, 6)]);
    assert_eq!(file.code_lines(), 3);
}

#[test]
fn files_of_test_modules_are_told_apart() {
    let mut files = [
        File::snippet("crates/x/src/y.rs", "#[cfg(test)]\nmod hostile;\nmod other;\n"),
        File::snippet("crates/x/src/y/hostile.rs", "fn a() {}"),
        File::snippet("crates/x/src/y/other.rs", "fn a() {}"),
    ];
    mark_tests(&mut files);
    assert_eq!(files.map(|file| file.is_test), [false, true, false]);
}
