//! Writing: all of a batch or nothing of it, and every mistake told at once.

use crate::by_hand::Hand;
use crate::notes::{
    Note, Place, Tag, facts, folder, founded, joined, note, read, says, schema, told,
};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use woodland::{
    Field, FieldValue, MemberChange, NodeId, Part, Parts, Pointer, Record, Replica, Text,
};
use woodland::{Value, WriteError};
use woodland_format::{RecordOp, RegisterOp, encode};

/// A note as a program has it that was written for another schema.
#[derive(Record)]
#[woodland(name = "Note")]
struct Mistaken {
    titel: String,
    place: Parts<OtherPlace>,
}

#[derive(FieldValue)]
struct OtherPlace {
    citi: Option<String>,
}

/// A note whose fields are of other kinds.
#[derive(Record)]
#[woodland(name = "Note")]
struct Crossed {
    title: Text,
    body: String,
    place: String,
}

fn segment_bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path.join("segments/00000001.wls")).expect("the segment file")
}

#[test]
fn one_error_lists_every_mistake_and_nothing_has_changed() {
    let folder = folder();
    let path = folder.path().join("notes");
    let replica = Replica::create(&path, schema()).expect("created");
    let trip = replica.write(|b| b.insert(&note("Trip", "é boots"))).expect("written");
    let (before, bytes) = (facts(&replica), segment_bytes(&path));
    let ghost = Pointer::<Note>::to(NodeId([7; 16]));
    let mistaken = Pointer::<Mistaken>::to(trip.id());
    let result = replica.write(|b| {
        b.edit(mistaken, Mistaken::TITEL.set("x"));
        b.edit(trip, Note::TITLE.with_op(encode(&RegisterOp::Set(7.into()))));
        b.edit(trip, Note::BODY.insert(99, "x"));
        b.edit(trip, Note::BODY.insert(1, "x"));
        b.edit(ghost, Note::TITLE.set("x"));
        b.edit(trip, Note::TAGS.set(vec![Pointer::<Tag>::to(NodeId([9; 16]))]));
        b.edit(trip, Note::TITLE.set("sound"));
        b.edit(mistaken, Mistaken::PLACE.set(OtherPlace::CITI.set("Ulm")));
        b.edit(trip, Note::PLACE.with_op(encode(&RecordOp::Set(vec![(2, "x".into())]))));
        b.edit(trip, Note::BODY.delete(3..99));
    });
    let Err(WriteError::Invalid { violations }) = &result else { panic!("{result:?}") };
    let expected: [(usize, &[&str]); 9] = [
        (0, &["Note@1.titel is not in the schema", "there is title, body", "did you mean title?"]),
        (1, &["Note.title of node", "does not admit the value"]),
        (2, &["Note.body of node", "past the end"]),
        (3, &["Note.body of node", "inside a character"]),
        (4, &["Note.title of node 07070707", "had not seen the node"]),
        (5, &["Note.tags of node", "had not seen the node that it points to"]),
        (7, &["field Note@1.place has another type in the schema"]),
        (8, &["Note.place of node", "does not admit the value"]),
        (9, &["Note.body of node", "past the end"]),
    ];
    let found: Vec<usize> = violations.iter().map(|one| one.op).collect();
    assert_eq!(found, expected.map(|(op, _)| op), "{violations:#?}");
    for (violation, (_, fragments)) in violations.iter().zip(expected) {
        says("violation", &violation.to_string(), fragments);
    }
    says("all", &told(result), &["the batch was not written: op 0: ", "; op 1: ", "; op 9: "]);
    assert_eq!((facts(&replica), segment_bytes(&path)), (before, bytes));
    replica.write(|b| b.edit(trip, Note::BODY.insert(2, "x"))).expect("written");
}

#[test]
fn an_op_of_another_kind_of_field_is_a_mistake_even_where_its_bytes_would_decode() {
    let (replica, trip) = founded(1);
    let before = facts(&replica);
    let crossed = Pointer::<Crossed>::to(trip.id());
    let result = replica.write(|b| {
        // A register's bytes that are an insertion's, and the other way round.
        b.edit(crossed, Crossed::BODY.set("whole"));
        b.edit(crossed, (Crossed::TITLE.insert(2, "Hike"), Crossed::TITLE.delete(0..1)));
        b.edit(crossed, Crossed::PLACE.set("Ulm"));
    });
    let text = told(result);
    says(
        "kinds",
        &text,
        &[
            "op 0: field Note@1.body is a text",
            "op 1: field Note@1.title is a register",
            "op 2: field Note@1.title is a register",
            "op 3: field Note@1.place is a record",
        ],
    );
    assert_eq!(facts(&replica), before);
}

