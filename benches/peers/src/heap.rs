//! The allocator: the system's, with a count of live bytes that is off until it is asked for.
//!
//! **Invariants**
//! - While the count is off, an allocation costs one more look at a flag: what is measured in time
//!   is not slowed down by what is measured in bytes.
//! - What is counted is what was asked for, by all threads; not what the system adds to it.
//!
//! What this does not do: remember who allocated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;
static IS_ON: AtomicBool = AtomicBool::new(false);
static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);

fn count(bytes: impl FnOnce() -> i64) {
    if IS_ON.load(Ordering::Relaxed) {
        LIVE_BYTES.fetch_add(bytes(), Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator as it came.
#[allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one only adds numbers")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|| layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(|| layout.size() as i64);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(|| -(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(|| bytes as i64 - layout.size() as i64);
        unsafe { System.realloc(at, layout, bytes) }
    }
}

/// What the act returns, and by how many bytes the heap has grown meanwhile.
pub(crate) fn growth<T>(act: impl FnOnce() -> T) -> (T, i64) {
    let before = LIVE_BYTES.load(Ordering::Relaxed);
    IS_ON.store(true, Ordering::Relaxed);
    let returned = act();
    IS_ON.store(false, Ordering::Relaxed);
    (returned, LIVE_BYTES.load(Ordering::Relaxed) - before)
}
