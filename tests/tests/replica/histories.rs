//! Random histories reach replicas as log files, cut and shuffled, and give what the oracle says.
//!
//! **Invariants**
//! - The schema of the random histories has a kind that no program has, which the facade refuses.
//!   Here they are sealed anew under the same schema without its odd type; what edits that type
//!   is void.

use crate::by_hand::write_file;
use crate::notes::{folder, says, told};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use woodland::Replica;
use woodland_format::{
    Commit, CommitId, Header, Op, Payload, Position, Schema, SchemaChange, encode_segment,
    payload_hash,
};
use woodland_tests::histories::{History, Recipe, Rng, founding_schema};
use woodland_tests::oracle::Oracle;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The schema of the random histories without its odd types.
pub(crate) fn plain_schema() -> Schema {
    let mut schema = founding_schema();
    schema.types.retain(|one| !one.name.starts_with("Odd"));
    schema
}

/// The history under the plain schema.
pub(crate) fn plain(history: &History) -> History {
    let mut ids = BTreeMap::<CommitId, CommitId>::new();
    let mut commits = Vec::new();
    for commit in &history.commits {
        let payload = commit.payload().map(plain_payload);
        let mut header = Header {
            position: plain_position(&commit.header().position, &ids),
            parents: commit.parents().iter().map(|id| ids[id]).collect(),
            ..commit.header().clone()
        };
        header.parents.sort_unstable();
        if let Some(payload) = &payload {
            header.payload_hash = payload_hash(payload);
            header.payload_bytes = u32::try_from(payload.len()).expect("a small payload");
        }
        let sealed = Commit::new(commit.author(), header, payload.map(Vec::into_boxed_slice));
        let sealed = sealed.expect("as good as it was");
        ids.insert(commit.id(), sealed.id());
        commits.push(sealed);
    }
    let (keys, seed) = (history.keys.clone(), history.seed);
    History { commits, keys, seed, schema: plain_schema() }
}

fn plain_payload(bytes: &[u8]) -> Vec<u8> {
    let Ok(mut payload) = Payload::decode(bytes) else { return bytes.to_owned() };
    for op in &mut payload.ops {
        if *op == Op::Schema(founding_schema()) {
            *op = Op::Schema(plain_schema());
        }
    }
    payload.encode()
}

fn plain_position(position: &Position, ids: &BTreeMap<CommitId, CommitId>) -> Position {
    let named = |id| if id == founding_schema().id() { plain_schema().id() } else { id };
    match position.clone() {
        Position::Founding { author, nonce, schema, certificate } => {
            Position::Founding { author, nonce, schema: named(schema), certificate }
        }
        Position::First { author, dataset, schema, certificate } => {
            let (dataset, schema) = (ids[&dataset.founding()].into(), named(schema));
            Position::First { author, dataset, schema, certificate }
        }
        Position::Next { backlink, seq, schema } => {
            let schema = match schema {
                SchemaChange::Keep => SchemaChange::Keep,
                SchemaChange::Adopt(id) => SchemaChange::Adopt(named(id)),
                SchemaChange::Introduce(id) => SchemaChange::Introduce(named(id)),
            };
            Position::Next { backlink: ids[&backlink], seq, schema }
        }
        Position::Owned { author, nonce, schema, certificate } => {
            Position::Owned { author, nonce, schema: named(schema), certificate }
        }
        Position::Rights { backlink, seq, change } => {
            Position::Rights { backlink: ids[&backlink], seq, change }
        }
    }
}

/// Log files with random segments of the history, some twice; the first has the founding commit.
fn files(history: &History, rng: &mut Rng, folder: &Path) -> Vec<PathBuf> {
    let mut segments = Vec::new();
    let mut founding = None;
    for run in history.segments(rng) {
        let last = run.last().map(Commit::id);
        let signed: Vec<_> = run.iter().map(|one| rng.chance(30).then_some(one.id())).collect();
        let bytes = encode_segment(history.dataset(), &run, |commit| {
            let is_signed = signed.contains(&Some(commit.id())) || Some(commit.id()) == last;
            is_signed.then(|| history.point(commit).signature)
        });
        match run[0].id() == history.commits[0].id() {
            true => founding = Some(bytes),
            false => segments.extend(std::iter::repeat_n(bytes, 1 + rng.below(5) / 4)),
        }
    }
    rng.shuffle(&mut segments);
    let mut paths = Vec::new();
    let mut left = &segments[..];
    let mut head: Vec<Vec<u8>> = founding.into_iter().collect();
    while !head.is_empty() || !left.is_empty() {
        let (taken, rest) = left.split_at((1 + rng.below(4)).min(left.len()));
        head.extend_from_slice(taken);
        rng.shuffle(&mut head);
        let path = folder.join(format!("{}.wll", paths.len()));
        write_file(&path, history.dataset(), &head);
        paths.push(path);
        (head, left) = (Vec::new(), rest);
    }
    paths
}

