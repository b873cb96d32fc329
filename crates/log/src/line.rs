//! A line: one unbranched stretch of one author's chain, and what its commits knew.
//!
//! ```text
//!  line 0   0 ─ 1 ─ 2 ─ 3 ─ 4
//!                   └── 3 ─ 4    line 1, base (0, 2): a fork
//! ```
//!
//! Its commits are blocks of rows (`woodland_format::Block`), from which one is decoded when it is
//! asked for. A block is small: finding an id costs the hashes of half a block.
//!
//! **Invariants**
//! - Seqs are gapless from `first_seq` on; each commit's backlink is the one before it, and the
//!   first one's is the commit at `base`.
//! - The closed blocks and then the open one hold all commits; the open one is never empty once the
//!   line is part of a log.
//! - `epochs` and `schemas` say what holds at the first commit and wherever that changes; between
//!   two changes the last one holds.
//!
//! What this does not do: know the other lines, or check a commit.

use crate::knowledge::Knowledge;
use crate::place::Place;
use crate::points::Points;
use crate::tree::{Entries, Tree, Weigh};
use std::ops::RangeBounds;
use std::sync::Arc;
use woodland_format::{AuthorKey, Block, Commit, CommitId, OpenBlock, SchemaId};

/// A block with so many commits is closed.
const BLOCK_COMMITS: u32 = 16;
/// And one with so many bytes: an open block is copied when a shared log is appended to.
const BLOCK_BYTES: usize = 2048;

/// One unbranched stretch of one author's chain.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) author: AuthorKey,
    /// The commit before the first, in another line; none where the first has no backlink.
    pub(crate) base: Option<Place>,
    pub(crate) first_seq: u64,
    /// By first seq.
    blocks: Tree<u64, Closed>,
    open: OpenBlock,
    /// Payload bytes of the commits in closed blocks.
    closed_bytes: u64,
    pub(crate) epochs: Changes<Epoch>,
    schemas: Changes<Option<SchemaId>>,
    pub(crate) points: Points,
}

#[derive(Debug, Clone)]
struct Closed {
    block: Arc<Block>,
    /// Payload bytes of the line's commits before it.
    bytes_before: u64,
}

impl Weigh for Closed {}
impl Weigh for Option<SchemaId> {}

/// What holds from one commit to the next that sees something new.
#[derive(Debug, Clone, Default)]
pub(crate) struct Epoch {
    pub(crate) turn: u64,
    pub(crate) known: Knowledge,
}

impl Weigh for Epoch {}

/// What changes along a line: its value at the first commit, and wherever it becomes another. Of
/// most authors there is only the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes<V: Clone + Weigh> {
    first: V,
    later: Tree<u64, V>,
}

impl<V: Clone + Weigh> Changes<V> {
    pub(crate) fn at(&self, seq: u64) -> &V {
        self.later.at_or_before(&seq).map_or(&self.first, |(_, value)| value)
    }

    pub(crate) fn last(&self) -> &V {
        self.later.last().map_or(&self.first, |(_, value)| value)
    }

    /// The changes at these seqs, none of which is the line's first.
    pub(crate) fn within(&self, seqs: impl RangeBounds<u64>) -> Entries<'_, u64, V> {
        self.later.range(seqs)
    }

    /// Notes a value from this seq on, or from the line's first.
    fn note(&mut self, seq: Option<u64>, value: V) {
        match seq {
            Some(seq) => self.later.insert(seq, value),
            None => self.first = value,
        }
    }
}

impl Line {
    /// A line without commits, which begins at this seq, after the commit `previous` at `base`.
    pub(crate) fn starting(
        author: AuthorKey,
        base: Option<Place>,
        first_seq: u64,
        previous: Option<CommitId>,
    ) -> Self {
        Line {
            author,
            base,
            first_seq,
            blocks: Tree::default(),
            open: OpenBlock::starting(author, first_seq, previous),
            closed_bytes: 0,
            epochs: Changes::default(),
            schemas: Changes::default(),
            points: Points::default(),
        }
    }

    /// Adds the commit that comes next.
    pub(crate) fn push(&mut self, commit: &Commit) {
        let open = self.open.block();
        let payload = commit.payload().map_or(0, <[u8]>::len);
        if open.len() >= BLOCK_COMMITS
            || !open.is_empty() && open.bytes().saturating_add(payload) > BLOCK_BYTES
        {
            let (first_seq, bytes) = (open.first_seq(), open.payload_bytes_to(u64::MAX));
            let block = Arc::new(self.open.close());
            self.blocks.insert(first_seq, Closed { block, bytes_before: self.closed_bytes });
            self.closed_bytes += bytes;
        }
        self.open.push(commit);
    }

    /// One past the highest seq.
    pub(crate) fn end_seq(&self) -> u64 {
        self.open.block().end_seq()
    }

    /// Whether it has a commit with this seq.
    pub(crate) fn holds(&self, seq: u64) -> bool {
        (self.first_seq..self.end_seq()).contains(&seq)
    }

    /// The id of the last commit.
    pub(crate) fn tip(&self) -> CommitId {
        self.open.last().expect("a line of a log is never empty")
    }

    /// The block that holds the commit with this seq.
    pub(crate) fn block(&self, seq: u64) -> Option<&Block> {
        if seq >= self.open.block().first_seq() {
            return (seq < self.end_seq()).then(|| self.open.block());
        }
        let (_, closed) = self.blocks.at_or_before(&seq)?;
        Some(&closed.block)
    }

    /// The commit with this seq, decoded.
    pub(crate) fn get(&self, seq: u64) -> Option<Commit> {
        self.block(seq)?.get(self.author, seq)
    }

    /// The id of the commit with this seq.
    pub(crate) fn id(&self, seq: u64) -> Option<CommitId> {
        let end = self.end_seq();
        if seq.checked_add(1) == Some(end) {
            return Some(self.tip());
        }
        let block = self.block(seq)?;
        if seq + 1 == block.end_seq() {
            return self.block(seq + 1)?.previous();
        }
        block.get(self.author, seq).map(|commit| commit.id())
    }

    /// Whether the commit with this seq has this id.
    pub(crate) fn is_at(&self, seq: u64, id: &CommitId) -> bool {
        self.id(seq).is_some_and(|held| held == *id)
    }

    /// Payload bytes of the commits up to and with this seq.
    pub(crate) fn bytes_to(&self, seq: u64) -> u64 {
        let open = self.open.block();
        if seq >= open.first_seq() {
            return self.closed_bytes + open.payload_bytes_to(seq);
        }
        let closed = self.blocks.at_or_before(&seq);
        closed.map_or(0, |(_, closed)| closed.bytes_before + closed.block.payload_bytes_to(seq))
    }

    /// What holds at the commit with this seq.
    pub(crate) fn epoch_at(&self, seq: u64) -> &Epoch {
        self.epochs.at(seq)
    }

    /// The schema that the commit with this seq is written under.
    pub(crate) fn schema_at(&self, seq: u64) -> Option<SchemaId> {
        *self.schemas.at(seq)
    }

    /// Notes what holds from this seq on, where no later one is noted.
    pub(crate) fn note_epoch(&mut self, seq: u64, epoch: Epoch) {
        self.epochs.note((seq > self.first_seq).then_some(seq), epoch);
    }

    /// Notes the schema that holds from this seq on, where no later one is noted.
    pub(crate) fn note_schema(&mut self, seq: u64, schema: SchemaId) {
        self.schemas.note((seq > self.first_seq).then_some(seq), Some(schema));
    }
}
