//! Every byte ever inserted into a text, in FugueMax order: what makes concurrent typing merge.
//!
//! Source: Weidner and Kleppmann, *The Art of the Fugue: Minimizing Interleaving in Collaborative
//! Text Editing* (2023), section 5. The paper's tree is kept as two facts about each insertion, its
//! parent and its right origin; the list is kept flat beside it.
//!
//! ```text
//!   what the author saw:   … L │ R …        the new run becomes
//!   what is held:          … L ( region ) R …   a right child of L, where R does not descend from
//!   L,
//!                                               or a left child of R
//! ```
//!
//! **Invariants**
//! - The list is the depth-first traversal of the tree: left children, the element, right children.
//!   Right siblings stand in reverse order of their right origins, then by stamp; left ones by
//!   stamp.
//! - An insertion is in the view of an author wholly or not at all; so the region between two
//!   neighbours of a view holds whole insertions that the author had not seen.
//! - `anchor` of a run is the element whose leftmost right descendant it is: the parent at the end
//!   of its chain of left parents.
//!
//! What this does not do: hold the visible text as one piece; `Splice`s keep the rope beside it.

use super::Splice;
use super::chunks::{Chunks, Element, Gap, Span, View};
use crate::past::{Past, Stamp};
use crate::void::Void;
use std::collections::HashMap;
use std::sync::Arc;
use woodland_format::TextOp;

/// A text op by element ids.
#[derive(Debug)]
pub(super) enum Woven {
    Insert { left: Option<Element>, right: Option<Element>, text: Arc<str>, hint: Gap },
    Delete { ranges: Vec<(Element, u32)>, hint: Gap },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// The run is a right child of this element; of the root, where there is none.
    Right(Option<Element>),
    /// The run is a left child of this element.
    Left(Element),
}

/// One insertion.
#[derive(Debug, Clone)]
struct Run {
    parent: Parent,
    right_origin: Option<Element>,
    anchor: Option<Element>,
    text: Arc<str>,
}

/// The woven text.
#[derive(Debug, Clone, Default)]
pub(super) struct Weave {
    chunks: Chunks,
    runs: im::HashMap<Stamp, Run>,
    /// The op whose author's eyes the view was last seen with.
    stands_at: Option<Stamp>,
}

impl Weave {
    /// Moves the view to what the author of `past` saw.
    pub(super) fn stand(&mut self, past: &Past<'_>) {
        if !self.stands_at.is_some_and(|at| past.continues(at)) {
            self.chunks.stand(past);
        }
        self.stands_at = Some(past.at());
    }

    /// What the op means by ids, in the view last stood at.
    pub(super) fn resolve(&mut self, op: TextOp) -> Result<Woven, Void> {
        match op {
            TextOp::Insert { at, text } => {
                let hint = self.cut(at as usize)?;
                let mut gap = hint;
                while self.chunks.after(gap).is_some_and(|span| span.view == View::Unseen) {
                    gap = self.chunks.next(gap);
                }
                let right = self.chunks.after(gap).map(|span| span.first);
                let left = self.chunks.before(hint);
                Ok(Woven::Insert { left, right, text: text.into(), hint })
            }
            TextOp::Delete { at, bytes } => {
                let end = at.checked_add(bytes).ok_or(Void::BadPosition)?;
                self.cut(end as usize)?;
                let hint = self.cut(at as usize)?;
                let mut ranges = Vec::new();
                let (mut gap, mut left) = (hint, bytes);
                while left > 0 {
                    let span = self.chunks.after(gap).expect("the cut at the end found a byte");
                    if span.view == View::There {
                        ranges.push((span.first, span.bytes));
                        left -= span.bytes;
                    }
                    gap = self.chunks.next(gap);
                }
                Ok(Woven::Delete { ranges, hint })
            }
        }
    }

    /// The gap right behind byte `at` of the view, made by splitting a span where needed.
    fn cut(&mut self, at: usize) -> Result<Gap, Void> {
        if at == 0 {
            return Ok(Chunks::START);
        }
        let (gap, before) = self.chunks.reach(at).ok_or(Void::BadPosition)?;
        let span = self.chunks.after(gap).expect("a span was reached");
        let bytes = u32::try_from(at - before).expect("a span's length fits u32");
        let text = &self.runs[&span.first.run].text;
        if !text.is_char_boundary((span.first.offset + bytes) as usize) {
            return Err(Void::BadPosition);
        }
        let gap = self.chunks.split(gap, bytes);
        Ok(self.chunks.next(gap))
    }

    /// Adds a resolved op; answers what it does to the visible text.
    pub(super) fn apply(&mut self, past: &Past<'_>, op: Woven) -> Vec<Splice> {
        if self.stands_at != Some(past.at()) {
            self.stands_at = None;
        }
        match op {
            Woven::Insert { left, right, text, hint } => {
                vec![self.insert(past, left, right, text, hint)]
            }
            Woven::Delete { ranges, hint } => self.delete(past.at(), &ranges, hint),
        }
    }

    fn insert(
        &mut self,
        past: &Past<'_>,
        left: Option<Element>,
        right: Option<Element>,
        text: Arc<str>,
        hint: Gap,
    ) -> Splice {
        let start = if self.chunks.before(hint) == left { hint } else { self.gap_behind(left) };
        let descends = right.is_some_and(|right| self.anchor(right) == left);
        let (parent, anchor) = match right {
            Some(right) if descends => (Parent::Left(right), left),
            _ => (Parent::Right(left), left),
        };
        let run = Run { parent, right_origin: right, anchor, text: Arc::clone(&text) };
        let gap = self.place(past, &run, start, right);
        let at = self.chunks.current_before(gap);
        let bytes = u32::try_from(text.len()).expect("OP_BYTES_MAX fits u32");
        let first = Element { run: past.at(), offset: 0 };
        self.runs.insert(past.at(), run);
        self.chunks.insert(gap, Span { first, bytes, view: View::There, deleters: Vec::new() });
        Splice::Insert { at, text }
    }

