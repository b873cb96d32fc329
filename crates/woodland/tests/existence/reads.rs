//! What readers see of what is deleted, and what of a version is final.

use crate::model::{Bookmark, Draft, Note, find, folder, meet, note, two};
use woodland::{FieldError, ReadError, all};

#[test]
fn a_pointer_that_has_to_be_there_says_so_when_it_is_not() {
    let (one, _, (mark, n)) = two(|b| {
        let n = b.insert(&note("n", None));
        (b.insert(&Bookmark { note: n }), n)
    });
    one.write(|b| b.delete(n)).expect("deleted");
    let error = one.snapshot().read(&[mark]).expect_err("it points nowhere");
    let ReadError::Field { error: FieldError::NoTarget { target, .. }, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*target, "Note");
    let told = error.to_string();
    assert!(told.contains("field Bookmark@1.note points to no Note: that was deleted"), "{told}");
    assert!(told.contains("make it an `Option`"), "{told}");
    let error = one.snapshot().read(Bookmark::NOTE.of(&[mark])).expect_err("the same");
    assert_eq!(error.to_string(), told);
}

#[test]
fn what_is_deleted_is_in_no_answer() {
    let (one, _, (n, kept)) = two(|b| (b.insert(&note("n", None)), b.insert(&note("kept", None))));
    let before = one.snapshot();
    one.write(|b| b.delete(n)).expect("deleted");
    let now = one.snapshot();
    assert_eq!(now.all::<Note>().expect("readable"), [(kept, note("kept", None))]);
    let titles = now.read(Note::TITLE.of(&[n, kept])).expect("readable");
    assert_eq!(titles, [None, Some("kept".to_owned())]);
    assert_eq!(now.read(woodland::from(&[n]).along(Note::SEE)).expect("readable").paths, [vec![]]);
    // A version that one holds stays as it is.
    assert_eq!(before.read(all::<Note>()).expect("readable").len(), 2);
    assert_eq!(
        one.at(&before.log().heads().collect::<Vec<_>>()).expect("held").digest(),
        before.digest()
    );
}

#[test]
fn an_old_session_can_turn_an_old_verdict_until_it_is_final() {
    let (one, other, draft) = two(|b| b.insert(&Draft { text: "a".into(), folder: None }));
    let closed = [one.author(), other.author()];
    other.write(|b| b.insert(&folder("something"))).expect("written");
    meet(&one, &other);
    one.write(|b| b.delete(draft)).expect("deleted");
    // Long after, and the other has not been heard of since.
    for at in 0..5 {
        one.write(|b| b.insert(&folder(&format!("{at}")))).expect("written");
    }
    assert_eq!(find(&one, draft), None);
    assert!(!one.snapshot().tentative(&closed).is_node_final(draft.id()));
    other.write(|b| b.edit(draft, Draft::TEXT.set("still here"))).expect("written");
    meet(&one, &other);
    assert_eq!(find(&one, draft).map(|draft| draft.text), Some("still here".to_owned()));
    // Deleted again, and both have been heard of behind it.
    one.write(|b| b.delete(draft)).expect("deleted");
    other.merge(&one).expect("merged");
    for replica in [&other, &one] {
        replica.write(|b| b.insert(&folder("later"))).expect("written");
        meet(&one, &other);
    }
    let tentative = one.snapshot().tentative(&closed);
    assert!(tentative.bound.is_some());
    assert!(tentative.is_node_final(draft.id()), "nobody can come in before that");
}
