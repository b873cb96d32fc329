//! Random histories, and the slow model that the log is compared with.
//!
//! The model shares only `format` with the log: a set of commits, sorted by keys, walked as a
//! graph.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, Op, Payload, Position, Schema, SchemaChange,
    SchemaId, SecretKey, TypeDefinition, TypeId,
};
use woodland_log::Log;

/// One commit to be made; numbers are reduced to what there is.
#[derive(Debug, Clone)]
pub struct Step {
    pub author: usize,
    /// Continue from any own commit instead of the last one, or start over.
    pub fork: Option<usize>,
    pub parents: Vec<usize>,
    pub schema: u8,
}

pub fn steps(forks: bool) -> impl Strategy<Value = Vec<Step>> {
    let fork = prop_oneof![8 => Just(None), u32::from(forks) => (0usize..64).prop_map(Some)];
    let parents = prop_oneof![3 => Just(vec![]), 2 => prop::collection::vec(0usize..4096, 1..4)];
    let step = (0usize..4, fork, parents, 0u8..16)
        .prop_map(|(author, fork, parents, schema)| Step { author, fork, parents, schema });
    prop::collection::vec(step, 1..48)
}

pub fn key(number: usize) -> SecretKey {
    SecretKey::from_seed([number as u8 + 1; 32])
}

pub fn schema(number: u8) -> Schema {
    let name = format!("T{number}");
    let one = TypeDefinition { id: TypeId(u64::from(number)), name, version: 1, fields: vec![] };
    Schema { types: vec![one] }
}

pub fn founding(author: usize, nonce: u8) -> Commit {
    let author = key(author).author();
    let position = Position::Founding {
        author,
        nonce: [nonce; 32],
        schema: schema(0).id(),
        certificate: None,
    };
    let payload = Payload::of(vec![Op::Schema(schema(0))]);
    Commit::seal(author, Draft { position, turn: 0, parents: vec![], payload }).unwrap()
}

/// A payload that makes a commit unlike any other.
pub fn salted(salt: u64) -> Payload {
    Payload::of(vec![Op::Create { node_type: TypeId(0), salt }])
}

pub fn seal(
    author: usize,
    position: Position,
    turn: u64,
    parents: Vec<CommitId>,
    salt: u64,
) -> Commit {
    let draft = Draft { position, turn, parents, payload: salted(salt) };
    Commit::seal(key(author).author(), draft).unwrap()
}

pub fn first(author: usize, dataset: DatasetId, turn: u64, parents: Vec<CommitId>) -> Commit {
    let (schema, key) = (schema(0).id(), key(author).author());
    let position = Position::First { author: key, dataset, schema, certificate: None };
    seal(author, position, turn, parents, 0)
}

pub fn next(author: usize, before: &Commit, turn: u64, parents: Vec<CommitId>) -> Commit {
    let (backlink, seq, schema) = (before.id(), before.seq() + 1, SchemaChange::Keep);
    seal(author, Position::Next { backlink, seq, schema }, turn, parents, 0)
}

/// A set of commits, in an order in which the past comes first, and slow answers about it.
#[derive(Debug, Clone)]
pub struct History {
    pub commits: Vec<Commit>,
}

impl History {
    pub fn of(steps: &[Step]) -> Self {
        let mut history = History { commits: vec![founding(0, 7)] };
        for (salt, step) in steps.iter().enumerate() {
            history.write(step, salt as u64);
        }
        history
    }

    fn write(&mut self, step: &Step, salt: u64) {
        let author = key(step.author).author();
        let own: Vec<_> = self.commits.iter().filter(|one| one.author() == author).collect();
        let before = match step.fork {
            Some(pick) if !own.is_empty() => own.get(pick % (own.len() + 1)).copied().cloned(),
            _ => own.last().copied().cloned(),
        };
        let picked = step.parents.iter().map(|pick| &self.commits[pick % self.commits.len()]);
        let parents: BTreeSet<_> = picked.map(Commit::id).collect();
        let founding = self.commits[0].id();
        let mut references: Vec<_> = parents.iter().copied().collect();
        references.push(before.as_ref().map_or(founding, Commit::id));
        let turn = self.turn(before.as_ref(), &parents);
        let adopted = schema(step.schema);
        let past: BTreeSet<_> = references.iter().flat_map(|id| self.past(id)).collect();
        let known = past.iter().any(|id| introduces(self.get(id)) == Some(adopted.id()));
        let position = match &before {
            None => Position::First {
                author,
                dataset: founding.into(),
                schema: schema(0).id(),
                certificate: None,
            },
            Some(before) => {
                let schema = match step.schema {
                    0..3 if known => SchemaChange::Adopt(adopted.id()),
                    1..3 => SchemaChange::Introduce(adopted.id()),
                    _ => SchemaChange::Keep,
                };
                Position::Next { backlink: before.id(), seq: before.seq() + 1, schema }
            }
        };
        let parents = parents.into_iter().collect();
        self.commits.push(seal(step.author, position, turn, parents, salt + 1));
    }

