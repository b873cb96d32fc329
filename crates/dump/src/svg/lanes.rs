//! Lanes: which author stands where, and in which row of the lane each branch of a fork.
//!
//! **Invariants**
//! - Authors stand in the order of first appearance; the founder first.
//! - A lane has one row, and one more for each branch that a fork adds, as far as there is room.
//! - With more authors than fit, those with most commits keep lanes and the others share the last.

use crate::page::Contents;
use crate::runs::Knots;
use crate::svg::plan::grouped;
use std::collections::{BTreeSet, HashMap};
use woodland_format::AuthorKey;

/// Most lanes.
const LANES_MAX: usize = 240;
/// Most rows of one lane.
const LANE_ROWS_MAX: usize = 8;
/// Most rows of all lanes that a fork may still add to.
const ROWS_MAX: usize = 280;

/// One author, or all that found no lane.
pub(crate) struct Lane {
    pub(crate) label: String,
    pub(crate) commits: u64,
    pub(crate) rows: usize,
    /// The number of its first row among all rows.
    pub(crate) first_row: usize,
}

/// All lanes, and where each knot stands.
pub(crate) struct Lanes {
    pub(crate) lanes: Vec<Lane>,
    /// By knot: lane, and row within it.
    pub(crate) places: Vec<(usize, usize)>,
    pub(crate) rows: usize,
    pub(crate) notes: Vec<String>,
}

impl Lanes {
    pub(crate) fn of(contents: &Contents, knots: &Knots) -> Self {
        let mut authors = knots.authors();
        let others = others(&authors);
        let mut notes = Vec::new();
        let mut lanes: Vec<Lane> = Vec::new();
        let mut numbers = HashMap::new();
        let lane = |label, commits| Lane { label, commits, rows: 1, first_row: 0 };
        authors.retain(|(author, _)| !others.contains(author));
        for (number, (author, commits)) in authors.iter().enumerate() {
            numbers.insert(*author, number);
            lanes.push(lane(contents.label(author), *commits));
        }
        if !others.is_empty() {
            let shown: u64 = authors.iter().map(|(_, commits)| commits).sum();
            let count = grouped(others.len() as u64);
            numbers.extend(others.iter().map(|author| (*author, lanes.len())));
            lanes.push(lane(format!("{count} other authors"), knots.commits - shown));
            notes.push(format!("the {count} authors with the fewest commits share the last lane"));
        }
        let shared = (!others.is_empty()).then(|| lanes.len() - 1);
        let mut lanes = Lanes { lanes, places: Vec::new(), rows: 0, notes };
        lanes.place(knots, &numbers, shared);
        lanes
    }

    fn place(&mut self, knots: &Knots, numbers: &HashMap<AuthorKey, usize>, shared: Option<usize>) {
        let mut continued = BTreeSet::new();
        let (mut rows, mut folded) = (self.lanes.len(), 0u64);
        let mut is_begun = vec![false; self.lanes.len()];
        for knot in &knots.knots {
            let number = numbers.get(&knot.author).copied().unwrap_or_default();
            let Some(lane) = self.lanes.get_mut(number) else { continue };
            let before = knot.before.and_then(|before| self.places.get(before));
            let branches = match knot.before {
                Some(before) => !continued.insert(before),
                None => knot.first_seq == 0 && is_begun[number],
            };
            is_begun[number] = true;
            let row = match before {
                _ if shared == Some(number) => 0,
                Some((_, row)) if !branches => *row,
                None if !branches => 0,
                _ if lane.rows < LANE_ROWS_MAX && rows < ROWS_MAX => {
                    lane.rows += 1;
                    rows += 1;
                    lane.rows - 1
                }
                _ => {
                    folded += 1;
                    lane.rows - 1
                }
            };
            self.places.push((number, row));
        }
        if folded > 0 {
            let count = grouped(folded);
            self.notes.push(format!("{count} branches of forks are drawn over others"));
        }
        for lane in &mut self.lanes {
            lane.first_row = self.rows;
            self.rows += lane.rows;
        }
    }
}

/// Who finds no lane: the authors with the fewest commits, of equals the later.
fn others(authors: &[(AuthorKey, u64)]) -> BTreeSet<AuthorKey> {
    if authors.len() <= LANES_MAX {
        return BTreeSet::new();
    }
    let mut ranked: Vec<_> = authors.iter().enumerate().collect();
    ranked.sort_by_key(|(at, (_, commits))| (std::cmp::Reverse(*commits), *at));
    ranked.iter().skip(LANES_MAX - 1).map(|(_, (author, _))| *author).collect()
}
