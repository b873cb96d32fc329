//! The judge: opens what a fault left, and compares it with what was promised.
//!
//! ```text
//!  image ─► open ─► commits: a prefix of the reference, with all that was acknowledged
//!            │        └─► crash at once, open: the same ─► append, crash, open: that, too
//!            └─► refused: only before the store was made, or where the caller expects it
//! ```
//!
//! **Invariants**
//! - It knows what a workload marked, and nothing of how the store works.
//! - A panic is a violation, not an end.
//!
//! What this does not do: make faults.

use super::actor::{BRANCH_FOLDER, handed_out, model, within};
use super::disk::ScriptedDisk;
use super::image::Image;
use super::journal::{Event, Mark};
use super::platter::{Lying, Platter};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use woodland::{AuthorKey, CommitId, Digest, Options, Replica};
use woodland_store::{OpenError, Opened, Store};

/// What a workload leaves when nothing fails.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    /// By folder, in order.
    pub ids: BTreeMap<String, Vec<CommitId>>,
    /// By how many commits the store of the directory itself holds.
    pub digests: BTreeMap<usize, Digest>,
    /// A segment that fits the dataset and is not in it; none where a replica writes.
    pub spare: Option<Vec<u8>>,
}

/// What was promised of one folder up to some moment.
#[derive(Debug, Clone, Default)]
pub struct Promise {
    /// It was acknowledged that the store is there.
    pub is_created: bool,
    /// So many commits stand in it.
    pub appended: usize,
    /// So many of them were acknowledged as durable.
    pub acknowledged: usize,
    /// Whose keys may be there; empty where that is not followed.
    pub authors: Vec<AuthorKey>,
}

/// By folder.
pub type Promises = BTreeMap<String, Promise>;

/// Goes on by one mark.
pub fn promise(promises: &mut Promises, event: &Event) {
    let Event::Mark(mark) = event else { return };
    match mark {
        Mark::Created { folder } => promises.entry(folder.clone()).or_default().is_created = true,
        Mark::Appended { folder, ids } => {
            promises.entry(folder.clone()).or_default().appended += ids.len();
        }
        Mark::Durable { folder } => {
            let promise = promises.entry(folder.clone()).or_default();
            promise.acknowledged = promise.appended;
            let before = promise.authors.len().saturating_sub(1);
            promise.authors.drain(..before);
        }
        Mark::Key { folder, author } => {
            promises.entry(folder.clone()).or_default().authors.push(*author);
        }
    }
}

/// How much is asked of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// It is opened.
    Open,
    /// It is opened, crashes, is appended to, crashes, by the store; and by the facade.
    GoOn,
}

/// What was met in images that keep their promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// Stores that opened.
    pub opened: u64,
    /// Stores that were refused, rightly.
    pub refused: u64,
    /// Stores from which a torn end was cut.
    pub torn: u64,
    /// Stores with more than was acknowledged.
    pub more: u64,
}

impl Met {
    /// Adds what another has met.
    pub fn add(&mut self, other: Met) {
        self.opened += other.opened;
        self.refused += other.refused;
        self.torn += other.torn;
        self.more += other.more;
    }
}

/// Runs a check; a panic in it is its answer.
///
/// # Errors
/// What the check says, or the panic.
pub(super) fn guarded<T>(check: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(answer) => answer,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(format!("panic: {}", text.unwrap_or_else(|| "without a word".to_owned())))
        }
    }
}

/// Whether an image keeps all promises.
///
/// # Errors
/// The first that it breaks.
pub fn judge(
    image: &Image,
    reference: &Reference,
    promises: &Promises,
    depth: Depth,
) -> Result<Met, String> {
    guarded(|| {
        let mut met = Met::default();
        for (folder, ids) in &reference.ids {
            let promise = promises.get(folder).cloned().unwrap_or_default();
            let one = Case { image, folder, ids, promise: &promise, reference, depth };
            let add = one.judge();
            met.add(add.map_err(|text| match folder.as_str() {
                "" => text,
                folder => format!("{folder}: {text}"),
            })?);
        }
        Ok(met)
    })
}

struct Case<'a> {
    image: &'a Image,
    folder: &'a str,
    ids: &'a [CommitId],
    promise: &'a Promise,
    reference: &'a Reference,
    depth: Depth,
}

