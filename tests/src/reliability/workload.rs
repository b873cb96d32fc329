//! The scripted workloads: what a store and a replica are asked to do while the disk fails.
//!
//! **Invariants**
//! - A workload played on a disk that does not fail always leaves the same journal.
//! - Among them, every act that changes a dataset directory is there.
//!
//! What this does not do: play itself; `actor` does.

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes a store.
    Create {
        /// A file that has reached this length is followed by another.
        segment_file_bytes_max: u64,
    },
    /// Appends segments of commits with payloads of these lengths, together.
    Append(Vec<usize>),
    /// Gives segments to the system, together, and does not ask for them to be durable.
    HandOver(Vec<usize>),
    /// Makes all durable that was handed over.
    Flush,
    /// Stages segments one by one, as if many callers did, and settles all.
    Group(Vec<usize>),
    /// Puts bytes behind the end, as a write that was cut short leaves them.
    Garbage(usize),
    /// The directory is on another device from now on.
    Copy,
    /// Takes another key.
    Renew,
    /// Merges small segments and files until there is nothing more to merge.
    Maintain,
    /// Closes and opens again.
    Reopen,
    /// Founds a replica.
    Found,
    /// Founds a replica whose segment files are followed by others at this length.
    FoundIn {
        /// The length.
        segment_file_bytes_max: u64,
    },
    /// Writes one note of this length.
    Write(usize),
    /// Writes one note of this length, and does not ask for it to be durable.
    WriteBuffered(usize),
    /// Makes all durable that the replica was given.
    FlushReplica,
    /// The replica merges small segments and files until there is nothing more to merge.
    MaintainReplica,
    /// A peer joins, writes so many notes, and is merged.
    Merge(usize),
    /// Begins a branch, or opens it.
    Branch,
    /// Writes one note to the branch.
    WriteBranch,
    /// Merges the branch.
    MergeBranch,
}

/// A named sequence of acts.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name in reports.
    pub name: &'static str,
    /// What is done, in order, until something fails.
    pub acts: Vec<Act>,
}

const LARGE_FILE: Act = Act::Create { segment_file_bytes_max: 64 * 1024 * 1024 };

fn of_files(segment_file_bytes_max: u64) -> Act {
    Act::Create { segment_file_bytes_max }
}

fn singly(count: usize, bytes: usize) -> Vec<Act> {
    vec![Act::Append(vec![bytes]); count]
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in a column of a table")]
fn of(name: &'static str, acts: Vec<Vec<Act>>) -> Workload {
    Workload { name, acts: acts.concat() }
}

/// All of them, those of the store first.
pub fn workloads() -> Vec<Workload> {
    [appending(), keeping_in_shape(), replicas(), replicas_in_shape()].concat()
}

fn appending() -> Vec<Workload> {
    vec![
        of("create", vec![vec![LARGE_FILE]]),
        of("single", vec![vec![LARGE_FILE], singly(6, 40)]),
        of(
            "together",
            vec![vec![LARGE_FILE, Act::Append(vec![9, 90, 30]), Act::Append(vec![5; 4])]],
        ),
        of("roll-over", vec![vec![of_files(1)], singly(4, 20)]),
        of(
            "roll-over-reopened",
            vec![vec![of_files(700)], singly(4, 60), vec![Act::Reopen], singly(4, 60)],
        ),
        of("large", vec![vec![LARGE_FILE], singly(1, 10), singly(1, 64 * 1024), singly(1, 10)]),
        of("group", vec![vec![LARGE_FILE, Act::Group(vec![20; 5]), Act::Group(vec![700, 3])]]),
        of(
            "buffered",
            vec![vec![
                of_files(900),
                Act::HandOver(vec![30]),
                Act::HandOver(vec![30, 40]),
                Act::Flush,
                Act::HandOver(vec![300]),
                Act::HandOver(vec![200]),
                Act::Append(vec![20]),
                Act::HandOver(vec![20]),
                Act::Reopen,
                Act::HandOver(vec![20]),
            ]],
        ),
    ]
}

fn keeping_in_shape() -> Vec<Workload> {
    vec![
        of(
            "maintained",
            vec![
                vec![of_files(400)],
                singly(7, 20),
                vec![Act::Maintain],
                singly(3, 60),
                vec![Act::HandOver(vec![9]), Act::Maintain, Act::Reopen],
                singly(6, 10),
                vec![Act::Maintain, Act::Reopen],
            ],
        ),
        of("medium", vec![vec![of_files(8 * 1024)], singly(5, 3_000)]),
        of(
            "torn",
            vec![
                vec![LARGE_FILE],
                singly(2, 40),
                vec![Act::Garbage(700), Act::Reopen],
                singly(2, 4),
                vec![Act::Garbage(30), Act::Reopen],
                singly(1, 4),
            ],
        ),
        of(
            "renewed",
            vec![
                vec![LARGE_FILE],
                singly(2, 20),
                vec![Act::Copy, Act::Reopen, Act::Renew],
                singly(2, 20),
                vec![Act::Renew, Act::Reopen],
            ],
        ),
    ]
}

fn replicas() -> Vec<Workload> {
    vec![
        of(
            "replica",
            vec![vec![Act::Found], vec![Act::Write(20); 4], vec![Act::Reopen, Act::Write(2_000)]],
        ),
        of(
            "replica-merged",
            vec![vec![Act::Found, Act::Write(10), Act::Merge(2), Act::Write(10), Act::Merge(1)]],
        ),
        of(
            "replica-copied",
            vec![vec![Act::Found, Act::Write(10), Act::Copy, Act::Reopen, Act::Write(10)]],
        ),
        of(
            "replica-buffered",
            vec![vec![
                Act::Found,
                Act::WriteBuffered(10),
                Act::WriteBuffered(600),
                Act::FlushReplica,
                Act::WriteBuffered(20),
                Act::Write(10),
                Act::WriteBuffered(5),
                Act::Reopen,
                Act::WriteBuffered(5),
                Act::Merge(1),
                Act::WriteBuffered(5),
            ]],
        ),
    ]
}

fn replicas_in_shape() -> Vec<Workload> {
    vec![
        of(
            "replica-maintained",
            vec![
                vec![Act::FoundIn { segment_file_bytes_max: 700 }],
                vec![Act::Write(60); 7],
                vec![Act::MaintainReplica, Act::Write(300), Act::WriteBuffered(9)],
                vec![Act::MaintainReplica, Act::Reopen, Act::Write(9), Act::MaintainReplica],
            ],
        ),
        of(
            "replica-branched",
            vec![vec![
                Act::Found,
                Act::Write(10),
                Act::Branch,
                Act::WriteBranch,
                Act::Write(10),
                Act::WriteBranch,
                Act::MergeBranch,
                Act::Reopen,
                Act::Branch,
                Act::WriteBranch,
            ]],
        ),
    ]
}
