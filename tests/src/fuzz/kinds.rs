//! The targets of the kinds: their ops, against configurations that keep the rules, and their
//! configurations.
//!
//! **Invariants**
//! - An input of an op is a byte that chooses a configuration, and the op.
//! - An op that a kind takes holds what its configuration admits and nothing else.
//!
//! What this does not do: derive an object. The target `graph` does.

use crate::fuzz::HEAP_TIMES;
use crate::fuzz::corpus::Corpus;
use crate::fuzz::edits;
use crate::fuzz::errors::{Named, Told, outcome};
use crate::fuzz::shapes::{sound_type, value_of, value_type};
use crate::fuzz::targets::{ALL, SPARE_OF_TYPES, SPARE_OF_VALUES, Target, leave, names, same};
use crate::histories::Rng;
use woodland_format::{
    AtomConfig, CanonicalError, CounterOp, EventsConfig, KeyConfig, ListConfig, ListOp, MapConfig,
    MapOp, RecordConfig, RegisterConfig, SetConfig, SetOp, TypeError, Value, ValueType, decode,
    encode, limits,
};
use woodland_graph::{Atom, Counter, Events, Kind, List, Map, Record, Register, Set, Text};

/// Every target of a kind, those of types, and that of reading as one.
pub(crate) fn kinds() -> Vec<Target> {
    let mut all = ops();
    all.extend(configs());
    all.push(types());
    all.push(readings());
    all
}

fn of(name: &'static str, errors: &[&[&'static str]], decode: Decode) -> Target {
    Target {
        name,
        errors: names(errors),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_VALUES,
        inputs: kind_ops,
        edit: |_, rng, bytes| *bytes = with_choice(rng),
        mend: leave,
        decode,
    }
}

type Decode = fn(&Corpus, &[u8], &mut Told);

/// Starts from ops that are made like this, and edits by making others.
macro_rules! made {
    ($target:expr, |$corpus:ident, $rng:ident| $make:expr) => {
        Target {
            inputs: |$corpus| edits::some(200, |$rng| $make),
            edit: |$corpus, $rng, bytes| *bytes = $make,
            ..$target
        }
    };
}

fn ops() -> Vec<Target> {
    let one = &["Void::Undecodable", "Void::WrongValue"][..];
    let empty = &["Void::Undecodable", "Void::EmptyEdit"][..];
    let many = &["Void::Undecodable", "Void::EmptyEdit", "Void::WrongValue"][..];
    vec![
        made!(
            of("register-op", &[one], |corpus, bytes, told| {
                op(&Register, &corpus.configs.registers, bytes, told);
            }),
            |corpus, rng| edits::register_op(&corpus.configs.registers, rng)
        ),
        made!(
            of("record-op", &[many, &["Void::UnknownMember"]], |corpus, bytes, told| {
                op(&Record, &corpus.configs.records, bytes, told);
            }),
            |corpus, rng| edits::record_op(&corpus.configs.records, rng)
        ),
        made!(
            of("atom-op", &[one], |corpus, bytes, told| {
                op(&Atom, &corpus.configs.atoms, bytes, told);
            }),
            // An atom is configured and written as a register is.
            |corpus, rng| edits::register_op(&corpus.configs.atoms, rng)
        ),
        of("text-op", &[empty], |_, bytes, told| op(&Text, &[vec![]], bytes, told)),
        made!(
            of("counter-op", &[&["Void::Undecodable"]], |_, bytes, told| {
                op(&Counter, &[vec![]], bytes, told);
            }),
            |_corpus, rng| {
                let add = CounterOp::Add(rng.number().cast_signed());
                fits_or(rng, 0, encode(&add))
            }
        ),
        made!(
            of("set-op", &[many], |corpus, bytes, told| {
                op(&Set, &corpus.configs.sets, bytes, told);
            }),
            |corpus, rng| set_op(&corpus.configs.sets, rng)
        ),
        made!(
            of("map-op", &[many], |corpus, bytes, told| {
                op(&Map, &corpus.configs.maps, bytes, told);
            }),
            |corpus, rng| map_op(&corpus.configs.maps, rng)
        ),
        made!(
            of("list-op", &[many], |corpus, bytes, told| {
                op(&List, &corpus.configs.lists, bytes, told);
            }),
            |corpus, rng| list_op(&corpus.configs.lists, rng)
        ),
    ]
}

/// The choice, and this op or another kind's.
fn fits_or(rng: &mut Rng, choice: usize, op: Vec<u8>) -> Vec<u8> {
    let op = if rng.chance(80) { op } else { edits::kind_op(rng) };
    [&[choice.to_le_bytes()[0]][..], &op].concat()
}

/// Some values of the type, in order and each once; or, now and then, not.
fn some_values(rng: &mut Rng, of: &ValueType) -> Vec<Value> {
    let mut values: Vec<Value> = (0..rng.below(5)).map(|_| value_of(rng, of)).collect();
    if rng.chance(90) {
        values.sort();
        values.dedup();
    }
    values
}

