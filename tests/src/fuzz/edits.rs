//! Bends things by their structure: one field of a header, an op of a batch, a commit of a history.
//!
//! **Invariants**
//! - What is edited need not keep a rule; it only is a thing of its kind. What follows from it
//!   (hashes, backlinks, parents, signatures) is made to follow.

use crate::fuzz::corpus::{Corpus, cut_up};
use crate::fuzz::migrations;
use crate::fuzz::mutation::{INPUT_BYTES_MAX, length, mutate};
use crate::fuzz::shapes::{value_of, value_type};
use crate::histories::{History, Rng, later_schema, other_schema};
use std::collections::HashMap;
use woodland_format::{
    Certificate, Commit, CommitId, CounterOp, Header, IdentityKey, ListOp, MapOp, NodeId, Op,
    Payload, Position, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Schema, SchemaChange,
    SecretKey, SetOp, Signature, TextOp, TypeId, Value, decode, encode, limits, payload_hash,
};

const ALL: usize = limits::PAYLOAD_BYTES_MAX;

/// The identity that certifies authors in edited headers.
pub(crate) fn identity() -> SecretKey {
    SecretKey::from_seed([0x1d; 32])
}

fn some_id(corpus: &Corpus, rng: &mut Rng) -> CommitId {
    let history = rng.pick(&corpus.histories).expect("there are histories");
    match rng.below(8) {
        0 => CommitId([0; 32]),
        1 => CommitId([0xff; 32]),
        2 => CommitId(rng.bytes()),
        _ => rng.pick(&history.commits).expect("a founding commit").id(),
    }
}

fn odd_number(rng: &mut Rng, near: u64) -> u64 {
    if rng.chance(60) {
        near.wrapping_add(rng.below(5) as u64).wrapping_sub(2)
    } else {
        length(rng, near)
    }
}

/// Changes one field of a header.
pub(crate) fn bend_header(corpus: &Corpus, rng: &mut Rng, header: &mut Header) {
    match rng.below(12) {
        0 => header.turn = odd_number(rng, header.turn),
        1 => header.payload_bytes = odd_number(rng, header.payload_bytes.into()) as u32,
        2 => header.parents.push(some_id(corpus, rng)),
        3 => {
            let more = [1, 8, limits::PARENTS_MAX - 1, limits::PARENTS_MAX][rng.below(4)];
            header.parents.extend((0..more).map(|_| CommitId(rng.bytes())));
            header.parents.sort_unstable();
            header.parents.truncate(limits::PARENTS_MAX + rng.below(2));
        }
        4 => drop(header.parents.pop()),
        5 => header.parents.extend(header.parents.last().copied()),
        6 => header.parents.sort_unstable(),
        7 => header.payload_hash.0 = rng.bytes(),
        _ => bend_position(corpus, rng, &mut header.position),
    }
}

fn bend_position(corpus: &Corpus, rng: &mut Rng, position: &mut Position) {
    let some = some_id(corpus, rng);
    match position {
        Position::Founding { author, nonce, schema, certificate } if rng.chance(80) => {
            match rng.below(3) {
                0 => *nonce = rng.bytes(),
                1 => schema.0 = some.0,
                _ => *certificate = Some(word(rng, author.0)),
            }
        }
        Position::First { author, dataset, schema, certificate } if rng.chance(80) => {
            match rng.below(4) {
                0 => dataset.0 = some.0,
                1 => schema.0 = some.0,
                2 => author.0 = rng.bytes(),
                _ => *certificate = Some(word(rng, author.0)),
            }
        }
        Position::Next { backlink, seq, schema } if rng.chance(90) => match rng.below(6) {
            0 => *backlink = some,
            1 | 2 => *seq = odd_number(rng, *seq),
            3 => *schema = SchemaChange::Adopt(later_schema().id()),
            4 => *schema = SchemaChange::Introduce(other_schema().id()),
            _ => *schema = SchemaChange::Adopt(woodland_format::SchemaId(some.0)),
        },
        other => {
            let history = rng.pick(&corpus.histories).expect("there are histories");
            let commit = rng.pick(&history.commits).expect("a founding commit");
            *other = commit.header().position.clone();
        }
    }
}

