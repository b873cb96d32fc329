//! `graph`: what a reader of the version sees, what competed for it, and what had no effect.
//!
//! **Invariants**
//! - Nodes stand by type in the order of the schema, then by id; fields as the schema has them.
//! - What is read goes through the current schema, or the one that was asked for; the page says
//!   which.
//! - Values are read one node at a time.
//!
//! What this does not do: show kinds that are not built in; their objects are not visible here.

use crate::authors::Authors;
use crate::json::Document;
use crate::life::made;
use crate::names::{Called, labels};
use crate::page::Contents;
use crate::paint::{AUTHOR, ID, Paint, TITLE};
use crate::progress::Watch;
use crate::request::{DumpError, Form};
use crate::shown::{Cut, Shown, member_name, value_json};
use serde_json::{Map, Value as Json, json};
use std::io::{self, Write};
use woodland_format::{AuthorKey, CommitId, FieldId, NodeId, ObjectId, TypeId, Value};
use woodland_graph::{Conflict, Graph, Node, Part, VoidOp, Write as Written};

/// A graph, and what its numbers are called.
pub(crate) struct Page<'a> {
    pub(crate) graph: Graph,
    pub(crate) names: Called,
    pub(crate) authors: &'a Authors,
    pub(crate) paint: Paint,
    nodes: Vec<(TypeId, NodeId)>,
    out_of_sight: OutOfSight,
}

/// How many nodes were created and are not shown.
#[derive(Default)]
struct OutOfSight {
    deleted: u64,
    /// Of a type that the schema lacks.
    hidden: u64,
}

pub(crate) fn print(
    contents: &Contents,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(mut page) = contents.page(watch)? else { return Ok(contents.put_nothing(out)?) };
    page.nodes = page.graph.all().map(|node| (node.node_type, node.id)).collect();
    page.nodes.sort_unstable();
    let made: Vec<NodeId> = made(&page.graph).into_keys().collect();
    let lives = page.graph.lives(&made).into_iter().filter(|lives| *lives).count();
    let deleted = (made.len() - lives) as u64;
    page.out_of_sight =
        OutOfSight { deleted, hidden: lives.saturating_sub(page.nodes.len()) as u64 };
    match contents.form {
        Form::Text => page.text(out)?,
        Form::Json => page.json(out)?,
    }
    Ok(())
}

impl<'a> Page<'a> {
    /// A graph to be told of, node by node.
    pub(crate) fn of(graph: Graph, authors: &'a Authors, paint: Paint) -> Self {
        let (names, nodes) = (Called::of(&graph), Vec::new());
        Page { graph, names, authors, paint, nodes, out_of_sight: OutOfSight::default() }
    }
}

