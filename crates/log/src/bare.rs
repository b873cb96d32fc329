//! Bare: commits whose signature is not in the log, nor would come into it with them.
//!
//! ```text
//!  a1 ◄─ a2 ◄─ a3 signed     a2 names b1, which nobody has brought: a2 and a3 wait. a1 has its
//!         └──► b1            past, but what vouches for it stands on a3: alone in a log it could
//!                            not be passed on, should a2 and a3 never come again. So it is bare.
//! ```
//!
//! **Invariants**
//! - What is left without the bare ones is the largest part in which each commit has its past and
//!   a signature on it, or on a later commit of its chain: here, or in the log that was there.
//! - Linear in the commits and their references; no recursion along a chain.
//!
//! What this does not do: verify, or know what is in the log that was there. That has no bare ones.

use crate::log::Log;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{AuthorKey, Commit, CommitId};

/// Which of these commits are bare. Each stands after its past, and `is_signed` tells on which a
/// verified signature stands.
pub(crate) fn bare(
    commits: &[Commit],
    is_signed: impl Fn(&CommitId) -> bool,
) -> BTreeSet<CommitId> {
    if is_covered(commits, &is_signed) {
        return BTreeSet::new();
    }
    let numbers: BTreeMap<CommitId, usize> =
        commits.iter().enumerate().map(|(number, commit)| (commit.id(), number)).collect();
    let number_of = |id: CommitId| numbers.get(&id).copied();
    let mut followers = vec![Vec::new(); commits.len()];
    // How much vouches for a commit: its own signature, and what follows in its chain.
    let mut vouching: Vec<usize> =
        commits.iter().map(|commit| usize::from(is_signed(&commit.id()))).collect();
    for (number, commit) in commits.iter().enumerate() {
        for past in commit.references().filter_map(number_of) {
            followers[past].push(number);
        }
        if let Some(before) = commit.backlink().and_then(number_of) {
            vouching[before] += 1;
        }
    }
    let mut bare = BTreeSet::new();
    let mut next: Vec<usize> = (0..commits.len()).filter(|number| vouching[*number] == 0).collect();
    while let Some(number) = next.pop() {
        if !bare.insert(commits[number].id()) {
            continue;
        }
        next.append(&mut followers[number]);
        if let Some(before) = commits[number].backlink().and_then(number_of) {
            vouching[before] -= 1;
            next.extend((vouching[before] == 0).then_some(before));
        }
    }
    bare
}

/// Whether none is bare: the usual case, told at once.
fn is_covered(commits: &[Commit], is_signed: impl Fn(&CommitId) -> bool) -> bool {
    let mut vouched = BTreeSet::new();
    commits.iter().rev().all(|commit| {
        let id = commit.id();
        let is_vouched = vouched.remove(&id) || is_signed(&id);
        vouched.extend(commit.backlink());
        is_vouched
    })
}

impl Log {
    /// Whether a kept signature vouches for all that this log holds of the author. Costs the
    /// author's lines.
    pub fn is_vouched(&self, author: &AuthorKey) -> bool {
        let mut vouched: BTreeMap<u32, u64> = BTreeMap::new();
        let numbers: Vec<u32> = self.lines_of(author).collect();
        // A base has a lower number than what stands on it.
        numbers.into_iter().rev().all(|number| {
            let Some(line) = self.line(number) else { return true };
            let to = line.points.last_seq().max(vouched.get(&number).copied());
            if let (Some(_), Some(base)) = (to, line.base) {
                let below = vouched.entry(base.line).or_default();
                *below = (*below).max(base.seq);
            }
            to == Some(line.end_seq() - 1)
        })
    }
}
