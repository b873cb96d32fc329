//! What a reader shows: the living nodes, and their content read through a schema.
//!
//! **Invariants**
//! - Content keeps what was written; whether a target lives and what type a place has are looked
//!   at here, each time.
//! - A field whose configuration is not sound has no place to read into, and shows nothing.

use crate::oracle::content::Content;
use crate::oracle::past::{Past, Stamp};
use crate::oracle::places::{Part, Places};
use crate::oracle::register::Write;
use crate::oracle::run::{Object, State};
use crate::oracle::schemas::{Schemas, key_of};
use crate::oracle::sight::first_of;
use crate::oracle::{ConflictEntry, ConflictName, ConflictPart};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    FieldDefinition, FieldId, NodeId, ObjectId, Schema, TypeDefinition, TypeId, Value, ValueType,
};

/// Somebody who reads a version through a schema.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) past: &'a Past,
    pub(crate) schemas: &'a Schemas,
    pub(crate) state: &'a State,
    pub(crate) schema: &'a Schema,
}

impl<'a> Reader<'a> {
    /// The living nodes whose type, that of the first creation, the schema has.
    pub(crate) fn nodes(self) -> BTreeMap<NodeId, TypeId> {
        let living = self.state.creations.iter().filter(|(node, _)| self.state.judge.lives(**node));
        let types = living.map(|(node, all)| (*node, first_of(all).node_type));
        types.filter(|(_, node_type)| self.schema.type_with(*node_type).is_some()).collect()
    }

    /// Each field of each of those nodes.
    fn fields(self) -> Vec<(NodeId, &'a TypeDefinition, &'a FieldDefinition)> {
        let definition = |(node, node_type)| Some((node, self.schema.type_with(node_type)?));
        let nodes = self.nodes().into_iter().filter_map(definition);
        let fields = |(node, owner): (NodeId, &'a TypeDefinition)| {
            owner.fields.iter().map(move |field| (node, owner, field))
        };
        nodes.flat_map(fields).collect()
    }

    /// What each field of each node shows, where it shows something.
    pub(crate) fn values(self) -> BTreeMap<ObjectId, Value> {
        let shown = self.fields().into_iter().filter_map(|(node, owner, field)| {
            let value = match field.kind.as_str() {
                "key" => self.key(node, owner, field),
                _ => self.field(node, field),
            };
            Some((ObjectId { node, field: field.id }, value?))
        });
        shown.collect()
    }

    /// The standing writes that did not win, of the parts that the schema has, as they are read; of
    /// what reads as nothing, nothing. Of a map, the entries that are there.
    pub(crate) fn conflicts(self) -> BTreeMap<ConflictName, Vec<ConflictEntry>> {
        let mut conflicts = BTreeMap::new();
        for (node, _, field) in self.fields() {
            let object = ObjectId { node, field: field.id };
            let source = self.write(object, &field.kind).map_or(object, |(source, _)| source);
            let content = self.content(source, field);
            let (Some(places), Some(content)) = (Places::of(field), content) else { continue };
            let mut parts = BTreeSet::new();
            for (part, standing) in content.content.standing(self.past) {
                let Some((part, mut writes)) = self.part(&places, part, &standing) else {
                    continue;
                };
                writes.pop();
                // Parts ascend, so of keys that become equal the least as written is read.
                if parts.insert(part.clone()) && !writes.is_empty() {
                    let entry = |(stamp, value): Write| {
                        (self.past.commits()[stamp.rank].id(), stamp.index, value)
                    };
                    conflicts.insert((object, part), writes.into_iter().map(entry).collect());
                }
            }
        }
        conflicts
    }

    /// A part of an object and the writes that stand there, as they are read.
    fn part(
        self,
        places: &Places,
        part: ConflictPart,
        standing: &[Write],
    ) -> Option<(ConflictPart, Vec<Write>)> {
        let each = |read: &dyn Fn(&Value) -> Option<Value>| -> Vec<Write> {
            let one = |(stamp, value): &Write| (*stamp, value.as_ref().and_then(read));
            standing.iter().map(one).collect()
        };
        let writes = match &part {
            ConflictPart::Whole => {
                let of = places.type_at(Part::Whole)?;
                each(&|value| self.read(of, value))
            }
            ConflictPart::Member(number) => {
                let of = places.type_at(Part::Member(*number))?;
                each(&|value| self.read(of, value))
            }
            ConflictPart::Key(key) => {
                let key = self.convert(places.type_at(Part::Key)?, key)?;
                let of = places.type_at(Part::AtKey)?;
                let writes = each(&|value| self.convert(of, value));
                writes.last()?.1.as_ref()?;
                return Some((ConflictPart::Key(key), writes));
            }
        };
        Some((part, writes))
    }

    /// The key of the first creation, converted.
    fn key(self, node: NodeId, owner: &TypeDefinition, field: &FieldDefinition) -> Option<Value> {
        let (named, of_key) = key_of(owner)?;
        let key = first_of(&self.state.creations[&node]).key.as_ref()?;
        if named == field.id { self.convert(&of_key, key) } else { None }
    }

