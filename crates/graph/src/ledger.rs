//! The ledger: every `migrate` op of a version, in order, and what each makes of the schema.
//!
//! ```text
//!   founding schema ── op 1 ──► schema ── op 2 (misfit) ──► the same ── op 3 ──► current
//! ```
//!
//! **Invariants**
//! - A fold over the ops in order, whatever way they arrived: one that arrives late is folded in at
//!   its place, and those after it again.
//! - Nothing but this ledger changes with a migration: no node, no object. What that costs is the
//!   number of ops from the place of the change on.
//!
//! What this does not do: read a value through a schema (`lens`), or say what an op is checked
//! against. That is its own commit's schema.

use crate::graph::Graph;
use crate::past::{Stamp, order};
use std::sync::Arc;
use woodland_format::limits::PAYLOAD_BYTES_MAX;
use woodland_format::{
    AuthorKey, CommitId, FieldId, Migration, MigrationStep, Misfit, Schema, SchemaId, decode,
    encode,
};
use woodland_log::{Log, OrderKey};
use woodland_page::{Reading, Stored, Writing};

/// A migration of a log, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeMigration {
    /// The commit.
    pub commit: CommitId,
    /// The op's index in its batch.
    pub index: u32,
    /// Who made it.
    pub author: AuthorKey,
    /// Its steps.
    pub migration: Arc<Migration>,
    /// What it made of the schema that was current at its place; or why it made nothing.
    pub outcome: Result<Migrated, Misfit>,
}

/// From which schema to which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// What was current before.
    pub before: SchemaId,
    /// What is current after; the same, where all that the steps say was there already.
    pub after: SchemaId,
    /// The types that changed, in the order of their numbers.
    pub labels: Vec<LabelChange>,
}

/// What people called a type before a migration, and what they call it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// Such as `User@1`; none for a type that was added.
    pub before: Option<String>,
    /// Such as `User@2`; none for a type that was removed.
    pub after: Option<String>,
}

impl Graph {
    /// The schema that the migrations of this version make of the founding one; none while no
    /// commit carries that. Perhaps nobody has carried the current one yet: who writes under it
    /// first introduces it.
    pub fn current(&self) -> Option<Arc<Schema>> {
        self.ledger.current().map(|current| Arc::clone(&current.schema))
    }

    /// The migrations of this version, in order.
    pub fn migrations(&self) -> Vec<MadeMigration> {
        let mut before = self.ledger.founding.as_ref();
        let mut all = Vec::with_capacity(self.ledger.made.len());
        for ((key, index), made) in &self.ledger.made {
            let migrated = || made.after.as_ref().zip(before).map(|(after, of)| of.to(after));
            let outcome = match &made.misfit {
                Some(misfit) => Err(misfit.clone()),
                None => migrated().ok_or(Misfit::NoSchema),
            };
            let (commit, author, index) = (key.id, key.author, *index);
            let migration = Arc::clone(&made.migration);
            all.push(MadeMigration { commit, index, author, migration, outcome });
            before = made.after.as_ref();
        }
        all
    }
}

/// The name of an op of the ledger, in order.
pub(crate) type LedgerKey = (OrderKey, u32);

/// The ops, and what is current after each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// What the fold begins with.
    founding: Option<Current>,
    made: im::OrdMap<LedgerKey, Made>,
    /// The moves that applied: of one pair of fields the first.
    moves: Arc<[Move]>,
    /// The first op that is not folded in yet; none between runs.
    unfolded: Option<LedgerKey>,
}

/// A schema, with its id.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) id: SchemaId,
    pub(crate) schema: Arc<Schema>,
}

/// One op.
#[derive(Debug, Clone)]
struct Made {
    stamp: Stamp,
    migration: Arc<Migration>,
    /// What is current after it; that from before, where it does not fit.
    after: Option<Current>,
    /// Why it does not fit.
    misfit: Option<Misfit>,
}

/// A field that took the place of another one, by the op at this stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) from: FieldId,
    pub(crate) to: FieldId,
    pub(crate) at: Stamp,
}

/// What a fold changed.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// How many migrations were applied, or tried.
    pub(crate) migrations: u64,
    /// The ops that were folded, and whether each is void now.
    pub(crate) verdicts: Vec<(LedgerKey, bool)>,
}

impl Ledger {
    pub(crate) fn founding(&self) -> Option<&Current> {
        self.founding.as_ref()
    }

    pub(crate) fn current(&self) -> Option<&Current> {
        match self.made.get_max() {
            Some((_, made)) => made.after.as_ref(),
            None => self.founding.as_ref(),
        }
    }

