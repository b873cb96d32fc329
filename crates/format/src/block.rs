//! A block: a few consecutive commits of one author as rows; what a log holds in memory.
//!
//! A commit is decoded from it when it is asked for, at the cost of the rows before it: with their
//! hashes for a commit and its id, without for a payload alone.
//!
//! **Invariants**
//! - Its rows were checked when it was made, so that reading it cannot fail.
//! - An open block grows; a closed one never changes.
//!
//! What this does not do: choose how many commits go into it.

use crate::commit::Commit;
use crate::id::{AuthorKey, CommitId};
use crate::rows::{Chain, Cursor, Stored};
use std::ops::Deref;

const CHECKED: &str = "the rows of a block were checked when it was made";

/// Consecutive commits of one author, in compact form.
#[derive(Debug, Clone)]
pub struct Block {
    first_seq: u64,
    previous: Option<CommitId>,
    commits: u32,
    rows: Vec<u8>,
}

impl Block {
    pub(crate) fn of_checked(
        first_seq: u64,
        previous: Option<CommitId>,
        commits: u32,
        rows: Vec<u8>,
    ) -> Self {
        Block { first_seq, previous, commits, rows }
    }

    /// Seq of its first commit.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// One past the seq of its last commit.
    pub fn end_seq(&self) -> u64 {
        self.first_seq + u64::from(self.commits)
    }

    /// The commit before its first.
    pub fn previous(&self) -> Option<CommitId> {
        self.previous
    }

    /// How many commits it holds.
    pub fn len(&self) -> u32 {
        self.commits
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.commits == 0
    }

    /// Length of its rows.
    pub fn bytes(&self) -> usize {
        self.rows.len()
    }

    /// Its commits, which this author wrote, by seq.
    pub fn commits(&self, author: AuthorKey) -> Commits<&Block> {
        Commits::of(self, author)
    }

    /// The commit with this seq, which this author wrote.
    pub fn get(&self, author: AuthorKey, seq: u64) -> Option<Commit> {
        self.commits(author).nth(self.index(seq)?)
    }

    /// Length of the payloads of its commits up to and with this seq. Costs no hash.
    pub fn payload_bytes_to(&self, seq: u64) -> u64 {
        let mut payloads = self.payloads();
        let mut bytes = 0;
        while payloads.next_seq().is_some_and(|next| next <= seq) {
            bytes += payloads.pass();
        }
        bytes
    }

    /// Its payloads, from the first on. Costs no hash.
    pub fn payloads(&self) -> Payloads<&Block> {
        Payloads::of(self)
    }

    /// All that it consists of.
    pub fn parts(&self) -> BlockParts<'_> {
        let Block { first_seq, previous, commits, rows } = self;
        BlockParts { first_seq: *first_seq, previous: *previous, commits: *commits, rows }
    }

    /// The block of these parts; none where they are not those of a block.
    pub fn from_parts(parts: BlockParts<'_>) -> Option<Block> {
        let BlockParts { first_seq, previous, commits, rows } = parts;
        first_seq.checked_add(u64::from(commits))?;
        let block = Block::of_checked(first_seq, previous, commits, rows.to_vec());
        let mut chain = Chain::starting(AuthorKey([0; 32]), first_seq, previous);
        let mut cursor = block.cursor(0, first_seq);
        for _ in 0..commits {
            chain.pass(&mut cursor).ok()?;
        }
        cursor.bytes.is_empty().then_some(())?;
        Some(block)
    }

    fn cursor(&self, at: usize, seq: u64) -> Cursor<'_> {
        Cursor { bytes: self.rows.get(at..).unwrap_or_default(), offset: 0, seq }
    }

    fn index(&self, seq: u64) -> Option<usize> {
        let index = seq.checked_sub(self.first_seq)?;
        if index < u64::from(self.commits) { usize::try_from(index).ok() } else { None }
    }
}

/// What a block consists of, for who keeps it elsewhere than in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockParts<'a> {
    /// Seq of its first commit.
    pub first_seq: u64,
    /// The commit before its first.
    pub previous: Option<CommitId>,
    /// How many commits it holds.
    pub commits: u32,
    /// Their rows.
    pub rows: &'a [u8],
}

/// Decodes the commits of a block, which it borrows or holds.
#[derive(Debug, Clone)]
pub struct Commits<B> {
    block: B,
    chain: Chain,
    /// How many bytes of the rows are taken.
    at: usize,
    left: u32,
}

impl<B: Deref<Target = Block>> Commits<B> {
    /// The commits of this block, which this author wrote, by seq.
    pub fn of(block: B, author: AuthorKey) -> Self {
        let chain = Chain::starting(author, block.first_seq, block.previous);
        let left = block.commits;
        Commits { block, chain, at: 0, left }
    }
}

