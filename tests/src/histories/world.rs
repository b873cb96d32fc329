//! The world in which a history comes about: writers that write, look at each other, and fork.
//!
//! **Invariants**
//! - A writer's `seen` is causally closed and holds its own chain.
//! - `fresh` is what a writer has seen since its last commit and that commit does not imply; the
//!   next commit names its heads.
//! - The branches of a fork are two writers with one key.

use crate::histories::draft::{Cursor, Draft, View};
use crate::histories::rng::Rng;
use crate::histories::schemas::{founding_schema, later_schema, other_schema};
use crate::histories::{History, Recipe};
use crate::oracle::turn_of;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Commit, HEADER_FORMAT, Header, Op, PAYLOAD_FORMAT, Payload, Position, Schema,
    SchemaChange, SchemaId, SecretKey, TypeId, payload_hash,
};

/// Everything there is while a history is made. Commits are named by the order of their making.
pub(crate) struct World<'a> {
    recipe: &'a Recipe,
    seed: u64,
    rng: Rng,
    commits: Vec<Commit>,
    /// By commit: all that it saw.
    past: Vec<BTreeSet<usize>>,
    /// By commit: the schema that its author writes under from there on.
    schema_of: Vec<SchemaId>,
    /// By commit: the schema that its header introduces.
    introduced: Vec<Option<SchemaId>>,
    writers: Vec<Writer>,
    keys: BTreeMap<AuthorKey, SecretKey>,
    schemas: BTreeMap<SchemaId, Schema>,
}

struct Writer {
    author: AuthorKey,
    tip: Option<usize>,
    seen: BTreeSet<usize>,
    fresh: BTreeSet<usize>,
    salt: u64,
    view: View,
    /// Whether the view has to be made again from what is seen.
    is_stale: bool,
    cursor: Cursor,
    /// What another branch of a fork wrote under the same seq, to be written here too.
    echo: Option<Vec<Op>>,
}

impl Writer {
    fn at(author: AuthorKey, tip: Option<usize>, seen: BTreeSet<usize>, salt: u64) -> Self {
        let (view, fresh) = (View::default(), BTreeSet::new());
        Writer { author, tip, seen, fresh, salt, view, is_stale: true, cursor: None, echo: None }
    }
}

impl<'a> World<'a> {
    /// A world with its founding commit, and authors that have seen it.
    pub(crate) fn found(recipe: &'a Recipe, seed: u64) -> Self {
        let mut rng = Rng::from_seed(seed);
        let schemas = [founding_schema(), later_schema(), other_schema()];
        let schemas: BTreeMap<_, _> = schemas.into_iter().map(|one| (one.id(), one)).collect();
        let mut keys = BTreeMap::new();
        let mut writers = Vec::new();
        for at in 0..rng.within(&recipe.authors) {
            let key = SecretKey::from_seed(rng.bytes());
            let seen = BTreeSet::from_iter((at > 0).then_some(0));
            writers.push(Writer::at(key.author(), None, seen, rng.number()));
            keys.insert(key.author(), key);
        }
        let mut world = World {
            recipe,
            seed,
            rng,
            commits: vec![],
            past: vec![],
            schema_of: vec![],
            introduced: vec![],
            writers,
            keys,
            schemas,
        };
        let schema = founding_schema();
        let position = Position::Founding {
            author: world.writers[0].author,
            nonce: world.rng.bytes(),
            schema: schema.id(),
            certificate: None,
        };
        let (id, ops) = (schema.id(), vec![Op::Schema(schema)]);
        world.commit(0, position, (id, Some(id)), &[], ops);
        world
    }

    /// Lets the writers write until there are enough commits.
    pub(crate) fn history(mut self) -> History {
        let batches = self.rng.within(&self.recipe.batches);
        while self.commits.len() < batches {
            let at = self.rng.below(self.writers.len());
            if self.rng.chance(self.recipe.merge_percent) {
                self.look_around(at);
            }
            for _ in 0..1 + self.rng.below(4) {
                if self.commits.len() < batches {
                    self.write(at);
                }
            }
            if self.rng.chance(self.recipe.fork_percent) {
                self.fork(at);
            }
        }
        // A fork may write the very commit that it went back before: that is one commit, not two.
        let mut known = BTreeSet::new();
        self.commits.retain(|commit| known.insert(commit.id()));
        self.erase_some();
        let World { commits, keys, seed, .. } = self;
        History { commits, keys, seed, schema: founding_schema() }
    }

