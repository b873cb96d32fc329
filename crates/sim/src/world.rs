//! The world: peers, links and time, and the acts of chaos one after the other.
//!
//! ```text
//!  founded ─► chaos: at least 200 acts, faults, safety checked ─► healing: faults stop, all agree
//! ```
//!
//! **Invariants**
//! - Everything that is drawn follows from one seed; nothing but acts advances time.
//! - Every act is checked when it is over: what was acknowledged, and the digest of what is shown.
//!
//! What this does not do: judge what a payload means.

use crate::application::Application;
use crate::disk::SimDisk;
use crate::fault::{FaultKind, FaultTable};
use crate::ledger::Ledger;
use crate::net::{Net, Partition};
use crate::peer::Peer;
use crate::report::Totals;
use crate::swarm::Swarm;
use crate::trace::Trace;
use std::cell::Cell;
use woodland::{Model, Options, Replica};
use woodland_laws::Random;

/// Messages and acts take their time: an act up to this long.
const ACT_MILLISECONDS: usize = 15;
/// The power cut of every seed comes among so many calls of a write.
const CUT_CALLS_AHEAD: usize = 5;
/// How often the plans of a disk are taken back, in a hundred acts on a peer.
const MEND_PERCENT: u64 = 8;

pub(crate) struct World<'a> {
    pub(crate) application: &'a dyn Application,
    pub(crate) model: Model,
    pub(crate) random: Random,
    pub(crate) swarm: Swarm,
    pub(crate) now_milliseconds: u64,
    pub(crate) net: Net,
    pub(crate) peers: Vec<Peer>,
    pub(crate) ledger: Ledger,
    pub(crate) faults: FaultTable,
    pub(crate) totals: Totals,
    pub(crate) trace: Trace,
    /// Whose replica was looked at last.
    pub(crate) reading: Cell<usize>,
    devices: u64,
    seeds: u64,
}