impl Case<'_> {
    fn judge(&self) -> Result<Met, String> {
        let disk = ScriptedDisk::of(self.image.clone());
        let opened = match Store::open(within(disk.shared(), self.folder)) {
            Ok(opened) => opened,
            Err(error) => return self.refused(&error),
        };
        let found = handed_out(&opened);
        self.compare(&found, &opened)?;
        let mut met = Met { opened: 1, ..Met::default() };
        met.torn += u64::from(opened.torn.is_some());
        met.more += u64::from(found.len() > self.promise.acknowledged);
        if self.depth == Depth::GoOn {
            self.go_on(&disk, opened, &found)?;
            self.by_facade(&found)?;
        }
        Ok(met)
    }

    fn refused(&self, error: &OpenError) -> Result<Met, String> {
        match error {
            OpenError::NothingHere | OpenError::Unfinished if !self.promise.is_created => {
                Ok(Met { refused: 1, ..Met::default() })
            }
            error => Err(format!("refused: {error}")),
        }
    }

    fn compare(&self, found: &[CommitId], opened: &Opened) -> Result<(), String> {
        prefix(found, self.ids)?;
        let (least, count) = (self.promise.acknowledged, found.len());
        if count < least {
            return Err(format!("{count} commits are there, {least} were acknowledged"));
        }
        let (authors, author) = (&self.promise.authors, opened.key.author());
        if !authors.is_empty() && !authors.contains(&author) {
            return Err("the key is none of those that may be there".to_owned());
        }
        Ok(())
    }

    /// What was opened is durable, and the store goes on from there.
    fn go_on(&self, disk: &ScriptedDisk, opened: Opened, found: &[CommitId]) -> Result<(), String> {
        match Store::open(within(disk.shared(), self.folder)) {
            Err(OpenError::Locked) => {}
            Err(error) => return Err(format!("beside the open one it is not locked: {error}")),
            Ok(_) => return Err("two handles at once".to_owned()),
        }
        drop(opened);
        let again = self.after_crash(disk, "crashed after opening")?;
        if again.torn.is_some() {
            return Err("what was torn was not cut off for good".to_owned());
        }
        same(&handed_out(&again), found, "crashed after opening")?;
        drop(again);
        let (Some(spare), "") = (&self.reference.spare, self.folder) else { return Ok(()) };
        let opened = Store::open(disk.shared()).map_err(|e| format!("not opened again: {e}"))?;
        let appended = opened.store.append(std::slice::from_ref(spare));
        appended.map_err(|error| format!("not appended to: {error}"))?;
        drop(opened);
        let again = self.after_crash(disk, "crashed after going on")?;
        let after = handed_out(&again);
        same(&after[..after.len().min(found.len())], found, "crashed after going on")?;
        match after.len() {
            length if length == found.len() + 1 => Ok(()),
            length => Err(format!("{length} commits after going on from {}", found.len())),
        }
    }

    fn after_crash(&self, disk: &ScriptedDisk, when: &str) -> Result<Opened, String> {
        let mut platter = Platter::of(self.image.clone());
        disk.journal().iter().for_each(|event| platter.apply(event, Lying::No));
        let crashed = ScriptedDisk::of(platter.bare());
        let opened = Store::open(within(crashed.shared(), self.folder));
        opened.map_err(|error| format!("{when}, refused: {error}"))
    }

    fn by_facade(&self, found: &[CommitId]) -> Result<(), String> {
        if self.reference.digests.is_empty() || found.is_empty() {
            return Ok(());
        }
        let disk = ScriptedDisk::of(self.image.clone());
        let options = Options::on(disk.shared()).seed(99);
        let replica = match Replica::open(options, model()) {
            Ok(replica) => replica,
            // A branch may be there before its dataset's log is known to be.
            Err(_) if !self.folder.is_empty() => return Ok(()),
            Err(error) => return Err(format!("the replica was refused: {error}")),
        };
        let replica = match self.folder {
            BRANCH_FOLDER => replica.branch("draft").map_err(|e| format!("branch refused: {e}"))?,
            _ => replica,
        };
        let log = replica.snapshot().log().clone();
        if let Some(lost) = found.iter().find(|id| log.get(id).is_none()) {
            return Err(format!("the replica lacks {lost}, which its store holds"));
        }
        let expected = self.reference.digests.get(&found.len());
        if self.folder.is_empty() && expected.is_some_and(|it| *it != replica.snapshot().digest()) {
            return Err("the replica shows another graph than before the crash".to_owned());
        }
        Ok(())
    }
}

/// Whether these are the first of those, in whatever order, each once.
///
/// # Errors
/// What is there and does not belong there, or is twice there.
pub(super) fn prefix(found: &[CommitId], ids: &[CommitId]) -> Result<(), String> {
    let expected: BTreeSet<_> = ids.iter().take(found.len()).collect();
    let present: BTreeSet<_> = found.iter().collect();
    if present.len() < found.len() {
        return Err("a commit is there twice".to_owned());
    }
    match present.difference(&expected).next() {
        None => Ok(()),
        Some(id) => Err(format!("{id} is there, but not all that came before it")),
    }
}

fn same(found: &[CommitId], expected: &[CommitId], when: &str) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{when}: {} commits, {} were there before", found.len(), expected.len()))
}
