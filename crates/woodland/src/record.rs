//! The application's own types as nodes: how one is defined, written and read.
//!
//! **Invariants**
//! - `define`, `write` and `read` speak of the same fields, in the order of `define`.
//!   `#[derive(Record)]` writes them so; by hand, a [`Field`] is made with [`Field::at`].
//!
//! What this does not do: look fields up by name. A binding has done so.

use crate::batch::{Collected, Violation};
use crate::binding::Binding;
use crate::define::Fields;
use crate::field::{Field, FieldType};
use crate::targets;
use crate::value::{FieldValue, Misread};
use std::marker::PhantomData;
use woodland_format::{FieldId, NodeId, ObjectId, Op, Value};
use woodland_graph::Node;

/// A Rust type whose values are nodes of one type. `#[derive(Record)]` writes it:
///
/// ```
/// use woodland::{Field, FieldError, Fields, Record, View, Writer};
///
/// struct Tag { name: String }
///
/// impl Tag {
///     const NAME: Field<Tag, String> = Field::at(0);
/// }
///
/// impl Record for Tag {
///     const TYPE: &'static str = "Tag";
///     fn define(fields: &mut Fields) {
///         fields.add::<String>("name");
///     }
///     fn write(&self, fields: &mut Writer<'_, Self>) {
///         fields.put(Self::NAME, &self.name);
///     }
///     fn read(fields: &View<'_, Self>) -> Result<Self, FieldError> {
///         Ok(Tag { name: fields.get(Self::NAME)? })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no record",
    label = "no `Record`",
    note = "write `#[derive(Record)]` on a struct with named fields"
)]
pub trait Record: Sized + 'static {
    /// The type's name in the schema.
    const TYPE: &'static str;

    /// Names the fields and their types, in an order that never changes.
    fn define(fields: &mut Fields);

    /// The natural key, where one field is of type [`Key`](crate::Key).
    fn key(&self) -> Option<Value> {
        None
    }

    /// Writes a value's fields into a batch.
    fn write(&self, fields: &mut Writer<'_, Self>);

    /// Reads a value back.
    ///
    /// # Errors
    /// [`FieldError`] when a field is absent or of another type.
    fn read(fields: &View<'_, Self>) -> Result<Self, FieldError>;
}

/// A field could not be read as what the program expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The schema has no such field, or has it otherwise than the program.
    #[error("{reason}")]
    Differs {
        /// In which way.
        reason: String,
    },
    /// The field was never written.
    #[error("field {label}.{field} was never written; make it an `Option` where that may happen")]
    Absent {
        /// The type, with its version.
        label: String,
        /// The field; with a dot, a member of it.
        field: String,
    },
    /// The field points to a node that is not there.
    #[error(
        "field {label}.{field} points to no {target}: that was deleted, or the field was never \
         written; make it an `Option` where that may happen"
    )]
    NoTarget {
        /// The type, with its version.
        label: String,
        /// The field; with a dot, a member of it.
        field: String,
        /// The record that it points to.
        target: &'static str,
    },
    /// The field holds another type of value.
    #[error("field {label}.{field} holds a {found} that is no {expected}")]
    Type {
        /// The type, with its version.
        label: String,
        /// The field; with a dot, a member of it.
        field: String,
        /// What the program reads.
        expected: String,
        /// What it holds.
        found: &'static str,
    },
}

/// One node at one version, to be read field by field.
#[derive(Debug)]
pub struct View<'a, R> {
    binding: &'a Binding,
    node: &'a Node,
    of: PhantomData<fn() -> R>,
}

impl<'a, R> View<'a, R> {
    pub(crate) fn of(binding: &'a Binding, node: &'a Node) -> Self {
        View { binding, node, of: PhantomData }
    }

    /// Reads a field.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn get<T: FieldType>(&self, field: Field<R, T>) -> Result<T, FieldError> {
        let index = field.index();
        T::read(self.value::<T>(index)?)
            .map_err(|misread| Self::fault(self.binding, index, misread))
    }

    /// Reads a field that has a default.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn get_or<T: FieldValue>(&self, field: Field<R, T>, default: T) -> Result<T, FieldError> {
        match self.value::<T>(field.index())? {
            None => Ok(default),
            Some(_) => self.get(field),
        }
    }

    fn value<T: FieldType>(&self, index: u16) -> Result<Option<&Value>, FieldError> {
        let id = self.binding.field(index, T::KIND);
        let id = id.map_err(|reason| FieldError::Differs { reason })?;
        Ok(self.node.fields.get(&id))
    }

    /// What is wrong with the field at this place of `define`.
    pub(crate) fn fault(binding: &Binding, index: u16, misread: Misread) -> FieldError {
        let (label, mut field) = (binding.label.clone(), binding.name(index).to_owned());
        let mut misread = misread;
        while let Misread::Member { name, fault } = misread {
            field = format!("{field}.{name}");
            misread = *fault;
        }
        match misread {
            Misread::Type { expected, found } => FieldError::Type { label, field, expected, found },
            Misread::NoTarget { target } => FieldError::NoTarget { label, field, target },
            _ => FieldError::Absent { label, field },
        }
    }
}

/// Writes the fields of one node into a batch. A mistake is remembered and told by `write`.
#[derive(Debug)]
pub struct Writer<'a, R> {
    pub(crate) node: NodeId,
    /// None where the schema lacks the type, which was told before.
    pub(crate) binding: Option<&'a Binding>,
    pub(crate) collected: &'a mut Collected,
    pub(crate) of: PhantomData<fn() -> R>,
}

impl<R> Writer<'_, R> {
    /// Writes a field of a node that was just made.
    pub fn put<T: FieldType>(&mut self, field: Field<R, T>, value: &T) -> &mut Self {
        let is_told = self.collected.is_told;
        let mut push = |op| self.push(field.index(), T::KIND, op);
        match is_told {
            true => value.tell(&mut push),
            false => value.write(&mut push),
        }
        self
    }

    /// Writes a field that has a default, unless this is it.
    pub fn put_or<T: FieldValue>(
        &mut self,
        field: Field<R, T>,
        value: &T,
        default: &T,
    ) -> &mut Self {
        if value.to_value() == default.to_value() {
            return self;
        }
        self.put(field, value)
    }

    /// Adds an op of this kind.
    pub(crate) fn push(&mut self, index: u16, kind: &str, op: Vec<u8>) {
        let Some(binding) = self.binding else { return };
        let collected = &mut *self.collected;
        let at = collected.ops.len();
        let (field, op) = match binding.field(index, kind) {
            Ok(field) => (field, op),
            Err(reason) => {
                collected.violations.push(Violation::at(at, reason));
                NOTHING
            }
        };
        if binding.points(index) {
            targets::written(kind, &op, &mut |node| collected.targets.push((at, node)));
        }
        let object = ObjectId { node: self.node, field };
        if binding.claims(field) {
            collected.claims.push((at, object));
        }
        collected.ops.push(Op::Edit { object, op });
    }
}

/// Stands where a refused op would, so that what follows has its own position. Never written.
const NOTHING: (FieldId, Vec<u8>) = (FieldId(u64::MAX), Vec::new());
