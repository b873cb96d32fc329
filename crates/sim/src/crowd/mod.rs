//! The crowd: thousands of members, each with a log and a hub, that talk over links which fail.
//!
//! ```text
//!  plan ─► world ─┬► writing   commits of members that write; in small crowds by a `script`
//!   (seed)        ├► speaking  hub ─► message ─► link ─► hub
//!                 ├► trouble   crashes, partitions, clocks
//!                 ├► small     who is slow, or forked; `hostile`
//!                 └► then healing: all hold the same, and all that was acknowledged
//! ```
//!
//! Members have no disk and no graph: what is durable is a version of the log, and a crash goes
//! back to it. The protocol is the real one, with its own bytes; signatures are checked once for
//! all.
//!
//! **Invariants**
//! - One seed, one crowd: the same seed gives the same trace hash, on any machine.
//! - Chaos comes first; then faults stop, and all have to hold one version within a stated time.
//! - At no time is a member that keeps to the protocol taken for one that does not.
//!
//! What this does not do: lie, but for the hostile members of small crowds. All that a liar may say
//! is in the tests of `woodland-sync`.

mod fault;
mod hostile;
mod links;
mod member;
mod plan;
mod report;
mod script;
mod small;
mod speaking;
mod trouble;
mod verified;
mod world;
mod writing;

pub use crate::crowd::fault::CrowdFault;
pub use crate::crowd::report::{CrowdCounts, CrowdReport};

use crate::crowd::fault::Faults;
use crate::crowd::member::Member;
use crate::crowd::plan::{Plan, Size};
use crate::crowd::world::World;
use crate::trace::{Keep, Trace};
use woodland_laws::Random;
use woodland_log::Log;

/// What the members of a crowd go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// They write while everything fails.
    Chaos,
    /// All write one commit at once, and then connect.
    AtOnce,
    /// One comes back with what it wrote alone.
    Rejoin,
    /// A small crowd, of which all is known that it writes.
    Small,
}

/// A crowd that talks.
#[derive(Debug, Clone)]
pub struct Crowd {
    size: Size,
    story: Story,
    keep: Keep,
    /// What may go wrong in a small crowd.
    faults: Faults,
    heap: Option<fn() -> usize>,
}

/// Members besides the one that rejoins.
const OTHERS: usize = 20;
/// How long a member that rejoins was away.
const AWAY_MILLISECONDS: u64 = 30 * 24 * 3600 * 1000;
/// How often one looks whether all agree.
const LOOKS_MILLISECONDS: u64 = 250;

impl Crowd {
    /// So many members, of whom so many write so many commits in all, while everything fails.
    pub fn of(peers: usize, authors: usize, commits: usize) -> Crowd {
        let peers = peers.max(2);
        let size = Size { peers, authors: authors.clamp(1, peers), commits };
        Crowd::through(Story::Chaos, size)
    }

    /// So many authors that write one commit each, and then connect.
    pub fn at_once(authors: usize) -> Crowd {
        let size = Size { peers: authors.max(2), authors: authors.max(2), commits: authors.max(2) };
        Crowd::through(Story::AtOnce, size)
    }

    /// One that was offline for thirty days and wrote so many commits, and others that wrote as
    /// many in that time.
    pub fn rejoining(commits: usize) -> Crowd {
        let size = Size { peers: OTHERS + 1, authors: OTHERS + 1, commits };
        Crowd::through(Story::Rejoin, size)
    }

    /// Some dozen members that write what the seed says, whatever goes wrong: with any faults all
    /// hold in the end what they hold with none. Forks are part of what is written.
    pub fn small(faults: impl IntoIterator<Item = CrowdFault>) -> Crowd {
        let size = Size { peers: 0, authors: 0, commits: 0 };
        Crowd { faults: faults.into_iter().collect(), ..Crowd::through(Story::Small, size) }
    }

    fn through(story: Story, size: Size) -> Crowd {
        Crowd { size, story, keep: Keep::Hash, faults: Faults::new(), heap: None }
    }

    /// Notes how much heap conversations with slow members hold; this says how much is in use.
    #[must_use]
    pub fn weighed_by(self, heap: fn() -> usize) -> Crowd {
        Crowd { heap: Some(heap), ..self }
    }

    /// Keeps the lines of the trace.
    #[must_use]
    pub fn keep(self, keep: Keep) -> Crowd {
        Crowd { keep, ..self }
    }

    /// Runs one seed.
    pub fn run(&self, seed: u64) -> CrowdReport {
        self.run_traced(seed).0
    }

    /// Runs one seed; with its trace, where that is kept.
    pub fn run_traced(&self, seed: u64) -> (CrowdReport, Vec<String>) {
        let (report, _, trace) = self.run_whole(seed);
        (report, trace)
    }

    /// Runs one seed; with the log that the first member holds in the end, as all others do.
    pub fn run_held(&self, seed: u64) -> (CrowdReport, Log) {
        let (report, log, _) = self.run_whole(seed);
        (report, log)
    }

    fn run_whole(&self, seed: u64) -> (CrowdReport, Log, Vec<String>) {
        verified::forget();
        let trace = Trace::new(self.keep);
        let mut random = Random::from_seed(seed);
        let log = writing::founded();
        let mut size = self.size;
        let mut world = match self.story {
            Story::Chaos => {
                let plan = Plan::draw(self.size, &mut random);
                let mut world = World::new(self.members(&log), plan, random, trace.clone());
                world.connect_all(2_000);
                let until = world.plan.writes_end;
                plan_writes(&mut world, self.size, until);
                world
            }
            Story::AtOnce => {
                let members = self.members(&log);
                let mut world = World::new(members, Plan::calm(0), random, trace.clone());
                (0..self.size.authors).for_each(|author| world.plan_write(0, author));
                // A write takes up to some 60 milliseconds until it is durable.
                world.run_until(100);
                world.connect_all(1_000);
                world
            }
            Story::Rejoin => self.rejoined(&log, random, &trace),
            Story::Small => {
                let (mut world, drawn) = small::set_up(&log, &self.faults, seed, &trace);
                (size, world.small.heap) = (drawn, self.heap);
                world.connect_all(500);
                world
            }
        };
        let report = agreement(&mut world, size, seed);
        verified::forget();
        (report, world.members[0].log.clone(), trace.lines())
    }

