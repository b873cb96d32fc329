//! Words, each by one thread, in its order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use woodland::{Disk, Durability, Merged, Model, Options, Record, Replica, Snapshot, define};
use woodland_format::{SecretKey, encode_segment};
use woodland_log::Frontier;
use woodland_store::{Store, StoreOptions};

#[derive(Record, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) thread: i64,
    pub(crate) number: i64,
}

pub(crate) fn model() -> Model {
    define().record::<Word>().model().expect("a model")
}

pub(crate) fn founded(disk: impl Disk + 'static, seed: u64) -> Replica {
    Replica::create(Options::on(Arc::new(disk)).seed(seed), model()).expect("founded")
}

pub(crate) fn opened(disk: impl Disk + 'static, seed: u64) -> Replica {
    Replica::open(Options::on(Arc::new(disk)).seed(seed), model()).expect("opened")
}

/// Who reads the directory as another process would.
pub(crate) fn read_beside(disk: impl Disk + 'static) -> Replica {
    Replica::open(Options::on(Arc::new(disk)).read_only(), model()).expect("it is readable")
}

/// Another replica of the same dataset, in memory.
pub(crate) fn joined(replica: &Replica, seed: u64) -> (Replica, Merged) {
    Replica::join_in_memory(model(), replica, seed).expect("joined")
}

/// A dataset whose segment files are full after a few words.
pub(crate) fn in_small_files(disk: impl Disk + 'static) {
    let founded = Replica::in_memory(model(), 1).expect("founded");
    let log = founded.snapshot().log().clone();
    let options = StoreOptions { segment_file_bytes_max: 2000 };
    let key = SecretKey::from_seed([2; 32]);
    let store = Store::create(Arc::new(disk), log.dataset(), &key, &options).expect("created");
    for run in log.chains(&Frontier::new()) {
        let segment = encode_segment(log.dataset(), &run, |one| log.signature(&one.id()));
        store.append(&[segment]).expect("appended");
    }
}

/// Whether word `number` of `thread` was acknowledged.
pub(crate) fn write(replica: &Replica, durability: Durability, thread: i64, number: i64) -> bool {
    replica.write_with(durability, |b| b.insert(&Word { thread, number })).is_ok()
}

/// All words, in the order in which they were written.
pub(crate) fn words(snapshot: &Snapshot) -> Vec<(i64, i64)> {
    let all = snapshot.all::<Word>().expect("readable");
    let fields: Vec<_> = all.iter().map(|(word, _)| (*word, Word::NUMBER)).collect();
    let order = snapshot.log().order().enumerate();
    let places: HashMap<_, _> = order.map(|(place, (_, commit))| (commit.id(), place)).collect();
    let histories = snapshot.explain(&fields);
    let placed = all.iter().zip(&histories).map(|((_, word), history)| {
        let written = history.first().expect("a word was written once");
        (places[&written.commit], (word.thread, word.number))
    });
    let placed: BTreeMap<_, _> = placed.collect();
    placed.into_values().collect()
}
