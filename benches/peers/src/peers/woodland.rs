//! Woodland: a node for each book, by the typed layer.
//!
//! Its fast path: a `Record` a type, a batch a `write`, nodes found by their `Pointer`s, many at once.
//! A field of many nodes is read by a record of that field alone. A dataset is saved by `export` and
//! loaded by `join_in_memory`, from a file and not from bytes, because there is no other way: in
//! memory, what is loaded includes the store that a joined replica keeps.
//!
//! **Invariants**
//! - A batch that is too large is refused, not split: the table shows it.
//!
//! What this does not do: go below the typed layer, which is what applications are meant to use.

use crate::checksum::{AUTHOR, BookSum, FOLLOWS, IN_PRINT, TITLE, TitleSum, YEAR};
use crate::data::{Book, Update};
use crate::graph::{Graph, Saved};
use crate::suite::Refused;
use ::woodland::{
    Batch, Editor, FieldError, Fields, NodeId, Pointer, Record, Replica, Schema, View, WriteError,
    define,
};
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::HashMap;
use std::path::Path;

/// A node.
struct Written {
    title: String,
    author: String,
    year: i64,
    in_print: bool,
    follows: Option<Pointer<Written>>,
}

impl Record for Written {
    const TYPE: &'static str = "Book";

    fn define(fields: &mut Fields) {
        fields.register::<String>(TITLE).register::<String>(AUTHOR).register::<i64>(YEAR);
        fields.register::<bool>(IN_PRINT).register::<Pointer<Written>>(FOLLOWS);
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set(TITLE, &self.title).set(AUTHOR, &self.author).set(YEAR, &self.year);
        fields.set(IN_PRINT, &self.in_print);
        if let Some(follows) = &self.follows {
            fields.set(FOLLOWS, follows);
        }
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Written {
            title: fields.get(TITLE)?,
            author: fields.get(AUTHOR)?,
            year: fields.get(YEAR)?,
            in_print: fields.get(IN_PRINT)?,
            follows: fields.maybe(FOLLOWS)?,
        })
    }
}

/// The same node, of which only the title is wanted.
struct Titled {
    title: String,
}

impl Record for Titled {
    const TYPE: &'static str = Written::TYPE;

    fn define(fields: &mut Fields) {
        fields.register::<String>(TITLE);
    }

    fn write(&self, fields: &mut Editor<'_>) {
        fields.set(TITLE, &self.title);
    }

    fn read(fields: &View<'_>) -> Result<Self, FieldError> {
        Ok(Titled { title: fields.get(TITLE)? })
    }
}

/// A replica, and its books by number.
pub(crate) struct Dataset {
    replica: Replica,
    books: Vec<NodeId>,
}

fn schema() -> Result<Schema> {
    Ok(define().record::<Written>().schema()?)
}

impl Dataset {
    fn write(&self, act: impl FnOnce(&mut Batch<'_>)) -> Result<()> {
        self.replica.write(act).map_err(|error| match error {
            WriteError::TooLarge(why) => anyhow!(Refused(why.to_string())),
            other => other.into(),
        })
    }
}

impl Graph for Dataset {
    type Name = NodeId;
    type Seen = Vec<(BookSum, Option<NodeId>)>;

    fn begin() -> Result<Self> {
        Ok(Dataset { replica: Replica::in_memory(&schema()?, 1)?, books: Vec::new() })
    }

    fn insert(&mut self, books: &[Book]) -> Result<()> {
        let mut known = std::mem::take(&mut self.books);
        self.write(|batch| {
            for book in books {
                let follows = book.follows.as_ref().map(|book| known[book.number as usize]);
                let pointer = batch.insert(&Written {
                    title: book.title.clone(),
                    author: book.author.clone(),
                    year: book.year,
                    in_print: book.in_print,
                    follows: follows.map(Pointer::to),
                });
                known.push(pointer.id());
            }
        })?;
        self.books = known;
        Ok(())
    }

    fn update(&mut self, updates: &[Update]) -> Result<()> {
        self.write(|batch| {
            for update in updates {
                let book = Pointer::<Written>::to(self.books[update.number as usize]);
                batch.edit(book).set(YEAR, &update.year);
            }
        })
    }

    fn titles(&self, numbers: &[u32]) -> Result<u64> {
        let pointer = |number: &u32| Pointer::<Titled>::to(self.books[*number as usize]);
        let pointers: Vec<_> = numbers.iter().map(pointer).collect();
        let mut sum = TitleSum::default();
        for book in self.replica.snapshot().read(&pointers)? {
            sum.take(&book.context("a book is there")?.title);
        }
        Ok(sum.close())
    }

    fn book(&self, number: u32) -> Result<Self::Seen> {
        let pointer = Pointer::<Written>::to(self.books[number as usize]);
        let books = self.replica.snapshot().read(&[pointer])?;
        books.into_iter().map(|book| Ok(seen(&book.context("a book is there")?))).collect()
    }

    fn walk(&self) -> Result<Self::Seen> {
        let all = self.replica.snapshot().all::<Written>()?;
        Ok(all.iter().map(|(_, book)| seen(book)).collect())
    }

    fn checksum(&self, seen: Self::Seen) -> Result<u64> {
        let numbers: HashMap<NodeId, i64> = self.books.iter().copied().zip(0..).collect();
        let mut total = 0_u64;
        for (mut sum, follows) in seen {
            if let Some(follows) = follows {
                sum.number(FOLLOWS, *numbers.get(&follows).context("a pointer to a book")?);
            }
            total = total.wrapping_add(sum.close());
        }
        Ok(total)
    }

    fn save(&self, path: &Path) -> Result<()> {
        self.replica.export(path)?;
        Ok(())
    }

    fn load(saved: &Saved<'_>, books: Vec<NodeId>) -> Result<Self> {
        let (replica, merged) = Replica::join_in_memory(&schema()?, saved.path, 2)?;
        let is_whole = merged.refused.is_empty() && merged.damage.is_empty() && merged.waiting == 0;
        ensure!(is_whole, "the log file was not taken whole");
        Ok(Dataset { replica, books })
    }

    fn names(&self, _: usize) -> Result<Vec<NodeId>> {
        Ok(self.books.clone())
    }

    fn use_names(&mut self, names: Vec<NodeId>) {
        self.books = names;
    }

    fn hold(&mut self) -> Result<()> {
        Ok(())
    }

    fn name_to_text(name: &NodeId) -> String {
        format!("{:032x}", u128::from_be_bytes(name.0))
    }

    fn name_from_text(text: &str) -> Result<NodeId> {
        Ok(NodeId(u128::from_str_radix(text, 16)?.to_be_bytes()))
    }
}

/// The fields of a book but the pointer, whose number is looked up off the clock.
fn seen(book: &Written) -> (BookSum, Option<NodeId>) {
    let mut sum = BookSum::default();
    sum.text(TITLE, &book.title);
    sum.text(AUTHOR, &book.author);
    sum.number(YEAR, book.year);
    sum.flag(IN_PRINT, book.in_print);
    (sum, book.follows.map(|pointer| pointer.id()))
}
