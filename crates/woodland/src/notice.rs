//! Notices: what a replica tells about author keys: its own that it had to give up, and forks.
//!
//! **Invariants**
//! - A notice names the author key, from which commit on, and what became of it.
//! - Forks follow from the log: after reopening they are listed again. Why this replica took a new
//!   key is told once, by the replica that took it.
//!
//! What this does not do: accuse. A restored backup and a cheat fork in the same way.

use std::fmt;
use woodland_format::{AuthorKey, ForkProof, IdentityKey};
use woodland_log::{Fork, Log, Tip};
use woodland_store::Moved;

/// Something noticed about author keys. Nothing is ever lost by what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The directory is a copy, so it writes under a key of its own.
    Copied {
        /// What was expected and found.
        moved: Moved,
        /// The key that stays with the original.
        retired: AuthorKey,
        /// Its last commit here.
        tip: Option<Tip>,
        /// The key from here on.
        author: AuthorKey,
    },
    /// Somebody has more of this replica's own commits than it has: it was put back to an earlier
    /// state, or a copy of it has written.
    Behind {
        /// The key given up.
        retired: AuthorKey,
        /// Its last commit here, as this replica wrote it.
        tip: Option<Tip>,
        /// Its last commits, as others know it.
        found: Vec<Tip>,
        /// The key from here on.
        author: AuthorKey,
    },
    /// This replica and a copy of it have both written under its key.
    ForkedSelf {
        /// Where; its author is the key given up.
        fork: Fork,
        /// What shows it to anybody, where both branches are signed.
        proof: Option<Box<ForkProof>>,
        /// The key's last commit, as this replica wrote it.
        tip: Option<Tip>,
        /// The key from here on.
        author: AuthorKey,
    },
    /// The replica was opened for an identity that does not vouch for its key.
    OtherIdentity {
        /// The key given up.
        retired: AuthorKey,
        /// Its last commit here.
        tip: Option<Tip>,
        /// For whom the replica writes now.
        identity: IdentityKey,
        /// The key from here on.
        author: AuthorKey,
    },
    /// Two copies of another replica have both written under its key.
    Forked {
        /// Where, and by whom.
        fork: Fork,
        /// What shows it to anybody, where both branches are signed.
        proof: Option<Box<ForkProof>>,
    },
}

impl Notice {
    /// The author key that it is about.
    pub fn about(&self) -> AuthorKey {
        match self {
            Notice::Copied { retired, .. }
            | Notice::Behind { retired, .. }
            | Notice::OtherIdentity { retired, .. } => *retired,
            Notice::ForkedSelf { fork, .. } | Notice::Forked { fork, .. } => fork.author,
        }
    }

    /// The key that this replica took because of it.
    pub fn taken(&self) -> Option<AuthorKey> {
        match self {
            Notice::Copied { author, .. }
            | Notice::Behind { author, .. }
            | Notice::OtherIdentity { author, .. }
            | Notice::ForkedSelf { author, .. } => Some(*author),
            Notice::Forked { .. } => None,
        }
    }

    /// Takes what is known by now of a fork that was told of out of `forks`. Of one that this log
    /// does not hold, nothing is proved.
    pub(crate) fn refresh(&mut self, log: &Log, forks: &mut Vec<Fork>) {
        let Notice::ForkedSelf { fork, proof, .. } = self else { return };
        let is_told = |it: &Fork| it.author == fork.author && it.backlink == fork.backlink;
        *proof = forks.iter().position(is_told).and_then(|at| {
            *fork = forks.remove(at);
            log.fork_proof(fork).map(Box::new)
        });
    }

    pub(crate) fn forked(log: &Log, fork: Fork) -> Notice {
        let proof = log.fork_proof(&fork).map(Box::new);
        Notice::Forked { fork, proof }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Copied { moved, retired, tip, author } => write!(
                f,
                "this directory is a copy, or was put back from one ({moved}): the key {} stays with the original, {}; \
                 this replica writes under {} from now on; nothing is to be done",
                retired.short(),
                last(tip.as_ref()),
                author.short()
            ),
            Notice::Behind { retired, tip, found, author } => write!(
                f,
                "others have more of this replica's own commits than it has: it held {} of key {}, \
                 found {}; it was restored from a backup, or a copy of it has written; what they \
                 have is taken in, and this replica writes under {} from now on; nothing is to be \
                 done",
                last(tip.as_ref()),
                retired.short(),
                list(found),
                author.short()
            ),
            Notice::ForkedSelf { fork, tip, author, .. } => write!(
                f,
                "this replica and a copy of it have both written under the key {}: {}; this \
                 replica held {}; all of it counts, and it writes under {} from now on; nothing \
                 is to be done, but look where the copy is: a restored backup, or a copied disk",
                fork.author.short(),
                place(fork),
                last(tip.as_ref()),
                author.short()
            ),
            Notice::OtherIdentity { retired, tip, identity, author } => write!(
                f,
                "this replica was opened for identity {}, which does not vouch for its key {}: \
                 {} stay what they are; it writes under {} from now on; nothing is to be done",
                identity.short(),
                retired.short(),
                last(tip.as_ref()),
                author.short()
            ),
            Notice::Forked { fork, proof } => write!(
                f,
                "two copies of one replica have written under the key {}: {}; all of it counts, \
                 {}; nothing is to be done here",
                fork.author.short(),
                place(fork),
                match proof {
                    Some(_) => "and its signatures prove it",
                    None => "but not enough of it is signed to prove it",
                }
            ),
        }
    }
}

fn place(fork: &Fork) -> String {
    let rivals: Vec<String> =
        fork.rivals.iter().map(|rival| format!("{}…", rival.short())).collect();
    let rivals = rivals.join(" and ");
    match &fork.backlink {
        Some(backlink) => format!("commits {rivals} both follow {}…", backlink.short()),
        None => format!("commits {rivals} are both its first"),
    }
}

fn last(tip: Option<&Tip>) -> String {
    tip.map_or_else(|| "no commit".to_owned(), |tip| format!("its commits up to {}", shown(tip)))
}

fn list(tips: &[Tip]) -> String {
    tips.iter().map(shown).collect::<Vec<_>>().join(" and ")
}

fn shown(tip: &Tip) -> String {
    format!("#{} ({}…)", tip.seq, tip.id.short())
}
