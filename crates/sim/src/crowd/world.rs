//! The world of a crowd: members, links between them, and what happens when.
//!
//! **Invariants**
//! - Time is a number; what happens at one time happens in the order in which it was planned.
//! - Every draw comes from the seed, in that order.
//!
//! What this does not do: say what is said; hubs do.

use crate::crowd::hostile::Next;
use crate::crowd::links::{Link, Way, links, links_beside};
use crate::crowd::member::Member;
use crate::crowd::plan::{Parting, Plan, Rates, Trouble};
use crate::crowd::report::CrowdCounts;
use crate::crowd::small::Small;
use crate::crowd::writing::{self, Written};
use crate::trace::Trace;
use std::collections::BTreeMap;
use woodland_format::CommitId;
use woodland_laws::Random;
use woodland_log::Log;

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    Write(usize),
    /// A line of the script is due.
    Line(usize),
    Tick(usize),
    /// What a member held is durable, if it still lives that life.
    Saved(usize, u64),
    Restart(usize),
    Trouble(Trouble),
    Connect(usize),
    Speak(Way),
    /// A message arrives; with `true`, the next may follow.
    Arrive(Way, Vec<u8>, bool),
    /// A message was lost: the next may follow.
    Passed(Way),
    /// The transport gives up.
    Cut(usize, u64),
    /// Whoever attacks goes on, or has to have been cut off.
    Attack(Way, Next),
}

pub(crate) struct World {
    pub(crate) now: u64,
    planned: u64,
    events: BTreeMap<(u64, u64), Event>,
    pub(crate) random: Random,
    pub(crate) plan: Plan,
    pub(crate) rates: Rates,
    pub(crate) members: Vec<Member>,
    /// The members behind so many stand beside the others.
    pub(crate) peers: usize,
    pub(crate) small: Small,
    pub(crate) links: Vec<Link>,
    pub(crate) connected: u64,
    /// Whom each member does not hear, while there is a partition.
    pub(crate) parted: Option<(Parting, Vec<bool>)>,
    pub(crate) is_chaos: bool,
    pub(crate) writes_left: usize,
    pub(crate) last_write: u64,
    pub(crate) acknowledged: Vec<CommitId>,
    /// Commits at the beginning.
    pub(crate) given: u64,
    /// When commits were written that are still to be looked for.
    pub(crate) written_at: BTreeMap<CommitId, u64>,
    /// Of commits, how long it took until some members had them.
    pub(crate) arrivals: BTreeMap<CommitId, Vec<u64>>,
    /// One member of so many is looked at.
    pub(crate) every: usize,
    pub(crate) received: u64,
    pub(crate) counts: CrowdCounts,
    pub(crate) violations: Vec<String>,
    pub(crate) trace: Trace,
}

/// At most so many members are asked when a commit reached them.
const LOOKED_AT: usize = 100;
/// A member's restart takes up to this long, in milliseconds.
pub(crate) const RESTART_MILLISECONDS: usize = 8_000;

impl World {
    pub(crate) fn new(members: Vec<Member>, plan: Plan, random: Random, trace: Trace) -> Self {
        let peers = members.len();
        World::with_some_beside(members, peers, plan, random, trace)
    }

    /// Members behind so many stand beside the others.
    pub(crate) fn with_some_beside(
        members: Vec<Member>,
        peers: usize,
        plan: Plan,
        mut random: Random,
        trace: Trace,
    ) -> Self {
        let mut links = links(peers, &mut random);
        links.extend(links_beside(peers, members.len() - peers, &mut random));
        let mut world = World {
            now: plan.begins,
            planned: 0,
            events: BTreeMap::new(),
            rates: plan.rates,
            every: members.len().div_ceil(LOOKED_AT).max(1),
            given: members.first().map_or(0, |member| member.log.len()),
            members,
            peers,
            small: Small::default(),
            links,
            connected: 0,
            parted: None,
            is_chaos: true,
            writes_left: 0,
            last_write: plan.begins,
            plan,
            acknowledged: Vec::new(),
            written_at: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            received: 0,
            counts: CrowdCounts::default(),
            violations: Vec::new(),
            trace,
            random,
        };
        world.set_out();
        world
    }

    /// Links, clocks and habits.
    fn set_out(&mut self) {
        for (number, link) in self.links.iter().enumerate() {
            for (side, end) in link.ends.into_iter().enumerate() {
                self.members[end].ends.push((number, side));
            }
        }
        for member in &mut self.members {
            member.pause = 5 + self.random.below(30) as u64;
            // Clocks go up to three times as fast, or as slow.
            member.tick = 333 + self.random.below(2_667) as u64;
            let is_quick = self.random.chance(50);
            member.delay = if is_quick { 0 } else { 1 + self.random.below(60) as u64 };
        }
        for at in 0..self.members.len() {
            let first = self.random.below(2_000) as u64;
            self.after(first, Event::Tick(at));
        }
        for (at, trouble) in self.plan.troubles.clone() {
            self.after(at, Event::Trouble(trouble));
        }
    }

