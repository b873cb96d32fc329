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
//! At rest, closed blocks have pages of their own, and what changes along the line stands in trees.
//!
//! What this does not do: know the other lines, or check a commit.

use crate::knowledge::Knowledge;
use crate::place::Place;
use crate::points::Points;
use std::ops::{Deref, RangeBounds};
use std::sync::Arc;
use woodland_format::{AuthorKey, Block, BlockParts, Commit, CommitId, OpenBlock, SchemaId};
use woodland_page::{Entries, Own, Reading, Seat, Stored, Tree, Valued, Weigh, Writing};

/// A block with so many commits is closed.
const BLOCK_COMMITS: u32 = 16;
/// And one with so many bytes: an open block is copied when a shared log is appended to.
const BLOCK_BYTES: usize = 2048;

/// One unbranched stretch of one author's chain.
#[derive(Clone)]
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
    schemas: Changes<Under>,
    pub(crate) points: Points,
}

#[derive(Clone)]
struct Closed {
    /// In a page of its own.
    block: Own<Rows, 0>,
    /// Payload bytes of the line's commits before it.
    bytes_before: u64,
}

impl Weigh for Closed {}

/// A closed block.
#[derive(Debug, Clone)]
pub(crate) struct Rows(Block);

/// A block that is being read, for as long as it is.
#[derive(Clone)]
pub(crate) enum HeldBlock {
    Open(Arc<Seat<Line>>),
    Closed(Arc<Seat<Rows>>),
}

impl Deref for HeldBlock {
    type Target = Block;

    fn deref(&self) -> &Block {
        match self {
            HeldBlock::Open(line) => line.open.block(),
            HeldBlock::Closed(rows) => &rows.0,
        }
    }
}

/// A schema that a line is written under.
#[derive(Debug, Clone, Copy, Default)]
struct Under(Option<SchemaId>);

impl Weigh for Under {}

/// What holds from one commit to the next that sees something new.
#[derive(Clone, Default)]
pub(crate) struct Epoch {
    pub(crate) turn: u64,
    pub(crate) known: Knowledge,
}

impl Weigh for Epoch {}

/// What changes along a line: its value at the first commit, and wherever it becomes another. Of
/// most authors there is only the first.
#[derive(Clone, Default)]
pub(crate) struct Changes<V> {
    first: V,
    later: Tree<u64, V>,
}

impl<V: Valued> Changes<V> {
    /// Looks at what holds at this seq.
    pub(crate) fn at<T>(&self, seq: u64, look: impl FnOnce(&V) -> T) -> T {
        match self.later.at_or_before(&seq) {
            Some(entry) => look(&entry),
            None => look(&self.first),
        }
    }

