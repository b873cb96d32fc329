//! The actor: plays a workload on a disk, over the real store or the real facade, and marks in the
//! journal what was promised.
//!
//! **Invariants**
//! - It stops at the first act that fails.
//! - What it marks as durable was acknowledged by an act that returned without an error.
//! - Looking at the disk to learn what stands there neither counts as a call nor can fail.
//!
//! What this does not do: judge.

use super::disk::ScriptedDisk;
use super::founding::found_in;
use super::journal::Mark;
use super::sample::{Chain, key};
use super::workload::{Act, Workload};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;
use woodland::{CommitId, Digest, Durability, Model, Options, Record, Replica, define};
use woodland_store::{Disk, DiskError, FolderDisk, Opened, Store, StoreOptions};

/// What the facade's workloads write.
#[derive(Record)]
pub(super) struct Note {
    title: String,
}

impl Note {
    /// A note with this title.
    pub(super) fn titled(title: &str) -> Self {
        Note { title: title.to_owned() }
    }

    /// The number in its title, if there is one.
    pub(super) fn number(&self) -> Option<u64> {
        self.title.trim_start().parse().ok()
    }
}

/// The branch's name and the folder of its store.
const BRANCH: &str = "draft";
/// Where a branch's commits go.
pub(super) const BRANCH_FOLDER: &str = "branches/draft/1";

/// The program's schema.
///
/// # Panics
/// Never: the record is a valid one.
pub(super) fn model() -> Model {
    define().record::<Note>().model().expect("the record is valid")
}

/// An act that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// Which.
    pub(super) act: Act,
    /// What it said.
    pub(super) message: String,
    /// What the disk was blamed for, if it was.
    pub(super) disk: Option<ErrorKind>,
    /// Somebody who reads saw the failed act's work.
    pub(super) is_visible: bool,
}

/// What has the dataset open.
enum Hand {
    Empty,
    Store(Box<Store>),
    Replica(Replica),
}

/// Who plays.
pub(super) struct Actor {
    disk: ScriptedDisk,
    hand: Hand,
    branch: Option<Replica>,
    chain: Option<Chain>,
    seen: BTreeMap<String, BTreeSet<CommitId>>,
    /// The digest that a replica had with so many commits in its store.
    pub(super) digests: BTreeMap<usize, Digest>,
    seeds: u64,
    notes: u64,
}

impl Actor {
    /// Plays a workload.
    pub(super) fn play(disk: &ScriptedDisk, workload: &Workload) -> (Actor, Option<Failure>) {
        let disk = disk.clone();
        let mut actor = Actor {
            disk,
            hand: Hand::Empty,
            branch: None,
            chain: None,
            seen: BTreeMap::new(),
            digests: BTreeMap::new(),
            seeds: 10,
            notes: 0,
        };
        for act in &workload.acts {
            let before = actor.digest();
            if let Err(error) = actor.act(act) {
                let after = actor.digest();
                let is_visible = before.is_some() && after.is_some() && after != before;
                let disk = disk_error(error.as_ref()).map(DiskError::kind);
                let (act, message) = (act.clone(), error.to_string());
                return (actor, Some(Failure { act, message, disk, is_visible }));
            }
        }
        (actor, None)
    }

    fn digest(&self) -> Option<Digest> {
        match &self.hand {
            Hand::Replica(replica) => Some(replica.snapshot().digest()),
            _ => None,
        }
    }

    /// Tries to go on through the handle that has failed: whether that was acknowledged. What was
    /// is marked as durable.
    pub(super) fn go_on(&mut self) -> bool {
        let act = match &self.hand {
            Hand::Store(_) => Act::Append(vec![3]),
            Hand::Replica(_) => Act::Write(3),
            Hand::Empty => return false,
        };
        self.act(&act).is_ok()
    }

    /// A segment of the dataset that no store has.
    pub(super) fn spare(&self) -> Option<Vec<u8>> {
        self.chain.as_ref().map(|chain| chain.clone().next(17))
    }

