//! The list that a weave is made of: spans in chunks, with two counts a chunk.
//!
//! **Invariants**
//! - `current` of a chunk counts its spans' elements that are visible now, `view` those that the
//!   author stood at sees; both are kept through every change. What is masked counts for nobody
//!   now, and in a view as the author saw.
//! - A chunk has at most `SPANS_MAX` spans.
//! - A [`Gap`] stands before a span, or at the end; it holds until the next change of the list.
//!
//! What this does not do: know why spans stand in this order.

use crate::past::{Past, Stamp};
use std::sync::Arc;

const SPANS_MAX: usize = 96;

/// One part of an insertion: a byte of text, a slot of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Element {
    /// The insertion.
    pub(crate) run: Stamp,
    /// Which part of it.
    pub(crate) offset: u32,
}

/// What the author stood at knows of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Inserted by someone whom the author had not read yet.
    Unseen,
    /// Seen, and seen to be gone.
    Gone,
    /// Seen and there.
    There,
}

/// Neighbouring elements of one insertion that share one fate.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) first: Element,
    pub(super) count: u32,
    pub(super) view: View,
    /// The masked ops without which it is not there: its insertion, and what that was about.
    pub(super) needs: Vec<Stamp>,
    /// The ops that took it away.
    pub(super) hiders: Hiders,
}

/// Ops that take elements away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hiders {
    /// For whoever saw one of them, and for everybody now.
    pub(crate) counting: Vec<Stamp>,
    /// For those for whom one of them counts.
    pub(crate) masked: Vec<Stamp>,
}

impl Hiders {
    pub(crate) fn add(&mut self, op: Stamp, is_masked: bool) {
        if is_masked { &mut self.masked } else { &mut self.counting }.push(op);
    }

    fn hide_from(&self, past: &Past<'_>) -> bool {
        self.counting.iter().any(|op| past.saw(*op))
            || self.masked.iter().any(|op| past.counts(*op))
    }
}

/// A place between spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(super) chunk: usize,
    pub(super) span: usize,
}

#[derive(Debug, Clone, Default)]
struct Chunk {
    spans: Vec<Span>,
    current: usize,
    view: usize,
}

/// All spans, in order. A clone shares the chunks until one of them changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunks(im::Vector<Arc<Chunk>>);

impl Span {
    pub(super) fn last(&self) -> Element {
        Element { run: self.first.run, offset: self.first.offset + self.count - 1 }
    }

    pub(super) fn holds(&self, element: Element) -> bool {
        let offsets = self.first.offset..self.first.offset + self.count;
        self.first.run == element.run && offsets.contains(&element.offset)
    }

    /// Whether its elements are visible now.
    pub(super) fn is_there(&self) -> bool {
        self.needs.is_empty() && self.hiders.counting.is_empty()
    }

    fn in_current(&self) -> usize {
        if self.is_there() { self.count as usize } else { 0 }
    }

    pub(super) fn in_view(&self) -> usize {
        if self.view == View::There { self.count as usize } else { 0 }
    }

    fn look(&mut self, past: &Past<'_>) {
        self.view = if !past.saw(self.first.run) {
            View::Unseen
        } else if self.hiders.hide_from(past) || !self.needs.iter().all(|op| past.counts(*op)) {
            View::Gone
        } else {
            View::There
        };
    }
}

impl Chunk {
    fn of(spans: Vec<Span>) -> Self {
        let current = spans.iter().map(Span::in_current).sum();
        let view = spans.iter().map(Span::in_view).sum();
        Chunk { spans, current, view }
    }
}

impl Chunks {
    pub(super) const START: Gap = Gap { chunk: 0, span: 0 };

    /// The same gap, told so that the span after it, if any, is in its own chunk.
    pub(super) fn settle(&self, gap: Gap) -> Gap {
        match self.0.get(gap.chunk) {
            Some(chunk) if gap.span >= chunk.spans.len() && gap.chunk + 1 < self.0.len() => {
                Gap { chunk: gap.chunk + 1, span: 0 }
            }
            _ => gap,
        }
    }

    /// The span after the gap.
    pub(super) fn after(&self, gap: Gap) -> Option<&Span> {
        let gap = self.settle(gap);
        self.0.get(gap.chunk)?.spans.get(gap.span)
    }

    /// The last element before the gap.
    pub(super) fn before(&self, gap: Gap) -> Option<Element> {
        let span = match gap.span.checked_sub(1) {
            Some(before) => self.0.get(gap.chunk)?.spans.get(before),
            None => self.0.get(gap.chunk.checked_sub(1)?)?.spans.last(),
        };
        span.map(Span::last)
    }

