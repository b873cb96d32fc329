//! Reads fail: every N-th while a finished store is opened, read beside, or opened after a position
//! of its history; once, and for ever.
//!
//! **Invariants**
//! - Opening says that the disk failed, and where; a file that cannot be read is never taken for an
//!   empty one, and nothing is written.
//! - Failed once, it opens the next time. Failed for ever, the rest can be read.
//!
//! What this does not do: fetch from a peer what cannot be read.

use super::actor::{disk_error, handed_out};
use super::disk::{Fault, ScriptedDisk};
use super::image::Image;
use super::judge::guarded;
use super::platter::{Lying, Platter, SECTOR_BYTES};
use super::rehearsal::Rehearsal;
use super::row::Tally;
use std::collections::BTreeSet;
use woodland::CommitId;
use woodland_store::{OpenError, Position, Store};

/// A way to a store's segments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// As who writes it.
    Open,
    /// Beside who writes it.
    Beside,
    /// As who has all up to there.
    After(Position),
}

impl Way {
    /// All ways into what a rehearsal left. The position is that of a moment in the middle.
    fn all(rehearsal: &Rehearsal) -> Vec<Way> {
        let mut ways = vec![Way::Open, Way::Beside];
        let mut platter = Platter::default();
        let half = rehearsal.journal.len() / 2;
        rehearsal.journal[..half].iter().for_each(|event| platter.apply(event, Lying::No));
        let earlier = ScriptedDisk::of(platter.bare());
        ways.extend(Store::open(earlier.shared()).map(|it| Way::After(it.store.position())));
        ways
    }

    /// The commits that it hands out.
    pub(super) fn ids(self, disk: &ScriptedDisk) -> Result<Vec<CommitId>, OpenError> {
        let opened = match self {
            Way::Open => Store::open(disk.shared())?,
            Way::After(position) => Store::open_after(disk.shared(), &position)?,
            Way::Beside => {
                let read = Store::read(disk.shared().as_ref())?;
                let commits = read.segments.iter().flat_map(|stored| stored.segment.commits());
                return Ok(commits.map(|commit| commit.id()).collect());
            }
        };
        Ok(handed_out(&opened))
    }
}

/// How many commits could be read beside what failed for ever, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Readable {
    /// Read.
    pub read: u64,
    /// There, but for the segment in which a sector failed.
    pub whole: u64,
}

/// Every read fails.
pub fn failing_reads(rehearsal: &Rehearsal, tally: &mut Tally) -> Readable {
    let mut readable = Readable::default();
    for way in Way::all(rehearsal) {
        let healthy = ScriptedDisk::of(rehearsal.image.clone());
        // A position before what was merged since is of no use.
        let Ok(expected) = way.ids(&healthy) else { continue };
        let case = Case { rehearsal, way, expected, is_mended: !healthy.journal().is_empty() };
        for number in 1.. {
            let is_over = !case.once(number, tally);
            let found = case.for_ever(number, tally);
            readable.read += found.read;
            readable.whole += found.whole;
            if is_over || tally.is_over() {
                break;
            }
        }
    }
    readable
}

struct Case<'a> {
    rehearsal: &'a Rehearsal,
    way: Way,
    expected: Vec<CommitId>,
    /// Opening it writes.
    is_mended: bool,
}

impl Case<'_> {
    /// The read of this number fails once; whether there is one.
    fn once(&self, number: u64, tally: &mut Tally) -> bool {
        self.faulty(Fault::Read(number), tally).is_some()
    }

    fn for_ever(&self, number: u64, tally: &mut Tally) -> Readable {
        let Some(disk) = self.faulty(Fault::ReadForEver(number), tally) else {
            return Readable::default();
        };
        let ids = &self.rehearsal.reference.ids[""];
        let (found, lost) = (readable(&disk), lost(&self.rehearsal.image, &disk));
        let whole = ids.iter().filter(|id| !lost.contains(id));
        let read = whole.clone().filter(|id| found.contains(id)).count() as u64;
        Readable { read, whole: whole.count() as u64 }
    }

    /// Tries the way on a disk with this fault; the disk, where the fault met something.
    fn faulty(&self, fault: Fault, tally: &mut Tally) -> Option<ScriptedDisk> {
        let disk = ScriptedDisk::of(self.rehearsal.image.clone());
        disk.set_fault(Some(fault));
        let answer = guarded(|| {
            let found = self.way.ids(&disk);
            if disk.failed_act().is_none() {
                return Ok(None);
            }
            if !disk.journal().is_empty() && found.is_err() && !self.is_mended {
                return Err("it was refused, and written to".to_owned());
            }
            let is_refused = match found {
                Ok(found) if found == self.expected => false,
                Ok(found) => {
                    return Err(format!("{} of {} commits", found.len(), self.expected.len()));
                }
                Err(error) if disk_error(&error).is_some() => true,
                Err(error) => return Err(format!("the disk is not blamed: {error}")),
            };
            if matches!(fault, Fault::Read(_)) {
                let again = self.way.ids(&disk);
                again.map_err(|error| format!("not opened again: {error}"))?;
            }
            Ok(Some(is_refused))
        });
        match answer {
            Ok(None) => return None,
            Ok(Some(is_refused)) => tally.counted(is_refused, true),
            Err(text) => {
                tally.counted(false, false);
                let name = self.rehearsal.workload.name;
                tally.broken(format!("{name}, {:?}, {fault:?}: {text}", self.way));
            }
        }
        Some(disk)
    }
}

/// The commits of the segments that lie in the sector that fails.
fn lost(image: &Image, disk: &ScriptedDisk) -> BTreeSet<CommitId> {
    let Some((name, bad)) = disk.bad_stretch() else { return BTreeSet::new() };
    let inspection = Store::inspect(ScriptedDisk::of(image.clone()).shared().as_ref());
    let files = inspection.files.iter().filter(|file| file.name == name);
    let segments = files.flat_map(|file| &file.found).filter_map(|it| it.segment.as_ref());
    // Sectors are asked for whole.
    let (from, to) =
        (bad.start / SECTOR_BYTES * SECTOR_BYTES, bad.end.next_multiple_of(SECTOR_BYTES));
    let hit = segments.filter(|one| one.offset < to && from < one.offset + one.bytes);
    hit.flat_map(|one| one.commits().map(|commit| commit.id())).collect()
}

/// The commits that can be read, whatever is wrong with the rest.
pub(super) fn readable(disk: &ScriptedDisk) -> BTreeSet<CommitId> {
    let inspection = Store::inspect(disk.shared().as_ref());
    let found = inspection.files.iter().flat_map(|file| &file.found);
    let segments = found.filter_map(|found| found.segment.as_ref());
    segments.flat_map(|segment| segment.commits().map(|commit| commit.id())).collect()
}
