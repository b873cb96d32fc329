//! Uniqueness: who holds which values of registers that should be unique, and natural keys.
//!
//! ```text
//!   rule, values ──► the nodes that read so      more than one: a clash, the first claim holds
//!   type, key    ──► its generations             more than one lives: the highest holds
//! ```
//!
//! **Invariants**
//! - A clash is told; nothing is hidden by it.
//! - The index is a function of the version and the rules: carried on from version to version by
//!   what changed, and equal to one that is built from nothing.
//!
//! What this does not do: prevent a clash. No rule over several authors could.

use crate::graph::Graph;
use crate::lens::{Lens, Rule};
use crate::past::{Past, Stamp, order};
use crate::sight::{Sight, winner};
use crate::state::{NodeEntry, State};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;
use woodland_format::{FieldId, NodeId, TypeId, Value, encode, keyed_node_id, recreated_node_id};
use woodland_page::{Reading, Stored, Tree, Writing};

/// Nodes that should not read alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Their type.
    pub node_type: TypeId,
    /// The field that is broken: of kind `unique`, or of kind `key`, as the schema names it that is
    /// read through; where that has no key, as the one did under which the holder was created.
    pub rule: FieldId,
    /// What they have alike: the values of the rule's fields, as they are read; or the key, as it
    /// was written.
    pub values: Vec<Value>,
    /// The node that holds the values: the one whose claim is the first in order; of a key's
    /// generations the highest.
    pub holder: NodeId,
    /// The others, by claim; of a key's generations from the highest on.
    pub others: Vec<NodeId>,
}

/// The node that answers to a natural key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed {
    /// The node.
    pub node: NodeId,
    /// How often the key was created anew.
    pub generation: u32,
    /// Whether it lives.
    pub lives: bool,
}

/// The nodes by what they claim.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims {
    /// What it was built from.
    state: State,
    rules: Vec<Rule>,
    by_values: Tree<Claim, ()>,
    /// What more than one node claims.
    contested: Tree<(FieldId, Arc<[Value]>), ()>,
    /// The living nodes that are not of the first generation of their key.
    recreated: Tree<(TypeId, Arc<Value>, NodeId), ()>,
}

/// A rule, values that are not to be there twice, and a node that reads so.
type Claim = (FieldId, Arc<[Value]>, NodeId);

const LOWEST: NodeId = NodeId([0; 16]);
const HIGHEST: NodeId = NodeId([255; 16]);

impl Graph {
    /// The nodes that should not read alike and do, by rule and values. The first answer costs all
    /// nodes; those of later versions what changed, and all nodes with pointers where a rule reads
    /// pointers and a node died or came back.
    pub fn clashes(&self) -> Vec<Clash> {
        let (claims, sight) = (self.claims(), self.sight());
        let mut clashes: Vec<Clash> = claims
            .contested
            .iter()
            .filter_map(|((rule, values), ())| {
                let node_type = claims.rules.iter().find(|one| one.id == rule)?.owner;
                let nodes = self.by_claim(sight, rule, &values);
                Clash::of(node_type, rule, values.to_vec(), nodes)
            })
            .chain(self.generations_that_clash(claims))
            .collect();
        clashes.sort_by(|one, other| (one.rule, &one.values).cmp(&(other.rule, &other.values)));
        clashes
    }

    /// Who holds these values, for a field of kind `unique` the values of its fields; aligned with
    /// the question, `None` where nobody does, or there is no such rule.
    pub fn holders(&self, claims: &[(FieldId, Vec<Value>)]) -> Vec<Option<NodeId>> {
        let sight = self.sight();
        let holder = |(rule, values): &(FieldId, Vec<Value>)| {
            self.by_claim(sight, *rule, &Arc::from(&values[..])).into_iter().next()
        };
        claims.iter().map(holder).collect()
    }

