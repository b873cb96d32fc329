//! `schemas`: the schemas that a version carries, and the migrations with what became of each.
//!
//! ```text
//!  f9eeb4a2…  Note@1  (founding)
//!      introduced by ada… in commit 1f3c9a2b…
//!
//!  migrations
//!  applied  by ada… in commit 90cd1234…, op 0: f9eeb4a2… → 77ab0c12…, Note@1 → Note@2
//!      rename Note.title to heading
//!  misfit   by ben… in commit 30439a2f…, op 1: the schema has no field 12 (Note.stars): …
//! ```
//!
//! **Invariants**
//! - Schemas stand in the order of the first commit that carries each; the current one is told also
//!   where nobody carries it yet. Migrations stand in order.
//! - Steps are told with the names of the schema that they were applied to. Those that do not fit:
//!   with the names of the schema that their author worked under, or by number.
//!
//! What this does not do: show a schema's fields. `graph --schema` reads through one.

use crate::graph::Page;
use crate::json::Document;
use crate::names::labels;
use crate::page::Contents;
use crate::paint::{BAD, GOOD, TITLE};
use crate::progress::Watch;
use crate::request::{DumpError, Form};
use crate::shown::{Joined, Plain, counted};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use std::sync::Arc;
use woodland_format::{CommitId, Loss, Misfit, Schema, SchemaId, StepNote};
use woodland_graph::{CarriedSchema, LabelChange, MadeMigration, Migrated};

/// What is there to be told.
struct Ledger<'a> {
    page: Page<'a>,
    carried: Vec<CarriedSchema>,
    migrations: Vec<(MadeMigration, Vec<StepNote>)>,
}

pub(crate) fn print(
    contents: &Contents,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(page) = contents.page(watch)? else { return Ok(contents.put_nothing(out)?) };
    let ledger = Ledger::of(page);
    match contents.form {
        Form::Text => ledger.text(out)?,
        Form::Json => ledger.json(out)?,
    }
    Ok(())
}

impl<'a> Ledger<'a> {
    fn of(page: Page<'a>) -> Self {
        let carried = page.graph.schemas();
        let mut ledger = Ledger { page, carried, migrations: Vec::new() };
        // Those in between may be carried by nobody.
        let mut current = ledger.founding().and_then(|id| ledger.carried(&id));
        for made in ledger.page.graph.migrations() {
            let notes = match &current {
                Some(before) if made.outcome.is_ok() => made.migration.review(before),
                _ => ledger.as_meant(&made),
            };
            let by_number = || {
                let note = |step: &dyn ToString| StepNote {
                    step: step.to_string(),
                    note: String::new(),
                    loss: Loss::Nothing,
                };
                made.migration.steps.iter().map(|step| note(step)).collect()
            };
            let notes = notes.unwrap_or_else(|_| by_number());
            if let (Some(before), Ok(_)) = (&current, &made.outcome)
                && let Ok(after) = made.migration.apply(before)
            {
                current = Some(Arc::new(after));
            }
            ledger.migrations.push((made, notes));
        }
        ledger
    }

    /// The steps as they read under the schema that their author worked under.
    fn as_meant(&self, made: &MadeMigration) -> Result<Vec<StepNote>, Misfit> {
        let log = self.page.graph.log();
        let schema = log.place(&made.commit).and_then(|place| log.schema(place));
        let schema = schema.and_then(|id| self.carried(&id)).ok_or(Misfit::NoSchema)?;
        made.migration.review(&schema)
    }

    fn founding(&self) -> Option<SchemaId> {
        self.page.graph.log().founding().header().introduces()
    }

    fn carried(&self, id: &SchemaId) -> Option<Arc<Schema>> {
        self.carried.iter().find(|one| one.id == *id).map(|one| Arc::clone(&one.schema))
    }

    /// The current schema where nobody carries it.
    fn not_carried(&self) -> Option<Arc<Schema>> {
        self.page.graph.current().filter(|current| self.carried(&current.id()).is_none())
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let paint = self.page.paint;
        let current = self.page.graph.current().map(|current| current.id());
        for CarriedSchema { id, schema, commits } in &self.carried {
            let is_founding = Some(*id) == self.founding();
            let what = match (is_founding, Some(*id) == current) {
                (true, true) => "  (founding, current)",
                (true, false) => "  (founding)",
                (false, true) => "  (current)",
                (false, false) => "",
            };
            writeln!(out, "{}  {}{what}", paint.of(TITLE, id), labels(schema))?;
            let introduced = commits.iter().filter_map(|id| self.page.graph.log().get(id));
            for commit in introduced {
                writeln!(
                    out,
                    "    introduced {}",
                    self.page.by_commit(&commit.author(), &commit.id())
                )?;
            }
        }
        if let Some(schema) = self.not_carried() {
            let id = paint.of(TITLE, schema.id());
            writeln!(out, "{id}  {}  (current)", labels(&schema))?;
            writeln!(out, "    made by migrations; no commit carries it yet")?;
        }
        if current.is_none() {
            writeln!(out, "no commit carries the schema that the dataset began with")?;
        }
        let count = counted(self.migrations.len() as u64, "migration");
        writeln!(out, "\n{}", paint.of(TITLE, count))?;
        self.migrations.iter().try_for_each(|(made, notes)| self.put(made, notes, out))
    }

