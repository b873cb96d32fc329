//! A plan, sealed: real commits in a real log.
//!
//! **Invariants**
//! - Commits are numbered as the plan numbers its batches.
//! - The same plan under the same schema gives the same commits.
//!
//! What this does not do: sign. The suite vouches for its own commits.

use crate::maker::NODE_TYPE;
use crate::plan::{Act, Batch, Plan, Side, schema};
use crate::random::Random;
use woodland_format::{
    AuthorKey, Commit, CommitId, Draft, NodeId, ObjectId, Op, Payload, Position, Schema,
    SchemaChange, node_id,
};
use woodland_log::Log;

const KEEPS_RULES: &str = "the suite's commits keep the rules of the log";

/// Who writes, and under which schema.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    schema: Schema,
    authors: Vec<AuthorKey>,
    seed: u64,
}

impl Setting {
    pub(crate) fn of(seed: u64, kinds: [&str; 2], config: &[u8]) -> Self {
        /// More than a history ever has.
        const AUTHORS: usize = 8;
        let mut random = Random::from_seed(seed ^ 0xA07);
        let key = |_| {
            let mut key = [0; 32];
            key.copy_from_slice(&random.bytes(32));
            AuthorKey(key)
        };
        Setting { schema: schema(kinds, config), authors: (0..AUTHORS).map(key).collect(), seed }
    }

    fn author(&self, number: usize) -> AuthorKey {
        self.authors[number % self.authors.len()]
    }

    fn node(&self) -> NodeId {
        node_id(&self.author(0), 0, 1, self.seed)
    }

    pub(crate) fn object(&self, side: Side) -> ObjectId {
        ObjectId { node: self.node(), field: side.field() }
    }
}

/// Sealed commits, and the log that holds them all.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) setting: Setting,
    pub(crate) commits: Vec<Commit>,
    pub(crate) log: Log,
    /// The nodes that there are, the one with the two objects first.
    pub(crate) nodes: Vec<NodeId>,
}

impl History {
    /// The history that begins with the plan's founding batch.
    pub(crate) fn found(setting: Setting, batch: &Batch) -> Self {
        let position = Position::Founding {
            author: setting.author(0),
            nonce: [7; 32],
            schema: setting.schema.id(),
            certificate: None,
        };
        let mut ops = vec![
            Op::Schema(setting.schema.clone()),
            Op::Create { node_type: NODE_TYPE, salt: setting.seed },
        ];
        ops.extend(batch.acts.iter().map(|act| op(&setting, 0, act)));
        let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
        let founding = Commit::seal(setting.author(0), draft).expect(KEEPS_RULES);
        let log = Log::found(founding.clone()).expect(KEEPS_RULES);
        let nodes = vec![setting.node()];
        History { setting, commits: vec![founding], log, nodes }
    }

    pub(crate) fn of(plan: &Plan, setting: Setting) -> Self {
        let (first, rest) = plan.batches.split_first().expect("a plan has its founding batch");
        let mut history = History::found(setting, first);
        for batch in rest {
            let commit = history.seal(batch);
            history.add(commit);
        }
        history
    }

    /// Where the acts of a batch begin among the ops of its commit.
    pub(crate) fn first_op(number: usize) -> usize {
        if number == 0 { 2 } else { 0 }
    }

    /// The commit that this batch would be, as the next one.
    pub(crate) fn seal(&self, batch: &Batch) -> Commit {
        let author = self.setting.author(batch.author);
        let id = |number: usize| self.commits[number].id();
        let backlink = batch.backlink.map(id);
        let parents: Vec<CommitId> = batch.parents.iter().map(|one| id(*one)).collect();
        let turn = self.log.next_turn(backlink, &parents).expect(KEEPS_RULES);
        let position = match batch.backlink {
            None => Position::First {
                author,
                dataset: self.log.dataset(),
                schema: self.setting.schema.id(),
                certificate: None,
            },
            Some(before) => Position::Next {
                backlink: id(before),
                seq: self.commits[before].seq() + 1,
                schema: SchemaChange::Keep,
            },
        };
        let number = self.commits.len();
        let ops = batch.acts.iter().map(|act| op(&self.setting, number, act)).collect();
        let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
        Commit::seal(author, draft).expect(KEEPS_RULES)
    }

    /// Takes the next commit in.
    pub(crate) fn add(&mut self, commit: Commit) {
        self.log = self.log.append(&commit).expect(KEEPS_RULES);
        let ops = commit.payload().map(Payload::decode);
        let ops = ops.and_then(Result::ok).map(|payload| payload.ops).unwrap_or_default();
        let made = (0..).zip(&ops).filter_map(|(at, op)| {
            let node = op.creates(&commit.author(), commit.seq(), at);
            node.filter(|_| matches!(op, Op::Create { .. }))
        });
        self.nodes.extend(made);
        self.commits.push(commit);
    }

    /// The number of a commit.
    pub(crate) fn number(&self, id: &CommitId) -> Option<usize> {
        self.commits.iter().position(|commit| commit.id() == *id)
    }

    /// What has this commit as its last: its past and itself.
    pub(crate) fn up_to(&self, number: usize) -> Log {
        self.log.at(&[self.commits[number].id()]).expect(KEEPS_RULES)
    }
}

fn op(setting: &Setting, number: usize, act: &Act) -> Op {
    match act {
        Act::Create => Op::Create { node_type: NODE_TYPE, salt: number as u64 },
        Act::Edit { on, bytes, .. } => Op::Edit { object: setting.object(*on), op: bytes.clone() },
    }
}
