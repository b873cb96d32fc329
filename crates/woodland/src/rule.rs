//! Rules of a record: fields of its type in the schema, without content and without a place in the
//! program's struct.
//!
//! **Invariants**
//! - A rule's name follows from what it says: two programs with the same rule have the same field.
//!
//! What this does not do: judge. Existence and uniqueness are the graph's (`docs/meaning.md`).

use crate::define::DefineError;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    DeletionConfig, FieldDefinition, FieldId, UniqueConfig, UnseenEdits, decode, encode,
};

/// The kinds of fields without content.
const KINDS: [&str; 2] = ["deletion", "unique"];

/// Whether fields of this kind have neither ops nor content.
pub(crate) fn is_rule(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// The fields that a field of kind `unique` names.
pub(crate) fn unique_fields(rule: &FieldDefinition) -> Vec<FieldId> {
    let config = decode::<UniqueConfig, CONFIG_BYTES_MAX>("a rule of uniqueness", &rule.config);
    config.map(|config| config.fields).unwrap_or_default()
}

/// What a record says about its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// No two nodes should agree in these fields, by their places in `define`.
    Unique(Vec<u16>),
    /// What becomes of edits that a deletion did not see.
    UnseenEdits(UnseenEdits),
}

impl Rule {
    /// The rule's field, in a type with these fields.
    ///
    /// # Errors
    /// [`DefineError::NotUnique`].
    pub(crate) fn define(
        &self,
        owner: &str,
        id: FieldId,
        fields: &[FieldDefinition],
    ) -> Result<FieldDefinition, DefineError> {
        let (kind, name, config) = match self {
            Rule::UnseenEdits(edits) => {
                let config = encode(&DeletionConfig { edits: *edits });
                ("deletion", "unseen_edits".to_owned(), config)
            }
            Rule::Unique(places) => {
                let mut unique = unique(owner, places, fields)?;
                let names: Vec<&str> = unique.iter().map(|field| field.name.as_str()).collect();
                let name = format!("unique_{}", names.join("_"));
                unique.sort_by_key(|field| field.id);
                let fields = unique.iter().map(|field| field.id).collect();
                ("unique", name, encode(&UniqueConfig { fields }))
            }
        };
        Ok(FieldDefinition { id, name, kind: kind.to_owned(), config })
    }
}

fn unique<'a>(
    owner: &str,
    places: &[u16],
    fields: &'a [FieldDefinition],
) -> Result<Vec<&'a FieldDefinition>, DefineError> {
    let error =
        |field: String, kind| DefineError::NotUnique { owner: owner.to_owned(), field, kind };
    let mut found: Vec<&FieldDefinition> = Vec::new();
    for place in places {
        let Some(field) = fields.get(usize::from(*place)) else {
            return Err(error(format!("{place}"), "place that `define` does not name"));
        };
        if found.iter().any(|one| one.id == field.id) {
            return Err(error(field.name.clone(), "field that the rule names twice"));
        }
        if field.kind != "register" {
            return Err(error(field.name.clone(), "field that merges in its own way"));
        }
        found.push(field);
    }
    if found.is_empty() {
        return Err(error("nothing".to_owned(), "rule without fields"));
    }
    Ok(found)
}
