//! Collections whose clones share, as they stand in pages.
//!
//! **Invariants**
//! - A map stands as its keys ascend; bytes in which they do not are none.
//!
//! What this does not do: share in pages, too. A state of a kind is read whole, and written whole
//! where it changed: what it costs to look at one large object is in proportion to that object.

use woodland_page::{Reading, Stored, Writing};

/// Appends a count and so many values.
pub(crate) fn write_all<'a, T: Stored + 'a>(
    all: impl ExactSizeIterator<Item = &'a T>,
    to: &mut Writing<'_>,
) {
    to.number(all.len() as u64);
    all.for_each(|one| one.write(to));
}

/// Takes a count and so many values.
pub(crate) fn read_all<T: Stored, C: FromIterator<T>>(from: &mut Reading<'_>) -> Option<C> {
    (0..from.count()?).map(|_| T::read(from)).collect()
}

/// Appends a map, each of its values by `write`.
pub(crate) fn write_map<K: Stored + Ord + Clone, V: Clone>(
    map: &im::OrdMap<K, V>,
    to: &mut Writing<'_>,
    write: impl Fn(&V, &mut Writing<'_>),
) {
    to.number(map.len() as u64);
    for (key, value) in map {
        key.write(to);
        write(value, to);
    }
}

/// Takes a map, each of its values by `read`.
pub(crate) fn read_map<K: Stored + Ord + Clone, V: Clone>(
    from: &mut Reading<'_>,
    read: impl Fn(&mut Reading<'_>) -> Option<V>,
) -> Option<im::OrdMap<K, V>> {
    let entry = |from: &mut Reading<'_>| Some((K::read(from)?, read(from)?));
    let entries: Vec<(K, V)> = (0..from.count()?).map(|_| entry(from)).collect::<Option<_>>()?;
    let ascends = entries.is_sorted_by(|(one, _), (other, _)| one < other);
    ascends.then(|| entries.into_iter().collect())
}
