//! A basis: a version that both hold, by its heads, and how both reckon from it.
//!
//! ```text
//!  heads ─► of each author in their past, in the order of keys, the tip
//!             rank 0, 1, 2 …: whom a stretch is by       the tip: what it stands on
//! ```
//!
//! **Invariants**
//! - Two logs that hold the heads reckon alike, whatever else they hold: it needs no salt, and a
//!   stretch on it says in two bytes what takes names of sixteen.
//!
//! What this does not do: ask whether the other side holds it.

use crate::message::{Introduced, Previous};
use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId};
use woodland_log::{Frontier, Log, Place, Tip};

/// Of a version that both hold, whom it knows and how far.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    known: Frontier,
    ranks: BTreeMap<AuthorKey, u32>,
}

impl Basis {
    /// Costs O(lines).
    pub(crate) fn of(log: &Log, heads: &[Place]) -> Basis {
        let known = past(log, heads);
        let ranks = known.authors().zip(0..).collect();
        Basis { known, ranks }
    }

    /// All that is in it.
    pub(crate) fn known(&self) -> &Frontier {
        &self.known
    }

    /// What to say for an author who comes up.
    pub(crate) fn introduced(&self, author: AuthorKey) -> Introduced {
        self.ranks.get(&author).map_or(Introduced::Key(author), |rank| Introduced::Rank(*rank))
    }

    /// Who has this rank. Costs what comes before.
    pub(crate) fn author(&self, rank: u32) -> Option<AuthorKey> {
        self.known.authors().nth(rank as usize)
    }

    /// What to say for the commit before a stretch.
    pub(crate) fn previous(&self, author: &AuthorKey, id: CommitId) -> Previous {
        match self.tip(author) {
            Some(tip) if tip.id == id => Previous::Basis,
            _ => Previous::Id(id),
        }
    }

    /// The author's tip, where there is one alone.
    pub(crate) fn tip(&self, author: &AuthorKey) -> Option<Tip> {
        let mut tips = self.known.tips(author);
        tips.next().filter(|_| tips.next().is_none())
    }
}

/// The frontier of these commits and their past.
fn past(log: &Log, heads: &[Place]) -> Frontier {
    let mut places: BTreeMap<AuthorKey, Vec<(Place, CommitId)>> = BTreeMap::new();
    for (author, tip) in log.frontier().iter() {
        let Some(Place { line, .. }) = log.place(&tip.id) else { continue };
        let seen = heads.iter().filter_map(|head| log.seen(*head, line)).max();
        let Some(place) = seen.map(|seq| Place { line, seq }) else { continue };
        let id = if place.seq == tip.seq { Some(tip.id) } else { log.id(place) };
        places.entry(author).or_default().extend(id.map(|id| (place, id)));
    }
    let mut known = Frontier::new();
    for (author, places) in places {
        // A chain is one line in one log, and some in another.
        let is_below = |place: Place| {
            places.iter().any(|(other, _)| *other != place && log.saw(*other, place))
        };
        let tips = places.iter().filter(|(place, _)| !is_below(*place));
        known.set(author, tips.map(|(place, id)| Tip { seq: place.seq, id: *id }));
    }
    known
}
