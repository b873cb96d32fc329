//! Opening a dataset directory: lock, read and check all, and mend what a cut left.
//!
//! Past the acknowledged bytes, whole segments are kept and the torn rest is cut off. What is kept
//! is written again before it is synced and acknowledged: a sync that failed earlier may have left
//! it in the system's memory alone, marked as clean.
//!
//! **Invariants**
//! - The survey comes first: with any problem nothing is written.
//! - When `open` returns, all that it hands out is durable and acknowledged.
//!
//! What this does not do: repair damage. What can be read of a refused directory, `inspect` shows.

use crate::disk::{Disk, DiskError, LockGuard};
use crate::heads::Heads;
use crate::limits::READ_ATTEMPTS_MAX;
use crate::names;
use crate::place::Moved;
use crate::position::Position;
use crate::problem::Problem;
use crate::renew::remove_leftover;
use crate::store::Store;
use crate::survey::{
    Extent, FileReport, Inspection, Survey, TornTail, Unreadable, newest_heads, survey,
};
use crate::writer::Writer;
use std::io::ErrorKind;
use std::sync::Arc;
use woodland_format::{DatasetId, FILE_HEADER_BYTES, SecretKey, Segment};

/// A dataset directory, opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// What appends to it.
    pub store: Store,
    /// Whose log it holds.
    pub dataset: DatasetId,
    /// The author's key.
    pub key: SecretKey,
    /// All segments in the order in which they were appended.
    pub segments: Vec<StoredSegment>,
    /// Why the key may be in use elsewhere: take a new one ([`Store::renew`]) before writing.
    pub moved: Option<Moved>,
    /// What was cut off.
    pub torn: Option<TornTail>,
    /// What is not as it should be, and was no reason to refuse.
    pub warnings: Vec<Problem>,
}

/// A segment and where it stands; `segment.offset` counts in that file.
#[derive(Debug, Clone)]
pub struct StoredSegment {
    /// The file's name in the dataset directory.
    pub name: Arc<str>,
    /// The segment.
    pub segment: Segment,
}

/// A dataset directory was not opened. Unless the disk failed in the middle of mending, nothing in
/// it has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The caller's mistake: nothing is there, or an empty folder.
    #[error("there is no dataset here: create one, or look at the path")]
    NothingHere,
    /// The caller's mistake: the place is a file.
    #[error("the place is a file, expected a dataset's folder; a log file is merged, not opened")]
    NotAFolder,
    /// The caller's mistake: another handle or process has it open.
    #[error("another handle or process has the dataset open: close it there first")]
    Locked,
    /// A newer release wrote it. Nothing is wrong with it.
    #[error("{problem}")]
    ForeignFormat {
        /// Where this release stops to understand.
        problem: Problem,
    },
    /// Damaged bytes.
    #[error("{problem}{}; nothing was changed: see all with woodland-dump, restore a copy", and(*more))]
    Damaged {
        /// The first problem.
        problem: Problem,
        /// How many more there are.
        more: usize,
    },
    /// A copy whose files are of different moments: some lack what others speak of.
    #[error(
        "{problem}; this is a copy: was it made while the dataset was in use? \
         copy it again while it is closed, or join from the original"
    )]
    Mixed {
        /// The first thing that does not fit.
        problem: Problem,
    },
    /// The creation of this directory did not come to its end, so nothing was ever written to it.
    #[error(
        "its creation was cut short before `heads` was made: empty the folder and create again"
    )]
    Unfinished,
    /// The position is none of this history: it was taken from another one, or the directory went
    /// back in time, or what lies behind it was merged since, or bytes behind it are damaged.
    #[error(
        "file {} at byte {} is no place in the history that is stored here: open the whole \
         dataset, and derive again what was kept for that place",
        position.file_number, position.bytes
    )]
    NotAPrefix {
        /// The position that was asked for.
        position: Position,
    },
    /// The disk failed.
    #[error("{0}; try again once the disk works")]
    Disk(#[source] DiskError),
}

fn and(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more)") }
}

