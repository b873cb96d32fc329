//! Checksums over what was read: equal for all peers, or something was not read.
//!
//! **Invariants**
//! - The sum over books does not depend on the order of books, nor a book's on the order of its
//!   fields: each peer walks in its own order.
//! - A sum costs a few nanoseconds a field, the same for every peer: it is taken on the clock, and
//!   proves that each byte was looked at.
//!
//! What this does not do: resist anybody. It finds mistakes.

use crate::data::Book;

/// The names of the fields, as peers with string keys use them.
pub(crate) const TITLE: &str = "title";
pub(crate) const AUTHOR: &str = "author";
pub(crate) const YEAR: &str = "year";
pub(crate) const IN_PRINT: &str = "in_print";
pub(crate) const FOLLOWS: &str = "follows";

/// One book's fields, as far as they were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BookSum {
    sum: u64,
    fields: u64,
}

impl BookSum {
    /// A field with a string.
    pub(crate) fn text(&mut self, field: &str, value: &str) {
        self.take(field, of_bytes(value.as_bytes()));
    }

    /// A field with an integer, or the number of the book that is pointed to.
    pub(crate) fn number(&mut self, field: &str, value: i64) {
        self.take(field, value as u64);
    }

    /// A field with a flag.
    pub(crate) fn flag(&mut self, field: &str, value: bool) {
        self.take(field, u64::from(value));
    }

    fn take(&mut self, field: &str, value: u64) {
        // The five names differ in their first letters.
        let field = u64::from(field.as_bytes().first().copied().unwrap_or_default());
        self.sum = self.sum.wrapping_add(mixed(value ^ (field << 56)));
        self.fields += 1;
    }

    /// The sum of the book.
    pub(crate) fn close(self) -> u64 {
        mixed(self.sum ^ self.fields)
    }
}

/// The sum of a book as it should be read.
fn of_book(book: &Book) -> u64 {
    let mut sum = BookSum::default();
    sum.text(TITLE, &book.title);
    sum.text(AUTHOR, &book.author);
    sum.number(YEAR, book.year);
    sum.flag(IN_PRINT, book.in_print);
    if let Some(follows) = &book.follows {
        sum.number(FOLLOWS, follows.number.into());
    }
    sum.close()
}

/// The sum of books as they should be read.
pub(crate) fn of_books(books: &[Book]) -> u64 {
    books.iter().map(of_book).fold(0, u64::wrapping_add)
}

/// Titles, in an order that counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TitleSum(u64);

impl TitleSum {
    /// The next title.
    pub(crate) fn take(&mut self, title: &str) {
        self.0 = mixed(self.0.wrapping_add(of_bytes(title.as_bytes())));
    }

    /// The sum of all.
    pub(crate) fn close(self) -> u64 {
        self.0
    }
}

/// Eight bytes at a time, as in FxHash.
fn of_bytes(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x517C_C1B7_2722_0A95;
    let mut sum = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut tail = [0; 8];
    tail[..rest.len()].copy_from_slice(rest);
    for word in words.iter().chain([&tail]) {
        sum = (sum.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
    }
    sum
}

fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value ^ (value >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;

    #[test]
    fn any_change_of_a_field_is_seen() {
        let books = Data::of(20).books;
        let whole = of_books(&books);
        let changes: [fn(&mut Book); 5] = [
            |book| book.title.push(' '),
            |book| book.author = "b".to_owned(),
            |book| book.year += 1,
            |book| book.in_print = !book.in_print,
            |book| book.follows = None,
        ];
        for change in changes {
            let mut other = books.clone();
            change(&mut other[7]);
            assert_ne!(of_books(&other), whole);
        }
        let mut swapped = books.clone();
        let title = std::mem::take(&mut swapped[3].title);
        swapped[3].title = std::mem::replace(&mut swapped[4].title, title);
        assert_ne!(of_books(&swapped), whole, "titles of two books are swapped");
        swapped.reverse();
        assert_ne!(of_books(&swapped), whole);
    }

    #[test]
    fn the_order_of_fields_and_books_does_not_count() {
        let (mut one, mut other) = (BookSum::default(), BookSum::default());
        one.text(TITLE, "a");
        one.flag(IN_PRINT, true);
        other.flag(IN_PRINT, true);
        other.text(TITLE, "a");
        assert_eq!(one.close(), other.close());
        let mut books = Data::of(20).books;
        let whole = of_books(&books);
        books.reverse();
        assert_eq!(of_books(&books), whole);
    }
}
