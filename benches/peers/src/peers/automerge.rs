//! Automerge: a map in the root map for each book.
//!
//! Its fast path: `init_root_from_hydrate` into an empty document, `batch_create_object` for each
//! node into one that is not empty (for there, 0.12.0 hides what was in the root before), a manual
//! `Transaction`, objects found by their `ObjId`, `ReadDoc::iter` over the whole document, `save`
//! and `load`.
//!
//! **Invariants**
//! - Strings are scalars, not texts: registers, as with the other peers.
//!
//! What this does not do: log patches, or leave the heads of a loaded document unverified, which
//! is meant for debugging.

pub(crate) mod sync;

use crate::checksum::{AUTHOR, BookSum, FOLLOWS, IN_PRINT, TITLE, TitleSum, YEAR};
use crate::data::{self, Book, Update};
use crate::graph::{Graph, Saved};
use ::automerge::hydrate::{Map, Value as Hydrated};
use ::automerge::iter::DocItem;
use ::automerge::transaction::Transactable;
use ::automerge::{
    ActorId, Automerge, ObjId, ROOT, ReadDoc, ScalarValue, ScalarValueRef, Value, ValueRef,
};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// As long as the ones that `Automerge::new` draws.
const ACTOR: [u8; 16] = [0x9D; 16];

/// A document, and its books' ids.
pub(crate) struct Document {
    document: Automerge,
    books: Vec<ObjId>,
}

impl Graph for Document {
    type Name = ObjId;
    type Seen = u64;

    fn begin() -> Result<Self> {
        let actor = ActorId::from(ACTOR);
        Ok(Document { document: Automerge::new().with_actor(actor), books: Vec::new() })
    }

    fn insert(&mut self, books: &[Book]) -> Result<()> {
        let is_empty = self.document.length(ROOT) == 0;
        let mut transaction = self.document.transaction();
        if is_empty {
            let books = books.iter().map(|book| (book.key.as_str(), hydrated(book)));
            let books: HashMap<&str, Hydrated> = books.collect();
            transaction.init_root_from_hydrate(&Map::from(books))?;
        } else {
            for book in books {
                transaction.batch_create_object(ROOT, &book.key, &hydrated(book), false)?;
            }
        }
        transaction.commit();
        Ok(())
    }

    fn update(&mut self, updates: &[Update]) -> Result<()> {
        let mut transaction = self.document.transaction();
        for update in updates {
            transaction.put(&self.books[update.number as usize], YEAR, update.year)?;
        }
        transaction.commit();
        Ok(())
    }

    fn titles(&self, numbers: &[u32]) -> Result<u64> {
        let mut sum = TitleSum::default();
        for number in numbers {
            let found = self.document.get(&self.books[*number as usize], TITLE)?;
            let (value, _) = found.context("a title")?;
            match &value {
                Value::Scalar(scalar) => match scalar.as_ref() {
                    ScalarValue::Str(title) => sum.take(title),
                    other => bail!("a title is {other}"),
                },
                Value::Object(_) => bail!("a title is an object"),
            }
        }
        Ok(sum.close())
    }

    fn book(&self, number: u32) -> Result<u64> {
        let mut sum = BookSum::default();
        for item in self.document.map_range(&self.books[number as usize], ..) {
            take(&mut sum, &item.key, &item.value)?;
        }
        Ok(sum.close())
    }

    fn walk(&self) -> Result<u64> {
        let mut total = 0_u64;
        let mut open: Option<(Arc<ObjId>, BookSum)> = None;
        for row in self.document.iter() {
            let DocItem::Map(item) = row.item else { bail!("something that is no map") };
            if matches!(item.value, ValueRef::Object(_)) {
                continue;
            }
            // The fields of one object follow each other.
            if open.as_ref().is_none_or(|(id, _)| !Arc::ptr_eq(id, &row.obj)) {
                let closed = open.replace((row.obj, BookSum::default()));
                total = total.wrapping_add(closed.map_or(0, |(_, sum)| sum.close()));
            }
            let (_, sum) = open.as_mut().context("a book is open")?;
            take(sum, &item.key, &item.value)?;
        }
        Ok(total.wrapping_add(open.map_or(0, |(_, sum)| sum.close())))
    }

    fn checksum(&self, seen: u64) -> Result<u64> {
        Ok(seen)
    }

    fn save(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, self.document.save())?)
    }

    fn load(saved: &Saved<'_>, books: Vec<ObjId>) -> Result<Self> {
        Ok(Document { document: Automerge::load(saved.bytes)?, books })
    }

    fn names(&self, books: usize) -> Result<Vec<ObjId>> {
        let mut names = vec![ROOT; books];
        for item in self.document.map_range(ROOT, ..) {
            let number = data::number_of(&item.key).context("the key of a book")?;
            names[number as usize] = item.id();
        }
        Ok(names)
    }

    fn use_names(&mut self, names: Vec<ObjId>) {
        self.books = names;
    }

    fn hold(&mut self) -> Result<()> {
        Ok(())
    }

    fn name_to_text(name: &ObjId) -> String {
        name.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn name_from_text(text: &str) -> Result<ObjId> {
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16);
        let bytes = (0..text.len()).step_by(2).map(byte).collect::<Result<Vec<u8>, _>>()?;
        ObjId::try_from(bytes.as_slice()).context("the id of an object")
    }
}

fn hydrated(book: &Book) -> Hydrated {
    let mut fields: HashMap<&str, Hydrated> = HashMap::with_capacity(5);
    fields.insert(TITLE, Hydrated::scalar(book.title.as_str()));
    fields.insert(AUTHOR, Hydrated::scalar(book.author.as_str()));
    fields.insert(YEAR, Hydrated::scalar(book.year));
    fields.insert(IN_PRINT, Hydrated::scalar(book.in_print));
    if let Some(follows) = &book.follows {
        fields.insert(FOLLOWS, Hydrated::scalar(follows.key.as_str()));
    }
    Hydrated::Map(Map::from(fields))
}

fn take(sum: &mut BookSum, key: &str, value: &ValueRef<'_>) -> Result<()> {
    let ValueRef::Scalar(value) = value else { bail!("field {key} is an object") };
    match value {
        ScalarValueRef::Str(value) if key == FOLLOWS => {
            sum.number(key, data::number_of(value).context("the key of a book")?.into());
        }
        ScalarValueRef::Str(value) => sum.text(key, value),
        ScalarValueRef::Int(value) => sum.number(key, *value),
        ScalarValueRef::Boolean(value) => sum.flag(key, *value),
        other => bail!("field {key} is {other:?}"),
    }
    Ok(())
}
