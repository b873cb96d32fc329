//! The world in which a history comes about: writers that write, look at each other, and fork.
//!
//! **Invariants**
//! - A writer's `seen` is causally closed and holds its own chain.
//! - `fresh` is what a writer has seen since its last commit and that commit does not imply; the
//!   next commit names its heads.
//! - The branches of a fork are two writers with one key.

use crate::histories::draft::{Cursor, Draft, View};
use crate::histories::foresight::{Foresight, seal};
use crate::histories::migrations::migration;
use crate::histories::rights::Rights;
use crate::histories::rng::Rng;
use crate::histories::schemas::{later_schema, other_schema};
use crate::histories::ties::FOLDER;
use crate::histories::{History, Recipe};
use crate::oracle::turn_of;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Commit, HEADER_FORMAT, Header, Op, PAYLOAD_FORMAT, Payload, Position, RightsChange,
    Schema, SchemaChange, SchemaId, SecretKey, TypeId, payload_hash,
};

/// Everything there is while a history is made. Commits are named by the order of their making.
pub(crate) struct World<'a> {
    pub(crate) recipe: &'a Recipe,
    seed: u64,
    pub(crate) rng: Rng,
    founding: Schema,
    pub(crate) commits: Vec<Commit>,
    /// By commit: all that it saw.
    pub(crate) past: Vec<BTreeSet<usize>>,
    /// By commit: the schema that its author writes under from there on.
    schema_of: Vec<SchemaId>,
    /// By commit: the schema that its header introduces.
    introduced: Vec<Option<SchemaId>>,
    /// By commit: the same where its payload carries it, too.
    carried: Vec<Option<SchemaId>>,
    pub(crate) writers: Vec<Writer>,
    pub(crate) rights: Rights,
    keys: BTreeMap<AuthorKey, SecretKey>,
    schemas: BTreeMap<SchemaId, Schema>,
}

/// How a commit begins.
struct Plan {
    schema: SchemaChange,
    ops: Vec<Op>,
}

