//! A small dataset: one author's chain, a segment for each commit.

use std::sync::Arc;
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, Op, Payload, Position, Schema, SchemaChange, SecretKey,
    encode_segment,
};
use woodland_store::{Disk, MemoryDisk, OpenError, Opened, Store, StoreOptions};

pub(crate) const HEADS: &str = "heads";
pub(crate) const FIRST: &str = "segments/00000001.wls";

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

pub(crate) struct Sample {
    pub(crate) dataset: DatasetId,
    pub(crate) segments: Vec<Vec<u8>>,
    pub(crate) ids: Vec<CommitId>,
}

/// A chain of `count` commits.
pub(crate) fn sample(count: usize) -> Sample {
    let key = key();
    let schema = Schema { types: vec![] };
    let position = Position::Founding {
        author: key.author(),
        nonce: [7; 32],
        schema: schema.id(),
        certificate: None,
    };
    let payload = Payload::of(vec![Op::Schema(schema)]);
    let draft = Draft { position, turn: 0, parents: vec![], payload };
    let mut commits = vec![Commit::seal(key.author(), draft).expect("founding")];
    while commits.len() < count {
        let last = &commits[commits.len() - 1];
        let (backlink, seq) = (last.id(), last.seq() + 1);
        let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
        let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(vec![]) };
        commits.push(Commit::seal(key.author(), draft).expect("next"));
    }
    let dataset = DatasetId::from(commits[0].id());
    let segment = |commit: &Commit| encode_segment(dataset, std::slice::from_ref(commit), |_| None);
    let segments = commits.iter().map(segment).collect();
    Sample { dataset, segments, ids: commits.iter().map(Commit::id).collect() }
}

/// So small that a file holds two segments.
pub(crate) fn small_files() -> StoreOptions {
    StoreOptions { segment_file_bytes_max: 300 }
}

pub(crate) fn create(disk: &MemoryDisk, sample: &Sample, options: &StoreOptions) -> Store {
    Store::create(shared(disk), sample.dataset, &key(), options).expect("create")
}

pub(crate) fn shared(disk: &MemoryDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

pub(crate) fn open(disk: &MemoryDisk) -> Result<Opened, OpenError> {
    Store::open(shared(disk))
}

pub(crate) fn ids(opened: &Opened) -> Vec<CommitId> {
    let commits = opened.segments.iter().flat_map(|stored| stored.segment.commits());
    commits.map(|commit| commit.id()).collect()
}

/// A memory disk with all of the sample appended, each segment by itself.
pub(crate) fn filled(sample: &Sample, options: &StoreOptions) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let store = create(&disk, sample, options);
    for segment in &sample.segments {
        store.append(std::slice::from_ref(segment)).expect("append");
    }
    disk
}
