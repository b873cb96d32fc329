//! The data that every store gets: records of about 150 bytes, each by its number.
//!
//! **Invariants**
//! - The same number gives the same record, in every process: nothing is handed on but numbers.
//! - Keys are spread evenly over all that 16 bytes can be: what is near in number is not near in a
//!   store that sorts.
//! - An edit turns a record's number over, and a sum takes it for the same record: a dataset can be
//!   used again after it.
//!
//! What this does not do: compress well. Labels are random letters.

/// What a record is found by.
pub(crate) type Key = [u8; 16];

/// Records in one batch, where there are batches.
pub(crate) const BATCH: u64 = 1_000;

const LABEL_LETTERS_MIN: usize = 80;
const LABEL_LETTERS_SPREAD: u64 = 80;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) label: String,
    pub(crate) number: i64,
}

impl Entry {
    /// The record with this number.
    pub(crate) fn of(number: u64) -> Self {
        let mut random = Random(!number);
        let letters = LABEL_LETTERS_MIN + random.below(LABEL_LETTERS_SPREAD) as usize;
        let mut label = String::with_capacity(letters);
        while label.len() < letters {
            let word = random.next().to_le_bytes().map(|byte| char::from(b'a' + byte % 26));
            label.extend(word);
        }
        label.truncate(letters);
        Entry { key: key(number), label, number: number as i64 }
    }

    /// Its part in the sum over a dataset.
    pub(crate) fn sum(&self) -> u64 {
        sum(&self.key, &self.label, self.number)
    }
}

/// The key of the record with this number.
pub(crate) fn key(number: u64) -> Key {
    let mut random = Random(number);
    let mut key = [0; 16];
    key[..8].copy_from_slice(&random.next().to_be_bytes());
    key[8..].copy_from_slice(&random.next().to_be_bytes());
    key
}

/// A record's part in the sum over a dataset, which does not depend on the order of records.
pub(crate) fn sum(key: &[u8], label: &str, number: i64) -> u64 {
    let bytes = key.iter().chain(label.as_bytes());
    let of_bytes = bytes.fold(0_u64, |sum, byte| {
        (sum.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517C_C1B7_2722_0A95)
    });
    mixed(of_bytes ^ number.max(!number) as u64)
}

/// The sum over the records with the numbers below this one.
pub(crate) fn sum_of(size: u64) -> u64 {
    (0..size).map(|number| Entry::of(number).sum()).fold(0, u64::wrapping_add)
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn mixed(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_the_same_each_time_and_differ_from_each_other() {
        assert_eq!(Entry::of(7), Entry::of(7));
        let keys: std::collections::BTreeSet<Key> = (0..1_000).map(key).collect();
        assert_eq!(keys.len(), 1_000);
        let lengths = (0..1_000).map(|number| Entry::of(number).label.len());
        assert!(lengths.into_iter().all(|length| (80..160).contains(&length)));
    }

    #[test]
    fn a_sum_sees_every_change_but_the_edit() {
        let entry = Entry::of(7);
        let edited = Entry { number: !entry.number, ..entry.clone() };
        assert_eq!(edited.sum(), entry.sum());
        let other = Entry { number: entry.number + 1, ..entry.clone() };
        assert_ne!(other.sum(), entry.sum());
        let other = Entry { label: entry.label.clone() + "a", ..entry.clone() };
        assert_ne!(other.sum(), entry.sum());
        assert_ne!(Entry { key: key(8), ..entry.clone() }.sum(), entry.sum());
    }
}