    /// Sees up to three commits of others, and all that they saw.
    fn look_around(&mut self, at: usize) {
        for _ in 0..1 + self.rng.below(3) {
            let writer = &self.writers[at];
            let is_of_interest = |number: &usize| {
                !writer.seen.contains(number) && self.commits[*number].author() != writer.author
            };
            let tips: Vec<usize> =
                self.writers.iter().filter_map(|one| one.tip).filter(is_of_interest).collect();
            let all: Vec<usize> = (0..self.commits.len()).filter(is_of_interest).collect();
            let from = if self.rng.chance(60) { &tips } else { &all };
            let Some(&number) = self.rng.pick(from) else { continue };
            let writer = &mut self.writers[at];
            for seen in self.past[number].iter().copied().chain([number]) {
                if writer.seen.insert(seen) {
                    writer.fresh.insert(seen);
                }
            }
            writer.is_stale = true;
        }
    }

    /// What is fresh and that nothing else fresh implies; now and then one that is implied, too.
    fn parents(&mut self, at: usize) -> BTreeSet<usize> {
        let writer = &self.writers[at];
        let is_head =
            |one: &&usize| !writer.fresh.iter().any(|other| self.past[*other].contains(*one));
        let mut parents: BTreeSet<usize> = writer.fresh.iter().filter(is_head).copied().collect();
        if self.rng.chance(5) {
            let is_foreign = |one: &&usize| self.commits[**one].author() != writer.author;
            let foreign: Vec<usize> = writer.seen.iter().filter(is_foreign).copied().collect();
            parents.extend(self.rng.pick(&foreign));
        }
        parents
    }

    /// Writes one commit.
    fn write(&mut self, at: usize) {
        let parents: Vec<usize> = self.parents(at).into_iter().collect();
        let (author, tip) = (self.writers[at].author, self.writers[at].tip);
        let before = tip.map(|tip| self.schema_of[tip]);
        let change = self.schema_change(at, tip.is_some());
        let named = match change {
            SchemaChange::Keep => before.unwrap_or(founding_schema().id()),
            SchemaChange::Adopt(id) | SchemaChange::Introduce(id) => id,
        };
        let introduced = match change {
            SchemaChange::Introduce(id) => Some(id),
            _ => None,
        };
        let position = match tip {
            None => Position::First {
                author,
                dataset: self.commits[0].id().into(),
                schema: named,
                certificate: None,
            },
            Some(tip) => Position::Next {
                backlink: self.commits[tip].id(),
                seq: self.commits[tip].seq() + 1,
                schema: change,
            },
        };
        let ops = self.batch(at, named, introduced);
        self.commit(at, position, (named, introduced), &parents, ops);
    }

    /// What becomes of the writer's schema. A chain's first commit can only adopt.
    fn schema_change(&mut self, at: usize, may_introduce: bool) -> SchemaChange {
        if !self.rng.chance(self.recipe.schema_change_percent) {
            return SchemaChange::Keep;
        }
        let seen = self.writers[at].seen.iter();
        let introduced: Vec<SchemaId> = seen.filter_map(|one| self.introduced[*one]).collect();
        let all: Vec<SchemaId> = self.schemas.keys().copied().collect();
        if may_introduce && self.rng.chance(50) {
            return SchemaChange::Introduce(*self.rng.pick(&all).expect("there are schemas"));
        }
        SchemaChange::Adopt(
            *self.rng.pick(&introduced).expect("the founding commit introduces one"),
        )
    }

    /// The ops of one batch.
    fn batch(&mut self, at: usize, schema: SchemaId, introduced: Option<SchemaId>) -> Vec<Op> {
        let writer = &mut self.writers[at];
        if writer.is_stale {
            let seen: Vec<Commit> =
                writer.seen.iter().map(|one| self.commits[*one].clone()).collect();
            writer.view = View::of(&seen);
            writer.is_stale = false;
        }
        let mut draft = Draft {
            rng: &mut self.rng,
            schema: &self.schemas[&schema],
            view: &mut writer.view,
            cursor: &mut writer.cursor,
            author: writer.author,
            seq: writer.tip.map_or(0, |tip| self.commits[tip].seq() + 1),
            salt: writer.salt,
            kinds: self.recipe.kinds,
            ops: writer.echo.take().unwrap_or_default(),
        };
        if let Some(id) = introduced
            && draft.rng.chance(75)
        {
            draft.ops.push(Op::Schema(self.schemas[&id].clone()));
        }
        for _ in 0..draft.rng.below(self.recipe.ops_max + 1) {
            if draft.rng.chance(self.recipe.odd_op_percent) {
                draft.odd_op();
            } else {
                draft.sensible_op();
            }
        }
        let ops = draft.ops;
        // The view followed ops that may mean something else under a schema that nobody carries.
        writer.is_stale = schema != founding_schema().id();
        ops
    }

