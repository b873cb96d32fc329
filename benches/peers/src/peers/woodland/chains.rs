//! Woodland's protocol alone: two hubs over two logs, whose commits are made by hand.
//!
//! The facade writes under one key, and there are up to 10,000 here; so commits are sealed and
//! signed as it does, and what arrives is merged into the log and told to the hub. No store is
//! written and no graph evaluated. What is remembered is a memory, through its bytes.
//!
//! **Invariants**
//! - A change is a commit of one op, which sets the field of a node: each key is a node, and all
//!   of them are made by the founding commit.
//! - Its parent is the commit before it, where that is another author's. Author 0 founds.
//! - Signed is the last commit of each author, as a replica signs what leaves it.
//!
//! What this does not do: keep a file; a history is made anew in each process.

use crate::peers::woodland::anatomy::anatomy;
use crate::sync::history::{self, Change, History, id_of, sum};
use crate::sync::{Keyed, Role, Side};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use woodland_format::{
    AuthorKey, Commit, CommitId, Draft, FieldDefinition, FieldId, NodeId, ObjectId, Op, Payload,
    Position, RegisterConfig, RegisterOp, Schema, SchemaChange, SchemaId, SecretKey,
    TypeDefinition, TypeId, Value, ValueType, encode,
};
use woodland_log::Log;
use woodland_sync::{Event, Hub, Limits, Memory, Peer, Salt};

const NODE_TYPE: TypeId = TypeId(0);
const FIELD: FieldId = FieldId(0);
/// Nodes that the founding commit makes: more than there are keys.
const NODES: u32 = 1 << 14;
/// Who meets, and writes nothing.
const READERS: [u32; 2] = [u32::MAX, u32::MAX - 1];

/// A log and its hub.
pub(crate) struct Chains {
    log: Log,
    hub: Hub,
    /// The last connection.
    connection: u64,
    /// Whether the other side was met, and is remembered.
    has_met: bool,
}

fn key(author: u32) -> SecretKey {
    let mut seed = [0; 32];
    let [one, other] = id_of(author);
    seed[..8].copy_from_slice(&one.to_le_bytes());
    seed[8..16].copy_from_slice(&other.to_le_bytes());
    SecretKey::from_seed(seed)
}

fn schema() -> Schema {
    let config = encode(&RegisterConfig { value: ValueType::String });
    let (name, kind) = ("value".into(), "register".into());
    let fields = vec![FieldDefinition { id: FIELD, name, kind, config }];
    let entry = TypeDefinition { id: NODE_TYPE, name: "Entry".into(), version: 1, fields };
    Schema { types: vec![entry] }
}

fn founding() -> Result<Commit> {
    let author = key(0).author();
    let schema = schema();
    let id = schema.id();
    let position = Position::Founding { author, nonce: [7; 32], schema: id, certificate: None };
    let nodes = (0..NODES).map(|_| create());
    let payload = Payload::of([Op::Schema(schema)].into_iter().chain(nodes).collect());
    Ok(Commit::seal(author, Draft { position, turn: 0, parents: Vec::new(), payload })?)
}

fn create() -> Op {
    Op::Create { node_type: NODE_TYPE, salt: 0 }
}

/// The node that is the key with this number.
fn node(founder: &AuthorKey, number: u32) -> Result<NodeId> {
    create().creates(founder, 0, 1 + number).context("it creates a node")
}

/// Who writes, one commit after the other.
struct Writer<'a> {
    log: Log,
    founder: AuthorKey,
    schema: SchemaId,
    keys: HashMap<u32, (SecretKey, AuthorKey)>,
    /// The last commit of each author, with its seq and turn.
    tips: HashMap<u32, (CommitId, u64, u64)>,
    /// Who wrote last.
    last: u32,
    changes: &'a [Change],
}

impl<'a> Writer<'a> {
    /// Who goes on where the shared part of this history, or its founding, ends.
    fn behind(log: Log, shared: &[Change], changes: &'a [Change]) -> Result<Self> {
        let founder = key(0).author();
        let last = shared.last().map_or(0, |change| change.author);
        let (keys, tips, schema) = (HashMap::new(), HashMap::new(), schema().id());
        let mut writer = Writer { log, founder, schema, keys, tips, last, changes };
        let authors = changes.iter().map(|change| change.author).chain([last]);
        for author in authors.collect::<BTreeSet<u32>>() {
            let secret = key(author);
            let public = secret.author();
            writer.keys.insert(author, (secret, public));
            if let Some(tip) = writer.log.tips(&public).first() {
                let turn = writer.log.place(&tip.id).and_then(|place| writer.log.turn(place));
                writer.tips.insert(author, (tip.id, tip.seq, turn.context("a commit")?));
            }
        }
        Ok(writer)
    }

    /// The log with all changes.
    fn write(mut self) -> Result<Log> {
        let mut commits = Vec::new();
        for change in self.changes {
            commits.push(self.seal(change)?);
        }
        let mut log = self.log.extend(&commits)?;
        let written = self.changes.iter().map(|change| change.author);
        for author in written.collect::<BTreeSet<u32>>() {
            let tip = self.tips.get(&author).context("who has written has a tip")?.0;
            let commit = log.get(&tip).context("it was appended")?;
            log = log.with_verified_point(&commit.sign(&self.keys[&author].0))?;
        }
        Ok(log)
    }

