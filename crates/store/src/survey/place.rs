//! What is known of a file before it is read: from heads, `closed` or the layout.
//!
//! **Invariants**
//! - Nothing in it comes from the file itself.
//!
//! What this does not do: hold for the file; that is what the walk finds out.

use woodland_format::FILE_HEADER_BYTES;

/// What is known of a file before it is read.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// It stands for a part that was merged: these bytes, with this root of its own.
    Early { bytes: u64, root: [u8; 32] },
    /// All of it is acknowledged: these bytes, ending in this root.
    Closed { bytes: u64, root: [u8; 32] },
    /// Heads name it.
    Current { bytes: u64, root: [u8; 32] },
    /// It follows the one that heads name; nothing in it is acknowledged.
    Next,
    /// Nothing.
    Unknown,
}

impl Place {
    /// How many of its bytes are acknowledged; `None` where nothing says so.
    pub(super) fn acknowledged_bytes(self) -> Option<u64> {
        match self {
            Place::Early { bytes, .. }
            | Place::Closed { bytes, .. }
            | Place::Current { bytes, .. } => Some(bytes),
            Place::Next => Some(FILE_HEADER_BYTES as u64),
            Place::Unknown => None,
        }
    }

    /// The root at the end of those; `None` where nothing says so.
    pub(super) fn root(self) -> Option<[u8; 32]> {
        match self {
            Place::Early { root, .. }
            | Place::Closed { root, .. }
            | Place::Current { root, .. } => Some(root),
            Place::Next | Place::Unknown => None,
        }
    }
}
