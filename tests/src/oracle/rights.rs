//! Rights: whose commits are masked, and that nobody wrote who was not allowed to.
//!
//! **Invariants**
//! - All follows from headers: certificates, grants, revocations, and who saw whom.
//! - What names the owner's rights changes nothing.
//!
//! What this does not do: say what a masked op means.

use woodland_format::{Commit, IdentityKey, Position, Right, RightsChange};

/// By rank: `saw[a][b]`, the commit of rank `a` has the commit of rank `b` in its past.
pub(crate) type Saw = [Vec<bool>];

/// Of each commit, by rank: the ranks of the revocations that mask it.
pub(crate) fn masked_by(commits: &[Commit], saw: &Saw) -> Vec<Vec<usize>> {
    let identities = identities(commits);
    let owner = commits.first().and_then(owner);
    for rank in 0..commits.len() {
        let commit = &commits[rank];
        assert!(
            is_allowed(commits, saw, &identities, owner, rank),
            "no right to write: {commit:?}"
        );
    }
    let masks = |rank: usize, by: usize| {
        let stands_beside = rank != by && !saw[rank][by] && !saw[by][rank];
        let revoked = revoked_by(&commits[by]).filter(|identity| Some(*identity) != owner);
        stands_beside && revoked.is_some() && revoked == identities[rank]
    };
    let all = 0..commits.len();
    all.clone().map(|rank| all.clone().filter(|by| masks(rank, *by)).collect()).collect()
}

/// The owner of the dataset that this commit founds, if it has one.
fn owner(founding: &Commit) -> Option<IdentityKey> {
    match &founding.header().position {
        Position::Owned { certificate, .. } => Some(certificate.identity),
        _ => None,
    }
}

/// By rank: the identity that vouches for the commit's author, as the first commit of the chain
/// says.
fn identities(commits: &[Commit]) -> Vec<Option<IdentityKey>> {
    let mut identities: Vec<Option<IdentityKey>> = Vec::new();
    for commit in commits {
        let identity = match commit.backlink() {
            Some(before) => {
                let before = commits.iter().position(|one| one.id() == before);
                identities[before.expect("a chain has no gap")]
            }
            None => commit.header().certificate().map(|word| word.identity),
        };
        identities.push(identity);
    }
    identities
}

fn change_in(commit: &Commit) -> Option<RightsChange> {
    match commit.header().position {
        Position::Rights { change, .. } => Some(change),
        _ => None,
    }
}

fn revoked_by(commit: &Commit) -> Option<IdentityKey> {
    match change_in(commit)? {
        RightsChange::Revoke(identity) => Some(identity),
        RightsChange::Grant(..) => None,
    }
}

/// Whether the past of a commit lets its author write it.
fn is_allowed(
    commits: &[Commit],
    saw: &Saw,
    identities: &[Option<IdentityKey>],
    owner: Option<IdentityKey>,
    rank: usize,
) -> bool {
    let changes_rights = change_in(&commits[rank]).is_some();
    let Some(owner) = owner else { return !changes_rights };
    let Some(identity) = identities[rank] else { return false };
    if identity == owner || changes_rights {
        return identity == owner;
    }
    let past = || (0..commits.len()).filter(|seen| saw[rank][*seen]);
    let grants = |seen: usize| {
        change_in(&commits[seen]) == Some(RightsChange::Grant(identity, Right::Write))
    };
    let revokes = |seen: usize| revoked_by(&commits[seen]) == Some(identity);
    let mut granted = past().filter(|seen| grants(*seen));
    granted.any(|grant| past().filter(|seen| revokes(*seen)).all(|by| saw[grant][by]))
}
