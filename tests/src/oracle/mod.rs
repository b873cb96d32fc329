//! The serial oracle: `docs/meaning.md` as slow, obvious code.
//!
//! ```text
//!  commits ──► past, rights ──► schemas ──► run ──► state ──► digest
//!                                            │        └──► reading, through a schema ──► unique
//!                                            ├► content of each object: register, set, map …
//!                                            └► judge: which nodes live, by the links of content
//! ```
//!
//! **Invariants**
//! - It shares only `woodland-format` with the engine: types, canonical bytes, hashes.
//! - It keeps every op of every object and asks, each time, who saw what. Nothing is incremental.
//! - It panics on a set of commits that no log would hold: not closed, a wrong seq or turn.
//!
//! What this does not do: verify signatures, or read a version that is relay-only.

mod content;
mod digest;
mod judge;
mod links;
mod list;
mod map;
mod meetings;
mod past;
mod places;
mod reading;
mod register;
mod rights;
mod run;
mod schemas;
mod sequence;
mod set;
mod sight;
mod text;
mod unique;

use crate::oracle::content::Content;
use crate::oracle::past::Past;
use crate::oracle::reading::Reader;
use crate::oracle::run::State;
use crate::oracle::schemas::Schemas;
use crate::oracle::sight::first_of;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    Commit, CommitId, Digest, FieldId, NodeId, ObjectId, PAYLOAD_FORMAT, Schema, TypeId, Value,
};

pub use crate::oracle::digest::digest_of;
pub use crate::oracle::meetings::{Meetings, TextInserts};
pub use crate::oracle::past::turn_of;

/// What a set of commits means.
pub struct Oracle {
    past: Past,
    schemas: Schemas,
    /// Empty where the version is relay-only.
    state: State,
    /// The schema that the founding header names, where a commit carries it.
    founding: Option<Schema>,
    relay_only: bool,
}

/// One op without effect, or one commit whose payload cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VoidEntry {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in its batch; `None` where the whole payload is unreadable.
    pub index: Option<u32>,
    /// The first reason that holds, in the words of `docs/meaning.md`.
    pub reason: &'static str,
}

/// A part of an object in which one write replaces another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictPart {
    /// All of it: a register, an atom.
    Whole,
    /// A member of a record.
    Member(u32),
    /// What stands at a key of a map.
    Key(Value),
}

/// Where writes compete.
pub type ConflictName = (ObjectId, ConflictPart);

/// A write that stands beside the winner: its commit, its index there, and what it wrote; none
/// where it cleared the place, or reads as nothing.
pub type ConflictEntry = (CommitId, u32, Option<Value>);

/// Nodes that a rule says should not be together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// Their type.
    pub node_type: TypeId,
    /// The rule.
    pub rule: ClashRule,
    /// Who holds what is contested.
    pub holder: NodeId,
    /// The others: in the order of their claims, or from the highest generation down.
    pub others: Vec<NodeId>,
}

/// What clashing nodes have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClashRule {
    /// The values of the registers that this field, of kind `unique`, names.
    Field(FieldId),
    /// The natural key of which they are generations.
    Key(Value),
}

impl Oracle {
    /// Derives everything from a set of commits, given in any order, with or without duplicates.
    ///
    /// # Panics
    /// When the set is not causally closed, has not one founding commit, or a commit in it has a
    /// wrong seq or turn.
    pub fn of(commits: &[Commit]) -> Oracle {
        let past = Past::of(commits);
        let relay_only = past.commits().iter().any(is_of_newer_format);
        let schemas = Schemas::of(&past);
        let state = if relay_only { State::default() } else { State::run(&past, &schemas) };
        let founding = schemas.founding();
        Oracle { past, schemas, state, founding, relay_only }
    }

    /// Whether some payload names a newer format: then there is an order, and nothing else.
    pub fn is_relay_only(&self) -> bool {
        self.relay_only
    }

    /// The commits by ascending key.
    pub fn order(&self) -> Vec<CommitId> {
        self.past.commits().iter().map(Commit::id).collect()
    }

    /// Every commit that this one saw, itself left out.
    ///
    /// # Panics
    /// When the version does not hold the commit.
    pub fn past_of(&self, commit: CommitId) -> BTreeSet<CommitId> {
        self.past.of_commit(commit)
    }