/// An identity's word for the author, with a name that may be as long as names can be.
pub(crate) fn word(rng: &mut Rng, author: [u8; 32]) -> Certificate {
    let bytes = limits::NAME_BYTES_MAX - 1 + rng.below(3);
    let name = ["Ada".to_owned(), "é🌲".to_owned(), "x".repeat(bytes)][rng.below(3)].clone();
    match rng.below(3) {
        0 => Certificate {
            identity: IdentityKey(rng.bytes()),
            name,
            signature: Signature::default(),
        },
        _ => identity().certify(&woodland_format::AuthorKey(author), &name),
    }
}

/// Edits canonical bytes of a header.
pub(crate) fn header(corpus: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    if rng.chance(2) {
        let more = limits::HEADER_BYTES_MAX - 1 + rng.below(3);
        bytes.resize(more, 0);
    } else if let Ok(mut header) = decode::<Header, ALL>("a header", bytes) {
        bend_header(corpus, rng, &mut header);
        *bytes = encode(&header);
    }
}

/// Edits canonical bytes of a payload.
pub(crate) fn payload(corpus: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let Ok(mut payload) = Payload::decode(bytes) else { return };
    match rng.below(8) {
        7 => {
            let count = [1, 2, 40][rng.below(3)];
            let made = (0..count).map(|_| existence_op(rng)).collect::<Vec<_>>();
            payload.ops.extend(made);
        }
        6 => {
            let count = [1, 3, 400][rng.below(3)];
            let keyed =
                || Op::CreateKeyed { node_type: TypeId(rng.below(6) as u64), key: value(rng, 1) };
            payload.ops.extend(std::iter::repeat_with(keyed).take(count));
        }
        0 => payload.ops.reverse(),
        1 => {
            let op = payload.ops.first().cloned();
            let more = [1, 10, 1_000][rng.below(3)];
            payload.ops.extend(op.into_iter().cycle().take(more));
        }
        2 => drop(payload.ops.pop()),
        3 => {
            let history = rng.pick(&corpus.histories).expect("there are histories");
            payload.ops.insert(0, Op::Schema(history.schema.clone()));
        }
        _ => {
            let at = rng.below(payload.ops.len().max(1));
            if let Some(op) = payload.ops.get_mut(at) {
                bend_op(rng, op);
            }
        }
    }
    *bytes = encode(&payload);
    bytes.truncate(INPUT_BYTES_MAX);
}

/// An op that deletes, creates again or migrates.
fn existence_op(rng: &mut Rng) -> Op {
    match rng.below(3) {
        0 => Op::Delete { node: NodeId([rng.below(256) as u8; 16]) },
        1 => {
            let generation = [0, 1, 2, u32::MAX][rng.below(4)];
            Op::Recreate { node_type: TypeId(rng.below(6) as u64), key: value(rng, 1), generation }
        }
        _ => Op::Migrate(migrations::some(rng)),
    }
}

fn bend_op(rng: &mut Rng, op: &mut Op) {
    match op {
        Op::Schema(schema) => bend_schema(rng, schema),
        Op::Create { node_type, salt } => {
            *node_type = TypeId(rng.below(6) as u64);
            *salt = odd_number(rng, *salt);
        }
        Op::CreateKeyed { node_type, key } => {
            *node_type = TypeId(rng.below(6) as u64);
            *key = value(rng, 1);
        }
        Op::Recreate { key, generation, .. } => {
            *key = value(rng, 1);
            *generation = [0, 1, 2, u32::MAX][rng.below(4)];
        }
        Op::Delete { node } => *node = NodeId(*rng.bytes().first_chunk().expect("32 bytes")),
        Op::Migrate(migration) => migrations::bend(rng, migration),
        Op::Edit { object, op } => match rng.below(4) {
            0 => object.node = NodeId(*rng.bytes().first_chunk().expect("32 bytes hold 16")),
            1 => object.field.0 = 10 + rng.below(30) as u64,
            _ => {
                let odd = kind_op(rng);
                if rng.chance(50) { *op = odd } else { mutate(rng, op, &odd) }
            }
        },
    }
}

