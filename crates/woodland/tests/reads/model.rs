//! Notes that point to each other at random, in a replica and as plain values.

use std::collections::HashMap;
use woodland::{Counter, Map, NodeId, Pointer, Record, Replica, Set, Snapshot, Text, define};

#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

#[derive(Record, Debug, Clone, PartialEq, Default)]
pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) body: Text,
    #[woodland(default = 3)]
    pub(crate) weight: i64,
    pub(crate) stars: Counter,
    pub(crate) parent: Option<Pointer<Note>>,
    pub(crate) next: Vec<Pointer<Note>>,
    pub(crate) friends: Set<Pointer<Note>>,
    pub(crate) seats: Map<String, Pointer<Note>>,
    pub(crate) tags: Set<Pointer<Tag>>,
    pub(crate) votes: Map<String, i64>,
}

/// A tag is on a note.
#[derive(Record, Debug, Clone, PartialEq)]
pub(crate) struct Pin {
    pub(crate) on: Pointer<Note>,
}

/// Numbers from a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Dice(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("it is below a usize")
    }

    pub(crate) fn some<T: Copy>(&mut self, of: &[T], at_most: usize) -> Vec<T> {
        let count = self.below(at_most + 1);
        (0..count).map(|_| of[self.below(of.len())]).collect()
    }
}

/// The same notes twice.
pub(crate) struct Written {
    pub(crate) now: Snapshot,
    pub(crate) notes: HashMap<Pointer<Note>, Note>,
    pub(crate) order: Vec<Pointer<Note>>,
    pub(crate) tags: Vec<Pointer<Tag>>,
    pub(crate) pins: HashMap<Pointer<Pin>, Pin>,
}

pub(crate) fn missing<R>() -> Pointer<R> {
    Pointer::to(NodeId([9; 16]))
}

pub(crate) fn written(seed: u64, count: usize) -> Written {
    let dice = &mut Dice::of(seed);
    let model = define().record::<Note>().record::<Tag>().record::<Pin>().model().expect("a model");
    let replica = Replica::in_memory(&model, seed).expect("founded");
    let (mut notes, mut pins) = (HashMap::new(), HashMap::new());
    let (mut order, mut tags) = (Vec::new(), Vec::new());
    replica
        .write(|b| {
            tags = (0..4).map(|at| b.insert(&Tag { name: format!("tag {at}") })).collect();
            for at in 0..count {
                let title = format!("note {at}");
                let body = ["", "plain", "Füße 🚀 天", "ä"][dice.below(4)].into();
                let note = Note { title, body, weight: dice.below(5) as i64, ..Note::default() };
                let pointer = b.insert(&note);
                order.push(pointer);
                notes.insert(pointer, note);
            }
            for pointer in &order {
                let note = notes.get_mut(pointer).expect("it was made");
                note.parent = (dice.below(4) > 0).then(|| order[dice.below(count)]);
                note.next = dice.some(&order, 3);
                note.friends = dice.some(&order, 3).into_iter().collect();
                note.tags = dice.some(&tags, 2).into_iter().collect();
                let seats = dice.some(&order, 2).into_iter().enumerate();
                note.seats = seats.map(|(at, seat)| (format!("seat {at}"), seat)).collect();
                let votes = dice.some(&["ada", "ben", "eve"], 2).into_iter();
                note.votes = votes.map(|name| (name.to_owned(), dice.below(9) as i64)).collect();
                note.stars = Counter(dice.below(3) as i64);
                b.edit(*pointer, note.parent.map(|parent| Note::PARENT.set(parent)));
                b.edit(*pointer, Note::NEXT.set(&note.next));
                b.edit(*pointer, (Note::FRIENDS.add(&note.friends), Note::TAGS.add(&note.tags)));
                b.edit(*pointer, (Note::SEATS.put(&note.seats), Note::VOTES.put(&note.votes)));
                b.edit(*pointer, Note::STARS.add(note.stars.0));
            }
            for _ in 0..3 {
                let pin = Pin { on: order[dice.below(count)] };
                pins.insert(b.insert(&pin), pin);
            }
        })
        .expect("written");
    Written { now: replica.snapshot(), notes, order, tags, pins }
}
