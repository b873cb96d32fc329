//! The ledger: whatever way migrations arrive, one fold.

use super::world::*;
use std::collections::BTreeSet;
use woodland_format::{
    FieldId, MigrationStep, Misfit, Op, RegisterConfig, SchemaChange, TypeId, ValueType, encode,
};
use woodland_graph::{Graph, Kinds, LabelChange, Migrated, VoidOp};

/// A founder who migrates before and after a second author, whose migration it has not seen, stands
/// between both.
fn between(
    first: Vec<MigrationStep>,
    unseen: Vec<MigrationStep>,
    last: Vec<Vec<MigrationStep>>,
) -> (Replica, Replica) {
    let mut founder = Replica::found(&schema());
    founder.migrate(first);
    let mut other = founder.join(2);
    other.write(vec![]);
    founder.read(&other);
    other.migrate(unseen);
    for steps in last {
        founder.migrate(steps);
    }
    (founder, other)
}

fn add(id: u64, name: &str) -> MigrationStep {
    let config = encode(&RegisterConfig { value: ValueType::Int });
    MigrationStep::AddField { node_type: NOTE, field: field(FieldId(id), name, "register", config) }
}

fn misfits(graph: &Graph) -> Vec<VoidOp> {
    graph.voids().collect()
}

fn name_of(graph: &Graph, field: FieldId) -> Option<String> {
    let schema = graph.schema().expect("a schema");
    schema.field_with(field).map(|(_, field)| field.name.clone())
}

#[test]
fn a_late_migration_is_folded_in_at_its_place() {
    let (mut founder, other) = between(
        vec![rename(TITLE, "subject")],
        vec![rename(TITLE, "unseen"), add(50, "extra")],
        vec![vec![rename(RANK, "place")], vec![rename(TITLE, "last")]],
    );
    founder.read(&other);
    let graph = &founder.graph;
    assert_eq!(name_of(graph, TITLE).as_deref(), Some("last"));
    assert_eq!(name_of(graph, FieldId(50)).as_deref(), Some("extra"));
    assert_eq!(misfits(graph), []);
    // The one that arrived, and the two after it.
    assert_eq!(graph.work().migrations, 3);

    let made = graph.migrations();
    assert_eq!(made.iter().map(|one| one.author).collect::<Vec<_>>(), [1, 2, 1, 1].map(author));
    let mut before = schema().id();
    for (version, one) in (1..).zip(&made) {
        let Ok(Migrated { before: from, after, labels }) = &one.outcome else { panic!("it fits") };
        assert_eq!(*from, before);
        let labels_of = |version| Some(format!("Note@{version}"));
        let expected = LabelChange { before: labels_of(version), after: labels_of(version + 1) };
        assert_eq!(*labels, [expected]);
        before = *after;
    }
    assert_eq!(graph.current().expect("there is one").id(), before);
    assert_eq!(graph.schema(), graph.current());
}

#[test]
fn every_order_of_arrival_makes_one_ledger() {
    let (mut founder, other) = between(
        vec![rename(TITLE, "subject")],
        vec![MigrationStep::RemoveField { field: RANK }, add(50, "extra")],
        vec![
            vec![rename(RANK, "place")],
            vec![rename(FieldId(50), "more")],
            vec![add(51, "extra")],
        ],
    );
    founder.read(&other);
    let whole = Graph::of(&founder.log, Kinds::standard());
    let orders = arrivals(&founder.log, 500);
    assert!(orders.len() > 3, "{} orders", orders.len());
    for order in orders {
        let graph = derived(&founder.log, &order);
        assert_eq!(graph.migrations(), whole.migrations());
        assert_eq!(misfits(&graph), misfits(&whole));
        assert_eq!(graph.current(), whole.current());
        assert_eq!(graph.digest(), whole.digest());
    }
}

#[test]
fn a_verdict_turns_with_what_arrives_before_it() {
    let late = vec![MigrationStep::RemoveField { field: RANK }, add(50, "extra")];
    let (mut founder, other) = between(
        vec![rename(TITLE, "subject")],
        late,
        // Fits until RANK is gone; does not fit until there is a field 50.
        vec![vec![rename(RANK, "place")], vec![rename(FieldId(50), "more")]],
    );
    let made = founder.graph.migrations();
    assert!(made[1].outcome.is_ok());
    assert_eq!(made[2].outcome, Err(Misfit::NoField(FieldId(50))));
    let void = |at: usize| VoidOp {
        commit: made[at].commit,
        index: Some(0),
        reason: woodland_graph::Void::Misfit,
    };
    assert_eq!(misfits(&founder.graph), [void(2)]);

    founder.read(&other);
    let made_now = founder.graph.migrations();
    assert_eq!(made_now[2].outcome, Err(Misfit::NoField(RANK)));
    assert_eq!(misfits(&founder.graph), [void(1)]);
    assert_eq!(name_of(&founder.graph, FieldId(50)).as_deref(), Some("more"));
}

