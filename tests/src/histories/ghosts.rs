//! Ops on what is not alive, or was never there: deletions, creations anew, links, migrations that
//! should be listed.
//!
//! **Invariants**
//! - Each case aims at one reason of `docs/meaning.md`; where what it needs is not there yet, it
//!   makes something that a later one finds.

use crate::histories::draft::Draft;
use crate::histories::schemas::is_bad;
use crate::histories::ties::{FOLDER, LEAF, PERSON, TOKEN, is_odd};
use woodland_format::{
    FieldDefinition, FieldId, Migration, MigrationStep, NodeId, ObjectId, Op, RegisterOp, SetOp,
    TypeId, Value, encode,
};

impl Draft<'_> {
    /// Whether the schema has the types that these ops are about.
    pub(crate) fn has_ties(&self) -> bool {
        self.schema.type_with(FOLDER).is_some()
    }

    /// One op that should be listed, or that changes nothing in sight.
    pub(crate) fn odd_tie(&mut self) {
        match self.rng.below(13) {
            0 => {
                let node = self.stranger();
                self.ops.push(Op::Delete { node });
            }
            1 => match self.any_dead() {
                Some(node) => self.ops.push(Op::Delete { node }),
                None => self.delete_and_edit(),
            },
            2 => self.recreate(PERSON, "a".into(), 0),
            3 => {
                let generation = 2 + u32::try_from(self.rng.below(3)).expect("a small number");
                self.recreate(PERSON, "b".into(), generation);
            }
            4 => self.misplaced_key(),
            5 => {
                let key = self.rng.pick(&["a", "b", "xyz"]).map(|key| Value::from(*key));
                let key = key.expect("there are some");
                self.ops.push(Op::CreateKeyed { node_type: PERSON, key });
            }
            6 => match self.dead_node(false) {
                Some(node) => drop(self.edit_any_of(node)),
                None => self.delete_and_edit(),
            },
            7 | 8 => self.link_to_the_dead(),
            9 => self.silent_field(),
            10 => self.unusable_tie(),
            11 => self.misfit(),
            _ => self.delete_and_edit(),
        }
        self.look_again();
    }

    fn any_dead(&mut self) -> Option<NodeId> {
        let dead: Vec<NodeId> = self.view.dead.iter().copied().collect();
        self.rng.pick(&dead).copied()
    }

    fn recreate(&mut self, node_type: TypeId, key: Value, generation: u32) {
        self.ops.push(Op::Recreate { node_type, key, generation });
    }

    /// A creation anew without a key, with one that its type does not admit, or of no type.
    fn misplaced_key(&mut self) {
        match self.rng.below(4) {
            0 => self.recreate(LEAF, "a".into(), 1),
            1 => self.recreate(TOKEN, "a".into(), 1),
            2 => self.recreate(TypeId(99), "a".into(), 1),
            // The generation before is there and was never deleted.
            _ => {
                self.ops.push(Op::CreateKeyed { node_type: TOKEN, key: Value::Int(9) });
                self.recreate(TOKEN, Value::Int(9), 1);
            }
        }
    }

    /// Deletes a node and goes on writing to it, or deletes it twice.
    fn delete_and_edit(&mut self) {
        let types = [FOLDER, LEAF, PERSON, TOKEN];
        let node_type = *self.rng.pick(&types).expect("four");
        let Some(node) = self.node_of(node_type) else { return self.create(node_type) };
        self.ops.push(Op::Delete { node });
        if self.rng.chance(30) {
            self.ops.push(Op::Delete { node });
        } else {
            self.edit_any_of(node);
        }
    }

    /// A key of any policy, or a plain pointer, to a node that may be dead.
    fn link_to_the_dead(&mut self) {
        let place = self.any_key();
        let Some((owner, field, _)) = place else { return };
        let Some(node) = self.node_of(owner) else { return self.create(owner) };
        let object = ObjectId { node, field: field.id };
        self.reaching_the_dead(|draft| draft.edit_in(object, &field));
    }

    /// Writes to a field without content.
    fn silent_field(&mut self) {
        let is_silent = |field: &FieldDefinition| matches!(&*field.kind, "deletion" | "unique");
        let op = encode(&RegisterOp::Set(Value::Int(1)));
        self.edit_of_those(is_silent, op);
    }

    /// Writes to a field of an odd type, or creates a node of one.
    fn unusable_tie(&mut self) {
        let odd = self.schema.types.iter().filter(|one| is_odd(one)).map(|one| one.id);
        let odd: Vec<TypeId> = odd.collect();
        let Some(&node_type) = self.rng.pick(&odd) else { return self.silent_field() };
        if self.node_of(node_type).is_none() || self.rng.chance(20) {
            return self.create(node_type);
        }
        let op = match self.rng.below(2) {
            0 => encode(&RegisterOp::Set(Value::Int(1))),
            _ => encode(&SetOp::Add(vec![Value::Int(1)])),
        };
        self.edit_of_those(is_bad, op);
    }

    fn edit_of_those(&mut self, is_wanted: impl Fn(&FieldDefinition) -> bool, op: Vec<u8>) {
        let types = self.schema.types.iter();
        let fields = types.flat_map(|one| one.fields.iter().map(move |field| (one, field)));
        let fields = fields.filter(|(_, field)| is_wanted(field));
        let places: Vec<_> = fields.map(|(owner, field)| (owner.id, field.id)).collect();
        let Some(&(owner, field)) = self.rng.pick(&places) else { return };
        match self.node_of(owner) {
            Some(node) => self.edit(ObjectId { node, field }, op),
            None => self.create(owner),
        }
    }

    /// A migration that no schema takes, or few do.
    fn misfit(&mut self) {
        let nowhere = FieldId(999);
        let steps = match self.rng.below(7) {
            0 => vec![],
            // Others point to it.
            1 => vec![MigrationStep::RemoveType { node_type: LEAF }],
            2 => vec![MigrationStep::RenameField { field: nowhere, name: "lost".into() }],
            3 => vec![MigrationStep::MoveField { from: FieldId(200), to: FieldId(222) }],
            4 => vec![MigrationStep::RenameType { node_type: TOKEN, name: "Leaf".into() }],
            5 => vec![MigrationStep::RemoveDefaultType { field: FieldId(200) }],
            // The first step would do.
            _ => vec![
                MigrationStep::RenameType { node_type: LEAF, name: "Half".into() },
                MigrationStep::ChangeType { field: FieldId(201), config: vec![9] },
            ],
        };
        self.ops.push(Op::Migrate(Migration { steps }));
    }
}