    /// The gap behind the span that stands after this one.
    pub(super) fn next(&self, gap: Gap) -> Gap {
        let gap = self.settle(gap);
        Gap { span: gap.span + 1, ..gap }
    }

    /// Elements visible now before the gap.
    pub(super) fn current_before(&self, gap: Gap) -> usize {
        let chunks: usize = self.0.iter().take(gap.chunk).map(|chunk| chunk.current).sum();
        let spans = self.0.get(gap.chunk).map_or(&[][..], |chunk| &chunk.spans);
        chunks + spans.iter().take(gap.span).map(Span::in_current).sum::<usize>()
    }

    /// Looks at everything again with the eyes of the author of `past`.
    pub(super) fn stand(&mut self, past: &Past<'_>) {
        for chunk in self.0.iter_mut().map(Arc::make_mut) {
            chunk.spans.iter_mut().for_each(|span| span.look(past));
            chunk.view = chunk.spans.iter().map(Span::in_view).sum();
        }
    }

    /// The first span that, in the view, reaches element `at` (1, 2, …), and how many stand
    /// before it; none past the end.
    pub(super) fn reach(&self, at: usize) -> Option<(Gap, usize)> {
        let mut before = 0;
        for (index, chunk) in self.0.iter().enumerate() {
            if before + chunk.view < at {
                before += chunk.view;
                continue;
            }
            for (span, one) in chunk.spans.iter().enumerate() {
                if one.in_view() > 0 && before + one.in_view() >= at {
                    return Some((Gap { chunk: index, span }, before));
                }
                before += one.in_view();
            }
        }
        None
    }

    /// Makes the span after the gap end after `count`, what remains becoming a span of its own, and
    /// answers where the gap went.
    pub(super) fn split(&mut self, gap: Gap, count: u32) -> Gap {
        let gap = self.settle(gap);
        let spans = &mut self.chunk(gap).spans;
        let span = &mut spans[gap.span];
        if count == 0 || count >= span.count {
            return gap;
        }
        let mut rest = span.clone();
        rest.first.offset += count;
        rest.count -= count;
        span.count = count;
        spans.insert(gap.span + 1, rest);
        self.level(gap)
    }

    /// Puts a span at the gap.
    pub(super) fn insert(&mut self, gap: Gap, span: Span) {
        if self.0.is_empty() {
            self.0.push_back(Arc::default());
        }
        let chunk = self.chunk(gap);
        chunk.current += span.in_current();
        chunk.view += span.in_view();
        chunk.spans.insert(gap.span, span);
        self.level(gap);
    }

    /// Takes the span after the gap away, in the view too where it is seen; answers how many
    /// elements went out of sight: none by a masked op.
    pub(super) fn hide(&mut self, gap: Gap, op: Stamp, is_masked: bool) -> usize {
        let gap = self.settle(gap);
        let chunk = self.chunk(gap);
        let span = &mut chunk.spans[gap.span];
        let hidden = if is_masked { 0 } else { span.in_current() };
        chunk.current -= hidden;
        chunk.view -= span.in_view();
        if span.view == View::There {
            span.view = View::Gone;
        }
        span.hiders.add(op, is_masked);
        hidden
    }

    /// The gap before the span that holds the element. Looks at every span.
    pub(super) fn find(&self, element: Element) -> Option<Gap> {
        self.0.iter().enumerate().find_map(|(chunk, one)| {
            let span = one.spans.iter().position(|span| span.holds(element))?;
            Some(Gap { chunk, span })
        })
    }

    fn chunk(&mut self, gap: Gap) -> &mut Chunk {
        Arc::make_mut(self.0.get_mut(gap.chunk).expect("a gap is in a chunk"))
    }

    /// Cuts the chunk in two if it is too long; answers where the gap went.
    fn level(&mut self, gap: Gap) -> Gap {
        let chunk = self.chunk(gap);
        if chunk.spans.len() <= SPANS_MAX {
            return gap;
        }
        let half = chunk.spans.len() / 2;
        let spans = chunk.spans.split_off(half);
        let rest = Chunk::of(spans);
        chunk.current -= rest.current;
        chunk.view -= rest.view;
        self.0.insert(gap.chunk + 1, Arc::new(rest));
        if gap.span >= half { Gap { chunk: gap.chunk + 1, span: gap.span - half } } else { gap }
    }
}
