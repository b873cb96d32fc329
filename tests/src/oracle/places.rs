//! Places: what the values of a field may be, by its configuration, and where in an object they
//! stand.
//!
//! **Invariants**
//! - A field whose configuration is not sound has no places at all.
//! - A value stands at exactly one part of its object; the part names the type that it has.

use crate::oracle::content::{config_of, no_config};
use woodland_format::{
    AtomConfig, EventsConfig, FieldDefinition, ListConfig, MapConfig, MemberDefinition,
    RecordConfig, RegisterConfig, SetConfig, ValueType,
};

/// Where in an object a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of a register or an atom.
    Whole,
    /// A member of a record.
    Member(u32),
    /// An item of a set or a list.
    Item,
    /// A key of a map.
    Key,
    /// What stands at a key of a map.
    AtKey,
}

/// What the values of a field may be.
#[derive(Debug, Clone)]
pub(crate) enum Places {
    /// A register, an atom.
    Whole(ValueType),
    /// A record.
    Members(Vec<MemberDefinition>),
    /// A set, a list.
    Items(ValueType),
    /// A map.
    Entries { key: ValueType, value: ValueType },
    /// A counter, a text, events, an opaque object: nothing there has a type.
    Untyped,
}

impl Places {
    /// The places of a field; none where its configuration is not one of its kind.
    pub(crate) fn of(field: &FieldDefinition) -> Option<Places> {
        let bytes = &field.config;
        Some(match field.kind.as_str() {
            "register" => Places::Whole(config_of(bytes, RegisterConfig::check).ok()?.value),
            "atom" => Places::Whole(config_of(bytes, AtomConfig::check).ok()?.value),
            "record" => Places::Members(config_of(bytes, RecordConfig::check).ok()?.members),
            "set" => Places::Items(config_of(bytes, SetConfig::check).ok()?.item),
            "list" => Places::Items(config_of(bytes, ListConfig::check).ok()?.item),
            "map" => {
                let MapConfig { key, value } = config_of(bytes, MapConfig::check).ok()?;
                Places::Entries { key, value }
            }
            "counter" | "text" => {
                no_config(bytes).ok()?;
                Places::Untyped
            }
            "events" => {
                config_of::<EventsConfig>(bytes, |_| Ok(())).ok()?;
                Places::Untyped
            }
            _ => Places::Untyped,
        })
    }

    /// The type of what stands at this part, if there is such a part.
    pub(crate) fn type_at(&self, part: Part) -> Option<&ValueType> {
        match (self, part) {
            (Places::Whole(of), Part::Whole) | (Places::Items(of), Part::Item) => Some(of),
            (Places::Members(members), Part::Member(number)) => {
                members.iter().find(|member| member.number == number).map(|member| &member.value)
            }
            (Places::Entries { key, .. }, Part::Key) => Some(key),
            (Places::Entries { value, .. }, Part::AtKey) => Some(value),
            _ => None,
        }
    }
}
