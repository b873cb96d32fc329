//! Words, each by one thread, in its order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use woodland::{Disk, Durability, Merged, Model, Options, Record, Replica, Snapshot, define};

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

/// Another replica of the same dataset, in memory.
pub(crate) fn joined(replica: &Replica, seed: u64) -> (Replica, Merged) {
    Replica::join_in_memory(model(), replica, seed).expect("joined")
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