    /// Seals a commit and adds it to the world.
    fn commit(
        &mut self,
        at: usize,
        position: Position,
        (schema, introduced): (SchemaId, Option<SchemaId>),
        parents: &[usize],
        ops: Vec<Op>,
    ) {
        let bytes = self.payload(ops);
        let writer = &mut self.writers[at];
        let founding = matches!(position, Position::First { .. }).then_some(0);
        let turns = parents.iter().copied().chain(founding).map(|one| self.commits[one].turn());
        let turn = turn_of(writer.tip.map(|tip| self.commits[tip].turn()), turns);
        let mut ids: Vec<_> = parents.iter().map(|one| self.commits[*one].id()).collect();
        ids.sort_unstable();
        // A fork may have written one commit twice.
        ids.dedup();
        let header = Header {
            format: HEADER_FORMAT,
            position,
            payload_hash: payload_hash(&bytes),
            payload_bytes: u32::try_from(bytes.len()).expect("a small payload"),
            turn,
            parents: ids,
        };
        let commit = Commit::new(writer.author, header, Some(bytes.into_boxed_slice()));
        let commit = commit.expect("a generated commit keeps the rules");

        writer.is_stale |= commit.payload().is_some_and(|bytes| Payload::decode(bytes).is_err());
        let number = self.commits.len();
        self.past.push(writer.seen.clone());
        writer.seen.insert(number);
        writer.fresh.clear();
        writer.tip = Some(number);
        self.commits.push(commit);
        self.schema_of.push(schema);
        self.introduced.push(introduced);
    }

    /// The payload's bytes; at the recipe's rates, bytes that are no payload.
    fn payload(&mut self, ops: Vec<Op>) -> Vec<u8> {
        let mut bytes = Payload::of(ops).encode();
        if self.commits.is_empty() {
            return bytes;
        }
        if self.rng.chance(self.recipe.newer_format_percent) {
            bytes[0] = PAYLOAD_FORMAT + 1;
        } else if self.rng.chance(self.recipe.unreadable_percent) {
            match self.rng.below(4) {
                0 => bytes.clear(),
                1 => bytes.push(7),
                2 => bytes[0] = 0,
                _ => bytes.truncate(bytes.len() / 2),
            }
        }
        bytes
    }

    /// A second branch of an author: it goes back to an earlier commit of its own, or to before its
    /// first, having forgotten all that it saw since.
    fn fork(&mut self, at: usize) {
        let writer = &self.writers[at];
        let (author, salt) = (writer.author, writer.salt);
        let mut chain = Vec::new();
        let mut next = writer.tip;
        while let Some(number) = next {
            chain.push(number);
            let backlink = self.commits[number].backlink();
            next = backlink.and_then(|id| self.commits.iter().position(|one| one.id() == id));
        }
        chain.reverse();
        // A founder's second first commit would found a second dataset: it goes back to a later
        // one.
        let is_founder = author == self.commits[0].author();
        let choices: Vec<usize> = (usize::from(is_founder)..chain.len()).collect();
        let Some(&kept) = self.rng.pick(&choices) else { return };
        let tip = kept.checked_sub(1).map(|last| chain[last]);
        let mut seen = tip.map_or_else(|| BTreeSet::from([0]), |tip| self.past[tip].clone());
        seen.extend(tip);
        // A copied store keeps its salt; one opened again draws another.
        let is_copy = self.rng.chance(60);
        let salt = if is_copy { salt } else { self.rng.number() };
        let mut branch = Writer::at(author, tip, seen, salt);
        if is_copy {
            branch.echo = self.echo_of(chain[kept]);
        }
        self.writers.push(branch);
        self.write(self.writers.len() - 1);
    }

    /// The ops of a commit, some of its nodes with another type: what a fork's other branch may
    /// write.
    fn echo_of(&mut self, number: usize) -> Option<Vec<Op>> {
        let mut ops = Payload::decode(self.commits[number].payload()?).ok()?.ops;
        for op in &mut ops {
            if let Op::Create { node_type, .. } = op
                && self.rng.chance(60)
            {
                *node_type = TypeId(1 + node_type.0 % 3);
            }
        }
        Some(ops)
    }

    /// Erases some payloads after all has been written, so that what built on them stands alone.
    fn erase_some(&mut self) {
        for at in 0..self.commits.len() {
            // Without the founding payload nothing is readable: rarer.
            let percent = self.recipe.unreadable_percent;
            if self.rng.chance(percent) && (at > 0 || self.rng.chance(10)) {
                let commit = &self.commits[at];
                let erased = Commit::new(commit.author(), commit.header().clone(), None);
                self.commits[at] = erased.expect("an erased payload breaks no rule");
            }
        }
    }
}
