//! `svg`: the causal graph as a picture of its own, without any tool.
//!
//! ```text
//!  chosen commits ─► knots ─► plan ─────────────► page
//!                    runs     lanes, columns,     bytes
//!                             cells, arrows
//! ```
//!
//! **Invariants**
//! - The bytes depend on the chosen commits alone; all arithmetic is in whole pixels.
//! - The picture has a largest size. Whatever is folded or left out for it is said in it.
//! - What an author wrote is escaped; there is no script, no link, nothing from elsewhere.

mod axis;
mod draw;
mod fold;
mod lanes;
mod legend;
mod plan;

use crate::page::Contents;
use crate::runs::Knots;
use std::io::{self, Write};

/// From more commits on, what is drawn is runs.
const COMMITS_SHOWN_MAX: u64 = 60;

pub(crate) fn print(contents: &Contents, out: &mut dyn Write) -> io::Result<()> {
    let knots = Knots::of(contents, COMMITS_SHOWN_MAX);
    let plan = plan::Plan::of(contents, &knots);
    draw::picture(&plan, out)
}
