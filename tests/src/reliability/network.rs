//! The network's fault classes: small crowds of logs and hubs, one seed after another, each beside
//! the same seed without the fault.
//!
//! ```text
//!  seed ─┬► crowd, calm    ─► what it holds ─┐
//!        └► crowd, faulty  ─► what it holds ─┴► the same, or it is broken ─► row
//! ```
//!
//! **Invariants**
//! - What a seed writes is the same in both, so all members have to hold the same in the end: the
//!   same commits in one order, and so the same graph.
//! - What a row says was injected was: the crowd counted it when it happened.
//! - A violation names its seed and faults: `crowd --story small --faults … --seed …` plays it
//!   again.
//!
//! What this does not do: judge members while faults go on, and at the end; the crowd does.

use super::judge::guarded;
use super::row::{Ring, Row, Tally, Tier};
use std::collections::BTreeMap;
use woodland_format::Digest;
use woodland_graph::{Graph, Kinds};
use woodland_sim::{Crowd, CrowdFault, CrowdReport, Random};

/// A fault class of the network.
#[derive(Debug, Clone, Copy)]
pub struct NetworkClass {
    /// Its name in the scorecard.
    pub name: &'static str,
    /// The promises that it attacks.
    pub promises: &'static str,
    /// What goes wrong; nothing where each seed draws that.
    fault: Option<CrowdFault>,
}

const fn class(
    name: &'static str,
    promises: &'static str,
    fault: Option<CrowdFault>,
) -> NetworkClass {
    NetworkClass { name, promises, fault }
}

/// All of them, in the order of the scorecard.
pub const NETWORK_CLASSES: [NetworkClass; 15] = [
    class("message lost", "P5 P8", Some(CrowdFault::Loss)),
    class("message doubled", "P5 P8", Some(CrowdFault::Duplicate)),
    class("message overtaken", "P5 P8", Some(CrowdFault::Reorder)),
    class("message garbled", "P5 P8", Some(CrowdFault::Garble)),
    class("message delayed", "P5 P8", Some(CrowdFault::Delay)),
    class("partition, both ways", "P5 P8", Some(CrowdFault::BothWays)),
    class("partition, one way", "P5 P8", Some(CrowdFault::OneWay)),
    class("partition, one member", "P5 P8", Some(CrowdFault::LonePeer)),
    class("partition, a ring", "P5 P8", Some(CrowdFault::Ring)),
    class("skewed clocks", "P5 P8", Some(CrowdFault::Skew)),
    class("members crash", "P1 P5", Some(CrowdFault::Crash)),
    class("equivocating author", "P5 P6", Some(CrowdFault::Fork)),
    class("slow or stalling peer", "P8", Some(CrowdFault::Slow)),
    class("oversized or hostile sync message", "P4 P6", Some(CrowdFault::Hostile)),
    class("all of these, as each seed draws", "P1 P4-P6 P8", None),
];

/// Of what others were to have in time, so much they have beside slow members, in a hundred.
const PACE_PERCENT: u64 = 95;
/// A conversation with somebody slow holds at most the version that it sends, its window and a
/// message: of these crowds so many bytes of heap.
const CONVERSATION_BYTES_MAX: u64 = 256 * 1024;

/// A seed without the fault.
struct Calm {
    report: CrowdReport,
    digest: Digest,
}

/// Runs the classes; what a seed holds without faults is found out once for all.
#[derive(Default)]
pub struct Network {
    calms: BTreeMap<(u64, bool), Calm>,
    heap: Option<fn() -> usize>,
}

/// What the seeds of a class add up to.
#[derive(Default)]
struct Sums {
    members: u64,
    messages: u64,
    commits: u64,
    to_agreement: Vec<u64>,
    bytes: [u64; 2],
    in_time: [u64; 2],
    /// Of any one seed the least, in hundredths.
    pace_least: Option<u64>,
    resent_bytes: u64,
    conversation_bytes: u64,
    kinds: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
}

impl Network {
    /// With what says how many bytes are on the heap, if anything does.
    pub fn weighed_by(heap: Option<fn() -> usize>) -> Network {
        Network { heap, ..Network::default() }
    }

    /// The row of a class.
    pub fn run(&mut self, class: &NetworkClass, tier: Tier) -> Row {
        let tally = Tally::of(class.name, Ring::Crowd, class.promises);
        let seeds = match class.fault {
            Some(_) => tier.choose(1, 100),
            None => tier.choose(3, 400),
        };
        self.run_seeds(class, seeds, tally).end()
    }

