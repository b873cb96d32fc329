//! Numbers with a sign, and ordered collections, as they stand in pages.
//!
//! **Invariants**
//! - Numbers near zero take few bytes, on either side of it.
//! - A collection stands as its elements ascend; bytes in which they do not are none.
//!
//! What this does not do: share. A collection is read whole; one that may be large is a
//! [`crate::Tree`].

use crate::codec::{Reading, Stored, Writing};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

macro_rules! stored_with_sign {
    ($($number:ident)*) => {$(
        impl Stored for $number {
            fn write(&self, to: &mut Writing<'_>) {
                i128::from(*self).write(to);
            }

            fn read(from: &mut Reading<'_>) -> Option<Self> {
                i128::read(from)?.try_into().ok()
            }
        }
    )*};
}

stored_with_sign!(i8 i16 i32 i64);

impl Stored for i128 {
    fn write(&self, to: &mut Writing<'_>) {
        // 0, -1, 1, -2 …: the sign last, so that it costs one bit.
        let folded = ((self << 1) ^ (self >> 127)).cast_unsigned();
        match u64::try_from(folded) {
            Ok(number) if number < u64::MAX => to.number(number),
            _ => {
                to.number(u64::MAX);
                to.raw(&folded.to_le_bytes());
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let folded = match from.number()? {
            u64::MAX => {
                let folded = from.array().map(u128::from_le_bytes)?;
                (folded >= u128::from(u64::MAX)).then_some(folded)?
            }
            number => u128::from(number),
        };
        Some((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
    }
}

impl Stored for Arc<str> {
    fn write(&self, to: &mut Writing<'_>) {
        to.bytes(self.as_bytes());
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        std::str::from_utf8(from.bytes()?).ok().map(Arc::from)
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.len() as u64);
        self.iter().for_each(|one| one.write(to));
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let all: Vec<T> = Stored::read(from)?;
        all.is_sorted_by(|one, other| one < other).then(|| all.into_iter().collect())
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.len() as u64);
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let all: Vec<(K, V)> = Stored::read(from)?;
        all.is_sorted_by(|(one, _), (other, _)| one < other).then(|| all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{PageRef, PageSink, Pages};
    use std::fmt::Debug;

    /// Keeps the last page.
    #[derive(Default)]
    struct Last(Vec<u8>);

    impl PageSink for Last {
        fn put(&mut self, bytes: Vec<u8>) -> PageRef {
            self.0 = bytes;
            PageRef::of(0, &self.0)
        }
    }

    fn body<T: Stored>(value: &T) -> Vec<u8> {
        let mut last = Last::default();
        crate::codec::rest(value, &mut last);
        // Before the body stands that there are no references.
        last.0.split_off(1)
    }

    fn read<T: Stored>(bytes: &[u8]) -> Option<T> {
        let pages = Pages::default();
        let mut from = Reading::of(bytes, &pages);
        T::read(&mut from).filter(|_| from.is_at_end())
    }

    fn comes_back<T: Stored + PartialEq + Debug>(value: T) -> usize {
        let bytes = body(&value);
        assert_eq!(read::<T>(&bytes), Some(value));
        assert_eq!(read::<T>(&bytes[..bytes.len() - 1]), None, "cut");
        bytes.len()
    }

    #[test]
    fn numbers_come_back_and_small_ones_are_short() {
        for number in [0, 1, -1, 63, -64] {
            assert_eq!((comes_back(number), comes_back(number as i8)), (1, 1));
        }
        let halves = [i64::MAX, i64::MIN].map(i128::from);
        for number in halves.into_iter().flat_map(|one| [one - 1, one, one + 1]) {
            comes_back(number);
        }
        assert_eq!((comes_back(i128::MAX), comes_back(i128::MIN)), (26, 26));
        comes_back(i64::MIN);
        assert_eq!(read::<i8>(&body(&200_i64)), None);
    }

    #[test]
    fn collections_come_back_and_one_that_does_not_ascend_is_none() {
        comes_back(BTreeSet::from([3_u8, 1, 2]));
        comes_back(BTreeMap::from([(Arc::<str>::from("b"), 1_u8), (Arc::from("a"), 2)]));
        assert_eq!(read::<BTreeSet<u8>>(&[2, 7, 7]), None);
        assert_eq!(read::<BTreeMap<u8, u8>>(&[2, 8, 0, 7, 0]), None);
    }
}
