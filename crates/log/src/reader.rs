//! Reading many commits: one decoder for each line that is being read.
//!
//! **Invariants**
//! - Whoever asks for the commits of a line by ascending seq pays for each once, whatever is asked
//!   of other lines between.
//! - A decoder is let go at the end of its line.

use crate::line::{HeldBlock, Line};
use crate::log::Log;
use crate::order::Lines;
use crate::place::Place;
use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_format::{Commit, Commits, Payloads};
use woodland_page::Seat;

const IS_HELD: &str = "a place that a log gives holds a commit";

/// Reads commits.
#[derive(Clone)]
pub(crate) struct CommitReader<'a> {
    lines: &'a Lines,
    /// By line: the seq that comes next, and the decoder that stands there.
    open: BTreeMap<u32, (u64, Commits<HeldBlock>)>,
    /// The block that was last read from its end: commits of one line up to the last read.
    back: Vec<Commit>,
    back_line: u32,
}

impl<'a> CommitReader<'a> {
    pub(crate) fn new(lines: &'a Lines) -> Self {
        CommitReader { lines, open: BTreeMap::new(), back: Vec::new(), back_line: 0 }
    }

    /// The commit at this place, which the log holds.
    pub(crate) fn read(&mut self, place: Place) -> Commit {
        let Place { line: number, seq } = place;
        if let Some((next, commits)) = self.open.get_mut(&number)
            && *next == seq
            && let Some(commit) = commits.next()
        {
            *next += 1;
            return commit;
        }
        let line = self.line(number);
        let block = Line::block(&line, seq).expect(IS_HELD);
        let index = usize::try_from(seq - block.first_seq()).expect("blocks are small");
        let mut commits = Commits::of(block, line.author);
        let commit = commits.nth(index).expect(IS_HELD);
        if seq + 1 == line.end_seq() {
            self.open.remove(&number);
        } else {
            self.open.insert(number, (seq + 1, commits));
        }
        commit
    }

    /// The same, for whoever walks back.
    pub(crate) fn read_back(&mut self, place: Place) -> Commit {
        let Place { line: number, seq } = place;
        let is_next = |last: &Commit| self.back_line == number && last.seq() == seq;
        if !self.back.last().is_some_and(is_next) {
            let line = self.line(number);
            let block = Line::block(&line, seq).expect(IS_HELD);
            let upto = usize::try_from(seq - block.first_seq()).expect("blocks are small") + 1;
            self.back = block.commits(line.author).take(upto).collect();
            self.back_line = number;
        }
        self.back.pop().expect(IS_HELD)
    }

    fn line(&self, number: u32) -> Arc<Seat<Line>> {
        self.lines.get(&number).expect(IS_HELD).get()
    }
}

/// Reads payloads, which costs no hash. Made by [`Log::payloads`].
#[derive(Clone)]
pub struct PayloadReader<'a> {
    lines: &'a Lines,
    open: BTreeMap<u32, Payloads<HeldBlock>>,
}

impl<'a> PayloadReader<'a> {
    /// The payload of the commit at this place, until this reader is asked again; none where it is
    /// erased, or nothing is held there.
    pub fn read(&mut self, place: Place) -> Option<&[u8]> {
        let Place { line: number, seq } = place;
        let line = self.lines.get(&number)?.get();
        let stands = |open: &Payloads<HeldBlock>| {
            open.next_seq().is_some_and(|next| next <= seq) && open.end_seq() > seq
        };
        if !self.open.get(&number).is_some_and(stands) {
            self.open.insert(number, Payloads::of(Line::block(&line, seq)?));
        }
        let payloads = self.open.get_mut(&number)?;
        while payloads.next_seq()? < seq {
            payloads.pass();
        }
        payloads.read()
    }
}

impl std::fmt::Debug for PayloadReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayloadReader").field("open", &self.open.len()).finish()
    }
}

impl Log {
    /// The payload of the commit at this place; none where it is erased, or nothing is held there.
    pub fn payload(&self, place: Place) -> Option<Vec<u8>> {
        self.payloads().read(place).map(<[u8]>::to_vec)
    }

    /// Reads payloads. Cheapest by ascending seq of each line.
    pub fn payloads(&self) -> PayloadReader<'_> {
        PayloadReader { lines: &self.lines, open: BTreeMap::new() }
    }
}
