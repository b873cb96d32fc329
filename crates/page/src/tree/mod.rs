//! A persistent ordered map that knows ranks, whose nodes stand in memory or in pages.
//!
//! ```text
//!   root ──► inner ──┬─ least, len, weight ──► leaf     in memory
//!                    └─ least, len, weight ──► page 7   at rest, read when it is looked into
//! ```
//!
//! A B-tree of shared nodes. Clone is O(1) and shares everything; a change copies the path to it,
//! where somebody else holds that path. Beside `im::OrdMap` it has three things: the weight of all
//! entries below a key in O(log n); leaves that are as large as what they hold, so that a map of
//! one entry is not a node with room for sixteen; and nodes that stand in pages.
//!
//! **Invariants**
//! - Keys ascend strictly; no node is empty, but the root of an empty tree.
//! - A child's `least`, `len` and `weight` say what is in its node.
//! - A node in memory that has a page is equal to it; whoever changes the node takes the page from
//!   it. A node that was read from a page has children in pages alone.
//! - Recursion goes by the height, which is logarithmic.
//!
//! Every look into a tree may read pages, and unwinds to [`crate::catch`] where one cannot be had.
//!
//! What this does not do: iterate faster than O(log n) a leaf; keep what it read, which is for the
//! cache.

mod alter;
mod entries;
mod remove;
mod rest;
mod unshared;

#[cfg(test)]
mod tests;

pub use crate::tree::entries::Entries;

use crate::codec::Stored;
use crate::pages::{PageRef, Pages};
use std::fmt;
use std::ops::{Bound, Deref, RangeBounds};
use std::sync::{Arc, OnceLock};

/// What an entry counts for in [`Tree::weight_below`].
pub trait Weigh {
    /// Nothing, unless it says otherwise.
    fn weight(&self) -> u64 {
        0
    }
}

impl Weigh for () {}
impl Weigh for u64 {}
impl Weigh for woodland_format::IdentityKey {}

impl<T: Weigh> Weigh for Arc<T> {
    fn weight(&self) -> u64 {
        (**self).weight()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weight(&self) -> u64 {
        self.as_ref().map_or(0, T::weight)
    }
}

/// What can be a key: ordered, cheap to clone, stored.
pub trait Key: Ord + Clone + Stored + Send + Sync + 'static {}
impl<K: Ord + Clone + Stored + Send + Sync + 'static> Key for K {}

/// What can be a value: weighed, cheap to clone, stored.
pub trait Valued: Clone + Weigh + Stored + Send + Sync + 'static {}
impl<V: Clone + Weigh + Stored + Send + Sync + 'static> Valued for V {}

/// A persistent ordered map.
#[derive(Clone)]
pub struct Tree<K, V> {
    /// None where there is nothing.
    root: Option<Link<K, V>>,
    len: usize,
    weight: u64,
    pages: Pages,
}

/// Where a node is.
enum Link<K, V> {
    Memory(Arc<Node<K, V>>),
    Page(PageRef),
}

struct Node<K, V> {
    part: Part<K, V>,
    /// The page that it was put in.
    page: OnceLock<PageRef>,
}

#[derive(Clone)]
enum Part<K, V> {
    Leaf(Vec<(K, V)>),
    Inner(Vec<Child<K, V>>),
}

struct Child<K, V> {
    least: K,
    len: usize,
    weight: u64,
    node: Link<K, V>,
}

/// Most children of a node.
const CHILDREN_MAX: usize = 32;

impl<K, V> Clone for Link<K, V> {
    fn clone(&self) -> Self {
        match self {
            Link::Memory(node) => Link::Memory(Arc::clone(node)),
            Link::Page(at) => Link::Page(*at),
        }
    }
}

impl<K: Clone, V> Clone for Child<K, V> {
    fn clone(&self) -> Self {
        let (least, node) = (self.least.clone(), self.node.clone());
        Child { least, len: self.len, weight: self.weight, node }
    }
}

/// The copy is made to be changed, so it has no page.
impl<K: Clone, V: Clone> Clone for Node<K, V> {
    fn clone(&self) -> Self {
        Node::of(self.part.clone())
    }
}

impl<K, V> Node<K, V> {
    fn of(part: Part<K, V>) -> Self {
        Node { part, page: OnceLock::new() }
    }

    fn least(&self) -> Option<&K> {
        match &self.part {
            Part::Leaf(entries) => entries.first().map(|(key, _)| key),
            Part::Inner(children) => children.first().map(|child| &child.least),
        }
    }
}

impl<K: Key, V: Valued> Link<K, V> {
    fn of(part: Part<K, V>) -> Self {
        Link::Memory(Arc::new(Node::of(part)))
    }

