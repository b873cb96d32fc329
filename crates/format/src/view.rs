//! A payload read in place: what is frequent without a copy, what is rare decoded.
//!
//! ```text
//!  format  ops: number u64  │ tag u32 ‖ … │ tag u32 ‖ … │      create and edit have one form, so
//!                                                             reading them is checking them
//! ```
//!
//! **Invariants**
//! - [`Payload::decode`] is this, copied: there is one reader of payloads.
//! - What is returned was checked whole: every op decodes from its canonical bytes, and no byte is
//!   left over.
//!
//! What this does not do: look into an edit's op. Its kind does.

use crate::canonical::{self, CanonicalError};
use crate::id::{FieldId, NodeId, ObjectId, TypeId};
use crate::limits::{OP_BYTES_MAX, OPS_MAX, PAYLOAD_BYTES_MAX};
use crate::payload::{Op, PAYLOAD_FORMAT, Payload, PayloadError};

const WHAT: &str = "a payload";
/// The tags of [`Op`]'s variants.
const CREATE: u32 = 1;
const EDIT: u32 = 2;
/// What the smallest edit takes.
const EDIT_BYTES_MIN: usize = 36;

/// One op of a payload, read in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpView<'a> {
    /// [`Op::Create`].
    Create {
        /// The node's type, in the commit's schema.
        node_type: TypeId,
        /// Keeps the nodes of a fork's branches apart.
        salt: u64,
    },
    /// [`Op::Edit`].
    Edit {
        /// Which field of which node.
        object: ObjectId,
        /// The op of the field's kind.
        op: &'a [u8],
    },
    /// Any other op.
    Other(Op),
}

impl From<OpView<'_>> for Op {
    fn from(view: OpView<'_>) -> Op {
        match view {
            OpView::Create { node_type, salt } => Op::Create { node_type, salt },
            OpView::Edit { object, op } => Op::Edit { object, op: op.to_vec() },
            OpView::Other(op) => op,
        }
    }
}

impl Payload {
    /// The ops of the payload with these canonical bytes, read in place.
    ///
    /// # Errors
    /// [`PayloadError`], for bytes that are no payload of this format.
    pub fn view(bytes: &[u8]) -> Result<Vec<OpView<'_>>, PayloadError> {
        // The format is the first byte in every release, so that a foreign one is called by its
        // name.
        if let Some(&found) = bytes.first()
            && found != PAYLOAD_FORMAT
        {
            return Err(PayloadError::ForeignFormat { found });
        }
        if bytes.len() > PAYLOAD_BYTES_MAX {
            let (bytes, limit) = (bytes.len(), PAYLOAD_BYTES_MAX);
            return Err(CanonicalError::TooLong { what: WHAT, bytes, limit }.into());
        }
        Ok(ops(bytes)?)
    }
}

fn malformed(reason: impl Into<String>) -> CanonicalError {
    CanonicalError::Malformed { what: WHAT, reason: reason.into() }
}

fn ops(bytes: &[u8]) -> Result<Vec<OpView<'_>>, CanonicalError> {
    let mut left = bytes.get(1..).ok_or_else(|| malformed("it is empty"))?;
    let claimed = word(&mut left)?;
    let count = usize::try_from(claimed).ok().filter(|count| *count <= OPS_MAX);
    let count = count.ok_or_else(|| malformed(format!("{claimed} ops are over {OPS_MAX}")))?;
    // A claim is believed as far as the bytes could hold edits; the rest grows as it comes.
    let mut ops = Vec::with_capacity(count.min(left.len() / EDIT_BYTES_MIN));
    for _ in 0..count {
        canonical::push(&mut ops, op(&mut left)?, count);
    }
    if !left.is_empty() {
        return Err(malformed(format!("{} bytes follow it", left.len())));
    }
    Ok(ops)
}

fn op<'a>(left: &mut &'a [u8]) -> Result<OpView<'a>, CanonicalError> {
    let start = *left;
    match u32::from_le_bytes(take(left)?) {
        CREATE => Ok(OpView::Create { node_type: TypeId(word(left)?), salt: word(left)? }),
        EDIT => {
            let object = ObjectId { node: NodeId(take(left)?), field: FieldId(word(left)?) };
            let claimed = word(left)?;
            let length = usize::try_from(claimed).ok().filter(|length| *length <= OP_BYTES_MAX);
            let Some(length) = length else {
                return Err(malformed(format!("an op of {claimed} bytes is over {OP_BYTES_MAX}")));
            };
            let (op, rest) = left.split_at_checked(length).ok_or_else(|| malformed(ENDS))?;
            *left = rest;
            Ok(OpView::Edit { object, op })
        }
        _ => {
            let (op, read) = canonical::decode_prefix::<Op, PAYLOAD_BYTES_MAX>(WHAT, start)?;
            *left = start.get(read..).unwrap_or_default();
            Ok(OpView::Other(op))
        }
    }
}

const ENDS: &str = "it ends within an op";

fn word(left: &mut &[u8]) -> Result<u64, CanonicalError> {
    Ok(u64::from_le_bytes(take(left)?))
}

fn take<const N: usize>(left: &mut &[u8]) -> Result<[u8; N], CanonicalError> {
    let (taken, rest) = left.split_first_chunk().ok_or_else(|| malformed(ENDS))?;
    *left = rest;
    Ok(*taken)
}
