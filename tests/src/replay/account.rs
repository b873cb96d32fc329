//! What a version is compared by.
//!
//! **Invariants**
//! - Two accounts without differences are of equal logs and equal graphs.

use anyhow::{Result, bail};
use woodland_format::{AuthorKey, CommitId, Digest, ObjectId, Value, VersionId};
use woodland_graph::Graph;
use woodland_log::Tip;

/// All that replicas must agree in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) text: String,
    digest: Digest,
    version: VersionId,
    order: Vec<CommitId>,
    frontier: Vec<(AuthorKey, Tip)>,
    voids: usize,
}

impl Account {
    pub(crate) fn of(graph: &Graph, document: ObjectId) -> Result<Account> {
        Ok(Account {
            text: text_of(graph, document)?,
            digest: graph.digest(),
            version: graph.log().version(),
            order: graph.log().order().map(|(_, commit)| commit.id()).collect(),
            frontier: graph.log().frontier().iter().collect(),
            voids: graph.voids().count(),
        })
    }

    /// In what this account differs from another and from the text it should end in.
    pub(crate) fn differences(&self, expected: &Account, end: &str) -> Vec<String> {
        let mut found = Vec::new();
        found.extend(text_difference(end, &self.text));
        if self.digest != expected.digest {
            found.push(format!("digest {}, expected {}", self.digest, expected.digest));
        }
        if self.version != expected.version {
            found.push(format!("version {}, expected {}", self.version, expected.version));
        }
        if self.order != expected.order {
            let pairs = self.order.iter().zip(&expected.order);
            let at = pairs.take_while(|(one, other)| one == other).count();
            let (held, wanted) = (self.order.len(), expected.order.len());
            found.push(format!("order of {held} commits, expected {wanted}, differs at {at}"));
        }
        if self.frontier != expected.frontier {
            let (held, wanted) = (self.frontier.len(), expected.frontier.len());
            found.push(format!("frontier of {held} authors, expected {wanted}, differs"));
        }
        if self.voids != expected.voids {
            found.push(format!("{} void ops, expected {}", self.voids, expected.voids));
        }
        found
    }
}

/// The text of the document at this version; empty where nobody wrote it.
pub(crate) fn text_of(graph: &Graph, document: ObjectId) -> Result<String> {
    match graph.values(&[document]).pop().flatten() {
        Some(Value::String(text)) => Ok(text),
        None if graph.nodes(&[document.node]) != [None] => Ok(String::new()),
        None => bail!("the document is not visible"),
        Some(other) => bail!("the document's body is a {}", other.kind()),
    }
}

/// Where a text first differs from what it should be.
pub(crate) fn text_difference(expected: &str, found: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    let shared = expected.bytes().zip(found.bytes()).take_while(|(one, other)| one == other);
    let at = shared.count();
    let around = |text: &str| {
        let end = text.ceil_char_boundary((at + 20).min(text.len()));
        text[text.floor_char_boundary(at)..end].to_owned()
    };
    Some(format!(
        "text of {} bytes, expected {}; from byte {at} on {:?}, expected {:?}",
        found.len(),
        expected.len(),
        around(found),
        around(expected)
    ))
}