impl Store {
    /// Opens a dataset directory and hands out all its segments.
    ///
    /// # Errors
    /// [`OpenError`] names the first thing in the way.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Opened, OpenError> {
        open(disk, |_| Extent::Whole)
    }

    /// Opens a dataset directory and hands out the segments after a position of its history. What
    /// lies before it is not read: of those files, names and lengths are checked, and the roots
    /// show that the position is one of this history.
    ///
    /// # Errors
    /// [`OpenError`] names the first thing in the way; [`OpenError::NotAPrefix`] where the position
    /// is of no use here, and then [`Store::open`] tells why.
    pub fn open_after(disk: Arc<dyn Disk>, position: &Position) -> Result<Opened, OpenError> {
        open(disk, |_| Extent::After(*position))
    }

    /// Opens a dataset directory, and asks for the position once it is locked: so that what is kept
    /// beside the segments for that position can be looked at by one process at a time. Without a
    /// position it hands out all segments.
    ///
    /// # Errors
    /// As of [`Store::open_after`].
    pub fn open_derived(
        disk: Arc<dyn Disk>,
        position: impl FnOnce() -> Option<Position>,
    ) -> Result<Opened, OpenError> {
        open(disk, |lock| match lock {
            Some(_) => position().map_or(Extent::Whole, Extent::After),
            None => Extent::Whole,
        })
    }

    /// Reads everything, for people to look at: takes no lock, writes nothing, never fails as a
    /// whole. Beside a living writer it may see an append half done, as a torn tail; where files
    /// were merged meanwhile, it reads again.
    pub fn inspect(disk: &dyn Disk) -> Inspection {
        let mut inspection = survey(disk, Extent::Whole, Unreadable::ReadAround).inspection;
        for _ in 1..READ_ATTEMPTS_MAX {
            if inspection.problems.is_empty() {
                break;
            }
            let (seen, newest) = (inspection.heads, newest_heads(disk));
            if seen.is_none() || newest.is_none() || seen == newest {
                break;
            }
            inspection = survey(disk, Extent::Whole, Unreadable::ReadAround).inspection;
        }
        inspection
    }
}

fn open(
    disk: Arc<dyn Disk>,
    extent: impl FnOnce(Option<&dyn LockGuard>) -> Extent,
) -> Result<Opened, OpenError> {
    check_place(disk.as_ref())?;
    let lock = match disk.lock(names::LOCK) {
        Ok(lock) => Some(lock),
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(OpenError::Locked),
        // The survey finds it missing, and whatever else is.
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(OpenError::Disk(error)),
    };
    let extent = extent(lock.as_deref());
    let Survey { inspection, key, reach, is_of_history, leftovers } =
        survey(disk.as_ref(), extent, Unreadable::Left);
    let Inspection { heads, files, torn, moved, problems, warnings, .. } = inspection;
    if let (Extent::After(position), false) = (extent, is_of_history) {
        let explains = |problem: &Problem| {
            problem.is_foreign_format() || matches!(problem, Problem::Unreadable(_))
        };
        if !problems.iter().any(explains) {
            return Err(OpenError::NotAPrefix { position });
        }
    }
    refuse(problems, moved.is_some())?;
    let (Some(lock), Some(key), Some(heads), Some(reach)) = (lock, key, heads, reach) else {
        unreachable!("a survey without problems has lock, key and heads");
    };
    let mut writer = Writer::resume(heads);
    recover(disk.as_ref(), &mut writer, torn.as_ref(), reach)
        .and_then(|()| tidy_up(disk.as_ref(), &mut writer, &leftovers))
        .map_err(OpenError::Disk)?;
    #[cfg(planted)]
    let lock = match woodland_format::planted::is("lock-released-early") {
        true => Box::new(NoLock) as Box<dyn crate::disk::LockGuard>,
        false => lock,
    };
    let store = Store::resume(disk, lock, writer);
    for problem in &warnings {
        tracing::warn!(%problem, "opened a dataset directory that is not as it should be");
    }
    #[cfg_attr(not(planted), expect(unused_mut, reason = "a planted bug drops the last"))]
    let mut segments: Vec<StoredSegment> = files.into_iter().flat_map(stored).collect();
    #[cfg(planted)]
    if woodland_format::planted::is("last-segment-dropped") {
        segments.pop();
    }
    Ok(Opened { store, dataset: heads.dataset, key, segments, moved, torn, warnings })
}

#[cfg(planted)]
#[derive(Debug)]
struct NoLock;

#[cfg(planted)]
impl crate::disk::LockGuard for NoLock {}

/// Removes what a cut left of a merging. Before that, both slots name the layout, so that none is
/// left that counts on a file that goes.
fn tidy_up(disk: &dyn Disk, writer: &mut Writer, leftovers: &[String]) -> Result<(), DiskError> {
    if leftovers.is_empty() {
        return Ok(());
    }
    writer.own_slot(disk)?;
    writer.flip(disk, *writer.heads())?;
    leftovers.iter().try_for_each(|name| disk.remove(name))
}

