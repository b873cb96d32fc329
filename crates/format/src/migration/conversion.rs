//! What a change of type does to values, in words.
//!
//! **Invariants**
//! - "As before" is only said where every value of the one type is one of the other.
//! - The words follow the table in `docs/format.md`, *Reading a value as a type*.
//!
//! What this does not do: convert. `ValueType::read` does, whatever is said here.

use super::review::Loss;
use crate::excerpt::excerpt;
use crate::id::TypeId;
use crate::schema::Schema;
use crate::value_type::{MemberDefinition, ValueType, member};
use std::fmt;

use ValueType::{
    Bool, Bytes, Composite, Float, Int, List, Literal, Pointer, String as Text, Union,
};

/// What becomes of values, and how much of it is lost.
pub(super) type Effect = (Loss, String);

/// The names of types of node.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// As they are called after the migration …
    pub(super) made: &'a Schema,
    /// … and those that are gone then.
    pub(super) before: &'a Schema,
}

/// A type of values with names for numbers.
struct Named<'a>(&'a ValueType, Names<'a>);

impl Names<'_> {
    /// The type in words, cut where it is long.
    pub(super) fn told(self, one: &ValueType) -> String {
        excerpt(&Named(one, self))
    }

    pub(super) fn node_type(self, id: TypeId) -> String {
        let known = self.made.type_with(id).or_else(|| self.before.type_with(id));
        known.map_or_else(|| id.0.to_string(), |one| one.name.clone())
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tell(f, &|f, target| f.write_str(&self.1.node_type(target)))
    }
}

/// At a place, which may have a default.
pub(super) fn of_place(from: &ValueType, to: &ValueType, names: Names<'_>) -> Effect {
    let otherwise = match to.zero() {
        Some(zero) => format!("reads as {}", excerpt(&zero)),
        None => "is absent".to_owned(),
    };
    let (loss, text) = of_values(from.of_place(), to.of_place(), &otherwise, names);
    if from.default() == to.default() {
        return (loss, text);
    }
    let nothing = match to.default() {
        Some(value) => format!("reads as {}", excerpt(value)),
        None => "is absent".to_owned(),
    };
    (loss.max(Loss::Converted), format!("{text}; where nothing is written, it {nothing}"))
}

/// Of items, keys and other values that are always there; `otherwise` says what becomes of what
/// does not convert.
pub(super) fn of_values(
    from: &ValueType,
    to: &ValueType,
    otherwise: &str,
    names: Names<'_>,
) -> Effect {
    let (from, to) = (from.bare(), to.bare());
    if let (Composite(from), Composite(to)) = (from, to) {
        return of_members(from, to, Lacking::Zero, names);
    }
    if covers(to, from) {
        let is_pointer = |one| matches!(one, &Pointer(_) | &ValueType::ForeignKey { .. });
        let text = if from != to && is_pointer(from) {
            "for pointers written from now on, something else becomes of a deletion"
        } else {
            "every value reads as before"
        };
        return (Loss::Nothing, text.to_owned());
    }
    let text = match (from, to) {
        (Int, Bool) => "0 reads as false, anything else as true".to_owned(),
        (Float, Bool) => "0.0 and NaN read as false, anything else as true".to_owned(),
        (Text, Bool) => r#""", "0" and "false" read as false, anything else as true"#.to_owned(),
        (Bool, Int) => "false reads as 0, true as 1".to_owned(),
        (Bool, Float) => "false reads as 0.0, true as 1.0".to_owned(),
        (Float, Int) => {
            "numbers are cut toward zero, past the ends of int to its end; NaN reads as 0"
                .to_owned()
        }
        (Int, Float) => "a number reads as the nearest float".to_owned(),
        (Text, Int) => {
            format!("text that is a number reads as that, toward zero, anything else {otherwise}")
        }
        (Text, Float) => format!("text that is a number reads as that, anything else {otherwise}"),
        (Bool | Int | Float, Text) => "values read as their text".to_owned(),
        (Bytes, Text) => format!("bytes that are UTF-8 read as their text, others: {otherwise}"),
        (Text, Bytes) => "text reads as its bytes".to_owned(),
        (Pointer(_) | ValueType::ForeignKey { .. }, Pointer(target))
        | (Pointer(_) | ValueType::ForeignKey { .. }, ValueType::ForeignKey { target, .. }) => {
            format!("a pointer to what is no {} is absent", names.node_type(*target))
        }
        (List(from), List(to)) => {
            let (_, text) = of_values(from, to, "is its zero, or left out", names);
            format!("item by item: {text}")
        }
        (from, List(item)) => {
            let (_, text) = of_values(from, item, otherwise, names);
            format!("a value reads as a list of one: {text}")
        }
        (List(item), to) if !matches!(to, Union(_)) => {
            let (_, text) = of_values(item, to, otherwise, names);
            format!("of a list of one the item is read: {text}; any other list {otherwise}")
        }
        (_, Literal(value)) => {
            let value = excerpt(value);
            format!("what converts to {value} reads as that, anything else {otherwise}")
        }
        (_, Union(_)) | (Union(_), _) => {
            let to = names.told(to);
            format!("values read as {to} where they convert, anything else {otherwise}")
        }
        (from, to) => {
            let (from, to) = (names.told(from), names.told(to));
            format!("no {from} converts to {to}: a value {otherwise}")
        }
    };
    (Loss::Converted, text)
}

