//! A segment: a run of consecutive commits of one author as one checksummed, self-describing value.
//!
//! ```text
//!  head:   format ─ dataset ─ author ─ first seq ─ previous? ─ last ─ commits ─ blocks
//!  (canonical) block:  first seq (u64) ─ commits (u32) ─ row, row, …
//!  row:    flags ─ [whole header | turn? ─ parents? ─ schema?] ─ payload ─ signature?
//! ```
//!
//! **Invariants**
//! - Ids, backlinks, seqs and payload hashes are recomputed, not stored; a turn is stored where it
//!   differs from the commit before. `last` in the head is what recomputing must end in.
//! - A block holds whole commits; a commit is in one block.
//! - How a run is cut into segments and blocks has no meaning.
//!
//! What this does not do: verify a signature or place a commit; that is the log's door.

use crate::canonical;
use crate::commit::Commit;
use crate::frame::{self, Tag};
use crate::header::{Position, SchemaChange};
use crate::id::{AuthorKey, CommitId, DatasetId, Signature};
use crate::limits::{BLOCK_BYTES_TARGET, SEGMENT_COMMITS_MAX};
use serde::{Deserialize, Serialize};

/// The segment format that this release writes.
pub const SEGMENT_FORMAT: u8 = 1;

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

/// What a row of a block holds, as flags.
pub(crate) mod row {
    pub(crate) const HEADER: u8 = 1;
    pub(crate) const TURN: u8 = 2;
    pub(crate) const PARENTS: u8 = 4;
    pub(crate) const ADOPT: u8 = 8;
    pub(crate) const INTRODUCE: u8 = 16;
    pub(crate) const ERASED: u8 = 32;
    pub(crate) const SIGNED: u8 = 64;
    pub(crate) const UNKNOWN: u8 = 128;
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
    let chained = commits.windows(2).all(|pair| pair[1].backlink() == Some(pair[0].id()));
    assert!(chained, "the commits of a segment are one chain");

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
    let mut blocks = Vec::new();
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut block_start = 0;
    let mut turn = None;
    for (at, commit) in commits.iter().enumerate() {
        put_row(&mut row, commit, turn, signature(commit));
        turn = Some(commit.turn());
        // A block that a large commit would overfill is closed before it.
        if !rows.is_empty() && rows.len() + row.len() > BLOCK_BYTES_TARGET {
            blocks.push(block(&commits[block_start..at], &rows));
            rows.clear();
            block_start = at;
        }
        rows.append(&mut row);
    }
    blocks.push(block(&commits[block_start..], &rows));
    blocks
}

fn block(commits: &[Commit], rows: &[u8]) -> Vec<u8> {
    let first_seq = commits.first().map_or(0, Commit::seq);
    let count = u32::try_from(commits.len()).expect("within SEGMENT_COMMITS_MAX");
    [&first_seq.to_le_bytes()[..], &count.to_le_bytes(), rows].concat()
}

fn put_row(out: &mut Vec<u8>, commit: &Commit, turn: Option<u64>, signature: Option<Signature>) {
    let flags_at = out.len();
    let mut flags = 0;
    out.push(0);
    if let Position::Next { schema, .. } = commit.header().position {
        if turn != Some(commit.turn()) {
            flags |= row::TURN;
            out.extend_from_slice(&commit.turn().to_le_bytes());
        }
        if !commit.parents().is_empty() {
            flags |= row::PARENTS;
            let count = u16::try_from(commit.parents().len()).expect("PARENTS_MAX fits u16");
            out.extend_from_slice(&count.to_le_bytes());
            for parent in commit.parents() {
                out.extend_from_slice(&parent.0);
            }
        }
        let (flag, id) = match schema {
            SchemaChange::Keep => (0, None),
            SchemaChange::Adopt(id) => (row::ADOPT, Some(id)),
            SchemaChange::Introduce(id) => (row::INTRODUCE, Some(id)),
        };
        flags |= flag;
        out.extend(id.iter().flat_map(|id| id.0));
    } else {
        flags |= row::HEADER;
        let header = commit.header().encode();
        let length = u32::try_from(header.len()).expect("HEADER_BYTES_MAX fits u32");
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&header);
    }
    out.extend_from_slice(&commit.header().payload_bytes.to_le_bytes());
    match commit.payload() {
        Some(payload) => out.extend_from_slice(payload),
        None => {
            flags |= row::ERASED;
            out.extend_from_slice(&commit.header().payload_hash.0);
        }
    }
    if let Some(signature) = signature {
        flags |= row::SIGNED;
        out.extend_from_slice(&signature.0);
    }
    out[flags_at] = flags;
}