#[test]
fn a_type_that_the_schema_lacks_is_named() {
    let schema = woodland::define().record::<Tag>().schema().expect("a schema");
    let replica = Replica::in_memory(&schema, 1).expect("founded");
    let ghost = Pointer::<Note>::to(NodeId([7; 16]));
    let result = replica.write(|b| {
        b.insert(&Tag { name: "sound".into() });
        b.insert(&note("Trip", ""));
        b.edit(ghost, Note::TITLE.set("x"));
    });
    says("write", &told(result), &["op 2: type Note is not in the schema; there is Tag"]);
    says("read", &told(replica.snapshot().read(&[ghost])), &["type Note is not in the schema"]);
}

#[test]
fn a_closure_that_does_nothing_writes_nothing() {
    let (replica, trip) = founded(1);
    let before = facts(&replica);
    assert_eq!(replica.write(|_| 7).expect("nothing to do"), 7);
    replica
        .write(|b| b.edit(trip, (Note::BODY.insert(99, ""), Note::BODY.delete(5..5))))
        .expect("no");
    assert_eq!(facts(&replica), before);
    // Not even when there is something to see.
    let phone = joined(&replica, 2);
    phone.write(|b| b.edit(trip, Note::TITLE.set("Hike"))).expect("written");
    replica.merge(&phone).expect("merged");
    let before = facts(&replica);
    replica.write(|_| ()).expect("nothing to do");
    assert_eq!(facts(&replica), before);
}

#[test]
fn a_node_can_be_named_in_its_batch_and_ever_after() {
    let replica = Replica::in_memory(schema(), 1).expect("founded");
    let (trip, rust) = replica
        .write(|b| {
            let rust = b.insert(&Tag { name: "rust".into() });
            let trip = b.insert(&Note { tags: vec![rust], ..note("Trip", "boots") });
            b.edit(rust, Tag::NAME.set("Rust"));
            b.edit(trip, (Note::BODY.insert(0, "Pack "), Note::TAGS.set(vec![rust, rust])));
            (trip, rust)
        })
        .expect("written");
    let expected = Note { tags: vec![rust, rust], ..note("Trip", "Pack boots") };
    assert_eq!(read(&replica, trip), expected);
    replica.write(|b| b.edit(trip, Note::BODY.delete(0..5))).expect("written");
    assert_eq!(read(&replica, trip).body, "boots");
    let (name, missing) = (replica.snapshot(), Pointer::<Tag>::to(NodeId([0; 16])));
    let tags = name.read(&[rust, missing, rust]).expect("readable");
    let names: Vec<_> = tags.iter().map(|tag| tag.as_ref().map(|tag| tag.name.as_str())).collect();
    assert_eq!(names, [Some("Rust"), None, Some("Rust")], "answers stand as the questions do");
    says("as", &told(name.read(&[Pointer::<Tag>::to(trip.id())])), &["is a Note", "as a Tag"]);
    let nodes: Vec<_> =
        name.all::<Note>().expect("readable").into_iter().map(|one| one.0).collect();
    assert_eq!(nodes, [trip]);
}

