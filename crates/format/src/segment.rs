//! A segment: a run of consecutive commits of one author as one checksummed, self-describing value.
//!
//! ```text
//!  head:   format ─ dataset ─ author ─ first seq ─ previous? ─ last ─ commits ─ blocks
//!  (canonical) block:  first seq (u64) ─ commits (u32) ─ row, row, …
//! ```
//!
//! **Invariants**
//! - `last` in the head is what recomputing the ids of all rows must end in.
//! - A block holds whole commits; a commit is in one block; its rows need no other block.
//! - How a run is cut into segments and blocks has no meaning.
//!
//! What this does not do: verify a signature or place a commit; that is the log's door.

use crate::canonical;
use crate::commit::Commit;
use crate::frame::{self, Tag};
use crate::header::Position;
use crate::id::{AuthorKey, CommitId, DatasetId, Signature};
use crate::limits::{BLOCK_BYTES_TARGET, HEADER_BYTES_MAX, SEGMENT_COMMITS_MAX};
use crate::rows::Chain;
use serde::{Deserialize, Serialize};

/// The segment format that this release writes.
pub const SEGMENT_FORMAT: u8 = 2;

/// What a segment says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentHead {
    /// [`SEGMENT_FORMAT`].
    pub format: u8,
    /// Whose log it is part of.
    pub dataset: DatasetId,
    /// Who wrote all its commits.
    pub author: AuthorKey,
    /// Seq of its first commit.
    pub first_seq: u64,
    /// The commit before its first; none where that has seq 0.
    pub previous: Option<CommitId>,
    /// Its last commit.
    pub last: CommitId,
    /// How many commits it holds, at least one.
    pub commits: u32,
    /// How many blocks follow the head.
    pub blocks: u32,
}

/// The bytes of a segment with these commits, consecutive and of one author, and with the
/// signatures that `signature` knows.
///
/// # Panics
/// When `commits` is empty, longer than [`SEGMENT_COMMITS_MAX`], or not a chain of one author.
pub fn encode_segment(
    dataset: DatasetId,
    commits: &[Commit],
    signature: impl Fn(&Commit) -> Option<Signature>,
) -> Vec<u8> {
    let (Some(first), Some(last)) = (commits.first(), commits.last()) else {
        panic!("a segment holds at least one commit");
    };
    let count = u32::try_from(commits.len()).unwrap_or(u32::MAX);
    assert!(count <= SEGMENT_COMMITS_MAX, "a segment holds at most SEGMENT_COMMITS_MAX commits");
    let chained = commits.windows(2).all(|pair| {
        pair[1].backlink() == Some(pair[0].id())
            && pair[1].author() == pair[0].author()
            && pair[0].seq().checked_add(1) == Some(pair[1].seq())
    });
    assert!(chained, "the commits of a segment are one chain of one author");

    let blocks = encode_blocks(commits, signature);
    let head = SegmentHead {
        format: SEGMENT_FORMAT,
        dataset,
        author: first.author(),
        first_seq: first.seq(),
        previous: first.backlink(),
        last: last.id(),
        commits: count,
        blocks: u32::try_from(blocks.len()).expect("no more blocks than commits"),
    };
    let mut out = Vec::new();
    frame::put(&mut out, Tag::Head, &canonical::encode(&head));
    for block in &blocks {
        frame::put(&mut out, Tag::Block, block);
    }
    out
}

fn encode_blocks(
    commits: &[Commit],
    signature: impl Fn(&Commit) -> Option<Signature>,
) -> Vec<Vec<u8>> {
    let Some(first) = commits.first() else { return Vec::new() };
    let mut blocks = Vec::new();
    let mut rows = Vec::new();
    let mut block_start = 0;
    let mut chain = Chain::starting(first.author(), first.seq(), first.backlink());
    for (at, commit) in commits.iter().enumerate() {
        // A block that a large commit might overfill is closed before it.
        if at > block_start && rows.len() + row_bytes_max(commit) > BLOCK_BYTES_TARGET {
            blocks.push(block(&commits[block_start..at], &rows));
            rows.clear();
            block_start = at;
            chain.renewed();
        }
        chain.put(&mut rows, commit, signature(commit));
    }
    blocks.push(block(&commits[block_start..], &rows));
    blocks
}

/// The most bytes that the row of this commit can have.
fn row_bytes_max(commit: &Commit) -> usize {
    const REST: usize = 256;
    let header = match commit.header().position {
        Position::Next { .. } => commit.parents().len() * CommitId::BYTES,
        _ => HEADER_BYTES_MAX,
    };
    commit.payload().map_or(0, <[u8]>::len) + header + REST
}

fn block(commits: &[Commit], rows: &[u8]) -> Vec<u8> {
    let first_seq = commits.first().map_or(0, Commit::seq);
    let count = u32::try_from(commits.len()).expect("within SEGMENT_COMMITS_MAX");
    [&first_seq.to_le_bytes()[..], &count.to_le_bytes(), rows].concat()
}
