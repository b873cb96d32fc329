//! A kind made outside the workspace's crates: an order of events, applied strictly in order.
//!
//! **Invariants**
//! - No crate is changed for it; it comes in by `Kinds::with`.
//! - Whatever the arrival, the object is the fold of its ops in the log's order.

use woodland_format::{
    Commit, Draft, FieldDefinition, FieldId, ObjectId, Op, Payload, Position, Schema, SchemaChange,
    SecretKey, TypeDefinition, TypeId, Value, node_id,
};
use woodland_graph::{Graph, Kind, Kinds, Past, Void};
use woodland_log::Log;
use woodland_tests::histories::Rng;

/// Doubles and adds: the order of ops decides the sum.
#[derive(Debug)]
struct Tally;

impl Kind for Tally {
    const NAME: &'static str = "tally";
    const IN_ORDER: bool = true;
    type Config = ();
    type Op = u8;
    type Resolved = u8;
    type State = i64;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<u8, Void> {
        match bytes {
            [255] => Err(Void::Custom("too-much")),
            [step] => Ok(*step),
            _ => Err(Void::Undecodable),
        }
    }

    fn resolve(&self, _: &mut i64, _: &Past<'_>, op: u8) -> Result<u8, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut i64, _: &Past<'_>, op: u8) {
        *state = (state.wrapping_mul(2).wrapping_add(i64::from(op))) % 1_000_003;
    }

    fn show(&self, state: &i64) -> Option<Value> {
        Some(Value::Int(*state))
    }
}

const FIELD: FieldId = FieldId(1);

fn schema() -> Schema {
    let field =
        FieldDefinition { id: FIELD, name: "sum".into(), kind: "tally".into(), config: vec![] };
    let fields = vec![field];
    Schema {
        types: vec![TypeDefinition { id: TypeId(1), name: "Counter".into(), version: 1, fields }],
    }
}

/// A log with one counter, and perhaps a first step of it.
fn found(step: Option<u8>) -> (Log, ObjectId) {
    let founder = SecretKey::from_seed([1; 32]);
    let position = Position::Founding {
        author: founder.author(),
        nonce: [0; 32],
        schema: schema().id(),
        certificate: None,
    };
    let object = ObjectId { node: node_id(&founder.author(), 0, 1, 7), field: FIELD };
    let mut ops = vec![Op::Schema(schema()), Op::Create { node_type: TypeId(1), salt: 7 }];
    ops.extend(step.map(|step| Op::Edit { object, op: vec![step] }));
    let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
    let founding = Commit::seal(founder.author(), draft).expect("a founding commit");
    (Log::found(founding).expect("it founds"), object)
}

/// One author's commits of one op each, standing on the founding commit.
fn chain(log: &Log, key: &SecretKey, object: ObjectId, ops: &[Vec<u8>]) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    for op in ops {
        let author = key.author();
        let position = match commits.last() {
            None => Position::First {
                author,
                dataset: log.dataset(),
                schema: schema().id(),
                certificate: None,
            },
            Some(last) => {
                let (backlink, seq) = (last.id(), last.seq() + 1);
                Position::Next { backlink, seq, schema: SchemaChange::Keep }
            }
        };
        let payload = Payload::of(vec![Op::Edit { object, op: op.clone() }]);
        let draft = Draft { position, turn: 1, parents: vec![], payload };
        commits.push(Commit::seal(author, draft).expect("a small commit"));
    }
    commits
}

#[test]
fn a_kind_of_ones_own_is_folded_in_order_whatever_arrives_when() {
    let (founded, object) = found(None);
    let kinds = Kinds::standard().with(Tally);

    let mut rng = Rng::from_seed(3);
    let mut chains: Vec<Vec<Commit>> = Vec::new();
    for author in 2..6 {
        let ops: Vec<Vec<u8>> = (0..12).map(|_| vec![(rng.number() % 256) as u8]).collect();
        let key = SecretKey::from_seed([author; 32]);
        chains.push(chain(&founded, &key, object, &ops));
    }
    let whole = founded.extend(chains.iter().flatten()).expect("valid commits");
    let steps = whole.order().filter_map(|(_, commit)| {
        let payload = Payload::decode(commit.payload()?).ok()?;
        match payload.ops.as_slice() {
            [Op::Edit { op, .. }] if op[0] != 255 => Some(i64::from(op[0])),
            _ => None,
        }
    });
    let expected = steps.fold(0_i64, |sum, step| (sum * 2 + step) % 1_000_003);

    for _ in 0..50 {
        let mut next = [0; 4];
        let mut graph = Graph::of(&founded, kinds.clone());
        let mut log = founded.clone();
        while next != [12; 4] {
            let at = rng.below(4);
            let count = rng.below(5).min(12 - next[at]);
            let burst = &chains[at][next[at]..next[at] + count];
            log = log.extend(burst).expect("valid commits");
            graph = graph.advance(&log);
            next[at] += count;
        }
        assert_eq!(graph.values(&[object]), [Some(Value::Int(expected))]);
        assert_eq!(graph.digest(), Graph::of(&whole, kinds.clone()).digest());
        let refused = graph.voids().filter(|void| void.reason == Void::Custom("too-much")).count();
        let written = chains.iter().flatten().filter_map(Commit::payload);
        assert_eq!(refused, written.filter(|payload| payload.ends_with(&[255])).count());
    }
}

#[test]
fn a_program_without_the_kind_shows_the_ops_and_everything_else() {
    let (log, object) = found(Some(4));
    let graph = Graph::of(&log, Kinds::standard());
    assert_eq!(graph.all().count(), 1);
    // It does not know what the ops amount to: it shows them as they are.
    assert_eq!(graph.values(&[object]), [Some(Value::List(vec![Value::Bytes(vec![4])]))]);
    assert_eq!(graph.voids().count(), 0);
}
