//! Reads of less than a whole value: a node's type, a stretch, a size, what stands at a key.
//!
//! **Invariants**
//! - Answers are aligned with the question; `None` is what is not visible.
//! - A stretch past the end ends at the end; one that begins or ends inside a character of a text
//!   is moved to where that character begins. So stretches that meet leave nothing out, and say
//!   nothing twice.
//!
//! What this does not do: change what is visible. `Graph::values` reads the same, whole.

use crate::graph::Graph;
use crate::kind::{IsThere, Kind, Part};
use crate::lens::Look;
use crate::map::Map;
use crate::set::Set;
use crate::sight::Found;
use std::ops::Range;
use woodland_format::{NodeId, ObjectId, TypeId, Value};

impl Graph {
    /// The types of nodes.
    pub fn types(&self, nodes: &[NodeId]) -> Vec<Option<TypeId>> {
        let sight = self.sight();
        nodes.iter().map(|node| Some(sight.visible(*node)?.1.id)).collect()
    }

    /// Stretches of texts, in bytes, and of lists, in items; of any other value, all of it.
    pub fn parts(&self, stretches: &[(ObjectId, Range<u64>)]) -> Vec<Option<Value>> {
        let sight = self.sight();
        let part = |(object, range): &(ObjectId, Range<u64>)| {
            if let Some(found) = sight.object(*object).filter(Found::has_stretches) {
                let object = found.object();
                let part = object.kind.part(&object.held, range);
                if let Some(part) = part.and_then(|part| sight.view(found.of, part)) {
                    return Some(part);
                }
            }
            Some(cut(self.values(&[*object]).pop()??, range))
        };
        stretches.iter().map(part).collect()
    }

    /// How long texts are, in bytes, and how many items or entries lists, sets and maps have.
    pub fn sizes(&self, objects: &[ObjectId]) -> Vec<Option<u64>> {
        let sight = self.sight();
        let size = |object: &ObjectId| {
            let found = sight.object(*object).filter(Found::has_stretches);
            let size = found.and_then(|found| {
                let object = found.object();
                object.kind.size(&object.held)
            });
            size.or_else(|| size_of(&self.values(&[*object]).pop()??))
        };
        objects.iter().map(size).collect()
    }

    /// What stands at keys: of a map the value, of a set the item itself.
    pub fn entries(&self, keys: &[(ObjectId, &Value)]) -> Vec<Option<Value>> {
        let sight = self.sight();
        let entry = |(object, key): &(ObjectId, &Value)| {
            let found = sight.object(*object)?;
            let (it, of) = (found.object(), found.of);
            if !found.has_entry(key) {
                return entry_of(self.values(&[*object]).pop()??, key);
            }
            let entry = it.kind.entry(&it.held, key)?;
            match &of.config {
                Some(config) if of.look != Look::Plain => {
                    let there: IsThere<'_> = &|node, of| self.state.is_there(node, of);
                    it.kind.view_part(config, Part::Key((*key).clone()), Some(entry), there)?.1
                }
                _ => Some(entry),
            }
        };
        keys.iter().map(entry).collect()
    }
}

impl Found<'_> {
    /// Whether a stretch of what was written reads as that stretch of what is read.
    fn has_stretches(&self) -> bool {
        match self.of.look {
            Look::Plain => true,
            Look::Targets | Look::Convert => self.of.kind.is_read_in_stretches(),
            Look::Never => false,
        }
    }

    /// Whether what was written at this key alone decides what is read there. In sets and maps
    /// another key may become it where types differ, or by losing pointers that are in it.
    fn has_entry(&self, key: &Value) -> bool {
        let is_by_key = [Set::NAME, Map::NAME].contains(&self.of.kind.name());
        match self.of.look {
            Look::Plain => true,
            Look::Targets => !is_by_key || !matches!(key, Value::List(_) | Value::Record(_)),
            Look::Convert | Look::Never => !is_by_key,
        }
    }
}

/// What stands at a key of a value that was read: of a map the value, of a set the item.
fn entry_of(value: Value, key: &Value) -> Option<Value> {
    match value {
        Value::Map(mut entries) => {
            let at = entries.binary_search_by(|(one, _)| one.cmp(key)).ok()?;
            Some(entries.swap_remove(at).1)
        }
        Value::List(mut items) => {
            let at = items.binary_search(key).ok()?;
            Some(items.swap_remove(at))
        }
        _ => None,
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
