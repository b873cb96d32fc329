//! Each change does what it says, alone and where two replicas make it at once.

use crate::model::{Contact, Note, Place, Step, Tag, date, founded, joined, meet, read};
use woodland::{Atom, Change, Counter, Fate, Part, Pointer, Replica, Set, Verdict};

fn begun() -> (Replica, Replica, Pointer<Note>) {
    let one = founded();
    let note = Note { title: "Trip".into(), body: "Pack boots".into(), ..Note::default() };
    let node = one.write(|b| b.insert(&note)).expect("written");
    let other = joined(&one, 2);
    (one, other, node)
}

#[test]
fn registers_texts_and_counters() {
    let (one, other, node) = begun();
    let edit = |replica: &Replica, title: &str, word: &str, stars| {
        let changes = (
            Note::TITLE.set(title),
            Note::BODY.insert(5, word),
            Note::STARS.add(stars),
            Note::DUE.set(date("2026-12-24")),
        );
        replica.write(|b| b.edit(node, changes)).expect("written");
    };
    edit(&one, "Hike", "warm ", 2);
    edit(&other, "Walk", "dry ", -5);
    meet(&one, &other);
    let note = read(&one, node);
    assert!(["Hike", "Walk"].contains(&note.title.as_str()));
    assert!(["Pack warm dry boots", "Pack dry warm boots"].contains(&note.body.as_str()));
    assert_eq!((note.stars, note.due), (Counter(-3), Some(date("2026-12-24"))));
    one.write(|b| b.edit(node, (Note::BODY.delete(0..5), Note::DUE.clear()))).expect("written");
    let note = read(&one, node);
    assert!(note.body.starts_with("warm") || note.body.starts_with("dry"), "{}", note.body);
    assert_eq!(note.due, None);
}

#[test]
fn sets_and_maps() {
    let (one, other, node) = begun();
    let [rust, go] = ["rust", "go"]
        .map(|name| one.write(|b| b.insert(&Tag { name: name.into() })).expect("written"));
    one.write(|b| b.edit(node, (Note::TAGS.add([rust, go, rust]), Note::VOTES.put([("ada", 1)]))))
        .expect("written");
    meet(&one, &other);
    one.write(|b| b.edit(node, [Note::TAGS.remove([go]), Note::VOTES.remove(["ada"])]))
        .expect("written");
    let added = vec![go];
    other
        .write(|b| {
            b.edit(node, vec![Note::TAGS.add(&added), Note::VOTES.put([("ben", 2), ("ben", 3)])]);
        })
        .expect("written");
    meet(&one, &other);
    let note = read(&one, node);
    assert_eq!(note.tags, Set::from([rust, go]), "a concurrent addition survives a removal");
    assert_eq!(note.votes, [("ben".to_owned(), 3)].into());
}

#[test]
fn atoms_win_whole_and_parts_merge_one_by_one() {
    let (one, other, node) = begun();
    let place = |city: &str, zip| Place { city: city.into(), zip, ..Place::default() };
    let home = place("Ulm", Some(1));
    one.write(|b| {
        b.edit(node, (Note::PLACE.set(place("Ulm", None)), Note::HOME.set(&home)));
        b.edit(node, Note::CONTACT.set(Contact::PHONE.set("7")));
    })
    .expect("written");
    other
        .write(|b| {
            b.edit(node, Note::PLACE.set(place("Bonn", Some(53111))));
            let members = (Contact::MAIL.set("a@b"), Contact::IS_PUBLIC.set(false));
            b.edit(node, Note::CONTACT.set(members));
        })
        .expect("written");
    meet(&one, &other);
    let note = read(&one, node);
    let places = [place("Ulm", None), place("Bonn", Some(53111))].map(|place| Some(Atom(place)));
    assert!(places.contains(&note.place), "{:?}", note.place);
    assert_eq!(note.home.zip, Some(1));
    let contact = Contact { phone: Some("7".into()), mail: Some("a@b".into()), is_public: false };
    assert_eq!(note.contact.0, contact);
    assert_eq!(one.snapshot().conflicts(&[(node, Note::PLACE)])[0].len(), 1);
    let told =
        one.snapshot().explain(&[(node, Note::PLACE), (Pointer::to(node.id()), Note::PLACE)]);
    assert_eq!(told[0], told[1], "aligned with the question");
    let fates: Vec<&Verdict> = told[0].iter().rev().take(2).map(|told| &told.verdict).collect();
    let whole = |fate| Verdict::Counts(vec![(Part::Whole, fate)]);
    assert_eq!(fates, [&whole(Fate::Won), &whole(Fate::Lost)], "the last in order won");
    let asked = [(node, Note::CONTACT.any()), (node, Note::TITLE.any())];
    assert_eq!(one.snapshot().conflicts(&asked), [vec![], vec![]]);

    // One change may clear a member and set another; the whole sets what it has.
    let members = (Contact::PHONE.clear(), Contact::MAIL.set("c@d"));
    one.write(|b| b.edit(node, (Note::CONTACT.set(members), Note::PLACE.clear())))
        .expect("written");
    let note = read(&one, node);
    assert_eq!((note.contact.phone.as_deref(), note.contact.mail.as_deref()), (None, Some("c@d")));
    assert_eq!(note.place, None);
    let whole = Contact { phone: Some("8".into()), mail: None, is_public: true };
    one.write(|b| b.edit(node, Note::CONTACT.set(&whole))).expect("written");
    let note = read(&one, node);
    assert_eq!(
        (note.contact.phone.as_deref(), note.contact.mail.as_deref()),
        (Some("8"), Some("c@d"))
    );
}

#[test]
fn events_are_folded_in_one_order_and_what_does_not_decode_is_counted() {
    let (one, other, node) = begun();
    one.write(|b| b.edit(node, [Note::MOVES.push(&Step::Up(1)), Note::MOVES.push(&Step::Down)]))
        .expect("written");
    other.write(|b| b.edit(node, Note::MOVES.push(&Step::Down))).expect("written");
    meet(&one, &other);
    assert_eq!(read(&one, node), read(&other, node));
    one.write(|b| b.edit(node, (Note::MOVES.push(&Step::Up(9)), Note::MOVES.with_op(vec![9; 3]))))
        .expect("written");
    let moves = read(&one, node).moves;
    assert_eq!((moves.count(), moves.skipped(), *moves.state()), (5, 1, 9));
}

#[test]
fn changes_are_values_and_what_changes_nothing_is_not_written() {
    let (one, _, node) = begun();
    let length = || one.snapshot().log().len();
    let before = length();
    one.write(|b| {
        b.edit(node, (Note::BODY.insert(99, ""), Note::BODY.delete(7..7), Note::STARS.add(0)));
        b.edit(node, Note::TAGS.add(Vec::<Pointer<Tag>>::new()));
        b.edit(node, Note::VOTES.put(Vec::<(String, i32)>::new()));
        b.edit(node, None::<Change<Note>>);
    })
    .expect("nothing to do");
    assert_eq!(length(), before);
    let title = (1 < 2).then(|| Note::TITLE.set("Hike"));
    let changes: Vec<Change<Note>> = title.into_iter().chain([Note::WEIGHT.set(9)]).collect();
    one.write(|b| b.edit(node, changes)).expect("written");
    assert_eq!((length(), read(&one, node).weight), (before + 1, 9));
}