    /// All connect, within so many milliseconds.
    pub(crate) fn connect_all(&mut self, within: usize) {
        for link in 0..self.links.len() {
            let at = self.random.below(within) as u64;
            self.after(at, Event::Connect(link));
        }
    }

    pub(crate) fn after(&mut self, milliseconds: u64, event: Event) {
        self.planned += 1;
        self.events.insert((self.now + milliseconds, self.planned), event);
    }

    /// Plans a write of this member, so long from now.
    pub(crate) fn plan_write(&mut self, after: u64, member: usize) {
        self.writes_left += 1;
        self.after(after, Event::Write(member));
    }

    /// Lets happen what happens until a time.
    pub(crate) fn run_until(&mut self, time: u64) {
        while let Some(((at, _), _)) = self.events.first_key_value()
            && *at <= time
        {
            let ((at, _), event) = self.events.pop_first().expect("there is a first one");
            self.now = at;
            self.happens(event);
        }
        self.now = time;
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Write(at) => self.write(at),
            Event::Line(number) => self.write_line(number),
            Event::Tick(at) => self.tick(at),
            Event::Saved(at, life) => {
                if self.members[at].life == life && self.members[at].is_saving {
                    self.save(at);
                    self.host(at);
                }
            }
            Event::Restart(at) => self.restart(at),
            Event::Trouble(trouble) => self.trouble(trouble),
            Event::Connect(link) => self.connect(link),
            Event::Speak(way) => self.speak(way),
            Event::Arrive(way, bytes, is_next_free) => self.arrive(way, &bytes, is_next_free),
            Event::Passed(way) => self.passed(way),
            Event::Attack(way, next) => self.attack_goes_on(way, next),
            Event::Cut(link, number) => {
                let connection = self.links[link].connection.as_ref();
                if connection.is_some_and(|connection| connection.number == number) {
                    self.cut(link);
                }
            }
        }
    }

    fn tick(&mut self, at: usize) {
        let interval = self.members[at].tick;
        self.after(interval, Event::Tick(at));
        if self.members[at].is_up {
            self.weighed(None, |world| world.members[at].hub.tick());
            self.host(at);
            self.forget_all(at);
        }
    }

    /// Clocks that all go alike, but for a member's own share of this.
    pub(crate) fn set_clocks(&mut self, milliseconds: impl Fn(usize) -> u64) {
        for (at, member) in self.members.iter_mut().enumerate() {
            member.tick = milliseconds(at);
        }
    }

    fn write(&mut self, at: usize) {
        if !self.members[at].is_up {
            self.after(500, Event::Write(at));
            return;
        }
        self.writes_left -= 1;
        self.last_write = self.now;
        let sight = writing::sight(&mut self.random);
        let member = &mut self.members[at];
        let Member { log, key, tip, .. } = &*member;
        let written = writing::write(log, key, *tip, sight, &mut self.random);
        let Written { commit, row_bytes, .. } = &written;
        self.counts.least_bytes += row_bytes * (self.members.len() as u64 - 1);
        self.trace.note(format_args!("{} {at} writes {}", self.now, commit.id()));
        self.written_at.insert(commit.id(), self.now);
        let member = &mut self.members[at];
        let log = written.add_to(&member.log);
        member.wrote(commit.id(), log);
        self.make_durable(at);
        self.host(at);
    }

    /// What a member holds becomes durable, now or soon.
    pub(crate) fn make_durable(&mut self, at: usize) {
        let Member { delay, is_saving, life, .. } = self.members[at];
        if delay == 0 {
            self.save(at);
        } else if !is_saving {
            self.members[at].is_saving = true;
            self.after(delay, Event::Saved(at, life));
        }
    }

    fn save(&mut self, at: usize) {
        let acknowledged = self.members[at].save();
        self.acknowledged.extend(acknowledged);
    }

    /// Something came in: `before` is what was held.
    pub(crate) fn look_at(&mut self, at: usize, before: &Log) {
        if !at.is_multiple_of(self.every) || at >= self.peers {
            return;
        }
        for (_, commit) in self.members[at].log.arrived(before) {
            if let Some(written) = self.written_at.get(&commit.id()) {
                self.arrivals.entry(commit.id()).or_default().push(self.now - written);
                self.counts.in_time += u64::from(self.now <= self.plan.writes_end);
            }
        }
    }
}
