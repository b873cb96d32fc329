//! Opaque: a kind that a schema names and this program does not have.
//!
//! **Invariants**
//! - Its objects show nothing, and keep their ops: a program that has the kind derives them.
//!
//! What this does not do: decide what an op of it means, or whether it is one.

use crate::erased::{AnyConfig, AnyKind, AnyOp, Arrival, Outcome, Saw};
use crate::kind::{Fate, History, IsThere, Part, Standing, Written};
use crate::past::Past;
use crate::state::Held;
use crate::void::Void;
use std::ops::Range;
use std::sync::Arc;
use woodland_format::Value;
use woodland_page::Reading;

/// A kind that this program does not have: its ops are kept, in order, and not looked into.
#[derive(Debug)]
pub(crate) struct Opaque(pub(crate) Box<str>);

impl AnyKind for Opaque {
    fn name(&self) -> &str {
        &self.0
    }

    fn edition(&self) -> u32 {
        0
    }

    fn empty(&self) -> Held {
        Held::Opaque
    }

    fn wake(&self, _: &mut Reading<'_>) -> Option<Held> {
        Some(Held::Opaque)
    }

    fn config(&self, _: &[u8]) -> Result<AnyConfig, Void> {
        Ok(Arc::new(()))
    }

    fn decode(&self, _: &AnyConfig, _: &[u8], _: Saw<'_>) -> Result<AnyOp, Void> {
        Ok(Box::new(()))
    }

    fn play(
        &self,
        _: &mut Held,
        _: &AnyConfig,
        _: &[u8],
        _: &Past<'_>,
        _: Saw<'_>,
    ) -> Result<(), Void> {
        Ok(())
    }

    fn merge(&self, _: &mut Held, arrived: Vec<Arrival>, _: &History<'_>) -> Vec<Outcome> {
        arrived.into_iter().map(|arrival| (arrival.stamp, Ok(()))).collect()
    }

    fn is_in_order(&self) -> bool {
        false
    }

    fn keeps_history(&self) -> bool {
        true
    }

    fn show(&self, _: &Held) -> Option<Value> {
        None
    }

    fn size(&self, _: &Held) -> Option<u64> {
        None
    }

    fn part(&self, _: &Held, _: &Range<u64>) -> Option<Value> {
        None
    }

    fn entry(&self, _: &Held, _: &Value) -> Option<Value> {
        None
    }

    fn standing(&self, _: &Held) -> Vec<Standing> {
        Vec::new()
    }

    fn has_pointers(&self, _: &AnyConfig) -> bool {
        false
    }

    fn view(&self, _: &AnyConfig, shown: Value, _: IsThere<'_>) -> Option<Value> {
        Some(shown)
    }

    fn view_part(
        &self,
        _: &AnyConfig,
        part: Part,
        value: Option<Value>,
        _: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        Some((part, value))
    }

    fn recall(&self, _: &mut Held, _: &History<'_>) {}

    fn fates(&self, _: &Held, _: &AnyConfig, _: &[u8], _: &Past<'_>) -> Vec<(Part, Fate)> {
        vec![(Part::Whole, Fate::Counts)]
    }

    fn has_foreign_keys(&self, _: &AnyConfig) -> bool {
        false
    }

    fn writes(&self, _: &Held, _: &AnyConfig, _: &[u8], _: &Past<'_>) -> Vec<Written> {
        Vec::new()
    }
}
