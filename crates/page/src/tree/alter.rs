//! Changing a tree: one path is copied, a node that became too large is split.
//!
//! **Invariants**
//! - Where keys arrive ascending, full nodes stay behind.
//!
//! What this does not do: take out; see `remove`.

use crate::pages::Pages;
use crate::tree::{CHILDREN_MAX, Child, Key, Link, Node, Part, Tree, Valued, child_of, weight_of};

impl<K: Key, V: Valued> Tree<K, V> {
    /// Puts a value in place of what the key has.
    pub fn insert(&mut self, key: K, value: V) {
        self.alter(key, |held| match held {
            Some(held) => {
                *held = value;
                None
            }
            None => Some(value),
        });
    }

    /// Changes what the key has, or adds what the change gives where it has nothing.
    pub fn alter(&mut self, key: K, change: impl FnOnce(Option<&mut V>) -> Option<V>) {
        let root = self.root.get_or_insert_with(|| Link::of(Part::Leaf(Vec::new())));
        let altered = alter(root.change(&self.pages), &self.pages, key, change);
        self.len += altered.added;
        self.weight = self.weight.wrapping_add(altered.weight);
        if self.len == 0 {
            self.root = None;
        }
        let Some(upper) = altered.split else { return };
        let lower = self.root.take().expect("it was split");
        let least = lower.look(&self.pages).least().cloned().expect("what was split is not empty");
        let (len, weight) = (self.len - upper.len, self.weight.wrapping_sub(upper.weight));
        let lower = Child { least, len, weight, node: lower };
        self.root = Some(Link::of(Part::Inner(vec![lower, upper])));
    }
}

/// What a change of one node did.
struct Altered<K, V> {
    added: usize,
    /// By how much the weight grew; wraps where it shrank.
    weight: u64,
    /// The upper part of a node that became too large.
    split: Option<Child<K, V>>,
}

fn alter<K: Key, V: Valued>(
    node: &mut Node<K, V>,
    pages: &Pages,
    key: K,
    change: impl FnOnce(Option<&mut V>) -> Option<V>,
) -> Altered<K, V> {
    let children = match &mut node.part {
        Part::Leaf(entries) => return alter_leaf(entries, key, change),
        Part::Inner(children) => children,
    };
    let at = child_of(children, &key);
    let child = &mut children[at];
    let is_least = key < child.least;
    let least = is_least.then(|| key.clone());
    let mut altered = alter(child.node.change(pages), pages, key, change);
    if let Some(least) = least.filter(|_| altered.added > 0) {
        child.least = least;
    }
    child.len += altered.added;
    child.weight = child.weight.wrapping_add(altered.weight);
    if let Some(upper) = altered.split.take() {
        child.len -= upper.len;
        child.weight = child.weight.wrapping_sub(upper.weight);
        children.insert(at + 1, upper);
        if children.len() > CHILDREN_MAX {
            let upper = split(children, at + 2 >= CHILDREN_MAX);
            let least = upper[0].least.clone();
            let len = upper.iter().map(|child| child.len).sum();
            let weight = upper.iter().map(|child| child.weight).sum();
            let node = Link::of(Part::Inner(upper));
            altered.split = Some(Child { least, len, weight, node });
        }
    }
    altered
}

fn alter_leaf<K: Key, V: Valued>(
    entries: &mut Vec<(K, V)>,
    key: K,
    change: impl FnOnce(Option<&mut V>) -> Option<V>,
) -> Altered<K, V> {
    let unchanged = Altered { added: 0, weight: 0, split: None };
    match entries.binary_search_by(|(one, _)| one.cmp(&key)) {
        Ok(at) => {
            let value = &mut entries[at].1;
            let before = value.weight();
            change(Some(value));
            Altered { weight: value.weight().wrapping_sub(before), ..unchanged }
        }
        Err(at) => {
            let Some(value) = change(None) else { return unchanged };
            let weight = value.weight();
            if entries.len() == entries.capacity() {
                entries.reserve_exact(1 + entries.len() / 8);
            }
            entries.insert(at, (key, value));
            let split = (entries.len() > Tree::<K, V>::LEAF_MAX).then(|| {
                let upper = split(entries, at + 1 == entries.len());
                let (least, len) = (upper[0].0.clone(), upper.len());
                let weight = weight_of(&upper);
                Child { least, len, weight, node: Link::of(Part::Leaf(upper)) }
            });
            Altered { added: 1, weight, split }
        }
    }
}

/// Takes off the upper half; or, where keys arrive ascending, only what came last, so that full
/// nodes stay behind.
fn split<T>(items: &mut Vec<T>, ascending: bool) -> Vec<T> {
    let at = if ascending { items.len() - 1 } else { items.len() / 2 };
    let upper = items.split_off(at);
    items.shrink_to_fit();
    upper
}
