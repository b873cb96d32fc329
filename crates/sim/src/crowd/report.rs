//! What runs of a crowd went through, for people and for programs.
//!
//! **Invariants**
//! - A report depends on the crowd and its seed alone.
//!
//! What this does not do: look at a clock.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How much of everything there was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrowdCounts {
    /// Members.
    pub peers: u64,
    /// Members that write.
    pub authors: u64,
    /// Commits that all held in the end, without those that all held at the beginning.
    pub commits: u64,
    /// Commits that a crash took before they were durable, and that nobody was given.
    pub lost_writes: u64,
    /// Commits that crashes took from those who had them from others.
    pub lost_arrivals: u64,
    /// Commits that came and were new to who was sent them.
    pub delivered: u64,
    /// Commits that came to somebody who held them, or had them from another.
    pub twice: u64,
    /// Messages that were said.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Of these, bytes of commits' rows, of what arrived.
    pub row_bytes: u64,
    /// The rows of all commits, with a signature each, once for each member but their author.
    pub least_bytes: u64,
    /// Connections that were made.
    pub connections: u64,
    /// Connections that ended while faults came about.
    pub cuts: u64,
    /// Crashes.
    pub crashes: u64,
    /// Partitions.
    pub partitions: u64,
    /// Clocks that jumped.
    pub jumps: u64,
    /// Messages that were lost, garbled, overtaken, duplicated and delayed.
    pub faults: BTreeMap<String, u64>,
    /// Conversations that a hub ended, by why.
    pub closed: BTreeMap<String, u64>,
    /// How often somebody was told that another has more of what it wrote, and held that.
    pub behind_and_held: u64,
    /// How often a member met a fork: that many had to be proven.
    pub forks: u64,
    /// How many of these it could prove at once, to whoever holds nothing.
    pub forks_proven: u64,
    /// How often the author, or a copy of it, was told that others have what it did not write.
    pub copies_told: u64,
    /// Attacks that were made, by kind; each ended with its conversation, as it has to.
    pub attacks: BTreeMap<String, u64>,
    /// What hubs called them.
    pub repelled: BTreeMap<String, u64>,
    /// Members that were slow while faults went on.
    pub slow: u64,
    /// Bytes of commits' rows in messages that were lost, garbled or overtaken: said once more.
    pub lost_row_bytes: u64,
    /// Bytes of heap that a conversation with somebody slow held alone when it ended, at most;
    /// where heap is measured.
    pub conversation_bytes: u64,
    /// How many commits members had while others were still being written.
    pub in_time: u64,
    /// Virtual milliseconds from the last write to agreement.
    pub write_to_agreement: u64,
    /// Virtual milliseconds from the end of chaos to agreement.
    pub chaos_to_agreement: u64,
    /// Virtual milliseconds from a commit's writing until a member had it, over all commits and
    /// some members: half of them, 99 of 100, and all.
    pub arrival: [u64; 3],
    /// The same, from a commit's writing until the last of these members had it.
    pub arrival_everywhere: [u64; 3],
}

/// What one seed of a crowd went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CrowdReport {
    /// The seed.
    pub seed: u64,
    /// How much of everything there was.
    pub counts: CrowdCounts,
    /// The hash of all that happened.
    pub trace_hash: String,
    /// The hash of all commits that the first member held in the end, in their order.
    pub order_hash: String,
    /// What did not hold.
    pub violations: Vec<String>,
    /// How long it took, where whoever ran it has looked at a clock.
    pub wall_milliseconds: u64,
}

impl CrowdReport {
    /// Whether nothing was broken.
    pub fn is_well(&self) -> bool {
        self.violations.is_empty()
    }

    /// How many bytes were sent for each that had to be, in hundredths.
    pub fn percent_of_least(&self) -> u64 {
        self.counts.bytes * 100 / self.counts.least_bytes.max(1)
    }
}

impl fmt::Display for CrowdReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CrowdCounts { peers, authors, commits, .. } = self.counts;
        let counts = &self.counts;
        writeln!(f, "seed {}: {peers} peers, {authors} authors, {commits} commits", self.seed)?;
        let per = |count: u64| count as f64 / counts.delivered.max(1) as f64;
        let rows = [
            ("messages", counts.messages, format!("{:.2} a commit", per(counts.messages))),
            ("bytes", counts.bytes, format!("{:.0} a commit", per(counts.bytes))),
            ("of them rows", counts.row_bytes, format!("{:.0} a commit", per(counts.row_bytes))),
            ("least bytes", counts.least_bytes, format!("{} %", self.percent_of_least())),
            ("delivered", counts.delivered, String::new()),
            ("sent twice", counts.twice, format!("{:.2} %", 100.0 * per(counts.twice))),
            ("connections", counts.connections, format!("{} cuts", counts.cuts)),
            ("crashes", counts.crashes, format!("{} jumps of clocks", counts.jumps)),
            ("partitions", counts.partitions, String::new()),
            ("lost writes", counts.lost_writes, format!("{} arrivals", counts.lost_arrivals)),
            ("behind, and held", counts.behind_and_held, String::new()),
        ];
        for (name, count, more) in rows {
            writeln!(f, "{name:<20}{count:>16}  {more}")?;
        }
        let [half, most, all] = counts.arrival;
        writeln!(f, "a commit reaches a member after {half} ms (p50), {most} (p99), {all} (max)")?;
        let [half, most, all] = counts.arrival_everywhere;
        writeln!(f, "and all of them after {half} ms (p50), {most} (p99), {all} (max)")?;
        writeln!(
            f,
            "all agree {} ms after the last write, {} ms after chaos",
            counts.write_to_agreement, counts.chaos_to_agreement
        )?;
        writeln!(f, "faults {:?}", counts.faults)?;
        writeln!(f, "closed {:?}", counts.closed)?;
        writeln!(f, "trace {}", self.trace_hash)?;
        write!(f, "violations: {}", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| write!(f, "\n{violation}"))
    }
}
