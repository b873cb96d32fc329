//! Entries of a tree in the order of their keys, from either end.
//!
//! **Invariants**
//! - A leaf is found once, however many of its entries are taken.
//!
//! What this does not do: lend entries. A leaf may come from a page, and lives no longer than it is
//! looked at; keys and values are cheap to clone.

use crate::tree::{Key, Looked, Tree, Valued};
use std::ops::Range;

/// Entries of a tree, from either end.
pub struct Entries<'a, K, V> {
    tree: &'a Tree<K, V>,
    left: Range<usize>,
    front: Option<Stretch<'a, K, V>>,
    back: Option<Stretch<'a, K, V>>,
}

/// A leaf, and which of its entries are not taken yet.
struct Stretch<'a, K, V> {
    leaf: Looked<'a, K, V>,
    left: Range<usize>,
}

impl<K, V> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        let Entries { tree, left, front, back } = self;
        Entries { tree, left: left.clone(), front: front.clone(), back: back.clone() }
    }
}

impl<K, V> Clone for Stretch<'_, K, V> {
    fn clone(&self) -> Self {
        Stretch { leaf: self.leaf.clone(), left: self.left.clone() }
    }
}

impl<'a, K: Key, V: Valued> Entries<'a, K, V> {
    pub(crate) fn of(tree: &'a Tree<K, V>, left: Range<usize>) -> Self {
        Entries { tree, left, front: None, back: None }
    }
}

impl<K: Key, V: Valued> Stretch<'_, K, V> {
    fn entry(&self, at: usize) -> Option<(K, V)> {
        self.leaf.entries().get(at).cloned()
    }
}

impl<K: Key, V: Valued> Iterator for Entries<'_, K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.left.next()?;
        if let Some(front) = &mut self.front
            && let Some(at) = front.left.next()
        {
            return front.entry(at);
        }
        let (leaf, at) = self.tree.leaf_of(index)?;
        let left = at + 1..leaf.entries().len();
        let front = self.front.insert(Stretch { leaf, left });
        front.entry(at)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl<K: Key, V: Valued> DoubleEndedIterator for Entries<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let index = self.left.next_back()?;
        if let Some(back) = &mut self.back
            && let Some(at) = back.left.next_back()
        {
            return back.entry(at);
        }
        let (leaf, at) = self.tree.leaf_of(index)?;
        let back = self.back.insert(Stretch { leaf, left: 0..at });
        back.entry(at)
    }
}

impl<K: Key, V: Valued> ExactSizeIterator for Entries<'_, K, V> {}
