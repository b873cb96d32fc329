//! The legend: one of each mark that the picture has, and what it means.
//!
//! **Invariants**
//! - A mark that the picture does not have is not explained.

use crate::svg::draw::{LINE_HEIGHT, MARGIN};
use crate::svg::plan::Plan;
use std::io::{self, Write};

/// A mark and its words.
pub(crate) struct Item {
    mark: Mark,
    words: &'static str,
    x: i64,
    /// On which line of the legend.
    pub(crate) line: i64,
}

#[derive(Clone, Copy)]
enum Mark {
    Founding,
    Commit,
    Run,
    Head,
    Chain,
    Parent,
    Fork,
}

const MARK_WIDTH: i64 = 30;

/// What is explained, laid out in lines of this width.
pub(crate) fn items(plan: &Plan<'_>, width: i64) -> Vec<Item> {
    let cells = &plan.folded.cells;
    let wanted = [
        (Mark::Founding, "founding commit", cells.iter().any(|cell| cell.is_founding)),
        (Mark::Commit, "one commit", cells.iter().any(|cell| cell.commits == 1)),
        (Mark::Run, "so many commits in a row", cells.iter().any(|cell| cell.commits > 1)),
        (Mark::Head, "ring: head, nothing refers to it", cells.iter().any(|cell| cell.heads > 0)),
        (Mark::Chain, "one author’s chain", !plan.links.is_empty()),
        (Mark::Parent, "seen by another author (parent)", !plan.arrows.is_empty()),
        (Mark::Fork, "fork", plan.lanes.lanes.iter().any(|lane| lane.rows > 1)),
    ];
    let (mut x, mut line, mut items) = (MARGIN, 0, Vec::new());
    for (mark, words, _) in wanted.into_iter().filter(|(_, _, is_there)| *is_there) {
        let item_width = MARK_WIDTH + i64::try_from(words.chars().count()).unwrap_or(0) * 6 + 26;
        if x > MARGIN && x + item_width > width {
            (x, line) = (MARGIN, line + 1);
        }
        items.push(Item { mark, words, x, line });
        x += item_width;
    }
    items
}

/// Draws the items, the first line at `y`.
pub(crate) fn put(items: &[Item], y: i64, out: &mut dyn Write) -> io::Result<()> {
    for Item { mark, words, x, line } in items {
        let base = y + line * LINE_HEIGHT;
        let (x, y, text_x) = (*x, base - 4, x + MARK_WIDTH);
        writeln!(out, r#"<g class="m a0">{}</g>"#, mark.drawn(x, y))?;
        writeln!(out, r#"<text class="said" x="{text_x}" y="{base}">{words}</text>"#)?;
    }
    Ok(())
}

impl Mark {
    fn drawn(self, x: i64, y: i64) -> String {
        let middle = x + 12;
        match self {
            Mark::Founding => format!(r#"<path d="M{} {y}l6-6l6 6l-6 6z"/>"#, middle - 6),
            Mark::Commit => format!(r#"<circle cx="{middle}" cy="{y}" r="5"/>"#),
            Mark::Run => {
                let (top, text) = (y - 6, y + 4);
                let capsule = format!(r#"<rect x="{x}" y="{top}" width="24" height="12" rx="6"/>"#);
                let place = format!(r#"x="{middle}" y="{text}" style="font-size:10px""#);
                format!("{capsule}<text {place}>12</text>")
            }
            Mark::Head => {
                let (left, top) = (middle - 7, y - 7);
                let place = format!(r#"x="{left}" y="{top}" width="14" height="14" rx="7""#);
                format!(r#"<rect class="head" {place}/><circle cx="{middle}" cy="{y}" r="4"/>"#)
            }
            Mark::Chain => chain(&format!("M{x} {y}h24")),
            Mark::Parent => {
                let (start, end) = (y - 5, y + 4);
                let path = format!("M{x} {start}C{middle} {start} {middle} {end} {} {end}", x + 22);
                let style = "fill:none;stroke:#0072b2;stroke-width:1.2";
                format!(r#"<path style="{style}" d="{path}m-5-3l5 3l-5 3"/>"#)
            }
            Mark::Fork => {
                let (up, down, end) = (y - 4, y + 5, x + 24);
                let branch = format!("M{x} {up}C{middle} {up} {middle} {down} {end} {down}");
                chain(&format!("M{x} {up}h24{branch}"))
            }
        }
    }
}

fn chain(path: &str) -> String {
    format!(r#"<path style="fill:none;stroke:#0072b2;stroke-width:2.2" d="{path}"/>"#)
}
