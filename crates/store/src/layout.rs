//! A layout: which files stand for the first part of the history, once it was merged.
//!
//! ```text
//!  layout  0          8       9     12     16          24        32         40    72     80
//!          "WOODLAYT" format  0 0 0 crc32  number u64  file      bytes u64  root  count  entries
//!                                                      number u64           32    u64    56 each
//!
//!  entry   0         8           16         24    56
//!          kind u64  number u64  bytes u64  root  end
//! ```
//!
//! *file number*, *bytes* and *root* are the position up to which the entries stand for the
//! history; from there on it goes on in the segment files that follow. Kind 0 is `segments/NUMBER.wls`, as
//! it was appended to, kind 1 is the merged file `segments/NUMBER.wlm`. *root* of an entry is
//! folded over that file's segments alone, begun with 32 zeros.
//!
//! **Invariants**
//! - A layout is written once, under a name of its own, and never changed; heads hold its number
//!   and the hash of its bytes, so no other can pass for it.
//! - The position is the end of a closed segment file.
//!
//! What this does not do: hold the commits in the order in which they were appended; what was
//! merged has none.

use crate::limits::LAYOUT_FILES_MAX;
use crate::names;
use crate::position::Position;
use crate::record::{self, Magic, RecordError};
use woodland_format::segment_root;

const MAGIC: Magic = Magic(*b"WOODLAYT");
const ENTRIES_AT: usize = 64;
const ENTRY_BYTES: usize = 56;

/// Longest layout that is read.
pub(crate) const LAYOUT_BYTES_MAX: u64 = 80 + LAYOUT_FILES_MAX * ENTRY_BYTES as u64;

/// Which layout heads name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayoutName {
    /// Its number.
    pub number: u64,
    /// The segment root of its bytes as if they were one segment, begun with zeros.
    pub hash: [u8; 32],
}

/// Which files stand for the first part of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) number: u64,
    /// Up to where they do.
    pub(crate) end: Position,
    pub(crate) entries: Vec<Entry>,
}

/// One of these files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    pub(crate) root: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Appended = 0,
    Merged = 1,
}

impl Entry {
    /// The file's name in the dataset directory.
    pub(crate) fn name(&self) -> String {
        match self.kind {
            EntryKind::Appended => names::segment_file(self.number),
            EntryKind::Merged => names::merged_file(self.number),
        }
    }
}

impl Layout {
    /// Its name in the dataset directory.
    pub(crate) fn file_name(&self) -> String {
        names::layout_file(self.number)
    }

    /// What heads say of it.
    pub(crate) fn name(&self) -> LayoutName {
        LayoutName { number: self.number, hash: hash(&self.encode()) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut body = self.number.to_le_bytes().to_vec();
        body.extend_from_slice(&self.end.file_number.to_le_bytes());
        body.extend_from_slice(&self.end.bytes.to_le_bytes());
        body.extend_from_slice(&self.end.root);
        body.extend_from_slice(&(self.entries.len() as u64).to_le_bytes());
        for entry in &self.entries {
            body.extend_from_slice(&(entry.kind as u64).to_le_bytes());
            body.extend_from_slice(&entry.number.to_le_bytes());
            body.extend_from_slice(&entry.bytes.to_le_bytes());
            body.extend_from_slice(&entry.root);
        }
        record::seal_all(MAGIC, &body)
    }

    /// Reads the layout that heads name by `number` from all of its bytes.
    pub(crate) fn decode(number: u64, bytes: &[u8]) -> Result<Self, RecordError> {
        let body = record::unseal_all(MAGIC, bytes)?;
        let short = RecordError::Short { expected: 80, found: bytes.len() };
        let (head, rest) = body.split_first_chunk::<ENTRIES_AT>().ok_or(short)?;
        let mut head = record::Body::of(head);
        let found = head.u64();
        let end = Position { file_number: head.u64(), bytes: head.u64(), root: head.array() };
        let (said, (entries, odd)) = (head.u64(), rest.as_chunks::<ENTRY_BYTES>());
        let wrong = |what, expected, found| Err(RecordError::Value { what, expected, found });
        if found != number {
            return wrong("the layout number", number, found);
        }
        if said != entries.len() as u64 || !odd.is_empty() {
            return wrong("the number of files", entries.len() as u64, said);
        }
        let entries = entries.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Layout { number, end, entries })
    }
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Result<Entry, RecordError> {
    let mut body = record::Body::of(bytes);
    let kind = match body.u64() {
        0 => EntryKind::Appended,
        1 => EntryKind::Merged,
        found => {
            return Err(RecordError::Value { what: "the kind of a file", expected: 1, found });
        }
    };
    Ok(Entry { kind, number: body.u64(), bytes: body.u64(), root: body.array() })
}

/// The hash of a layout's bytes.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    segment_root(&[0; 32], bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_comes_back_and_no_bent_one_does() {
        let end = Position { file_number: 9, bytes: 400, root: [3; 32] };
        let merged = Entry { kind: EntryKind::Merged, number: 2, bytes: 70, root: [1; 32] };
        let kept = Entry { kind: EntryKind::Appended, number: 9, bytes: 400, root: [2; 32] };
        let layout = Layout { number: 5, end, entries: vec![merged, kept] };
        let bytes = layout.encode();
        assert_eq!(Layout::decode(5, &bytes), Ok(layout.clone()));
        let other = RecordError::Value { what: "the layout number", expected: 6, found: 5 };
        assert_eq!(Layout::decode(6, &bytes), Err(other));
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(Layout::decode(5, &bent).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Layout::decode(5, &bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(
            (merged.name().as_str(), kept.name().as_str()),
            ("segments/00000002.wlm", "segments/00000009.wls")
        );
    }

    #[test]
    fn numbers_that_no_writer_writes_are_refused_under_a_checksum_that_holds() {
        let end = Position { file_number: 9, bytes: 400, root: [3; 32] };
        let entry = Entry { kind: EntryKind::Merged, number: 2, bytes: 70, root: [1; 32] };
        let sound = Layout { number: 5, end, entries: vec![entry] }.encode();
        let refused = |at: usize, with: u8| {
            let mut body = sound[16..].to_vec();
            body[at - 16] = with;
            match Layout::decode(5, &record::seal_all(MAGIC, &body)) {
                Err(RecordError::Value { what, .. }) => what,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused(72, 2), "the number of files");
        assert_eq!(refused(80, 2), "the kind of a file");
    }
}
