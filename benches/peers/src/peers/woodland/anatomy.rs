//! Where the bytes of a conversation went.
//!
//! ```text
//!  all ─┬─ hello, settling, what else is said of the conversation
//!       └─ stretches ─┬─ heads: whose commits, from where, how many
//!                     └─ rows: signatures, parents, the rest, which is mostly payloads
//! ```
//!
//! **Invariants**
//! - The parts add up to all that was sent.
//! - Nothing is sent that both held, and nothing twice.
//!
//! What this does not do: measure time.

use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use woodland_format::{CommitId, Signature};
use woodland_log::Log;
use woodland_sync::parts::{Message, Part};

/// The bytes of the rows, which had to move, and of every part.
pub(super) fn anatomy(
    messages: &[Vec<u8>],
    before: [&Log; 2],
    after: &Log,
) -> Result<Vec<(&'static str, usize)>> {
    let (mut hello, mut settling, mut heads, mut rows, mut sent) = (0, 0, 0, 0, 0);
    for message in messages {
        for part in Message::decode(message)?.parts {
            let bytes = bytes_of(&part);
            match part {
                Part::Hello(_) => hello += bytes,
                Part::Settle { .. } | Part::Since(_) => settling += bytes,
                Part::Stretch(stretch) => {
                    rows += stretch.rows.len();
                    heads += bytes - stretch.rows.len();
                    sent += stretch.commits as usize;
                }
                _ => {}
            }
        }
    }
    let moved: BTreeSet<CommitId> =
        before.iter().flat_map(|log| after.arrived(log)).map(|(_, commit)| commit.id()).collect();
    ensure!(moved.len() == sent, "{} commits were sent, {} had to be", sent, moved.len());
    let (mut signatures, mut parents, mut payloads) = (0, 0, 0);
    for commit in moved.iter().filter_map(|id| after.get(id)) {
        signatures += after.signature(&commit.id()).map_or(0, |_| Signature::BYTES);
        parents += commit.parents().len() * CommitId::BYTES;
        payloads += commit.payload().map_or(0, <[u8]>::len);
    }
    let all: usize = messages.iter().map(Vec::len).sum();
    Ok(vec![
        ("rows", rows),
        ("hello", hello),
        ("settling", settling),
        ("stretch heads", heads),
        ("signatures", signatures),
        ("parents", parents),
        ("the rest of rows", rows - signatures - parents),
        ("payloads in full", payloads),
        ("all else", all - hello - settling - heads - rows),
    ])
}

/// The bytes that a part has in its message.
fn bytes_of(part: &Part) -> usize {
    let none = Message { number: 0, heard: 0, parts: Vec::new() };
    let one = Message { number: 0, heard: 0, parts: vec![part.clone()] };
    one.encode().len() - none.encode().len()
}
