//! The built-in kinds keep the laws, each with ops of its own.
//!
//! **Invariants**
//! - Every maker makes ops that fit what its author sees, and odd ones.

use woodland_format::{
    AtomConfig, CounterOp, EventsConfig, ListConfig, ListOp, MapConfig, MapOp, MemberDefinition,
    NodeId, RecordConfig, RecordOp, RegisterConfig, RegisterOp, SetConfig, SetOp, TextOp, Value,
    ValueType, encode,
};
use woodland_graph::{Atom, Counter, Events, Kind, List, Map, Record, Register, Set, Text};
use woodland_laws::{Laws, Maker, NODE_TYPE, Random, Report};

/// Runs the suite; most ops have to count, or the maker has little to say.
fn keeps<K: Kind>(kind: K, config: Vec<u8>, make: impl Fn(&mut Maker<'_>) -> Vec<u8>) -> Report {
    let laws = Laws::of(kind).config(config).ops(make).seed(1).histories(60);
    let report = laws.check().unwrap_or_else(|broken| panic!("{broken}"));
    assert!(report.voids * 2 < report.ops && report.concurrent > 100, "{}: {report}", K::NAME);
    report
}

fn int(random: &mut Random) -> Value {
    Value::Int(random.below(5) as i64)
}

fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

fn member(number: u32, name: &str, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: name.to_owned(), value }
}

#[test]
fn register() {
    let config = RegisterConfig { value: optional(ValueType::Int) };
    keeps(Register, encode(&config), |maker| {
        encode(&match maker.random.below(8) {
            0 => RegisterOp::Clear,
            1 => RegisterOp::Set("of another type".into()),
            _ => RegisterOp::Set(int(maker.random)),
        })
    });
}

#[test]
fn register_of_pointers() {
    let config = RegisterConfig { value: ValueType::Pointer(NODE_TYPE) };
    let report = keeps(Register, encode(&config), |maker| {
        let node = if maker.random.chance(10) { NodeId([9; 16]) } else { maker.node() };
        encode(&RegisterOp::Set(node.into()))
    });
    assert!(report.voids > 0, "some pointed to what they had not seen");
}

#[test]
fn atom() {
    let members = vec![member(1, "x", ValueType::Int), member(2, "y", optional(ValueType::Int))];
    let config = AtomConfig { value: optional(ValueType::Composite(members)) };
    keeps(Atom, encode(&config), |maker| {
        let mut parts = vec![(1, int(maker.random))];
        if maker.random.chance(50) {
            parts.push((2, int(maker.random)));
        }
        encode(&match maker.random.below(8) {
            0 => RegisterOp::Clear,
            1 => RegisterOp::Set(Value::Record(vec![(7, Value::Int(1))])),
            _ => RegisterOp::Set(Value::Record(parts)),
        })
    });
}

#[test]
fn record() {
    let members = vec![
        member(1, "title", ValueType::Int),
        member(2, "note", optional(ValueType::Int)),
        member(3, "other", optional(ValueType::Pointer(NODE_TYPE))),
    ];
    keeps(Record, encode(&RecordConfig { members }), |maker| {
        let mut set = Vec::new();
        for number in 1..=2 {
            if maker.random.chance(60) {
                set.push((number, int(maker.random)));
            }
        }
        if maker.random.chance(40) {
            set.push((3, maker.node().into()));
        }
        encode(&match maker.random.below(6) {
            0 => RecordOp::Clear(vec![2, 3]),
            1 => RecordOp::Clear(vec![1]),
            _ => RecordOp::Set(set),
        })
    });
}

#[test]
fn counter() {
    keeps(Counter, Vec::new(), |maker| {
        let much = maker.random.below(9) as i64 - 4;
        encode(&CounterOp::Add(if maker.random.chance(5) { i64::MAX } else { much }))
    });
}

#[test]
fn set() {
    let config = SetConfig { item: ValueType::Int };
    keeps(Set, encode(&config), |maker| {
        let mut items: Vec<Value> =
            (0..4).filter(|_| maker.random.chance(40)).map(Value::Int).collect();
        if maker.random.chance(5) {
            items.reverse();
        }
        encode(&if maker.random.chance(40) { SetOp::Remove(items) } else { SetOp::Add(items) })
    });
}

#[test]
fn map() {
    let config = MapConfig { key: ValueType::Int, value: ValueType::Int };
    keeps(Map, encode(&config), |maker| {
        let keys: Vec<Value> = (0..3).filter(|_| maker.random.chance(50)).map(Value::Int).collect();
        encode(&if maker.random.chance(35) {
            MapOp::Remove(keys)
        } else {
            MapOp::Put(keys.into_iter().map(|key| (key, int(maker.random))).collect())
        })
    });
}

#[test]
fn list() {
    let config = ListConfig { item: ValueType::Int };
    keeps(List, encode(&config), |maker| {
        let length = match maker.shown {
            Some(Value::List(items)) => items.len(),
            _ => 0,
        };
        let mut place = |end: usize| maker.random.below(end) as u32;
        let (at, to, what) = (place(length + 1), place(length.max(1)), place(10));
        encode(&match what {
            0..=1 => ListOp::Remove { at, count: 1 },
            2..=3 => ListOp::Move { from: at, to },
            4 => ListOp::Set { at, item: int(maker.random) },
            _ => {
                let count = maker.random.below(3) + usize::from(what > 5);
                let items = (0..count).map(|_| int(maker.random)).collect();
                ListOp::Insert { at, items }
            }
        })
    });
}

#[test]
fn text() {
    keeps(Text, Vec::new(), |maker| {
        let length = match maker.shown {
            Some(Value::String(text)) => text.len(),
            _ => 0,
        };
        let at = maker.random.below(length + 1) as u32;
        encode(&if length > 0 && maker.random.chance(35) {
            let bytes = 1 + maker.random.below(3) as u32;
            TextOp::Delete { at, bytes }
        } else {
            let text = ["a", "bc", "é", "def", ""][maker.random.below(5)].to_owned();
            TextOp::Insert { at, text }
        })
    });
}

#[test]
fn events() {
    let config = EventsConfig { reducer: "any".to_owned() };
    keeps(Events, encode(&config), |maker| {
        let count = maker.random.below(5);
        maker.random.bytes(count)
    });
}
