//! The ledger: a slow model of what every directory was told to keep, apart from the engine.
//!
//! ```text
//!  world       every commit that anybody has shown, with its place in its author's chain
//!  directory   the commits that were acknowledged there, in the groups in which they were, and how
//!              many of these groups are durable
//! ```
//!
//! **Invariants**
//! - It trusts ids, and nothing else that the engine says: heads, tips, versions and forks are
//!   counted here anew from backlinks and parents.
//!
//! What this does not do: know what a payload means. The oracle of the tests does.

use std::collections::{BTreeMap, BTreeSet};
use woodland::{AuthorKey, CommitId, Digest, Snapshot};
use woodland_format::Commit;
use woodland_log::Log;

/// Names a set of commits: their ids, all combined by exclusive or.
pub(crate) type SetName = [u8; 32];

/// What a directory was told to keep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    groups: Vec<Vec<CommitId>>,
    /// How many of the groups were promised to survive a power cut.
    durable: usize,
    present: BTreeSet<CommitId>,
    name: SetName,
}

/// How much of what a directory acknowledged has to be there when it is opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// All of it.
    All,
    /// What is durable, and of what was buffered a prefix: power was cut, or the disk failed.
    Durable,
    /// The disk lied or was damaged: a prefix, in the order in which it was acknowledged.
    Prefix,
}

#[derive(Debug, Clone)]
struct Known {
    author: AuthorKey,
    seq: u64,
    backlink: Option<CommitId>,
}

/// What the world knows of commits and of versions.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    commits: BTreeMap<CommitId, Known>,
    digests: BTreeMap<SetName, Digest>,
    /// How many times two ways to one set of commits were compared.
    pub(crate) comparisons: u64,
}

impl Directory {
    pub(crate) fn len(&self) -> usize {
        self.present.len()
    }

    pub(crate) fn name(&self) -> SetName {
        self.name
    }

    pub(crate) fn holds_all_of(&self, other: &Directory) -> bool {
        other.present.is_subset(&self.present)
    }

    /// All that was acknowledged is durable now.
    pub(crate) fn settle(&mut self) {
        self.durable = self.groups.len();
    }

    fn add(&mut self, group: Vec<CommitId>) {
        for id in &group {
            self.present.insert(*id);
            self.name = combined(&self.name, id);
        }
        if !group.is_empty() {
            self.groups.push(group);
        }
    }
}

fn combined(name: &SetName, id: &CommitId) -> SetName {
    std::array::from_fn(|at| name[at] ^ id.0[at])
}

impl Ledger {
    /// What came into a log by an act that was acknowledged. `keys` are those of its peer.
    ///
    /// # Errors
    /// What should not be.
    pub(crate) fn acknowledged(
        &mut self,
        directory: &mut Directory,
        arrived: impl Iterator<Item = Commit>,
        keys: &BTreeSet<AuthorKey>,
    ) -> Result<(), String> {
        let mut group = Vec::new();
        // To look at it may fail: then nothing is changed here.
        for commit in arrived.collect::<Vec<_>>() {
            self.learn(&commit, keys)?;
            let id = commit.id();
            if directory.present.contains(&id) {
                return Err(format!("commit {id} came in again"));
            }
            let missing = commit.references().find(|other| !directory.present.contains(other));
            if let Some(missing) = missing {
                return Err(format!("commit {id} came in without {missing} in its past"));
            }
            directory.present.insert(id);
            group.push(id);
        }
        directory.add(group);
        Ok(())
    }

