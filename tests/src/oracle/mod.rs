//! The serial oracle: `docs/meaning.md` as slow, obvious code.
//!
//! ```text
//!  commits ──► past ──► schemas ──► run ──► visible ──► digest
//!                                    └► content of each object: register, set, map, list …
//! ```
//!
//! **Invariants**
//! - It shares only `woodland-format` with the engine: types, canonical bytes, hashes.
//! - It keeps every op of every object and asks, each time, who saw what. Nothing is incremental.
//! - It panics on a set of commits that no log would hold: not closed, a wrong seq or turn.
//!
//! What this does not do: verify signatures, or read a version that is relay-only.

mod content;
mod list;
mod map;
mod past;
mod register;
mod run;
mod schemas;
mod sequence;
mod set;
mod sight;
mod text;
mod visible;

use crate::oracle::content::Content;
use crate::oracle::list::List;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::run::State;
use crate::oracle::schemas::Schemas;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    Commit, CommitId, Digest, FieldId, NodeId, ObjectId, PAYLOAD_FORMAT, Schema, TypeId, Value,
};

pub use crate::oracle::past::turn_of;
pub use crate::oracle::visible::digest_of;

/// What a set of commits means.
pub struct Oracle {
    past: Past,
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
/// where it cleared the place.
pub type ConflictEntry = (CommitId, u32, Option<Value>);

/// What a replica shows of the text inserts of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextInserts {
    /// No text has an insert.
    None,
    /// There are inserts, but no two concurrent ones with one left origin.
    Apart,
    /// Two concurrent inserts into one text have the same left origin.
    AtOnePlace,
}

/// How often concurrent ops meet where the rules have to decide between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meetings {
    /// Pairs of concurrent moves of one item.
    pub moves_of_one_item: usize,
    /// Pairs of a move and a removal of one item, concurrent.
    pub moves_of_removed_items: usize,
    /// Pairs of concurrent inserts or moves into one list, to one left origin.
    pub slots_at_one_place: usize,
    /// Pairs of a put and a removal that ended its generation, concurrent.
    pub puts_into_ended_keys: usize,
    /// Puts in a generation but the first.
    pub later_generations: usize,
    /// Pairs of an addition and a removal of one item of a set, concurrent.
    pub additions_of_removed_items: usize,
    /// Pairs of concurrent creations of one node by its key.
    pub creations_of_one_key: usize,
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
        Oracle { past, state, founding, relay_only }
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

    /// The visible nodes and their types.
    pub fn nodes(&self) -> BTreeMap<NodeId, TypeId> {
        visible::nodes(&self.state, self.founding.as_ref())
    }

    /// The values of the visible objects.
    pub fn values(&self) -> BTreeMap<ObjectId, Value> {
        visible::values(&self.state, &self.past, self.founding.as_ref())
    }

    /// The standing writes that did not win, ascending by stamp, of the parts of objects that the
    /// founding schema shows. Parts without any are left out; one whose winner cleared it is not.
    pub fn conflicts(&self) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
        visible::conflicts(&self.state, &self.past, self.founding.as_ref())
    }

    /// The digest's entries: canonical keys and canonical values.
    pub fn entries(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        visible::entries(&self.nodes(), &self.values())
    }

    /// The digest of what is visible.
    pub fn digest(&self) -> Digest {
        digest_of(&self.entries())
    }

    /// All that was ever created, visible or not, with the type of the first creation in order.
    pub fn creations(&self) -> BTreeMap<NodeId, TypeId> {
        self.state.creations.iter().map(|(node, all)| (*node, all[0].node_type)).collect()
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
        let texts = self.state.objects.iter().filter_map(|((object, _), content)| match content {
            Content::Text(text) => Some((*object, text.shown())),
            _ => None,
        });
        texts.collect()
    }

    /// How text inserts meet: for the measure that a history is worth its run.
    pub fn text_inserts(&self) -> TextInserts {
        let mut found = TextInserts::None;
        for content in self.state.objects.values() {
            let Content::Text(text) = content else { continue };
            let inserts = text.sequence.insertions();
            for (at, (stamp, origin)) in inserts.iter().enumerate() {
                found = found.max(TextInserts::Apart);
                let meets = |(other, place): &(Stamp, usize)| {
                    origin == place && self.past.are_concurrent(*stamp, *other)
                };
                if inserts[..at].iter().any(meets) {
                    return TextInserts::AtOnePlace;
                }
            }
        }
        found
    }

    /// How concurrent ops meet, in all objects.
    pub fn meetings(&self) -> Meetings {
        let mut found = Meetings::default();
        for content in self.state.objects.values() {
            match content {
                Content::List(list) => self.meet_in_list(list, &mut found),
                Content::Set(set) => {
                    for item in set.items.values() {
                        found.additions_of_removed_items += self.pairs(&item.added, &item.removed);
                    }
                }
                Content::Map(map) => {
                    for key in map.keys.values() {
                        let is_met = |put: &Stamp, at: usize| {
                            let ended = |one: &&(Stamp, usize)| {
                                one.1 == at && self.past.are_concurrent(*put, one.0)
                            };
                            key.removals.iter().filter(ended).count()
                        };
                        for (put, generation, _) in &key.puts {
                            found.puts_into_ended_keys += is_met(put, *generation);
                            found.later_generations += usize::from(*generation > 0);
                        }
                    }
                }
                _ => {}
            }
        }
        for creations in self.state.creations.values() {
            let stamps: Vec<Stamp> =
                creations.iter().filter(|one| one.key.is_some()).map(|one| one.stamp).collect();
            found.creations_of_one_key += self.pairs(&stamps, &stamps) / 2;
        }
        found
    }

    fn meet_in_list(&self, list: &List, found: &mut Meetings) {
        for item in &list.items {
            let moves: Vec<Stamp> = item.placed[1..].iter().map(|(stamp, _)| *stamp).collect();
            found.moves_of_one_item += self.pairs(&moves, &moves) / 2;
            found.moves_of_removed_items += self.pairs(&moves, &item.removed);
        }
        let slots = list.slots.insertions();
        for (at, (stamp, origin)) in slots.iter().enumerate() {
            let meets = |(other, place): &&(Stamp, usize)| {
                place == origin && self.past.are_concurrent(*stamp, *other)
            };
            found.slots_at_one_place += slots[..at].iter().filter(meets).count();
        }
    }

    /// How many pairs of one of these and one of those are concurrent.
    fn pairs(&self, these: &[Stamp], those: &[Stamp]) -> usize {
        let with = |one: &Stamp| {
            those.iter().filter(|other| self.past.are_concurrent(*one, **other)).count()
        };
        these.iter().map(with).sum()
    }
}

fn is_of_newer_format(commit: &Commit) -> bool {
    commit.payload().and_then(<[u8]>::first).is_some_and(|format| *format > PAYLOAD_FORMAT)
}
