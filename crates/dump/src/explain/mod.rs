//! `explain`: why a node is there, or is not, and why its fields read as they do, op by op.
//!
//! ```text
//!  Note 08a6ec38…  lives
//!      made      create Note  by ada… in commit 1f3c9a2b…, op 1: the first creation in order
//!
//!  Note.title  "Hike"
//!      replaced  set "Trip"  by ada… in commit 1f3c9a2b…, op 2: a later write saw it
//!      won       set "Hike"  by ben… in commit 90cd1234…, op 0: the last in order of …
//! ```
//!
//! **Invariants**
//! - Every op on the field is told of once, in order, void or not; so is every creation and
//!   deletion of the node, where all fields were asked for.
//! - A node that is not shown is told of as that, whatever was asked.
//!
//! What this does not do: explain kinds that are not built in, beyond that their ops count.

mod node;

use crate::graph::Page;
use crate::json::Document;
use crate::names::Schemas;
use crate::page::Contents;
use crate::paint::TITLE;
use crate::progress::Watch;
use crate::request::{DumpError, Form, Request};
use crate::said::{Batch, Said};
use crate::selection;
use crate::shown::{Cut, Shown, member_name, value_json};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use woodland_format::{Commit, FieldId, NodeId, ObjectId, Op, RecordConfig};
use woodland_graph::{Fate, Part, Told, Verdict};

pub(crate) fn print(
    contents: &Contents,
    request: &Request,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(page) = contents.page(watch)? else { return Ok(contents.put_nothing(out)?) };
    let given = request.node.as_deref().unwrap_or_default();
    let node = selection::node(given, "--node", contents)?;
    let schemas = Schemas::carried_by(contents);
    let asked = |field: &FieldId| {
        let wanted = request.field.as_deref();
        wanted.is_none_or(|wanted| page.names.own_name(*field) == wanted)
    };
    let all = fields_of(contents, node);
    let fields: Vec<FieldId> = all.iter().copied().filter(asked).collect();
    if let (true, Some(field)) = (fields.is_empty(), request.field.clone()) {
        let known =
            all.iter().map(|field| page.names.own_name(*field)).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "none".to_owned() } else { known };
        return Err(DumpError::UnknownField { field, known });
    }
    let objects: Vec<ObjectId> =
        fields.iter().map(|field| ObjectId { node, field: *field }).collect();
    let told = page.graph.explain(&objects);
    let story = Story { contents, schemas: &schemas, page, node };
    match contents.form {
        Form::Text => {
            let has_head = story.put_node(request.field.is_none(), out)?;
            story.text(&objects, &told, has_head, out)?;
        }
        Form::Json => {
            let mut document = Document::begin(out)?;
            story.node_json(&mut document)?;
            let rows = objects.iter().zip(&told).map(|(at, told)| story.json(*at, told));
            document.list("fields", rows)?;
            document.end()?;
        }
    }
    Ok(())
}

/// The fields that some op of the version is on.
fn fields_of(contents: &Contents, node: NodeId) -> BTreeSet<FieldId> {
    let mut fields = BTreeSet::new();
    for commit in contents.ordered() {
        let Batch::Ops(ops) = Batch::of(&commit) else { continue };
        for op in ops {
            if let Op::Edit { object, .. } = op
                && object.node == node
            {
                fields.insert(object.field);
            }
        }
    }
    fields
}

struct Story<'a> {
    contents: &'a Contents,
    schemas: &'a Schemas,
    page: Page<'a>,
    node: NodeId,
}

