//! What the other side is to be sent: what it fetches, then what is new.
//!
//! **Invariants**
//! - What is fetched is a version, held until it is sent; what is new is the versions after it.
//! - What is to be told of is one tip a line, however often it moved; what is to be pushed, a pair
//!   of places a chain.
//! - Of what the other side has told or sent it is told nothing.
//! - What it wants and was sent is not sent again: it may want it once more before it arrives.
//!
//! What this does not do: make messages.

use crate::closed::Closed;
use crate::limits::Limits;
use crate::session::arriving::signed;
use crate::session::pieces::{Piece, Room, cut};
use std::collections::{BTreeMap, VecDeque};
use woodland_format::AuthorKey;
use woodland_log::{Frontier, Log, Place};

/// Bytes of rows that a message is meant to have at most.
pub(crate) const MESSAGE_BYTES_TARGET: u64 = 64 * 1024;
/// Most chains that may be wanted and not be sent yet.
const WANTED_MAX: usize = 1 << 17;

/// The sending half of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    /// Below zero where a single commit went over it.
    credit: i64,
    window: u64,
    pub(crate) message_bytes_max: u64,
    serving: Option<Serving>,
    /// The version up to which the other side was sent or told all.
    told: Option<Log>,
    chains: VecDeque<Chain>,
    /// Of lines, the last seq that was sent: the other side has it, or it is on its way.
    sent: BTreeMap<u32, u64>,
    /// Of lines with something new, the last seq.
    tips: BTreeMap<u32, u64>,
    /// What the other side was not told of, and has: of lines, the last seq.
    theirs: BTreeMap<u32, u64>,
    /// What a queue for somebody slow would hold.
    #[cfg(planted)]
    queued: Vec<Vec<u8>>,
}

/// A version that is fetched, and how much of it the other side has.
#[derive(Debug, Clone)]
struct Serving {
    known: Frontier,
    until: Log,
}

/// A chain that is to be sent: behind a place, up to another.
#[derive(Debug, Clone, Copy)]
struct Chain {
    from: Option<Place>,
    /// Whether the other side holds that, or was sent it.
    is_held: bool,
    tip: Place,
}

/// From one version to the next.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) from: &'a Log,
    pub(crate) to: &'a Log,
    /// What the one lacks of the other, in order.
    pub(crate) arrived: &'a [Place],
}

/// What to send next.
pub(crate) struct Load {
    /// The version that it is of, which has the signatures for it.
    pub(crate) log: Log,
    /// Whether the other side holds, or was sent, what they stand on.
    pub(crate) is_held: bool,
    pub(crate) pieces: Vec<Piece>,
    /// Whether that is the last of what was fetched.
    pub(crate) is_sent: bool,
}

impl Sending {
    /// To somebody who has not said what it has room for.
    pub(crate) fn unasked() -> Self {
        Sending {
            credit: signed(Limits::UNASKED_BYTES_MAX),
            // No single commit goes over that.
            window: u64::MAX,
            message_bytes_max: Limits::MESSAGE_BYTES_LEAST,
            serving: None,
            told: None,
            chains: VecDeque::new(),
            sent: BTreeMap::new(),
            tips: BTreeMap::new(),
            theirs: BTreeMap::new(),
            #[cfg(planted)]
            queued: Vec::new(),
        }
    }

    /// The other side says what it has room for. What it was sent unasked takes of that.
    pub(crate) fn has_room(&mut self, window: u64, message_bytes_max: u64) {
        let spent = signed(Limits::UNASKED_BYTES_MAX) - self.credit;
        (self.credit, self.window) = (signed(window) - spent, window);
        self.message_bytes_max = message_bytes_max;
    }

    /// What is left of what is served, which waits until it is asked for.
    pub(crate) fn pause(&mut self) -> Option<(Frontier, Log)> {
        self.serving.take().map(|serving| (serving.known, serving.until))
    }

    /// What was sent, and was to be told, was to somebody who does not hold what it stands on.
    pub(crate) fn begin_anew(&mut self) {
        (self.serving, self.told) = (None, None);
        (self.chains, self.sent, self.tips) = Default::default();
    }

    pub(crate) fn more_credit(&mut self, bytes: u64) -> Result<(), Closed> {
        self.credit = self.credit.saturating_add(signed(bytes));
        if self.credit > signed(self.window) {
            return Err(Closed::OutOfPlace("it gives more room than it has"));
        }
        Ok(())
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.serving.is_some()
    }

    /// Whether all that was there is sent, and what is new is told.
    pub(crate) fn is_live(&self) -> bool {
        self.told.is_some() && self.serving.is_none()
    }

    /// Sends what of this version the other side lacks, from the beginning.
    pub(crate) fn serve(&mut self, known: Frontier, until: Log) {
        self.serving = Some(Serving { known, until });
    }

    /// The other side lacks nothing of this version.
    pub(crate) fn has_all(&mut self, of: &Log) {
        if self.serving.is_none() && self.told.is_none() {
            self.told = Some(of.clone());
        }
    }

    /// What is new goes to those who have what was there: own commits are sent, others' are told.
    pub(crate) fn notice(&mut self, log: &Log, own: AuthorKey) {
        if let Some(told) = self.told.take_if(|told| told != log) {
            let mut arrived = log.arrived(&told);
            let places = std::iter::from_fn(|| arrived.next_place());
            self.notice_all(log, own, places);
        }
    }

    /// The same, where the version before is known, and what arrived since.
    pub(crate) fn notice_since(&mut self, step: Step<'_>, own: AuthorKey) {
        if self.told.take_if(|told| told == step.from).is_some() {
            self.notice_all(step.to, own, step.arrived.iter().copied());
        }
    }

