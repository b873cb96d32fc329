//! The fields that hold foreign keys under some schema of the log.
//!
//! A write under a schema that knows no foreign key at a place still ends the link that another
//! schema's write shows there. So once one schema has a foreign key in a field, all ops on the
//! field are followed, whatever schema they are written under.
//!
//! **Invariants**
//! - Of each such field, all ops are followed that stand after the first commit, in order, that
//!   carries such a schema: before it there is no foreign key in it.
//!
//! What this does not do: follow an op. `arrive` does.

use crate::judge::life::Stretch;
use crate::past::{Stamp, order};
use crate::rest::{read_map, write_map};
use std::sync::Arc;
use woodland_format::FieldId;
use woodland_log::Log;
use woodland_page::{Reading, Stored, Writing};

#[derive(Debug, Clone, Default)]
pub(crate) struct Keyed(im::OrdMap<FieldId, Vec<(Arc<str>, Stamp)>>);

/// There are as many as fields in schemas: they are written and read whole.
impl Stored for Keyed {
    fn write(&self, to: &mut Writing<'_>) {
        write_map(&self.0, to, Stored::write);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        read_map(from, Stored::read).map(Keyed)
    }
}

impl Keyed {
    /// Whether ops on the field are followed.
    pub(crate) fn contains(&self, field: FieldId, kind: &str) -> bool {
        self.from(field, kind).is_some()
    }

    fn from(&self, field: FieldId, kind: &str) -> Option<Stamp> {
        let (_, from) = self.0.get(&field)?.iter().find(|(name, _)| **name == *kind)?;
        Some(*from)
    }

    /// A schema with a foreign key in the field is carried there. Gives where ops on the field may
    /// not have been followed until now.
    pub(crate) fn follow(
        &mut self,
        log: &Log,
        field: FieldId,
        kind: &str,
        carrier: Stamp,
    ) -> Option<Stretch> {
        let until = self.from(field, kind);
        if until.is_some_and(|until| order(log, until, carrier).is_le()) {
            return None;
        }
        let kinds = self.0.entry(field).or_default();
        kinds.retain(|(name, _)| **name != *kind);
        kinds.push((kind.into(), carrier));
        Some(Stretch { from: carrier, until })
    }
}
