//! A dataset with something of everything, written at random.

use std::sync::Arc;
use woodland::{
    Cascade, Counter, List, MemoryDisk, Model, Options, Pointer, Record, Replica, Restrict, Set,
    Snapshot, Text, WriteError, define,
};

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: Text,
    pub(crate) votes: Counter,
    pub(crate) words: List<String>,
    pub(crate) tags: Set<String>,
    pub(crate) parent: Option<Pointer<Note, Cascade>>,
    pub(crate) tag: Option<Pointer<Tag, Restrict>>,
}

pub(crate) fn model() -> Model {
    define().record::<Note>().record::<Tag>().model().expect("a model")
}

pub(crate) fn created(disk: &Arc<MemoryDisk>, seed: u64) -> Replica {
    Replica::create(Options::on(disk.clone()).seed(seed), model()).expect("created")
}

pub(crate) fn opened(disk: &Arc<MemoryDisk>, seed: u64) -> Replica {
    Replica::open(Options::on(disk.clone()).seed(seed), model()).expect("opened")
}

/// The version that a replica has, in memory alone: it stays when the replica is closed.
pub(crate) fn twin(replica: &Replica) -> Snapshot {
    let (twin, _) = Replica::join_in_memory(model(), replica, 77).expect("joined");
    twin.snapshot()
}

/// SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % sides
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.roll(of.len().max(1) as u64) as usize)
    }
}

/// One batch at random. Whether it is refused depends on what it meets, and is no matter here.
pub(crate) fn act(replica: &Replica, dice: &mut Dice) {
    let now = replica.snapshot();
    let notes: Vec<Pointer<Note>> = pointers(now.all::<Note>().expect("readable"));
    let tags: Vec<Pointer<Tag>> = pointers(now.all::<Tag>().expect("readable"));
    let (choice, number) = (dice.roll(10), dice.roll(1000));
    let note = dice.pick(&notes).copied();
    let (parent, tag) = (dice.pick(&notes).copied(), dice.pick(&tags).copied());
    let written: Result<(), WriteError> = replica.write(|b| {
        let word = format!("word {number}");
        match (choice, note) {
            (0..3, _) | (_, None) => {
                b.insert(&Note {
                    title: word.clone(),
                    body: "Pack boots".into(),
                    votes: 0.into(),
                    words: [word.clone()].into(),
                    tags: [word].into(),
                    parent: parent.filter(|_| number % 2 == 0).map(Into::into),
                    tag: tag.filter(|_| number % 3 == 0).map(Into::into),
                });
            }
            (3, _) => drop(b.insert(&Tag { name: word })),
            (4, Some(note)) => b.edit(note, (Note::TITLE.set(word), Note::VOTES.add(7))),
            (5, Some(note)) => b.edit(note, Note::BODY.insert(0, "warm ")),
            (6, Some(note)) => b.edit(note, Note::WORDS.insert(0, [word])),
            (7, Some(note)) => b.edit(
                note,
                (Note::TAGS.add([word]), parent.map(|parent| Note::PARENT.set(parent))),
            ),
            (8, Some(note)) => b.edit(note, tag.map(|tag| Note::TAG.set(tag))),
            (_, Some(note)) => match tag.filter(|_| number % 2 == 0) {
                Some(tag) => b.delete(tag),
                None => b.delete(note),
            },
        }
    });
    drop(written);
}

fn pointers<R: Record>(all: Vec<(Pointer<R>, R)>) -> Vec<Pointer<R>> {
    all.into_iter().map(|(pointer, _)| pointer).collect()
}

/// All that can be asked of both.
pub(crate) fn assert_alike(one: &Snapshot, other: &Snapshot) {
    assert_eq!(one.version(), other.version());
    assert_eq!(one.all::<Note>(), other.all::<Note>());
    assert_eq!(one.all::<Tag>(), other.all::<Tag>());
    assert_eq!(one.digest(), other.digest());
    assert_eq!(one.voids(), other.voids());
    assert_eq!(one.clashes(), other.clashes());
    assert_eq!(one.migrations(), other.migrations());
    let notes: Vec<_> = pointers(one.all::<Note>().expect("readable"));
    let titles: Vec<_> = notes.iter().map(|note| (*note, Note::TITLE)).collect();
    assert_eq!(one.conflicts(&titles), other.conflicts(&titles));
    assert_eq!(one.explain(&titles), other.explain(&titles));
    assert_eq!(one.deaths(&notes), other.deaths(&notes));
    for note in notes.iter().take(5) {
        assert_eq!(one.referrers(*note, 9), other.referrers(*note, 9));
    }
    let ids = |snapshot: &Snapshot| {
        snapshot.log().order().map(|(_, commit)| commit.id()).collect::<Vec<_>>()
    };
    assert_eq!(ids(one), ids(other));
}
