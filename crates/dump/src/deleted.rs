//! `deleted`: the nodes that are dead, who deleted each, and the deletions that had no effect.
//!
//! ```text
//!  Note 08a6ec38…  deleted by ada… in commit 1f3c9a2b…, op 1
//!  Line 77ab0c12…  deleted with node 08a6ec38…, by ada… in commit 1f3c9a2b…, op 1
//! ```
//!
//! **Invariants**
//! - Nodes ascend by id; deletions without effect stand in order.
//! - A node that came back is not listed: it lives.
//!
//! What this does not do: show what the nodes held. `explain` does, op by op.

use crate::graph::Page;
use crate::json::Document;
use crate::life::{Made, made};
use crate::page::Contents;
use crate::paint::TITLE;
use crate::progress::Watch;
use crate::request::{DumpError, Form};
use crate::said::Batch;
use crate::shown::counted;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use woodland_format::{AuthorKey, CommitId, NodeId, Op};
use woodland_graph::{Death, Void};

/// A deletion that had no effect.
struct VoidDeletion {
    node: NodeId,
    commit: CommitId,
    index: u32,
    author: AuthorKey,
    reason: Void,
}

pub(crate) fn print(
    contents: &Contents,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(page) = contents.page(watch)? else { return Ok(contents.put_nothing(out)?) };
    let made = made(&page.graph);
    let ids: Vec<NodeId> = made.keys().copied().collect();
    let deaths: BTreeMap<NodeId, Death> =
        ids.iter().zip(page.graph.died(&ids)).filter_map(|(id, it)| Some((*id, it?))).collect();
    let dead = || deaths.iter().filter_map(|(id, death)| Some((*id, made.get(id)?, death)));
    match contents.form {
        Form::Text => {
            let count = format!("{} deleted", counted(deaths.len() as u64, "node"));
            writeln!(out, "{}", page.paint.of(TITLE, count))?;
            dead().try_for_each(|(id, made, death)| page.put_dead(id, made, death, out))?;
            page.put_void_deletions(out)?;
        }
        Form::Json => {
            let mut document = Document::begin(out)?;
            let dead = dead().map(|(id, made, death)| {
                json!({ "node": page.made_json(id, made), "by": page.death_json(death) })
            });
            document.list("deleted", dead)?;
            document.list(
                "without_effect",
                page.void_deletions().map(|one| page.void_deletion_json(&one)),
            )?;
            document.end()?;
        }
    }
    Ok(())
}

impl Page<'_> {
    fn put_dead(
        &self,
        node: NodeId,
        made: &Made,
        death: &Death,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = self.paint.of(TITLE, self.names.type_name(made.node_type));
        writeln!(out, "{name} {node}{}  {}", made.key_in_words(), self.death(node, death))
    }

    fn put_void_deletions(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut title = "\ndeletions without effect\n";
        for VoidDeletion { node, commit, index, author, reason } in self.void_deletions() {
            let (by, rule) =
                (self.by(&author, &commit, index), self.rule(reason, &Op::Delete { node }));
            writeln!(
                out,
                "{title}    delete node {}…  {by}: {}: {rule}",
                node.short(),
                reason.name()
            )?;
            title = "";
        }
        Ok(())
    }

    /// In order.
    fn void_deletions(&self) -> impl Iterator<Item = VoidDeletion> + '_ {
        let voids =
            self.graph.voids().filter_map(|void| Some((void.commit, void.index?, void.reason)));
        voids.filter_map(|(commit, index, reason)| {
            let found = self.graph.log().get(&commit)?;
            let Batch::Ops(ops) = Batch::of(&found) else { return None };
            let Some(Op::Delete { node }) = ops.get(usize::try_from(index).ok()?) else {
                return None;
            };
            Some(VoidDeletion { node: *node, commit, index, author: found.author(), reason })
        })
    }

    fn void_deletion_json(&self, one: &VoidDeletion) -> Json {
        let VoidDeletion { node, commit, index, author, reason } = one;
        json!({
            "node": node.to_string(),
            "commit": commit.to_string(),
            "index": index,
            "author": author.to_string(),
            "author_name": self.authors.name(author),
            "reason": reason.name(),
            "referrers": match reason {
                Void::Restricted => self.bars_json(*node),
                _ => Json::Array(Vec::new()),
            },
        })
    }
}