    /// The object that the field shows: that of the node, the field's id and the field's kind.
    fn content(self, object: ObjectId, field: &FieldDefinition) -> Option<&'a Object> {
        Places::of(field)?;
        self.state.objects.get(&(object, field.kind.clone()))
    }

    fn field(self, node: NodeId, field: &FieldDefinition) -> Option<Value> {
        let object = ObjectId { node, field: field.id };
        if matches!(field.kind.as_str(), "register" | "atom") {
            return self.register(object).map(|(_, value)| value);
        }
        let content = self.content(object, field)?;
        let places = Places::of(field)?;
        let shown = content.shown(self.past)?;
        match (&content.content, shown) {
            (Content::Record(_), Value::Record(members)) => {
                let read = members.into_iter().filter_map(|(number, value)| {
                    let of_member = places.type_at(Part::Member(number))?;
                    Some((number, self.read(of_member, &value)?))
                });
                let members: Vec<(u32, Value)> = read.collect();
                if members.is_empty() { None } else { Some(Value::Record(members)) }
            }
            (Content::Set(_), Value::List(items)) => {
                let of_item = places.type_at(Part::Item)?;
                let items = items.iter().filter_map(|item| self.convert(of_item, item));
                let mut items: Vec<Value> = items.collect();
                items.sort();
                items.dedup();
                Some(Value::List(items))
            }
            (Content::Map(_), Value::Map(entries)) => {
                let (of_key, of_value) = (places.type_at(Part::Key)?, places.type_at(Part::AtKey)?);
                let mut read = BTreeMap::new();
                for (key, value) in &entries {
                    let key = self.convert(of_key, key);
                    if let (Some(key), Some(value)) = (key, self.convert(of_value, value)) {
                        // Entries ascend, so the first of equal keys is the least as written.
                        read.entry(key).or_insert(value);
                    }
                }
                Some(Value::Map(read.into_iter().collect()))
            }
            (Content::List(_), Value::List(items)) => {
                let of_item = places.type_at(Part::Item)?;
                let read = |item| self.convert(of_item, item).unwrap_or(Value::Gone);
                Some(Value::List(items.iter().map(read).collect()))
            }
            (_, shown) => Some(shown),
        }
    }

    /// What a register or an atom reads as, and the write that is read.
    pub(crate) fn register(self, object: ObjectId) -> Option<(Stamp, Value)> {
        let (_, field) = self.schema.field_with(object.field)?;
        let places = Places::of(field)?;
        let of_place = places.type_at(Part::Whole)?;
        let (_, (stamp, value)) = self.write(object, &field.kind)?;
        Some((stamp, self.read(of_place, &value?)?))
    }

    /// The write that is read, and its object: the winner, or a later one by a program that still
    /// writes the target of a move.
    fn write(self, object: ObjectId, kind: &str) -> Option<(ObjectId, Write)> {
        let own = self.winner(object, kind).map(|winner| (object, winner));
        let mut writes: Vec<(ObjectId, Write)> = own.into_iter().collect();
        for one in self.state.moves.iter().filter(|one| one.from == object.field) {
            let target = ObjectId { node: object.node, field: one.to };
            let winner = self.winner(target, kind);
            if let Some((stamp, value)) = winner
                && self.schema.field_with(one.to).is_none()
                && stamp > one.stamp
                && self.has_field(stamp, one.to)
            {
                writes.push((target, (stamp, value)));
            }
        }
        writes.into_iter().max_by_key(|(_, (stamp, _))| *stamp)
    }

    fn winner(self, object: ObjectId, kind: &str) -> Option<Write> {
        match &self.state.objects.get(&(object, kind.to_owned()))?.content {
            Content::Register(register) | Content::Atom(register) => register.winner(self.past),
            _ => None,
        }
    }

    /// Whether the schema of the op's commit has the field.
    fn has_field(self, writer: Stamp, field: FieldId) -> bool {
        let schema = self.schemas.of_commit(writer.rank);
        schema.is_some_and(|schema| schema.field_with(field).is_some())
    }

    /// A value at a place, which may have a default.
    fn read(self, of_place: &ValueType, value: &Value) -> Option<Value> {
        of_place.read(Some(value), &|node, node_type| self.is_there(node, node_type))
    }

    /// A value that stands at no place: an item, a key, what stands at a key.
    fn convert(self, of_type: &ValueType, value: &Value) -> Option<Value> {
        of_type.convert(value, &|node, node_type| self.is_there(node, node_type))
    }

    /// Whether the node lives and is of this type.
    fn is_there(self, node: NodeId, node_type: TypeId) -> bool {
        let is_of_type = |all: &Vec<_>| first_of(all).node_type == node_type;
        self.state.judge.lives(node) && self.state.creations.get(&node).is_some_and(is_of_type)
    }
}
