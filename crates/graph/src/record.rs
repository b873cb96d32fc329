//! `record`: named members that merge one by one, each like a register.
//!
//! **Invariants**
//! - Writing some members leaves the others as they are; two authors who write different members do
//!   not conflict.
//!
//! What this does not do: nest other kinds. A node's own fields do that.

use crate::kind::{Fate, IsThere, Kind, Part, Standing, Writing, Written};
use crate::past::Past;
use crate::register::RegisterState;
use crate::rest::{read_map, write_map};
use crate::void::Void;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{NodeId, RecordConfig, RecordOp, TypeId, Value, decode};
use woodland_page::{self as page, Reading, Stored};

/// The kind `record`. Configured by [`RecordConfig`], written by [`RecordOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Record;

/// The members that were ever written.
#[derive(Debug, Clone, Default)]
pub struct RecordState {
    members: im::OrdMap<u32, RegisterState>,
}

impl Stored for RecordState {
    fn write(&self, to: &mut page::Writing<'_>) {
        write_map(&self.members, to, Stored::write);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(RecordState { members: read_map(from, Stored::read)? })
    }
}

impl Kind for Record {
    const NAME: &'static str = "record";
    type Config = RecordConfig;
    type Op = Vec<(u32, Option<Value>)>;
    type Resolved = Self::Op;
    type State = RecordState;

    fn config(&self, bytes: &[u8]) -> Result<RecordConfig, Void> {
        let config: RecordConfig =
            decode::<_, CONFIG_BYTES_MAX>("a record", bytes).map_err(|_| Void::BadConfig)?;
        config.check().map_err(|_| Void::BadConfig)?;
        Ok(config)
    }

    fn decode(&self, config: &RecordConfig, bytes: &[u8]) -> Result<Self::Op, Void> {
        let op =
            decode::<_, OP_BYTES_MAX>("a record's op", bytes).map_err(|_| Void::Undecodable)?;
        let members: Self::Op = match op {
            RecordOp::Set(members) => members.into_iter().map(|(at, it)| (at, Some(it))).collect(),
            RecordOp::Clear(members) => members.into_iter().map(|at| (at, None)).collect(),
        };
        if members.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(Void::Undecodable);
        }
        for (number, value) in &members {
            let place = &config.member(*number).ok_or(Void::UnknownMember)?.value;
            let fits = match value {
                Some(value) => place.admits(value),
                None => place.is_optional(),
            };
            if !fits {
                return Err(Void::WrongValue);
            }
        }
        Ok(members)
    }

    fn pointers(
        &self,
        config: &RecordConfig,
        op: &Self::Op,
        found: &mut dyn FnMut(NodeId, TypeId),
    ) {
        for (number, value) in op {
            if let (Some(member), Some(value)) = (config.member(*number), value) {
                member.value.pointers(value, found);
            }
        }
    }

    fn has_foreign_keys(&self, config: &RecordConfig) -> bool {
        config.members.iter().any(|member| member.value.has_foreign_key())
    }

    fn writes(
        &self,
        config: &RecordConfig,
        _: &RecordState,
        _: &Past<'_>,
        op: &Self::Op,
    ) -> Vec<Written> {
        let written = |(number, value): &(u32, Option<Value>)| {
            let put = Written::of(Part::Member(*number), Writing::Put { generation: 0 });
            match (config.member(*number), value) {
                (Some(member), Some(value)) => put.with(&member.value, value),
                _ => put,
            }
        };
        op.iter().map(written).collect()
    }

    fn resolve(&self, _: &mut RecordState, _: &Past<'_>, op: Self::Op) -> Result<Self::Op, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut RecordState, past: &Past<'_>, members: Self::Op) {
        for (number, value) in members {
            state.members.entry(number).or_default().set(past, value);
        }
    }

    fn show(&self, state: &RecordState) -> Option<Value> {
        let members: Vec<(u32, Value)> = state
            .members
            .iter()
            .filter_map(|(number, member)| Some((*number, member.value()?.clone())))
            .collect();
        (!members.is_empty()).then_some(Value::Record(members))
    }

    fn has_pointers(&self, config: &RecordConfig) -> bool {
        config.members.iter().any(|member| member.value.has_pointer())
    }

    fn view(&self, config: &RecordConfig, shown: Value, there: IsThere<'_>) -> Option<Value> {
        let Value::Record(written) = shown else { return Some(shown) };
        let read = |(number, value): (u32, Value)| {
            Some((number, config.member(number)?.value.read(Some(&value), there)?))
        };
        let members: Vec<(u32, Value)> = written.into_iter().filter_map(read).collect();
        (!members.is_empty()).then_some(Value::Record(members))
    }

    fn view_part(
        &self,
        config: &RecordConfig,
        part: Part,
        value: Option<Value>,
        there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        let Part::Member(number) = part else { return Some((part, value)) };
        let place = &config.member(number)?.value;
        Some((part, value.and_then(|value| place.read(Some(&value), there))))
    }

    fn standing(&self, state: &RecordState) -> Vec<Standing> {
        let members = state.members.iter();
        members.filter_map(|(number, member)| member.standing(Part::Member(*number))).collect()
    }

    fn fates(&self, state: &RecordState, past: &Past<'_>, op: &Self::Op) -> Vec<(Part, Fate)> {
        let members =
            op.iter().filter_map(|(number, _)| state.members.get(number).zip(Some(*number)));
        members.map(|(member, number)| (Part::Member(number), member.fate(past.at()))).collect()
    }
}
