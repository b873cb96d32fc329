//! Notes as bytes.
//!
//! ```text
//!  note     kind u8, then
//!   1 tips      count, tips        tip     author 8, seq, commit 8
//!   2 symbols   count, symbols     symbol  author 8, seq 8, commit 8, check 8, count
//!   3 more      count              count, seq: varint; a symbol's count zigzag
//!   4 gaps      count, gaps        gap     author 8, steps of tips, steps of rungs
//!   5 forks     count, gaps        steps   count, (seq, commit 8)
//! ```
//!
//! **Invariants**
//! - A note has one form: what is decoded encodes to the same bytes, and all bytes are its own.
//! - A count is compared with the bytes that are there before room is made for it.
//!
//! What this does not do: judge a note; [`crate::Settling`] does.

use crate::bytes::{Bytes, NoteError};
use crate::names::{AuthorName, CommitName, NamedTip};
use crate::settle::{Gap, Note, Step};
use crate::sketch::Symbol;
use woodland_format::put_varint;

impl Note {
    /// The bytes of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = vec![self.kind()];
        self.put(&mut to);
        to
    }

    pub(crate) fn kind(&self) -> u8 {
        match self {
            Note::Tips(_) => 1,
            Note::Symbols(_) => 2,
            Note::More(_) => 3,
            Note::Gaps(_) => 4,
            Note::Forks(_) => 5,
        }
    }

    /// What stands behind its kind.
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        match self {
            Note::Tips(tips) => {
                list(to, tips, |to, tip| {
                    to.extend(tip.author.0.to_le_bytes());
                    put_step(to, &(tip.seq, tip.commit));
                });
            }
            Note::Symbols(symbols) => {
                list(to, symbols, |to, symbol| {
                    let Symbol { author, seq, commit, check, count } = symbol;
                    [author, seq, commit, check].iter().for_each(|part| {
                        to.extend(part.to_le_bytes());
                    });
                    put_varint(to, (count.wrapping_shl(1) ^ (count >> 63)) as u64);
                });
            }
            Note::More(symbols) => {
                put_varint(to, *symbols);
            }
            Note::Gaps(gaps) => {
                list(to, gaps, put_gap);
            }
            Note::Forks(gaps) => {
                list(to, gaps, put_gap);
            }
        }
    }

    /// The note that these bytes are.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn decode(bytes: &[u8]) -> Result<Note, NoteError> {
        let mut from = Bytes::of(bytes);
        let kind = from.byte()?;
        let note = Note::take(kind, &mut from)?;
        let note = note.ok_or(NoteError { at: 0, expected: "begins one" })?;
        if !from.is_empty() {
            return Err(from.fails("belongs to it"));
        }
        Ok(note)
    }

    /// The note of this kind; none where there is no such kind.
    pub(crate) fn take(kind: u8, from: &mut Bytes<'_>) -> Result<Option<Note>, NoteError> {
        Ok(Some(match kind {
            1 => Note::Tips(from.list(17, |from| {
                let author = AuthorName(from.number()?);
                let (seq, commit) = step(from)?;
                Ok(NamedTip { author, seq, commit })
            })?),
            2 => Note::Symbols(from.list(33, |from| {
                let [author, seq, commit, check] =
                    [from.number()?, from.number()?, from.number()?, from.number()?];
                let zigzag = from.varint()?;
                let count = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
                Ok(Symbol { author, seq, commit, check, count })
            })?),
            3 => Note::More(from.varint()?),
            4 => Note::Gaps(from.list(10, gap)?),
            5 => Note::Forks(from.list(10, gap)?),
            _ => return Ok(None),
        }))
    }
}

pub(crate) fn list<T>(to: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_varint(to, items.len() as u64);
    items.iter().for_each(|item| put(to, item));
}

pub(crate) fn put_step(to: &mut Vec<u8>, (seq, commit): &Step) {
    put_varint(to, *seq);
    to.extend(commit.0.to_le_bytes());
}

fn put_gap(to: &mut Vec<u8>, gap: &Gap) {
    to.extend(gap.author.0.to_le_bytes());
    list(to, &gap.tips, put_step);
    list(to, &gap.rungs, put_step);
}

pub(crate) fn step(from: &mut Bytes<'_>) -> Result<Step, NoteError> {
    Ok((from.varint()?, CommitName(from.number()?)))
}

fn gap(from: &mut Bytes<'_>) -> Result<Gap, NoteError> {
    let author = AuthorName(from.number()?);
    Ok(Gap { author, tips: from.list(9, step)?, rungs: from.list(9, step)? })
}
