//! `counter`: a number that several authors add to.
//!
//! **Invariants**
//! - The sum is exact: 2⁶³ ops of 64 bits fit into 128 bits. It is clamped only when it is read, so
//!   what was clamped comes back when it is taken off again.
//!
//! What this does not do: stop at a bound. No rule over several authors could hold one.

use crate::kind::Kind;
use crate::past::Past;
use crate::void::Void;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{CounterOp, Value, decode};
use woodland_page::{Reading, Stored, Writing};

/// The kind `counter`. Takes no configuration, written by [`CounterOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter;

/// The exact sum; none while nobody has added anything.
#[derive(Debug, Clone, Default)]
pub struct CounterState(Option<i128>);

impl Stored for CounterState {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(CounterState)
    }
}

impl Kind for Counter {
    const NAME: &'static str = "counter";
    type Config = ();
    type Op = i64;
    type Resolved = i64;
    type State = CounterState;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<i64, Void> {
        let CounterOp::Add(much) =
            decode::<_, OP_BYTES_MAX>("a counter's op", bytes).map_err(|_| Void::Undecodable)?;
        Ok(much)
    }

    fn resolve(&self, _: &mut CounterState, _: &Past<'_>, much: i64) -> Result<i64, Void> {
        Ok(much)
    }

    fn apply(&self, state: &mut CounterState, _: &Past<'_>, much: i64) {
        state.0 = Some(state.0.unwrap_or(0) + i128::from(much));
    }

    fn show(&self, state: &CounterState) -> Option<Value> {
        let sum = state.0?.clamp(i64::MIN.into(), i64::MAX.into());
        Some(Value::Int(i64::try_from(sum).expect("it was clamped")))
    }
}
