//! Yrs: a map in a root map for each book.
//!
//! Its fast path: many acts in one transaction, as its documentation asks for; the empty
//! `MapPrelim` and then an `insert` a field, which is faster than a filled `MapPrelim` and gives a
//! smaller file; keys of fields shared as `Arc<str>`; maps found by their key, which is faster than
//! their `BranchID`; the v2 encoding, which is smaller than v1 and here also loads faster.
//!
//! **Invariants**
//! - Options are the defaults: overwritten values are collected, so its file is not the full
//!   history.
//!
//! What this does not do: observe anything.

pub(crate) mod sync;

use crate::checksum::{AUTHOR, BookSum, FOLLOWS, IN_PRINT, TITLE, TitleSum, YEAR};
use crate::data::{self, Book, Update};
use crate::graph::{Graph, Saved};
use ::yrs::updates::decoder::Decode;
use ::yrs::{
    Any, Doc, Map, MapPrelim, MapRef, Out, ReadTxn, StateVector, Transact, Update as Message,
};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::sync::Arc;

/// As long as the ones that `Doc::new` draws.
const CLIENT_ID: u64 = 0x19_4C3B_2A19_08F7;

/// A document, and its books' keys or maps.
pub(crate) struct Document {
    document: Doc,
    root: MapRef,
    books: Books,
    fields: Fields,
}

enum Books {
    Named(Vec<String>),
    Held(Vec<MapRef>),
}

struct Fields {
    title: Arc<str>,
    author: Arc<str>,
    year: Arc<str>,
    in_print: Arc<str>,
    follows: Arc<str>,
}

impl Document {
    fn of(document: Doc, names: Vec<String>) -> Self {
        let root = document.get_or_insert_map("books");
        let fields = Fields {
            title: TITLE.into(),
            author: AUTHOR.into(),
            year: YEAR.into(),
            in_print: IN_PRINT.into(),
            follows: FOLLOWS.into(),
        };
        Document { document, root, books: Books::Named(names), fields }
    }

    fn map(&self, transaction: &impl ReadTxn, number: u32) -> Result<MapRef> {
        match &self.books {
            Books::Named(keys) => map(self.root.get(transaction, &keys[number as usize])),
            Books::Held(maps) => Ok(maps[number as usize].clone()),
        }
    }
}

impl Graph for Document {
    type Name = String;
    type Seen = u64;

    fn begin() -> Result<Self> {
        Ok(Document::of(Doc::with_client_id(CLIENT_ID), Vec::new()))
    }

    fn insert(&mut self, books: &[Book]) -> Result<()> {
        let fields = &self.fields;
        let mut transaction = self.document.transact_mut();
        for book in books {
            let key = book.key.as_str();
            let map = self.root.insert(&mut transaction, key, MapPrelim::default());
            map.insert(&mut transaction, fields.title.clone(), book.title.as_str());
            map.insert(&mut transaction, fields.author.clone(), book.author.as_str());
            map.insert(&mut transaction, fields.year.clone(), book.year);
            map.insert(&mut transaction, fields.in_print.clone(), book.in_print);
            if let Some(follows) = &book.follows {
                map.insert(&mut transaction, fields.follows.clone(), follows.key.as_str());
            }
        }
        Ok(())
    }

    fn update(&mut self, updates: &[Update]) -> Result<()> {
        let mut transaction = self.document.transact_mut();
        for update in updates {
            let map = self.map(&transaction, update.number)?;
            map.insert(&mut transaction, self.fields.year.clone(), update.year);
        }
        Ok(())
    }

    fn titles(&self, numbers: &[u32]) -> Result<u64> {
        let transaction = self.document.transact();
        let mut sum = TitleSum::default();
        for number in numbers {
            match self.map(&transaction, *number)?.get(&transaction, TITLE) {
                Some(Out::Any(Any::String(title))) => sum.take(&title),
                other => bail!("a title is {other:?}"),
            }
        }
        Ok(sum.close())
    }

    fn book(&self, number: u32) -> Result<u64> {
        let transaction = self.document.transact();
        sum_of(&transaction, &self.map(&transaction, number)?)
    }

    fn walk(&self) -> Result<u64> {
        let transaction = self.document.transact();
        let mut total = 0_u64;
        for (_, book) in self.root.iter(&transaction) {
            total = total.wrapping_add(sum_of(&transaction, &map(Some(book))?)?);
        }
        Ok(total)
    }

    fn checksum(&self, seen: u64) -> Result<u64> {
        Ok(seen)
    }

    fn save(&self, path: &Path) -> Result<()> {
        let transaction = self.document.transact();
        let bytes = transaction.encode_state_as_update_v2(&StateVector::default());
        Ok(std::fs::write(path, bytes)?)
    }

    fn load(saved: &Saved<'_>, books: Vec<String>) -> Result<Self> {
        let loaded = Document::of(Doc::with_client_id(CLIENT_ID), books);
        loaded.document.transact_mut().apply_update(Message::decode_v2(saved.bytes)?)?;
        Ok(loaded)
    }

    fn names(&self, books: usize) -> Result<Vec<String>> {
        Ok((0..books).map(|number| data::key(number as u32)).collect())
    }

    fn use_names(&mut self, names: Vec<String>) {
        self.books = Books::Named(names);
    }

    fn hold(&mut self) -> Result<()> {
        if let Books::Named(keys) = &self.books {
            let transaction = self.document.transact();
            let maps = (0..keys.len()).map(|number| self.map(&transaction, number as u32));
            self.books = Books::Held(maps.collect::<Result<_>>()?);
        }
        Ok(())
    }

    fn name_to_text(name: &String) -> String {
        name.clone()
    }

    fn name_from_text(text: &str) -> Result<String> {
        Ok(text.to_owned())
    }
}

fn map(out: Option<Out>) -> Result<MapRef> {
    match out {
        Some(Out::YMap(map)) => Ok(map),
        other => Err(anyhow!("a book is {other:?}")),
    }
}

fn sum_of(transaction: &impl ReadTxn, book: &MapRef) -> Result<u64> {
    let mut sum = BookSum::default();
    for (key, value) in book.iter(transaction) {
        match value {
            Out::Any(Any::String(value)) if key == FOLLOWS => {
                sum.number(key, data::number_of(&value).context("the key of a book")?.into());
            }
            Out::Any(Any::String(value)) => sum.text(key, &value),
            Out::Any(Any::Number(value)) => {
                sum.number(key, value.as_i64().context("a whole number")?);
            }
            Out::Any(Any::Bool(value)) => sum.flag(key, value),
            other => bail!("field {key} is {other:?}"),
        }
    }
    Ok(sum.close())
}
