//! Types of values, those that keep the rules and any others, and values that fit them.
//!
//! **Invariants**
//! - A sound type keeps every rule of `docs/format.md`; the others break one now and then, nest a
//!   little deeper than may be, or are made of more than may be.
//! - What is made stays small: on average a type has less than one type in it.
//!
//! What this does not do: make bytes that are no type. `mutation` bends them.

use crate::fuzz::edits::value;
use crate::histories::Rng;
use woodland_format::{
    AtomConfig, KeyConfig, ListConfig, MapConfig, MemberDefinition, NodeId, OnDelete, RecordConfig,
    RegisterConfig, SetConfig, TypeId, Value, ValueType, encode, limits,
};

use ValueType::{Bool, Bytes, Composite, Float, Int, List, Literal, Pointer, Union};

/// Configurations to start from, by kind.
#[derive(Debug)]
pub(crate) struct Configs {
    pub(crate) registers: Vec<Vec<u8>>,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) atoms: Vec<Vec<u8>>,
    pub(crate) sets: Vec<Vec<u8>>,
    pub(crate) maps: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) keys: Vec<Vec<u8>>,
}

impl Configs {
    /// All of them keep the rules.
    pub(crate) fn sound() -> Self {
        let items = || sound_types().into_iter();
        let places = items().chain([optional(Int), optional(list(Float)), default(Int, 5.into())]);
        let composites = || (0..8).map(|seed| composite(&mut Rng::from_seed(seed), 1));
        let with_default = default(Composite(Vec::new()), Value::Record(Vec::new()));
        let atoms = composites().chain(composites().map(optional)).chain([with_default]);
        let key = |one: &ValueType| KeyConfig { value: one.clone() }.check().is_ok();
        Configs {
            registers: places.map(|value| encode(&RegisterConfig { value })).collect(),
            records: (0..8).map(|count| encode(&record(count))).collect(),
            atoms: atoms.map(|value| encode(&AtomConfig { value })).collect(),
            sets: items().map(|item| encode(&SetConfig { item })).collect(),
            maps: items()
                .zip(items().rev())
                .map(|(key, value)| encode(&MapConfig { key, value }))
                .collect(),
            lists: items()
                .map(|item| ListConfig { item })
                .filter(|config| config.check().is_ok())
                .map(|config| encode(&config))
                .collect(),
            keys: items().filter(key).map(|value| encode(&KeyConfig { value })).collect(),
        }
    }
}

fn list(item: ValueType) -> ValueType {
    List(Box::new(item))
}

fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

fn default(of: ValueType, value: Value) -> ValueType {
    ValueType::Default { of: Box::new(of), value }
}

fn foreign_key(on_delete: OnDelete) -> ValueType {
    ValueType::ForeignKey { target: TypeId(1), on_delete }
}

fn derivation(name: &str, over: ValueType) -> ValueType {
    ValueType::Derivation { name: name.to_owned(), over: Box::new(over) }
}

fn scalars() -> [ValueType; 6] {
    [Bool, Int, ValueType::String, Bytes, Pointer(TypeId(1)), Float]
}

/// Every scalar, and some of every other shape.
fn sound_types() -> Vec<ValueType> {
    let mut all = scalars().to_vec();
    all.extend([
        list(Bool),
        list(list(Pointer(TypeId(1)))),
        list(list(Int)),
        derivation("date", ValueType::String),
        Literal("red".into()),
        foreign_key(OnDelete::Restrict),
        foreign_key(OnDelete::Revive),
    ]);
    all.extend((0..12).map(|seed| sound_type(&mut Rng::from_seed(seed), 1)));
    all
}

/// Members of every scalar type, more and more of them, some of which may be absent.
fn record(count: usize) -> RecordConfig {
    let place = |(number, of): (u32, ValueType)| {
        let value = if number % 3 == 2 { optional(of) } else { of };
        MemberDefinition { number, name: format!("m{number}"), value }
    };
    let scalars = (0..).zip(scalars().into_iter().cycle().skip(count)).take(count);
    RecordConfig { members: scalars.map(place).collect() }
}

/// Some type that keeps the rules, of items or keys.
pub(crate) fn sound_type(rng: &mut Rng, depth: usize) -> ValueType {
    let deep = depth < limits::VALUE_DEPTH_MAX - 3;
    match rng.below(if deep { 12 } else { 8 }) {
        at @ 0..=5 => scalars()[at].clone(),
        6 => {
            let some: [Value; 4] = [true.into(), 5.into(), "red".into(), 1.5.into()];
            Literal(some[rng.below(4)].clone())
        }
        7 => derivation("date", [Int, ValueType::String, Bytes][rng.below(3)].clone()),
        8 => list(sound_type(rng, depth + 1)),
        9 => composite(rng, depth),
        10 => {
            let number = |at: i64| Literal(Value::Int(at));
            let literals = (0..2 + rng.below(6) as i64).map(number);
            let names = ["red", "blue"].map(|name| Literal(name.into()));
            Union(literals.chain(names).chain([Bool, list(Int)]).collect())
        }
        _ => {
            let tagged = |name: &str, rng: &mut Rng| {
                let tag =
                    MemberDefinition { number: 0, name: "tag".into(), value: Literal(name.into()) };
                let Composite(more) = composite(rng, depth + 1) else { return Int };
                Composite([vec![tag], more].concat())
            };
            let pointer =
                [Pointer(TypeId(2)), foreign_key(OnDelete::Cascade)][rng.below(2)].clone();
            Union(vec![tagged("circle", rng), tagged("square", rng), pointer])
        }
    }
}