    fn put(&self, made: &MadeMigration, notes: &[StepNote], out: &mut dyn Write) -> io::Result<()> {
        let paint = self.page.paint;
        let by = self.page.by(&made.author, &made.commit, made.index);
        match &made.outcome {
            Ok(migrated) => {
                let applied = paint.of(GOOD, "applied");
                writeln!(out, "{applied}  {by}: {}", changed_in_words(migrated))?;
            }
            Err(misfit) => {
                let why = self.why(misfit);
                writeln!(out, "{}   {by}: {}", paint.of(BAD, "misfit"), Plain(&why))?;
            }
        }
        for StepNote { step, note, .. } in notes {
            writeln!(out, "    {}", Plain(step))?;
            if !note.is_empty() {
                writeln!(out, "        {}", Plain(note))?;
            }
        }
        Ok(())
    }

    /// Why steps do not fit, with the names of what is meant, where some schema still has them.
    fn why(&self, misfit: &Misfit) -> String {
        let names = &self.page.names;
        let name = match misfit {
            Misfit::NoType(id) => names.type_name(*id),
            Misfit::NoField(id) | Misfit::NoMap(id) => names.field_name(*id),
            Misfit::Apart { from, to } => {
                format!("{}, {}", names.field_name(*from), names.field_name(*to))
            }
            _ => return misfit.to_string(),
        };
        format!("{misfit} ({name})")
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let current = self.page.graph.current().map(|current| current.id());
        let row = |id: &SchemaId, schema: &Schema, commits: &[CommitId]| {
            let introduced = commits.iter().filter_map(|id| self.page.graph.log().get(id));
            let introduced = introduced.map(|commit| {
                json!({
                    "commit": commit.id().to_string(),
                    "author": commit.author().to_string(),
                    "author_name": self.page.authors.name(&commit.author()),
                })
            });
            json!({
                "id": id.to_string(),
                "types": schema.types.iter().map(|one| one.label()).collect::<Vec<_>>(),
                "is_founding": Some(*id) == self.founding(),
                "is_current": Some(*id) == current,
                "introduced": introduced.collect::<Vec<_>>(),
            })
        };
        let mut document = Document::begin(out)?;
        let carried = self.carried.iter().map(|one| row(&one.id, &one.schema, &one.commits));
        let last = self.not_carried().map(|schema| row(&schema.id(), &schema, &[]));
        document.list("schemas", carried.chain(last))?;
        let migrations = self.migrations.iter();
        document.list("migrations", migrations.map(|(made, notes)| self.made_json(made, notes)))?;
        document.end()
    }

    fn made_json(&self, made: &MadeMigration, notes: &[StepNote]) -> Json {
        let step =
            |one: &StepNote| json!({ "step": one.step, "note": one.note, "loss": loss(one.loss) });
        let migrated = made.outcome.as_ref().ok();
        let labels = migrated.map(|migrated| {
            let change = |one: &LabelChange| json!({ "before": one.before, "after": one.after });
            migrated.labels.iter().map(change).collect::<Vec<_>>()
        });
        json!({
            "commit": made.commit.to_string(),
            "index": made.index,
            "author": made.author.to_string(),
            "author_name": self.page.authors.name(&made.author),
            "outcome": if migrated.is_some() { "applied" } else { "misfit" },
            "before": migrated.map(|migrated| migrated.before.to_string()),
            "after": migrated.map(|migrated| migrated.after.to_string()),
            "labels": labels,
            "reason": made.outcome.as_ref().err().map(|misfit| self.why(misfit)),
            "steps": notes.iter().map(step).collect::<Vec<_>>(),
        })
    }
}

fn changed_in_words(Migrated { before, after, labels }: &Migrated) -> String {
    if before == after {
        return format!("{}… stays, all of it was there already", before.short());
    }
    let labels =
        labels.iter().map(|one| label_in_words(one.before.as_deref(), one.after.as_deref()));
    format!("{}… → {}…, {}", before.short(), after.short(), Joined(labels))
}

/// `Note@1 → Note@2`, `+Tag@1`, `-Tag@1`
pub(crate) fn label_in_words(before: Option<&str>, after: Option<&str>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!("{} → {}", Plain(before), Plain(after)),
        (None, Some(after)) => format!("+{}", Plain(after)),
        (Some(before), None) => format!("-{}", Plain(before)),
        (None, None) => String::new(),
    }
}

fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::Nothing => "nothing",
        Loss::Converted => "converted",
        Loss::Hidden => "hidden",
    }
}
