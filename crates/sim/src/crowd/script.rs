//! What the members of a small crowd write, fixed before anything happens: the same commits come
//! of it, whatever goes wrong.
//!
//! ```text
//!  author 2   ─ 0 ─ 3 ─ 4 ─ 9         a line: whose, by which member, behind which line, and
//!  its copy         └ 5 ─ 7           which lines of others it has seen
//! ```
//!
//! **Invariants**
//! - A line stands behind those that it stands on, and sees no line twice.
//! - A line is written once its past is held; a crash that takes it has it written again, and its
//!   bytes are the same.
//!
//! What this does not do: hold a commit.

use crate::crowd::fault::{CrowdFault, Faults};
use crate::crowd::plan::Size;
use std::collections::{BTreeMap, BTreeSet};
use woodland_laws::Random;

/// One commit that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Who writes it.
    pub(crate) member: usize,
    /// Under whose key.
    pub(crate) author: usize,
    /// When it is due, in milliseconds.
    pub(crate) at: u64,
    /// The line before it in its chain.
    pub(crate) before: Option<usize>,
    /// Lines of others that it has seen.
    pub(crate) parents: Vec<usize>,
    /// What its payload is made from.
    pub(crate) nonce: u64,
}

/// What one seed of a small crowd writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) lines: Vec<Line>,
    /// Who writes under whose key beside its author: the copies, behind all others.
    pub(crate) copies: Vec<usize>,
}

/// Most parents of a line.
const PARENTS_MAX: usize = 3;

/// A chain that is being planned.
#[derive(Debug, Clone, Copy)]
struct Chain {
    member: usize,
    author: usize,
    last: Option<usize>,
}

impl Script {
    /// So many members write so many commits until then; some of their keys have copies.
    pub(crate) fn draw(size: Size, until: u64, faults: &Faults, random: &mut Random) -> Script {
        let mut forks = Random::from_seed(random.number());
        let mut script = Script::default();
        let mut chains: Vec<Chain> =
            (0..size.authors).map(|at| Chain { member: at, author: at, last: None }).collect();
        let mut seen: Vec<BTreeSet<usize>> = Vec::new();
        for number in 0..size.commits {
            let at = until * number as u64 / size.commits as u64;
            let chain = random.below(chains.len());
            script.add(&mut chains[chain], at, &mut seen, random);
        }
        if faults.contains(&CrowdFault::Fork) {
            script.fork(size, &mut seen, &mut forks);
        }
        script
    }

    fn add(
        &mut self,
        chain: &mut Chain,
        at: u64,
        seen: &mut Vec<BTreeSet<usize>>,
        random: &mut Random,
    ) {
        let own = self.lines.len();
        let mut past: BTreeSet<usize> =
            chain.last.map_or_else(BTreeSet::new, |at| seen[at].clone());
        let mut parents = Vec::new();
        let wanted = if random.chance(40) { 1 + random.below(PARENTS_MAX) } else { 0 };
        // The later ones first: so no parent has seen another.
        let mut drawn: Vec<usize> = (0..wanted).map(|_| random.below(own.max(1))).collect();
        drawn.sort_unstable_by(|one, other| other.cmp(one));
        for parent in drawn.into_iter().filter(|parent| *parent < own) {
            if self.lines[parent].author != chain.author && !past.contains(&parent) {
                past.extend(&seen[parent]);
                parents.push(parent);
            }
        }
        past.insert(own);
        seen.push(past);
        let Chain { member, author, last: before } = *chain;
        let nonce = random.number();
        self.lines.push(Line { member, author, at, before, parents, nonce });
        chain.last = Some(own);
    }

    /// Of some authors copies write, each behind some line of its author or behind none.
    fn fork(&mut self, size: Size, seen: &mut Vec<BTreeSet<usize>>, random: &mut Random) {
        let until = self.lines.last().map_or(0, |line| line.at);
        // Who founded the dataset has a chain that begins there.
        for author in (1..size.authors).filter(|_| random.chance(40)).collect::<Vec<_>>() {
            let own = |(at, line): (usize, &Line)| (line.author == author).then_some(at);
            let chain: Vec<usize> = self.lines.iter().enumerate().filter_map(own).collect();
            if chain.is_empty() {
                continue;
            }
            for _ in 0..1 + random.below(4) {
                // Another than the last, so that the author goes on from there, too.
                let place = random.below(chain.len());
                let last = place.checked_sub(1).map(|at| chain[at]);
                let from = last.map_or(0, |at| self.lines[at].at);
                let member = size.peers + self.copies.len();
                let mut chain = Chain { member, author, last };
                for _ in 0..1 + random.below(3) {
                    let at = from + random.below((until - from).max(1) as usize) as u64;
                    self.add(&mut chain, at, seen, random);
                }
                self.copies.push(author);
            }
        }
    }

    /// How many lines of an author stand behind the same line, or are its first: where that is
    /// more than one, it forked there.
    pub(crate) fn forks(&self) -> BTreeMap<(usize, Option<usize>), usize> {
        let mut rivals = BTreeMap::new();
        for line in &self.lines {
            *rivals.entry((line.author, line.before)).or_default() += 1;
        }
        // The founding commit is no line; what its author writes first stands on it.
        rivals.retain(|_, count| *count > 1);
        rivals
    }
}
