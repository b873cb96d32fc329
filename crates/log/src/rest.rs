//! A log at rest: in pages, of which it reads what it is asked for.
//!
//! **Invariants**
//! - A woken log answers as the one that was put to rest, and its places hold.
//! - Putting a log to rest again writes what changed since it was woken.
//! - What grows with authors, commits or runs stands in trees; read at once are the founding commit
//!   and what introduces schemas and changes rights.
//!
//! What this does not do: keep pages, or notice that they are of another log: that is for whoever
//! has both the pages and the log's segments.

use crate::log::{Log, Pin};
use crate::place::{OrderKey, Place};
use im::OrdMap;
use woodland_format::{AuthorKey, Block, BlockParts, OpenBlock, SchemaId};
use woodland_page::{Reading, Stored, Writing};

/// What of a log was written by a release with another is not woken.
const REST_FORMAT: u8 = 2;

impl Log {
    /// This log, keeping the pages that it reads for as long as it, or a log made from it, is
    /// there.
    #[must_use]
    pub fn pinned(self, pin: Pin) -> Log {
        Log { pin: Some(pin), ..self }
    }
}

impl Stored for Log {
    fn write(&self, to: &mut Writing<'_>) {
        to.byte(REST_FORMAT);
        let mut founding = OpenBlock::starting(self.founding.author(), 0, None);
        founding.push(&self.founding);
        self.founding.author().write(to);
        to.bytes(founding.block().parts().rows);
        self.lines.write(to);
        self.ids.write(to);
        self.runs.write(to);
        self.authors.write(to);
        self.heads.write(to);
        let introductions = self.introductions.iter();
        let one = |(schema, by_key): (&SchemaId, &OrdMap<OrderKey, Place>)| {
            (*schema, by_key.iter().map(|(key, place)| (*key, *place)).collect::<Vec<_>>())
        };
        introductions.map(one).collect::<Vec<_>>().write(to);
        self.rights.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        (from.byte()? == REST_FORMAT).then_some(())?;
        let author: AuthorKey = Stored::read(from)?;
        let parts = BlockParts { first_seq: 0, previous: None, commits: 1, rows: from.bytes()? };
        let founding = Block::from_parts(parts)?.get(author, 0)?;
        Some(Log {
            founding,
            lines: Stored::read(from)?,
            ids: Stored::read(from)?,
            runs: Stored::read(from)?,
            authors: Stored::read(from)?,
            heads: Stored::read(from)?,
            introductions: introductions(from)?,
            rights: Stored::read(from)?,
            pin: None,
        })
    }
}

fn introductions(from: &mut Reading<'_>) -> Option<OrdMap<SchemaId, OrdMap<OrderKey, Place>>> {
    let all: Vec<(SchemaId, Vec<(OrderKey, Place)>)> = Stored::read(from)?;
    Some(all.into_iter().map(|(schema, by_key)| (schema, OrdMap::from(by_key))).collect())
}
