//! Replicas that talk over links which deliver in order, or are cut.

use crate::writer::Writer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use woodland_format::{AuthorKey, CommitId};
use woodland_sync::parts::{Message, Part};
use woodland_sync::{Closed, Event, Hub, Limits, Memory, Peer, Salt};

pub(crate) struct Node {
    pub(crate) writer: Writer,
    pub(crate) hub: Hub,
    pub(crate) closed: Vec<(Peer, Closed)>,
    pub(crate) events: Vec<Event>,
    /// Whether what arrives is made durable at once.
    pub(crate) is_quick: bool,
}

/// Two ends, each with what is on its way to it.
pub(crate) struct Link {
    pub(crate) ends: [usize; 2],
    pub(crate) ways: [VecDeque<Vec<u8>>; 2],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    /// Commits that were sent.
    pub(crate) commits: usize,
    /// Bytes of their rows.
    pub(crate) rows: usize,
    /// Commits that were sent to somebody who held them, or was being sent them.
    pub(crate) twice: usize,
    /// How often somebody did not hold what was named.
    pub(crate) unheld: usize,
    /// Parts that settle who holds what.
    pub(crate) notes: usize,
}

impl Cost {
    /// What was added to that.
    pub(crate) fn since(self, before: Cost) -> Cost {
        Cost {
            messages: self.messages - before.messages,
            bytes: self.bytes - before.bytes,
            commits: self.commits - before.commits,
            rows: self.rows - before.rows,
            twice: self.twice - before.twice,
            unheld: self.unheld - before.unheld,
            notes: self.notes - before.notes,
        }
    }
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: BTreeMap<u64, Link>,
    made: u64,
    pub(crate) cost: Cost,
    sent: BTreeSet<(usize, AuthorKey, u64, CommitId)>,
    /// Where set, what is said.
    pub(crate) transcript: Option<Vec<String>>,
}

impl World {
    pub(crate) fn add(&mut self, writer: Writer, limits: Limits) -> usize {
        let hub = Hub::new(writer.log.clone(), writer.author(), limits);
        let (closed, events) = (Vec::new(), Vec::new());
        self.nodes.push(Node { writer, hub, closed, events, is_quick: true });
        self.nodes.len() - 1
    }

    /// The first opens.
    pub(crate) fn connect(&mut self, opener: usize, other: usize) -> u64 {
        self.connect_known(opener, other, [None, None])
    }

    /// The same, and this is what each remembers of the other.
    pub(crate) fn connect_known(
        &mut self,
        opener: usize,
        other: usize,
        [one, two]: [Option<&Memory>; 2],
    ) -> u64 {
        self.made += 1;
        let number = self.made;
        let mut salt = [7; 16];
        salt[..8].copy_from_slice(&number.to_le_bytes());
        let (opens, accepts) = (Salt(salt), Peer(number));
        match one {
            Some(memory) => self.nodes[opener].hub.open_known(Peer(number), opens, memory),
            None => self.nodes[opener].hub.open(Peer(number), opens),
        }
        match two {
            Some(memory) => self.nodes[other].hub.accept_known(accepts, memory),
            None => self.nodes[other].hub.accept(accepts),
        }
        self.links.insert(number, Link { ends: [opener, other], ways: Default::default() });
        number
    }

    /// What both ends know of each other, through its bytes.
    pub(crate) fn memories(&self, number: u64) -> [Option<Memory>; 2] {
        let link = &self.links[&number];
        link.ends.map(|end| {
            let memory = self.nodes[end].hub.memory(Peer(number))?;
            let bytes = memory.encode();
            assert!(bytes.len() <= Memory::BYTES_MAX);
            assert_eq!(Memory::decode(&bytes).as_ref(), Some(&memory), "as it was encoded");
            Some(memory)
        })
    }

    /// Time passes for all.
    pub(crate) fn tick(&mut self) {
        for at in 0..self.nodes.len() {
            self.nodes[at].hub.tick();
            self.host(at);
        }
    }

    /// Long enough for all to say what is durable.
    pub(crate) fn ticks(&mut self) {
        for _ in 0..3 {
            self.tick();
            self.settle();
        }
    }

    pub(crate) fn cut(&mut self, number: u64) {
        let Some(link) = self.links.remove(&number) else { return };
        link.ends.iter().for_each(|end| self.nodes[*end].hub.disconnect(Peer(number)));
        // Who was being sent something is not, any more.
        for end in link.ends {
            let log = &self.nodes[end].writer.log;
            self.sent.retain(|(to, _, _, id)| *to != end || log.contains(id));
        }
    }

    pub(crate) fn write(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.writer.write();
        node.hub.advanced(&node.writer.log);
    }

