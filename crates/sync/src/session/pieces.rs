//! Pieces: commits cut for one message.
//!
//! **Invariants**
//! - They are taken in order, so what a message brings stands on what came before it, or on itself.
//! - All that comes before it in order is sent with a commit, or was: so whoever holds the last
//!   ones of some pieces holds their past. What ends at no signature waits there for the next.
//!
//! What this does not do: choose what is sent.

use crate::message::{Introduced, Previous, Stretch};
use crate::names::Salt;
use crate::packing::pack;
use crate::session::arriving::signed;
use crate::session::authors::Spoken;
use crate::session::basis::Basis;
use std::collections::BTreeMap;
use woodland_format::{Commit, CommitId, Signature, encode_stretch};
use woodland_log::{Frontier, Listed, Log, Place, Tip};

/// Consecutive commits of one line.
pub(crate) struct Piece {
    pub(crate) line: u32,
    pub(crate) commits: Vec<Commit>,
}

/// What the other side knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Whom it holds something of, where that is known.
    pub(crate) shared: Option<&'a Frontier>,
    /// Whether it holds, or was sent, what the pieces stand on.
    pub(crate) is_held: bool,
    /// Whether it did not fetch this.
    pub(crate) is_new: bool,
    /// What both reckon from, where nothing has a name yet.
    pub(crate) basis: Option<&'a Basis>,
}

/// How much may be sent now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Bytes of rows that a message is meant to have.
    pub(crate) message: u64,
    /// Bytes of rows that the other side has given room for; below zero where more was sent.
    pub(crate) credit: i64,
    /// All that it ever gives room for at once.
    pub(crate) window: u64,
}

impl Room {
    /// Whether so many bytes may follow on those that are taken; a single commit may go over what
    /// is left, where half of the window is.
    fn has(&self, taken: u64, bytes: u64) -> bool {
        if taken == 0 {
            return signed(bytes) <= self.credit || self.credit >= signed(self.window.div_ceil(2));
        }
        taken + bytes <= self.message && signed(taken + bytes) <= self.credit
    }
}

/// The first of these commits, as many as there is room for; and whether those are all.
pub(crate) fn cut(log: &Log, listed: Listed<'_>, room: Room) -> (Vec<Piece>, bool) {
    let (mut pieces, mut at): (Vec<Piece>, BTreeMap<u32, usize>) = (Vec::new(), BTreeMap::new());
    let (mut taken, mut is_all) = (0, true);
    for (place, commit) in listed {
        let bytes = row_bytes_max(&commit, log.signature_at(place));
        if !room.has(taken, bytes) {
            is_all = false;
            break;
        }
        taken += bytes;
        let number = *at.entry(place.line).or_insert_with(|| {
            pieces.push(Piece { line: place.line, commits: Vec::new() });
            pieces.len() - 1
        });
        pieces[number].commits.push(commit);
    }
    (pieces, is_all)
}

/// The most bytes that the row of this commit can have.
fn row_bytes_max(commit: &Commit, signature: Option<Signature>) -> u64 {
    const NUMBERS: usize = 32;
    let header = match commit.backlink() {
        Some(_) => (commit.parents().len() + 1) * CommitId::BYTES,
        None => commit.header().encode().len(),
    };
    let payload = commit.payload().map_or(CommitId::BYTES, <[u8]>::len);
    let signature = signature.map_or(0, |_| Signature::BYTES);
    (NUMBERS + header + payload + signature) as u64
}

impl Piece {
    pub(crate) fn first(&self) -> &Commit {
        self.commits.first().expect("a piece holds commits")
    }

    pub(crate) fn last(&self) -> &Commit {
        self.commits.last().expect("a piece holds commits")
    }

    pub(crate) fn end(&self) -> Place {
        Place { line: self.line, seq: self.last().seq() }
    }

    /// As it is said.
    pub(crate) fn stretch(
        &self,
        log: &Log,
        salt: Salt,
        spoken: &mut Spoken,
        known: Known<'_>,
    ) -> Stretch {
        let (first, author) = (self.first(), self.first().author());
        let is_shared = known.shared.is_some_and(|known| known.tips(&author).next().is_some());
        // What stands on another line may stand on the middle of what is sent.
        let previous = first.backlink().map(|id| match (known.basis, log.place(&id)) {
            (Some(basis), _) => basis.previous(&author, id),
            (None, Some(place)) if known.is_held && place.line == self.line => {
                Previous::Name(salt.commit(&id))
            }
            _ => Previous::Id(id),
        });
        let introduced = match known.basis {
            Some(basis) => basis.introduced(author),
            None if is_shared => Introduced::Name(salt.author(&author)),
            None => Introduced::Key(author),
        };
        let signature =
            |commit: &Commit| log.signature_at(Place { line: self.line, seq: commit.seq() });
        let (rows, unpacked) = pack(encode_stretch(&self.commits, signature));
        Stretch {
            author: spoken.of(author, introduced),
            first_seq: first.seq(),
            previous,
            commits: u32::try_from(self.commits.len()).expect("no more than a message holds"),
            is_new: known.is_new,
            unpacked,
            rows,
        }
    }

    /// Who holds `known` and is sent this holds its last commit, too.
    pub(crate) fn add_to(&self, log: &Log, known: &mut Frontier) {
        let (author, end) = (self.first().author(), self.end());
        let is_apart = |tip: &Tip| log.place(&tip.id).is_none_or(|place| !log.saw(end, place));
        let mut tips: Vec<Tip> = known.tips(&author).filter(is_apart).collect();
        tips.push(Tip { seq: end.seq, id: self.last().id() });
        known.set(author, tips);
    }
}
