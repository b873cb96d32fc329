//! Walking through the segment files in order, with the root that runs through them.
//!
//! **Invariants**
//! - `root` is the root at the end of the last file, known from its record or computed; `None`
//!   after damage that no record bridges, and then roots are not compared.
//! - `reach` moves past what heads say only over whole segments, and never over damage.
//!
//! What this does not do: judge a file that heads say nothing of; it shows what can be read in it.

use super::{FileReport, Findings, TornTail, read_segment_file};
use crate::closed::Closed;
use crate::disk::Disk;
use crate::heads::Heads;
use crate::names;
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
    root: Option<[u8; 32]>,
    /// Whether the file that heads name ends where they say, at its full length: only then can
    /// another have been begun.
    is_filled: bool,
    pub(super) findings: Findings,
    pub(super) dataset: Option<DatasetId>,
    pub(super) torn: Option<TornTail>,
    pub(super) reach: Option<Heads>,
}

/// What is known of a file before it is read.
#[derive(Clone, Copy)]
enum Place {
    /// All of it is acknowledged: these bytes, ending in this root.
    Closed { bytes: u64, root: [u8; 32] },
    /// Heads name it.
    Current { bytes: u64, root: [u8; 32] },
    /// It follows the one that heads name; nothing in it is acknowledged.
    Next,
    /// Nothing.
    Unknown,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        heads: Option<Heads>,
        closed: Vec<Option<Closed>>,
        findings: Findings,
    ) -> Self {
        let dataset = heads.map(|heads| heads.dataset);
        let (root, is_filled, torn, reach) = (Some([0; 32]), false, None, heads);
        Walk { disk, heads, closed, root, is_filled, findings, dataset, torn, reach }
    }

    /// Reads file `number`; `None` where the disk does not give it out.
    pub(super) fn file(&mut self, number: u64) -> Option<FileReport> {
        let name = names::segment_file(number);
        let place = self.place(number, &name);
        let bytes = match read_segment_file(self.disk, &name) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.findings.problems.push(problem);
                self.root = None;
                return None;
            }
        };
        let mut report = FileReport {
            name,
            number,
            bytes: bytes.len() as u64,
            acknowledged_bytes: place.acknowledged_bytes(),
            header: None,
            found: Vec::new(),
            beyond: Vec::new(),
        };
        self.header(&mut report, &bytes, place);
        if self.is_readable(&report, place) {
            self.segments(&mut report, &bytes, place);
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

    fn segments(&mut self, report: &mut FileReport, bytes: &[u8], place: Place) {
        let body = bytes.get(FILE_HEADER_BYTES..).unwrap_or_default();
        let Some(dataset) = self.dataset.or_else(|| dataset_of_segments(body)) else {
            return;
        };
        self.dataset = Some(dataset);
        let (length, end) = (report.bytes, place.acknowledged_bytes().unwrap_or(report.bytes));
        if length < end {
            let (name, expected, found) = (report.name.clone(), end, length);
            self.findings.problems.push(Problem::Short { name, expected, found });
        }
        let end_here = end.clamp(HEADER_END, length.max(HEADER_END));
        let end_here = usize::try_from(end_here).unwrap_or(usize::MAX).min(bytes.len());
        self.acknowledged(report, bytes, end_here, dataset);
        if length >= end {
            self.compare_root(report, place, end);
        }
        match place {
            Place::Closed { root, bytes: expected } => {
                if length > expected {
                    let (name, found) = (report.name.clone(), length);
                    self.findings.problems.push(Problem::Long { name, expected, found });
                }
                let beyond = bytes.get(end_here..).unwrap_or_default();
                report.beyond = read_segments(dataset, beyond, end).collect();
                self.root = Some(root);
            }
            Place::Current { root, .. } => {
                self.root = Some(root);
                // A file is followed by another only once it has reached its length.
                let full = self.heads.map_or(u64::MAX, |heads| heads.segment_file_bytes_max);
                self.is_filled = length == end && end > HEADER_END && end >= full;
                self.tail(report, bytes, end_here, dataset);
            }
            Place::Next => self.tail(report, bytes, end_here, dataset),
            Place::Unknown => {}
        }
    }

    fn acknowledged(
        &mut self,
        report: &mut FileReport,
        bytes: &[u8],
        end: usize,
        dataset: DatasetId,
    ) {
        let acknowledged = bytes.get(FILE_HEADER_BYTES..end).unwrap_or_default();
        for found in read_segments(dataset, acknowledged, HEADER_END) {
            match (&found.damage, &found.segment) {
                (None, Some(segment)) => self.root = self.root.map(|r| fold(r, bytes, segment)),
                _ => self.root = None,
            }
            if let Some(damage) = &found.damage {
                self.findings.problems.push(segment_problem(report, damage));
            }
            report.found.push(found);
        }
    }

    fn compare_root(&mut self, report: &FileReport, place: Place, offset: u64) {
        let (Some(found), Place::Closed { root, .. } | Place::Current { root, .. }) =
            (self.root, place)
        else {
            return;
        };
        if root != found {
            let (name, expected) = (report.name.clone(), root);
            self.findings.problems.push(Problem::Root { name, offset, expected, found });
        }
    }

    /// Reads what was written and not acknowledged: whole segments count, the torn rest does not.
    fn tail(&mut self, report: &mut FileReport, bytes: &[u8], start: usize, dataset: DatasetId) {
        let tail = bytes.get(start..).unwrap_or_default();
        let (before, mut end) = (report.found.len() as u64, start as u64);
        for mut found in read_segments(dataset, tail, start as u64) {
            if let Some(damage) = &mut found.damage {
                damage.segment += before;
                let is_foreign = matches!(damage.cause, DamageCause::ForeignFormat { .. });
                if is_foreign && report.beyond.is_empty() {
                    self.findings.problems.push(segment_problem(report, damage));
                }
            }
            match &found {
                Found { segment: Some(segment), damage: None } if report.beyond.is_empty() => {
                    self.root = self.root.map(|root| fold(root, bytes, segment));
                    end = segment.offset + segment.bytes;
                    report.found.push(found);
                }
                _ => report.beyond.push(found),
            }
        }
        if end < report.bytes {
            let (name, bytes) = (report.name.clone(), report.bytes - end);
            self.torn = Some(TornTail { name, offset: end, bytes });
        }
        if let (Some(reach), Some(root)) = (&mut self.reach, self.root) {
            (reach.file_number, reach.acknowledged_bytes, reach.root) = (report.number, end, root);
        }
    }
}

impl Place {
    fn acknowledged_bytes(self) -> Option<u64> {
        match self {
            Place::Closed { bytes, .. } | Place::Current { bytes, .. } => Some(bytes),
            Place::Next => Some(HEADER_END),
            Place::Unknown => None,
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

fn fold(root: [u8; 32], bytes: &[u8], segment: &Segment) -> [u8; 32] {
    let position = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let range = position(segment.offset)..position(segment.offset + segment.bytes);
    segment_root(&root, bytes.get(range).unwrap_or_default())
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
