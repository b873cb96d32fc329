//! How ops meet where the rules have to decide: the measure that a history is worth its run.
//!
//! **Invariants**
//! - Everything counted here is a count of what the run did; nothing decides anything.

use crate::oracle::Oracle;
use crate::oracle::content::Content;
use crate::oracle::list::List;
use crate::oracle::past::Stamp;
use woodland_format::{FieldId, ObjectId, Value};

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
    /// Deletions that took something.
    pub deletions: usize,
    /// Of those, the ones that took more than one node.
    pub cascades: usize,
    /// Deletions that a link of a node that stays forbade.
    pub restricted: usize,
    /// Deletions that lost to an edit which they did not see.
    pub edited: usize,
    /// How often a dead node came back.
    pub comings_back: usize,
    /// Ops that wrote a foreign key whose target was dead and stayed so.
    pub dead_targets: usize,
    /// Creations of a later generation of a key, not void.
    pub recreations: usize,
    /// Clashes, as the current schema tells them.
    pub clashes: usize,
    /// Migrations that applied.
    pub migrations: usize,
    /// Migrations that did not.
    pub misfits: usize,
    /// Ops that are masked and void for nothing else.
    pub masked: usize,
    /// Objects that read otherwise through the current schema than they were written.
    pub reads_converted: usize,
}

impl Oracle {
    /// How text inserts meet: for the measure that a history is worth its run.
    pub fn text_inserts(&self) -> TextInserts {
        let mut found = TextInserts::None;
        for one in self.state.objects.values() {
            let Content::Text(text) = &one.content else { continue };
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
        for one in self.state.objects.values() {
            match &one.content {
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
        self.meet_in_life(&mut found);
        found
    }

    fn meet_in_life(&self, found: &mut Meetings) {
        let voids = |name| self.state.voids.iter().filter(|(.., reason)| *reason == name).count();
        let judge = &self.state.judge;
        found.deletions = judge.deletions;
        found.cascades = judge.cascades;
        found.restricted = voids("restricted");
        found.edited = voids("edited");
        found.comings_back = judge.comings_back;
        found.dead_targets = voids("dead-target");
        let creations = self.state.creations.values().flatten();
        found.recreations = creations.filter(|one| one.generation > 0).count();
        found.clashes = self.clashes().len();
        found.migrations = self.state.migrations;
        found.misfits = voids("misfit");
        found.masked = voids("revoked");
        let written = self.contents();
        let reads_otherwise = |(object, read): &(ObjectId, Value)| {
            let kind = self.kind_of(object.field);
            kind.is_some_and(|kind| written.get(&(*object, kind)).is_none_or(|was| was != read))
        };
        found.reads_converted = self.values().into_iter().filter(reads_otherwise).count();
    }

    /// The kind that the current schema gives a field which has content.
    fn kind_of(&self, field: FieldId) -> Option<String> {
        let (_, field) = self.state.current.as_ref()?.field_with(field)?;
        (field.kind != "key").then(|| field.kind.clone())
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
