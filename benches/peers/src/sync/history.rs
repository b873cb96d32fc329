//! What both sides hold before they meet, and what they write then.
//!
//! **Invariants**
//! - The same sizes give the same history, on every machine.
//! - No two changes set one key, so that no peer has anything to forget.
//! - Authors of differences are as many as there can be, and lie anywhere among all authors.
//!
//! What this does not do: know how a peer keeps a change.

use crate::checksum::BookSum;
use crate::data::Random;

/// How many changes both sides hold when the suite is not told.
pub(crate) const SHARED: usize = 10_000;
/// As many where each case is only to be done once.
pub(crate) const SHARED_QUICK: usize = 400;
/// How long a value is: with it, Woodland's payload of a change has 99 bytes.
const VALUE_LETTERS: usize = 38;
/// Letters that are typed one after the other at one place.
const LETTERS_A_RUN: usize = 10;
/// So many runs each side types before they meet.
const RUNS_A_SIDE: usize = 100;
const SEED: u64 = 0x5EED_0F5C;

/// A key that is set to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The number of who does it.
    pub(crate) author: u32,
    /// The number of the key.
    pub(crate) number: u32,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Changes of one map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) authors: usize,
    /// What both sides hold.
    pub(crate) shared: Vec<Change>,
    /// What one of them holds alone.
    pub(crate) later: Vec<Change>,
}

impl History {
    /// So many shared changes, by authors in turn, and so many later ones.
    pub(crate) fn of(shared: usize, authors: usize, later: usize) -> Self {
        let mut random = Random(SEED);
        let order = random.order(authors);
        let by = |number: usize, author: u32, random: &mut Random| Change {
            author,
            number: number as u32,
            key: key(number as u32),
            value: (0..VALUE_LETTERS).map(|_| random.symbol()).collect(),
        };
        let of_shared = |number: usize| by(number, (number % authors) as u32, &mut random);
        let shared: Vec<Change> = (0..shared).map(of_shared).collect();
        let of_later =
            |number: usize| by(shared.len() + number, order[number % authors], &mut random);
        let later = (0..later).map(of_later).collect();
        History { authors, shared, later }
    }

    /// The shared changes of one author.
    pub(crate) fn shared_by(&self, author: u32) -> impl Iterator<Item = &Change> {
        self.shared.iter().skip(author as usize).step_by(self.authors)
    }

    /// The sum of all keys and values.
    pub(crate) fn sum(&self) -> u64 {
        let all = self.shared.iter().chain(&self.later);
        sum(all.map(|change| (change.key.as_str(), change.value.as_str())))
    }
}

/// The key with this number.
pub(crate) fn key(number: u32) -> String {
    format!("k{number:05}")
}

/// The sum of keys and values, in whichever order.
pub(crate) fn sum<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> u64 {
    let of_one = |(key, value): (&str, &str)| {
        let mut sum = BookSum::default();
        sum.text("key", key);
        sum.text("value", value);
        sum.close()
    };
    entries.into_iter().map(of_one).fold(0, u64::wrapping_add)
}

/// Random numbers that belong to an author: the peers' ids are made of them.
pub(crate) fn id_of(author: u32) -> [u64; 2] {
    let mut random = Random(SEED ^ u64::from(author) << 32);
    [random.next(), random.next()]
}

/// Letters that are typed at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Insertion {
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// A text that both sides hold, and what each types then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typing {
    /// Single letters.
    pub(crate) shared: Vec<Insertion>,
    /// One letter a side, so that each has typed before.
    pub(crate) greetings: [Insertion; 2],
    /// What each side types, in one go.
    pub(crate) later: [Vec<Insertion>; 2],
}

impl Typing {
    /// So many shared letters.
    pub(crate) fn of(letters: usize) -> Self {
        let mut random = Random(SEED ^ 1);
        let mut shared = Vec::new();
        while shared.len() < letters {
            let Insertion { at, text } = run(shared.len(), &mut random);
            let letters = text.chars().enumerate();
            shared.extend(
                letters.map(|(further, letter)| Insertion {
                    at: at + further,
                    text: letter.to_string(),
                }),
            );
        }
        shared.truncate(letters);
        let length = shared.len() + 2;
        let side = |random: &mut Random| {
            (0..RUNS_A_SIDE).map(|before| run(length + before * LETTERS_A_RUN, random)).collect()
        };
        let later = [side(&mut random), side(&mut random)];
        let greeting = |at: usize| Insertion { at, text: "o".to_owned() };
        Typing { greetings: [greeting(0), greeting(letters)], shared, later }
    }

    /// A sum over all letters, whose order is the peer's to choose where both typed at one place.
    pub(crate) fn sum(&self) -> u64 {
        let all = self.shared.iter().chain(&self.greetings).chain(self.later.iter().flatten());
        let all: String = all.map(|insertion| insertion.text.as_str()).collect();
        sum_of_letters(&all)
    }
}

/// A sum over the letters of a text, in whichever order.
pub(crate) fn sum_of_letters(text: &str) -> u64 {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    let letters: String = letters.into_iter().collect();
    sum([("letters", letters.as_str())])
}

/// Random letters at a random place of a text so long.
fn run(length: usize, random: &mut Random) -> Insertion {
    let at = random.below(length + 1);
    Insertion { at, text: (0..LETTERS_A_RUN).map(|_| random.letter()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn differences_are_by_as_many_authors_as_there_can_be() {
        for (authors, later, expected) in [(10, 20, 10), (1_000, 20, 20), (1_000, 2_000, 1_000)] {
            let history = History::of(1_000, authors, later);
            let found: BTreeSet<u32> = history.later.iter().map(|change| change.author).collect();
            assert_eq!((history.shared.len(), found.len()), (1_000, expected));
            let own: Vec<&Change> = history.shared_by(3).collect();
            assert!(own.iter().all(|change| change.author == 3) && own.len() == 1_000 / authors);
        }
    }

    #[test]
    fn all_is_typed_within_the_text() {
        let typing = Typing::of(1_000);
        let mut text = String::new();
        for insertion in typing.shared.iter().chain(&typing.greetings).chain(&typing.later[0]) {
            text.insert_str(insertion.at, &insertion.text);
        }
        assert_eq!(text.len(), 1_000 + 2 + RUNS_A_SIDE * LETTERS_A_RUN);
    }
}
