//! Small crowds: members write by a script, so that what they hold in the end is known, whatever
//! went wrong; some of them are slow, forked or hostile.
//!
//! **Invariants**
//! - In the end every member that keeps to the protocol holds the lines of the script, all of them
//!   and nothing else, in one order.
//! - Whoever holds two commits in one place of a chain can prove it as soon as it holds the second;
//!   which places those are is read off the script, not the log.
//!
//! What this does not do: draw what goes wrong; the plan does.

use crate::crowd::fault::{CrowdFault, Faults};
use crate::crowd::hostile::{Attack, KINDS};
use crate::crowd::member::{Manner, Member, PATIENCE_TICKS};
use crate::crowd::plan::{Plan, SMALL_WRITES_MILLISECONDS, Size};
use crate::crowd::script::Script;
use crate::crowd::world::{Event, World};
use crate::crowd::writing;
use crate::trace::Trace;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{AuthorKey, CommitId, ForkProof};
use woodland_laws::Random;
use woodland_log::{Fork, Log};
use woodland_sync::Limits;

/// What only small crowds have.
#[derive(Default)]
pub(crate) struct Small {
    script: Script,
    /// Which commits the lines are, once they were written.
    ids: Vec<Option<CommitId>>,
    line_of: BTreeMap<CommitId, usize>,
    /// The lines that are rivals, by the line before them.
    rivals: BTreeMap<(usize, Option<usize>), Vec<usize>>,
    /// The keys of those who write.
    keys: Vec<AuthorKey>,
    /// Which forks each member has proven.
    proven: Vec<BTreeSet<(usize, Option<usize>)>>,
    /// What holds the founding commit alone.
    pub(crate) founded: Option<Log>,
    /// How many bytes are on the heap, where somebody counts them.
    pub(crate) heap: Option<fn() -> usize>,
    /// Attacks that go on, by connection.
    pub(crate) attacks: BTreeMap<u64, Attack>,
    /// How many there were, from some number on.
    pub(crate) attacks_begun: usize,
}

/// Of so many members one is slow.
const ONE_SLOW_OF: usize = 6;
/// A slow member reads a message so long, or up to so much longer.
const READS_MILLISECONDS: [usize; 2] = [1_500, 2_500];
/// How often one looks again whether the past of a line is there.
const AGAIN_MILLISECONDS: u64 = 150;
/// How often a clock ticks that is not skewed.
const TICK_MILLISECONDS: u64 = 1_000;
/// Numbers of keys that write nothing.
const OTHER_KEYS: usize = 1_000_000;

/// The world of a small crowd, before anybody connects.
pub(crate) fn set_up(log: &Log, faults: &Faults, seed: u64, trace: &Trace) -> (World, Size) {
    let mut random = Random::from_seed(seed);
    let size = Size::small(&mut random);
    let script = Script::draw(size, SMALL_WRITES_MILLISECONDS, faults, &mut random);
    // What else is drawn leaves what is written as it is.
    let mut drawn = Random::from_seed(random.number());
    let plan = Plan::small(size, faults, &mut drawn);
    let mut limits = || Limits {
        patience: PATIENCE_TICKS,
        window: 1 << (10 + drawn.below(8)),
        message_bytes_max: Limits::MESSAGE_BYTES_LEAST,
        ..Limits::default()
    };
    let of = |number: usize, limits: Limits| Member::new(writing::key(number), log, limits);
    let mut members: Vec<Member> = (0..size.peers).map(|at| of(at, limits())).collect();
    members.extend(script.copies.iter().map(|author| of(*author, limits())));
    let others = beside(size, faults, &mut drawn);
    for (number, manner) in others.into_iter().enumerate() {
        let limits = Limits { patience: PATIENCE_TICKS, ..Limits::default() };
        let mut one = of(OTHER_KEYS + number, limits);
        one.manner = manner;
        members.push(one);
    }
    let founded = Some(log.clone());
    let small = Small::of(script, members.len(), size, founded, drawn.below(KINDS.len()));
    let mut world = World::with_some_beside(members, size.peers, plan, random, trace.clone());
    let ticks: Vec<u64> = world.members.iter().map(|_| 250 + drawn.below(4_750) as u64).collect();
    let is_skewed = faults.contains(&CrowdFault::Skew);
    world.set_clocks(|at| if is_skewed { ticks[at] } else { TICK_MILLISECONDS });
    for (number, line) in small.script.lines.iter().enumerate() {
        world.writes_left += 1;
        world.after(line.at, Event::Line(number));
    }
    world.small = small;
    world.counts.slow = (0..world.members.len()).filter(|at| world.is_slow(*at)).count() as u64;
    (world, size)
}

