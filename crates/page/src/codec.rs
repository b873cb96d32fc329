//! How derived values become the body of a page, and come back.
//!
//! **Invariants**
//! - What is written is read back equal. Bytes that were not written so give `None`, never a panic
//!   and no more memory than a small multiple of their length.
//! - Equal values, pages aside, give equal bytes.
//!
//! What this does not do: keep these bytes for ever. They are derived; a release that writes others
//! derives them anew. So they need no golden vectors, but a version where their owner keeps them.

use crate::fault::{PageFault, catch};
use crate::pages::{PageRef, PageSink, Pages, assemble};
use std::sync::Arc;
use woodland_format::{put_varint, take_varint};

/// A value that stands in pages.
pub trait Stored: Sized {
    /// Appends the value.
    fn write(&self, to: &mut Writing<'_>);
    /// Takes it off the front; none where no such value was written.
    fn read(from: &mut Reading<'_>) -> Option<Self>;
}

/// Puts a value to rest: in a page, with all that it consists of and that has no page yet.
pub fn rest<T: Stored>(value: &T, sink: &mut dyn PageSink) -> PageRef {
    let mut to = Writing::into(sink);
    value.write(&mut to);
    to.finish()
}

/// The value of a page. What it consists of is read when it is looked at.
///
/// # Errors
/// [`PageFault`] where the page cannot be had, or holds no such value.
pub fn wake<T: Stored>(pages: &Pages, at: PageRef) -> Result<T, PageFault> {
    catch(|| pages.read(at))
        .and_then(|read| read.map_err(|cause| PageFault { page: at.page, cause }))
}

/// The body of a page that is being written, and where other pages go.
pub struct Writing<'a> {
    sink: &'a mut dyn PageSink,
    body: Vec<u8>,
    references: Vec<PageRef>,
}

impl<'a> Writing<'a> {
    /// An empty body.
    pub fn into(sink: &'a mut dyn PageSink) -> Self {
        Writing { sink, body: Vec::new(), references: Vec::new() }
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    /// Appends one byte.
    pub fn byte(&mut self, byte: u8) {
        self.body.push(byte);
    }

    /// Appends a number, small ones in few bytes.
    pub fn number(&mut self, number: u64) {
        put_varint(&mut self.body, number);
    }

    /// Appends a length and so many bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Appends a reference to another page.
    pub fn reference(&mut self, at: PageRef) {
        self.references.push(at);
        self.raw(&at.page.to_le_bytes());
        self.raw(&at.check.to_le_bytes());
    }

    /// Writes another body, which is to be kept apart or appended.
    pub(crate) fn aside(&mut self, write: impl FnOnce(&mut Writing<'_>)) -> Aside {
        let mut other = Writing::into(self.sink);
        write(&mut other);
        Aside { body: other.body, references: other.references }
    }

    /// Makes a page of a body that was written aside.
    pub(crate) fn put(&mut self, aside: &Aside) -> PageRef {
        self.sink.put(assemble(&aside.references, &aside.body))
    }

    /// Appends a body that was written aside.
    pub(crate) fn append(&mut self, aside: &Aside) {
        self.raw(&aside.body);
        self.references.extend_from_slice(&aside.references);
    }

    /// Makes a page of the body.
    pub fn finish(self) -> PageRef {
        self.sink.put(assemble(&self.references, &self.body))
    }
}

/// A body that is not part of another yet.
pub(crate) struct Aside {
    pub(crate) body: Vec<u8>,
    references: Vec<PageRef>,
}

/// What is left of a page's body.
pub struct Reading<'a> {
    rest: &'a [u8],
    pages: &'a Pages,
}

impl<'a> Reading<'a> {
    /// All of a body, whose references are read from these pages.
    pub fn of(body: &'a [u8], pages: &'a Pages) -> Self {
        Reading { rest: body, pages }
    }

    /// Where references are read.
    pub fn pages(&self) -> &'a Pages {
        self.pages
    }

    /// What the owner of the pages gave with them, where it is of this type.
    pub fn context<T: 'static>(&self) -> Option<&'a T> {
        self.pages.context()?.downcast_ref()
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left: no more than so many values can follow.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Takes so many bytes.
    pub fn raw(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Takes an array.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    /// Takes one byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Takes a number.
    pub fn number(&mut self) -> Option<u64> {
        take_varint(&mut self.rest).ok()
    }

    /// Takes a number that counts what follows, each at least one byte long.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    /// Takes a length and so many bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.raw(count)
    }

    /// Takes a reference to another page.
    pub fn reference(&mut self) -> Option<PageRef> {
        let (page, check) = (self.array()?, self.array()?);
        Some(PageRef { page: u64::from_le_bytes(page), check: u64::from_le_bytes(check) })
    }
}

impl Stored for () {
    fn write(&self, _: &mut Writing<'_>) {}

    fn read(_: &mut Reading<'_>) -> Option<Self> {
        Some(())
    }
}

impl Stored for bool {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(u8::from(*self));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for u8 {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(*self);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.byte()
    }
}

impl Stored for u16 {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(u64::from(*self));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.number()?.try_into().ok()
    }
}

impl Stored for u32 {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(u64::from(*self));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.number()?.try_into().ok()
    }
}

impl Stored for u64 {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(*self);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.number()
    }
}

impl Stored for usize {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(*self as u64);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.number()?.try_into().ok()
    }
}

impl<const N: usize> Stored for [u8; N] {
    fn write(&self, to: &mut Writing<'_>) {
        to.raw(self);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.array()
    }
}

impl Stored for String {
    fn write(&self, to: &mut Writing<'_>) {
        to.bytes(self.as_bytes());
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        String::from_utf8(from.bytes()?.to_vec()).ok()
    }
}

impl Stored for Arc<[u8]> {
    fn write(&self, to: &mut Writing<'_>) {
        to.bytes(self);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        from.bytes().map(Arc::from)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(if bool::read(from)? { Some(T::read(from)?) } else { None })
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.len() as u64);
        self.iter().for_each(|value| value.write(to));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        (0..from.count()?).map(|_| T::read(from)).collect()
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, to: &mut Writing<'_>) {
        (**self).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        T::read(from).map(Box::new)
    }
}

impl<T: Stored> Stored for Arc<T> {
    fn write(&self, to: &mut Writing<'_>) {
        (**self).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        T::read(from).map(Arc::new)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
        self.1.write(to);
        self.2.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?, C::read(from)?))
    }
}
