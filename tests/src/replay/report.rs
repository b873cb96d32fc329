//! What became of a trace, in one line.

use crate::replay::recording::Recording;
use crate::replay::replica::Run;
use crate::replay::trace::Trace;
use std::fmt;
use std::time::Duration;

/// What became of a trace. `Display` prints one line, and one more for every difference.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The trace.
    pub name: String,
    /// Who wrote, the founder included.
    pub authors: usize,
    /// All commits, the founder's two included.
    pub commits: u64,
    /// Transactions on more than one parent.
    pub merges: usize,
    /// Insertions and deletions.
    pub ops: usize,
    /// Log files.
    pub pieces: usize,
    /// Most commits that waited at a time in any replica.
    pub pending_peak: usize,
    /// Length of all log files.
    pub bytes: u64,
    /// How long writing the commits took.
    pub recording: Duration,
    /// How long each replica took to merge all files.
    pub merging: Vec<Duration>,
    /// How long each replica took to open again and to show text and digest.
    pub opening: Vec<Duration>,
    /// How long `woodland-dump` took for the four pages of each replica.
    pub dumping: Vec<Duration>,
    /// Everything that was not as it should be.
    pub differences: Vec<String>,
}

impl Report {
    pub(crate) fn of(trace: &Trace, recording: &Recording, recorded_in: Duration) -> Report {
        Report {
            name: trace.name.clone(),
            authors: recording.chains.len(),
            commits: recording.graph.log().len(),
            merges: recording.merges,
            ops: recording.ops,
            recording: recorded_in,
            ..Report::default()
        }
    }

    pub(crate) fn add(&mut self, run: &Run) {
        self.pending_peak = self.pending_peak.max(run.pending_peak);
        self.merging.push(run.merging);
        self.opening.push(run.opening);
        self.dumping.push(run.dumping);
    }

    /// Whether all that should hold held.
    pub fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} authors, {} commits, {} merges, {} ops, {} files of {} bytes, pending peak {}, \
             recorded in {:.2} s, {} replicas: median {:.2} s to merge, {:.2} s to reopen, \
             {:.2} s to dump: ",
            self.name,
            self.authors,
            self.commits,
            self.merges,
            self.ops,
            self.pieces,
            self.bytes,
            self.pending_peak,
            self.recording.as_secs_f64(),
            self.merging.len(),
            median(&self.merging),
            median(&self.opening),
            median(&self.dumping),
        )?;
        if self.is_ok() {
            return write!(f, "ok");
        }
        write!(f, "{} differences", self.differences.len())?;
        self.differences.iter().try_for_each(|one| write!(f, "\n  {one}"))
    }
}
