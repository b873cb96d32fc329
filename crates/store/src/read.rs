//! Reading beside a living writer: no lock, nothing written, what heads acknowledge and no more.
//!
//! ```text
//!  heads ──► layout ──► files, up to where heads say
//!    ▲                    │ something does not fit
//!    └── have they moved? ┘ then from the beginning; else it is damage
//! ```
//!
//! A writer only adds behind what heads acknowledge, and takes a file away only when heads no
//! longer count on it. So what does not fit has moved on meanwhile, or is damaged.
//!
//! **Invariants**
//! - What is handed out was acknowledged as a whole at one moment.
//! - A reader begins anew a bounded number of times.
//! - The author's secret is neither needed nor handed out.
//!
//! What this does not do: keep the writer from going on, or tell when it does; ask
//! [`Store::has_moved`].

use crate::disk::{Disk, DiskError};
use crate::heads::Heads;
use crate::limits::READ_ATTEMPTS_MAX;
use crate::names;
use crate::open::{OpenError, StoredSegment, check_place, refuse, stored};
use crate::position::Position;
use crate::problem::Problem;
use crate::store::Store;
use crate::survey::{Extent, FileReport, Survey, Unreadable, newest_heads, survey};
use woodland_format::{AuthorKey, DatasetId};

/// What a dataset directory held when it was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReadOnly {
    /// Whose log it holds.
    pub dataset: DatasetId,
    /// Under which key its writer writes; `None` where this reader may not know.
    pub author: Option<AuthorKey>,
    /// All segments that were acknowledged.
    pub segments: Vec<StoredSegment>,
    /// What acknowledged them.
    pub heads: Heads,
    /// What is not as it should be, and was no reason to refuse.
    pub warnings: Vec<Problem>,
}

impl Store {
    /// Reads a dataset directory that another handle or process may be writing to.
    ///
    /// # Errors
    /// [`OpenError`]; never `Locked`.
    pub fn read(disk: &dyn Disk) -> Result<ReadOnly, OpenError> {
        read(disk, Extent::Whole)
    }

    /// The same, of the segments after a position of the store's history alone.
    ///
    /// # Errors
    /// [`OpenError::NotAPrefix`] where the position is of no use here, and then [`Store::read`]
    /// tells why; otherwise as there.
    pub fn read_after(disk: &dyn Disk, position: &Position) -> Result<ReadOnly, OpenError> {
        read(disk, Extent::After(*position))
    }

    /// Whether more was acknowledged, or files were merged, since `heads` were read.
    ///
    /// # Errors
    /// [`DiskError`] where heads cannot be read.
    pub fn has_moved(disk: &dyn Disk, heads: &Heads) -> Result<bool, DiskError> {
        disk.len(names::HEADS)?;
        Ok(newest_heads(disk).is_none_or(|newest| newest.generation != heads.generation))
    }
}

fn read(disk: &dyn Disk, extent: Extent) -> Result<ReadOnly, OpenError> {
    check_place(disk)?;
    let mut attempts = 1;
    loop {
        let Survey { inspection, is_of_history, .. } = survey(disk, extent, Unreadable::Left);
        let (problems, others): (Vec<_>, Vec<_>) =
            inspection.problems.into_iter().partition(|problem| matters(problem, inspection.heads));
        let heads = match inspection.heads {
            Some(heads) if problems.is_empty() => heads,
            heads if attempts < READ_ATTEMPTS_MAX && newest_heads(disk) != heads => {
                attempts += 1;
                continue;
            }
            _ => {
                if let (Extent::After(position), false) = (extent, is_of_history) {
                    return Err(OpenError::NotAPrefix { position });
                }
                refuse(problems, inspection.moved.is_some())?;
                unreachable!("heads that cannot be read are a problem");
            }
        };
        if let (Extent::After(position), false) = (extent, is_of_history) {
            return Err(OpenError::NotAPrefix { position });
        }
        let segments = inspection.files.into_iter().flat_map(acknowledged).collect();
        let mut warnings = inspection.warnings;
        warnings.extend(others);
        let (dataset, author) = (heads.dataset, inspection.author);
        return Ok(ReadOnly { dataset, author, segments, heads, warnings });
    }
}

/// Whether a reader has to care: the lock and the key are the writer's, and files behind those that
/// heads name were begun since.
fn matters(problem: &Problem, heads: Option<Heads>) -> bool {
    match problem {
        Problem::Missing { name } => name != names::LOCK && name != names::AUTHOR_KEY,
        Problem::Key { .. } => false,
        Problem::Unreadable(error) => error.name != names::AUTHOR_KEY && error.name != names::LOCK,
        Problem::Unexpected { .. } => heads.is_none(),
        _ => true,
    }
}

/// The segments of a file that are acknowledged.
fn acknowledged(mut file: FileReport) -> impl Iterator<Item = StoredSegment> {
    let end = file.acknowledged_bytes.unwrap_or(0);
    #[cfg(planted)]
    let end = match woodland_format::planted::is("unacknowledged-shown-beside") {
        true => file.bytes,
        false => end,
    };
    file.found.retain(|found| found.segment.as_ref().is_some_and(|segment| segment.offset < end));
    stored(file)
}
