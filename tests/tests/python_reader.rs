//! A second reader, in Python and written from `docs/format.md` alone, reads what Woodland reads.
//!
//! Without python3 the tests say SKIPPED, unless `WOODLAND_REQUIRE` names python3.

use std::path::{Path, PathBuf};
use std::process::Command;
use woodland::{Record, Replica, Schema, Text, define};
use woodland_dump::{Form, Request, dump};
use woodland_format::{CommitId, VersionId, version_id};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a script printed; none where there is no python3.
fn python(script: &str, arguments: &[&str]) -> Option<(bool, String, String)> {
    let required = std::env::var("WOODLAND_REQUIRE").unwrap_or_default();
    let output = Command::new("python3").arg(here().join(script)).args(arguments).output();
    match output {
        Ok(output) => {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            Some((output.status.success(), text(output.stdout), text(output.stderr)))
        }
        Err(error) => {
            assert!(!required.contains("python3"), "python3 is required: {error}");
            eprintln!("SKIPPED: {script}: no python3 ({error})");
            None
        }
    }
}

/// Compares all that the two readers say of a path.
fn compare(path: &Path) -> Option<()> {
    let at = path.display().to_string();
    let (order, heads, version) = woodland_says(path);
    let (is_well, out, err) = python("reader.py", &[&at])?;
    assert!(is_well, "{at}: {err}");
    assert!(!order.is_empty() && out.lines().count() == order.len(), "{at}: {out}");
    for (position, (found, expected)) in out.lines().zip(&order).enumerate() {
        assert_eq!(found, expected, "{at}: position {position}");
    }
    let (is_well, out, err) = python("reader.py", &["--heads", &at])?;
    assert!(is_well, "{at}: {err}");
    let mut expected: Vec<String> = heads.iter().map(ToString::to_string).collect();
    expected.push(format!("version {version}"));
    assert_eq!(out.lines().collect::<Vec<_>>(), expected, "{at}");
    Some(())
}

/// The order as lines, the heads and the version, by `woodland-dump order --json`.
fn woodland_says(path: &Path) -> (Vec<String>, Vec<CommitId>, VersionId) {
    let page = |command| {
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let request = Request { form: Form::Json, ..Request::of(command, path) };
        dump(&request, &mut out, &mut notes).expect("a page");
        assert!(notes.is_empty(), "{}", String::from_utf8_lossy(&notes));
        serde_json::from_slice::<serde_json::Value>(&out).expect("one document")
    };
    let order = page(woodland_dump::Command::Order);
    let rows = order["order"].as_array().expect("rows");
    let word = |row: &serde_json::Value, name: &str| row[name].as_str().expect("text").to_owned();
    let line = |row: &serde_json::Value| {
        format!("{} {} {} {}", row["turn"], word(row, "author"), row["seq"], word(row, "id"))
    };
    let lines = rows.iter().map(line).collect();
    let frontier = page(woodland_dump::Command::Frontier);
    let heads: Vec<CommitId> = frontier["heads"]
        .as_array()
        .expect("heads")
        .iter()
        .map(|head| head.as_str().expect("an id").parse().expect("an id"))
        .collect();
    let version = version_id(&heads);
    (lines, heads, version)
}

/// A golden vector of the page.
fn vector(name: &str) -> Vec<u8> {
    let page = include_str!("../../docs/format.md");
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
    let pairs = line.expect("a vector").as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16);
    pairs.map(|pair| byte(pair).expect("hex")).collect()
}

#[test]
fn who_may_write_and_what_is_masked_is_read_from_the_page_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rights.wll");
    std::fs::write(&path, vector("rights.file")).expect("a file");
    let at = path.display().to_string();
    let ids = |name| {
        let bytes = vector(name);
        let ids = bytes.as_chunks::<32>().0.iter();
        ids.map(|id| CommitId(*id).to_string()).collect::<Vec<_>>()
    };
    let Some((is_well, out, err)) = python("reader.py", &[&at]) else { return };
    assert!(is_well, "{err}");
    let found: Vec<&str> =
        out.lines().map(|line| line.rsplit_once(' ').expect("words").1).collect();
    assert_eq!(found, ids("rights.order"));
    let refused = ids("rights.refused");
    for id in &refused {
        assert!(
            err.contains(&format!("commit {id} breaks a rule: its author has no right")),
            "{err}"
        );
    }
    assert_eq!(err.matches("breaks a rule").count(), refused.len(), "{err}");
    let (_, out, _) = python("reader.py", &["--masked", &at]).expect("it was there before");
    assert_eq!(out.lines().collect::<Vec<_>>(), ids("rights.masked"));
}

#[test]
fn recorded_logs_are_read_alike() {
    let logs = std::fs::read_dir(here().join("logs")).expect("recorded logs");
    let mut paths: Vec<PathBuf> = logs.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wll"));
    assert!(!paths.is_empty());
    for path in paths {
        let recorded = std::fs::read_to_string(path.with_extension("txt")).expect("recorded");
        let (order, _, version) = woodland_says(&path);
        let ids = order.iter().map(|line| line.rsplit(' ').next().unwrap_or_default());
        let expected: Vec<&str> = recorded.lines().collect();
        assert_eq!(format!("version {version}"), expected[0], "{}", path.display());
        assert_eq!(ids.collect::<Vec<_>>(), expected[2..], "{}", path.display());
        if compare(&path).is_none() {
            return;
        }
    }
}

#[derive(Record)]
struct Line {
    text: Text,
}

fn schema() -> Schema {
    define().record::<Line>().schema().expect("a schema")
}

#[test]
fn an_export_and_its_directory_are_read_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dataset");
    let one = Replica::create(&path, schema()).expect("created");
    let line = one.write(|b| b.insert(&Line { text: "Zeile".into() })).expect("written");
    let (other, _) = Replica::join_in_memory(schema(), &one, 2).expect("joined");
    for replica in [&one, &other, &one, &other] {
        replica.write(|b| b.edit(line, Line::TEXT.insert(1, "ä"))).expect("written");
    }
    one.merge(&other).expect("merged");
    one.write(|b| b.edit(line, Line::TEXT.delete(0..1))).expect("written");
    let export = folder.path().join("export.wll");
    one.export(&export).expect("exported");
    let expected = one.snapshot().version();
    drop(one);
    let (_, _, version) = woodland_says(&export);
    assert_eq!(version, expected);
    let _ = compare(&export).and_then(|()| compare(&path));
}

#[test]
fn damage_is_told_by_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bent.wll");
    let mut bytes = std::fs::read(here().join("logs/three-authors.wll")).expect("a recorded log");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).expect("bytes");
    let Some((is_well, _, err)) = python("reader.py", &[&path.display().to_string()]) else {
        return;
    };
    assert!(!is_well && err.contains("checksum"), "{err}");
}

#[test]
fn the_reader_reads_the_golden_vectors() {
    if let Some((is_well, out, err)) = python("reader_test.py", &[]) {
        assert!(is_well, "{out}{err}");
    }
}
