//! Where pages come from and go to.
//!
//! ```text
//!  page   number of references  varint
//!         references            16 bytes each: page u64, check u64
//!         body
//! ```
//!
//! **Invariants**
//! - A page's bytes are compared with the check of whoever refers to it before they are decoded.
//! - What is cached is bounded, in bytes of the pages that were decoded, and goes with whoever
//!   opened the pages: values that were read name their pages, and hold no value that was cached.
//!
//! What this does not do: keep pages. That is for who implements [`PageSource`] and [`PageSink`].

use crate::cache::Cache;
use crate::codec::{Reading, Stored};
use crate::fault::{FaultCause, PageFault};
use std::any::Any;
use std::fmt::Debug;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Length of a reference, in bytes.
const REFERENCE_BYTES: usize = 16;

/// The name of a page: its number, and what its bytes must hash to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageRef {
    /// Its number.
    pub page: u64,
    /// The first eight bytes of the hash of its bytes.
    pub check: u64,
}

impl PageRef {
    /// The name of a page with these bytes.
    pub fn of(page: u64, bytes: &[u8]) -> Self {
        PageRef { page, check: check(bytes) }
    }

    /// Whether these are the bytes of the page.
    ///
    /// # Errors
    /// [`FaultCause::Check`].
    pub fn verify(&self, bytes: &[u8]) -> Result<(), PageFault> {
        let (expected, found) = (self.check, check(bytes));
        if expected == found {
            return Ok(());
        }
        Err(PageFault { page: self.page, cause: FaultCause::Check { expected, found } })
    }
}

fn check(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Reads pages.
pub trait PageSource: Debug + Send + Sync {
    /// The bytes of the page with this number, unchecked.
    ///
    /// # Errors
    /// [`PageFault`] where there is none, or it cannot be read.
    fn read(&self, page: u64) -> Result<Vec<u8>, PageFault>;
}

/// Takes pages.
pub trait PageSink {
    /// Takes a page and gives its number, one that was never given before.
    fn put(&mut self, bytes: Vec<u8>) -> PageRef;
}

/// Where the pages of a version are read; none where it never had any. Clones share it.
#[derive(Clone, Default)]
pub struct Pages(Option<Arc<Shelf>>);

struct Shelf {
    source: Box<dyn PageSource>,
    context: Arc<dyn Any + Send + Sync>,
    /// Of whoever opened the pages: what is in it refers to this.
    cache: Weak<Mutex<Cache>>,
    has_failed: AtomicBool,
}

/// Pages, and what is kept decoded of them for as long as this is there. Without it they are read
/// each time.
pub struct OpenPages {
    pages: Pages,
    cache: Arc<Mutex<Cache>>,
}

impl OpenPages {
    /// Pages read from here, of which so many bytes are kept decoded.
    ///
    /// `context` is what the values need that no page has, such as the code that belongs to a name;
    /// see [`Reading::context`].
    pub fn new(
        source: Box<dyn PageSource>,
        cached_bytes_max: usize,
        context: Arc<dyn Any + Send + Sync>,
    ) -> Self {
        let cache = Arc::new(Mutex::new(Cache::new(cached_bytes_max)));
        let (weak, has_failed) = (Arc::downgrade(&cache), AtomicBool::new(false));
        let pages = Pages(Some(Arc::new(Shelf { source, context, cache: weak, has_failed })));
        OpenPages { pages, cache }
    }

    /// Bytes of the pages that are kept decoded now.
    pub fn cached_bytes(&self) -> usize {
        // Whoever panicked with it left a cache that lacks something, which a cache may.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }
}

impl Deref for OpenPages {
    type Target = Pages;

    fn deref(&self) -> &Pages {
        &self.pages
    }
}

impl Debug for OpenPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenPages")
    }
}

impl Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Pages" } else { "no pages" })
    }
}