/// One replica: joins from the first file, is given the others in any order, some twice.
fn arrives(replica: &Replica, files: &[PathBuf], rng: &mut Rng) -> Result<(), String> {
    let mut order: Vec<&PathBuf> = files.iter().chain(files.iter().take(2)).collect();
    rng.shuffle(&mut order);
    let mut waiting = 0;
    for path in order {
        let merged = replica.merge(path).map_err(|error| error.to_string())?;
        if !merged.refused.is_empty() || !merged.damage.is_empty() {
            return Err(format!("{merged:?}"));
        }
        waiting = merged.waiting;
    }
    if waiting == 0 { Ok(()) } else { Err(format!("{waiting} commits wait")) }
}

fn agrees(oracle: &Oracle, replica: &Replica) -> Result<(), String> {
    woodland_tests::agreement::compare(oracle, replica.snapshot().graph())
}

fn check(history: &History, rng: &mut Rng) -> Result<(), String> {
    let folder = folder();
    let oracle = Oracle::of(&history.commits);
    let schema = plain_schema();
    let files = files(history, rng, folder.path());
    if history.commits[0].payload().is_none() {
        let joined = Replica::join_in_memory(&schema, &files[0], 1);
        says("erased", &told(joined), &["the founding commit carries no schema"]);
        return Ok(());
    }
    let say = |what: &'static str| move |error| format!("{what}: {error}");
    let path = folder.path().join("replica");
    let (on_disk, _) = Replica::join(&path, &schema, &files[0]).map_err(|e| e.to_string())?;
    arrives(&on_disk, &files[1..], rng).map_err(say("on disk"))?;
    agrees(&oracle, &on_disk).map_err(say("on disk"))?;

    // Cut otherwise, and the other way round.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).map_err(|error| error.to_string())?;
    let cut = self::files(history, rng, &other);
    let joined = Replica::join_in_memory(&schema, &cut[0], 1).map_err(|error| error.to_string())?;
    arrives(&joined.0, &cut[1..], rng).map_err(say("in memory"))?;
    agrees(&oracle, &joined.0).map_err(say("in memory"))?;
    drop(on_disk);
    let again = Replica::open(&path, &schema).map_err(|error| error.to_string())?;
    agrees(&oracle, &again).map_err(say("opened again"))?;

    let whole = folder.path().join("whole.wll");
    again.export(&whole).map_err(|error| error.to_string())?;
    let (exported, merged) =
        Replica::join_in_memory(&schema, &whole, 2).map_err(|error| error.to_string())?;
    assert_eq!(merged.waiting, 0, "an export is whole");
    agrees(&oracle, &exported).map_err(say("exported"))
}

fn converge(name: &str, recipe: &Recipe, histories: u64) {
    let first = setting("WOODLAND_SEED", 1);
    let count = setting("WOODLAND_HISTORIES", histories);
    println!("{name}: {count} histories from WOODLAND_SEED={first} on");
    for seed in first..first + count {
        let mut rng = Rng::from_seed(seed ^ 0xf11e);
        if let Err(error) = check(&plain(&History::by(recipe, seed)), &mut rng) {
            panic!("{name}, WOODLAND_SEED={seed}: {error}");
        }
    }
}

#[test]
fn histories_of_everything_converge() {
    converge("everything", &Recipe { fork_percent: 4, ..Recipe::default() }, 24);
}

#[test]
fn histories_of_text_converge() {
    converge("text", &Recipe::texts(), 12);
}

#[test]
fn histories_with_payloads_of_a_newer_release_converge() {
    let recipe = Recipe { newer_format_percent: 4, unreadable_percent: 3, ..Recipe::default() };
    converge("newer formats", &recipe, 8);
}

#[test]
fn a_schema_with_an_unknown_kind_is_refused() {
    let started = Replica::in_memory(founding_schema(), 1);
    says(
        "kind",
        &told(started),
        &["field Odd@1.gauge is of kind gauge", "which this program lacks"],
    );
}
