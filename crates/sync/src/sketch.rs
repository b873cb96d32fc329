//! A sketch of a set: whoever holds a similar set learns from it what differs, and needs of it as
//! much as differs, however large both are.
//!
//! ```text
//!  symbol 0   1   2   3   4   5 …        each item is xored into symbol 0, and then into ever
//!  item a ■       ■           ■           fewer of those behind, chosen by its hash
//!  item b ■   ■           ■
//!
//!  mine ⊕ theirs: what both have is gone. A symbol with one item left gives it away; take it out
//!  of the others, and go on.
//! ```
//!
//! After "Practical Rateless Set Reconciliation" (Yang, Gilad, Alizadeh; SIGCOMM 2024): about 1.35
//! to 2 symbols for each item that differs, in one direction, and no estimate of how many do. The
//! steps between an item's symbols are computed with whole numbers, so that all machines agree.
//!
//! **Invariants**
//! - What is decoded hashes to what its symbols say, so nothing else than an item comes out but
//!   with a chance of 2⁻⁶⁴ each; symbols that fit nothing give no answer.
//! - Decoding ends, whatever the symbols are: it takes out at most as many items as there are
//!   symbols.
//!
//! What this does not do: choose how many symbols to send.

use crate::names::{AuthorName, CommitName, NamedTip, Purpose, Salt};
use std::collections::BTreeSet;

/// Some items of a set, xored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Symbol {
    /// Of their authors' names.
    pub author: u64,
    /// Of their seqs.
    pub seq: u64,
    /// Of their commits' names.
    pub commit: u64,
    /// Of their hashes.
    pub check: u64,
    /// How many there are; below zero where the other side has more of them.
    pub count: i64,
}

impl Symbol {
    fn mix(&mut self, item: &NamedTip, hash: u64, count: i64) {
        self.author ^= item.author.0;
        self.seq ^= item.seq;
        self.commit ^= item.commit.0;
        self.check ^= hash;
        self.count = self.count.wrapping_add(count);
    }

    /// The one item that is in it.
    fn only(&self, salt: Salt) -> Option<NamedTip> {
        let item = NamedTip {
            author: AuthorName(self.author),
            seq: self.seq,
            commit: CommitName(self.commit),
        };
        let is_one = matches!(self.count, 1 | -1) && hash_of(salt, &item) == self.check;
        is_one.then_some(item)
    }
}

fn hash_of(salt: Salt, item: &NamedTip) -> u64 {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&item.author.0.to_le_bytes());
    bytes[8..16].copy_from_slice(&item.seq.to_le_bytes());
    bytes[16..].copy_from_slice(&item.commit.0.to_le_bytes());
    salt.hash(Purpose::Item, &bytes)
}

/// The symbols that an item is in, ascending.
struct Places {
    state: u64,
    next: u64,
}

impl Places {
    fn of(hash: u64) -> Self {
        Places { state: hash, next: 0 }
    }
}

impl Iterator for Places {
    type Item = u64;

    /// The chance to be in symbol i is 1 / (1 + i / 2).
    fn next(&mut self) -> Option<u64> {
        let place = self.next;
        self.state = self.state.wrapping_mul(0xda94_2042_e4dd_58b5);
        // 2³² / sqrt(state + 1), with 32 bits behind the point.
        let root = (u128::MAX / (u128::from(self.state) + 1)).isqrt();
        let factor = root.saturating_sub(1 << 32);
        let step = ((u128::from(place) * 2 + 3) * factor).div_ceil(1 << 33);
        self.next = place.saturating_add(u64::try_from(step).unwrap_or(u64::MAX).max(1));
        Some(place)
    }
}

/// The first symbols of a set; a longer sketch of it begins with the same.
pub(crate) fn sketch<'a>(
    items: impl IntoIterator<Item = &'a NamedTip>,
    salt: Salt,
    symbols: usize,
) -> Vec<Symbol> {
    let mut sketch = vec![Symbol::default(); symbols];
    for item in items {
        mix(&mut sketch, item, hash_of(salt, item), 1);
    }
    sketch
}

fn mix(sketch: &mut [Symbol], item: &NamedTip, hash: u64, count: i64) {
    for place in Places::of(hash) {
        let symbol = usize::try_from(place).ok().and_then(|place| sketch.get_mut(place));
        let Some(symbol) = symbol else { return };
        symbol.mix(item, hash, count);
    }
}