#[test]
fn a_panic_in_the_closure_leaves_the_replica_as_it_was() {
    let (replica, trip) = founded(1);
    let before = facts(&replica);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        replica.write(|b| {
            b.edit(trip, Note::TITLE.set("half"));
            panic!("the application's own mistake")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(facts(&replica), before);
    replica.write(|b| b.edit(trip, Note::TITLE.set("Hike"))).expect("written");
    assert_eq!(read(&replica, trip).title, "Hike");
}

#[test]
fn more_heads_than_a_commit_can_name_are_joined_by_empty_commits() {
    let mut hand = Hand::found();
    let folder = folder();
    let segments: Vec<_> = (1..=300)
        .map(|author| {
            let first = hand.write(author, None, &[], vec![hand.title(&format!("by {author}"))]);
            hand.segment(&[first])
        })
        .collect();
    let file = hand.file(folder.path().join("many.wll"), &segments);
    let (replica, merged) = crate::by_hand::replica_of(&file);
    assert_eq!((merged.waiting, replica.snapshot().log().heads().count()), (0, 300));
    let before = replica.snapshot();
    replica.write(|b| b.edit(hand.note(), Note::TITLE.set("one"))).expect("written");
    let now = replica.snapshot();
    assert_eq!(now.log().heads().count(), 1, "all heads are joined");
    assert_eq!(now.log().len(), before.log().len() + 2, "one empty commit and the batch");
    assert_eq!(now.conflicts(&[(hand.note(), Note::TITLE)]), [vec![]]);
    assert_eq!(before.conflicts(&[(hand.note(), Note::TITLE)])[0][0].losers.len(), 299);
    // One signature covers both.
    let path = crate::notes::exported(&replica, folder.path(), "joined.wll");
    let (other, merged) = crate::by_hand::replica_of(&path);
    assert_eq!((merged.waiting, facts(&other)), (0, facts(&replica)));
}

#[test]
fn what_eight_threads_write_is_all_there() {
    const THREADS: usize = 8;
    const WRITES: usize = 6;
    let folder = folder();
    let path = folder.path().join("notes");
    let replica = Replica::create(&path, schema()).expect("created");
    let (other, _) = Replica::join_in_memory(schema(), &replica, 3).expect("joined");
    let ids: BTreeSet<_> = std::thread::scope(|scope| {
        let write = |thread: usize| {
            let replica = replica.clone();
            let other = other.clone();
            scope.spawn(move || {
                let one = |at: usize| {
                    let title = format!("{thread}.{at}");
                    let id = replica.write(|b| b.insert(&note(&title, ""))).expect("written");
                    let seen = replica.snapshot().read(&[id]).expect("readable");
                    assert!(seen[0].is_some(), "a write is visible when it returns");
                    other.merge(&replica).expect("merged");
                    id
                };
                (0..WRITES).map(one).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..THREADS).map(write).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(ids.len(), THREADS * WRITES);
    let expected = facts(&replica);
    assert_eq!(facts(&other), expected);
    drop(replica);
    let again = Replica::open(&path, schema()).expect("opened");
    assert_eq!(facts(&again), expected);
    let found = again.snapshot().all::<Note>().expect("readable");
    assert_eq!(found.into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>(), ids);
}

#[test]
fn a_held_snapshot_never_changes() {
    let (replica, trip) = founded(1);
    let held = replica.snapshot();
    let (version, digest) = (held.version(), held.digest());
    let unasked = replica.snapshot();
    for number in 0..20 {
        replica
            .write(|b| {
                b.edit(trip, (Note::BODY.insert(0, "x"), Note::TITLE.set(number.to_string())));
            })
            .expect("written");
    }
    assert_ne!(replica.snapshot().version(), version);
    for held in [held, unasked] {
        let notes = held.read(&[trip]).expect("readable");
        assert_eq!(notes, [Some(note("Trip", "Pack boots"))]);
        assert_eq!((held.version(), held.digest(), held.log().len()), (version, digest, 2));
    }
}

#[test]
fn members_of_a_record_merge_one_by_one() {
    let (one, trip) = founded(1);
    let other = joined(&one, 2);
    let write = |replica: &Replica, members: Vec<MemberChange<Place>>| {
        replica.write(|b| b.edit(trip, Note::PLACE.set(members))).expect("written");
    };
    write(&one, vec![Place::CITY.set("Ulm")]);
    write(&other, vec![Place::ZIP.set(89073), Place::CITY.set("Bonn")]);
    one.merge(&other).expect("merged");
    other.merge(&one).expect("merged");
    assert_eq!(facts(&one), facts(&other));
    let read = read(&one, trip);
    assert_eq!(read.place.zip, Some(89073), "what nobody else wrote stays");
    let conflicts = one.snapshot().conflicts(&[(trip, Note::PLACE)]);
    let [conflict] = &conflicts[0][..] else { panic!("one member: {conflicts:?}") };
    assert_eq!((&conflict.part, conflict.losers.len()), (&Part::Member(1), 1));
    assert_eq!(conflict.winner.value, Some(Value::from(read.place.0.city.expect("a city"))));
    assert_ne!(conflict.winner.value, conflict.losers[0].value);
}

#[test]
fn what_the_program_reads_otherwise_than_it_is_defined_is_told() {
    let (replica, trip) = founded(1);
    let now = replica.snapshot();
    let nodes = now.graph().nodes(&[trip.id()]);
    assert_eq!(nodes[0].as_ref().map(|node| node.fields.len()), Some(3), "no place was written");
    #[derive(Debug)]
    struct Other;
    impl Record for Other {
        const TYPE: &'static str = "Note";
        fn define(fields: &mut woodland::Fields) {
            fields.add::<Text>("title").add::<Text>("bodi");
            fields.add::<Vec<Pointer<Tag>>>("tags").add::<Option<String>>("body");
        }
        fn write(&self, _: &mut woodland::Writer<'_, Self>) {}
        fn read(fields: &woodland::View<'_, Self>) -> Result<Self, woodland::FieldError> {
            let text = Field::<Self, Text>::at;
            says("kind", &told(fields.get(text(0))), &["Note@1.title is a register"]);
            says("name", &told(fields.get(text(1))), &["not in the schema", "did you mean body?"]);
            says("other", &told(fields.get(Field::<Self, bool>::at(2))), &["holds a list", "bool"]);
            says("kind", &told(fields.get(Field::<Self, bool>::at(3))), &["Note@1.body is a text"]);
            Ok(Other)
        }
    }
    now.read(&[Pointer::<Other>::to(trip.id())]).expect("readable");
}
