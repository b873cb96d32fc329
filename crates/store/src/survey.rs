//! Survey: one reading of a whole dataset directory, behind both `open` and `inspect`.
//!
//! **Invariants**
//! - Writes nothing, takes no lock, and never fails as a whole: what is wrong is listed.
//! - Heads are read before files: beside a living writer, files have at least what heads say.
//! - Every checksum is checked, and where heads and `closed` can be read, every length and root.
//! - What `open` refuses is in `problems`, what it can live with is in `warnings`, and `torn` is
//!   what it would cut off.
//!
//! What this does not do: decide, repair, or give out the author's secret (`open` alone takes it).

mod content;
mod listing;
mod place;
mod segment_file;
mod whole_file;

use crate::closed::{CLOSED_BYTES, Closed};
use crate::disk::{Access, Disk, DiskAct, DiskError};
use crate::heads::{HEADS_BYTES, Heads, SLOT_BYTES};
use crate::key::{self, KEY_BYTES, KeyError};
use crate::limits::FILE_BYTES_MAX;
use crate::names;
use crate::place::{Moved, PLACE_BYTES, Place};
use crate::position::Position;
use crate::problem::Problem;
use crate::record::RecordError;
use listing::{Listing, list_files, read_layout};
use segment_file::Walk;
use std::ops::Range;
use woodland_format::{AuthorKey, DatasetId, FileHeader, Found, SecretKey};

pub(crate) use listing::layout_of;
pub(crate) use whole_file::{KnownFile, WholeFile};

/// What stands in a dataset directory.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The two slots of `heads`.
    pub slots: [Result<Heads, RecordError>; 2],
    /// The slot that counts; `None` where neither holds.
    pub heads: Option<Heads>,
    /// The dataset that heads name, or else the first file that can be read.
    pub dataset: Option<DatasetId>,
    /// The public half of the author's key; `None` where the file cannot be used.
    pub author: Option<AuthorKey>,
    /// The segment files, in order.
    pub files: Vec<FileReport>,
    /// What `open` would cut off.
    pub torn: Option<TornTail>,
    /// Why the author's key may be in use elsewhere: `open` hands it out, too.
    pub moved: Option<Moved>,
    /// What `open` refuses.
    pub problems: Vec<Problem>,
    /// What `open` can live with.
    pub warnings: Vec<Problem>,
}

/// What stands in one segment file.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileReport {
    /// Its name in the dataset directory.
    pub name: String,
    /// Its number, from 1.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// How many of its bytes are acknowledged; `None` where nothing says so.
    pub acknowledged_bytes: Option<u64>,
    /// Its header; `None` where it cannot be read.
    pub header: Option<FileHeader>,
    /// What it holds: all that is acknowledged, damaged or not, and whole segments after that.
    pub found: Vec<Found>,
    /// What stands in its torn tail, or after its known end.
    pub beyond: Vec<Found>,
    /// Stretches of it that the disk does not give out, though it was asked for them alone.
    pub unreadable: Vec<Range<u64>>,
}

/// Bytes after the acknowledged ones, left by a write that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The file.
    pub name: String,
    /// Where it is whole up to; 0 where not even its header is.
    pub offset: u64,
    /// How many bytes follow.
    pub bytes: u64,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Whole,
    /// What lies behind this point of the history; of what lies before it, names and lengths.
    After(Position),
}

/// What is done where the disk does not give out a file of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is left: whoever asks refuses the directory in any case.
    Left,
    /// What lies around the bad places is read.
    ReadAround,
}

/// An inspection and what only `open` needs.
pub(crate) struct Survey {
    pub(crate) inspection: Inspection,
    pub(crate) key: Option<SecretKey>,
    /// What heads will say once all that is whole is acknowledged; the generation is that of
    /// `heads`.
    pub(crate) reach: Option<Heads>,
    /// Whether the position after which it was read is one of this history, as far as can be told
    /// without damage.
    pub(crate) is_of_history: bool,
    /// Files that a cut left: of a merging that did not come to its swap, or that did and was not
    /// tidied up after.
    pub(crate) leftovers: Vec<String>,
}

