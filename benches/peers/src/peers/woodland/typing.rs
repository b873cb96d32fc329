//! Woodland's facade: two replicas with an exchange each, and a text that both edit.
//!
//! **Invariants**
//! - A letter of the shared text is a commit, buffered; what a side types before they meet is one
//!   commit, durable in memory.
//!
//! What this does not do: keep a memory of whom it has met for longer than it lives.

use crate::peers::woodland::anatomy::anatomy;
use crate::sync::history::{Insertion, Typing};
use crate::sync::{Role, Side, Typed};
use ::woodland::sync::{Event, Exchange, Limits, Peer};
use ::woodland::{Durability, Model, Pointer, Record, Replica, Text as Content, all, define};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use woodland_log::Log;

/// The node that has the text.
#[derive(Record)]
#[woodland(name = "Page")]
struct Page {
    text: Content,
}

/// A replica that both reads and types.
pub(crate) struct Text {
    replica: Replica,
    exchange: Exchange,
    page: Pointer<Page>,
    /// The last connection.
    connection: u64,
    /// Whether the other side was met, and is remembered.
    has_met: bool,
}

fn model() -> Result<Model> {
    Ok(define().record::<Page>().model()?)
}

impl Text {
    fn peer(&self) -> Peer {
        Peer(self.connection)
    }
}

impl Side for Text {
    type Version = Log;

    fn version(&self) -> Log {
        self.replica.snapshot().log().clone()
    }

    fn connect(&mut self, role: Role) -> Result<()> {
        let memory = self.exchange.memory(self.peer()).filter(|_| self.has_met);
        self.exchange.disconnect(self.peer());
        (self.connection, self.has_met) = (self.connection + 1, true);
        match (role, memory) {
            (Role::Opens, Some(memory)) => self.exchange.open_known(self.peer(), &memory)?,
            (Role::Opens, None) => self.exchange.open(self.peer())?,
            (Role::Accepts, Some(memory)) => self.exchange.accept_known(self.peer(), &memory),
            (Role::Accepts, None) => self.exchange.accept(self.peer()),
        }
        Ok(())
    }

    fn say(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.exchange.say(self.peer()))
    }

    fn hear(&mut self, message: &[u8]) -> Result<()> {
        for event in self.exchange.take(self.peer(), message)? {
            if let Event::Closed { why, .. } = event {
                bail!("a conversation ended: {why}");
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<()> {
        self.exchange.tick()?;
        Ok(())
    }

    fn forget(&mut self) {
        self.has_met = false;
    }

    fn anatomy(
        messages: &[Vec<u8>],
        before: [&Log; 2],
        after: &Log,
    ) -> Result<Vec<(&'static str, usize)>> {
        anatomy(messages, before, after)
    }
}

impl Typed for Text {
    fn prepare(typing: &Typing, path: &Path) -> Result<()> {
        let replica = Replica::in_memory(model()?, 1)?;
        let page = replica.write(|batch| batch.insert(&Page { text: Content::default() }))?;
        for Insertion { at, text } in &typing.shared {
            let change = Page::TEXT.insert(*at, text);
            replica.write_with(Durability::Buffered, |batch| batch.edit(page, change))?;
        }
        replica.flush()?;
        replica.export(path)?;
        Ok(())
    }

    fn load(path: &Path, author: u32) -> Result<Self> {
        let seed = 1 + u64::from(author);
        let (replica, merged) = Replica::join_in_memory(model()?, path, seed)?;
        let is_whole = merged.refused.is_empty() && merged.damage.is_empty() && merged.waiting == 0;
        ensure!(is_whole, "the log file was not taken whole");
        let pages = replica.snapshot().read(all::<Page>())?;
        let page = pages.first().context("a page")?.0;
        let exchange = replica.exchange(Limits::default());
        Ok(Text { replica, exchange, page, connection: 0, has_met: false })
    }

    fn type_in(&mut self, insertions: &[Insertion]) -> Result<()> {
        self.replica.write(|batch| {
            for Insertion { at, text } in insertions {
                batch.edit(self.page, Page::TEXT.insert(*at, text));
            }
        })?;
        Ok(())
    }

    fn text(&self) -> Result<String> {
        let pages = self.replica.snapshot().read(&[self.page])?;
        let page = pages.into_iter().next().flatten().context("a page")?;
        Ok(page.text.0)
    }
}
