//! One history, built in order, and what must hold of each of its versions.
//!
//! **Invariants**
//! - A version is a causally closed set of ops. An op that comes last in order takes each version
//!   that has its past one step further.
//! - [`History::breach`] says what always holds, not how it comes about.
//! - An honest author writes what fits what it sees: [`History::choices`].

use crate::judge::*;

pub(crate) struct History {
    judge: Judge,
    honest: bool,
    ops: Vec<Op>,
    versions: Vec<Set>,
    /// By version; and the nodes whose link had a living target at some point since which they lived.
    states: [(State, Set); 1 << IDS],
    pub(crate) checked: usize,
}

impl History {
    pub(crate) fn new(judge: Judge, honest: bool, founded: State) -> History {
        let states = [(founded, founded.referrers(founded.alive, &ALL)); 1 << IDS];
        History { judge, honest, ops: vec![], versions: vec![0], states, checked: 0 }
    }

    /// Adds an op that comes last in order, and checks every version that has it.
    pub(crate) fn push(&mut self, node: usize, verb: Verb, saw: Set) -> Result<(), String> {
        let place = self.ops.len();
        let kills =
            |at: usize| self.ops[at].verb == Delete && has(self.ops[at].knows, self.ops[at].node);
        let deleted = members(saw).filter(|at| kills(*at)).map(|at| 1 << self.ops[at].node);
        let deleted = deleted.fold(0, |all, one: Set| all | one);
        let op = Op { place, node, verb, saw, knows: self.states[saw].0.born, deleted };
        self.ops.push(op);
        for at in 0..self.versions.len() {
            let (past, version) = (self.versions[at], self.versions[at] | 1 << place);
            if saw & !past != 0 {
                continue;
            }
            let (old, mut holds) = self.states[past];
            let (new, listed) = self.judge.judge(&old, &op);
            holds &= !(usize::from(matches!(verb, Link(..) | Unlink)) << node);
            holds = (holds | new.referrers(new.alive, &ALL)) & new.alive;
            self.versions.push(version);
            self.states[version] = (new, holds);
            self.checked += 1;
            let mut breach = self.breach(&old, &new, holds);
            if self.honest && past == saw && listed.is_some() {
                breach = Some("an honest op is void in its own past");
            }
            let whole = |s, place| self.judge.judge(&s, &self.ops[place]).0;
            if self.checked.is_multiple_of(8)
                && members(version).fold(self.states[0].0, whole) != new
            {
                breach = Some("a version depends on how it was reached");
            }
            if let Some(breach) = breach {
                let History { judge, ops, .. } = self;
                let ops: Vec<_> = ops.iter().map(|op| (op.node, op.verb, op.saw)).collect();
                return Err(format!("{breach}: version {version:b} of {ops:?}, {judge:?}"));
            }
        }
        Ok(())
    }

    pub(crate) fn pop(&mut self) {
        self.ops.pop();
        self.versions.retain(|version| version >> self.ops.len() == 0);
    }

    /// What does not hold of the last op in a version, if anything.
    pub(crate) fn breach(&self, old: &State, new: &State, holds: Set) -> Option<&'static str> {
        let op = self.ops.last().expect("there is one");
        let (died, came) = (old.alive & !new.alive, new.alive & !old.alive & old.born);
        let dead = !new.alive;
        if new.referrers(dead, &[Revive]) != 0 {
            return Some("a living node's revive link points to a dead one");
        }
        // Since the link was written, or its target came back, the source has lived all along.
        if new.referrers(dead, &[Restrict]) & holds != 0 {
            return Some("a restricting link lost its target");
        }
        let mut called = 1 << op.node;
        match op.verb {
            Delete => {
                // The least set that has the node and no unprotected referrer under cascade.
                let kept = those(|x| old.edits[x] & !op.saw != 0);
                let is_closed = |set: Set| old.referrers(set, &[Cascade]) & !kept & !set == 0;
                let sets = (0..1 << IDS).filter(|set| has(*set, op.node) && is_closed(*set));
                let closure = sets.fold(!0, |all, one| all & one);
                let is_void = !has(old.alive & op.knows & !kept, op.node);
                if died != if is_void || old.outsiders(closure) != 0 { 0 } else { closure } {
                    return Some("a deletion is not whole, or void for nothing");
                }
                called = 0;
            }
            _ if died != 0 => return Some("something died without a deletion"),
            Link(to, Revive) if has(new.alive, op.node) => called |= 1 << to,
            _ => {}
        }
        if came & !new.revived(called) != 0 {
            return Some("what came back is not called for");
        }
        // Its author believed it alive or was not aware of what killed it, or was it whose link calls it.
        let is_honest = |x: usize| {
            let is_call = |y| new.link[y] == Some((x, Revive)) && has(new.alive, y);
            let is_late = |y: usize| !has(self.ops[new.killer[x]].saw, new.writer[y]);
            !has(op.saw, new.killer[x])
                || has(self.states[op.saw].0.alive, x)
                || (0..IDS).any(|y| is_call(y) && is_late(y))
        };
        if self.honest && !members(came).all(is_honest) {
            return Some("what was deleted comes back though all knew");
        }
        if has(called & new.born & self.judge.revivable & dead, op.node) {
            return Some("a revivable edit does not bring its node back");
        }
        let is_lost = op.verb == Recreate && !has(old.born | new.alive, op.node);
        (self.honest && is_lost).then_some("a re-creation is swallowed")
    }

    pub(crate) fn state(&self, version: Set) -> &State {
        &self.states[version].0
    }

    /// What an author who sees this may write; what any author can, where honesty is not asked for.
    pub(crate) fn choices(&self, saw: Set) -> Vec<(usize, Verb)> {
        let view = self.state(saw);
        let usable = if self.honest { view.alive } else { view.born };
        let mut all = Vec::new();
        for x in members(usable) {
            all.extend(members(usable).flat_map(|to| ALL.map(|policy| (x, Link(to, policy)))));
            all.push((x, Unlink));
            // Of another node the judge does not look at it.
            all.extend(has(self.judge.revivable, x).then_some((x, Edit)));
            let is_refused = view.outsiders(view.taken(1 << x, 0)) != 0;
            all.extend((!self.honest || !is_refused).then_some((x, Delete)));
        }
        let is_next = |x: usize| has(view.born & !view.alive, x - 1) && !has(view.born, x);
        let created = (1..GENERATIONS).filter(|x| !self.honest || is_next(*x));
        all.extend(created.map(|x| (x, Recreate)));
        all
    }
}
