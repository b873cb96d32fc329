//! Of each kind the few ops that collide, on one node that all have seen.
//!
//! **Invariants**
//! - What an op writes names its batch, so that no two writes are alike.
//! - The founding commit has put something into every object, so that there is something to take
//!   out, to move, to write over.

use woodland_format::{
    AtomConfig, CounterOp, EventsConfig, FieldDefinition, FieldId, KeyConfig, ListConfig, ListOp,
    MapConfig, MapOp, MemberDefinition, NodeId, ObjectId, Op, RecordConfig, RecordOp,
    RegisterConfig, RegisterOp, Schema, SetConfig, SetOp, TextOp, TypeDefinition, TypeId, Value,
    ValueType, encode, keyed_node_id,
};
use woodland_tests::histories::{HAS_LISTS, Script};

const THING: TypeId = TypeId(1);
const SPOT: TypeId = TypeId(2);
const SPOT_TITLE: FieldId = FieldId(21);
const TARGET: FieldId = FieldId(11);

/// The ops of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alphabet {
    pub(crate) name: &'static str,
    /// How many ops it has; the first two collide the most.
    pub(crate) letters: usize,
    /// The letters that are written under the modern schema, where there is one: bit n is letter n.
    pub(crate) modern: u8,
    /// The ops of this letter in this batch.
    pub(crate) write: fn(NodeId, usize, usize) -> Vec<Op>,
}

/// One alphabet for each kind.
pub(crate) fn alphabets() -> Vec<Alphabet> {
    let of = |name, letters, write| Alphabet { name, letters, modern: 0, write };
    let mut all = vec![
        of("register", 3, register as fn(NodeId, usize, usize) -> Vec<Op>),
        of("atom", 3, atom),
        of("record", 4, record),
        of("counter", 3, counter),
        of("set", 4, set),
        of("map", 4, map),
        of("text", 4, text),
        of("events", 2, events),
        of("opaque", 2, opaque),
        of("key", 4, key),
    ];
    if HAS_LISTS {
        all.push(of("list", 6, list));
    }
    all
}

/// A script whose founding commit has written to every kind of object of one node.
pub(crate) fn founded(found: impl Fn(Schema, Vec<Op>) -> Script) -> (Script, NodeId) {
    let create = vec![Op::Create { node_type: THING, salt: 0 }];
    let node = woodland_format::node_id(&Script::found().author(0), 0, 1, 0);
    let mut ops = create;
    for alphabet in alphabets() {
        match alphabet.name {
            "set" => ops.extend(set(node, 9, 0)),
            "map" => ops.extend(map(node, 9, 0)),
            "text" => ops.push(edit(node, 7, &TextOp::Insert { at: 0, text: "ab".into() })),
            "list" => ops.push(edit(
                node,
                10,
                &ListOp::Insert { at: 0, items: vec!["A".into(), "B".into()] },
            )),
            "key" => {}
            _ => ops.extend((alphabet.write)(node, 9, 0)),
        }
    }
    (found(schema(), ops), node)
}

fn schema() -> Schema {
    let optional = |of| ValueType::Optional(Box::new(of));
    let member = |number, value| MemberDefinition { number, name: format!("m{number}"), value };
    let composite = ValueType::Composite(vec![member(1, ValueType::Int)]);
    let members = vec![member(1, optional(ValueType::Int)), member(2, ValueType::Int)];
    let field = |id, kind: &str, config| FieldDefinition {
        id: FieldId(id),
        name: format!("f{id}"),
        kind: kind.to_owned(),
        config,
    };
    let int = || ValueType::Int;
    let mut thing = vec![
        field(1, "register", encode(&RegisterConfig { value: optional(int()) })),
        field(2, "atom", encode(&AtomConfig { value: optional(composite) })),
        field(3, "record", encode(&RecordConfig { members })),
        field(4, "counter", vec![]),
        field(5, "set", encode(&SetConfig { item: int() })),
        field(6, "map", encode(&MapConfig { key: int(), value: int() })),
        field(7, "text", vec![]),
        field(8, "events", encode(&EventsConfig { reducer: "any".into() })),
        field(9, "gauge", vec![]),
    ];
    if HAS_LISTS {
        thing.push(field(10, "list", encode(&ListConfig { item: ValueType::String })));
    }
    let target = RegisterConfig { value: ValueType::Pointer(SPOT) };
    thing.push(field(11, "register", encode(&target)));
    let spot = vec![
        field(20, "key", encode(&KeyConfig { value: int() })),
        field(21, "register", encode(&RegisterConfig { value: int() })),
    ];
    let of = |id, name: &str, fields| TypeDefinition { id, name: name.into(), version: 1, fields };
    Schema { types: vec![of(THING, "Thing", thing), of(SPOT, "Spot", spot)] }
}

