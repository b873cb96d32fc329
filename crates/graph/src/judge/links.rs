//! The links of a graph: every foreign key that an op ever wrote, and how long it was shown.
//!
//! ```text
//!   by source   (node, op, number in the op) ──► target, policy, field, end
//!   by target   (target, policy, node, op, number)
//! ```
//!
//! **Invariants**
//! - A link is shown from right after the op that wrote it to right before the op that ended it.
//! - Links are never taken out, and their ends only ever move towards the beginning: what arrives
//!   can end a link earlier, never later. A link that ends before it begins is never shown.
//!
//! What this does not do: know what ends a link. `slots` does.

use crate::judge::life::Stretch;
use crate::past::{Stamp, order};
use woodland_format::{FieldId, NodeId, OnDelete};
use woodland_log::{Log, Place};
use woodland_page::{Reading, Stored, Tree, Weigh, Writing};

/// The name of a link: who has it, the op that wrote it, and which of the op's links it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkId {
    pub(crate) source: NodeId,
    place: Place,
    index: u32,
    number: u32,
}

impl LinkId {
    pub(crate) fn of(source: NodeId, start: Stamp, number: u32) -> Self {
        LinkId { source, place: start.place, index: start.index, number }
    }

    /// The op that wrote it.
    pub(crate) fn start(&self) -> Stamp {
        Stamp { place: self.place, index: self.index }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) target: NodeId,
    pub(crate) on_delete: OnDelete,
    pub(crate) field: FieldId,
    /// The first op that ended it.
    pub(crate) end: Option<Stamp>,
}

/// A link as the judge meets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) id: LinkId,
    pub(crate) link: Link,
}

impl Found {
    /// When it is shown.
    pub(crate) fn shown(&self) -> Stretch {
        Stretch { from: self.id.start(), until: self.link.end }
    }

    /// Whether it is shown right before this op.
    pub(crate) fn is_shown(&self, log: &Log, at: Stamp) -> bool {
        self.shown().holds(log, at)
    }

    /// Whether it is shown right after this op.
    pub(crate) fn is_shown_after(&self, log: &Log, at: Stamp) -> bool {
        self.shown().holds_after(log, at)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    by_source: Tree<LinkId, Link>,
    by_target: Tree<(NodeId, OnDelete, LinkId), ()>,
}

const FIRST: LinkId =
    LinkId { source: NodeId([0; 16]), place: Place { line: 0, seq: 0 }, index: 0, number: 0 };
const LAST: LinkId = LinkId {
    source: NodeId([u8::MAX; 16]),
    place: Place { line: u32::MAX, seq: u64::MAX },
    index: u32::MAX,
    number: u32::MAX,
};

impl Links {
    pub(crate) fn add(&mut self, id: LinkId, link: Link) {
        self.by_source.insert(id, link);
        self.by_target.insert((link.target, link.on_delete, id), ());
    }

    /// Ends a link there, unless it ended before. Gives it as it was, if that changes it.
    pub(crate) fn end(&mut self, log: &Log, id: LinkId, end: Stamp) -> Option<Link> {
        let link = *self.by_source.get(&id)?;
        if link.end.is_some_and(|before| order(log, before, end).is_le()) {
            return None;
        }
        self.by_source.insert(id, Link { end: Some(end), ..link });
        Some(link)
    }

    /// All that a node ever had.
    pub(crate) fn of(&self, source: NodeId) -> impl Iterator<Item = Found> + '_ {
        let range = LinkId { source, ..FIRST }..=LinkId { source, ..LAST };
        self.by_source.range(range).map(|(id, link)| Found { id, link })
    }

    /// Those that one op wrote, in the order in which it names them.
    pub(crate) fn of_op(&self, source: NodeId, op: Stamp) -> impl Iterator<Item = Found> + '_ {
        let range = LinkId::of(source, op, 0)..=LinkId::of(source, op, u32::MAX);
        self.by_source.range(range).map(|(id, link)| Found { id, link })
    }

    /// All that there ever were to a node.
    pub(crate) fn to(&self, target: NodeId) -> impl Iterator<Item = Found> + '_ {
        self.between((target, OnDelete::Restrict), (target, OnDelete::Revive))
    }

    /// All that there ever were to a node under this policy.
    pub(crate) fn to_under(
        &self,
        target: NodeId,
        on_delete: OnDelete,
    ) -> impl Iterator<Item = Found> + '_ {
        self.between((target, on_delete), (target, on_delete))
    }

    fn between(
        &self,
        lower: (NodeId, OnDelete),
        upper: (NodeId, OnDelete),
    ) -> impl Iterator<Item = Found> + '_ {
        let found = self.by_target.range((lower.0, lower.1, FIRST)..=(upper.0, upper.1, LAST));
        found.map(|((_, _, id), ())| {
            let link = self.by_source.get(&id).expect("a link is listed by source and by target");
            Found { id, link: *link }
        })
    }
}

impl Stored for Links {
    fn write(&self, to: &mut Writing<'_>) {
        self.by_source.write(to);
        self.by_target.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Some(Links { by_source: Stored::read(from)?, by_target: Stored::read(from)? })
    }
}

impl Stored for LinkId {
    fn write(&self, to: &mut Writing<'_>) {
        (self.source, self.start(), self.number).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (source, start, number) = Stored::read(from)?;
        Some(LinkId::of(source, start, number))
    }
}

impl Weigh for Link {}

impl Stored for Link {
    fn write(&self, to: &mut Writing<'_>) {
        (self.target, self.on_delete, self.field).write(to);
        self.end.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (target, on_delete, field) = Stored::read(from)?;
        Some(Link { target, on_delete, field, end: Stored::read(from)? })
    }
}
