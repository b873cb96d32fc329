//! A register: all its writes, and which of them stand. A record is a register for each member.

use crate::oracle::content::op_of;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::sight::{Sight, Verdict};
use std::collections::BTreeMap;
use woodland_format::{RecordConfig, RecordOp, RegisterOp, Value, ValueType};

/// A write: the op, and the value; none where it cleared the place.
pub(crate) type Write = (Stamp, Option<Value>);

/// Every write that was not void, and every masked one, ascending by stamp.
#[derive(Debug, Default)]
pub(crate) struct Register {
    writes: Vec<Write>,
}

impl Register {
    /// An op of a register or an atom with a place of this type.
    pub(crate) fn edit(&mut self, sight: &Sight<'_>, place: &ValueType, op: &[u8]) -> Verdict {
        let value = match op_of(op)? {
            RegisterOp::Set(value) => Some(value),
            RegisterOp::Clear => None,
        };
        check_value(place, value.as_ref())?;
        if let Some(value) = &value {
            sight.check_targets(place, value)?;
        }
        self.write(sight.stamp, value);
        Ok(())
    }

    pub(crate) fn write(&mut self, stamp: Stamp, value: Option<Value>) {
        self.writes.push((stamp, value));
    }

    /// The writes that no other write saw; the last is the winner, the others are its conflicts.
    pub(crate) fn standing(&self, past: &Past) -> Vec<&Write> {
        let counted = || self.writes.iter().filter(|(stamp, _)| past.counts(*stamp));
        let is_seen = |stamp| counted().any(|(other, _)| past.saw(*other, stamp));
        counted().filter(|(stamp, _)| !is_seen(*stamp)).collect()
    }

    /// The last of the standing writes.
    pub(crate) fn winner(&self, past: &Past) -> Option<Write> {
        self.standing(past).last().map(|write| Write::clone(write))
    }

    /// What the winner wrote.
    pub(crate) fn shown(&self, past: &Past) -> Option<Value> {
        self.winner(past).and_then(|(_, value)| value)
    }

    /// The register as the ops before this point made it.
    pub(crate) fn before(&self, point: Stamp) -> Register {
        let writes = self.writes.iter().filter(|(stamp, _)| *stamp < point);
        Register { writes: writes.cloned().collect() }
    }
}

/// `wrong-value` unless the place may hold this value, or nothing.
fn check_value(place: &ValueType, value: Option<&Value>) -> Verdict {
    let fits = value.map_or(place.is_optional(), |value| place.admits(value));
    if fits { Ok(()) } else { Err("wrong-value") }
}

/// A register for each member that was ever written.
pub(crate) type Record = BTreeMap<u32, Register>;

/// An op of a record.
pub(crate) fn edit_record(
    record: &mut Record,
    sight: &Sight<'_>,
    config: &RecordConfig,
    op: &[u8],
) -> Verdict {
    let writes: Vec<(u32, Option<Value>)> = match op_of(op)? {
        RecordOp::Set(values) => {
            values.into_iter().map(|(number, value)| (number, Some(value))).collect()
        }
        RecordOp::Clear(numbers) => numbers.into_iter().map(|number| (number, None)).collect(),
    };
    if writes.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err("undecodable");
    }
    let mut places = Vec::new();
    for (number, value) in &writes {
        let member = config.members.iter().find(|member| member.number == *number);
        let place = &member.ok_or("unknown-member")?.value;
        check_value(place, value.as_ref())?;
        places.push(place);
    }
    for ((_, value), place) in writes.iter().zip(places) {
        if let Some(value) = value {
            sight.check_targets(place, value)?;
        }
    }
    for (number, value) in writes {
        record.entry(number).or_default().write(sight.stamp, value);
    }
    Ok(())
}
