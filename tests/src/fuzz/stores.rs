//! Whole dataset directories as one input: the files of one, packed one after another.
//!
//! ```text
//!  file, file, …      file = name (u8, which of NAMES) ‖ length (u32) ‖ bytes
//! ```
//!
//! **Invariants**
//! - Any bytes unpack: what goes on past the end is cut, a name that is none is left out.
//! - Mending makes the records, roots and lengths of `heads` and `closed` those of the files.

use crate::fuzz::corpus::Corpus;
use crate::fuzz::doors::BASE;
use crate::fuzz::mending::{FILE_HEADER, mend_file_header, mend_frames, mend_record};
use crate::fuzz::mutation::mutate;
use crate::fuzz::segments::{dataset_of, segment};
use crate::histories::{History, Rng};
use std::sync::Arc;
use woodland_format::{Commit, DatasetId, Found, SecretKey, read_segments};
use woodland_store::{Access, BranchStore, Disk, MemoryDisk, Store, StoreOptions};

/// The files that a directory may have here.
pub(crate) const NAMES: [&str; 9] = [
    "lock",
    "author.key",
    "heads",
    "closed",
    "place",
    "segments/00000001.wls",
    "segments/00000002.wls",
    "segments/00000003.wls",
    "segments/00000009.wls",
];
const SLOT: usize = 512;
const CLOSED: usize = 64;
/// Of the segment files, the first is this one in [`NAMES`].
const FIRST: usize = 5;

type Files = Vec<(usize, Vec<u8>)>;

/// The files in the packed bytes.
pub(crate) fn unpack(mut bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut files = Vec::with_capacity(NAMES.len());
    while let Some((head, rest)) = bytes.split_first_chunk::<5>() {
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (body, rest) = rest.split_at(length.min(rest.len()));
        bytes = rest;
        let name = usize::from(head[0]);
        if name < NAMES.len() && files.iter().all(|(other, _)| *other != name) {
            files.push((name, body));
        }
    }
    files
}

pub(crate) fn pack(files: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, body) in files {
        bytes.push(u8::try_from(*name).expect("there are few names"));
        bytes.extend(u32::try_from(body.len()).expect("a small file").to_le_bytes());
        bytes.extend_from_slice(body);
    }
    bytes
}

/// A directory in memory with these files.
pub(crate) fn disk_of(files: &[(usize, &[u8])]) -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.create_folder("segments").expect("nothing is there");
    for (name, bytes) in files {
        let access = if *name == 1 { Access::OwnerOnly } else { Access::Shared };
        disk.create_file(NAMES[*name], access).expect("each name is there once");
        disk.replace(NAMES[*name], bytes);
    }
    disk
}

/// Directories with the histories' commits, in files of several lengths.
pub(crate) fn directories(corpus: &Corpus) -> Vec<Vec<u8>> {
    let with_files = |(at, history): (usize, &History)| {
        let bytes_max = [300, 2_000, 1 << 20][at % 3];
        pack(&directory(corpus, history, bytes_max, at as u64))
    };
    corpus.histories.iter().take(24).enumerate().map(with_files).collect()
}

fn directory(corpus: &Corpus, history: &History, bytes_max: u64, salt: u64) -> Files {
    let disk = MemoryDisk::new();
    let key = SecretKey::from_seed([9; 32]);
    let options = StoreOptions { segment_file_bytes_max: bytes_max };
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let store = Store::create(shared, history.dataset(), &key, &options).expect("an empty disk");
    let runs = history.segments(&mut Rng::from_seed(salt));
    for run in &runs {
        let bytes = segment(history.dataset(), run, &corpus.keys, |_| false);
        store.append(&[bytes]).expect("a disk in memory takes it");
        if store.heads().file_number == 3 {
            break;
        }
    }
    drop(store);
    let file = |(at, name): (usize, &&str)| disk.bytes(name).map(|bytes| (at, bytes));
    NAMES.iter().enumerate().filter_map(file).collect()
}

/// Takes a file away, doubles it, bends it, or gives it another's name.
pub(crate) fn edit(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut files: Files = unpack(bytes).iter().map(|(at, one)| (*at, one.to_vec())).collect();
    if files.is_empty() {
        return;
    }
    let at = rng.below(files.len());
    match rng.below(8) {
        0 => drop(files.remove(at)),
        1 => {
            let body = files[at].1.clone();
            let to = rng.below(files.len());
            files[to].1 = body;
        }
        2 => files[at].0 = rng.below(NAMES.len()),
        3 => {
            let (name, body) = (rng.below(NAMES.len()), files[at].1.clone());
            files.push((name, body));
        }
        4 => files[at].1.clear(),
        5 => {
            let tail = files[at].1[files[at].1.len() / 2..].to_vec();
            files[at].1.extend(tail);
        }
        _ => {
            let other = files[rng.below(files.len())].1.clone();
            mutate(rng, &mut files[at].1, &other);
        }
    }
    *bytes = pack(&files);
}

