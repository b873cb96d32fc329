//! What a lot of random histories is made of, so that a green test says something.

use crate::histories::History;
use crate::oracle::{ConflictPart, Meetings, Oracle, TextInserts};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use woodland_format::{Commit, Op, Payload, Schema};

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
    /// How concurrent ops meet: pairs over all histories, and how many histories have any.
    pub meetings: BTreeMap<&'static str, (usize, usize)>,
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
        for commit in &history.commits {
            let payload = commit.payload().and_then(|bytes| Payload::decode(bytes).ok());
            for op in payload.iter().flat_map(|payload| &payload.ops) {
                *ops.entry(name_of(op, &history.schema)).or_default() += 1;
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
            let (all, histories) = self.meetings.entry(name).or_default();
            *all += pairs;
            *histories += usize::from(pairs > 0);
        }
    }

    /// The median number of ops of this name in a history.
    pub fn ops_median(&self, name: &str) -> usize {
        let counts: Vec<usize> =
            self.ops.iter().map(|ops| ops.get(name).copied().unwrap_or(0)).collect();
        median(&counts)
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

fn named(found: Meetings) -> [(&'static str, usize); 7] {
    [
        ("moves of one item", found.moves_of_one_item),
        ("moves of items removed", found.moves_of_removed_items),
        ("slots at one place", found.slots_at_one_place),
        ("puts into ended keys", found.puts_into_ended_keys),
        ("later generations", found.later_generations),
        ("additions to a set, removed", found.additions_of_removed_items),
        ("creations of one key", found.creations_of_one_key),
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
        for (name, (pairs, histories)) in &self.meetings {
            writeln!(f, "{name:<29} {pairs} in {} % of histories", percent(*histories, all))?;
        }
        for (reason, count) in &self.voids {
            writeln!(f, "void {reason:<24} {count}")?;
        }
        Ok(())
    }
}
