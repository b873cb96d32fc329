//! `key`: a field that is its node's name.
//!
//! **Invariants**
//! - A key is written by creating its node and never changes: there is no change of it to make.

use crate::define::{ConfigError, Types};
use crate::field::FieldType;
use crate::record::Record;
use crate::value::{FieldValue, Misread, Place};
use woodland_format::{KeyConfig, Value, encode};

/// The type of the field that names its record's nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key<T>(pub T);

/// A record whose nodes are named by a key: whoever creates one with the same key creates the same
/// node.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no natural key",
    note = "mark one field of `{Self}` with `#[woodland(key)]`"
)]
pub trait Keyed: Record {
    /// What names a node.
    type Key: FieldValue;
}

impl<T: FieldValue> FieldType for Key<T> {
    const KIND: &'static str = "key";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let config = KeyConfig { value: types.value_type(&<T as FieldValue>::shape())? };
        config.check()?;
        Ok(encode(&config))
    }

    /// The node's creation has it.
    fn write(&self, _: &mut dyn FnMut(Vec<u8>)) {}

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        T::from_place(value).map(Key)
    }
}
