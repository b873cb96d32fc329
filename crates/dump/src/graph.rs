//! `graph`: what a reader of the version sees, what competed for it, and what had no effect.
//!
//! **Invariants**
//! - Nodes stand by type in the order of the schema, then by id; fields as the schema has them.
//! - Values are read one node at a time.
//!
//! What this does not do: show kinds that are not built in; their objects are not visible here.

use crate::authors::Authors;
use crate::json::Document;
use crate::page::Contents;
use crate::paint::{AUTHOR, ID, Paint, TITLE};
use crate::progress::Watch;
use crate::request::Form;
use crate::schemas::{Names, Schemas};
use crate::shown::{Cut, Shown, member_name, value_json};
use serde_json::{Map, Value as Json, json};
use std::io::{self, Write};
use woodland_format::{FieldId, NodeId, ObjectId, TypeId, Value};
use woodland_graph::{Conflict, Graph, Node, Part, VoidOp, Write as Written};

/// A graph, and what its numbers are called.
pub(crate) struct Page<'a> {
    pub(crate) graph: Graph,
    pub(crate) names: Option<&'a Names>,
    nodes: Vec<(TypeId, NodeId)>,
    authors: &'a Authors,
    paint: Paint,
}

pub(crate) fn print(contents: &Contents, watch: Watch<'_>, out: &mut dyn Write) -> io::Result<()> {
    let form = contents.form;
    let Some(log) = &contents.log else {
        return if form == Form::Json { Document::begin(out)?.end() } else { Ok(()) };
    };
    let schemas = Schemas::carried_by(contents);
    let graph = contents.graph(log, watch);
    let mut page = Page::of(graph, schemas.founding(contents), &contents.authors, contents.paint);
    page.nodes = page.graph.all().map(|node| (node.node_type, node.id)).collect();
    page.nodes.sort_unstable();
    match form {
        Form::Text => page.text(out),
        Form::Json => page.json(out),
    }
}

impl<'a> Page<'a> {
    /// A graph to be told of, node by node.
    pub(crate) fn of(
        graph: Graph,
        names: Option<&'a Names>,
        authors: &'a Authors,
        paint: Paint,
    ) -> Self {
        Page { graph, names, nodes: Vec::new(), authors, paint }
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

    fn put_node(&self, node: &Node, out: &mut dyn Write) -> io::Result<()> {
        let name = self.paint.of(TITLE, self.type_name(node.node_type));
        writeln!(out, "\n{name} {}", node.id)?;
        let names = node.fields.keys().map(|field| self.field_name(*field));
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for (field, value) in &node.fields {
            let config = self.names.and_then(|names| names.members(*field));
            let shown = Shown { value, config, cut: Cut::Whole };
            writeln!(out, "    {:<width$}  {shown}", self.field_name(*field))?;
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
            let commit = self.paint.of(ID, commit.short());
            let author = self.paint.of(AUTHOR, self.authors.label(author));
            writeln!(
                out,
                "        {fate:<4}  {shown}  by {author}… in commit {commit}…, op {index}"
            )?;
        }
        Ok(())
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut document = Document::begin(out)?;
        document.field("version", self.graph.log().version().to_string())?;
        document.field("digest", self.graph.digest().to_string())?;
        document.field("relay_only", self.graph.foreign().map(|commit| commit.to_string()))?;
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
            let config = self.names.and_then(|names| names.members(*id));
            (self.field_name(*id), value_json(value, config))
        };
        json!({
            "id": node.id.to_string(),
            "type": self.type_name(node.node_type),
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

    pub(crate) fn type_name(&self, id: TypeId) -> String {
        let name = self.names.and_then(|names| names.type_name(id));
        name.unwrap_or_else(|| format!("type {}", id.0))
    }

    pub(crate) fn field_name(&self, id: FieldId) -> String {
        let field = self.names.and_then(|names| names.field(id));
        field.map_or_else(|| format!("field {}", id.0), |(_, field)| field.name.clone())
    }

    /// `Note.title`
    pub(crate) fn object_name(&self, object: ObjectId) -> String {
        let name = self.names.and_then(|names| names.field_name(object.field));
        name.unwrap_or_else(|| format!("field {}", object.field.0))
    }

    /// `Note.title`, or `Note.address.street` of a record's member.
    fn place(&self, object: ObjectId, conflict: &Conflict) -> String {
        let name = self.object_name(object);
        let config = self.names.and_then(|names| names.members(object.field));
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
