//! The allocator: the system's, with a count of live bytes and their peak, off until asked for.
//!
//! **Invariants**
//! - While the count is off, an allocation costs one more look at a flag: what is measured in time
//!   is not slowed down by what is measured in bytes.
//! - What is counted is what was asked for, by all threads of Rust code since it was turned on;
//!   SQLite, which is C, counts its own, and that is added.
//!
//! What this does not do: see what the system keeps for the process, such as cached pages of files.

use anyhow::{Context, Result};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;
static IS_ON: AtomicBool = AtomicBool::new(false);
static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);
static PEAK_BYTES: AtomicI64 = AtomicI64::new(0);

fn count(bytes: impl FnOnce() -> i64) {
    if IS_ON.load(Ordering::Relaxed) {
        let bytes = bytes();
        let live = LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed) + bytes;
        PEAK_BYTES.fetch_max(live, Ordering::Relaxed);
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

/// Counts from here on.
pub(crate) fn watch() {
    IS_ON.store(true, Ordering::Relaxed);
}

/// Bytes that are live now.
pub(crate) fn live() -> u64 {
    // SAFETY: it reads a counter of SQLite's, and may be called at any time.
    #[allow(unsafe_code, reason = "SQLite's own count has no safe wrapper")]
    let sqlite = unsafe { rusqlite::ffi::sqlite3_memory_used() };
    (LIVE_BYTES.load(Ordering::Relaxed) + sqlite).max(0) as u64
}

/// The most bytes that ever were.
pub(crate) fn peak() -> u64 {
    // SAFETY: it reads a counter of SQLite's, and may be called at any time.
    #[allow(unsafe_code, reason = "SQLite's own count has no safe wrapper")]
    let sqlite = unsafe { rusqlite::ffi::sqlite3_memory_highwater(0) };
    (PEAK_BYTES.load(Ordering::Relaxed) + sqlite).max(0) as u64
}

/// The most memory that the process ever had of the system.
pub(crate) fn resident_peak() -> Result<u64> {
    number_in("/proc/self/status", "VmHWM:").map(|kilobytes| kilobytes << 10)
}

/// Bytes that the process made the system read from a disk.
pub(crate) fn read_from_disk() -> Result<u64> {
    number_in("/proc/self/io", "read_bytes:")
}

fn number_in(path: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(path).context("this needs Linux")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("{path} has no {name}"))?.parse()?)
}
