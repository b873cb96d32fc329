//! `dot`: the causal graph in the language of Graphviz.
//!
//! **Invariants**
//! - Every name is a quoted string in which quotes and backslashes are escaped; it holds no line
//!   break, as labels hold no control character.
//! - Edges go forward in the order: a backlink is solid, a parent dashed.

use crate::page::Contents;
use crate::runs::{Grain, Knot, Knots};
use crate::shown::counted;
use std::fmt;
use std::io::{self, Write};

/// From more commits on, a node is a run.
const COMMITS_SHOWN_MAX: u64 = 300;

/// A quoted string of the language.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}

pub(crate) fn print(contents: &Contents, out: &mut dyn Write) -> io::Result<()> {
    let knots = Knots::of(contents, COMMITS_SHOWN_MAX);
    let nodes = match knots.grain {
        Grain::Commit => "a node is a commit".to_owned(),
        Grain::Run => format!(
            "a node is a run: commits of one author in one turn ({} runs)",
            knots.knots.len()
        ),
    };
    let title = format!(
        "version {}…: {}; {nodes}; solid: backlink, dashed: parent, double: head",
        contents.version().short(),
        counted(knots.commits, "commit"),
    );
    writeln!(out, "// Draw it: dot -Tsvg FILE > PICTURE.svg")?;
    writeln!(out, "digraph woodland {{")?;
    writeln!(out, "  rankdir=LR; labelloc=t; bgcolor=white; fontname=\"sans-serif\";")?;
    writeln!(out, "  label={};", Name(&title))?;
    writeln!(out, "  node [shape=box, style=rounded, fontname=\"monospace\", fontsize=10];")?;
    let authors = knots.authors();
    let mut of_author: std::collections::HashMap<_, Vec<usize>> = Default::default();
    for (number, knot) in knots.knots.iter().enumerate() {
        of_author.entry(knot.author).or_default().push(number);
    }
    for (number, (author, commits)) in authors.iter().enumerate() {
        let label = format!("{} ({})", contents.label(author), counted(*commits, "commit"));
        writeln!(out, "  subgraph cluster_{number} {{")?;
        writeln!(out, "    label={}; color=gray; fontname=\"sans-serif\";", Name(&label))?;
        for at in of_author.get(author).into_iter().flatten() {
            if let Some(knot) = knots.knots.get(*at) {
                put_knot(*at, knot, out)?;
            }
        }
        writeln!(out, "  }}")?;
    }
    for (number, knot) in knots.knots.iter().enumerate() {
        if let Some(before) = knot.before {
            writeln!(out, "  n{before} -> n{number} [weight=4];")?;
        }
        for seen in &knot.seen {
            writeln!(out, "  n{seen} -> n{number} [style=dashed];")?;
        }
    }
    writeln!(out, "}}")
}

fn put_knot(number: usize, knot: &Knot, out: &mut dyn Write) -> io::Result<()> {
    let head = if knot.heads > 0 { ", peripheries=2" } else { "" };
    let shape = if knot.is_founding { ", shape=octagon, style=bold" } else { "" };
    let (id, seqs, turn) = (knot.last.short(), knot.seqs(), knot.turn);
    let many = match knot.commits {
        1 => String::new(),
        commits => format!("{commits} commits to "),
    };
    // The backslash-n is Graphviz's line break.
    writeln!(out, "    n{number} [label=\"{many}{id}\\n{seqs}, turn {turn}\"{head}{shape}];")
}
