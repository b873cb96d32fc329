//! A migration before it is made, for people: what each step does, with names for numbers, and what
//! it does to what is there.
//!
//! **Invariants**
//! - One note for each step, in their order.
//! - What a step hides is in the log still; no note says that anything is destroyed.
//!
//! What this does not do: count what there is. It knows schemas, no content.

use super::apply::Run;
use super::conversion::{Effect, Lacking, Names, of_members, of_place, of_values};
use super::{Migration, MigrationStep, Misfit};
use crate::canonical::decode;
use crate::excerpt::excerpt;
use crate::id::FieldId;
use crate::limits::CONFIG_BYTES_MAX;
use crate::op::{
    AtomConfig, DeletionConfig, EventsConfig, KeyConfig, ListConfig, MapConfig, RecordConfig,
    RegisterConfig, SetConfig, UniqueConfig, UnseenEdits,
};
use crate::schema::{FieldDefinition, Schema, TypeDefinition};
use crate::value_type::ValueType;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// How much of what is there a step takes away from readers with the schema that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// Everything reads as before.
    Nothing,
    /// Some values may read as others.
    Converted,
    /// Some content is no longer read. It stays in the log.
    Hidden,
}

/// A step in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepNote {
    /// What it does.
    pub step: String,
    /// What that does to what is there; empty where there is nothing to say.
    pub note: String,
    /// How bad that is.
    pub loss: Loss,
}

impl fmt::Display for StepNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.step)?;
        if self.note.is_empty() { Ok(()) } else { write!(f, "\n    {}", self.note) }
    }
}

impl Migration {
    /// What each step does to this schema, and to what is there.
    ///
    /// # Errors
    /// [`Misfit`], where it does not apply.
    pub fn review(&self, schema: &Schema) -> Result<Vec<StepNote>, Misfit> {
        let made = self.apply(schema)?;
        let mut run = Run { schema: schema.clone() };
        let mut notes = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let review = Review { begin: schema, before: &run.schema, made: &made };
            let (step_words, (loss, note)) = review.step(step);
            notes.push(StepNote { step: step_words, note, loss });
            run.step(step)?;
        }
        Ok(notes)
    }
}

const STAYS: &str = "programs with the old schema still see it";

fn harmless(note: impl Into<String>) -> Effect {
    (Loss::Nothing, note.into())
}

struct Review<'a> {
    /// Before all steps.
    begin: &'a Schema,
    /// Before this step.
    before: &'a Schema,
    /// After all steps.
    made: &'a Schema,
}

