//! Merging: small segments and small files become large ones, beside a writer that goes on.
//!
//! ```text
//!  choose ─ read and check ─ join ─ write `.wlm` ─ sync ─ write `.layout` ─ sync ─ sync folder
//!                                                                                       │
//!          remove what nobody counts on  ◄─ write the other slot, too ◄─ flip heads ◄───┘  swap
//! ```
//!
//! Everything is written afresh, under names that were not there. Up to the flip the directory is
//! what it was, with some files more; from then on it is what was merged, with some files more.
//! What is more is removed, now or at the next opening.
//!
//! **Invariants**
//! - Every commit that was there is there afterwards, with its payload or without as before, and
//!   every signature that vouches for what no other does.
//! - All room on the disk is taken before the swap, which only writes over a record that is there:
//!   a full disk leaves everything as it was, and the store goes on.
//! - A file is removed only when both slots of heads are durable and neither counts on it.
//! - The work of one call is bounded by `MERGE_BYTES_MAX`, and by the file where one is larger.
//!
//! What this does not do: merge what lies behind the position that it was given, for of that point
//! somebody may want to go on; or order anything: what was merged has no order.

mod choice;
mod join;
mod points;

use crate::closed::{CLOSED_BYTES, Closed};
use crate::disk::{Access, Disk, DiskError};
use crate::heads::Heads;
use crate::layout::{Entry, EntryKind, Layout};
use crate::names;
use crate::position::Position;
use crate::problem::Problem;
use crate::store::{Store, TurnError};
use crate::survey::{WholeFile, layout_of};
use choice::Choice;
use points::Needed;
use woodland_format::{
    CommitId, DatasetId, FILE_HEADER_BYTES, FileHeader, Purpose, Segment, segment_root,
};

/// As many bytes are written at once.
const WRITE_BYTES: usize = 4 * 1024 * 1024;

/// What a merging changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Maintained {
    /// How many files were read; 0 where there was nothing to do, and there is nothing more.
    pub files: u64,
    /// How many segments there were in them.
    pub segments_before: u64,
    /// How many there are instead.
    pub segments_after: u64,
    /// How many bytes they had.
    pub bytes_before: u64,
    /// How many bytes there are instead.
    pub bytes_after: u64,
}

/// Nothing was merged, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaintainError {
    /// An earlier write failed.
    #[error(
        "an earlier write failed and what of it is on the disk is unknown: open the store again"
    )]
    Poisoned,
    /// Damaged bytes. Nothing was changed.
    #[error("{problem}; nothing was merged: see all with woodland-dump, restore a copy")]
    Damaged {
        /// What does not hold.
        problem: Problem,
    },
    /// The disk failed before anything counted on what was written. The store is as it was, and
    /// goes on.
    #[error("{0}; nothing was merged and nothing is lost: merge again when the disk has room")]
    Unprepared(#[source] DiskError),
    /// The disk failed in the swap. Whether it was merged, opening again tells.
    #[error("{0}; the store takes no more writes: open it again")]
    Disk(#[source] DiskError),
}

impl From<Problem> for MaintainError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unreadable(error) => MaintainError::Unprepared(error),
            problem => MaintainError::Damaged { problem },
        }
    }
}

impl Store {
    /// Merges small segments and small files among those that are closed and lie wholly before
    /// `until`, some at a time: call it again until it reads no file. Others may append meanwhile.
    /// Positions before `until` may be of no use afterwards; `until` and later ones stay.
    ///
    /// # Errors
    /// [`MaintainError`]; only `Disk` poisons the store.
    pub fn maintain(&self, until: &Position) -> Result<Maintained, MaintainError> {
        self.maintain_keeping(until, &|_| false)
    }

