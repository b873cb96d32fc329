//! Schemas whose ids are not each other's: what a configuration of one is in the other.
//!
//! **Invariants**
//! - Only ids are translated: of types in what pointers point to, of fields in what is unique.
//! - A configuration of a kind that is not built in, or that does not decode, stays as it is.
//!
//! What this does not do: look for a type or field that has another name.

use crate::canonical::{decode, encode};
use crate::id::{FieldId, TypeId};
use crate::limits::CONFIG_BYTES_MAX;
use crate::op::{
    AtomConfig, KeyConfig, ListConfig, MapConfig, RecordConfig, RegisterConfig, SetConfig,
    UniqueConfig,
};
use crate::schema::{FieldDefinition, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The configuration of a field, with other ids of types and fields.
pub(super) fn translated(
    field: &FieldDefinition,
    types: &dyn Fn(TypeId) -> TypeId,
    fields: &dyn Fn(FieldId) -> FieldId,
) -> Vec<u8> {
    let config = &field.config;
    let made = match field.kind.as_str() {
        "register" => changed(config, |one: &mut RegisterConfig| one.value.retarget(types)),
        "atom" => changed(config, |one: &mut AtomConfig| one.value.retarget(types)),
        "key" => changed(config, |one: &mut KeyConfig| one.value.retarget(types)),
        "set" => changed(config, |one: &mut SetConfig| one.item.retarget(types)),
        "list" => changed(config, |one: &mut ListConfig| one.item.retarget(types)),
        "map" => changed(config, |one: &mut MapConfig| {
            one.key.retarget(types);
            one.value.retarget(types);
        }),
        "record" => changed(config, |one: &mut RecordConfig| {
            one.members.iter_mut().for_each(|member| member.value.retarget(types));
        }),
        "unique" => changed(config, |one: &mut UniqueConfig| {
            one.fields.iter_mut().for_each(|field| *field = fields(*field));
            one.fields.sort_unstable();
        }),
        _ => None,
    };
    made.unwrap_or_else(|| config.clone())
}

fn changed<T>(config: &[u8], change: impl FnOnce(&mut T)) -> Option<Vec<u8>>
where
    T: DeserializeOwned + Serialize,
{
    let mut config = decode::<T, CONFIG_BYTES_MAX>("a configuration", config).ok()?;
    change(&mut config);
    Some(encode(&config))
}

/// Whether two schemas say the same by name: the same types with the same fields, of the same kinds
/// and configurations. Ids, versions and the order of things may differ.
pub fn same_shape(one: &Schema, other: &Schema) -> bool {
    shape(one) == shape(other)
}

/// Kinds and configurations by the names of types and fields, with the ranks of names for ids.
fn shape(schema: &Schema) -> BTreeMap<&str, BTreeMap<&str, (&str, Vec<u8>)>> {
    let types = ranks(schema.types.iter().map(|one| (one.name.as_str(), one.id)));
    let target = |id| TypeId(types.get(&id).copied().unwrap_or(u64::MAX));
    let shape = schema.types.iter().map(|owner| {
        let ids = ranks(owner.fields.iter().map(|field| (field.name.as_str(), field.id)));
        let part = |id| FieldId(ids.get(&id).copied().unwrap_or(u64::MAX));
        let fields = owner.fields.iter().map(|field| {
            let config = translated(field, &target, &part);
            (field.name.as_str(), (field.kind.as_str(), config))
        });
        (owner.name.as_str(), fields.collect())
    });
    shape.collect()
}

/// Where each stands by its name.
fn ranks<Id: Ord>(named: impl Iterator<Item = (impl Ord, Id)>) -> BTreeMap<Id, u64> {
    let mut named: Vec<_> = named.collect();
    named.sort();
    (0..).zip(named).map(|(rank, (_, id))| (id, rank)).collect()
}
