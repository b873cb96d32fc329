//! Taking in what others wrote: from another replica, or from a log file.
//!
//! **Invariants**
//! - What is admitted is stored before it is shown; what cannot be admitted yet waits in memory,
//!   within limits, and is lost when the replica is closed: offer it again.
//! - Damage in a log file costs only what is damaged; it is reported, not fatal.
//! - A replica is never changed by being merged from; what it has buffered is made durable first.
//! - When a merge returns, all that it took in is durable, and so is what was there already.
//!
//! What this does not do: find peers, or remember who sent what.

use crate::backing::BackingError;
use crate::durability::{Durability, FlushError};
use crate::incarnation::IncarnationError;
use crate::notice::Notice;
use crate::replica::{Replica, is_founding};
use crate::snapshot::Snapshot;
use crate::stage::Staged;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use woodland_format::{
    AuthorKey, CommitId, Damage, DatasetId, FileError, Purpose, Segment, verify_commit,
};
use woodland_log::{Log, Pending, Refusal, Tip};
use woodland_page::{PageFault, catch};

/// Where commits come from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Source<'a> {
    /// Another replica, as it is now; what it has buffered is made durable first.
    Replica(&'a Replica),
    /// A log file, as `export` writes it.
    File(PathBuf),
    /// The bytes of a log file: what came over a wire, or was never a file.
    Bytes(&'a [u8]),
    /// A version, such as another one that a program holds.
    Log(&'a Log),
}

impl<'a> From<&'a Replica> for Source<'a> {
    fn from(replica: &'a Replica) -> Self {
        Source::Replica(replica)
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Source::Bytes(bytes)
    }
}

impl<'a> From<&'a Log> for Source<'a> {
    fn from(log: &'a Log) -> Self {
        Source::Log(log)
    }
}

impl From<&Path> for Source<'_> {
    fn from(path: &Path) -> Self {
        Source::File(path.to_owned())
    }
}

impl From<&PathBuf> for Source<'_> {
    fn from(path: &PathBuf) -> Self {
        Source::File(path.clone())
    }
}

impl From<&str> for Source<'_> {
    fn from(path: &str) -> Self {
        Source::File(path.into())
    }
}

/// What became of a merge.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Merged {
    /// How many commits came in.
    pub admitted: usize,
    /// How many were held or waiting already.
    pub duplicates: usize,
    /// How many wait now, from this merge and from earlier ones.
    pub waiting: usize,
    /// What they wait for: commits that nobody has brought.
    pub missing: Vec<CommitId>,
    /// The chains that wait for a signature: author, and seq of the last commit that waits.
    pub unsigned: Vec<(AuthorKey, u64)>,
    /// What the door did not take.
    pub refused: Vec<Refusal>,
    /// What could not be read.
    pub damage: Vec<Damage>,
    /// What this merge showed of author keys: why this replica took another, and new forks.
    pub notices: Vec<Notice>,
}

