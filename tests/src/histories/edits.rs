//! An edit of each kind that makes sense on what its author sees.
//!
//! **Invariants**
//! - None of these ops is void under the schema that the draft is written under, as far as the view
//!   is right.

use crate::histories::draft::Draft;
use crate::histories::schemas::is_bad;
use crate::histories::values::SNIPPETS;
use serde::Serialize;
use serde::de::DeserializeOwned;
use woodland_format::{
    AtomConfig, CounterOp, FieldDefinition, FieldId, ListConfig, ListOp, MapConfig, MapOp,
    ObjectId, RecordConfig, RecordOp, RegisterConfig, RegisterOp, SetConfig, SetOp, TextOp,
    TypeDefinition, UniqueConfig, Value, ValueType, decode, encode,
};

impl Draft<'_> {
    /// Edits this object; false where that would need what is not there.
    pub(crate) fn edit_in(&mut self, object: ObjectId, field: &FieldDefinition) -> bool {
        match field.kind.as_str() {
            "register" => {
                let owner = self.schema.field_with(field.id);
                let is_few = owner.is_some_and(|(owner, _)| is_unique(owner, field.id));
                self.write(object, &config::<RegisterConfig>(field).value, is_few)
            }
            "atom" => self.write(object, &config::<AtomConfig>(field).value, false),
            "record" => self.edit_record(object, &config(field)),
            "counter" => self.count(object),
            "set" => self.edit_set(object, &config(field)),
            "map" => self.edit_map(object, &config(field)),
            "list" => self.edit_list(object, &config(field)),
            "text" => self.edit_text(object),
            "events" | "gauge" | "meter" => {
                let length = self.rng.below(5);
                let bytes = self.rng.bytes()[..length].to_vec();
                self.edit(object, bytes);
                true
            }
            other => panic!("no edit of kind {other}"),
        }
    }

    fn write(&mut self, object: ObjectId, place: &ValueType, is_few: bool) -> bool {
        if place.is_optional() && self.rng.chance(30) {
            self.edit(object, encode(&RegisterOp::Clear));
            return true;
        }
        let value = match is_few {
            true => self.few_value_of(place.of_place()),
            false => self.value_of(place),
        };
        let Some(value) = value else { return false };
        self.edit(object, encode(&RegisterOp::Set(value)));
        true
    }

    fn edit_record(&mut self, object: ObjectId, config: &RecordConfig) -> bool {
        let optional = config.members.iter().filter(|member| member.value.is_optional());
        let optional: Vec<u32> = optional.map(|member| member.number).collect();
        if !optional.is_empty() && self.rng.chance(15) {
            self.edit(object, encode(&RecordOp::Clear(optional)));
            return true;
        }
        let mut values = Vec::new();
        for member in &config.members {
            if self.rng.chance(45)
                && let Some(value) = self.value_of(&member.value)
            {
                values.push((member.number, value));
            }
        }
        self.edit(object, encode(&RecordOp::Set(values)));
        true
    }

    fn count(&mut self, object: ObjectId) -> bool {
        let small = i64::try_from(self.rng.below(7)).expect("a small number") - 3;
        let more = *self.rng.pick(&[small, small, small, i64::MAX, i64::MIN]).expect("some");
        self.edit(object, encode(&CounterOp::Add(more)));
        true
    }

    fn edit_set(&mut self, object: ObjectId, config: &SetConfig) -> bool {
        let mut items = self.few_values_of(&config.item);
        // What was written under another schema is left alone.
        let mut shown = self.view.items(object, "set");
        shown.retain(|item| config.item.admits(item));
        if self.rng.chance(40) {
            // Now and then also what is not there: that has no effect, and is not void.
            if !self.rng.chance(10) {
                items.retain(|item| shown.contains(item));
            }
            if let (true, Some(one)) = (items.is_empty(), self.rng.pick(&shown)) {
                items.push(one.clone());
            }
            shown.retain(|item| !items.contains(item));
            if !items.is_empty() {
                self.edit(object, encode(&SetOp::Remove(items)));
                self.view.show(object, "set", Value::List(shown));
                return true;
            }
            items = self.few_values_of(&config.item);
        }
        if items.is_empty() {
            return false;
        }
        self.edit(object, encode(&SetOp::Add(items.clone())));
        shown.extend(items);
        shown.sort();
        shown.dedup();
        self.view.show(object, "set", Value::List(shown));
        true
    }

    fn edit_map(&mut self, object: ObjectId, config: &MapConfig) -> bool {
        let mut shown = self.view.entries(object);
        shown.retain(|key, _| config.key.admits(key));
        if !shown.is_empty() && self.rng.chance(35) {
            let keys: Vec<Value> = shown.keys().cloned().collect();
            let mut gone = vec![self.rng.pick(&keys).expect("a key is there").clone()];
            gone.extend(keys.into_iter().filter(|_| self.rng.chance(15)));
            gone.sort();
            gone.dedup();
            shown.retain(|key, _| !gone.contains(key));
            self.edit(object, encode(&MapOp::Remove(gone)));
        } else {
            let mut entries = Vec::new();
            for key in self.few_values_of(&config.key) {
                if let Some(value) = self.value_of(&config.value) {
                    entries.push((key, value));
                }
            }
            if entries.is_empty() {
                return false;
            }
            shown.extend(entries.iter().cloned());
            self.edit(object, encode(&MapOp::Put(entries)));
        }
        self.view.show(object, "map", Value::Map(shown.into_iter().collect()));
        true
    }

    fn edit_list(&mut self, object: ObjectId, config: &ListConfig) -> bool {
        let mut shown = self.view.items(object, "list");
        let length = shown.len();
        // Everybody moves and removes the first item more than others.
        let at = if length == 0 || self.rng.chance(40) { 0 } else { self.rng.below(length) };
        match self.rng.below(10) {
            0..2 if length > 0 => {
                let count = 1 + self.rng.below(3.min(length - at));
                self.edit(object, encode(&ListOp::Remove { at: small(at), count: small(count) }));
                shown.drain(at..at + count);
            }
            2..5 if length > 1 => {
                let to = self.rng.below(length);
                self.edit(object, encode(&ListOp::Move { from: small(at), to: small(to) }));
                let item = shown.remove(at);
                shown.insert(to, item);
            }
            5 if length > 0 => {
                let Some(item) = self.value_of(&config.item) else { return false };
                self.edit(object, encode(&ListOp::Set { at: small(at), item: item.clone() }));
                shown[at] = item;
            }
            _ => {
                let at = self.rng.below(length + 1);
                let count = 1 + self.rng.below(3);
                let items: Vec<Value> =
                    (0..count).filter_map(|_| self.value_of(&config.item)).collect();
                if items.is_empty() {
                    return false;
                }
                let op = ListOp::Insert { at: small(at), items: items.clone() };
                self.edit(object, encode(&op));
                shown.splice(at..at, items);
            }
        }
        self.view.show(object, "list", Value::List(shown));
        true
    }

    /// Types where the author typed last, at a place where everybody types, or anywhere; or
    /// deletes.
    fn edit_text(&mut self, object: ObjectId) -> bool {
        let (object, typed_at) = match *self.cursor {
            Some((last, at)) if self.rng.chance(40) => (last, Some(at)),
            _ => (object, None),
        };
        let mut text = self.view.text(object);
        let at = match typed_at {
            Some(at) if text.is_char_boundary(at) => at,
            _ => self.any_boundary(&text),
        };
        if typed_at.is_none() && !text.is_empty() && self.rng.chance(30) {
            self.delete_text(object, &text, at);
            return true;
        }
        let inserted = *self.rng.pick(SNIPPETS).expect("there are snippets");
        let op = TextOp::Insert { at: small(at), text: inserted.to_owned() };
        self.edit(object, encode(&op));
        let next = if self.rng.chance(25) { at } else { at + inserted.len() };
        *self.cursor = Some((object, next));
        text.insert_str(at, inserted);
        self.view.show(object, "text", Value::String(text));
        true
    }

    fn delete_text(&mut self, object: ObjectId, text: &str, at: usize) {
        let at = if at == text.len() { 0 } else { at };
        let mut end = text.len().min(at + 1 + self.rng.below(8));
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let op = TextOp::Delete { at: small(at), bytes: small(end - at) };
        self.edit(object, encode(&op));
        let left = [&text[..at], &text[end..]].concat();
        self.view.show(object, "text", Value::String(left));
    }

    fn any_boundary(&mut self, text: &str) -> usize {
        match self.rng.below(10) {
            0..3 => 0,
            3 => text.len(),
            _ => {
                let mut at = self.rng.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            }
        }
    }
}

/// Whether some rule says that no two nodes of this type should have one value in this field.
pub(crate) fn is_unique(owner: &TypeDefinition, id: FieldId) -> bool {
    let mut rules = owner.fields.iter().filter(|one| one.kind == "unique" && !is_bad(one));
    rules.any(|rule| config::<UniqueConfig>(rule).fields.contains(&id))
}

/// The configuration of a field that is sound.
fn config<T: DeserializeOwned + Serialize>(field: &FieldDefinition) -> T {
    decode::<T, 65536>("a configuration", &field.config).expect("a sound field")
}

/// A position or length, as an op holds it.
pub(crate) fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a small object")
}