/// What a member reads as that a value lacks, and that is always there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    /// In a composite.
    Zero,
    /// In a record, whose members are written one by one.
    Absent,
}

/// Of the members of a composite or record.
pub(super) fn of_members(
    from: &[MemberDefinition],
    to: &[MemberDefinition],
    lacking: Lacking,
    names: Names<'_>,
) -> Effect {
    let mut effects: Vec<Effect> = Vec::new();
    for one in from.iter().filter(|one| member(to, one.number).is_none()) {
        effects.push((Loss::Hidden, format!("{} is no longer read", one.name)));
    }
    for one in to {
        let name = &one.name;
        let Some(known) = member(from, one.number) else {
            let zero = one.value.zero().filter(|_| lacking == Lacking::Zero);
            effects.push(match one.value.default().cloned().or(zero) {
                Some(value) => {
                    let value = excerpt(&value);
                    (Loss::Nothing, format!("{name} reads as {value} where it is not written"))
                }
                None => (Loss::Nothing, format!("{name} is absent where it is not written")),
            });
            continue;
        };
        if known.name != *name {
            effects.push((Loss::Nothing, format!("{} is called {name}", known.name)));
        }
        if known.value != one.value {
            let (loss, text) = of_place(&known.value, &one.value, names);
            effects.push((loss, format!("{name}: {text}")));
        }
    }
    let loss = effects.iter().map(|(loss, _)| *loss).max().unwrap_or(Loss::Nothing);
    match effects.is_empty() {
        true => (loss, "every value reads as before".to_owned()),
        false => (loss, effects.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ")),
    }
}

/// Whether every value of the second is one of the first.
fn covers(to: &ValueType, from: &ValueType) -> bool {
    match (to.bare(), from.bare()) {
        (to, Union(members)) => members.iter().all(|one| covers(to, one)),
        (Union(members), from) => members.iter().any(|one| covers(one, from)),
        (to, Literal(value)) => to.admits(value),
        (
            Pointer(one) | ValueType::ForeignKey { target: one, .. },
            Pointer(other) | ValueType::ForeignKey { target: other, .. },
        ) => one == other,
        (List(one), List(other)) => covers(one, other),
        (Composite(to), Composite(from)) => {
            let has = |one: &MemberDefinition| {
                member(to, one.number).is_some_and(|to| {
                    covers(&to.value, &one.value) && (to.value.may_lack() || !one.value.may_lack())
                })
            };
            let is_there =
                |one: &MemberDefinition| one.value.may_lack() || member(from, one.number).is_some();
            from.iter().all(has) && to.iter().all(is_there)
        }
        (to, from) => to == from,
    }
}
