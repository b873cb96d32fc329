//! What the other side is known to hold: for the memory of it, and for nothing else.
//!
//! **Invariants**
//! - Known is what it sent or told of and is durable here, what it held when that was settled, and
//!   what was sent to it and it said is durable: never what was only sent.
//! - It is a place a line, however much is said; what is sent and not acknowledged, that for some
//!   messages.
//!
//! What this does not do: decide what is sent.

use crate::memory::HEADS_MAX;
use std::collections::{BTreeMap, VecDeque};
use woodland_format::CommitId;
use woodland_log::{Frontier, Log, Place};

/// So many messages are told apart that are not acknowledged.
const MESSAGES_MAX: usize = 64;

/// Of lines, the last seq.
type Seqs = BTreeMap<u32, u64>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    known: Seqs,
    /// What was sent, by how many messages had been said with it.
    sent: VecDeque<(u64, Seqs)>,
}

impl Held {
    /// It holds this.
    pub(crate) fn has(&mut self, place: Place) {
        raise(&mut self.known, place);
    }

    /// It holds these commits of a version, with their past, and what it was sent is settled anew.
    pub(crate) fn has_settled(&mut self, of: &Log, known: &Frontier) {
        *self = Held::default();
        let place = |id: &CommitId| of.place(id);
        let is_known = |head: &CommitId| {
            let author = place(head).and_then(|place| of.author(place));
            author.is_some_and(|author| known.tips(&author).any(|tip| tip.id == *head))
        };
        match of.heads().all(|head| is_known(&head)) {
            true => self.has_all(of),
            false => known.iter().filter_map(|(_, tip)| place(&tip.id)).for_each(|at| self.has(at)),
        }
    }

    /// It holds all of a version.
    pub(crate) fn has_all(&mut self, of: &Log) {
        of.heads().filter_map(|head| of.place(&head)).for_each(|place| self.has(place));
    }

    /// It is sent this, in the message that is the so-manieth.
    pub(crate) fn is_sent(&mut self, messages: u64, ends: &[Place]) {
        if ends.is_empty() {
            return;
        }
        let is_full = self.sent.len() >= MESSAGES_MAX;
        match self.sent.back_mut() {
            Some((last, seqs)) if is_full || *last == messages => {
                *last = messages;
                ends.iter().for_each(|end| raise(seqs, *end));
            }
            _ => {
                let mut seqs = Seqs::new();
                ends.iter().for_each(|end| raise(&mut seqs, *end));
                self.sent.push_back((messages, seqs));
            }
        }
    }

    /// What came in so many messages is durable there.
    pub(crate) fn is_durable(&mut self, messages: u64) {
        while self.sent.front().is_some_and(|(said, _)| *said <= messages) {
            let (_, seqs) = self.sent.pop_front().expect("there is one");
            seqs.into_iter().for_each(|(line, seq)| self.has(Place { line, seq }));
        }
    }

    /// The heads of all that, ascending; of many the latest.
    pub(crate) fn heads(&self, log: &Log) -> Vec<CommitId> {
        let mut heads: Vec<Place> = Vec::new();
        for (line, seq) in &self.known {
            let place = Place { line: *line, seq: *seq };
            if heads.iter().any(|head| log.saw(*head, place)) {
                continue;
            }
            heads.retain(|head| !log.saw(place, *head));
            heads.push(place);
            if heads.len() > HEADS_MAX {
                heads.sort_by(|one, other| log.compare(*other, *one));
                heads.truncate(HEADS_MAX);
            }
        }
        let mut ids: Vec<CommitId> = heads.into_iter().filter_map(|head| log.id(head)).collect();
        ids.sort_unstable();
        ids
    }
}

fn raise(seqs: &mut Seqs, Place { line, seq }: Place) {
    let last = seqs.entry(line).or_insert(seq);
    *last = (*last).max(seq);
}