/// The bytes of an op of some kind.
pub(crate) fn kind_op(rng: &mut Rng) -> Vec<u8> {
    let at = [0, 1, 2, 5, u32::MAX, u32::MAX - 1, 1 << 31][rng.below(7)];
    let values = |rng: &mut Rng| -> Vec<Value> {
        (0..rng.below(4) as i64)
            .map(|at| if rng.chance(70) { at.into() } else { value(rng, 2) })
            .collect()
    };
    match rng.below(12) {
        0 => encode(&RegisterOp::Set(value(rng, 1))),
        1 => encode(&RegisterOp::Clear),
        2 => {
            let members = (0..rng.below(6) as u32).map(|number| (number, value(rng, 2)));
            encode(&RecordOp::Set(members.collect()))
        }
        3 => encode(&RecordOp::Clear((0..rng.below(4) as u32).collect())),
        4 => encode(&CounterOp::Add(rng.number().cast_signed())),
        5 => encode(&SetOp::Add(values(rng))),
        6 => encode(&SetOp::Remove(values(rng))),
        7 => {
            let entries = values(rng).into_iter().map(|key| (key, value(rng, 2)));
            encode(&MapOp::Put(entries.collect()))
        }
        8 => encode(&ListOp::Insert { at, items: values(rng) }),
        9 => encode(&ListOp::Move { from: at, to: rng.below(3) as u32 }),
        10 => {
            let text = ["", "a", "é", "字🙂", "long text that goes on"][rng.below(5)];
            encode(&TextOp::Insert { at, text: text.to_owned() })
        }
        _ => {
            let bytes = [0, 1, 2, u32::MAX, 1 << 31][rng.below(5)];
            encode(&TextOp::Delete { at, bytes })
        }
    }
}

/// Some value, at most a little deeper than values may be.
pub(crate) fn value(rng: &mut Rng, depth: usize) -> Value {
    let deep = depth <= limits::VALUE_DEPTH_MAX + 1;
    match rng.below(if deep { 11 } else { 6 }) {
        0 => Value::Bool(rng.chance(50)),
        1 => Value::Int(rng.number().cast_signed()),
        2 => Value::String(["", "plain", "é🙂\u{0}\u{202e}"][rng.below(3)].to_owned()),
        3 => Value::Bytes(vec![7; rng.below(40)]),
        4 => Value::Pointer(NodeId([rng.below(256) as u8; 16])),
        5 => Value::from([0.0, -1.5, f64::NAN, f64::INFINITY][rng.below(4)]),
        6 => {
            let keys = (0..rng.below(3) as i64).map(Value::Int);
            Value::Map(keys.map(|key| (key, value(rng, depth + 1))).collect())
        }
        7 => Value::List((0..rng.below(3)).map(|_| value(rng, depth + 1)).collect()),
        8 => Value::List(vec![value(rng, depth + 1)]),
        9 => Value::List(vec![Value::Bool(true); [0, 7, 500][rng.below(3)]]),
        _ => {
            let members = (0..rng.below(3) as u32).map(|number| (number, value(rng, depth + 1)));
            Value::Record(members.collect())
        }
    }
}

/// A byte that chooses a register's configuration, and an op, mostly one that fits it.
pub(crate) fn register_op(configs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(configs.len());
    let config = decode::<RegisterConfig, ALL>("a register", &configs[choice]);
    let of = config.expect("a configuration of the corpus").value;
    let fits = rng.chance(70);
    let op = if fits { encode(&RegisterOp::Set(value_of(rng, &of))) } else { kind_op(rng) };
    let op = if rng.chance(10) { encode(&RegisterOp::Clear) } else { op };
    [&[choice.to_le_bytes()[0]][..], &op].concat()
}

/// The same for a record.
pub(crate) fn record_op(configs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(configs.len());
    let config = decode::<RecordConfig, ALL>("a record", &configs[choice]);
    let mut set: Vec<(u32, Value)> = Vec::new();
    for member in config.expect("a configuration of the corpus").members {
        if rng.chance(50) {
            set.push((member.number, value_of(rng, &member.value)));
        }
    }
    let op = if rng.chance(70) { encode(&RecordOp::Set(set)) } else { kind_op(rng) };
    [&[choice.to_le_bytes()[0]][..], &op].concat()
}

/// Puts another value in the place of this one, or nests it to the limit.
pub(crate) fn any_value(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut made = value(rng, 1);
    if rng.chance(30) {
        for _ in 0..limits::VALUE_DEPTH_MAX - 2 + rng.below(4) {
            made = Value::List(vec![made]);
        }
    }
    *bytes = encode(&made);
}