/// What differs between two sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Difference {
    /// In the set that the sketch is of alone.
    pub(crate) theirs: BTreeSet<NamedTip>,
    /// In the other alone.
    pub(crate) mine: BTreeSet<NamedTip>,
}

/// What differs between a set that is there and one of which a sketch is; none where it takes more
/// symbols to tell, or they are of no set.
pub(crate) fn difference<'a>(
    mine: impl IntoIterator<Item = &'a NamedTip>,
    salt: Salt,
    theirs: &[Symbol],
) -> Option<Difference> {
    let mut left = theirs.to_vec();
    for item in mine {
        mix(&mut left, item, hash_of(salt, item), -1);
    }
    let mut found = Difference::default();
    let mut ready: Vec<usize> = (0..left.len()).collect();
    while let Some(at) = ready.pop() {
        let Some(item) = left[at].only(salt) else { continue };
        let count = left[at].count;
        let side = if count == 1 { &mut found.theirs } else { &mut found.mine };
        if !side.insert(item) {
            return None;
        }
        let hash = hash_of(salt, &item);
        for place in Places::of(hash) {
            let Some(place) = usize::try_from(place).ok().filter(|place| *place < left.len())
            else {
                break;
            };
            left[place].mix(&item, hash, -count);
            ready.push(place);
        }
    }
    left.iter().all(|symbol| *symbol == Symbol::default()).then_some(found)
}

