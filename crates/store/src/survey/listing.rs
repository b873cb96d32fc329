//! What stands among the segments: which files count, in which order, and what a cut left beside
//! them.
//!
//! **Invariants**
//! - A leftover is named only where heads and their layout are known: without them, any file may be
//!   the one that counts.
//!
//! What this does not do: read a segment.

use super::{Findings, read_start};
use crate::disk::Disk;
use crate::heads::Heads;
use crate::layout::{self, Entry, LAYOUT_BYTES_MAX, Layout, LayoutName};
use crate::names;
use crate::problem::Problem;
use std::collections::BTreeSet;

/// The layout that heads name; `None` where they name none, or where it cannot be used.
pub(super) fn read_layout(
    disk: &dyn Disk,
    heads: Option<&Heads>,
    findings: &mut Findings,
) -> Option<Layout> {
    layout_of(disk, heads?).unwrap_or_else(|problem| {
        findings.problems.push(problem);
        None
    })
}

/// The layout that heads name; `None` where they name none.
pub(crate) fn layout_of(disk: &dyn Disk, heads: &Heads) -> Result<Option<Layout>, Problem> {
    let Some(LayoutName { number, hash: expected }) = heads.layout else { return Ok(None) };
    let name = names::layout_file(number);
    let (bytes, offset) = read_start(disk, &name, LAYOUT_BYTES_MAX)?;
    match Layout::decode(number, &bytes) {
        Err(error) => Err(Problem::Record { name, offset: 0, error }),
        Ok(layout) => {
            let found = layout::hash(&bytes);
            if found != expected {
                return Err(Problem::Root { name, offset, expected, found });
            }
            Ok(Some(layout))
        }
    }
}

/// The files with segments, in order.
pub(super) struct Listing {
    pub(super) early: Vec<EarlyFile>,
    /// Numbers of the segment files that follow.
    pub(super) appended: Vec<u64>,
    pub(super) leftovers: Vec<String>,
}

/// A file that stands for a part of the history that was merged.
pub(super) struct EarlyFile {
    pub(super) name: String,
    pub(super) number: u64,
    /// What the layout says of it; `None` where that cannot be read.
    pub(super) entry: Option<Entry>,
}

impl EarlyFile {
    fn of(entry: &Entry) -> Self {
        EarlyFile { name: entry.name(), number: entry.number, entry: Some(*entry) }
    }
}

/// What stands among the segments. The first segment file that heads promise and that is not there
/// is reported; one is enough to say.
pub(super) fn list_files(
    disk: &dyn Disk,
    heads: Option<&Heads>,
    layout: Option<&Layout>,
    findings: &mut Findings,
) -> Listing {
    let names = disk.list(names::SEGMENTS).unwrap_or_else(|error| {
        findings.problems.push(Problem::of_disk(names::SEGMENTS, error));
        Vec::new()
    });
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|name| names::segment_number(name)).collect();
    numbers.sort_unstable();
    let early = match layout {
        Some(layout) => layout.entries.iter().map(EarlyFile::of).collect(),
        None => unexplained(&names, heads),
    };
    let first = layout.map_or(1, |layout| layout.end.file_number + 1);
    let is_known = |heads: &Heads| heads.layout.is_none() || layout.is_some();
    let is_complete = heads.is_some_and(is_known);
    if is_complete || heads.is_none() {
        let last = match heads {
            Some(heads) => heads.file_number,
            None => numbers.last().copied().unwrap_or(1),
        };
        if let Some(number) = (first..=last).find(|number| numbers.binary_search(number).is_err()) {
            findings.problems.push(Problem::Missing { name: names::segment_file(number) });
        }
    }
    let leftovers = if is_complete { leftovers(&names, layout) } else { Vec::new() };
    let appended = numbers.into_iter().filter(|number| *number >= first).collect();
    Listing { early, appended, leftovers }
}

/// The merged files of a directory whose layout cannot be read, to be shown.
fn unexplained(names: &[String], heads: Option<&Heads>) -> Vec<EarlyFile> {
    if heads.is_some_and(|heads| heads.layout.is_none()) {
        return Vec::new();
    }
    let number = |name: &String| names::merged_number(name);
    let files = names.iter().filter_map(number);
    files
        .map(|number| EarlyFile { name: names::merged_file(number), number, entry: None })
        .collect()
}

/// Those of the store's names that the layout does not count on.
fn leftovers(names: &[String], layout: Option<&Layout>) -> Vec<String> {
    let counted: BTreeSet<String> = layout.map_or(BTreeSet::new(), |layout| {
        let files = layout.entries.iter().map(Entry::name);
        files.chain([layout.file_name()]).collect()
    });
    let first = layout.map_or(1, |layout| layout.end.file_number + 1);
    let is_ours = |name: &&String| {
        names::merged_number(name).is_some()
            || names::layout_number(name).is_some()
            || names::segment_number(name).is_some_and(|number| number < first)
    };
    let inside = names.iter().filter(is_ours).map(|name| format!("{}/{name}", names::SEGMENTS));
    inside.filter(|name| !counted.contains(name)).collect()
}