    /// The same, and keeps the signatures of the commits of which that is said, though others make
    /// up for them.
    ///
    /// # Errors
    /// As [`Store::maintain`].
    pub fn maintain_keeping(
        &self,
        until: &Position,
        is_needed: &dyn Fn(&CommitId) -> bool,
    ) -> Result<Maintained, MaintainError> {
        let _alone = self.maintenance();
        if self.is_poisoned() {
            return Err(MaintainError::Poisoned);
        }
        let (disk, heads) = (self.disk(), self.heads());
        let layout = layout_of(disk, &heads)?;
        let first = layout.as_ref().map_or(1, |layout| layout.end.file_number + 1);
        let closed = closed_from(disk, first, &heads)?;
        let Some(choice) = Choice::make(layout.as_ref(), &closed, until) else {
            return Ok(Maintained::default());
        };
        let files: Vec<WholeFile> = choice
            .inputs
            .iter()
            .map(|file| file.read(disk, heads.dataset))
            .collect::<Result<_, _>>()?;
        let mut maintained = Maintained {
            files: files.len() as u64,
            segments_before: files.iter().map(|file| file.segments.len() as u64).sum(),
            bytes_before: choice.inputs.iter().map(|input| input.bytes).sum(),
            ..Maintained::default()
        };
        let next = Next::of(disk, layout.as_ref(), &choice)?;
        let prepared = match prepare(disk, heads.dataset, &choice, &next, files, is_needed) {
            Ok(prepared) => prepared,
            Err(error) => {
                next.abandon(disk);
                return Err(MaintainError::Unprepared(error));
            }
        };
        let Prepared { layout: after, segments, bytes } = prepared;
        (maintained.segments_after, maintained.bytes_after) = (segments, bytes);
        #[cfg(planted)]
        if woodland_format::planted::is("former-removed-before-swap") {
            remove_former(disk, &choice, layout.as_ref(), &after);
        }
        self.swap(&after)?;
        remove_former(disk, &choice, layout.as_ref(), &after);
        Ok(maintained)
    }

    /// Makes both slots of heads name this layout.
    fn swap(&self, layout: &Layout) -> Result<(), MaintainError> {
        let (disk, name) = (self.disk(), Some(layout.name()));
        let swapped = self.alone(|writer| {
            writer.flip(disk, Heads { layout: name, ..*writer.heads() })?;
            #[cfg(planted)]
            if woodland_format::planted::is("former-removed-after-one-flip") {
                return Ok(());
            }
            writer.flip(disk, *writer.heads())
        });
        swapped.map_err(|error| match error {
            TurnError::Poisoned => MaintainError::Poisoned,
            TurnError::Disk(error) => MaintainError::Disk(error),
        })
    }
}

/// The records of the files from `first` on, before the one that heads name.
fn closed_from(disk: &dyn Disk, first: u64, heads: &Heads) -> Result<Vec<Closed>, Problem> {
    let mut records = Vec::new();
    for number in first..heads.file_number {
        let (name, offset) = (names::CLOSED, Closed::offset(number));
        let mut bytes = [0; CLOSED_BYTES];
        disk.read_at(name, offset, &mut bytes).map_err(|error| Problem::of_disk(name, error))?;
        let record = Closed::decode(number, &bytes).map_err(|error| {
            let name = name.to_owned();
            Problem::Record { name, offset, error }
        })?;
        records.push(record);
    }
    Ok(records)
}

/// Names that are not taken.
struct Next {
    layout: u64,
    merged: u64,
}

impl Next {
    fn of(
        disk: &dyn Disk,
        layout: Option<&Layout>,
        choice: &Choice,
    ) -> Result<Self, MaintainError> {
        let listed = disk.list(names::SEGMENTS).map_err(MaintainError::Unprepared)?;
        let highest = |numbers: &mut dyn Iterator<Item = u64>| numbers.max().unwrap_or(0);
        let merged = highest(&mut listed.iter().filter_map(|name| names::merged_number(name)));
        let layouts = highest(&mut listed.iter().filter_map(|name| names::layout_number(name)));
        let counted = choice.kept.iter().filter(|entry| entry.kind == EntryKind::Merged);
        let counted = highest(&mut counted.map(|entry| entry.number));
        Ok(Next {
            layout: layouts.max(layout.map_or(0, |layout| layout.number)) + 1,
            merged: merged.max(counted) + 1,
        })
    }

