//! A recording cut into log files.
//!
//! **Invariants**
//! - A piece is a run of one author's commits; together an author's pieces are its whole chain.
//! - Some pieces end without a signature, so that their last commits wait for a later one. The last
//!   piece of a chain is signed, and so is the one with the founding commit: others stand on it.
//! - A signature stands at least as often as the format demands.
//!
//! What this does not do: decide in which order they are merged.

use crate::histories::Rng;
use crate::replay::recording::{Chain, Recording};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use woodland_format::limits::{SIGN_EVERY_BYTES, SIGN_EVERY_COMMITS};
use woodland_format::{Commit, CommitId, DatasetId, FileHeader, Purpose, encode_segment};

/// How often a piece ends without a signature, in percent.
const UNSIGNED_PERCENT: u64 = 30;

/// A log file with a piece of one author's chain.
pub(crate) struct Piece {
    pub(crate) path: PathBuf,
    bytes: u64,
}

/// All pieces of a recording.
pub(crate) struct Pieces {
    /// The one with the founding commit first.
    pub(crate) files: Vec<Piece>,
}

impl Pieces {
    /// Cuts into so many pieces, or as many as there are commits, or authors; writes them there.
    pub(crate) fn cut(
        recording: &Recording,
        pieces: usize,
        folder: &Path,
        rng: &mut Rng,
    ) -> Result<Pieces> {
        let header = FileHeader { purpose: Purpose::Log, dataset: recording.dataset() };
        let mut files = Vec::new();
        let cuts = cuts(&recording.chains, pieces, rng);
        for (chain, cuts) in recording.chains.iter().zip(cuts) {
            let signed = signed_commits(chain, &cuts, rng);
            let ends: Vec<usize> = cuts.iter().copied().chain([chain.commits.len()]).collect();
            let starts = [0].into_iter().chain(cuts);
            for (start, end) in starts.zip(ends) {
                let path = folder.join(format!("piece-{:04}.wll", files.len()));
                let mut bytes = header.encode().to_vec();
                bytes.extend(segment(header.dataset, chain, start..end, &signed));
                std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
                files.push(Piece { path, bytes: bytes.len() as u64 });
            }
        }
        Ok(Pieces { files })
    }

    /// The file with the founding commit.
    pub(crate) fn founding(&self) -> &Path {
        &self.files[0].path
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|piece| piece.bytes).sum()
    }

    /// An order in which every piece comes, about one in five twice.
    pub(crate) fn shuffled(&self, rng: &mut Rng) -> Vec<&Path> {
        let mut order: Vec<&Path> = self.files.iter().map(|piece| piece.path.as_path()).collect();
        let twice: Vec<&Path> = order.iter().copied().filter(|_| rng.chance(20)).collect();
        order.extend(twice);
        rng.shuffle(&mut order);
        order
    }
}

/// Does something with a log file of all that was recorded; removes it.
pub(crate) fn with_whole<T>(
    recording: &Recording,
    folder: &Path,
    act: impl FnOnce(&Path) -> Result<T>,
) -> Result<T> {
    let dataset = recording.dataset();
    let mut bytes = FileHeader { purpose: Purpose::Log, dataset }.encode().to_vec();
    for chain in &recording.chains {
        let last = chain.commits.last().map(Commit::id);
        bytes.extend(segment(dataset, chain, 0..chain.commits.len(), &last.into_iter().collect()));
    }
    let path = folder.join("recording.wll");
    let told = || path.display().to_string();
    std::fs::write(&path, &bytes).with_context(told)?;
    let done = act(&path)?;
    std::fs::remove_file(&path).with_context(told)?;
    Ok(done)
}

/// Of each chain, the commits before which it is cut, ascending.
fn cuts(chains: &[Chain], pieces: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let places = |chain: &Chain| chain.commits.len() - 1;
    let possible: usize = chains.iter().map(places).sum();
    // Where authors alone make pieces enough, some are cut all the same.
    let wanted = pieces.saturating_sub(chains.len()).max(pieces / 4).min(possible);
    let mut chosen = BTreeSet::new();
    while chosen.len() < wanted {
        chosen.insert(rng.below(possible));
    }
    let mut first = 0;
    let of_chain = chains.iter().map(|chain| {
        let range = first..first + places(chain);
        first = range.end;
        chosen.range(range.clone()).map(|place| place - range.start + 1).collect()
    });
    of_chain.collect()
}

/// The commits of a chain that are sent with a signature.
fn signed_commits(chain: &Chain, cuts: &[usize], rng: &mut Rng) -> BTreeSet<CommitId> {
    let ends = cuts.iter().enumerate().filter_map(|(nth, cut)| {
        let is_founding = nth == 0 && chain.commits[0].parents().is_empty();
        (is_founding || !rng.chance(UNSIGNED_PERCENT)).then_some(*cut)
    });
    let ends: BTreeSet<usize> = ends.chain([chain.commits.len()]).collect();
    let (mut commits, mut bytes) = (0, 0);
    let mut signed = BTreeSet::new();
    for (at, commit) in (1..).zip(&chain.commits) {
        commits += 1;
        bytes += bytes_of(commit);
        if ends.contains(&at) || commits >= SIGN_EVERY_COMMITS || bytes >= SIGN_EVERY_BYTES {
            signed.insert(commit.id());
            (commits, bytes) = (0, 0);
        }
    }
    signed
}

fn bytes_of(commit: &Commit) -> u64 {
    commit.header().encode().len() as u64 + u64::from(commit.header().payload_bytes)
}

fn segment(
    dataset: DatasetId,
    chain: &Chain,
    range: Range<usize>,
    signed: &BTreeSet<CommitId>,
) -> Vec<u8> {
    encode_segment(dataset, &chain.commits[range], |commit| {
        let id = commit.id();
        signed.contains(&id).then(|| chain.key.sign_commit(&id))
    })
}
