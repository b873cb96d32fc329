//! Colours: only where they are wanted, and never what alone says something.

use crate::writer::{History, log_file};
use crate::{asked, shared};
use std::fs;
use std::process::{Command as Process, Stdio};
use woodland_dump::{Act, Command, Form, Paint, Progress, Request, dump_watched};

const PAGES: [Command; 11] = [
    Command::Summary,
    Command::Commits { signatures: true },
    Command::Order,
    Command::Frontier,
    Command::Graph,
    Command::Deleted,
    Command::Clashes,
    Command::Schemas,
    Command::Segments,
    Command::Diff,
    Command::Verify { deep: true },
];

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

#[test]
fn a_coloured_page_is_the_plain_one_with_colours() {
    let (_folder, file, _store) = shared();
    for command in PAGES {
        let from = vec![History::shared().commits[1].id().to_string()];
        let plain = Request { from, ..Request::of(command, &file) };
        let coloured = Request { paint: Paint::Coloured, ..plain.clone() };
        let (plain, coloured) = (asked(&plain).0, asked(&coloured).0);
        assert!(!plain.contains('\u{1b}'), "{command:?}");
        assert!(coloured.contains("\u{1b}["), "{command:?}");
        assert_eq!(without_colours(&coloured), plain, "{command:?}");
    }
}

#[test]
fn a_pipe_has_colours_only_when_asked_and_json_never() {
    let (_folder, file, _store) = shared();
    let run = |arguments: &[&str], no_color: Option<&str>| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_woodland-dump"));
        process.args(arguments).arg(&file).stdin(Stdio::null()).env_remove("NO_COLOR");
        process.envs(no_color.map(|value| ("NO_COLOR", value)));
        let output = process.output().unwrap();
        assert!(output.status.success());
        output.stdout.contains(&0x1b)
    };
    assert!(!run(&["commits"], None));
    assert!(!run(&["commits"], Some("1")));
    assert!(!run(&["--color", "never", "commits"], None));
    assert!(run(&["--color", "always", "commits"], None));
    // What is said outright counts more than what the surroundings say.
    assert!(run(&["commits", "--color", "always"], Some("1")));
    assert!(!run(&["--color", "always", "commits", "--json"], None));
    assert!(!run(&["--color", "always", "svg"], None));
}

/// On a terminal of `script`, where that is installed: colours unless `NO_COLOR` is something.
#[test]
fn a_terminal_has_colours_unless_no_color_is_something() {
    if Process::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        let required = std::env::var("WOODLAND_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|one| one == "script"), "`script` is required");
        eprintln!("skipped: no `script` here to make a terminal");
        return;
    }
    let (folder, file, _store) = shared();
    let run = |no_color: Option<&str>| {
        let typescript = folder.path().join("typescript");
        let program = env!("CARGO_BIN_EXE_woodland-dump");
        let line = format!("{program} order {}", file.display());
        let mut process = Process::new("script");
        process.args(["-qec", &line]).arg(&typescript).env("TERM", "xterm");
        process.env_remove("NO_COLOR").envs(no_color.map(|value| ("NO_COLOR", value)));
        process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(process.status().unwrap().success());
        let said = fs::read_to_string(&typescript).unwrap();
        assert!(said.contains("position"), "{said}");
        // `script` itself writes no escapes.
        said.contains("\u{1b}[")
    };
    assert!(run(None));
    assert!(run(Some("")), "an empty NO_COLOR is none");
    assert!(!run(Some("1")));
}

#[test]
fn progress_is_told_act_by_act_and_ends() {
    let history = History::rounds(5, 40, 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.log");
    fs::write(&path, log_file(history.dataset(), &history.segments(None))).unwrap();
    let request = Request { form: Form::Json, ..Request::of(Command::Graph, &path) };
    let (mut told, mut out): (Vec<Progress>, Vec<u8>) = Default::default();
    dump_watched(&request, &mut out, &mut Vec::new(), &mut |one| told.push(one)).unwrap();
    assert!(told.iter().all(|one| one.done <= one.total));
    for act in [Act::Reading, Act::Admitting, Act::Deriving] {
        let of_act: Vec<_> = told.iter().filter(|one| one.act == act).collect();
        assert!(of_act.windows(2).all(|pair| pair[0].done <= pair[1].done), "{act:?}");
        let last = of_act.last().unwrap();
        assert_eq!(last.done, last.total, "{act:?}");
    }
}
