//! What a program says about the names that its types and fields had.

use std::collections::BTreeMap;

/// Which type or field had which other name before, and which field takes the place of which.
///
/// A program may say so for as long as it likes: once a schema has the name of today, what was is
/// no longer asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    types: BTreeMap<String, Vec<String>>,
    fields: BTreeMap<(String, String), Vec<String>>,
    moves: BTreeMap<(String, String), Vec<String>>,
}

impl Renames {
    /// The type of this name had that one before.
    pub fn type_was(&mut self, name: &str, was: &str) -> &mut Self {
        self.types.entry(name.to_owned()).or_default().push(was.to_owned());
        self
    }

    /// The field had that name before, in a type that has this name today.
    pub fn field_was(&mut self, owner: &str, name: &str, was: &str) -> &mut Self {
        self.fields.entry(key(owner, name)).or_default().push(was.to_owned());
        self
    }

    /// The field `from` takes the name and place of the field `to`, of one type that has this name
    /// today, and is itself no longer there.
    pub fn field_moved(&mut self, owner: &str, from: &str, to: &str) -> &mut Self {
        self.moves.entry(key(owner, to)).or_default().push(from.to_owned());
        self
    }

    /// The names that a type had, as they were said.
    pub(super) fn of_type(&self, name: &str) -> &[String] {
        self.types.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_field(&self, owner: &str, name: &str) -> &[String] {
        self.fields.get(&key(owner, name)).map_or(&[], Vec::as_slice)
    }

    /// The fields that take the place of this one.
    pub(super) fn moved_to(&self, owner: &str, name: &str) -> &[String] {
        self.moves.get(&key(owner, name)).map_or(&[], Vec::as_slice)
    }
}

fn key(owner: &str, name: &str) -> (String, String) {
    (owner.to_owned(), name.to_owned())
}
