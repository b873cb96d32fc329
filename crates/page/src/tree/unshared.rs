//! What of a tree is not in another: by the nodes that they do not share.
//!
//! **Invariants**
//! - Nodes that both have, in memory or as pages, are not looked into. So it costs what it gives,
//!   where one tree was made from the other.
//!
//! What this does not do: compare values. Some of what it gives may be equal all the same.

use crate::pages::Pages;
use crate::tree::{Key, Link, Part, Tree, Valued};

impl<K: Key, V: Valued> Tree<K, V> {
    /// The entries that are not in nodes which the other shares, ascending.
    pub fn unshared(&self, other: &Self) -> Vec<(K, V)> {
        let mut search = Search { own: &self.pages, other: &other.pages, found: Vec::new() };
        match (&self.root, &other.root) {
            (Some(own), Some(root)) => {
                search.unshared((own, self.height()), (root, other.height()));
            }
            (Some(own), None) => search.all(own),
            (None, _) => {}
        }
        search.found
    }

    fn height(&self) -> usize {
        let mut height = 0;
        let Some(mut node) = self.root() else { return 0 };
        while let Some(child) = node.child(0, &self.pages) {
            height += 1;
            node = child;
        }
        height
    }
}

struct Search<'a, K, V> {
    own: &'a Pages,
    other: &'a Pages,
    found: Vec<(K, V)>,
}

impl<K: Key, V: Valued> Search<'_, K, V> {
    fn unshared(
        &mut self,
        (own, height): (&Link<K, V>, usize),
        (other, other_height): (&Link<K, V>, usize),
    ) {
        if own.is(other) {
            return;
        }
        let node = own.look(self.own);
        let children = match &node.part {
            Part::Leaf(entries) => return self.found.extend_from_slice(entries),
            Part::Inner(children) => children,
        };
        let other_node = (height == other_height).then(|| other.look(self.other));
        for child in children {
            let same = match other_node.as_ref().map(|node| &node.part) {
                Some(Part::Inner(others)) => {
                    let at = others.binary_search_by(|one| one.least.cmp(&child.least));
                    at.ok().map(|at| (&others[at].node, other_height - 1))
                }
                _ => Some((other, other_height)),
            };
            match same {
                Some(same) => self.unshared((&child.node, height - 1), same),
                None => self.all(&child.node),
            }
        }
    }

    fn all(&mut self, link: &Link<K, V>) {
        match &link.look(self.own).part {
            Part::Leaf(entries) => self.found.extend_from_slice(entries),
            Part::Inner(children) => children.iter().for_each(|child| self.all(&child.node)),
        }
    }
}
