//! The world in which a history comes about: authors that write, look at each other, and fork.
//!
//! **Invariants**
//! - What a writer has seen is causally closed and holds its own chain.
//! - The branches of a fork are two writers with one key.
//!
//! What this does not do: judge. It derives graphs only to show a writer what it writes on.

use crate::caught::caught;
use crate::history::{History, Setting};
use crate::hostile;
use crate::laws::MakeOp;
use crate::maker::Maker;
use crate::plan::{Act, Batch, Origin, Plan, Side};
use crate::random::Random;
use woodland_format::Value;
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

const AUTHORS_MAX: usize = 4;
const BATCHES: std::ops::RangeInclusive<usize> = 4..=12;
const OPS_MAX: usize = 3;
const LOOKS_PERCENT: u64 = 50;
const FORKS_PERCENT: u64 = 8;
const HOSTILE_PERCENT: u64 = 12;

/// A history that was made; or, where the kind panicked, what there was of it and what that said.
pub(crate) type Made = Result<(Plan, History), (Plan, String)>;

struct Writer {
    author: usize,
    tip: Option<usize>,
    seen: Log,
}

struct World<'a> {
    random: Random,
    kinds: &'a Kinds,
    make: &'a MakeOp<'a>,
    plan: Plan,
    history: History,
    writers: Vec<Writer>,
    last_made: Vec<u8>,
}

/// Makes the history of this seed.
pub(crate) fn history(setting: Setting, seed: u64, kinds: &Kinds, make: &MakeOp<'_>) -> Made {
    let mut random = Random::from_seed(seed);
    let founding = Batch { author: 0, backlink: None, parents: vec![], acts: vec![] };
    let history = History::found(setting, &founding);
    let mut writers = Vec::new();
    // One history in eight has one author, and that one alone.
    let authors = if random.chance(12) { 1 } else { 2 + random.below(AUTHORS_MAX - 1) };
    for author in 0..authors {
        writers.push(Writer { author, tip: (author == 0).then_some(0), seen: history.log.clone() });
    }
    let plan = Plan { seed, batches: vec![founding] };
    let mut world = World { random, kinds, make, plan, history, writers, last_made: vec![] };
    let batches = BATCHES.start() + world.random.below(BATCHES.end() - BATCHES.start() + 1);
    for _ in 0..batches {
        if let Err((batch, said)) = world.step() {
            world.plan.batches.push(batch);
            return Err((world.plan, said));
        }
    }
    Ok((world.plan, world.history))
}

impl World<'_> {
    fn step(&mut self) -> Result<(), (Batch, String)> {
        let mut at = self.random.below(self.writers.len());
        let mut acts = Vec::new();
        if self.random.chance(FORKS_PERCENT)
            && let Some(branch) = self.fork(at)
        {
            at = self.writers.len();
            self.writers.push(branch);
            acts.push(Act::Create);
        } else if self.random.chance(10) {
            acts.push(Act::Create);
        }
        if self.random.chance(LOOKS_PERCENT) {
            self.look(at);
        }
        let mut batch = Batch {
            author: self.writers[at].author,
            backlink: self.writers[at].tip,
            parents: self.parents(at),
            acts,
        };
        for _ in 0..1 + self.random.below(OPS_MAX) {
            let act = self.act(at, &batch).map_err(|said| (batch.clone(), said))?;
            batch.acts.push(act);
        }
        let commit = self.history.seal(&batch);
        let number = self.history.commits.len();
        let writer = &mut self.writers[at];
        writer.seen = writer.seen.append(&commit).expect("a sealed batch stands on what is seen");
        writer.tip = Some(number);
        self.history.add(commit);
        self.plan.batches.push(batch);
        Ok(())
    }

    /// Sees all that another writer has seen.
    fn look(&mut self, at: usize) {
        let other = self.random.below(self.writers.len());
        let seen = self.writers[other].seen.clone();
        let writer = &mut self.writers[at];
        writer.seen = writer.seen.merge(&seen).expect("one dataset");
    }

    /// The heads of what a writer has seen, but for its own last commit.
    fn parents(&self, at: usize) -> Vec<usize> {
        let Writer { tip, seen, .. } = &self.writers[at];
        let heads = seen.heads().filter_map(|id| self.history.number(&id));
        heads.filter(|head| Some(*head) != *tip && *head != 0).collect()
    }

    /// A second branch of an author: it goes back to an earlier commit of its own and has forgotten
    /// all since.
    fn fork(&mut self, at: usize) -> Option<Writer> {
        let Writer { author, tip, .. } = self.writers[at];
        let tip = tip.filter(|tip| *tip > 0)?;
        let mut kept = self.plan.batches[tip].backlink;
        if self.random.chance(30) {
            kept = kept.and_then(|one| self.plan.batches[one].backlink).or(kept);
        }
        // The founder's chain begins with the founding commit; another's may begin anew.
        let seen = self.history.up_to(kept.unwrap_or(0));
        Some(Writer { author, tip: kept, seen })
    }

    /// One more op of a batch that has those so far.
    fn act(&mut self, at: usize, batch: &Batch) -> Result<Act, String> {
        let on = if self.random.chance(65) { Side::Subject } else { Side::Sibling };
        if self.random.chance(HOSTILE_PERCENT) {
            let bytes = hostile::bytes(&mut self.random, &self.last_made);
            return Ok(Act::Edit { on, origin: Origin::Hostile, bytes });
        }
        let shown = self.shown(at, batch, on)?;
        let mut maker =
            Maker { random: &mut self.random, shown: shown.as_ref(), nodes: &self.history.nodes };
        let bytes = (self.make)(&mut maker);
        self.last_made.clone_from(&bytes);
        Ok(Act::Edit { on, origin: Origin::Made, bytes })
    }

    /// What the writer sees of an object, the ops of its batch included.
    fn shown(&self, at: usize, batch: &Batch, on: Side) -> Result<Option<Value>, String> {
        let mut log = self.writers[at].seen.clone();
        if !batch.acts.is_empty() {
            let commit = self.history.seal(batch);
            log = log.append(&commit).expect("a sealed batch stands on what is seen");
        }
        let object = [self.history.setting.object(on)];
        caught(|| Graph::of(&log, self.kinds.clone()).values(&object).pop().flatten())
    }
}
