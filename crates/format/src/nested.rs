//! Decoding of things that nest, with a count of how deep they stand.
//!
//! **Invariants**
//! - Nothing below [`VALUE_DEPTH_MAX`] is entered.
//! - A list reserves what arrives, not what it claims.
//!
//! What this does not do: know the things.

use crate::canonical;
use crate::limits::VALUE_DEPTH_MAX;
use serde::de::{DeserializeSeed, Error, SeqAccess};
use std::marker::PhantomData;

/// Decodes a thing that nests, at a depth.
pub(crate) struct Nested<T> {
    depth: usize,
    thing: PhantomData<T>,
}

impl<T> Nested<T> {
    pub(crate) fn at(depth: usize) -> Self {
        Nested { depth, thing: PhantomData }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// What stands inside.
    pub(crate) fn below<E: Error>(&self) -> Result<Self, E> {
        if self.depth >= VALUE_DEPTH_MAX {
            return Err(E::custom(format!("nested deeper than {VALUE_DEPTH_MAX}")));
        }
        Ok(Nested::at(self.depth + 1))
    }
}

/// Takes all items, each by a seed of its own, at most `limit`.
pub(crate) fn collect<'de, A, S>(
    mut items: A,
    limit: usize,
    seed: impl Fn() -> S,
) -> Result<Vec<S::Value>, A::Error>
where
    A: SeqAccess<'de>,
    S: DeserializeSeed<'de>,
{
    let claimed = items.size_hint().unwrap_or(0);
    canonical::check_length::<A::Error>(claimed, limit)?;
    let mut list = Vec::new();
    while let Some(item) = items.next_element_seed(seed())? {
        if list.len() == limit {
            return Err(A::Error::custom(format!("more than {limit} items")));
        }
        canonical::push(&mut list, item, claimed);
    }
    Ok(list)
}
