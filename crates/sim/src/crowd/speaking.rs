//! How members connect and speak, and what becomes of what they say.
//!
//! **Invariants**
//! - One message of a way is on its way at a time; the hub is asked for the next when that has
//!   passed.
//! - Whatever ends a connection ends it for both, and who opened it opens it anew, with another
//!   salt.
//!
//! What this does not do: choose what is said.

use crate::crowd::links::{Connection, Side, Way};
use crate::crowd::plan::Parting;
use crate::crowd::world::{Event, World};
use woodland_sync::parts::{Message, Part};
use woodland_sync::{Peer, Salt};

/// Milliseconds until who was cut off connects again, at most.
const AGAIN_MILLISECONDS: usize = 1_500;
/// A message takes so long at most; so much longer where it is delayed.
const TRAVEL_MILLISECONDS: usize = 80;
const DELAY_MILLISECONDS: usize = 2_000;
/// The transport waits so long for what was lost, and up to twice as long.
const GIVES_UP_MILLISECONDS: usize = 2_500;

impl World {
    pub(crate) fn connect(&mut self, link: usize) {
        let [opener, other] = self.links[link].ends;
        let is_possible = self.members[opener].is_up
            && self.members[other].is_up
            && self.hears(opener, other)
            && self.hears(other, opener);
        if !is_possible {
            self.connect_later(link);
            return;
        }
        self.connected += 1;
        self.counts.connections += 1;
        let number = self.connected;
        let salt: Vec<u8> = self.random.bytes(16);
        let salt = Salt(salt.try_into().expect("as many as were drawn"));
        let latency = 5 + self.random.below(TRAVEL_MILLISECONDS) as u64;
        self.trace.note(format_args!("{} {opener} connects to {other} ({number})", self.now));
        let side = Side { is_open: true, ..Side::default() };
        let connection = Connection { number, latency, sides: [side; 2], is_failing: false };
        self.links[link].connection = Some(connection);
        if self.members[opener].is_honest() {
            self.members[opener].hub.open(Peer(number), salt);
        }
        if self.members[other].is_honest() {
            self.members[other].hub.accept(Peer(number));
        }
        for (side, end) in [opener, other].into_iter().enumerate() {
            match self.members[end].is_honest() {
                true => self.host(end),
                false => self.attack(Way { link, number, side }, salt),
            }
        }
    }

    fn connect_later(&mut self, link: usize) {
        let after = 100 + self.random.below(AGAIN_MILLISECONDS) as u64;
        self.after(after, Event::Connect(link));
    }

    /// The connection is gone; another follows.
    pub(crate) fn cut(&mut self, link: usize) {
        let Some(connection) = self.links[link].connection.take() else { return };
        self.counts.cuts += u64::from(self.is_chaos);
        self.trace.note(format_args!("{} cut ({})", self.now, connection.number));
        for (end, side) in self.links[link].ends.into_iter().zip(connection.sides) {
            if side.is_open && self.members[end].is_up {
                let peer = Peer(connection.number);
                self.weighed(Some((link, end)), |world| world.members[end].hub.disconnect(peer));
                self.host(end);
            }
        }
        self.attack_is_over(connection.number);
        self.connect_later(link);
    }

    /// The side that speaks on a way, while that connection lasts.
    fn side(&mut self, way: Way) -> Option<&mut Side> {
        let connection = self.links[way.link].connection.as_mut()?;
        (connection.number == way.number).then(|| &mut connection.sides[way.side])
    }

    /// This member has perhaps something to say, to everybody.
    pub(crate) fn may_speak(&mut self, at: usize) {
        let pause = self.members[at].pause;
        for number in 0..self.members[at].ends.len() {
            let (link, side) = self.members[at].ends[number];
            let Some(connection) = self.links[link].connection.as_mut() else { continue };
            let (number, speaker) = (connection.number, &mut connection.sides[side]);
            if speaker.is_open && !speaker.is_busy && !speaker.is_due {
                speaker.is_due = true;
                self.after(pause, Event::Speak(Way { link, number, side }));
            }
        }
    }

    pub(crate) fn speak(&mut self, way: Way) {
        let Some(side) = self.side(way) else { return };
        side.is_due = false;
        if !side.is_open || side.is_busy {
            return;
        }
        side.said += 1;
        let said = side.said;
        let at = self.links[way.link].ends[way.side];
        if self.is_mute(at, said) {
            return;
        }
        if let Some(message) = self.members[at].hub.say(Peer(way.number)) {
            self.send(way, message);
        }
        self.host(at);
    }

