//! An owner in the making of a history: who is let in, who is shut out, and by which commit.
//!
//! **Invariants**
//! - Nobody writes who was not allowed to, by the rule of the log's door: what a writer has seen
//!   grants it, and the grant saw every revocation that the writer has seen.
//! - A recipe without rights draws no number for them.
//!
//! What this does not do: shut out the owner. What names its rights changes nothing.

use crate::histories::rng::Rng;
use crate::histories::world::World;
use std::collections::BTreeMap;
use woodland_format::{AuthorKey, Certificate, IdentityKey, Right, RightsChange, SecretKey};

/// Who vouches for each author, and what was changed by which commit.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    identities: BTreeMap<AuthorKey, SecretKey>,
    owner: Option<IdentityKey>,
    /// By commit.
    pub(crate) changes: Vec<Option<RightsChange>>,
}

impl Rights {
    /// Identities for these authors, the first of whom founds; some have another's.
    pub(crate) fn found(authors: &[AuthorKey], rng: &mut Rng) -> Rights {
        let mut identities: BTreeMap<AuthorKey, SecretKey> = BTreeMap::new();
        let mut all: Vec<SecretKey> = Vec::new();
        for author in authors {
            let is_shared = !all.is_empty() && rng.chance(25);
            let identity = match rng.pick(&all) {
                Some(identity) if is_shared => identity.clone(),
                _ => SecretKey::from_seed(rng.bytes()),
            };
            all.push(identity.clone());
            identities.insert(*author, identity);
        }
        let owner = all.first().map(SecretKey::identity);
        Rights { identities, owner, changes: Vec::new() }
    }

    /// What vouches for an author; none where there is no owner.
    pub(crate) fn certificate(&self, author: &AuthorKey) -> Option<Certificate> {
        self.identities.get(author).map(|identity| identity.certify(author, "somebody"))
    }

    fn identity(&self, author: &AuthorKey) -> Option<IdentityKey> {
        self.identities.get(author).map(SecretKey::identity)
    }

    /// Whether the author is one of the owner's.
    pub(crate) fn is_owner(&self, author: &AuthorKey) -> bool {
        self.owner.is_some() && self.identity(author) == self.owner
    }
}

impl World<'_> {
    /// Whether what the writer has seen lets it write.
    pub(crate) fn may_write(&self, at: usize) -> bool {
        let Some(identity) = self.rights.identity(&self.writers[at].author) else { return true };
        self.rights.owner == Some(identity) || self.may(at, identity)
    }

    /// Whether what the writer has seen lets this identity write.
    fn may(&self, at: usize, identity: IdentityKey) -> bool {
        let seen = &self.writers[at].seen;
        let of = |change: RightsChange| {
            let is_it = move |one: &usize| self.rights.changes[*one] == Some(change);
            seen.iter().copied().filter(is_it)
        };
        let mut grants = of(RightsChange::Grant(identity, Right::Write));
        grants.any(|grant| {
            of(RightsChange::Revoke(identity)).all(|one| self.past[grant].contains(&one))
        })
    }

    /// What the owner, if this is one of its writers, changes in the rights of others this often.
    pub(crate) fn rights_change(&mut self, at: usize, percent: u64) -> Option<RightsChange> {
        let writer = &self.writers[at];
        if percent == 0 || !self.rights.is_owner(&writer.author) || writer.tip.is_none() {
            return None;
        }
        if !self.rng.chance(percent) {
            return None;
        }
        let others = self.rights.identities.values().map(SecretKey::identity);
        let others: Vec<IdentityKey> =
            others.filter(|one| Some(*one) != self.rights.owner || self.rng.chance(3)).collect();
        // Most are shut out who wrote what the owner has not seen: that is masked.
        let wrote_unseen = |one: &&IdentityKey| {
            let mut unseen = (0..self.commits.len()).filter(|it| !writer.seen.contains(it));
            unseen.any(|it| self.rights.identity(&self.commits[it].author()) == Some(**one))
        };
        let busy: Vec<IdentityKey> = others.iter().filter(wrote_unseen).copied().collect();
        let is_aimed = self.rng.chance(80) && !busy.is_empty();
        let identity = *self.rng.pick(if is_aimed { &busy } else { &others })?;
        let is_in = self.may(at, identity);
        let right = if self.rng.chance(10) { Right::Read } else { Right::Write };
        Some(match self.rng.chance(if is_in { 85 } else { 20 }) {
            true => RightsChange::Revoke(identity),
            false => RightsChange::Grant(identity, right),
        })
    }

    /// Lets the owner act, at the end of a turn: its device writes, or a copy of that which has not
    /// seen what the others wrote.
    pub(crate) fn rule(&mut self) {
        let percent = self.recipe.rights_percent;
        if percent == 0 || !self.rng.chance(percent) {
            return;
        }
        let owners = (0..self.writers.len())
            .filter(|at| self.rights.is_owner(&self.writers[*at].author))
            .collect::<Vec<_>>();
        let Some(&at) = self.rng.pick(&owners) else { return };
        match self.rng.below(4) {
            0 => self.fork(at),
            _ => self.write(at, 90),
        }
    }

    /// The founder lets a writer in, who mostly hears of it.
    pub(crate) fn let_in(&mut self, at: usize) {
        let Some(identity) = self.rights.identity(&self.writers[at].author) else { return };
        if self.rng.chance(50) {
            self.look_around(0);
        }
        let grant = RightsChange::Grant(identity, Right::Write);
        self.write_change(0, Some(grant));
        if self.rng.chance(80) {
            self.see(at, self.commits.len() - 1);
        }
    }
}
