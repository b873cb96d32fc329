//! The ids and values of `woodland-format`, as they stand in pages.
//!
//! **Invariants**
//! - A value stands in its canonical bytes, so a page is as strict about it as a commit.
//!
//! What this does not do: make one up. What is read was written.

use crate::codec::{Reading, Stored, Writing};
use std::sync::Arc;
use woodland_format::limits::PAYLOAD_BYTES_MAX;
use woodland_format::{
    AuthorKey, CommitId, DatasetId, Digest, FieldId, IdentityKey, NodeId, ObjectId, OnDelete,
    SchemaId, Signature, TypeId, Value, decode, encode,
};

macro_rules! stored_as_array {
    ($($id:ident)*) => {$(
        impl Stored for $id {
            fn write(&self, to: &mut Writing<'_>) {
                to.raw(&self.0);
            }

            fn read(from: &mut Reading<'_>) -> Option<Self> {
                from.array().map($id)
            }
        }
    )*};
}

stored_as_array!(AuthorKey CommitId DatasetId Digest IdentityKey NodeId SchemaId Signature);

macro_rules! stored_as_number {
    ($($id:ident)*) => {$(
        impl Stored for $id {
            fn write(&self, to: &mut Writing<'_>) {
                to.raw(&self.0.to_le_bytes());
            }

            fn read(from: &mut Reading<'_>) -> Option<Self> {
                from.array().map(u64::from_le_bytes).map($id)
            }
        }
    )*};
}

stored_as_number!(TypeId FieldId);

impl Stored for ObjectId {
    fn write(&self, to: &mut Writing<'_>) {
        (self.node, self.field).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (node, field) = Stored::read(from)?;
        Some(ObjectId { node, field })
    }
}

impl Stored for Value {
    fn write(&self, to: &mut Writing<'_>) {
        to.bytes(&encode(self));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        decode::<Value, PAYLOAD_BYTES_MAX>("a value", from.bytes()?).ok()
    }
}

impl Stored for OnDelete {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(match self {
            OnDelete::Restrict => 0,
            OnDelete::Cascade => 1,
            OnDelete::Revive => 2,
        });
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(OnDelete::Restrict),
            1 => Some(OnDelete::Cascade),
            2 => Some(OnDelete::Revive),
            _ => None,
        }
    }
}

impl Stored for Arc<[Value]> {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.len() as u64);
        self.iter().for_each(|value| value.write(to));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Vec::read(from).map(Arc::from)
    }
}