/// A composite that keeps the rules; its members are numbered from 1.
fn composite(rng: &mut Rng, depth: usize) -> ValueType {
    let member = |number: u32, rng: &mut Rng| {
        let of = sound_type(rng, depth + 2);
        let value = match rng.below(4) {
            0 => optional(of),
            1 => default(Int, 5.into()),
            _ => of,
        };
        MemberDefinition { number, name: format!("m{number}"), value }
    };
    Composite((1..=rng.below(3) as u32).map(|number| member(number, rng)).collect())
}

/// Some type of value.
pub(crate) fn value_type(rng: &mut Rng, depth: usize) -> ValueType {
    if rng.chance(30) {
        return sound_type(rng, depth);
    }
    let deep = depth <= limits::VALUE_DEPTH_MAX + 1;
    let below = |rng: &mut Rng| value_type(rng, depth + 1);
    match rng.below(if deep { 20 } else { 8 }) {
        at @ 0..=5 => scalars()[at].clone(),
        6 | 7 => Literal(value(rng, limits::VALUE_DEPTH_MAX - 1)),
        8 => list(below(rng)),
        9 if rng.chance(50) => list(foreign_key(OnDelete::Restrict)),
        9 => foreign_key([OnDelete::Cascade, OnDelete::Revive][rng.below(2)]),
        10 | 11 => Union((0..rng.below(4)).map(|_| below(rng)).collect()),
        12 => {
            let most = limits::UNION_MEMBERS_MAX as i64;
            let count = [most - 1, most, most + 1][rng.below(3)];
            Union((0..count).map(|at| Literal(Value::Int(at))).collect())
        }
        13 | 14 => Composite((0..rng.below(4)).map(|at| member(rng, at as u32, depth)).collect()),
        15 => {
            let count = limits::FIELDS_MAX - 1 + rng.below(3);
            let member = member(rng, 1, limits::VALUE_DEPTH_MAX);
            let number = |number| MemberDefinition { number, ..member.clone() };
            Composite((0..if rng.chance(10) { count as u32 } else { 9 }).map(number).collect())
        }
        16 => derivation(["date", "", "a b"][rng.below(3)], below(rng)),
        17 => optional(below(rng)),
        18 => {
            let of = below(rng);
            let value = if rng.chance(70) { value_of(rng, &of) } else { value(rng, depth) };
            default(of, value)
        }
        // Around as many types as may be in one.
        _ if depth == 1 => {
            let bools = || Union(vec![Bool; limits::UNION_MEMBERS_MAX - rng.below(2)]);
            Union(std::iter::repeat_with(bools).take(8).collect())
        }
        _ => Bool,
    }
}

fn member(rng: &mut Rng, number: u32, depth: usize) -> MemberDefinition {
    let name = if rng.chance(90) { format!("m{number}") } else { "m".repeat(rng.below(130)) };
    let number = if rng.chance(95) { number } else { 1 };
    MemberDefinition { number, name, value: value_type(rng, depth + 2) }
}

/// Some value of this type.
pub(crate) fn value_of(rng: &mut Rng, of: &ValueType) -> Value {
    match of {
        Bool => Value::Bool(rng.chance(50)),
        Int => Value::Int(rng.number().cast_signed()),
        ValueType::String => Value::String("é🙂".to_owned()),
        Bytes => Value::Bytes(vec![7; rng.below(40)]),
        Pointer(_) | ValueType::ForeignKey { .. } => Value::Pointer(NodeId([7; 16])),
        List(item) => Value::List((0..rng.below(4)).map(|_| value_of(rng, item)).collect()),
        Float => Value::from([0.5, f64::NAN, f64::NEG_INFINITY][rng.below(3)]),
        Literal(value) => value.clone(),
        Union(members) => match rng.pick(members) {
            Some(one) => value_of(rng, one),
            None => Value::Bool(true),
        },
        Composite(members) => {
            let mut parts = Vec::new();
            for MemberDefinition { number, value, .. } in members {
                let may_lack = value.is_optional() || value.default().is_some();
                if !may_lack || rng.chance(50) {
                    parts.push((*number, value_of(rng, value)));
                }
            }
            Value::Record(parts)
        }
        ValueType::Derivation { over: of, .. }
        | ValueType::Optional(of)
        | ValueType::Default { of, .. } => value_of(rng, of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_types_keep_the_rules_and_admit_their_values() {
        for seed in 0..2_000 {
            let rng = &mut Rng::from_seed(seed);
            let one = sound_type(rng, 1);
            assert_eq!(one.check(), Ok(()), "{one}");
            for _ in 0..8 {
                let value = value_of(rng, &one);
                assert!(one.admits(&value), "{value}: {one}");
            }
        }
    }
}
