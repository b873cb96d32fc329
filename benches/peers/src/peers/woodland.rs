//! Woodland: a node for each book, by the typed layer.
//!
//! Its fast path: a record's type derived, a batch a `write`, nodes found by their `Pointer`s, one
//! field of many nodes by `Book::TITLE.of`, all nodes by `all`. A dataset is saved by `export` and
//! loaded by `join_in_memory`, from a file and not from bytes, because there is no other way: what
//! is loaded includes the store that a joined replica keeps, in memory.
//!
//! **Invariants**
//! - A batch that is too large is refused, not split: the table shows it.
//!
//! What this does not do: go below the typed layer, which is what applications are meant to use.

mod anatomy;
pub(crate) mod chains;
pub(crate) mod typing;

use crate::checksum::{AUTHOR, BookSum, FOLLOWS, IN_PRINT, TITLE, TitleSum, YEAR};
use crate::data::{Book, Update};
use crate::graph::{Graph, Saved};
use crate::suite::Refused;
use ::woodland::{Batch, Model, NodeId, Pointer, Record, Replica, WriteError, all, define};
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::HashMap;
use std::path::Path;

/// A node.
#[derive(Record)]
#[woodland(name = "Book")]
pub(crate) struct Written {
    title: String,
    author: String,
    year: i64,
    in_print: bool,
    follows: Option<Pointer<Written>>,
}

/// A replica, and its books by number.
pub(crate) struct Dataset {
    replica: Replica,
    books: Vec<Pointer<Written>>,
}

fn model() -> Result<Model> {
    Ok(define().record::<Written>().model()?)
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
    type Name = Pointer<Written>;
    type Seen = Vec<(BookSum, Option<Pointer<Written>>)>;

    fn begin() -> Result<Self> {
        Ok(Dataset { replica: Replica::in_memory(model()?, 1)?, books: Vec::new() })
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
                    follows,
                });
                known.push(pointer);
            }
        })?;
        self.books = known;
        Ok(())
    }

    fn update(&mut self, updates: &[Update]) -> Result<()> {
        self.write(|batch| {
            for update in updates {
                let book = self.books[update.number as usize];
                batch.edit(book, Written::YEAR.set(update.year));
            }
        })
    }

    fn titles(&self, numbers: &[u32]) -> Result<u64> {
        let books: Vec<_> = numbers.iter().map(|number| self.books[*number as usize]).collect();
        let mut sum = TitleSum::default();
        for title in self.replica.snapshot().read(Written::TITLE.of(&books))? {
            sum.take(&title.context("a book is there")?);
        }
        Ok(sum.close())
    }

    fn book(&self, number: u32) -> Result<Self::Seen> {
        let books = self.replica.snapshot().read(&[self.books[number as usize]])?;
        books.into_iter().map(|book| Ok(seen(&book.context("a book is there")?))).collect()
    }

    fn walk(&self) -> Result<Self::Seen> {
        let books = self.replica.snapshot().read(all::<Written>())?;
        Ok(books.iter().map(|(_, book)| seen(book)).collect())
    }

    fn checksum(&self, seen: Self::Seen) -> Result<u64> {
        let numbers: HashMap<Pointer<Written>, i64> = self.books.iter().copied().zip(0..).collect();
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

    fn load(saved: &Saved<'_>, books: Vec<Pointer<Written>>) -> Result<Self> {
        let (replica, merged) = Replica::join_in_memory(model()?, saved.path, 2)?;
        let is_whole = merged.refused.is_empty() && merged.damage.is_empty() && merged.waiting == 0;
        ensure!(is_whole, "the log file was not taken whole");
        Ok(Dataset { replica, books })
    }

    fn names(&self, _: usize) -> Result<Vec<Pointer<Written>>> {
        Ok(self.books.clone())
    }

    fn use_names(&mut self, names: Vec<Pointer<Written>>) {
        self.books = names;
    }

    fn hold(&mut self) -> Result<()> {
        Ok(())
    }

    fn name_to_text(name: &Pointer<Written>) -> String {
        format!("{:032x}", u128::from_be_bytes(name.id().0))
    }

    fn name_from_text(text: &str) -> Result<Pointer<Written>> {
        Ok(Pointer::to(NodeId(u128::from_str_radix(text, 16)?.to_be_bytes())))
    }
}

/// The fields of a book but the pointer, whose number is looked up off the clock.
fn seen(book: &Written) -> (BookSum, Option<Pointer<Written>>) {
    let mut sum = BookSum::default();
    sum.text(TITLE, &book.title);
    sum.text(AUTHOR, &book.author);
    sum.number(YEAR, book.year);
    sum.flag(IN_PRINT, book.in_print);
    (sum, book.follows)
}
