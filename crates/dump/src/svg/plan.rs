//! Plan: where everything of the picture stands.
//!
//! **Invariants**
//! - Arrows go from a cell to another; of several that one row draws from one other, only those
//!   that bring something later are drawn where knots are folded.
//! - Most arrows are drawn; past [`ARROWS_MAX`] those that stand for the fewest parents are not.
//!
//! What this does not do: write bytes.

use crate::page::Contents;
use crate::runs::{Grain, Knot, Knots};
use crate::svg::fold::Folded;
use crate::svg::lanes::Lanes;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const ARROWS_MAX: usize = 5_000;
const ROW_HEIGHT_MIN: i64 = 16;
const ROW_HEIGHT_MAX: i64 = 46;
/// What the rows share, where there is room for all.
const ROWS_HEIGHT: i64 = 900;

/// One mark: a commit, or all commits of a row in a column.
pub(crate) struct Cell {
    pub(crate) lane: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// Among the cells of its row and column, where commits are drawn one by one.
    pub(crate) slot: i64,
    pub(crate) x: i64,
    pub(crate) commits: u64,
    pub(crate) heads: u64,
    pub(crate) is_founding: bool,
    /// The first and last knot in it.
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Cell {
    pub(crate) fn at(lane: usize, row: usize, column: usize, slot: i64) -> Self {
        let (x, commits, heads, is_founding, first, last) = (0, 0, 0, false, usize::MAX, 0);
        Cell { lane, row, column, slot, x, commits, heads, is_founding, first, last }
    }

    pub(crate) fn take(&mut self, number: usize, knot: &Knot) {
        self.commits += knot.commits;
        self.heads += knot.heads;
        self.is_founding |= knot.is_founding;
        self.first = self.first.min(number);
        self.last = self.last.max(number);
    }
}

/// All that is drawn.
pub(crate) struct Plan<'a> {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) knots: &'a Knots,
    pub(crate) lanes: Lanes,
    pub(crate) folded: Folded,
    /// Chains: from cell to cell.
    pub(crate) links: BTreeSet<(usize, usize)>,
    /// Parents: from cell to cell.
    pub(crate) arrows: Vec<(usize, usize)>,
    pub(crate) row_height: i64,
    pub(crate) labels: Vec<String>,
}

impl<'a> Plan<'a> {
    pub(crate) fn of(contents: &Contents, knots: &'a Knots) -> Self {
        let lanes = Lanes::of(contents, knots);
        let folded = Folded::of(knots, &lanes);
        let cell = |knot: usize| folded.of_knot.get(knot).copied().unwrap_or_default();
        let row = |cell: usize| folded.cells.get(cell).map(|cell| (cell.lane, cell.row));
        let (mut links, mut arrows) = (BTreeSet::new(), BTreeMap::new());
        for (number, knot) in knots.knots.iter().enumerate() {
            let to = cell(number);
            links.extend(knot.before.map(|before| (cell(before), to)).filter(|one| one.0 != one.1));
            for seen in &knot.seen {
                // Within a row only authors who share the last lane see each other.
                if row(cell(*seen)) != row(to) {
                    *arrows.entry((cell(*seen), to)).or_insert(0u64) += 1;
                }
            }
        }
        let rows = i64::try_from(lanes.rows.max(1)).unwrap_or(i64::MAX);
        let row_height = (ROWS_HEIGHT / rows).clamp(ROW_HEIGHT_MIN, ROW_HEIGHT_MAX);
        let labels = knots.knots.iter().map(|knot| contents.label(&knot.author));
        // Only a small picture says on its marks who and what they are.
        let labels = if says_what(&folded) { labels.collect() } else { Vec::new() };
        let title = format!(
            "Dataset {} at version {}",
            contents.source.dataset.map_or_else(|| "not known".to_owned(), |id| id.short()),
            contents.version().short(),
        );
        let mut plan = Plan {
            title,
            lines: Vec::new(),
            knots,
            lanes,
            folded,
            links,
            arrows: Vec::new(),
            row_height,
            labels,
        };
        let left_out = plan.choose(arrows);
        plan.lines = plan.told(contents, left_out);
        plan
    }