/// What is wrong, as it is found.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// Reads everything but the segments that lie outside of `extent`.
pub(crate) fn survey(disk: &dyn Disk, extent: Extent, unreadable: Unreadable) -> Survey {
    let mut findings = Findings::default();
    if let Err(error) = disk.len(names::LOCK) {
        findings.problems.push(Problem::of_disk(names::LOCK, error));
    }
    let (slots, heads) = read_heads(disk, &mut findings);
    let key = read_key(disk, &mut findings);
    let author = key.as_ref().map(SecretKey::author);
    let moved = author.and_then(|author| read_place(disk, author, &mut findings));
    let closed = read_closed(disk, heads.as_ref(), &mut findings);
    let layout = read_layout(disk, heads.as_ref(), &mut findings);
    let Listing { early, appended, leftovers } =
        list_files(disk, heads.as_ref(), layout.as_ref(), &mut findings);
    let mut walk = Walk::new(disk, heads, closed, (extent, unreadable), findings);
    let mut files: Vec<FileReport> =
        early.into_iter().filter_map(|file| walk.early(file)).collect();
    walk.go_on_behind(layout.as_ref().map(|layout| layout.end));
    files.extend(appended.into_iter().filter_map(|number| walk.file(number)));
    let is_of_history = walk.is_of_history();
    let Walk { findings: Findings { problems, warnings }, dataset, torn, reach, .. } = walk;
    let inspection =
        Inspection { slots, heads, dataset, author, files, torn, moved, problems, warnings };
    Survey { inspection, key, reach, is_of_history, leftovers }
}

/// The file's bytes, or as many as `limit`, and its length.
fn read_start(disk: &dyn Disk, name: &str, limit: u64) -> Result<(Vec<u8>, u64), Problem> {
    let length = disk.len(name).map_err(|error| Problem::of_disk(name, error))?;
    Ok((read_range(disk, name, 0, length.min(limit))?, length))
}

/// As many bytes of the file, all of which must be there.
fn read_range(disk: &dyn Disk, name: &str, offset: u64, bytes: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = zeros(name, bytes)?;
    disk.read_at(name, offset, &mut bytes).map_err(|error| Problem::of_disk(name, error))?;
    Ok(bytes)
}

/// Room for so many bytes of the file.
fn zeros(name: &str, bytes: u64) -> Result<Vec<u8>, Problem> {
    let size = usize::try_from(bytes).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(size).is_err() {
        let error = std::io::ErrorKind::OutOfMemory.into();
        return Err(Problem::Unreadable(DiskError::new(DiskAct::Read, name, error)));
    }
    bytes.resize(size, 0);
    Ok(bytes)
}

fn segment_file_bytes(disk: &dyn Disk, name: &str) -> Result<u64, Problem> {
    let found = disk.len(name).map_err(|error| Problem::of_disk(name, error))?;
    if found > FILE_BYTES_MAX {
        return Err(Problem::TooLong { name: name.to_owned(), found });
    }
    Ok(found)
}

type Slots = [Result<Heads, RecordError>; 2];

fn read_heads(disk: &dyn Disk, findings: &mut Findings) -> (Slots, Option<Heads>) {
    let name = names::HEADS;
    let expected = HEADS_BYTES as u64;
    let (bytes, is_readable) = match read_start(disk, name, expected) {
        Ok((bytes, found)) => {
            if found > expected {
                let name = name.to_owned();
                findings.problems.push(Problem::Long { name, expected, found });
            }
            (bytes, true)
        }
        Err(problem) => {
            findings.problems.push(problem);
            (Vec::new(), false)
        }
    };
    let slots =
        [0, 1].map(|slot| Heads::decode(slot, bytes.get(slot * SLOT_BYTES..).unwrap_or_default()));
    let newest = slots.iter().flatten().max_by_key(|heads| heads.generation).copied();
    #[cfg(planted)]
    let newest = match woodland_format::planted::is("older-heads-win") {
        true => slots.iter().flatten().min_by_key(|heads| heads.generation).copied(),
        false => newest,
    };
    for (slot, read) in slots.iter().enumerate() {
        let (name, offset) = (name.to_owned(), (slot * SLOT_BYTES) as u64);
        match (read, &newest) {
            (Ok(heads), Some(newest)) if heads.dataset != newest.dataset => {
                let (expected, found) = (newest.dataset, heads.dataset);
                let offset = offset + 48;
                findings.problems.push(Problem::Dataset { name, offset, expected, found });
            }
            (Err(error), _) if is_readable => {
                let problem = Problem::Record { name, offset, error: error.clone() };
                // One slot that does not hold is what a power cut in its writing leaves.
                if newest.is_none() || problem.is_foreign_format() {
                    findings.problems.push(problem);
                } else {
                    findings.warnings.push(problem);
                }
            }
            _ => {}
        }
    }
    (slots, newest)
}