    /// Plays so many seeds of a class, until enough is known.
    pub(super) fn run_seeds(
        &mut self,
        class: &NetworkClass,
        seeds: u64,
        mut tally: Tally,
    ) -> Tally {
        let mut sums = Sums::default();
        for seed in 0..seeds {
            let faults = class.fault.map_or_else(|| drawn(seed), |fault| vec![fault]);
            let played = guarded(|| self.seed(class, seed, &faults, &mut tally, &mut sums));
            if let Err(text) = played {
                let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
                tally.broken(format!("seed {seed}, faults {}: {text}", names.join(",")));
            }
            if tally.is_over() {
                return tally;
            }
        }
        sums.judge(class, &mut tally);
        tally.note(&format!("seeds 0 to {}; {}", seeds.saturating_sub(1), sums.note(class)));
        tally
    }

    fn seed(
        &mut self,
        class: &NetworkClass,
        seed: u64,
        faults: &[CrowdFault],
        tally: &mut Tally,
        sums: &mut Sums,
    ) -> Result<(), String> {
        let heap = self.heap;
        let calm = self.calm(seed, faults.contains(&CrowdFault::Fork))?;
        let crowd = Crowd::small(faults.iter().copied());
        let crowd = heap.iter().fold(crowd, |crowd, heap| crowd.weighed_by(*heap));
        let (report, log) = crowd.run_held(seed);
        let mut broken = report.violations.clone();
        if report.order_hash != calm.report.order_hash {
            broken.push("the first member holds other than without the fault".to_owned());
        }
        if Graph::of(&log, Kinds::standard()).digest() != calm.digest {
            broken.push("the graph is another than without the fault".to_owned());
        }
        let (injected, detected) = counts(class, &report);
        let recovered = if broken.is_empty() { injected } else { 0 };
        tally.count(injected, detected.min(injected), recovered);
        sums.add(&report, &calm.report);
        broken.into_iter().next().map_or(Ok(()), Err)
    }

    fn calm(&mut self, seed: u64, is_forked: bool) -> Result<&Calm, String> {
        let play = || {
            let crowd = Crowd::small(is_forked.then_some(CrowdFault::Fork));
            let (report, log) = crowd.run_held(seed);
            match report.violations.first() {
                Some(text) => Err(format!("without the fault: {text}")),
                None => Ok(Calm { report, digest: Graph::of(&log, Kinds::standard()).digest() }),
            }
        };
        if let std::collections::btree_map::Entry::Vacant(free) =
            self.calms.entry((seed, is_forked))
        {
            free.insert(play()?);
        }
        Ok(&self.calms[&(seed, is_forked)])
    }
}

/// What goes wrong in this seed: one thing alone in every fifth, else half of all.
fn drawn(seed: u64) -> Vec<CrowdFault> {
    let mut random = Random::from_seed(seed ^ 0xC0DE);
    if random.chance(20) {
        return random.pick(&CrowdFault::ALL).copied().into_iter().collect();
    }
    CrowdFault::ALL.into_iter().filter(|_| random.chance(50)).collect()
}

/// How many faults there were, and how many of them somebody told of.
fn counts(class: &NetworkClass, report: &CrowdReport) -> (u64, u64) {
    let counts = &report.counts;
    let of = |kind: &str| counts.faults.get(kind).copied().unwrap_or(0);
    // What the other side was told is no word of its own.
    let own = counts.closed.iter().filter(|(why, _)| !why.starts_with("Bye"));
    let closed: u64 = own.map(|(_, count)| *count).sum();
    let attacks: u64 = counts.attacks.values().sum();
    let repelled: u64 = counts.repelled.values().sum();
    let messages = ["lost", "duplicated", "overtaken", "garbled", "delayed"].map(of);
    let [lost, duplicated, overtaken, garbled, delayed] = messages;
    match class.fault {
        Some(CrowdFault::Loss) => (lost, closed),
        Some(CrowdFault::Duplicate) => (duplicated, closed),
        Some(CrowdFault::Reorder) => (overtaken, closed),
        Some(CrowdFault::Garble) => (garbled, closed),
        Some(CrowdFault::Delay) => (delayed, closed),
        Some(
            CrowdFault::BothWays | CrowdFault::OneWay | CrowdFault::LonePeer | CrowdFault::Ring,
        ) => (counts.partitions, closed),
        Some(CrowdFault::Skew) => (counts.jumps, closed),
        Some(CrowdFault::Crash) => (counts.crashes, 0),
        Some(CrowdFault::Fork) => (counts.forks, counts.forks_proven),
        Some(CrowdFault::Slow) => (counts.slow, closed),
        Some(CrowdFault::Hostile) => (attacks, repelled),
        _ => {
            let others = counts.partitions + counts.jumps + counts.crashes + counts.slow;
            let all = messages.iter().sum::<u64>() + others + counts.forks + attacks;
            (all, closed + counts.forks_proven + repelled)
        }
    }
}

