//! The difference for people.
//!
//! **Invariants**
//! - `+` stands before what the later version has, `-` before what only the earlier one has, `~`
//!   before what changed.
//!
//! What this does not do: show a value whole; JSON does.

use crate::diff::changes::{self, Change, FieldChange};
use crate::diff::edits::{Edit, edits};
use crate::diff::{Difference, as_texts, only_in};
use crate::graph::Page;
use crate::life::Standing;
use crate::paint::{AUTHOR, BAD, GOOD, ID, Paint, TITLE};
use crate::shown::{Cut, Joined, Plain, Shown, counted};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use woodland_format::{AuthorKey, CommitId, ObjectId, Schema, Value};
use woodland_graph::{Conflict, VoidOp};
use woodland_log::Log;

/// Characters of the text around an edit.
const CONTEXT_CHARS: usize = 16;
/// Most characters of an edit that are shown.
const EDIT_CHARS_MAX: usize = 200;

/// Commits of one author and turn that follow each other.
struct Run {
    author: AuthorKey,
    turn: u64,
    positions: (u64, u64),
    seqs: (u64, u64),
    ids: (CommitId, CommitId),
}

impl Difference<'_> {
    pub(super) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let paint = self.paint;
        for (word, log) in [("from", self.from), ("to", self.to)] {
            let (word, commits) = (format!("{word:<7}"), counted(log.len(), "commit"));
            writeln!(out, "{} {}  {commits}", paint.of(TITLE, word), log.version())?;
            for head in log.heads() {
                writeln!(out, "    head {}", paint.of(ID, head))?;
            }
        }
        let (word, commits) = (paint.of(TITLE, "common "), counted(self.common_commits, "commit"));
        let heads = Joined(self.common_heads.iter().map(CommitId::short));
        writeln!(out, "{word} {commits} up to {heads}")?;
        self.put_schemas(out)?;
        self.put_commits("only in from", (self.from, self.to), out)?;
        self.put_commits("only in to", (self.to, self.from), out)?;
        self.put_nodes(out)?;
        let (old, new) = (&self.old, &self.new);
        let conflicts = changes::conflicts(&old.graph, &new.graph);
        self.put_conflicts(&conflicts, out)?;
        put_voids(&changes::voids(&old.graph, &new.graph), paint, out)
    }

    /// How the schemas differ that the versions are read through.
    fn put_schemas(&self, out: &mut dyn Write) -> io::Result<()> {
        let (from, to) = (self.old.graph.schema(), self.new.graph.schema());
        if from == to {
            return Ok(());
        }
        let id = |schema: &Option<Arc<Schema>>| match schema {
            Some(schema) => format!("{}…", schema.id().short()),
            None => "none".to_owned(),
        };
        let labels = match (&from, &to) {
            (Some(from), Some(to)) => format!("  {}", changes::labels(from, to).join(", ")),
            _ => String::new(),
        };
        let (word, from, to) = (self.paint.of(TITLE, "schema "), id(&from), id(&to));
        writeln!(out, "{word} {from} → {to}{labels} (`woodland-dump schemas` has the steps)")
    }

    fn put_commits(
        &self,
        title: &str,
        (log, other): (&Log, &Log),
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let paint = self.paint;
        let count = log.len() - self.common_commits;
        let title = paint.of(TITLE, format!("{title}: {}", counted(count, "commit")));
        writeln!(out, "\n{title}")?;
        let mut run: Option<Run> = None;
        for (position, commit) in only_in(log, other) {
            let (author, turn, seq, id) =
                (commit.author(), commit.turn(), commit.seq(), commit.id());
            match &mut run {
                Some(run)
                    if commit.backlink() == Some(run.ids.1)
                        && run.turn == turn
                        && position == run.positions.1 + 1 =>
                {
                    (run.positions.1, run.seqs.1, run.ids.1) = (position, seq, id);
                }
                _ => {
                    let positions = (position, position);
                    let (seqs, ids) = ((seq, seq), (id, id));
                    let next = Run { author, turn, positions, seqs, ids };
                    if let Some(run) = run.replace(next) {
                        self.put_run(&run, out)?;
                    }
                }
            }
        }
        run.map_or(Ok(()), |run| self.put_run(&run, out))
    }

    fn put_run(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let Run { author, turn, positions, seqs, ids } = run;
        let paint = self.paint;
        let author = paint.of(AUTHOR, self.authors.label(author));
        let span = |(first, last): (u64, u64)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        let (place, seq) = (span(*positions), span(*seqs));
        let commits = counted(positions.1 - positions.0 + 1, "commit");
        let ids = match ids.0 == ids.1 {
            true => ids.0.short(),
            false => format!("{}..{}", ids.0.short(), ids.1.short()),
        };
        let ids = paint.of(ID, ids);
        writeln!(out, "    place {place}  turn {turn}  {author}  seq {seq}  {commits}  {ids}")
    }

    fn put_nodes(&self, out: &mut dyn Write) -> io::Result<()> {
        let (old, new, paint) = (&self.old, &self.new, self.paint);
        let mut title = paint.of(TITLE, "\nnodes\n").to_string();
        for change in changes::nodes(&old.graph, &new.graph) {
            write!(out, "{title}")?;
            title.clear();
            let (sign, page, node_type, id) = match &change {
                Change::Appeared(node, _) => (paint.of(GOOD, "+"), new, node.node_type, node.id),
                Change::Went(node, _) => (paint.of(BAD, "-"), old, node.node_type, node.id),
                Change::Changed { id, node_type, .. } => {
                    (paint.of(TITLE, "~"), new, *node_type, *id)
                }
            };
            let name = Plain(&page.names.type_name(node_type)).to_string();
            let aside = self.aside(&change);
            writeln!(out, "  {sign} {} {id}{aside}", paint.of(TITLE, name))?;
            match &change {
                // What it holds is still there.
                Change::Went(_, Standing::Dead(_) | Standing::Hidden) => {}
                Change::Appeared(node, _) | Change::Went(node, _) => {
                    for (field, value) in &node.fields {
                        let config = page.names.members(*field);
                        let shown = Shown { value, config, cut: Cut::Short };
                        writeln!(out, "      {}  {shown}", Plain(&page.names.own_name(*field)))?;
                    }
                }
                Change::Changed { fields, .. } => {
                    for field in fields {
                        put_field(field, page, paint, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Why a node is in one version only, unless that is because it was created.
    fn aside(&self, change: &Change) -> String {
        match change {
            Change::Went(node, Standing::Dead(death)) => {
                format!("  {}", self.new.death(node.id, death))
            }
            Change::Appeared(node, Standing::Dead(death)) => {
                format!("  came back; it was {}", self.old.death(node.id, death))
            }
            Change::Went(_, Standing::Hidden) | Change::Appeared(_, Standing::Hidden) => {
                "  lives in both; one schema lacks its type".to_owned()
            }
            _ => String::new(),
        }
    }

    fn put_conflicts(
        &self,
        [went, appeared]: &[Vec<(ObjectId, Conflict)>; 2],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if went.is_empty() && appeared.is_empty() {
            return Ok(());
        }
        let paint = self.paint;
        writeln!(out, "{}", paint.of(TITLE, "\nconflicts"))?;
        for (object, conflict) in went {
            write!(out, "  {}", paint.of(BAD, "-"))?;
            self.old.put_conflict(*object, conflict, out)?;
        }
        for (object, conflict) in appeared {
            write!(out, "  {}", paint.of(GOOD, "+"))?;
            self.new.put_conflict(*object, conflict, out)?;
        }
        Ok(())
    }
}

fn put_voids(
    [went, appeared]: &[Vec<VoidOp>; 2],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if went.is_empty() && appeared.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", paint.of(TITLE, "\nvoids"))?;
    let signed = [(paint.of(BAD, "-"), went), (paint.of(GOOD, "+"), appeared)];
    for (sign, voids) in &signed {
        for VoidOp { commit, index, reason } in *voids {
            let op = index.map_or_else(|| "all ops".to_owned(), |index| format!("op {index}"));
            writeln!(out, "  {sign} commit {commit}, {op}: {}: {reason}", reason.name())?;
        }
    }
    Ok(())
}

fn put_field(
    change: &FieldChange,
    page: &Page<'_>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let FieldChange { field, old, new } = change;
    let name = Plain(&page.names.own_name(*field)).to_string();
    if let Some((old, new)) = as_texts(change, page) {
        let edits = edits(old, new);
        let (from, to, count) = (old.len(), new.len(), counted(edits.len() as u64, "change"));
        writeln!(out, "      {name}  {from} → {to} bytes, {count}")?;
        for edit in &edits {
            let (deleted, inserted) = (&old[edit.old.clone()], &new[edit.new.clone()]);
            write!(out, "        @{:<6} {}", edit.old.start, Context(old, edit, Side::Before))?;
            if !deleted.is_empty() {
                write!(out, "{}", paint.of(BAD, format!("[-{}-]", Excerpt(deleted))))?;
            }
            if !inserted.is_empty() {
                write!(out, "{}", paint.of(GOOD, format!("{{+{}+}}", Excerpt(inserted))))?;
            }
            writeln!(out, "{}", Context(old, edit, Side::After))?;
        }
        return Ok(());
    }
    let config = page.names.members(*field);
    let shown = |value: &Option<Value>| match value {
        Some(value) => Shown { value, config, cut: Cut::Short }.to_string(),
        None => "absent".to_owned(),
    };
    let (old, new) = (paint.of(BAD, shown(old)), paint.of(GOOD, shown(new)));
    writeln!(out, "      {name}  {old} → {new}")
}

/// As much of an edit as is shown.
struct Excerpt<'a>(&'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(EDIT_CHARS_MAX) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", Plain(&self.0[..end]), self.0.len()),
            None => write!(f, "{}", Plain(self.0)),
        }
    }
}

enum Side {
    Before,
    After,
}

/// A little of the old text beside an edit.
struct Context<'a>(&'a str, &'a Edit, Side);

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Context(text, edit, side) = self;
        let whole = match side {
            Side::Before => &text[..edit.old.start],
            Side::After => &text[edit.old.end..],
        };
        let cut = match side {
            Side::Before => {
                whole.char_indices().rev().nth(CONTEXT_CHARS - 1).map_or(0, |(at, _)| at)
            }
            Side::After => {
                whole.char_indices().nth(CONTEXT_CHARS).map_or(whole.len(), |(at, _)| at)
            }
        };
        match side {
            Side::Before if cut > 0 => write!(f, "…{}", Plain(&whole[cut..])),
            Side::Before => write!(f, "{}", Plain(whole)),
            Side::After if cut < whole.len() => write!(f, "{}…", Plain(&whole[..cut])),
            Side::After => write!(f, "{}", Plain(whole)),
        }
    }
}