/// The slot that counts now.
pub(crate) fn newest_heads(disk: &dyn Disk) -> Option<Heads> {
    read_heads(disk, &mut Findings::default()).1
}

fn read_key(disk: &dyn Disk, findings: &mut Findings) -> Option<SecretKey> {
    let name = names::AUTHOR_KEY;
    let (bytes, found) = match read_start(disk, name, KEY_BYTES as u64) {
        Ok(read) => read,
        Err(problem) => {
            findings.problems.push(problem);
            return None;
        }
    };
    match disk.access(name) {
        Ok(Access::OwnerOnly) => {}
        Ok(Access::Shared) => findings.warnings.push(Problem::Exposed { name: name.to_owned() }),
        Err(error) => findings.problems.push(Problem::of_disk(name, error)),
    }
    let key = match found {
        _ if found > KEY_BYTES as u64 => Err(KeyError::Length { found }),
        _ => key::decode(&bytes),
    };
    key.map_err(|error| findings.problems.push(Problem::Key { name: name.to_owned(), error })).ok()
}

/// What there is against writing under the key of `author`. Only what cannot be read at all, or is
/// a newer release's, is a problem.
fn read_place(disk: &dyn Disk, author: AuthorKey, findings: &mut Findings) -> Option<Moved> {
    let name = names::PLACE;
    let recorded = match read_start(disk, name, PLACE_BYTES as u64) {
        Ok((bytes, _)) => Place::decode(&bytes),
        Err(Problem::Missing { .. }) => {
            return Place::compare(None, &Place { identity: None, author });
        }
        Err(problem) => {
            findings.problems.push(problem);
            return None;
        }
    };
    match (recorded, Place::of_key(disk, author)) {
        (Ok(recorded), Ok(found)) => Place::compare(Some(&recorded), &found),
        (Err(error), _) => {
            let (name, offset) = (name.to_owned(), 0);
            let problem = Problem::Record { name, offset, error: error.clone() };
            if problem.is_foreign_format() {
                findings.problems.push(problem);
            } else {
                findings.warnings.push(problem);
            }
            Some(Moved::Damaged(error))
        }
        (_, Err(error)) => {
            findings.problems.push(Problem::of_disk(names::AUTHOR_KEY, error));
            None
        }
    }
}

/// The records of the files before the one that heads name; a record that does not hold is `None`.
fn read_closed(
    disk: &dyn Disk,
    heads: Option<&Heads>,
    findings: &mut Findings,
) -> Vec<Option<Closed>> {
    let name = names::CLOSED;
    let count = heads.map_or(0, |heads| heads.file_number - 1);
    let expected = count * CLOSED_BYTES as u64;
    let (bytes, found) = match read_start(disk, name, expected) {
        Ok(read) => read,
        Err(problem) => {
            findings.problems.push(problem);
            return Vec::new();
        }
    };
    // One record more may be left from a cut while the next file was begun.
    let (name, longest) = (name.to_owned(), expected + CLOSED_BYTES as u64);
    if found < expected {
        findings.problems.push(Problem::Short { name, expected, found });
    } else if heads.is_some() && found > longest {
        findings.problems.push(Problem::Long { name, expected: longest, found });
    }
    let mut records = Vec::new();
    for (number, record) in (1..).zip(bytes.chunks_exact(CLOSED_BYTES)) {
        let record = Closed::decode(number, record).map_err(|error| {
            let (name, offset) = (names::CLOSED.to_owned(), Closed::offset(number));
            findings.problems.push(Problem::Record { name, offset, error });
        });
        records.push(record.ok());
    }
    records
}
