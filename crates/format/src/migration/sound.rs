//! Whether the configurations of a schema are those of its kinds.
//!
//! **Invariants**
//! - Of kinds that are not built in nothing is known, and nothing is refused.
//!
//! What this does not do: judge a schema that no migration made. Ops under such a one are void,
//! `bad-config`.

use super::Misfit;
use crate::canonical::{CanonicalError, decode};
use crate::id::TypeId;
use crate::limits::CONFIG_BYTES_MAX;
use crate::op::{
    AtomConfig, DeletionConfig, EventsConfig, KeyConfig, ListConfig, MapConfig, RecordConfig,
    RegisterConfig, SetConfig, UniqueConfig,
};
use crate::schema::{FieldDefinition, Schema, TypeDefinition};
use crate::value_type::{TypeError, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// # Errors
/// [`Misfit::Unsound`] names the first field whose configuration is none of its kind, or points to
/// a type that is not there.
pub(super) fn check_sound(schema: &Schema) -> Result<(), Misfit> {
    for owner in &schema.types {
        for field in &owner.fields {
            check(schema, owner, field).map_err(|reason| Misfit::Unsound {
                field: format!("{}.{}", owner.name, field.name),
                reason,
            })?;
        }
        let once =
            |kind: &&str| owner.fields.iter().filter(|field| field.kind == *kind).count() < 2;
        if let Some(kind) = ["key", "deletion"].into_iter().find(|kind| !once(kind)) {
            let (field, reason) = (owner.name.clone(), format!("it has two fields of kind {kind}"));
            return Err(Misfit::Unsound { field, reason });
        }
    }
    Ok(())
}

fn check(schema: &Schema, owner: &TypeDefinition, field: &FieldDefinition) -> Result<(), String> {
    let types = match field.kind.as_str() {
        "register" => vec![config(field, RegisterConfig::check)?.value],
        "atom" => vec![config(field, AtomConfig::check)?.value],
        "key" => vec![config(field, KeyConfig::check)?.value],
        "set" => vec![config(field, SetConfig::check)?.item],
        "list" => vec![config(field, ListConfig::check)?.item],
        "map" => {
            let MapConfig { key, value } = config(field, MapConfig::check)?;
            vec![key, value]
        }
        "record" => {
            let RecordConfig { members } = config(field, RecordConfig::check)?;
            members.into_iter().map(|member| member.value).collect()
        }
        "events" => {
            config(field, |_: &EventsConfig| Ok(()))?;
            vec![]
        }
        "deletion" => {
            config(field, |_: &DeletionConfig| Ok(()))?;
            vec![]
        }
        "unique" => {
            let UniqueConfig { fields } = config(field, |_| Ok(()))?;
            check_unique(owner, &fields)?;
            vec![]
        }
        "counter" | "text" if !field.config.is_empty() => {
            return Err(format!("a {} has no configuration", field.kind));
        }
        _ => vec![],
    };
    let mut missing = None;
    types.iter().for_each(|one| {
        one.targets(&mut |target: TypeId| {
            if schema.type_with(target).is_none() {
                missing = Some(target);
            }
        });
    });
    missing.map_or(Ok(()), |target| Err(format!("it points to type {}, which is gone", target.0)))
}

fn check_unique(owner: &TypeDefinition, fields: &[crate::id::FieldId]) -> Result<(), String> {
    let is_register =
        |id| owner.field_with(id).is_some_and(|field| matches!(&*field.kind, "register"));
    if fields.is_empty() || fields.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err("what is unique is at least one field, ascending".to_owned());
    }
    match fields.iter().find(|id| !is_register(**id)) {
        Some(id) => Err(format!("field {} is no register of {}", id.0, owner.name)),
        None => Ok(()),
    }
}

fn config<T: DeserializeOwned + Serialize>(
    field: &FieldDefinition,
    check: impl Fn(&T) -> Result<(), TypeError>,
) -> Result<T, String> {
    let config = decode::<T, CONFIG_BYTES_MAX>("a configuration", &field.config);
    let config = config.map_err(|error: CanonicalError| error.to_string())?;
    check(&config).map_err(|error| error.to_string())?;
    Ok(config)
}

impl ValueType {
    /// Names the types of node that values of this type may point to.
    pub fn targets(&self, found: &mut dyn FnMut(TypeId)) {
        match self {
            ValueType::Pointer(target) | ValueType::ForeignKey { target, .. } => found(*target),
            ValueType::List(of) | ValueType::Optional(of) | ValueType::Default { of, .. } => {
                of.targets(found);
            }
            ValueType::Union(members) => members.iter().for_each(|one| one.targets(found)),
            ValueType::Composite(members) => {
                members.iter().for_each(|one| one.value.targets(found));
            }
            _ => {}
        }
    }
}
