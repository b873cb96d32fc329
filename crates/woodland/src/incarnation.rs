//! New incarnations: when this replica's author key may be in use elsewhere, it takes another.
//!
//! ```text
//!  opened: the directory is a copy ──┐
//!  merge: somebody brings commits    ├─► new key, durable ─► notice ─► (merge goes on)
//!         of the replica's own key ──┘
//! ```
//!
//! A copy takes its key when it is opened, not when it first writes: so `author` and the notice
//! name it at once, and no later path can forget to. A key under which nothing is written leaves no
//! trace in the log.
//!
//! **Invariants**
//! - The new key is durable before what showed the need for it is stored. Otherwise a crash in
//!   between would leave a chain that looks like this replica's own, up to a tip it never wrote.
//! - Nothing is staged while the key is replaced: what was written under the one before is durable.
//! - The key given up is nowhere; its commits stay held and applied.
//! - The first commit of the new key names all heads, the old key's tips among them.
//!
//! What this does not do: notice a directory put back into the same files before it meets anybody.
//! What it writes then is a fork, which everybody reports and nobody loses anything by.

use crate::backing::Target;
use crate::merge::Arrival;
use crate::notice::Notice;
use crate::stage::Writer;
use std::collections::BTreeSet;
use std::io;
use woodland_format::{AuthorKey, CommitId, verify_commit};
use woodland_log::{Log, Tip};
use woodland_store::{AppendError, RenewError};

