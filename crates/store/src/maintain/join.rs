//! Segments that follow on each other become one run, and a run becomes segments again, large ones.
//!
//! ```text
//!  A 0-3   B 0   A 4   B 1-9   A 4′   A 5        as appended; A 4′ is another commit after A 3
//!  └─────────────┴──────────────────────┘        A 0-5
//!          └───────────┘        │                B 0-9
//!                               └                A 4′
//! ```
//!
//! **Invariants**
//! - A segment joins the run whose last commit it names as its previous, and only the first that
//!   does: of a fork's branches and of what was stored twice, each stays in a run of its own.
//! - Every commit of every segment is in exactly one run, once for each time that it was stored.
//!
//! What this does not do: look at what a commit means, or drop one.

use super::points::{Needed, Thinning};
use crate::limits::{MERGED_SEGMENT_BYTES_TARGET, MERGED_SEGMENT_COMMITS_MAX};
use std::collections::HashMap;
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Segment, SignedPoint, encode_segment,
};

/// Segments of one author, each of which goes on where the one before ends.
pub(super) struct Run {
    author: AuthorKey,
    segments: Vec<Segment>,
}

/// The runs that these segments make, in the order of their first segments.
pub(super) fn runs(segments: Vec<Segment>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open: HashMap<(AuthorKey, CommitId), usize> = HashMap::new();
    for segment in segments {
        let (author, last) = (segment.head.author, segment.head.last);
        let before = segment.head.previous.and_then(|previous| open.remove(&(author, previous)));
        let at = before.unwrap_or_else(|| {
            runs.push(Run { author, segments: Vec::new() });
            runs.len() - 1
        });
        runs[at].segments.push(segment);
        open.entry((author, last)).or_insert(at);
    }
    runs
}

impl Run {
    /// Its segments, made anew, in the order of their commits.
    pub(super) fn segments<'a>(
        &'a self,
        dataset: DatasetId,
        is_needed: Needed<'a>,
    ) -> impl Iterator<Item = Vec<u8>> + 'a {
        let mut commits = self.segments.iter().flat_map(Segment::commits).peekable();
        let mut points = self.segments.iter().flat_map(|segment| &segment.points).peekable();
        let mut thinning = Thinning::of(self.author);
        std::iter::from_fn(move || {
            let part = next_part(&mut commits);
            part.last()?;
            let signed = part.iter().map(|commit| {
                let is_signed = |point: &&SignedPoint| point.commit == commit.id();
                (commit, points.next_if(is_signed).map(|point| point.signature))
            });
            let kept = thinning.thin(signed, is_needed);
            Some(encode_segment(dataset, &part, |commit| kept.get(&commit.id()).copied()))
        })
    }
}

/// The commits of the next segment: as many as fit, at least one where any are left.
fn next_part(commits: &mut std::iter::Peekable<impl Iterator<Item = Commit>>) -> Vec<Commit> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    while let Some(next) = commits.peek() {
        bytes += next.payload().map_or(0, <[u8]>::len);
        let is_full =
            part.len() >= MERGED_SEGMENT_COMMITS_MAX || bytes > MERGED_SEGMENT_BYTES_TARGET;
        if !part.is_empty() && is_full {
            break;
        }
        part.extend(commits.next());
    }
    part
}
