//! Ops that should be void, one way or another.
//!
//! **Invariants**
//! - Each case aims at one reason of `docs/meaning.md`. Where what it needs is not there yet, it
//!   makes it, so that a later one finds it.

use crate::histories::draft::Draft;
use crate::histories::edits::small;
use crate::histories::schemas::{
    KEYLESS, NOTE, ODD, SPOT, TAG, TWINS, founding_schema, is_bad, later_schema,
};
use woodland_format::{
    FieldId, ListOp, MapOp, NodeId, ObjectId, Op, RegisterOp, SetOp, TextOp, TypeId, Value, encode,
};

const BODY: FieldId = FieldId(11);
const CODE: FieldId = FieldId(70);

impl Draft<'_> {
    /// One op that should be void.
    pub(crate) fn odd_op(&mut self) {
        if self.has_ties() && self.rng.chance(60) {
            return self.odd_tie();
        }
        match self.rng.below(24) {
            0 => {
                let stray = if self.rng.chance(50) { founding_schema() } else { later_schema() };
                self.ops.push(Op::Schema(stray));
            }
            1 => self.ops.push(Op::Create { node_type: TypeId(99), salt: self.salt }),
            2 => self.ops.push(Op::CreateKeyed { node_type: TypeId(99), key: Value::from("a") }),
            3 => self.ops.push(Op::Create { node_type: SPOT, salt: self.salt }),
            4 => {
                let node_type = *self.rng.pick(&[NOTE, TWINS, KEYLESS]).expect("there are some");
                self.ops.push(Op::CreateKeyed { node_type, key: Value::from("a") });
            }
            5 => self.ops.push(Op::CreateKeyed { node_type: SPOT, key: Value::Bytes(vec![1]) }),
            6 => self.edit_on(SPOT, CODE, encode(&RegisterOp::Set(Value::from("b")))),
            7 => self.edit_on(NOTE, FieldId(98), encode(&RegisterOp::Set(Value::Int(1)))),
            8 => {
                let node = self.stranger();
                let op = encode(&TextOp::Insert { at: 0, text: "lost".into() });
                self.edit(ObjectId { node, field: BODY }, op);
            }
            9 => self.edit_on(TAG, BODY, encode(&TextOp::Insert { at: 0, text: "wrong".into() })),
            10 | 11 => self.unusable_field(),
            12 | 13 => self.torn_op(),
            14 => self.wrong_value(),
            15 => self.unseen_target(),
            16 => self.bad_members(),
            17 => self.empty_edit(),
            18 => self.past_the_end_of_a_text(),
            19 => self.inside_a_character(),
            20 => self.out_of_order(),
            21 => self.unseen_key(),
            22 => self.past_the_end_of_a_list(),
            _ => self.clear_what_stays(),
        }
    }

    /// Edits a node of this type, or creates it.
    fn edit_on(&mut self, node_type: TypeId, field: FieldId, op: Vec<u8>) {
        match self.node_of(node_type) {
            Some(node) => self.edit(ObjectId { node, field }, op),
            None => self.create(node_type),
        }
    }

    /// Edits an object of this kind, or creates a node that has one.
    pub(crate) fn edit_of_kind(&mut self, kind: &str, op: Vec<u8>) {
        match self.object_of(kind) {
            Some((object, _)) => self.edit(object, op),
            None => self.create(NOTE),
        }
    }

    /// A node that nobody made.
    pub(crate) fn stranger(&mut self) -> NodeId {
        let mut node = NodeId([0; 16]);
        node.0.copy_from_slice(&self.rng.bytes()[..16]);
        node
    }

    fn unusable_field(&mut self) {
        let types = founding_schema().types;
        let fields = types.iter().flat_map(|one| one.fields.iter().map(|field| (one.id, field)));
        let bad: Vec<_> = fields.filter(|(_, field)| is_bad(field)).collect();
        let (owner, field) = *self.rng.pick(&bad).expect("there are some");
        let op = match self.rng.below(3) {
            0 => vec![],
            1 => encode(&RegisterOp::Set(Value::Int(1))),
            _ => encode(&SetOp::Add(vec![Value::Int(1)])),
        };
        let owner = if self.node_of(owner).is_some() { owner } else { ODD };
        self.edit_on(owner, field.id, op);
    }

    /// A sensible edit, its bytes cut short, drawn out or replaced.
    fn torn_op(&mut self) {
        let view = self.view.clone();
        self.sensible_op();
        let Some(Op::Edit { op, .. }) = self.ops.last_mut() else { return };
        match self.rng.below(4) {
            0 => op.clear(),
            1 => op.push(0),
            2 => drop(op.pop()),
            _ => {
                let length = self.rng.below(20);
                *op = self.rng.bytes()[..length].to_vec();
            }
        }
        *self.view = view;
    }

    fn empty_edit(&mut self) {
        let (kind, op) = match self.rng.below(8) {
            0 => ("text", encode(&TextOp::Insert { at: 0, text: String::new() })),
            1 => ("text", encode(&TextOp::Delete { at: 99, bytes: 0 })),
            2 => ("set", encode(&SetOp::Add(vec![]))),
            3 => ("set", encode(&SetOp::Remove(vec![]))),
            4 => ("map", encode(&MapOp::Put(vec![]))),
            5 => ("map", encode(&MapOp::Remove(vec![]))),
            6 => ("list", encode(&ListOp::Insert { at: 99, items: vec![] })),
            _ => ("list", encode(&ListOp::Remove { at: 0, count: 0 })),
        };
        self.edit_of_kind(kind, op);
    }

    fn past_the_end_of_a_text(&mut self) {
        let Some((object, _)) = self.object_of("text") else { return self.create(NOTE) };
        let end = small(self.view.text(object).len());
        let op = match self.rng.below(5) {
            0 => TextOp::Insert { at: end + 1, text: "far".into() },
            1 => TextOp::Insert { at: u32::MAX, text: "far".into() },
            2 => TextOp::Delete { at: end, bytes: 1 },
            3 => TextOp::Delete { at: 0, bytes: end + 1 },
            _ => TextOp::Delete { at: u32::MAX, bytes: u32::MAX },
        };
        self.edit(object, encode(&op));
    }

    fn past_the_end_of_a_list(&mut self) {
        let Some((object, field)) = self.object_of("list") else { return self.create(NOTE) };
        let end = small(self.view.items(object, "list").len());
        let Some(item) = self.item_of(&field) else { return self.create(TAG) };
        let op = match self.rng.below(8) {
            0 => ListOp::Insert { at: end + 1, items: vec![item] },
            1 => ListOp::Remove { at: end, count: 1 },
            2 => ListOp::Remove { at: 0, count: end + 1 },
            3 => ListOp::Remove { at: u32::MAX, count: u32::MAX },
            4 => ListOp::Move { from: end, to: 0 },
            5 => ListOp::Move { from: 0, to: end },
            6 => ListOp::Set { at: end, item },
            _ => ListOp::Set { at: u32::MAX, item },
        };
        self.edit(object, encode(&op));
    }

    /// An edit that starts or ends inside a character of several bytes.
    fn inside_a_character(&mut self) {
        let texts = self.view.shown.keys().filter(|(_, kind)| kind == "text");
        let texts: Vec<ObjectId> = texts.map(|(object, _)| *object).collect();
        let places: Vec<(ObjectId, u32)> = texts
            .into_iter()
            .flat_map(|object| {
                let text = self.view.text(object);
                let wide = text.char_indices().filter(|(_, c)| c.len_utf8() > 1);
                wide.map(|(at, _)| (object, small(at))).collect::<Vec<_>>()
            })
            .collect();
        let Some(&(object, at)) = self.rng.pick(&places) else {
            let wide = encode(&TextOp::Insert { at: 0, text: "é字🙂".into() });
            return self.edit_of_kind("text", wide);
        };
        let op = match self.rng.below(3) {
            0 => TextOp::Insert { at: at + 1, text: "in".into() },
            1 => TextOp::Delete { at, bytes: 1 },
            _ => TextOp::Delete { at: at + 1, bytes: 1 },
        };
        self.edit(object, encode(&op));
    }

    /// A key that was never put, or was taken out: by this very batch, maybe.
    fn unseen_key(&mut self) {
        let Some((object, _)) = self.object_of("map") else { return self.create(NOTE) };
        let shown = self.view.entries(object);
        let keys: Vec<Value> = shown.keys().cloned().collect();
        match self.rng.pick(&keys) {
            Some(key) if self.rng.chance(50) => {
                let remove = encode(&MapOp::Remove(vec![key.clone()]));
                self.edit(object, remove.clone());
                self.edit(object, remove);
                let left = shown.into_iter().filter(|(other, _)| other != key).collect();
                self.view.show(object, "map", Value::Map(left));
            }
            _ => {
                let nowhere = *self.rng.pick(&["nowhere", "open", "done"]).expect("some");
                let keys = [Value::Int(1 << 40), Value::from(nowhere)];
                let key = self.rng.pick(&keys).expect("two").clone();
                self.edit(object, encode(&MapOp::Remove(vec![key])));
            }
        }
    }
}
