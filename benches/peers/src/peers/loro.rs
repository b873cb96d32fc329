//! Loro: a map in a root map for each book.
//!
//! Its fast path: `insert_container`, one `commit` a batch, maps found by their `ContainerID`,
//! which after loading spares it the decoding of the map of all books; `get_value` of a map while
//! the document was never saved, `for_each` after loading, each of them the faster one there (and
//! both faster than `get_deep_value`); the snapshot, which it advises for saving and loading.
//!
//! **Invariants**
//! - Nothing is subscribed to.
//!
//! What this does not do: widen the cache of decoded values, which makes a first walk slower.

pub(crate) mod sync;

use crate::checksum::{AUTHOR, BookSum, FOLLOWS, IN_PRINT, TITLE, TitleSum, YEAR};
use crate::data::{self, Book, Update};
use crate::graph::{Graph, Saved};
use ::loro::{
    Container, ContainerID, ContainerTrait, ExportMode, LoroDoc, LoroMap, LoroValue,
    ValueOrContainer,
};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// As long as the ones that `LoroDoc::new` draws.
const PEER_ID: u64 = 0x9D4C_3B2A_1908_F7E6;

/// A document, and its books' ids or maps.
pub(crate) struct Document {
    document: LoroDoc,
    books: Books,
    /// Whether it came from a snapshot.
    is_loaded: bool,
}

enum Books {
    Named(Vec<ContainerID>),
    Held(Vec<LoroMap>),
}

impl Document {
    fn root(&self) -> LoroMap {
        self.document.get_map("books")
    }

    fn with_book<T>(&self, number: u32, act: impl FnOnce(&LoroMap) -> T) -> T {
        match &self.books {
            Books::Named(ids) => act(&self.document.get_map(ids[number as usize].clone())),
            Books::Held(maps) => act(&maps[number as usize]),
        }
    }

    fn sum_of(&self, map: &LoroMap) -> Result<u64> {
        let mut sum = BookSum::default();
        let mut result = Ok(());
        if self.is_loaded {
            map.for_each(|key, value| match value {
                ValueOrContainer::Value(value) if result.is_ok() => {
                    result = take(&mut sum, key, &value);
                }
                _ => {}
            });
        } else {
            let value = map.get_value();
            let fields = value.as_map().context("the value of a map")?;
            result = fields.iter().try_for_each(|(key, value)| take(&mut sum, key, value));
        }
        result.map(|()| sum.close())
    }
}

impl Graph for Document {
    type Name = ContainerID;
    type Seen = u64;

    fn begin() -> Result<Self> {
        let document = LoroDoc::new();
        document.set_peer_id(PEER_ID)?;
        Ok(Document { document, books: Books::Named(Vec::new()), is_loaded: false })
    }

    fn insert(&mut self, books: &[Book]) -> Result<()> {
        let root = self.root();
        for book in books {
            let map = root.insert_container(&book.key, LoroMap::new())?;
            map.insert(TITLE, book.title.as_str())?;
            map.insert(AUTHOR, book.author.as_str())?;
            map.insert(YEAR, book.year)?;
            map.insert(IN_PRINT, book.in_print)?;
            if let Some(follows) = &book.follows {
                map.insert(FOLLOWS, follows.key.as_str())?;
            }
        }
        self.document.commit();
        Ok(())
    }

    fn update(&mut self, updates: &[Update]) -> Result<()> {
        for update in updates {
            self.with_book(update.number, |map| map.insert(YEAR, update.year))?;
        }
        self.document.commit();
        Ok(())
    }

    fn titles(&self, numbers: &[u32]) -> Result<u64> {
        let mut sum = TitleSum::default();
        for number in numbers {
            match self.with_book(*number, |map| map.get(TITLE)).context("a title")? {
                ValueOrContainer::Value(LoroValue::String(title)) => sum.take(&title),
                other => bail!("a title is {other:?}"),
            }
        }
        Ok(sum.close())
    }

    fn book(&self, number: u32) -> Result<u64> {
        self.with_book(number, |map| self.sum_of(map))
    }

    fn walk(&self) -> Result<u64> {
        let mut total = Ok(0_u64);
        self.root().for_each(|_, value| {
            let sum = match &value {
                ValueOrContainer::Container(Container::Map(map)) => self.sum_of(map),
                _ => Err(anyhow!("a book is no map")),
            };
            if let Ok(so_far) = total {
                total = sum.map(|sum| so_far.wrapping_add(sum));
            }
        });
        total
    }

    fn checksum(&self, seen: u64) -> Result<u64> {
        Ok(seen)
    }

    fn save(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, self.document.export(ExportMode::Snapshot)?)?)
    }

    fn load(saved: &Saved<'_>, books: Vec<ContainerID>) -> Result<Self> {
        let document = LoroDoc::from_snapshot(saved.bytes)?;
        Ok(Document { document, books: Books::Named(books), is_loaded: true })
    }

    fn names(&self, books: usize) -> Result<Vec<ContainerID>> {
        let root = self.root();
        (0..books)
            .map(|number| match root.get(&data::key(number as u32)) {
                Some(ValueOrContainer::Container(map)) => Ok(map.id()),
                other => Err(anyhow!("a book is {other:?}")),
            })
            .collect()
    }

    fn use_names(&mut self, names: Vec<ContainerID>) {
        self.books = Books::Named(names);
    }

    fn hold(&mut self) -> Result<()> {
        if let Books::Named(ids) = &self.books {
            let maps = ids.iter().map(|id| self.document.get_map(id.clone()));
            self.books = Books::Held(maps.collect());
        }
        Ok(())
    }

    fn name_to_text(name: &ContainerID) -> String {
        name.to_string()
    }

    fn name_from_text(text: &str) -> Result<ContainerID> {
        ContainerID::try_from(text).map_err(|error| anyhow!("{text}: {error:?}"))
    }
}

fn take(sum: &mut BookSum, key: &str, value: &LoroValue) -> Result<()> {
    match value {
        LoroValue::String(value) if key == FOLLOWS => {
            sum.number(key, data::number_of(value).context("the key of a book")?.into());
        }
        LoroValue::String(value) => sum.text(key, value),
        LoroValue::I64(value) => sum.number(key, *value),
        LoroValue::Bool(value) => sum.flag(key, *value),
        other => bail!("field {key} is {other:?}"),
    }
    Ok(())
}
