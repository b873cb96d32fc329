//! Which files are merged next.
//!
//! ```text
//!  layout: M1 M2 M3 │ closed: 7 8 9 │ …until
//!                 └────── 7 8 9 ──┘
//!             M3 joins them while it is no larger than they are together
//! ```
//!
//! Files of the history are taken from the first on that was not merged yet; merged files before
//! them are taken along while they are no larger. So a byte is written again only when what it
//! lies in doubles: the logarithmic method of Bentley and Saxe (1980).
//!
//! **Invariants**
//! - What is chosen is without gaps, and ends at the end of a closed file that lies before `until`.
//! - More than `MERGE_BYTES_MAX` is chosen only as a single file, and that stays as it is.
//!
//! What this does not do: look into a file.

use crate::closed::Closed;
use crate::layout::{Entry, EntryKind, Layout};
use crate::limits::{LAYOUT_FILES_MAX, MERGE_BYTES_MAX};
use crate::names;
use crate::position::Position;
use crate::survey::KnownFile;

/// What is merged, and what of the layout stays before it.
pub(super) struct Choice {
    pub(super) kept: Vec<Entry>,
    pub(super) inputs: Vec<KnownFile>,
    /// The end of what is merged, in the history.
    pub(super) end: Position,
    /// The single file that may stay as it is.
    single: Option<u64>,
}

impl Choice {
    /// `closed` are the records of the files behind the layout, in order; `None` where there is
    /// nothing to merge.
    pub(super) fn make(
        layout: Option<&Layout>,
        closed: &[Closed],
        until: &Position,
    ) -> Option<Choice> {
        let mut kept = layout.map_or(Vec::new(), |layout| layout.entries.clone());
        let mut root = layout.map_or([0; 32], |layout| layout.end.root);
        let lies_before = |file: &&Closed| (file.number, file.bytes) <= until.place();
        let files = closed.iter().take_while(lies_before);
        let (mut inputs, mut total, mut end) = (Vec::new(), 0, None);
        for file in files {
            if total > 0 && total + file.bytes > MERGE_BYTES_MAX {
                break;
            }
            let (name, bytes) = (names::segment_file(file.number), file.bytes);
            inputs.push(KnownFile { name, bytes, start: root, end: file.root });
            (total, root) = (total + bytes, file.root);
            end = Some(Position { file_number: file.number, bytes, root });
        }
        let end = end?;
        while let Some(last) = kept.last() {
            let has_room = last.bytes <= total && total + last.bytes <= MERGE_BYTES_MAX;
            if !has_room {
                break;
            }
            let (name, bytes, end) = (last.name(), last.bytes, last.root);
            inputs.insert(0, KnownFile { name, bytes, start: [0; 32], end });
            total += bytes;
            kept.pop();
        }
        let single = (inputs.len() == 1).then_some(end.file_number);
        let is_full = kept.len() as u64 >= LAYOUT_FILES_MAX;
        (!is_full).then_some(Choice { kept, inputs, end, single })
    }

    /// The file itself, where it is the only one and merging would not make less of it.
    pub(super) fn as_it_is(&self, runs: usize, segments: usize, root: [u8; 32]) -> Option<Entry> {
        let (number, [input]) = (self.single?, &self.inputs[..]) else { return None };
        let is_fine = runs == segments || input.bytes > MERGE_BYTES_MAX;
        let kind = EntryKind::Appended;
        is_fine.then_some(Entry { kind, number, bytes: input.bytes, root })
    }
}
