//! The node itself: whether it lives, who deleted it, and every creation and deletion of it.
//!
//! **Invariants**
//! - Creations and deletions stand in order, each once, void or not.
//!
//! What this does not do: tell which op brought a node back. The graph does not say.

use crate::explain::Story;
use crate::json::Document;
use crate::life::{Made, Standing};
use crate::paint::TITLE;
use crate::said::{Batch, Said};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::{Commit, Op};
use woodland_graph::Void;

/// A creation or deletion of the node.
struct Turn {
    commit: Commit,
    index: u32,
    op: Op,
    void: Option<Void>,
}

impl Story<'_> {
    /// Whether something was said of the node: with all its turns, or only where it is not shown.
    pub(super) fn put_node(&self, all: bool, out: &mut dyn Write) -> io::Result<bool> {
        let standing = Standing::of(&self.page.graph, self.node);
        if !all && matches!(standing, Standing::Shown) {
            return Ok(false);
        }
        let turns = self.turns();
        let name = match made(&turns) {
            Some(made) => self.page.names.type_name(made.node_type),
            None => "node".to_owned(),
        };
        let key = made(&turns).map(|made| made.key_in_words()).unwrap_or_default();
        let standing_in_words = match &standing {
            Standing::Shown => "lives".to_owned(),
            Standing::Hidden => {
                "lives, but the schema that is read through lacks its type".to_owned()
            }
            Standing::Dead(death) => self.page.death(self.node, death),
            Standing::Absent => "was never created: nothing that says so had an effect".to_owned(),
        };
        let name = self.page.paint.of(TITLE, name);
        writeln!(out, "{name} {}{key}  {standing_in_words}", self.node)?;
        for (at, turn) in turns.iter().enumerate().filter(|_| all) {
            let (word, rule) = self.outcome(&turns, at, &standing);
            let by = self.page.by(&turn.commit.author(), &turn.commit.id(), turn.index);
            writeln!(out, "    {word:<8}  {}  {by}: {rule}", self.said(turn))?;
        }
        Ok(true)
    }

    pub(super) fn node_json(&self, document: &mut Document<'_>) -> io::Result<()> {
        let (standing, turns) = (Standing::of(&self.page.graph, self.node), self.turns());
        let (word, death) = match &standing {
            Standing::Shown => ("shown", Json::Null),
            Standing::Hidden => ("hidden", Json::Null),
            Standing::Dead(death) => ("dead", self.page.death_json(death)),
            Standing::Absent => ("absent", Json::Null),
        };
        document.field("node", self.node.to_string())?;
        let made = made(&turns).map(|made| self.page.made_json(self.node, &made));
        document.field("created", made)?;
        document.field("standing", word)?;
        document.field("deleted", death)?;
        let row = |(at, turn): (usize, &Turn)| {
            let (fate, rule) = self.outcome(&turns, at, &standing);
            let is_restricted = turn.void == Some(Void::Restricted);
            json!({
                "commit": turn.commit.id().to_string(),
                "index": turn.index,
                "author": turn.commit.author().to_string(),
                "author_name": self.contents.authors.name(&turn.commit.author()),
                "act": self.said(turn),
                "fate": fate,
                "rule": rule,
                "reason": turn.void.map(Void::name),
                "referrers": is_restricted.then(|| self.page.bars_json(self.node)),
            })
        };
        document.list("ops", turns.iter().enumerate().map(row))
    }

    fn turns(&self) -> Vec<Turn> {
        let mut turns = Vec::new();
        for commit in self.contents.ordered() {
            let Batch::Ops(ops) = Batch::of(&commit) else { continue };
            for (index, op) in (0..).zip(ops) {
                let node = match &op {
                    Op::Delete { node } => Some(*node),
                    op => op.creates(&commit.author(), commit.seq(), index),
                };
                if node == Some(self.node) {
                    let mut voids = self.page.graph.voids_of(&commit.id()).into_iter();
                    let void = voids.find(|void| void.index.is_none_or(|at| at == index));
                    let (commit, void) = (commit.clone(), void.map(|void| void.reason));
                    turns.push(Turn { commit, index, op, void });
                }
            }
        }
        turns
    }

    /// What became of one of them, and by which rule.
    fn outcome(&self, turns: &[Turn], at: usize, standing: &Standing) -> (&'static str, String) {
        let Turn { commit, index, op, void } = &turns[at];
        if let Some(reason) = void {
            return ("void", self.page.rule(*reason, op));
        }
        let is_deletion = |op: &Op| matches!(op, Op::Delete { .. });
        let (word, rule) = match standing {
            _ if !is_deletion(op) => {
                let counts = |turn: &Turn| turn.void.is_none() && !is_deletion(&turn.op);
                match turns[..at].iter().any(counts) {
                    false => ("made", "the first creation in order"),
                    true => ("counts", "another creation of the same node"),
                }
            }
            Standing::Dead(death) if (death.commit, death.index) == (commit.id(), *index) => {
                ("took", "the node is dead by it")
            }
            _ => ("undone", "the node came back, by an op that stands after it"),
        };
        (word, rule.to_owned())
    }

    fn said(&self, Turn { commit, index, op, .. }: &Turn) -> String {
        let names = self.schemas.of(self.contents, commit);
        Said { commit, index: *index, op, names }.to_string()
    }
}

/// The node by the creation that made it.
fn made(turns: &[Turn]) -> Option<Made> {
    let counting = turns.iter().filter(|turn| turn.void.is_none());
    counting.filter_map(|turn| Made::by(turn.op.clone())).next()
}
