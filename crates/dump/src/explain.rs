//! `explain`: why the fields of a node read as they do, op by op.
//!
//! ```text
//!  Note.title  "Hike"
//!      replaced  set "Trip"  by ada… in commit 1f3c9a2b…, op 2: a later write saw it
//!      won       set "Hike"  by ben… in commit 90cd1234…, op 0: the last in order of …
//! ```
//!
//! **Invariants**
//! - Every op on the field is told of once, in order, void or not.
//!
//! What this does not do: explain kinds that are not built in, beyond that their ops count.

use crate::graph::Page;
use crate::json::Document;
use crate::page::Contents;
use crate::paint::{AUTHOR, ID, TITLE};
use crate::progress::Watch;
use crate::request::{DumpError, Form, Request};
use crate::said::Said;
use crate::schemas::Schemas;
use crate::selection;
use crate::shown::{Cut, Shown, member_name, value_json};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::{self, Write};
use woodland_format::{Commit, FieldId, ObjectId, Op, RecordConfig};
use woodland_graph::{Fate, Part, Told, Verdict};

pub(crate) fn print(
    contents: &Contents,
    request: &Request,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(log) = &contents.log else {
        return match contents.form {
            Form::Json => Ok(Document::begin(out)?.end()?),
            Form::Text => Ok(()),
        };
    };
    let given = request.node.as_deref().unwrap_or_default();
    let node = selection::node(given, "--node", contents)?;
    let schemas = Schemas::carried_by(contents);
    let founding = schemas.founding(contents);
    let page = Page::of(contents.graph(log, watch), founding, &contents.authors, contents.paint);
    let asked = |field: &FieldId| {
        let wanted = request.field.as_deref();
        wanted.is_none_or(|wanted| page.field_name(*field) == wanted)
    };
    let all = fields_of(contents, node);
    let fields: Vec<FieldId> = all.iter().copied().filter(asked).collect();
    if let (true, Some(field)) = (fields.is_empty(), request.field.clone()) {
        let known = all.iter().map(|field| page.field_name(*field)).collect::<Vec<_>>().join(", ");
        return Err(DumpError::UnknownField { field, known });
    }
    let objects: Vec<ObjectId> =
        fields.iter().map(|field| ObjectId { node, field: *field }).collect();
    let told = page.graph.explain(&objects);
    let story = Story { contents, schemas: &schemas, page };
    match contents.form {
        Form::Text => story.text(&objects, &told, out)?,
        Form::Json => {
            let mut document = Document::begin(out)?;
            document.field("node", node.to_string())?;
            let rows = objects.iter().zip(&told).map(|(at, told)| story.json(*at, told));
            document.list("fields", rows)?;
            document.end()?;
        }
    }
    Ok(())
}

/// The fields that some op of the version is on.
fn fields_of(contents: &Contents, node: woodland_format::NodeId) -> BTreeSet<FieldId> {
    let mut fields = BTreeSet::new();
    for commit in contents.ordered() {
        let crate::said::Batch::Ops(ops) = crate::said::Batch::of(&commit) else { continue };
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
}

impl Story<'_> {
    fn text(
        &self,
        objects: &[ObjectId],
        told: &[Vec<Told>],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let paint = self.contents.paint;
        for (at, (object, ops)) in objects.iter().zip(told).enumerate() {
            let name = paint.of(TITLE, self.page.object_name(*object));
            let value = self.page.graph.values(&[*object]).pop().flatten();
            let shown = match &value {
                Some(value) => {
                    let config = self.members(*object);
                    Shown { value, config, cut: Cut::Short }.to_string()
                }
                None => "nothing".to_owned(),
            };
            let gap = if at == 0 { "" } else { "\n" };
            writeln!(out, "{gap}{name}  {shown}")?;
            for told in ops {
                self.put(*object, told, out)?;
            }
        }
        Ok(())
    }

    fn put(&self, object: ObjectId, told: &Told, out: &mut dyn Write) -> io::Result<()> {
        let Told { commit: id, index, author, .. } = told;
        let paint = self.contents.paint;
        let act = self.act(object, told);
        let author = paint.of(AUTHOR, self.contents.label(author));
        let commit = paint.of(ID, id.short());
        for (part, word, rule) in self.outcomes(object, told) {
            let part = part.map(|part| format!("{part}: ")).unwrap_or_default();
            writeln!(
                out,
                "    {word:<8}  {part}{act}  by {author}… in commit {commit}…, op {index}: {rule}"
            )?;
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
            Verdict::Void(reason) => vec![(None, "void", reason.to_string())],
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
        self.page.names.and_then(|names| names.members(object.field))
    }

    fn json(&self, object: ObjectId, told: &[Told]) -> Json {
        let value = self.page.graph.values(&[object]).pop().flatten();
        let op = |told: &Told| {
            let outcomes = self
                .outcomes(object, told)
                .into_iter()
                .map(|(part, word, rule)| json!({ "part": part, "fate": word, "rule": rule }));
            json!({
                "commit": told.commit.to_string(),
                "index": told.index,
                "author": told.author.to_string(),
                "author_name": self.contents.authors.name(&told.author),
                "act": self.act(object, told),
                "outcomes": outcomes.collect::<Vec<_>>(),
            })
        };
        json!({
            "field": self.page.object_name(object),
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
