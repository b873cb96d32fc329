//! Signed points: where authors vouch for their chains, and which of these signatures are kept.
//!
//! **Invariants**
//! - A point vouches for its author's chain up to its commit, along backlinks and so into the base
//!   line of a fork, and for nobody else.
//! - The newest point of a line is kept. A superseded one goes where its neighbours are near
//!   enough: fewer than [`SIGN_EVERY_COMMITS`] commits and [`SIGN_EVERY_BYTES`] payload bytes
//!   between them.
//! - Which points are kept depends on arrival; no comparison of logs looks at them.
//!
//! What this does not do: decide who may enter; that is the door's.

use crate::line::Line;
use crate::log::Log;
use crate::place::Place;
use woodland_format::limits::{SIGN_EVERY_BYTES, SIGN_EVERY_COMMITS};
use woodland_format::{AuthorKey, CommitId, Signature, SignedPoint, verify_commit};
use woodland_page::{Reading, Stored, Tree, Weigh, Writing};

/// A signed point that a log cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// The log does not hold the commit.
    #[error("commit {commit} is not held: append it before its signature")]
    NotHeld {
        /// The signed commit.
        commit: CommitId,
    },
    /// The signature is not the author's.
    #[error(
        "the signature on commit {commit} is not that of its author {author}: \
         drop it and ask another peer for the commit's signature"
    )]
    Signature {
        /// Whose signature it should be.
        author: AuthorKey,
        /// The commit.
        commit: CommitId,
    },
}

/// The signatures of one line, by seq.
#[derive(Debug, Clone, Default)]
pub(crate) struct Points(Tree<u64, Point>);

#[derive(Debug, Clone, PartialEq)]
struct Point {
    signature: Signature,
    /// Payload bytes of the line's commits from the first up to and including this one.
    bytes_to: u64,
}

impl Weigh for Point {}

impl Stored for Point {
    fn write(&self, to: &mut Writing<'_>) {
        self.signature.write(to);
        to.number(self.bytes_to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Point { signature: Stored::read(from)?, bytes_to: from.number()? })
    }
}

impl Stored for Points {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(Points)
    }
}

impl Points {
    /// The highest seq with a signature.
    pub(crate) fn last_seq(&self) -> Option<u64> {
        self.0.last().map(|point| *point.key())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Signature)> + '_ {
        self.0.iter().map(|(seq, point)| (seq, point.signature))
    }

    pub(crate) fn get(&self, seq: u64) -> Option<Signature> {
        self.0.get(&seq).map(|point| point.signature)
    }

    /// The first seq with a signature that is not below this one.
    fn at_or_after(&self, seq: u64) -> Option<u64> {
        self.0.range(seq..).next().map(|(seq, _)| seq)
    }

    /// The kept points before and after `seq`.
    fn around(&self, seq: u64) -> (Option<u64>, Option<u64>) {
        let before = self.0.range(..seq).next_back().map(|(seq, _)| seq);
        (before, seq.checked_add(1).and_then(|from| self.at_or_after(from)))
    }

    /// Drops the point at `seq` where its neighbours make up for it.
    fn thin(&mut self, seq: u64, first_seq: u64) {
        let (before, Some(after)) = self.around(seq) else { return };
        let bytes_to = |seq: u64| self.0.get(&seq).map_or(0, |point| point.bytes_to);
        let first_open = before.map_or(first_seq, |before| before + 1);
        let bytes = bytes_to(after) - before.map_or(0, bytes_to);
        if after - first_open < SIGN_EVERY_COMMITS && bytes < SIGN_EVERY_BYTES {
            self.0.remove(&seq);
        }
    }
}

impl Line {
    /// Keeps a verified signature, as long as it is needed.
    fn keep_point(&mut self, seq: u64, signature: Signature) {
        let (before, _) = self.points.around(seq);
        let point = Point { signature, bytes_to: self.bytes_to(seq) };
        self.points.0.insert(seq, point);
        self.points.thin(seq, self.first_seq);
        if let Some(before) = before {
            self.points.thin(before, self.first_seq);
        }
    }
}

impl Log {
    /// This log with a signature of a commit that it holds. Verifies it.
    ///
    /// # Errors
    /// [`PointError`] when the commit is not held, or the signature is not its author's.
    pub fn with_point(&self, point: &SignedPoint) -> Result<Log, PointError> {
        let place =
            self.place(&point.commit).ok_or(PointError::NotHeld { commit: point.commit })?;
        if self.line(place.line).and_then(|line| line.points.get(place.seq))
            == Some(point.signature)
        {
            return Ok(self.clone());
        }
        let author = self.author(place).expect("a place that the log gives holds a commit");
        if !verify_commit(&author, &point.commit, &point.signature) {
            return Err(PointError::Signature { author, commit: point.commit });
        }
        let mut log = self.clone();
        log.keep_point(place, point.signature);
        Ok(log)
    }

    /// This log with a signature that was verified before, such as one from the reader's own disk.
    ///
    /// # Errors
    /// [`PointError::NotHeld`] when the commit is not held.
    pub fn with_verified_point(&self, point: &SignedPoint) -> Result<Log, PointError> {
        let place =
            self.place(&point.commit).ok_or(PointError::NotHeld { commit: point.commit })?;
        let mut log = self.clone();
        log.keep_point(place, point.signature);
        Ok(log)
    }

    /// The kept signature of this commit.
    pub fn signature(&self, commit: &CommitId) -> Option<Signature> {
        self.signature_at(self.place(commit)?)
    }

    /// The kept signature of the commit at this place.
    pub fn signature_at(&self, place: Place) -> Option<Signature> {
        self.line(place.line)?.points.get(place.seq)
    }

    /// The first place at or behind this one, of the same unbranched stretch, with a kept
    /// signature; the last of the stretch where there is none: others vouch for it.
    pub fn voucher(&self, place: Place) -> Option<Place> {
        let line = self.line(place.line).filter(|line| line.holds(place.seq))?;
        let seq = line.points.at_or_after(place.seq).unwrap_or(line.end_seq() - 1);
        Some(Place { line: place.line, seq })
    }

    /// Every kept signature, in the order of the commits' ids within each author's line.
    pub(crate) fn points(&self) -> impl Iterator<Item = (CommitId, Signature)> + '_ {
        self.lines().flat_map(|(_, line)| {
            let points = line.points.iter();
            let named = points.filter_map(|(seq, signature)| Some((line.id(seq)?, signature)));
            named.collect::<Vec<_>>()
        })
    }

    pub(crate) fn keep_point(&mut self, place: Place, signature: Signature) {
        let held = self.line(place.line).is_some_and(|line| line.points.get(place.seq).is_none());
        if held {
            self.line_mut(place.line, |line| line.keep_point(place.seq, signature));
        }
    }

    /// Of each line, the highest seq that a signature vouches for.
    pub(crate) fn vouched(&self) -> Vec<Option<u64>> {
        let lines = self.lines().map(|(_, line)| (line.points.last_seq(), line.base));
        let (mut vouched, bases): (Vec<_>, Vec<_>) = lines.unzip();
        // A base has a lower number than what stands on it, so going down passes all of it on.
        for (number, base) in bases.into_iter().enumerate().rev() {
            if let (Some(_), Some(base)) = (vouched[number], base) {
                let below = &mut vouched[base.line as usize];
                *below = (*below).max(Some(base.seq));
            }
        }
        vouched
    }
}
