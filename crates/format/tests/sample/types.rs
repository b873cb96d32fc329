//! Types of few shapes, values that fit them, and short names for both.

use proptest::collection::vec;
use proptest::prelude::*;
use woodland_format::{MemberDefinition, NodeId, OnDelete, TypeId, Value, ValueType};

use ValueType::{Bool, Bytes, Composite, Float, Int, Literal, Pointer, String as Text, Union};

/// To whom every pointer points.
pub(crate) const NODE: NodeId = NodeId([7; 16]);

pub(crate) fn list(item: ValueType) -> ValueType {
    ValueType::List(Box::new(item))
}

pub(crate) fn optional(of: ValueType) -> ValueType {
    ValueType::Optional(Box::new(of))
}

pub(crate) fn default(of: ValueType, value: impl Into<Value>) -> ValueType {
    ValueType::Default { of: Box::new(of), value: value.into() }
}

pub(crate) fn derived(name: &str, over: ValueType) -> ValueType {
    ValueType::Derivation { name: name.into(), over: Box::new(over) }
}

pub(crate) fn literal(value: impl Into<Value>) -> ValueType {
    Literal(value.into())
}

pub(crate) fn member(number: u32, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: format!("m{number}"), value }
}

pub(crate) fn composite(members: impl IntoIterator<Item = (u32, ValueType)>) -> ValueType {
    Composite(members.into_iter().map(|(number, value)| member(number, value)).collect())
}

pub(crate) fn record(members: impl IntoIterator<Item = (u32, Value)>) -> Value {
    Value::Record(members.into_iter().collect())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (0..3i64).prop_map(Value::Int),
        prop_oneof![Just(0.0), Just(-0.0), Just(f64::NAN), Just(1.0)].prop_map(Value::from),
        "[ab]{0,1}".prop_map(Value::String),
        vec(0..2u8, 0..2).prop_map(Value::Bytes),
    ]
}

/// Values of few shapes, so that two types meet at one.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => Just(Value::Pointer(NODE))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let member = proptest::option::of(inner.clone());
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::List),
            vec(member, 0..4).prop_map(|members| {
                record((0..).zip(members).filter_map(|(number, value)| Some((number, value?))))
            }),
        ]
    })
}

/// Types of few shapes, whether they keep the rules or not.
pub(crate) fn value_type() -> impl Strategy<Value = ValueType> {
    let leaf = prop_oneof![
        2 => proptest::sample::select(vec![Bool, Int, Float, Text, Bytes]),
        1 => (1..3u64, 0..3u8).prop_map(|(target, way)| match way {
            0 => ValueType::ForeignKey { target: TypeId(target), on_delete: OnDelete::Cascade },
            _ => Pointer(TypeId(target)),
        }),
        3 => scalar().prop_map(Literal),
        1 => proptest::sample::select(vec![Int, Text]).prop_map(|over| derived("date", over)),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let place = (0..4u8, inner.clone()).prop_map(|(choice, of)| match choice {
            0 => optional(of),
            1 => default(of, 1),
            _ => of,
        });
        let place = proptest::option::of(place);
        prop_oneof![
            1 => inner.clone().prop_map(list),
            2 => vec(inner, 2..4).prop_map(Union),
            4 => vec(place, 1..4).prop_map(|members| {
                composite((0..).zip(members).filter_map(|(number, value)| Some((number, value?))))
            }),
        ]
    })
}

/// A value of the type, by choices that run out.
pub(crate) fn value_of(one: &ValueType, choices: &mut std::vec::IntoIter<u8>) -> Value {
    let choice = choices.next().unwrap_or(0);
    match one {
        Bool => (choice > 1).into(),
        Int => i64::from(choice % 3).into(),
        Float => f64::from(choice % 2).into(),
        Text => ["", "a", "b"][usize::from(choice % 3)].into(),
        Bytes => Value::Bytes(vec![choice % 2; usize::from(choice / 2 % 2)]),
        Pointer(_) | ValueType::ForeignKey { .. } => Value::Pointer(NODE),
        Literal(value) => value.clone(),
        ValueType::List(item) => {
            Value::List((0..choice % 3).map(|_| value_of(item, choices)).collect())
        }
        Union(members) => value_of(&members[usize::from(choice) % members.len()], choices),
        Composite(members) => record(members.iter().filter_map(|member| {
            let may_lack = member.value.is_optional() || member.value.default().is_some();
            let is_absent = may_lack && choices.next().unwrap_or(0).is_multiple_of(2);
            (!is_absent).then(|| (member.number, value_of(&member.value, choices)))
        })),
        ValueType::Derivation { over: of, .. }
        | ValueType::Optional(of)
        | ValueType::Default { of, .. } => value_of(of, choices),
    }
}