    fn act(&mut self, act: &Act) -> Result<(), Box<dyn Error>> {
        match act {
            Act::Create { segment_file_bytes_max } => self.create(*segment_file_bytes_max),
            Act::Append(lengths) => {
                let segments = self.segments(lengths);
                self.append(&segments)
            }
            Act::HandOver(lengths) => {
                let segments = self.segments(lengths);
                let ticket = self.store().stage(segments)?;
                self.store().hand_over(ticket)?;
                self.appended("");
                Ok(())
            }
            Act::Flush => {
                self.store().flush()?;
                self.observed("");
                Ok(())
            }
            Act::Group(lengths) => {
                let segments = self.segments(lengths);
                let mut tickets = Vec::new();
                for segment in segments {
                    tickets.push(self.store().stage(vec![segment])?);
                }
                // Whoever comes first does it for all.
                for ticket in tickets {
                    self.store().settle(ticket)?;
                }
                self.observed("");
                Ok(())
            }
            Act::Garbage(length) => {
                let name = self.disk.image().file_names();
                let last = name.iter().rfind(|name| name.starts_with("segments/"));
                let name = last.expect("a store has a segment file");
                let end = self.disk.image().bytes(name).map_or(0, <[u8]>::len);
                self.disk.scribble(name, end as u64, &vec![0x57; *length]);
                Ok(())
            }
            Act::Copy => {
                self.disk.move_to(7);
                Ok(())
            }
            Act::Renew => {
                self.seeds += 1;
                let secret = key(u8::try_from(self.seeds).unwrap_or(u8::MAX));
                self.disk.mark(Mark::Key { folder: String::new(), author: secret.author() });
                self.store().renew(&secret)?;
                self.durable("");
                Ok(())
            }
            Act::Maintain => {
                let store = self.store();
                while store.maintain(&store.position())?.files > 0 {}
                self.appended("");
                Ok(())
            }
            Act::Reopen => self.reopen(),
            _ => self.facade(act),
        }
    }

    fn create(&mut self, segment_file_bytes_max: u64) -> Result<(), Box<dyn Error>> {
        let (chain, founding) = Chain::found();
        let options = StoreOptions { segment_file_bytes_max };
        let dataset = chain.dataset();
        self.disk.mark(Mark::Key { folder: String::new(), author: key(1).author() });
        let store = Store::create(self.disk.shared(), dataset, &key(1), &options)?;
        self.hand = Hand::Store(Box::new(store));
        self.chain = Some(chain);
        self.created("");
        self.append(&[founding])
    }