/// Who stands beside the others.
fn beside(size: Size, faults: &Faults, random: &mut Random) -> Vec<Manner> {
    let mut all = Vec::new();
    if faults.contains(&CrowdFault::Slow) {
        // At least one of each, in turn.
        let manners = |number: usize, random: &mut Random| match number % 3 {
            0 => Manner::Slow,
            1 => Manner::Mute(1 + random.below(4) as u32),
            _ => Manner::Greedy,
        };
        all.extend((0..3.max(size.peers / ONE_SLOW_OF)).map(|number| manners(number, random)));
    }
    if faults.contains(&CrowdFault::Hostile) {
        all.extend((0..1 + random.below(3)).map(|_| Manner::Hostile));
    }
    all
}

impl Small {
    fn of(
        script: Script,
        members: usize,
        size: Size,
        founded: Option<Log>,
        attacks_begun: usize,
    ) -> Small {
        let forks = script.forks();
        let mut rivals: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (number, line) in script.lines.iter().enumerate() {
            let place = (line.author, line.before);
            if forks.contains_key(&place) {
                rivals.entry(place).or_default().push(number);
            }
        }
        Small {
            ids: vec![None; script.lines.len()],
            keys: (0..size.authors).map(|at| writing::key(at).author()).collect(),
            proven: vec![BTreeSet::new(); members],
            script,
            rivals,
            founded,
            attacks_begun,
            ..Small::default()
        }
    }

    fn id(&self, line: Option<usize>) -> Option<CommitId> {
        line.and_then(|line| self.ids[line])
    }

    /// How many of these lines a version holds.
    fn held(&self, lines: &[usize], log: &Log) -> usize {
        lines.iter().filter(|line| self.ids[**line].is_some_and(|id| log.contains(&id))).count()
    }
}

impl World {
    /// Writes a line of the script, once all that it stands on is held.
    pub(crate) fn write_line(&mut self, number: usize) {
        let line = &self.small.script.lines[number];
        let (at, member) = (line.member, &self.members[line.member]);
        let needs: Vec<usize> = line.before.iter().chain(&line.parents).copied().collect();
        if !member.is_up || self.small.held(&needs, &member.log) < needs.len() {
            self.after(AGAIN_MILLISECONDS, Event::Line(number));
            return;
        }
        let founding = (line.author == 0).then(|| member.log.founding().id());
        let tip = self.small.id(line.before).or(founding);
        let parents = line.parents.iter().filter_map(|line| self.small.ids[*line]).collect();
        let mut random = Random::from_seed(line.nonce);
        let written = writing::compose(&member.log, &member.key, tip, parents, &mut random);
        let id = written.commit.id();
        self.trace.note(format_args!("{} {at} writes {id}", self.now));
        (self.writes_left, self.last_write) = (self.writes_left - 1, self.now);
        match self.small.ids[number].replace(id) {
            None => {
                let receivers = self.members.iter().filter(|one| one.is_honest()).count() as u64;
                self.counts.least_bytes += written.row_bytes * (receivers - 1);
                self.written_at.insert(id, self.now);
                self.small.line_of.insert(id, number);
            }
            Some(before) if before == id => {}
            Some(_) => self.violates(&format!("line {number} is another commit than before")),
        }
        let before = self.members[at].log.clone();
        let log = written.add_to(&before);
        self.members[at].wrote(id, log);
        self.look_for_forks(at, &before);
        self.make_durable(at);
        self.host(at);
    }

    /// A crash took these before they were durable.
    pub(crate) fn write_again(&mut self, lost: &[CommitId]) {
        for id in lost {
            if let Some(line) = self.small.line_of.get(id).copied() {
                self.writes_left += 1;
                self.after(AGAIN_MILLISECONDS, Event::Line(line));
            }
        }
    }

    /// Whether others write under the key of this member.
    pub(crate) fn has_copies(&self, at: usize) -> bool {
        let copies = &self.small.script.copies;
        copies.contains(&at) || (self.peers..self.peers + copies.len()).contains(&at)
    }

    /// Something came in or was written: whatever forks that shows have to be known, and proven.
    pub(crate) fn look_for_forks(&mut self, at: usize, before: &Log) {
        let (small, log) = (&self.small, &self.members[at].log);
        let met = small.rivals.iter().filter(|(_, lines)| {
            let held = small.held(lines, log);
            held > 1 && held > small.held(lines, before)
        });
        let met: Vec<(usize, Option<usize>)> = met.map(|(place, _)| *place).collect();
        if met.is_empty() {
            return;
        }
        let told = log.new_forks(before);
        for (author, line) in met {
            let key = self.small.keys[author];
            let backlink = self.small.id(line);
            let fork = told.iter().find(|fork| fork.author == key && fork.backlink == backlink);
            self.counts.forks += 1;
            if fork.is_some_and(|fork| is_proven(&self.members[at].log, fork)) {
                self.counts.forks_proven += 1;
                self.small.proven[at].insert((author, line));
            } else {
                self.violates(&format!("{at} does not prove where {author} forked: {fork:?}"));
            }
        }
    }

