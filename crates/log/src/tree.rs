//! A persistent ordered map that knows ranks: the index behind the order, the ids and the lines.
//!
//! A B-tree of shared nodes. Clone is O(1) and shares everything; a change copies the path to it,
//! where somebody else holds that path. Beside `im::OrdMap` it has two things: the weight of all
//! entries below a key in O(log n), and leaves that are as large as what they hold, so that a map
//! of one entry is not a node with room for sixteen.
//!
//! **Invariants**
//! - Keys ascend strictly; no node is empty, but the root of an empty tree.
//! - A child's `least`, `len` and `weight` say what is in its node.
//! - Recursion goes by the height, which is logarithmic.
//!
//! What this does not do: iterate faster than O(log n) a step; whoever reads much takes the runs
//! that it indexes.

use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

/// What an entry counts for in [`Tree::weight_below`].
pub(crate) trait Weigh {
    /// Nothing, unless it says otherwise.
    fn weight(&self) -> u64 {
        0
    }
}

impl Weigh for () {}

/// A persistent ordered map.
#[derive(Debug, Clone)]
pub(crate) struct Tree<K, V> {
    /// None where there is nothing.
    root: Option<Arc<Node<K, V>>>,
    len: usize,
    weight: u64,
}

#[derive(Debug, Clone)]
enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    Inner(Vec<Child<K, V>>),
}

#[derive(Debug, Clone)]
struct Child<K, V> {
    least: K,
    len: usize,
    weight: u64,
    node: Arc<Node<K, V>>,
}

/// Most children of a node.
const CHILDREN_MAX: usize = 32;

impl<K: Ord + Clone, V: Clone + Weigh> Default for Tree<K, V> {
    fn default() -> Self {
        Tree { root: None, len: 0, weight: 0 }
    }
}

impl<K: Ord + Clone, V: Clone + Weigh> Tree<K, V> {
    /// Most entries of a leaf: about a kilobyte.
    const LEAF_MAX: usize = {
        let entry = size_of::<(K, V)>();
        let fitting = 1024 / if entry == 0 { 1 } else { entry };
        if fitting < 8 {
            8
        } else if fitting > 64 {
            64
        } else {
            fitting
        }
    };

