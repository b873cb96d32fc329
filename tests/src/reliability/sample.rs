//! Commits to fill a store with: one author's chain, a segment for each commit, of chosen sizes.
//!
//! **Invariants**
//! - The same sizes give the same bytes.
//!
//! What this does not do: write ops that mean something; a store does not look at them.

use woodland_format::{
    Commit, CommitId, DatasetId, Draft, FieldId, NodeId, ObjectId, Op, Payload, Position, Schema,
    SchemaChange, SecretKey, encode_segment,
};

/// The key of whoever writes these.
pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

/// A chain that grows.
#[derive(Debug, Clone)]
pub struct Chain {
    last: Commit,
    key: SecretKey,
    dataset: DatasetId,
    /// How many were made, so that no two are alike.
    made: u64,
}

impl Chain {
    /// Begins a dataset. The answer has the segment of its founding commit.
    ///
    /// # Panics
    /// Never: a founding commit without ops is valid.
    pub fn found() -> (Self, Vec<u8>) {
        let (key, schema) = (key(1), Schema { types: vec![] });
        let position = Position::Founding {
            author: key.author(),
            nonce: [7; 32],
            schema: schema.id(),
            certificate: None,
        };
        let payload = Payload::of(vec![Op::Schema(schema)]);
        let draft = Draft { position, turn: 0, parents: vec![], payload };
        let last = Commit::seal(key.author(), draft).expect("a founding commit is valid");
        let dataset = DatasetId::from(last.id());
        let chain = Chain { last, key, dataset, made: 1 };
        let segment = chain.segment();
        (chain, segment)
    }

    /// The dataset.
    pub fn dataset(&self) -> DatasetId {
        self.dataset
    }

    /// The last commit.
    pub fn tip(&self) -> CommitId {
        self.last.id()
    }

    /// The segment of one more commit, signed, that is at least this long.
    ///
    /// # Panics
    /// Never: the next commit of a chain is valid.
    pub fn next(&mut self, bytes_min: usize) -> Vec<u8> {
        self.made += 1;
        let object = ObjectId { node: NodeId([3; 16]), field: FieldId(1) };
        let op = Op::Edit { object, op: noise(self.made, bytes_min) };
        let (backlink, seq) = (self.last.id(), self.last.seq() + 1);
        let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
        let payload = Payload::of(vec![op]);
        let draft = Draft { position, turn: 0, parents: vec![], payload };
        self.last = Commit::seal(self.key.author(), draft).expect("the next commit is valid");
        self.segment()
    }

    fn segment(&self) -> Vec<u8> {
        let signature = self.last.sign(&self.key).signature;
        encode_segment(self.dataset, std::slice::from_ref(&self.last), |_| Some(signature))
    }
}

/// Bytes that hardly compress and never repeat: SplitMix64 (Steele, Lea and Flood, 2014).
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut numbers = Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&numbers.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Random numbers from a seed.
#[derive(Debug, Clone)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// One below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
