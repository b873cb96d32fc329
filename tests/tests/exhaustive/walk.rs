//! One small history, written down, and the engine's way through every arrival of it.
//!
//! **Invariants**
//! - The oracle answers once for the whole history and the engine for every order: orders share
//!   what they have in common at their beginning, and nothing else.
//! - On the way, sets that were reached before must have the same digest again.

use crate::shapes::{ALL, BATCHES, Batches, Shape, bit};
use std::collections::BTreeMap;
use std::fmt;
use woodland_format::{Commit, Digest, Op, Payload, SchemaChange, SchemaId};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;
use woodland_tests::agreement::{Answers, log_of, none_dangles};
use woodland_tests::histories::{Line, Script};
use woodland_tests::oracle::Oracle;

/// What a batch is, beside its place in a shape.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) ops: Vec<Op>,
    /// The schema that it is written under; none where there is but one.
    pub(crate) schema: Option<SchemaId>,
}

/// What was run, and of how much.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) shapes: usize,
    /// Histories that there are.
    pub(crate) all: usize,
    pub(crate) histories: usize,
    pub(crate) orders: usize,
    pub(crate) comparisons: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, more: &Counts) {
        self.shapes = self.shapes.max(more.shapes);
        self.all += more.all;
        self.histories += more.histories;
        self.orders += more.orders;
        self.comparisons += more.comparisons;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { shapes, all, histories, orders, comparisons } = self;
        write!(
            f,
            "{shapes} shapes, {histories} of {all} histories, {orders} orders, {comparisons} \
             comparisons"
        )
    }
}

/// Writes the history, asks the oracle, and compares the engine with it along every order.
pub(crate) fn check(
    script: &Script,
    shape: &Shape,
    batches: &[Batch; BATCHES],
    revocation: Option<(&Commit, bool)>,
    counts: &mut Counts,
) -> Result<(), String> {
    let mut script = script.clone();
    let ground = script.commits.iter().filter(|one| Some(*one) != revocation.map(|it| it.0));
    let log = log_of(&ground.cloned().collect::<Vec<_>>());
    // The author that it shuts out may not write any more once it has seen that.
    let last = BATCHES - 1;
    let may_see = shape.author[last] != 1
        && (0..last).all(|one| shape.author[one] != 1 || shape.saw[one] & bit(last) == 0);
    let seen_by_last = revocation.is_some_and(|(_, is_seen)| is_seen && may_see);
    let revocation = revocation.map(|(one, _)| Revocation { commit: one.clone(), seen_by_last });
    let commits = written(&mut script, shape, batches, revocation.as_ref());
    let answers = Answers::of(&Oracle::of(&script.commits));
    let graph = Graph::of(&log, Kinds::standard());
    let mut walk = Walk { shape, commits, revocation, answers, digests: BTreeMap::new(), counts };
    walk.counts.histories += 1;
    walk.on(&log, &graph, 0, &mut vec![])
}

/// What takes the rights of the first author, beside all that it writes.
struct Revocation {
    commit: Commit,
    /// Whether the last batch, and who saw that, has seen it.
    seen_by_last: bool,
}

/// The commits of the batches, by batch. All have seen what the script begins with.
fn written(
    script: &mut Script,
    shape: &Shape,
    batches: &[Batch; BATCHES],
    revocation: Option<&Revocation>,
) -> [Commit; BATCHES] {
    let begun = match revocation {
        Some(_) => script.commits.len() - 2,
        None => 1,
    };
    let ground = script.commits.get(begun).cloned();
    let mut commits: [Option<Commit>; BATCHES] = [const { None }; BATCHES];
    for batch in shape.writing_order() {
        let author = shape.author[batch];
        let before = (0..batch).rfind(|one| shape.author[*one] == author);
        let after = before.and_then(|before| commits[before].as_ref());
        let mut parents: Vec<Commit> =
            shape.parents(batch).into_iter().filter_map(|one| commits[one].clone()).collect();
        if after.is_none() && parents.is_empty() {
            parents.extend(ground.clone());
        }
        if let Some(Revocation { commit, seen_by_last: true }) = revocation
            && batch == BATCHES - 1
        {
            parents.push(commit.clone());
        }
        let line = Line {
            after,
            sees: &parents.iter().collect::<Vec<_>>(),
            schema: batches[batch].schema.map_or(SchemaChange::Keep, SchemaChange::Adopt),
            payload: Payload::of(batches[batch].ops.clone()).encode(),
        };
        let commit = script.line(author, line);
        commits[batch] = Some(commit);
    }
    commits.map(|commit| commit.expect("every batch is written"))
}

struct Walk<'a> {
    shape: &'a Shape,
    commits: [Commit; BATCHES],
    revocation: Option<Revocation>,
    answers: Answers,
    /// The digest of each set that was reached, beside the whole.
    digests: BTreeMap<Batches, Digest>,
    counts: &'a mut Counts,
}

impl Walk<'_> {
    /// Goes on from these batches in every way.
    fn on(
        &mut self,
        log: &Log,
        graph: &Graph,
        there: Batches,
        path: &mut Vec<usize>,
    ) -> Result<(), String> {
        none_dangles(graph).map_err(|error| format!("order {path:?}: {error}"))?;
        let is_whole = self.revocation.is_none() || there & bit(BATCHES) != 0;
        if there & ALL == ALL && is_whole {
            self.counts.orders += 1;
            self.counts.comparisons += 1;
            return self.answers.compare(graph).map_err(|error| format!("order {path:?}: {error}"));
        }
        // Half of the ways go on without the digest ever having been asked for.
        if there.count_ones().is_multiple_of(2) {
            self.counts.comparisons += 1;
            let digest = graph.digest();
            let known = *self.digests.entry(there).or_insert(digest);
            if known != digest {
                return Err(format!("{path:?}: these came to another digest in another order"));
            }
        }
        let mut ready: Vec<usize> = self.shape.ready(there).collect();
        if let Some(revocation) = &self.revocation
            && there & bit(BATCHES) == 0
        {
            ready.retain(|batch| *batch != BATCHES - 1 || !revocation.seen_by_last);
            ready.push(BATCHES);
        }
        for batch in ready {
            let of_batch = self.commits.get(batch);
            let commit = of_batch.or(self.revocation.as_ref().map(|one| &one.commit));
            let log = log.append(commit.expect("it is ready")).expect("a valid commit");
            let graph = graph.advance(&log);
            path.push(batch);
            self.on(&log, &graph, there | bit(batch), path)?;
            path.pop();
        }
        Ok(())
    }
}
