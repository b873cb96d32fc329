//! Keys, chains and segments for the tests, and a writer of segments that can also write wrong
//! ones. It is made after `docs/format.md`, not after the crate's encoder.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod kinds;
pub(crate) mod rights;
pub(crate) mod types;

use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, FieldId, Header, NodeId, ObjectId, Op, Payload,
    Position, Right, RightsChange, Schema, SchemaChange, SecretKey, SegmentHead, TextOp, encode,
    payload_hash,
};

pub(crate) fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32])
}

pub(crate) fn schema() -> Schema {
    Schema { types: vec![] }
}

pub(crate) fn founding(byte: u8) -> Commit {
    let author = key(byte).author();
    let position =
        Position::Founding { author, nonce: [7; 32], schema: schema().id(), certificate: None };
    let payload = Payload::of(vec![Op::Schema(schema())]);
    Commit::seal(author, Draft { position, turn: 0, parents: vec![], payload }).unwrap()
}

pub(crate) fn first(byte: u8, dataset: DatasetId) -> Commit {
    let author = key(byte).author();
    let certificate = Some(key(99).certify(&author, "Ada"));
    let position = Position::First { author, dataset, schema: schema().id(), certificate };
    let draft = Draft { position, turn: 1, parents: vec![], payload: Payload::of(vec![]) };
    Commit::seal(author, draft).unwrap()
}

pub(crate) fn typed(at: u32, text: &str) -> Payload {
    let object = ObjectId { node: NodeId([5; 16]), field: FieldId(11) };
    let op = encode(&TextOp::Insert { at, text: text.into() });
    Payload::of(vec![Op::Edit { object, op }])
}

pub(crate) fn next(before: &Commit, payload: Payload) -> Commit {
    let (backlink, seq) = (before.id(), before.seq() + 1);
    let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
    let draft = Draft { position, turn: before.turn(), parents: vec![], payload };
    Commit::seal(before.author(), draft).unwrap()
}

/// The commit after this one with these bytes as its payload, whatever they are.
pub(crate) fn raw(before: &Commit, payload: &[u8]) -> Commit {
    let (backlink, seq) = (before.id(), before.seq() + 1);
    let header = Header {
        format: 1,
        position: Position::Next { backlink, seq, schema: SchemaChange::Keep },
        payload_hash: payload_hash(payload),
        payload_bytes: payload.len() as u32,
        turn: before.turn(),
        parents: vec![],
    };
    Commit::new(before.author(), header, Some(payload.into())).unwrap()
}

/// `commits` commits, this one the first.
pub(crate) fn chain(first: Commit, commits: usize) -> Vec<Commit> {
    let mut chain = vec![first];
    while chain.len() < commits {
        let (last, at) = (&chain[chain.len() - 1], chain.len() as u32);
        let commit = next(last, typed(at, "word "));
        chain.push(commit);
    }
    chain
}

pub(crate) fn frame(tag: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_le_bytes();
    let mut hasher = crc32fast::Hasher::new();
    [&tag[..], &length, body].iter().for_each(|part| hasher.update(part));
    [&tag[..], &length, &hasher.finalize().to_le_bytes(), body].concat()
}

pub(crate) fn head(dataset: DatasetId, commits: &[Commit], blocks: u32) -> SegmentHead {
    SegmentHead {
        format: 2,
        dataset,
        author: commits[0].author(),
        first_seq: commits[0].seq(),
        previous: commits[0].backlink(),
        last: commits[commits.len() - 1].id(),
        commits: commits.len() as u32,
        blocks,
    }
}

/// A number as LEB128 in its shortest form.
pub(crate) fn number(number: u64) -> Vec<u8> {
    let bits = |at: u32| number.checked_shr(7 * at).unwrap_or(0);
    let more = (1..10).take_while(|at| bits(*at) > 0).count() as u32;
    (0..=more).map(|at| bits(at) as u8 & 0x7f | if at < more { 0x80 } else { 0 }).collect()
}

