//! Commits and log files made by hand, also such as no replica makes.
//!
//! **Invariants**
//! - `write` keeps every rule; what breaks one is sealed by the test itself and is not in `log`.

use crate::notes::{Note, schema};
use std::path::{Path, PathBuf};
use woodland::{AuthorKey, Digest, Log, Pointer, Replica};
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, FileHeader, ObjectId, Op, Payload, Position, Purpose,
    RegisterOp, SchemaChange, SecretKey, Signature, Value, encode, encode_segment, node_id,
};
use woodland_graph::{Graph, Kinds};

/// A dataset of the notes' schema, with one note.
pub(crate) struct Hand {
    pub(crate) log: Log,
}

/// The key of an author. Author 0 founds.
pub(crate) fn key(author: u32) -> SecretKey {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&author.to_le_bytes());
    SecretKey::from_seed(seed)
}

impl Hand {
    pub(crate) fn found() -> Hand {
        let (author, schema) = (key(0).author(), schema());
        let position =
            Position::Founding { author, nonce: [3; 32], schema: schema.id(), certificate: None };
        let node_type = schema.type_named("Note").expect("notes").id;
        let ops = vec![Op::Schema(schema), Op::Create { node_type, salt: 0 }];
        let draft = Draft { position, turn: 0, parents: vec![], payload: Payload::of(ops) };
        let founding = Commit::seal(author, draft).expect("sealed");
        Hand { log: Log::found(founding).expect("founded") }
    }

    pub(crate) fn dataset(&self) -> DatasetId {
        self.log.dataset()
    }

    /// The note of the founding commit.
    pub(crate) fn note(&self) -> Pointer<Note> {
        Pointer::to(node_id(&key(0).author(), 0, 1, 0))
    }

    /// An op that sets the note's title.
    pub(crate) fn title(&self, title: &str) -> Op {
        let field =
            schema().type_named("Note").and_then(|note| Some(note.field_named("title")?.id));
        let object = ObjectId { node: self.note().id(), field: field.expect("a title") };
        Op::Edit { object, op: encode(&RegisterOp::Set(Value::from(title))) }
    }

    /// The author's position after the commit; its first where there is none.
    pub(crate) fn position(&self, author: u32, after: Option<&Commit>) -> Position {
        match after {
            Some(after) => Position::Next {
                backlink: after.id(),
                seq: after.seq() + 1,
                schema: SchemaChange::Keep,
            },
            None => Position::First {
                author: key(author).author(),
                dataset: self.dataset(),
                schema: schema().id(),
                certificate: None,
            },
        }
    }

    /// What the author would write there, not in the log.
    pub(crate) fn draft(
        &self,
        author: u32,
        after: Option<&Commit>,
        sees: &[&Commit],
        ops: Vec<Op>,
    ) -> Draft {
        let mut parents: Vec<CommitId> = sees.iter().map(|commit| commit.id()).collect();
        parents.sort_unstable();
        let turn = self.log.next_turn(after.map(Commit::id), &parents).expect("all is held");
        Draft { position: self.position(author, after), turn, parents, payload: Payload::of(ops) }
    }

    /// Writes a commit into the log.
    pub(crate) fn write(
        &mut self,
        author: u32,
        after: Option<&Commit>,
        sees: &[&Commit],
        ops: Vec<Op>,
    ) -> Commit {
        let commit = sealed(author, self.draft(author, after, sees, ops));
        self.log = self.log.append(&commit).expect("it keeps the rules");
        commit
    }

    /// The digest of the whole log.
    pub(crate) fn digest(&self) -> Digest {
        Graph::of(&self.log, Kinds::standard()).digest()
    }

    /// A log file with the founding commit, signed, and these segments.
    pub(crate) fn file(&self, path: PathBuf, segments: &[Vec<u8>]) -> PathBuf {
        let founding = self.segment(std::slice::from_ref(self.log.founding()));
        write_file(&path, self.dataset(), [&founding].into_iter().chain(segments));
        path
    }

    /// A segment whose every commit its author signed.
    pub(crate) fn segment(&self, commits: &[Commit]) -> Vec<u8> {
        self.signed(commits, |commit| Some(own_signature(commit)))
    }

    pub(crate) fn signed(
        &self,
        commits: &[Commit],
        signature: impl Fn(&Commit) -> Option<Signature>,
    ) -> Vec<u8> {
        encode_segment(self.dataset(), commits, signature)
    }
}

/// Seals what it is given, whatever it says.
pub(crate) fn sealed(author: u32, draft: Draft) -> Commit {
    Commit::seal(key(author).author(), draft).expect("sealed")
}

/// The signature of the commit's author, who is one of the first few hundred.
pub(crate) fn own_signature(commit: &Commit) -> Signature {
    let is_author = |number: &u32| key(*number).author() == commit.author();
    let author = (0..400).find(is_author).expect("one of the authors");
    key(author).sign_commit(&commit.id())
}

/// The author of that number.
pub(crate) fn author(number: u32) -> AuthorKey {
    key(number).author()
}

/// Writes a log file of these segments.
pub(crate) fn write_file<'a>(
    path: &Path,
    dataset: DatasetId,
    segments: impl IntoIterator<Item = &'a Vec<u8>>,
) {
    let header = FileHeader { purpose: Purpose::Log, dataset };
    let mut bytes = header.encode().to_vec();
    bytes.extend(segments.into_iter().flatten());
    std::fs::write(path, bytes).expect("a log file of a test");
}

/// A replica that holds what the file brings, and what came of it.
pub(crate) fn replica_of(path: &Path) -> (Replica, woodland::Merged) {
    Replica::join_in_memory(schema(), path, 77).expect("joined")
}