    fn members(&self, log: &Log) -> Vec<Member> {
        (0..self.size.peers)
            .map(|number| Member::new(writing::key(number), log, member::usual()))
            .collect()
    }

    /// Everybody wrote, and one of them was not there; now it is.
    fn rejoined(&self, log: &Log, mut random: Random, trace: &Trace) -> World {
        let Size { peers, commits, .. } = self.size;
        let mut tips = vec![None; peers];
        tips[0] = Some(log.founding().id());
        let mut least_bytes = 0;
        let mut write = |log: &mut Log, author: usize, receivers: u64, random: &mut Random| {
            let sight = writing::sight(random);
            let written = writing::write(log, &writing::key(author), tips[author], sight, random);
            tips[author] = Some(written.commit.id());
            least_bytes += written.row_bytes * receivers;
            *log = written.add_to(log);
        };
        // What all of them had, before one left.
        let mut shared = log.clone();
        for number in 0..commits / 10 {
            write(&mut shared, number % peers, 0, &mut random);
        }
        let (mut theirs, mut its) = (shared.clone(), shared);
        for _ in 0..commits {
            write(&mut theirs, random.below(peers - 1), 1, &mut random);
            write(&mut its, peers - 1, peers as u64 - 1, &mut random);
        }
        let mut members: Vec<Member> = (0..peers - 1)
            .map(|at| Member::new(writing::key(at), &theirs, member::usual()))
            .collect();
        members.push(Member::new(writing::key(peers - 1), &its, member::usual()));
        let given = theirs.len();
        let mut world = World::new(members, Plan::calm(AWAY_MILLISECONDS), random, trace.clone());
        world.counts.least_bytes = least_bytes;
        world.given = given - commits as u64;
        world.connect_all(500);
        world
    }
}

fn plan_writes(world: &mut World, size: Size, until: u64) {
    for number in 0..size.commits {
        // Each author writes something, then whoever does.
        let author = match number < size.authors {
            true => number,
            false => world.random.below(size.authors),
        };
        let at = world.random.below(until as usize) as u64;
        world.plan_write(at, author);
    }
}

/// Chaos to its end, and then healing until all agree.
fn agreement(world: &mut World, size: Size, seed: u64) -> CrowdReport {
    let calm = world.plan.chaos_ends.max(world.now);
    world.run_until(calm);
    world.calm_down();
    let latest = world.now + world.plan.healing;
    while !agrees(world) && world.now < latest {
        let next = world.now + LOOKS_MILLISECONDS;
        world.run_until(next);
    }
    let honest = |world: &World| world.members.iter().filter(|one| one.is_honest()).count();
    if agrees(world) {
        world.judge();
    } else {
        let members = &world.members[..honest(world)];
        let held: Vec<u64> = members.iter().map(|member| member.log.len()).collect();
        let (least, most) = (held.iter().min(), held.iter().max());
        let few = held.iter().filter(|held| Some(*held) != most).count();
        let what = format!("no agreement: {few} hold less than {most:?}, one {least:?}");
        world.violates(&what);
    }
    let log = world.members[0].log.clone();
    let lacking = world.acknowledged.iter().filter(|id| !log.contains(id)).count();
    if lacking > 0 {
        world.violates(&format!("{lacking} commits are gone that were acknowledged"));
    }
    conclude(world, size, seed, calm)
}

/// Whether all hold one version, durably, and nobody is about to write.
fn agrees(world: &World) -> bool {
    let first = &world.members[0].log;
    let mut members = world.members.iter().filter(|member| member.is_honest());
    let same = members.clone().all(|member| member.durable.len() == first.len());
    let is_same = |member: &Member| member.durable.version() == first.version();
    world.writes_left == 0 && same && members.all(is_same)
}

fn conclude(world: &mut World, size: Size, seed: u64, calm: u64) -> CrowdReport {
    let mut counts = std::mem::take(&mut world.counts);
    counts.peers = size.peers as u64;
    counts.authors = size.authors as u64;
    counts.commits = world.members[0].log.len() - world.given;
    counts.twice = world.received.saturating_sub(counts.delivered);
    counts.write_to_agreement = world.now - world.last_write;
    counts.chaos_to_agreement = world.now - calm;
    let arrivals = world.arrivals.values();
    counts.arrival = percentiles(arrivals.clone().flatten().copied().collect());
    let last = arrivals.filter_map(|arrivals| arrivals.iter().max());
    counts.arrival_everywhere = percentiles(last.copied().collect());
    let hash = world.trace.hash();
    let trace_hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let violations = std::mem::take(&mut world.violations);
    let order_hash = small::order_hash(&world.members[0].log);
    CrowdReport { seed, counts, trace_hash, order_hash, violations, wall_milliseconds: 0 }
}

/// Half of them are at or below the first, 99 of 100 at or below the second, all the third.
fn percentiles(mut all: Vec<u64>) -> [u64; 3] {
    all.sort_unstable();
    let at = |percent: usize| all.get((all.len().max(1) - 1) * percent / 100).copied();
    [50, 99, 100].map(|percent| at(percent).unwrap_or(0))
}