    fn page(&self) -> Option<PageRef> {
        match self {
            Link::Memory(node) => node.page.get().copied(),
            Link::Page(at) => Some(*at),
        }
    }

    /// Whether the two lead to one node, or to nodes of which one was made from the other's page.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Link::Memory(one), Link::Memory(other)) if Arc::ptr_eq(one, other) => true,
            (one, other) => one.page().is_some() && one.page() == other.page(),
        }
    }

    fn look(&self, pages: &Pages) -> Looked<'_, K, V> {
        match self {
            Link::Memory(node) => Looked::Memory(node),
            Link::Page(at) => Looked::Read(pages.load(*at)),
        }
    }

    /// The node, to be changed.
    fn change(&mut self, pages: &Pages) -> &mut Node<K, V> {
        if let Link::Page(at) = self {
            *self = Link::Memory(pages.load(*at));
        }
        let Link::Memory(node) = self else { unreachable!("it was just put there") };
        let node = Arc::make_mut(node);
        node.page = OnceLock::new();
        node
    }
}

/// A node that is being looked at.
enum Looked<'a, K, V> {
    Memory(&'a Arc<Node<K, V>>),
    Read(Arc<Node<K, V>>),
}

impl<K, V> Clone for Looked<'_, K, V> {
    fn clone(&self) -> Self {
        match self {
            Looked::Memory(node) => Looked::Memory(node),
            Looked::Read(node) => Looked::Read(Arc::clone(node)),
        }
    }
}

impl<K, V> Deref for Looked<'_, K, V> {
    type Target = Node<K, V>;

    fn deref(&self) -> &Node<K, V> {
        match self {
            Looked::Memory(node) => node,
            Looked::Read(node) => node,
        }
    }
}

impl<'a, K: Key, V: Valued> Looked<'a, K, V> {
    /// The node's child with this number.
    fn child(&self, at: usize, pages: &Pages) -> Option<Looked<'a, K, V>> {
        fn of<K, V>(node: &Node<K, V>, at: usize) -> Option<&Link<K, V>> {
            let Part::Inner(children) = &node.part else { return None };
            children.get(at).map(|child| &child.node)
        }
        match self {
            Looked::Memory(node) => of(node, at).map(|link| link.look(pages)),
            Looked::Read(node) => of(node, at).map(|link| match link {
                Link::Memory(node) => Looked::Read(Arc::clone(node)),
                Link::Page(at) => Looked::Read(pages.load(*at)),
            }),
        }
    }

    fn entries(&self) -> &[(K, V)] {
        match &self.part {
            Part::Leaf(entries) => entries,
            Part::Inner(_) => &[],
        }
    }
}

/// An entry that was found; it derefs to the value.
pub struct Entry<'a, K, V> {
    leaf: Looked<'a, K, V>,
    at: usize,
}

impl<K, V> Entry<'_, K, V> {
    fn pair(&self) -> &(K, V) {
        match &self.leaf.part {
            Part::Leaf(entries) => &entries[self.at],
            Part::Inner(_) => unreachable!("an entry is found in a leaf"),
        }
    }

    /// The key.
    pub fn key(&self) -> &K {
        &self.pair().0
    }

    /// The value.
    pub fn value(&self) -> &V {
        &self.pair().1
    }
}

impl<K, V> Deref for Entry<'_, K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.value()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Entry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pair().fmt(f)
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree { root: None, len: 0, weight: 0, pages: Pages::default() }
    }
}

impl<K: Key + fmt::Debug, V: Valued + fmt::Debug> fmt::Debug for Tree<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Key, V: Valued> FromIterator<(K, V)> for Tree<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut tree = Tree::default();
        entries.into_iter().for_each(|(key, value)| tree.insert(key, value));
        tree
    }
}

impl<K: Key, V: Valued> Tree<K, V> {
    /// Most entries of a leaf: about a kilobyte in memory.
    pub(crate) const LEAF_MAX: usize = {
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
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the other shares its root with this one: then they are equal.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(own), Some(other)) => own.is(other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    fn root(&self) -> Option<Looked<'_, K, V>> {
        self.root.as_ref().map(|root| root.look(&self.pages))
    }

