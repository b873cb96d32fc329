//! Loro: two documents that exchange version vectors, and `export` of the updates since then.
//!
//! **Invariants**
//! - A change is a commit, with the peer id of its author.
//! - A version vector shows all: deletions are operations as others are.
//!
//! What this does not do: write in any but one document, whose author changes with each commit.

use crate::sync::history::{Change, History, Insertion, Typing, id_of, sum};
use crate::sync::vectors::{Talking, Vectored};
use crate::sync::{Keyed, Typed};
use ::loro::{ExportMode, LoroDoc, LoroMap, LoroText, LoroValue, ValueOrContainer, VersionVector};
use anyhow::{Result, ensure};
use std::path::Path;

/// A document with a map.
pub(crate) type Map = Talking<LoroDoc>;
/// A document with a text.
pub(crate) type Text = Talking<LoroDoc>;

impl Vectored for LoroDoc {
    type Vector = VersionVector;
    const SHOWS_ALL: bool = true;

    fn vector(&self) -> VersionVector {
        self.oplog_vv()
    }

    fn encode(vector: &VersionVector) -> Vec<u8> {
        vector.encode()
    }

    fn decode(bytes: &[u8]) -> Result<VersionVector> {
        Ok(VersionVector::decode(bytes)?)
    }

    fn since(&self, vector: &VersionVector) -> Result<Vec<u8>> {
        Ok(self.export(ExportMode::updates(vector))?)
    }

    fn take(&mut self, updates: &[u8]) -> Result<()> {
        let status = self.import(updates)?;
        ensure!(status.pending.is_none(), "what was sent stands on what is not here");
        Ok(())
    }
}

fn map(document: &LoroDoc) -> LoroMap {
    document.get_map("map")
}

fn text(document: &LoroDoc) -> LoroText {
    document.get_text("text")
}

fn set(document: &LoroDoc, changes: &[Change]) -> Result<()> {
    for change in changes {
        document.set_peer_id(id_of(change.author)[0])?;
        map(document).insert(&change.key, change.value.as_str())?;
        document.commit();
    }
    Ok(())
}

impl Keyed for Map {
    fn prepare(history: &History, path: &Path) -> Result<()> {
        let document = LoroDoc::new();
        set(&document, &history.shared)?;
        Ok(std::fs::write(path, document.export(ExportMode::Snapshot)?)?)
    }

    fn load(_: &History, path: &Path) -> Result<(Self, Self)> {
        let bytes = std::fs::read(path)?;
        let load = || LoroDoc::from_snapshot(&bytes).map(Talking::of);
        Ok((load()?, load()?))
    }

    fn set(&mut self, _: &History, changes: &[Change]) -> Result<()> {
        set(&self.document, changes)
    }

    fn sum(&self) -> Result<u64> {
        let mut entries: Vec<(String, String)> = Vec::new();
        map(&self.document).for_each(|key, value| {
            if let ValueOrContainer::Value(LoroValue::String(value)) = value {
                entries.push((key.to_owned(), value.to_string()));
            }
        });
        Ok(sum(entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
    }
}

impl Typed for Text {
    fn prepare(typing: &Typing, path: &Path) -> Result<()> {
        let document = LoroDoc::new();
        document.set_peer_id(id_of(0)[0])?;
        let text = text(&document);
        for Insertion { at, text: letter } in &typing.shared {
            text.insert(*at, letter)?;
            document.commit();
        }
        Ok(std::fs::write(path, document.export(ExportMode::Snapshot)?)?)
    }

    fn load(path: &Path, author: u32) -> Result<Self> {
        let document = LoroDoc::from_snapshot(&std::fs::read(path)?)?;
        document.set_peer_id(id_of(author)[0])?;
        Ok(Talking::of(document))
    }

    fn type_in(&mut self, insertions: &[Insertion]) -> Result<()> {
        let text = text(&self.document);
        for Insertion { at, text: letters } in insertions {
            text.insert(*at, letters)?;
        }
        self.document.commit();
        Ok(())
    }

    fn text(&self) -> Result<String> {
        Ok(text(&self.document).to_string())
    }
}
