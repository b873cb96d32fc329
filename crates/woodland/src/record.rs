//! The application's own types as nodes: how one is defined, written and read.
//!
//! **Invariants**
//! - `define`, `write` and `read` name the same fields; a test of the application that writes and
//!   reads one record back finds it out when they do not.
//!
//! What this does not do: generate itself. A derive macro takes this trait's place in the writing.

use crate::batch::{Violation, Violations};
use crate::define::Fields;
use crate::value::FieldValue;
use std::collections::BTreeMap;
use woodland_format::{FieldId, Op, TypeDefinition, Value};
use woodland_graph::Node;

/// A Rust type whose values are nodes of one type.
pub trait Record: Sized {
    /// The type's name in the schema.
    const TYPE: &'static str;

    /// Names the fields and their kinds.
    fn define(fields: &mut Fields);

    /// Writes a value's fields into a batch.
    fn write(&self, fields: &mut Editor<'_>);

    /// Reads a value back.
    ///
    /// # Errors
    /// [`FieldError`] when a field is absent or of another type.
    fn read(fields: &View<'_>) -> Result<Self, FieldError>;
}

/// A field could not be read as what the program expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The type has no such field.
    #[error("field {label}.{field} does not exist{hint}")]
    Unknown {
        /// The type, with its version.
        label: String,
        /// The field asked for.
        field: String,
        /// What there is instead.
        hint: String,
    },
    /// The field was never written.
    #[error("field {label}.{field} was never written; read it with `maybe` where that may happen")]
    Absent {
        /// The type, with its version.
        label: String,
        /// The field.
        field: String,
    },
    /// The field holds another type of value.
    #[error("field {label}.{field} holds a {found}, the program reads something else")]
    Type {
        /// The type, with its version.
        label: String,
        /// The field.
        field: String,
        /// What it holds.
        found: &'static str,
    },
}

/// One node at one version, to be read by field names.
#[derive(Debug)]
pub struct View<'a> {
    pub(crate) definition: &'a TypeDefinition,
    pub(crate) members: &'a Members,
    pub(crate) node: &'a Node,
}

/// The numbers of the members of record fields, by field and name.
pub(crate) type Members = BTreeMap<FieldId, BTreeMap<String, u32>>;

impl View<'_> {
    /// A register that must have been written.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn get<T: FieldValue>(&self, field: &str) -> Result<T, FieldError> {
        self.maybe(field)?.ok_or_else(|| FieldError::Absent {
            label: self.definition.label(),
            field: field.to_owned(),
        })
    }

    /// A register that may never have been written.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn maybe<T: FieldValue>(&self, field: &str) -> Result<Option<T>, FieldError> {
        self.value(field)?.map(|value| self.convert(field, value)).transpose()
    }

    /// A text; empty if nobody wrote to it.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn text(&self, field: &str) -> Result<String, FieldError> {
        self.maybe(field).map(Option::unwrap_or_default)
    }

    /// A member of a record field.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn member<T: FieldValue>(
        &self,
        field: &str,
        member: &str,
    ) -> Result<Option<T>, FieldError> {
        let Some(Value::Record(members)) = self.value(field)? else { return Ok(None) };
        let id = self.definition.field_named(field).map(|field| field.id);
        let numbers = id.and_then(|id| self.members.get(&id));
        let number = numbers.and_then(|numbers| numbers.get(member)).ok_or_else(|| {
            let names = numbers.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
            FieldError::Unknown {
                label: format!("{}.{field}", self.definition.label()),
                field: member.to_owned(),
                hint: hint(member, names),
            }
        })?;
        let value = members.iter().find(|(one, _)| one == number).map(|(_, value)| value);
        value.map(|value| self.convert(field, value)).transpose()
    }

    fn value(&self, field: &str) -> Result<Option<&Value>, FieldError> {
        let definition =
            self.definition.field_named(field).ok_or_else(|| unknown(self.definition, field))?;
        Ok(self.node.fields.get(&definition.id))
    }

    fn convert<T: FieldValue>(&self, field: &str, value: &Value) -> Result<T, FieldError> {
        T::from_value(value).ok_or_else(|| FieldError::Type {
            label: self.definition.label(),
            field: field.to_owned(),
            found: value.kind(),
        })
    }
}