impl<B: Deref<Target = Block>> Iterator for Commits<B> {
    type Item = Commit;

    fn next(&mut self) -> Option<Commit> {
        self.left = self.left.checked_sub(1)?;
        let seq = self.chain.next_seq;
        let mut cursor = self.block.cursor(self.at, seq);
        let (commit, _) = self.chain.take(&mut cursor).expect(CHECKED);
        self.at = self.block.rows.len() - cursor.bytes.len();
        Some(commit)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl<B: Deref<Target = Block>> ExactSizeIterator for Commits<B> {}

/// Walks over the payloads of a block, which it borrows or holds.
#[derive(Debug, Clone)]
pub struct Payloads<B> {
    block: B,
    chain: Chain,
    /// How many bytes of the rows are taken.
    at: usize,
    end: u64,
}

impl<B: Deref<Target = Block>> Payloads<B> {
    /// The payloads of this block, from the first on.
    pub fn of(block: B) -> Self {
        let chain = Chain::starting(AuthorKey([0; 32]), block.first_seq, None);
        let end = block.end_seq();
        Payloads { block, chain, at: 0, end }
    }

    /// The seq of the commit whose payload comes next; none at the end.
    pub fn next_seq(&self) -> Option<u64> {
        (self.chain.next_seq < self.end).then_some(self.chain.next_seq)
    }

    /// One past the seq of the commit whose payload comes last.
    pub fn end_seq(&self) -> u64 {
        self.end
    }

    /// Goes on to the next, until this reader is moved again. None where it is erased, and at the
    /// end.
    pub fn read(&mut self) -> Option<&[u8]> {
        let seq = self.next_seq()?;
        let mut cursor = self.block.cursor(self.at, seq);
        let (_, stored) = self.chain.pass(&mut cursor).expect(CHECKED);
        self.at = self.block.rows.len() - cursor.bytes.len();
        match stored {
            Stored::Erased(_) => None,
            Stored::Plain(bytes) => Some(bytes),
            Stored::Remembered => Some(self.chain.remembered()),
        }
    }

    /// Passes over the next. Tells how long it is, erased or not; 0 at the end.
    pub fn pass(&mut self) -> u64 {
        let Some(seq) = self.next_seq() else { return 0 };
        let mut cursor = self.block.cursor(self.at, seq);
        let (bytes, _) = self.chain.pass(&mut cursor).expect(CHECKED);
        self.at = self.block.rows.len() - cursor.bytes.len();
        u64::from(bytes)
    }
}

/// A block that grows, and where its chain stands.
#[derive(Debug, Clone)]
pub struct OpenBlock {
    block: Block,
    chain: Chain,
}

impl OpenBlock {
    /// Before the author's commit with this seq, which stands on `previous`.
    pub fn starting(author: AuthorKey, first_seq: u64, previous: Option<CommitId>) -> Self {
        let block = Block::of_checked(first_seq, previous, 0, Vec::new());
        OpenBlock { block, chain: Chain::starting(author, first_seq, previous) }
    }

    /// A block of this author that goes on growing.
    pub fn resume(author: AuthorKey, block: Block) -> Self {
        let mut commits = Commits::of(&block, author);
        commits.by_ref().for_each(drop);
        let chain = commits.chain;
        OpenBlock { block, chain }
    }

    /// What it holds so far.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The last commit of the chain, in this block or before it.
    pub fn last(&self) -> Option<CommitId> {
        self.chain.previous
    }

    /// Adds the commit that comes next in the chain.
    ///
    /// # Panics
    /// When it does not follow, or is another author's.
    pub fn push(&mut self, commit: &Commit) {
        let follows = self.chain.is_followed_by(commit);
        assert!(follows, "a block holds consecutive commits of one author");
        // Rows are short and many blocks are held: room is made as it is needed.
        if self.block.rows.capacity() - self.block.rows.len() < 64 {
            self.block.rows.reserve_exact(128);
        }
        self.chain.put(&mut self.block.rows, commit, None);
        self.block.commits += 1;
        if self.block.commits == 1 {
            // A first row is like no other, and of many authors it is the only one.
            self.block.rows.shrink_to_fit();
        }
    }

    /// Hands out what it holds, and stands empty at the same place of the chain.
    pub fn close(&mut self) -> Block {
        self.chain.renewed();
        let next = Block::of_checked(self.chain.next_seq, self.chain.previous, 0, Vec::new());
        let mut closed = std::mem::replace(&mut self.block, next);
        closed.rows.shrink_to_fit();
        closed
    }
}
