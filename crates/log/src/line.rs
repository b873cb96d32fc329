//! A line: one unbranched stretch of one author's chain, and what its commits knew.
//!
//! ```text
//!  line 0   0 ─ 1 ─ 2 ─ 3 ─ 4
//!                   └── 3 ─ 4    line 1, base (0, 2): a fork
//! ```
//!
//! **Invariants**
//! - Seqs are gapless from `first_seq` on; each commit's backlink is the one before it, and the
//!   first one's is the commit at `base`.
//! - `knowledge` and `schemas` have an entry at `first_seq` and wherever the value changes; between
//!   entries the last one holds.
//! - A past holds of any line a prefix, so the highest seq seen of each line says all of it.
//!   Knowledge of a line comes with knowledge of its base.

use crate::place::Place;
use crate::points::Points;
use im::{OrdMap, Vector};
use woodland_format::{AuthorKey, Commit, SchemaId};

/// Of each line but the knower's own, the highest seq in the past.
pub(crate) type Knowledge = OrdMap<u32, u64>;

/// One unbranched stretch of one author's chain.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) author: AuthorKey,
    /// The commit before the first, in another line; none where the first has no backlink.
    pub(crate) base: Option<Place>,
    pub(crate) first_seq: u64,
    /// Never empty once the line is part of a log.
    pub(crate) commits: Vector<Commit>,
    pub(crate) knowledge: OrdMap<u64, Knowledge>,
    pub(crate) schemas: OrdMap<u64, SchemaId>,
    pub(crate) points: Points,
}

impl Line {
    /// A line without commits, which begins at this seq.
    pub(crate) fn starting(author: AuthorKey, base: Option<Place>, first_seq: u64) -> Self {
        Line {
            author,
            base,
            first_seq,
            commits: Vector::new(),
            knowledge: OrdMap::new(),
            schemas: OrdMap::new(),
            points: Points::default(),
        }
    }

    /// The commit with this seq.
    pub(crate) fn get(&self, seq: u64) -> Option<&Commit> {
        let index = usize::try_from(seq.checked_sub(self.first_seq)?).ok()?;
        self.commits.get(index)
    }

    /// One past the highest seq.
    pub(crate) fn end_seq(&self) -> u64 {
        self.first_seq + self.commits.len() as u64
    }

    /// The last commit.
    pub(crate) fn tip(&self) -> &Commit {
        self.commits.last().expect("a line of a log is never empty")
    }

    /// What the commit with this seq knew of other lines.
    pub(crate) fn knowledge_at(&self, seq: u64) -> Option<&Knowledge> {
        self.knowledge.get_prev(&seq).map(|(_, known)| known)
    }

    /// The schema that the commit with this seq is written under.
    pub(crate) fn schema_at(&self, seq: u64) -> Option<SchemaId> {
        self.schemas.get_prev(&seq).map(|(_, schema)| *schema)
    }
}

/// Adds to `known` that this commit, and what it knew, is in the past.
pub(crate) fn learn(known: &mut Knowledge, place: Place, its_past: &Knowledge) {
    if known.get(&place.line).is_some_and(|seq| *seq >= place.seq) {
        // A past is closed: with a later commit of the line, this one's past is already in it.
        return;
    }
    join(known, its_past);
    if known.get(&place.line).is_none_or(|seq| *seq < place.seq) {
        known.insert(place.line, place.seq);
    }
}

/// Raises `known` to cover `other`. Costs what the two do not share.
fn join(known: &mut Knowledge, other: &Knowledge) {
    use im::ordmap::DiffItem;
    let mut raised = Vec::new();
    let mut covered = true;
    for item in known.diff(other) {
        match item {
            DiffItem::Add(line, seq) => raised.push((*line, *seq)),
            DiffItem::Update { old: (_, before), new: (line, seq) } if seq > before => {
                raised.push((*line, *seq));
            }
            _ => covered = false,
        }
    }
    if covered {
        // Taking the other as it is keeps one shared value where two pasts are one.
        known.clone_from(other);
    } else {
        known.extend(raised);
    }
}
