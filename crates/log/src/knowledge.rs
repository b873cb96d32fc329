//! Knowledge: of each line, the highest seq in a commit's past.
//!
//! **Invariants**
//! - A past holds of any line a prefix, so the highest seq seen of each line says all of it.
//!   Knowledge of a line comes with knowledge of its base.
//! - Lines ascend. A value is shared by all commits that know the same.
//!
//! Few lines are one array, which costs what it holds; many are a persistent map, in which a change
//! copies little of the rest.

use crate::place::Place;
use im::OrdMap;
use im::ordmap::DiffItem;
use std::sync::Arc;

/// From here on, a map.
const FEW_MAX: usize = 16;

/// Of each line but the knower's own, the highest seq in the past.
#[derive(Debug, Clone)]
pub(crate) enum Knowledge {
    Few(Arc<[(u32, u64)]>),
    Many(OrdMap<u32, u64>),
}

impl Default for Knowledge {
    fn default() -> Self {
        Knowledge::Few(Arc::default())
    }
}

impl Knowledge {
    /// The highest seq of this line.
    pub(crate) fn get(&self, line: u32) -> Option<u64> {
        match self {
            Knowledge::Few(few) => {
                few.binary_search_by_key(&line, |(line, _)| *line).ok().map(|at| few[at].1)
            }
            Knowledge::Many(many) => many.get(&line).copied(),
        }
    }

    /// Every line, with its highest seq.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let (few, many) = match self {
            Knowledge::Few(few) => (&few[..], None),
            Knowledge::Many(many) => (&[][..], Some(many)),
        };
        let many = many.into_iter().flatten().map(|(line, seq)| (*line, *seq));
        few.iter().copied().chain(many)
    }

    /// Adds that this commit is in the past.
    pub(crate) fn raise(&mut self, line: u32, seq: u64) {
        if self.get(line).is_some_and(|known| known >= seq) {
            return;
        }
        match self {
            Knowledge::Many(many) => {
                many.insert(line, seq);
            }
            Knowledge::Few(few) => *self = Self::of(union(few, &[(line, seq)])),
        }
    }

    /// Adds to what is known that this commit, and what it knew, is in the past.
    pub(crate) fn learn(&mut self, place: Place, its_past: &Knowledge) {
        if self.get(place.line).is_some_and(|seq| seq >= place.seq) {
            // A past is closed: with a later commit of the line, this one's past is already in it.
            return;
        }
        self.join(its_past);
        self.raise(place.line, place.seq);
    }

    fn of(lines: Vec<(u32, u64)>) -> Self {
        if lines.len() <= FEW_MAX {
            Knowledge::Few(lines.into())
        } else {
            Knowledge::Many(lines.into_iter().collect())
        }
    }

    /// Raises this to cover `other`. Costs what the two do not share.
    fn join(&mut self, other: &Knowledge) {
        match (&mut *self, other) {
            (Knowledge::Few(own), Knowledge::Few(few)) => {
                let both = union(own, few);
                // Taking the other as it is keeps one shared value where two pasts are one.
                if both[..] == few[..] {
                    *own = Arc::clone(few);
                } else if both[..] != own[..] {
                    *self = Self::of(both);
                }
            }
            (Knowledge::Many(_), Knowledge::Few(few)) => {
                for (line, seq) in few.iter() {
                    self.raise(*line, *seq);
                }
            }
            (Knowledge::Few(own), Knowledge::Many(_)) => {
                let own = Arc::clone(own);
                *self = other.clone();
                for (line, seq) in own.iter() {
                    self.raise(*line, *seq);
                }
            }
            (Knowledge::Many(own), Knowledge::Many(many)) => join_many(own, many),
        }
    }
}

fn union(one: &[(u32, u64)], other: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut both = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let (Some((line, seq)), Some((its_line, its_seq))) = (one.peek(), other.peek()) {
        let order = line.cmp(its_line);
        both.push(match order {
            std::cmp::Ordering::Less => (*line, *seq),
            std::cmp::Ordering::Equal => (*line, *seq.max(its_seq)),
            std::cmp::Ordering::Greater => (*its_line, *its_seq),
        });
        if order.is_le() {
            one.next();
        }
        if order.is_ge() {
            other.next();
        }
    }
    both.extend(one.chain(other));
    both
}

fn join_many(own: &mut OrdMap<u32, u64>, many: &OrdMap<u32, u64>) {
    let mut raised = Vec::new();
    let mut covered = true;
    for item in own.diff(many) {
        match item {
            DiffItem::Add(line, seq) => raised.push((*line, *seq)),
            DiffItem::Update { old: (_, before), new: (line, seq) } if seq > before => {
                raised.push((*line, *seq));
            }
            _ => covered = false,
        }
    }
    if covered {
        own.clone_from(many);
    } else {
        own.extend(raised);
    }
}
