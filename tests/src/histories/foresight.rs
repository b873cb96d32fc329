//! What an author would see after the batch that it is writing: asked of the oracle, so that who
//! lives is known and not guessed.
//!
//! **Invariants**
//! - The unfinished batch is sealed under the header that it will have, so that it stands in the
//!   same place in order.
//!
//! What this does not do: come cheap. Each look derives the author's whole past.

use crate::histories::draft::View;
use crate::oracle::Oracle;
use std::collections::BTreeSet;
use woodland_format::{AuthorKey, Commit, Header, Op, Payload, payload_hash};

/// An author's past, and the header of what it is writing.
#[derive(Debug)]
pub(crate) struct Foresight {
    pub(crate) past: Vec<Commit>,
    pub(crate) author: AuthorKey,
    pub(crate) header: Header,
}

/// What would be seen.
pub(crate) struct Prospect {
    pub(crate) view: View,
    /// The ops of the batch that would be listed, by index.
    pub(crate) listed: BTreeSet<u32>,
}

impl Foresight {
    /// What is seen with these ops written.
    pub(crate) fn look(&self, ops: &[Op]) -> Prospect {
        let commit = seal(self.author, self.header.clone(), Payload::of(ops.to_vec()).encode());
        let id = commit.id();
        let mut commits = self.past.clone();
        commits.push(commit);
        let oracle = Oracle::of(&commits);
        let listed = oracle.voids().into_iter().filter(|void| void.commit == id);
        let listed = listed.filter_map(|void| void.index).collect();
        Prospect { view: View::seen_by(&oracle), listed }
    }
}

/// The commit of this header with this payload.
///
/// # Panics
/// When the header breaks a rule: the generator makes valid commits only.
pub(crate) fn seal(author: AuthorKey, mut header: Header, payload: Vec<u8>) -> Commit {
    header.payload_hash = payload_hash(&payload);
    header.payload_bytes = u32::try_from(payload.len()).expect("a small payload");
    let commit = Commit::new(author, header, Some(payload.into_boxed_slice()));
    commit.expect("a generated commit keeps the rules")
}