impl Story<'_> {
    fn text(
        &self,
        objects: &[ObjectId],
        told: &[Vec<Told>],
        has_head: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let paint = self.contents.paint;
        for (at, (object, ops)) in objects.iter().zip(told).enumerate() {
            let name = paint.of(TITLE, self.page.names.field_name(object.field));
            let value = self.page.graph.values(&[*object]).pop().flatten();
            let shown = match &value {
                Some(value) => {
                    let config = self.members(*object);
                    Shown { value, config, cut: Cut::Short }.to_string()
                }
                None => "nothing".to_owned(),
            };
            let gap = if at == 0 && !has_head { "" } else { "\n" };
            writeln!(out, "{gap}{name}  {shown}")?;
            for told in ops {
                self.put(*object, told, out)?;
            }
        }
        Ok(())
    }

    fn put(&self, object: ObjectId, told: &Told, out: &mut dyn Write) -> io::Result<()> {
        let Told { commit: id, index, author, .. } = told;
        let (act, by) = (self.act(object, told), self.page.by(author, id, *index));
        for (part, word, rule) in self.outcomes(object, told) {
            let part = part.map(|part| format!("{part}: ")).unwrap_or_default();
            writeln!(out, "    {word:<8}  {part}{act}  {by}: {rule}")?;
        }
        Ok(())
    }

    /// What the op does, in words.
    fn act(&self, object: ObjectId, told: &Told) -> String {
        let log = self.contents.log.as_ref();
        let commit: Option<Commit> = log.and_then(|log| log.get(&told.commit));
        let Some(commit) = commit else { return String::new() };
        let op = Op::Edit { object, op: told.op.clone() };
        let names = self.schemas.of(self.contents, &commit);
        Said { commit: &commit, index: told.index, op: &op, names }.act_in_words()
    }

    /// For each part that the op is on: its name, what became of the op there, and by which rule.
    fn outcomes(
        &self,
        object: ObjectId,
        told: &Told,
    ) -> Vec<(Option<String>, &'static str, String)> {
        match &told.verdict {
            Verdict::Void(reason) => {
                let op = Op::Edit { object, op: Vec::new() };
                vec![(None, "void", self.page.rule(*reason, &op))]
            }
            Verdict::Counts(fates) => {
                let row = |(part, fate): &(Part, Fate)| {
                    (self.part(object, part), word(*fate), fate.rule().to_owned())
                };
                fates.iter().map(row).collect()
            }
            Verdict::OtherKind { kind } => {
                vec![(None, "elsewhere", format!("the field was a {kind} in that schema"))]
            }
            _ => Vec::new(),
        }
    }

    fn part(&self, object: ObjectId, part: &Part) -> Option<String> {
        match part {
            Part::Whole => None,
            Part::Member(number) => Some(member_name(self.members(object), *number)),
            Part::Item(at) => Some(format!("item {at}")),
            Part::Key(value) => Some(Shown { value, config: None, cut: Cut::Short }.to_string()),
        }
    }

    fn members(&self, object: ObjectId) -> Option<&RecordConfig> {
        self.page.names.members(object.field)
    }

    fn json(&self, object: ObjectId, told: &[Told]) -> Json {
        let value = self.page.graph.values(&[object]).pop().flatten();
        let op = |told: &Told| {
            let outcomes = self
                .outcomes(object, told)
                .into_iter()
                .map(|(part, word, rule)| json!({ "part": part, "fate": word, "rule": rule }));
            let reason = match told.verdict {
                Verdict::Void(reason) => Some(reason.name()),
                _ => None,
            };
            json!({
                "commit": told.commit.to_string(),
                "index": told.index,
                "author": told.author.to_string(),
                "author_name": self.contents.authors.name(&told.author),
                "act": self.act(object, told),
                "reason": reason,
                "outcomes": outcomes.collect::<Vec<_>>(),
            })
        };
        json!({
            "field": self.page.names.field_name(object.field),
            "field_id": object.field.0,
            "value": value.map(|value| value_json(&value, self.members(object))),
            "ops": told.iter().map(op).collect::<Vec<_>>(),
        })
    }
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Won => "won",
        Fate::Lost => "lost",
        Fate::Replaced => "replaced",
        Fate::Ended => "ended",
        _ => "counts",
    }
}
