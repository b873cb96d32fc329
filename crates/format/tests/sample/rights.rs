//! A dataset with an owner: what its owner grants and revokes, and who may not.

use super::{key, schema};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, FileHeader, Op, Payload, Position, Purpose,
    Right, RightsChange, SchemaChange, SecretKey, encode_segment,
};

/// What the file of the page holds, and what becomes of it.
pub(crate) struct Owned {
    pub(crate) founding: Commit,
    pub(crate) grant: Commit,
    pub(crate) grant_read: Commit,
    pub(crate) revoke: Commit,
    pub(crate) file: Vec<u8>,
    pub(crate) order: Vec<Commit>,
    pub(crate) masked: Commit,
    pub(crate) refused: Vec<Commit>,
}

fn seal(by: &SecretKey, position: Position, turn: u64, parents: &[&Commit]) -> Commit {
    let ops = match &position {
        Position::Owned { .. } => vec![Op::Schema(schema())],
        _ => vec![],
    };
    let parents = parents.iter().map(|commit| commit.id()).collect();
    let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
    Commit::seal(by.author(), draft).unwrap()
}

fn first(by: u8, identity: Option<u8>, dataset: CommitId, turn: u64, seen: &Commit) -> Commit {
    let author: AuthorKey = key(by).author();
    let certificate = identity.map(|identity| key(identity).certify(&author, ""));
    let schema = schema().id();
    let position = Position::First { author, dataset: dataset.into(), schema, certificate };
    seal(&key(by), position, turn, &[seen])
}

fn next(by: u8, before: &Commit, turn: u64, parents: &[&Commit]) -> Commit {
    let (backlink, seq, schema) = (before.id(), before.seq() + 1, SchemaChange::Keep);
    seal(&key(by), Position::Next { backlink, seq, schema }, turn, parents)
}

fn rights(before: &Commit, change: RightsChange, turn: u64, parents: &[&Commit]) -> Commit {
    let (backlink, seq) = (before.id(), before.seq() + 1);
    seal(&key(1), Position::Rights { backlink, seq, change }, turn, parents)
}

/// Key 1 founds for identity 9, who grants 8 to write, revokes that, and grants 7 to read.
pub(crate) fn owned() -> Owned {
    let author = key(1).author();
    let certificate = key(9).certify(&author, "Ada");
    let position = Position::Owned { author, nonce: [7; 32], schema: schema().id(), certificate };
    let founding = seal(&key(1), position, 0, &[]);
    let dataset = founding.id();
    let [bob, eve] = [8, 7].map(|byte| key(byte).identity());
    let grant = rights(&founding, RightsChange::Grant(bob, Right::Write), 0, &[]);
    let b0 = first(2, Some(8), dataset, 1, &grant);
    let b1 = next(2, &b0, 1, &[]);
    let revoke = rights(&grant, RightsChange::Revoke(bob), 2, &[&b0]);
    let b2 = next(2, &b1, 3, &[&revoke]);
    let grant_read = rights(&revoke, RightsChange::Grant(eve, Right::Read), 2, &[]);
    let nobody = first(3, None, dataset, 3, &grant_read);
    let reader = first(4, Some(7), dataset, 3, &grant_read);

    let id = DatasetId::from(dataset);
    let mut file = FileHeader { purpose: Purpose::Log, dataset: id }.encode().to_vec();
    let a = [&founding, &grant, &revoke, &grant_read].map(Clone::clone);
    let b = [&b0, &b1, &b2].map(Clone::clone);
    let one = std::slice::from_ref;
    let runs = [(1, &a[..]), (2, &b[..]), (3, one(&nobody)), (4, one(&reader))];
    for (by, run) in runs {
        file.extend(encode_segment(id, run, |commit| Some(commit.sign(&key(by)).signature)));
    }
    let [a0, a1, a2, a3] = a;
    let order = vec![a0, a1, b0, b1.clone(), a2, a3];
    let mut refused = vec![b2, nobody, reader];
    refused.sort_by_key(Commit::id);
    Owned { founding, grant, grant_read, revoke, file, order, masked: b1, refused }
}