    /// The ops without effect, in order.
    pub fn voids(&self) -> Vec<VoidEntry> {
        let entry = |(rank, index, reason): &(usize, Option<u32>, &'static str)| VoidEntry {
            commit: self.past.commits()[*rank].id(),
            index: *index,
            reason,
        };
        self.state.voids.iter().map(entry).collect()
    }

    /// The schemas that the version carries: each introduced by a commit that carries it.
    pub fn carried_schemas(&self) -> Vec<Schema> {
        self.schemas.carried().cloned().collect()
    }

    /// What all migrations made of the founding schema; none where no commit carries that.
    pub fn current_schema(&self) -> Option<Schema> {
        self.state.current.clone()
    }

    /// Whether the node was created and is not dead.
    pub fn lives(&self, node: NodeId) -> bool {
        self.state.judge.lives(node)
    }

    /// The deletion that took the node, if it is dead: its commit, and its index there.
    pub fn died_at(&self, node: NodeId) -> Option<(CommitId, u32)> {
        let stamp = self.state.judge.died_at(node)?;
        Some((self.past.commits()[stamp.rank].id(), stamp.index))
    }

    /// The nodes that a reader sees through the current schema, and their types.
    pub fn nodes(&self) -> BTreeMap<NodeId, TypeId> {
        self.current().map(Reader::nodes).unwrap_or_default()
    }

    /// The same through this schema.
    pub fn nodes_through(&self, schema: &Schema) -> BTreeMap<NodeId, TypeId> {
        self.reader(schema).nodes()
    }

    /// What the fields of those nodes show through the current schema.
    pub fn values(&self) -> BTreeMap<ObjectId, Value> {
        self.current().map(Reader::values).unwrap_or_default()
    }

    /// The same through this schema.
    pub fn values_through(&self, schema: &Schema) -> BTreeMap<ObjectId, Value> {
        self.reader(schema).values()
    }

    /// The standing writes that did not win, ascending by stamp, of the parts of objects that the
    /// current schema shows. Parts without any are left out; one whose winner cleared it is not.
    pub fn conflicts(&self) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
        self.current().map(Reader::conflicts).unwrap_or_default()
    }

    /// The same through this schema.
    pub fn conflicts_through(&self, schema: &Schema) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
        self.reader(schema).conflicts()
    }

    /// The nodes that a reader sees clash through the current schema, ascending.
    pub fn clashes(&self) -> Vec<Clash> {
        self.current().map(unique::clashes).unwrap_or_default()
    }

    /// The same through this schema.
    pub fn clashes_through(&self, schema: &Schema) -> Vec<Clash> {
        unique::clashes(self.reader(schema))
    }

    fn reader<'a>(&'a self, schema: &'a Schema) -> Reader<'a> {
        Reader { past: &self.past, schemas: &self.schemas, state: &self.state, schema }
    }

    fn current(&self) -> Option<Reader<'_>> {
        self.state.current.as_ref().map(|schema| self.reader(schema))
    }

    /// The digest's entries: canonical keys and canonical values.
    pub fn entries(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        digest::entries(&self.state, &self.past)
    }

    /// The digest of the contents of the living nodes.
    pub fn digest(&self) -> Digest {
        digest_of(&self.entries())
    }

    /// All that was ever created, visible or not, masked or not, with its type.
    pub fn creations(&self) -> BTreeMap<NodeId, TypeId> {
        self.state.creations.iter().map(|(node, all)| (*node, first_of(all).node_type)).collect()
    }

    /// The fields of the founding schema.
    pub fn founding_fields(&self) -> Vec<FieldId> {
        let types = self.founding.iter().flat_map(|schema| &schema.types);
        types.flat_map(|one| &one.fields).map(|field| field.id).collect()
    }

    /// What every object shows by its kind, visible or not.
    pub fn contents(&self) -> BTreeMap<(ObjectId, String), Value> {
        let shown = self.state.objects.iter();
        shown.filter_map(|(name, one)| Some((name.clone(), one.shown(&self.past)?))).collect()
    }

    /// All texts, visible or not.
    pub fn texts(&self) -> BTreeMap<ObjectId, String> {
        let texts = self.state.objects.iter().filter_map(|((object, _), one)| match &one.content {
            Content::Text(text) => Some((*object, text.shown(&self.past))),
            _ => None,
        });
        texts.collect()
    }
}

fn is_of_newer_format(commit: &Commit) -> bool {
    commit.payload().and_then(<[u8]>::first).is_some_and(|format| *format > PAYLOAD_FORMAT)
}
