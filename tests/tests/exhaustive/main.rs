//! Small scope, exhaustively: the engine equals the oracle on every small history of colliding ops,
//! along every causal order in which it can arrive.
//!
//! Four batches by up to three authors, in every shape ([`shapes`]); of each kind every assignment
//! of its alphabet ([`alphabet`]) to them; of each pair of kinds two letters each, one op of both
//! in every batch. The same of each policy by which nodes live and die and of each step of a
//! migration ([`existence`]), and of pairs of them. The engine advances commit by commit along each
//! arrival order. And of each kind a part in a dataset whose owner shuts the first author out,
//! beside all that it writes; in some of them the last author has seen that.
//!
//! A fixed part of the histories is run by default: every so many-th. All of them:
//! `WOODLAND_EXHAUSTIVE=all cargo test -p woodland-tests --test exhaustive -- --nocapture`; or all
//! of one kind or pair: `WOODLAND_EXHAUSTIVE='map and list'`.

mod alphabet;
mod existence;
mod ground;
mod shapes;
mod walk;

use crate::alphabet::{Alphabet, alphabets, founded};
use crate::existence::{policies, steps};
use crate::ground::{grounded, modern_schema, schema};
use crate::shapes::{BATCHES, Shape};
use crate::walk::{Batch, Counts, check};
use woodland_format::{Commit, NodeId, SchemaId};
use woodland_tests::histories::Script;

/// How many histories of one kind are run by default, and how many of one pair of kinds.
const OF_A_KIND: usize = 3000;
const OF_A_PAIR: usize = 300;

/// The same for a policy or a step of a migration, and for a pair of them.
const OF_A_POLICY: usize = 600;
const OF_A_PAIR_OF_POLICIES: usize = 60;

/// The same for a kind whose first author is shut out.
const OF_A_MASKED_KIND: usize = 100;

/// How many letters of each of two kinds meet.
const LETTERS_OF_A_PAIR: usize = 2;

/// All there is to run for one kind or one pair: an assignment of one of these words to each batch.
struct Scope {
    name: String,
    words: Vec<Vec<(Alphabet, usize)>>,
    ground: Ground,
}

/// What all batches have seen.
#[derive(Clone)]
struct Ground {
    script: Script,
    /// The node that they write to.
    node: NodeId,
    /// The founding schema and the modern one, where there are two.
    schemas: Option<[SchemaId; 2]>,
    /// What takes the rights of the first author, in a dataset that has an owner.
    revocation: Option<Commit>,
}

impl Ground {
    fn of_kinds() -> Ground {
        let (script, node) = founded(Script::found_with);
        Ground { script, node, schemas: None, revocation: None }
    }

    fn of_masked_kinds() -> Ground {
        let (mut script, node) = founded(|schema, ops| Script::owned(schema, ops).0);
        let revocation = script.revoke(None, &[], 1);
        Ground { script, node, schemas: None, revocation: Some(revocation) }
    }

    fn of_existence() -> Ground {
        let (script, node) = grounded();
        let schemas = Some([schema().id(), modern_schema().id()]);
        Ground { script, node, schemas, revocation: None }
    }
}

impl Scope {
    fn of_one(one: Alphabet, ground: Ground) -> Scope {
        let words = (0..one.letters).map(|letter| vec![(one, letter)]).collect();
        Scope { name: one.name.to_owned(), words, ground }
    }

    fn of_pair(one: Alphabet, other: Alphabet, ground: Ground) -> Scope {
        let mut words = Vec::new();
        for letter in 0..LETTERS_OF_A_PAIR {
            for beside in 0..LETTERS_OF_A_PAIR {
                words.push(vec![(one, letter), (other, beside)]);
            }
        }
        Scope { name: format!("{} and {}", one.name, other.name), words, ground }
    }

    /// Runs every history of this scope; at most about so many, evenly, where not all are wanted.
    fn run(&self, shapes: &[Shape], most: usize) -> Counts {
        let assignments = self.words.len().pow(BATCHES.try_into().expect("few batches"));
        let all = shapes.len() * assignments;
        let step = if self.is_full() { 1 } else { prime_from(all.div_ceil(most)) };
        let Ground { script, node, revocation, .. } = &self.ground;
        let mut counts = Counts { shapes: shapes.len(), all, ..Counts::default() };
        // Scopes of one size begin apart, so that they do not pick the same histories.
        let start = self.name.bytes().map(usize::from).sum::<usize>() % step;
        for history in (start..all).step_by(step) {
            let shape = &shapes[history / assignments];
            let batches = self.batches(*node, history % assignments);
            let revocation = revocation.as_ref().map(|one| (one, history % 2 == 0));
            if let Err(difference) = check(script, shape, &batches, revocation, &mut counts) {
                panic!("{}, history {history}: {shape:?}\n{batches:#?}\n{difference}", self.name);
            }
        }
        counts
    }