    /// How many entries it has.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the other shares its root with this one: then they are equal.
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    /// The value of this key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let mut node = self.root.as_deref()?;
        loop {
            match node {
                Node::Inner(children) => node = &children[child_of(children, key)].node,
                Node::Leaf(entries) => {
                    let at = entries.binary_search_by(|(one, _)| one.cmp(key)).ok()?;
                    return Some(&entries[at].1);
                }
            }
        }
    }

    /// The last entry whose key is not above this one.
    pub(crate) fn at_or_before(&self, key: &K) -> Option<(&K, &V)> {
        self.nth(self.rank(key, true).checked_sub(1)?)
    }

    /// The last entry.
    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        self.nth(self.len.checked_sub(1)?)
    }

    /// The entry before which there are `index` others.
    pub(crate) fn nth(&self, mut index: usize) -> Option<(&K, &V)> {
        let mut node = self.root.as_deref()?;
        loop {
            match node {
                Node::Leaf(entries) => return entries.get(index).map(|(key, value)| (key, value)),
                Node::Inner(children) => node = &pass(children, &mut index)?.node,
            }
        }
    }

    /// How many entries have a key below this one, or not above it.
    fn rank(&self, key: &K, with_equal: bool) -> usize {
        let mut below = 0;
        let Some(mut node) = self.root.as_deref() else { return 0 };
        loop {
            match node {
                Node::Leaf(entries) => {
                    let is_below = |one: &K| if with_equal { one <= key } else { one < key };
                    return below + entries.partition_point(|(one, _)| is_below(one));
                }
                Node::Inner(children) => {
                    let at = child_of(children, key);
                    below += children[..at].iter().map(|child| child.len).sum::<usize>();
                    node = &children[at].node;
                }
            }
        }
    }

    /// The weight of all entries.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// The weight of the entries whose key is below this one.
    pub(crate) fn weight_below(&self, key: &K) -> u64 {
        let mut below = 0;
        let Some(mut node) = self.root.as_deref() else { return 0 };
        loop {
            match node {
                Node::Leaf(entries) => {
                    let end = entries.partition_point(|(one, _)| one < key);
                    return below + weight_of(&entries[..end]);
                }
                Node::Inner(children) => {
                    let at = child_of(children, key);
                    below += children[..at].iter().map(|child| child.weight).sum::<u64>();
                    node = &children[at].node;
                }
            }
        }
    }

    /// The first entry up to and with which there is more weight than this, and the weight before
    /// it.
    pub(crate) fn at_weight(&self, weight: u64) -> Option<(&K, &V, u64)> {
        let mut before = 0;
        let mut node = self.root.as_deref()?;
        loop {
            match node {
                Node::Leaf(entries) => {
                    return entries.iter().find_map(|(key, value)| {
                        let start = before;
                        before += value.weight();
                        (weight < before).then_some((key, value, start))
                    });
                }
                Node::Inner(children) => {
                    let below = children.iter().find(|child| {
                        let is_here = weight < before + child.weight;
                        before += if is_here { 0 } else { child.weight };
                        is_here
                    });
                    node = &below?.node;
                }
            }
        }
    }

    /// The entries with keys in this range, from either end.
    pub(crate) fn range(&self, bounds: impl RangeBounds<K>) -> Entries<'_, K, V> {
        let start = match bounds.start_bound() {
            Bound::Unbounded => 0,
            Bound::Included(key) => self.rank(key, false),
            Bound::Excluded(key) => self.rank(key, true),
        };
        let end = match bounds.end_bound() {
            Bound::Unbounded => self.len,
            Bound::Included(key) => self.rank(key, true),
            Bound::Excluded(key) => self.rank(key, false),
        };
        Entries { tree: self, left: start..end.max(start), front: &[], back: &[] }
    }

    /// All entries.
    pub(crate) fn iter(&self) -> Entries<'_, K, V> {
        self.range(..)
    }

    /// Puts a value in place of what the key has.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.alter(key, |held| match held {
            Some(held) => {
                *held = value;
                None
            }
            None => Some(value),
        });
    }

    /// Changes what the key has, or adds what the change gives where it has nothing.
    pub(crate) fn alter(&mut self, key: K, change: impl FnOnce(Option<&mut V>) -> Option<V>) {
        let root = self.root.get_or_insert_default();
        let altered = alter(Arc::make_mut(root), key, change);
        self.len += altered.added;
        self.weight = self.weight.wrapping_add(altered.weight);
        let Some(upper) = altered.split else { return };
        let Some(least) = root.least().cloned() else { return };
        let (len, weight) = (self.len - upper.len, self.weight.wrapping_sub(upper.weight));
        let node = std::mem::take(root);
        let lower = Child { least, len, weight, node };
        *root = Arc::new(Node::Inner(vec![lower, upper]));
    }

    /// Takes a key out.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.get(key)?;
        let root = self.root.as_mut()?;
        let (value, weight) = remove(Arc::make_mut(root), key)?;
        self.len -= 1;
        self.weight = self.weight.wrapping_sub(weight);
        while let Node::Inner(children) = &**root
            && let [only] = children.as_slice()
        {
            *root = Arc::clone(&only.node);
        }
        if root.is_empty() {
            self.root = None;
        }
        Some(value)
    }

    /// The entries that are not in nodes which the other shares. Costs what it gives, where one
    /// tree was made from the other; some of it may be equal all the same.
    pub(crate) fn unshared<'a>(&'a self, other: &Self) -> Vec<(&'a K, &'a V)> {
        let mut found = Vec::new();
        match (&self.root, &other.root) {
            (Some(own), Some(root)) => {
                unshared((own, self.height()), (root, other.height()), &mut found);
            }
            (Some(own), None) => all(own, &mut found),
            (None, _) => {}
        }
        found
    }

    fn height(&self) -> usize {
        let mut height = 0;
        let Some(mut node) = self.root.as_ref() else { return 0 };
        while let Node::Inner(children) = &**node
            && let Some(first) = children.first()
        {
            height += 1;
            node = &first.node;
        }
        height
    }

    /// The leaf in which the entry with this index stands, from that entry on.
    fn leaf_from(&self, mut index: usize) -> &[(K, V)] {
        let Some(mut node) = self.root.as_deref() else { return &[] };
        loop {
            match node {
                Node::Leaf(entries) => return entries.get(index..).unwrap_or_default(),
                Node::Inner(children) => {
                    let Some(child) = pass(children, &mut index) else { return &[] };
                    node = &child.node;
                }
            }
        }
    }

    /// The leaf in which the entry with this index stands, up to and with that entry.
    fn leaf_to(&self, mut index: usize) -> &[(K, V)] {
        let Some(mut node) = self.root.as_deref() else { return &[] };
        loop {
            match node {
                Node::Leaf(entries) => return entries.get(..=index).unwrap_or_default(),
                Node::Inner(children) => {
                    let Some(child) = pass(children, &mut index) else { return &[] };
                    node = &child.node;
                }
            }
        }
    }
}

