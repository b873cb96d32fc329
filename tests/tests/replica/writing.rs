//! Writing: all of a batch or nothing of it, and every mistake told at once.

use crate::by_hand::Hand;
use crate::notes::{
    Note, Tag, done, facts, folder, founded, joined, note, read, says, schema, told,
};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use woodland::{NodeId, Pointer, Replica, Value, WriteError};
use woodland_graph::Part;

fn segment_bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path.join("segments/00000001.wls")).expect("the segment file")
}

#[test]
fn one_error_lists_every_mistake_and_nothing_has_changed() {
    let folder = folder();
    let path = folder.path().join("notes");
    let replica = Replica::create(&path, &schema()).expect("created");
    let trip = replica.write(|b| b.insert(&note("Trip", "é boots"))).expect("written");
    let (before, bytes) = (facts(&replica), segment_bytes(&path));
    let ghost = Pointer::<Note>::to(NodeId([7; 16]));
    let string = |text: &str| text.to_owned();
    let result = replica.write(|b| {
        b.edit(trip).set("titel", &string("x"));
        b.edit(trip).set("title", &7_i64);
        b.edit(trip).insert("body", 99, "x");
        b.edit(trip).insert("body", 1, "x");
        b.edit(ghost).set("title", &string("x"));
        b.edit(trip).set("tags", &vec![Pointer::<Tag>::to(NodeId([9; 16]))]);
        b.edit(trip).set("title", &string("sound"));
        b.edit(trip).set_members("place", &[("citi", "Ulm".into()), ("zip", true.into())]);
        b.edit(trip).set_members("place", &[("zip", "x".into())]);
        b.edit(trip).delete("body", 3..99);
    });
    let Err(WriteError::Invalid { violations }) = &result else { panic!("{result:?}") };
    let expected: [(usize, &[&str]); 9] = [
        (0, &["Note.titel does not exist", "Note@1 has title, body", "did you mean title?"]),
        (1, &["Note.title of node", "does not admit the value"]),
        (2, &["Note.body of node", "past the end"]),
        (3, &["Note.body of node", "inside a character"]),
        (4, &["Note.title of node 07070707", "had not seen the node"]),
        (5, &["Note.tags of node", "had not seen the node that it points to"]),
        (7, &["member place.citi does not exist", "did you mean city?"]),
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
    replica.write(|b| done(b.edit(trip).insert("body", 2, "x"))).expect("written");
}

#[test]
fn an_op_of_another_kind_of_field_is_a_mistake_even_where_its_bytes_would_decode() {
    let (replica, trip) = founded(1);
    let before = facts(&replica);
    let result = replica.write(|b| {
        // A register's bytes that are an insertion's, and the other way round.
        b.edit(trip).set("body", &"whole".to_owned());
        b.edit(trip).insert("title", 2, "Hike");
        b.edit(trip).delete("title", 0..1);
        b.edit(trip).set("place", &"Ulm".to_owned());
        b.edit(trip).set_members("title", &[("city", "Ulm".into())]);
    });
    let text = told(result);
    says(
        "kinds",
        &text,
        &[
            "op 0: field Note.body is a text",
            "op 1: field Note.title is a register",
            "op 2: field Note.title is a register",
            "op 3: field Note.place is a record",
            "op 4: field Note.title is a register",
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
        b.edit(ghost).set("title", &"x".to_owned());
    });
    says("write", &told(result), &["op 2: type Note is not in the schema; there is Tag"]);
    says("read", &told(replica.snapshot().read(&[ghost])), &["type Note is not in the schema"]);
}

#[test]
fn a_closure_that_does_nothing_writes_nothing() {
    let (replica, trip) = founded(1);
    let before = facts(&replica);
    assert_eq!(replica.write(|_| 7).expect("nothing to do"), 7);
    replica.write(|b| done(b.edit(trip).insert("body", 99, "").delete("body", 5..5))).expect("no");
    assert_eq!(facts(&replica), before);
    // Not even when there is something to see.
    let phone = joined(&replica, 2);
    phone.write(|b| done(b.edit(trip).set("title", &"Hike".to_owned()))).expect("written");
    replica.merge(&phone).expect("merged");
    let before = facts(&replica);
    replica.write(|_| ()).expect("nothing to do");
    assert_eq!(facts(&replica), before);
}

#[test]
fn a_node_can_be_named_in_its_batch_and_ever_after() {
    let replica = Replica::in_memory(&schema(), 1).expect("founded");
    let (trip, rust) = replica
        .write(|b| {
            let rust = b.insert(&Tag { name: "rust".into() });
            let trip = b.insert(&Note { tags: vec![rust], ..note("Trip", "boots") });
            b.edit(rust).set("name", &"Rust".to_owned());
            b.edit(trip).insert("body", 0, "Pack ").set("tags", &vec![rust, rust]);
            (trip, rust)
        })
        .expect("written");
    let expected = Note { tags: vec![rust, rust], ..note("Trip", "Pack boots") };
    assert_eq!(read(&replica, trip), expected);
    replica.write(|b| done(b.edit(trip).delete("body", 0..5))).expect("written");
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
            b.edit(trip).set("title", &"half".to_owned());
            panic!("the application's own mistake")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(facts(&replica), before);
    replica.write(|b| done(b.edit(trip).set("title", &"Hike".to_owned()))).expect("written");
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
    replica.write(|b| done(b.edit(hand.note()).set("title", &"one".to_owned()))).expect("written");
    let now = replica.snapshot();
    assert_eq!(now.log().heads().count(), 1, "all heads are joined");
    assert_eq!(now.log().len(), before.log().len() + 2, "one empty commit and the batch");
    assert_eq!(now.conflicts(&[(hand.note(), "title")]), [vec![]]);
    assert_eq!(before.conflicts(&[(hand.note(), "title")])[0][0].losers.len(), 299);
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
    let replica = Replica::create(&path, &schema()).expect("created");
    let (other, _) = Replica::join_in_memory(&schema(), &replica, 3).expect("joined");
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
    let again = Replica::open(&path, &schema()).expect("opened");
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
            .write(|b| done(b.edit(trip).insert("body", 0, "x").set("title", &number.to_string())))
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
    let write = |replica: &Replica, members: &[(&str, Value)]| {
        replica.write(|b| done(b.edit(trip).set_members("place", members))).expect("written");
    };
    write(&one, &[("city", "Ulm".into())]);
    write(&other, &[("zip", 89073.into()), ("city", "Bonn".into())]);
    one.merge(&other).expect("merged");
    other.merge(&one).expect("merged");
    assert_eq!(facts(&one), facts(&other));
    let read = read(&one, trip);
    assert_eq!(read.zip, Some(89073), "what nobody else wrote stays");
    let conflicts = one.snapshot().conflicts(&[(trip, "place")]);
    let [conflict] = &conflicts[0][..] else { panic!("one member: {conflicts:?}") };
    assert_eq!((&conflict.part, conflict.losers.len()), (&Part::Member(1), 1));
    assert_eq!(conflict.winner.value, Some(Value::from(read.city.expect("a city"))));
    assert_ne!(conflict.winner.value, conflict.losers[0].value);
}

#[test]
fn what_the_program_reads_otherwise_than_it_is_defined_is_told() {
    let (replica, trip) = founded(1);
    let now = replica.snapshot();
    let nodes = now.graph().nodes(&[trip.id()]);
    assert_eq!(nodes[0].as_ref().map(|node| node.fields.len()), Some(3), "no place was written");
    struct Other;
    impl woodland::Record for Other {
        const TYPE: &'static str = "Note";
        fn define(_: &mut woodland::Fields) {}
        fn write(&self, _: &mut woodland::Editor<'_>) {}
        fn read(fields: &woodland::View<'_>) -> Result<Self, woodland::FieldError> {
            says("type", &told(fields.get::<i64>("title")), &["Note@1.title holds a", "string"]);
            says("name", &told(fields.text("bodi")), &["does not exist", "did you mean body?"]);
            says("absent", &told(fields.get::<bool>("place")), &["was never written"]);
            Ok(Other)
        }
    }
    now.read(&[Pointer::<Other>::to(trip.id())]).expect("readable");
}
