//! The difference for programs.
//!
//! **Invariants**
//! - One document, every commit and value whole; a text's edits stand beside both its values.

use crate::diff::changes::{self, Change, FieldChange};
use crate::diff::edits::edits;
use crate::diff::{Difference, as_texts, only_in};
use crate::graph::{Page, void_json};
use crate::json::Document;
use crate::life::Standing;
use crate::shown::value_json;
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_log::Log;

impl Difference<'_> {
    pub(super) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let (from, to) = (self.from, self.to);
        let ids = |ids: &mut dyn Iterator<Item = _>| ids.map(|id| format!("{id}")).collect();
        let heads = |log: &Log| -> Vec<String> { log.heads().map(|id| id.to_string()).collect() };
        let common: Vec<String> = ids(&mut self.common_heads.iter());
        let version = |log: &Log, page: &Page<'_>| {
            json!({
                "version": log.version().to_string(),
                "heads": heads(log),
                "commits": log.len(),
                "digest": page.graph.digest().to_string(),
                "schema": page.schema_json(),
            })
        };
        let mut document = Document::begin(out)?;
        document.field("from", version(from, &self.old))?;
        document.field("to", version(to, &self.new))?;
        let common = json!({ "heads": common, "commits": self.common_commits });
        document.field("common", common)?;
        document.list("only_in_from", self.commits(from, to))?;
        document.list("only_in_to", self.commits(to, from))?;
        let (old, new) = (&self.old, &self.new);
        document.list(
            "nodes",
            changes::nodes(&old.graph, &new.graph).map(|change| change_json(&change, old, new)),
        )?;
        let [went, appeared] = changes::conflicts(&old.graph, &new.graph);
        document
            .list("conflicts_gone", went.iter().map(|(at, one)| old.conflict_json(*at, one)))?;
        document
            .list("conflicts_new", appeared.iter().map(|(at, one)| new.conflict_json(*at, one)))?;
        let [went, appeared] = changes::voids(&old.graph, &new.graph);
        document.list("voids_gone", went.into_iter().map(void_json))?;
        document.list("voids_new", appeared.into_iter().map(void_json))?;
        document.end()
    }

    fn commits<'a>(&'a self, log: &'a Log, other: &'a Log) -> impl Iterator<Item = Json> + 'a {
        only_in(log, other).map(|(position, commit)| {
            json!({
                "position": position,
                "id": commit.id().to_string(),
                "author": commit.author().to_string(),
                "author_name": self.authors.name(&commit.author()),
                "seq": commit.seq(),
                "turn": commit.turn(),
            })
        })
    }
}

fn change_json(change: &Change, old: &Page<'_>, new: &Page<'_>) -> Json {
    match change {
        Change::Appeared(node, Standing::Dead(death)) => json!({
            "change": "came_back",
            "node": new.node_json(node),
            "deleted": old.death_json(death),
        }),
        Change::Went(node, Standing::Dead(death)) => json!({
            "change": "died",
            "node": old.node_json(node),
            "deleted": new.death_json(death),
        }),
        Change::Appeared(node, standing) => {
            let change = if is_hidden(standing) { "came_in_sight" } else { "appeared" };
            json!({ "change": change, "node": new.node_json(node) })
        }
        Change::Went(node, standing) => {
            let change = if is_hidden(standing) { "went_out_of_sight" } else { "went" };
            json!({ "change": change, "node": old.node_json(node) })
        }
        Change::Changed { id, node_type, fields } => json!({
            "change": "changed",
            "id": id.to_string(),
            "type": new.names.type_name(*node_type),
            "type_id": node_type.0,
            "fields": fields.iter().map(|one| field_json(one, new)).collect::<Vec<_>>(),
        }),
    }
}

/// Whether the node lives in the version that does not show it.
fn is_hidden(standing: &Standing) -> bool {
    matches!(standing, Standing::Hidden)
}

fn field_json(change: &FieldChange, page: &Page<'_>) -> Json {
    let FieldChange { field, old, new } = change;
    let config = page.names.members(*field);
    let value = |value: &Option<_>| value.as_ref().map(|value| value_json(value, config));
    let edits = as_texts(change, page).map(|(old, new)| {
        let edit = |edit: crate::diff::edits::Edit| {
            json!({
                "old_at": edit.old.start,
                "new_at": edit.new.start,
                "deleted": old[edit.old],
                "inserted": new[edit.new],
            })
        };
        edits(old, new).into_iter().map(edit).collect::<Vec<_>>()
    });
    json!({
        "field": page.names.own_name(*field),
        "field_id": field.0,
        "old": value(old),
        "new": value(new),
        "edits": edits,
    })
}
