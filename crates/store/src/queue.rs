//! The queue: segments on their way to the disk, and whose turn it is to bring them there.
//!
//! ```text
//!  stage ──► queue ──► [ a group, by whoever comes first ] ──► handed over ──► settled
//!            1 2 3       write once, sync once, flip once       written         acknowledged
//! ```
//!
//! There is no thread of the store's own. Who wants its segments on the disk and finds nobody at
//! it takes the writer, and a group of what is queued; who finds somebody waits, and is often done
//! when that one is.
//!
//! **Invariants**
//! - settled ≤ handed ≤ staged, as tickets; what lies between handed and staged is in the queue, in
//!   order.
//! - `writer` is absent exactly while somebody has the turn, or has panicked in it.
//! - Once poisoned, nobody takes a turn again, and nobody whose ticket is not settled hears of
//!   success.
//!
//! What this does not do: touch the disk.

use crate::disk::{Disk, DiskError};
use crate::heads::Heads;
use crate::limits::GROUP_BYTES_MAX;
use crate::writer::Writer;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Stands for what was staged up to some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub(crate) u64);

/// What is to stand in one file, one segment behind the other.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) segments: Vec<Vec<u8>>,
    pub(crate) bytes: u64,
}

/// How far everything has come.
#[derive(Debug)]
pub(crate) struct Progress {
    writer: Option<Writer>,
    /// What the newest acknowledged slot says.
    pub(crate) heads: Heads,
    queue: VecDeque<Append>,
    pub(crate) queued_bytes: u64,
    pub(crate) staged: u64,
    pub(crate) handed: u64,
    pub(crate) settled: u64,
    pub(crate) is_poisoned: bool,
}

/// The progress of one store, and who waits for it.
#[derive(Debug)]
pub(crate) struct Turns {
    progress: Mutex<Progress>,
    over: Condvar,
}

impl Progress {
    pub(crate) fn push(&mut self, append: Append) -> Ticket {
        self.queued_bytes += append.bytes;
        self.queue.push_back(append);
        self.staged += 1;
        Ticket(self.staged)
    }

    /// Whether nobody is at it.
    pub(crate) fn is_free(&self) -> bool {
        self.writer.is_some()
    }

    /// The next appends that go to the disk at once: into one file, and not too many bytes.
    pub(crate) fn take_group(&mut self) -> Vec<Append> {
        let Some(writer) = &self.writer else { return Vec::new() };
        let (start, full) = (writer.next_offset(), self.heads.segment_file_bytes_max);
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(next) = self.queue.front() {
            let has_room = bytes + next.bytes <= GROUP_BYTES_MAX && start + bytes < full;
            if !group.is_empty() && !has_room {
                break;
            }
            bytes += next.bytes;
            group.extend(self.queue.pop_front());
        }
        self.queued_bytes -= bytes;
        group
    }
}

impl Turns {
    pub(crate) fn new(writer: Writer) -> Self {
        let progress = Progress {
            heads: *writer.heads(),
            writer: Some(writer),
            queue: VecDeque::new(),
            queued_bytes: 0,
            staged: 0,
            handed: 0,
            settled: 0,
            is_poisoned: false,
        };
        Turns { progress: Mutex::new(progress), over: Condvar::new() }
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until whoever is at it is done.
    pub(crate) fn wait<'a>(&self, progress: MutexGuard<'a, Progress>) -> MutexGuard<'a, Progress> {
        self.over.wait(progress).unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn and does something to the disk, while others may stage. The store is poisoned
    /// unless that succeeds.
    pub(crate) fn turn<'a, T>(
        &'a self,
        mut progress: MutexGuard<'a, Progress>,
        disk: &dyn Disk,
        act: impl FnOnce(&mut Writer) -> Result<T, DiskError>,
    ) -> (MutexGuard<'a, Progress>, Result<T, DiskError>) {
        let mut writer = progress.writer.take().expect("a turn is taken when nobody has it");
        drop(progress);
        let watch = Watch(self);
        let result = writer.own_slot(disk).and_then(|()| act(&mut writer));
        std::mem::forget(watch);
        let mut progress = self.progress();
        if result.is_ok() {
            progress.heads = *writer.heads();
            progress.writer = Some(writer);
        } else {
            progress.poison();
        }
        self.over.notify_all();
        (progress, result)
    }
}

impl Progress {
    fn poison(&mut self) {
        self.is_poisoned = true;
        self.queue.clear();
        self.queued_bytes = 0;
    }
}

/// Sees to it that nobody waits for one who panicked.
struct Watch<'a>(&'a Turns);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.progress().poison();
        self.0.over.notify_all();
    }
}