impl Pages {
    /// Whether some page could not be had: then they are of no use.
    pub fn has_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|shelf| shelf.has_failed.load(Ordering::Relaxed))
    }

    pub(crate) fn context(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.as_deref().map(|shelf| &*shelf.context)
    }

    /// What a page holds.
    ///
    /// Unwinds to [`crate::catch`] where it cannot be had.
    pub(crate) fn load<T: Stored + Any + Send + Sync>(&self, at: PageRef) -> Arc<T> {
        match self.try_load(at) {
            Ok(value) => value,
            Err(cause) => PageFault { page: at.page, cause }.throw(),
        }
    }

    fn try_load<T: Stored + Any + Send + Sync>(&self, at: PageRef) -> Result<Arc<T>, FaultCause> {
        let shelf = self.0.as_ref().ok_or(FaultCause::Missing)?;
        let cached = shelf.with_cache(|cache| cache.get(at)).flatten();
        if let Some(value) = cached.and_then(|value| value.downcast::<T>().ok()) {
            return Ok(value);
        }
        let (value, bytes) = self.decode::<T>(shelf, at)?;
        let value = Arc::new(value);
        shelf.with_cache(|cache| cache.put(at, Arc::clone(&value) as _, bytes));
        Ok(value)
    }

    /// The value of a page, past the cache.
    pub(crate) fn read<T: Stored>(&self, at: PageRef) -> Result<T, FaultCause> {
        let shelf = self.0.as_ref().ok_or(FaultCause::Missing)?;
        self.decode(shelf, at).map(|(value, _)| value)
    }

    /// The value of a page, and how many bytes that has.
    fn decode<T: Stored>(&self, shelf: &Shelf, at: PageRef) -> Result<(T, usize), FaultCause> {
        let decoded = self.try_decode(shelf, at);
        if decoded.is_err() {
            shelf.has_failed.store(true, Ordering::Relaxed);
        }
        decoded
    }

    fn try_decode<T: Stored>(&self, shelf: &Shelf, at: PageRef) -> Result<(T, usize), FaultCause> {
        let bytes = shelf.source.read(at.page).map_err(|fault| fault.cause)?;
        at.verify(&bytes).map_err(|fault| fault.cause)?;
        let undecodable = FaultCause::Undecodable { expected: std::any::type_name::<T>() };
        let body = split(&bytes).map(|(_, body)| body);
        let mut from = Reading::of(body.ok_or(undecodable.clone())?, self);
        let value = T::read(&mut from).filter(|_| from.is_at_end()).ok_or(undecodable)?;
        Ok((value, bytes.len()))
    }
}

impl Shelf {
    /// None where nobody has the pages open any more.
    fn with_cache<T>(&self, act: impl FnOnce(&mut Cache) -> T) -> Option<T> {
        let cache = self.cache.upgrade()?;
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        Some(act(&mut cache))
    }
}

/// A page of these references and this body.
pub(crate) fn assemble(references: &[PageRef], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10 + references.len() * REFERENCE_BYTES + body.len());
    woodland_format::put_varint(&mut bytes, references.len() as u64);
    for PageRef { page, check } in references {
        bytes.extend_from_slice(&page.to_le_bytes());
        bytes.extend_from_slice(&check.to_le_bytes());
    }
    bytes.extend_from_slice(body);
    bytes
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    let count = woodland_format::take_varint(&mut rest).ok()?;
    let length = usize::try_from(count).ok()?.checked_mul(REFERENCE_BYTES)?;
    rest.split_at_checked(length)
}

/// The pages that a page refers to; none where these bytes are no page.
pub fn read_references(bytes: &[u8]) -> Option<Vec<PageRef>> {
    let (references, _) = split(bytes)?;
    let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
    let reference = |bytes: &[u8]| {
        let (page, check) = bytes.split_at(8);
        Some(PageRef { page: number(page)?, check: number(check)? })
    };
    references.chunks_exact(REFERENCE_BYTES).map(reference).collect()
}
