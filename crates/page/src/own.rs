//! A value that goes to a page of its own where it is large.
//!
//! **Invariants**
//! - A value is in a page of its own where its body has at least `BYTES_MIN` bytes, and beside its
//!   neighbours where it has fewer. So a leaf stays small, whatever its values are.
//! - A value that was put in a page and is not changed is not written again.
//!
//! What this does not do: keep a value that was read. That is for the cache.

use crate::codec::{Reading, Stored, Writing};
use crate::pages::{PageRef, Pages};
use crate::tree::Weigh;
use std::any::Any;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// From this length on a value has a page of its own, unless its type says else.
pub const OWN_BYTES_MIN: usize = 1024;

/// A value, in memory or in a page of its own. A clone shares it.
#[derive(Debug, Clone)]
pub struct Own<T, const BYTES_MIN: usize = OWN_BYTES_MIN>(Where<T>);

#[derive(Debug)]
enum Where<T> {
    Memory(Arc<Seat<T>>),
    Page(PageRef, Pages),
}

impl<T> Clone for Where<T> {
    fn clone(&self) -> Self {
        match self {
            Where::Memory(seat) => Where::Memory(Arc::clone(seat)),
            Where::Page(at, pages) => Where::Page(*at, pages.clone()),
        }
    }
}

/// A value, and the page that it was put in.
#[derive(Debug)]
pub struct Seat<T> {
    value: T,
    page: OnceLock<PageRef>,
}

impl<T> Deref for Seat<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Stored + Any + Send + Sync, const BYTES_MIN: usize> Own<T, BYTES_MIN> {
    /// A value in memory.
    pub fn new(value: T) -> Self {
        Own(Where::Memory(Arc::new(Seat { value, page: OnceLock::new() })))
    }

    /// The value. Unwinds to [`crate::catch`] where its page cannot be had.
    pub fn get(&self) -> Arc<Seat<T>> {
        match &self.0 {
            Where::Memory(seat) => Arc::clone(seat),
            Where::Page(at, pages) => pages.load(*at),
        }
    }

    /// Whether it is the same value, in the same place of memory or the same page; false for values
    /// that happen to be equal.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Where::Memory(one), Where::Memory(other)) if Arc::ptr_eq(one, other) => true,
            (one, other) => one.page().is_some() && one.page() == other.page(),
        }
    }
}

impl<T, const BYTES_MIN: usize> Weigh for Own<T, BYTES_MIN> {}

impl<T> Where<T> {
    fn page(&self) -> Option<PageRef> {
        match self {
            Where::Memory(seat) => seat.page.get().copied(),
            Where::Page(at, _) => Some(*at),
        }
    }
}

impl<T: Stored + Clone + Any + Send + Sync, const BYTES_MIN: usize> Own<T, BYTES_MIN> {
    /// The value, to be changed; a copy of it, where somebody else holds it.
    pub fn get_mut(&mut self) -> &mut T {
        if let Where::Page(at, pages) = &self.0 {
            let value = pages.load::<Seat<T>>(*at).value.clone();
            *self = Own::new(value);
        }
        let Where::Memory(seat) = &mut self.0 else { unreachable!("it was just put there") };
        if Arc::get_mut(seat).is_none() {
            *seat = Arc::new(Seat { value: seat.value.clone(), page: OnceLock::new() });
        }
        let seat = Arc::get_mut(seat).expect("nobody else holds it");
        seat.page = OnceLock::new();
        &mut seat.value
    }
}

impl<T: Stored + Any + Send + Sync + Default, const BYTES_MIN: usize> Default
    for Own<T, BYTES_MIN>
{
    fn default() -> Self {
        Own::new(T::default())
    }
}

impl<T: Stored> Stored for Seat<T> {
    fn write(&self, to: &mut Writing<'_>) {
        self.value.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        T::read(from).map(|value| Seat { value, page: OnceLock::new() })
    }
}

const BESIDE: u8 = 0;
const APART: u8 = 1;

impl<T: Stored + Any + Send + Sync, const BYTES_MIN: usize> Stored for Own<T, BYTES_MIN> {
    fn write(&self, to: &mut Writing<'_>) {
        if let Some(at) = self.0.page() {
            to.byte(APART);
            return to.reference(at);
        }
        let Where::Memory(seat) = &self.0 else {
            unreachable!("what is not in a page is in memory")
        };
        let aside = to.aside(|to| seat.write(to));
        if aside.body.len() < BYTES_MIN {
            to.byte(BESIDE);
            return to.append(&aside);
        }
        let at = *seat.page.get_or_init(|| to.put(&aside));
        to.byte(APART);
        to.reference(at);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            BESIDE => T::read(from).map(Own::new),
            APART => Some(Own(Where::Page(from.reference()?, from.pages().clone()))),
            _ => None,
        }
    }
}
