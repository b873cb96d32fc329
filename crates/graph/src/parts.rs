//! Reads of less than a whole value: a stretch of it, or how long it is.
//!
//! **Invariants**
//! - Answers are aligned with the question; `None` is what is not visible, or has no parts.
//! - Stretches that meet leave nothing out and say nothing twice, also where they meet inside a
//!   character.
//!
//! What this does not do: change what is visible. `Graph::values` reads the same, whole.

use crate::fields::KEY;
use crate::graph::Graph;
use crate::state::Object;
use std::ops::Range;
use woodland_format::{ObjectId, Value};

impl Graph {
    /// Stretches of texts, in bytes, and of lists, in items. One past the end ends at the end.
    pub fn parts(&self, stretches: &[(ObjectId, Range<u64>)]) -> Vec<Option<Value>> {
        let part = |(object, range): &(ObjectId, Range<u64>)| {
            let object = self.shown_object(*object)?;
            object.kind.part(&object.held, range.clone())
        };
        stretches.iter().map(part).collect()
    }

    /// How long texts are, in bytes, and how many items or entries lists, sets and maps have.
    pub fn sizes(&self, objects: &[ObjectId]) -> Vec<Option<u64>> {
        let size = |object: &ObjectId| {
            let object = self.shown_object(*object)?;
            object.kind.size(&object.held)
        };
        objects.iter().map(size).collect()
    }

    fn shown_object(&self, object: ObjectId) -> Option<&Object> {
        let (entry, node_type) = self.visible(object.node)?;
        let field = self.visible_field(node_type, object.field)?;
        (field.kind != KEY).then(|| entry.object(field.id, &field.kind))?
    }
}
