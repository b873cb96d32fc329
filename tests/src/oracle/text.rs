//! A text: a tree of bytes with tombstones, walked in FugueMax order.
//!
//! Weidner and Kleppmann, *The Art of the Fugue* (2023), section 5. Every byte ever inserted is an
//! element of the tree; the root stands for the beginning of the text.
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
//! - The later bytes of a run are each the right child of the byte before.
//! - The visible bytes are UTF-8 at every version: edits take and leave whole characters.

use crate::oracle::past::{Past, Stamp};
use std::cmp::Reverse;
use woodland_format::TextOp;

const ROOT: usize = 0;

/// One text and all that ever happened to it.
pub(crate) struct Text {
    /// By number; the first is the root. Numbers are given in the order of the run.
    elements: Vec<Element>,
    /// Numbers of all elements but the root, in list order.
    list: Vec<usize>,
    /// Each insert and its left origin.
    inserts: Vec<(Stamp, usize)>,
}

#[derive(Default)]
struct Element {
    byte: u8,
    /// The op that inserted it; none for the root.
    inserted: Option<Stamp>,
    /// The ops that deleted it.
    deleted: Vec<Stamp>,
    /// The element that followed its left origin; none for the end of the list.
    right_origin: Option<usize>,
    left_children: Vec<usize>,
    right_children: Vec<usize>,
}

impl Default for Text {
    fn default() -> Self {
        Text { elements: vec![Element::default()], list: vec![], inserts: vec![] }
    }
}

impl Text {
    /// Applies an op, or says why it is void.
    pub(crate) fn apply(
        &mut self,
        past: &Past,
        stamp: Stamp,
        op: &TextOp,
    ) -> Result<(), &'static str> {
        let seen: Vec<usize> = self.seen_by(past, stamp);
        let visible: Vec<usize> = seen
            .iter()
            .copied()
            .filter(|at| !self.elements[*at].deleted.iter().any(|by| past.saw(stamp, *by)))
            .collect();
        let text = self.string(&visible);
        match op {
            TextOp::Insert { at, text: inserted } => {
                let at = *at as usize;
                if inserted.is_empty() {
                    return Err("empty-edit");
                }
                if !text.is_char_boundary(at) {
                    return Err("bad-position");
                }
                let left_origin = if at == 0 { ROOT } else { visible[at - 1] };
                self.insert(past, stamp, &seen, left_origin, inserted.as_bytes());
            }
            TextOp::Delete { at, bytes } => {
                let (at, bytes) = (*at as usize, *bytes as usize);
                if bytes == 0 {
                    return Err("empty-edit");
                }
                if !text.is_char_boundary(at) || !text.is_char_boundary(at + bytes) {
                    return Err("bad-position");
                }
                for element in &visible[at..at + bytes] {
                    self.elements[*element].deleted.push(stamp);
                }
            }
        }
        Ok(())
    }

    /// The text as everybody sees it who holds the whole version.
    pub(crate) fn shown(&self) -> String {
        let visible = |at: &usize| self.elements[*at].deleted.is_empty();
        self.string(&self.list.iter().copied().filter(visible).collect::<Vec<_>>())
    }

    /// Each insert that was not void, with its left origin.
    pub(crate) fn inserts(&self) -> &[(Stamp, usize)] {
        &self.inserts
    }

    fn string(&self, elements: &[usize]) -> String {
        let bytes = elements.iter().map(|at| self.elements[*at].byte).collect();
        String::from_utf8(bytes).expect("edits take and leave whole characters")
    }

    /// All elements that the op saw, tombstones included, in list order.
    fn seen_by(&self, past: &Past, stamp: Stamp) -> Vec<usize> {
        self.list.iter().copied().filter(|at| self.saw(past, stamp, *at)).collect()
    }

    fn saw(&self, past: &Past, stamp: Stamp, element: usize) -> bool {
        self.elements[element].inserted.is_none_or(|by| past.saw(stamp, by))
    }

    fn insert(
        &mut self,
        past: &Past,
        stamp: Stamp,
        seen: &[usize],
        left_origin: usize,
        bytes: &[u8],
    ) {
        let after = match left_origin {
            ROOT => 0,
            _ => 1 + seen.iter().position(|at| *at == left_origin).expect("a visible byte is seen"),
        };
        let right_origin = seen.get(after).copied();
        let run_start = self.elements.len();
        for byte in bytes {
            let inserted = Some(stamp);
            self.elements.push(Element {
                byte: *byte,
                inserted,
                right_origin,
                ..Element::default()
            });
        }
        for at in run_start + 1..self.elements.len() {
            self.elements[at - 1].right_children.push(at);
        }

        let children = &self.elements[left_origin].right_children;
        if children.iter().any(|child| self.saw(past, stamp, *child)) {
            let parent = right_origin.expect("a seen right child follows its parent in the list");
            self.elements[parent].left_children.push(run_start);
            let mut children = self.elements[parent].left_children.clone();
            children.sort_by_key(|child| self.elements[*child].inserted);
            self.elements[parent].left_children = children;
        } else {
            self.elements[left_origin].right_children.push(run_start);
            let mut children = self.elements[left_origin].right_children.clone();
            children.sort_by_key(|child| {
                let element = &self.elements[*child];
                (Reverse(self.place(element.right_origin)), element.inserted)
            });
            self.elements[left_origin].right_children = children;
        }
        self.list = self.walk();
        self.inserts.push((stamp, left_origin));
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
