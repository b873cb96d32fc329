//! The content of one object: what its kind keeps of every op, and what that shows.
//!
//! **Invariants**
//! - An edit that is void leaves the content as it was, but one that is masked: that is kept, as
//!   others may have seen it, and counts for nobody else.
//! - `bad-config` comes before `undecodable`, and both before what the kind says.

use crate::oracle::ConflictPart;
use crate::oracle::list::List;
use crate::oracle::map::Map;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::places::Part;
use crate::oracle::register::{Record, Register, Write, edit_record};
use crate::oracle::set::Set;
use crate::oracle::sight::{Sight, Verdict};
use crate::oracle::text::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{
    AtomConfig, CounterOp, EventsConfig, ListConfig, MapConfig, RecordConfig, RegisterConfig,
    SetConfig, TypeError, Value, decode,
};

/// What an object is made of.
#[derive(Debug)]
pub(crate) enum Content {
    Register(Register),
    Atom(Register),
    Record(Record),
    /// What was added.
    Counter(Vec<(Stamp, i64)>),
    Set(Set),
    Map(Map),
    List(List),
    Text(Text),
    /// The ops, in order.
    Events(Vec<(Stamp, Vec<u8>)>),
    /// The same, of a kind that is not built in.
    Opaque(Vec<(Stamp, Vec<u8>)>),
}

impl Content {
    /// An object of this kind, which is not `key`, without any op.
    pub(crate) fn of_kind(kind: &str) -> Content {
        match kind {
            "register" => Content::Register(Register::default()),
            "atom" => Content::Atom(Register::default()),
            "record" => Content::Record(Record::default()),
            "counter" => Content::Counter(vec![]),
            "set" => Content::Set(Set::default()),
            "map" => Content::Map(Map::default()),
            "list" => Content::List(List::default()),
            "text" => Content::Text(Text::default()),
            "events" => Content::Events(vec![]),
            _ => Content::Opaque(vec![]),
        }
    }

