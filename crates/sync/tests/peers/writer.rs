//! Writers with a log each, that write and merge.

use woodland_format::{
    Commit, CommitId, Draft, Op, Payload, Position, Schema, SchemaChange, SecretKey,
    TypeDefinition, TypeId,
};
use woodland_log::Log;

pub(crate) fn schema() -> Schema {
    let one = TypeDefinition { id: TypeId(0), name: "T".into(), version: 1, fields: vec![] };
    Schema { types: vec![one] }
}

pub(crate) fn key(number: u32) -> SecretKey {
    let mut seed = [1; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    SecretKey::from_seed(seed)
}

/// Who writes under one key.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) log: Log,
    key: u32,
    tip: Option<CommitId>,
    salt: u64,
}

impl Writer {
    pub(crate) fn found() -> Writer {
        let author = key(0).author();
        let position =
            Position::Founding { author, nonce: [7; 32], schema: schema().id(), certificate: None };
        let payload = Payload::of(vec![Op::Schema(schema())]);
        let draft = Draft { position, turn: 0, parents: vec![], payload };
        let founding = Commit::seal(author, draft).expect("a founding");
        let log = Log::found(founding.clone()).expect("a log");
        let log = log.with_point(&founding.sign(&key(0))).expect("its own");
        Writer { log, key: 0, tip: Some(founding.id()), salt: 0 }
    }

    /// Under which key it writes.
    pub(crate) fn author(&self) -> woodland_format::AuthorKey {
        key(self.key).author()
    }

    /// Another author, who holds what this one does.
    pub(crate) fn join(&self, key: u32) -> Writer {
        Writer { log: self.log.clone(), key, tip: None, salt: 0 }
    }

    /// The same author in another place, who writes other things.
    pub(crate) fn twin(&self) -> Writer {
        Writer { salt: self.salt + 1_000_000, ..self.clone() }
    }

    /// Writes one commit, having seen all that is held.
    pub(crate) fn write(&mut self) {
        let author = key(self.key).author();
        let backlink = self.tip;
        let mut parents: Vec<CommitId> =
            self.log.heads().filter(|head| Some(*head) != backlink).take(256).collect();
        parents.sort_unstable();
        let schema = schema().id();
        let position = match backlink.and_then(|id| self.log.get(&id)) {
            Some(before) => Position::Next {
                backlink: before.id(),
                seq: before.seq() + 1,
                schema: SchemaChange::Keep,
            },
            None => {
                let dataset = self.log.dataset();
                parents.retain(|id| *id != dataset.founding());
                Position::First { author, dataset, schema, certificate: None }
            }
        };
        self.salt += 1;
        let payload = Payload::of(vec![Op::Create { node_type: TypeId(0), salt: self.salt }]);
        let mut turned = parents.clone();
        turned.extend(backlink.is_none().then(|| self.log.dataset().founding()));
        let turn = self.log.next_turn(backlink, &turned).expect("all of it is held");
        let commit = Commit::seal(author, Draft { position, turn, parents, payload });
        let commit = commit.expect("a commit");
        let log = self.log.append(&commit).expect("its past is held");
        self.log = log.with_point(&commit.sign(&key(self.key))).expect("its own");
        self.tip = Some(commit.id());
    }

    pub(crate) fn merge(&mut self, other: &Writer) {
        self.log = self.log.merge(&other.log).expect("one dataset");
    }
}
