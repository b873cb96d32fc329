//! Natural keys whose nodes were deleted, and made again.

use crate::model::{Tag, find, founded, meet, model, read, two};
use woodland::Replica;

fn tag(name: &str, color: &str) -> Tag {
    Tag { name: name.into(), color: Some(color.into()), folder: None }
}

#[test]
fn a_key_made_again_names_a_node_that_begins_empty() {
    let (one, other, red) = two(|b| b.insert(&tag("urgent", "red")));
    one.write(|b| b.delete(red)).expect("deleted");
    let keyed = |replica: &Replica| replica.snapshot().keyed::<Tag>(["urgent"]).expect("keyed")[0];
    assert_eq!((keyed(&one), find(&one, red)), (red, None));
    let again = one
        .write(|b| b.insert(&Tag { name: "urgent".into(), color: None, folder: None }))
        .expect("made again");
    assert_ne!(again, red);
    assert_eq!(read(&one, again).color, None, "nothing of the one before");
    assert_eq!((keyed(&one), keyed(&other)), (again, red));
    meet(&one, &other);
    assert_eq!((keyed(&other), find(&other, red)), (again, None));
    // Who makes it now makes the one that lives, or edits it by its key.
    let same = other.write(|b| b.insert(&tag("urgent", "blue"))).expect("written");
    assert_eq!(same, again);
    other
        .write(|b| {
            let urgent = b.pointer_to::<Tag>("urgent");
            b.edit(urgent, Tag::COLOR.set("green"));
        })
        .expect("written");
    meet(&one, &other);
    assert_eq!(read(&one, again).color.as_deref(), Some("green"));
    assert_eq!(one.snapshot().all::<Tag>().expect("readable").len(), 1);
    // And once more.
    one.write(|b| b.delete(again)).expect("deleted");
    let third = one.write(|b| b.insert(&tag("urgent", "black"))).expect("made again");
    assert!(third != again && third != red);
    assert_eq!(one.snapshot().voids(), []);
}

#[test]
fn deleted_and_made_again_in_one_batch() {
    let (one, other, red) = two(|b| b.insert(&tag("urgent", "red")));
    let (found, again, same) = one
        .write(|b| {
            b.delete(red);
            let again = b.insert(&tag("urgent", "blue"));
            let same = b.insert(&tag("urgent", "green"));
            let found = b.pointer_to::<Tag>("urgent");
            b.edit(found, Tag::COLOR.clear());
            (found, again, same)
        })
        .expect("written");
    assert_eq!((found, same), (again, again));
    assert_ne!(again, red);
    meet(&one, &other);
    assert_eq!(read(&other, again).color, None);
    assert_eq!(find(&other, red), None);
}

#[test]
fn made_again_apart_from_one_that_came_back_is_a_clash() {
    let (one, other, red) = two(|b| b.insert(&tag("urgent", "red")));
    let third = Replica::join_in_memory(model(), &one, 3).expect("joined").0;
    one.write(|b| b.delete(red)).expect("deleted");
    let again = one.write(|b| b.insert(&tag("urgent", "blue"))).expect("made again");
    other.write(|b| b.delete(red)).expect("deleted there, too");
    let there = other.write(|b| b.insert(&tag("urgent", "green"))).expect("made again");
    assert_eq!(there, again, "one generation, whoever makes it");
    third.write(|b| b.edit(red, Tag::COLOR.set("pink"))).expect("who has not seen it");
    meet(&one, &other);
    meet(&one, &third);
    assert_eq!(find(&one, red), None, "tags are not revivable: the edit is lost with the node");
    assert!(find(&one, again).is_some());
    assert_eq!(one.snapshot().clashes(), []);
    assert_eq!(one.snapshot().conflicts(&[(again, Tag::COLOR)])[0].len(), 1);
}

#[test]
fn two_living_generations_clash_and_the_higher_holds_the_key() {
    mod lasting {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        #[woodland(unseen_edits = revive)]
        pub(crate) struct Tag {
            #[woodland(key)]
            pub(crate) name: String,
            pub(crate) color: Option<String>,
        }
    }
    use lasting::Tag;
    let model = woodland::define().record::<Tag>().model().expect("a model");
    let one = Replica::in_memory(&model, 1).expect("founded");
    let made = |color: &str| Tag { name: "urgent".into(), color: Some(color.into()) };
    let red = one.write(|b| b.insert(&made("red"))).expect("written");
    let other = Replica::join_in_memory(&model, &one, 2).expect("joined").0;
    one.write(|b| b.delete(red)).expect("deleted");
    let again = one.write(|b| b.insert(&made("blue"))).expect("made again");
    other.write(|b| b.edit(red, Tag::COLOR.set("pink"))).expect("an edit that did not see it");
    meet(&one, &other);
    assert_eq!(read(&one, red).color.as_deref(), Some("pink"), "it came back");
    let clashes = one.snapshot().clashes();
    assert_eq!(clashes.len(), 1);
    assert_eq!((clashes[0].holder, &clashes[0].others[..]), (again.id(), &[red.id()][..]));
    assert_eq!(one.snapshot().keyed::<Tag>(["urgent"]).expect("keyed"), [again]);
    one.write(|b| b.delete(red)).expect("settled");
    assert_eq!(one.snapshot().clashes(), []);
    assert_eq!(founded().snapshot().clashes(), []);
}
