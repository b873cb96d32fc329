//! The bar of long work, on a terminal's error output.
//!
//! **Invariants**
//! - Nothing is drawn where the error output is no terminal, for JSON, or before [`PATIENCE`] is
//!   over; but an act that is large is named at once, as it may say nothing more for long.
//! - The line is cleared when an act ends, so that nothing of it stays beside a page.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};
use woodland_dump::{Act, Form, Progress, Request};

/// How long one waits without being told.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// From so many commits, or bytes, on an act takes about as long as patience lasts.
const LARGE_COMMITS: u64 = 20_000;
const LARGE_BYTES: u64 = 8 << 20;
const WIDTH: u64 = 30;

/// Draws progress.
pub(crate) struct Bar {
    is_on: bool,
    began: Instant,
    drawn: Option<Instant>,
}

impl Bar {
    pub(crate) fn of(request: &Request) -> Self {
        let is_on = request.form == Form::Text && io::stderr().is_terminal();
        Bar { is_on, began: Instant::now(), drawn: None }
    }

    pub(crate) fn show(&mut self, progress: Progress) {
        let Progress { act, done, total } = progress;
        if !self.is_on {
            return;
        }
        // What of it cannot be drawn is not missed.
        let mut terminal = io::stderr();
        if done >= total {
            if self.drawn.take().is_some() {
                let _ = write!(terminal, "\r\x1b[K");
            }
            return;
        }
        let large = if act == Act::Reading { LARGE_BYTES } else { LARGE_COMMITS };
        let is_named = total >= large && self.drawn.is_none();
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE);
        if is_named || self.began.elapsed() >= PATIENCE && is_due {
            let _ = write!(terminal, "\r\x1b[K{}", line(progress));
            let _ = terminal.flush();
            self.drawn = Some(Instant::now());
        }
    }
}

fn line(Progress { act, done, total }: Progress) -> String {
    let filled = done.saturating_mul(WIDTH) / total.max(1);
    let bar: String = (0..WIDTH).map(|at| if at < filled { '#' } else { '.' }).collect();
    match act {
        Act::Deriving => format!("deriving the graph of {total} commits …"),
        Act::Reading => format!("reading   [{bar}] {} of {} KiB", done / 1024, total / 1024),
        Act::Admitting => format!("admitting [{bar}] {done} of {total} commits"),
        _ => format!("working   [{bar}] {done} of {total}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        let at = |done| line(Progress { act: Act::Admitting, done, total: 30 });
        assert_eq!(at(0), "admitting [..............................] 0 of 30 commits");
        assert_eq!(at(15), "admitting [###############...............] 15 of 30 commits");
        let deriving = Progress { act: Act::Deriving, done: 0, total: 9 };
        assert_eq!(line(deriving), "deriving the graph of 9 commits …");
    }
}
