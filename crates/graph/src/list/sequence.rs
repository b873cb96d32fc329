//! A persistent sequence: what a list is at rest.
//!
//! ```text
//!   inner [ 57 │ 40 │ 64 ]     a child is told by how many it holds
//!          │    │    └ leaf     every leaf is equally deep
//! ```
//!
//! A B-tree of shared nodes without keys. A clone is O(1); a change copies the path to it, where
//! somebody else holds that path. `im::Vector` cuts itself in two and is put together again for an
//! insertion in the middle: at 100,000 items that takes fifty times as long.
//!
//! **Invariants**
//! - A node has at most `WIDTH_MAX` entries, and at least one, but the root of an empty sequence;
//!   a child's `len` is what its node holds.
//! - Nodes that a removal leaves small are joined with a neighbour, where both fit one node.
//! - Recursion goes by the height, which is logarithmic in the most that was ever held.
//!
//! What this does not do: look at what it holds.

use std::ops::Range;
use std::sync::Arc;

const WIDTH_MAX: usize = 32;

/// Values in a row.
#[derive(Debug, Clone)]
pub(super) struct Sequence<T> {
    root: Child<T>,
}

#[derive(Debug, Clone)]
struct Child<T> {
    len: usize,
    node: Arc<Node<T>>,
}

#[derive(Debug, Clone)]
enum Node<T> {
    Leaf(Vec<T>),
    Inner(Vec<Child<T>>),
}

/// Where values are put in.
#[derive(Debug, Clone, Copy)]
enum Growth {
    Inside,
    AtEnd,
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Sequence { root: Child { len: 0, node: Arc::new(Node::Leaf(Vec::new())) } }
    }
}

impl<T: Clone> Sequence<T> {
    pub(super) fn len(&self) -> usize {
        self.root.len
    }

    /// Puts values before position `at`, which is not past the end.
    pub(super) fn insert(&mut self, at: usize, values: Vec<T>) {
        assert!(at <= self.len(), "an insertion is inside the sequence");
        let growth = if at == self.len() { Growth::AtEnd } else { Growth::Inside };
        let mut level = self.root.insert(at, values, growth);
        while !level.is_empty() {
            level.insert(0, self.root.clone());
            let pieces = pieces(level, growth).into_iter();
            let mut pieces = pieces.map(|piece| Child::of(Node::Inner(piece)));
            self.root = pieces.next().expect("a level has a node");
            level = pieces.collect();
        }
    }

    /// Takes the values of a range away; it is inside the sequence.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        assert!(range.start <= range.end && range.end <= self.len(), "a removal is inside it");
        if range.len() == self.len() {
            *self = Sequence::default();
            return;
        }
        self.root.remove(range);
        while let Node::Inner(children) = &*self.root.node {
            match children.as_slice() {
                [only] => self.root = only.clone(),
                _ => break,
            }
        }
    }

    /// Puts another value at position `at`; answers the one that was there.
    pub(super) fn replace(&mut self, mut at: usize, value: T) -> T {
        assert!(at < self.len(), "a replacement is inside the sequence");
        let mut node = Arc::make_mut(&mut self.root.node);
        loop {
            match node {
                Node::Leaf(values) => return std::mem::replace(&mut values[at], value),
                Node::Inner(children) => {
                    let child = pass(children, &mut at);
                    node = Arc::make_mut(&mut children[child].node);
                }
            }
        }
    }

    /// The values of a range, as far as it is inside the sequence.
    pub(super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = &T> {
        let mut next = range.start;
        let end = range.end.min(self.len());
        std::iter::from_fn(move || {
            let leaf = (next < end).then(|| self.leaf_from(next))?;
            let leaf = &leaf[..leaf.len().min(end - next)];
            next += leaf.len();
            Some(leaf)
        })
        .flatten()
    }

    /// What the leaf that holds position `at` holds from there on.
    fn leaf_from(&self, mut at: usize) -> &[T] {
        let mut node = &*self.root.node;
        loop {
            match node {
                Node::Leaf(values) => return &values[at..],
                Node::Inner(children) => node = &children[pass(children, &mut at)].node,
            }
        }
    }
}

