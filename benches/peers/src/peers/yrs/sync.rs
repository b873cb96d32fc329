//! Yrs: two documents that exchange state vectors, and updates in the v2 encoding.
//!
//! As its protocol has it, in two steps: a state vector, and the update for it; who is connected to
//! answers with its own state vector, too. That vector says nothing of deletions, so both steps are
//! always made.
//!
//! **Invariants**
//! - A change is a transaction, with the client id of its author, whose document has nothing else.
//!
//! What this does not do: collect anything: nothing is overwritten.

use crate::sync::history::{Change, History, Insertion, Typing, id_of, sum};
use crate::sync::vectors::{Talking, Vectored};
use crate::sync::{Keyed, Typed};
use ::yrs::updates::decoder::Decode;
use ::yrs::updates::encoder::Encode;
use ::yrs::{
    Any, Doc, GetString, Map as _, Out, ReadTxn, StateVector, Text as _, Transact, Update,
};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;

/// A document with a map.
pub(crate) type Map = Talking<Doc>;
/// A document with a text.
pub(crate) type Text = Talking<Doc>;

/// Who has documents in which nobody writes.
const READER: u32 = u32::MAX;
const MAP: &str = "map";
const TEXT: &str = "text";

impl Vectored for Doc {
    type Vector = StateVector;
    const SHOWS_ALL: bool = false;

    fn vector(&self) -> StateVector {
        self.transact().state_vector()
    }

    fn encode(vector: &StateVector) -> Vec<u8> {
        vector.encode_v1()
    }

    fn decode(bytes: &[u8]) -> Result<StateVector> {
        Ok(StateVector::decode_v1(bytes)?)
    }

    fn since(&self, vector: &StateVector) -> Result<Vec<u8>> {
        Ok(self.transact().encode_state_as_update_v2(vector))
    }

    fn take(&mut self, updates: &[u8]) -> Result<()> {
        Ok(self.transact_mut().apply_update(Update::decode_v2(updates)?)?)
    }
}

/// An author's document; a client id has 53 bits.
fn of_author(author: u32) -> Doc {
    Doc::with_client_id(id_of(author)[0] >> 11)
}

fn set<'a>(document: &Doc, changes: impl IntoIterator<Item = &'a Change>) {
    let map = document.get_or_insert_map(MAP);
    for change in changes {
        map.insert(&mut document.transact_mut(), change.key.as_str(), change.value.as_str());
    }
}

impl Keyed for Map {
    fn prepare(history: &History, path: &Path) -> Result<()> {
        let mut document = of_author(READER);
        for author in 0..history.authors as u32 {
            let own = of_author(author);
            set(&own, history.shared_by(author));
            document.take(&own.since(&StateVector::default())?)?;
        }
        Ok(std::fs::write(path, document.since(&StateVector::default())?)?)
    }

    fn load(_: &History, path: &Path) -> Result<(Self, Self)> {
        let bytes = std::fs::read(path)?;
        let load = || {
            let mut document = of_author(READER);
            document.take(&bytes)?;
            anyhow::Ok(Talking::of(document))
        };
        Ok((load()?, load()?))
    }

    fn set(&mut self, history: &History, changes: &[Change]) -> Result<()> {
        let mut by_author: BTreeMap<u32, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            by_author.entry(change.author).or_default().push(change);
        }
        for (author, changes) in by_author {
            let own = of_author(author);
            set(&own, history.shared_by(author));
            let before = own.vector();
            set(&own, changes);
            self.document.take(&own.since(&before)?)?;
        }
        Ok(())
    }

    fn sum(&self) -> Result<u64> {
        let transaction = self.document.transact();
        let map = transaction.get_map(MAP).context("a map")?;
        let entries = map.iter(&transaction).map(|(key, value)| match value {
            Out::Any(Any::String(value)) => Ok((key.to_owned(), value)),
            other => bail!("a value is {other:?}"),
        });
        let entries = entries.collect::<Result<Vec<_>>>()?;
        Ok(sum(entries.iter().map(|(key, value)| (key.as_str(), &**value))))
    }
}

impl Typed for Text {
    fn prepare(typing: &Typing, path: &Path) -> Result<()> {
        let document = of_author(0);
        let text = document.get_or_insert_text(TEXT);
        for Insertion { at, text: letter } in &typing.shared {
            text.insert(&mut document.transact_mut(), *at as u32, letter);
        }
        Ok(std::fs::write(path, document.since(&StateVector::default())?)?)
    }

    fn load(path: &Path, author: u32) -> Result<Self> {
        let mut document = of_author(author);
        document.get_or_insert_text(TEXT);
        document.take(&std::fs::read(path)?)?;
        Ok(Talking::of(document))
    }

    fn type_in(&mut self, insertions: &[Insertion]) -> Result<()> {
        let text = self.document.get_or_insert_text(TEXT);
        let mut transaction = self.document.transact_mut();
        for Insertion { at, text: letters } in insertions {
            text.insert(&mut transaction, *at as u32, letters);
        }
        Ok(())
    }

    fn text(&self) -> Result<String> {
        let text = self.document.get_or_insert_text(TEXT);
        Ok(text.get_string(&self.document.transact()))
    }
}
