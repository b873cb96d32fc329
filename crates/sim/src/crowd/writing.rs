//! What members write: small commits, some of which have seen others'.
//!
//! **Invariants**
//! - A commit is made of what its author holds; the same draws give the same commit.
//!
//! What this does not do: make anything durable.

use woodland_format::{
    Commit, CommitId, Draft, Op, Payload, Position, Schema, SchemaChange, SecretKey, Signature,
    SignedPoint, TypeDefinition, TypeId, encode_stretch,
};
use woodland_laws::Random;
use woodland_log::Log;

/// Most parents of a commit that sees all that it can.
const PARENTS_MAX: usize = 256;
/// Most parents of most of those that see others'.
const PARENTS_USUAL: usize = 6;

fn schema() -> Schema {
    let one = TypeDefinition { id: TypeId(0), name: "T".into(), version: 1, fields: vec![] };
    Schema { types: vec![one] }
}

/// The key with this number.
pub(crate) fn key(number: usize) -> SecretKey {
    let mut seed = [1; 32];
    seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
    SecretKey::from_seed(seed)
}

/// A log that holds a founding commit by the key with number 0.
pub(crate) fn founded() -> Log {
    let author = key(0).author();
    let position =
        Position::Founding { author, nonce: [7; 32], schema: schema().id(), certificate: None };
    let payload = Payload::of(vec![Op::Schema(schema())]);
    let draft = Draft { position, turn: 0, parents: vec![], payload };
    let founding = Commit::seal(author, draft).expect("a founding");
    let log = Log::found(founding.clone()).expect("a log");
    log.with_point(&founding.sign(&key(0))).expect("its own")
}

/// How much of what is held a commit has seen.
pub(crate) fn sight(random: &mut Random) -> usize {
    match random.below(1_000) {
        0..5 => PARENTS_MAX,
        5..45 => 1 + random.below(PARENTS_USUAL),
        _ => 0,
    }
}

/// A commit that was written.
pub(crate) struct Written {
    pub(crate) commit: Commit,
    pub(crate) signature: Signature,
    /// The bytes of its row with its signature.
    pub(crate) row_bytes: u64,
}

impl Written {
    /// The log with it.
    pub(crate) fn add_to(&self, log: &Log) -> Log {
        let log = log.append(&self.commit).expect("its past is held");
        let point = SignedPoint { commit: self.commit.id(), signature: self.signature };
        log.with_verified_point(&point).expect("it is held")
    }
}

/// Writes a commit that goes on from this tip and has seen so many heads of others at most.
pub(crate) fn write(
    log: &Log,
    key: &SecretKey,
    tip: Option<CommitId>,
    sight: usize,
    random: &mut Random,
) -> Written {
    let heads = log.heads().filter(|head| Some(*head) != tip);
    compose(log, key, tip, heads.take(sight).collect(), random)
}

/// Writes a commit that goes on from this tip and has seen these of others.
pub(crate) fn compose(
    log: &Log,
    key: &SecretKey,
    tip: Option<CommitId>,
    mut parents: Vec<CommitId>,
    random: &mut Random,
) -> Written {
    let (author, dataset) = (key.author(), log.dataset());
    parents.sort_unstable();
    let position = match tip.and_then(|id| log.get(&id)) {
        Some(before) => Position::Next {
            backlink: before.id(),
            seq: before.seq() + 1,
            schema: SchemaChange::Keep,
        },
        None => {
            parents.retain(|id| *id != dataset.founding());
            Position::First { author, dataset, schema: schema().id(), certificate: None }
        }
    };
    let mut seen = parents.clone();
    seen.extend(tip.is_none().then(|| dataset.founding()));
    let turn = log.next_turn(tip, &seen).expect("all of it is held");
    let ops = 5 + random.below(10);
    let create = |_| Op::Create { node_type: TypeId(0), salt: random.number() };
    let payload = Payload::of((0..ops).map(create).collect());
    let commit = Commit::seal(author, Draft { position, turn, parents, payload });
    let commit = commit.expect("a commit within the limits");
    let signature = commit.sign(key).signature;
    let row_bytes = encode_stretch(std::slice::from_ref(&commit), |_| Some(signature)).len() as u64;
    Written { commit, signature, row_bytes }
}
