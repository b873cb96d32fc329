//! Ops that should be void, one way or another.
//!
//! **Invariants**
//! - Each case aims at one reason of `docs/meaning.md`. Where what it needs is not there yet, it
//!   makes it, so that a later one finds it.

use crate::histories::draft::{Draft, small};
use crate::histories::schemas::{NOTE, ODD, TAG, founding_schema, later_schema};
use woodland_format::{
    FieldId, NodeId, ObjectId, Op, RecordOp, RegisterOp, TextOp, TypeId, Value, encode,
};

const TITLE: FieldId = FieldId(10);
const BODY: FieldId = FieldId(11);
const STARS: FieldId = FieldId(12);
const TAGS: FieldId = FieldId(13);
const PARENT: FieldId = FieldId(16);
const PLACE: FieldId = FieldId(17);
const UNUSABLE: [FieldId; 4] = [FieldId(30), FieldId(31), FieldId(32), FieldId(33)];

impl Draft<'_> {
    /// One op that should be void.
    pub(crate) fn odd_op(&mut self) {
        match self.rng.below(16) {
            0 => {
                let stray = if self.rng.chance(50) { founding_schema() } else { later_schema() };
                self.ops.push(Op::Schema(stray));
            }
            1 => self.ops.push(Op::Create { node_type: TypeId(99), salt: self.salt }),
            2 => self.edit_on(NOTE, FieldId(98), encode(&RegisterOp::Set(Value::Int(1)))),
            3 => {
                let node = self.stranger();
                let op = encode(&TextOp::Insert { at: 0, text: "lost".into() });
                self.edit(ObjectId { node, field: BODY }, op);
            }
            4 => self.edit_on(TAG, BODY, encode(&TextOp::Insert { at: 0, text: "wrong".into() })),
            5 => {
                let field = *self.rng.pick(&UNUSABLE).expect("there are some");
                self.edit_on(ODD, field, encode(&RegisterOp::Set(Value::Bytes(vec![]))));
            }
            6 => self.undecodable(),
            7 => self.edit_on(NOTE, STARS, encode(&RegisterOp::Set(Value::Bool(true)))),
            8 => self.unseen_target(),
            9 => self.bad_members(),
            10 => {
                let op = match self.rng.below(2) {
                    0 => TextOp::Insert { at: 0, text: String::new() },
                    _ => TextOp::Delete { at: 0, bytes: 0 },
                };
                self.edit_on(NOTE, BODY, encode(&op));
            }
            11 | 12 => self.past_the_end(),
            13 | 14 => self.inside_a_character(),
            _ => {
                let list = Value::List(vec![Value::Int(1), Value::List(vec![])]);
                self.edit_on(NOTE, TITLE, encode(&RegisterOp::Set(list)));
            }
        }
    }

    /// Edits a node of this type, or creates it.
    fn edit_on(&mut self, node_type: TypeId, field: FieldId, op: Vec<u8>) {
        match self.node_of(node_type) {
            Some(node) => self.edit(ObjectId { node, field }, op),
            None => {
                self.create(node_type);
            }
        }
    }

    /// A node that nobody made.
    fn stranger(&mut self) -> NodeId {
        let mut node = NodeId([0; 16]);
        node.0.copy_from_slice(&self.rng.bytes()[..16]);
        node
    }

    fn undecodable(&mut self) {
        match self.rng.below(5) {
            0 => self.edit_on(NOTE, TITLE, vec![]),
            1 => {
                let mut bytes = encode(&RegisterOp::Set(Value::from("more")));
                bytes.push(0);
                self.edit_on(NOTE, TITLE, bytes);
            }
            2 => {
                let length = self.rng.below(20);
                let bytes = self.rng.bytes()[..length].to_vec();
                self.edit_on(NOTE, BODY, bytes);
            }
            3 => {
                let twice = vec![(1, Value::from("one")), (1, Value::from("two"))];
                self.edit_on(NOTE, PLACE, encode(&RecordOp::Set(twice)));
            }
            _ => {
                let mut bytes = encode(&TextOp::Insert { at: 0, text: "torn".into() });
                bytes.pop();
                self.edit_on(NOTE, BODY, bytes);
            }
        }
    }

    fn unseen_target(&mut self) {
        let node = self.stranger();
        let wrong = self.node_of(NOTE).unwrap_or(node);
        let right = self.node_of(TAG);
        match self.rng.below(4) {
            0 => self.edit_on(NOTE, PARENT, encode(&RegisterOp::Set(Value::Pointer(node)))),
            1 => {
                let list = right.into_iter().chain([wrong]).map(Value::Pointer).collect();
                self.edit_on(NOTE, TAGS, encode(&RegisterOp::Set(Value::List(list))));
            }
            2 => {
                let values = vec![(1, Value::from("lost")), (3, Value::Pointer(node))];
                self.edit_on(NOTE, PLACE, encode(&RecordOp::Set(values)));
            }
            _ => {
                let pointer = Value::Pointer(right.unwrap_or(node));
                self.edit_on(NOTE, PARENT, encode(&RegisterOp::Set(pointer)));
            }
        }
    }

    fn bad_members(&mut self) {
        let values = match self.rng.below(3) {
            0 => vec![(1, Value::from("good")), (77, Value::Int(1))],
            1 => vec![(1, Value::Int(5)), (77, Value::Int(1))],
            _ => vec![(1, Value::from("good")), (4, Value::List(vec![Value::Int(3)]))],
        };
        self.edit_on(NOTE, PLACE, encode(&RecordOp::Set(values)));
    }

    fn past_the_end(&mut self) {
        let Some(node) = self.node_of(NOTE) else {
            self.create(NOTE);
            return;
        };
        let object = ObjectId { node, field: BODY };
        let end = small(self.view.texts.get(&object).map_or(0, String::len));
        let op = match self.rng.below(5) {
            0 => TextOp::Insert { at: end + 1, text: "far".into() },
            1 => TextOp::Insert { at: u32::MAX, text: "far".into() },
            2 => TextOp::Delete { at: end, bytes: 1 },
            3 => TextOp::Delete { at: 0, bytes: end + 1 },
            _ => TextOp::Delete { at: u32::MAX, bytes: u32::MAX },
        };
        self.edit(object, encode(&op));
    }

    /// An edit that starts or ends inside a character of several bytes.
    fn inside_a_character(&mut self) {
        let places: Vec<(ObjectId, u32)> = self
            .view
            .texts
            .iter()
            .flat_map(|(object, text)| {
                let wide = text.char_indices().filter(|(_, c)| c.len_utf8() > 1);
                wide.map(|(at, _)| (*object, small(at)))
            })
            .collect();
        let Some(&(object, at)) = self.rng.pick(&places) else {
            let wide = encode(&TextOp::Insert { at: 0, text: "é字🙂".into() });
            return self.edit_on(NOTE, BODY, wide);
        };
        let op = match self.rng.below(3) {
            0 => TextOp::Insert { at: at + 1, text: "in".into() },
            1 => TextOp::Delete { at, bytes: 1 },
            _ => TextOp::Delete { at: at + 1, bytes: 1 },
        };
        self.edit(object, encode(&op));
    }
}