/// No other author key could be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IncarnationError {
    /// The key could not be stored.
    #[error(transparent)]
    Store(#[from] RenewError),
    /// The system gave no randomness.
    #[error("the system gave no randomness for a key: {0}")]
    Entropy(#[from] io::Error),
}

impl Writer {
    /// Takes a new author key.
    pub(crate) fn renew(&mut self) -> Result<AuthorKey, IncarnationError> {
        let key = self.keys.author()?;
        match &self.target {
            Target::Written(store, _) => {
                self.settle_staged().map_err(|error| match error {
                    AppendError::Disk(error) => RenewError::Disk(error),
                    _ => RenewError::Poisoned,
                })?;
                store.renew(&key)?;
            }
            Target::Begun(_) | Target::ReadOnly(_) => {}
            Target::Lost(_) => return Err(RenewError::Poisoned.into()),
        }
        let author = key.author();
        (self.key, self.tip) = (key, None);
        Ok(author)
    }

    /// Gives the key up if what arrives shows that it is in use elsewhere.
    ///
    /// `before` and `after` are the log without and with what arrives.
    pub(crate) fn defend(
        &mut self,
        before: &Log,
        after: &Log,
        arrived: &[(AuthorKey, Tip)],
        arrival: &Arrival,
    ) -> Result<Option<Notice>, IncarnationError> {
        let retired = self.key.author();
        let own = arrived.iter().filter(|(author, _)| *author == retired).map(|(_, tip)| *tip);
        let own: Vec<Tip> = own.chain(arrival.signed_by(&retired, before)).collect();
        #[cfg(planted)]
        let own = match self.tip.and_then(|id| tip_of(before, &id)) {
            Some(tip) if woodland_format::planted::is("own-lower-seqs-ignored") => {
                own.into_iter().filter(|it| it.seq > tip.seq).collect()
            }
            _ => own,
        };
        if own.is_empty() {
            return Ok(None);
        }
        let tip = self.tip.and_then(|id| tip_of(before, &id));
        let fork = after.new_forks(before).into_iter().find(|fork| fork.author == retired);
        let author = self.renew()?;
        Ok(Some(match fork {
            Some(fork) => {
                let proof = after.fork_proof(&fork).map(Box::new);
                Notice::ForkedSelf { fork, proof, tip, author }
            }
            None => Notice::Behind { retired, tip, found: latest(&own, after), author },
        }))
    }
}

/// The tip with this id.
pub(crate) fn tip_of(log: &Log, id: &CommitId) -> Option<Tip> {
    log.get(id).map(|commit| Tip { seq: commit.seq(), id: commit.id() })
}

/// Of commits of one author, those that no other of them follows, as far as the log knows.
fn latest(tips: &[Tip], log: &Log) -> Vec<Tip> {
    let backlinks: BTreeSet<CommitId> =
        tips.iter().filter_map(|tip| log.get(&tip.id)?.backlink()).collect();
    let last = tips.iter().filter(|tip| !backlinks.contains(&tip.id)).copied();
    last.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Arrival {
    /// Commits of this author that are not held and that it signed, whether they can be admitted
    /// yet or not. Of a log, what arrives says the same.
    fn signed_by(&self, author: &AuthorKey, before: &Log) -> Vec<Tip> {
        let Arrival::Segments { segments, .. } = self else { return Vec::new() };
        let mut signed = Vec::new();
        for segment in segments.iter().filter(|segment| segment.head.author == *author) {
            let new = segment.points.iter().filter(|point| !before.contains(&point.commit));
            let by_author = new.filter(|it| verify_commit(author, &it.commit, &it.signature));
            let points: BTreeSet<_> = by_author.map(|point| point.commit).collect();
            if points.is_empty() {
                continue;
            }
            let commits = segment.commits().filter(|commit| points.contains(&commit.id()));
            signed.extend(commits.map(|commit| Tip { seq: commit.seq(), id: commit.id() }));
        }
        signed
    }
}

#[cfg(test)]
#[cfg(feature = "files")]
mod tests {
    use crate::keys::Keys;
    use crate::start::{found, reopen};
    use crate::{Model, Record, Replica, define};
    use std::sync::Arc;
    use woodland_store::{Disk, MemoryDisk, PowerCut, Unsynced};

    #[derive(Record)]
    struct Word {
        word: String,
    }

    fn model() -> Model {
        define().record::<Word>().model().expect("a model")
    }

    fn write(replica: &Replica, word: &str) {
        replica.write(|b| b.insert(&Word { word: word.into() })).expect("written");
    }

    fn open(disk: &MemoryDisk, seed: u64) -> Replica {
        let memory = crate::options::Memory::default();
        let keys = Keys::seeded(seed);
        reopen(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &model(), keys, memory).expect("opened")
    }

    /// A rolled-back image meets a peer that knows more, and the power is cut anywhere in that
    /// merge; the original, which goes on, and what is opened again then never write in one place.
    #[test]
    fn a_cut_in_the_merge_that_shows_it_leaves_no_key_in_use_twice() {
        let disk = MemoryDisk::new();
        let original =
            found(Arc::new(disk.clone()), &model(), Keys::seeded(1), false, &Default::default())
                .expect("founded");
        write(&original, "saved");
        let saved = disk.image();
        write(&original, "synced");
        let (peer, _) = Replica::join_in_memory(model(), &original, 2).expect("joined");
        write(&original, "kept to itself");
        let known = peer.snapshot().log().len();
        let retired = original.author();
        let count = {
            let (disk, before) = (saved.image(), saved.calls());
            let replica = open(&disk, 3);
            replica.merge(&peer).expect("merged");
            disk.calls() - before
        };
        let (mut lacking, mut holding) = (0, 0);
        for call in 1..=count {
            for names in [Unsynced::Lost, Unsynced::Kept] {
                for bytes_kept in [0, 20, 60, 300, usize::MAX] {
                    let disk = saved.image();
                    let replica = open(&disk, 3);
                    disk.power_off_at_call(call);
                    let merged = replica.merge(&peer);
                    drop(replica);
                    let cut = PowerCut { names, lengths: Unsynced::Lost, bytes_kept };
                    let again = open(&disk.after_power_cut(cut), 4);
                    let holds = again.snapshot().log().len() == known;
                    assert!(holds || merged.is_err(), "what was acknowledged is there");
                    if !holds {
                        lacking += 1;
                        again.merge(&peer).expect("merged");
                    } else {
                        holding += 1;
                    }
                    assert_ne!(again.author(), retired, "call {call}, {cut:?}");
                    write(&again, "after");
                    again.merge(&original).expect("merged");
                    assert!(again.snapshot().log().forks().is_empty(), "call {call}, {cut:?}");
                    assert_eq!(again.snapshot().all::<Word>().expect("readable").len(), 4);
                }
            }
        }
        assert!(lacking > 0 && holding > 0, "the cuts meet both: {lacking} {holding}");
    }
}
