//! A text: a sequence of bytes with tombstones.
//!
//! **Invariants**
//! - The visible bytes are UTF-8 at every version, and for every author: edits take and leave whole
//!   characters, and count or not as a whole.

use crate::oracle::content::op_of;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::sequence::{ROOT, Sequence};
use crate::oracle::sight::{Sight, Verdict};
use woodland_format::TextOp;

/// One text and all that ever happened to it.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sequence: Sequence,
    /// By number of the element; the root's means nothing.
    bytes: Vec<u8>,
    /// By number of the element: the ops that deleted it.
    deleted: Vec<Vec<Stamp>>,
}

impl Default for Text {
    fn default() -> Self {
        Text { sequence: Sequence::default(), bytes: vec![0], deleted: vec![vec![]] }
    }
}

impl Text {
    /// Applies an op, or says why it is void.
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, op: &[u8]) -> Verdict {
        let op: TextOp = op_of(op)?;
        let is_visible = |at: &usize| {
            let is_deleted = self.deleted[*at].iter().any(|by| sight.counts(*by));
            sight.counts(self.sequence.inserted(*at)) && !is_deleted
        };
        let visible: Vec<usize> =
            self.sequence.seen_by(sight).into_iter().filter(is_visible).collect();
        let text = self.string(&visible);
        match op {
            TextOp::Insert { at, text: inserted } => {
                let at = at as usize;
                if inserted.is_empty() {
                    return Err("empty-edit");
                }
                if !text.is_char_boundary(at) {
                    return Err("bad-position");
                }
                let left_origin = if at == 0 { ROOT } else { visible[at - 1] };
                self.sequence.insert(sight, left_origin, inserted.len());
                self.bytes.extend(inserted.as_bytes());
                self.deleted.resize(self.bytes.len(), vec![]);
            }
            TextOp::Delete { at, bytes } => {
                let (at, bytes) = (at as usize, bytes as usize);
                if bytes == 0 {
                    return Err("empty-edit");
                }
                if !text.is_char_boundary(at) || !text.is_char_boundary(at + bytes) {
                    return Err("bad-position");
                }
                for element in &visible[at..at + bytes] {
                    self.deleted[*element].push(sight.stamp);
                }
            }
        }
        Ok(())
    }

    /// The text as everybody sees it who holds the whole version.
    pub(crate) fn shown(&self, past: &Past) -> String {
        let is_visible = |at: &usize| {
            let is_deleted = self.deleted[*at].iter().any(|by| past.counts(*by));
            past.counts(self.sequence.inserted(*at)) && !is_deleted
        };
        let visible: Vec<usize> = self.sequence.list().iter().copied().filter(is_visible).collect();
        self.string(&visible)
    }

    fn string(&self, elements: &[usize]) -> String {
        let bytes = elements.iter().map(|at| self.bytes[*at]).collect();
        String::from_utf8(bytes).expect("edits take and leave whole characters")
    }
}
