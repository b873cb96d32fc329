//! The digest: one hash for all that is visible, whatever way it came about.
//!
//! ```text
//!  places (hashed keys) as bits:   0… ┌ leaf          a subtree with one leaf is that leaf,
//!                            root ────┤                with none 32 zero bytes
//!                                  1… └ branch ─ …
//!
//!  at rest, rank by rank:    root ─┬─ apart ─┬─ apart     each with some 64 leaves or subtrees,
//!                                  └─ apart  └─ apart     known by its digest until it changes
//! ```
//!
//! A subtree stands apart from the branch above it where its *rank*, the logarithm of its leaves to
//! the base of 64, is lower: at rest it is a page then, beside which stand its digest and the number
//! of its leaves. The digest of what was read costs nothing, and a change reads the pages above it.
//!
//! **Invariants**
//! - The tree is a function of the set of leaves, and so is what stands apart: adding and removing
//!   in any order gives the same one.
//! - A clone shares everything; hashes are computed when asked for and kept.
//!
//! What this does not do: choose what is visible.

use std::sync::{Arc, OnceLock};
use woodland_format::{Digest, digest_branch};
use woodland_page::{Own, Reading, Stored, Writing};

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
    Apart(Arc<Apart>),
}

/// More than one leaf.
#[derive(Debug)]
pub(crate) struct Branch {
    sides: [Tree; 2],
    leaves: u64,
    digest: OnceLock<Digest>,
}

/// A branch that can be in a page.
#[derive(Debug)]
pub(crate) struct Apart {
    branch: Own<Tree>,
    leaves: u64,
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
            Tree::Apart(apart) => *apart.digest.get_or_init(|| apart.branch.get().digest()),
        }
    }

    /// The same set, with these leaves at their places, or with none there. Costs in proportion to
    /// the changes and the branches above them.
    pub(crate) fn with(&self, mut changes: Vec<Change>) -> Tree {
        changes.sort_by_key(|(place, _)| *place);
        // Of two changes of one place the later counts.
        changes.reverse();
        changes.dedup_by(|one, other| one.0 == other.0);
        changes.reverse();
        self.below(0, &changes).apart()
    }

    /// `changes` ascend, and agree with this tree in all bits before `depth`. Recursion is at most
    /// 256 deep, once per bit of a place.
    fn below(&self, depth: usize, changes: &[Change]) -> Tree {
        if changes.is_empty() {
            return self.clone();
        }
        match self {
            Tree::Empty => Tree::of(depth, changes),
            Tree::Leaf { place, leaf } => {
                let found = changes.binary_search_by(|(other, _)| other.0.cmp(&place.0));
                let Err(at) = found else { return Tree::of(depth, changes) };
                let mut all = changes.to_vec();
                all.insert(at, (*place, Some(*leaf)));
                Tree::of(depth, &all)
            }
            Tree::Branch(branch) => {
                let [zeros, ones] = split(depth, changes);
                let [left, right] = &branch.sides;
                Tree::join([left.below(depth + 1, zeros), right.below(depth + 1, ones)])
            }
            Tree::Apart(apart) => apart.branch.get().below(depth, changes),
        }
    }

    /// The tree over these leaves alone.
    fn of(depth: usize, changes: &[Change]) -> Tree {
        let mut there = changes.iter().filter_map(|(place, leaf)| Some((*place, (*leaf)?)));
        let Some((place, leaf)) = there.next() else { return Tree::Empty };
        if there.next().is_none() {
            return Tree::Leaf { place, leaf };
        }
        let [zeros, ones] = split(depth, changes);
        Tree::join([Tree::of(depth + 1, zeros), Tree::of(depth + 1, ones)])
    }

    /// The tree over two sides: a branch, but where that would be the one leaf that there is.
    fn join(sides: [Tree; 2]) -> Tree {
        match sides {
            [Tree::Empty, one @ (Tree::Empty | Tree::Leaf { .. })]
            | [one @ Tree::Leaf { .. }, Tree::Empty] => one,
            sides => {
                let leaves = sides.iter().map(Tree::leaves).sum();
                let sides = sides.map(|side| side.beside(rank(leaves)));
                Tree::Branch(Arc::new(Branch { sides, leaves, digest: OnceLock::new() }))
            }
        }
    }

    fn leaves(&self) -> u64 {
        match self {
            Tree::Empty => 0,
            Tree::Leaf { .. } => 1,
            Tree::Branch(branch) => branch.leaves,
            Tree::Apart(apart) => apart.leaves,
        }
    }

    /// This tree as a side of a branch of this rank.
    fn beside(self, above: u32) -> Tree {
        match self {
            Tree::Branch(branch) if rank(branch.leaves) < above => Tree::Branch(branch).apart(),
            Tree::Apart(apart) if rank(apart.leaves) >= above => Tree::clone(&apart.branch.get()),
            side => side,
        }
    }

    /// This tree where no branch is above it.
    fn apart(self) -> Tree {
        let Tree::Branch(branch) = self else { return self };
        let (leaves, digest) = (branch.leaves, branch.digest.clone());
        Tree::Apart(Arc::new(Apart { branch: Own::new(Tree::Branch(branch)), leaves, digest }))
    }
}

