//! What the attacks start from: random histories cut into log files, recorded logs, and a few
//! inputs at the edge of what is allowed. Made once for all targets.
//!
//! **Invariants**
//! - It does not depend on a run's seed: an execution is named by the run's seed and its number.
//! - Most inputs are small, so that a run tries many.

use crate::fuzz::edits;
use crate::fuzz::segments::{Keys, file};
use crate::fuzz::shapes::Configs;
use crate::fuzz::stores::{directories, unpack};
use crate::histories::{History, Recipe, Rng};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use woodland_format::{Commit, DatasetId, Header, Op, Payload, Position, Purpose, payload_hash};
use woodland_format::{SchemaChange, SecretKey, encode};
use woodland_log::Log;

/// How many histories there are.
const HISTORIES: u64 = 48;
/// Commits of the chain that holds next to nothing.
const EMPTY_COMMITS: usize = 3_000;

/// What the attacks start from.
#[derive(Debug)]
pub struct Corpus {
    pub(crate) histories: Vec<History>,
    pub(crate) keys: Keys,
    /// Log files.
    pub(crate) files: Vec<Vec<u8>>,
    /// Log files that are long for what they hold, or hold much for their length.
    pub(crate) edges: Vec<Vec<u8>>,
    /// A log of the founding commit alone, by dataset.
    pub(crate) founded: HashMap<DatasetId, Log>,
    pub(crate) configs: Configs,
    /// Certificates.
    pub(crate) words: Vec<Vec<u8>>,
    /// A sound directory, of which the attacks replace a file.
    pub(crate) sound: Vec<u8>,
    /// Where the dump's files are written.
    pub(crate) folder: tempfile::TempDir,
}

impl Corpus {
    /// Makes it.
    ///
    /// # Panics
    /// When the recorded logs or a temporary folder are not there.
    pub fn new() -> Self {
        let histories: Vec<History> = (0..HISTORIES).map(history).collect();
        let mut keys = Keys::default();
        let mut founded = HashMap::new();
        for history in &histories {
            keys.extend(&history.keys);
            let founding = history.commits[0].clone();
            founded.insert(history.dataset(), Log::found(founding).expect("it founds"));
        }
        let mut files: Vec<Vec<u8>> = Vec::new();
        for history in &histories {
            for cut in 0..2 {
                let mut rng = Rng::from_seed(history.seed ^ cut << 32);
                files.push(cut_up(history, &mut rng, &keys));
            }
        }
        files.extend(recorded());
        let edges = vec![chain_of_nothing(&keys, false), chain_of_nothing(&keys, true)];
        // In memory where that is possible: a page is read from a file, millions of times.
        let in_memory = tempfile::tempdir_in("/dev/shm");
        let folder = in_memory.or_else(|_| tempfile::tempdir()).expect("a temporary folder");
        let mut corpus = Corpus {
            histories,
            keys,
            files,
            edges,
            founded,
            configs: Configs::sound(),
            words: edits::some(64, |rng| encode(&edits::word(rng, [3; 32]))),
            sound: Vec::new(),
            folder,
        };
        let packed = directories(&corpus);
        // Of several files, so that `closed` has something to say; and short, since it is read with
        // every input.
        let files_and_bytes = |one: &&Vec<u8>| (unpack(one).len(), Reverse(one.len()));
        let chosen = packed.iter().max_by_key(files_and_bytes).expect("there are directories");
        corpus.sound.clone_from(chosen);
        corpus
    }

    /// Every commit of the histories.
    pub(crate) fn commits(&self) -> impl Iterator<Item = &Commit> {
        self.histories.iter().flat_map(|history| &history.commits)
    }

    /// Every op of the histories.
    pub(crate) fn ops(&self) -> Vec<Op> {
        let payloads = self.commits().filter_map(Commit::payload);
        payloads.filter_map(|bytes| Payload::decode(bytes).ok()).flat_map(|one| one.ops).collect()
    }
}

impl Default for Corpus {
    fn default() -> Self {
        Corpus::new()
    }
}

fn history(seed: u64) -> History {
    let small = Recipe {
        authors: 1..=3,
        batches: if seed.is_multiple_of(4) { 2..=8 } else { 2..=3 },
        ops_max: 4,
        unreadable_percent: 3,
        schema_change_percent: 15,
        fork_percent: 12,
        odd_op_percent: 15,
        newer_format_percent: if seed % 8 == 7 { 10 } else { 0 },
        ..Recipe::default()
    };
    History::by(&small, 0xa77a + seed)
}

/// A log file of the history in random segments.
pub(crate) fn cut_up(history: &History, rng: &mut Rng, keys: &Keys) -> Vec<u8> {
    let runs = history.segments(rng);
    let salt = rng.number();
    file(Purpose::Log, history.dataset(), &runs, keys, |commit| {
        (u64::from(commit.id().0[0]) ^ salt).is_multiple_of(8)
    })
}

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("logs")
}

fn recorded() -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(logs())
        .expect("the recorded logs")
        .map(|entry| entry.expect("a recorded log").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wll"))
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a recorded log")).collect()
}

/// A chain whose commits take as few bytes as commits can: payloads of no bytes at all, or of a
/// batch without ops.
fn chain_of_nothing(keys: &Keys, is_batch: bool) -> Vec<u8> {
    let key = SecretKey::from_seed([0xed; 32]);
    let history = history(0);
    let founding = Commit::new(
        key.author(),
        Header {
            position: Position::Founding {
                author: key.author(),
                nonce: [1; 32],
                schema: history.schema.id(),
                certificate: None,
            },
            ..history.commits[0].header().clone()
        },
        history.commits[0].payload().map(Into::into),
    );
    let mut run = vec![founding.expect("as good as the history's")];
    let payload = if is_batch { Payload::of(vec![]).encode() } else { vec![] };
    while run.len() < EMPTY_COMMITS {
        let last = &run[run.len() - 1];
        let header = Header {
            position: Position::Next {
                backlink: last.id(),
                seq: last.seq() + 1,
                schema: SchemaChange::Keep,
            },
            payload_hash: payload_hash(&payload),
            payload_bytes: u32::try_from(payload.len()).expect("a small payload"),
            ..last.header().clone()
        };
        let next = Commit::new(key.author(), header, Some(payload.clone().into_boxed_slice()));
        run.push(next.expect("a chain of nothing keeps the rules"));
    }
    file(Purpose::Log, run[0].id().into(), &[run], keys, |_| false)
}
