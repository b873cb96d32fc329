//! What is yielded is what reads of both versions differ in, over random writes and merges.

use crate::model::{Note, Tag, founded, insert, joined, set};
use std::collections::{BTreeMap, BTreeSet};
use woodland::{
    Changed, ChangedField, Diff, Pointer, ReadError, Record, Replica, Snapshot, all, define, nodes,
};

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        usize::try_from((self.0 >> 33) % bound as u64).expect("it is below a usize")
    }
}

fn act(dice: &mut Dice, replica: &Replica) {
    let notes: Vec<Pointer<Note>> =
        replica.snapshot().all().expect("readable").into_iter().map(|one| one.0).collect();
    let tags: Vec<Pointer<Tag>> =
        replica.snapshot().all().expect("readable").into_iter().map(|one| one.0).collect();
    let title = ["Trip", "Hike", "Walk"][dice.below(3)];
    if notes.is_empty() || dice.below(6) == 0 {
        insert(replica, title);
        return;
    }
    let note = notes[dice.below(notes.len())];
    replica
        .write(|b| match dice.below(6) {
            0 => b.edit(note, Note::TITLE.set(title)),
            1 => b.edit(note, Note::BODY.insert(0, title)),
            2 => b.edit(note, Note::STARS.add(dice.below(3) as i64)),
            3 if !tags.is_empty() => b.edit(note, Note::TAGS.add([tags[dice.below(tags.len())]])),
            4 => b.edit(note, (Note::STARS.add(1), Note::STARS.add(-1))),
            _ => drop(b.insert(&Tag { name: title.into() })),
        })
        .expect("written");
}

fn names(before: &Note, after: &Note) -> Vec<&'static str> {
    let differs = [
        ("title", before.title != after.title),
        ("body", before.body != after.body),
        ("stars", before.stars != after.stars),
        ("tags", before.tags != after.tags),
    ];
    differs.into_iter().filter(|one| one.1).map(|one| one.0).collect()
}

fn notes_of(snapshot: &Snapshot) -> BTreeMap<Pointer<Note>, Note> {
    snapshot.read(all::<Note>()).expect("readable").into_iter().collect()
}

/// What differs, told from reads of both versions alone. A note that came has all its fields.
fn expected(from: &Snapshot, to: &Snapshot, of: &[Pointer<Note>]) -> Vec<Changed<Note>> {
    let (old, new) = (notes_of(from), notes_of(to));
    let changed = |pointer: &Pointer<Note>| {
        let (before, after) = (old.get(pointer).cloned(), new.get(pointer).cloned());
        let fields = match (&before, &after) {
            (Some(before), Some(after)) => names(before, after),
            _ => Vec::new(),
        };
        (before != after).then_some(Changed { pointer: *pointer, before, after, fields })
    };
    of.iter().filter_map(changed).collect()
}

type Yielded<D> = Result<Option<Diff<D>>, ReadError>;

/// Compares what was yielded, and answers from where to where it was.
fn compare(
    from: &Snapshot,
    to: &Snapshot,
    yielded: Yielded<Vec<Changed<Note>>>,
    of: &[Pointer<Note>],
) {
    let expected = expected(from, to, of);
    match yielded.expect("readable") {
        None => assert_eq!(expected, [], "nothing was yielded"),
        Some(diff) => {
            assert_eq!((diff.from.version(), diff.to.version()), (from.version(), to.version()));
            let came = diff.changes.iter().filter(|one| one.before.is_none());
            assert!(came.clone().all(|one| one.fields.contains(&"title")));
            let mut changes = diff.changes.clone();
            for one in changes.iter_mut().filter(|one| one.before.is_none()) {
                one.fields.clear();
            }
            assert_eq!(changes, expected);
        }
    }
}

#[test]
fn diffs_are_what_reads_differ_in() {
    for seed in 0..12 {
        let dice = &mut Dice(seed);
        let one = founded();
        let other = joined(&one, 2);
        let watched: Vec<Pointer<Note>> = (0..3).map(|at| insert(&one, &at.to_string())).collect();
        let mut whole = one.subscribe(all::<Note>());
        let mut some = one.subscribe(nodes(&watched[..2]));
        let mut titles = one.subscribe(Note::TITLE.of(&watched));
        for _ in 0..40 {
            let from = one.snapshot();
            // A subscription that lags yields once for all that it missed.
            for _ in 0..1 + dice.below(3) {
                match dice.below(5) {
                    0 => drop(one.merge(&other).expect("merged")),
                    1 => drop(other.merge(&one).expect("merged")),
                    2 => act(dice, &other),
                    _ => act(dice, &one),
                }
            }
            let to = one.snapshot();
            let every: BTreeSet<Pointer<Note>> = notes_of(&to).into_keys().collect();
            compare(&from, &to, whole.next(), &every.into_iter().collect::<Vec<_>>());
            compare(&from, &to, some.next(), &watched[..2]);
            let told =
                titles.next().expect("readable").map(|diff| diff.changes).unwrap_or_default();
            let read = |of: &Snapshot| of.read(Note::TITLE.of(&watched)).expect("readable");
            let both = watched.iter().zip(read(&from).into_iter().zip(read(&to)));
            let expected: Vec<ChangedField<Note, String>> = both
                .filter(|(_, (before, after))| before != after)
                .map(|(pointer, (before, after))| ChangedField { pointer: *pointer, before, after })
                .collect();
            assert_eq!(told, expected, "seed {seed}");
        }
    }
}

