//! `counter`: a number that several people add to.
//!
//! **Invariants**
//! - What is read is the exact sum, clamped to 64 bits.

use super::other;
use crate::change::Change;
use crate::define::{ConfigError, Types};
use crate::field::{Field, FieldType};
use crate::value::Misread;
use std::fmt;
use woodland_format::{CounterOp, Value, encode};

/// A sum; 0 while nobody has added anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Counter(pub i64);

impl FieldType for Counter {
    const KIND: &'static str = "counter";

    fn config(_: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        Ok(Vec::new())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        addition(self.0).into_iter().for_each(op);
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Counter(0)),
            Some(Value::Int(sum)) => Ok(Counter(*sum)),
            Some(found) => Err(other("counter", found)),
        }
    }
}

fn addition(much: i64) -> Option<Vec<u8>> {
    (much != 0).then(|| encode(&CounterOp::Add(much)))
}

impl<R> Field<R, Counter> {
    /// Adds this much, which may be negative.
    #[expect(clippy::should_implement_trait, reason = "it adds to what is stored")]
    pub fn add(self, much: i64) -> Change<R> {
        Change::of(self, [addition(much), None])
    }
}

impl From<i64> for Counter {
    fn from(sum: i64) -> Self {
        Counter(sum)
    }
}

impl From<Counter> for i64 {
    fn from(counter: Counter) -> Self {
        counter.0
    }
}

impl PartialEq<i64> for Counter {
    fn eq(&self, other: &i64) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
