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

use crate::canonical;
use crate::commit::{Commit, CommitError, HashedPayload, SignedPoint};
use crate::damage::{Damage, DamageCause};
use crate::frame::{self, FRAME_HEADER_BYTES, FrameError, Tag};
use crate::header::{HEADER_FORMAT, Header, HeaderError, Position, SchemaChange};
use crate::id::{AuthorKey, CommitId, DatasetId, PayloadHash, SchemaId, Signature};
use crate::limits::SEGMENT_COMMITS_MAX;
use crate::limits::{FRAME_BYTES_MAX, HEADER_BYTES_MAX, PARENTS_MAX, PAYLOAD_BYTES_MAX};
use crate::segment::{SEGMENT_FORMAT, SegmentHead, row};

const HEAD_BYTES_MAX: usize = 256;
/// What every frame's tag begins with.
const FRAME_TAG: &[u8; 3] = b"SEG";

/// The commits of a segment, decoded, and the signatures that stood with them.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What the segment says about itself.
    pub head: SegmentHead,
    /// Its commits, or as many as stand before the damage.
    pub commits: Vec<Commit>,
    /// Its signatures, not verified.
    pub points: Vec<SignedPoint>,
    /// Where its head stands: bytes from the beginning of the file.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
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
        let mut run = Run::of(&head);
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
                _ => run.next_seq,
            };
            let intact = (head.first_seq, end);
            self.damage(number, Some(head.author), at, intact, cause)
        });
        let (offset, bytes) = (self.offset(start), (self.at - start) as u64);
        let segment = Segment { head, commits: run.commits, points: run.points, offset, bytes };
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
        let mut cursor = Cursor { bytes: body, offset, seq: run.next_seq };
        let first_seq = cursor.u64()?;
        let commits = cursor.u32()?;
        let mismatch =
            |what, expected, found| Err(DamageCause::Mismatch { offset, what, expected, found });
        if first_seq != run.next_seq {
            return mismatch("the first seq", run.next_seq, first_seq);
        }
        let left = head.first_seq + u64::from(head.commits) - run.next_seq;
        if commits == 0 || u64::from(commits) > left {
            return mismatch("the number of commits", left, u64::from(commits));
        }
        for _ in 0..commits {
            cursor.seq = run.next_seq;
            run.take_row(&mut cursor)?;
        }
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
        let (expected, found) = (u64::from(head.commits), run.commits.len() as u64);
        if expected != found {
            let what = "the number of commits in all blocks";
            return Err(DamageCause::HeadMismatch { offset, what, expected, found });
        }
        match run.previous {
            Some(found) if found != head.last => {
                Err(DamageCause::Last { offset, expected: head.last, found })
            }
            _ => Ok(()),
        }
    }
}

/// The chain as far as it is decoded.
struct Run {
    author: AuthorKey,
    next_seq: u64,
    previous: Option<CommitId>,
    turn: Option<u64>,
    commits: Vec<Commit>,
    points: Vec<SignedPoint>,
}

impl Run {
    fn of(head: &SegmentHead) -> Self {
        Run {
            author: head.author,
            next_seq: head.first_seq,
            previous: head.previous,
            turn: None,
            commits: Vec::new(),
            points: Vec::new(),
        }
    }