#[test]
fn what_reads_the_same_is_not_told() {
    let replica = founded();
    let note = insert(&replica, "Trip");
    let mut both = replica.subscribe((all::<Note>(), Note::STARS.of(&[note])));
    let back = (Note::STARS.add(1), Note::STARS.add(-1), Note::TITLE.set("Trip"));
    replica.write(|b| b.edit(note, back)).expect("written");
    assert!(both.next().expect("readable").is_none(), "no stars, and none again");
    replica
        .write(|b| b.edit(note, (Note::STARS.add(1), Note::TITLE.set("Hike"))))
        .expect("written");
    let diff = both.next().expect("readable").expect("a star");
    assert_eq!(diff.changes.0.expect("a note")[0].fields, ["title", "stars"]);
    assert_eq!(diff.changes.1.expect("a field").len(), 1);
}

#[test]
fn tuples_tell_of_each_and_of_nothing_not_at_all() {
    let replica = founded();
    let note = insert(&replica, "Trip");
    let mut both = replica.subscribe((all::<Tag>(), Note::TITLE.of(&[note])));
    replica.write(|b| b.edit(note, Note::STARS.add(1))).expect("written");
    assert!(both.next().expect("readable").is_none(), "nothing covered changed");
    assert_eq!(both.seen().version(), replica.snapshot().version(), "the cursor advanced");
    set(&replica, note, "Hike");
    let diff = both.next().expect("readable").expect("the title changed");
    assert!(diff.changes.0.is_none());
    let titles = diff.changes.1.expect("the title changed");
    let (before, after) = (Some("Trip".to_owned()), Some("Hike".to_owned()));
    assert_eq!(titles, [ChangedField { pointer: note, before, after }]);
    assert!(both.next().expect("readable").is_none(), "it is yielded once");
}

#[test]
fn a_node_that_comes_is_told_of() {
    let replica = founded();
    let other = joined(&replica, 2);
    let note = insert(&other, "Trip");
    let mut some = replica.subscribe((nodes(&[note]), Note::TITLE.of(&[note])));
    replica.merge(&other).expect("merged");
    let diff = some.next().expect("readable").expect("it came");
    let (node, title) = (diff.changes.0.expect("it came"), diff.changes.1.expect("it came"));
    assert_eq!((node[0].before.clone(), node[0].after.is_some()), (None, true));
    assert_eq!((title[0].before.clone(), title[0].after.clone()), (None, Some("Trip".into())));
    replica.merge(&other).expect("merged");
    assert!(some.next().expect("readable").is_none(), "nothing arrived");
}

#[test]
fn fields_that_the_program_does_not_have_change_nothing_for_it() {
    mod narrow {
        #[derive(woodland::Record, Debug, PartialEq)]
        pub(super) struct Note {
            pub(super) title: String,
        }
    }
    let replica = founded();
    let note = insert(&replica, "Trip");
    let mut titles = replica.subscribe(all::<narrow::Note>());
    replica.write(|b| b.edit(note, Note::STARS.add(1))).expect("written");
    assert!(titles.next().expect("readable").is_none());
    set(&replica, note, "Hike");
    let diff = titles.next().expect("readable").expect("the title changed");
    assert_eq!(diff.changes[0].fields, ["title"]);
    assert_eq!(diff.changes[0].after, Some(narrow::Note { title: "Hike".into() }));
}

#[test]
fn what_does_not_fit_is_said_and_passed() {
    #[derive(Record, Debug)]
    struct Stranger {
        name: String,
    }
    let replica = founded();
    let mut strangers = replica.subscribe(all::<Stranger>());
    insert(&replica, "Trip");
    let error = strangers.next().expect_err("no such type");
    assert!(matches!(error, ReadError::UnknownType { .. }), "{error}");
    assert!(strangers.next().expect("the cursor advanced").is_none());
    assert!(define().record::<Stranger>().model().is_ok());
}
