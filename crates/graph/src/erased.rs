//! Kinds without their types: the one place where a kind's own types are put away and taken out.
//!
//! **Invariants**
//! - A kind's config, op and state are only ever handed back to the kind that made them.
//!
//! What this does not do: know any kind but through [`Kind`].

use crate::kind::{Fate, History, IsThere, Kind, Part, Standing, Written};
use crate::kinds::BUILT_IN;
use crate::list::List;
use crate::past::{Past, Stamp};
use crate::register::RegisterState;
use crate::state::Held;
use crate::void::Void;
use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;
use woodland_format::{NodeId, TypeId, Value};
use woodland_page::{self as page, Reading, Stored};

pub(crate) type AnyConfig = Arc<dyn Any + Send + Sync>;
pub(crate) type AnyOp = Box<dyn Any + Send>;

/// The state of an object of some kind.
pub(crate) trait ObjectState: Any + Debug + Send + Sync {
    fn share(&self) -> Arc<dyn ObjectState>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn put_to_rest(&self, to: &mut page::Writing<'_>);
}

impl<S: Any + Clone + Debug + Send + Sync + Stored> ObjectState for S {
    fn share(&self) -> Arc<dyn ObjectState> {
        Arc::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn put_to_rest(&self, to: &mut page::Writing<'_>) {
        self.write(to);
    }
}

/// An op that arrived at an object.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) stamp: Stamp,
    /// Decoded; or why not, where the stamp counts all the same.
    pub(crate) op: Result<AnyOp, Void>,
}

/// What becomes of an op that arrived: the reason, where it is void.
pub(crate) type Outcome = (Stamp, Result<(), Void>);

/// Whether the author of an op had seen a node, created with this type.
pub(crate) type Saw<'a> = &'a dyn Fn(NodeId, TypeId) -> bool;

/// [`Kind`] without its types.
pub(crate) trait AnyKind: Debug + Send + Sync {
    fn name(&self) -> &str;
    fn edition(&self) -> u32;
    fn empty(&self) -> Held;
    /// The state that was put to rest there.
    fn wake(&self, from: &mut Reading<'_>) -> Option<Held>;
    fn config(&self, bytes: &[u8]) -> Result<AnyConfig, Void>;
    /// Decodes an op and checks all that can be said without the object.
    fn decode(&self, config: &AnyConfig, bytes: &[u8], saw: Saw<'_>) -> Result<AnyOp, Void>;
    /// Decodes and applies one op, the next in order; a masked one as `Kind::mask` says.
    fn play(
        &self,
        held: &mut Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
        saw: Saw<'_>,
    ) -> Result<(), Void>;
    /// Applies what arrived and decoded, ascending in order.
    fn merge(&self, held: &mut Held, arrived: Vec<Arrival>, history: &History<'_>) -> Vec<Outcome>;
    /// Whether ops must be applied in order.
    fn is_in_order(&self) -> bool;
    /// Whether the stamps of earlier ops are kept.
    fn keeps_history(&self) -> bool;
    fn show(&self, held: &Held) -> Option<Value>;
    fn size(&self, held: &Held) -> Option<u64>;
    fn part(&self, held: &Held, range: &Range<u64>) -> Option<Value>;
    fn entry(&self, held: &Held, key: &Value) -> Option<Value>;
    fn standing(&self, held: &Held) -> Vec<Standing>;
    fn has_pointers(&self, config: &AnyConfig) -> bool;
    fn view(&self, config: &AnyConfig, shown: Value, is_there: IsThere<'_>) -> Option<Value>;
    fn view_part(
        &self,
        config: &AnyConfig,
        part: Part,
        value: Option<Value>,
        is_there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)>;
    /// Makes the state ready for `fates`.
    fn recall(&self, held: &mut Held, history: &History<'_>);
    /// What became of an op that had an effect.
    fn fates(
        &self,
        held: &Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
    ) -> Vec<(Part, Fate)>;

    /// The writes that stand, as they are read.
    fn view_standing(
        &self,
        config: &AnyConfig,
        standing: Vec<Standing>,
        is_there: IsThere<'_>,
    ) -> Vec<Standing> {
        let mut viewed: Vec<Standing> = Vec::with_capacity(standing.len());
        for Standing { part, writes } in standing {
            let view = |(stamp, value)| {
                let (part, value) = self.view_part(config, part.clone(), value, is_there)?;
                Some((part, (stamp, value)))
            };
            let writes: Option<Vec<_>> = writes.into_iter().map(view).collect();
            let (parts, writes): (Vec<Part>, Vec<_>) =
                writes.unwrap_or_default().into_iter().unzip();
            let Some(part) = parts.into_iter().next_back() else { continue };
            // Of keys that become equal the first that has a value is read.
            let is_key = matches!(part, Part::Key(_));
            let is_nothing = writes.last().is_none_or(|(_, value)| value.is_none());
            if is_key && (is_nothing || viewed.iter().any(|one| one.part == part)) {
                continue;
            }
            viewed.push(Standing { part, writes });
        }
        viewed
    }

    /// Whether a stretch of what is written reads as that stretch of what is read.
    fn is_read_in_stretches(&self) -> bool {
        self.name() == List::NAME
    }
    /// Whether what is written under this configuration may hold foreign keys.
    fn has_foreign_keys(&self, config: &AnyConfig) -> bool;
    /// What an op that had an effect writes and ends.
    fn writes(
        &self,
        held: &Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
    ) -> Vec<Written>;

    /// Whether what the object shows is part of the digest; otherwise its ops are.
    fn is_built_in(&self) -> bool {
        BUILT_IN.contains(&self.name())
    }
}

const OWN: &str = "a kind is only handed what it made";

fn held(state: impl ObjectState) -> Held {
    match (&state as &dyn Any).downcast_ref::<RegisterState>() {
        Some(state) => Held::Register(state.clone()),
        None => Held::Other(Arc::new(state)),
    }
}

fn state<K: Kind>(held: &Held) -> &K::State {
    held.get().and_then(|state| state.downcast_ref()).expect(OWN)
}

fn state_mut<K: Kind>(held: &mut Held) -> &mut K::State {
    held.get_mut().and_then(|state| state.downcast_mut()).expect(OWN)
}

fn decode<K: Kind>(
    kind: &K,
    config: &AnyConfig,
    bytes: &[u8],
    saw: Saw<'_>,
) -> Result<K::Op, Void> {
    let config = config.downcast_ref().expect(OWN);
    let op = kind.decode(config, bytes)?;
    let mut missing = false;
    kind.pointers(config, &op, &mut |node, node_type| missing |= !saw(node, node_type));
    if missing { Err(Void::UnknownTarget) } else { Ok(op) }
}

/// Applies one op; of a masked one, only what others may have seen is kept.
fn play<K: Kind>(kind: &K, state: &mut K::State, past: &Past<'_>, op: K::Op) -> Result<(), Void> {
    let resolved = kind.resolve(state, past, op)?;
    if past.is_masked() {
        kind.mask(state, past, resolved);
    } else {
        kind.apply(state, past, resolved);
    }
    Ok(())
}

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &str {
        K::NAME
    }

    fn edition(&self) -> u32 {
        K::EDITION
    }

    fn empty(&self) -> Held {
        held(K::State::default())
    }

    fn wake(&self, from: &mut Reading<'_>) -> Option<Held> {
        K::State::read(from).map(held)
    }

    fn config(&self, bytes: &[u8]) -> Result<AnyConfig, Void> {
        Ok(Arc::new(Kind::config(self, bytes)?))
    }

    fn decode(&self, config: &AnyConfig, bytes: &[u8], saw: Saw<'_>) -> Result<AnyOp, Void> {
        Ok(Box::new(decode(self, config, bytes, saw)?))
    }

    fn play(
        &self,
        held: &mut Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
        saw: Saw<'_>,
    ) -> Result<(), Void> {
        let op = decode(self, config, bytes, saw)?;
        play(self, state_mut::<K>(held), past, op)
    }

    fn merge(&self, held: &mut Held, arrived: Vec<Arrival>, history: &History<'_>) -> Vec<Outcome> {
        let state = state_mut::<K>(held);
        let stamps: Vec<Stamp> = arrived.iter().map(|arrival| arrival.stamp).collect();
        let Some(first) = stamps.first() else { return Vec::new() };
        self.prepare(state, &stamps, history);
        let mut past = Past::of(history.log, *first);
        let mut play = |arrival: Arrival| {
            past.move_to(arrival.stamp);
            let op: Box<K::Op> = arrival.op?.downcast().expect(OWN);
            play(self, state, &past, *op)
        };
        arrived.into_iter().map(|arrival| (arrival.stamp, play(arrival))).collect()
    }

    fn is_in_order(&self) -> bool {
        K::IN_ORDER
    }

    fn keeps_history(&self) -> bool {
        K::KEEPS_HISTORY || K::IN_ORDER || !self.is_built_in()
    }

    fn show(&self, held: &Held) -> Option<Value> {
        Kind::show(self, state::<K>(held))
    }

    fn size(&self, held: &Held) -> Option<u64> {
        Kind::size(self, state::<K>(held))
    }

    fn part(&self, held: &Held, range: &Range<u64>) -> Option<Value> {
        Kind::part(self, state::<K>(held), range)
    }

    fn entry(&self, held: &Held, key: &Value) -> Option<Value> {
        Kind::entry(self, state::<K>(held), key)
    }

    fn standing(&self, held: &Held) -> Vec<Standing> {
        Kind::standing(self, state::<K>(held))
    }

    fn has_pointers(&self, config: &AnyConfig) -> bool {
        Kind::has_pointers(self, config.downcast_ref().expect(OWN))
    }

    fn view(&self, config: &AnyConfig, shown: Value, is_there: IsThere<'_>) -> Option<Value> {
        Kind::view(self, config.downcast_ref().expect(OWN), shown, is_there)
    }

    fn view_part(
        &self,
        config: &AnyConfig,
        part: Part,
        value: Option<Value>,
        is_there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        Kind::view_part(self, config.downcast_ref().expect(OWN), part, value, is_there)
    }

    fn recall(&self, held: &mut Held, history: &History<'_>) {
        Kind::recall(self, state_mut::<K>(held), history);
    }

    fn fates(
        &self,
        held: &Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
    ) -> Vec<(Part, Fate)> {
        match decode(self, config, bytes, &|_, _| true) {
            Ok(op) => Kind::fates(self, state::<K>(held), past, &op),
            Err(_) => Vec::new(),
        }
    }

    fn has_foreign_keys(&self, config: &AnyConfig) -> bool {
        self.is_built_in() && Kind::has_foreign_keys(self, config.downcast_ref().expect(OWN))
    }

    fn writes(
        &self,
        held: &Held,
        config: &AnyConfig,
        bytes: &[u8],
        past: &Past<'_>,
    ) -> Vec<Written> {
        let config = config.downcast_ref().expect(OWN);
        match Kind::decode(self, config, bytes) {
            Ok(op) if self.is_built_in() => Kind::writes(self, config, state::<K>(held), past, &op),
            _ => Vec::new(),
        }
    }
}