/// Puts right what guards the files; now and then a number in `heads` is left as it stands.
pub(crate) fn mend(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut files: Files = unpack(bytes).iter().map(|(at, one)| (*at, one.to_vec())).collect();
    for (name, body) in &mut files {
        match *name {
            1 => {
                body.resize(48, 7);
                mend_record(b"WOODLKEY", body);
            }
            4 => {
                body.resize(72, 0);
                mend_record(b"WOODPLAC", body);
            }
            name if name >= FIRST => {
                mend_file_header(body);
                if body.len() >= FILE_HEADER && rng.chance(90) {
                    body[9] = 2;
                    mend_file_header(body);
                }
                mend_frames(body, FILE_HEADER);
            }
            _ => {}
        }
    }
    let roots = roots(&files);
    let leaves_numbers = rng.chance(25);
    for (name, body) in &mut files {
        match *name {
            2 => mend_heads(body, &roots, leaves_numbers),
            3 => mend_closed(body, &roots),
            _ => {}
        }
    }
    *bytes = pack(&files);
}

/// The length of each file that is there, the first ones in a row, and the root at its end.
fn roots(files: &Files) -> Vec<(DatasetId, u64, [u8; 32])> {
    let (mut roots, mut root) = (Vec::new(), [0; 32]);
    for at in FIRST..NAMES.len() {
        let Some((_, bytes)) = files.iter().find(|(name, _)| *name == at) else { break };
        let (dataset, body) = (dataset_of(bytes), bytes.get(FILE_HEADER..).unwrap_or_default());
        let mut end = FILE_HEADER as u64;
        for found in read_segments(dataset, body, FILE_HEADER as u64) {
            let Found { segment: Some(segment), damage: None } = found else { break };
            let range = segment.offset as usize..(segment.offset + segment.bytes) as usize;
            // `docs/format.md`: root before ‖ the bytes of the segment appended.
            let mut hasher = blake3::Hasher::new_derive_key("woodland 2026-11 segment root");
            hasher.update(&root).update(&bytes[range]);
            root = *hasher.finalize().as_bytes();
            end = segment.offset + segment.bytes;
        }
        roots.push((dataset, end, root));
    }
    roots
}

fn put(record: &mut [u8], at: usize, number: u64) {
    record[at..at + 8].copy_from_slice(&number.to_le_bytes());
}

fn mend_heads(body: &mut Vec<u8>, roots: &[(DatasetId, u64, [u8; 32])], leaves_numbers: bool) {
    body.resize(2 * SLOT, 0);
    for (slot, record) in body.chunks_mut(SLOT).enumerate() {
        if let Some((dataset, end, root)) = roots.last()
            && !leaves_numbers
        {
            put(record, 16, 2 + slot as u64);
            put(record, 24, roots.len() as u64);
            put(record, 32, *end);
            record[48..80].copy_from_slice(&dataset.0);
            record[80..112].copy_from_slice(root);
        }
        mend_record(b"WOODHEAD", record);
    }
}

fn mend_closed(body: &mut Vec<u8>, roots: &[(DatasetId, u64, [u8; 32])]) {
    let closed = roots.len().saturating_sub(1);
    body.resize(body.len().max(closed * CLOSED), 0);
    for (record, (at, (_, end, root))) in body.chunks_mut(CLOSED).zip((1..).zip(roots)) {
        if record.len() == CLOSED {
            put(record, 16, at);
            put(record, 24, *end);
            record[32..64].copy_from_slice(root);
            mend_record(b"WOODDONE", record);
        }
    }
}

/// Bases of branches: a few heads, more and more of them.
pub(crate) fn bases(corpus: &Corpus) -> Vec<Vec<u8>> {
    let base = |(at, history): (usize, &History)| {
        let disk = MemoryDisk::new();
        let heads: Vec<_> = history.commits.iter().take(1 + at).map(Commit::id).collect();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let begun = BranchStore::open(&shared, "draft", history.dataset(), &heads);
        drop(begun.expect("an empty disk takes it"));
        disk.bytes(BASE).expect("a branch has its base")
    };
    corpus.histories.iter().take(24).enumerate().map(base).collect()
}

/// Takes heads away, doubles them, or says another number of them.
pub(crate) fn edit_base(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    match rng.below(4) {
        0 => bytes.truncate(bytes.len().saturating_sub(32)),
        1 => bytes.extend_from_within(bytes.len().saturating_sub(32)..),
        2 => bytes.truncate(56),
        _ if bytes.len() >= 56 => put(bytes, 48, [0, 1, u64::MAX, 1 << 40][rng.below(4)]),
        _ => {}
    }
}

/// Puts the record right; mostly its number of heads, too.
pub(crate) fn mend_base(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    if bytes.len() >= 56 && rng.chance(80) {
        let heads = (bytes.len() - 56) / 32;
        bytes.truncate(56 + 32 * heads);
        put(bytes, 48, heads as u64);
    }
    mend_record(b"WOODBASE", bytes);
}