    fn take_row(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DamageCause> {
        let flags = cursor.take(1)?[0];
        if flags & row::UNKNOWN != 0 {
            return Err(cursor.broken("has a flag that this release does not know"));
        }
        let commit = if flags & row::HEADER != 0 {
            self.first(flags, cursor)?
        } else {
            self.next(flags, cursor)?
        };
        if flags & row::SIGNED != 0 {
            let signature = Signature(cursor.array()?);
            self.points.push(SignedPoint { commit: commit.id(), signature });
        }
        self.turn = Some(commit.turn());
        self.previous = Some(commit.id());
        self.next_seq += 1;
        self.commits.push(commit);
        Ok(())
    }

    fn first(&self, flags: u8, cursor: &mut Cursor<'_>) -> Result<Commit, DamageCause> {
        let spelled = row::TURN | row::PARENTS | row::ADOPT | row::INTRODUCE;
        if flags & spelled != 0 {
            return Err(cursor.broken("has a whole header and parts of one"));
        }
        let length = cursor.u32()? as usize;
        if length > HEADER_BYTES_MAX {
            return Err(cursor.broken("has a header over the limit"));
        }
        let bytes = cursor.take(length)?;
        let (offset, seq) = (cursor.offset, cursor.seq);
        let bad = |error| DamageCause::Commit { offset, seq, error };
        let header = Header::decode(bytes).map_err(|error| bad(error.into()))?;
        if header.first_author().is_none() || self.next_seq != 0 {
            return Err(cursor.broken("has a whole header, which only a chain's first commit has"));
        }
        let (_, payload) = cursor.payload(flags)?;
        Commit::of_checked(self.author, header, payload).map_err(bad)
    }

    fn next(&self, flags: u8, cursor: &mut Cursor<'_>) -> Result<Commit, DamageCause> {
        let Some(backlink) = self.previous else {
            return Err(cursor.broken("is a chain's first and lacks its whole header"));
        };
        let turn = match (flags & row::TURN != 0, self.turn) {
            (true, _) => cursor.u64()?,
            (false, Some(turn)) => turn,
            (false, None) => return Err(cursor.broken("is the segment's first and lacks its turn")),
        };
        let parents = if flags & row::PARENTS != 0 { cursor.parents()? } else { Vec::new() };
        let schema = match flags & (row::ADOPT | row::INTRODUCE) {
            0 => SchemaChange::Keep,
            row::ADOPT => SchemaChange::Adopt(SchemaId(cursor.array()?)),
            row::INTRODUCE => SchemaChange::Introduce(SchemaId(cursor.array()?)),
            _ => return Err(cursor.broken("adopts and introduces a schema at once")),
        };
        let (payload_bytes, payload) = cursor.payload(flags)?;
        let header = Header {
            format: HEADER_FORMAT,
            position: Position::Next { backlink, seq: self.next_seq, schema },
            payload_hash: payload.hash(),
            payload_bytes,
            turn,
            parents,
        };
        let (offset, seq) = (cursor.offset, cursor.seq);
        header
            .check()
            .map_err(CommitError::from)
            .and_then(|()| Commit::of_checked(self.author, header, payload))
            .map_err(|error| DamageCause::Commit { offset, seq, error })
    }
}

/// Takes parts off the front of a block; every take is checked.
struct Cursor<'a> {
    bytes: &'a [u8],
    offset: u64,
    seq: u64,
}

impl<'a> Cursor<'a> {
    fn broken(&self, reason: &'static str) -> DamageCause {
        DamageCause::Row { offset: self.offset, seq: self.seq, reason }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DamageCause> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.broken("ends after the block does"));
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DamageCause> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, DamageCause> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, DamageCause> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn parents(&mut self) -> Result<Vec<CommitId>, DamageCause> {
        let count = usize::from(u16::from_le_bytes(self.array()?));
        if count == 0 {
            return Err(self.broken("has a list of parents without any"));
        }
        if count > PARENTS_MAX {
            let error = HeaderError::TooManyParents { found: count }.into();
            return Err(DamageCause::Commit { offset: self.offset, seq: self.seq, error });
        }
        let bytes = self.take(count * CommitId::BYTES)?;
        let (ids, _) = bytes.as_chunks::<{ CommitId::BYTES }>();
        Ok(ids.iter().map(|id| CommitId(*id)).collect())
    }

    fn payload(&mut self, flags: u8) -> Result<(u32, HashedPayload), DamageCause> {
        let length = self.u32()?;
        if length as usize > PAYLOAD_BYTES_MAX {
            let error = HeaderError::PayloadTooLong { found: u64::from(length) }.into();
            return Err(DamageCause::Commit { offset: self.offset, seq: self.seq, error });
        }
        if flags & row::ERASED != 0 {
            return Ok((length, HashedPayload::erased(length, PayloadHash(self.array()?))));
        }
        let payload = self.take(length as usize)?;
        Ok((length, HashedPayload::of(payload.into())))
    }
}

fn find(bytes: &[u8], tag: &[u8; 3]) -> Option<usize> {
    bytes.windows(3).position(|window| window == tag)
}
