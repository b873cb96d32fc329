//! The suite: what is run, over which histories, in which order.
//!
//! **Invariants**
//! - The seed of history `n` is the run's seed and `n`: each can be made again alone.
//! - Laws are tried in an order in which a kind that breaks one is not blamed for another: first
//!   what needs one object alone, last what compares orders of arrival.
//!
//! What this does not do: make a case smaller. Histories are small to begin with.

use crate::broken::{Breach, Broken};
use crate::caught::caught;
use crate::history::Setting;
use crate::law::{self, Case, Fault};
use crate::maker::Maker;
use crate::plan::Plan;
use crate::random::Random;
use crate::report::Report;
use crate::seat::{Own, Seat, Watch};
use crate::world;
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use woodland_graph::{Atom, Counter, Events, Kind, Kinds, List, Map, Record, Register, Set, Text};

/// What makes the bytes of one op.
pub(crate) type MakeOp<'a> = dyn Fn(&mut Maker<'_>) -> Vec<u8> + 'a;

/// A suite over one kind. Says nothing until [`Laws::check`].
#[must_use = "a suite does nothing until `check`"]
pub struct Laws<'a, K> {
    kind: Arc<K>,
    config: Vec<u8>,
    make: Box<MakeOp<'a>>,
    seed: u64,
    histories: u64,
    orders: usize,
}

impl<'a, K: Kind> Laws<'a, K> {
    /// A suite over this kind: 100 histories from seed 1, of random bytes until [`Laws::ops`] says
    /// what an op is.
    pub fn of(kind: K) -> Self {
        let random_bytes = |maker: &mut Maker<'_>| {
            let count = maker.random.below(12);
            maker.random.bytes(count)
        };
        Laws {
            kind: Arc::new(kind),
            config: Vec::new(),
            make: Box::new(random_bytes),
            seed: 1,
            histories: 100,
            orders: 24,
        }
    }

    /// The configuration of the fields, in the kind's own bytes; without it, no bytes.
    pub fn config(mut self, bytes: Vec<u8>) -> Self {
        self.config = bytes;
        self
    }

    /// What makes an op: one that fits what is shown, or an odd one now and then. All that is
    /// random in it has to come from the maker.
    pub fn ops(mut self, make: impl Fn(&mut Maker<'_>) -> Vec<u8> + 'a) -> Self {
        self.make = Box::new(make);
        self
    }

    /// The seed of the first history; the next ones count on from it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many histories are made.
    pub fn histories(mut self, count: u64) -> Self {
        self.histories = count;
        self
    }

    /// In how many orders of arrival each history is derived, at most: all of them, where there are
    /// no more.
    pub fn orders(mut self, most: usize) -> Self {
        self.orders = most.max(1);
        self
    }

    /// Runs the suite.
    ///
    /// # Errors
    /// [`Broken::Law`] with the first law that is broken; the other cases of [`Broken`] where the
    /// suite cannot say.
    pub fn check(&self) -> Result<Report, Broken> {
        let kinds = self.kinds()?;
        let empty = Plan { seed: self.seed, ..Plan::default() };
        match caught(|| self.kind.config(&self.config).map(|_| ())) {
            Err(said) => return Err(self.breach(&empty, Fault::panic("its configuration", &said))),
            Ok(Err(reason)) => return Err(Broken::Config(reason)),
            Ok(Ok(())) => {}
        }
        let mut report = Report::default();
        for number in 0..self.histories {
            self.run(&kinds, self.seed.wrapping_add(number), &mut report)?;
            report.histories += 1;
        }
        if report.is_too_calm() { Err(Broken::TooCalm(report)) } else { Ok(report) }
    }

    fn run(&self, kinds: &Kinds, seed: u64, report: &mut Report) -> Result<(), Broken> {
        let setting = Setting::of(seed, [K::NAME; 2], &self.config);
        let (plan, history) = match world::history(setting, seed, kinds, &*self.make) {
            Ok(made) => made,
            Err((plan, said)) => {
                return Err(self.breach(
                    &plan,
                    Fault::panic("what an author sees when it writes the last commit", &said),
                ));
            }
        };
        let case = Case {
            kind: &self.kind,
            kinds,
            config: &self.config,
            plan: &plan,
            history: &history,
            orders: self.orders,
        };
        self.try_laws(&case, report).map_err(|fault| self.breach(&plan, fault))
    }

    fn try_laws(&self, case: &Case<'_, K>, report: &mut Report) -> Result<(), Fault> {
        let mut random = Random::from_seed(case.plan.seed ^ 0x1A5);
        law::total(case, &mut random, report)?;
        law::one_form(case)?;
        law::own_ops_alone(case)?;
        law::clones_are_values(case)?;
        law::void_is_nothing(case)?;
        law::past_alone(case, report)?;
        law::rests_and_wakes(case, report)?;
        law::commuting(case, &mut random, report)
    }

    /// The kinds under which the histories are derived.
    fn kinds(&self) -> Result<Kinds, Broken> {
        let kinds = Kinds::standard();
        match (kinds.contains(K::NAME), is_built_in::<K>()) {
            (true, true) => Ok(kinds),
            (true, false) => Err(Broken::NameTaken(K::NAME)),
            (false, _) => Ok(kinds.with(Seat::<K, Own<K>>::of(&self.kind, Watch::Nothing))),
        }
    }

    fn breach(&self, plan: &Plan, fault: Fault) -> Broken {
        let Fault { law, what } = fault;
        let (kind, history, seed) = (K::NAME, plan.to_string(), plan.seed);
        Broken::Law(Box::new(Breach { law, kind, what, history, seed }))
    }
}

fn is_built_in<K: Kind>() -> bool {
    let built_in = [
        TypeId::of::<Atom>(),
        TypeId::of::<Counter>(),
        TypeId::of::<Events>(),
        TypeId::of::<List>(),
        TypeId::of::<Map>(),
        TypeId::of::<Record>(),
        TypeId::of::<Register>(),
        TypeId::of::<Set>(),
        TypeId::of::<Text>(),
    ];
    built_in.contains(&TypeId::of::<K>())
}

impl<K: Kind> fmt::Debug for Laws<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Laws of {}, {} histories from seed {}", K::NAME, self.histories, self.seed)
    }
}
