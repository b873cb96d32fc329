//! The rule: what becomes of the state at each op, in order.
//!
//! **Invariants**
//! - Of what an op's author saw it asks only what [`Op`] says; all else is the state at its place.
//! - It is total: an op that does not fit changes nothing, or content only.

/// Nodes, or ops by their place in the order: bit n is node n, or op n.
pub(crate) type Set = usize;
pub(crate) const IDS: usize = 5;
pub(crate) const GENERATIONS: usize = 3;

pub(crate) fn has(set: Set, one: usize) -> bool {
    set >> one & 1 == 1
}

pub(crate) fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..IDS).filter(move |one| has(set, *one))
}

pub(crate) fn those(is_one: impl Fn(usize) -> bool) -> Set {
    (0..IDS).filter(|one| is_one(*one)).map(|one| 1 << one).sum()
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Policy {
    Nullify,
    Restrict,
    Cascade,
    Revive,
}
pub(crate) use Policy::{Cascade, Nullify, Restrict, Revive};

pub(crate) const ALL: [Policy; 4] = [Nullify, Restrict, Cascade, Revive];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verb {
    Link(usize, Policy),
    Unlink,
    Edit,
    Delete,
    Recreate,
}
pub(crate) use Verb::{Delete, Edit, Link, Recreate, Unlink};

/// The rule, and the wrong ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rules {
    Sound,
    /// A deletion does not ask who else links to what it takes.
    NoOutsiders,
    /// Those with restricting links to them stay, the others that are taken die.
    Piecemeal,
    /// An edit before a deletion that did not see it does not count.
    BlindBefore,
    /// An edit that the deletion saw counts, too.
    SeenEditsCount,
    /// A deletion takes the generation that is there.
    NamelessDelete,
    /// An edit after a deletion does not count.
    BlindAfter,
    /// What comes back leaves dead what it links to under revive.
    BareReturn,
    /// It brings what it linked to before the op that brings it back, not after.
    EarlierLinks,
    /// A key that was there is there: a re-creation is nothing.
    OneGeneration,
    /// A re-creation must have seen a `delete` of that very node: a cascade is none.
    OwnDeleteOnly,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    /// In the order.
    pub(crate) place: usize,
    pub(crate) node: usize,
    pub(crate) verb: Verb,
    pub(crate) saw: Set,
    /// The nodes of which it saw creations, and deletions.
    pub(crate) knows: Set,
    pub(crate) deleted: Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct State {
    pub(crate) born: Set,
    pub(crate) alive: Set,
    pub(crate) link: [Option<(usize, Policy)>; IDS],
    /// The op that wrote the link, the revivable edits, the deletion that killed last.
    pub(crate) writer: [usize; IDS],
    pub(crate) edits: [Set; IDS],
    pub(crate) killer: [usize; IDS],
}

impl State {
    pub(crate) fn referrers(&self, targets: Set, of: &[Policy]) -> Set {
        let is_one = |(to, policy)| has(targets, to) && of.contains(&policy);
        those(|x| self.link[x].is_some_and(is_one)) & self.alive
    }

    /// These nodes and what they link to under revive, and so on.
    pub(crate) fn revived(&self, nodes: Set) -> Set {
        let next = |(to, policy)| usize::from(policy == Revive) << to;
        let more = members(nodes).fold(nodes, |all, x| all | self.link[x].map_or(0, next));
        if more == nodes { nodes } else { self.revived(more) }
    }

    /// These nodes and what a deletion takes with them, but for the kept ones.
    pub(crate) fn taken(&self, nodes: Set, kept: Set) -> Set {
        let more = nodes | self.referrers(nodes, &[Cascade]) & !kept;
        if more == nodes { nodes } else { self.taken(more, kept) }
    }

    /// Who would live on with a link to nothing that should not be.
    pub(crate) fn outsiders(&self, taken: Set) -> Set {
        self.referrers(taken, &[Restrict, Revive]) & !taken
    }
}

/// Who lives, by these rules, where the types of these nodes say revive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge {
    pub(crate) rules: Rules,
    pub(crate) revivable: Set,
}

impl Judge {
    /// The state after the op, and why it is listed, if it is.
    pub(crate) fn judge(&self, old: &State, op: &Op) -> (State, Option<&'static str>) {
        let mut s = *old;
        let (node, creates) = (op.node, op.verb == Recreate);
        let before = if self.rules == Rules::OwnDeleteOnly { op.deleted } else { op.knows };
        match op.verb {
            Recreate if self.rules == Rules::OneGeneration => return (s, None),
            Recreate if node == 0 || !has(before, node - 1) => return (s, Some("unseen-delete")),
            Unlink | Edit | Delete | Link(..) if !has(op.knows, node) => {
                return (s, Some("unknown-node"));
            }
            Link(to, _) if !has(op.knows, to) => return (s, Some("unknown-target")),
            Delete => return self.judge_deletion(s, op),
            Link(to, policy) => s.link[node] = Some((to, policy)),
            Unlink => s.link[node] = None,
            Edit | Recreate => {}
        }
        if matches!(op.verb, Link(..) | Unlink) {
            s.writer[node] = op.place;
        }
        let links = if self.rules == Rules::EarlierLinks { *old } else { s };
        let back = |x: usize| match self.rules {
            Rules::BareReturn => 1 << x,
            _ => links.revived(1 << x),
        };
        let revives = has(self.revivable, node);
        s.edits[node] |= usize::from(revives) << op.place;
        if !has(s.born, node) {
            s.born |= 1 << node;
            s.alive |= 1 << node;
        } else if !has(s.alive, node) && revives && self.rules != Rules::BlindAfter {
            s.alive |= back(node);
        } else if !has(s.alive, node) && creates {
            return (s, Some("dead-node"));
        }
        match op.verb {
            Link(to, policy) if has(s.alive, node) && !has(s.alive, to) => {
                s.alive |= if policy == Revive { back(to) } else { 0 };
                (s, (policy != Revive).then_some("dead-target"))
            }
            _ => (s, None),
        }
    }

    fn judge_deletion(&self, mut s: State, op: &Op) -> (State, Option<&'static str>) {
        let mut node = op.node;
        if self.rules == Rules::NamelessDelete && node < GENERATIONS {
            node = (0..GENERATIONS).rfind(|id| has(s.born, *id)).expect("one is there");
        }
        let kept = match self.rules {
            Rules::BlindBefore => 0,
            Rules::SeenEditsCount => those(|x| s.edits[x] != 0),
            _ => those(|x| s.edits[x] & !op.saw != 0),
        };
        let mut taken = s.taken(1 << node, kept);
        let is_restricted = s.outsiders(taken) != 0;
        let reason = match self.rules {
            _ if !has(s.alive, node) => Some("dead-node"),
            _ if has(kept, node) => Some("edited"),
            Rules::NoOutsiders => None,
            Rules::Piecemeal => {
                taken = those(|x| has(taken, x) && s.outsiders(1 << x) == 0);
                None
            }
            _ => is_restricted.then_some("restricted"),
        };
        if reason.is_none() {
            s.alive &= !taken;
            members(taken).for_each(|x| s.killer[x] = op.place);
        }
        (s, reason)
    }
}