    /// The value of this key.
    pub fn get(&self, key: &K) -> Option<Entry<'_, K, V>> {
        let mut node = self.root()?;
        loop {
            let at = match &node.part {
                Part::Inner(children) => child_of(children, key),
                Part::Leaf(entries) => {
                    let at = entries.binary_search_by(|(one, _)| one.cmp(key)).ok()?;
                    return Some(Entry { leaf: node, at });
                }
            };
            node = node.child(at, &self.pages)?;
        }
    }

    /// Whether the key has a value.
    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// The last entry whose key is not above this one.
    pub fn at_or_before(&self, key: &K) -> Option<Entry<'_, K, V>> {
        let mut node = self.root()?;
        loop {
            let at = match &node.part {
                Part::Inner(children) => child_of(children, key),
                Part::Leaf(entries) => {
                    // In a child whose least is above the key, the first, nothing is before it.
                    let at = entries.partition_point(|(one, _)| one <= key).checked_sub(1)?;
                    return Some(Entry { leaf: node, at });
                }
            };
            node = node.child(at, &self.pages)?;
        }
    }

    /// The last entry.
    pub fn last(&self) -> Option<Entry<'_, K, V>> {
        self.nth(self.len.checked_sub(1)?)
    }

    /// The entry before which there are `index` others.
    pub fn nth(&self, index: usize) -> Option<Entry<'_, K, V>> {
        let (leaf, at) = self.leaf_of(index)?;
        (at < leaf.entries().len()).then_some(Entry { leaf, at })
    }

    /// The leaf in which the entry with this index stands, and the index in it.
    fn leaf_of(&self, mut index: usize) -> Option<(Looked<'_, K, V>, usize)> {
        let mut node = self.root()?;
        loop {
            let at = match &node.part {
                Part::Leaf(_) => return Some((node, index)),
                Part::Inner(children) => children.iter().position(|child| {
                    let is_here = index < child.len;
                    index -= if is_here { 0 } else { child.len };
                    is_here
                })?,
            };
            node = node.child(at, &self.pages)?;
        }
    }

    /// How many entries have a key below this one, or not above it.
    fn rank(&self, key: &K, with_equal: bool) -> usize {
        let mut below = 0;
        let Some(mut node) = self.root() else { return 0 };
        loop {
            let at = match &node.part {
                Part::Leaf(entries) => {
                    let is_below = |one: &K| if with_equal { one <= key } else { one < key };
                    return below + entries.partition_point(|(one, _)| is_below(one));
                }
                Part::Inner(children) => {
                    let at = child_of(children, key);
                    below += children[..at].iter().map(|child| child.len).sum::<usize>();
                    at
                }
            };
            match node.child(at, &self.pages) {
                Some(child) => node = child,
                None => return below,
            }
        }
    }

    /// The weight of all entries.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The weight of the entries whose key is below this one.
    pub fn weight_below(&self, key: &K) -> u64 {
        let mut below = 0;
        let Some(mut node) = self.root() else { return 0 };
        loop {
            let at = match &node.part {
                Part::Leaf(entries) => {
                    let end = entries.partition_point(|(one, _)| one < key);
                    return below + weight_of(&entries[..end]);
                }
                Part::Inner(children) => {
                    let at = child_of(children, key);
                    below += children[..at].iter().map(|child| child.weight).sum::<u64>();
                    at
                }
            };
            match node.child(at, &self.pages) {
                Some(child) => node = child,
                None => return below,
            }
        }
    }

    /// The first entry up to and with which there is more weight than this, and the weight before
    /// it.
    pub fn at_weight(&self, weight: u64) -> Option<(Entry<'_, K, V>, u64)> {
        let mut before = 0;
        let mut is_past = |weighs: u64| {
            let is_here = weight < before + weighs;
            before += if is_here { 0 } else { weighs };
            is_here
        };
        let mut node = self.root()?;
        loop {
            let at = match &node.part {
                Part::Leaf(entries) => {
                    let at = entries.iter().position(|(_, value)| is_past(value.weight()))?;
                    return Some((Entry { leaf: node, at }, before));
                }
                Part::Inner(children) => children.iter().position(|child| is_past(child.weight))?,
            };
            node = node.child(at, &self.pages)?;
        }
    }

    /// The entries with keys in this range, from either end.
    pub fn range(&self, bounds: impl RangeBounds<K>) -> Entries<'_, K, V> {
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
        Entries::of(self, start..end.max(start))
    }

    /// All entries.
    pub fn iter(&self) -> Entries<'_, K, V> {
        self.range(..)
    }
}

/// The child whose part of the keys this one is in.
fn child_of<K: Ord, V>(children: &[Child<K, V>], key: &K) -> usize {
    children.partition_point(|child| child.least <= *key).saturating_sub(1)
}

fn weight_of<K, V: Weigh>(entries: &[(K, V)]) -> u64 {
    entries.iter().map(|(_, value)| value.weight()).sum()
}