    /// Removes what was written under these names, as well as it can be.
    fn abandon(&self, disk: &dyn Disk) {
        for name in [names::merged_file(self.merged), names::layout_file(self.layout)] {
            remove_if_there(disk, &name);
        }
    }
}

struct Prepared {
    layout: Layout,
    segments: u64,
    bytes: u64,
}

/// Writes all that the swap will count on, and makes it durable.
fn prepare(
    disk: &dyn Disk,
    dataset: DatasetId,
    choice: &Choice,
    next: &Next,
    files: Vec<WholeFile>,
    is_needed: Needed<'_>,
) -> Result<Prepared, DiskError> {
    let root = files.first().map_or([0; 32], |file| file.root);
    let segments: Vec<Segment> = files.into_iter().flat_map(|file| file.segments).collect();
    let before = segments.len();
    let runs = join::runs(segments);
    let (entry, count) = match choice.as_it_is(runs.len(), before, root) {
        Some(entry) => (entry, before as u64),
        None => write_merged(disk, dataset, next.merged, &runs, is_needed)?,
    };
    let entries = choice.kept.iter().copied().chain([entry]).collect();
    let layout = Layout { number: next.layout, end: choice.end, entries };
    let name = layout.file_name();
    disk.create_file(&name, Access::Shared)?;
    disk.write_at(&name, 0, &layout.encode())?;
    disk.sync(&name)?;
    #[cfg(planted)]
    if woodland_format::planted::is("layout-name-not-synced") {
        return Ok(Prepared { layout, segments: count, bytes: entry.bytes });
    }
    disk.sync_folder(names::SEGMENTS)?;
    Ok(Prepared { layout, segments: count, bytes: entry.bytes })
}

/// Writes the runs as segments of one file, and says how many they became.
fn write_merged(
    disk: &dyn Disk,
    dataset: DatasetId,
    number: u64,
    runs: &[join::Run],
    is_needed: Needed<'_>,
) -> Result<(Entry, u64), DiskError> {
    let name = names::merged_file(number);
    disk.create_file(&name, Access::Shared)?;
    let mut waiting = FileHeader { purpose: Purpose::Store, dataset }.encode().to_vec();
    let mut entry = Entry { kind: EntryKind::Merged, number, bytes: 0, root: [0; 32] };
    let mut count = 0;
    for segment in runs.iter().flat_map(|run| run.segments(dataset, is_needed)) {
        count += 1;
        entry.root = segment_root(&entry.root, &segment);
        waiting.extend_from_slice(&segment);
        if waiting.len() >= WRITE_BYTES {
            disk.write_at(&name, entry.bytes, &waiting)?;
            entry.bytes += waiting.len() as u64;
            waiting.clear();
        }
    }
    disk.write_at(&name, entry.bytes, &waiting)?;
    entry.bytes += waiting.len() as u64;
    debug_assert!(entry.bytes > FILE_HEADER_BYTES as u64, "a merged file holds segments");
    #[cfg(planted)]
    if woodland_format::planted::is("merged-not-synced") {
        return Ok((entry, count));
    }
    disk.sync(&name)?;
    Ok((entry, count))
}

/// Removes the files that only the layout before counted on. What stays is removed at the next
/// opening.
fn remove_former(disk: &dyn Disk, choice: &Choice, before: Option<&Layout>, after: &Layout) {
    let is_former = |name: &String| after.entries.iter().all(|entry| entry.name() != *name);
    let inputs = choice.inputs.iter().map(|input| input.name.clone());
    for name in inputs.filter(is_former).chain(before.map(Layout::file_name)) {
        remove_if_there(disk, &name);
    }
}

fn remove_if_there(disk: &dyn Disk, name: &str) {
    match disk.remove(name) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a file that nothing counts on stays until the next opening");
        }
        _ => {}
    }
}
