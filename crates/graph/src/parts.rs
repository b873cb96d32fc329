//! Reads of less than a whole value: a node's type, a stretch, a size, what stands at a key.
//!
//! **Invariants**
//! - Answers are aligned with the question; `None` is what is not visible.
//! - A stretch past the end ends at the end; one that begins or ends inside a character of a text
//!   is moved to where that character begins. So stretches that meet leave nothing out, and say
//!   nothing twice.
//!
//! What this does not do: change what is visible. `Graph::values` reads the same, whole.

use crate::fields::KEY;
use crate::graph::Graph;
use crate::state::Object;
use std::ops::Range;
use woodland_format::{NodeId, ObjectId, TypeId, Value};

impl Graph {
    /// The types of nodes.
    pub fn types(&self, nodes: &[NodeId]) -> Vec<Option<TypeId>> {
        nodes.iter().map(|node| Some(self.visible(*node)?.1)).collect()
    }

    /// Stretches of texts, in bytes, and of lists, in items; of any other value, all of it.
    pub fn parts(&self, stretches: &[(ObjectId, Range<u64>)]) -> Vec<Option<Value>> {
        let part = |(object, range): &(ObjectId, Range<u64>)| {
            let shown = self.visible_object(*object);
            let part = shown.and_then(|shown| shown.kind.part(&shown.held, range));
            part.or_else(|| Some(cut(self.values(&[*object]).pop()??, range)))
        };
        stretches.iter().map(part).collect()
    }

    /// How long texts are, in bytes, and how many items or entries lists, sets and maps have.
    pub fn sizes(&self, objects: &[ObjectId]) -> Vec<Option<u64>> {
        let size = |object: &ObjectId| {
            let shown = self.visible_object(*object);
            let size = shown.and_then(|shown| shown.kind.size(&shown.held));
            size.or_else(|| size_of(&self.values(&[*object]).pop()??))
        };
        objects.iter().map(size).collect()
    }

    /// What stands at keys: of a map the value, of a set the item itself.
    pub fn entries(&self, keys: &[(ObjectId, &Value)]) -> Vec<Option<Value>> {
        let entry = |(object, key): &(ObjectId, &Value)| {
            let object = self.visible_object(*object)?;
            object.kind.entry(&object.held, key)
        };
        keys.iter().map(entry).collect()
    }

    fn visible_object(&self, object: ObjectId) -> Option<&Object> {
        let (entry, node_type) = self.visible(object.node)?;
        let field = self.visible_field(node_type, object.field)?;
        (field.kind != KEY).then(|| entry.object(field.id, &field.kind))?
    }
}

/// What of a stretch is inside something of this length.
pub(crate) fn within(range: &Range<u64>, length: usize) -> Range<usize> {
    let inside = |at: u64| usize::try_from(at).map_or(length, |at| at.min(length));
    let end = inside(range.end);
    inside(range.start).min(end)..end
}

/// The part of a value that a stretch names.
pub(crate) fn cut(value: Value, range: &Range<u64>) -> Value {
    match value {
        Value::String(text) => {
            let Range { start, end } = within(range, text.len());
            let range = text.floor_char_boundary(start)..text.floor_char_boundary(end);
            Value::from(&text[range])
        }
        Value::List(mut items) => {
            let Range { start, end } = within(range, items.len());
            items.truncate(end);
            Value::List(items.split_off(start))
        }
        whole => whole,
    }
}

/// How many bytes, items or entries a value has, if it has any of them.
pub(crate) fn size_of(value: &Value) -> Option<u64> {
    let size = match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return None,
    };
    Some(size as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_kept_inside_and_between_characters() {
        let text = || Value::from("aäb".to_owned());
        let cut = |range| cut(text(), &range);
        assert_eq!(cut(0..2), Value::from("a".to_owned()));
        assert_eq!(cut(2..4), Value::from("äb".to_owned()));
        assert_eq!(cut(1..u64::MAX), Value::from("äb".to_owned()));
        assert_eq!(cut(9..u64::MAX), Value::from(String::new()));
        #[expect(clippy::reversed_empty_ranges, reason = "it names nothing")]
        let nothing = 3..1;
        assert_eq!(cut(nothing), Value::from(String::new()));
    }
}
