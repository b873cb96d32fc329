//! `record`: named members that merge one by one, each like a register.
//!
//! **Invariants**
//! - Writing some members leaves the others as they are; two authors who write different members do
//!   not conflict.
//!
//! What this does not do: nest other kinds. A node's own fields do that.

use crate::kind::{Kind, Standing};
use crate::past::Past;
use crate::register::{RegisterState, pointers};
use crate::void::Void;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{MemberDefinition, NodeId, RecordConfig, RecordOp, TypeId, Value, decode};

/// The kind `record`. Configured by [`RecordConfig`], written by [`RecordOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Record;

/// The members that were ever written.
#[derive(Debug, Clone, Default)]
pub struct RecordState {
    members: im::OrdMap<u32, RegisterState>,
}

impl Kind for Record {
    const NAME: &'static str = "record";
    type Config = RecordConfig;
    type Op = Vec<(u32, Value)>;
    type Resolved = Vec<(u32, Value)>;
    type State = RecordState;

    fn config(&self, bytes: &[u8]) -> Result<RecordConfig, Void> {
        let config: RecordConfig =
            decode::<_, CONFIG_BYTES_MAX>("a record", bytes).map_err(|_| Void::BadConfig)?;
        if config.members.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err(Void::BadConfig);
        }
        Ok(config)
    }

    fn decode(&self, config: &RecordConfig, bytes: &[u8]) -> Result<Self::Op, Void> {
        let RecordOp::Set(members) =
            decode::<_, OP_BYTES_MAX>("a record's op", bytes).map_err(|_| Void::Undecodable)?;
        if members.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(Void::Undecodable);
        }
        for (number, value) in &members {
            let member = member(config, *number).ok_or(Void::UnknownMember)?;
            if !member.value.admits(value) {
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
            if let Some(member) = member(config, *number) {
                pointers(&member.value, value, found);
            }
        }
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

    fn standing(&self, state: &RecordState) -> Vec<Standing> {
        let members = state.members.iter();
        members.filter_map(|(number, member)| member.standing(Some(*number))).collect()
    }
}

fn member(config: &RecordConfig, number: u32) -> Option<&MemberDefinition> {
    let at = config.members.binary_search_by_key(&number, |member| member.number).ok()?;
    config.members.get(at)
}
