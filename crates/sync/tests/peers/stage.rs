//! A hostile peer that speaks by hand, to a hub that talks to an honest one at the same time.
//!
//! **Invariants**
//! - Whatever the hostile one does, the honest pair holds the same in the end and is not cut off.

use crate::world::World;
use crate::writer::{Writer, key, schema};
use woodland_format::{
    AuthorKey, Commit, CommitId, Draft, Op, Payload, Position, SchemaChange, Signature, TypeId,
    encode_stretch,
};
use woodland_sync::parts::{AuthorRef, Hello, Introduced, Message, Part, Previous, Stretch};
use woodland_sync::{Closed, Limits, Peer, Salt};

/// Who is attacked, and who talks to it meanwhile.
pub(crate) const VICTIM: usize = 0;
pub(crate) const HONEST: usize = 1;
const SALT: Salt = Salt([9; 16]);

pub(crate) struct Stage {
    pub(crate) world: World,
    founder: Writer,
    peers: u64,
}

/// One hostile conversation: what was said, and what was heard.
pub(crate) struct Hostile {
    pub(crate) peer: Peer,
    pub(crate) number: u64,
    pub(crate) heard: Vec<Message>,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Stage {
        Stage::of(Writer::found(), limits)
    }

    pub(crate) fn of(mut founder: Writer, limits: Limits) -> Stage {
        (0..5).for_each(|_| founder.write());
        let mut world = World::default();
        world.add(founder.clone(), limits);
        world.add(founder.join(1), limits);
        world.write(HONEST);
        world.connect(HONEST, VICTIM);
        world.settle();
        let mut stage = Stage { world, founder, peers: 1 << 40 };
        stage.honest_go_on();
        // Something is under way while the attack goes on.
        stage.world.write(VICTIM);
        stage.world.write(HONEST);
        stage
    }

    /// A hostile peer connects, and says nothing.
    pub(crate) fn connects(&mut self) -> Hostile {
        self.peers += 1;
        let peer = Peer(self.peers);
        self.world.nodes[VICTIM].hub.accept(peer);
        Hostile { peer, number: 0, heard: Vec::new() }
    }

    /// And says hello, as who has this key.
    pub(crate) fn greets(&mut self, author: AuthorKey) -> Hostile {
        let mut hostile = self.connects();
        let hello = self.hello(author);
        self.says(&mut hostile, vec![Part::Hello(hello)]);
        hostile
    }

    pub(crate) fn hello(&self, author: AuthorKey) -> Hello {
        let dataset = self.founder.log.dataset();
        let (window, message_bytes_max) = (1 << 20, Limits::MESSAGE_BYTES_LEAST);
        Hello { dataset, author, salt: Some(SALT), window, message_bytes_max }
    }

    /// Says this in a message that is in turn.
    pub(crate) fn says(&mut self, hostile: &mut Hostile, parts: Vec<Part>) {
        let heard = hostile.heard.len() as u64;
        let message = Message { number: hostile.number, heard, parts };
        hostile.number += 1;
        self.sends(hostile, &message.encode());
    }

    /// Hands over these bytes.
    pub(crate) fn sends(&mut self, hostile: &Hostile, bytes: &[u8]) {
        self.world.nodes[VICTIM].hub.take(hostile.peer, bytes);
        self.world.host(VICTIM);
    }

    /// Hears all that is said to it.
    pub(crate) fn hears(&mut self, hostile: &mut Hostile) {
        while let Some(message) = self.world.nodes[VICTIM].hub.say(hostile.peer) {
            hostile.heard.push(Message::decode(&message).expect("an honest message"));
        }
    }

    pub(crate) fn ticks(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.world.nodes[VICTIM].hub.tick();
            self.world.host(VICTIM);
        }
    }

    /// Why the conversation ended, if it did.
    pub(crate) fn outcome(&self, hostile: &Hostile) -> Option<Closed> {
        let mut closed = self.world.nodes[VICTIM].closed.iter();
        closed.find(|(peer, _)| *peer == hostile.peer).map(|(_, why)| why.clone())
    }

    /// How the conversation ended.
    pub(crate) fn ended(&self, hostile: &Hostile) -> Closed {
        self.outcome(hostile).expect("it ended")
    }

    /// The honest two write and talk; they hold the same, and are not cut off.
    pub(crate) fn honest_go_on(&mut self) {
        for at in [VICTIM, HONEST, VICTIM] {
            self.world.write(at);
            self.world.settle();
        }
        let honest = |peer: &Peer| peer.0 < 1 << 40;
        for node in &self.world.nodes {
            let closed = node.closed.iter().find(|(peer, _)| honest(peer));
            assert!(closed.is_none(), "{closed:?}");
        }
        let [one, two] = [VICTIM, HONEST].map(|at| &self.world.nodes[at].writer.log);
        assert_eq!(one, two, "the honest hold the same");
    }

    /// None of these got in.
    pub(crate) fn none_are_in(&self, commits: &[Commit]) {
        for node in &self.world.nodes {
            assert!(commits.iter().all(|commit| !node.writer.log.contains(&commit.id())));
        }
    }

    /// The first commits of somebody who holds the beginning of the dataset.
    pub(crate) fn chain(&self, author: u32, count: usize) -> Vec<Commit> {
        let mut commits = vec![self.first(author)];
        while commits.len() < count {
            let last = commits.last().expect("there is one");
            commits.push(next(author, last, vec![], last.turn()));
        }
        commits
    }

    fn first(&self, author: u32) -> Commit {
        let log = &self.founder.log;
        let (author, dataset) = (key(author).author(), log.dataset());
        let position =
            Position::First { author, dataset, schema: schema().id(), certificate: None };
        let turn = log.next_turn(None, &[dataset.founding()]).expect("it is held");
        seal(author, Draft { position, turn, parents: vec![], payload: Payload::of(vec![]) })
    }
}

pub(crate) fn next(author: u32, before: &Commit, parents: Vec<CommitId>, turn: u64) -> Commit {
    let position =
        Position::Next { backlink: before.id(), seq: before.seq() + 1, schema: SchemaChange::Keep };
    let payload = Payload::of(vec![Op::Create { node_type: TypeId(0), salt: before.seq() }]);
    seal(key(author).author(), Draft { position, turn, parents, payload })
}

fn seal(author: AuthorKey, draft: Draft) -> Commit {
    Commit::seal(author, draft).expect("a commit")
}

/// Each signed by this key, whosesoever it is.
pub(crate) fn by(number: u32) -> impl Fn(&Commit) -> Option<Signature> {
    move |commit| Some(key(number).sign_commit(&commit.id()))
}

/// None is signed.
pub(crate) fn unsigned(_: &Commit) -> Option<Signature> {
    None
}

/// Consecutive commits as they are said, of the author that comes up with this number.
pub(crate) fn stretch(
    number: u32,
    commits: &[Commit],
    signature: impl Fn(&Commit) -> Option<Signature>,
) -> Stretch {
    let first = commits.first().expect("some commits");
    Stretch {
        author: AuthorRef { number, introduced: Introduced::Key(first.author()) },
        first_seq: first.seq(),
        previous: first.backlink().map(Previous::Id),
        commits: u32::try_from(commits.len()).expect("few commits"),
        is_new: false,
        unpacked: None,
        rows: encode_stretch(commits, signature),
    }
}
