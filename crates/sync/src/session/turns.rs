//! Whose message is due: messages are numbered, and each says how many were heard.
//!
//! **Invariants**
//! - Nothing is taken of a message that is too large, out of turn, or not whole.
//! - One that comes again is passed over. Behind a welcome numbers begin anew: what comes again
//!   from before that is not known as such, and a transport that keeps order brings none.
//!
//! What this does not do: judge what a message says.

use crate::closed::Closed;
use crate::message::{Message, Part};

/// How many messages of each side there were.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Turns {
    pub(crate) said: u64,
    pub(crate) heard: u64,
    /// How many of those that were said the other side has heard.
    pub(crate) acknowledged: u64,
}

impl Turns {
    /// What the other side says, in so many bytes at most; none where it said that before.
    pub(crate) fn hear(&mut self, bytes: &[u8], limit: u64) -> Result<Option<Vec<Part>>, Closed> {
        let is_too_large = bytes.len() as u64 > limit;
        #[cfg(planted)]
        let is_too_large = is_too_large && !woodland_format::planted::is("message-limit-not-kept");
        if is_too_large {
            return Err(Closed::TooLarge { found: bytes.len(), limit });
        }
        let Message { number, heard, parts } = Message::decode(bytes)?;
        let is_again = number < self.heard;
        #[cfg(planted)]
        let is_again = is_again && !woodland_format::planted::is("doubled-taken-twice");
        if is_again {
            return Ok(None);
        }
        let is_ahead = number > self.heard;
        #[cfg(planted)]
        let is_ahead = is_ahead && !woodland_format::planted::is("missing-message-unnoticed");
        if is_ahead {
            return Err(Closed::Lost { expected: self.heard, found: number });
        }
        if heard > self.said || heard < self.acknowledged {
            return Err(Closed::OutOfPlace("it has heard what was not said"));
        }
        (self.heard, self.acknowledged) = (self.heard + 1, heard);
        Ok(Some(parts))
    }

    /// The next message, with these.
    pub(crate) fn say(&mut self, parts: Vec<Part>) -> Vec<u8> {
        self.said += 1;
        Message { number: self.said - 1, heard: self.heard, parts }.encode()
    }
}
