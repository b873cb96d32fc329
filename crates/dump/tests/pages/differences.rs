//! What lies between two versions.

use crate::writer::{History, TITLE, delete, insert, key, note, set};
use crate::{asked, assert_snapshot, session, stored};
use woodland_dump::{Command, Form, Request};
use woodland_format::Op;

const PROSE: &str = "Pack boots, a map, two ropes and enough bread for three days in the hills.";

/// Two authors part after a long text was written; a third sees both and makes a node.
fn parted() -> (History, [String; 4]) {
    let mut history = History::found();
    let (ada, ben, cleo) = (key(1).author(), key(2).author(), key(3).author());
    let founding = history.commits[0].id();
    history.names.insert(ben, "ben".into());
    let prose =
        history.write_after(ada, Some(founding), &[], vec![insert(note(), 10, &PROSE[10..])]);
    let ops = vec![set(note(), TITLE, "Hike"), insert(note(), 15, "compass and ")];
    let left = history.write_after(ada, Some(prose), &[], ops);
    let ops = vec![set(note(), TITLE, "Walk"), delete(note(), 19, 4), insert(note(), 99, "far")];
    let right = history.write_after(ben, None, &[prose], ops);
    let create = Op::Create { node_type: crate::writer::NOTE, salt: 3 };
    let both = history.write_after(cleo, None, &[left, right], vec![create]);
    let ids = [prose, left, right, both].map(|id| id.to_string());
    (history, ids)
}

#[test]
fn versions_are_compared_forwards_backwards_and_aside() {
    let (history, [prose, left, right, both]) = parted();
    let (folder, path) = stored(&history);
    let path = path.to_str().unwrap();
    let forwards = session(&folder, &["diff", "--from", &prose, path]);
    let backwards = session(&folder, &["diff", "--from", &both, "--to", &left, path]);
    let aside = session(&folder, &["diff", "--from", &left, "--to", &right, path]);
    let same = session(&folder, &["diff", "--from", &both, path]);
    assert_snapshot("diff.txt", &(forwards + &backwards + &aside + &same));
    let json = session(&folder, &["diff", "--json", "--from", &left, "--to", &right, path]);
    assert_snapshot("diff.json.txt", &json);
}

#[test]
fn a_diff_backwards_is_the_mirror_of_the_diff_forwards() {
    let (history, [_, left, right, _]) = parted();
    let (_folder, path) = stored(&history);
    let json = |from: &String, to: &String| -> serde_json::Value {
        let (from, at) = (vec![from.clone()], vec![to.clone()]);
        let of = Request::of(Command::Diff, &path);
        let (text, _) = asked(&Request { from, at, form: Form::Json, ..of });
        serde_json::from_str(&text).unwrap()
    };
    let (there, back) = (json(&left, &right), json(&right, &left));
    let mirrored = [
        ("from", "to"),
        ("only_in_from", "only_in_to"),
        ("conflicts_gone", "conflicts_new"),
        ("voids_gone", "voids_new"),
    ];
    for (one, other) in mirrored {
        assert_eq!(there[one], back[other]);
        assert_eq!(there[other], back[one]);
    }
    assert_eq!(there["common"], back["common"]);
    let fields = |json: &serde_json::Value| json["nodes"][0]["fields"].as_array().unwrap().clone();
    for (there, back) in fields(&there).iter().zip(&fields(&back)) {
        assert_eq!((&there["old"], &there["new"]), (&back["new"], &back["old"]));
    }
    assert_eq!(there["only_in_from"][0]["id"], left.as_str());
    assert_eq!(there["only_in_to"][0]["author_name"], "ben");
}

#[test]
fn a_long_text_is_compared_by_its_edits() {
    let mut history = History::found();
    let (ada, founding) = (key(1).author(), history.commits[0].id());
    let long: String = (0..20_000).map(|number| format!("word{number} ")).collect();
    let first = history.write_after(ada, Some(founding), &[], vec![insert(note(), 0, &long)]);
    let ops = vec![insert(note(), 90_000, "HERE"), delete(note(), 10, 5)];
    history.write_after(ada, Some(first), &[], ops);
    let (_folder, path) = stored(&history);
    let request = Request { from: vec![first.to_string()], ..Request::of(Command::Diff, &path) };
    let (text, _) = asked(&request);
    assert!(text.contains("2 changes") && text.contains("HERE"), "{text}");
    assert!(text.len() < 2_000, "the text itself is not printed: {} bytes", text.len());
}
