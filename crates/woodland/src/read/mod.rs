//! Reading: many questions, one version, answers aligned with the questions.
//!
//! ```text
//!   snapshot.read( &[pointer, …]                    nodes, whole
//!                  all::<R>()                       every node of a type
//!                  R::FIELD.of(&[…])                one field of many nodes
//!                  R::FIELD.ranges, lengths         stretches of texts and lists
//!                  R::FIELD.at_keys, has            entries of maps, items of sets
//!                  from(&[…]).along(R::FIELD) …     what pointers lead to
//!                  (request, request, …)            several at once
//!                  vec![request, …] )               many of one sort
//! ```
//!
//! **Invariants**
//! - An answer is aligned with its request; `None` is what is not there.
//! - Whatever is asked in one call is answered from one version, and nothing of it is retained.
//! - Nothing recurses, whatever points to what.
//!
//! What this does not do: follow later versions. A subscription does.

mod entry;
mod field;
mod path;
mod points;
mod stretch;

pub use entry::{AtKeys, Membership};
pub use field::FieldOf;
pub(crate) use field::FieldReader;
pub use path::{Path, Reached, from};
pub use points::Points;
pub use stretch::{Lengths, Ranges};

use crate::pointer::Pointer;
use crate::policy::Policy;
use crate::record::Record;
use crate::snapshot::{ReadError, Snapshot, bound};
use std::fmt;
use std::marker::PhantomData;
use woodland_format::NodeId;

/// A question that a snapshot answers; see [`Snapshot::read`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a snapshot can be asked",
    label = "no `Request`",
    note = "ask for nodes by `&[pointer, …]`, for all of a type by `all::<R>()`",
    note = "ask for one field of nodes by `R::FIELD.of(&[pointer, …])`",
    note = "ask along pointers by `from(&[pointer, …]).along(R::FIELD)`",
    note = "several requests go in a tuple, many of one sort in a `Vec`"
)]
pub trait Request {
    /// What is answered, aligned with the request.
    type Answer;

    /// Answers from this version.
    ///
    /// # Errors
    /// [`ReadError`] when the program and the schema do not fit each other.
    fn answer(self, snapshot: &Snapshot) -> Result<Self::Answer, ReadError>;
}

impl<R: Record, P: Policy> Request for &[Pointer<R, P>] {
    type Answer = Vec<Option<R>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<R>>, ReadError> {
        let outcome = snapshot.bind::<R>()?;
        let binding = bound(&outcome)?;
        let ids: Vec<NodeId> = self.iter().map(Pointer::id).collect();
        let nodes = snapshot.graph.nodes(&ids);
        let one =
            |node: &Option<_>| node.as_ref().map(|node| snapshot.one(binding, node)).transpose();
        nodes.iter().map(one).collect()
    }
}

impl<R: Record, P: Policy, const N: usize> Request for &[Pointer<R, P>; N] {
    type Answer = Vec<Option<R>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<R>>, ReadError> {
        self.as_slice().answer(snapshot)
    }
}

impl<R: Record, P: Policy> Request for &Vec<Pointer<R, P>> {
    type Answer = Vec<Option<R>>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<Option<R>>, ReadError> {
        self.as_slice().answer(snapshot)
    }
}

/// All nodes of `R`'s type, ascending by id: as a request, and as what a subscription covers.
pub fn all<R: Record>() -> All<R> {
    All { of: PhantomData }
}

/// All nodes of a type. Made by [`all`].
pub struct All<R> {
    of: PhantomData<fn() -> R>,
}

impl<R: Record> Request for All<R> {
    type Answer = Vec<(Pointer<R>, R)>;

    fn answer(self, snapshot: &Snapshot) -> Result<Vec<(Pointer<R>, R)>, ReadError> {
        let outcome = snapshot.bind::<R>()?;
        let binding = bound(&outcome)?;
        snapshot
            .graph
            .all()
            .filter(|node| node.node_type == binding.node_type)
            .map(|node| Ok((Pointer::to(node.id), snapshot.one(binding, &node)?)))
            .collect()
    }
}

impl<R> Clone for All<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for All<R> {}

impl<R: Record> fmt::Debug for All<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "All({})", R::TYPE)
    }
}

/// Many requests of one sort.
impl<Q: Request> Request for Vec<Q> {
    type Answer = Vec<Q::Answer>;

    fn answer(self, snapshot: &Snapshot) -> Result<Self::Answer, ReadError> {
        self.into_iter().map(|one| one.answer(snapshot)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: Request),+> Request for ($($name,)+) {
            type Answer = ($($name::Answer,)+);

            fn answer(self, snapshot: &Snapshot) -> Result<Self::Answer, ReadError> {
                #[expect(non_snake_case, reason = "named as their types")]
                let ($($name,)+) = self;
                Ok(($($name.answer(snapshot)?,)+))
            }
        }
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}
