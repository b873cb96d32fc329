//! The pages of the dump, as people see them: `tests/snapshots`, written anew with `UPDATE=1`.

mod branches;
mod chosen;
mod coloured;
mod damaged;
mod differences;
mod explained;
mod library;
mod lives;
mod owned;
mod pictures;
mod talking;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output, Stdio};
use tempfile::TempDir;
use woodland_dump::{Command, Form, Request, Verdict, dump};
use writer::{History, directory, key, log_file};

/// Compares with the snapshot of this name.
pub(crate) fn assert_snapshot(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name} differs; look, then run with UPDATE=1");
}

/// What the binary does with these arguments.
pub(crate) fn binary(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_woodland-dump");
    Process::new(program).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Exit status, output and notes as one text, without the folder's name.
pub(crate) fn session(folder: &TempDir, arguments: &[&str]) -> String {
    let output = binary(arguments);
    let folder = folder.path().display().to_string();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(&folder, "DIR");
    let (out, notes) = (text(&output.stdout), text(&output.stderr));
    let shown = arguments.join(" ").replace(&folder, "DIR");
    let status = output.status.code().unwrap();
    format!("$ woodland-dump {shown}\n{out}--- notes\n{notes}--- exit status {status}\n")
}

/// The page that was asked for.
pub(crate) fn asked(request: &Request) -> (String, Verdict) {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let verdict = dump(request, &mut out, &mut notes).unwrap();
    (String::from_utf8(out).unwrap(), verdict)
}

fn page(path: &Path, command: Command, form: Form) -> (String, Verdict) {
    // Only the diff asks for it; every dataset has one.
    let from = vec![History::shared().commits[1].id().to_string()];
    asked(&Request { form, from, ..Request::of(command, path) })
}

const VERSION_PAGES: [Command; 8] = [
    Command::Commits { signatures: false },
    Command::Order,
    Command::Frontier,
    Command::Graph,
    Command::Deleted,
    Command::Clashes,
    Command::Schemas,
    Command::Diff,
];
const STORED_PAGES: [Command; 3] =
    [Command::Summary, Command::Segments, Command::Verify { deep: true }];
const PICTURES: [Command; 2] = [Command::Dot, Command::Svg];

/// A log file of this history in a folder of its own.
pub(crate) fn stored(history: &History) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.log");
    fs::write(&path, log_file(history.dataset(), &history.segments(None))).unwrap();
    (folder, path)
}

/// A folder with the shared history as a log file and as a dataset directory.
pub(crate) fn shared() -> (TempDir, PathBuf, PathBuf) {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let (file, store) = (folder.path().join("trip.log"), folder.path().join("trip"));
    let segments = history.segments(None);
    fs::write(&file, log_file(history.dataset(), &segments)).unwrap();
    let backwards: Vec<_> = segments.into_iter().rev().collect();
    directory(&store, history.dataset(), &backwards);
    (folder, file, store)
}

#[test]
fn every_page_reads_well() {
    let (folder, file, store) = shared();
    let (file, store) = (file.to_str().unwrap(), store.to_str().unwrap());
    for command in ["commits", "order", "frontier", "graph"] {
        assert_snapshot(&format!("{command}.txt"), &session(&folder, &[command, file]));
        let json = session(&folder, &[command, "--json", file]);
        assert_snapshot(&format!("{command}.json.txt"), &json);
    }
    for (name, path) in [("file", file), ("directory", store)] {
        let segments = session(&folder, &["segments", path]);
        let json = session(&folder, &["segments", "--json", path]);
        assert_snapshot(&format!("segments-{name}.txt"), &(segments + &json));
        let summary = session(&folder, &["summary", path]);
        let verify = session(&folder, &["verify", "--deep", path]);
        assert_snapshot(&format!("whole-{name}.txt"), &(summary + &verify));
    }
    assert_snapshot("signatures.txt", &session(&folder, &["commits", "--signatures", file]));
    assert_snapshot("summary.json.txt", &session(&folder, &["summary", "--json", store]));
}

#[test]
fn pages_of_a_version_depend_on_its_commits_alone() {
    let (_folder, file, store) = shared();
    for command in VERSION_PAGES.into_iter().chain(PICTURES) {
        for form in [Form::Text, Form::Json] {
            assert_eq!(page(&file, command, form), page(&store, command, form), "{command:?}");
        }
    }
}

#[test]
fn json_is_one_document() {
    let (_folder, file, store) = shared();
    for command in VERSION_PAGES.into_iter().chain(STORED_PAGES) {
        for path in [&file, &store] {
            let (text, verdict) = page(path, command, Form::Json);
            let document: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(document.is_object(), "{command:?}");
            assert_eq!(verdict, Verdict::Well, "{command:?}");
        }
    }
}

#[test]
fn no_page_holds_a_control_character_or_the_secret() {
    let (_folder, file, store) = shared();
    let secret: String = key(1).to_seed().iter().map(|byte| format!("{byte:02x}")).collect();
    for command in VERSION_PAGES.into_iter().chain(STORED_PAGES).chain(PICTURES) {
        for path in [&file, &store] {
            for form in [Form::Text, Form::Json] {
                let (text, _) = page(path, command, form);
                assert!(!text.chars().any(|one| one.is_control() && one != '\n'), "{command:?}");
                assert!(!text.contains(&secret), "{command:?}");
            }
        }
    }
}

#[test]
fn a_version_is_named_by_its_heads() {
    let (folder, file, _store) = shared();
    let file = file.to_str().unwrap();
    let history = History::shared();
    let id = |at: usize| history.commits[at].id().to_string();
    let at_hike = session(&folder, &["graph", "--at", &id(1)[..10], file]);
    let at_both = session(&folder, &["graph", "--at", &format!("{},{}", id(1), id(2)), file]);
    let unknown = session(&folder, &["frontier", "--at", &"ab".repeat(32), file]);
    let odd = session(&folder, &["summary", "--at", "zz", file]);
    assert_snapshot("versions.txt", &(at_hike + &at_both + &unknown + &odd));
}

#[test]
fn a_reader_may_go_away() {
    let (_folder, file, _store) = shared();
    let from = History::shared().commits[0].id().to_string();
    let program = env!("CARGO_BIN_EXE_woodland-dump");
    let pages: [&[&str]; 10] = [
        &["commits"],
        &["segments"],
        &["order"],
        &["graph"],
        &["deleted"],
        &["clashes"],
        &["schemas"],
        &["dot"],
        &["svg"],
        &["diff", "--from", &from],
    ];
    for arguments in pages {
        let mut process = Process::new(program)
            .args(arguments)
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(process.stdout.take());
        let output = process.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}");
    }
}
