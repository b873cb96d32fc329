//! The engine equals the oracle, over random histories of all kinds at once.
//!
//! `WOODLAND_HISTORIES=10000 cargo test -p woodland-tests --test engine_agrees -- --nocapture` runs
//! more; `WOODLAND_SEED=n` starts at another seed. A failure names its seed.

use woodland_format::{
    Commit, FieldId, ObjectId, Op, Payload, RegisterOp, SchemaChange, TypeId, Value, encode,
    node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_tests::agreement::{agreed, check, compare, log_of};
use woodland_tests::histories::{
    Distribution, HAS_LISTS, History, Line, Recipe, Script, founding_schema, later_schema,
};
use woodland_tests::oracle::Oracle;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn agree(name: &str, recipe: &Recipe, share: u64) {
    let (seed, count) =
        (setting("WOODLAND_SEED", 1), (setting("WOODLAND_HISTORIES", 400) / share).max(1));
    let mut distribution = Distribution::default();
    // Now and then all but one author stay silent: such a history says nothing about merging.
    let is_shared = |history: &History| {
        let founder = history.commits[0].author();
        history.commits.iter().any(|commit| commit.author() != founder)
    };
    let histories = (seed..).map(|seed| History::by(recipe, seed)).filter(is_shared);
    for history in histories.take(usize::try_from(count).expect("a count of histories")) {
        let oracle = Oracle::of(&history.commits);
        if let Err(difference) = check(&history, &oracle) {
            panic!("{name}, WOODLAND_SEED={}: {difference}", history.seed);
        }
        distribution.add(&history, &oracle);
    }
    println!("{name}, {count} histories from seed {seed}\n{distribution}");
    if count < 50 {
        return; // A seed that is looked at again need not be like all the others.
    }
    assert!(
        distribution.batches_median() >= *recipe.batches.start(),
        "histories are too short: {distribution}"
    );
    // What a newer format hides cannot be counted.
    let is_counted = recipe.newer_format_percent == 0;
    let has_text = recipe.kinds.iter().any(|(kind, _)| *kind == "text");
    // Where nodes die, it is their deletions that have to meet.
    // Where rights are taken, it is masked ops that others have to have seen.
    let is_lively = match (recipe.rights_percent, recipe.existence_percent) {
        (1.., _) => distribution.meetings_median("masked ops") > 0,
        (0, 0) => distribution.one_place_percent() >= 30,
        (0, _) => distribution.meetings_of("comings back") > 0,
    };
    assert!(!is_counted || !has_text || is_lively, "too calm: {distribution}");
}

#[test]
fn on_histories_of_everything() {
    agree("everything", &Recipe::default(), 2);
}

#[test]
fn on_histories_in_which_schemas_change_and_nodes_die() {
    agree("all at once", &Recipe::everything(), 10);
}

#[test]
fn on_brief_histories_of_all_at_once() {
    agree("all at once, brief", &Recipe::brief(), 1);
}

#[test]
fn on_histories_of_existence() {
    agree("existence", &Recipe::existence(), 2);
}

#[test]
fn on_histories_of_migrations() {
    agree("migrations", &Recipe::migrations(), 4);
}

#[test]
fn on_histories_of_text() {
    agree("text", &Recipe::texts(), 4);
}

#[test]
fn on_histories_of_lists() {
    if HAS_LISTS {
        agree("lists", &Recipe::lists(), 4);
    }
}

#[test]
fn on_histories_of_collections() {
    agree("collections", &Recipe::collections(), 4);
}

#[test]
fn on_histories_with_an_owner() {
    agree("rights", &Recipe::rights(), 2);
}

#[test]
fn on_texts_with_masked_edits() {
    agree("masked edits of texts", &Recipe::masked(&[("text", 1)]), 4);
}

#[test]
fn on_lists_with_masked_edits() {
    agree("masked edits of lists", &Recipe::masked(&[("list", 1)]), 4);
}

#[test]
fn on_collections_with_masked_edits() {
    agree("masked edits of collections", &Recipe::masked(&[("map", 3), ("set", 1)]), 4);
}

#[test]
fn on_histories_full_of_oddities() {
    let recipe = Recipe {
        odd_op_percent: 40,
        unreadable_percent: 5,
        schema_change_percent: 10,
        fork_percent: 10,
        ..Recipe::default()
    };
    agree("oddities", &recipe, 4);
}

#[test]
fn on_payloads_of_a_newer_format() {
    let recipe = Recipe { newer_format_percent: 4, ..Recipe::default() };
    agree("newer formats", &recipe, 8);
}

/// A fork's late branch creates the same node with another type and comes first in order: what the
/// node showed is hidden, though no op of its fields arrived.
#[test]
fn on_a_node_that_gets_another_type() {
    let mut script = Script::found();
    let node = node_id(&script.author(1), 0, 0, 5);
    let object = |field| ObjectId { node, field: FieldId(field) };
    let set = |field| {
        let op = encode(&RegisterOp::Set(Value::String("shown".into())));
        Op::Edit { object: object(field), op }
    };
    let mut branch = |node_type, field| {
        let ops = vec![Op::Create { node_type: TypeId(node_type), salt: 5 }, set(field)];
        let payload = Payload::of(ops).encode();
        let line = Line { after: None, sees: &[], schema: SchemaChange::Keep, payload };
        script.line(1, line)
    };
    let mut branches = [branch(1, 10), branch(2, 20)];
    branches.sort_by_key(Commit::id);
    let [first, second] = branches;

    let log = log_of(&[script.commits[0].clone(), second]);
    let before = Graph::of(&log, Kinds::standard());
    let digest = before.digest();
    let log = log.append(&first).expect("a fork is no reason to refuse");
    let after = before.advance(&log);
    assert_ne!(digest, after.digest());
    compare(&agreed(&script.commits), &after).expect("the digest follows the type");
}

/// The founding payload is erased, and a later commit carries the schema again: nodes that were
/// made under another one come into sight, though nothing happened to them.
#[test]
fn on_a_founding_schema_that_comes_late() {
    let mut script = Script::found();
    let founding = script.commits[0].clone();
    let erased = Commit::new(founding.author(), founding.header().clone(), None);
    script.commits[0] = erased.expect("an erased payload breaks no rule");
    let line = |after, schema, ops| {
        let payload = Payload::of(ops).encode();
        Line { after, sees: &[], schema, payload }
    };
    let later = later_schema();
    let first = script.line(1, line(None, SchemaChange::Keep, vec![]));
    let ops = vec![Op::Schema(later.clone()), Op::Create { node_type: TypeId(1), salt: 5 }];
    script.line(1, line(Some(&first), SchemaChange::Introduce(later.id()), ops));
    let before = Graph::of(&log_of(&script.commits), Kinds::standard());
    let digest = before.digest();
    assert_eq!(before.all().count(), 0, "nothing is in sight");

    let schema = founding_schema();
    let change = SchemaChange::Introduce(schema.id());
    let carrier = script.line(0, line(Some(&founding), change, vec![Op::Schema(schema)]));
    let log = before.log().append(&carrier).expect("a valid commit");
    let after = before.advance(&log);
    assert_eq!(digest, after.digest(), "the digest asks no schema");
    compare(&agreed(&script.commits), &after).expect("what was made comes into sight");
    let came: Vec<_> = after.changes_since(&before).map(|one| (one.before, one.after)).collect();
    assert_eq!(came, [(None, Some(TypeId(1)))]);
}

/// What a revocation costs: nothing but itself where it masks nothing, all where it masks what was
/// derived, and no more than that once it is there.
#[test]
fn on_revocations_by_what_is_looked_at() {
    let (mut script, begun) = Script::owned(founding_schema(), vec![]);
    let create = |salt| vec![Op::Create { node_type: TypeId(1), salt }];
    let first = script.write(1, &[&begun], create(1));
    let before = Graph::of(&log_of(&script.commits), Kinds::standard());
    let next = |graph: &Graph, commit: &Commit| {
        graph.advance(&graph.log().append(commit).expect("a valid commit"))
    };

    let revocation = script.revoke(None, &[&first], 1);
    let masks_nothing = next(&before, &revocation);
    assert_eq!(masks_nothing.work().commits, 1);
    assert_eq!(masks_nothing.voids().count(), 0);

    let seen = script.write(2, &[&begun], create(2));
    let graph = next(&masks_nothing, &seen);
    let revocation = script.revoke(None, &[], 2);
    let anew = next(&graph, &revocation);
    assert_eq!(anew.work().commits, u64::try_from(script.commits.len()).expect("a few"));
    assert_eq!(anew.voids().count(), 1);
    let node = node_id(&script.author(2), 0, 0, 2);
    let went: Vec<_> = anew.changes_since(&graph).map(|one| (one.node, one.after)).collect();
    assert_eq!(went, [(node, None)], "what is derived anew is told apart all the same");

    // More of the same arrives late: it is masked already, and so is what arrives with its mask.
    let late = script.write(2, &[], create(3));
    let graph = next(&anew, &late);
    assert_eq!((graph.work().commits, graph.voids().count()), (1, 2));
    let other = script.write(3, &[&begun], create(4));
    let revocation = script.revoke(None, &[], 3);
    let log = graph.log().append(&other).and_then(|log| log.append(&revocation));
    let graph = graph.advance(&log.expect("valid commits"));
    assert_eq!((graph.work().commits, graph.voids().count()), (2, 3));
    compare(&agreed(&script.commits), &graph).expect("masked or not, as in the oracle");
}