impl<K, V> Default for Node<K, V> {
    fn default() -> Self {
        Node::Leaf(Vec::new())
    }
}

impl<K, V> Node<K, V> {
    fn least(&self) -> Option<&K> {
        match self {
            Node::Leaf(entries) => entries.first().map(|(key, _)| key),
            Node::Inner(children) => children.first().map(|child| &child.least),
        }
    }

    fn is_empty(&self) -> bool {
        self.least().is_none()
    }
}

/// The child in which the entry with this index stands; the index is then counted in it.
fn pass<'a, K, V>(children: &'a [Child<K, V>], index: &mut usize) -> Option<&'a Child<K, V>> {
    children.iter().find(|child| {
        let is_here = *index < child.len;
        *index -= if is_here { 0 } else { child.len };
        is_here
    })
}

/// The child whose part of the keys this one is in.
fn child_of<K: Ord, V>(children: &[Child<K, V>], key: &K) -> usize {
    children.partition_point(|child| child.least <= *key).saturating_sub(1)
}

fn weight_of<K, V: Weigh>(entries: &[(K, V)]) -> u64 {
    entries.iter().map(|(_, value)| value.weight()).sum()
}

fn unshared<'a, K: Ord, V>(
    (own, height): (&'a Arc<Node<K, V>>, usize),
    (other, other_height): (&Arc<Node<K, V>>, usize),
    found: &mut Vec<(&'a K, &'a V)>,
) {
    if Arc::ptr_eq(own, other) {
        return;
    }
    let children = match &**own {
        Node::Leaf(entries) => {
            found.extend(entries.iter().map(|(key, value)| (key, value)));
            return;
        }
        Node::Inner(children) => children,
    };
    for child in children {
        let same = match &**other {
            Node::Inner(others) if height == other_height => {
                let at = others.binary_search_by(|one| one.least.cmp(&child.least));
                at.ok().map(|at| (&others[at].node, other_height - 1))
            }
            _ => Some((other, other_height)),
        };
        match same {
            Some(same) => unshared((&child.node, height - 1), same, found),
            None => all(&child.node, found),
        }
    }
}