/// A row with every part spelled out, also where it need not be.
pub(crate) fn row(commit: &Commit, key: Option<&SecretKey>) -> Vec<u8> {
    let length = number(u64::from(commit.header().payload_bytes));
    let (flags, stored) = match commit.payload() {
        Some(payload) => (0, [&length[..], payload].concat()),
        None => (32, [&length[..], &commit.header().payload_hash.0].concat()),
    };
    row_with(commit, flags, &stored, key)
}

/// A row of a payload by how it differs from the one before it: bytes kept, bytes put, in turns.
pub(crate) fn like_row(commit: &Commit, edits: &[(u64, &[u8])]) -> Vec<u8> {
    let mut stored = number(u64::from(commit.header().payload_bytes));
    for (kept, put) in edits {
        stored.extend(number(*kept));
        if !put.is_empty() {
            stored.extend([&number(put.len() as u64)[..], put].concat());
        }
    }
    row_with(commit, 128, &stored, None)
}

fn row_with(
    commit: &Commit,
    mut flags: u8,
    stored_payload: &[u8],
    key: Option<&SecretKey>,
) -> Vec<u8> {
    let header = commit.header();
    let mut parts = Vec::new();
    if header.backlink().is_some() {
        flags |= 2;
        parts.extend(number(header.turn));
        if !header.parents.is_empty() {
            flags |= 4;
            parts.extend(number(header.parents.len() as u64));
            parts.extend(header.parents.iter().flat_map(|parent| parent.0));
        }
        match header.position {
            Position::Next { schema: SchemaChange::Adopt(id), .. } => {
                flags |= 8;
                parts.extend(id.0);
            }
            Position::Next { schema: SchemaChange::Introduce(id), .. } => {
                flags |= 16;
                parts.extend(id.0);
            }
            Position::Rights { change, .. } => {
                flags |= 24;
                parts.push(match change {
                    RightsChange::Grant(_, Right::Read) => 0,
                    RightsChange::Grant(_, Right::Write) => 1,
                    RightsChange::Revoke(_) => 2,
                });
                parts.extend(change.identity().0);
            }
            _ => {}
        }
    } else {
        flags |= 1;
        parts.extend(number(header.encode().len() as u64));
        parts.extend(header.encode());
    }
    parts.extend(stored_payload);
    if let Some(key) = key {
        flags |= 64;
        parts.extend(commit.sign(key).signature.0);
    }
    [&[flags][..], &parts].concat()
}

pub(crate) fn block(first_seq: u64, commits: u32, rows: &[u8]) -> Vec<u8> {
    let body = [&first_seq.to_le_bytes()[..], &commits.to_le_bytes(), rows].concat();
    frame(b"SEGB", &body)
}

pub(crate) fn block_of(commits: &[Commit]) -> Vec<u8> {
    let rows: Vec<u8> = commits.iter().flat_map(|commit| row(commit, None)).collect();
    block(commits[0].seq(), commits.len() as u32, &rows)
}

/// The frames of a segment whose blocks hold `per_block` commits each, head first.
pub(crate) fn frames(dataset: DatasetId, commits: &[Commit], per_block: usize) -> Vec<Vec<u8>> {
    let blocks: Vec<Vec<u8>> = commits.chunks(per_block).map(block_of).collect();
    let head = encode(&head(dataset, commits, blocks.len() as u32));
    [vec![frame(b"SEGH", &head)], blocks].concat()
}

/// A small dataset: one founder, one other author.
pub(crate) struct Sample {
    pub(crate) dataset: DatasetId,
    pub(crate) founder: Vec<Commit>,
    pub(crate) other: Vec<Commit>,
}

pub(crate) fn sample() -> Sample {
    let founder = chain(founding(1), 7);
    let dataset: DatasetId = founder[0].id().into();
    let other = chain(first(2, dataset), 4);
    Sample { dataset, founder, other }
}

pub(crate) fn ids(commits: &[Commit]) -> Vec<CommitId> {
    commits.iter().map(Commit::id).collect()
}

pub(crate) fn author(byte: u8) -> AuthorKey {
    key(byte).author()
}