    pub(crate) fn last(&self) -> V {
        self.later.last().map_or_else(|| self.first.clone(), |entry| entry.clone())
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
            let block = Own::new(Rows(self.open.close()));
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

    /// Looks at the block that holds the commit with this seq.
    fn within<T>(&self, seq: u64, look: impl FnOnce(&Block) -> T) -> Option<T> {
        if seq >= self.open.block().first_seq() {
            return (seq < self.end_seq()).then(|| look(self.open.block()));
        }
        let closed = self.closed(seq)?;
        Some(look(&closed.0))
    }

    fn closed(&self, seq: u64) -> Option<Arc<Seat<Rows>>> {
        self.blocks.at_or_before(&seq).map(|closed| closed.block.get())
    }

    /// The block that holds the commit with this seq, to be read after the line was let go.
    pub(crate) fn block(line: &Arc<Seat<Line>>, seq: u64) -> Option<HeldBlock> {
        if seq >= line.open.block().first_seq() {
            return (seq < line.end_seq()).then(|| HeldBlock::Open(Arc::clone(line)));
        }
        line.closed(seq).map(HeldBlock::Closed)
    }

    /// The commit with this seq, decoded.
    pub(crate) fn get(&self, seq: u64) -> Option<Commit> {
        self.within(seq, |block| block.get(self.author, seq))?
    }

    /// The id of the commit with this seq.
    pub(crate) fn id(&self, seq: u64) -> Option<CommitId> {
        let end = self.end_seq();
        if seq.checked_add(1) == Some(end) {
            return Some(self.tip());
        }
        let id = self.within(seq, |block| {
            let is_last = seq + 1 == block.end_seq();
            (!is_last).then(|| block.get(self.author, seq).map(|commit| commit.id()))
        })?;
        match id {
            Some(id) => id,
            None => self.within(seq + 1, Block::previous)?,
        }
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
        closed.map_or(0, |one| one.bytes_before + one.block.get().0.payload_bytes_to(seq))
    }

    /// The logical clock at the commit with this seq.
    pub(crate) fn turn_at(&self, seq: u64) -> u64 {
        self.epochs.at(seq, |epoch| epoch.turn)
    }

    /// Of this line, the highest seq in the past of the commit with this seq.
    pub(crate) fn known_at(&self, seq: u64, line: u32) -> Option<u64> {
        self.epochs.at(seq, |epoch| epoch.known.get(line))
    }

    /// What the commit with this seq has in its past.
    pub(crate) fn past_at(&self, seq: u64) -> Knowledge {
        self.epochs.at(seq, |epoch| epoch.known.clone())
    }

    /// The schema that the commit with this seq is written under.
    pub(crate) fn schema_at(&self, seq: u64) -> Option<SchemaId> {
        self.schemas.at(seq, |under| under.0)
    }

    /// Notes what holds from this seq on, where no later one is noted.
    pub(crate) fn note_epoch(&mut self, seq: u64, epoch: Epoch) {
        self.epochs.note((seq > self.first_seq).then_some(seq), epoch);
    }

    /// Notes the schema that holds from this seq on, where no later one is noted.
    pub(crate) fn note_schema(&mut self, seq: u64, schema: SchemaId) {
        self.schemas.note((seq > self.first_seq).then_some(seq), Under(Some(schema)));
    }
}

impl Stored for Rows {
    fn write(&self, to: &mut Writing<'_>) {
        let BlockParts { first_seq, previous, commits, rows } = self.0.parts();
        (first_seq, commits, previous).write(to);
        to.bytes(rows);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (first_seq, commits, previous) = Stored::read(from)?;
        let rows = from.bytes()?;
        Block::from_parts(BlockParts { first_seq, previous, commits, rows }).map(Rows)
    }
}

impl Stored for Closed {
    fn write(&self, to: &mut Writing<'_>) {
        self.block.write(to);
        to.number(self.bytes_before);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Closed { block: Stored::read(from)?, bytes_before: from.number()? })
    }
}

impl Stored for Epoch {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.turn);
        self.known.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Epoch { turn: from.number()?, known: Stored::read(from)? })
    }
}

impl Stored for Under {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(Under)
    }
}

impl<V: Valued> Stored for Changes<V> {
    fn write(&self, to: &mut Writing<'_>) {
        self.first.write(to);
        self.later.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Changes { first: Stored::read(from)?, later: Stored::read(from)? })
    }
}

impl Stored for Line {
    fn write(&self, to: &mut Writing<'_>) {
        (self.author, self.base, self.first_seq).write(to);
        self.blocks.write(to);
        Rows(self.open.block().clone()).write(to);
        to.number(self.closed_bytes);
        self.epochs.write(to);
        self.schemas.write(to);
        self.points.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (author, base, first_seq) = Stored::read(from)?;
        let blocks = Stored::read(from)?;
        let Rows(open) = Stored::read(from)?;
        Some(Line {
            author,
            base,
            first_seq,
            blocks,
            open: OpenBlock::resume(author, open),
            closed_bytes: from.number()?,
            epochs: Stored::read(from)?,
            schemas: Stored::read(from)?,
            points: Stored::read(from)?,
        })
    }
}