    /// Whether all of it is wanted.
    fn is_full(&self) -> bool {
        let wanted = std::env::var("WOODLAND_EXHAUSTIVE");
        wanted.is_ok_and(|wanted| wanted == "all" || wanted == self.name)
    }

    /// Each batch in this assignment: a number whose digits are words.
    fn batches(&self, node: NodeId, assignment: usize) -> [Batch; BATCHES] {
        let mut rest = assignment;
        std::array::from_fn(|batch| {
            let word = &self.words[rest % self.words.len()];
            rest /= self.words.len();
            let written = word.iter().map(|(one, letter)| (one.write)(node, batch, *letter));
            Batch { ops: written.flatten().collect(), schema: self.schema_of(word) }
        })
    }

    /// The schema that a word is written under: the modern one where one of its letters is.
    fn schema_of(&self, word: &[(Alphabet, usize)]) -> Option<SchemaId> {
        let is_modern = word.iter().any(|(one, letter)| one.modern >> letter & 1 == 1);
        let [founding, modern] = self.ground.schemas?;
        Some(if is_modern { modern } else { founding })
    }
}

/// The first prime from here on: a step that falls in with no pattern of the histories.
fn prime_from(number: usize) -> usize {
    let is_prime = |number: &usize| (2..*number).all(|divisor| !number.is_multiple_of(divisor));
    (number.max(1)..).find(is_prime).expect("primes do not end")
}

fn run(scopes: &[Scope], most: usize) {
    let shapes = Shape::all();
    let mut sum = Counts::default();
    for scope in scopes {
        let counts = scope.run(&shapes, most);
        println!("{:<22} {counts}", scope.name);
        sum.add(&counts);
    }
    println!("{:<22} {sum}", "all");
    assert!(sum.histories > 0 && sum.orders > sum.histories);
}

fn each(all: &[Alphabet], ground: &Ground) -> Vec<Scope> {
    all.iter().map(|one| Scope::of_one(*one, ground.clone())).collect()
}

fn pairs(all: &[Alphabet], ground: &Ground) -> Vec<Scope> {
    let with_later = |(at, one): (usize, &Alphabet)| {
        let later = all[at + 1..].iter();
        later.map(|other| Scope::of_pair(*one, *other, ground.clone())).collect::<Vec<_>>()
    };
    all.iter().enumerate().flat_map(with_later).collect()
}

#[test]
fn every_kind_by_itself() {
    run(&each(&alphabets(), &Ground::of_kinds()), OF_A_KIND);
}

#[test]
fn every_kind_beside_a_revocation() {
    run(&each(&alphabets(), &Ground::of_masked_kinds()), OF_A_MASKED_KIND);
}

#[test]
fn every_pair_of_kinds() {
    run(&pairs(&alphabets(), &Ground::of_kinds()), OF_A_PAIR);
}

#[test]
fn every_policy_and_every_step_by_itself() {
    let all = [policies(), steps()].concat();
    run(&each(&all, &Ground::of_existence()), OF_A_POLICY);
}

#[test]
fn every_pair_of_policies_and_steps() {
    let all = [policies(), steps()].concat();
    run(&pairs(&all, &Ground::of_existence()), OF_A_PAIR_OF_POLICIES);
}

#[test]
fn shapes_are_partial_orders_without_repetition() {
    let shapes = Shape::all();
    for (at, shape) in shapes.iter().enumerate() {
        assert!(!shapes[..at].contains(shape), "{shape:?} stands there twice");
        assert_eq!(shape.writing_order().len(), BATCHES);
    }
    let of =
        |authors: usize| shapes.iter().filter(|one| one.author[BATCHES - 1] == authors).count();
    println!("{} shapes: {} {} {} by 1, 2, 3 authors", shapes.len(), of(1), of(2), of(3));
    assert_eq!(of(1), 1, "one author's batches are one chain");
    // Two chains of lengths m and n: as many ways to see each other as there are antichains of
    // moments, counted by hand for 3 and 1: what the one saw and who saw it.
    let three_and_one = shapes.iter().filter(|one| one.author == [1, 1, 1, 2]).count();
    assert_eq!(three_and_one, 10);
}
