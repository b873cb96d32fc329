//! What the other side sends: from rows to segments for the door, and what is waited for.
//!
//! **Invariants**
//! - Room is given again once what came is durable, or waits.
//! - What waits is kept, to answer for it; there is a limit to it.
//! - Nothing is read that was not given room for.
//!
//! What this does not do: let anything in; the door does.

use crate::closed::Closed;
use crate::limits::Limits;
use crate::message::{Previous, Stretch};
use crate::names::{CommitName, Salt};
use crate::session::basis::Basis;
use std::collections::{BTreeMap, VecDeque};
use woodland_format::{AuthorKey, CommitId, Segment, StretchStart, read_stretch};
use woodland_log::{Log, Place};

/// What a commit, and a stretch, costs that waits, beside its row: a row can have two bytes, and
/// stand for a payload that is like the one before it.
const WAITING_BYTES: u64 = 256;

/// The receiving half of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Arriving {
    window: u64,
    /// How much the other side may send yet; below zero where a single commit went over it.
    granted: i64,
    /// How much it may send beyond that, and has not been told.
    regained: u64,
    /// What is not durable yet: bytes, and the last commit that they brought.
    under_way: VecDeque<(u64, CommitId)>,
    /// The last commits of stretches that are not durable yet, and whether they were fetched.
    ends: BTreeMap<(AuthorKey, u64, CommitId), bool>,
    /// What it brought and the door has not let in.
    waiting: Vec<Segment>,
    /// Whether something came since what came was last said to be durable.
    is_unacknowledged: bool,
    /// Whether something was passed over: then no count says what is durable.
    has_passed_over: bool,
}

impl Arriving {
    pub(crate) fn new(limits: &Limits) -> Self {
        Arriving {
            window: limits.window,
            granted: signed(limits.window),
            regained: 0,
            under_way: VecDeque::new(),
            ends: BTreeMap::new(),
            waiting: Vec::new(),
            is_unacknowledged: false,
            has_passed_over: false,
        }
    }

    /// There is room for what is sent before a window is told, whatever the window is.
    pub(crate) fn takes_unasked(&mut self) {
        self.granted = self.granted.max(signed(Limits::UNASKED_BYTES_MAX));
    }

    /// Whether all that came is durable, and the other side is not told so yet.
    pub(crate) fn is_to_acknowledge(&self) -> bool {
        self.is_unacknowledged && !self.has_passed_over && self.ends.is_empty()
    }

    pub(crate) fn is_acknowledged(&mut self) {
        self.is_unacknowledged = false;
    }

    /// Reads a stretch by this author; says whether that is news. `ahead` has what is admitted and
    /// not durable.
    pub(crate) fn read(
        &mut self,
        ahead: &Log,
        salt: Salt,
        author: AuthorKey,
        stretch: &Stretch,
        basis: Option<&Basis>,
    ) -> Result<(Segment, bool), Closed> {
        self.take_room(stretch)?;
        let previous = match stretch.previous {
            None => None,
            Some(Previous::Id(id)) => Some(id),
            Some(Previous::Basis) => {
                let tip = basis.and_then(|basis| basis.tip(&author));
                let tip = tip.filter(|tip| tip.seq + 1 == stretch.first_seq);
                Some(tip.ok_or(Closed::OutOfPlace("it stands on what has no such tip"))?.id)
            }
            Some(Previous::Name(name)) => {
                let first_seq = stretch.first_seq;
                let step = (first_seq.saturating_sub(1), name);
                let held = self.named(ahead, salt, author, step);
                Some(held.ok_or(Closed::Unplaced { author, first_seq })?)
            }
        };
        let (dataset, first_seq) = (ahead.dataset(), stretch.first_seq);
        let start = StretchStart { dataset, author, first_seq, previous };
        let rows = stretch.unpack().ok_or(Closed::Packing { author, first_seq })?;
        let segment = read_stretch(start, stretch.commits, &rows);
        let segment = segment.map_err(|why| Closed::Damaged(Box::new(why)))?;
        if has_erased(&segment) {
            return Err(Closed::Erased { author, seq: first_seq });
        }
        let last_seq = first_seq + u64::from(stretch.commits) - 1;
        let end = (author, last_seq, segment.head.last);
        let is_known = self.ends.insert(end, !stretch.is_new).is_some();
        self.is_unacknowledged = true;
        let is_news = !is_known && !ahead.contains(&segment.head.last);
        Ok((segment, is_news))
    }

    /// Takes the room that a stretch needs.
    fn take_room(&mut self, stretch: &Stretch) -> Result<(), Closed> {
        let found = stretch.length();
        let is_single = stretch.commits == 1 && self.granted >= signed(self.window.div_ceil(2));
        let is_over = signed(found) > self.granted && !is_single;
        #[cfg(planted)]
        let is_over = is_over && !woodland_format::planted::is("credit-not-checked");
        if is_over {
            let limit = u64::try_from(self.granted).unwrap_or_default();
            return Err(Closed::OverCredit { found, limit });
        }
        self.granted = self.granted.saturating_sub(signed(found));
        Ok(())
    }

