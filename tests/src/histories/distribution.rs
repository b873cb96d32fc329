//! What a lot of random histories is made of, so that a green test says something.

use crate::histories::History;
use crate::oracle::{ConflictPart, Meetings, Oracle, TextInserts};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use woodland_format::{Commit, MigrationStep, Op, Payload, Schema};

/// Counts over many histories. `Display` prints a small table.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    /// Commits of each history.
    pub batches: Vec<usize>,
    /// Authors of each history.
    pub authors: Vec<usize>,
    /// For each history, its ops by what they do: `schema`, `create`, `create keyed`, or the kind
    /// of the field in the founding schema.
    pub ops: Vec<BTreeMap<String, usize>>,
    /// Masked ops, by the same names, over all histories.
    pub masked: BTreeMap<String, usize>,
    /// Voids by reason.
    pub voids: BTreeMap<&'static str, usize>,
    /// Histories with at least one text insert that is not void.
    pub with_text: usize,
    /// Of those, the ones with two concurrent inserts at one place.
    pub with_inserts_at_one_place: usize,
    /// Histories with conflicts.
    pub with_conflicts: usize,
    /// Conflicts by part: `whole`, `member`, `key`.
    pub conflicts: BTreeMap<&'static str, usize>,
    /// Of all conflicts, those in which a write of nothing lost.
    pub with_clears: usize,
    /// How ops meet where the rules decide: for each of its names, how often in each history.
    pub meetings: BTreeMap<&'static str, Vec<usize>>,
    /// Steps of migrations by what they do.
    pub steps: BTreeMap<&'static str, usize>,
    /// Histories in which an author forks.
    pub with_forks: usize,
    /// Commits with at least one parent.
    pub merges: usize,
}

impl Distribution {
    /// Counts a history and what the oracle says about it.
    pub fn add(&mut self, history: &History, oracle: &Oracle) {
        self.batches.push(history.commits.len());
        let authors: BTreeSet<_> = history.commits.iter().map(Commit::author).collect();
        self.authors.push(authors.len());
        self.with_forks += usize::from(has_fork(history));
        self.merges += history.commits.iter().filter(|one| !one.parents().is_empty()).count();
        let mut ops = BTreeMap::new();
        let masked = oracle.voids().into_iter().filter(|void| void.reason == "revoked");
        let masked: BTreeSet<_> = masked.map(|void| (void.commit, void.index)).collect();
        for commit in &history.commits {
            let payload = commit.payload().and_then(|bytes| Payload::decode(bytes).ok());
            for (index, op) in (0..).zip(payload.iter().flat_map(|payload| &payload.ops)) {
                let name = name_of(op, &history.schema);
                if masked.contains(&(commit.id(), Some(index))) {
                    *self.masked.entry(name.clone()).or_default() += 1;
                }
                *ops.entry(name).or_default() += 1;
                let Op::Migrate(migration) = op else { continue };
                for step in &migration.steps {
                    *self.steps.entry(name_of_step(step)).or_default() += 1;
                }
            }
        }
        self.ops.push(ops);
        for void in oracle.voids() {
            *self.voids.entry(void.reason).or_default() += 1;
        }
        let inserts = oracle.text_inserts();
        self.with_text += usize::from(inserts > TextInserts::None);
        self.with_inserts_at_one_place += usize::from(inserts == TextInserts::AtOnePlace);
        let conflicts = oracle.conflicts();
        self.with_conflicts += usize::from(!conflicts.is_empty());
        for ((_, part), losers) in conflicts {
            let part = match part {
                ConflictPart::Whole => "whole",
                ConflictPart::Member(_) => "member",
                ConflictPart::Key(_) => "key",
            };
            *self.conflicts.entry(part).or_default() += 1;
            self.with_clears += usize::from(losers.iter().any(|(.., value)| value.is_none()));
        }
        for (name, pairs) in named(oracle.meetings()) {
            self.meetings.entry(name).or_default().push(pairs);
        }
    }

    /// The median number of ops of this name in a history.
    pub fn ops_median(&self, name: &str) -> usize {
        let counts: Vec<usize> =
            self.ops.iter().map(|ops| ops.get(name).copied().unwrap_or(0)).collect();
        median(&counts)
    }

    /// How often ops meet so, over all histories.
    pub fn meetings_of(&self, name: &str) -> usize {
        self.meetings.get(name).map_or(0, |counts| counts.iter().sum())
    }

    /// The median of how often ops meet so in a history.
    pub fn meetings_median(&self, name: &str) -> usize {
        self.meetings.get(name).map_or(0, |counts| median(counts))
    }

    /// How many histories were counted.
    pub fn histories(&self) -> usize {
        self.batches.len()
    }

    /// The median number of commits of a history.
    pub fn batches_median(&self) -> usize {
        median(&self.batches)
    }

