//! Rights: who may write and read, as the owner of the dataset says in headers.
//!
//! ```text
//!   grant ─── c ───────            c is allowed: its past grants it
//!     └── revocation ───           c does not see the revocation, nor that c: c is masked
//!               └──── d            d is refused: what its past grants, its past revokes
//! ```
//!
//! **Invariants**
//! - Whether a commit is allowed follows from its past alone; it is never taken back, as a commit
//!   that is held stays held.
//! - Whether a held commit is masked follows from the set of commits; in a larger set it stays so.
//! - The owner may everything. What names the owner's rights changes nothing.
//! - A dataset without an owner lets everybody write, and masks nothing.
//!
//! What this does not do: undo what a masked commit says; that is for whoever reads payloads. Know
//! who asks to be served; that is for whoever talks to them.

use crate::append::{AppendError, Past};
use crate::log::Log;
use crate::place::Place;
use im::OrdMap;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use woodland_format::{Commit, IdentityKey, Position, Right, RightsChange};
use woodland_page::{Reading, Stored, Tree, Writing};

/// Who vouches for whom, and who was granted what.
#[derive(Clone, Default)]
pub(crate) struct Rights {
    /// By line, the identity that vouches for its author, if any does.
    identities: Tree<u32, IdentityKey>,
    /// The same, by identity.
    lines: Tree<(IdentityKey, u32), ()>,
    /// In the order in which they came.
    changes: OrdMap<IdentityKey, Arc<[Change]>>,
}

/// A grant, or a revocation, which grants nothing.
type Change = (Place, Option<Right>);
/// The same at rest: whether what is granted is to write.
type StoredChange = (Place, Option<bool>);

impl Rights {
    /// Notes who vouches for the author of a line that begins with this commit, after `before`.
    pub(crate) fn note_line(&mut self, commit: &Commit, line: u32, before: Option<Place>) {
        let own = commit.header().certificate().map(|word| word.identity);
        let identity = own.or_else(|| self.identity(before?.line));
        if let Some(identity) = identity {
            self.identities.insert(line, identity);
            self.lines.insert((identity, line), ());
        }
    }

    pub(crate) fn note_change(&mut self, place: Place, change: &RightsChange) {
        let change = match change {
            RightsChange::Grant(identity, right) => (*identity, (place, Some(*right))),
            RightsChange::Revoke(identity) => (*identity, (place, None)),
        };
        let changes = self.changes_of(&change.0);
        let changes = changes.iter().copied().chain([change.1]).collect();
        self.changes.insert(change.0, changes);
    }

    fn identity(&self, line: u32) -> Option<IdentityKey> {
        self.identities.get(&line).map(|identity| *identity)
    }

    fn changes_of(&self, identity: &IdentityKey) -> &[Change] {
        self.changes.get(identity).map_or(&[], |changes| changes)
    }
}

impl Stored for Rights {
    fn write(&self, to: &mut Writing<'_>) {
        let one = |(identity, changes): (&IdentityKey, &Arc<[Change]>)| {
            let change = |(place, right): &Change| (*place, right.map(|it| it == Right::Write));
            (*identity, changes.iter().map(change).collect::<Vec<_>>())
        };
        self.identities.write(to);
        self.lines.write(to);
        self.changes.iter().map(one).collect::<Vec<_>>().write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (identities, lines) = (Stored::read(from)?, Stored::read(from)?);
        let all: Vec<(IdentityKey, Vec<StoredChange>)> = Stored::read(from)?;
        let right = |is_write| if is_write { Right::Write } else { Right::Read };
        let change = |(place, granted): StoredChange| (place, granted.map(right));
        let one = |(identity, changes): (IdentityKey, Vec<_>)| {
            (identity, changes.into_iter().map(change).collect::<Arc<[Change]>>())
        };
        Some(Rights { identities, lines, changes: all.into_iter().map(one).collect() })
    }
}

impl Log {
    /// The owner, who alone grants and revokes rights; none where everybody may write.
    pub fn owner(&self) -> Option<IdentityKey> {
        match &self.founding.header().position {
            Position::Owned { certificate, .. } => Some(certificate.identity),
            _ => None,
        }
    }

    /// The identity that vouches for the author of the commit at this place, if one does.
    pub fn identity(&self, place: Place) -> Option<IdentityKey> {
        self.line(place.line).filter(|line| line.holds(place.seq))?;
        self.rights.identity(place.line)
    }

    /// Whether the identity has this right, by all that this log holds. Where there is no owner,
    /// everybody has every right.
    pub fn may(&self, identity: &IdentityKey, right: Right) -> bool {
        let owner = self.owner();
        owner.is_none_or(|owner| owner == *identity) || self.grant_of(identity, right).is_some()
    }

    /// A grant by which the identity, not the owner, has this right, by all that this log holds.
    pub fn grant_of(&self, identity: &IdentityKey, right: Right) -> Option<Place> {
        self.granting(identity, right, |_| true)
    }