/// Mends what a cut left, and acknowledges what is whole.
fn recover(
    disk: &dyn Disk,
    writer: &mut Writer,
    torn: Option<&TornTail>,
    reach: Heads,
) -> Result<(), DiskError> {
    let heads = *writer.heads();
    remove_leftover(disk)?;
    #[cfg(planted)]
    let torn = torn.filter(|_| !woodland_format::planted::is("torn-tail-kept"));
    if let Some(TornTail { name, offset, .. }) = torn {
        if *offset < FILE_HEADER_BYTES as u64 {
            disk.remove(name)?;
            disk.sync_folder(names::SEGMENTS)?;
        } else {
            disk.truncate(name, *offset)?;
            disk.sync(name)?;
        }
    }
    if reach == heads {
        return Ok(());
    }
    let is_next_file = reach.file_number != heads.file_number;
    let start = if is_next_file { 0 } else { heads.acknowledged_bytes };
    let name = names::segment_file(reach.file_number);
    if is_next_file && reach.acknowledged_bytes == FILE_HEADER_BYTES as u64 {
        // Its name may be in memory alone, where syncing the folder failed: another sync would save
        // nothing of it. It is begun anew by the next append.
        disk.remove(&name)?;
        return disk.sync_folder(names::SEGMENTS);
    }
    writer.own_slot(disk)?;
    if is_next_file {
        writer.close_file(disk)?;
    }
    #[cfg(planted)]
    if woodland_format::planted::is("not-written-again") {
        return writer.acknowledge(disk, reach.position());
    }
    write_again(disk, &name, start, reach.acknowledged_bytes)?;
    disk.sync_folder(names::SEGMENTS)?;
    writer.acknowledge(disk, reach.position())
}

pub(crate) fn check_place(disk: &dyn Disk) -> Result<(), OpenError> {
    let entries = disk.list("").map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenError::NothingHere,
        ErrorKind::NotADirectory => OpenError::NotAFolder,
        _ => OpenError::Disk(error),
    })?;
    let has = |name: &str| entries.iter().any(|entry| entry == name);
    let before_heads = [names::LOCK, names::AUTHOR_KEY, names::CLOSED, names::SEGMENTS];
    if has(names::HEADS) {
        Ok(())
    } else if !before_heads.into_iter().any(has) {
        Err(OpenError::NothingHere)
    } else if holds_segments(disk) {
        Ok(())
    } else {
        Err(OpenError::Unfinished)
    }
}

/// Whether any segment file has more than a header; where that cannot be told, the survey will say
/// why.
fn holds_segments(disk: &dyn Disk) -> bool {
    match disk.list(names::SEGMENTS) {
        Err(error) => error.kind() != ErrorKind::NotFound,
        Ok(entries) => {
            entries.iter().filter_map(|name| names::segment_number(name)).any(|number| {
                let length = disk.len(&names::segment_file(number));
                length.map_or(true, |bytes| bytes > FILE_HEADER_BYTES as u64)
            })
        }
    }
}

pub(crate) fn refuse(mut problems: Vec<Problem>, is_copy: bool) -> Result<(), OpenError> {
    if problems.is_empty() {
        return Ok(());
    }
    // A foreign format explains whatever else looks wrong; a failing disk may.
    let first = problems.iter().position(Problem::is_foreign_format);
    let unreadable = |problem: &Problem| matches!(problem, Problem::Unreadable(_));
    let first = first.or_else(|| problems.iter().position(unreadable)).unwrap_or(0);
    let problem = problems.swap_remove(first);
    let more = problems.len();
    Err(match problem {
        Problem::Unreadable(error) => OpenError::Disk(error),
        problem if problem.is_foreign_format() => OpenError::ForeignFormat { problem },
        problem if is_copy && problem.is_mixed() => OpenError::Mixed { problem },
        problem => OpenError::Damaged { problem, more },
    })
}

fn write_again(disk: &dyn Disk, name: &str, start: u64, end: u64) -> Result<(), DiskError> {
    let length = usize::try_from(end - start).expect("the survey has read these bytes");
    let mut bytes = vec![0; length];
    disk.read_at(name, start, &mut bytes)?;
    disk.write_at(name, start, &bytes)?;
    disk.sync(name)
}

/// The segments of a file.
pub(crate) fn stored(file: FileReport) -> impl Iterator<Item = StoredSegment> {
    let name: Arc<str> = file.name.into();
    let segments = file.found.into_iter().filter_map(|found| found.segment);
    segments.map(move |segment| StoredSegment { name: name.clone(), segment })
}
