//! Names of nodes, with the record that they are read as.
//!
//! **Invariants**
//! - A `Pointer<R>` names a node of `R`'s type; it is a name, not a promise that the node is there.
//! - A foreign key, `Pointer<R, Cascade>` say, is the same name in a field that has a say when the
//!   node is deleted. Where one is written, a plain pointer is taken; where a node is asked for or
//!   edited, either is.
//!
//! What this does not do: reach the node. `Snapshot::read` does.

use crate::policy::{Cascade, Plain, Policy, Restrict, Revive};
use crate::record::Record;
use crate::shape::Shape;
use crate::value::{FieldValue, Misread, ValueFor};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use woodland_format::{NodeId, Value};

/// The name of a node of type `R`: usable in the batch that made the node and ever after.
///
/// As a field's type, `P` says what becomes of a deletion of the node. A plain `Pointer<R>` says
/// nothing, and reads as absent while there is no such node.
///
/// ```
/// use woodland::{Cascade, Pointer, Record, Replica, define};
///
/// #[derive(Record)]
/// struct Folder { name: String }
///
/// #[derive(Record)]
/// struct Note { folder: Pointer<Folder, Cascade>, cover: Option<Pointer<Note>> }
///
/// # let model = define().record::<Folder>().record::<Note>().model()?;
/// # let replica = Replica::in_memory(&model, 1)?;
/// let (folder, note) = replica.write(|b| {
///     let folder = b.insert(&Folder { name: "Trips".into() });
///     (folder, b.insert(&Note { folder: folder.into(), cover: None }))
/// })?;
/// replica.write(|b| b.delete(folder))?;
/// assert!(replica.snapshot().read(&[note])?[0].is_none(), "the note went with its folder");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pointer<R, P = Plain> {
    id: NodeId,
    of: PhantomData<fn() -> (R, P)>,
}

impl<R> Pointer<R> {
    /// The pointer to the node with this id.
    pub fn to(id: NodeId) -> Self {
        Pointer { id, of: PhantomData }
    }
}

impl<R, P> Pointer<R, P> {
    /// The node's id.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The same node's name, without a policy.
    pub fn plain(&self) -> Pointer<R> {
        Pointer::to(self.id)
    }
}

impl<R: Record, P: Policy> FieldValue for Pointer<R, P> {
    fn shape() -> Shape {
        match P::ON_DELETE {
            None => Shape::Pointer(R::TYPE),
            Some(on_delete) => Shape::ForeignKey(R::TYPE, on_delete),
        }
    }

    fn to_value(&self) -> Value {
        Value::Pointer(self.id)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Pointer(id) => Some(Pointer { id: *id, of: PhantomData }),
            _ => None,
        }
    }

    fn absent() -> Misread {
        Misread::NoTarget { target: R::TYPE }
    }
}

macro_rules! foreign_keys {
    ($($policy:ident)*) => {$(
        /// As it is written into a field that is a foreign key.
        impl<R> From<Pointer<R>> for Pointer<R, $policy> {
            fn from(plain: Pointer<R>) -> Self {
                Pointer { id: plain.id, of: PhantomData }
            }
        }

        impl<R> From<Pointer<R, $policy>> for Pointer<R> {
            fn from(key: Pointer<R, $policy>) -> Self {
                key.plain()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<R> ValueFor<Pointer<R, $policy>> for Pointer<R> {
            fn into_value_for(self) -> Pointer<R, $policy> {
                self.into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<R> ValueFor<Pointer<R, $policy>> for &Pointer<R> {
            fn into_value_for(self) -> Pointer<R, $policy> {
                (*self).into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<R> ValueFor<Pointer<R>> for Pointer<R, $policy> {
            fn into_value_for(self) -> Pointer<R> {
                self.plain()
            }
        }
    )*};
}

foreign_keys! { Restrict Cascade Revive }

impl<R, P> Clone for Pointer<R, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, P> Copy for Pointer<R, P> {}

impl<R, P> PartialEq for Pointer<R, P> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<R, P> Eq for Pointer<R, P> {}

impl<R, P> PartialOrd for Pointer<R, P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R, P> Ord for Pointer<R, P> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl<R, P> Hash for Pointer<R, P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<R, P> fmt::Debug for Pointer<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({})", self.id.short())
    }
}
