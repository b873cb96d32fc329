//! The table of targets: every decoder that takes bytes from outside.
//!
//! A new decoder is one more row of [`targets`]: inputs to start from, an edit by structure, what
//! puts its guards right, and a call that tells what came of it.
//!
//! **Invariants**
//! - What decodes, encodes again to the same bytes.
//!
//! What this does not do: hold the long calls; those are in `doors`.

use crate::fuzz::HEAP_TIMES;
use crate::fuzz::corpus::Corpus;
use crate::fuzz::edits;
use crate::fuzz::errors::{Named, Told, outcome};
use crate::fuzz::kinds::kinds;
use crate::fuzz::mending::{mend_file_header, mend_record};
use crate::fuzz::segments::mend_file;
use crate::fuzz::{doors, messages, migrations, pages, proofs, stores};
use crate::histories::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use woodland_dump::DumpError;
use woodland_format::{
    AuthorKey, CanonicalError, Certificate, Commit, CommitId, DamageCause, DatasetId, Digest,
    FileError, FileHeader, ForkProof, FrameError, Header, HeaderError, IdParseError, IdentityKey,
    NodeId, Op, Payload, PayloadError, PayloadHash, Position, ProofError, Schema, SchemaError,
    SchemaId, Signature, Value, VersionId, decode, encode, limits,
};
use woodland_graph::Void;
use woodland_log::{AppendError, Refusal};
use woodland_store::{BranchStoreError, KeyError, OpenError, Problem, RecordError};

/// One decoder and how it is attacked.
#[derive(Debug, Clone)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Every error that it may tell.
    pub errors: Vec<&'static str>,
    /// What a decode may take at its peak, in lengths of its input …
    pub heap_times: usize,
    /// … and beside that.
    pub spare_bytes: usize,
    /// What the attacks start from.
    pub inputs: fn(&Corpus) -> Vec<Vec<u8>>,
    /// Bends an input by its structure.
    pub edit: fn(&Corpus, &mut Rng, &mut Vec<u8>),
    /// Puts right what guards it.
    pub mend: fn(&Corpus, &mut Rng, &mut Vec<u8>),
    /// Decodes it.
    pub decode: fn(&Corpus, &[u8], &mut Told),
}

/// Lists of up to 16 items are reserved before the items are there, at each of 16 depths; the words
/// of an error come on top.
pub(crate) const SPARE_OF_VALUES: usize = 16 * 1024;
/// A type of four bytes becomes forty, at most 2,048 of them, and an error holds the type that is
/// wrong once more.
pub(crate) const SPARE_OF_TYPES: usize = 128 * 1024;
/// Nodes of the persistent maps of a log have room for 64 entries, whatever is in them, and a disk
/// in memory keeps its files twice.
const SPARE_OF_LOGS: usize = 64 * 1024;
/// A graph has many such maps, and a page its buffers.
const SPARE_OF_GRAPHS: usize = 256 * 1024;
/// Graphs and pages are derived, not decoded: an op of twenty bytes becomes a node or a void in
/// several maps. Measured, and held so that it does not grow unseen.
const GRAPH_TIMES: usize = 48;
const PAGE_TIMES: usize = 96;

pub(crate) const ALL: usize = limits::PAYLOAD_BYTES_MAX;

/// Every target.
pub fn targets() -> Vec<Target> {
    let mut all = canonical();
    all.extend(kinds());
    all.extend(migrations::targets());
    all.extend(texts());
    all.extend(files());
    all.extend(directories());
    all.extend(pages::targets());
    all.extend(messages::targets());
    all
}

