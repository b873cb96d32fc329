//! Policies, through two replicas that write apart and meet.

use crate::model::{
    Album, Contract, Draft, Folder, Note, find, folder, meet, note, read, told, two,
};
use woodland::{List, Map, Parts, Set, Void};

#[test]
fn what_points_by_cascade_goes_with_it() {
    let (one, other, (top, inner, leaf)) = two(|b| {
        let top = b.insert(&folder("top"));
        let inner = b.insert(&Folder { name: "inner".into(), parent: Some(top.into()) });
        (top, inner, b.insert(&note("leaf", Some(inner))))
    });
    one.write(|b| b.delete(top)).expect("deleted");
    meet(&one, &other);
    assert_eq!((find(&other, top), find(&other, inner)), (None, None));
    assert_eq!(find(&other, leaf), None);
    let deaths = other.snapshot().deaths(&[inner]);
    let death = deaths[0].expect("it died");
    assert_eq!((death.of, death.author), (top.id(), one.author()));
    assert_eq!(one.snapshot().voids(), []);
}

#[test]
fn a_note_that_was_put_there_apart_does_not_keep_the_folder() {
    let (one, other, top) = two(|b| b.insert(&folder("top")));
    one.write(|b| b.delete(top)).expect("deleted");
    let late = other.write(|b| b.insert(&note("late", Some(top)))).expect("written");
    meet(&one, &other);
    // Either the note was there first in order, and went; or it points to what is gone.
    match find(&one, late) {
        Some(late) => assert_eq!(late.folder, None),
        None => assert_eq!(one.snapshot().deaths(&[late])[0].expect("it died").of, top.id()),
    }
    assert_eq!(find(&one, top), None);
}

#[test]
fn what_restricts_makes_a_deletion_void_or_is_listed() {
    for later in [true, false] {
        let (one, other, top) = two(|b| b.insert(&folder("top")));
        // Who writes after having seen the other stands later in order.
        let (deletes, points) = if later { (&one, &other) } else { (&other, &one) };
        deletes.write(|b| b.delete(top)).expect("deleted");
        let contract =
            points.write(|b| b.insert(&Contract { folder: top.into() })).expect("written");
        meet(&one, &other);
        let voids: Vec<Void> = one.snapshot().voids().iter().map(|void| void.reason).collect();
        if later {
            assert_eq!(find(&one, top), None, "the deletion stands first");
            assert_eq!(voids, [Void::DeadTarget]);
            let error = one.snapshot().read(&[contract]).expect_err("it points nowhere");
            assert!(error.to_string().contains("make it an `Option`"), "{error}");
        } else {
            assert_eq!(read(&one, contract).folder.plain(), top);
            assert_eq!(voids, [Void::Restricted]);
        }
    }
}

#[test]
fn an_edit_that_the_deletion_did_not_see_brings_back_what_it_edits() {
    for later in [true, false] {
        let (one, other, (draft, top)) = two(|b| {
            let top = b.insert(&folder("top"));
            (b.insert(&Draft { text: "a".into(), folder: None }), top)
        });
        let (deletes, edits) = if later { (&one, &other) } else { (&other, &one) };
        deletes.write(|b| b.delete(draft)).expect("deleted");
        edits.write(|b| b.edit(draft, Draft::TEXT.set("b"))).expect("written");
        assert_eq!(find(deletes, draft), None);
        meet(&one, &other);
        assert_eq!(read(&one, draft).text, "b");
        // A link under revive does the same for its target.
        deletes.write(|b| b.delete(top)).expect("deleted");
        edits.write(|b| b.edit(draft, Draft::FOLDER.set(top))).expect("written");
        meet(&one, &other);
        assert_eq!(read(&other, top).name, "top");
        assert_eq!(read(&other, draft).folder.expect("a folder").plain(), top);
    }
}

#[test]
fn a_plain_pointer_is_absent_while_its_target_is_deleted() {
    let (one, other, (from, to)) = two(|b| {
        let to = b.insert(&note("to", None));
        (b.insert(&Note { see: Some(to), ..note("from", None) }), to)
    });
    assert_eq!(one.snapshot().referrers(to, 9), []);
    one.write(|b| b.delete(to)).expect("deleted");
    assert_eq!(read(&one, from).see, None);
    assert_eq!(read(&other, from).see, Some(to));
    meet(&one, &other);
    assert_eq!(read(&other, from).see, None);
    let paths = woodland::from(&[from]).along(Note::SEE);
    assert_eq!(other.snapshot().read(paths).expect("readable").paths, [vec![]]);
}

#[test]
fn a_foreign_key_stands_wherever_a_pointer_does() {
    let (one, _, (notes, album)) = two(|b| {
        let notes = ["a", "b", "c", "d", "e"].map(|title| b.insert(&note(title, None)));
        let album = b.insert(&Album {
            pages: [notes[0], notes[1], notes[0]].into(),
            tagged: [notes[2].into()].into(),
            places: [("here".to_owned(), notes[3].into())].into(),
            all: vec![notes[0], notes[1]],
            cover: Parts(crate::model::Cover { front: Some(notes[4].into()) }),
        });
        (notes, album)
    });
    let album_of = || find(&one, album);
    assert!(album_of().expect("there").tagged.contains(&notes[2].into()));
    one.write(|b| b.delete(notes[0])).expect("a plain pointer forbids nothing");
    let read = album_of().expect("there");
    assert_eq!(read.pages[..], [notes[1]]);
    assert_eq!((read.pages.gone(), read.pages.places()), (&[0, 2][..], 3));
    assert_eq!(read.pages.positions().collect::<Vec<_>>(), [1]);
    assert_eq!(
        [0, 1, 2, 3].map(|at| read.pages.at(at).copied()),
        [None, Some(notes[1]), None, None]
    );
    assert_eq!(read.all, [notes[1]]);
    for (at, field) in [(3, "places"), (4, "cover")] {
        let told = told(&one, |b| b.delete(notes[at]));
        assert!(told.contains(&format!("({field}, restrict)")), "{told}");
    }
    one.write(|b| b.edit(album, Album::PLACES.remove(["here"]))).expect("written");
    one.write(|b| b.delete(notes[3])).expect("nothing is in the way any more");
    one.write(|b| {
        b.edit(album, Album::PAGES.remove(0..1));
        b.edit(album, Album::PAGES.insert(0, [notes[4]]));
        b.edit(album, Album::TAGGED.add([notes[4]]));
    })
    .expect("written");
    let read = album_of().expect("there");
    assert_eq!((&read.pages[..], read.pages.gone()), (&[notes[4], notes[1]][..], &[2][..]));
    let stretch = one.snapshot().read(Album::PAGES.ranges(&[(album, 1..3)])).expect("readable");
    let stretch: &List<_> = stretch[0].as_ref().expect("there");
    assert_eq!((&stretch[..], stretch.gone()), (&[notes[1]][..], &[1][..]));
    assert_eq!(one.snapshot().read(Album::PAGES.lengths(&[album])).expect("readable"), [Some(3)]);
    one.write(|b| b.delete(notes[2])).expect("the album goes with what it is tagged with");
    assert_eq!(album_of(), None);
    let empty = Album::default();
    assert_eq!((empty.tagged, empty.places), (Set::default(), Map::default()));
}
