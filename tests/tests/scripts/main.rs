//! Stories as transcripts: `tests/scripts/*.txt`, commands and what came of them.
//!
//! ```text
//!  # what the story is about        kept as it is
//!  > merge ada < bob.wll            a command
//!  3 admitted, 0 known, …           what it printed: written anew by UPDATE=1
//! ```
//!
//! `UPDATE=1 cargo test -p woodland-tests --test scripts` writes the transcripts; read the
//! difference.
//!
//! **Invariants**
//! - A transcript is the same on every machine: replicas in memory are seeded, and of those in
//!   directories, whose keys are random, no id is printed; files stand in a temporary folder whose
//!   name is left out.

#[path = "../replica/by_hand.rs"]
#[allow(dead_code, reason = "shared with the tests of replicas, which use the rest")]
mod by_hand;
#[path = "../incarnations/folders.rs"]
#[allow(dead_code, reason = "shared with the tests of incarnations, which use the rest")]
mod folders;
#[path = "../replica/notes.rs"]
#[allow(dead_code, reason = "shared with the tests of replicas, which use the rest")]
mod notes;
mod on_disk;
mod stage;

use stage::Stage;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Fewer stories than these would be a loss.
const STORIES_MIN: usize = 12;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let entries = std::fs::read_dir(folder).expect("the folder of scripts");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a script").path()).collect();
    paths.sort();
    paths
}

/// The script with what its commands print now.
fn play(script: &str) -> String {
    let mut stage = Stage::new();
    let mut transcript = String::new();
    for line in script.lines() {
        let is_story = line.starts_with('#') || line.is_empty();
        if let Some(command) = line.strip_prefix("> ") {
            writeln!(transcript, "{line}").expect("memory");
            let printed = stage.act(command).unwrap_or_else(|error| format!("error: {error}"));
            for line in printed.lines() {
                // An empty line is the story's.
                writeln!(transcript, "| {line}").expect("memory");
            }
        } else if is_story {
            writeln!(transcript, "{line}").expect("memory");
        } else {
            assert!(line.starts_with('|'), "neither story, command nor print: {line}");
        }
    }
    // A bar without words leaves no blank at the end of its line.
    transcript.replace("| \n", "|\n")
}

#[test]
fn every_story_goes_as_it_is_written_down() {
    let is_update = std::env::var("UPDATE").is_ok_and(|update| update == "1");
    let scripts = scripts();
    assert!(scripts.len() >= STORIES_MIN, "{scripts:?}");
    let mut other = Vec::new();
    for path in scripts {
        let written = std::fs::read_to_string(&path).expect("a script");
        let played = play(&written);
        assert_eq!(played, play(&written), "{}: twice the same", path.display());
        if played != written {
            if is_update {
                std::fs::write(&path, &played).expect("written");
            }
            let lines = played.lines().zip(written.lines());
            let first = lines.enumerate().find(|(_, (now, then))| now != then);
            let (at, (now, then)) = first.unwrap_or((0, ("of another length", "")));
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            other.push(format!("{name}:{}:\n  now:  {now}\n  then: {then}", at + 1));
        }
    }
    assert!(is_update || other.is_empty(), "{}\nUPDATE=1 writes them anew", other.join("\n"));
}

#[test]
fn a_story_that_goes_otherwise_is_seen() {
    let script = "# one\n> peer ada 1\n| something else\n";
    let played = play(script);
    assert!(played.starts_with("# one\n> peer ada 1\n| ada founds"), "{played}");
    assert!(play("> dance\n").contains("error: no such command"));
}
