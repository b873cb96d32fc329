//! Signed points: where authors vouch for their chains, and which of these signatures are kept.
//!
//! **Invariants**
//! - A point vouches for its author's chain up to its commit, along backlinks and so into the base
//!   line of a fork, and for nobody else.
//! - The newest point of a line is kept. A superseded one goes where its neighbours are near
//!   enough: fewer than [`SIGN_EVERY_COMMITS`] commits and [`SIGN_EVERY_BYTES`] payload bytes of
//!   the line between them, and in the order fewer than [`KEPT_EVERY_POSITIONS`] of anybody: so
//!   many wait, at the most, for the signature on what they stand on, wherever they are sent.
//! - Which points are kept depends on arrival; no comparison of logs looks at them.
//!
//! What this does not do: decide who may enter; that is the door's.

use crate::log::Log;
use crate::place::Place;
use woodland_format::limits::{SIGN_EVERY_BYTES, SIGN_EVERY_COMMITS};
use woodland_format::{AuthorKey, CommitId, Signature, SignedPoint, verify_commit};
use woodland_page::{Reading, Stored, Tree, Weigh, Writing};

/// Between two kept signatures of an author lie fewer commits of anybody, or no other of that
/// author's that was signed. Why so many: decision 0024.
const KEPT_EVERY_POSITIONS: u64 = 4096;

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

    /// What the point behind the one at `seq` would vouch for, were that one gone, in seqs; none
    /// where the line alone says that it stays.
    fn without(&self, seq: u64, first_seq: u64) -> Option<(u64, u64)> {
        let (before, Some(after)) = self.around(seq) else { return None };
        let bytes_to = |seq: u64| self.0.get(&seq).map_or(0, |point| point.bytes_to);
        let first_open = before.map_or(first_seq, |before| before + 1);
        let bytes = bytes_to(after) - before.map_or(0, bytes_to);
        let is_near = after - first_open < SIGN_EVERY_COMMITS && bytes < SIGN_EVERY_BYTES;
        is_near.then_some((first_open, after))
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
        let Some(line) = self.line(place.line).filter(|it| it.points.get(place.seq).is_none())
        else {
            return;
        };
        let (before, _) = line.points.around(place.seq);
        let point = Point { signature, bytes_to: line.bytes_to(place.seq) };
        drop(line);
        self.line_mut(place.line, |line| {
            line.points.0.insert(place.seq, point);
        });
        for seq in [Some(place.seq), before].into_iter().flatten() {
            self.thin(Place { seq, ..place });
        }
    }

    /// Drops the point at `place` where its neighbours make up for it.
    fn thin(&mut self, place: Place) {
        let without = self.line(place.line);
        let without = without.and_then(|line| line.points.without(place.seq, line.first_seq));
        let Some((first, last)) = without else { return };
        let position = |seq: u64| self.position(Place { line: place.line, seq });
        if let (Some(first), Some(last)) = (position(first), position(last))
            && last - first < KEPT_EVERY_POSITIONS
        {
            self.line_mut(place.line, |line| {
                line.points.0.remove(&place.seq);
            });
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
