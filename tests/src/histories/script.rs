//! Histories by hand: a few authors by number, each commit written out.
//!
//! **Invariants**
//! - Authors are numbered by their keys, ascending, so that ties in a turn go by number. Author 0
//!   founds.
//! - The founding commit carries the schema and creates one note, one tag and one odd node.
//! - Where the dataset has an owner, that is the identity of author 0; each other author has one of
//!   its own.

use crate::histories::schemas::{NOTE, ODD, TAG};
use crate::histories::{founding_schema, later_schema};
use crate::oracle::turn_of;
use woodland_format::{
    AuthorKey, Certificate, Commit, HEADER_FORMAT, Header, IdentityKey, NodeId, Op, Payload,
    Position, Right, RightsChange, Schema, SchemaChange, SchemaId, SecretKey, node_id,
    payload_hash,
};

/// A history that a test writes by hand.
#[derive(Debug, Clone)]
pub struct Script {
    keys: Vec<SecretKey>,
    /// By author; none where the dataset has no owner.
    identities: Vec<SecretKey>,
    /// Every commit so far, in the order of writing.
    pub commits: Vec<Commit>,
}

/// What a commit of a [`Script`] is, beside its author.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// The author's commit before; none for a first one.
    pub after: Option<&'a Commit>,
    /// The parents, in any order.
    pub sees: &'a [&'a Commit],
    /// What becomes of the schema; a first commit takes an adopted one, otherwise the founding one.
    pub schema: SchemaChange,
    /// The payload's bytes, which need not decode.
    pub payload: Vec<u8>,
}

impl Script {
    /// A script whose founding commit is written.
    pub fn found() -> Script {
        let create = |node_type| Op::Create { node_type, salt: 0 };
        Script::found_with(founding_schema(), vec![create(NOTE), create(TAG), create(ODD)])
    }

    /// The same with another schema, and with other ops behind it.
    pub fn found_with(schema: Schema, ops: Vec<Op>) -> Script {
        let mut keys: Vec<SecretKey> =
            (1..=5).map(|byte| SecretKey::from_seed([byte; 32])).collect();
        keys.sort_by_key(SecretKey::author);
        Script { keys, identities: vec![], commits: vec![] }.begin(schema, ops)
    }

    /// The same in a dataset that has an owner, who lets everybody in. Gives the last grant, too.
    pub fn owned(schema: Schema, ops: Vec<Op>) -> (Script, Commit) {
        let Script { keys, .. } = Script::found();
        let identities = (101..=105).map(|byte| SecretKey::from_seed([byte; 32])).collect();
        let mut script = Script { keys, identities, commits: vec![] }.begin(schema, ops);
        let grants = (1..script.keys.len()).map(|author| {
            let grant = RightsChange::Grant(script.identity(author), Right::Write);
            script.change_rights(None, &[], grant, vec![])
        });
        let last = grants.last().expect("there are others");
        (script, last)
    }

    fn begin(mut self, schema: Schema, ops: Vec<Op>) -> Script {
        let (author, nonce, id) = (self.author(0), [0; 32], schema.id());
        let position = match self.certificate(0) {
            Some(certificate) => Position::Owned { author, nonce, schema: id, certificate },
            None => Position::Founding { author, nonce, schema: id, certificate: None },
        };
        let ops = [vec![Op::Schema(schema)], ops].concat();
        self.commits.push(seal(author, position, 0, &[], Payload::of(ops).encode()));
        self
    }

    /// Who vouches for an author, in a dataset that has an owner.
    pub fn identity(&self, author: usize) -> IdentityKey {
        self.identities[author].identity()
    }

    fn certificate(&self, author: usize) -> Option<Certificate> {
        Some(self.identities.get(author)?.certify(&self.author(author), "somebody"))
    }

    /// Takes an author's rights away, behind the owner's last commit or behind this one of its.
    pub fn revoke(&mut self, after: Option<&Commit>, sees: &[&Commit], author: usize) -> Commit {
        let change = RightsChange::Revoke(self.identity(author));
        self.change_rights(after, sees, change, vec![])
    }

