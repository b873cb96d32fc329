//! Ops that are read again from the log.
//!
//! **Invariants**
//! - Ops of one commit, asked for one after another, are decoded once.
//!
//! What this does not do: keep more than one commit's ops.

use crate::past::Stamp;
use woodland_format::{Op, Payload};
use woodland_log::{Log, PayloadReader, Place};

/// Reads ops again. Those of one commit, asked for one after another, are decoded once.
pub(crate) struct OpReader<'a> {
    payloads: PayloadReader<'a>,
    last: Option<(Place, Vec<Op>)>,
    decoded: u64,
}

impl<'a> OpReader<'a> {
    pub(crate) fn of(log: &'a Log) -> Self {
        OpReader { payloads: log.payloads(), last: None, decoded: 0 }
    }

    pub(crate) fn op(&mut self, stamp: Stamp) -> Option<&Op> {
        self.batch(stamp.place).get(stamp.index as usize)
    }

    /// All ops of a commit; none where its payload cannot be read.
    pub(crate) fn batch(&mut self, place: Place) -> &[Op] {
        if self.last.as_ref().is_none_or(|(last, _)| *last != place) {
            self.decoded += 1;
            let payload = self.payloads.read(place).and_then(|bytes| Payload::decode(bytes).ok());
            self.last = Some((place, payload.map(|payload| payload.ops).unwrap_or_default()));
        }
        self.last.as_ref().map_or(&[], |(_, ops)| ops)
    }

    /// How many payloads were decoded.
    pub(crate) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// What an edit says to its kind.
    pub(crate) fn edit(&mut self, stamp: Stamp) -> Option<&[u8]> {
        match self.op(stamp)? {
            Op::Edit { op, .. } => Some(op),
            _ => None,
        }
    }
}
