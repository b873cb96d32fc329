//! A simulation: seeds of one application, each run by itself.
//!
//! **Invariants**
//! - A run depends on the application and its seed alone.
//! - A panic anywhere below is a violation of its seed, not the end of the simulation.

use crate::application::Application;
use crate::disk::SimDisk;
use crate::fault::FaultTable;
use crate::report::{SimulationReport, Totals};
use crate::trace::{Keep, Trace};
use crate::violation::Violation;
use crate::world::World;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use woodland::{Model, Replica};

/// What a world has come to, when all in it agree.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The seed.
    pub seed: u64,
    /// Each peer: what it shows, and where it stands.
    pub peers: Vec<(Replica, SimDisk)>,
}

/// What one seed went through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub violation: Option<Violation>,
    /// How much of everything there was.
    pub totals: Totals,
    /// What became of the faults of each kind.
    pub faults: FaultTable,
    /// The hash of every act, disk call and message.
    pub trace_hash: [u8; 32],
    /// The trace, where it was kept.
    pub trace: Vec<String>,
}

/// Runs an application in simulated worlds.
pub struct Simulation<'a> {
    application: &'a dyn Application,
    examine: &'a (dyn Fn(&Ended) -> Result<(), String> + Sync),
    keep: Keep,
}

impl<'a> Simulation<'a> {
    /// Simulations of this application.
    pub fn of(application: &'a dyn Application) -> Self {
        Simulation { application, examine: &|_| Ok(()), keep: Keep::Hash }
    }

    /// Looks also, at the end of each seed, at what all agree on: what is wrong with it is a
    /// violation.
    #[must_use]
    pub fn examine(
        self,
        examine: &'a (dyn Fn(&Ended) -> Result<(), String> + Sync),
    ) -> Simulation<'a> {
        Simulation { examine, ..self }
    }

    /// Keeps the lines of traces.
    #[must_use]
    pub fn keep(self, keep: Keep) -> Self {
        Simulation { keep, ..self }
    }

    /// Runs these seeds, one after the other.
    pub fn run_all(&self, seeds: Range<u64>) -> SimulationReport {
        let mut report = SimulationReport::default();
        seeds.for_each(|seed| report.take(&self.run(seed)));
        report
    }

    /// Runs one seed.
    pub fn run(&self, seed: u64) -> Run {
        let trace = Trace::new(self.keep);
        let mut told = (Totals::default(), FaultTable::default());
        let outcome = catch_unwind(AssertUnwindSafe(|| self.play(seed, &trace, &mut told)));
        let outcome = outcome.unwrap_or_else(|panic| Err(format!("a panic: {}", said(&*panic))));
        let (totals, faults) = told;
        let violation = outcome.err().map(|what| Violation { seed, act: totals.acts, what });
        if let Some(violation) = &violation {
            trace.note(format_args!("{violation}"));
        }
        let (trace_hash, trace) = (trace.hash(), trace.lines());
        Run { seed, violation, totals, faults, trace_hash, trace }
    }

    fn play(
        &self,
        seed: u64,
        trace: &Trace,
        told: &mut (Totals, FaultTable),
    ) -> Result<(), String> {
        let model: Model = self.application.model().map_err(|error| error.to_string())?;
        let mut world = World::begin(self.application, model, seed, trace.clone())?;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            world.chaos()?;
            world.heal()?;
            let ended = Ended { seed, peers: world.ended() };
            (self.examine)(&ended)
        }));
        world.totals.comparisons = world.ledger.comparisons;
        *told = (world.totals, std::mem::take(&mut world.faults));
        outcome.unwrap_or_else(|panic| Err(format!("a panic: {}", said(&*panic))))
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a text").to_owned()
}
