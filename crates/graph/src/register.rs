//! `register`: one value; the last write in order wins.
//!
//! **Invariants**
//! - Held are the *standing* writes, those that no other write saw: an antichain, ascending in
//!   order.
//! - The winner is the last of them. It is the last write of all, because order extends causality.
//!
//! What this does not do: merge values, or ask whether a pointer's target still exists.

use crate::kind::{Kind, Standing};
use crate::past::{Past, Stamp};
use crate::void::Void;
use std::sync::Arc;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{NodeId, RegisterConfig, RegisterOp, TypeId, Value, ValueType, decode};

/// The kind `register`. Configured by [`RegisterConfig`], written by [`RegisterOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Register;

/// The standing writes of one register.
#[derive(Debug, Clone, Default)]
pub struct RegisterState {
    writes: Arc<Vec<(Stamp, Value)>>,
}

impl RegisterState {
    /// Adds a write, dropping those that it saw.
    pub(crate) fn set(&mut self, past: &Past<'_>, value: Value) {
        let at = past.at();
        let writes = Arc::make_mut(&mut self.writes);
        writes.retain(|(stamp, _)| !past.saw(*stamp));
        let place = writes.partition_point(|(stamp, _)| past.order(*stamp, at).is_lt());
        writes.insert(place, (at, value));
    }

    /// The value that won.
    pub(crate) fn value(&self) -> Option<&Value> {
        self.writes.last().map(|(_, value)| value)
    }

    /// All standing writes, the winner last.
    pub(crate) fn standing(&self, member: Option<u32>) -> Option<Standing> {
        let writes = self.writes.to_vec();
        (!writes.is_empty()).then_some(Standing { member, writes })
    }
}

impl Kind for Register {
    const NAME: &'static str = "register";
    type Config = RegisterConfig;
    type Op = Value;
    type Resolved = Value;
    type State = RegisterState;

    fn config(&self, bytes: &[u8]) -> Result<RegisterConfig, Void> {
        decode::<_, CONFIG_BYTES_MAX>("a register", bytes).map_err(|_| Void::BadConfig)
    }

    fn decode(&self, config: &RegisterConfig, bytes: &[u8]) -> Result<Value, Void> {
        let RegisterOp::Set(value) =
            decode::<_, OP_BYTES_MAX>("a register's op", bytes).map_err(|_| Void::Undecodable)?;
        if !config.value.admits(&value) {
            return Err(Void::WrongValue);
        }
        Ok(value)
    }

    fn pointers(&self, config: &RegisterConfig, op: &Value, found: &mut dyn FnMut(NodeId, TypeId)) {
        pointers(&config.value, op, found);
    }

    fn resolve(&self, _: &mut RegisterState, _: &Past<'_>, op: Value) -> Result<Value, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut RegisterState, past: &Past<'_>, value: Value) {
        state.set(past, value);
    }

    fn show(&self, state: &RegisterState) -> Option<Value> {
        state.value().cloned()
    }

    fn standing(&self, state: &RegisterState) -> Vec<Standing> {
        state.standing(None).into_iter().collect()
    }
}

/// Names every pointer in a value of this type.
pub(crate) fn pointers(of: &ValueType, value: &Value, found: &mut dyn FnMut(NodeId, TypeId)) {
    match (of, value) {
        (ValueType::Pointer(target), Value::Pointer(node)) => found(*node, *target),
        (ValueType::List(item), Value::List(values)) => {
            for value in values {
                pointers(item, value, found);
            }
        }
        _ => {}
    }
}
