//! Everything ever inserted into a text or a list, in FugueMax order: what makes concurrent edits
//! merge.
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
//! - An element is there for an author for whom its insertion counts, and none of the ops that hide
//!   it. Masked insertions stand in the list like all others, and order what stands beside them.
//!
//! What this does not do: hold what is visible as one piece; what it answers keeps that beside it.

mod chunks;
mod siblings;

use crate::kind::History;
use crate::past::{Past, Stamp};
use crate::void::Void;
use chunks::{Chunks, Gap, Span, View};
pub(crate) use chunks::{Element, Hiders};
use std::fmt::Debug;
use std::ops::Range;

/// What one insertion holds.
pub(crate) trait Content: Clone + Debug {
    /// How many elements, at least one.
    fn count(&self) -> u32;

    /// Whether an edit may begin or end before this element.
    fn may_cut(&self, offset: u32) -> bool {
        let _ = offset;
        true
    }
}

/// Where an author put something: beside which elements.
#[derive(Debug)]
pub(crate) struct Origins {
    left: Option<Element>,
    right: Option<Element>,
    hint: Gap,
}

/// Elements that an author saw side by side: each range is a first element and a count.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) ranges: Vec<(Element, u32)>,
    hint: Gap,
}

/// One element, and where it may be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) element: Element,
    hint: Gap,
}

impl Spot {
    /// An element that may be anywhere.
    pub(crate) fn of(element: Element) -> Self {
        Spot { element, hint: Chunks::START }
    }

    /// Another element, which may well be in the same place.
    pub(crate) fn near(self, element: Element) -> Self {
        Spot { element, ..self }
    }
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
struct Run<C> {
    parent: Parent,
    right_origin: Option<Element>,
    anchor: Option<Element>,
    content: C,
}

/// All that was ever inserted.
#[derive(Debug, Clone)]
pub(crate) struct Weave<C: Content> {
    chunks: Chunks,
    runs: im::HashMap<Stamp, Run<C>>,
    /// The op whose author's eyes the view was last seen with.
    stands_at: Option<Stamp>,
}

impl<C: Content> Default for Weave<C> {
    fn default() -> Self {
        Weave { chunks: Chunks::default(), runs: im::HashMap::new(), stands_at: None }
    }
}

/// Whether each of the arrived ops saw everything that stands before it, and `tips` first of all,
/// and none is masked.
pub(crate) fn is_sequential(
    mut tips: Vec<Stamp>,
    arrived: &[Stamp],
    history: &History<'_>,
) -> bool {
    let Some(first) = arrived.first() else { return true };
    let mut past = Past::of(history.log(), *first);
    arrived.iter().all(|stamp| {
        past.move_to(*stamp);
        let saw_all = !past.is_masked() && tips.iter().all(|tip| past.saw(*tip));
        tips.clear();
        tips.push(*stamp);
        saw_all
    })
}

impl<C: Content> Weave<C> {
    /// Moves the view to what the author of `past` saw.
    pub(crate) fn stand(&mut self, past: &Past<'_>) {
        if !self.stands_at.is_some_and(|at| past.continues(at)) {
            self.chunks.stand(past);
        }
        self.stands_at = Some(past.at());
    }

    /// What stands beside position `at` of the view last stood at.
    ///
    /// # Errors
    /// [`Void::BadPosition`] past its end, or where an edit may not begin.
    pub(crate) fn origins(&mut self, at: usize) -> Result<Origins, Void> {
        let hint = self.cut(at)?;
        let mut gap = hint;
        while self.chunks.after(gap).is_some_and(|span| span.view == View::Unseen) {
            gap = self.chunks.next(gap);
        }
        let right = self.chunks.after(gap).map(|span| span.first);
        let left = self.chunks.before(hint);
        Ok(Origins { left, right, hint })
    }

    /// The `count` elements from position `at` of the view on.
    ///
    /// # Errors
    /// Like [`Weave::origins`], at both ends.
    pub(crate) fn stretch(&mut self, at: u32, count: u32) -> Result<Stretch, Void> {
        let end = at.checked_add(count).ok_or(Void::BadPosition)?;
        self.cut(end as usize)?;
        let hint = self.cut(at as usize)?;
        let mut ranges = Vec::new();
        let (mut gap, mut left) = (hint, count);
        while left > 0 {
            let span = self.chunks.after(gap).expect("the cut at the end found an element");
            if span.view == View::There {
                ranges.push((span.first, span.count));
                left -= span.count;
            }
            gap = self.chunks.next(gap);
        }
        Ok(Stretch { ranges, hint })
    }

    /// The element at position `at` of the view.
    ///
    /// # Errors
    /// [`Void::BadPosition`] past its end.
    pub(crate) fn spot(&self, at: usize) -> Result<Spot, Void> {
        let (hint, before) = self.chunks.reach(at + 1).ok_or(Void::BadPosition)?;
        let first = self.chunks.after(hint).expect("a span was reached").first;
        let inside = u32::try_from(at - before).expect("a span's length fits u32");
        Ok(Spot { element: Element { offset: first.offset + inside, ..first }, hint })
    }