    /// A commit of the owner that changes rights, behind its last or behind this one of its.
    pub fn change_rights(
        &mut self,
        after: Option<&Commit>,
        sees: &[&Commit],
        change: RightsChange,
        ops: Vec<Op>,
    ) -> Commit {
        let key = self.author(0);
        let last = || self.commits.iter().rev().find(|commit| commit.author() == key);
        let after = after.or_else(last).expect("the owner founded");
        let (backlink, seq) = (after.id(), after.seq() + 1);
        let position = Position::Rights { backlink, seq, change };
        let turn = turn_of(Some(after.turn()), sees.iter().map(|commit| commit.turn()));
        let commit = seal(key, position, turn, sees, Payload::of(ops).encode());
        self.commits.push(commit.clone());
        commit
    }

    /// The key of an author.
    pub fn author(&self, author: usize) -> AuthorKey {
        self.keys[author].author()
    }

    /// The note that the founding commit creates.
    pub fn note(&self) -> NodeId {
        node_id(&self.author(0), 0, 1, 0)
    }

    /// The tag that the founding commit creates.
    pub fn tag(&self) -> NodeId {
        node_id(&self.author(0), 0, 2, 0)
    }

    /// The odd node that the founding commit creates.
    pub fn odd(&self) -> NodeId {
        node_id(&self.author(0), 0, 3, 0)
    }

    /// Writes a batch after the author's last commit.
    pub fn write(&mut self, author: usize, sees: &[&Commit], ops: Vec<Op>) -> Commit {
        let key = self.author(author);
        let after = self.commits.iter().rev().find(|commit| commit.author() == key).cloned();
        let payload = Payload::of(ops).encode();
        let schema = SchemaChange::Keep;
        self.line(author, Line { after: after.as_ref(), sees, schema, payload })
    }

    /// Writes what the line says, where it says.
    pub fn line(&mut self, author: usize, line: Line<'_>) -> Commit {
        let founding = &self.commits[0];
        let certificate = self.certificate(author);
        let author = self.author(author);
        let (position, implied) = match (line.after, line.schema) {
            (Some(after), schema) => {
                let (backlink, seq) = (after.id(), after.seq() + 1);
                (Position::Next { backlink, seq, schema }, None)
            }
            (None, schema) => {
                let schema = match schema {
                    SchemaChange::Keep => founding_schema_of(founding),
                    SchemaChange::Adopt(id) | SchemaChange::Introduce(id) => id,
                };
                let dataset = founding.id().into();
                (Position::First { author, dataset, schema, certificate }, Some(0))
            }
        };
        let turns = line.sees.iter().map(|commit| commit.turn()).chain(implied);
        let turn = turn_of(line.after.map(Commit::turn), turns);
        let commit = seal(author, position, turn, line.sees, line.payload);
        self.commits.push(commit.clone());
        commit
    }

    /// An author's first commit, which introduces nothing, and one that introduces the later
    /// schema.
    pub fn introduce_later(&mut self, author: usize) -> Commit {
        let first = self.write(author, &[], vec![]);
        let line = Line {
            after: Some(&first),
            sees: &[],
            schema: SchemaChange::Introduce(later_schema().id()),
            payload: Payload::of(vec![Op::Schema(later_schema())]).encode(),
        };
        self.line(author, line)
    }
}

/// The schema that a founding commit names.
fn founding_schema_of(commit: &Commit) -> SchemaId {
    match commit.header().position {
        Position::Founding { schema, .. } | Position::Owned { schema, .. } => schema,
        _ => panic!("a script begins with a founding commit"),
    }
}

fn seal(
    author: AuthorKey,
    position: Position,
    turn: u64,
    sees: &[&Commit],
    payload: Vec<u8>,
) -> Commit {
    let mut parents: Vec<_> = sees.iter().map(|commit| commit.id()).collect();
    parents.sort_unstable();
    let header = Header {
        format: HEADER_FORMAT,
        position,
        payload_hash: payload_hash(&payload),
        payload_bytes: u32::try_from(payload.len()).expect("a small payload"),
        turn,
        parents,
    };
    Commit::new(author, header, Some(payload.into_boxed_slice())).expect("a line keeps the rules")
}
