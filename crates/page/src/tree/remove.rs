//! Taking keys out of a tree; small neighbours become one.
//!
//! **Invariants**
//! - Nothing is copied for a key that is not there.
//!
//! What this does not do: keep nodes half full. What shrinks much is joined when it is touched.

use crate::pages::Pages;
use crate::tree::{CHILDREN_MAX, Child, Key, Node, Part, Tree, Valued, child_of};

impl<K: Key, V: Valued> Tree<K, V> {
    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.get(key)?;
        let pages = &self.pages;
        let root = self.root.as_mut()?;
        let (value, weight) = remove(root.change(pages), pages, key)?;
        self.len -= 1;
        self.weight = self.weight.wrapping_sub(weight);
        if self.len == 0 {
            self.root = None;
        }
        while let Some(root) = &mut self.root {
            let only = match &root.look(pages).part {
                Part::Inner(children) if children.len() == 1 => children[0].node.clone(),
                _ => break,
            };
            *root = only;
        }
        Some(value)
    }
}

/// Takes out a key that is there, and what it weighed.
fn remove<K: Key, V: Valued>(node: &mut Node<K, V>, pages: &Pages, key: &K) -> Option<(V, u64)> {
    let children = match &mut node.part {
        Part::Leaf(entries) => {
            let at = entries.binary_search_by(|(one, _)| one.cmp(key)).ok()?;
            let (_, value) = entries.remove(at);
            let weight = value.weight();
            return Some((value, weight));
        }
        Part::Inner(children) => children,
    };
    let at = child_of(children, key);
    let child = &mut children[at];
    let below = child.node.change(pages);
    let removed = remove(below, pages, key)?;
    let least = below.least().cloned();
    child.len -= 1;
    child.weight = child.weight.wrapping_sub(removed.1);
    let Some(least) = least else {
        children.remove(at);
        return Some(removed);
    };
    child.least = least;
    for left in [at.checked_sub(1), Some(at)].into_iter().flatten() {
        if left + 1 < children.len() && join(children, pages, left) {
            break;
        }
    }
    Some(removed)
}

/// Makes one of two neighbours that are small; false where they are not.
fn join<K: Key, V: Valued>(children: &mut Vec<Child<K, V>>, pages: &Pages, left: usize) -> bool {
    // A leaf's length is known without a look into it; that of an inner node is not worth a page.
    let together = children[left].len + children[left + 1].len;
    let limit = Tree::<K, V>::LEAF_MAX / 2 * CHILDREN_MAX;
    if together > limit {
        return false;
    }
    let fits = {
        let (one, other) = (&children[left].node, &children[left + 1].node);
        match (&one.look(pages).part, &other.look(pages).part) {
            (Part::Leaf(one), Part::Leaf(other)) => {
                one.len() + other.len() <= Tree::<K, V>::LEAF_MAX / 2
            }
            (Part::Inner(one), Part::Inner(other)) => one.len() + other.len() <= CHILDREN_MAX / 2,
            _ => false,
        }
    };
    if !fits {
        return false;
    }
    let right = children.remove(left + 1);
    let child = &mut children[left];
    child.len += right.len;
    child.weight += right.weight;
    match (&mut child.node.change(pages).part, &right.node.look(pages).part) {
        (Part::Leaf(one), Part::Leaf(other)) => one.extend_from_slice(other),
        (Part::Inner(one), Part::Inner(other)) => one.extend_from_slice(other),
        _ => {}
    }
    true
}