    /// Lets one side of a link say its next message; false where it has none.
    pub(crate) fn say(&mut self, number: u64, side: usize) -> bool {
        let link = self.links.get_mut(&number).expect("a link");
        let from = &mut self.nodes[link.ends[side]];
        let Some(message) = from.hub.say(Peer(number)) else { return false };
        let to = link.ends[1 - side];
        self.cost.messages += 1;
        self.cost.bytes += message.len();
        let decoded = Message::decode(&message).expect("as it was said");
        assert_eq!(decoded.encode(), message, "one form");
        if let Some(transcript) = &mut self.transcript {
            let parts: Vec<String> = decoded.parts.iter().map(brief).collect();
            let (from, parts) = (link.ends[side], parts.join(", "));
            transcript.push(format!("{from} to {to} ({number}): {parts}: {} bytes", message.len()));
        }
        for part in &decoded.parts {
            match part {
                Part::Stretch(stretch) => {
                    self.cost.commits += stretch.commits as usize;
                    self.cost.rows += stretch.rows.len();
                }
                Part::Unheld => self.cost.unheld += 1,
                Part::Settle { .. } => self.cost.notes += 1,
                _ => {}
            }
        }
        link.ways[1 - side].push_back(message);
        true
    }

    /// Lets so many messages of a link be heard; whether there are no more.
    pub(crate) fn passes(&mut self, number: u64, messages: usize) -> bool {
        let mut heard = 0;
        loop {
            let mut is_moved = false;
            for side in 0..2 {
                while self.say(number, side) {}
            }
            for side in 0..2 {
                while heard < messages && self.hear(number, side) {
                    (heard, is_moved) = (heard + 1, true);
                }
            }
            if !is_moved {
                return heard < messages;
            }
        }
    }

    /// A node begins again from a backup.
    pub(crate) fn restore(&mut self, at: usize, writer: Writer) {
        self.restore_with(at, writer, Limits::default());
    }

    pub(crate) fn restore_with(&mut self, at: usize, writer: Writer, limits: Limits) {
        let hub = Hub::new(writer.log.clone(), writer.author(), limits);
        let node = &mut self.nodes[at];
        (node.writer, node.hub) = (writer, hub);
        let log = node.writer.log.clone();
        self.sent.retain(|(to, _, _, id)| *to != at || log.contains(id));
    }

    /// Hands over the next message to one side; false where there is none.
    pub(crate) fn hear(&mut self, number: u64, side: usize) -> bool {
        let link = self.links.get_mut(&number).expect("a link");
        let Some(message) = link.ways[side].pop_front() else { return false };
        let at = link.ends[side];
        self.nodes[at].hub.take(Peer(number), &message);
        self.host(at);
        true
    }

    /// Does what the hub asks for.
    pub(crate) fn host(&mut self, at: usize) {
        let mut gone = Vec::new();
        let node = &mut self.nodes[at];
        let mut held = Vec::new();
        while let Some(event) = node.hub.event() {
            match event {
                Event::Arrived { log } if node.is_quick => {
                    for (_, commit) in log.arrived(&node.writer.log.clone()) {
                        let key = (at, commit.author(), commit.seq(), commit.id());
                        self.cost.twice += usize::from(!self.sent.insert(key));
                    }
                    node.writer.log = node.writer.log.merge(&log).expect("one dataset");
                    node.hub.advanced(&node.writer.log);
                }
                Event::Closed { peer, why } => {
                    gone.push(peer.0);
                    node.closed.push((peer, why));
                }
                other => held.push(other),
            }
        }
        node.events.extend(held);
        for number in gone {
            self.farewell(number, at);
        }
    }

    /// What is left to say to a peer that is cut off, and the end of the connection.
    fn farewell(&mut self, number: u64, at: usize) {
        let Some(link) = self.links.get(&number) else { return };
        let side = usize::from(link.ends[1] == at);
        let other = link.ends[1 - side];
        while self.say(number, side) {}
        let ways = std::mem::take(&mut self.links.get_mut(&number).expect("a link").ways[1 - side]);
        self.links.remove(&number);
        self.nodes[at].hub.disconnect(Peer(number));
        for message in ways {
            self.nodes[other].hub.take(Peer(number), &message);
        }
        self.host(other);
        self.nodes[other].hub.disconnect(Peer(number));
    }

    /// Until nobody has anything to say.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 100_000, "it comes to an end");
            let mut is_moved = false;
            for number in self.links.keys().copied().collect::<Vec<_>>() {
                for side in 0..2 {
                    while self.links.contains_key(&number) && self.say(number, side) {
                        is_moved = true;
                    }
                    while self.links.contains_key(&number) && self.hear(number, 1 - side) {
                        is_moved = true;
                    }
                }
            }
            if !is_moved {
                return;
            }
        }
    }
}

fn brief(part: &Part) -> String {
    match part {
        Part::Hello(_) => "hello".into(),
        Part::Settle { is_asker, note } => {
            let note = format!("{note:?}");
            let name = note.split('(').next().unwrap_or_default().to_lowercase();
            format!("{name}{}", if *is_asker { "?" } else { "" })
        }
        Part::Have(tips) => format!("have {}", tips.len()),
        Part::Want(wants) => format!("want {}", wants.len()),
        Part::Stretch(stretch) => {
            let (author, first) = (stretch.author.number, stretch.first_seq);
            format!("{} commits of {author} from {first}", stretch.commits)
        }
        Part::Ahead(tip) => format!("ahead {}", tip.seq),
        Part::Bye(reason) => format!("bye: {reason}"),
        other => format!("{other:?}").to_lowercase(),
    }
}
