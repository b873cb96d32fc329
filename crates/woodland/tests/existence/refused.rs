//! What a batch may not do, and what it is told.

use crate::model::{Contract, Draft, Folder, Note, Tag, find, folder, founded, note, told, two};
use woodland::{NodeId, Pointer};

#[test]
fn everything_that_is_wrong_is_listed_by_position() {
    let replica = founded();
    let (top, dead, n) = replica
        .write(|b| {
            let top = b.insert(&folder("top"));
            for _ in 0..5 {
                b.insert(&Contract { folder: top.into() });
            }
            (top, b.insert(&folder("dead")), b.insert(&note("n", None)))
        })
        .expect("written");
    replica.write(|b| b.delete(dead)).expect("deleted");
    let told = told(&replica, |b| {
        b.delete(top);
        b.delete(dead);
        b.edit(dead, Folder::NAME.set("alive?"));
        b.edit(n, Note::FOLDER.set(dead));
        b.edit(n, Note::TITLE.set("fine"));
        b.delete(Pointer::<Note>::to(top.id()));
        b.delete(Pointer::<Note>::to(NodeId([7; 16])));
    });
    let parts: Vec<&str> = told.split("; ").collect();
    assert_eq!(parts.len(), 6, "{told}");
    let referrers = replica.snapshot().referrers(top, 9);
    assert_eq!(referrers.len(), 5);
    let first = referrers[0].node.short();
    let (top, dead) = (top.id().short(), dead.id().short());
    let linked = format!(
        "op 0: node {top} (Folder@1) is linked to by node {first} (Contract@1) (folder, restrict), \
         node"
    );
    assert!(parts[0].contains(&linked), "{told}");
    assert!(parts[0].ends_with(" and 2 more: unlink or delete them first"), "{told}");
    assert!(parts[1].starts_with(&format!("op 1: node {dead} is deleted already")), "{told}");
    assert!(
        parts[2].starts_with(&format!("op 2: Folder.name of node {dead}: the node is deleted")),
        "{told}"
    );
    assert!(
        parts[3].contains(&format!(
            "op 3: Note.folder of node {}: it points to node {dead}",
            n.id().short()
        )),
        "{told}"
    );
    assert!(
        parts[4].contains(&format!(
            "op 5: node {top} is a Folder@1, the program deletes it as a Note@1"
        )),
        "{told}"
    );
    assert!(parts[5].contains("op 6: the deletion of node"), "{told}");
}

#[test]
fn a_plain_pointer_to_what_is_deleted_is_not_written_either() {
    let replica = founded();
    let (from, to) = replica
        .write(|b| (b.insert(&note("from", None)), b.insert(&note("to", None))))
        .expect("written");
    replica.write(|b| b.delete(to)).expect("deleted");
    let said = told(&replica, |b| b.edit(from, Note::SEE.set(to)));
    assert!(said.contains("which is deleted (by "), "{said}");
    let said = told(&replica, |b| b.insert(&Note { see: Some(to), ..note("new", None) }));
    assert!(said.contains("op 2: Note.see of node"), "{said}");
}

#[test]
fn what_a_batch_deletes_is_deleted_from_there_on() {
    let replica = founded();
    let (top, inner, n) = replica
        .write(|b| {
            let top = b.insert(&folder("top"));
            let inner = b.insert(&Folder { name: "inner".into(), parent: Some(top.into()) });
            (top, inner, b.insert(&note("n", None)))
        })
        .expect("written");
    let said = told(&replica, |b| {
        b.edit(top, Folder::NAME.set("fine: before"));
        b.delete(top);
        b.edit(top, Folder::NAME.set("after"));
        b.edit(inner, Folder::NAME.set("it went with top"));
        b.edit(n, Note::FOLDER.set(inner));
        b.delete(top);
    });
    let parts: Vec<&str> = said.split("; ").collect();
    assert_eq!(parts.len(), 4, "{said}");
    assert!(
        parts[0].contains("op 2: ") && parts[0].contains("deleted (by op 1 of this batch)"),
        "{said}"
    );
    assert!(
        parts[1].contains("op 3: ")
            && parts[1].contains(&format!("with node {}", top.id().short())),
        "{said}"
    );
    assert!(parts[2].contains("op 4: Note.folder"), "{said}");
    assert!(parts[3].contains("op 5: ") && parts[3].contains("is deleted already"), "{said}");
    replica
        .write(|b| {
            b.edit(n, Note::FOLDER.set(inner));
            b.edit(n, Note::FOLDER.clear());
            b.delete(top);
            let made = b.insert(&note("made and unmade", None));
            b.delete(made);
        })
        .expect("nothing is in the way");
    assert_eq!((find(&replica, top), find(&replica, inner)), (None, None));
    assert!(find(&replica, n).is_some());
}

#[test]
fn what_is_in_the_way_of_what_would_go_along_is_named() {
    let replica = founded();
    let (top, inner) = replica
        .write(|b| {
            let top = b.insert(&folder("top"));
            let inner = b.insert(&Folder { name: "inner".into(), parent: Some(top.into()) });
            b.insert(&Contract { folder: inner.into() });
            b.insert(&Draft { text: String::new(), folder: Some(inner.into()) });
            (top, inner)
        })
        .expect("written");
    let said = told(&replica, |b| b.delete(top));
    assert!(
        said.contains(&format!("restrict, through node {} (Folder@1)", inner.id().short())),
        "{said}"
    );
    assert!(said.contains("(folder, revive, through"), "{said}");
}

#[test]
fn who_edits_what_was_deleted_elsewhere_is_told_once_it_arrives() {
    let (one, other, draft) = two(|b| b.insert(&Draft { text: "a".into(), folder: None }));
    one.write(|b| b.delete(draft)).expect("deleted");
    other.merge(&one).expect("merged");
    // It would count, and bring the draft back: but its author sees that it is deleted.
    let said = told(&other, |b| b.edit(draft, Draft::TEXT.set("b")));
    assert!(said.contains(&format!("deleted (by {})", one.author().short())), "{said}");
}

#[test]
fn a_key_whose_node_goes_along_in_the_same_batch_is_told() {
    let replica = founded();
    let tag = || Tag { name: "t".into(), color: None, folder: None };
    let top = replica
        .write(|b| {
            let top = b.insert(&folder("top"));
            b.insert(&Tag { folder: Some(top.into()), ..tag() });
            top
        })
        .expect("written");
    let said = told(&replica, |b| {
        b.delete(top);
        b.insert(&tag());
    });
    assert!(said.contains("op 1: a new Tag@1") && said.contains("insert it in another"), "{said}");
    replica.write(|b| b.delete(top)).expect("deleted");
    let made = replica.write(|b| b.insert(&tag())).expect("made anew");
    assert_eq!(find(&replica, made), Some(tag()));
}
