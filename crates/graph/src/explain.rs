//! Why a field reads as it does: every op on it, in order, and what became of each.
//!
//! **Invariants**
//! - Every op of every commit that names the object is told of, void or not, once.
//! - What is told depends on the set of commits alone, but for kinds of one's own, which only
//!   programs that have them can explain.
//!
//! What this does not do: answer fast. It reads the whole log: this is a question for people.

use crate::fields::OfField;
use crate::graph::Graph;
use crate::kind::{Fate, History, Part};
use crate::past::{Past, Stamp};
use crate::reread::OpReader;
use crate::state::{Held, Object};
use crate::void::Void;
use std::cell::RefCell;
use std::collections::HashMap;
use woodland_format::{AuthorKey, CommitId, ObjectId, Op};

/// One op on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in its batch.
    pub index: u32,
    /// Who wrote.
    pub author: AuthorKey,
    /// Its bytes: an op of the field's kind, in the schema that the commit is written under.
    pub op: Vec<u8>,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an op.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It had no effect.
    Void(Void),
    /// It had an effect, on these parts of the object.
    Counts(Vec<(Part, Fate)>),
    /// It is an op of another kind than the one that is read, written under another schema.
    OtherKind {
        /// The kind's name.
        kind: String,
    },
}

/// The states of objects that are explained, by the name of the kind, made ready for it.
type Recalled = HashMap<(ObjectId, String), Held>;

impl Graph {
    /// Explains objects, aligned with the question: every op on each, in order. Costs a walk over
    /// the whole log.
    pub fn explain(&self, objects: &[ObjectId]) -> Vec<Vec<Told>> {
        let mut told: Vec<Vec<Told>> = objects.iter().map(|_| Vec::new()).collect();
        let mut recalled = Recalled::new();
        let (mut order, mut ops) = (self.log().order(), OpReader::of(self.log()));
        while let Some(place) = order.next_place() {
            for (index, op) in (0..).zip(ops.batch(place)) {
                let Op::Edit { object, op } = op else { continue };
                let asked = objects.iter().enumerate().filter(|(_, asked)| *asked == object);
                for (at, _) in asked {
                    let stamp = Stamp { place, index };
                    told[at].push(self.tell(&mut recalled, stamp, *object, op));
                }
            }
        }
        told
    }

    fn tell(&self, recalled: &mut Recalled, stamp: Stamp, object: ObjectId, op: &[u8]) -> Told {
        let key = crate::past::key(self.log(), stamp);
        let (commit, author, index) = (key.id, key.author, stamp.index);
        let verdict = match self.voids.get(&(key, Some(index))) {
            Some(reason) => Verdict::Void(*reason),
            None => self.judge(recalled, stamp, object, op),
        };
        Told { commit, index, author, op: op.to_vec(), verdict }
    }

    fn judge(&self, recalled: &mut Recalled, stamp: Stamp, object: ObjectId, op: &[u8]) -> Verdict {
        const COUNTED: &str = "an op that is not void has its schema, node, field and object";
        let past = Past::of(self.log(), stamp);
        let fields = self.schema_of(&past).expect(COUNTED);
        let OfField::Kind { kind, config, .. } = &fields.field(object.field).expect(COUNTED).of
        else {
            panic!("{COUNTED}")
        };
        let read = self.sight().field(object).and_then(|(_, field)| field.object());
        if read.is_some_and(|read| read.kind.name() != kind.name()) {
            return Verdict::OtherKind { kind: kind.name().to_owned() };
        }
        let entry = self.state.get(object.node).expect(COUNTED);
        let held = recalled.entry((object, kind.name().to_owned())).or_insert_with(|| {
            self.recall(entry.object(object.field, kind.name()).expect(COUNTED))
        });
        match config {
            Ok(config) => Verdict::Counts(kind.fates(held, config, op, &past)),
            // A kind of one's own that cannot read its configuration: its ops count all the same.
            Err(_) => Verdict::Counts(vec![(Part::Whole, Fate::Counts)]),
        }
    }

    /// The state of an object with what it forgets at rest.
    fn recall(&self, object: &Object) -> Held {
        let ops = RefCell::new(OpReader::of(self.log()));
        let read = |stamp: Stamp| ops.borrow_mut().edit(stamp).map(<[u8]>::to_vec);
        let stamps = object.stamps();
        let mut held = object.held.clone();
        let is_void = |stamp| !object.kind.is_built_in() && self.void_of(stamp).is_some();
        let history = History { log: self.log(), stamps: &stamps, is_void: &is_void, read: &read };
        object.kind.recall(&mut held, &history);
        held
    }
}
