//! Who lives: *Existence* of `docs/meaning.md` as a model, run through every small history.
//!
//! It shares nothing with engine or oracle and can be read before either. A founding batch creates
//! nodes of one register each, which holds a link of any policy; up to four batches of one op by
//! three authors follow, in every causal shape ([`shapes`]). [`judge`] is the rule, [`history`] what
//! must hold of every version. That no pointer dangles needs no check: a reader leaves out the dead.
//!
//! **Invariants**
//! - All of [`judge::Rules`] but the first are wrong, and each is caught.
//!
//! By default a fixed part of the larger scopes is run; all of it, but for those with founding links:
//! `WOODLAND_EXHAUSTIVE=all cargo test --release -p woodland-tests --test existence_model`.

mod history;
mod judge;
mod shapes;
mod sides;

use crate::history::History;
use crate::judge::*;
use crate::shapes::{Shapes, shapes};

/// Node 0 has a key, and 1 and 2 are its next generations; the others have none.
const KEYED: Set = 0b00111;
const PAIR: Set = 0b01001;
const TRIPLE: Set = 0b11001;

/// What is run: as many batches as there are steps, and of the choices for each every so many-th.
struct Scope {
    name: &'static str,
    nodes: Set,
    honest: bool,
    /// How many foundings, of all there are: the first has no links.
    foundings: usize,
    steps: &'static [usize],
}

const SCOPES: [Scope; 6] = [
    Scope { name: "pair", nodes: PAIR, honest: true, foundings: 1, steps: &[1, 1, 1] },
    Scope { name: "pair, longer", nodes: PAIR, honest: true, foundings: 1, steps: &[1, 1, 1, 23] },
    Scope { name: "pair, dishonest", nodes: PAIR, honest: false, foundings: 1, steps: &[1, 1, 1] },
    Scope { name: "triple", nodes: TRIPLE, honest: true, foundings: 1, steps: &[1, 1, 7] },
    Scope {
        name: "triple, longer",
        nodes: TRIPLE,
        honest: true,
        foundings: 1,
        steps: &[1, 1, 29, 37],
    },
    Scope {
        name: "triple, linked",
        nodes: TRIPLE,
        honest: true,
        foundings: 61,
        steps: &[1, 11, 13],
    },
];

/// A state in which the nodes live, with the links that this number names.
fn founded(nodes: Set, mut number: usize) -> State {
    let mut founded = State { born: nodes, alive: nodes, ..State::default() };
    let links: Vec<_> = members(nodes).flat_map(|to| ALL.map(|policy| (to, policy))).collect();
    for x in members(nodes) {
        founded.link[x] = (number % (links.len() + 1)).checked_sub(1).map(|link| links[link]);
        number /= links.len() + 1;
    }
    founded
}

/// How many of them there are, of three nodes.
fn foundings(nodes: Set) -> usize {
    (members(nodes).count() * ALL.len() + 1).pow(3)
}

/// Which nodes can be revivable: generations have one type, each other node has its own.
fn types(nodes: Set) -> impl Iterator<Item = Set> {
    let fits = move |set: Set| set & !KEYED & !nodes == 0 && [0, KEYED].contains(&(set & KEYED));
    (0..1 << IDS).filter(move |set| fits(*set))
}

fn is_all() -> bool {
    std::env::var("WOODLAND_EXHAUSTIVE").is_ok_and(|what| what == "all")
}

/// The way through the histories of a scope, and what was met on it.
struct Walk<'a> {
    shapes: &'a Shapes,
    steps: Vec<usize>,
    /// How many choices to pass over, at each depth.
    skip: Vec<usize>,
    histories: usize,
    versions: usize,
}

impl Walk<'_> {
    fn scope(&mut self, scope: &Scope, rules: Rules) -> Result<(), String> {
        for founding in 0..scope.foundings {
            let number = founding * foundings(scope.nodes) / scope.foundings;
            for revivable in types(scope.nodes) {
                let judge = Judge { rules, revivable };
                let founded = founded(scope.nodes, number);
                let mut history = History::new(judge, scope.honest, founded);
                self.deeper(&mut history, &mut Vec::new())?;
                self.versions += history.checked;
            }
        }
        Ok(())
    }

    fn deeper(&mut self, history: &mut History, saw: &mut Vec<Set>) -> Result<(), String> {
        let depth = saw.len();
        if depth == self.steps.len() {
            self.histories += 1;
            return Ok(());
        }
        for past in &self.shapes[saw] {
            let choices = history.choices(*past);
            while let Some((node, verb)) = choices.get(self.skip[depth]) {
                history.push(*node, *verb, *past)?;
                saw.push(*past);
                self.deeper(history, saw)?;
                saw.pop();
                history.pop();
                self.skip[depth] += self.steps[depth];
            }
            self.skip[depth] -= choices.len();
        }
        Ok(())
    }
}

fn run(scope: &Scope, rules: Rules) -> Result<(), String> {
    let step = |step: &usize| if is_all() && scope.foundings == 1 { 1 } else { *step };
    let steps: Vec<usize> = scope.steps.iter().map(step).collect();
    let skip = vec![0; steps.len()];
    let mut walk = Walk { shapes: &shapes(), steps, skip, histories: 0, versions: 0 };
    walk.scope(scope, rules)?;
    println!("{}: {} histories, {} versions", scope.name, walk.histories, walk.versions);
    Ok(())
}

#[test]
fn what_always_holds_does() {
    for scope in &SCOPES {
        run(scope, Rules::Sound).unwrap_or_else(|breach| panic!("{}: {breach}", scope.name));
    }
}

/// All pairs of an op and a deletion, at every so many-th founding.
fn both_sides(rules: Rules, step: usize) -> Result<usize, String> {
    let foundings = (0..foundings(TRIPLE)).step_by(step);
    let all = foundings.flat_map(|number| types(TRIPLE).map(move |types| (number, types)));
    all.map(|(number, revivable)| sides::check(Judge { rules, revivable }, founded(TRIPLE, number)))
        .sum()
}

#[test]
fn sides_are_as_the_table_says() {
    let pairs = both_sides(Rules::Sound, if is_all() { 1 } else { 5 });
    println!("{} pairs", pairs.unwrap_or_else(|breach| panic!("{breach}")));
}

/// A wrong rule is caught by some scope, at the promise that it breaks.
#[test]
fn each_wrong_rule_is_caught() {
    let whole = "a deletion is not whole, or void for nothing";
    for (rules, promise) in [
        (Rules::NoOutsiders, "a restricting link lost its target"),
        (Rules::Piecemeal, whole),
        (Rules::BlindBefore, whole),
        (Rules::SeenEditsCount, "an honest op is void in its own past"),
        (Rules::NamelessDelete, whole),
        (Rules::BlindAfter, "a revivable edit does not bring its node back"),
        (Rules::BareReturn, "a living node's revive link points to a dead one"),
        (Rules::EarlierLinks, "what came back is not called for"),
        (Rules::OneGeneration, "a re-creation is swallowed"),
        (Rules::OwnDeleteOnly, "an honest op is void in its own past"),
    ] {
        let caught = SCOPES.iter().find_map(|scope| run(scope, rules).err());
        let caught = caught.unwrap_or_else(|| panic!("nothing is wrong with {rules:?}"));
        println!("{caught}");
        let by_sides = both_sides(rules, 5).is_err();
        let is_of_sides = matches!(rules, Rules::BlindBefore | Rules::BlindAfter);
        assert!(by_sides || !is_of_sides, "the table holds under {rules:?}");
        assert!(caught.starts_with(promise), "{rules:?} breaks another promise: {caught}");
    }
}