    /// Whether a member says nothing any more, having said so much.
    pub(crate) fn is_mute(&self, at: usize, said: u32) -> bool {
        self.is_chaos && matches!(self.members[at].manner, Manner::Mute(most) if said > most)
    }

    /// How much longer it takes until this member has read a message.
    pub(crate) fn reads_slowly(&mut self, at: usize) -> u64 {
        let is_slow = self.is_chaos && self.members[at].manner == Manner::Slow;
        let [least, more] = READS_MILLISECONDS;
        if is_slow { (least + self.random.below(more)) as u64 } else { 0 }
    }

    /// A greedy member asks for all again.
    pub(crate) fn forget_all(&mut self, at: usize) {
        if !self.is_chaos || self.members[at].manner != Manner::Greedy {
            return;
        }
        let Some(founded) = self.small.founded.clone() else { return };
        let lost = self.members[at].forget(&founded);
        self.counts.lost_arrivals += lost;
        self.counts.delivered -= lost;
        self.received -= lost;
        self.cut_all(at);
    }

    /// Who was slow is so no more, and connects anew; clocks of small crowds go as they should.
    pub(crate) fn wake_the_slow(&mut self) {
        if !self.small.script.lines.is_empty() {
            self.set_clocks(|_| TICK_MILLISECONDS);
        }
        for at in self.peers..self.members.len() {
            if self.is_slow(at) {
                self.cut_all(at);
            }
        }
    }

    fn is_slow(&self, at: usize) -> bool {
        matches!(self.members[at].manner, Manner::Slow | Manner::Mute(_) | Manner::Greedy)
    }

    /// Does something that ends conversations, and notes how much heap that gave back, where they
    /// are with somebody slow: over this link, or over any.
    pub(crate) fn weighed(&mut self, over: Option<(usize, usize)>, act: impl FnOnce(&mut World)) {
        let is_of_slow = match over {
            Some((link, end)) => {
                !self.is_slow(end) && self.links[link].ends.iter().any(|end| self.is_slow(*end))
            }
            None => true,
        };
        let Some(heap) = self.small.heap.filter(|_| is_of_slow) else {
            act(self);
            return;
        };
        let before = heap();
        act(self);
        let given_back = before.saturating_sub(heap()) as u64;
        self.counts.conversation_bytes = self.counts.conversation_bytes.max(given_back);
    }

    /// What has to hold once all agree.
    pub(crate) fn judge(&mut self) {
        let lines = self.small.script.lines.len();
        if lines == 0 {
            return;
        }
        let order = order_hash(&self.members[0].log);
        for at in 0..self.members.len() {
            let Member { log, manner, .. } = &self.members[at];
            if *manner == Manner::Hostile {
                continue;
            }
            let held = self.small.held(&(0..lines).collect::<Vec<_>>(), log);
            let more = log.len() - self.given - held as u64;
            if held < lines || more > 0 {
                self.violates(&format!("{at} holds {held} of {lines} lines, and {more} others"));
            } else if order_hash(log) != order {
                self.violates(&format!("{at} holds the same as 0 in another order"));
            }
            self.judge_forks(at);
        }
    }

    /// One verdict on every fork, at every member: that of the script.
    fn judge_forks(&mut self, at: usize) {
        let known = self.members[at].log.forks();
        let mut expected = 0;
        for ((author, line), rivals) in self.small.rivals.clone() {
            let (key, backlink) = (self.small.keys[author], self.small.id(line));
            let is_fork = |fork: &&Fork| (fork.author, fork.backlink) == (key, backlink);
            let fork = known.iter().find(is_fork);
            let is_known = fork.is_some_and(|fork| {
                fork.rivals.len() == rivals.len() && is_proven(&self.members[at].log, fork)
            });
            expected += 1;
            if !is_known || !self.small.proven[at].contains(&(author, line)) {
                self.violates(&format!("{at} takes the fork of {author} for {fork:?}"));
            }
        }
        if known.len() != expected {
            self.violates(&format!("{at} knows {} forks, there are {expected}", known.len()));
        }
    }
}

/// Whether a version has a proof of a fork that convinces somebody who is given its bytes alone.
fn is_proven(log: &Log, fork: &Fork) -> bool {
    let proof = log.fork_proof(fork).and_then(|proof| ForkProof::decode(&proof.encode()).ok());
    proof.and_then(|proof| proof.verify().ok()).is_some_and(|proven| {
        let is_rival = |id: &CommitId| fork.rivals.contains(id);
        (proven.author, proven.backlink) == (fork.author, fork.backlink)
            && proven.rivals.iter().all(is_rival)
    })
}

/// What stands for all commits of a version, in its order.
pub(crate) fn order_hash(log: &Log) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut order = log.order();
    while let Some(place) = order.next_place() {
        hasher.update(&log.id(place).map(|id| id.0).unwrap_or_default());
    }
    hasher.finalize().to_hex().to_string()
}