    /// Where the run goes between its neighbours in its author's view: `start`, and before `right`.
    fn place(&self, past: &Past<'_>, run: &Run, start: Gap, right: Option<Element>) -> Gap {
        let is_right = |span: &Span| Some(span.first) == right;
        if self.chunks.after(start).is_none_or(is_right) {
            return start;
        }
        let mut region: HashMap<Stamp, Option<Stamp>> = HashMap::new();
        let mut gap = start;
        while let Some(span) = self.chunks.after(gap).filter(|span| !is_right(span)) {
            region.insert(span.first.run, None);
            gap = self.chunks.next(gap);
        }
        self.name_siblings(run.parent, &mut region);

        let mut gap = start;
        while let Some(span) = self.chunks.after(gap).filter(|span| !is_right(span)) {
            let sibling = region.get(&span.first.run).copied().flatten();
            let goes_on = match (sibling, run.parent) {
                (Some(sibling), _) => self.stands_before(past, sibling, run, &region),
                // Left children of R are the last thing before R; right children of L the first
                // after L.
                (None, Parent::Left(_)) => true,
                (None, Parent::Right(_)) => false,
            };
            if !goes_on {
                break;
            }
            gap = self.chunks.next(gap);
        }
        gap
    }

    /// For each run of the region, the child of `parent` that it descends from, where it does.
    fn name_siblings(&self, parent: Parent, region: &mut HashMap<Stamp, Option<Stamp>>) {
        let mut pending: Vec<Stamp> = region.keys().copied().collect();
        let mut known: HashMap<Stamp, Option<Stamp>> = HashMap::new();
        let mut path = Vec::new();
        while let Some(run) = pending.pop() {
            let mut at = run;
            let sibling = loop {
                if let Some(sibling) = known.get(&at) {
                    break *sibling;
                }
                path.push(at);
                if self.runs[&at].parent == parent {
                    break Some(at);
                }
                match self.runs[&at].parent {
                    Parent::Left(up) | Parent::Right(Some(up)) if region.contains_key(&up.run) => {
                        at = up.run;
                    }
                    _ => break None,
                }
            };
            for step in path.drain(..) {
                known.insert(step, sibling);
            }
        }
        *region = known;
    }

    /// Whether a sibling stands before the new run.
    fn stands_before(
        &self,
        past: &Past<'_>,
        sibling: Stamp,
        run: &Run,
        region: &HashMap<Stamp, Option<Stamp>>,
    ) -> bool {
        let by_stamp = past.order(sibling, past.at()).is_lt();
        if matches!(run.parent, Parent::Left(_)) {
            return by_stamp;
        }
        // In reverse order of right origins: one inside the region stands before R, any other
        // behind it.
        let origin = self.runs[&sibling].right_origin;
        if origin == run.right_origin {
            return by_stamp;
        }
        !origin.is_some_and(|origin| region.contains_key(&origin.run))
    }

    fn anchor(&self, element: Element) -> Option<Element> {
        match element.offset.checked_sub(1) {
            Some(offset) => Some(Element { offset, ..element }),
            None => self.runs[&element.run].anchor,
        }
    }

    fn delete(&mut self, deleter: Stamp, ranges: &[(Element, u32)], hint: Gap) -> Vec<Splice> {
        let mut splices: Vec<Splice> = Vec::new();
        let mut gap = hint;
        for (first, bytes) in ranges {
            let mut next = *first;
            let end = first.offset + bytes;
            while next.offset < end {
                gap = self.gap_before(next, gap);
                let held = self.chunks.after(gap).map_or(0, |span| span.bytes);
                gap = self.chunks.split(gap, held.min(end - next.offset));
                let taken = self.chunks.after(gap).map_or(0, |span| span.bytes);
                let at = self.chunks.current_before(gap);
                let hidden = self.chunks.delete(gap, deleter);
                match splices.last_mut() {
                    _ if hidden == 0 => {}
                    Some(Splice::Delete { at: last, bytes }) if *last == at => *bytes += hidden,
                    _ => splices.push(Splice::Delete { at, bytes: hidden }),
                }
                next.offset += taken;
            }
        }
        splices
    }

    /// The gap before this element, splitting where needed; looks from `hint` on first.
    fn gap_before(&mut self, element: Element, hint: Gap) -> Gap {
        let mut gap = hint;
        while let Some(span) = self.chunks.after(gap) {
            if span.holds(element) {
                return self.split_before(element, gap);
            }
            gap = self.chunks.next(gap);
        }
        let gap = self.chunks.find(element).expect("an element that was seen is in the weave");
        self.split_before(element, gap)
    }

    fn split_before(&mut self, element: Element, gap: Gap) -> Gap {
        let gap = self.chunks.settle(gap);
        let span = self.chunks.after(gap).expect("the gap stands before a span");
        let inside = element.offset - span.first.offset;
        if inside == 0 {
            return gap;
        }
        let gap = self.chunks.split(gap, inside);
        let gap = self.chunks.next(gap);
        self.chunks.settle(gap)
    }

    fn gap_behind(&mut self, left: Option<Element>) -> Gap {
        let Some(left) = left else { return Chunks::START };
        let gap = self.gap_before(left, Chunks::START);
        let gap = self.chunks.split(gap, 1);
        self.chunks.next(gap)
    }
}
