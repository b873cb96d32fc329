//! Bytes from outside, taken from the front.
//!
//! **Invariants**
//! - A count is compared with the bytes that are there before room is made for it.
//! - What does not fit is named by its place and by what was due there.
//!
//! What this does not do: know what the parts mean.

use woodland_format::take_varint;

/// Bytes that are not what peers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} is none that {expected}")]
pub struct NoteError {
    /// How many bytes were good.
    pub at: usize,
    /// What was to come.
    pub expected: &'static str,
}

pub(crate) struct Bytes<'a> {
    pub(crate) all: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Bytes<'a> {
    pub(crate) fn of(all: &'a [u8]) -> Self {
        Bytes { all, at: 0 }
    }

    /// Whether all are taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.all.len()
    }

    /// So many of them.
    pub(crate) fn take(&mut self, length: u64) -> Result<&'a [u8], NoteError> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let bytes = end.and_then(|end| self.all.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.fails("begins so many"))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], NoteError> {
        let bytes = self.take(N as u64)?;
        Ok(bytes.try_into().expect("as many as were taken"))
    }

    pub(crate) fn fails(&self, expected: &'static str) -> NoteError {
        NoteError { at: self.at, expected }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, NoteError> {
        let byte = *self.all.get(self.at).ok_or_else(|| self.fails("is there"))?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, NoteError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, NoteError> {
        let mut rest = &self.all[self.at..];
        let number = take_varint(&mut rest).map_err(|_| self.fails("begins a number"))?;
        self.at = self.all.len() - rest.len();
        Ok(number)
    }

    pub(crate) fn list<T>(
        &mut self,
        least_bytes: usize,
        mut take: impl FnMut(&mut Self) -> Result<T, NoteError>,
    ) -> Result<Vec<T>, NoteError> {
        let count = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if count > (self.all.len() - self.at) / least_bytes {
            return Err(self.fails("begins so many"));
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(take(self)?);
        }
        Ok(items)
    }
}
