//! Short names: what two logs have is compared by eight bytes of a keyed hash, not by thirty-two.
//!
//! **Invariants**
//! - The key is a [`Salt`], fresh for each conversation and given by the caller: whoever makes
//!   authors and commits cannot make two whose names are equal, for they do not know it.
//! - A name decides what is offered, never what is taken: the door checks ids in full, and who is
//!   not of one version in the end begins again, under another salt.
//!
//! What this does not do: name commits below a tip until somebody asks.

use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId};
use woodland_log::{Log, Place, Tip};

/// What names are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// The name of an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorName(pub u64);

/// The name of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitName(pub u64);

/// A tip by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedTip {
    /// Whose.
    pub author: AuthorName,
    /// The author's number for it.
    pub seq: u64,
    /// Which.
    pub commit: CommitName,
}

impl Salt {
    fn key(self, purpose: u8) -> [u8; 32] {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&self.0);
        key[16] = purpose;
        key
    }

    /// A key under which challenges are made.
    pub(crate) fn challenging(self) -> [u8; 32] {
        self.key(Purpose::Challenge as u8)
    }

    pub(crate) fn hash(self, purpose: Purpose, bytes: &[u8]) -> u64 {
        let hash = blake3::keyed_hash(&self.key(purpose as u8), bytes);
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    pub(crate) fn author(self, author: &AuthorKey) -> AuthorName {
        AuthorName(self.hash(Purpose::Author, author.as_bytes()))
    }

    pub(crate) fn commit(self, commit: &CommitId) -> CommitName {
        CommitName(self.hash(Purpose::Commit, commit.as_bytes()))
    }
}

/// What is hashed: no two of them are ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    Author = 1,
    Commit = 2,
    Item = 3,
    Challenge = 4,
}

/// The tips of a log, and how to find what others name.
pub(crate) struct Named<'a> {
    log: &'a Log,
    salt: Salt,
    authors: BTreeMap<AuthorName, AuthorKey>,
    tips: BTreeMap<NamedTip, (AuthorKey, Tip)>,
}

impl<'a> Named<'a> {
    /// Costs O(lines) hashes.
    pub(crate) fn of(log: &'a Log, salt: Salt) -> Self {
        let (mut authors, mut tips) = (BTreeMap::new(), BTreeMap::new());
        for (key, tip) in log.frontier().iter() {
            let author = salt.author(&key);
            authors.insert(author, key);
            let named = NamedTip { author, seq: tip.seq, commit: salt.commit(&tip.id) };
            tips.insert(named, (key, tip));
        }
        Named { log, salt, authors, tips }
    }

    pub(crate) fn tips(&self) -> impl ExactSizeIterator<Item = &NamedTip> {
        self.tips.keys()
    }

    pub(crate) fn tip(&self, named: &NamedTip) -> Option<(AuthorKey, Tip)> {
        self.tips.get(named).copied()
    }

    /// The tips of one author.
    pub(crate) fn tips_of(&self, author: AuthorName) -> impl Iterator<Item = (&NamedTip, Tip)> {
        let least = NamedTip { author, seq: 0, commit: CommitName(0) };
        let from = self.tips.range(least..).take_while(move |(named, _)| named.author == author);
        from.map(|(named, (_, tip))| (named, *tip))
    }

    pub(crate) fn author(&self, name: AuthorName) -> Option<AuthorKey> {
        self.authors.get(&name).copied()
    }

    /// The commit of that name, which need not be a tip, where it is held.
    pub(crate) fn held(&self, named: &NamedTip) -> Option<(AuthorKey, Tip)> {
        let author = self.author(named.author)?;
        self.tips_of(named.author).find_map(|(_, tip)| {
            let line = self.log.place(&tip.id)?.line;
            let id = self.log.id(Place { line, seq: named.seq })?;
            let is_it = self.salt.commit(&id) == named.commit;
            is_it.then_some((author, Tip { seq: named.seq, id }))
        })
    }

    /// Commits of a tip's chain, the tip first and then ever further below: of whoever branched off
    /// it they hold one, and what lies above that is at most about as much again.
    pub(crate) fn ladder(&self, author: AuthorName, tip: Tip) -> Vec<NamedTip> {
        let below = (0..64).map(|step| 1_u64 << step);
        let seqs = std::iter::once(0).chain(below).map_while(|below| tip.seq.checked_sub(below));
        let mut rungs: Vec<NamedTip> = seqs
            .chain([0])
            .filter_map(|seq| {
                let commit = self.salt.commit(&self.in_chain(author, tip, seq)?);
                Some(NamedTip { author, seq, commit })
            })
            .collect();
        rungs.dedup();
        rungs
    }

    /// The commit with this seq in the chain of a tip.
    fn in_chain(&self, author: AuthorName, tip: Tip, seq: u64) -> Option<CommitId> {
        let at = self.log.place(&tip.id)?;
        let lines = self.tips_of(author).filter_map(|(_, tip)| self.log.place(&tip.id));
        let mut places = lines.map(|place| Place { line: place.line, seq });
        let is_below = |place: &Place| {
            *place == at || self.log.id(*place).is_some() && self.log.saw(at, *place)
        };
        places.find(is_below).and_then(|place| self.log.id(place))
    }
}