    /// What is not read takes room, and gives it back.
    pub(crate) fn skip(&mut self, stretch: &Stretch) -> Result<(), Closed> {
        self.take_room(stretch)?;
        self.regained += stretch.length();
        Ok(())
    }

    /// Room that a stretch took, and that it does not need.
    pub(crate) fn pass_over(&mut self, stretch: &Stretch) {
        self.regained += stretch.length();
        self.has_passed_over = true;
    }

    /// The commit of that name that is held or has arrived.
    fn named(
        &self,
        ahead: &Log,
        salt: Salt,
        author: AuthorKey,
        step: (u64, CommitName),
    ) -> Option<CommitId> {
        let (seq, name) = step;
        let held = find(ahead, salt, author, step).and_then(|place| ahead.id(place));
        let arrived = self.ends.range((author, seq, CommitId([0; 32]))..);
        let arrived = arrived.take_while(|((of, at, _), _)| (*of, *at) == (author, seq));
        let mut arrived = arrived.map(|((.., id), _)| *id);
        held.or_else(|| arrived.find(|id| salt.commit(id) == name))
    }

    /// The door was offered these: what it did not let in waits. `last` is the last commit that it
    /// let in.
    pub(crate) fn offered(
        &mut self,
        ahead: &Log,
        segments: Vec<Segment>,
        last: Option<CommitId>,
        limits: &Limits,
    ) -> Result<(), Closed> {
        let bytes = segments.iter().map(|segment| segment.bytes).sum();
        match last {
            Some(last) => self.under_way.push_back((bytes, last)),
            None => self.regained += bytes,
        }
        self.waiting.extend(segments);
        self.waiting.retain(|segment| !ahead.contains(&segment.head.last));
        let (found, limit) = (self.waiting.iter().map(cost).sum(), limits.waiting_bytes_max);
        if found > limit {
            return Err(Closed::Full { found, limit });
        }
        Ok(())
    }

    /// What it brought and the door has not let in.
    pub(crate) fn waiting(&self) -> &[Segment] {
        &self.waiting
    }

    /// Room for what is durable now is given again. Where what is so ends.
    pub(crate) fn is_durable(&mut self, log: &Log) -> Vec<Place> {
        while let Some((bytes, last)) = self.under_way.front()
            && log.contains(last)
        {
            self.regained += bytes;
            self.under_way.pop_front();
        }
        self.waiting.retain(|segment| !log.contains(&segment.head.last));
        let mut held = Vec::new();
        self.ends.retain(|(.., id), _| match log.place(id) {
            Some(place) => {
                held.push(place);
                false
            }
            None => true,
        });
        held
    }

    /// Whether all that was admitted is durable.
    pub(crate) fn is_settled(&self) -> bool {
        self.under_way.is_empty()
    }

    /// What was fetched and is not durable yet.
    pub(crate) fn fetched(&self) -> Vec<(AuthorKey, CommitId)> {
        let fetched = self.ends.iter().filter(|(_, is_fetched)| **is_fetched);
        fetched.map(|((author, _, id), _)| (*author, *id)).collect()
    }

    /// What to give room for, where it is time to say so.
    pub(crate) fn credit(&mut self) -> Option<u64> {
        if self.regained < self.window.div_ceil(2) {
            return None;
        }
        #[cfg(planted)]
        if woodland_format::planted::is("credit-not-given-back") {
            return None;
        }
        let regained = std::mem::take(&mut self.regained);
        self.granted = self.granted.saturating_add(signed(regained));
        Some(regained)
    }
}

/// What a segment costs that waits, or is kept in memory.
pub(crate) fn cost(segment: &Segment) -> u64 {
    segment.bytes + (u64::from(segment.head.commits) + 1) * WAITING_BYTES
}

/// As a number that may go below zero. Both sides count alike: a single commit that goes over what
/// is left is a debt, which what is given again pays first.
pub(crate) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Whether a commit of it has no payload. Hashes nothing.
fn has_erased(segment: &Segment) -> bool {
    segment.blocks().iter().any(|block| {
        let mut payloads = block.payloads();
        while payloads.next_seq().is_some() {
            if payloads.read().is_none() {
                return true;
            }
        }
        false
    })
}

/// The commit of that name in the author's chain.
pub(crate) fn find(
    log: &Log,
    salt: Salt,
    author: AuthorKey,
    step: (u64, CommitName),
) -> Option<Place> {
    let (seq, name) = step;
    log.with_seq(&author, seq)
        .find(|place| log.id(*place).is_some_and(|id| salt.commit(&id) == name))
}
