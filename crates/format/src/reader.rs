//! Reading segments out of bytes that may be damaged, hostile or cut short.
//!
//! **Invariants**
//! - No input panics, recurses, or takes more memory than a small multiple of its own length.
//! - The work is linear: bytes spent on broken frames are counted, and past a limit such frames are
//!   passed over by the length that they claim, not searched.
//! - What is damaged is named by segment, author, byte and what was expected; what is whole before
//!   and after it is handed out. After damage, reading goes on at the next head whose checksum
//!   holds; no head is looked for inside a frame whose own checksum holds, so none is found in a
//!   payload.
//! - A handed-out commit has its recomputed id and fits its payload; nothing else is promised of
//!   it.
//!
//! What this does not do: verify signatures, repair, or read files.

use crate::block::Block;
use crate::canonical;
use crate::commit::{Commit, SignedPoint};
use crate::damage::{Damage, DamageCause};
use crate::frame::{self, FRAME_HEADER_BYTES, FrameError, Tag};
use crate::id::{AuthorKey, CommitId, DatasetId};
use crate::limits::{FRAME_BYTES_MAX, SEGMENT_COMMITS_MAX};
use crate::rows::{Chain, Cursor};
use crate::segment::{SEGMENT_FORMAT, SegmentHead};

const HEAD_BYTES_MAX: usize = 256;
/// First seq and number of commits, before a block's rows.
const BLOCK_HEAD_BYTES: usize = 12;
/// What every frame's tag begins with.
const FRAME_TAG: &[u8; 3] = b"SEG";

/// The commits of a segment, in compact form, and the signatures that stood with them.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What the segment says about itself.
    pub head: SegmentHead,
    /// Its commits, or as many as stand before the damage.
    blocks: Vec<Block>,
    /// Its signatures, not verified.
    pub points: Vec<SignedPoint>,
    /// Where its head stands: bytes from the beginning of the file.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
}

impl Segment {
    /// Its commits, or as many as stand before the damage, by seq. Decodes them.
    pub fn commits(&self) -> impl Iterator<Item = Commit> + Clone + '_ {
        self.blocks.iter().flat_map(|block| block.commits(self.head.author))
    }

    /// How many commits it holds.
    pub fn len(&self) -> u32 {
        self.blocks.iter().map(Block::len).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Its first commit.
    pub fn first(&self) -> Option<Commit> {
        self.commits().next()
    }

    /// Its last commit, or the last before the damage.
    pub fn last(&self) -> Option<Commit> {
        self.blocks.last()?.commits(self.head.author).last()
    }

    /// The blocks in which its commits stand.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}

/// What stands at one place of a file of segments.
#[derive(Debug, Clone)]
pub struct Found {
    /// What could be read; absent where not even the head could be.
    pub segment: Option<Segment>,
    /// What could not.
    pub damage: Option<Damage>,
}

/// Hands out segments one by one. Made by [`read_segments`].
#[derive(Debug)]
pub struct Segments<'a> {
    dataset: DatasetId,
    bytes: &'a [u8],
    base: u64,
    at: usize,
    count: u64,
    /// Bytes of frames whose checksum did not hold.
    wasted: usize,
}

/// Reads the segments in `bytes`, whose first byte stands at `base` in their file.
pub fn read_segments(dataset: DatasetId, bytes: &[u8], base: u64) -> Segments<'_> {
    Segments { dataset, bytes, base, at: 0, count: 0, wasted: 0 }
}

impl Iterator for Segments<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let number = self.count;
        self.count += 1;
        let head = match self.head() {
            Ok(head) => head,
            Err(cause) => {
                self.resume(start, &cause);
                let damage = self.damage(number, None, start, (0, 0), cause);
                return Some(Found { segment: None, damage: Some(damage) });
            }
        };
        let mut run = Run::of(&head, self.rest().len());
        let mut outcome = Ok(());
        for _ in 0..head.blocks {
            let block_at = self.at;
            outcome = self.block(&mut run, &head).map_err(|cause| (block_at, cause));
            if let Err((_, cause)) = &outcome {
                self.resume(block_at, cause);
                break;
            }
        }
        if outcome.is_ok() {
            outcome = self.close(&run, &head, start).map_err(|cause| (start, cause));
        }
        let damage = outcome.err().map(|(at, cause)| {
            let end = match cause {
                DamageCause::Last { .. } => head.first_seq,
                _ => run.chain.next_seq,
            };
            let intact = (head.first_seq, end);
            self.damage(number, Some(head.author), at, intact, cause)
        });
        let (offset, bytes) = (self.offset(start), (self.at - start) as u64);
        let segment = run.into_segment(head, offset, bytes);
        Some(Found { segment: Some(segment), damage })
    }
}

