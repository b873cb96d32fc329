//! Fold: turns become columns, as many to one as the picture's width and cells demand.
//!
//! **Invariants**
//! - A column stands for `turns` turns that exist, counted by rank; those without a commit cost
//!   nothing.
//! - Where commits are drawn one by one, commits of one author and turn stand beside each other.

use crate::runs::{Grain, Knots};
use crate::svg::lanes::Lanes;
use crate::svg::plan::{Cell, short_count, text_width};
use std::collections::{BTreeMap, HashMap};

/// Most pixels of all columns.
const COLUMNS_WIDTH_MAX: i64 = 1560;
/// Most cells: what bounds the bytes of a picture.
const CELLS_MAX: usize = 8_000;
/// From one commit to the next, where each is drawn.
const STEP: i64 = 26;
/// The same where there is room for its id.
const WIDE_STEP: i64 = 80;
/// Most commits that are drawn with their ids.
const IDS_SHOWN_MAX: u64 = 20;
const COLUMN_WIDTH_MIN: i64 = 26;
/// Room for arrows between two columns of marks.
const COLUMN_GAP: i64 = 14;

/// Columns, cells, and which cell each knot is in.
pub(crate) struct Folded {
    /// How many turns share a column.
    pub(crate) turns_per_column: usize,
    /// How many turns there are.
    pub(crate) turns: usize,
    /// The first and last turn, left edge and width of each column.
    pub(crate) columns: Vec<Column>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) of_knot: Vec<usize>,
    pub(crate) shows_ids: bool,
}

pub(crate) struct Column {
    pub(crate) first_turn: u64,
    pub(crate) last_turn: u64,
    pub(crate) left: i64,
    pub(crate) width: i64,
}

impl Folded {
    pub(crate) fn of(knots: &Knots, lanes: &Lanes) -> Self {
        let turns: BTreeMap<u64, usize> = knots.knots.iter().map(|knot| (knot.turn, 0)).collect();
        let turns: Vec<u64> = turns.into_keys().collect();
        let mut per_column = 1;
        loop {
            let folded = Folded::by(knots, lanes, &turns, per_column);
            let width = folded.width();
            let fits = width <= COLUMNS_WIDTH_MAX && folded.cells.len() <= CELLS_MAX;
            if fits || folded.columns.len() <= 1 {
                return folded;
            }
            // What is too wide by a factor needs about as many more turns to a column.
            let by_width = per_column * usize::try_from(width).unwrap_or(usize::MAX)
                / usize::try_from(COLUMNS_WIDTH_MAX).unwrap_or(usize::MAX);
            let by_cells = per_column * folded.cells.len() / CELLS_MAX;
            per_column = by_width.max(by_cells).max(per_column + 1);
        }
    }

    fn by(knots: &Knots, lanes: &Lanes, turns: &[u64], per_column: usize) -> Self {
        let is_single = knots.grain == Grain::Commit && per_column == 1;
        let shows_ids = is_single && knots.commits <= IDS_SHOWN_MAX;
        let step = if shows_ids { WIDE_STEP } else { STEP };
        let column_of: HashMap<u64, usize> =
            turns.iter().enumerate().map(|(rank, turn)| (*turn, rank / per_column)).collect();
        let mut columns: Vec<Column> = turns
            .chunks(per_column)
            .map(|turns| Column {
                first_turn: turns.first().copied().unwrap_or_default(),
                last_turn: turns.last().copied().unwrap_or_default(),
                left: 0,
                width: COLUMN_WIDTH_MIN,
            })
            .collect();
        let (mut cells, mut of_knot): (Vec<Cell>, Vec<usize>) = Default::default();
        let mut slots: HashMap<(usize, usize, usize), (usize, i64)> = HashMap::new();
        for (number, (knot, (lane, row))) in knots.knots.iter().zip(&lanes.places).enumerate() {
            let column = column_of.get(&knot.turn).copied().unwrap_or_default();
            let slot = slots.entry((*lane, *row, column)).or_insert((cells.len(), 0));
            // A branch begins after the commit that it follows.
            let before = knot.before.and_then(|before| cells.get(*of_knot.get(before)?));
            if let Some(before) = before.filter(|cell| is_single && cell.column == column) {
                slot.1 = slot.1.max(before.slot + 1);
            }
            let is_next = slot.1 == 0 || is_single;
            if is_next {
                slot.0 = cells.len();
                cells.push(Cell::at(*lane, *row, column, slot.1));
            }
            slot.1 += 1;
            if let Some(cell) = cells.get_mut(slot.0) {
                cell.take(number, knot);
            }
            of_knot.push(slot.0);
            if let Some(column) = columns.get_mut(column).filter(|_| is_single) {
                column.width = column.width.max(slot.1 * step);
            }
        }
        if !is_single {
            for cell in &cells {
                let width = text_width(&short_count(cell.commits)) + 8 + COLUMN_GAP;
                if let Some(column) = columns.get_mut(cell.column) {
                    column.width = column.width.max(width);
                }
            }
        }
        let mut left = 0;
        for column in &mut columns {
            column.left = left;
            left += column.width;
        }
        for cell in &mut cells {
            if let Some(column) = columns.get(cell.column) {
                cell.x = match is_single {
                    true => column.left + step / 2 + cell.slot * step,
                    false => column.left + column.width / 2,
                };
            }
        }
        let (turns_per_column, turns) = (per_column, turns.len());
        Folded { turns_per_column, turns, columns, cells, of_knot, shows_ids }
    }

    pub(crate) fn width(&self) -> i64 {
        self.columns.last().map_or(0, |column| column.left + column.width)
    }
}