#[test]
fn all_steps_apply_or_none() {
    let mut founder = Replica::found(&schema());
    founder.migrate(vec![rename(TITLE, "subject"), rename(FieldId(99), "nobody")]);
    assert_eq!(founder.graph.current().expect("a schema").as_ref(), &schema());
    let made = founder.graph.migrations();
    assert_eq!(made[0].outcome, Err(Misfit::NoField(FieldId(99))));
    assert_eq!(misfits(&founder.graph).len(), 1);
}

#[test]
fn two_who_make_the_same_migration_have_made_one() {
    let mut founder = Replica::found(&schema());
    let mut other = founder.join(2);
    let steps = || vec![rename(TITLE, "subject"), add(50, "extra")];
    founder.migrate(steps());
    other.migrate(steps());
    let apart = other.graph.current();
    founder.read(&other);
    assert_eq!(founder.graph.current(), apart);
    assert_eq!(misfits(&founder.graph), []);
    let second = founder.graph.migrations().pop().expect("two").outcome.expect("it fits");
    assert_eq!((second.before, second.labels), (second.after, vec![]));
}

#[test]
fn without_the_founding_schema_nothing_is_current_until_somebody_carries_it() {
    let mut founder = Replica::found_with(schema().id(), vec![]);
    founder.migrate(vec![rename(TITLE, "subject")]);
    assert_eq!((founder.graph.schema(), founder.graph.current()), (None, None));
    assert_eq!(founder.graph.all().count(), 0);
    let reasons = |graph: &Graph| graph.voids().map(|void| void.reason.name()).collect::<Vec<_>>();
    assert_eq!(reasons(&founder.graph), ["unknown-schema"]);

    // Another schema is carried, and under it a migration made: still there is nothing to begin
    // with.
    let mut other = founder.join(2);
    other.write(vec![]);
    let mut third = other.join(3);
    let mut foreign = schema();
    foreign.types.truncate(2);
    let foreign_id = foreign.id();
    other.write_with(SchemaChange::Introduce(foreign.id()), vec![Op::Schema(foreign)]);
    other.migrate(vec![rename(TITLE, "subject")]);
    assert_eq!(other.graph.migrations()[0].outcome, Err(Misfit::NoSchema));
    assert_eq!(reasons(&other.graph), ["unknown-schema", "misfit"]);
    assert!(other.graph.through(&foreign_id).is_some_and(|graph| graph.schema().is_some()));

    // Somebody carries the founding one, later in order: the fold begins with it all the same.
    third.write(vec![]);
    third.write_with(SchemaChange::Introduce(schema().id()), vec![Op::Schema(schema())]);
    other.read(&third);
    assert_eq!(reasons(&other.graph), ["unknown-schema"]);
    assert_eq!(name_of(&other.graph, TITLE).as_deref(), Some("subject"));
    let whole = Graph::of(&other.log, Kinds::standard());
    assert_eq!(whole.migrations(), other.graph.migrations());
}

#[test]
fn what_is_read_through_is_asked_for_by_id() {
    let mut founder = Replica::found(&schema());
    founder.migrate(vec![rename(TITLE, "subject")]);
    let current = founder.graph.current().expect("there is one").id();
    assert!(founder.graph.schemas().iter().all(|one| one.id != current), "nobody carries it yet");
    assert_eq!(founder.graph.schema().expect("the current one").id(), current);
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(old.schema().expect("chosen").as_ref(), &schema());
    assert_eq!(old.current(), founder.graph.current());
    let new = old.through(&current).expect("it is current");
    assert_eq!(new.schema(), founder.graph.schema());
    assert_eq!(old.digest(), new.digest());
    assert!(founder.graph.through(&woodland_format::SchemaId([7; 32])).is_none());

    // What was chosen stays, whatever becomes current.
    founder.migrate(vec![rename(TITLE, "last")]);
    let log = &founder.log;
    assert_eq!(old.advance(log).schema(), old.schema());
    assert_eq!(new.advance(log).schema(), new.schema());
    assert!(founder.graph.through(&current).is_none(), "nobody carries it, and it is not current");
    let commit = founder.adopt_current();
    let carried = founder.graph.schemas();
    assert!(carried.iter().any(|one| one.commits == [commit.id()]));
}

#[test]
fn a_migration_costs_no_node() {
    let works: BTreeSet<_> = [1_000, 100_000].map(work_of_a_late_migration).into_iter().collect();
    assert_eq!(works.len(), 1, "{works:?}");
}

fn work_of_a_late_migration(nodes: usize) -> [u64; 6] {
    let types: Vec<TypeId> = vec![NOTE; nodes];
    let mut founder = Replica::found(&schema());
    let made = founder.create(&types);
    founder.write(made.iter().map(|node| set(object(*node, RANK), 1)).collect());
    let mut other = founder.join(2);
    other.write(vec![]);
    founder.read(&other);
    other.migrate(vec![change(RANK, &register(ValueType::String))]);
    founder.migrate(vec![rename(TITLE, "subject")]);
    founder.read(&other);
    let work = founder.graph.work();
    let read = founder.value(object(made[nodes - 1], RANK));
    assert_eq!(read, Some("1".into()));
    assert_eq!((work.reads, work.writes, work.migrations), (0, 0, 2));
    [work.commits, work.ops, work.objects, work.again, work.decoded, work.migrations]
}