    /// The nodes that natural keys name, aligned with the question: of a key's generations the
    /// highest that lives; the highest known, where none does; the first, where none is known.
    /// Costs the generations of each.
    pub fn keyed(&self, keys: &[(TypeId, &Value)]) -> Vec<Keyed> {
        let keyed = |(of, key): &(TypeId, &Value)| {
            let mut ids = generations(*of, key);
            let node = ids.next().expect("every key has a first generation");
            let mut answer = Keyed { node, generation: 0, lives: false };
            // Who creates a generation has seen the one before: there are no gaps.
            for (generation, node) in (0..).zip(std::iter::once(node).chain(ids)) {
                let Some(entry) = self.state.get(node) else { break };
                if entry.lives() || !answer.lives {
                    answer = Keyed { node, generation, lives: entry.lives() };
                }
            }
            answer
        };
        keys.iter().map(keyed).collect()
    }

    /// The nodes that read these values, by claim.
    fn by_claim(&self, sight: Sight<'_>, rule: FieldId, values: &Arc<[Value]>) -> Vec<NodeId> {
        let claims = self.claims();
        let Some(rule) = claims.rules.iter().find(|one| one.id == rule) else { return Vec::new() };
        let mut nodes: Vec<(Option<Stamp>, NodeId)> = claims
            .with(rule.id, values)
            .map(|node| (sight.state.get(node).and_then(|it| claimed_at(sight, &it, rule)), node))
            .collect();
        nodes.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) => order(&self.log, *one, *other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
        nodes.into_iter().map(|(_, node)| node).collect()
    }

    fn generations_that_clash<'a>(
        &'a self,
        claims: &'a Claims,
    ) -> impl Iterator<Item = Clash> + 'a {
        let keys: BTreeSet<(TypeId, Arc<Value>)> =
            claims.recreated.iter().map(|((of, key, _), ())| (of, key)).collect();
        keys.into_iter().filter_map(|(of, key)| {
            let lens = self.lens.as_deref().filter(|lens| lens.type_with(of).is_some())?;
            let known = generations(of, &key).map_while(|node| Some((node, self.state.get(node)?)));
            let living = known.filter(|(_, entry)| entry.lives()).map(|(node, _)| node);
            let mut living: Vec<NodeId> = living.collect();
            living.reverse();
            let field = lens.fields.key(of).map(|(field, _)| *field);
            let field = field.or_else(|| self.key_as_created(living.first()?, of))?;
            Clash::of(of, field, vec![Value::clone(&key)], living)
        })
    }

    /// The field of kind `key` in the schema under which a node was created.
    fn key_as_created(&self, node: &NodeId, of: TypeId) -> Option<FieldId> {
        let created = Past::of(&self.log, self.state.get(*node)?.first.stamp);
        self.schema_of(&created)?.key(of).map(|(field, _)| *field)
    }

    /// The index: the last one known, and what changed since.
    pub(crate) fn claim(&self) -> Claims {
        let now = self.sight();
        let earlier = self.earlier_claims.as_deref().filter(|earlier| earlier.is_for(now.lens));
        let mut claims = earlier.cloned().unwrap_or_default();
        let before = std::mem::replace(&mut claims.state, self.state.clone());
        claims.rules = now.lens.iter().flat_map(|lens| lens.rules()).cloned().collect();
        // The rules are those of then, and so is how their fields read.
        let was = Sight { state: &before, ..now };
        let changed = match now.lens.is_some_and(Lens::rules_have_pointers) {
            true => now.differing(&before).0,
            false => self.state.changed_since(&before),
        };
        for (node, old, new) in changed {
            let claimed = old.as_ref().map(|old| claimed_by(was, old)).unwrap_or_default();
            let claiming = claimed_by(now, &new);
            for (rule, values) in claimed.iter().filter(|one| !claiming.contains(one)) {
                claims.release(*rule, values, node);
            }
            for (rule, values) in claiming.iter().filter(|one| !claimed.contains(one)) {
                claims.hold(*rule, values, node);
            }
            claims.recreate(node, old.as_ref().map(|old| &***old), &new);
        }
        claims
    }
}

impl Claims {
    /// What it was built from.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Writes the rules and the nodes, without the state that they were built from.
    pub(crate) fn rest(&self, to: &mut Writing<'_>) {
        self.rules.write(to);
        self.by_values.write(to);
        self.contested.write(to);
        self.recreated.write(to);
    }