fn all<'a, K, V>(node: &'a Node<K, V>, found: &mut Vec<(&'a K, &'a V)>) {
    match node {
        Node::Leaf(entries) => found.extend(entries.iter().map(|(key, value)| (key, value))),
        Node::Inner(children) => children.iter().for_each(|child| all(&child.node, found)),
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

fn alter<K: Ord + Clone, V: Clone + Weigh>(
    node: &mut Node<K, V>,
    key: K,
    change: impl FnOnce(Option<&mut V>) -> Option<V>,
) -> Altered<K, V> {
    let children = match node {
        Node::Leaf(entries) => return alter_leaf(entries, key, change),
        Node::Inner(children) => children,
    };
    let at = child_of(children, &key);
    let child = &mut children[at];
    let is_least = key < child.least;
    let least = is_least.then(|| key.clone());
    let mut altered = alter(Arc::make_mut(&mut child.node), key, change);
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
            let node = Arc::new(Node::Inner(upper));
            altered.split = Some(Child { least, len, weight, node });
        }
    }
    altered
}

fn alter_leaf<K: Ord + Clone, V: Clone + Weigh>(
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
                Child { least, len, weight, node: Arc::new(Node::Leaf(upper)) }
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

/// Takes out a key that is there, and what it weighed.
fn remove<K: Ord + Clone, V: Clone + Weigh>(node: &mut Node<K, V>, key: &K) -> Option<(V, u64)> {
    let children = match node {
        Node::Leaf(entries) => {
            let at = entries.binary_search_by(|(one, _)| one.cmp(key)).ok()?;
            let (_, value) = entries.remove(at);
            let weight = value.weight();
            return Some((value, weight));
        }
        Node::Inner(children) => children,
    };
    let at = child_of(children, key);
    let child = &mut children[at];
    let removed = remove(Arc::make_mut(&mut child.node), key)?;
    child.len -= 1;
    child.weight = child.weight.wrapping_sub(removed.1);
    if child.node.is_empty() {
        children.remove(at);
        return Some(removed);
    }
    if let Some(least) = child.node.least() {
        child.least = least.clone();
    }
    for left in [at.checked_sub(1), Some(at)].into_iter().flatten() {
        if left + 1 < children.len() && join(children, left) {
            break;
        }
    }
    Some(removed)
}

/// Makes one of two neighbours that are small; false where they are not.
fn join<K: Ord + Clone, V: Clone + Weigh>(children: &mut Vec<Child<K, V>>, left: usize) -> bool {
    let fits = match (&*children[left].node, &*children[left + 1].node) {
        (Node::Leaf(one), Node::Leaf(other)) => {
            one.len() + other.len() <= Tree::<K, V>::LEAF_MAX / 2
        }
        (Node::Inner(one), Node::Inner(other)) => one.len() + other.len() <= CHILDREN_MAX / 2,
        _ => false,
    };
    if !fits {
        return false;
    }
    let right = children.remove(left + 1);
    let child = &mut children[left];
    child.len += right.len;
    child.weight += right.weight;
    match (Arc::make_mut(&mut child.node), &*right.node) {
        (Node::Leaf(one), Node::Leaf(other)) => one.extend_from_slice(other),
        (Node::Inner(one), Node::Inner(other)) => one.extend_from_slice(other),
        _ => {}
    }
    true
}

/// Entries of a tree, from either end.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'a, K, V> {
    tree: &'a Tree<K, V>,
    left: Range<usize>,
    /// What is left of the leaf that the front is in.
    front: &'a [(K, V)],
    /// What is left of the leaf that the back is in.
    back: &'a [(K, V)],
}

impl<'a, K: Ord + Clone, V: Clone + Weigh> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.left.next()?;
        if self.front.is_empty() {
            self.front = self.tree.leaf_from(index);
        }
        let ((key, value), rest) = self.front.split_first()?;
        self.front = rest;
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl<K: Ord + Clone, V: Clone + Weigh> DoubleEndedIterator for Entries<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let index = self.left.next_back()?;
        if self.back.is_empty() {
            self.back = self.tree.leaf_to(index);
        }
        let ((key, value), rest) = self.back.split_last()?;
        self.back = rest;
        Some((key, value))
    }
}

