//! The pictures: well-formed, bounded, the same every time, and true.

use crate::writer::{History, key, log_file};
use crate::{asked, assert_snapshot, shared, stored};
use roxmltree::{Document, Node};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use woodland_dump::{Command, Filter, Portion, Request, Verdict};

const BYTES_MAX: usize = 2_000_000;
const PIXELS_MAX: u64 = 6_000;

fn svg(path: &Path) -> String {
    asked(&Request::of(Command::Svg, path)).0
}

/// Parses it and holds it to what every picture promises.
fn checked(text: &str) -> Document<'_> {
    assert!(text.len() < BYTES_MAX, "{} bytes", text.len());
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("version")), ("svg", Some("1.1")));
    for side in ["width", "height"] {
        let pixels: u64 = root.attribute(side).unwrap().parse().unwrap();
        assert!(pixels <= PIXELS_MAX, "{side} {pixels}");
    }
    let known = ["svg", "title", "desc", "style", "rect", "text", "path", "circle", "g"];
    for node in document.descendants().filter(Node::is_element) {
        assert!(known.contains(&node.tag_name().name()), "{:?}", node.tag_name());
        let scripted = node.attributes().any(|one| one.name().starts_with("on"));
        assert!(!scripted && node.attribute("href").is_none());
    }
    document
}

fn words(document: &Document<'_>) -> Vec<String> {
    let texts = document.descendants().filter(|node| node.tag_name().name() == "text");
    texts.filter_map(|node| node.text().map(str::to_owned)).collect()
}

fn marks(document: &Document<'_>, class: &str) -> usize {
    document.descendants().filter(|node| node.attribute("class") == Some(class)).count()
}

#[test]
fn a_small_history_is_drawn_commit_by_commit() {
    let (_folder, file, store) = shared();
    let text = svg(&file);
    assert_eq!(text, svg(&store), "however it is stored");
    let document = checked(&text);
    let words = words(&document);
    for commit in &History::shared().commits {
        assert!(words.contains(&commit.id().short()), "{words:?}");
    }
    assert!(words.iter().any(|word| word == "4 commits by 2 authors in 3 turns; 1 head; 0 forks"));
    // One head, and its like in the legend.
    assert_eq!(marks(&document, "head"), 2);
    assert_snapshot("picture.svg", &text);
    assert_snapshot("picture.dot", &asked(&Request::of(Command::Dot, &file)).0);
}

#[test]
fn a_fork_has_a_row_of_its_own() {
    let mut history = History::shared();
    let (founding, ada) = (history.commits[0].id(), key(1).author());
    let before = {
        let (_folder, path) = stored(&history);
        let text = svg(&path);
        checked(&text).root_element().attribute("height").unwrap().parse::<u64>().unwrap()
    };
    history.write_after(ada, Some(founding), &[], Vec::new());
    let (_folder, path) = stored(&history);
    let text = svg(&path);
    let document = checked(&text);
    let height: u64 = document.root_element().attribute("height").unwrap().parse().unwrap();
    assert!(height > before, "{height} {before}");
    assert!(words(&document).iter().any(|word| word == "fork"));
    assert_eq!(marks(&document, "head"), 3);
}