    fn turn(&self, before: Option<&Commit>, parents: &BTreeSet<CommitId>) -> u64 {
        let founding = before.is_none().then(|| self.commits[0].id());
        let above = parents.iter().chain(&founding).map(|id| self.get(id).turn() + 1).max();
        above.unwrap_or(0).max(before.map_or(0, Commit::turn))
    }

    pub fn dataset(&self) -> DatasetId {
        self.commits[0].id().into()
    }

    pub fn get(&self, id: &CommitId) -> &Commit {
        self.commits.iter().find(|one| one.id() == *id).expect("the model holds it")
    }

    /// The commit itself and all that it refers to, and so on.
    pub fn past(&self, id: &CommitId) -> BTreeSet<CommitId> {
        let (mut past, mut open) = (BTreeSet::new(), vec![*id]);
        while let Some(id) = open.pop() {
            if past.insert(id) {
                open.extend(self.get(&id).references());
            }
        }
        past
    }

    /// All pasts at once.
    pub fn pasts(&self) -> BTreeMap<CommitId, BTreeSet<CommitId>> {
        self.commits.iter().map(|one| (one.id(), self.past(&one.id()))).collect()
    }

    /// The part of this history that is in the past of the picked commits.
    pub fn part(&self, picks: &[usize]) -> History {
        let founding = self.commits[0].id();
        let picked = picks.iter().map(|pick| self.commits[pick % self.commits.len()].id());
        let past: BTreeSet<_> = picked.chain([founding]).flat_map(|id| self.past(&id)).collect();
        let held = self.commits.iter().filter(|one| past.contains(&one.id()));
        History { commits: held.cloned().collect() }
    }

    pub fn ids(&self) -> BTreeSet<CommitId> {
        self.commits.iter().map(Commit::id).collect()
    }

    /// Sorted by (turn, author, seq, id).
    pub fn order(&self) -> Vec<CommitId> {
        let mut commits = self.commits.clone();
        commits.sort_by_key(model_key);
        commits.iter().map(Commit::id).collect()
    }

    pub fn heads(&self) -> BTreeSet<CommitId> {
        let referred: BTreeSet<_> = self.commits.iter().flat_map(Commit::references).collect();
        self.ids().difference(&referred).copied().collect()
    }

    /// The commits that no commit of the same author continues.
    pub fn tips(&self) -> BTreeSet<(AuthorKey, u64, CommitId)> {
        let continued: BTreeSet<_> = self.commits.iter().filter_map(Commit::backlink).collect();
        let tips = self.commits.iter().filter(|one| !continued.contains(&one.id()));
        tips.map(|one| (one.author(), one.seq(), one.id())).collect()
    }

    /// Author, shared backlink, rivals.
    pub fn forks(&self) -> BTreeSet<(AuthorKey, Option<CommitId>, Vec<CommitId>)> {
        let mut children = BTreeMap::<_, BTreeSet<_>>::new();
        for one in &self.commits {
            children.entry((one.author(), one.backlink())).or_default().insert(one.id());
        }
        children.retain(|_, rivals| rivals.len() > 1);
        let fork = |((author, shared), rivals): (_, BTreeSet<_>)| {
            (author, shared, rivals.into_iter().collect())
        };
        children.into_iter().map(fork).collect()
    }

    /// The last schema that the commit's chain named.
    pub fn schema(&self, id: &CommitId) -> SchemaId {
        let mut commit = self.get(id);
        loop {
            match commit.header().names_schema() {
                Some(schema) => return schema,
                None => commit = self.get(&commit.backlink().expect("a first commit names one")),
            }
        }
    }

    /// The log of these commits, appended in this order.
    pub fn log(&self) -> Log {
        let log = Log::found(self.commits[0].clone()).unwrap();
        self.commits.iter().fold(log, |log, commit| log.append(commit).unwrap())
    }

    /// The same commits in another order in which the past comes first.
    pub fn shuffled(&self, seed: u64) -> History {
        let mut dice = Dice(seed);
        let mut left = self.commits.clone();
        let (mut commits, mut held) = (Vec::new(), BTreeSet::new());
        while !left.is_empty() {
            let can = |one: &Commit| one.references().all(|id| held.contains(&id));
            let ready: Vec<_> = (0..left.len()).filter(|at| can(&left[*at])).collect();
            let commit = left.swap_remove(ready[dice.roll(ready.len())]);
            held.insert(commit.id());
            commits.push(commit);
        }
        History { commits }
    }
}

pub fn model_key(commit: &Commit) -> (u64, AuthorKey, u64, CommitId) {
    (commit.turn(), commit.author(), commit.seq(), commit.id())
}

pub fn introduces(commit: &Commit) -> Option<SchemaId> {
    commit.header().introduces()
}

/// Xorshift: repeatable choices from a seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d);
        self.0 ^= self.0 >> 29;
        (self.0 % sides as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.roll(at + 1));
        }
    }
}

pub fn ids(order: impl Iterator<Item = (woodland_log::Place, Commit)>) -> Vec<CommitId> {
    order.map(|(_, commit)| commit.id()).collect()
}
