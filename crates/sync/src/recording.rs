//! A recording: what one side said and heard in a conversation, as a file that only grows.
//!
//! ```text
//!  recording   "WOODTALK", 1 u8, entry, entry, …
//!  entry       0 it said | 1 it heard, length (number), message
//! ```
//!
//! **Invariants**
//! - An entry is written whole before the next; one that was cut short is the last.
//! - Nothing is read that is not there.
//!
//! What this does not do: write files, or say when something was said.

use crate::bytes::{Bytes, NoteError};
use woodland_format::put_varint;

const MAGIC: &[u8; 8] = b"WOODTALK";
const FORMAT: u8 = 1;

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The side that recorded it.
    This,
    /// The other.
    Other,
}

/// The first bytes of a recording.
pub fn begin() -> Vec<u8> {
    [&MAGIC[..], &[FORMAT]].concat()
}

/// The bytes of an entry, to be put behind those before.
pub fn entry(speaker: Speaker, message: &[u8]) -> Vec<u8> {
    let mut to = vec![u8::from(speaker == Speaker::Other)];
    put_varint(&mut to, message.len() as u64);
    to.extend_from_slice(message);
    to
}

/// Whether these bytes begin a recording.
pub fn is_recording(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The entries, in order; what is wrong ends them.
///
/// # Errors
/// [`NoteError`]: no recording, or one of another format.
pub fn read(bytes: &[u8]) -> Result<Entries<'_>, NoteError> {
    let mut from = Bytes::of(bytes);
    if from.take(MAGIC.len() as u64)? != MAGIC {
        return Err(NoteError { at: 0, expected: "begins a recording" });
    }
    if from.byte()? != FORMAT {
        return Err(NoteError { at: MAGIC.len(), expected: "is a format of this release" });
    }
    Ok(Entries { from, is_over: false })
}

/// Made by [`read`].
pub struct Entries<'a> {
    from: Bytes<'a>,
    is_over: bool,
}

impl<'a> Entries<'a> {
    fn entry(&mut self) -> Result<(Speaker, &'a [u8]), NoteError> {
        let speaker = match self.from.byte()? {
            0 => Speaker::This,
            1 => Speaker::Other,
            _ => return Err(NoteError { at: self.from.at - 1, expected: "is 0 or 1" }),
        };
        let length = self.from.varint()?;
        Ok((speaker, self.from.take(length)?))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(Speaker, &'a [u8]), NoteError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over || self.from.is_empty() {
            return None;
        }
        let entry = self.entry();
        self.is_over = entry.is_err();
        Some(entry)
    }
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entries(byte {} of {})", self.from.at, self.from.all.len())
    }
}
