//! Acts by which nodes come to live, hold each other, die and come back, as honest authors do
//! them: on what is alive in what they see.
//!
//! **Invariants**
//! - An act that the oracle would list, on what its author sees, is not done.
//! - Afterwards the view is that of the author with this act done.

use crate::histories::draft::Draft;
use crate::histories::edits::is_unique;
use crate::histories::schemas::is_bad;
use crate::histories::ties::{places_of, policies_of};
use woodland_format::{
    DeletionConfig, FieldDefinition, NodeId, ObjectId, OnDelete, Op, TypeDefinition, TypeId,
    UnseenEdits, decode,
};

/// The kinds that have ops of their own.
const SILENT_KINDS: [&str; 3] = ["key", "deletion", "unique"];

impl Draft<'_> {
    /// One such act; false where that would need what is not there.
    pub(crate) fn live(&mut self) -> bool {
        match self.rng.below(18) {
            0..5 => self.delete_one(),
            5..14 => self.link(),
            14 => self.undelete(),
            15 => self.create_by_key(),
            _ => self.claim(),
        }
    }

    /// Does what `make` does, unless the oracle would list it.
    pub(crate) fn attempt(&mut self, make: impl FnOnce(&mut Self) -> bool) -> bool {
        let (at, view) = (self.ops.len(), self.view.clone());
        let is_made = make(self);
        let Some(foresight) = self.foresight else { return is_made };
        if is_made {
            let prospect = foresight.look(&self.ops);
            let first = u32::try_from(at).expect("a small batch");
            if prospect.listed.range(first..).next().is_none() {
                *self.view = prospect.view;
                return true;
            }
        }
        self.ops.truncate(at);
        *self.view = view;
        false
    }

    /// Sees what the ops so far have done.
    pub(crate) fn look_again(&mut self) {
        if let Some(foresight) = self.foresight {
            *self.view = foresight.look(&self.ops).view;
        }
    }

    fn delete_one(&mut self) -> bool {
        let types: Vec<TypeId> = self.schema.types.iter().map(|one| one.id).collect();
        let node_type = *self.rng.pick(&types).expect("every schema has a type");
        let Some(node) = self.node_of(node_type) else { return false };
        self.attempt(|draft| {
            draft.ops.push(Op::Delete { node });
            true
        })
    }

    /// Writes to a field that may hold foreign keys; to the dead, where that brings them back.
    fn link(&mut self) -> bool {
        let Some((owner, field, policies)) = self.any_key() else { return false };
        let Some(node) = self.node_of(owner) else { return false };
        let object = ObjectId { node, field: field.id };
        let brings_back = policies.iter().all(|policy| *policy == OnDelete::Revive);
        if !brings_back || !self.rng.chance(30) {
            return self.edit_in(object, &field);
        }
        self.attempt(|draft| draft.reaching_the_dead(|draft| draft.edit_in(object, &field)))
    }

    /// A usable field with foreign keys, its owner and their policies.
    pub(crate) fn any_key(&mut self) -> Option<(TypeId, FieldDefinition, Vec<OnDelete>)> {
        let types = self.schema.types.iter();
        let fields = types.flat_map(|one| one.fields.iter().map(move |field| (one, field)));
        let keys = fields.filter(|(_, field)| !is_bad(field)).filter_map(|(owner, field)| {
            let mut policies = vec![];
            places_of(field).iter().for_each(|place| policies_of(place, &mut policies));
            (!policies.is_empty()).then(|| (owner.id, field.clone(), policies))
        });
        let keys: Vec<_> = keys.collect();
        self.rng.pick(&keys).cloned()
    }

    /// Lets pointers go to dead nodes, too, while this is done.
    pub(crate) fn reaching_the_dead<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.reaches_dead = true;
        let done = act(self);
        self.reaches_dead = false;
        done
    }

    /// A dead node whose type this author knows, revivable or not.
    pub(crate) fn dead_node(&mut self, is_revivable: bool) -> Option<NodeId> {
        let is_wanted = |node: &&NodeId| {
            let of = self.view.nodes.get(node).and_then(|of| self.schema.type_with(*of));
            of.is_some_and(|of| revives(of) == is_revivable)
        };
        let dead: Vec<NodeId> = self.view.dead.iter().filter(is_wanted).copied().collect();
        self.rng.pick(&dead).copied()
    }

    /// Writes to a field that should be unique.
    fn claim(&mut self) -> bool {
        let mut places = vec![];
        for of in &self.schema.types {
            let is_claimed = |field: &&FieldDefinition| is_unique(of, field.id);
            places.extend(of.fields.iter().filter(is_claimed).map(|field| (of.id, field.clone())));
        }
        let Some((owner, field)) = self.rng.pick(&places).cloned() else { return false };
        let Some(node) = self.node_of(owner) else { return false };
        self.edit_in(ObjectId { node, field: field.id }, &field)
    }

    /// Edits a dead node whose type is revivable: whoever wants it back writes to it.
    fn undelete(&mut self) -> bool {
        let Some(node) = self.dead_node(true) else { return false };
        self.attempt(|draft| draft.edit_any_of(node))
    }

    /// Edits some field of this node.
    pub(crate) fn edit_any_of(&mut self, node: NodeId) -> bool {
        let of = self.view.nodes.get(&node).and_then(|of| self.schema.type_with(*of));
        let Some(of) = of else { return false };
        let is_open = |field: &&FieldDefinition| {
            !is_bad(field) && !SILENT_KINDS.contains(&field.kind.as_str())
        };
        let fields: Vec<FieldDefinition> = of.fields.iter().filter(is_open).cloned().collect();
        let Some(field) = self.rng.pick(&fields).cloned() else { return false };
        self.edit_in(ObjectId { node, field: field.id }, &field)
    }

    /// Creates a node that a key names: anew, where the last that it named is dead.
    fn create_by_key(&mut self) -> bool {
        let keyed = self.schema.types.iter().map(|one| one.id);
        let keyed: Vec<TypeId> = keyed.filter(|one| self.key_of(*one).is_some()).collect();
        let Some(&node_type) = self.rng.pick(&keyed) else { return false };
        let at = self.ops.len();
        self.create(node_type);
        self.ops.len() > at
    }
}

/// Whether edits bring nodes of this type back.
fn revives(of: &TypeDefinition) -> bool {
    let mut ends = of.fields.iter().filter(|field| field.kind == "deletion");
    let (Some(end), None) = (ends.next(), ends.next()) else { return false };
    let config = decode::<DeletionConfig, 65536>("a configuration", &end.config);
    config.is_ok_and(|config| config.edits == UnseenEdits::Revive)
}