    pub(crate) fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// The last op of the ledger.
    pub(crate) fn last(&self) -> Option<&OrderKey> {
        self.made.get_max().map(|((key, _), _)| key)
    }

    /// Begins the fold with this schema; [`Ledger::fold`] is to follow, from the first op on.
    pub(crate) fn found(&mut self, id: SchemaId, schema: &Arc<Schema>) {
        self.founding = Some(Current { id, schema: Arc::clone(schema) });
    }

    /// The first op that the next fold is to begin with.
    pub(crate) fn take_unfolded(&mut self) -> Option<LedgerKey> {
        self.unfolded.take()
    }

    /// Adds an op; [`Ledger::fold`] is to follow, from this one on.
    pub(crate) fn add(&mut self, key: LedgerKey, stamp: Stamp, migration: Migration) {
        self.unfolded = Some(self.unfolded.map_or(key, |first| first.min(key)));
        let migration = Arc::new(migration);
        self.made.insert(key, Made { stamp, migration, after: None, misfit: None });
    }

    /// Folds the ops again, from this one on.
    pub(crate) fn fold(&mut self, from: Option<&LedgerKey>, log: &Log) -> Folded {
        let (mut folded, mut current) = (Folded::default(), self.founding.clone());
        let keys: Vec<LedgerKey> = match from {
            Some(from) => {
                if let Some((_, made)) = self.made.range(..*from).next_back() {
                    current.clone_from(&made.after);
                }
                self.made.range(*from..).map(|(key, _)| *key).collect()
            }
            None => self.made.keys().copied().collect(),
        };
        for key in keys {
            let Some(made) = self.made.get_mut(&key) else { continue };
            folded.migrations += 1;
            let applied = match &current {
                Some(before) => made.migration.apply(&before.schema),
                None => Err(Misfit::NoSchema),
            };
            made.misfit = match applied {
                Ok(schema) => {
                    let is_same = current.as_ref().is_some_and(|one| *one.schema == schema);
                    if !is_same {
                        current = Some(Current { id: schema.id(), schema: Arc::new(schema) });
                    }
                    None
                }
                Err(misfit) => Some(misfit),
            };
            made.after.clone_from(&current);
            folded.verdicts.push((key, made.misfit.is_some()));
        }
        self.moves = self.moved(log);
        folded
    }

    fn moved(&self, log: &Log) -> Arc<[Move]> {
        let mut moves: Vec<Move> = Vec::new();
        for made in self.made.values().filter(|made| made.misfit.is_none()) {
            for step in &made.migration.steps {
                if let MigrationStep::MoveField { from, to } = *step
                    && !moves.iter().any(|known| (known.from, known.to) == (from, to))
                {
                    moves.push(Move { from, to, at: made.stamp });
                }
            }
        }
        debug_assert!(moves.is_sorted_by(|one, other| order(log, one.at, other.at).is_le()));
        moves.into()
    }
}

/// There are few migrations: they are written and read whole, and folded again; see
/// [`Graph::wake`].
impl Stored for Ledger {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.made.len() as u64);
        for ((key, index), made) in &self.made {
            (*key, *index, made.stamp).write(to);
            to.bytes(&encode(&*made.migration));
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let mut ledger = Ledger::default();
        for _ in 0..from.count()? {
            let (key, index, stamp) = Stored::read(from)?;
            let migration = decode::<_, PAYLOAD_BYTES_MAX>("a migration", from.bytes()?).ok()?;
            ledger.add((key, index), stamp, migration);
        }
        Some(ledger)
    }
}

impl Stored for Move {
    fn write(&self, to: &mut Writing<'_>) {
        (self.from, self.to, self.at).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (old, new, at) = Stored::read(from)?;
        Some(Move { from: old, to: new, at })
    }
}

impl Current {
    fn to(&self, after: &Current) -> Migrated {
        let (old, new) = (&self.schema.types, &after.schema.types);
        let mut ids: Vec<_> = old.iter().chain(new).map(|one| one.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let pairs =
            ids.into_iter().map(|id| (self.schema.type_with(id), after.schema.type_with(id)));
        let labels = pairs.filter(|(before, now)| before != now).map(|(before, now)| LabelChange {
            before: before.map(woodland_format::TypeDefinition::label),
            after: now.map(woodland_format::TypeDefinition::label),
        });
        Migrated { before: self.id, after: after.id, labels: labels.collect() }
    }
}