fn bend_schema(rng: &mut Rng, schema: &mut Schema) {
    let count = schema.types.len().max(1);
    let at = rng.below(count);
    let names = ["", "Note", "tag name", "Ünï", "x", "register", "text"];
    let name = if rng.chance(20) {
        "n".repeat(limits::NAME_BYTES_MAX - 1 + rng.below(3))
    } else {
        names[rng.below(names.len())].to_owned()
    };
    let Some(one) = schema.types.get_mut(at) else { return };
    let field = rng.below(one.fields.len().max(1));
    match rng.below(9) {
        0 => one.name = name,
        1 => one.id.0 = odd_number(rng, one.id.0),
        2 => one.version = odd_number(rng, one.version.into()) as u32,
        3 => one.fields.reverse(),
        4 => schema.types.reverse(),
        5 => {
            let copy = one.clone();
            schema.types.push(copy);
        }
        _ => {
            let Some(field) = one.fields.get_mut(field) else { return };
            match rng.below(5) {
                0 => field.name = name,
                1 => field.kind = name,
                2 => field.id.0 = odd_number(rng, field.id.0),
                3 => field.config = encode(&value_type(rng, 1)),
                _ => field.config = vec![0; [0, 1, 100][rng.below(3)]],
            }
        }
    }
}

/// Edits canonical bytes of a schema.
pub(crate) fn schema(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    if let Ok(mut schema) = decode::<Schema, ALL>("a schema", bytes) {
        bend_schema(rng, &mut schema);
        *bytes = encode(&schema);
    }
}

/// Puts a log file in the place of this one whose history has a few commits edited.
pub(crate) fn log_file(corpus: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut history = rng.pick(&corpus.histories).expect("there are histories").clone();
    let wanted = 1 + rng.below(2);
    let edited: Vec<usize> = (0..wanted).map(|_| rng.below(history.commits.len())).collect();
    edit_history(corpus, rng, &mut history, &edited);
    *bytes = cut_up(&history, rng, &corpus.keys);
}

/// Edits these commits, and makes all that refers to them refer to what they become.
pub(crate) fn edit_history(
    corpus: &Corpus,
    rng: &mut Rng,
    history: &mut History,
    edited: &[usize],
) {
    let mut renamed: HashMap<CommitId, CommitId> = HashMap::new();
    for at in 0..history.commits.len() {
        let commit = &history.commits[at];
        let is_edited = edited.contains(&at);
        let mut header = commit.header().clone();
        let is_moved = follow(&mut header, &renamed);
        if !is_edited && !is_moved {
            continue;
        }
        let mut payload = commit.payload().map(<[u8]>::to_vec);
        let mut author = commit.author();
        if is_edited {
            match rng.below(8) {
                0 => payload = None,
                1 => author = history.commits[rng.below(at + 1)].author(),
                2..=4 => {
                    let bytes = payload.get_or_insert_default();
                    if rng.chance(70) {
                        self::payload(corpus, rng, bytes);
                    } else {
                        mutate(rng, bytes, &[2, 0, 0]);
                    }
                }
                _ => bend_header(corpus, rng, &mut header),
            }
        }
        if let Some(payload) = &payload {
            header.payload_hash = payload_hash(payload);
            header.payload_bytes = u32::try_from(payload.len()).expect("a small payload");
        }
        let made = Commit::new(author, header, payload.map(Vec::into_boxed_slice));
        // What is no commit at all, not even a false one, stays as it was.
        let Ok(made) = made else { continue };
        // A founding commit that changes makes another dataset: the corpus knows its own alone.
        if at > 0 || made.id() == commit.id() {
            renamed.insert(commit.id(), made.id());
            history.commits[at] = made;
        }
    }
}

/// Puts new names for old ones; says whether any was there.
fn follow(header: &mut Header, renamed: &HashMap<CommitId, CommitId>) -> bool {
    let mut is_moved = false;
    let backlink = match &mut header.position {
        Position::Next { backlink, .. } => Some(backlink),
        _ => None,
    };
    for id in backlink.into_iter().chain(&mut header.parents) {
        if let Some(new) = renamed.get(id) {
            (*id, is_moved) = (*new, true);
        }
    }
    if is_moved {
        header.parents.sort_unstable();
        header.parents.dedup();
    }
    is_moved
}

/// So many of what is made from a stream of numbers.
pub(crate) fn some(count: u64, make: impl Fn(&mut Rng) -> Vec<u8>) -> Vec<Vec<u8>> {
    (0..count).map(|seed| make(&mut Rng::from_seed(seed))).collect()
}
