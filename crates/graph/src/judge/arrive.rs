//! What a run tells the judge: deletions, edits that keep their nodes, and foreign keys, as they
//! arrive.
//!
//! **Invariants**
//! - An op that is void by a rule of content is not told of.
//! - What concerns no deletion before or after it is noted down, and is no news.
//!
//! What this does not do: decide anything.

use crate::derive::Run;
use crate::erased::{AnyConfig, AnyKind};
use crate::fields::{Fields, OfField};
use crate::judge::life::Stretch;
use crate::judge::links::{Link, LinkId};
use crate::judge::slots::{SlotOp, Slots};
use crate::judge::{Act, Case};
use crate::past::{Past, Stamp, key, order};
use crate::reread::OpReader;
use crate::state::{Creation, NodeEntry};
use crate::void::Void;
use woodland_format::{
    FieldId, NodeId, Op, TypeId, Value, encode, keyed_node_id, recreated_node_id,
};
use woodland_log::Place;

impl Run<'_> {
    /// A deletion of a node.
    pub(crate) fn delete(&mut self, past: &Past<'_>, node: NodeId) -> Result<(), Void> {
        let place = self.touch(node).ok_or(Void::UnknownNode)?;
        let (log, at) = (self.log, past.at());
        let entry = &mut self.touched.at(place).entry;
        if !entry.creations().any(|creation| past.saw(creation.stamp)) {
            return Err(Void::UnknownNode);
        }
        if past.is_masked() {
            return Err(Void::Revoked);
        }
        entry.life.get_or_insert_default().delete(log, at);
        self.news.cases.push(Case { at, act: Act::Deletion, node });
        let is_last = !self.graph.existence.is_before_a_deletion(log, at);
        #[cfg(planted)]
        let is_last = is_last || woodland_format::planted::is("last-deletion-by-arrival");
        if is_last {
            self.graph.existence.last_deletion = Some(at);
        }
        Ok(())
    }

    /// The node that a key names in a generation after the first, if the op's author had seen the
    /// one before.
    pub(crate) fn generation(
        &self,
        past: &Past<'_>,
        node_type: TypeId,
        key: &Value,
        generation: u32,
    ) -> Result<NodeId, Void> {
        let key = encode(key);
        let before = match generation.checked_sub(1).ok_or(Void::UnseenGeneration)? {
            0 => keyed_node_id(node_type, &key),
            before => recreated_node_id(node_type, &key, before),
        };
        let is_seen = |entry: &NodeEntry| entry.creations().any(|one| past.saw(one.stamp));
        if self.known(before, is_seen) == Some(true) {
            Ok(recreated_node_id(node_type, &key, generation))
        } else {
            Err(Void::UnseenGeneration)
        }
    }

    /// Follows an op that had an effect on an object whose field holds foreign keys.
    pub(crate) fn follow(
        &mut self,
        past: &Past<'_>,
        (place, node): (usize, NodeId),
        field: FieldId,
        (kind, config): (&dyn AnyKind, &AnyConfig),
        bytes: &[u8],
    ) {
        const IS_THERE: &str = "an op that had an effect has its object";
        let (log, start) = (self.log, past.at());
        let object = self.touched.at(place).entry.object_mut(field, kind.name()).expect(IS_THERE);
        let (mut links, mut ended, mut number) = (Vec::new(), Vec::new(), 0);
        for written in kind.writes(&object.held, config, bytes, past) {
            let first = number;
            number += u32::try_from(written.keys.len()).expect("an op is smaller than that");
            let slots = object.slots.get_or_insert_with(|| Slots::for_part(&written.part).into());
            let Some(placed) = slots.place(log, past, &written, first..number) else { continue };
            for (number, (target, on_delete)) in (first..).zip(written.keys) {
                let link = Link { target, on_delete, field, end: placed.end };
                links.push((LinkId::of(node, start, number), link));
            }
            let of_op = |op: SlotOp| op.numbers().map(move |at| LinkId::of(node, op.stamp, at));
            ended.extend(placed.ends.into_iter().flat_map(of_op));
        }
        // Deletions after it look at its links, and so do returns of the node, deletions or not.
        let matters =
            self.graph.existence.is_before_a_deletion(log, start) || self.has_shifts(node);
        for id in ended {
            let link = self.graph.existence.links.end(log, id, start);
            if let Some(link) = link
                && order(log, start, id.start()).is_lt()
                && self.has_shifts(link.target)
            {
                // What wrote it never shows it any more.
                self.news.cases.push(Case { at: id.start(), act: Act::Edit, node });
            }
            if let Some(link) = link.filter(|_| matters) {
                let shown = Stretch { from: start, until: link.end };
                self.news.links.push((node, link.target, shown));
            }
        }
        let mut may_be_dead = false;
        for (id, link) in links {
            self.graph.existence.links.add(id, link);
            if matters {
                let shown = Stretch { from: start, until: link.end };
                self.news.links.push((node, link.target, shown));
            }
            may_be_dead |= self.has_shifts(link.target);
        }
        if may_be_dead {
            self.news.cases.push(Case { at: start, act: Act::Edit, node });
        }
    }

    fn has_shifts(&self, node: NodeId) -> bool {
        let has_shifts =
            |entry: &NodeEntry| entry.life.as_ref().is_some_and(|life| life.has_shifts());
        self.known(node, has_shifts) == Some(true)
    }

    /// A schema is carried there: from there on, its foreign keys are followed.
    pub(crate) fn follow_fields(&mut self, carrier: Place, fields: &Fields) {
        let (log, from) = (self.log, Stamp { place: carrier, index: 0 });
        let keyed = &mut self.graph.existence.keyed;
        let begun = fields.with_foreign_keys().filter_map(|(field, kind)| {
            let stretch = keyed.follow(log, field, kind.name(), from)?;
            Some(((field, kind.name()), stretch.until))
        });
        let (begun, ends): (Vec<(FieldId, &str)>, Vec<Option<Stamp>>) = begun.unzip();
        // What was derived before the schema came was not followed.
        let Some(earlier) = self.earlier.clone().filter(|_| !begun.is_empty()) else { return };
        let ends: Option<Vec<Stamp>> = ends.into_iter().collect();
        let last = ends.and_then(|ends| ends.into_iter().max_by(|a, b| order(log, *a, *b)));
        let (lower, upper) = (key(log, from), last.map(|last| key(log, last)));
        let (mut late, mut ops) =
            (log.order_range(Some(&lower), upper.as_ref()), OpReader::of(log));
        while let Some(place) = late.next_place() {
            if earlier.turn(place).is_some() {
                self.follow_late(&begun, place, &mut ops);
            }
        }
        self.graph.work.decoded += ops.decoded();
    }

    /// Follows the ops of a commit that was derived in an earlier run, on these fields.
    fn follow_late(&mut self, begun: &[(FieldId, &str)], place: Place, ops: &mut OpReader<'_>) {
        let mut past = Past::of(self.log, Stamp { place, index: 0 });
        let Some(fields) = self.graph.schema_of(&past) else { return };
        for (index, op) in (0..).zip(ops.batch(place)) {
            let Op::Edit { object, op } = op else { continue };
            let Some(field) = fields.field(object.field) else { continue };
            let OfField::Kind { kind, config: Ok(config), .. } = &field.of else { continue };
            let stamp = Stamp { place, index };
            past.move_to(stamp);
            let is_meant = begun.contains(&(object.field, kind.name()));
            if is_meant && self.graph.void_of(stamp).is_none_or(Void::is_of_existence) {
                let touched = self.touch(object.node).expect("it was edited");
                self.graph.work.again += 1;
                let of = (touched, object.node);
                self.follow(&past, of, object.field, (&**kind, config), op);
            }
        }
    }

    /// Tells of a node's edits, when all that arrived at it is known.
    pub(crate) fn keep(&mut self, node: NodeId, entry: &mut NodeEntry, edits: &[Stamp]) {
        for at in edits {
            entry.life.get_or_insert_default().edits_mut().insert(*at);
            self.edits_changed(node, entry, *at);
        }
    }

    /// Tells of a node's creations, when all that arrived are known: they may have changed its
    /// type.
    pub(crate) fn keep_creations(&mut self, node: NodeId, entry: &mut NodeEntry) {
        let matters = |creation: &Creation| creation.is_revivable || creation.is_masked;
        if entry.life.is_none() && !entry.creations().any(matters) {
            return;
        }
        self.keep_birth(node, entry);
        let decided = entry.first.node_type;
        let creations = entry.creations().filter(|one| !one.is_masked);
        let creations: Vec<(Stamp, bool)> = creations
            .map(|one| (one.stamp, one.is_revivable && one.node_type == decided))
            .collect();
        for (at, keeps) in creations {
            let edits = entry.life.get_or_insert_default().edits_mut();
            match (edits.contains(at), keeps) {
                (false, true) => edits.insert(at),
                (true, false) => edits.remove(at),
                _ => {
                    self.summon_keeping(node, entry, at);
                    continue;
                }
            }
            self.edits_changed(node, entry, at);
        }
    }

    /// A node that others have seen created by masked ops alone does not live yet.
    fn keep_birth(&mut self, node: NodeId, entry: &mut NodeEntry) {
        let log = self.log;
        let is_before = |one, other| order(log, one, other).is_lt();
        let from = entry.unborn_from(is_before);
        let before = entry.life.as_ref().and_then(|life| life.unborn_from());
        if from == before {
            return;
        }
        entry.life.get_or_insert_default().unborn(log, from);
        let earlier = match (from, before) {
            (Some(from), Some(before)) if is_before(before, from) => Some(before),
            (from, before) => from.or(before),
        };
        self.news.births.extend(earlier.map(|at| (node, at)));
    }

    fn edits_changed(&mut self, node: NodeId, entry: &NodeEntry, at: Stamp) {
        if self.graph.existence.is_before_a_deletion(self.log, at) {
            self.news.edits.push((node, at));
        }
        self.summon_keeping(node, entry, at);
    }

    /// An edit or creation of a node that may be dead is a case.
    fn summon_keeping(&mut self, node: NodeId, entry: &NodeEntry, at: Stamp) {
        if entry.life.as_ref().is_some_and(|life| life.has_shifts()) {
            self.news.cases.push(Case { at, act: Act::Edit, node });
        }
    }
}
