//! `events`: the application's own ops, one after the other in order.
//!
//! What they amount to is the application's: a pure reducer over this list, run by whoever reads.
//! So every program sees the same list, also one that does not have the reducer.
//!
//! **Invariants**
//! - The list ascends in order, whatever arrived when.
//!
//! What this does not do: look into an op, or find one void.

use crate::kind::Kind;
use crate::past::{Past, Stamp};
use crate::rest::{read_all, write_all};
use crate::void::Void;
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{EventsConfig, Value, decode};
use woodland_page::{Reading, Stored, Writing};

/// The kind `events`. Configured by [`EventsConfig`], written by any bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events;

/// All events, ascending in order.
#[derive(Debug, Clone, Default)]
pub struct EventsState(im::Vector<(Stamp, Arc<[u8]>)>);

impl Stored for EventsState {
    fn write(&self, to: &mut Writing<'_>) {
        write_all(self.0.iter(), to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        read_all(from).map(EventsState)
    }
}

impl Kind for Events {
    const NAME: &'static str = "events";
    type Config = EventsConfig;
    type Op = Arc<[u8]>;
    type Resolved = Arc<[u8]>;
    type State = EventsState;

    fn config(&self, bytes: &[u8]) -> Result<EventsConfig, Void> {
        decode::<_, CONFIG_BYTES_MAX>("events", bytes).map_err(|_| Void::BadConfig)
    }

    fn decode(&self, _: &EventsConfig, bytes: &[u8]) -> Result<Arc<[u8]>, Void> {
        Ok(bytes.into())
    }

    fn resolve(&self, _: &mut EventsState, _: &Past<'_>, op: Arc<[u8]>) -> Result<Arc<[u8]>, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut EventsState, past: &Past<'_>, op: Arc<[u8]>) {
        let (at, events) = (past.at(), &mut state.0);
        if events.last().is_none_or(|(last, _)| past.order(*last, at).is_lt()) {
            events.push_back((at, op));
            return;
        }
        let place = events.binary_search_by(|(stamp, _)| past.order(*stamp, at));
        events.insert(place.unwrap_or_else(|place| place), (at, op));
    }

    fn show(&self, state: &EventsState) -> Option<Value> {
        let events = || state.0.iter().map(|(_, op)| Value::Bytes(op.to_vec())).collect();
        (!state.0.is_empty()).then(|| Value::List(events()))
    }
}