    fn notice_all(&mut self, log: &Log, own: AuthorKey, places: impl Iterator<Item = Place>) {
        self.told = Some(log.clone());
        for place in places {
            #[cfg(planted)]
            if woodland_format::planted::is("queued-for-the-slow")
                && let Some(commit) = log.commit(place)
            {
                let row = woodland_format::encode_stretch(&[commit], |_| None);
                self.queued.push(row.repeat(32));
            }
            #[cfg(planted)]
            if woodland_format::planted::is("second-branch-not-told")
                && log.author(place).is_some_and(|author| log.tips(&author)[0].seq > place.seq)
            {
                continue;
            }
            if log.author(place) != Some(own) {
                let seq = self.tips.entry(place.line).or_insert(place.seq);
                *seq = (*seq).max(place.seq);
                continue;
            }
            match self.chains.back_mut() {
                Some(Chain { tip, .. }) if (tip.line, tip.seq + 1) == (place.line, place.seq) => {
                    *tip = place;
                }
                _ => {
                    let backlink = log.commit(place).and_then(|commit| commit.backlink());
                    let from = backlink.and_then(|id| log.place(&id));
                    let is_held = from.is_some_and(|at| self.sent.get(&at.line) == Some(&at.seq));
                    self.chains.push_back(Chain { from, is_held, tip: place });
                }
            }
        }
    }

    /// The other side has this.
    pub(crate) fn other_has(&mut self, place: Place) {
        let is_new = self.told.as_ref().is_none_or(|told| told.id(place).is_none());
        if is_new || self.tips.contains_key(&place.line) {
            let seq = self.theirs.entry(place.line).or_insert(place.seq);
            *seq = (*seq).max(place.seq);
        }
    }

    pub(crate) fn wanted(&mut self, from: Option<Place>, tip: Place) -> Result<(), Closed> {
        if self.chains.len() >= WANTED_MAX {
            return Err(Closed::OutOfPlace("it wants more at once than it was told of"));
        }
        self.chains.push_back(Chain { from, is_held: true, tip });
        Ok(())
    }

    /// Tips to tell of, so many at most.
    pub(crate) fn next_tips(&mut self, most: usize) -> Vec<Place> {
        let mut told = Vec::new();
        while told.len() < most
            && let Some((line, seq)) = self.tips.pop_first()
        {
            let is_theirs = self.theirs.get(&line).is_some_and(|theirs| *theirs >= seq);
            self.theirs.remove(&line);
            if !is_theirs {
                told.push(Place { line, seq });
            }
        }
        told
    }

    /// Whom the other side holds something of, where that is known.
    pub(crate) fn shared(&self) -> Option<&Frontier> {
        self.serving.as_ref().map(|serving| &serving.known)
    }

    /// Whether chains are to be sent now.
    pub(crate) fn has_chains(&self) -> bool {
        self.serving.is_none() && !self.chains.is_empty()
    }

    /// Commits for the next message, about so many bytes of rows. They count as sent.
    pub(crate) fn load(&mut self, log: &Log, room: u64) -> Load {
        let (credit, window) = (self.credit, self.window);
        let room = Room { message: room, credit, window };
        if let Some(Serving { known, until }) = &mut self.serving {
            let (pieces, is_sent) = cut(until, until.offered(known), room);
            for piece in &pieces {
                piece.add_to(until, known);
                note_sent(&mut self.sent, piece);
            }
            return Load { log: until.clone(), is_held: true, pieces, is_sent };
        }
        let (log, is_sent) = (log.clone(), false);
        let Some(Chain { from, is_held, tip }) = self.next_chain(&log) else {
            return Load { log, is_held: true, pieces: Vec::new(), is_sent };
        };
        let (pieces, is_all) = cut(&log, log.chain(tip, from), room);
        let was_held = is_held;
        if let (Some(last), Some(chain)) = (pieces.last(), self.chains.front_mut()) {
            (chain.from, chain.is_held) = (Some(last.end()), true);
        }
        pieces.iter().for_each(|piece| note_sent(&mut self.sent, piece));
        if is_all {
            self.chains.pop_front();
            if self.tips.get(&tip.line).is_some_and(|seq| *seq <= tip.seq) {
                self.tips.remove(&tip.line);
            }
        }
        Load { log, is_held: was_held, pieces, is_sent }
    }

    /// What is left to send of the first chain of which something is.
    fn next_chain(&mut self, log: &Log) -> Option<Chain> {
        while let Some(chain) = self.chains.front_mut() {
            // A signature that stood on the tip may be gone for one on a later commit. No further:
            // whoever wants it takes it as come once that is there, and asks others for the rest.
            chain.tip = log.voucher(chain.tip).unwrap_or(chain.tip);
            let line = chain.tip.line;
            let Some(seq) = self.sent.get(&line).copied() else { return Some(*chain) };
            if seq < chain.tip.seq {
                if chain.from.is_none_or(|from| from.line != line || from.seq < seq) {
                    (chain.from, chain.is_held) = (Some(Place { line, seq }), true);
                }
                return Some(*chain);
            }
            self.chains.pop_front();
        }
        None
    }

    /// So many bytes of rows are sent.
    pub(crate) fn spend(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_sub(signed(bytes));
    }

    /// All that was fetched is sent: from here on what is new is told.
    pub(crate) fn sent(&mut self) {
        if let Some(Serving { until, .. }) = self.serving.take() {
            self.told.get_or_insert(until);
        }
    }
}

fn note_sent(sent: &mut BTreeMap<u32, u64>, piece: &Piece) {
    let seq = sent.entry(piece.line).or_default();
    *seq = (*seq).max(piece.last().seq());
}