    fn seal(&mut self, change: &Change) -> Result<Commit> {
        let author = self.keys[&change.author].1;
        let (last, _, last_turn) = self.tips[&self.last];
        let is_own = self.last == change.author;
        let dataset = self.log.dataset();
        let mut parents = if is_own { Vec::new() } else { vec![last] };
        let (position, seq) = match self.tips.get(&change.author) {
            Some((backlink, seq, _)) => {
                let (backlink, seq, schema) = (*backlink, seq + 1, SchemaChange::Keep);
                (Position::Next { backlink, seq, schema }, seq)
            }
            None => {
                parents.retain(|parent| *parent != dataset.founding());
                let (schema, certificate) = (self.schema, None);
                (Position::First { author, dataset, schema, certificate }, 0)
            }
        };
        let turn = if is_own { last_turn } else { last_turn + 1 };
        let payload = Payload::of(vec![set(node(&self.founder, change.number)?, change)]);
        let commit = Commit::seal(author, Draft { position, turn, parents, payload })?;
        self.tips.insert(change.author, (commit.id(), seq, turn));
        self.last = change.author;
        Ok(commit)
    }
}

fn set(node: NodeId, change: &Change) -> Op {
    let op = RegisterOp::Set(Value::from(change.value.as_str()));
    Op::Edit { object: ObjectId { node, field: FIELD }, op: encode(&op) }
}

impl Chains {
    fn of(log: &Log, reader: u32) -> Self {
        let hub = Hub::new(log.clone(), key(reader).author(), Limits::default());
        Chains { log: log.clone(), hub, connection: 0, has_met: false }
    }

    fn peer(&self) -> Peer {
        Peer(self.connection)
    }
}

impl Side for Chains {
    type Version = Log;

    fn version(&self) -> Log {
        self.log.clone()
    }

    fn connect(&mut self, role: Role) -> Result<()> {
        let memory = self.hub.memory(self.peer()).filter(|_| self.has_met);
        let memory = memory.and_then(|memory| Memory::decode(&memory.encode()));
        self.hub.disconnect(self.peer());
        (self.connection, self.has_met) = (self.connection + 1, true);
        match role {
            Role::Opens => {
                // Fresh, as it has to be: how long a sketch must be is a matter of luck.
                let half = || RandomState::new().hash_one(self.connection).to_le_bytes();
                let mut salt = [0; 16];
                salt[..8].copy_from_slice(&half());
                salt[8..].copy_from_slice(&half());
                match memory {
                    Some(memory) => self.hub.open_known(self.peer(), Salt(salt), &memory),
                    None => self.hub.open(self.peer(), Salt(salt)),
                }
            }
            Role::Accepts => match memory {
                Some(memory) => self.hub.accept_known(self.peer(), &memory),
                None => self.hub.accept(self.peer()),
            },
        }
        Ok(())
    }

    fn say(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.hub.say(self.peer()))
    }

    fn hear(&mut self, message: &[u8]) -> Result<()> {
        self.hub.take(self.peer(), message);
        while let Some(event) = self.hub.event() {
            match event {
                Event::Arrived { log } => {
                    self.log = self.log.merge(&log)?;
                    self.hub.advanced(&self.log);
                }
                Event::Closed { why, .. } => bail!("a conversation ended: {why}"),
                _ => {}
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<()> {
        self.hub.tick();
        Ok(())
    }

    fn forget(&mut self) {
        self.has_met = false;
    }

    fn anatomy(
        messages: &[Vec<u8>],
        before: [&Log; 2],
        after: &Log,
    ) -> Result<Vec<(&'static str, usize)>> {
        anatomy(messages, before, after)
    }
}

impl Keyed for Chains {
    fn prepare(_: &History, _: &Path) -> Result<()> {
        Ok(())
    }

    fn load(history: &History, _: &Path) -> Result<(Self, Self)> {
        let founding = founding()?;
        let log = Log::found(founding.clone())?;
        let log = log.with_verified_point(&founding.sign(&key(0)))?;
        let log = Writer::behind(log, &[], &history.shared)?.write()?;
        let [one, other] = READERS.map(|reader| Chains::of(&log, reader));
        Ok((one, other))
    }

    fn set(&mut self, history: &History, changes: &[Change]) -> Result<()> {
        if !changes.is_empty() {
            self.log = Writer::behind(self.log.clone(), &history.shared, changes)?.write()?;
            self.hub.advanced(&self.log);
        }
        Ok(())
    }

    fn sum(&self) -> Result<u64> {
        let founder = key(0).author();
        let nodes = (0..NODES).map(|number| Ok((node(&founder, number)?, number)));
        let nodes: HashMap<NodeId, u32> = nodes.collect::<Result<_>>()?;
        let mut entries: BTreeMap<String, String> = BTreeMap::new();
        for (_, commit) in self.log.order() {
            let payload = Payload::decode(commit.payload().context("nothing is erased")?)?;
            for op in payload.ops {
                let Op::Edit { object, op } = op else { continue };
                let RegisterOp::Set(Value::String(value)) = RegisterOp::decode(&op)? else {
                    bail!("a value is a string")
                };
                let number = nodes.get(&object.node).context("a node that is a key")?;
                entries.insert(history::key(*number), value);
            }
        }
        Ok(sum(entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_99_bytes() {
        let history = History::of(1, 1, 0);
        let payload = Payload::of(vec![set(NodeId([0; 16]), &history.shared[0])]);
        assert_eq!(payload.encode().len(), 99);
    }
}
