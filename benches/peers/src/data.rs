//! The data that every peer gets: books, from a seed.
//!
//! A book has five fields: a title and an author (strings), the year it appeared (an integer),
//! whether it is in print (a flag), and the book it follows (a pointer to another node). Authors
//! repeat, titles hardly; a book follows one that was inserted before it, and the first follows
//! none.
//!
//! **Invariants**
//! - The same count gives the same books, updates and order of reading, on every machine.
//! - An update changes the year: no peer can take it for nothing new.
//! - An order of reading names every book once.
//!
//! What this does not do: know how a peer keeps a book.

/// How many books the suite has when it is not told.
pub(crate) const NODES: usize = 100_000;
/// Nodes or updates in one batch, where there are many batches.
pub(crate) const BATCH: usize = 1_000;
/// Of so many books, one is updated in a batch of its own.
const SINGLES_ONE_IN: usize = 10;
const SEED: u64 = 0x5EED_0F80_0C50;
/// Words of titles, names of authors.
const WORDS: usize = 600;
/// Of so many books, one is by a new author.
const BOOKS_AN_AUTHOR: usize = 40;

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Book {
    /// The key in peers that name nodes by keys.
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) year: i64,
    pub(crate) in_print: bool,
    /// A book before this one.
    pub(crate) follows: Option<Followed>,
}

/// A book that is pointed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) number: u32,
    pub(crate) key: String,
}

/// A new year for the book with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) number: u32,
    pub(crate) year: i64,
}

/// All that the graph suite works on.
pub(crate) struct Data {
    pub(crate) books: Vec<Book>,
    /// One for each book, in an order of its own.
    pub(crate) updates: Vec<Update>,
    /// The numbers of all books, in another order.
    pub(crate) reads: Vec<u32>,
}

impl Data {
    /// So many books and what is done to them.
    pub(crate) fn of(count: usize) -> Self {
        let mut random = Random(SEED);
        let words: Vec<String> = (0..WORDS).map(|_| random.word()).collect();
        let authors: Vec<String> = (0..count.div_ceil(BOOKS_AN_AUTHOR).max(1))
            .map(|_| format!("{} {}", capital(random.of(&words)), capital(random.of(&words))))
            .collect();
        let books: Vec<Book> =
            (0..count).map(|number| book(number, &mut random, &words, &authors)).collect();
        let update = |number: u32, random: &mut Random| Update {
            number,
            year: books[number as usize].year + 1 + random.below(20) as i64,
        };
        let updates = random.order(count);
        let updates = updates.into_iter().map(|number| update(number, &mut random)).collect();
        let reads = random.order(count);
        Data { books, updates, reads }
    }

    /// The updates that are written one a batch.
    pub(crate) fn singles(&self) -> &[Update] {
        &self.updates[..self.updates.len().div_ceil(SINGLES_ONE_IN)]
    }

    /// The books after these updates.
    pub(crate) fn after(&self, updates: &[Update]) -> Vec<Book> {
        let mut books = self.books.clone();
        for update in updates {
            books[update.number as usize].year = update.year;
        }
        books
    }
}

fn book(number: usize, random: &mut Random, words: &[String], authors: &[String]) -> Book {
    let count = 3 + random.below(3);
    let title: Vec<&str> = (0..count).map(|_| random.of(words)).collect();
    Book {
        key: key(number as u32),
        title: capital(&title.join(" ")),
        author: random.of(authors).to_owned(),
        year: 1800 + random.below(220) as i64,
        in_print: random.below(10) < 7,
        follows: (number > 0).then(|| {
            let number = random.below(number) as u32;
            Followed { number, key: key(number) }
        }),
    }
}

/// The key of the book with this number.
pub(crate) fn key(number: u32) -> String {
    format!("b{number}")
}

/// The number of the book with this key.
pub(crate) fn number_of(key: &str) -> Option<u32> {
    key.strip_prefix('b')?.parse().ok()
}

fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The bias of the remainder is far below what any measurement here could show.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of<'a>(&mut self, list: &'a [String]) -> &'a str {
        &list[self.below(list.len())]
    }

    /// A small letter.
    pub(crate) fn letter(&mut self) -> char {
        char::from(b'a' + self.below(26) as u8)
    }

    /// A small or capital letter, or a digit.
    pub(crate) fn symbol(&mut self) -> char {
        const SYMBOLS: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        SYMBOLS[self.below(SYMBOLS.len())].into()
    }

    /// One to three syllables.
    fn word(&mut self) -> String {
        const CONSONANTS: &[u8] = b"bdfghklmnprstvwz";
        const VOWELS: &[u8] = b"aeiou";
        let mut word = String::new();
        for _ in 0..1 + self.below(3) {
            word.push(CONSONANTS[self.below(CONSONANTS.len())].into());
            word.push(VOWELS[self.below(VOWELS.len())].into());
        }
        word.push(CONSONANTS[self.below(CONSONANTS.len())].into());
        word
    }

    /// The numbers below this one, shuffled.
    pub(crate) fn order(&mut self, count: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count as u32).collect();
        for at in (1..count).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_count_gives_the_same_data() {
        let (one, other) = (Data::of(500), Data::of(500));
        assert_eq!((one.books, one.updates), (other.books, other.updates));
        assert_eq!(one.reads, other.reads);
    }

    #[test]
    fn orders_name_every_book_once_and_updates_change_something() {
        let data = Data::of(500);
        for mut numbers in [data.reads.clone(), data.updates.iter().map(|u| u.number).collect()] {
            numbers.sort_unstable();
            assert_eq!(numbers, (0..500).collect::<Vec<u32>>());
        }
        assert!(data.updates.iter().all(|u| data.books[u.number as usize].year != u.year));
        assert!(data.books[1..].iter().all(|book| book.follows.is_some()));
        assert_eq!(number_of(&data.books[77].key), Some(77));
    }
}