#[test]
fn hostile_names_are_text() {
    let mut history = History::shared();
    let walk = history.commits[2].id();
    let names =
        ["</text><script>x()</script>", "\u{202e}evil\u{0}\u{9b}31m", "a\"]; b -> c [\\", "&<>'"];
    for (number, name) in (10..).zip(names) {
        history.names.insert(key(number).author(), name.into());
        history.write_after(key(number).author(), None, &[walk], Vec::new());
    }
    let (_folder, path) = stored(&history);
    let text = svg(&path);
    let document = checked(&text);
    let words = words(&document);
    assert!(words.iter().any(|word| word.starts_with("</text><script>x()</scr")), "{words:?}");
    assert!(words.iter().any(|word| word.starts_with("&<>'·")), "{words:?}");
    assert!(words.iter().any(|word| word.starts_with("\\u{202e}evil\\0\\u{9b}31m·")), "{words:?}");
    let dot = asked(&Request::of(Command::Dot, &path)).0;
    assert!(dot.contains(r#"label="a\"]; b -> c [\\·"#), "{dot}");
    for text in [text, dot] {
        assert!(!text.chars().any(|one| one.is_control() && one != '\n' || one == '\u{202e}'));
    }
}

#[test]
fn fifty_thousand_commits_are_folded() {
    let history = History::rounds(5, 10_000, 5);
    assert!(history.log.len() > 50_000);
    let (_folder, path) = stored(&history);
    let text = svg(&path);
    let document = checked(&text);
    let said = words(&document).join("\n");
    assert!(said.contains("50,001 commits by 5 authors in 10,001 turns"), "{said}");
    assert!(said.contains("50,001 commits in 10,001 runs; 10,001 turns folded "), "{said}");
    assert_eq!(text, svg(&path), "the same every time");
    // A run or two at its end is drawn without folding.
    let filter = Filter { portion: Portion::Last(10), ..Filter::default() };
    let last = asked(&Request { filter, ..Request::of(Command::Svg, &path) }).0;
    let said = words(&checked(&last)).join("\n");
    assert!(said.contains("shown: 10 commits"), "{said}");
    assert!(!said.contains("folded"), "{said}");
    let dot = asked(&Request::of(Command::Dot, &path)).0;
    assert_eq!(dot.matches(" [label=").count(), 10_001);
    assert_eq!(dot.matches("[style=dashed]").count(), 10_000);
}

#[test]
fn more_authors_than_lanes_share_one() {
    let history = History::rounds(255, 1_500, 1);
    let (_folder, path) = stored(&history);
    let text = svg(&path);
    let document = checked(&text);
    let said = words(&document).join("\n");
    assert!(said.contains("by 255 authors"), "{said}");
    assert!(said.contains("16 authors with the fewest commits share the last lane"), "{said}");
    assert!(said.contains("16 other authors"), "{said}");
    // What the lanes say they hold is all there is.
    let counts: BTreeMap<String, Vec<u64>> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("who end"))
        .map(|node| (node.attribute("y").unwrap().to_owned(), node.text().unwrap()))
        .fold(BTreeMap::new(), |mut counts: BTreeMap<_, Vec<u64>>, (y, count)| {
            counts.entry(y).or_default().push(count.replace(',', "").parse().unwrap());
            counts
        });
    assert_eq!(counts.len(), 240);
    assert_eq!(counts.values().flatten().sum::<u64>(), history.log.len());
}

#[test]
fn what_cannot_be_placed_and_what_is_not_chosen_is_said() {
    let (folder, history) = (tempfile::tempdir().unwrap(), History::shared());
    let path = folder.path().join("unfounded.log");
    fs::write(&path, log_file(history.dataset(), &history.segments(None)[1..])).unwrap();
    let (text, verdict) = asked(&Request::of(Command::Svg, &path));
    assert_eq!(verdict, Verdict::Wrong);
    assert!(words(&checked(&text)).iter().any(|word| word.contains("nothing can be placed")));
    let (_folder, file, _store) = shared();
    let turns = Some("50..".parse().unwrap());
    let filter = Filter { turns, ..Filter::default() };
    let (text, _) = asked(&Request { filter, ..Request::of(Command::Svg, file) });
    assert!(words(&checked(&text)).iter().any(|word| word.starts_with("shown: 0 commits")));
}

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `UPDATE=1` draws it anew.
#[test]
fn the_picture_in_the_documents_is_what_is_drawn_today() {
    let pictures = documents().join("docs/pictures");
    let text = svg(&documents().join("tests/logs/concurrent-text.wll"));
    checked(&text);
    let path = pictures.join("concurrent-text.svg");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&pictures).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(held, text, "draw it anew with UPDATE=1, and look at it");
    let page = fs::read_to_string(documents().join("docs/dump.md")).unwrap();
    assert!(page.contains("(pictures/concurrent-text.svg)"));
}

/// Each example of `docs/dump.md` is a command and lines of what it prints; `…` stands for more.
#[test]
fn the_examples_in_the_documents_are_what_is_printed() {
    let page = fs::read_to_string(documents().join("docs/dump.md")).unwrap();
    let mut examples = 0;
    for example in page.split("```console\n").skip(1) {
        let example = example.split("```").next().unwrap();
        let (command, lines) = example.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ woodland-dump ").unwrap().split_whitespace();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_woodland-dump"))
            .args(arguments.map(|one| match one {
                "NOTES" => "tests/logs/concurrent-text.wll",
                "LIBRARY" => "crates/dump/tests/snapshots/library.wll",
                one => one,
            }))
            .current_dir(documents())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        for line in lines.lines().filter(|line| *line != "…") {
            let is_printed = match line.strip_suffix('…') {
                Some(start) => printed.lines().any(|printed| printed.starts_with(start)),
                None => printed.lines().any(|printed| printed == line),
            };
            assert!(is_printed, "{command} does not print {line:?} but:\n{printed}");
        }
        examples += 1;
    }
    assert!(examples >= 13, "{examples} examples were found");
}
