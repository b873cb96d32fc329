//! Every limit of a dataset directory, in one place.
//!
//! **Invariants**
//! - What `append` lets through, `open` lets through.
//! - A length from the disk is compared with its limit before memory is reserved for it.
//!
//! What this does not do: limits of what a segment may hold belong to `woodland-format`.

/// A segment file that has reached this length is followed by another, unless the creator chose
/// else.
pub const SEGMENT_FILE_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
/// The largest `segment_file_bytes_max` that a creator may choose.
pub const SEGMENT_FILE_BYTES_LIMIT: u64 = 1024 * 1024 * 1024;
/// Most bytes that one append may carry.
pub const APPEND_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Most bytes that wait for the disk; a single append always finds room in an empty queue.
pub const QUEUE_BYTES_MAX: u64 = APPEND_BYTES_MAX;
/// Most bytes that are written and synced at once for all who wait, but for a single append that is
/// larger: who comes last in a group waits for all of it.
pub const GROUP_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How often a reader beside a living writer begins anew.
pub const READ_ATTEMPTS_MAX: usize = 16;
/// Longest segment file that is read: one at its limit, and one append more.
pub const FILE_BYTES_MAX: u64 = SEGMENT_FILE_BYTES_LIMIT + APPEND_BYTES_MAX;
/// Highest number of a segment file.
pub const FILE_NUMBER_MAX: u64 = u32::MAX as u64;
/// Most bytes that one merging reads, but for a single file that is larger.
pub const MERGE_BYTES_MAX: u64 = 80 * 1024 * 1024;
/// Most commits in a segment that merging makes.
pub const MERGED_SEGMENT_COMMITS_MAX: usize = 8192;
/// A segment that merging makes of more than one commit has at most this many payload bytes: what
/// is decoded at once.
pub const MERGED_SEGMENT_BYTES_TARGET: usize = 4 * 1024 * 1024;
/// Most files that a layout names.
pub const LAYOUT_FILES_MAX: u64 = 1 << 16;
/// Most heads at which a branch begins.
pub const BASE_HEADS_MAX: u64 = 1 << 20;
/// What is read by itself where a larger piece is not given out: a sector.
pub const READ_PIECE_BYTES: usize = 512;
/// So many reads of one file may fail while what lies around a bad place is looked for: on a disk
/// that gives out nothing, each may take seconds.
pub const READS_FAILED_MAX: usize = 256;
