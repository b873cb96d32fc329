//! The cache of decoded pages: the least recently used go first.
//!
//! **Invariants**
//! - Its pages have at most `bytes_max` bytes together, or it holds one page alone.
//! - The same calls give the same hits: no randomness, no clock.
//!
//! What this does not do: weigh what a decoded page takes in memory. That is a few times its bytes.

use crate::pages::PageRef;
use lru::LruCache;
use std::any::Any;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

type Value = Arc<dyn Any + Send + Sync>;

/// Decoded pages.
pub(crate) struct Cache {
    pages: LruCache<PageRef, (Value, usize), BuildHasherDefault<ByPage>>,
    bytes: usize,
    bytes_max: usize,
}

impl Cache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let pages = LruCache::unbounded_with_hasher(BuildHasherDefault::default());
        Cache { pages, bytes: 0, bytes_max }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&mut self, at: PageRef) -> Option<Value> {
        self.pages.get(&at).map(|(value, _)| Arc::clone(value))
    }

    pub(crate) fn put(&mut self, at: PageRef, value: Value, bytes: usize) {
        let before = self.pages.put(at, (value, bytes));
        self.bytes = self.bytes - before.map_or(0, |(_, bytes)| bytes) + bytes;
        while self.bytes > self.bytes_max && self.pages.len() > 1 {
            let (_, (_, bytes)) = self.pages.pop_lru().expect("more than one is there");
            self.bytes -= bytes;
        }
    }
}

/// A page's check is a hash already.
#[derive(Default)]
struct ByPage(u64);

impl Hasher for ByPage {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(32).wrapping_add(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_the_bound_holds() {
        let at = |page| PageRef { page, check: page };
        let mut cache = Cache::new(30);
        for page in 0..3 {
            cache.put(at(page), Arc::new(page), 10);
        }
        assert!(cache.get(at(0)).is_some());
        cache.put(at(3), Arc::new(3_u64), 10);
        assert_eq!((cache.bytes(), cache.get(at(1)).is_none()), (30, true));
        cache.put(at(4), Arc::new(4_u64), 100);
        assert_eq!((cache.bytes(), cache.get(at(4)).is_some()), (100, true));
        cache.put(at(4), Arc::new(4_u64), 20);
        assert_eq!(cache.bytes(), 20);
    }
}