fn set_op(configs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(configs.len());
    let config = decode::<SetConfig, ALL>("a set", &configs[choice]);
    let items = some_values(rng, &config.expect("a configuration of the corpus").item);
    let op = if rng.chance(50) { SetOp::Add(items) } else { SetOp::Remove(items) };
    fits_or(rng, choice, encode(&op))
}

fn map_op(configs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(configs.len());
    let config = decode::<MapConfig, ALL>("a map", &configs[choice]);
    let MapConfig { key, value } = config.expect("a configuration of the corpus");
    let keys = some_values(rng, &key);
    let op = if rng.chance(50) {
        MapOp::Put(keys.into_iter().map(|key| (key, value_of(rng, &value))).collect())
    } else {
        MapOp::Remove(keys)
    };
    fits_or(rng, choice, encode(&op))
}

fn list_op(configs: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(configs.len());
    let config = decode::<ListConfig, ALL>("a list", &configs[choice]);
    let of = config.expect("a configuration of the corpus").item;
    let at = rng.below(9) as u32;
    let op = match rng.below(4) {
        0 => ListOp::Insert { at, items: some_values(rng, &of) },
        1 => ListOp::Remove { at, count: rng.below(3) as u32 },
        2 => ListOp::Move { from: at, to: rng.below(9) as u32 },
        _ => ListOp::Set { at, item: value_of(rng, &of) },
    };
    fits_or(rng, choice, encode(&op))
}

/// A byte that chooses a configuration, and an op.
fn with_choice(rng: &mut Rng) -> Vec<u8> {
    let choice = u8::try_from(rng.below(8)).expect("below 8");
    [&[choice][..], &edits::kind_op(rng)].concat()
}

fn kind_ops(corpus: &Corpus) -> Vec<Vec<u8>> {
    let edits = corpus.ops().into_iter().enumerate().filter_map(|(at, op)| match op {
        woodland_format::Op::Edit { op, .. } => {
            Some([&[at.to_le_bytes()[0] % 8][..], &op].concat())
        }
        _ => None,
    });
    edits.take(400).collect()
}

fn op<K: Kind>(kind: &K, configs: &[Vec<u8>], bytes: &[u8], told: &mut Told) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let Some(config) = configs.get(usize::from(*choice) % configs.len()) else { return };
    let config = kind.config(config).expect("a configuration of the corpus keeps the rules");
    if let Some(op) = outcome(kind.decode(&config, bytes), told) {
        kind.pointers(&config, &op, &mut |_, _| {});
    }
}

fn configs() -> Vec<Target> {
    let of = |name, decode| Target {
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_TYPES,
        ..of(name, &[&["Void::BadConfig"]], decode)
    };
    vec![
        Target {
            inputs: |corpus| corpus.configs.registers.clone(),
            edit: |_, rng, bytes| *bytes = encode(&RegisterConfig { value: value_type(rng, 1) }),
            ..of("register-config", |_, bytes, told| drop(outcome(Register.config(bytes), told)))
        },
        Target {
            inputs: |corpus| corpus.configs.records.clone(),
            edit: edit_record_config,
            ..of("record-config", |_, bytes, told| drop(outcome(Record.config(bytes), told)))
        },
        Target {
            inputs: |corpus| corpus.configs.atoms.clone(),
            edit: |_, rng, bytes| *bytes = encode(&AtomConfig { value: value_type(rng, 1) }),
            ..of("atom-config", |_, bytes, told| drop(outcome(Atom.config(bytes), told)))
        },
        Target {
            inputs: |corpus| corpus.configs.sets.clone(),
            edit: |_, rng, bytes| *bytes = encode(&SetConfig { item: value_type(rng, 1) }),
            ..of("set-config", |_, bytes, told| drop(outcome(Set.config(bytes), told)))
        },
        Target {
            inputs: |corpus| corpus.configs.maps.clone(),
            edit: |_, rng, bytes| {
                let (key, value) = (value_type(rng, 1), value_type(rng, 1));
                *bytes = encode(&MapConfig { key, value });
            },
            ..of("map-config", |_, bytes, told| drop(outcome(Map.config(bytes), told)))
        },
        Target {
            inputs: |_| edits::some(64, events),
            edit: |_, rng, bytes| *bytes = events(rng),
            ..of("events-config", |_, bytes, told| drop(outcome(Events.config(bytes), told)))
        },
        Target {
            inputs: |corpus| corpus.configs.lists.clone(),
            edit: |_, rng, bytes| *bytes = encode(&ListConfig { item: value_type(rng, 1) }),
            ..of("list-config", |_, bytes, told| drop(outcome(List.config(bytes), told)))
        },
        Target {
            errors: names(&[CanonicalError::NAMES, TypeError::NAMES]),
            inputs: |corpus| corpus.configs.keys.clone(),
            edit: |_, rng, bytes| *bytes = encode(&KeyConfig { value: value_type(rng, 1) }),
            ..of("key-config", |_, bytes, told| {
                let key = decode::<KeyConfig, { limits::CONFIG_BYTES_MAX }>("a key", bytes);
                if let Some(key) = outcome(key, told) {
                    same(&key, bytes);
                    told.is_accepted = rules(key.check(), told);
                }
            })
        },
    ]
}

