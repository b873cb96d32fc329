//! What a program is told that does not compile: the likeliest mistakes, as transcripts.
//!
//! Each `cases/NAME.rs` is compiled as a user's crate would be; what the compiler says stands in
//! `cases/NAME.txt`. `UPDATE=1 cargo test -p woodland --test mistakes` writes it anew; read the
//! difference.
//!
//! **Invariants**
//! - Every case is compiled with the library that this test is linked with, which compiles
//!   `cases/sound.rs`.
//! - Of what the compiler says, kept are the messages, their labels, notes and helps, and the line
//!   of the case that they are about; not columns, nor places in other files.
//!
//! What this does not do: test what compiles. `tests/typed` does.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/cases")
}

/// Libraries of the facade beside this test, the newest first: another may be left from a build
/// with other options.
fn libraries() -> Vec<PathBuf> {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.parent().expect("it stands in a folder");
    let is_facade = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libwoodland-") && name.ends_with(".rlib")
    };
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.retain(is_facade);
    found.sort_by_key(|path| std::fs::metadata(path).and_then(|one| one.modified()).ok());
    found.reverse();
    assert!(!found.is_empty(), "no library of the facade in {}", folder.display());
    found
}

/// What the compiler says about a case, one diagnostic a line; whether it compiles.
fn compile(library: &Path, case: &Path, out: &Path) -> (Vec<Value>, bool) {
    let folder = library.parent().expect("it stands in a folder");
    let output = Command::new("rustc")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=json"])
        .args(["-A", "warnings"])
        .arg("--out-dir")
        .arg(out)
        .arg("-L")
        .arg(format!("dependency={}", folder.display()))
        .arg("--extern")
        .arg(format!("woodland={}", library.display()))
        .arg(case)
        .output()
        .expect("rustc runs");
    let said = String::from_utf8(output.stderr).expect("text");
    let lines = said.lines().filter_map(|line| serde_json::from_str(line).ok());
    (lines.collect(), output.status.success())
}

/// The library that compiles what is sound.
fn library(out: &Path) -> PathBuf {
    let sound = cases().join("sound.rs");
    let mut said = Vec::new();
    for library in libraries() {
        let (diagnostics, is_sound) = compile(&library, &sound, out);
        if is_sound {
            return library;
        }
        said.push(format!("{}: {diagnostics:#?}", library.display()));
    }
    panic!("no library compiles cases/sound.rs: {}", said.join("\n"));
}

/// One diagnostic as it is written down.
fn told(diagnostic: &Value, source: &[&str]) -> String {
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let code = text(&diagnostic["code"], "code");
    let code = if code.is_empty() { code } else { format!("[{code}]") };
    let mut page = format!("error{code}: {}\n", text(diagnostic, "message"));
    let empty = Vec::new();
    let spans = diagnostic["spans"].as_array().unwrap_or(&empty);
    let own = |span: &&Value| text(span, "file_name").contains("mistakes/cases");
    for span in spans.iter().filter(own) {
        let is_primary = span["is_primary"].as_bool() == Some(true);
        let number = span["line_start"].as_u64().and_then(|at| usize::try_from(at).ok());
        let line = number.and_then(|at| source.get(at.checked_sub(1)?)).unwrap_or(&"");
        let label = text(span, "label");
        if is_primary {
            writeln!(page, "    > {}", line.trim()).expect("memory");
        }
        if !label.is_empty() {
            writeln!(page, "      {label}").expect("memory");
        }
    }
    let children = diagnostic["children"].as_array().unwrap_or(&empty);
    for child in children {
        let message = text(child, "message");
        // The compiler writes names that are long to files of its own.
        if !message.contains("long-type") && !message.contains("--verbose") {
            let message = message.replace('\n', "\n        ");
            writeln!(page, "    {}: {message}", text(child, "level")).expect("memory");
        }
    }
    page
}

fn transcript(library: &Path, case: &Path, out: &Path) -> String {
    let source = std::fs::read_to_string(case).expect("a case");
    let lines: Vec<&str> = source.lines().collect();
    let (diagnostics, compiles) = compile(library, case, out);
    assert!(!compiles, "{} compiles", case.display());
    let is_error = |one: &&Value| {
        let message = one["message"].as_str().unwrap_or_default();
        one["level"] == "error" && !message.starts_with("aborting due to")
    };
    let pages: Vec<String> =
        diagnostics.iter().filter(is_error).map(|one| told(one, &lines)).collect();
    pages.join("\n")
}

#[test]
fn mistakes_are_told_as_they_were_read_last() {
    let out = tempfile::tempdir().expect("a folder");
    let library = library(out.path());
    let is_update = std::env::var("UPDATE").is_ok_and(|update| update == "1");
    let entries = std::fs::read_dir(cases()).expect("cases");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    paths.retain(|path| !path.ends_with("sound.rs"));
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    let mut differing = Vec::new();
    for path in paths {
        let found = transcript(&library, &path, out.path());
        let written = path.with_extension("txt");
        if is_update {
            std::fs::write(&written, &found).expect("written");
        }
        if std::fs::read_to_string(&written).unwrap_or_default() != found {
            differing.push(format!("{}:\n{found}", path.display()));
        }
    }
    let advice = "the compiler says something else; if it reads well, UPDATE=1 writes it down";
    assert!(differing.is_empty(), "{advice}\n{}", differing.join("\n"));
}
