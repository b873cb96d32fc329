//! The same commits arrive in every order: the same log, the same graph, and nothing is missed.
//!
//! ```text
//!  base ─┬─ one          writes
//!        ├─ other        writes
//!        └─ other again  the same key, from the same image: a fork
//! ```
//!
//! What comes last of one comes as bytes, too, before what it stands on, which a replica brings.
//!
//! **Invariants**
//! - Every round has an author who forked at the same place of their chain, so that clocks agree
//!   where commits differ.
//!
//! What this does not do: lose or delay; the simulated world does.

use super::actor::{Note, model};
use super::disk::ScriptedDisk;
use super::row::{Tally, Tier};
use super::sample::Numbers;
use std::collections::BTreeSet;
use woodland::{CommitId, Log, Options, Replica};
use woodland_format::{FileHeader, Purpose, encode_segment};

/// The orders in which three logs can come.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Rounds from seeds, each in every order, some things twice.
pub(super) fn arrivals(tier: Tier, tally: &mut Tally) {
    tally.seeds(tier.choose(12, 400), round);
}

fn write(replica: &Replica, numbers: &mut Numbers) -> Result<(), String> {
    for _ in 0..1 + numbers.below(3) {
        let note = Note::titled(&numbers.below(1_000).to_string());
        replica.write(|batch| batch.insert(&note)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn round(seed: u64) -> Result<u64, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let mut numbers = Numbers(seed);
    let base = Replica::in_memory(model(), 3 * seed).map_err(|e| said(&e))?;
    write(&base, &mut numbers)?;
    let (one, _) = Replica::join_in_memory(model(), &base, 3 * seed + 1).map_err(|e| said(&e))?;
    write(&one, &mut numbers)?;
    let (behind, _) = Replica::join_in_memory(model(), &one, 5_000 + seed).map_err(|e| said(&e))?;
    write(&one, &mut numbers)?;
    brought_in_two_ways(seed, &base, &one, &behind)?;
    let disk = ScriptedDisk::empty();
    let options = Options::on(disk.shared()).seed(3 * seed + 2);
    let (other, _) = Replica::join(options, model(), &base).map_err(|e| said(&e))?;
    write(&other, &mut numbers)?;
    drop(other);
    // Two handles of one image: what no store can notice.
    let twins = [ScriptedDisk::of(disk.image()), ScriptedDisk::of(disk.image())];
    let open = |disk: &ScriptedDisk, seed| {
        Replica::open(Options::on(disk.shared()).seed(seed), model()).map_err(|e| said(&e))
    };
    let (twin, again) = (open(&twins[0], 1_000 + seed)?, open(&twins[1], 2_000 + seed)?);
    for replica in [&twin, &again] {
        let note = Note::titled(&numbers.below(1_000).to_string());
        replica.write(|batch| batch.insert(&note)).map_err(|e| said(&e))?;
    }
    let logs: Vec<Log> =
        [&one, &twin, &again].map(|replica| replica.snapshot().log().clone()).into();
    let mut first: Option<(Vec<CommitId>, woodland::Digest)> = None;
    for order in ORDERS {
        let (reader, _) =
            Replica::join_in_memory(model(), &base, 9_000 + seed).map_err(|e| said(&e))?;
        let sources = [&one, &twin, &again];
        for at in order.into_iter().chain([order[0]]) {
            reader.merge(sources[at]).map_err(|e| said(&e))?;
        }
        let snapshot = reader.snapshot();
        let shown =
            (snapshot.log().order().map(|(_, commit)| commit.id()).collect(), snapshot.digest());
        whole(snapshot.log(), &logs)?;
        match &first {
            None => first = Some(shown),
            Some(first) if *first == shown => {}
            Some(_) => return Err(format!("arriving as {order:?} gives another graph")),
        }
    }
    took_another_key(&twin, &again)?;
    Ok(ORDERS.len() as u64)
}

/// Of two who write under one key, the one that hears of it stops.
fn took_another_key(twin: &Replica, again: &Replica) -> Result<(), String> {
    let author = again.author();
    again.merge(twin).map_err(|error| error.to_string())?;
    match again.author() == author {
        true => Err(format!("{author} is in use elsewhere, and goes on being used")),
        false => Ok(()),
    }
}

/// The end of a log comes as bytes, and waits; then a replica brings the rest, and not the end.
fn brought_in_two_ways(
    seed: u64,
    base: &Replica,
    ahead: &Replica,
    behind: &Replica,
) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let (reader, _) =
        Replica::join_in_memory(model(), base, 7_000 + seed).map_err(|error| said(&error))?;
    let (all, known) = (ahead.snapshot(), behind.snapshot());
    let (log, since) = (all.log(), known.log().frontier());
    let header = FileHeader { purpose: Purpose::Log, dataset: log.dataset() };
    let mut bytes = header.encode().to_vec();
    for chain in log.chains(&since) {
        bytes.extend(encode_segment(log.dataset(), &chain, |one| log.signature(&one.id())));
    }
    let waits = reader.merge(&bytes[..]).map_err(|error| said(&error))?;
    if waits.waiting == 0 {
        return Err("what comes before its past does not wait".to_owned());
    }
    reader.merge(behind).map_err(|error| said(&error))?;
    whole(reader.snapshot().log(), std::slice::from_ref(log))
}

/// All that any of these holds is there, vouched for, and named to whoever lacks it.
fn whole(merged: &Log, logs: &[Log]) -> Result<(), String> {
    for log in logs {
        let lacking = log.order().find(|(_, commit)| !merged.contains(&commit.id()));
        if let Some((_, commit)) = lacking {
            return Err(format!("{} was merged and is not there", commit.id()));
        }
        let told: BTreeSet<CommitId> =
            merged.since(&log.frontier()).map(|(_, commit)| commit.id()).collect();
        let missed = merged
            .order()
            .find(|(_, commit)| !log.contains(&commit.id()) && !told.contains(&commit.id()));
        if let Some((_, commit)) = missed {
            return Err(format!("{} is lacking and was not named", commit.id()));
        }
    }
    let vouched: usize =
        merged.chains(&woodland_log::Frontier::new()).map(|chain| chain.len()).sum();
    if vouched as u64 != merged.len() {
        return Err(format!("{vouched} of {} commits are vouched for", merged.len()));
    }
    Ok(())
}