fn edit<T: serde::Serialize>(node: NodeId, field: u64, op: &T) -> Op {
    raw(node, FieldId(field), encode(op))
}

fn raw(node: NodeId, field: FieldId, op: Vec<u8>) -> Op {
    Op::Edit { object: ObjectId { node, field }, op }
}

/// A number that names the batch.
fn number(batch: usize) -> i64 {
    100 + i64::try_from(batch).expect("few batches")
}

fn register(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let set = |value| edit(node, 1, &RegisterOp::Set(Value::Int(value)));
    match letter {
        0 => vec![set(number(batch))],
        1 => vec![edit(node, 1, &RegisterOp::Clear)],
        _ => vec![set(number(batch)), set(-number(batch))],
    }
}

fn atom(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let set = |number, value| {
        edit(node, 2, &RegisterOp::Set(Value::Record(vec![(number, Value::Int(value))])))
    };
    match letter {
        0 => vec![set(1, number(batch))],
        1 => vec![edit(node, 2, &RegisterOp::Clear)],
        _ => vec![set(2, number(batch))],
    }
}

fn record(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let one = (1, Value::Int(number(batch)));
    let two = (2, Value::Int(number(batch)));
    let op = match letter {
        0 => RecordOp::Set(vec![one]),
        1 => RecordOp::Clear(vec![1]),
        2 => RecordOp::Set(vec![one, two]),
        _ => RecordOp::Set(vec![two]),
    };
    vec![edit(node, 3, &op)]
}

fn counter(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let more = match letter {
        0 => number(batch),
        1 => i64::MAX,
        _ => i64::MIN,
    };
    vec![edit(node, 4, &CounterOp::Add(more))]
}

fn set(node: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let (one, two) = (Value::Int(1), Value::Int(2));
    let op = match letter {
        0 => SetOp::Add(vec![one]),
        1 => SetOp::Remove(vec![one]),
        2 => SetOp::Add(vec![one, two]),
        _ => SetOp::Remove(vec![two]),
    };
    vec![edit(node, 5, &op)]
}

fn map(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let (one, two) = (Value::Int(1), Value::Int(2));
    let value = Value::Int(number(batch));
    let put = |entries| edit(node, 6, &MapOp::Put(entries));
    let remove = |keys| edit(node, 6, &MapOp::Remove(keys));
    match letter {
        0 => vec![put(vec![(one, value)])],
        1 => vec![remove(vec![one])],
        2 => vec![remove(vec![one.clone()]), put(vec![(one, value)])],
        _ => vec![put(vec![(one.clone(), value.clone()), (two.clone(), value)]), remove(vec![two])],
    }
}

fn text(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let insert = |at| edit(node, 7, &TextOp::Insert { at, text: format!("{batch}é") });
    match letter {
        0 => vec![insert(1)],
        1 => vec![edit(node, 7, &TextOp::Delete { at: 0, bytes: 1 })],
        2 => vec![insert(0)],
        _ => vec![edit(node, 7, &TextOp::Delete { at: 1, bytes: 1 }), insert(1)],
    }
}

fn list(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let items = vec![Value::from(format!("{batch}"))];
    let op = match letter {
        0 => ListOp::Insert { at: 1, items },
        1 => ListOp::Move { from: 0, to: 1 },
        2 => ListOp::Remove { at: 0, count: 1 },
        3 => ListOp::Set { at: 0, item: Value::from(format!("={batch}")) },
        4 => ListOp::Move { from: 1, to: 0 },
        _ => ListOp::Insert { at: 0, items },
    };
    vec![edit(node, 10, &op)]
}

fn events(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let event =
        |at: usize| raw(node, FieldId(8), vec![u8::try_from(10 * batch + at).unwrap_or(255)]);
    (0..=letter).map(event).collect()
}

fn opaque(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let event =
        |at: usize| raw(node, FieldId(9), vec![u8::try_from(10 * batch + at).unwrap_or(255)]);
    (0..=letter).map(event).collect()
}

/// Two authors make one node, write to it, point to it: maybe without having seen it.
fn key(node: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let name = Value::Int(7);
    let spot = keyed_node_id(SPOT, &encode(&name));
    let title = raw(spot, SPOT_TITLE, encode(&RegisterOp::Set(Value::Int(number(batch)))));
    match letter {
        0 => vec![Op::CreateKeyed { node_type: SPOT, key: name }],
        1 => vec![title],
        2 => vec![Op::CreateKeyed { node_type: SPOT, key: name }, title],
        _ => vec![raw(node, TARGET, encode(&RegisterOp::Set(Value::Pointer(spot))))],
    }
}