/// What decoded is within the limits that the rules have too.
fn rules(checked: Result<(), TypeError>, told: &mut Told) -> bool {
    use TypeError::{TooDeep, TooLarge, TooManyMembers};
    let is_over = matches!(checked, Err(TooDeep | TooLarge | TooManyMembers { .. }));
    assert!(!is_over, "{checked:?}");
    outcome(checked, told).is_some()
}

fn events(rng: &mut Rng) -> Vec<u8> {
    let bytes = limits::NAME_BYTES_MAX - 1 + rng.below(3);
    let reducer = ["ledger".to_owned(), "é🌲".to_owned(), "x".repeat(bytes)][rng.below(3)].clone();
    encode(&EventsConfig { reducer })
}

fn edit_record_config(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let Ok(mut config) = decode::<RecordConfig, ALL>("a record", bytes) else { return };
    match rng.below(4) {
        0 => config.members.reverse(),
        1 => config.members.extend(config.members.clone()),
        2 => config.members.extend(config.members.first().cloned().into_iter().cycle().take(1030)),
        _ => {
            if let Some(member) = config.members.first_mut() {
                member.value = value_type(rng, 1);
            }
        }
    }
    *bytes = encode(&config);
}

fn types() -> Target {
    Target {
        errors: names(&[CanonicalError::NAMES, TypeError::NAMES]),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_TYPES,
        inputs: |_| edits::some(200, |rng| encode(&sound_type(rng, 1))),
        edit: |_, rng, bytes| *bytes = encode(&value_type(rng, 1)),
        ..of("value-type", &[], |_, bytes, told| {
            let decoded = decode::<ValueType, { limits::CONFIG_BYTES_MAX }>("a type", bytes);
            let Some(one) = outcome(decoded, told) else { return };
            same(&one, bytes);
            // Decoding alone is little: what counts is that the rules hold.
            told.is_accepted = false;
            let as_item = rules(one.check(), told);
            let as_place = rules(one.check_place(), told);
            let as_key = rules(one.check_key(), told);
            assert!(!as_key || as_item, "a key is always there");
            assert!(!as_item || as_place, "what may stand anywhere may stand at a place");
            if as_item {
                let value = value_of(&mut Rng::from_seed(bytes.len() as u64), &one);
                assert!(one.admits(&value), "{value} is of {one}");
                assert!(!one.is_apart(&one), "a type is never apart from itself");
                assert_eq!(one.read(Some(&value), &|_, _| true), Some(value));
            }
        })
    }
}

/// A type, and what is to be read as it.
type Pair = (ValueType, Value);

/// Beside what a type takes: what is filled in at a place has up to 64 KiB of canonical bytes, a
/// value of five of which takes forty, in lists that double as they grow.
const SPARE_OF_READINGS: usize = SPARE_OF_TYPES + 1024 * 1024;
/// The value, what it converts to, and once more its length in what is filled in: each up to eight
/// times its bytes.
const HEAP_TIMES_OF_READINGS: usize = 3 * HEAP_TIMES;

fn readings() -> Target {
    Target {
        errors: names(&[CanonicalError::NAMES]),
        heap_times: HEAP_TIMES_OF_READINGS,
        spare_bytes: SPARE_OF_READINGS,
        inputs: |_| edits::some(200, reading),
        edit: |_, rng, bytes| *bytes = reading(rng),
        ..of("reading", &[], |_, bytes, told| {
            let Some((one, value)) = outcome(decode::<Pair, ALL>("a reading", bytes), told) else {
                return;
            };
            let is_there = |_, _| bytes.len().is_multiple_of(2);
            let found = one.read(Some(&value), &is_there);
            // A pointer has no zero: what should hold one may lack it.
            let is_filled = one.check_key().is_ok();
            if is_filled {
                let found = found.expect("where there is always a value, one is read");
                assert!(one.admits(&found), "{value} is read as {one}: {found}");
            }
            if let Some(item) = one.convert(&value, &is_there) {
                assert!(!is_filled || one.admits(&item), "{value} as {one}: {item}");
            }
        })
    }
}

fn reading(rng: &mut Rng) -> Vec<u8> {
    let one = if rng.chance(80) { sound_type(rng, 1) } else { value_type(rng, 1) };
    let one = if rng.chance(40) { ValueType::List(Box::new(one)) } else { one };
    // Now and then little that may become much.
    let value = if rng.chance(30) {
        let item = [Value::Record(vec![]), true.into(), Value::List(vec![])][rng.below(3)].clone();
        Value::List(vec![item; [10, 300, 9_000][rng.below(3)]])
    } else {
        edits::value(rng, 1)
    };
    encode(&(one, value))
}
