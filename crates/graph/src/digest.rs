//! The digest: one hash for all that is visible, whatever way it came about.
//!
//! ```text
//!  places (hashed keys) as bits:   0… ┌ leaf          a subtree with one leaf is that leaf,
//!                            root ────┤                with none 32 zero bytes
//!                                  1… └ branch ─ …
//! ```
//!
//! **Invariants**
//! - The tree is a function of the set of leaves: adding and removing in any order gives the same
//!   one.
//! - A clone shares everything; hashes are computed when asked for and kept.
//!
//! What this does not do: choose what is visible.

use std::sync::{Arc, OnceLock};
use woodland_format::{Digest, digest_branch};

/// A set of leaves.
#[derive(Debug, Clone, Default)]
pub(crate) enum Tree {
    #[default]
    Empty,
    Leaf {
        place: Digest,
        leaf: Digest,
    },
    Branch(Arc<Branch>),
}

#[derive(Debug)]
pub(crate) struct Branch {
    sides: [Tree; 2],
    digest: OnceLock<Digest>,
}

impl Tree {
    /// The root hash. Recursion is at most 256 deep, once per bit of a place.
    pub(crate) fn digest(&self) -> Digest {
        match self {
            Tree::Empty => Digest([0; 32]),
            Tree::Leaf { leaf, .. } => *leaf,
            Tree::Branch(branch) => *branch.digest.get_or_init(|| {
                let [left, right] = &branch.sides;
                digest_branch(&left.digest(), &right.digest())
            }),
        }
    }

    /// The same set, with this leaf at this place, or with none there.
    pub(crate) fn with(&self, place: &Digest, leaf: Option<Digest>) -> Tree {
        self.below(0, place, leaf)
    }

    fn below(&self, depth: usize, place: &Digest, leaf: Option<Digest>) -> Tree {
        match (self, leaf) {
            (Tree::Empty, None) => Tree::Empty,
            (Tree::Empty, Some(leaf)) => Tree::Leaf { place: *place, leaf },
            (Tree::Leaf { place: other, .. }, None) if other == place => Tree::Empty,
            (Tree::Leaf { .. }, None) => self.clone(),
            (Tree::Leaf { place: other, .. }, Some(leaf)) if other == place => {
                Tree::Leaf { place: *place, leaf }
            }
            (Tree::Leaf { place: other, .. }, Some(_)) => {
                let mut sides = [Tree::Empty, Tree::Empty];
                sides[bit(other, depth)] = self.clone();
                Tree::join(sides).below(depth, place, leaf)
            }
            (Tree::Branch(branch), leaf) => {
                let mut sides = branch.sides.clone();
                let side = &mut sides[bit(place, depth)];
                *side = side.below(depth + 1, place, leaf);
                match sides {
                    [Tree::Empty, one @ (Tree::Empty | Tree::Leaf { .. })]
                    | [one @ Tree::Leaf { .. }, Tree::Empty] => one,
                    sides => Tree::join(sides),
                }
            }
        }
    }

    fn join(sides: [Tree; 2]) -> Tree {
        Tree::Branch(Arc::new(Branch { sides, digest: OnceLock::new() }))
    }
}

fn bit(place: &Digest, depth: usize) -> usize {
    usize::from(place.0[depth / 8] >> (7 - depth % 8) & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(first: u8, last: u8) -> Digest {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (first, last);
        Digest(bytes)
    }

    #[test]
    fn the_tree_depends_on_the_set_alone() {
        let leaves: Vec<_> = (0..40u8).map(|n| (place(n % 4, n), Digest([n; 32]))).collect();
        let add = |tree: Tree, (place, leaf): &(Digest, Digest)| tree.with(place, Some(*leaf));
        let forward = leaves.iter().fold(Tree::Empty, add);
        let mut other = leaves.iter().rev().fold(Tree::Empty, add);
        for n in 100..140 {
            other = other.with(&place(n % 8, n), Some(Digest([1; 32])));
        }
        for n in 100..140 {
            other = other.with(&place(n % 8, n), None);
        }
        assert_eq!(forward.digest(), other.digest());
        let without = leaves.iter().fold(other, |tree, (place, _)| tree.with(place, None));
        assert_eq!(without.digest(), Digest([0; 32]));
    }

    #[test]
    fn every_leaf_counts() {
        let one = Tree::Empty.with(&place(1, 1), Some(Digest([1; 32])));
        let two = one.with(&place(1, 2), Some(Digest([2; 32])));
        let other = one.with(&place(1, 2), Some(Digest([3; 32])));
        assert_ne!(one.digest(), two.digest());
        assert_ne!(two.digest(), other.digest());
        assert_eq!(two.with(&place(1, 2), None).digest(), Digest([1; 32]));
    }
}