    /// An op on the object, under this configuration of its field.
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, config: &[u8], op: &[u8]) -> Verdict {
        match self {
            Content::Register(register) => {
                let config = config_of(config, RegisterConfig::check)?;
                register.edit(sight, &config.value, op)
            }
            Content::Atom(register) => {
                let config = config_of(config, AtomConfig::check)?;
                register.edit(sight, &config.value, op)
            }
            Content::Record(record) => {
                edit_record(record, sight, &config_of(config, RecordConfig::check)?, op)
            }
            Content::Counter(added) => {
                no_config(config)?;
                let CounterOp::Add(more) = op_of(op)?;
                added.push((sight.stamp, more));
                Ok(())
            }
            Content::Set(set) => set.edit(sight, &config_of(config, SetConfig::check)?, op),
            Content::Map(map) => map.edit(sight, &config_of(config, MapConfig::check)?, op),
            Content::List(list) => list.edit(sight, &config_of(config, ListConfig::check)?, op),
            Content::Text(text) => {
                no_config(config)?;
                text.edit(sight, op)
            }
            Content::Events(ops) => {
                config_of::<EventsConfig>(config, |_| Ok(()))?;
                ops.push((sight.stamp, op.to_vec()));
                Ok(())
            }
            Content::Opaque(ops) => {
                ops.push((sight.stamp, op.to_vec()));
                Ok(())
            }
        }
    }

    /// What is visible of an object that had an op that counts; nothing where all that it had was
    /// cleared.
    pub(crate) fn shown(&self, past: &Past) -> Option<Value> {
        Some(match self {
            Content::Register(register) | Content::Atom(register) => register.shown(past)?,
            Content::Record(members) => {
                let shown =
                    members.iter().filter_map(|(number, one)| Some((*number, one.shown(past)?)));
                let members: Vec<(u32, Value)> = shown.collect();
                if members.is_empty() {
                    return None;
                }
                Value::Record(members)
            }
            Content::Counter(added) => {
                let counted = added.iter().filter(|(stamp, _)| past.counts(*stamp));
                let sum: i128 = counted.map(|(_, more)| i128::from(*more)).sum();
                let clamped = sum.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
                Value::Int(i64::try_from(clamped).expect("it was clamped"))
            }
            Content::Set(set) => set.shown(past),
            Content::Map(map) => map.shown(past),
            Content::List(list) => list.shown(past),
            Content::Text(text) => Value::String(text.shown(past)),
            Content::Events(ops) | Content::Opaque(ops) => {
                let counted = ops.iter().filter(|(stamp, _)| past.counts(*stamp));
                Value::List(counted.map(|(_, op)| Value::Bytes(op.clone())).collect())
            }
        })
    }

    /// The values visible at this point, from the ops before it alone, each with the op that wrote
    /// it: an item of a set with each op that added it. Not of lists, which hold no foreign keys.
    pub(crate) fn shown_at(&self, point: Stamp, past: &Past) -> Vec<(Stamp, Part, Value)> {
        let whole = |register: &Register, part: Part| {
            let (stamp, value) = register.before(point).winner(past)?;
            Some((stamp, part, value?))
        };
        match self {
            Content::Register(register) | Content::Atom(register) => {
                whole(register, Part::Whole).into_iter().collect()
            }
            Content::Record(members) => {
                let member = |(number, one): (&u32, &Register)| whole(one, Part::Member(*number));
                members.iter().filter_map(member).collect()
            }
            Content::Set(set) => {
                let items = set.before(point).standing(past).into_iter();
                items.map(|(stamp, item)| (stamp, Part::Item, item)).collect()
            }
            Content::Map(map) => {
                let map = map.before(point);
                let entry = |(key, register): (&Value, Register)| {
                    let (stamp, value) = register.winner(past).expect("a present key has a put");
                    let value = value.expect("a put puts a value");
                    [(stamp, Part::Key, key.clone()), (stamp, Part::AtKey, value)]
                };
                map.present(past).flat_map(entry).collect()
            }
            Content::Counter(_)
            | Content::List(_)
            | Content::Text(_)
            | Content::Events(_)
            | Content::Opaque(_) => vec![],
        }
    }

    /// The standing writes of each part in which one write replaces another, ascending by stamp.
    pub(crate) fn standing(&self, past: &Past) -> Vec<(ConflictPart, Vec<Write>)> {
        let all = |register: &Register| register.standing(past).into_iter().cloned().collect();
        match self {
            Content::Register(register) | Content::Atom(register) => {
                vec![(ConflictPart::Whole, all(register))]
            }
            Content::Record(members) => members
                .iter()
                .map(|(number, register)| (ConflictPart::Member(*number), all(register)))
                .collect(),
            Content::Map(map) => map
                .present(past)
                .map(|(key, register)| (ConflictPart::Key(key.clone()), all(&register)))
                .collect(),
            _ => vec![],
        }
    }
}

/// The configuration with these bytes, if it keeps its rules.
pub(crate) fn config_of<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    check: impl Fn(&T) -> Result<(), TypeError>,
) -> Result<T, &'static str> {
    let config = decode::<T, CONFIG_BYTES_MAX>("a configuration", bytes).or(Err("bad-config"))?;
    check(&config).or(Err("bad-config"))?;
    Ok(config)
}

/// A kind without a configuration has none.
pub(crate) fn no_config(bytes: &[u8]) -> Verdict {
    if bytes.is_empty() { Ok(()) } else { Err("bad-config") }
}

/// The op with these bytes.
pub(crate) fn op_of<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, &'static str> {
    decode::<T, OP_BYTES_MAX>("an op", bytes).or(Err("undecodable"))
}

/// `undecodable` unless the values ascend strictly.
pub(crate) fn check_ascending(values: &[&Value]) -> Verdict {
    if values.windows(2).all(|pair| pair[0] < pair[1]) { Ok(()) } else { Err("undecodable") }
}