/// About how many items differ, where a sketch is too short to tell which. Who is in symbol i is by
/// chance, so counts stray from what the sets' sizes would make them, by the root of how many
/// differ. Good to a factor of two, rather too many.
pub(crate) fn differing<'a>(
    mine: impl IntoIterator<Item = &'a NamedTip>,
    salt: Salt,
    theirs: &[Symbol],
) -> usize {
    let mine = sketch(mine, salt, theirs.len());
    // All are in the first; how many of these are in another says what the chance of that is.
    let ([first, others @ ..], [all, shares @ ..]) = (theirs, mine.as_slice()) else { return 0 };
    let (held, surplus) = (all.count as f64, first.count.wrapping_sub(all.count) as f64);
    let squares = others.iter().zip(shares).map(|(theirs, mine)| {
        let chance = (mine.count as f64 / held).clamp(0.01, 0.99);
        let stray = theirs.count.wrapping_sub(mine.count) as f64 - surplus * chance;
        stray * stray / (chance * (1.0 - chance))
    });
    let about = squares.sum::<f64>() / others.len().max(1) as f64;
    // The chances are those of a sample, which strays by itself.
    let about = about - surplus * surplus / held;
    // Whatever a peer makes up, this is a number; too large a one saturates.
    about.max(surplus.abs()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(number: u64) -> NamedTip {
        let salt = Salt([9; 16]);
        let name = |purpose| salt.hash(purpose, &number.to_le_bytes());
        NamedTip {
            author: AuthorName(name(Purpose::Author)),
            seq: number % 1000,
            commit: CommitName(name(Purpose::Commit)),
        }
    }

    /// How many symbols it takes, and what they say.
    fn needed(mine: &[NamedTip], theirs: &[NamedTip], salt: Salt) -> (usize, Difference) {
        let whole = sketch(theirs, salt, 4 * (mine.len() + theirs.len()) + 512);
        let told = |symbols: usize| difference(mine, salt, &whole[..symbols]);
        let symbols = (1..=whole.len()).find(|symbols| told(*symbols).is_some());
        let symbols = symbols.expect("enough of them tell");
        (symbols, told(symbols).expect("as just now"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_differs_comes_out(
            shared in 0_u64..300,
            mine in 0_u64..12,
            theirs in 0_u64..12,
            seed in any::<u8>(),
        ) {
            let all: Vec<NamedTip> = (0..shared + mine + theirs).map(item).collect();
            let (shared, mine) = (shared as usize, mine as usize);
            let left = [&all[..shared], &all[shared..shared + mine]].concat();
            let right = [&all[..shared], &all[shared + mine..]].concat();
            // How many symbols that takes is by chance, with a long tail: see the tests below.
            let (_, found) = needed(&left, &right, Salt([seed; 16]));
            prop_assert_eq!(found.mine, all[shared..shared + mine].iter().copied().collect());
            prop_assert_eq!(found.theirs, all[shared + mine..].iter().copied().collect());
        }

        /// Symbols that somebody made up end in an answer or none, and never in a panic or a loop.
        #[test]
        fn made_up_symbols_do_no_harm(
            numbers in prop::collection::vec((any::<u64>(), any::<u64>(), -3_i64..4), 1..60),
            held in 0_u64..40,
        ) {
            let salt = Salt([1; 16]);
            let symbols: Vec<Symbol> = numbers
                .iter()
                .map(|(number, check, count)| {
                    let item = item(number % 50);
                    let (check, count) = (check % 2, *count);
                    let mut symbol = Symbol { check, count, ..Symbol::default() };
                    symbol.mix(&item, hash_of(salt, &item), 0);
                    symbol
                })
                .collect();
            let mine: Vec<NamedTip> = (0..held).map(item).collect();
            if let Some(found) = difference(&mine, salt, &symbols) {
                prop_assert!(found.theirs.len() + found.mine.len() <= symbols.len());
            }
        }
    }

    /// The cost is that of the difference: the same for a set a hundred times as large.
    #[test]
    fn a_sketch_costs_what_differs_and_not_what_is_shared() {
        for (differing, most) in [(1_u64, 4.0), (20, 2.5), (200, 1.9)] {
            let mut ratios: Vec<f64> = (0..9_u8)
                .map(|seed| {
                    let all: Vec<NamedTip> = (0..2_000 + differing).map(item).collect();
                    let (shared, _) = all.split_at(2_000);
                    let salt = Salt([seed; 16]);
                    let whole = sketch(&all, salt, 4 * differing as usize + 16);
                    let told =
                        |symbols: &usize| difference(shared, salt, &whole[..*symbols]).is_some();
                    let symbols = (1..=whole.len()).step_by(1 + differing as usize / 20).find(told);
                    symbols.expect("enough of them tell") as f64 / differing as f64
                })
                .collect();
            ratios.sort_by(f64::total_cmp);
            let median = ratios[ratios.len() / 2];
            assert!(median <= most, "{differing} differ: {median} symbols for each");
        }
    }

    /// A sketch of few items may need many symbols, by bad luck: seldom.
    #[test]
    fn a_sketch_seldom_needs_much_more() {
        let (runs, mut over) = (400_u32, 0);
        for run in 0..runs {
            let mut salt = [5; 16];
            salt[..4].copy_from_slice(&run.to_le_bytes());
            let differing = 1 + run as usize % 24;
            let all: Vec<NamedTip> = (0..100 + differing as u64).map(item).collect();
            let (symbols, _) = needed(&all[..100], &all, Salt(salt));
            over += u32::from(symbols > 8 + 4 * differing);
        }
        assert!(over * 50 <= runs, "{over} of {runs} need more than 8 and four for each");
    }

    #[test]
    fn what_is_too_much_for_a_sketch_is_estimated() {
        for (mine, theirs) in [(0, 100), (40, 60), (500, 500), (0, 5_000), (3_000, 4_000)] {
            let all: Vec<NamedTip> = (0..2_000 + mine + theirs).map(item).collect();
            let (left, right) = (&all[..2_000 + mine as usize], &all[2_000 + mine as usize..]);
            let right: Vec<NamedTip> = all[..2_000].iter().chain(right).copied().collect();
            let about = (0..5_u8).map(|seed| {
                let salt = Salt([seed; 16]);
                differing(left, salt, &sketch(&right, salt, 32)) as f64
            });
            let mean = about.sum::<f64>() / 5.0;
            let truly = (mine + theirs) as f64;
            assert!((truly * 0.6..truly * 1.6).contains(&mean), "{truly}: {mean}");
        }
    }

    #[test]
    fn places_ascend_and_thin_out() {
        let mut counts = [0_u32; 64];
        for number in 0..4_000 {
            let places: Vec<u64> = Places::of(hash_of(Salt([3; 16]), &item(number)))
                .take_while(|at| *at < 64)
                .collect();
            assert!(places[0] == 0 && places.windows(2).all(|pair| pair[0] < pair[1]));
            places.iter().for_each(|at| counts[*at as usize] += 1);
        }
        for (at, count) in counts.iter().enumerate() {
            let expected = 4_000.0 / (1.0 + at as f64 / 2.0);
            assert!((f64::from(*count) - expected).abs() < expected * 0.35 + 40.0, "{at}: {count}");
        }
    }
}
