//! What one conversation may cost.
//!
//! **Invariants**
//! - Every bound of a conversation that a host can choose is here; what every peer must grant is a
//!   constant.
//!
//! What this does not do: keep to them; each is kept where it is spent.

/// What one conversation may cost, and how long it may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of commits that may have come and not be durable yet.
    pub window: u64,
    /// The longest message that is taken, in bytes; at least [`Limits::MESSAGE_BYTES_LEAST`].
    pub message_bytes_max: u64,
    /// Bytes of commits that may wait for their past or for a signature.
    pub waiting_bytes_max: u64,
    /// Bytes of commits that a newcomer takes before it has all: they are in memory until then.
    pub newcomer_bytes_max: u64,
    /// So many ticks a peer may owe something and send nothing.
    pub patience: u32,
}

impl Limits {
    /// Every peer takes messages of so many bytes.
    pub const MESSAGE_BYTES_LEAST: u64 = 16 * 1024 * 1024;
    /// Every peer has room for so many bytes of commits that come before its limits are known,
    /// whatever its window: at most so much is sent in vain to who does not hold what was
    /// remembered.
    pub const UNASKED_BYTES_MAX: u64 = 64 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            window: 1024 * 1024,
            // The longest commit, and room for the rest.
            message_bytes_max: 80 * 1024 * 1024,
            waiting_bytes_max: 64 * 1024 * 1024,
            newcomer_bytes_max: 1024 * 1024 * 1024,
            patience: 30,
        }
    }
}
