//! What is known about signatures: each is checked once for the whole crowd.
//!
//! A simulation may do that, as it is one thread and one memory: five thousand members would else
//! check each signature five thousand times, and find out the same.
//!
//! **Invariants**
//! - What it says is what [`verify_commit`] said of the same author, commit and signature.
//!
//! What this does not do: leave its thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use woodland_format::{AuthorKey, CommitId, Signature, verify_commit};

type Known = BTreeMap<(CommitId, AuthorKey, Signature), bool>;

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(BTreeMap::new()) };
}

/// Whether a signature is the author's over a commit.
pub(crate) fn verify(author: &AuthorKey, commit: &CommitId, signature: &Signature) -> bool {
    let claim = (*commit, *author, *signature);
    let known = KNOWN.with_borrow(|known| known.get(&claim).copied());
    known.unwrap_or_else(|| {
        let holds = verify_commit(author, commit, signature);
        KNOWN.with_borrow_mut(|known| known.insert(claim, holds));
        holds
    })
}

/// Forgets all of it.
pub(crate) fn forget() {
    KNOWN.with_borrow_mut(BTreeMap::clear);
}