    fn facade(&mut self, act: &Act) -> Result<(), Box<dyn Error>> {
        match act {
            Act::Found => {
                let replica = Replica::create(self.options(), model())?;
                self.hand = Hand::Replica(replica);
                self.created("");
                self.observed("");
            }
            Act::FoundIn { segment_file_bytes_max } => {
                let (disk, options) = (self.disk.clone(), self.options());
                found_in(&disk, *segment_file_bytes_max, || self.created(""))?;
                self.observed("");
                self.hand = Hand::Replica(Replica::open(options, model())?);
                self.observed("");
            }
            Act::Write(length) => {
                self.write(&self.replica(), *length, Durability::Durable)?;
                self.observed("");
            }
            Act::WriteBuffered(length) => {
                self.write(&self.replica(), *length, Durability::Buffered)?;
                self.appended("");
            }
            Act::FlushReplica => {
                self.replica().flush()?;
                self.observed("");
            }
            Act::MaintainReplica => {
                let replica = self.replica();
                while replica.maintain()?.files > 0 {}
                self.appended("");
            }
            Act::Merge(count) => {
                let main = self.replica();
                self.seeds += 1;
                let (peer, _) = Replica::join_in_memory(model(), &main, self.seeds)?;
                for _ in 0..*count {
                    self.write(&peer, 5, Durability::Durable)?;
                }
                main.merge(&peer)?;
                self.observed("");
            }
            Act::Branch => self.branch = Some(self.replica().branch(BRANCH)?),
            Act::WriteBranch => {
                let branch = self.branch.clone().expect("the branch is open");
                self.write(&branch, 12, Durability::Durable)?;
                self.created(BRANCH_FOLDER);
                self.observed(BRANCH_FOLDER);
            }
            Act::MergeBranch => {
                let branch = self.branch.clone().expect("the branch is open");
                self.replica().merge(&branch)?;
                self.observed("");
            }
            other => unreachable!("{other:?} is an act of the store"),
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), Box<dyn Error>> {
        self.branch = None;
        match std::mem::replace(&mut self.hand, Hand::Empty) {
            Hand::Empty => {}
            Hand::Store(store) => {
                drop(store);
                let opened = Store::open(self.disk.shared())?;
                self.hand = Hand::Store(Box::new(opened.store));
            }
            Hand::Replica(replica) => {
                drop(replica);
                self.hand = Hand::Replica(Replica::open(self.options(), model())?);
            }
        }
        self.observed("");
        Ok(())
    }

    fn segments(&mut self, lengths: &[usize]) -> Vec<Vec<u8>> {
        let chain = self.chain.as_mut().expect("a store was created first");
        lengths.iter().map(|length| chain.next(*length)).collect()
    }

    fn append(&mut self, segments: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
        self.store().append(segments)?;
        self.observed("");
        Ok(())
    }

    fn store(&self) -> &Store {
        match &self.hand {
            Hand::Store(store) => store,
            _ => panic!("the workload has a store open"),
        }
    }

    fn replica(&self) -> Replica {
        match &self.hand {
            Hand::Replica(replica) => replica.clone(),
            _ => panic!("the workload has a replica open"),
        }
    }

    fn options(&mut self) -> Options {
        self.seeds += 1;
        Options::on(self.disk.shared()).seed(self.seeds)
    }

    fn write(
        &mut self,
        replica: &Replica,
        length: usize,
        durability: Durability,
    ) -> Result<(), Box<dyn Error>> {
        self.notes += 1;
        let title = format!("{:>1$}", self.notes, length);
        replica.write_with(durability, |batch| batch.insert(&Note { title }))?;
        Ok(())
    }

    fn created(&mut self, folder: &str) {
        if !self.seen.contains_key(folder) {
            self.seen.insert(folder.to_owned(), BTreeSet::new());
            self.disk.mark(Mark::Created { folder: folder.to_owned() });
        }
    }

    /// What stands on the disk by now was acknowledged.
    fn observed(&mut self, folder: &str) {
        self.appended(folder);
        self.durable(folder);
    }

    /// What stands on the disk by now was appended.
    fn appended(&mut self, folder: &str) {
        let found = standing(&self.disk, folder);
        let seen = self.seen.entry(folder.to_owned()).or_default();
        let ids: Vec<CommitId> = found.into_iter().filter(|id| seen.insert(*id)).collect();
        let count = seen.len();
        self.disk.mark(Mark::Appended { folder: folder.to_owned(), ids });
        if let (Some(digest), true) = (self.digest(), folder.is_empty()) {
            self.digests.insert(count, digest);
        }
    }

    fn durable(&self, folder: &str) {
        self.disk.mark(Mark::Durable { folder: folder.to_owned() });
    }
}

/// The disk error behind an error.
pub(super) fn disk_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a DiskError> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(disk) = error.downcast_ref::<DiskError>() {
            return Some(disk);
        }
        at = error.source();
    }
    None
}

/// The part of a disk that is this folder.
pub(super) fn within(disk: Arc<dyn Disk>, folder: &str) -> Arc<dyn Disk> {
    if folder.is_empty() { disk } else { Arc::new(FolderDisk::of(disk, folder)) }
}

/// The commits that stand in a folder's store, in order, without opening it.
pub(super) fn standing(disk: &ScriptedDisk, folder: &str) -> Vec<CommitId> {
    let image = ScriptedDisk::of(disk.image());
    let inspection = Store::inspect(within(image.shared(), folder).as_ref());
    let found = inspection.files.iter().flat_map(|file| &file.found);
    let segments = found.filter_map(|found| found.segment.as_ref());
    segments.flat_map(|segment| segment.commits().map(|commit| commit.id())).collect()
}

/// The commits that an opened store hands out, in order.
pub(super) fn handed_out(opened: &Opened) -> Vec<CommitId> {
    let segments = opened.segments.iter().map(|stored| &stored.segment);
    segments.flat_map(|segment| segment.commits().map(|commit| commit.id())).collect()
}