    /// A commit that is shown: either somebody showed it before, or its peer made it just now.
    fn learn(&mut self, commit: &Commit, keys: &BTreeSet<AuthorKey>) -> Result<(), String> {
        let (id, author, seq) = (commit.id(), commit.author(), commit.seq());
        let backlink = commit.backlink();
        if self.commits.contains_key(&id) {
            return Ok(());
        }
        if !keys.contains(&author) {
            return Err(format!("commit {id} of {author} comes from nowhere"));
        }
        let expected = match backlink.and_then(|backlink| self.commits.get(&backlink)) {
            Some(before) if before.author != author => {
                return Err(format!("commit {id} follows one of another author"));
            }
            Some(before) => before.seq + 1,
            None => 0,
        };
        if seq != expected {
            return Err(format!("commit {id} has seq {seq}, expected {expected}"));
        }
        self.commits.insert(id, Known { author, seq, backlink });
        Ok(())
    }

    /// What a directory holds that was opened again. How many acknowledged commits are gone.
    ///
    /// # Errors
    /// What should be there and is not, or the other way round.
    pub(crate) fn reopened(
        &mut self,
        directory: &mut Directory,
        log: &Log,
        owed: Owed,
        keys: &BTreeSet<AuthorKey>,
    ) -> Result<usize, String> {
        let is_there = |id: &CommitId| log.contains(id);
        let whole = directory.groups.iter().take_while(|group| group.iter().all(is_there)).count();
        let lost: Vec<CommitId> = directory.groups[whole..].concat();
        let mut kept = lost.iter().filter(|id| is_there(id)).count();
        let owed_groups = match owed {
            Owed::All => directory.groups.len(),
            Owed::Durable => directory.durable,
            Owed::Prefix => 0,
        };
        if let Some(id) = lost.iter().find(|id| !is_there(id)).filter(|_| whole < owed_groups) {
            let (count, of) = (lost.len() - kept, directory.len());
            return Err(format!("{count} of {of} acknowledged commits are gone, {id} first"));
        }
        // Of the first group that is not whole, a beginning may be there; nothing behind it.
        if let Some(torn) = directory.groups.get(whole) {
            kept -= torn.iter().filter(|id| is_there(id)).count();
        }
        if kept > 0 {
            return Err(format!("{kept} commits are there that were acknowledged after lost ones"));
        }
        let gone = lost.iter().filter(|id| !is_there(id)).count();
        let before = std::mem::take(directory);
        for group in before.groups {
            directory.add(group.into_iter().filter(is_there).collect());
        }
        if log.len() > directory.len() as u64 {
            let more = log.order().map(|(_, commit)| commit);
            let more: Vec<Commit> =
                more.filter(|commit| !directory.present.contains(&commit.id())).collect();
            self.acknowledged(directory, more.into_iter(), keys)?;
        }
        if log.len() != directory.len() as u64 {
            return Err(format!("{} commits are held twice", directory.len() as u64 - log.len()));
        }
        // Whoever opens it may give it away at once.
        directory.settle();
        Ok(gone)
    }

    /// Compares a version with all that were seen with the same commits.
    ///
    /// # Errors
    /// Two digests of one set of commits.
    pub(crate) fn compare(
        &mut self,
        directory: &Directory,
        snapshot: &Snapshot,
    ) -> Result<Digest, String> {
        let held = snapshot.log().len();
        if held != directory.len() as u64 {
            return Err(format!("{held} commits are shown, {} acknowledged", directory.len()));
        }
        let digest = snapshot.digest();
        match self.digests.insert(directory.name(), digest) {
            Some(before) if before != digest => {
                Err(format!("one set of {held} commits has digests {before} and {digest}"))
            }
            Some(_) => {
                self.comparisons += 1;
                Ok(digest)
            }
            None => Ok(digest),
        }
    }

    /// The places where an author has two commits after one, counted from backlinks.
    pub(crate) fn forks(&self, directory: &Directory) -> BTreeSet<(AuthorKey, Option<CommitId>)> {
        let mut places = BTreeMap::<_, usize>::new();
        for id in &directory.present {
            let known = &self.commits[id];
            *places.entry((known.author, known.backlink)).or_default() += 1;
        }
        places.into_iter().filter(|(_, count)| *count > 1).map(|(place, _)| place).collect()
    }
}
