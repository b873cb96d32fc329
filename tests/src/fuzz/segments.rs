//! Files of segments taken apart into commits and put together again, signed.
//!
//! **Invariants**
//! - How a row is coded is nobody's business here: the reader and the writer of `woodland-format`
//!   do that. Frames and file headers are mended by the page.
//! - A signature is made once and kept: signing costs more than all the rest.
//!
//! What this does not do: sign for authors whose keys are not known; their signatures stay as they
//! stood.

use crate::fuzz::mending::{FILE_HEADER, mend_file_header, mend_frames, put_checksum};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use woodland_format::{
    AuthorKey, Commit, CommitId, DamageCause, DatasetId, FileHeader, Purpose, SecretKey, Segment,
    SegmentHead, Signature, decode, encode, encode_segment, read_segments,
};

/// How many signatures are kept.
const SIGNATURES_MAX: usize = 100_000;

/// The secret keys of the corpus.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    secret: BTreeMap<AuthorKey, SecretKey>,
    signatures: RefCell<HashMap<(AuthorKey, CommitId), Signature>>,
}

impl Keys {
    pub(crate) fn extend(&mut self, keys: &BTreeMap<AuthorKey, SecretKey>) {
        self.secret.extend(keys.iter().map(|(author, key)| (*author, key.clone())));
    }

    /// The author's signature over the commit; none where the key is not known.
    pub(crate) fn sign(&self, author: &AuthorKey, commit: &CommitId) -> Option<Signature> {
        let mut signatures = self.signatures.borrow_mut();
        if let Some(signature) = signatures.get(&(*author, *commit)) {
            return Some(*signature);
        }
        let signature = self.secret.get(author)?.sign_commit(commit);
        if signatures.len() >= SIGNATURES_MAX {
            signatures.clear();
        }
        signatures.insert((*author, *commit), signature);
        Some(signature)
    }
}

/// The dataset that a file's header names; of too short a file, none in particular.
pub(crate) fn dataset_of(bytes: &[u8]) -> DatasetId {
    let named = bytes.get(16..FILE_HEADER).and_then(|id| id.try_into().ok());
    DatasetId(named.unwrap_or_default())
}

/// A file of these segments; the last commit of each is signed, and those that `is_signed` names.
pub(crate) fn file(
    purpose: Purpose,
    dataset: DatasetId,
    runs: &[Vec<Commit>],
    keys: &Keys,
    is_signed: impl Fn(&Commit) -> bool,
) -> Vec<u8> {
    let mut bytes = FileHeader { purpose, dataset }.encode().to_vec();
    // Edited commits may no longer be one chain, which a segment is; and none ends at the highest
    // seq, since a reader adds one to it.
    let fits = |chain: &&[Commit]| chain.iter().all(|commit| commit.seq() < u64::MAX);
    for chain in runs.iter().flat_map(|run| run.chunk_by(continues)).filter(fits) {
        bytes.extend(segment(dataset, chain, keys, &is_signed));
    }
    bytes
}

/// Whether a segment may hold the two one after another.
fn continues(one: &Commit, next: &Commit) -> bool {
    next.backlink() == Some(one.id())
        && next.author() == one.author()
        && one.seq().checked_add(1) == Some(next.seq())
}

/// One segment.
pub(crate) fn segment(
    dataset: DatasetId,
    run: &[Commit],
    keys: &Keys,
    is_signed: impl Fn(&Commit) -> bool,
) -> Vec<u8> {
    let last = run.last().map(Commit::id);
    encode_segment(dataset, run, |commit| {
        let wanted = Some(commit.id()) == last || is_signed(commit);
        if wanted { keys.sign(&commit.author(), &commit.id()) } else { None }
    })
}

/// Puts right all that guards a file of segments: header, checksums, the `last` of heads, and where
/// `signs` the signatures, for which the commits are encoded anew.
pub(crate) fn mend_file(bytes: &mut Vec<u8>, keys: &Keys, signs: bool) {
    mend_file_header(bytes);
    mend_frames(bytes, FILE_HEADER);
    if bytes.len() < FILE_HEADER {
        return;
    }
    let dataset = dataset_of(bytes);
    let found: Vec<_> = read_segments(dataset, &bytes[FILE_HEADER..], FILE_HEADER as u64).collect();
    if !signs {
        let lasts = found.iter().filter_map(|found| match found.damage.as_ref()?.cause {
            DamageCause::Last { offset, found, .. } => Some((offset, found)),
            _ => None,
        });
        lasts.for_each(|(offset, last)| put_last(bytes, offset, last));
        return;
    }
    // What could not be read stays out, but for the bytes of what is damaged: they stay as they
    // are.
    let mut mended = bytes[..FILE_HEADER].to_vec();
    for one in &found {
        let Some(whole) = &one.segment else { continue };
        let is_readable = matches!(
            one.damage.as_ref().map(|damage| &damage.cause),
            None | Some(DamageCause::Last { .. })
        );
        let range = position(whole.offset)..position(whole.offset + whole.bytes);
        if is_readable && !whole.is_empty() {
            mended.extend(signed_again(dataset, whole, keys));
        } else {
            mended.extend_from_slice(bytes.get(range).unwrap_or_default());
        }
    }
    *bytes = mended;
}

fn signed_again(dataset: DatasetId, whole: &Segment, keys: &Keys) -> Vec<u8> {
    let points: HashMap<_, _> =
        whole.points.iter().map(|point| (point.commit, point.signature)).collect();
    let commits: Vec<_> = whole.commits().collect();
    let last = commits.last().map(Commit::id);
    encode_segment(dataset, &commits, |commit| {
        let stood = points.get(&commit.id()).copied();
        let is_wanted = stood.is_some() || Some(commit.id()) == last;
        let signed = is_wanted.then(|| keys.sign(&commit.author(), &commit.id())).flatten();
        signed.or(stood)
    })
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Writes the last commit's id into the head at `offset`.
fn put_last(bytes: &mut [u8], offset: u64, last: CommitId) {
    let (start, body) = (position(offset), position(offset) + 12);
    let length = crate::fuzz::mending::number(bytes, start + 4);
    let frame = start..body + length;
    let Ok(mut head) = decode::<SegmentHead, 256>("a head", &bytes[body..frame.end]) else {
        return;
    };
    head.last = last;
    bytes[body..frame.end].copy_from_slice(&encode(&head));
    put_checksum(bytes, frame);
}