pub(crate) fn names(lists: &[&[&'static str]]) -> Vec<&'static str> {
    lists.concat()
}

pub(crate) fn same<T: Serialize>(value: &T, bytes: &[u8]) {
    assert_eq!(encode(value), bytes, "what decodes, encodes again to the same bytes");
}

pub(crate) fn leave(_: &Corpus, _: &mut Rng, _: &mut Vec<u8>) {}

#[expect(clippy::ptr_arg, reason = "it stands in a column of a table")]
fn first_byte(_: &Corpus, _: &mut Rng, bytes: &mut Vec<u8>) {
    if let Some(format) = bytes.first_mut() {
        *format = 1;
    }
}

fn canonical() -> Vec<Target> {
    let canonical = CanonicalError::NAMES;
    vec![
        Target {
            name: "header",
            errors: names(&[HeaderError::NAMES, canonical]),
            heap_times: HEAP_TIMES,
            spare_bytes: SPARE_OF_VALUES,
            inputs: |corpus| corpus.commits().map(|commit| commit.header().encode()).collect(),
            edit: edits::header,
            mend: mend_header,
            decode: |_, bytes, told| {
                if let Some(header) = outcome(Header::decode(bytes), told) {
                    same(&header, bytes);
                }
            },
        },
        payload(),
        Target {
            name: "schema",
            errors: names(&[SchemaError::NAMES, canonical]),
            heap_times: HEAP_TIMES,
            spare_bytes: SPARE_OF_VALUES,
            inputs: schemas,
            edit: edits::schema,
            mend: leave,
            decode: |_, bytes, told| {
                if let Some(schema) = outcome(Schema::decode(bytes), told) {
                    same(&schema, bytes);
                }
            },
        },
        Target {
            name: "value",
            errors: canonical.to_vec(),
            heap_times: HEAP_TIMES,
            spare_bytes: SPARE_OF_VALUES,
            inputs: |_| edits::some(64, |rng| encode(&edits::value(rng, 1))),
            edit: edits::any_value,
            mend: leave,
            decode: |_, bytes, told| plain::<Value>(bytes, told),
        },
        Target {
            name: "certificate",
            errors: canonical.to_vec(),
            heap_times: HEAP_TIMES,
            spare_bytes: SPARE_OF_VALUES,
            inputs: |corpus| corpus.words.clone(),
            edit: |corpus, rng, bytes| bytes.clone_from(rng.pick(&corpus.words).expect("words")),
            mend: leave,
            decode: |_, bytes, told| plain::<Certificate>(bytes, told),
        },
        fork_proof(),
    ]
}

fn payload() -> Target {
    Target {
        name: "payload",
        errors: names(&[PayloadError::NAMES, CanonicalError::NAMES]),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_VALUES,
        inputs: |corpus| corpus.commits().filter_map(Commit::payload).map(<[u8]>::to_vec).collect(),
        edit: edits::payload,
        mend: first_byte,
        decode: |_, bytes, told| {
            if let Some(payload) = outcome(Payload::decode(bytes), told) {
                same(&payload, bytes);
                let author = AuthorKey([7; 32]);
                for (index, op) in (0..).zip(&payload.ops) {
                    let creates = op.creates(&author, 1, index).is_some();
                    let is_creation = matches!(
                        op,
                        Op::Create { .. } | Op::CreateKeyed { .. } | Op::Recreate { .. }
                    );
                    assert_eq!(creates, is_creation);
                }
            }
        },
    }
}

fn fork_proof() -> Target {
    Target {
        name: "fork-proof",
        errors: names(&[ProofError::NAMES, HeaderError::NAMES, CanonicalError::NAMES]),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_VALUES,
        inputs: proofs::proofs,
        edit: proofs::edit,
        mend: proofs::mend,
        decode: |_, bytes, told| {
            if let Some(proof) = outcome(ForkProof::decode(bytes), told) {
                same(&proof, bytes);
                let fork = proof.verify().expect("what decodes is verified");
                assert_eq!(fork.author, proof.author(), "the accused is the one that forked");
                assert!(fork.rivals[0] < fork.rivals[1], "rivals are two and ascend");
            }
        },
    }
}

fn plain<T: Serialize + DeserializeOwned>(bytes: &[u8], told: &mut Told) {
    if let Some(value) = outcome(decode::<T, ALL>("a thing", bytes), told) {
        same(&value, bytes);
    }
}

fn schemas(corpus: &Corpus) -> Vec<Vec<u8>> {
    let carried = corpus.ops().into_iter().filter_map(|op| match op {
        Op::Schema(schema) => Some(schema.encode()),
        _ => None,
    });
    let mut all: Vec<Vec<u8>> = carried.collect();
    all.sort();
    all.dedup();
    all
}

/// Sorts parents, and lets the identity sign for the author anew.
fn mend_header(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    if let Some(format) = bytes.first_mut() {
        *format = 1;
    }
    let Ok(mut header) = decode::<Header, ALL>("a header", bytes) else { return };
    header.parents.sort_unstable();
    header.parents.dedup();
    // A signature costs more than all the rest.
    if let Position::Founding { author, certificate: Some(word), .. }
    | Position::First { author, certificate: Some(word), .. } = &mut header.position
        && rng.chance(25)
    {
        *word = edits::identity().certify(author, &word.name);
    }
    *bytes = encode(&header);
}

fn texts() -> Vec<Target> {
    vec![Target {
        name: "id",
        errors: IdParseError::NAMES.to_vec(),
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_VALUES,
        inputs: |corpus| {
            let ids = corpus.commits().take(20).map(|commit| commit.id().to_string().into_bytes());
            let node = |at: u8| NodeId([at; 16]).to_string().into_bytes();
            let signature = |at: u8| Signature([at; 64]).to_string().into_bytes();
            ids.chain((0..4).map(node)).chain((0..4).map(signature)).collect()
        },
        edit: |_, _, bytes| bytes.make_ascii_uppercase(),
        mend: |_, _, bytes| {
            let digit = |byte: u8| b"0123456789abcdef"[usize::from(byte) % 16];
            bytes.iter_mut().for_each(|byte| *byte = digit(*byte));
        },
        decode: ids,
    }]
}

fn ids(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    macro_rules! each {
        ($($name:ident),+) => {
            $(if let Some(id) = outcome(text.parse::<$name>(), told) {
                assert!(id.to_string().eq_ignore_ascii_case(text), "an id has one text");
            })+
        };
    }
    each!(CommitId, DatasetId, AuthorKey, IdentityKey, PayloadHash, SchemaId, VersionId, Digest);
    each!(NodeId, Signature);
}

fn log_files(corpus: &Corpus) -> Vec<Vec<u8>> {
    corpus.files.clone()
}

fn files() -> Vec<Target> {
    let commit = woodland_format::CommitError::NAMES;
    let damage = [DamageCause::NAMES, FrameError::NAMES, commit, HeaderError::NAMES];
    let damage = names(&[&damage.concat(), CanonicalError::NAMES]);
    let pages = DumpError::NAMES.iter().chain(FileError::NAMES).copied().collect();
    let whole = names(&[&damage, FileError::NAMES, AppendError::NAMES]);
    let of = |name, errors, decode| Target {
        name,
        errors,
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_LOGS,
        inputs: log_files,
        edit: edits::log_file,
        mend: |corpus, rng, bytes| mend_file(bytes, &corpus.keys, rng.chance(40)),
        decode,
    };
    vec![
        Target {
            spare_bytes: SPARE_OF_VALUES,
            inputs: |corpus| corpus.files.iter().map(|file| file[..48].to_vec()).collect(),
            edit: |_, rng, bytes| bytes[9] = u8::try_from(rng.below(5)).expect("below 5"),
            mend: |_, _, bytes| mend_file_header(bytes),
            ..of("file-header", FileError::NAMES.to_vec(), |_, bytes, told| {
                if let Some(header) = outcome(FileHeader::decode(bytes), told) {
                    let reserved = (&header.encode()[16..], &bytes[16..48]);
                    assert_eq!(reserved.0, reserved.1, "the dataset is the one that stands there");
                }
            })
        },
        Target {
            spare_bytes: SPARE_OF_LOGS,
            inputs: |corpus| [&corpus.files[..], &corpus.edges].concat(),
            ..of("segments", damage, doors::segments)
        },
        of("door", names(&[&whole, Refusal::NAMES]), doors::door),
        Target {
            heap_times: GRAPH_TIMES,
            spare_bytes: SPARE_OF_GRAPHS,
            ..of("graph", names(&[&whole, Void::NAMES]), doors::graph)
        },
        Target {
            heap_times: PAGE_TIMES,
            spare_bytes: SPARE_OF_GRAPHS,
            // Only what is wrong with a file's header is an error; the rest is on the page.
            inputs: |corpus| {
                let bare = corpus.files.iter().take(16).map(|file| file[..48].to_vec());
                corpus.files.iter().cloned().chain(bare).collect()
            },
            ..of("page", pages, doors::page)
        },
    ]
}

fn directories() -> Vec<Target> {
    let record = names(&[Problem::NAMES, RecordError::NAMES]);
    let of = |name, errors, decode| Target {
        name,
        errors,
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_LOGS,
        inputs: stores::directories,
        edit: stores::edit,
        mend: stores::mend,
        decode,
    };
    let part = |name, errors, inputs, mend, decode| Target {
        name,
        errors,
        heap_times: HEAP_TIMES,
        spare_bytes: SPARE_OF_LOGS,
        inputs,
        edit: leave,
        mend,
        decode,
    };
    let everything = [OpenError::NAMES, &record, KeyError::NAMES, FileError::NAMES];
    let inside = [DamageCause::NAMES, FrameError::NAMES, CanonicalError::NAMES, HeaderError::NAMES];
    let commit = woodland_format::CommitError::NAMES;
    vec![
        part(
            "author-key",
            names(&[Problem::NAMES, KeyError::NAMES]),
            |corpus| parts(corpus, 1),
            |_, _, bytes| mend_record(b"WOODLKEY", bytes),
            |corpus, bytes, told| doors::part(corpus, 1, bytes, told),
        ),
        part(
            "heads",
            record.clone(),
            |corpus| parts(corpus, 2),
            |_, _, bytes| bytes.chunks_mut(512).for_each(|slot| mend_record(b"WOODHEAD", slot)),
            |corpus, bytes, told| doors::part(corpus, 2, bytes, told),
        ),
        part(
            "closed",
            record.clone(),
            |corpus| parts(corpus, 3),
            |_, _, bytes| bytes.chunks_mut(64).for_each(|one| mend_record(b"WOODDONE", one)),
            |corpus, bytes, told| doors::part(corpus, 3, bytes, told),
        ),
        part(
            "place",
            record.clone(),
            |corpus| parts(corpus, 4),
            |_, _, bytes| mend_record(b"WOODPLAC", bytes),
            |corpus, bytes, told| doors::part(corpus, 4, bytes, told),
        ),
        Target {
            edit: stores::edit_base,
            ..part(
                "base",
                names(&[BranchStoreError::NAMES, RecordError::NAMES]),
                stores::bases,
                stores::mend_base,
                doors::base,
            )
        },
        of("store", names(&[&everything.concat(), &inside.concat(), commit]), doors::store),
    ]
}

/// One file of the sound directory.
fn parts(corpus: &Corpus, name: usize) -> Vec<Vec<u8>> {
    let files = stores::unpack(&corpus.sound);
    files.iter().filter(|(other, _)| *other == name).map(|(_, body)| body.to_vec()).collect()
}