/// Changes the fields of one node, in a batch. A mistake is remembered and told by `write`.
#[derive(Debug)]
pub struct Editor<'a> {
    pub(crate) node: woodland_format::NodeId,
    pub(crate) definition: Option<&'a TypeDefinition>,
    pub(crate) members: &'a Members,
    pub(crate) ops: &'a mut Vec<Op>,
    pub(crate) violations: &'a mut Violations,
}

impl Editor<'_> {
    /// Sets a register.
    pub fn set<T: FieldValue>(&mut self, field: &str, value: &T) -> &mut Self {
        self.edit(field, "register", &woodland_format::RegisterOp::Set(value.to_value()))
    }

    /// Sets members of a record; the others stay.
    pub fn set_members(&mut self, field: &str, members: &[(&str, Value)]) -> &mut Self {
        let id = self.definition.and_then(|one| one.field_named(field)).map(|field| field.id);
        let numbers = id.and_then(|id| self.members.get(&id));
        let mut numbered = Vec::new();
        for (name, value) in members {
            match numbers.and_then(|numbers| numbers.get(*name)) {
                Some(number) => numbered.push((*number, value.clone())),
                // Where there are no members at all, the field itself is the mistake.
                None => {
                    let Some(numbers) = numbers else { continue };
                    let names = numbers.keys().map(String::as_str);
                    let text = format!("member {field}.{name} does not exist{}", hint(name, names));
                    self.violations.push(Violation::at(self.ops.len(), text));
                }
            }
        }
        numbered.sort_by_key(|(number, _)| *number);
        self.edit(field, "record", &woodland_format::RecordOp::Set(numbered))
    }

    /// Puts text into a text, behind its first `at` bytes.
    pub fn insert(&mut self, field: &str, at: usize, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.edit(field, "text", &woodland_format::TextOp::Insert { at, text: text.to_owned() })
    }

    /// Takes bytes out of a text.
    pub fn delete(&mut self, field: &str, range: std::ops::Range<usize>) -> &mut Self {
        if range.is_empty() {
            return self;
        }
        let at = u32::try_from(range.start).unwrap_or(u32::MAX);
        let bytes = u32::try_from(range.len()).unwrap_or(u32::MAX);
        self.edit(field, "text", &woodland_format::TextOp::Delete { at, bytes })
    }

    /// Adds an op of this kind. The bytes of one kind's op may well decode as another's, so the
    /// field's kind is compared here.
    fn edit<O: serde::Serialize>(&mut self, field: &str, kind: &str, op: &O) -> &mut Self {
        let Some(definition) = self.definition else { return self };
        let (id, bytes) = match definition.field_named(field) {
            Some(found) if found.kind == kind => (found.id, woodland_format::encode(op)),
            Some(found) => {
                let (name, is) = (&definition.name, &found.kind);
                self.refuse(format!("field {name}.{field} is a {is}, edited here as a {kind}"));
                NOTHING
            }
            None => {
                self.refuse(unknown(definition, field).to_string());
                NOTHING
            }
        };
        let object = woodland_format::ObjectId { node: self.node, field: id };
        self.ops.push(Op::Edit { object, op: bytes });
        self
    }

    fn refuse(&mut self, reason: String) {
        self.violations.push(Violation::at(self.ops.len(), reason));
    }
}

/// Stands where a refused op would, so that what follows has its own position. Never written.
const NOTHING: (FieldId, Vec<u8>) = (FieldId(u64::MAX), Vec::new());

pub(crate) fn unknown(definition: &TypeDefinition, field: &str) -> FieldError {
    let names = definition.fields.iter().map(|field| field.name.as_str());
    FieldError::Unknown {
        label: definition.name.clone(),
        field: field.to_owned(),
        hint: format!(
            "; {} has {}",
            definition.label(),
            hint(field, names).trim_start_matches("; there is ")
        ),
    }
}

/// What there is, and what was likely meant.
pub(crate) fn hint<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let close = names.iter().map(|name| (distance(wanted, name), *name)).min();
    let meant = match close {
        Some((distance, name)) if distance <= 1 + wanted.len() / 4 => {
            format!(" (did you mean {name}?)")
        }
        _ => String::new(),
    };
    let listed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    format!("; there is {listed}{meant}")
}

/// How many letters have to be put, taken, changed or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best =
                (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_named() {
        let names = ["title", "body", "tags"];
        assert_eq!(
            hint("titel", names.into_iter()),
            "; there is title, body, tags (did you mean title?)"
        );
        assert_eq!(hint("colour", names.into_iter()), "; there is title, body, tags");
    }
}
