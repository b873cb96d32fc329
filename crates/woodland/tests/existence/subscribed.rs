//! What subscribers are told of what goes and comes back.

use crate::model::{Album, Draft, Note, meet, note, two};
use woodland::{Subscription, all, nodes};

#[test]
fn deletions_comings_back_and_masks_are_told() {
    let (one, other, (draft, from, to)) = two(|b| {
        let to = b.insert(&note("to", None));
        let from = b.insert(&Note { see: Some(to), ..note("from", None) });
        (b.insert(&Draft { text: "a".into(), folder: None }), from, to)
    });
    let mut drafts = one.subscribe(all::<Draft>());
    let mut notes = one.subscribe(nodes(&[from]));
    let mut sees = one.subscribe(Note::SEE.of(&[from]));

    one.write(|b| b.delete(draft)).expect("deleted");
    let gone = drafts.next().expect("readable").expect("it went").changes;
    assert_eq!((gone.len(), gone[0].pointer, &gone[0].after), (1, draft, &None));
    assert_eq!(gone[0].before.as_ref().map(|it| it.text.as_str()), Some("a"));
    assert!(notes.next().expect("readable").is_none());

    other.write(|b| b.edit(draft, Draft::TEXT.set("b"))).expect("it has not seen it");
    meet(&one, &other);
    let back = drafts.next().expect("readable").expect("it came back").changes;
    assert_eq!((back.len(), &back[0].before), (1, &None));
    assert_eq!(back[0].after.as_ref().map(|it| it.text.as_str()), Some("b"));

    one.write(|b| b.delete(to)).expect("deleted");
    let masked = notes.next().expect("readable").expect("it points nowhere").changes;
    assert_eq!((masked.len(), &masked[0].fields[..]), (1, &["see"][..]));
    let see = |note: &Option<Note>| note.as_ref().and_then(|note| note.see);
    assert_eq!((see(&masked[0].before), see(&masked[0].after)), (Some(to), None));
    let masked = sees.next().expect("readable").expect("it points nowhere").changes;
    assert_eq!((masked[0].before, masked[0].after), (Some(Some(to)), Some(None)));
}

#[test]
fn a_place_that_goes_is_told_although_no_item_does() {
    let (one, other, (album, a, b)) = two(|batch| {
        let (a, b) = (batch.insert(&note("a", None)), batch.insert(&note("b", None)));
        (batch.insert(&Album { pages: [a, b].into(), ..Album::default() }), a, b)
    });
    one.write(|batch| batch.delete(a)).expect("deleted");
    meet(&one, &other);
    let mut albums: Subscription<_> = one.subscribe(all::<Album>());
    let mut pages = one.subscribe(Album::PAGES.of(&[album]));
    other.write(|batch| batch.edit(album, Album::PAGES.remove(0..1))).expect("written");
    one.merge(&other).expect("merged");
    let changed = albums.next().expect("readable").expect("positions are others").changes;
    let (before, after) = (changed[0].before.as_ref(), changed[0].after.as_ref());
    let (before, after) = (before.expect("there"), after.expect("there"));
    assert_eq!((before.pages.at(1), after.pages.at(0)), (Some(&b), Some(&b)));
    assert_eq!(changed[0].fields, ["pages"]);
    assert!(pages.next().expect("readable").is_some());
}