impl<'a> Segments<'a> {
    fn offset(&self, at: usize) -> u64 {
        self.base + at as u64
    }

    fn damage(
        &self,
        segment: u64,
        author: Option<AuthorKey>,
        at: usize,
        intact: (u64, u64),
        cause: DamageCause,
    ) -> Damage {
        let (offset, resumed) = (self.offset(at), self.offset(self.at));
        Damage { segment, author, offset, resumed, intact, cause }
    }

    /// Moves on from damage in the frame at `damaged` to the next head whose checksum holds, or to
    /// the end, over whole blocks. A damaged frame that was taken is behind us already: its
    /// checksum held. What has another tag than belonged there may be whole: a head where a block
    /// was due begins the segment that was appended after a write was cut short.
    fn resume(&mut self, damaged: usize, cause: &DamageCause) {
        use DamageCause::{Block, Head};
        let is_other_tag =
            matches!(cause, Head { error, .. } | Block { error, .. } if error.is_other_tag());
        if self.at == damaged && !is_other_tag {
            self.pass_broken();
        }
        while let Some(found) = find(self.rest(), FRAME_TAG) {
            self.at += found;
            if frame::take(self.rest(), Tag::Head, HEAD_BYTES_MAX).is_ok() {
                return;
            }
            match self.frame(Tag::Block, FRAME_BYTES_MAX) {
                Ok(_) => {}
                Err(FrameError::Checksum { .. }) => self.pass_broken(),
                Err(_) => self.at += 1,
            }
        }
        self.at = self.bytes.len();
    }

    /// Moves into a broken frame to search it; once too much is spent, to the end that it claims.
    fn pass_broken(&mut self) {
        let step = match self.is_spent() {
            true => FRAME_HEADER_BYTES + frame::claimed_length(self.rest()),
            false => 1,
        };
        self.at = self.at.saturating_add(step).min(self.bytes.len());
    }

    fn is_spent(&self) -> bool {
        self.wasted / 4 > self.bytes.len()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn frame(&mut self, tag: Tag, limit: usize) -> Result<&'a [u8], FrameError> {
        let rest = self.rest();
        let outcome = frame::take(rest, tag, limit);
        match &outcome {
            Ok(body) => self.at += FRAME_HEADER_BYTES + body.len(),
            Err(FrameError::Checksum { .. }) => self.wasted += frame::claimed_length(rest),
            Err(_) => {}
        }
        outcome
    }

    fn head(&mut self) -> Result<SegmentHead, DamageCause> {
        let (offset, dataset) = (self.offset(self.at), self.dataset);
        let body = self
            .frame(Tag::Head, HEAD_BYTES_MAX)
            .map_err(|error| DamageCause::Head { offset, error })?;
        if let Some(&found) = body.first()
            && found != SEGMENT_FORMAT
        {
            return Err(DamageCause::ForeignFormat { offset, found });
        }
        let head: SegmentHead = canonical::decode::<_, HEAD_BYTES_MAX>("a segment's head", body)
            .map_err(|error| DamageCause::HeadBytes { offset, error })?;
        if head.dataset != dataset {
            let (expected, found) = (dataset, head.dataset);
            return Err(DamageCause::Dataset { offset, expected, found });
        }
        let mismatch = |what, expected: u64, found: u64| {
            Err(DamageCause::HeadMismatch { offset, what, expected, found })
        };
        match head {
            SegmentHead { commits, .. } if commits == 0 || commits > SEGMENT_COMMITS_MAX => {
                let nearest = commits.clamp(1, SEGMENT_COMMITS_MAX);
                mismatch("the number of commits", u64::from(nearest), u64::from(commits))
            }
            SegmentHead { blocks, commits, .. } if blocks == 0 || blocks > commits => {
                let nearest = blocks.clamp(1, commits);
                mismatch("the number of blocks", u64::from(nearest), u64::from(blocks))
            }
            SegmentHead { previous: None, first_seq, .. } if first_seq != 0 => {
                mismatch("the first seq without a commit before it", 0, first_seq)
            }
            SegmentHead { previous: Some(_), first_seq: 0, .. } => {
                mismatch("the first seq after another commit", 1, 0)
            }
            SegmentHead { first_seq, commits, .. }
                if first_seq.checked_add(u64::from(commits)).is_none() =>
            {
                mismatch("the first seq", u64::MAX - u64::from(commits), first_seq)
            }
            head => Ok(head),
        }
    }