/// How often the leaves can be divided by 64.
fn rank(leaves: u64) -> u32 {
    leaves.checked_ilog(64).unwrap_or(0)
}

/// A place, and the leaf that is to be there.
pub(crate) type Change = (Digest, Option<Digest>);

/// The changes whose bit is 0, and those whose bit is 1.
fn split(depth: usize, changes: &[Change]) -> [&[Change]; 2] {
    let (zeros, ones) = changes.split_at(changes.partition_point(|(at, _)| bit(at, depth) == 0));
    [zeros, ones]
}

fn bit(place: &Digest, depth: usize) -> usize {
    usize::from(place.0[depth / 8] >> (7 - depth % 8) & 1)
}

const EMPTY: u8 = 0;
const LEAF: u8 = 1;
const BRANCH: u8 = 2;
const APART: u8 = 3;

/// Branches can be nested as deep as a place has bits.
const DEPTH_MAX: usize = 256;

impl Stored for Tree {
    fn write(&self, to: &mut Writing<'_>) {
        match self {
            Tree::Empty => to.byte(EMPTY),
            Tree::Leaf { place, leaf } => {
                to.byte(LEAF);
                (*place, *leaf).write(to);
            }
            Tree::Branch(branch) => {
                to.byte(BRANCH);
                branch.sides.iter().for_each(|side| side.write(to));
            }
            Tree::Apart(apart) => {
                to.byte(APART);
                (self.digest(), apart.leaves).write(to);
                apart.branch.write(to);
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Tree::read_below(from, DEPTH_MAX)
    }
}

impl Tree {
    fn read_below(from: &mut Reading<'_>, depth_max: usize) -> Option<Tree> {
        match from.byte()? {
            EMPTY => Some(Tree::Empty),
            LEAF => {
                let (place, leaf) = Stored::read(from)?;
                Some(Tree::Leaf { place, leaf })
            }
            BRANCH => {
                let below = depth_max.checked_sub(1)?;
                let sides = [Tree::read_below(from, below)?, Tree::read_below(from, below)?];
                let leaves = sides[0].leaves().checked_add(sides[1].leaves())?;
                Some(Tree::Branch(Arc::new(Branch { sides, leaves, digest: OnceLock::new() })))
            }
            APART => {
                let (digest, leaves) = <(Digest, u64)>::read(from)?;
                let (branch, digest) = (Stored::read(from)?, OnceLock::from(digest));
                Some(Tree::Apart(Arc::new(Apart { branch, leaves, digest })))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use woodland_page::{MemoryPages, PageRef, PageSink, rest, wake};

    fn place(first: u8, last: u8) -> Digest {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (first, last);
        Digest(bytes)
    }

    #[test]
    fn the_tree_depends_on_the_set_alone() {
        let leaves: Vec<_> = (0..40u8).map(|n| (place(n % 4, n), Digest([n; 32]))).collect();
        let add = |tree: Tree, (at, leaf): &(Digest, Digest)| tree.with(vec![(*at, Some(*leaf))]);
        let forward = leaves.iter().fold(Tree::Empty, add);
        let mut other = leaves.iter().rev().fold(Tree::Empty, add);
        let more = |leaf| (100..140).map(move |n| (place(n % 8, n), leaf)).collect::<Vec<_>>();
        other = other.with(more(Some(Digest([1; 32]))));
        other = other.with(more(None));
        assert_eq!(forward.digest(), other.digest());
        let at_once = leaves.iter().rev().map(|(at, leaf)| (*at, Some(*leaf))).collect();
        assert_eq!(forward.digest(), Tree::Empty.with(at_once).digest());
        let without = |at: Vec<_>| at.iter().map(|(at, _)| (*at, None)).collect();
        assert_eq!(other.with(without(leaves)).digest(), Digest([0; 32]));
    }

    /// Pages that are named by what they hold: equal trees have equal names.
    #[derive(Default)]
    struct ByContent(std::collections::BTreeMap<Vec<u8>, u64>);

    impl PageSink for ByContent {
        fn put(&mut self, bytes: Vec<u8>) -> PageRef {
            let next = self.0.len() as u64;
            let page = *self.0.entry(bytes.clone()).or_insert(next);
            PageRef::of(page, &bytes)
        }
    }

    #[test]
    fn what_stands_apart_depends_on_the_set_alone_and_comes_back() {
        let leaf = |number: u64| {
            let at = woodland_format::digest_key(&number.to_le_bytes());
            (at, Some(Digest([number as u8; 32])))
        };
        let at_once = Tree::Empty.with((0..6000).map(leaf).collect());
        let mut grown = Tree::Empty.with((0..9000).rev().map(leaf).collect());
        for from in (0..3000).step_by(100) {
            let gone = (from..from + 100).map(|number| (leaf(6000 + number).0, None));
            grown = grown.with(gone.collect());
        }
        let mut sink = ByContent::default();
        let (one, other) = (rest(&at_once, &mut sink), rest(&grown, &mut sink));
        assert_eq!(one, other);
        let largest = sink.0.keys().map(Vec::len).max();
        assert!(sink.0.len() < 300 && largest < Some(12_000), "{} of {largest:?}", sink.0.len());

        let pages = MemoryPages::default();
        let at_once = Tree::Empty.with((0..6000).map(leaf).collect());
        let at = rest(&at_once, &mut pages.clone());
        let woken: Tree = wake(&pages.pages(1 << 16, Arc::new(())), at).expect("it is there");
        assert_eq!((woken.digest(), pages.reads()), (at_once.digest(), 1));
        let change = || vec![leaf(6001), (leaf(17).0, None)];
        assert_eq!(woken.with(change()).digest(), at_once.with(change()).digest());
        assert!(pages.reads() < 10, "{}", pages.reads());
        let written = pages.len();
        rest(&woken.with(change()), &mut pages.clone());
        assert!(pages.len() - written < 10, "{}", pages.len() - written);
    }

    #[test]
    fn every_leaf_counts() {
        let one = Tree::Empty.with(vec![(place(1, 1), Some(Digest([1; 32])))]);
        let two = one.with(vec![(place(1, 2), Some(Digest([2; 32])))]);
        let twice = vec![(place(1, 2), None), (place(1, 2), Some(Digest([3; 32])))];
        let other = one.with(twice);
        assert_ne!(one.digest(), two.digest());
        assert_ne!(two.digest(), other.digest());
        assert_eq!(two.with(vec![(place(1, 2), None)]).digest(), Digest([1; 32]));
    }
}
