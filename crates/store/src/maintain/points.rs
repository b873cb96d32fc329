//! Which signatures a merged segment keeps.
//!
//! A signature vouches for its author's chain up to its commit, so a later one makes up for it. But
//! one in every `SIGN_EVERY_COMMITS` commits and `SIGN_EVERY_BYTES` payload bytes is kept for ever,
//! so that a proof of a fork stays short; and the newest of each segment, which is the newest of
//! all where the chain ends; and what somebody else says is needed, who knows the others' commits.
//!
//! **Invariants**
//! - Only a signature that was verified makes up for another. One that does not hold vouches for
//!   nothing, and costs at most itself.
//! - Between two that are kept there is no more than a writer may leave between two.
//!
//! What this does not do: ask for a signature where there is none.

use std::collections::HashMap;
use woodland_format::limits::{SIGN_EVERY_BYTES, SIGN_EVERY_COMMITS};
use woodland_format::{AuthorKey, Commit, CommitId, Signature, verify_commit};

/// Which signed commits keep their signature, whatever makes up for it.
pub(super) type Needed<'a> = &'a dyn Fn(&CommitId) -> bool;

/// Goes along a run, a segment at a time.
pub(super) struct Thinning {
    author: AuthorKey,
    /// How far the run has come.
    end: Place,
    /// Where the last signature is that is kept and holds.
    kept: Option<Place>,
}

/// A place in a run, counted from its beginning.
#[derive(Clone, Copy, Default)]
struct Place {
    commits: u64,
    payload_bytes: u64,
}

/// A commit that is signed.
#[derive(Clone, Copy)]
struct Candidate {
    commit: CommitId,
    signature: Signature,
    place: Place,
}

impl Thinning {
    pub(super) fn of(author: AuthorKey) -> Self {
        Thinning { author, end: Place::default(), kept: None }
    }

    /// The signatures that the next segment keeps, of those that its commits have.
    pub(super) fn thin<'a>(
        &mut self,
        commits: impl Iterator<Item = (&'a Commit, Option<Signature>)>,
        is_needed: Needed<'_>,
    ) -> HashMap<CommitId, Signature> {
        let candidates: Vec<Candidate> =
            commits.filter_map(|(commit, signature)| self.pass(commit, signature)).collect();
        let (mut kept, mut passed) = (HashMap::new(), Vec::new());
        for (index, candidate) in candidates.iter().enumerate() {
            passed.push(*candidate);
            let next = candidates.get(index + 1);
            #[cfg(planted)]
            let next = next
                .or(woodland_format::planted::is("newest-signature-thinned").then_some(candidate));
            let is_near = next.is_some_and(|next| self.is_near(next.place));
            if is_near && !is_needed(&candidate.commit) {
                continue;
            }
            // The newest that holds, of this one and those that it would make up for.
            while let Some(Candidate { commit, signature, place }) = passed.pop() {
                if verify_commit(&self.author, &commit, &signature) {
                    kept.insert(commit, signature);
                    self.kept = Some(place);
                    break;
                }
            }
            passed.clear();
        }
        kept
    }

    fn pass(&mut self, commit: &Commit, signature: Option<Signature>) -> Option<Candidate> {
        self.end.commits += 1;
        self.end.payload_bytes += u64::from(commit.header().payload_bytes);
        let place = self.end;
        signature.map(|signature| Candidate { commit: commit.id(), signature, place })
    }

    /// Whether a signature at `place` is near enough to the last that is kept.
    fn is_near(&self, place: Place) -> bool {
        self.kept.is_some_and(|kept| {
            place.commits - kept.commits <= SIGN_EVERY_COMMITS
                && place.payload_bytes - kept.payload_bytes < SIGN_EVERY_BYTES
        })
    }
}