    /// The identities that the owner has given rights which are not revoked, ascending, each with
    /// the most that it may.
    pub fn rights(&self) -> BTreeMap<IdentityKey, Right> {
        let most = |identity: &IdentityKey| {
            [Right::Write, Right::Read].into_iter().find(|right| self.may(identity, *right))
        };
        let named = self.rights.changes.keys().filter(|identity| Some(**identity) != self.owner());
        named.filter_map(|identity| Some((*identity, most(identity)?))).collect()
    }

    /// The revocations of others' rights than the owner's, in no order that means anything.
    pub fn revocations(&self) -> impl Iterator<Item = Place> + '_ {
        let owner = self.owner();
        let of_others = self.rights.changes.iter().filter(move |(one, _)| Some(**one) != owner);
        let changes = of_others.flat_map(|(_, changes)| changes.iter());
        changes.filter(|(_, granted)| granted.is_none()).map(|(at, _)| *at)
    }

    /// Whether the commit at this place does not count, as a revocation of its identity's rights
    /// stands beside it: neither has the other in its past.
    pub fn is_masked(&self, place: Place) -> bool {
        self.masks(place, |_| true)
    }

    /// Whether the commit at `viewer` has in its past what makes the one at `place` not count.
    pub fn is_masked_for(&self, viewer: Place, place: Place) -> bool {
        self.masks(place, |revocation| self.saw(viewer, revocation))
    }

    /// The stretches of commits that the commit at this place masks, by line: none unless it is a
    /// revocation. Costs the lines of the identity.
    pub fn masked_by(&self, revocation: Place) -> Vec<(u32, Range<u64>)> {
        let Some(identity) = self.revoked_by(revocation) else { return Vec::new() };
        let lines = self.rights.lines.range((identity, 0)..=(identity, u32::MAX));
        let stretch = |((_, number), ()): ((IdentityKey, u32), ())| {
            let line = self.line(number)?;
            let first = line.first_seq;
            let from = self.seen(revocation, number).map_or(first, |seq| first.max(seq + 1));
            // Along a line, what saw the revocation comes after what did not.
            let (mut low, mut high) = (from, line.end_seq());
            while low < high {
                let seq = low + (high - low) / 2;
                match self.saw(Place { line: number, seq }, revocation) {
                    true => high = seq,
                    false => low = seq + 1,
                }
            }
            (from < low).then_some((number, from..low))
        };
        lines.filter_map(stretch).collect()
    }

    /// Whose rights the commit at this place revokes, if it does and they are not the owner's.
    fn revoked_by(&self, place: Place) -> Option<IdentityKey> {
        match self.commit(place)?.header().position {
            Position::Rights { change: RightsChange::Revoke(identity), .. } => {
                (Some(identity) != self.owner()).then_some(identity)
            }
            _ => None,
        }
    }

    /// Whether one of these revocations of its identity's rights masks the commit.
    fn masks(&self, place: Place, counts: impl Fn(Place) -> bool) -> bool {
        if self.rights.changes.is_empty() {
            return false;
        }
        let Some(identity) = self.identity(place).filter(|one| Some(*one) != self.owner()) else {
            return false;
        };
        self.rights.changes_of(&identity).iter().any(|(at, granted)| {
            granted.is_none() && !self.saw(place, *at) && !self.saw(*at, place) && counts(*at)
        })
    }

    /// A grant of this right, of those in the past, that saw every revocation there: a revocation
    /// beats what is granted beside it.
    fn granting(
        &self,
        identity: &IdentityKey,
        right: Right,
        in_past: impl Fn(Place) -> bool,
    ) -> Option<Place> {
        let changes = self.rights.changes_of(identity);
        let mut changes = changes.iter().filter(|(at, _)| in_past(*at));
        let revoked: Vec<Place> =
            changes.clone().filter(|(_, granted)| granted.is_none()).map(|(at, _)| *at).collect();
        let counts = |(at, granted): &&Change| {
            granted.is_some_and(|granted| granted >= right)
                && revoked.iter().all(|revocation| self.saw(*at, *revocation))
        };
        changes.find(counts).map(|(at, _)| *at)
    }

    /// Checks that whoever wrote the commit may, as far as its past says.
    pub(crate) fn check_rights(&self, commit: &Commit, past: &Past) -> Result<(), AppendError> {
        let changes = matches!(commit.header().position, Position::Rights { .. });
        let owner = self.owner();
        if owner.is_none() && !changes {
            return Ok(());
        }
        let identity = match past.before {
            Some(before) => self.rights.identity(before.line),
            None => commit.header().certificate().map(|word| word.identity),
        };
        if owner.is_some() && identity == owner {
            return Ok(());
        }
        let commit = commit.id();
        if changes {
            return Err(AppendError::NotOwner { commit, owner });
        }
        let references = || past.before.iter().chain(&past.seen);
        let in_past = |at: Place| references().any(|later| self.saw(*later, at));
        match identity {
            Some(identity) if self.granting(&identity, Right::Write, in_past).is_some() => Ok(()),
            _ => Err(AppendError::NotAllowed { commit, identity }),
        }
    }
}
