//! Uniqueness: which nodes clash, and who of them holds what is contested.
//!
//! **Invariants**
//! - A clash is told and changes nothing.
//! - A node without a value in one of the fields of a rule clashes with nobody by that rule.

use crate::oracle::content::config_of;
use crate::oracle::past::Stamp;
use crate::oracle::reading::Reader;
use crate::oracle::sight::first_of;
use crate::oracle::{Clash, ClashRule};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use woodland_format::{
    FieldDefinition, FieldId, NodeId, ObjectId, TypeDefinition, TypeId, UniqueConfig, Value,
};

/// All clashes that this reader sees, ascending.
pub(crate) fn clashes(reader: Reader<'_>) -> Vec<Clash> {
    let mut clashes = of_generations(reader);
    for definition in &reader.schema.types {
        for rule in &definition.fields {
            if let Some(fields) = fields_of(definition, rule) {
                clashes.extend(of_rule(reader, definition, rule, &fields));
            }
        }
    }
    clashes.sort();
    clashes
}

/// The registers that a field of kind `unique` names, if its configuration is sound.
fn fields_of(owner: &TypeDefinition, rule: &FieldDefinition) -> Option<Vec<FieldId>> {
    if rule.kind != "unique" {
        return None;
    }
    let UniqueConfig { fields } = config_of(&rule.config, |_| Ok(())).ok()?;
    let is_register =
        |id: &FieldId| owner.field_with(*id).is_some_and(|field| field.kind == "register");
    let ascend = fields.windows(2).all(|pair| pair[0] < pair[1]);
    let is_sound = !fields.is_empty() && ascend && fields.iter().all(is_register);
    is_sound.then_some(fields)
}

/// The nodes with equal values in all these fields; the first claim in order holds them.
fn of_rule(
    reader: Reader<'_>,
    owner: &TypeDefinition,
    rule: &FieldDefinition,
    fields: &[FieldId],
) -> Vec<Clash> {
    let mut claims: BTreeMap<Vec<Value>, Vec<(Stamp, NodeId)>> = BTreeMap::new();
    for (node, _) in reader.nodes().into_iter().filter(|(_, of)| *of == owner.id) {
        let read = fields.iter().map(|field| reader.register(ObjectId { node, field: *field }));
        let Some(read) = read.collect::<Option<Vec<(Stamp, Value)>>>() else { continue };
        let claim = read.iter().map(|(stamp, _)| *stamp).max().expect("a rule names a field");
        let values = read.into_iter().map(|(_, value)| value).collect();
        claims.entry(values).or_default().push((claim, node));
    }
    let clash = |mut claims: Vec<(Stamp, NodeId)>| {
        claims.sort();
        clash_of(owner.id, ClashRule::Field(rule.id), claims.into_iter().map(|(_, node)| node))
    };
    claims.into_values().filter_map(clash).collect()
}

/// The living generations of each natural key; the highest holds it.
fn of_generations(reader: Reader<'_>) -> Vec<Clash> {
    let mut generations: BTreeMap<(TypeId, Value), Vec<(u32, NodeId)>> = BTreeMap::new();
    for (node, node_type) in reader.nodes() {
        let first = first_of(&reader.state.creations[&node]);
        if let Some(key) = first.key.clone() {
            generations.entry((node_type, key)).or_default().push((first.generation, node));
        }
    }
    let clash = |((node_type, key), mut all): ((TypeId, Value), Vec<(u32, NodeId)>)| {
        all.sort_by_key(|(generation, _)| Reverse(*generation));
        clash_of(node_type, ClashRule::Key(key), all.into_iter().map(|(_, node)| node))
    };
    generations.into_iter().filter_map(clash).collect()
}

/// One node does not clash.
fn clash_of(
    node_type: TypeId,
    rule: ClashRule,
    mut nodes: impl Iterator<Item = NodeId>,
) -> Option<Clash> {
    let holder = nodes.next()?;
    let others: Vec<NodeId> = nodes.collect();
    if others.is_empty() { None } else { Some(Clash { node_type, rule, holder, others }) }
}