impl<'a> World<'a> {
    /// A world of peers without directories, but for the first, which founds the dataset.
    pub(crate) fn begin(
        application: &'a dyn Application,
        model: Model,
        seed: u64,
        trace: Trace,
    ) -> Result<World<'a>, String> {
        let mut random = Random::from_seed(seed);
        let swarm = Swarm::draw(&mut random);
        trace.note(format_args!("seed {seed}: {swarm:?}"));
        let net = Net::new(swarm.rates);
        let mut world = World {
            application,
            model,
            random,
            now_milliseconds: 0,
            net,
            peers: Vec::new(),
            ledger: Ledger::default(),
            faults: FaultTable::default(),
            totals: Totals::default(),
            trace,
            reading: Cell::new(0),
            devices: 0,
            seeds: 0,
            swarm,
        };
        for skew in world.swarm.skews_milliseconds.clone() {
            let disk = world.new_disk();
            world.peers.push(Peer::on(disk, skew));
        }
        world.found()?;
        Ok(world)
    }

    fn found(&mut self) -> Result<(), String> {
        let options = self.options(0);
        let replica = Replica::create(options, &self.model);
        let replica = replica.map_err(|error| format!("nothing was founded: {error}"))?;
        self.opened(0, replica)
    }

    /// An empty disk of its own.
    pub(crate) fn new_disk(&mut self) -> SimDisk {
        let device = self.new_device();
        SimDisk::traced(device, self.random.number(), self.trace.clone())
    }

    pub(crate) fn new_device(&mut self) -> u64 {
        self.devices += 1;
        self.devices
    }

    /// Where this peer's replica lives; with randomness that nobody else has.
    pub(crate) fn options(&mut self, at: usize) -> Options {
        self.seeds += 1;
        let seed = self.random.number() ^ self.seeds;
        let mut options = Options::on(std::sync::Arc::new(self.peers[at].disk.clone())).seed(seed);
        if let Some(bytes) = self.swarm.memory_bytes {
            options = options.memory(bytes);
        }
        match self.swarm.segment_file_bytes_max {
            Some(bytes) => options.segment_file_bytes_max(bytes),
            None => options,
        }
    }

    /// The acts of chaos. At which act it ended, where something did not hold.
    pub(crate) fn chaos(&mut self) -> Result<(), String> {
        for act in 0..self.swarm.acts {
            self.totals.acts += 1;
            self.now_milliseconds += 1 + self.random.below(ACT_MILLISECONDS) as u64;
            self.deliver()?;
            if act == self.swarm.partition_at {
                let kind = self.swarm.forced_partition_kind(&mut self.random);
                self.begin_partition(kind);
            }
            if act == self.swarm.cut_at {
                self.cut_power_of_one()?;
            }
            let at = self.random.below(self.peers.len());
            self.attempt(at, |world| world.act(at))?;
            // An act may end well while what it did last met its end.
            for at in 0..self.peers.len() {
                if self.peers[at].disk.dark().is_some() {
                    self.attempt(at, |world| world.down(at))?;
                }
            }
        }
        assert!(self.totals.crashes > 0, "the swarm plans a power cut in every seed");
        assert!(self.totals.partitions > 0, "the swarm plans a partition in every seed");
        Ok(())
    }

    /// Each peer: what it shows, and where it stands.
    pub(crate) fn ended(&self) -> Vec<(Replica, SimDisk)> {
        let up = self.peers.iter().filter_map(|peer| Some((peer.replica.clone()?, &peer.disk)));
        up.map(|(replica, disk)| (replica, disk.clone())).collect()
    }

    fn cut_power_of_one(&mut self) -> Result<(), String> {
        let ups = (0..self.peers.len()).filter(|at| self.peers[*at].replica.is_some());
        let ups: Vec<usize> = ups.collect();
        match self.random.pick(&ups).copied() {
            Some(at) => {
                let left = self.random.below(CUT_CALLS_AHEAD) as u64;
                self.peers[at].inject(FaultKind::PowerCut, &mut self.faults);
                self.peers[at].disk.power_off(left);
                let before = self.totals.crashes;
                self.attempt(at, |world| world.write(at))?;
                if self.peers[at].disk.dark().is_some() {
                    self.attempt(at, |world| world.down(at))?;
                }
                // Something else may have come first.
                match self.totals.crashes == before {
                    true => self.attempt(at, |world| world.crash(at)),
                    false => Ok(()),
                }
            }
            // Everybody is down: then one of them loses power while it is.
            None => self.attempt(0, |world| world.crash(0)),
        }
    }

    /// One act of this peer, or on it.
    fn act(&mut self, at: usize) -> Result<(), String> {
        if self.random.chance(MEND_PERCENT) {
            self.peers[at].disk.mend_unless_dark();
        }
        if !self.peers[at].is_member {
            return self.join(at);
        }
        if self.peers[at].replica.is_none() {
            return self.reopen(at);
        }
        if self.random.chance(self.swarm.trouble) {
            return self.trouble(at);
        }
        match self.random.below(100) {
            0..50 => {
                self.write(at)?;
                match self.peers[at].replica.is_some() && self.random.chance(self.swarm.eager) {
                    true => self.send(at),
                    false => Ok(()),
                }
            }
            50..72 => self.send(at),
            72..78 => self.read(at),
            78..83 => self.hold(at),
            83..86 => self.flush(at).map(drop),
            86..89 if self.swarm.is_kept_in_shape => self.rest(at),
            89..93 if self.swarm.is_kept_in_shape => self.maintain(at),
            86..93 => self.read(at),
            93..96 => {
                self.partition();
                Ok(())
            }
            _ => self.restart(at),
        }
    }

    /// Ends the partition, or begins one that this seed knows.
    fn partition(&mut self) {
        if self.net.partition.take().is_some() {
            self.trace.note(format_args!("the partition ends"));
        } else if let Some(kind) = self.swarm.partition_kind(&mut self.random) {
            self.begin_partition(kind);
        }
    }

    fn begin_partition(&mut self, kind: FaultKind) {
        let partition = Partition::draw(kind, self.peers.len(), &mut self.random);
        self.trace.note(format_args!("{kind}: {partition:?}"));
        self.faults.row(kind).injected += 1;
        self.totals.partitions += 1;
        self.net.partition = Some(partition);
    }
}
