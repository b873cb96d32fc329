//! A sorted sequence that is short nearly always, and may be long.
//!
//! **Invariants**
//! - A value: a clone shares everything.
//! - Putting something in costs O(log n) once the sequence is long, whoever else holds it.
//!
//! What this does not do: know what the elements are sorted by.

use crate::rest::{read_all, write_all};
use std::sync::Arc;
use woodland_page::{Reading, Stored, Writing};

/// Up to this many elements are copied whole.
const FEW_MAX: usize = 32;

#[derive(Debug, Clone)]
pub(crate) enum Series<T: Clone> {
    Few(Arc<[T]>),
    Many(im::Vector<T>),
}

impl<T: Clone> Default for Series<T> {
    fn default() -> Self {
        Series::Few(Arc::new([]))
    }
}

impl<T: Clone> Series<T> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Series::Few(all) => all.len(),
            Series::Many(all) => all.len(),
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        match self {
            Series::Few(all) => all.get(at),
            Series::Many(all) => all.get(at),
        }
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Those from this place on.
    pub(crate) fn from(&self, at: usize) -> impl Iterator<Item = &T> {
        (at..self.len()).filter_map(|at| self.get(at))
    }

    /// How many stand before the first for which this does not hold.
    pub(crate) fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        // Most of what comes belongs at the end.
        if self.last().is_none_or(&holds) {
            return self.len();
        }
        let (mut lower, mut upper) = (0, self.len());
        while lower < upper {
            let middle = lower + (upper - lower) / 2;
            if self.get(middle).is_some_and(&holds) {
                lower = middle + 1;
            } else {
                upper = middle;
            }
        }
        lower
    }

    pub(crate) fn insert(&mut self, at: usize, element: T) {
        match self {
            Series::Few(all) if all.len() < FEW_MAX => {
                let (before, after) = all.split_at(at);
                *all =
                    before.iter().cloned().chain([element]).chain(after.iter().cloned()).collect();
            }
            Series::Few(all) => {
                let mut many: im::Vector<T> = all.iter().cloned().collect();
                many.insert(at, element);
                *self = Series::Many(many);
            }
            Series::Many(all) if at == all.len() => all.push_back(element),
            Series::Many(all) => all.insert(at, element),
        }
    }

    pub(crate) fn remove(&mut self, at: usize) {
        match self {
            Series::Few(all) => {
                *all = all[..at].iter().chain(&all[at + 1..]).cloned().collect();
            }
            Series::Many(all) => drop(all.remove(at)),
        }
    }
}

impl<T: Stored + Clone> Stored for Series<T> {
    fn write(&self, to: &mut Writing<'_>) {
        match self {
            Series::Few(all) => write_all(all.iter(), to),
            Series::Many(all) => write_all(all.iter(), to),
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let all: Vec<T> = read_all(from)?;
        Some(match all.len() {
            0..=FEW_MAX => Series::Few(all.into()),
            _ => Series::Many(all.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_a_sorted_vector_however_long() {
        let (mut series, mut model) = (Series::default(), Vec::new());
        for number in 0..200_u32 {
            let element = number * 77 % 199;
            let at = series.partition_point(|one| *one < element);
            assert_eq!(at, model.partition_point(|one| *one < element));
            let before = series.clone();
            series.insert(at, element);
            assert_eq!(before.from(0).copied().collect::<Vec<_>>(), model);
            model.insert(at, element);
        }
        assert_eq!(series.last(), model.last());
        for number in 0..200 {
            let at = number * 31 % model.len();
            series.remove(at);
            model.remove(at);
            assert_eq!(series.from(0).copied().collect::<Vec<_>>(), model);
        }
    }
}
