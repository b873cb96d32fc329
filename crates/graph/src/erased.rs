//! Kinds by name: the registry, and the one place where a kind's own types are put away and taken
//! out.
//!
//! **Invariants**
//! - A kind's config, op and state are only ever handed back to the kind that made them.
//!
//! What this does not do: know any kind but through [`Kind`].

use crate::kind::{History, Kind, Standing};
use crate::past::{Past, Stamp};
use crate::record::Record;
use crate::register::Register;
use crate::text::Text;
use crate::void::Void;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use woodland_format::{NodeId, TypeId, Value};

/// The kinds that a program knows. Clones share.
#[derive(Debug, Clone)]
pub struct Kinds(Arc<BTreeMap<&'static str, Arc<dyn AnyKind>>>);

impl Kinds {
    /// `register`, `record` and `text`.
    pub fn standard() -> Self {
        Kinds(Arc::default()).with(Register).with(Record).with(Text)
    }

    /// These, and one more; it replaces one of the same name.
    #[must_use]
    pub fn with<K: Kind>(mut self, kind: K) -> Self {
        Arc::make_mut(&mut self.0).insert(K::NAME, Arc::new(kind));
        self
    }

    /// Whether there is a kind of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<dyn AnyKind>> {
        self.0.get(name)
    }
}

impl Default for Kinds {
    fn default() -> Self {
        Self::standard()
    }
}

pub(crate) type AnyConfig = Arc<dyn Any + Send + Sync>;
pub(crate) type AnyOp = Box<dyn Any + Send>;

/// The state of an object of some kind.
pub(crate) trait ObjectState: Any + Debug + Send + Sync {
    fn share(&self) -> Box<dyn ObjectState>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<S: Any + Clone + Debug + Send + Sync> ObjectState for S {
    fn share(&self) -> Box<dyn ObjectState> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Clone for Box<dyn ObjectState> {
    fn clone(&self) -> Self {
        (**self).share()
    }
}

/// An op that arrived at an object.
pub(crate) struct Arrival {
    pub(crate) stamp: Stamp,
    pub(crate) op: AnyOp,
}

/// What becomes of an op that arrived: the reason, where it is void.
pub(crate) type Outcome = (Stamp, Result<(), Void>);

/// [`Kind`] without its types.
pub(crate) trait AnyKind: Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn empty(&self) -> Box<dyn ObjectState>;
    fn config(&self, bytes: &[u8]) -> Result<AnyConfig, Void>;
    fn decode(&self, config: &AnyConfig, bytes: &[u8]) -> Result<AnyOp, Void>;
    fn pointers(&self, config: &AnyConfig, op: &AnyOp, found: &mut dyn FnMut(NodeId, TypeId));
    /// Applies what arrived, ascending in order.
    fn merge(
        &self,
        state: &mut Box<dyn ObjectState>,
        arrived: Vec<Arrival>,
        history: &History<'_>,
    ) -> Vec<Outcome>;
    /// Whether ops must be applied in order.
    fn is_in_order(&self) -> bool;
    fn show(&self, state: &dyn ObjectState) -> Option<Value>;
    fn standing(&self, state: &dyn ObjectState) -> Vec<Standing>;
}

const OWN: &str = "a kind is only handed what it made";

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn empty(&self) -> Box<dyn ObjectState> {
        Box::new(K::State::default())
    }

    fn config(&self, bytes: &[u8]) -> Result<AnyConfig, Void> {
        Ok(Arc::new(Kind::config(self, bytes)?))
    }

    fn decode(&self, config: &AnyConfig, bytes: &[u8]) -> Result<AnyOp, Void> {
        Ok(Box::new(Kind::decode(self, config.downcast_ref().expect(OWN), bytes)?))
    }

    fn pointers(&self, config: &AnyConfig, op: &AnyOp, found: &mut dyn FnMut(NodeId, TypeId)) {
        let (config, op) = (config.downcast_ref().expect(OWN), op.downcast_ref().expect(OWN));
        Kind::pointers(self, config, op, found);
    }

    fn merge(
        &self,
        state: &mut Box<dyn ObjectState>,
        arrived: Vec<Arrival>,
        history: &History<'_>,
    ) -> Vec<Outcome> {
        let state: &mut K::State = (**state).as_any_mut().downcast_mut().expect(OWN);
        let stamps: Vec<Stamp> = arrived.iter().map(|arrival| arrival.stamp).collect();
        let Some(first) = stamps.first() else { return Vec::new() };
        self.prepare(state, &stamps, history);
        let mut past = Past::of(history.log, *first);
        let mut play = |arrival: Arrival| {
            past.move_to(arrival.stamp);
            let op: Box<K::Op> = arrival.op.downcast().expect(OWN);
            let resolved = self.resolve(state, &past, *op)?;
            self.apply(state, &past, resolved);
            Ok(())
        };
        arrived.into_iter().map(|arrival| (arrival.stamp, play(arrival))).collect()
    }

    fn is_in_order(&self) -> bool {
        K::IN_ORDER
    }

    fn show(&self, state: &dyn ObjectState) -> Option<Value> {
        Kind::show(self, state.as_any().downcast_ref().expect(OWN))
    }

    fn standing(&self, state: &dyn ObjectState) -> Vec<Standing> {
        Kind::standing(self, state.as_any().downcast_ref().expect(OWN))
    }
}
