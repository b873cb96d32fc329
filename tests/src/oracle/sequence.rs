//! A sequence: a tree of elements, walked in FugueMax order. The bytes of a text stand in one, and
//! so do the slots of a list.
//!
//! Weidner and Kleppmann, *The Art of the Fugue* (2023), section 5. Every element ever inserted is
//! in the tree; the root stands for the beginning.
//!
//! ```text
//!  walk(element) = walk(left children), the element, walk(right children)
//! ```
//!
//! **Invariants**
//! - A new element is a right child of its left origin where that had no right child that the
//!   author saw; otherwise a left child of its right origin.
//! - Right children stand in the *reverse* order of their right origins in the list (this is what
//!   makes it FugueMax and not Fugue), ties by stamp; left children by stamp.
//! - The later elements of a run are each the right child of the one before.
//!
//! What this does not do: know what an element holds, or whether it is visible.

use crate::oracle::past::Stamp;
use crate::oracle::sight::Sight;
use std::cmp::Reverse;
use std::ops::Range;

/// The number of the root: the left origin at the beginning.
pub(crate) const ROOT: usize = 0;

/// All elements ever inserted, and their order.
#[derive(Debug)]
pub(crate) struct Sequence {
    /// By number; the first is the root. Numbers are given in the order of the run.
    elements: Vec<Element>,
    /// Numbers of all elements but the root, in list order.
    list: Vec<usize>,
    /// Each insertion and its left origin.
    insertions: Vec<(Stamp, usize)>,
}

#[derive(Debug, Clone, Default)]
struct Element {
    /// The op that inserted it; none for the root.
    inserted: Option<Stamp>,
    /// The element that followed its left origin; none for the end of the list.
    right_origin: Option<usize>,
    left_children: Vec<usize>,
    right_children: Vec<usize>,
}

impl Default for Sequence {
    fn default() -> Self {
        Sequence { elements: vec![Element::default()], list: vec![], insertions: vec![] }
    }
}

impl Sequence {
    /// All elements in list order.
    pub(crate) fn list(&self) -> &[usize] {
        &self.list
    }

    /// Each insertion, with its left origin.
    pub(crate) fn insertions(&self) -> &[(Stamp, usize)] {
        &self.insertions
    }

    /// The op that inserted an element, which is not the root.
    pub(crate) fn inserted(&self, element: usize) -> Stamp {
        self.elements[element].inserted.expect("the root is not in the list")
    }

    /// All elements that the op saw, in list order.
    pub(crate) fn seen_by(&self, sight: &Sight<'_>) -> Vec<usize> {
        self.list.iter().copied().filter(|at| self.saw(sight, *at)).collect()
    }

    fn saw(&self, sight: &Sight<'_>, element: usize) -> bool {
        self.elements[element].inserted.is_none_or(|by| sight.saw(by))
    }

    /// Inserts a run of elements behind its left origin, which the op saw. Answers their numbers.
    pub(crate) fn insert(
        &mut self,
        sight: &Sight<'_>,
        left_origin: usize,
        count: usize,
    ) -> Range<usize> {
        let seen = self.seen_by(sight);
        let after = match left_origin {
            ROOT => 0,
            _ => 1 + seen.iter().position(|at| *at == left_origin).expect("an origin is seen"),
        };
        let right_origin = seen.get(after).copied();
        let first = self.elements.len();
        let run = first..first + count;
        let inserted = Some(sight.stamp);
        let element = Element { inserted, right_origin, ..Element::default() };
        self.elements.resize(run.end, element);
        for at in first + 1..run.end {
            self.elements[at - 1].right_children.push(at);
        }

        let children = &self.elements[left_origin].right_children;
        if children.iter().any(|child| self.saw(sight, *child)) {
            let parent = right_origin.expect("a seen right child follows its parent in the list");
            self.elements[parent].left_children.push(first);
            let mut children = self.elements[parent].left_children.clone();
            children.sort_by_key(|child| self.elements[*child].inserted);
            self.elements[parent].left_children = children;
        } else {
            self.elements[left_origin].right_children.push(first);
            let mut children = self.elements[left_origin].right_children.clone();
            children.sort_by_key(|child| {
                let element = &self.elements[*child];
                (Reverse(self.place(element.right_origin)), element.inserted)
            });
            self.elements[left_origin].right_children = children;
        }
        self.list = self.walk();
        self.insertions.push((sight.stamp, left_origin));
        run
    }

    /// Where in the list an element stands; the end stands after all of them.
    fn place(&self, element: Option<usize>) -> usize {
        let Some(element) = element else { return self.list.len() };
        self.list.iter().position(|at| *at == element).expect("an origin is in the list")
    }

    /// All elements but the root, depth first, with a stack of its own: a long run is a deep tree.
    fn walk(&self) -> Vec<usize> {
        enum Step {
            Enter(usize),
            Emit(usize),
        }
        let mut list = Vec::new();
        let mut stack = vec![Step::Enter(ROOT)];
        while let Some(step) = stack.pop() {
            match step {
                Step::Emit(ROOT) => {}
                Step::Emit(at) => list.push(at),
                Step::Enter(at) => {
                    let element = &self.elements[at];
                    stack.extend(element.right_children.iter().rev().map(|one| Step::Enter(*one)));
                    stack.push(Step::Emit(at));
                    stack.extend(element.left_children.iter().rev().map(|one| Step::Enter(*one)));
                }
            }
        }
        list
    }
}
