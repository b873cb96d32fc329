//! Where an insertion goes among what its author had not seen: the order of siblings.
//!
//! **Invariants**
//! - Looks only at the region between the two neighbours in the author's view, which holds whole
//!   insertions.
//! - No recursion: an ancestor is found once for all runs that descend from it.
//!
//! What this does not do: change the list.

use super::chunks::{Element, Gap, Span};
use super::{Content, Parent, Run, Weave};
use crate::past::{Past, Stamp};
use std::collections::HashMap;

impl<C: Content> Weave<C> {
    /// Where the run goes between its neighbours in its author's view: `start`, and before `right`.
    pub(super) fn place(
        &self,
        past: &Past<'_>,
        run: &Run<C>,
        start: Gap,
        right: Option<Element>,
    ) -> Gap {
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
        run: &Run<C>,
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
}