/// A merge did not happen; nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The caller's mistake: the source is of another dataset.
    #[error("the source is of dataset {found}, this replica is of {expected}: merge it there")]
    OtherDataset {
        /// This replica's.
        expected: DatasetId,
        /// The source's.
        found: DatasetId,
    },
    /// The file is no log file that this release reads.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What stands there instead.
        #[source]
        error: FileError,
    },
    /// The file is a part of a dataset directory.
    #[error("{}: a segment file of a dataset directory: open the directory, and export from it", path.display())]
    NotALogFile {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What arrived shows that this replica's key is in use elsewhere, and no other could be taken.
    #[error("this replica's key is in use elsewhere: {0}")]
    Incarnation(#[from] IncarnationError),
    /// The source is a replica that has something buffered, and could not make it durable.
    #[error("nothing is taken from the source: {0}")]
    Source(#[from] FlushError),
    /// The derived state on disk cannot be read. It is derived anew when the dataset is opened
    /// again.
    #[error(transparent)]
    Derived(#[from] PageFault),
    /// What arrived could not be stored.
    #[error("what arrived could not be stored: {0}")]
    Store(#[from] BackingError),
}

impl Replica {
    /// Takes in what the source has and this replica has not. Returns once it is durable.
    ///
    /// # Errors
    /// [`MergeError`]. Refused commits and damage are in the answer instead.
    pub fn merge<'a>(&self, source: impl Into<Source<'a>>) -> Result<Merged, MergeError> {
        let mut arrival = source.into().read()?;
        let (staged, merged) = catch(|| self.stage_arrival(&mut arrival))??;
        staged.map_or(Ok(()), |staged| self.acknowledge(staged))?;
        Ok(merged)
    }

    /// Derives what arrived, and puts it into the store's queue.
    fn stage_arrival(&self, arrival: &mut Arrival) -> Result<(Option<Staged>, Merged), MergeError> {
        let mut writer = self.writer();
        writer.target.check()?;
        let current = writer.newest.snapshot.clone();
        let before = current.log().clone();
        let mut pending = writer.pending.clone();
        let (log, mut merged) = arrival.merge_into(&before, &mut pending)?;
        let arrived: Vec<_> = log.arrived(&before).map(|(_, commit)| commit).collect();
        let tips: Vec<_> = arrived.iter().map(tip).collect();
        let taken = self.known(writer.defend(&before, &log, &tips, arrival))?;
        merged.notices.extend(taken.clone());
        taken.into_iter().for_each(|notice| self.note(notice));
        let mut staged = None;
        if !arrived.is_empty() {
            let own = merged.notices.first().map(Notice::about);
            let others = log.new_forks(&before).into_iter().filter(|it| Some(it.author) != own);
            merged.notices.extend(others.map(|fork| Notice::forked(&log, fork)));
            let next = Snapshot { graph: Arc::new(current.graph.advance(&log)), ..current };
            staged = Some(self.stage(&mut writer, next, (&log, &arrived), Durability::Durable)?);
        }
        writer.pending = pending;
        let staged = staged.or_else(|| self.awaited(&writer));
        Ok((staged, merged))
    }
}

fn tip(commit: &woodland_format::Commit) -> (AuthorKey, Tip) {
    (commit.author(), Tip { seq: commit.seq(), id: commit.id() })
}

/// A source, read.
pub(crate) enum Arrival {
    Log(Box<Log>),
    Segments { dataset: DatasetId, segments: Vec<Segment>, damage: Vec<Damage> },
}

impl Source<'_> {
    pub(crate) fn read(self) -> Result<Arrival, MergeError> {
        match self {
            Source::Replica(replica) => {
                Ok(Arrival::Log(Box::new(replica.flushed()?.log().clone())))
            }
            Source::File(path) => read_file(path),
            Source::Bytes(bytes) => decode(PathBuf::from(IN_MEMORY), bytes),
            Source::Log(log) => Ok(Arrival::Log(Box::new(log.clone()))),
        }
    }
}

/// What stands for a path in errors about bytes that are in no file.
const IN_MEMORY: &str = "(bytes in memory)";

fn read_file(path: PathBuf) -> Result<Arrival, MergeError> {
    match std::fs::read(&path) {
        Ok(bytes) => decode(path, &bytes),
        Err(source) => Err(MergeError::Read { path, source }),
    }
}

fn decode(path: PathBuf, bytes: &[u8]) -> Result<Arrival, MergeError> {
    let header = match woodland_format::FileHeader::decode(bytes) {
        Ok(header) => header,
        Err(error) => return Err(MergeError::File { path, error }),
    };
    if header.purpose != Purpose::Log {
        return Err(MergeError::NotALogFile { path });
    }
    let start = woodland_format::FILE_HEADER_BYTES;
    let (mut segments, mut damage) = (Vec::new(), Vec::new());
    let rest = bytes.get(start..).unwrap_or_default();
    for found in woodland_format::read_segments(header.dataset, rest, start as u64) {
        segments.extend(found.segment);
        damage.extend(found.damage);
    }
    Ok(Arrival::Segments { dataset: header.dataset, segments, damage })
}

impl Arrival {
    pub(crate) fn dataset(&self) -> DatasetId {
        match self {
            Arrival::Log(log) => log.dataset(),
            Arrival::Segments { dataset, .. } => *dataset,
        }
    }

    /// A log of the founding commit alone, if its author's signature stands on it or behind it.
    pub(crate) fn found(&self) -> Option<Log> {
        let segments = match self {
            Arrival::Log(log) => return Log::found(log.founding().clone()).ok(),
            Arrival::Segments { segments, .. } => segments,
        };
        let wanted = self.dataset().founding();
        let mut first = segments.iter().filter_map(Segment::first);
        let founding = first.find(|one| one.id() == wanted && is_founding(one))?;
        // The signature may stand on any later commit of the founder's chain, in any segment.
        let author = founding.author();
        let mine = || segments.iter().filter(|segment| segment.head.author == author);
        let backlinks: BTreeMap<CommitId, Option<CommitId>> = mine()
            .flat_map(Segment::commits)
            .map(|commit| (commit.id(), commit.backlink()))
            .collect();
        let mut signed = mine().flat_map(|segment| &segment.points).filter(|point| {
            backlinks.contains_key(&point.commit)
                && verify_commit(&author, &point.commit, &point.signature)
        });
        // What was walked once and did not lead to the founding commit is not walked again.
        let mut walked = BTreeSet::new();
        let is_signed = signed.any(|point| {
            let mut at = Some(point.commit);
            while let Some(commit) = at.filter(|at| walked.insert(*at)) {
                if commit == wanted {
                    return true;
                }
                at = backlinks.get(&commit).copied().flatten();
            }
            false
        });
        is_signed.then(|| Log::found(founding).ok()).flatten()
    }

    /// Offers everything to the log.
    pub(crate) fn merge_into(
        &mut self,
        log: &Log,
        pending: &mut Pending,
    ) -> Result<(Log, Merged), MergeError> {
        let (expected, found) = (log.dataset(), self.dataset());
        if expected != found {
            return Err(MergeError::OtherDataset { expected, found });
        }
        let mut merged = Merged::default();
        let mut next = log.clone();
        match self {
            Arrival::Log(other) => {
                next = log.merge(other).expect("the datasets were compared");
                merged.admitted = usize::try_from(next.len() - log.len()).unwrap_or(usize::MAX);
                merged.duplicates =
                    usize::try_from(other.len()).unwrap_or(usize::MAX) - merged.admitted;
                // What waits may have had its past brought.
                let offered = pending.catch_up(&next);
                next = offered.log;
                merged.admitted += offered.admitted.len();
                merged.refused.extend(offered.refused);
            }
            Arrival::Segments { segments, damage, .. } => {
                let offered = pending.offer_all(&next, &*segments);
                next = offered.log;
                merged.admitted += offered.admitted.len();
                merged.duplicates += offered.duplicates;
                merged.refused.extend(offered.refused);
                merged.damage.append(damage);
            }
        }
        merged.waiting = pending.waiting();
        merged.missing = pending.missing(&next);
        merged.unsigned = pending.unsigned();
        Ok((next, merged))
    }
}
