//! Who lives: *Existence* of `docs/meaning.md` as a model, run through every small history.
//!
//! It shares nothing with engine or oracle and can be read before either. At first there are nodes
//! of one register each, which holds a link of any policy; then come up to four batches of one op,
//! in every causal shape and every order that it admits. That of three authors, by (turn, author,
//! seq), is among them: the rule knows no authors. [`State::after`] is the rule, [`Walk::check`]
//! what must hold in every version. (No pointer dangles, since a reader leaves out the dead.)
//!
//! **Invariants**
//! - Of what an op's author saw, the rule asks only what [`Op`] says; all else is the state before.
//! - Ops name nodes of which they saw creations: other rules void the others.
//! - Whatever is planted as wrong with the rule is caught, at the promise that it breaks.
//!
//! By default a fixed part of the longer histories is run; all, but those with founding links, by
//! `WOODLAND_EXHAUSTIVE=all cargo test --release -p woodland-tests --test existence_model`.

use {Policy::*, Verb::*};

/// Nodes, or ops by their place in the order: bit n is node n, or op n.
type Set = usize;
const IDS: usize = 5;
/// Node 0 has a key, of which nodes 1 and 2 are the next generations; the others have none.
const GENERATIONS: usize = 3;

fn has(set: Set, one: usize) -> bool {
    set >> one & 1 == 1
}

fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..IDS).filter(move |one| has(set, *one))
}

fn those(is_one: impl Fn(usize) -> bool) -> Set {
    (0..IDS).filter(|one| is_one(*one)).map(|one| 1 << one).sum()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Policy {
    Nullify,
    Restrict,
    Cascade,
    Revive,
}
const ALL: [Policy; 4] = [Nullify, Restrict, Cascade, Revive];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Link(usize, Policy),
    Edit,
    Delete,
    Recreate,
}

#[derive(Debug, Clone, Copy)]
struct Op {
    place: usize,
    node: usize,
    verb: Verb,
    saw: Set,
    /// The nodes of which it saw creations, and deletions.
    knows: Set,
    deleted: Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct State {
    born: Set,
    alive: Set,
    link: [Option<(usize, Policy)>; IDS],
    /// The nodes of which there were deletions, and the revivable edits of each.
    deleted: Set,
    edits: [Set; IDS],
    /// Why the last op is listed, if it is.
    listed: Option<&'static str>,
    /// For ever: the nodes whose types say revive, and what is wrong with the rule.
    revivable: Set,
    planted: &'static str,
}

impl State {
    fn referrers(&self, targets: Set, of: &[Policy]) -> Set {
        let is_one = |(to, policy)| has(targets, to) && of.contains(&policy);
        those(|x| self.link[x].is_some_and(is_one)) & self.alive
    }

    /// Who would live on with a link to nothing that should not be.
    fn outsiders(&self, taken: Set) -> Set {
        self.referrers(taken, &[Restrict, Revive]) & !taken
    }

    /// These nodes and what a deletion takes with them, but for the kept ones.
    fn taken(&self, nodes: Set, kept: Set) -> Set {
        let more = nodes | self.referrers(nodes, &[Cascade]) & !kept;
        if more == nodes { nodes } else { self.taken(more, kept) }
    }

    /// These nodes and what they link to under revive, and so on.
    fn called(&self, nodes: Set) -> Set {
        let is_next = |to| members(nodes).any(|x| self.link[x] == Some((to, Revive)));
        let more = nodes | those(is_next);
        if more == nodes { nodes } else { self.called(more) }
    }

    /// What an op, the next in order, makes of this.
    fn after(self, op: &Op) -> State {
        let (node, mut s) = (op.node, State { listed: None, ..self });
        let is = |wrong| s.planted == wrong;
        let void = State { listed: Some("unseen-generation"), ..s };
        let before = if is("own delete only") { op.deleted } else { op.knows };
        match op.verb {
            Recreate if is("one generation") => return s,
            Recreate if !has(before, node - 1) => return void,
            Recreate | Edit => {}
            Link(to, policy) => s.link[node] = Some((to, policy)),
            Delete => return s.after_deletion(op),
        }
        let links = if is("earlier links") { self } else { s };
        let back = |x: usize| if is("bare return") { 1 << x } else { links.called(1 << x) };
        let revives = has(s.revivable, node);
        s.edits[node] |= usize::from(revives) << op.place;
        if !has(s.alive, node) && (!has(s.born, node) || revives && !is("edits lost")) {
            s.alive |= back(node);
        } else if !has(s.alive, node) && op.verb == Recreate {
            s.listed = Some("dead-node");
        }
        s.born |= 1 << node;
        let lives = has(s.alive, node);
        match op.verb {
            Link(to, Revive) if lives => s.alive |= back(to),
            Link(to, _) if lives && !has(s.alive, to) => s.listed = Some("dead-target"),
            _ => {}
        }
        s
    }