impl<K: Ord + Clone, V: Clone + Weigh> ExactSizeIterator for Entries<'_, K, V> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Heavy(u64);

    impl Weigh for Heavy {
        fn weight(&self) -> u64 {
            self.0
        }
    }

    /// The same answers as a map of the standard library.
    fn agree(tree: &Tree<u16, Heavy>, model: &BTreeMap<u16, Heavy>, probe: u16) {
        assert_eq!(tree.len(), model.len());
        let weight: u64 = model.values().map(|value| value.0).sum();
        assert_eq!(tree.weight(), weight);
        assert_eq!(tree.get(&probe), model.get(&probe));
        assert_eq!(tree.at_or_before(&probe), model.range(..=probe).next_back());
        assert_eq!(tree.last(), model.last_key_value());
        let below: u64 = model.range(..probe).map(|(_, value)| value.0).sum();
        assert_eq!(tree.weight_below(&probe), below);
        assert!(tree.iter().eq(model.iter()));
        assert!(tree.iter().rev().eq(model.iter().rev()));
        let upper = probe.saturating_add(500);
        assert!(tree.range(probe..upper).eq(model.range(probe..upper)));
        assert!(tree.range(..=probe).rev().eq(model.range(..=probe).rev()));
        let mut before = 0;
        for (key, value) in model {
            for weight in [before, before + value.0 - 1] {
                assert_eq!(tree.at_weight(weight), Some((key, value, before)));
            }
            before += value.0;
        }
        assert_eq!(tree.at_weight(weight), None);
        let mut both = tree.iter();
        let mut met = 0;
        while both.next().is_some() {
            met += 1 + usize::from(both.next_back().is_some());
        }
        assert_eq!(met, model.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_tree_is_an_ordered_map_and_its_clones_stay_as_they_are(
            acts in prop::collection::vec((any::<bool>(), 0u16..2000, 1u64..9), 1..1500),
            kept in 0usize..1500,
        ) {
            let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
            let mut earlier = (tree.clone(), model.clone());
            for (number, (remove, key, weight)) in acts.iter().enumerate() {
                if number == kept {
                    earlier = (tree.clone(), model.clone());
                }
                if *remove {
                    prop_assert_eq!(tree.remove(key), model.remove(key));
                } else {
                    tree.insert(*key, Heavy(*weight));
                    model.insert(*key, Heavy(*weight));
                }
            }
            let unshared = tree.unshared(&earlier.0);
            for (key, value) in &model {
                let is_new = earlier.1.get(key) != Some(value);
                prop_assert!(!is_new || unshared.contains(&(key, value)));
            }
            for (tree, model) in [(&tree, &model), (&earlier.0, &earlier.1)] {
                agree(tree, model, acts[0].1);
            }
            for key in model.clone().keys() {
                prop_assert_eq!(tree.remove(key), model.remove(key));
            }
            agree(&tree, &model, 7);
        }
    }

    #[test]
    fn what_two_trees_share_is_not_looked_at() {
        let mut tree = Tree::<u64, Heavy>::default();
        for key in 0..100_000 {
            tree.insert(key, Heavy(1));
        }
        let before = tree.clone();
        tree.insert(5, Heavy(2));
        tree.insert(100_000, Heavy(1));
        let looked_at = tree.unshared(&before).len();
        assert!(looked_at <= 2 * Tree::<u64, Heavy>::LEAF_MAX, "{looked_at}");
        assert!(before.unshared(&before.clone()).is_empty());
    }

    #[test]
    fn keys_that_ascend_fill_the_leaves() {
        let mut tree = Tree::<u64, Heavy>::default();
        for key in 0..100_000 {
            tree.insert(key, Heavy(1));
        }
        fn leaves(node: &Node<u64, Heavy>) -> usize {
            match node {
                Node::Leaf(_) => 1,
                Node::Inner(children) => children.iter().map(|child| leaves(&child.node)).sum(),
            }
        }
        let root = tree.root.as_deref().unwrap();
        assert_eq!(leaves(root), 100_000usize.div_ceil(Tree::<u64, Heavy>::LEAF_MAX));
    }
}