    /// How many elements that are visible now stand before this one, if it is.
    pub(crate) fn position(&self, spot: Spot) -> Option<usize> {
        let gap = self.locate(spot);
        let span = self.chunks.after(gap).filter(|span| span.is_there())?;
        let inside = spot.element.offset - span.first.offset;
        Some(self.chunks.current_before(gap) + inside as usize)
    }

    /// What an op inserted, which is in the weave.
    pub(crate) fn content(&self, run: Stamp) -> &C {
        &self.runs[&run].content
    }

    /// The gap right behind element `at` of the view, made by splitting a span where needed.
    fn cut(&mut self, at: usize) -> Result<Gap, Void> {
        if at == 0 {
            return Ok(Chunks::START);
        }
        let (gap, before) = self.chunks.reach(at).ok_or(Void::BadPosition)?;
        let span = self.chunks.after(gap).expect("a span was reached");
        let count = u32::try_from(at - before).expect("a span's length fits u32");
        if !self.runs[&span.first.run].content.may_cut(span.first.offset + count) {
            return Err(Void::BadPosition);
        }
        let gap = self.chunks.split(gap, count);
        Ok(self.chunks.next(gap))
    }

    /// Adds what an op inserts, hidden by those ops; answers how many elements that are visible
    /// now stand before it, if it is visible. `about` is a masked insertion without which it is not
    /// there.
    pub(crate) fn insert(
        &mut self,
        past: &Past<'_>,
        origins: &Origins,
        content: C,
        about: Option<Stamp>,
        hiders: Hiders,
    ) -> Option<usize> {
        self.leave(past.at());
        let Origins { left, right, hint } = *origins;
        let start = if self.chunks.before(hint) == left { hint } else { self.gap_behind(left) };
        let descends = right.is_some_and(|right| self.anchor(right) == left);
        let (parent, anchor) = match right {
            Some(right) if descends => (Parent::Left(right), left),
            _ => (Parent::Right(left), left),
        };
        let count = content.count();
        let run = Run { parent, right_origin: right, anchor, content };
        let gap = self.place(past, &run, start, right);
        let at = self.chunks.current_before(gap);
        let first = Element { run: past.at(), offset: 0 };
        self.runs.insert(past.at(), run);
        let own = past.is_masked().then_some(past.at());
        let needs: Vec<Stamp> = own.into_iter().chain(about).collect();
        let span = Span { first, count, view: View::There, needs, hiders };
        let is_there = span.is_there();
        self.chunks.insert(gap, span);
        is_there.then_some(at)
    }

    /// Hides elements. Answers what that takes out of sight, piece by piece: each range is told as
    /// it stands when those before it are gone.
    pub(crate) fn hide(&mut self, past: &Past<'_>, stretch: &Stretch) -> Vec<Range<usize>> {
        let (op, is_masked) = (past.at(), past.is_masked());
        self.leave(op);
        let mut hidden: Vec<Range<usize>> = Vec::new();
        let mut gap = stretch.hint;
        for (first, count) in &stretch.ranges {
            let mut next = *first;
            let end = first.offset + count;
            while next.offset < end {
                gap = self.gap_before(next, gap);
                let held = self.chunks.after(gap).map_or(0, |span| span.count);
                gap = self.chunks.split(gap, held.min(end - next.offset));
                let taken = self.chunks.after(gap).map_or(0, |span| span.count);
                let at = self.chunks.current_before(gap);
                let lost = self.chunks.hide(gap, op, is_masked);
                match hidden.last_mut() {
                    _ if lost == 0 => {}
                    Some(last) if last.start == at => last.end += lost,
                    _ => hidden.push(at..at + lost),
                }
                next.offset += taken;
            }
        }
        hidden
    }

    /// Hides one element; answers where it stood, if that takes it out of sight.
    pub(crate) fn hide_one(&mut self, past: &Past<'_>, spot: Spot) -> Option<usize> {
        let (op, is_masked) = (past.at(), past.is_masked());
        self.leave(op);
        let gap = self.locate(spot);
        let gap = self.split_before(spot.element, gap);
        let gap = self.chunks.split(gap, 1);
        let at = self.chunks.current_before(gap);
        (self.chunks.hide(gap, op, is_masked) > 0).then_some(at)
    }

    /// The gap before the span that holds an element.
    fn locate(&self, spot: Spot) -> Gap {
        let is_there = self.chunks.after(spot.hint).is_some_and(|span| span.holds(spot.element));
        if is_there {
            return spot.hint;
        }
        self.chunks.find(spot.element).expect("an element that was seen is in the weave")
    }

    /// Forgets whose view this is, unless an op of that author is applied.
    fn leave(&mut self, op: Stamp) {
        if self.stands_at != Some(op) {
            self.stands_at = None;
        }
    }

    fn anchor(&self, element: Element) -> Option<Element> {
        match element.offset.checked_sub(1) {
            Some(offset) => Some(Element { offset, ..element }),
            None => self.runs[&element.run].anchor,
        }
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
        let gap = self.locate(Spot::of(element));
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