    fn send(&mut self, way: Way, message: Vec<u8>) {
        let reads = self.reads_slowly(self.links[way.link].ends[1 - way.side]);
        let Some(connection) = self.links[way.link].connection.as_mut() else { return };
        connection.sides[way.side].is_busy = true;
        let mut travels = connection.latency + reads;
        self.counts.messages += 1;
        self.counts.bytes += message.len() as u64;
        let rates = self.rates;
        let mut draws = |rate: usize| rate > 0 && self.random.below(10_000) < rate;
        if draws(rates.delay) {
            self.fault("delayed");
            travels += self.random.below(DELAY_MILLISECONDS) as u64;
        }
        let mut draws = |rate: usize| rate > 0 && self.random.below(10_000) < rate;
        let (is_lost, is_garbled) = (draws(rates.loss), draws(rates.garble));
        let (is_overtaken, is_twice) = (draws(rates.reorder), draws(rates.duplicate));
        if is_lost || is_garbled {
            // What is garbled does not fit its checksum, and is thrown away.
            self.fault(if is_lost { "lost" } else { "garbled" });
            self.counts.lost_row_bytes += rows_of(&message).1;
            self.after(travels, Event::Passed(way));
            self.fails(way);
            return;
        }
        if is_overtaken {
            self.fault("overtaken");
            self.counts.lost_row_bytes += rows_of(&message).1;
            self.after(travels, Event::Passed(way));
            self.after(travels * 3 + 50, Event::Arrive(way, message, false));
            self.fails(way);
            return;
        }
        if is_twice {
            self.fault("duplicated");
            self.after(travels + 1, Event::Arrive(way, message.clone(), false));
        }
        self.after(travels, Event::Arrive(way, message, true));
    }

    fn fault(&mut self, kind: &str) {
        match self.counts.faults.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.counts.faults.insert(kind.to_owned(), 1);
            }
        }
    }

    /// This connection has lost something: it does not last.
    fn fails(&mut self, way: Way) {
        let Some(connection) = self.links[way.link].connection.as_mut() else { return };
        if !std::mem::replace(&mut connection.is_failing, true) {
            let waits = GIVES_UP_MILLISECONDS + self.random.below(GIVES_UP_MILLISECONDS);
            self.after(waits as u64, Event::Cut(way.link, way.number));
        }
    }

    pub(crate) fn arrive(&mut self, way: Way, message: &[u8], is_next_free: bool) {
        if self.side(way).is_none() {
            return;
        }
        let [opener, other] = self.links[way.link].ends;
        let (from, to) = if way.side == 0 { (opener, other) } else { (other, opener) };
        if !self.hears(to, from) {
            self.fault("parted");
            self.passed(way);
            self.fails(way);
            return;
        }
        let heard = Way { side: 1 - way.side, ..way };
        if self.members[to].is_honest() && self.side(heard).is_some_and(|side| side.is_open) {
            self.attack_arrives(way);
            // A message that comes again is not counted again.
            let brought = if is_next_free { self.count(message) } else { 0 };
            let before = self.counts.delivered;
            self.members[to].hub.take(Peer(way.number), message);
            self.host(to);
            let (now, length, new) = (self.now, message.len(), self.counts.delivered - before);
            self.trace.note(format_args!(
                "{now} {to} hears {from} ({}): {length} bytes, {brought} commits, {new} new",
                way.number
            ));
            self.trace.bytes(message);
        }
        if is_next_free {
            self.passed(way);
        }
    }

    /// The next message may follow on this way.
    pub(crate) fn passed(&mut self, way: Way) {
        let Some(side) = self.side(way) else { return };
        side.is_busy = false;
        if side.is_open && !side.is_due {
            side.is_due = true;
            self.after(0, Event::Speak(way));
        }
    }

    /// Counts what a message brings: how many commits.
    fn count(&mut self, message: &[u8]) -> u64 {
        let (commits, bytes) = rows_of(message);
        self.received += commits;
        self.counts.row_bytes += bytes;
        commits
    }

    /// One side ended it: it says why, and is gone; the other is when it has heard that.
    pub(crate) fn leave(&mut self, at: usize, peer: Peer) {
        let of = |(link, side): &(usize, usize)| {
            let connection = self.links[*link].connection.as_ref()?;
            let way = Way { link: *link, number: peer.0, side: *side };
            (connection.number == peer.0).then_some((way, connection.latency))
        };
        let found = self.members[at].ends.iter().find_map(of);
        let message = self.members[at].hub.say(peer);
        self.members[at].hub.disconnect(peer);
        let Some((way, latency)) = found else { return };
        if let Some(message) = message {
            self.counts.messages += 1;
            self.counts.bytes += message.len() as u64;
            self.after(latency, Event::Arrive(way, message, false));
        }
        self.after(latency + 1, Event::Cut(way.link, way.number));
        if let Some(side) = self.side(way) {
            side.is_open = false;
        }
    }

    fn hears(&self, to: usize, from: usize) -> bool {
        match &self.parted {
            None => true,
            Some((Parting::Ring, _)) => {
                let (count, apart) = (self.members.len(), to.abs_diff(from));
                apart.min(count - apart) <= (count / 5).max(2)
            }
            // One side is heard, and does not hear.
            Some((Parting::OneWay, apart)) => !apart[to] || apart[from],
            Some((_, apart)) => apart[to] == apart[from],
        }
    }
}

/// How many commits a message has, and how many bytes of rows.
fn rows_of(message: &[u8]) -> (u64, u64) {
    let Ok(message) = Message::decode(message) else { return (0, 0) };
    let stretches = message.parts.iter().filter_map(|part| match part {
        Part::Stretch(stretch) => Some((u64::from(stretch.commits), stretch.rows.len() as u64)),
        _ => None,
    });
    stretches.fold((0, 0), |(commits, bytes), (more, longer)| (commits + more, bytes + longer))
}