impl Page<'_> {
    fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        self.nodes.iter().flat_map(|(_, id)| self.graph.nodes(&[*id])).flatten()
    }

    fn conflicts(&self) -> impl Iterator<Item = (ObjectId, Conflict)> + '_ {
        let objects = self.nodes().flat_map(|node| {
            let fields = node.fields.into_keys();
            fields.map(move |field| ObjectId { node: node.id, field })
        });
        objects.flat_map(|object| {
            let conflicts = self.graph.conflicts(&[object]).into_iter().flatten();
            conflicts.map(move |conflict| (object, conflict))
        })
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "version {}", self.graph.log().version())?;
        writeln!(out, "digest  {}", self.graph.digest())?;
        self.put_schema(out)?;
        writeln!(out, "nodes   {}", self.out_of_sight.beside(self.nodes.len()))?;
        if let Some(commit) = self.graph.foreign() {
            writeln!(
                out,
                "relay-only: commit {commit} has a payload of a newer format; what follows lacks it"
            )?;
        }
        for node in self.nodes() {
            self.put_node(&node, out)?;
        }
        let mut title = "\nconflicts\n";
        for (object, conflict) in self.conflicts() {
            write!(out, "{title}")?;
            title = "";
            self.put_conflict(object, &conflict, out)?;
        }
        let mut title = "\nvoids\n";
        for VoidOp { commit, index, reason } in self.graph.voids() {
            let op = index.map_or_else(|| "all ops".to_owned(), |index| format!("op {index}"));
            writeln!(out, "{title}    commit {commit}, {op}: {}: {reason}", reason.name())?;
            title = "";
        }
        Ok(())
    }

    /// What is read through.
    pub(crate) fn put_schema(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(schema) = self.graph.schema() else {
            return writeln!(out, "schema  none: no commit carries the one that it began with");
        };
        let aside = if self.is_current() { "" } else { "  (not the current one)" };
        writeln!(out, "schema  {}  {}{aside}", schema.id(), labels(&schema))
    }

    fn is_current(&self) -> bool {
        self.graph.schema() == self.graph.current()
    }

    pub(crate) fn schema_json(&self) -> Json {
        self.graph.schema().map_or(Json::Null, |schema| {
            json!({
                "id": schema.id().to_string(),
                "types": schema.types.iter().map(|one| one.label()).collect::<Vec<_>>(),
                "is_current": self.is_current(),
            })
        })
    }

    fn put_node(&self, node: &Node, out: &mut dyn Write) -> io::Result<()> {
        let name = self.paint.of(TITLE, self.names.type_name(node.node_type));
        writeln!(out, "\n{name} {}", node.id)?;
        let names = node.fields.keys().map(|field| self.names.own_name(*field));
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for (field, value) in &node.fields {
            let config = self.names.members(*field);
            let shown = Shown { value, config, cut: Cut::Whole };
            writeln!(out, "    {:<width$}  {shown}", self.names.own_name(*field))?;
        }
        Ok(())
    }

    pub(crate) fn put_conflict(
        &self,
        object: ObjectId,
        conflict: &Conflict,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let place = self.place(object, conflict);
        writeln!(out, "    {place} (node {}…)", object.node.short())?;
        let losers = conflict.losers.iter().map(|write| ("lost", write));
        for (fate, write) in [("won", &conflict.winner)].into_iter().chain(losers) {
            let Written { commit, index, author, value } = write;
            let shown = match value {
                Some(value) => Shown { value, config: None, cut: Cut::Whole }.to_string(),
                None => "nothing".to_owned(),
            };
            let by = self.by(author, commit, *index);
            writeln!(out, "        {fate:<4}  {shown}  {by}")?;
        }
        Ok(())
    }

    /// `by ada·1f3c9a2b… in commit 90cd1234…, op 1`
    pub(crate) fn by(&self, author: &AuthorKey, commit: &CommitId, index: u32) -> String {
        format!("{}, op {index}", self.by_commit(author, commit))
    }

    pub(crate) fn by_commit(&self, author: &AuthorKey, commit: &CommitId) -> String {
        let author = self.paint.of(AUTHOR, self.authors.label(author));
        let commit = self.paint.of(ID, commit.short());
        format!("by {author}… in commit {commit}…")
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut document = Document::begin(out)?;
        document.field("version", self.graph.log().version().to_string())?;
        document.field("digest", self.graph.digest().to_string())?;
        document.field("relay_only", self.graph.foreign().map(|commit| commit.to_string()))?;
        document.field("schema", self.schema_json())?;
        document.field("deleted", self.out_of_sight.deleted)?;
        document.field("hidden", self.out_of_sight.hidden)?;
        document.list("nodes", self.nodes().map(|node| self.node_json(&node)))?;
        let conflicts = self.conflicts();
        document.list(
            "conflicts",
            conflicts.map(|(object, conflict)| self.conflict_json(object, &conflict)),
        )?;
        document.list("voids", self.graph.voids().map(void_json))?;
        document.end()
    }

    pub(crate) fn node_json(&self, node: &Node) -> Json {
        let field = |(id, value): (&FieldId, &Value)| {
            let config = self.names.members(*id);
            (self.names.own_name(*id), value_json(value, config))
        };
        json!({
            "id": node.id.to_string(),
            "type": self.names.type_name(node.node_type),
            "type_id": node.node_type.0,
            "fields": node.fields.iter().map(field).collect::<Map<_, _>>(),
        })
    }

    pub(crate) fn conflict_json(&self, object: ObjectId, conflict: &Conflict) -> Json {
        json!({
            "node": object.node.to_string(),
            "field": self.place(object, conflict),
            "field_id": object.field.0,
            "member": match conflict.part {
                Part::Member(number) => json!(number),
                _ => Json::Null,
            },
            "key": match &conflict.part {
                Part::Key(key) => value_json(key, None),
                _ => Json::Null,
            },
            "winner": write_json(&conflict.winner, self.authors),
            "losers": conflict.losers.iter().map(|one| write_json(one, self.authors)).collect::<Vec<_>>(),
        })
    }

    /// `Note.title`, or `Note.address.street` of a record's member.
    fn place(&self, object: ObjectId, conflict: &Conflict) -> String {
        let name = self.names.field_name(object.field);
        let config = self.names.members(object.field);
        match &conflict.part {
            Part::Whole => name,
            Part::Member(number) => format!("{name}.{}", member_name(config, *number)),
            Part::Item(at) => format!("{name}[{at}]"),
            Part::Key(value) => {
                format!("{name}[{}]", Shown { value, config: None, cut: Cut::Short })
            }
        }
    }
}

impl OutOfSight {
    /// `3 shown, 1 deleted`
    fn beside(&self, shown: usize) -> String {
        let OutOfSight { deleted, hidden } = self;
        let lacking = match hidden {
            0 => String::new(),
            hidden => format!(", {hidden} of types that the schema lacks"),
        };
        let which = if *deleted > 0 { " (`woodland-dump deleted` says by whom)" } else { "" };
        format!("{shown} shown{lacking}, {deleted} deleted{which}")
    }
}

fn write_json(write: &Written, authors: &Authors) -> Json {
    json!({
        "value": write.value.as_ref().map_or(Json::Null, |value| value_json(value, None)),
        "author": write.author.to_string(),
        "author_name": authors.name(&write.author),
        "commit": write.commit.to_string(),
        "index": write.index,
    })
}

pub(crate) fn void_json(void: VoidOp) -> Json {
    json!({
        "commit": void.commit.to_string(),
        "index": void.index,
        "reason": void.reason.name(),
    })
}