    /// How many in a hundred text histories have two concurrent inserts at one place.
    pub fn one_place_percent(&self) -> usize {
        percent(self.with_inserts_at_one_place, self.with_text)
    }
}

fn has_fork(history: &History) -> bool {
    let mut places = BTreeSet::new();
    !history.commits.iter().all(|commit| places.insert((commit.author(), commit.backlink())))
}

fn name_of(op: &Op, schema: &Schema) -> String {
    match op {
        Op::Schema(_) => "schema".to_owned(),
        Op::Create { .. } => "create".to_owned(),
        Op::CreateKeyed { .. } => "create keyed".to_owned(),
        Op::Recreate { .. } => "recreate".to_owned(),
        Op::Delete { .. } => "delete".to_owned(),
        Op::Migrate(_) => "migrate".to_owned(),
        Op::Edit { object, .. } => match schema.field_with(object.field) {
            Some((_, field)) => field.kind.clone(),
            None => "other field".to_owned(),
        },
    }
}

fn name_of_step(step: &MigrationStep) -> &'static str {
    match step {
        MigrationStep::AddType(_) => "add type",
        MigrationStep::RemoveType { .. } => "remove type",
        MigrationStep::RenameType { .. } => "rename type",
        MigrationStep::AddField { .. } => "add field",
        MigrationStep::RemoveField { .. } => "remove field",
        MigrationStep::RenameField { .. } => "rename field",
        MigrationStep::ChangeType { .. } => "change type",
        MigrationStep::MoveField { .. } => "move field",
        MigrationStep::ChangeDefaultType { .. } => "change default type",
        MigrationStep::RemoveDefaultType { .. } => "remove default type",
    }
}

fn named(found: Meetings) -> Vec<(&'static str, usize)> {
    vec![
        ("moves of one item", found.moves_of_one_item),
        ("moves of items removed", found.moves_of_removed_items),
        ("slots at one place", found.slots_at_one_place),
        ("puts into ended keys", found.puts_into_ended_keys),
        ("later generations", found.later_generations),
        ("additions to a set, removed", found.additions_of_removed_items),
        ("creations of one key", found.creations_of_one_key),
        ("deletions that took", found.deletions),
        ("cascades", found.cascades),
        ("deletions restricted", found.restricted),
        ("deletions edited", found.edited),
        ("comings back", found.comings_back),
        ("dead targets", found.dead_targets),
        ("creations anew", found.recreations),
        ("clashes", found.clashes),
        ("migrations applied", found.migrations),
        ("misfits", found.misfits),
        ("reads converted", found.reads_converted),
        ("masked ops", found.masked),
    ]
}

fn median(numbers: &[usize]) -> usize {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn percent(part: usize, whole: usize) -> usize {
    100 * part / whole.max(1)
}

fn spread(numbers: &[usize]) -> String {
    let (min, max) = (numbers.iter().min(), numbers.iter().max());
    let (min, max) = (min.copied().unwrap_or(0), max.copied().unwrap_or(0));
    format!("{min} / {} / {max}", median(numbers))
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.histories();
        writeln!(f, "histories                     {all}")?;
        writeln!(f, "batches (min/median/max)      {}", spread(&self.batches))?;
        writeln!(f, "authors (min/median/max)      {}", spread(&self.authors))?;
        writeln!(f, "commits with parents          {}", self.merges)?;
        writeln!(f, "with forks                    {} %", percent(self.with_forks, all))?;
        writeln!(f, "with conflicts                {} %", percent(self.with_conflicts, all))?;
        writeln!(f, "with text                     {} %", percent(self.with_text, all))?;
        writeln!(f, "  of these, at one place      {} %", self.one_place_percent())?;
        let names: BTreeSet<&String> = self.ops.iter().flat_map(BTreeMap::keys).collect();
        for name in names {
            let counts: Vec<usize> =
                self.ops.iter().map(|ops| ops.get(name).copied().unwrap_or(0)).collect();
            let sum: usize = counts.iter().sum();
            writeln!(f, "op {name:<26} {sum}, a history {}", spread(&counts))?;
        }
        for (part, count) in &self.conflicts {
            writeln!(f, "conflicts, {part:<18} {count}")?;
        }
        writeln!(f, "  of these, a clear lost      {}", self.with_clears)?;
        for (name, counts) in &self.meetings {
            let sum: usize = counts.iter().sum();
            let some = percent(counts.iter().filter(|count| **count > 0).count(), all);
            let spread = spread(counts);
            writeln!(f, "{name:<29} {sum} in {some} % of histories, in each {spread}")?;
        }
        for (name, count) in &self.masked {
            writeln!(f, "masked {name:<22} {count}")?;
        }
        for (step, count) in &self.steps {
            writeln!(f, "step {step:<24} {count}")?;
        }
        for (reason, count) in &self.voids {
            writeln!(f, "void {reason:<24} {count}")?;
        }
        Ok(())
    }
}
