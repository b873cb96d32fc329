//! A stretch: consecutive commits of one author as they travel, to somebody who knows where they
//! belong.
//!
//! **Invariants**
//! - Its rows are those of a segment's block. What a segment head says, both sides know otherwise.
//! - It is read as a whole or not at all: what travels is asked for again, not searched.
//!
//! What this does not do: say whose commits they are, or verify a signature.

use crate::commit::Commit;
use crate::damage::DamageCause;
use crate::id::{AuthorKey, CommitId, DatasetId, Signature};
use crate::reader::{Run, Segment};
use crate::rows::{Chain, Cursor};
use crate::segment::{SEGMENT_FORMAT, SegmentHead};

/// Where a stretch belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StretchStart {
    /// Of which dataset.
    pub dataset: DatasetId,
    /// Who wrote it.
    pub author: AuthorKey,
    /// Seq of its first commit.
    pub first_seq: u64,
    /// The commit before its first; none where that has seq 0.
    pub previous: Option<CommitId>,
}

/// The rows of these commits, consecutive and of one author, with the signatures that `signature`
/// knows.
///
/// # Panics
/// When they are not a chain of one author.
pub fn encode_stretch(
    commits: &[Commit],
    signature: impl Fn(&Commit) -> Option<Signature>,
) -> Vec<u8> {
    let mut rows = Vec::new();
    let Some(first) = commits.first() else { return rows };
    let mut chain = Chain::starting(first.author(), first.seq(), first.backlink());
    for commit in commits {
        assert!(chain.is_followed_by(commit), "the commits of a stretch are one chain");
        chain.put(&mut rows, commit, signature(commit));
    }
    rows
}

/// The commits of these rows, as a segment; its offset is 0, and nothing of it is verified but that
/// each commit has the id that it was recomputed to.
///
/// # Errors
/// What is wrong with the rows, or with where they are said to belong.
pub fn read_stretch(
    start: StretchStart,
    commits: u32,
    rows: &[u8],
) -> Result<Segment, DamageCause> {
    let StretchStart { dataset, author, first_seq, previous } = start;
    let mut cursor = Cursor { bytes: rows, offset: 0, seq: first_seq };
    let is_placed = previous.is_some() == (first_seq > 0);
    if !is_placed || commits == 0 || first_seq.checked_add(u64::from(commits)).is_none() {
        return Err(cursor.broken("begins no stretch of a chain"));
    }
    let mut run = Run::starting(author, first_seq, previous);
    run.take(&mut cursor, commits)?;
    if !cursor.bytes.is_empty() {
        return Err(cursor.broken("is followed by bytes of no row"));
    }
    let last = run.chain.previous.expect("it has taken a commit");
    let (format, blocks) = (SEGMENT_FORMAT, 1);
    let head = SegmentHead { format, dataset, author, first_seq, previous, last, commits, blocks };
    Ok(run.into_segment(head, 0, rows.len() as u64))
}
