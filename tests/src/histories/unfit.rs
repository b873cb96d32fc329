//! Ops whose values do not fit: of the wrong type, out of order, pointing nowhere.
//!
//! **Invariants**
//! - Each is aimed at one reason of `docs/meaning.md`; several break two rules at once, so that
//!   which reason comes first is seen.

use crate::histories::draft::Draft;
use crate::histories::schemas::NOTE;
use woodland_format::{
    FieldDefinition, FieldId, ListConfig, ListOp, MapConfig, MapOp, ObjectId, RecordOp, RegisterOp,
    SetOp, Value, decode, encode,
};

const PLACE: FieldId = FieldId(17);
const TAGS: FieldId = FieldId(13);

impl Draft<'_> {
    /// An item that this field admits.
    pub(crate) fn item_of(&mut self, field: &FieldDefinition) -> Option<Value> {
        let config = decode::<ListConfig, 65536>("a configuration", &field.config).ok()?;
        self.value_of(&config.item)
    }

    /// A value that few types admit: nested, half of a composite, beside a union.
    fn unfit(&mut self) -> Value {
        let pair = |number, value| (number, Value::Int(value));
        match self.rng.below(7) {
            0 => Value::Bool(true),
            1 => Value::List(vec![Value::Int(1), Value::List(vec![])]),
            2 => Value::Record(vec![(1, "circle".into()), pair(2, 1)]),
            3 => Value::Record(vec![pair(1, 1), pair(9, 1)]),
            4 => Value::from("no state of this name"),
            5 => Value::Map(vec![]),
            _ => Value::Record(vec![]),
        }
    }

    pub(crate) fn wrong_value(&mut self) {
        let (unfit, at) = (self.unfit(), 1 << 20);
        let (kind, op) = match self.rng.below(9) {
            0 | 1 => ("register", encode(&RegisterOp::Set(unfit))),
            2 => ("atom", encode(&RegisterOp::Set(unfit))),
            3 => ("set", encode(&SetOp::Add(vec![unfit]))),
            4 => ("set", encode(&SetOp::Remove(vec![unfit]))),
            5 => {
                let Some((object, field)) = self.object_of("map") else { return };
                let config = decode::<MapConfig, 65536>("a configuration", &field.config);
                let key = config.ok().and_then(|config| self.few_value_of(&config.key));
                let Some(key) = key else { return };
                return self.edit(object, encode(&MapOp::Put(vec![(key, unfit)])));
            }
            6 => ("map", encode(&MapOp::Remove(vec![unfit]))),
            7 => ("list", encode(&ListOp::Insert { at, items: vec![unfit] })),
            _ => ("list", encode(&ListOp::Set { at, item: unfit })),
        };
        self.edit_of_kind(kind, op);
    }

    /// A pointer to a node that nobody made, or that has another type.
    pub(crate) fn unseen_target(&mut self) {
        let stranger = self.stranger();
        let wrong = self.node_of(NOTE).filter(|_| self.rng.chance(50)).unwrap_or(stranger);
        let pointer = Value::Pointer(wrong);
        let Some(note) = self.node_of(NOTE) else { return self.create(NOTE) };
        let set = |value| encode(&RegisterOp::Set(value));
        let (field, op) = match self.rng.below(8) {
            0 => (FieldId(16), set(Value::Pointer(stranger))),
            1 => (TAGS, set(Value::List(vec![pointer]))),
            2 => {
                let values = vec![(1, Value::from("lost")), (3, pointer)];
                (PLACE, encode(&RecordOp::Set(values)))
            }
            3 => (FieldId(53), set(Value::Record(vec![(1, Value::Int(1)), (5, pointer)]))),
            4 => (FieldId(55), encode(&SetOp::Add(vec![pointer]))),
            5 => {
                let entry = (Value::from("done"), Value::Pointer(stranger));
                (FieldId(57), encode(&MapOp::Put(vec![entry])))
            }
            6 => (FieldId(61), encode(&ListOp::Insert { at: 1 << 20, items: vec![pointer] })),
            // No target is looked for in what is taken out.
            _ => (FieldId(55), encode(&SetOp::Remove(vec![pointer]))),
        };
        self.edit(ObjectId { node: note, field }, op);
    }

    pub(crate) fn bad_members(&mut self) {
        let op = match self.rng.below(6) {
            0 => RecordOp::Set(vec![(1, Value::from("good")), (77, Value::Int(1))]),
            1 => RecordOp::Set(vec![(1, Value::Int(5)), (77, Value::Int(1))]),
            2 => {
                RecordOp::Set(vec![(1, Value::from("good")), (4, Value::List(vec![Value::Int(3)]))])
            }
            3 => RecordOp::Clear(vec![6, 77]),
            4 => RecordOp::Clear(vec![1, 77]),
            _ => RecordOp::Clear(vec![6, 7]),
        };
        self.edit_of_kind("record", encode(&op));
    }

    /// Members, items and keys that do not ascend strictly.
    pub(crate) fn out_of_order(&mut self) {
        let (one, two) = (Value::from("a"), Value::from("b"));
        let (kind, op) = match self.rng.below(7) {
            0 => ("record", encode(&RecordOp::Set(vec![(1, one), (1, two)]))),
            1 => ("record", encode(&RecordOp::Clear(vec![6, 6]))),
            2 => ("set", encode(&SetOp::Add(vec![two, one]))),
            3 => ("set", encode(&SetOp::Remove(vec![one.clone(), one]))),
            4 => ("map", encode(&MapOp::Put(vec![(two, Value::Int(1)), (one, Value::Int(1))]))),
            5 => ("map", encode(&MapOp::Remove(vec![two, one]))),
            _ => {
                let entries = vec![(one.clone(), Value::Int(1)), (one, Value::Int(1))];
                ("map", encode(&MapOp::Put(entries)))
            }
        };
        self.edit_of_kind(kind, op);
    }

    /// Nothing, where something has to be.
    pub(crate) fn clear_what_stays(&mut self) {
        let kind = if self.rng.chance(50) { "register" } else { "atom" };
        self.edit_of_kind(kind, encode(&RegisterOp::Clear));
    }
}
