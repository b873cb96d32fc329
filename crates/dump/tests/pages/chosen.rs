//! Which commits a page shows: versions, authors, turns, nodes, portions.

use crate::writer::{History, insert, key, note};
use crate::{asked, assert_snapshot, session, shared, stored};
use woodland_dump::{Command, DumpError, Filter, Form, Portion, Request, Turns, dump};

/// The ids of the commits that a filter leaves, in order.
fn chosen(path: &std::path::Path, filter: Filter) -> Vec<String> {
    let request = Request { filter, form: Form::Json, ..Request::of(Command::Order, path) };
    let document: serde_json::Value = serde_json::from_str(&asked(&request).0).unwrap();
    let rows = document["order"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_part_of_a_filter_leaves_what_fits() {
    let (_folder, file, _store) = shared();
    let history = History::shared();
    let ids: Vec<String> = history.commits.iter().map(|commit| commit.id().to_string()).collect();
    let place = |found: &String| ids.iter().position(|id| id == found).unwrap();
    let only = |filter| chosen(&file, filter).iter().map(place).collect::<Vec<usize>>();
    assert_eq!(only(Filter::default()), [0, 1, 2, 3]);
    let ben = key(2).author().to_string();
    let by = |author: &str| Filter { author: Some(author.into()), ..Filter::default() };
    assert_eq!(only(by(&ben[..6])), [2]);
    assert_eq!(only(by("Ada's\u{1b} laptop")), [0, 1, 3]);
    assert_eq!(only(by("Ada's\\u{1b} laptop·8a88e3dd")), [0, 1, 3]);
    let turns = |text: &str| Filter { turns: Some(text.parse().unwrap()), ..Filter::default() };
    assert_eq!(only(turns("1..2")), [2, 3]);
    assert_eq!(only(turns("..0")), [0, 1]);
    assert_eq!(only(turns("2")), [3]);
    assert!(only(turns("9..")).is_empty());
    let node = note().to_string();
    let touching = Filter { touching: Some(node[..9].into()), ..Filter::default() };
    assert_eq!(only(touching), [0, 1, 2]);
    let since = Filter { since: vec![ids[1].clone()], ..Filter::default() };
    assert_eq!(only(since), [2, 3]);
    let portion = |portion| Filter { portion, ..Filter::default() };
    assert_eq!(only(portion(Portion::First(1))), [0]);
    assert_eq!(only(portion(Portion::Last(2))), [2, 3]);
    assert!(only(portion(Portion::Last(0))).is_empty());
    let both = Filter { portion: Portion::Last(1), ..by("Ada's\u{1b} laptop") };
    assert_eq!(only(both), [3]);
}

#[test]
fn positions_are_those_of_the_whole_order() {
    let (folder, file, _store) = shared();
    let file = file.to_str().unwrap();
    let last = session(&folder, &["order", "--last", "1", file]);
    assert!(last.contains("\n       3         2  8a88e3dd"), "{last}");
    let since = History::shared().commits[1].id().to_string();
    let commits = session(&folder, &["commits", "--since", &since[..12], file]);
    assert_snapshot("chosen.txt", &(last + &commits));
}

#[test]
fn what_is_not_there_is_an_error_that_says_what_to_do() {
    let (folder, file, _store) = shared();
    let file = file.to_str().unwrap();
    let cases: [&[&str]; 9] = [
        &["order", "--since", "abababab", file],
        &["order", "--author", "Zoe", file],
        &["order", "--author", "8", file],
        &["order", "--turns", "7..3", file],
        &["commits", "--touching", "ffffffff", file],
        &["commits", "--touching", "note", file],
        &["commits", "--limit", "1", "--last", "1", file],
        &["diff", file],
        &["diff", "--from", "abababab", file],
    ];
    let told: String = cases.iter().map(|arguments| session(&folder, arguments)).collect();
    assert_snapshot("not-there.txt", &told);
}

#[test]
fn too_few_digits_are_an_error() {
    let mut history = History::shared();
    let walk = history.commits[2].id();
    for number in 3..40 {
        let ops = vec![insert(note(), 0, "x")];
        history.write_after(key(number).author(), None, &[walk], ops);
    }
    let (_folder, path) = stored(&history);
    let fails = |filter| {
        let request = Request { filter, ..Request::of(Command::Order, &path) };
        dump(&request, &mut Vec::new(), &mut Vec::new()).unwrap_err()
    };
    // Of 39 authors at least three begin with the same of 16 digits.
    let digits = history.commits.iter().map(|commit| commit.author().to_string()[..1].to_owned());
    let digits: Vec<String> = digits.collect();
    let twice = digits.iter().find(|one| digits.iter().filter(|other| other == one).count() > 4);
    let author = Filter { author: twice.cloned(), ..Filter::default() };
    assert!(matches!(fails(author), DumpError::ManyAuthors { .. }));
}

#[test]
fn a_name_stands_for_all_its_authors_and_labels_tell_them_apart() {
    let mut history = History::shared();
    let walk = history.commits[2].id();
    for number in [3, 4] {
        history.names.insert(key(number).author(), "cleo".into());
        history.write_after(key(number).author(), None, &[walk], Vec::new());
    }
    let (_folder, path) = stored(&history);
    let by = |author: String| Filter { author: Some(author), ..Filter::default() };
    assert_eq!(chosen(&path, by("cleo".into())).len(), 2);
    let label = format!("cleo·{}", key(3).author().short());
    let found = chosen(&path, by(label.clone()));
    assert_eq!(found, [history.commits[4].id().to_string()]);
    let (text, _) = asked(&Request::of(Command::Commits { signatures: false }, &path));
    let other = format!("cleo·{}", key(4).author().short());
    assert!(text.contains(&label) && text.contains(&other), "{text}");
}

#[test]
fn turns_are_read() {
    assert_eq!("3..7".parse(), Ok(Turns { first: 3, last: 7 }));
    assert_eq!("..".parse(), Ok(Turns { first: 0, last: u64::MAX }));
    for odd in ["", "a", "3..2", "1..x", "-1"] {
        assert!(odd.parse::<Turns>().is_err(), "{odd}");
    }
}
