//! The axis of turns.

use crate::svg::draw::Frame;
use crate::svg::plan::Plan;
use std::io::{self, Write};

/// Between two labels.
const GAP: i64 = 10;

/// Labels the columns with their turns as far as there is room, with a line where each begins.
pub(crate) fn put(plan: &Plan<'_>, frame: &Frame, y: i64, out: &mut dyn Write) -> io::Result<()> {
    let word = frame.left - 18;
    writeln!(out, r#"<text class="turn end" x="{word}" y="{y}">turn</text>"#)?;
    let mut free = i64::MIN;
    for column in &plan.folded.columns {
        let text = match column.last_turn == column.first_turn {
            true => column.first_turn.to_string(),
            false => format!("{}–{}", column.first_turn, column.last_turn),
        };
        let x = frame.left + column.left + column.width / 2;
        let half = i64::try_from(text.chars().count()).unwrap_or(i64::MAX) * 3;
        if x - half < free {
            continue;
        }
        free = x + half + GAP;
        writeln!(out, r#"<text class="turn mid" x="{x}" y="{y}">{text}</text>"#)?;
        if y < frame.top {
            let (x, top, bottom) = (frame.left + column.left, frame.top, frame.bottom);
            writeln!(out, r#"<path class="grid" d="M{x} {top}V{bottom}"/>"#)?;
        }
    }
    Ok(())
}