    pub(crate) fn wake(state: State, from: &mut Reading<'_>) -> Option<Claims> {
        Some(Claims {
            state,
            rules: Stored::read(from)?,
            by_values: Stored::read(from)?,
            contested: Stored::read(from)?,
            recreated: Stored::read(from)?,
        })
    }

    /// Whether it was built for the rules of this lens.
    pub(crate) fn is_for(&self, lens: Option<&Lens>) -> bool {
        self.rules.iter().eq(lens.into_iter().flat_map(Lens::rules))
    }

    /// The nodes that read these values, ascending.
    fn with(&self, rule: FieldId, values: &Arc<[Value]>) -> impl Iterator<Item = NodeId> {
        let at = |node| (rule, Arc::clone(values), node);
        self.by_values.range(at(LOWEST)..=at(HIGHEST)).map(|((_, _, node), ())| node)
    }

    fn hold(&mut self, rule: FieldId, values: &Arc<[Value]>, node: NodeId) {
        if self.with(rule, values).next().is_some() {
            self.contested.insert((rule, Arc::clone(values)), ());
        }
        self.by_values.insert((rule, Arc::clone(values), node), ());
    }

    fn release(&mut self, rule: FieldId, values: &Arc<[Value]>, node: NodeId) {
        self.by_values.remove(&(rule, Arc::clone(values), node));
        if self.with(rule, values).nth(1).is_none() {
            self.contested.remove(&(rule, Arc::clone(values)));
        }
    }

    /// Keeps the node if it is a later generation of its key, and lives.
    fn recreate(&mut self, node: NodeId, old: Option<&NodeEntry>, new: &NodeEntry) {
        let Some(key) = &new.first.key else { return };
        let of = new.first.node_type;
        let (lived, is_alive) = (old.is_some_and(NodeEntry::lives), new.lives());
        if lived == is_alive || keyed_node_id(of, &encode(&**key)) == node {
            return;
        }
        let claim = (of, Arc::clone(key), node);
        if is_alive {
            self.recreated.insert(claim, ());
        } else {
            self.recreated.remove(&claim);
        }
    }
}

impl Clash {
    /// None where there are not two.
    fn of(
        node_type: TypeId,
        rule: FieldId,
        values: Vec<Value>,
        mut nodes: Vec<NodeId>,
    ) -> Option<Self> {
        let others = nodes.split_off(1.min(nodes.len()));
        let holder = nodes.pop().filter(|_| !others.is_empty())?;
        Some(Clash { node_type, rule, values, holder, others })
    }
}

/// What a node claims, rule by rule.
fn claimed_by(sight: Sight<'_>, entry: &NodeEntry) -> Vec<(FieldId, Arc<[Value]>)> {
    let Some(of) = sight.type_of(entry) else { return Vec::new() };
    let claim = |rule: &Rule| {
        let read = |field: &crate::lens::RuleField| sight.show(entry, of.field_with(field.id)?);
        let values = rule.fields.iter().map(read).collect::<Option<Arc<[Value]>>>()?;
        Some((rule.id, values))
    };
    of.rules.iter().filter_map(claim).collect()
}

/// Since when a node claims what it reads: the latest of the winning writes.
fn claimed_at(sight: Sight<'_>, entry: &NodeEntry, rule: &Rule) -> Option<Stamp> {
    let of = sight.type_of(entry)?;
    let written = rule.fields.iter().filter_map(|field| {
        let of = of.field_with(field.id)?.object()?;
        winner(sight.chosen(entry, field.id, of)?)
    });
    written.max_by(|one, other| -> Ordering { order(sight.log, *one, *other) })
}

/// The ids of a key's nodes, generation by generation.
fn generations(of: TypeId, key: &Value) -> impl Iterator<Item = NodeId> {
    let bytes = encode(key);
    (0..=u32::MAX).map(move |generation| match generation {
        0 => keyed_node_id(of, &bytes),
        _ => recreated_node_id(of, &bytes, generation),
    })
}
