//! A dataset of three authors who write in turn, each commit a signed segment of its own: with a
//! fork, an erased payload, a segment that is stored twice, and a signature that does not hold.

use crate::samples::Sample;
use crate::samples::{create, key};
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, Op, Payload, Position, Schema, SchemaChange, SecretKey,
    Signature, encode_segment,
};
use woodland_store::{MemoryDisk, StoreOptions};

pub(crate) struct Woven {
    pub(crate) dataset: DatasetId,
    pub(crate) segments: Vec<Vec<u8>>,
    /// All commits, each once.
    pub(crate) commits: Vec<Commit>,
}

impl Woven {
    /// To be stored from the first segment on.
    pub(crate) fn sample(&self) -> Sample {
        Sample { dataset: self.dataset, segments: self.segments.clone(), ids: Vec::new() }
    }
}

struct Weaver {
    keys: [SecretKey; 3],
    woven: Woven,
    /// The last commit of each author.
    tips: [Option<Commit>; 3],
}

impl Weaver {
    fn new() -> Self {
        let keys = [key(), SecretKey::from_seed([2; 32]), SecretKey::from_seed([3; 32])];
        let (founder, schema) = (keys[0].author(), Schema { types: vec![] });
        let position = Position::Founding {
            author: founder,
            nonce: [7; 32],
            schema: schema.id(),
            certificate: None,
        };
        let payload = Payload::of(vec![Op::Schema(schema)]);
        let draft = Draft { position, turn: 0, parents: vec![], payload };
        let founding = Commit::seal(founder, draft).expect("founding");
        let dataset = DatasetId::from(founding.id());
        let woven = Woven { dataset, segments: vec![], commits: vec![] };
        let mut weaver = Weaver { keys, woven, tips: [None, None, None] };
        weaver.store(0, &founding, weaver.keys[0].sign_commit(&founding.id()));
        weaver.tips[0] = Some(founding);
        weaver
    }

    fn store(&mut self, by: usize, commit: &Commit, signature: Signature) {
        assert_eq!(commit.author(), self.keys[by].author());
        let run = std::slice::from_ref(commit);
        self.woven.segments.push(encode_segment(self.woven.dataset, run, |_| Some(signature)));
        if !self.woven.commits.contains(commit) {
            self.woven.commits.push(commit.clone());
        }
    }

    /// The next commit of an author, who has seen the tips of these others.
    fn next(&self, by: usize, seen: &[usize]) -> Commit {
        let author = self.keys[by].author();
        let seen: Vec<&Commit> = seen.iter().filter_map(|of| self.tips[*of].as_ref()).collect();
        let founding = &self.woven.commits[0];
        let (position, turn) = match &self.tips[by] {
            Some(last) => {
                let (backlink, seq) = (last.id(), last.seq() + 1);
                (Position::Next { backlink, seq, schema: SchemaChange::Keep }, last.turn())
            }
            None => {
                let Position::Founding { schema, .. } = founding.header().position else {
                    unreachable!("the first commit founds")
                };
                let dataset = self.woven.dataset;
                (Position::First { author, dataset, schema, certificate: None }, 1)
            }
        };
        let above = seen.iter().map(|commit| commit.turn() + 1).max().unwrap_or(0);
        let parents: Vec<CommitId> =
            seen.iter().map(|commit| commit.id()).filter(|id| *id != founding.id()).collect();
        let payload = Payload::of(vec![]);
        Commit::seal(author, Draft { position, turn: turn.max(above), parents, payload })
            .expect("next")
    }

    fn write(&mut self, by: usize, seen: &[usize]) {
        let commit = self.next(by, seen);
        let signature = self.keys[by].sign_commit(&commit.id());
        self.store(by, &commit, signature);
        self.tips[by] = Some(commit);
    }
}

fn erased(commit: &Commit) -> Commit {
    Commit::new(commit.author(), commit.header().clone(), None).expect("it fits")
}

/// As many rounds of three authors.
pub(crate) fn woven(rounds: usize) -> Woven {
    let mut weaver = Weaver::new();
    for round in 0..rounds {
        weaver.write(0, &[1, 2]);
        weaver.write(1, &[0]);
        if round == 1 {
            // The second author forks: this one is not seen by the tip.
            let other = weaver.next(1, &[2]);
            weaver.write(1, &[]);
            let signature = weaver.keys[1].sign_commit(&other.id());
            weaver.store(1, &other, signature);
        }
        if round == 2 {
            let again = weaver.woven.segments.last().expect("segments").clone();
            weaver.woven.segments.push(again);
        }
        if round == 3 {
            // Signed by somebody else; the next one's signature makes up for it.
            let commit = weaver.next(2, &[0]);
            let signature = weaver.keys[0].sign_commit(&commit.id());
            weaver.store(2, &commit, signature);
            weaver.tips[2] = Some(commit);
        }
        let commit = weaver.next(2, &[0, 1]);
        let stored = if round == 4 { erased(&commit) } else { commit.clone() };
        let signature = weaver.keys[2].sign_commit(&commit.id());
        weaver.store(2, &stored, signature);
        weaver.tips[2] = Some(commit);
    }
    weaver.woven
}

impl Woven {
    /// A disk with all segments appended, each by itself.
    pub(crate) fn filled(&self, options: &StoreOptions) -> MemoryDisk {
        let disk = MemoryDisk::new();
        let sample = crate::samples::Sample {
            dataset: self.dataset,
            segments: self.segments.clone(),
            ids: vec![],
        };
        let store = create(&disk, &sample, options);
        for segment in &self.segments {
            store.append(std::slice::from_ref(segment)).expect("append");
        }
        disk
    }
}
