//! One file of segments, read and checked by itself, for whoever puts others in its place.
//!
//! **Invariants**
//! - Every byte that is handed out was checked: header, length, checksums, and the root.
//!
//! What this does not do: go on after damage.

use super::content::Content;
use crate::disk::Disk;
use crate::problem::Problem;
use woodland_format::{
    DatasetId, FILE_HEADER_BYTES, FileHeader, Found, Purpose, Segment, read_segments, segment_root,
};

/// What is known of a file before it is read.
#[derive(Debug, Clone)]
pub(crate) struct KnownFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// The roots at its beginning and at its end.
    pub(crate) start: [u8; 32],
    pub(crate) end: [u8; 32],
}

/// What it holds.
pub(crate) struct WholeFile {
    pub(crate) segments: Vec<Segment>,
    /// The root over its segments alone.
    pub(crate) root: [u8; 32],
}

impl KnownFile {
    /// Reads it. The first thing that is wrong is the error.
    pub(crate) fn read(&self, disk: &dyn Disk, dataset: DatasetId) -> Result<WholeFile, Problem> {
        let name = || self.name.clone();
        let content = Content::read(disk, &self.name, FILE_HEADER_BYTES as u64)?;
        let (expected, found) = (self.bytes, content.length);
        if found < expected {
            return Err(Problem::Short { name: name(), expected, found });
        }
        if found > expected {
            return Err(Problem::Long { name: name(), expected, found });
        }
        let header = FileHeader::decode(&content.header)
            .map_err(|error| Problem::Header { name: name(), error })?;
        if header.purpose != Purpose::Store {
            return Err(Problem::Purpose { name: name() });
        }
        if header.dataset != dataset {
            let (expected, found) = (dataset, header.dataset);
            return Err(Problem::Dataset { name: name(), offset: 16, expected, found });
        }
        let (mut segments, mut root, mut through) = (Vec::new(), [0; 32], self.start);
        for found in read_segments(dataset, &content.body, content.start) {
            match found {
                Found { segment: Some(segment), damage: None } => {
                    let bytes = content.of(&segment);
                    root = segment_root(&root, bytes);
                    through = segment_root(&through, bytes);
                    segments.push(segment);
                }
                Found { damage, .. } => {
                    let damage = Box::new(damage.expect("what is not whole is damaged"));
                    return Err(Problem::Segment { name: name(), damage });
                }
            }
        }
        if through != self.end {
            let (offset, expected, found) = (self.bytes, self.end, through);
            return Err(Problem::Root { name: name(), offset, expected, found });
        }
        Ok(WholeFile { segments, root })
    }
}