    fn after_deletion(mut self, op: &Op) -> State {
        let is = |wrong| self.planted == wrong;
        let latest =
            (0..GENERATIONS).rfind(|x| has(self.born, *x) && is("latest generation deleted"));
        let node = latest.filter(|_| op.node < GENERATIONS).unwrap_or(op.node);
        let counted = if is("seen edits count") { !0 } else { !op.saw };
        let kept = those(|x| self.edits[x] & counted != 0 && !is("unseen edits ignored"));
        let stays = |x: usize| is("piecemeal") && self.outsiders(1 << x) != 0;
        let taken = self.taken(1 << node, kept) & !those(stays);
        self.listed = match self.outsiders(taken) {
            _ if !has(self.alive, node) => Some("dead-node"),
            _ if has(kept, node) => Some("edited"),
            0 => None,
            _ => (!is("outsiders ignored")).then_some("restricted"),
        };
        self.alive &= if self.listed.is_none() { !taken } else { !0 };
        self.deleted |= 1 << node;
        self
    }
}

/// The way through all histories of a scope, by one that grows and shrinks at its end.
struct Walk {
    honest: bool,
    /// By depth: every so many-th op that can follow does; how many could.
    steps: &'static [usize],
    met: [usize; 4],
    ops: Vec<Op>,
    /// By version, which is a causally closed set of ops.
    states: [State; 1 << 4],
}

impl Walk {
    fn deeper(&mut self) -> Result<(), String> {
        let place = self.ops.len();
        for saw in (0..1 << place).filter(|_| place < self.steps.len()) {
            let is_closed = members(saw).all(|at| self.ops[at].saw & !saw == 0);
            for (node, verb) in if is_closed { self.choices(saw) } else { vec![] } {
                self.met[place] += 1;
                if self.met[place].is_multiple_of(self.steps[place]) {
                    let State { born: knows, deleted, .. } = self.states[saw];
                    self.ops.push(Op { place, node, verb, saw, knows, deleted });
                    let is_closed = |set| members(set).all(|at| self.ops[at].saw & !set == 0);
                    for past in (0..1 << place).filter(|past| is_closed(past | 1 << place)) {
                        self.states[past | 1 << place] = self.states[past].after(&self.ops[place]);
                        self.check(past, past | 1 << place)?;
                    }
                    self.deeper()?;
                    self.ops.pop();
                }
            }
        }
        Ok(())
    }

    /// What an author who sees this may write; what any author can, where honesty is not asked for.
    fn choices(&self, saw: Set) -> Vec<(usize, Verb)> {
        let view = &self.states[saw];
        let usable = if self.honest { view.alive } else { view.born };
        let is_next = |x| has(view.born & !view.alive, x - 1) && !has(view.born, x);
        let next = (1..GENERATIONS).filter(|x| !self.honest || is_next(*x));
        let mut all: Vec<_> = next.map(|x| (x, Recreate)).collect();
        for x in members(usable) {
            let links = |to| ALL.map(|policy| (x, Link(to, policy)));
            all.extend(members(usable).flat_map(links).chain([(x, Edit)]));
            let is_refused = view.outsiders(view.taken(1 << x, 0)) != 0;
            all.extend((!self.honest || !is_refused).then_some((x, Delete)));
        }
        all
    }