impl<T: Clone> Child<T> {
    fn of(node: Node<T>) -> Self {
        let len = match &node {
            Node::Leaf(values) => values.len(),
            Node::Inner(children) => children.iter().map(|child| child.len).sum(),
        };
        Child { len, node: Arc::new(node) }
    }

    /// Puts values in; answers the nodes that follow this one now.
    fn insert(&mut self, mut at: usize, inserted: Vec<T>, growth: Growth) -> Vec<Child<T>> {
        let more: Vec<Child<T>> = match Arc::make_mut(&mut self.node) {
            Node::Leaf(values) => {
                if at == values.len() {
                    values.extend(inserted);
                } else {
                    values.splice(at..at, inserted);
                }
                spill(values, growth).map(|piece| Child::of(Node::Leaf(piece))).collect()
            }
            Node::Inner(children) => {
                // Between two children it goes to the end of the first.
                let mut child = 0;
                while at > children[child].len {
                    at -= children[child].len;
                    child += 1;
                }
                let more = children[child].insert(at, inserted, growth);
                children.splice(child + 1..child + 1, more);
                spill(children, growth).map(|piece| Child::of(Node::Inner(piece))).collect()
            }
        };
        self.measure();
        more
    }

    /// Takes out a range that is not all there is.
    fn remove(&mut self, range: Range<usize>) {
        match Arc::make_mut(&mut self.node) {
            Node::Leaf(values) => drop(values.drain(range)),
            Node::Inner(children) => {
                let mut before = 0;
                let mut touched: Option<usize> = None;
                let mut index = 0;
                children.retain_mut(|child| {
                    let (start, end) = (before, before + child.len);
                    before = end;
                    index += 1;
                    if end <= range.start || range.end <= start {
                        return true;
                    }
                    touched.get_or_insert(index - 1);
                    if range.start <= start && end <= range.end {
                        return false;
                    }
                    child.remove(range.start.max(start) - start..range.end.min(end) - start);
                    true
                });
                // At most two children were cut, and they are neighbours now.
                let first = touched.unwrap_or(0).saturating_sub(1);
                for left in (first..first + 3).rev() {
                    join(children, left);
                }
            }
        }
        self.measure();
    }

    fn measure(&mut self) {
        self.len = match &*self.node {
            Node::Leaf(values) => values.len(),
            Node::Inner(children) => children.iter().map(|child| child.len).sum(),
        };
    }

    fn width(&self) -> usize {
        match &*self.node {
            Node::Leaf(values) => values.len(),
            Node::Inner(children) => children.len(),
        }
    }
}

/// The child that holds position `at`, which becomes the position in it.
fn pass<T>(children: &[Child<T>], at: &mut usize) -> usize {
    let mut child = 0;
    while *at >= children[child].len {
        *at -= children[child].len;
        child += 1;
    }
    child
}

/// Leaves in a node what fits it; answers the rest, node by node.
fn spill<T>(entries: &mut Vec<T>, growth: Growth) -> impl Iterator<Item = Vec<T>> {
    let mut pieces = if entries.len() > WIDTH_MAX {
        pieces(std::mem::take(entries), growth).into_iter()
    } else {
        Vec::new().into_iter()
    };
    if let Some(first) = pieces.next() {
        *entries = first;
    }
    pieces
}

/// Cuts entries into nodes: evenly, but where a sequence grows at its end, which leaves full nodes
/// behind it.
fn pieces<T>(entries: Vec<T>, growth: Growth) -> Vec<Vec<T>> {
    let count = entries.len().div_ceil(WIDTH_MAX).max(1);
    let mut rest = entries.into_iter();
    let piece = |left: usize| {
        let kept = match growth {
            Growth::AtEnd => WIDTH_MAX,
            Growth::Inside => rest.len().div_ceil(left),
        };
        rest.by_ref().take(kept).collect()
    };
    (1..=count).rev().map(piece).collect()
}

