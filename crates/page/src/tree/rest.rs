//! A tree at rest: its nodes become pages, from the leaves up, and come back one by one.
//!
//! ```text
//!  tree    0, where it is empty
//!          1  len  weight  reference to the root's page
//!          2  leaf         a small tree has no page of its own
//!  leaf    0  count, then keys and values
//!  inner   1  count, then of each child: least  len  weight  reference
//! ```
//!
//! **Invariants**
//! - A node that has a page is not written again: what is written is what changed since.
//! - What was put in a page stays in memory for as long as a version holds it there; a tree that is
//!   read back begins with its root's page alone.
//! - A node that is read is no node unless its keys ascend and it is not empty.
//!
//! What this does not do: make pages durable, or take back one that its owner lost: a tree of which
//! a page was put and lost must be dropped.

use crate::codec::{Reading, Stored, Writing};
use crate::pages::PageRef;
use crate::tree::{Child, Key, Link, Node, Part, Tree, Valued, weight_of};
use std::sync::Arc;

const LEAF: u8 = 0;
const INNER: u8 = 1;

const EMPTY: u8 = 0;
const APART: u8 = 1;
const BESIDE: u8 = 2;

/// A tree of one leaf of fewer bytes stands beside what it belongs to.
const APART_BYTES_MIN: usize = 256;

impl<K: Key, V: Valued> Stored for Tree<K, V> {
    fn write(&self, to: &mut Writing<'_>) {
        let Some(root) = &self.root else { return to.byte(EMPTY) };
        if let Link::Memory(node) = root
            && matches!(node.part, Part::Leaf(_))
            && node.page.get().is_none()
        {
            let aside = to.aside(|to| node.write(to));
            if aside.body.len() < APART_BYTES_MIN {
                to.byte(BESIDE);
                return to.append(&aside);
            }
            node.page.get_or_init(|| to.put(&aside));
        }
        let root = put(root, to);
        to.byte(APART);
        to.number(self.len as u64);
        to.number(self.weight);
        to.reference(root);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let pages = from.pages().clone();
        match from.byte()? {
            EMPTY => Some(Tree { pages, ..Tree::default() }),
            APART => {
                let (len, weight) = (usize::read(from)?, from.number()?);
                let root = Some(Link::Page(from.reference()?));
                (len > 0).then_some(Tree { root, len, weight, pages })
            }
            BESIDE => {
                let node: Node<K, V> = Stored::read(from)?;
                let Part::Leaf(entries) = &node.part else { return None };
                let (len, weight) = (entries.len(), weight_of(entries));
                Some(Tree { root: Some(Link::Memory(Arc::new(node))), len, weight, pages })
            }
            _ => None,
        }
    }
}

/// The page of a node, which is written where it has none.
fn put<K: Key, V: Valued>(link: &Link<K, V>, to: &mut Writing<'_>) -> PageRef {
    let node = match link {
        Link::Memory(node) => node,
        Link::Page(at) => return *at,
    };
    *node.page.get_or_init(|| {
        let aside = to.aside(|to| node.write(to));
        to.put(&aside)
    })
}

impl<K: Key, V: Valued> Stored for Node<K, V> {
    fn write(&self, to: &mut Writing<'_>) {
        match &self.part {
            Part::Leaf(entries) => {
                to.byte(LEAF);
                entries.write(to);
            }
            Part::Inner(children) => {
                to.byte(INNER);
                children.write(to);
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let part = match from.byte()? {
            LEAF => {
                let entries: Vec<(K, V)> = Stored::read(from)?;
                entries.is_sorted_by(|(one, _), (other, _)| one < other).then_some(())?;
                Part::Leaf(entries)
            }
            INNER => {
                let children: Vec<Child<K, V>> = Stored::read(from)?;
                children.is_sorted_by(|one, other| one.least < other.least).then_some(())?;
                Part::Inner(children)
            }
            _ => return None,
        };
        let node = Node::of(part);
        node.least().is_some().then_some(node)
    }
}

impl<K: Key, V: Valued> Stored for Child<K, V> {
    fn write(&self, to: &mut Writing<'_>) {
        let at = put(&self.node, to);
        self.least.write(to);
        to.number(self.len as u64);
        to.number(self.weight);
        to.reference(at);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (least, len, weight) = (K::read(from)?, usize::read(from)?, from.number()?);
        Some(Child { least, len, weight, node: Link::Page(from.reference()?) })
    }
}