impl Sums {
    fn add(&mut self, report: &CrowdReport, calm: &CrowdReport) {
        let (counts, without) = (&report.counts, &calm.counts);
        self.members += counts.peers;
        self.messages += counts.messages;
        self.commits += counts.commits;
        self.to_agreement.push(counts.chaos_to_agreement);
        self.bytes = [self.bytes[0] + counts.bytes, self.bytes[1] + without.bytes];
        self.in_time = [self.in_time[0] + counts.in_time, self.in_time[1] + without.in_time];
        let pace = counts.in_time * 100 / without.in_time.max(1);
        self.pace_least = Some(self.pace_least.map_or(pace, |least| least.min(pace)));
        let row_bytes = counts.row_bytes / (counts.delivered + counts.twice).max(1);
        self.resent_bytes += counts.lost_row_bytes + counts.twice * row_bytes;
        self.conversation_bytes = self.conversation_bytes.max(counts.conversation_bytes);
        let lost = ["lost", "garbled", "overtaken"];
        for (kind, count) in counts.faults.iter().filter(|(kind, _)| lost.contains(&kind.as_str()))
        {
            *self.kinds.entry(kind.clone()).or_default() += count;
        }
        for (why, count) in &counts.repelled {
            *self.outcomes.entry(why.clone()).or_default() += count;
        }
    }

    /// How much others had in time beside slow members, of what they have without them.
    fn pace(&self) -> u64 {
        self.in_time[0] * 100 / self.in_time[1].max(1)
    }

    /// What is promised of all seeds together.
    fn judge(&self, class: &NetworkClass, tally: &mut Tally) {
        if class.fault != Some(CrowdFault::Slow) {
            return;
        }
        if self.pace() < PACE_PERCENT {
            tally.broken(format!("others had {} % in time", self.pace()));
        }
        if self.conversation_bytes > CONVERSATION_BYTES_MAX {
            tally.broken(format!("a conversation held {} bytes", self.conversation_bytes));
        }
    }

    fn note(&self, class: &NetworkClass) -> String {
        let mut all = self.to_agreement.clone();
        all.sort_unstable();
        let at = |percent: usize| all.get(all.len().saturating_sub(1) * percent / 100).copied();
        let [half, most, last] = [50, 99, 100].map(|percent| at(percent).unwrap_or(0));
        let (members, messages) = (self.members, self.messages);
        let mut note = format!(
            "{members} members, {} commits, {messages} messages; agreed {half} ms (p50), {most} \
             (p99), {last} (max) after faults stopped; {} % of the bytes without",
            self.commits,
            self.bytes[0] * 100 / self.bytes[1].max(1)
        );
        let lost: u64 = self.kinds.values().sum();
        if lost > 0 && class.fault.is_some() {
            let each = self.resent_bytes / lost;
            note.push_str(&format!("; {each} bytes of commits said again for each"));
        }
        if class.fault == Some(CrowdFault::Slow) {
            let (pace, least) = (self.pace(), self.pace_least.unwrap_or(0));
            note.push_str(&format!(
                "; others had {pace} % in time of what they have without, of any seed {least} %"
            ));
            if self.conversation_bytes > 0 {
                let (held, most) = (self.conversation_bytes, CONVERSATION_BYTES_MAX);
                note.push_str(&format!("; a conversation held {held} bytes at most, of {most}"));
            }
        }
        if !self.outcomes.is_empty() {
            let outcomes = self.outcomes.iter().map(|(why, count)| format!("{why} {count}"));
            let outcomes: Vec<String> = outcomes.collect();
            note.push_str(&format!("; cut off as {}", outcomes.join(", ")));
        }
        note
    }
}