impl Review<'_> {
    fn names(&self) -> Names<'_> {
        Names { made: self.made, before: self.before }
    }

    fn step(&self, step: &MigrationStep) -> (String, Effect) {
        match step {
            MigrationStep::AddType(one) => {
                let fields: Vec<&str> =
                    one.fields.iter().map(|field| field.name.as_str()).collect();
                let with = if fields.is_empty() { "" } else { " with " };
                let fields = excerpt(&fields.join(", "));
                (format!("add type {}{with}{fields}", one.name), harmless(""))
            }
            MigrationStep::RemoveType { node_type } => {
                let name = self.names().node_type(*node_type);
                let note = "its nodes are no longer shown; programs with the old schema still see \
                            them";
                (format!("remove type {name}"), (Loss::Hidden, note.to_owned()))
            }
            MigrationStep::RenameType { node_type, name } => {
                let was = self.before.type_with(*node_type).map_or("", |one| &one.name);
                let note = format!("programs with the old schema still call it {was}");
                (format!("rename type {was} to {name}"), harmless(note))
            }
            MigrationStep::AddField { node_type, field } => {
                let owner = self.before.type_with(*node_type);
                let name = owner.map_or("", |one| &one.name);
                let words =
                    format!("add {} {name}.{}{}", field.kind, field.name, self.shown(field));
                (words, self.added(owner, field))
            }
            MigrationStep::RemoveField { field } | MigrationStep::RemoveDefaultType { field } => {
                let Some((_, known)) = self.before.field_with(*field) else {
                    return (format!("remove field {}", field.0), harmless("it is gone already"));
                };
                (format!("remove {}", self.field(*field)), removed(known))
            }
            MigrationStep::RenameField { field, name } => {
                let was = self.before.field_with(*field).map_or("", |(_, one)| &one.name);
                let note = format!("programs with the old schema still call it {was}");
                (format!("rename {} to {name}", self.field(*field)), harmless(note))
            }
            MigrationStep::ChangeType { field, config } => self.changed(*field, config),
            MigrationStep::MoveField { from, to } => {
                let words =
                    format!("move {} to the place of {}", self.field(*from), self.field(*to));
                (words, self.moved(*to))
            }
            MigrationStep::ChangeDefaultType { field, value } => {
                let known = self.config::<MapConfig>(*field).map(|known| known.value);
                match parsed(value) {
                    Some(to) => self.retyped(*field, "a value of ", known.as_ref(), &to, |from| {
                        of_values(from, &to, "is left out with its key", self.names())
                    }),
                    // Such a step does not apply.
                    None => (format!("change {}", self.field(*field)), harmless("")),
                }
            }
        }
    }

    /// `Note.title`, as it is called before this step, or where a later one adds it.
    fn field(&self, id: FieldId) -> String {
        match self.before.field_with(id).or_else(|| self.made.field_with(id)) {
            Some((owner, field)) => format!("{}.{}", owner.name, field.name),
            None => format!("field {}", id.0),
        }
    }

    fn config<T: DeserializeOwned + Serialize>(&self, field: FieldId) -> Option<T> {
        let (_, known) = self.before.field_with(field)?;
        parsed(&known.config)
    }

    /// The type of a field's values, after a colon.
    fn shown(&self, field: &FieldDefinition) -> String {
        let value = match field.kind.as_str() {
            "register" => parsed(&field.config).map(|one: RegisterConfig| one.value),
            "atom" => parsed(&field.config).map(|one: AtomConfig| one.value),
            "key" => parsed(&field.config).map(|one: KeyConfig| one.value),
            "set" => parsed(&field.config).map(|one: SetConfig| one.item),
            "list" => parsed(&field.config).map(|one: ListConfig| one.item),
            "map" => parsed(&field.config).map(|one: MapConfig| one.value),
            "record" => {
                parsed(&field.config).map(|one: RecordConfig| ValueType::Composite(one.members))
            }
            _ => None,
        };
        value.map_or_else(String::new, |one| format!(": {}", self.names().told(&one)))
    }

    fn added(&self, owner: Option<&TypeDefinition>, field: &FieldDefinition) -> Effect {
        let known = owner.and_then(|owner| self.begin.type_with(owner.id));
        let Some(known) = known else { return harmless("") };
        if let Some(was) = known.field_named(&field.name).filter(|was| was.kind != field.kind) {
            let (from, to) = (&was.kind, &field.kind);
            return harmless(format!("the kind changes from {from} to {to}: content starts empty"));
        }
        let place = match field.kind.as_str() {
            "register" => parsed(&field.config).map(|one: RegisterConfig| one.value),
            "atom" => parsed(&field.config).map(|one: AtomConfig| one.value),
            "key" => return harmless("nodes that are there already have no key"),
            "unique" => return harmless("nodes with equal values that are there already clash"),
            _ => None,
        };
        match place.as_ref().and_then(ValueType::default) {
            Some(value) => {
                harmless(format!("nodes that are there already read as {}", excerpt(value)))
            }
            None => harmless(""),
        }
    }

    fn moved(&self, to: FieldId) -> Effect {
        let Some((_, target)) = self.before.field_with(to) else {
            return harmless("that is gone already");
        };
        let name = &target.name;
        let heard = match target.kind.as_str() {
            "register" | "atom" => ", and what they write to it later is read here, too",
            _ => "",
        };
        let note = format!("what was written to '{name}' is no longer read; {STAYS}{heard}");
        (Loss::Hidden, note)
    }

    /// From one type to another, in the words of `effect`.
    fn retyped(
        &self,
        field: FieldId,
        part: &str,
        from: Option<&ValueType>,
        to: &ValueType,
        effect: impl FnOnce(&ValueType) -> Effect,
    ) -> (String, Effect) {
        let (name, told) = (self.field(field), self.names().told(to));
        match from {
            Some(from) => {
                let from_told = self.names().told(from);
                (format!("change {part}{name} from {from_told} to {told}"), effect(from))
            }
            None => {
                let note = "its configuration was none of its kind, and nothing counted";
                (format!("change {part}{name} to {told}"), harmless(note))
            }
        }
    }

    fn changed(&self, field: FieldId, config: &[u8]) -> (String, Effect) {
        let kind = self.before.field_with(field).map_or("", |(_, known)| known.kind.as_str());
        let names = self.names();
        let change = match kind {
            "register" => parsed(config).map(|RegisterConfig { value: to }| {
                let from = self.config::<RegisterConfig>(field).map(|known| known.value);
                self.retyped(field, "", from.as_ref(), &to, |from| of_place(from, &to, names))
            }),
            "atom" => parsed(config).map(|AtomConfig { value: to }| {
                let from = self.config::<AtomConfig>(field).map(|known| known.value);
                self.retyped(field, "", from.as_ref(), &to, |from| of_place(from, &to, names))
            }),
            "key" => parsed(config).map(|KeyConfig { value: to }| {
                let from = self.config::<KeyConfig>(field).map(|known| known.value);
                self.retyped(field, "", from.as_ref(), &to, |from| {
                    let (loss, text) = of_values(from, &to, "is absent", names);
                    let note = "a key of the new type names another node than the one it is \
                                converted from";
                    (loss, format!("{text}; {note}"))
                })
            }),
            "set" => parsed(config).map(|SetConfig { item: to }| {
                let from = self.config::<SetConfig>(field).map(|known| known.item);
                self.retyped(field, "an item of ", from.as_ref(), &to, |from| {
                    of_values(from, &to, "is left out", names)
                })
            }),
            "list" => parsed(config).map(|ListConfig { item: to }| {
                let from = self.config::<ListConfig>(field).map(|known| known.item);
                self.retyped(field, "an item of ", from.as_ref(), &to, |from| {
                    of_values(from, &to, "is gone from its place", names)
                })
            }),
            "map" => parsed(config).map(|to: MapConfig| self.changed_map(field, &to)),
            "record" => parsed(config).map(|RecordConfig { members: to }| {
                let from = self.config::<RecordConfig>(field).map(|known| known.members);
                let from = from.unwrap_or_default();
                let words = format!("change the members of {}", self.field(field));
                (words, of_members(&from, &to, Lacking::Absent, names))
            }),
            _ => None,
        };
        change.unwrap_or_else(|| {
            let words = format!("change the configuration of {}", self.field(field));
            (words, self.changed_rule(kind, config))
        })
    }

    fn changed_map(&self, field: FieldId, to: &MapConfig) -> (String, Effect) {
        let known = self.config::<MapConfig>(field);
        let names = self.names();
        let from = known.as_ref().map(|known| &known.key);
        let (words, (loss, keys)) = self.retyped(field, "a key of ", from, &to.key, |from| {
            of_values(from, &to.key, "is left out with its value", names)
        });
        match known {
            Some(known) if known.value != to.value => {
                let otherwise = "is left out with its key";
                let (more, values) = of_values(&known.value, &to.value, otherwise, names);
                let (from, told) = (names.told(&known.value), names.told(&to.value));
                let words = format!("{words}, a value from {from} to {told}");
                (words, (loss.max(more), format!("keys: {keys}; values: {values}")))
            }
            _ => (words, (loss, keys)),
        }
    }

    /// What has no values.
    fn changed_rule(&self, kind: &str, config: &[u8]) -> Effect {
        match kind {
            "deletion" => harmless(match parsed(config) {
                Some(DeletionConfig { edits: UnseenEdits::Revive }) => {
                    "from now on, a node lives that was edited by who did not see its deletion"
                }
                _ => "from now on, an edit that a deletion did not see goes with its node",
            }),
            "unique" => {
                let fields = parsed(config).map(|one: UniqueConfig| one.fields).unwrap_or_default();
                let names: Vec<String> = fields.iter().map(|one| self.field(*one)).collect();
                let names = excerpt(&names.join(", "));
                harmless(format!("nodes clash that have equal values in {names}"))
            }
            "events" => {
                let reducer = parsed(config).map(|one: EventsConfig| one.reducer);
                let reducer = reducer.unwrap_or_default();
                (
                    Loss::Converted,
                    format!("what the events amount to, '{reducer}' says from now on"),
                )
            }
            _ => {
                let note = format!("kind {kind} alone knows what that does to what is there");
                (Loss::Converted, note)
            }
        }
    }
}

fn removed(field: &FieldDefinition) -> Effect {
    let name = &field.name;
    match field.kind.as_str() {
        "unique" => harmless("nodes with equal values are no longer said to clash"),
        "deletion" => {
            harmless("from now on, an edit that a deletion did not see goes with its node")
        }
        "key" => {
            let note = "keys are no longer read, and nodes no longer made by them; programs with \
                        the old schema still do both";
            (Loss::Hidden, note.to_owned())
        }
        _ => (Loss::Hidden, format!("'{name}' is no longer read; {STAYS}")),
    }
}

fn parsed<T: DeserializeOwned + Serialize>(config: &[u8]) -> Option<T> {
    decode::<T, CONFIG_BYTES_MAX>("a configuration", config).ok()
}