    fn block(&mut self, run: &mut Run, head: &SegmentHead) -> Result<(), DamageCause> {
        let offset = self.offset(self.at);
        let body = self
            .frame(Tag::Block, FRAME_BYTES_MAX)
            .map_err(|error| DamageCause::Block { offset, error })?;
        let next_seq = run.chain.next_seq;
        let mut cursor = Cursor { bytes: body, offset, seq: next_seq };
        let first_seq = u64::from_le_bytes(cursor.array()?);
        let commits = u32::from_le_bytes(cursor.array()?);
        let mismatch =
            |what, expected, found| Err(DamageCause::Mismatch { offset, what, expected, found });
        if first_seq != next_seq {
            return mismatch("the first seq", next_seq, first_seq);
        }
        let left = head.first_seq + u64::from(head.commits) - next_seq;
        if commits == 0 || u64::from(commits) > left {
            return mismatch("the number of commits", left, u64::from(commits));
        }
        run.take(&mut cursor, commits)?;
        if !cursor.bytes.is_empty() {
            return mismatch(
                "the number of bytes after the last row",
                0,
                cursor.bytes.len() as u64,
            );
        }
        Ok(())
    }

    fn close(&self, run: &Run, head: &SegmentHead, start: usize) -> Result<(), DamageCause> {
        let offset = self.offset(start);
        let (expected, found) = (u64::from(head.commits), run.chain.next_seq - head.first_seq);
        if expected != found {
            let what = "the number of commits in all blocks";
            return Err(DamageCause::HeadMismatch { offset, what, expected, found });
        }
        match run.chain.previous {
            Some(found) if found != head.last => {
                Err(DamageCause::Last { offset, expected: head.last, found })
            }
            _ => Ok(()),
        }
    }
}

/// The chain as far as it is read.
pub(crate) struct Run {
    pub(crate) chain: Chain,
    blocks: Vec<Block>,
    points: Vec<SignedPoint>,
}

impl Run {
    /// `bytes` is what there is from the head's end on: no more blocks fit into it than `blocks`
    /// has room for.
    fn of(head: &SegmentHead, bytes: usize) -> Self {
        let fitting = bytes / (FRAME_HEADER_BYTES + BLOCK_HEAD_BYTES);
        let mut run = Run::starting(head.author, head.first_seq, head.previous);
        run.blocks.reserve_exact(fitting.min(head.blocks as usize));
        run
    }

    pub(crate) fn starting(author: AuthorKey, first_seq: u64, previous: Option<CommitId>) -> Self {
        let chain = Chain::starting(author, first_seq, previous);
        Run { chain, blocks: Vec::new(), points: Vec::new() }
    }

    pub(crate) fn into_segment(self, head: SegmentHead, offset: u64, bytes: u64) -> Segment {
        let Run { mut blocks, mut points, .. } = self;
        // A head may have claimed blocks that are not there.
        blocks.shrink_to_fit();
        points.shrink_to_fit();
        Segment { head, blocks, points, offset, bytes }
    }

    /// Takes the rows of a block. What stands before the damage in them is kept.
    pub(crate) fn take(
        &mut self,
        cursor: &mut Cursor<'_>,
        commits: u32,
    ) -> Result<(), DamageCause> {
        let rows = cursor.bytes;
        let (first_seq, previous) = (self.chain.next_seq, self.chain.previous);
        self.chain.renewed();
        let (mut taken, mut end, mut outcome) = (0, 0, Ok(()));
        while taken < commits && outcome.is_ok() {
            outcome = self.chain.take(cursor).map(|(commit, signature)| {
                let commit = commit.id();
                self.points.extend(signature.map(|signature| SignedPoint { commit, signature }));
                taken += 1;
                end = rows.len() - cursor.bytes.len();
            });
        }
        if taken > 0 {
            self.blocks.push(Block::of_checked(first_seq, previous, taken, rows[..end].to_vec()));
        }
        outcome
    }
}

fn find(bytes: &[u8], tag: &[u8; 3]) -> Option<usize> {
    bytes.windows(3).position(|window| window == tag)
}