    /// Chooses the arrows that are drawn; tells how many are not for want of room.
    fn choose(&mut self, arrows: BTreeMap<(usize, usize), u64>) -> usize {
        let cells = &self.folded.cells;
        let is_folded = self.knots.grain == Grain::Run || self.folded.turns_per_column > 1;
        let mut ordered: Vec<_> = if is_folded {
            let column = |cell: usize| cells.get(cell).map_or(0, |cell| cell.column);
            let row = |cell: usize| cells.get(cell).map_or((0, 0), |cell| (cell.lane, cell.row));
            // By target, in the order of columns, and by the row that it saw: the latest cell.
            let mut latest = BTreeMap::new();
            for ((from, to), count) in arrows {
                let entry = latest.entry((column(to), to, row(from))).or_insert((from, 0));
                entry.1 += count;
                if column(entry.0) <= column(from) {
                    entry.0 = from;
                }
            }
            let mut known: HashMap<_, usize> = HashMap::new();
            let mut is_later =
                |((_, to, source), (from, _)): &((usize, usize, _), (usize, u64))| {
                    let key = (row(*to), *source);
                    let before =
                        known.insert(key, column(*from).max(known.get(&key).map_or(0, |c| *c)));
                    before.is_none_or(|before| before < column(*from))
                };
            let later = latest.into_iter().filter(&mut is_later);
            later.map(|((_, to, _), (from, count))| ((from, to), count)).collect()
        } else {
            arrows.into_iter().collect()
        };
        let left_out = ordered.len().saturating_sub(ARROWS_MAX);
        ordered.sort_by_key(|(arrow, count)| (std::cmp::Reverse(*count), *arrow));
        ordered.truncate(ARROWS_MAX);
        self.arrows = ordered.into_iter().map(|(arrow, _)| arrow).collect();
        self.arrows.sort_unstable();
        left_out
    }

    /// What the picture says about itself.
    fn told(&self, contents: &Contents, left_out: usize) -> Vec<String> {
        let many = |count: u64, one: &str| {
            let end = if count == 1 { "" } else { "s" };
            format!("{} {one}{end}", grouped(count))
        };
        let Some(log) = &contents.log else {
            return vec![contents.unplaced().unwrap_or_default()];
        };
        let mut lines = vec![format!(
            "{} by {} in {}; {}; {}",
            many(log.len(), "commit"),
            many(log.frontier().authors().count() as u64, "author"),
            many(log.order().next_back().map_or(0, |(_, last)| last.turn()) + 1, "turn"),
            many(log.heads().count() as u64, "head"),
            many(log.forks().len() as u64, "fork"),
        )];
        if !contents.selection.is_all() {
            let (shown, lead) = (grouped(self.knots.commits), grouped(self.knots.outside));
            lines.push(format!("shown: {shown} commits; {lead} references lead out of them"));
        }
        let mut notes = Vec::new();
        if self.knots.grain == Grain::Run {
            let runs = grouped(self.knots.knots.len() as u64);
            notes.push(format!("{} in {runs} runs", many(self.knots.commits, "commit")));
        }
        if self.folded.turns_per_column > 1 {
            let (turns, by) = (grouped(self.folded.turns as u64), self.folded.turns_per_column);
            notes.push(format!("{turns} turns folded {}:1", grouped(by as u64)));
        }
        notes.extend(self.lanes.notes.iter().cloned());
        if left_out > 0 {
            notes.push(format!("{} arrows left out", grouped(left_out as u64)));
        }
        if !notes.is_empty() {
            lines.push(notes.join("; "));
        }
        lines
    }

    pub(crate) fn says_what(&self) -> bool {
        says_what(&self.folded)
    }
}

/// Most cells of a picture whose marks tell more under the pointer.
const TOLD_CELLS_MAX: usize = 1_000;

fn says_what(folded: &Folded) -> bool {
    folded.cells.len() <= TOLD_CELLS_MAX
}

/// `12,345`
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most four characters: `1`, `957`, `26k`, `1.2M`.
pub(crate) fn short_count(count: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let Some((unit, sign)) = UNITS.iter().find(|(unit, _)| count >= *unit) else {
        return count.to_string();
    };
    match (count / unit, count / (unit / 10) % 10) {
        (whole @ 0..10, tenths @ 1..) => format!("{whole}.{tenths}{sign}"),
        (whole, _) => format!("{whole}{sign}"),
    }
}

/// Pixels of digits in a mark.
pub(crate) fn text_width(text: &str) -> i64 {
    7 * i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let cases = [(1, "1"), (999, "999"), (1_000, "1k"), (1_250, "1.2k"), (26_080, "26k")];
        for (count, expected) in cases {
            assert_eq!(short_count(count), expected);
        }
        assert_eq!(short_count(259_780), "259k");
        assert_eq!(short_count(3_000_000), "3M");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(100), "100");
    }
}