pub(crate) struct Writer {
    pub(crate) author: AuthorKey,
    pub(crate) tip: Option<usize>,
    pub(crate) seen: BTreeSet<usize>,
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
        let schema = (recipe.founding)();
        let schemas = [schema.clone(), later_schema(), other_schema()];
        let schemas: BTreeMap<_, _> = schemas.into_iter().map(|one| (one.id(), one)).collect();
        let mut keys = BTreeMap::new();
        let mut writers = Vec::new();
        for at in 0..rng.within(&recipe.authors) {
            let key = SecretKey::from_seed(rng.bytes());
            let seen = BTreeSet::from_iter((at > 0).then_some(0));
            writers.push(Writer::at(key.author(), None, seen, rng.number()));
            keys.insert(key.author(), key);
        }
        let rights = match recipe.rights_percent {
            0 => Rights::default(),
            _ => {
                let authors: Vec<AuthorKey> = writers.iter().map(|one| one.author).collect();
                Rights::found(&authors, &mut rng)
            }
        };
        let mut world = World {
            recipe,
            seed,
            rng,
            founding: schema.clone(),
            commits: vec![],
            past: vec![],
            schema_of: vec![],
            introduced: vec![],
            carried: vec![],
            writers,
            rights,
            keys,
            schemas,
        };
        let (author, nonce) = (world.writers[0].author, world.rng.bytes());
        let schema_id = schema.id();
        let position = match world.rights.certificate(&author) {
            Some(certificate) => Position::Owned { author, nonce, schema: schema_id, certificate },
            None => Position::Founding { author, nonce, schema: schema_id, certificate: None },
        };
        let header = world.header(0, position, &[]);
        let ops = world.first_nodes(vec![Op::Schema(schema)]);
        world.rights.changes.push(None);
        world.commit(0, header, (schema_id, Some(schema_id)), ops);
        world
    }

    /// The founding batch, with the nodes that all meet at.
    fn first_nodes(&mut self, ops: Vec<Op>) -> Vec<Op> {
        let count = self.recipe.nodes_at_first;
        if count == 0 {
            return ops;
        }
        let types: Vec<TypeId> = self.founding.types.iter().map(|one| one.id).collect();
        let writer = &mut self.writers[0];
        let mut draft = Draft {
            rng: &mut self.rng,
            schema: &self.founding,
            view: &mut writer.view,
            cursor: &mut writer.cursor,
            author: writer.author,
            seq: 0,
            salt: writer.salt,
            recipe: self.recipe,
            foresight: None,
            reaches_dead: false,
            ops,
        };
        for node_type in types {
            (0..count).for_each(|_| draft.create(node_type));
        }
        draft.ops
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
                if self.commits.len() < batches && self.may_write(at) {
                    self.write(at, self.recipe.rights_percent);
                }
            }
            if !self.may_write(at) {
                self.let_in(at);
            }
            if self.rng.chance(self.recipe.fork_percent) {
                self.fork(at);
            }
            self.rule();
        }
        // A fork may write the very commit that it went back before: that is one commit, not two.
        let mut known = BTreeSet::new();
        self.commits.retain(|commit| known.insert(commit.id()));
        self.erase_some();
        let World { commits, keys, seed, founding, .. } = self;
        History { commits, keys, seed, schema: founding }
    }

    /// Sees up to three commits of others, and all that they saw.
    pub(crate) fn look_around(&mut self, at: usize) {
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
            self.see(at, number);
        }
    }

    /// Sees a commit, and all that it saw.
    pub(crate) fn see(&mut self, at: usize, number: usize) {
        let writer = &mut self.writers[at];
        for seen in self.past[number].iter().copied().chain([number]) {
            if writer.seen.insert(seen) {
                writer.fresh.insert(seen);
            }
        }
        writer.is_stale = true;
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

    /// Writes one commit; one of the owner's changes somebody's rights this often.
    pub(crate) fn write(&mut self, at: usize, rights_percent: u64) {
        let change = self.rights_change(at, rights_percent);
        self.write_change(at, change);
    }

    /// Writes one commit, which changes rights, if so.
    pub(crate) fn write_change(&mut self, at: usize, rights: Option<RightsChange>) {
        let parents: Vec<usize> = self.parents(at).into_iter().collect();
        let (author, tip) = (self.writers[at].author, self.writers[at].tip);
        let before = tip.map(|tip| self.schema_of[tip]);
        let plan = match rights {
            Some(_) => Plan { schema: SchemaChange::Keep, ops: vec![] },
            None => self.plan(at, before),
        };
        let change = plan.schema;
        let named = match change {
            SchemaChange::Keep => before.unwrap_or(self.founding.id()),
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
                certificate: self.rights.certificate(&author),
            },
            Some(tip) => {
                let (backlink, seq) = (self.commits[tip].id(), self.commits[tip].seq() + 1);
                match rights {
                    Some(change) => Position::Rights { backlink, seq, change },
                    None => Position::Next { backlink, seq, schema: change },
                }
            }
        };
        self.rights.changes.push(rights);
        let header = self.header(at, position, &parents);
        let ops = self.batch(at, &header, named, plan.ops);
        self.commit(at, header, (named, introduced), ops);
    }

    /// What becomes of the writer's schema, and the ops that say so.
    fn plan(&mut self, at: usize, before: Option<SchemaId>) -> Plan {
        if let Some(plan) = self.move_on(at, before) {
            return plan;
        }
        let schema = self.schema_change(at, before.is_some());
        let mut ops = Vec::new();
        if let SchemaChange::Introduce(id) = schema
            && self.rng.chance(75)
        {
            ops.push(Op::Schema(self.schemas[&id].clone()));
        }
        Plan { schema, ops }
    }

    /// A migration of the current schema, or the step of an author to where that is; some migrate
    /// and go on writing as before.
    fn move_on(&mut self, at: usize, before: Option<SchemaId>) -> Option<Plan> {
        let Recipe { migrate_percent, upgrade_percent, .. } = *self.recipe;
        let migrates = migrate_percent > 0 && self.rng.chance(migrate_percent);
        let upgrades = !migrates && upgrade_percent > 0 && self.rng.chance(upgrade_percent);
        if !migrates && !upgrades {
            return None;
        }
        self.look(at);
        let current = self.writers[at].view.current.clone()?;
        let own = before.unwrap_or(self.founding.id());
        if upgrades {
            return if current.id() == own { None } else { self.step_to(at, before, current) };
        }
        let (migration, made) = migration(&mut self.rng, &current)?;
        let stays = Plan { schema: SchemaChange::Keep, ops: vec![] };
        let is_taken_up = made.id() != own && self.rng.chance(70);
        let step = if is_taken_up { self.step_to(at, before, made) } else { None };
        let mut plan = step.unwrap_or(stays);
        plan.ops.push(Op::Migrate(migration));
        Some(plan)
    }

    /// Writes under this schema from here on; none where a chain's first commit would have to
    /// introduce it.
    fn step_to(&mut self, at: usize, before: Option<SchemaId>, schema: Schema) -> Option<Plan> {
        let id = schema.id();
        let mut seen = self.writers[at].seen.iter();
        if seen.any(|one| self.carried[*one] == Some(id)) {
            self.schemas.insert(id, schema);
            return Some(Plan { schema: SchemaChange::Adopt(id), ops: vec![] });
        }
        before?;
        self.schemas.insert(id, schema.clone());
        Some(Plan { schema: SchemaChange::Introduce(id), ops: vec![Op::Schema(schema)] })
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

    /// Makes the writer's view again, where something has come in between.
    fn look(&mut self, at: usize) {
        let writer = &mut self.writers[at];
        if writer.is_stale {
            let seen = writer.seen.iter().map(|one| self.commits[*one].clone());
            writer.view = View::of(&seen.collect::<Vec<_>>());
            writer.is_stale = false;
        }
    }

    /// The ops of one batch: those that are planned, and others.
    fn batch(&mut self, at: usize, header: &Header, schema: SchemaId, planned: Vec<Op>) -> Vec<Op> {
        self.look(at);
        let foresight = (self.recipe.existence_percent > 0).then(|| Foresight {
            past: self.writers[at].seen.iter().map(|one| self.commits[*one].clone()).collect(),
            author: self.writers[at].author,
            header: header.clone(),
        });
        let writer = &mut self.writers[at];
        let mut draft = Draft {
            rng: &mut self.rng,
            schema: &self.schemas[&schema],
            view: &mut writer.view,
            cursor: &mut writer.cursor,
            author: writer.author,
            seq: writer.tip.map_or(0, |tip| self.commits[tip].seq() + 1),
            salt: writer.salt,
            recipe: self.recipe,
            foresight: foresight.as_ref(),
            reaches_dead: false,
            ops: planned,
        };
        draft.ops.splice(0..0, writer.echo.take().unwrap_or_default());
        if !draft.ops.is_empty() {
            draft.look_again();
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
        writer.is_stale = schema != self.founding.id();
        ops
    }

    /// The header of a commit whose payload is not there yet.
    fn header(&self, at: usize, position: Position, parents: &[usize]) -> Header {
        let founding = matches!(position, Position::First { .. }).then_some(0);
        let turns = parents.iter().copied().chain(founding).map(|one| self.commits[one].turn());
        let turn = turn_of(self.writers[at].tip.map(|tip| self.commits[tip].turn()), turns);
        let mut ids: Vec<_> = parents.iter().map(|one| self.commits[*one].id()).collect();
        ids.sort_unstable();
        // A fork may have written one commit twice.
        ids.dedup();
        let (payload_hash, payload_bytes) = (payload_hash(&[]), 0);
        Header { format: HEADER_FORMAT, position, payload_hash, payload_bytes, turn, parents: ids }
    }

    /// Seals a commit and adds it to the world.
    fn commit(
        &mut self,
        at: usize,
        header: Header,
        (schema, introduced): (SchemaId, Option<SchemaId>),
        ops: Vec<Op>,
    ) {
        let is_carried = |id: &SchemaId| {
            ops.iter().any(|op| matches!(op, Op::Schema(schema) if schema.id() == *id))
        };
        let carried = introduced.filter(is_carried);
        let bytes = self.payload(ops);
        let writer = &mut self.writers[at];
        let commit = seal(writer.author, header, bytes);

        let is_read = commit.payload().is_some_and(|bytes| Payload::decode(bytes).is_ok());
        let number = self.commits.len();
        // A revocation may mask what its author sees.
        writer.is_stale |= !is_read || self.rights.changes[number].is_some();
        self.past.push(writer.seen.clone());
        writer.seen.insert(number);
        writer.fresh.clear();
        writer.tip = Some(number);
        self.commits.push(commit);
        self.schema_of.push(schema);
        self.introduced.push(introduced);
        self.carried.push(carried.filter(|_| is_read));
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
    pub(crate) fn fork(&mut self, at: usize) {
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
        let at = self.writers.len() - 1;
        if self.may_write(at) {
            // An owner who wants to shut out what it saw goes back to before that.
            self.write(at, self.recipe.rights_percent * 2);
        }
    }

    /// The ops of a commit, some of its nodes with another type: what a fork's other branch may
    /// write.
    fn echo_of(&mut self, number: usize) -> Option<Vec<Op>> {
        let mut ops = Payload::decode(self.commits[number].payload()?).ok()?.ops;
        for op in &mut ops {
            if let Op::Create { node_type, .. } = op
                && self.rng.chance(60)
            {
                *node_type = other_type(*node_type);
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

/// A type that is there beside this one.
fn other_type(node_type: TypeId) -> TypeId {
    if node_type.0 < FOLDER.0 {
        TypeId(1 + node_type.0 % 3)
    } else {
        TypeId(FOLDER.0 + (node_type.0 + 1) % 2)
    }
}