    /// Checks that the last op breaks no promise in a version.
    fn check(&self, past: Set, version: Set) -> Result<(), String> {
        let (ops, op) = (&self.ops, self.ops[self.ops.len() - 1]);
        let [founded, old, new] = [0, past, version].map(|version| self.states[version]);
        let (died, came) = (old.alive & !new.alive, new.alive & !old.alive & old.born);
        let (deletes, lives) = (op.verb == Delete, has(new.alive, op.node));
        // The least set that has the node and no unprotected referrer under cascade.
        let kept = those(|x| old.edits[x] & !op.saw != 0);
        let is_closed = |set| old.referrers(set, &[Cascade]) & !kept & !set == 0;
        let sets = (0..1 << IDS).filter(|set| deletes && has(*set, op.node) && is_closed(*set));
        let least = sets.fold(!0, |least, set| least & set);
        let is_void = !deletes || !has(old.alive & !kept, op.node) || old.outsiders(least) != 0;
        let is_called = |x| x == op.node && !deletes || op.verb == Link(x, Revive) && lives;
        let revives = has(new.revivable, op.node) && matches!(op.verb, Link(..) | Edit);
        let is_anew = self.honest && op.verb == Recreate && !has(old.born, op.node);
        let replayed = members(version).fold(founded, |s, at| s.after(&ops[at]));
        let is_heard = past != op.saw || new.listed.is_none();
        let promises = [
            ("an honest op is not void in its own past", is_heard || !self.honest),
            ("a revive link's target lives", new.referrers(!new.alive, &[Revive]) == 0),
            ("a restrict link keeps its target", old.referrers(died, &[Restrict]) & new.alive == 0),
            ("a deletion is whole or void for a reason", died == if is_void { 0 } else { least }),
            ("what comes back is called for", came & !new.called(those(is_called)) == 0),
            ("a revivable edit brings its node back", lives || !revives),
            ("a re-creation is not swallowed", lives || !is_anew),
            ("it does not matter how a version was reached", replayed == new),
        ];
        let broken = promises.into_iter().find(|(_, holds)| !holds);
        let tell = |promise| format!("{promise}: {version:b} of {ops:?}, {founded:?}");
        broken.map_or(Ok(()), |(promise, _)| Err(tell(promise)))
    }
}

/// Nodes, honest authors only, how many of all ways to have founding links, and the steps by depth.
type Scope = (Set, bool, usize, &'static [usize]);
const SCOPES: [Scope; 6] = [
    (0b01001, true, 1, &[1, 1, 1]),
    (0b01001, true, 1, &[1, 1, 1, 41]),
    (0b01001, false, 1, &[1, 1, 1]),
    (0b11001, true, 1, &[1, 1, 7]),
    (0b11001, true, 1, &[1, 1, 29, 61]),
    (0b11001, true, 61, &[1, 11, 29]),
];

fn run((nodes, honest, foundings, steps): Scope, planted: &'static str) -> Result<(), String> {
    let is_all = std::env::var("WOODLAND_EXHAUSTIVE").is_ok_and(|what| what == "all");
    let steps = if is_all && foundings == 1 { &[1; 4][..steps.len()] } else { steps };
    let mut walk = Walk { honest, steps, met: [0; 4], ops: vec![], states: Default::default() };
    let links: Vec<_> = members(nodes).flat_map(|to| ALL.map(|policy| (to, policy))).collect();
    let types = 1 << nodes.count_ones();
    for number in 0..foundings * types {
        // The generations of a key have one type, each other node has its own.
        let revivable = ((number & 1) * 0b111) | ((number % types) >> 1 << GENERATIONS);
        let state = State { born: nodes, alive: nodes, revivable, planted, ..State::default() };
        // Some of all ways to have one of twelve links, or none: first, none has one.
        let link = |x| links.get(12 - number / types * 6089 / 13_usize.pow(x) % 13).copied();
        walk.states[0] = State { link: [link(0), None, None, link(3), link(4)], ..state };
        walk.deeper()?;
    }
    println!("{nodes:b}, honest: {honest}, {steps:?}: of {:?} ops", walk.met);
    Ok(())
}

#[test]
fn what_is_promised_holds() {
    for scope in SCOPES {
        assert_eq!(run(scope, "nothing"), Ok(()));
    }
}

#[test]
fn each_wrong_rule_is_caught() {
    for (wrong, promise) in [
        ("outsiders ignored", "a restrict link keeps its target"),
        ("piecemeal", "a deletion is whole or void for a reason"),
        ("unseen edits ignored", "a deletion is whole or void for a reason"),
        ("seen edits count", "an honest op is not void in its own past"),
        ("latest generation deleted", "a deletion is whole or void for a reason"),
        ("edits lost", "a revivable edit brings its node back"),
        ("bare return", "a revive link's target lives"),
        ("earlier links", "what comes back is called for"),
        ("one generation", "a re-creation is not swallowed"),
        ("own delete only", "an honest op is not void in its own past"),
    ] {
        let breach = |scope| run(scope, wrong).err();
        let caught = SCOPES.into_iter().find_map(breach).unwrap_or_default();
        println!("{wrong}: {caught}");
        assert!(caught.starts_with(promise), "{wrong} does not break it: {caught}");
    }
}