/// Makes one node of a child and the one behind it, where both fit one and one is small.
fn join<T: Clone>(children: &mut Vec<Child<T>>, left: usize) {
    let Some([one, other]) = children.get(left..left + 2) else { return };
    if one.width() + other.width() > WIDTH_MAX || one.width().min(other.width()) > WIDTH_MAX / 4 {
        return;
    }
    let right = children.remove(left + 1);
    let child = &mut children[left];
    match (Arc::make_mut(&mut child.node), &*right.node) {
        (Node::Leaf(values), Node::Leaf(more)) => values.extend(more.iter().cloned()),
        (Node::Inner(nodes), Node::Inner(more)) => nodes.extend(more.iter().cloned()),
        _ => unreachable!("every leaf is equally deep"),
    }
    child.len += right.len;
}

#[cfg(test)]
mod tests {
    use super::{Child, Node, Sequence, WIDTH_MAX};

    /// Checks what a node promises, and answers its height.
    fn check(child: &Child<u64>, is_root: bool) -> usize {
        assert!(child.width() <= WIDTH_MAX && (is_root || child.width() > 0));
        match &*child.node {
            Node::Leaf(values) => {
                assert_eq!(child.len, values.len());
                1
            }
            Node::Inner(children) => {
                assert_eq!(child.len, children.iter().map(|child| child.len).sum::<usize>());
                let heights: Vec<usize> =
                    children.iter().map(|child| check(child, false)).collect();
                assert!(heights.windows(2).all(|pair| pair[0] == pair[1]), "equally deep");
                heights[0] + 1
            }
        }
    }

    #[test]
    fn a_sequence_is_a_vector_and_its_clones_stay_as_they_are() {
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        let (mut sequence, mut model) = (Sequence::default(), Vec::new());
        let mut kept: Vec<(Sequence<u64>, Vec<u64>)> = Vec::new();
        for step in 0..3_000_u64 {
            let at = below(model.len() + 1);
            // Grows, then shrinks, and grows again.
            let count = if below(30) == 0 { below(3_000) } else { below(4) };
            if (step / 500) % 2 == 0 {
                let values: Vec<u64> = (0..count as u64).map(|one| step * 10_000 + one).collect();
                sequence.insert(at, values.clone());
                drop(model.splice(at..at, values));
            } else {
                let range = at..(at + count).min(model.len());
                sequence.remove(range.clone());
                drop(model.drain(range));
            }
            if let Some(at) = model.len().checked_sub(1).map(&mut below) {
                assert_eq!(sequence.replace(at, step), std::mem::replace(&mut model[at], step));
            }
            if step % 100 == 0 {
                kept.push((sequence.clone(), model.clone()));
            }
            assert_eq!(sequence.len(), model.len());
            let (start, end) = (below(model.len() + 1), below(model.len() + 50));
            let part = model.get(start..end.min(model.len())).unwrap_or_default();
            assert!(sequence.range(start..end).eq(part), "step {step}");
        }
        kept.push((sequence, model));
        for (sequence, model) in &kept {
            assert!(sequence.range(0..model.len()).eq(model));
            check(&sequence.root, true);
        }
        assert!(kept.iter().any(|(sequence, _)| check(&sequence.root, true) > 2));
    }

    #[test]
    fn what_grows_at_its_end_is_full() {
        let mut sequence = Sequence::default();
        for value in 0..10_000 {
            sequence.insert(sequence.len(), vec![value]);
        }
        let full = WIDTH_MAX * WIDTH_MAX;
        let Node::Inner(children) = &*sequence.root.node else { panic!("more than a leaf") };
        assert!(children.iter().rev().skip(1).all(|child| child.len == full));
    }

    #[test]
    fn what_shrinks_is_joined() {
        let mut sequence = Sequence::default();
        sequence.insert(0, (0..10_000).collect());
        for at in 0..9_900 {
            sequence.remove(at % 97..at % 97 + 1);
        }
        let Node::Inner(children) = &*sequence.root.node else { panic!("more than a leaf") };
        assert_eq!(check(&sequence.root, true), 2);
        assert!(children.len() < 20, "{} leaves for 100 values", children.len());
    }
}
