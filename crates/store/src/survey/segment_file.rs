//! Walking through the segment files in order, with the root that runs through them.
//!
//! **Invariants**
//! - `root` is the root at the end of the last file, known from its record or computed; `None`
//!   after damage that no record bridges, and then roots are not compared.
//! - Of what lies outside of the extent, lengths are compared and no byte is read.
//! - `reach` moves past what heads say only over whole segments, and never over damage.
//!
//! What this does not do: judge a file that heads say nothing of; it shows what can be read in it.

use super::content::Content;
use super::listing::EarlyFile;
use super::place::Place;
use super::{Extent, FileReport, Findings, TornTail, Unreadable, segment_file_bytes};
use crate::closed::Closed;
use crate::disk::Disk;
use crate::heads::Heads;
use crate::names;
use crate::position::Position;
use crate::problem::Problem;
use woodland_format::{
    Damage, DamageCause, DatasetId, FILE_HEADER_BYTES, FileError, FileHeader, Found, Purpose,
    Segment, read_segments, segment_root,
};

const HEADER_END: u64 = FILE_HEADER_BYTES as u64;

pub(super) struct Walk<'a> {
    disk: &'a dyn Disk,
    heads: Option<Heads>,
    closed: Vec<Option<Closed>>,
    extent: Extent,
    unreadable: Unreadable,
    /// Whether the place of the extent's position was met.
    is_met: bool,
    /// Whether the extent's position is seen to be none of this history.
    is_strange: bool,
    root: Option<[u8; 32]>,
    /// Whether the file that heads name ends where they say, at its full length: only then can
    /// another have been begun.
    is_filled: bool,
    pub(super) findings: Findings,
    pub(super) dataset: Option<DatasetId>,
    pub(super) torn: Option<TornTail>,
    pub(super) reach: Option<Heads>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        heads: Option<Heads>,
        closed: Vec<Option<Closed>>,
        (extent, unreadable): (Extent, Unreadable),
        findings: Findings,
    ) -> Self {
        let dataset = heads.map(|heads| heads.dataset);
        let is_strange = match (&heads, extent) {
            (Some(heads), Extent::After(position)) => {
                position.bytes < HEADER_END || position.place() > heads.position().place()
            }
            _ => false,
        };
        Walk {
            disk,
            heads,
            closed,
            extent,
            unreadable,
            is_met: extent == Extent::Whole,
            is_strange,
            root: Some([0; 32]),
            is_filled: false,
            findings,
            dataset,
            torn: None,
            reach: heads,
        }
    }

    /// Whether the position of the extent may be one of this history. Where it is not, what was
    /// read from there on may look like damage.
    pub(super) fn is_of_history(&self) -> bool {
        self.is_met && !self.is_strange
    }

    /// Reads a file of the part that was merged.
    pub(super) fn early(&mut self, file: EarlyFile) -> Option<FileReport> {
        let EarlyFile { name, number, entry } = file;
        let place = match entry {
            Some(entry) => Place::Early { bytes: entry.bytes, root: entry.root },
            None => Place::Unknown,
        };
        self.root = entry.map(|_| [0; 32]);
        match self.extent {
            Extent::Whole => self.read(name, number, place, HEADER_END),
            Extent::After(_) => self.pass_over(&name, place),
        }
    }

    /// Goes on with the segment files behind `end`, the end of the part that was merged.
    pub(super) fn go_on_behind(&mut self, end: Option<Position>) {
        self.root = Some(end.map_or([0; 32], |end| end.root));
        if let (Some(end), Extent::After(position)) = (end, self.extent) {
            let is_before = position.place() < end.place();
            let is_other = position.place() == end.place() && position.root != end.root;
            self.is_strange |= is_before || is_other;
            self.is_met |= position.place() == end.place();
        }
    }

    /// Reads segment file `number`, or as much of it as lies in the extent; `None` where the disk
    /// does not give it out.
    pub(super) fn file(&mut self, number: u64) -> Option<FileReport> {
        let name = names::segment_file(number);
        let place = self.place(number, &name);
        match self.extent {
            Extent::After(_) if self.is_strange => None,
            Extent::After(position) if number < position.file_number => {
                self.pass_over(&name, place)
            }
            Extent::After(position) if number == position.file_number => {
                self.read_after(position, name, place)
            }
            _ => self.read(name, number, place, HEADER_END),
        }
    }

    /// Reads the file in which the extent's position lies. Roots that do not meet at its end say
    /// that the position is none of this history; where damage did it, reading everything names it.
    fn read_after(&mut self, position: Position, name: String, place: Place) -> Option<FileReport> {
        let end = place.acknowledged_bytes();
        if end.is_none_or(|end| position.bytes > end) {
            self.is_strange = true;
            return None;
        }
        self.is_met = true;
        self.root = Some(position.root);
        let before = self.findings.problems.len();
        let report = self.read(name, position.file_number, place, position.bytes);
        let found = self.findings.problems.get(before..).unwrap_or_default();
        let explains = |problem: &Problem| {
            !problem.is_foreign_format() && !matches!(problem, Problem::Unreadable(_))
        };
        self.is_strange |= found.iter().any(explains);
        report
    }

    /// Compares the length of a file that is not read.
    fn pass_over(&mut self, name: &str, place: Place) -> Option<FileReport> {
        match (segment_file_bytes(self.disk, name), place) {
            (Err(problem), _) => self.findings.problems.push(problem),
            (Ok(found), Place::Early { bytes, root } | Place::Closed { bytes, root }) => {
                let (name, expected) = (name.to_owned(), bytes);
                if found < expected {
                    self.findings.problems.push(Problem::Short { name, expected, found });
                } else if found > expected {
                    self.findings.problems.push(Problem::Long { name, expected, found });
                }
                self.root = Some(root);
            }
            (Ok(_), _) => self.root = None,
        }
        None
    }

    /// Reads a file from `start` on; `None` where the disk does not give it out.
    fn content(&mut self, name: &str, start: u64) -> Option<Content> {
        let problem = match Content::read(self.disk, name, start) {
            Ok(content) => return Some(content),
            Err(problem) => problem,
        };
        let is_around =
            matches!(problem, Problem::Unreadable(_)) && self.unreadable == Unreadable::ReadAround;
        self.findings.problems.push(problem);
        self.root = None;
        is_around.then(|| Content::read_around(self.disk, name, start).ok()).flatten()
    }

    /// Reads a file from `start` on, behind its header; `None` where the disk does not give it out.
    fn read(&mut self, name: String, number: u64, place: Place, start: u64) -> Option<FileReport> {
        let content = self.content(&name, start)?;
        let mut report = FileReport {
            name,
            number,
            bytes: content.length,
            acknowledged_bytes: place.acknowledged_bytes(),
            header: None,
            found: Vec::new(),
            beyond: Vec::new(),
            unreadable: content.gaps.clone(),
        };
        if content.is_given(&(0..HEADER_END)) {
            self.header(&mut report, &content.header, place);
        }
        if self.is_readable(&report, place) {
            self.segments(&mut report, &content, place);
        } else {
            self.root = None;
        }
        Some(report)
    }

    fn place(&mut self, number: u64, name: &str) -> Place {
        let Some(heads) = self.heads else { return Place::Unknown };
        let last = heads.file_number;
        if number < last {
            let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
            return match self.closed.get(index) {
                Some(Some(Closed { bytes, root, .. })) => {
                    Place::Closed { bytes: *bytes, root: *root }
                }
                _ => Place::Unknown,
            };
        }
        if number == last {
            return Place::Current { bytes: heads.acknowledged_bytes, root: heads.root };
        }
        if number == last + 1 && self.is_filled {
            return Place::Next;
        }
        let (name, last) = (name.to_owned(), names::segment_file(last));
        self.findings.problems.push(Problem::Unexpected { name, last });
        Place::Unknown
    }

    fn header(&mut self, report: &mut FileReport, bytes: &[u8], place: Place) {
        let name = report.name.clone();
        match FileHeader::decode(bytes) {
            Ok(header) => {
                report.header = Some(header);
                let expected = *self.dataset.get_or_insert(header.dataset);
                if header.purpose != Purpose::Store {
                    self.findings.problems.push(Problem::Purpose { name });
                } else if header.dataset != expected {
                    let found = header.dataset;
                    self.findings.problems.push(Problem::Dataset {
                        name,
                        offset: 16,
                        expected,
                        found,
                    });
                }
            }
            Err(error) if matches!(place, Place::Next) && may_be_torn(&error) => {
                self.torn = Some(TornTail { name, offset: 0, bytes: report.bytes });
            }
            Err(error) => self.findings.problems.push(Problem::Header { name, error }),
        }
    }

    /// Whether segments can be looked for behind the header: not where another release may have put
    /// something else there, nor in a file whose creation was cut short.
    fn is_readable(&self, report: &FileReport, place: Place) -> bool {
        let foreign = |problem: &Problem| match problem {
            Problem::Header { name, error: FileError::ForeignFormat { .. } } => {
                *name == report.name
            }
            _ => false,
        };
        let is_torn = report.header.is_none() && matches!(place, Place::Next);
        !is_torn && !self.findings.problems.iter().any(foreign)
    }

    fn segments(&mut self, report: &mut FileReport, content: &Content, place: Place) {
        let Some(dataset) = self.dataset.or_else(|| dataset_of_segments(&content.body)) else {
            return;
        };
        self.dataset = Some(dataset);
        let (length, end) = (report.bytes, place.acknowledged_bytes().unwrap_or(report.bytes));
        let is_whole = length >= end;
        #[cfg(planted)]
        let end = match woodland_format::planted::is("length-trusted") {
            true => end.min(length),
            false => end,
        };
        if length < end {
            let (name, expected, found) = (report.name.clone(), end, length);
            self.findings.problems.push(Problem::Short { name, expected, found });
        }
        self.acknowledged(report, content, end, dataset);
        if is_whole {
            self.compare_root(report, place, end);
        }
        match place {
            Place::Closed { root, bytes: expected } | Place::Early { root, bytes: expected } => {
                if length > expected {
                    let (name, found) = (report.name.clone(), length);
                    self.findings.problems.push(Problem::Long { name, expected, found });
                }
                report.beyond = read_segments(dataset, content.from(end), end).collect();
                self.root = Some(root);
            }
            Place::Current { root, .. } => {
                self.root = Some(root);
                // A file is followed by another only once it has reached its length.
                let full = self.heads.map_or(u64::MAX, |heads| heads.segment_file_bytes_max);
                self.is_filled = length == end && end > HEADER_END && end >= full;
                self.tail(report, content, end, dataset);
            }
            Place::Next => self.tail(report, content, end, dataset),
            Place::Unknown => {}
        }
    }

    fn acknowledged(
        &mut self,
        report: &mut FileReport,
        content: &Content,
        end: u64,
        dataset: DatasetId,
    ) {
        for found in read_segments(dataset, content.up_to(end), content.start) {
            match (&found.damage, &found.segment) {
                (None, Some(segment)) => self.fold(content, segment),
                _ => self.root = None,
            }
            if let Some(damage) = &found.damage {
                self.findings.problems.push(segment_problem(report, damage));
            }
            report.found.push(found);
        }
    }

    fn fold(&mut self, content: &Content, segment: &Segment) {
        self.root = self.root.map(|root| segment_root(&root, content.of(segment)));
    }

    fn compare_root(&mut self, report: &FileReport, place: Place, offset: u64) {
        #[cfg(planted)]
        if woodland_format::planted::is("root-not-compared") {
            return;
        }
        let (Some(found), Some(root)) = (self.root, place.root()) else { return };
        if root != found {
            let (name, expected) = (report.name.clone(), root);
            self.findings.problems.push(Problem::Root { name, offset, expected, found });
        }
    }

    /// Reads what was written and not acknowledged: whole segments count, the torn rest does not.
    fn tail(&mut self, report: &mut FileReport, content: &Content, start: u64, dataset: DatasetId) {
        let (before, mut end) = (report.found.len() as u64, start.min(content.length));
        for mut found in read_segments(dataset, content.from(start), start) {
            if let Some(damage) = &mut found.damage {
                damage.segment += before;
                let is_foreign = matches!(damage.cause, DamageCause::ForeignFormat { .. });
                if is_foreign && report.beyond.is_empty() {
                    self.findings.problems.push(segment_problem(report, damage));
                }
            }
            match &found {
                Found { segment: Some(segment), damage: None } if report.beyond.is_empty() => {
                    self.fold(content, segment);
                    end = segment.offset + segment.bytes;
                    report.found.push(found);
                }
                _ => report.beyond.push(found),
            }
        }
        // What the disk does not give out may be whole.
        if end < report.bytes && content.gaps.is_empty() {
            let (name, bytes) = (report.name.clone(), report.bytes - end);
            self.torn = Some(TornTail { name, offset: end, bytes });
        }
        if let (Some(reach), Some(root)) = (&mut self.reach, self.root) {
            (reach.file_number, reach.acknowledged_bytes, reach.root) = (report.number, end, root);
        }
    }
}

fn segment_problem(report: &FileReport, damage: &Damage) -> Problem {
    Problem::Segment { name: report.name.clone(), damage: Box::new(damage.clone()) }
}

/// Whether a header can be what a cut left of a file being begun. A format of 0 was never given: it
/// is a hole. Another format is a newer release's word, and nothing of that is cut.
fn may_be_torn(error: &FileError) -> bool {
    !matches!(error, FileError::ForeignFormat { found } if *found != 0)
}

/// The dataset that a segment names, for a directory in which nothing else does.
fn dataset_of_segments(bytes: &[u8]) -> Option<DatasetId> {
    read_segments(DatasetId([0; 32]), bytes, HEADER_END).find_map(|found| {
        match found.damage?.cause {
            DamageCause::Dataset { found, .. } => Some(found),
            _ => None,
        }
    })
}
