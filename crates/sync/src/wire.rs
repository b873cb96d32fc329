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

use crate::names::{AuthorName, CommitName, NamedTip};
use crate::settle::{Gap, Note, Step};
use crate::sketch::Symbol;
use woodland_format::{put_varint, take_varint};

/// Bytes that are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} of a note is none that {expected}")]
pub struct NoteError {
    /// How many bytes were good.
    pub at: usize,
    /// What was to come.
    pub expected: &'static str,
}

impl Note {
    /// The bytes of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Vec::new();
        match self {
            Note::Tips(tips) => {
                to.push(1);
                list(&mut to, tips, |to, tip| {
                    to.extend(tip.author.0.to_le_bytes());
                    put_step(to, &(tip.seq, tip.commit));
                });
            }
            Note::Symbols(symbols) => {
                to.push(2);
                list(&mut to, symbols, |to, symbol| {
                    let Symbol { author, seq, commit, check, count } = symbol;
                    [author, seq, commit, check].iter().for_each(|part| {
                        to.extend(part.to_le_bytes());
                    });
                    put_varint(to, (count.wrapping_shl(1) ^ (count >> 63)) as u64);
                });
            }
            Note::More(symbols) => {
                to.push(3);
                put_varint(&mut to, *symbols);
            }
            Note::Gaps(gaps) => {
                to.push(4);
                list(&mut to, gaps, put_gap);
            }
            Note::Forks(gaps) => {
                to.push(5);
                list(&mut to, gaps, put_gap);
            }
        }
        to
    }

    /// The note that these bytes are.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn decode(bytes: &[u8]) -> Result<Note, NoteError> {
        let mut from = Bytes { all: bytes, at: 0 };
        let note = match from.byte()? {
            1 => Note::Tips(from.list(17, |from| {
                let author = AuthorName(from.number()?);
                let (seq, commit) = from.step()?;
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
            4 => Note::Gaps(from.list(10, Bytes::gap)?),
            5 => Note::Forks(from.list(10, Bytes::gap)?),
            _ => return Err(NoteError { at: 0, expected: "begins one" }),
        };
        if from.at < bytes.len() {
            return Err(from.fails("belongs to it"));
        }
        Ok(note)
    }
}

fn list<T>(to: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_varint(to, items.len() as u64);
    items.iter().for_each(|item| put(to, item));
}

fn put_step(to: &mut Vec<u8>, (seq, commit): &Step) {
    put_varint(to, *seq);
    to.extend(commit.0.to_le_bytes());
}

fn put_gap(to: &mut Vec<u8>, gap: &Gap) {
    to.extend(gap.author.0.to_le_bytes());
    list(to, &gap.tips, put_step);
    list(to, &gap.rungs, put_step);
}

struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn fails(&self, expected: &'static str) -> NoteError {
        NoteError { at: self.at, expected }
    }

    fn byte(&mut self) -> Result<u8, NoteError> {
        let byte = *self.all.get(self.at).ok_or_else(|| self.fails("is there"))?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, NoteError> {
        let bytes = self.all.get(self.at..self.at + 8).and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(|| self.fails("begins eight"))?;
        self.at += 8;
        Ok(u64::from_le_bytes(bytes))
    }

    fn varint(&mut self) -> Result<u64, NoteError> {
        let mut rest = &self.all[self.at..];
        let number = take_varint(&mut rest).map_err(|_| self.fails("begins a number"))?;
        self.at = self.all.len() - rest.len();
        Ok(number)
    }

    fn list<T>(
        &mut self,
        least_bytes: usize,
        mut take: impl FnMut(&mut Self) -> Result<T, NoteError>,
    ) -> Result<Vec<T>, NoteError> {
        let count = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if count > (self.all.len() - self.at) / least_bytes {
            return Err(self.fails("begins so many"));
        }
        (0..count).map(|_| take(self)).collect()
    }

    fn step(&mut self) -> Result<Step, NoteError> {
        Ok((self.varint()?, CommitName(self.number()?)))
    }

    fn gap(&mut self) -> Result<Gap, NoteError> {
        let author = AuthorName(self.number()?);
        Ok(Gap { author, tips: self.list(9, Bytes::step)?, rungs: self.list(9, Bytes::step)? })
    }
}
