//! What members go through: what their hubs ask for, crashes, partitions, clocks that jump.
//!
//! **Invariants**
//! - Nobody who keeps to the protocol is taken for somebody who does not, and nobody is told that
//!   others have more of what it wrote unless that is so: else it is a violation.
//!
//! What this does not do: draw what goes wrong; the plan does.

use crate::crowd::plan::{Parting, Rates, Trouble};
use crate::crowd::world::{Event, RESTART_MILLISECONDS, World};
use woodland_sync::{Closed, Peer};

impl World {
    /// Does what a member's hub asks for.
    pub(crate) fn host(&mut self, at: usize) {
        while let Some(event) = self.members[at].hub.event() {
            match event {
                woodland_sync::Event::Arrived { log } => {
                    let before = self.members[at].log.clone();
                    self.counts.delivered += self.members[at].take_in(*log);
                    self.look_at(at, &before);
                    self.look_for_forks(at, &before);
                    self.make_durable(at);
                }
                woodland_sync::Event::Behind { tip, .. } => {
                    if self.members[at].durable.contains(&tip.id) {
                        self.counts.behind_and_held += 1;
                    } else if self.has_copies(at) {
                        self.counts.copies_told += 1;
                    } else {
                        let violation = format!("{at} lacks its own commit {}", tip.id);
                        self.violates(&violation);
                    }
                }
                woodland_sync::Event::Closed { peer, why } => {
                    self.closed(at, peer, &why);
                    self.leave(at, peer);
                }
                _ => {}
            }
        }
        self.may_speak(at);
    }

    fn closed(&mut self, at: usize, peer: Peer, why: &Closed) {
        let named = format!("{why:?}");
        let end = named.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(named.len());
        let kind = match why {
            Closed::Bye(reason) => format!("Bye {reason:?}"),
            _ => named[..end].to_owned(),
        };
        self.trace.note(format_args!("{} {at} ends it: {named}", self.now));
        if self.is_attack(peer) {
            self.repelled(peer, kind, why);
            return;
        }
        *self.counts.closed.entry(kind).or_default() += 1;
        if why.is_hostile() {
            self.violates(&format!("{at} took somebody for hostile: {why} ({named})"));
        }
    }

    pub(crate) fn violates(&mut self, what: &str) {
        /// More say nothing new.
        const TOLD_MAX: usize = 20;
        if self.violations.len() < TOLD_MAX {
            self.violations.push(format!("at {} ms: {what}", self.now));
        }
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        if !self.is_chaos {
            return;
        }
        self.trace.note(format_args!("{} {trouble:?}", self.now));
        match trouble {
            Trouble::Crash(at) => self.crash(at),
            Trouble::Jump(at, ticks) => {
                self.counts.jumps += 1;
                for _ in 0..ticks {
                    if self.members[at].is_up {
                        self.members[at].hub.tick();
                        self.host(at);
                    }
                }
            }
            Trouble::Part(kind) => {
                self.counts.partitions += 1;
                let alone = self.random.below(self.members.len());
                let apart = (0..self.members.len()).map(|at| match kind {
                    Parting::LonePeer => at == alone,
                    _ => self.random.chance(50),
                });
                self.parted = Some((kind, apart.collect()));
            }
            Trouble::Join => self.parted = None,
        }
    }

    fn crash(&mut self, at: usize) {
        if !self.members[at].is_up {
            return;
        }
        self.counts.crashes += 1;
        let (lost, written) = self.members[at].crash();
        let own = written.len() as u64;
        self.counts.lost_writes += own;
        self.counts.lost_arrivals += lost - own;
        self.counts.delivered -= lost - own;
        self.received -= lost - own;
        self.cut_all(at);
        let after = 500 + self.random.below(RESTART_MILLISECONDS) as u64;
        self.after(after, Event::Restart(at));
        self.write_again(&written);
    }

    /// All connections of a member are gone.
    pub(crate) fn cut_all(&mut self, at: usize) {
        for number in 0..self.members[at].ends.len() {
            let (link, _) = self.members[at].ends[number];
            self.cut(link);
        }
    }

    pub(crate) fn restart(&mut self, at: usize) {
        if !self.members[at].is_up {
            self.trace.note(format_args!("{} {at} restarts", self.now));
            self.members[at].is_up = true;
        }
    }

    /// From here on nothing goes wrong any more.
    pub(crate) fn calm_down(&mut self) {
        self.is_chaos = false;
        self.parted = None;
        self.rates = Rates::default();
        for at in 0..self.members.len() {
            self.restart(at);
        }
        self.wake_the_slow();
    }
}
