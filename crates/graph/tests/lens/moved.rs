//! Moved fields: what old programs write at the place that was taken is heard.

use super::world::*;
use woodland_format::{MigrationStep, NodeId, Value};

const MOVE: MigrationStep = MigrationStep::MoveField { from: TITLE, to: HEADING };

/// A founder with a note, and a second author who has read it.
fn pair() -> (Replica, Replica, NodeId) {
    let mut founder = Replica::found(&schema());
    let note = founder.create(&[NOTE])[0];
    let mut other = founder.join(2);
    other.write(vec![]);
    founder.read(&other);
    (founder, other, note)
}

fn text(value: &str) -> Option<Value> {
    Some(value.into())
}

#[test]
fn a_later_write_of_the_target_is_read() {
    let (mut founder, mut other, note) = pair();
    let (title, heading) = (object(note, TITLE), object(note, HEADING));
    founder.set(heading, "before");
    founder.set(title, "moved");
    founder.migrate(vec![MOVE]);
    // What stood at the target before is not wanted.
    assert_eq!(founder.value(title), text("moved"));
    assert_eq!(founder.value(heading), None);

    // An old program, which has seen all but knows nothing of it.
    other.read(&founder);
    other.set(heading, "by an old program");
    founder.read(&other);
    assert_eq!(founder.value(title), text("by an old program"));
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(value(&old, title), text("moved"));
    assert_eq!(value(&old, heading), text("by an old program"));

    // The later of both, whichever it is.
    founder.set(title, "again");
    assert_eq!(founder.value(title), text("again"));
    other.read(&founder);
    other.write(vec![clear(heading)]);
    founder.read(&other);
    assert_eq!(founder.value(title), None);
    let whole = woodland_graph::Graph::of(&founder.log, woodland_graph::Kinds::standard());
    assert_eq!(value(&whole, title), None);
}

#[test]
fn what_stood_at_the_target_before_the_move_is_not_wanted() {
    let (mut founder, _, note) = pair();
    let (title, heading) = (object(note, TITLE), object(note, HEADING));
    founder.set(title, "moved");
    founder.set(heading, "later than the title, and before the move");
    founder.migrate(vec![MOVE]);
    assert_eq!(founder.value(title), text("moved"));
}

#[test]
fn a_write_of_the_target_that_sorts_before_the_move_is_not_read() {
    let (mut founder, mut other, note) = pair();
    let (title, heading) = (object(note, TITLE), object(note, HEADING));
    founder.set(title, "moved");
    founder.migrate(vec![MOVE]);
    // Concurrent, and of a lower turn.
    other.set(heading, "too early");
    founder.read(&other);
    assert_eq!(founder.value(title), text("moved"));
}

#[test]
fn what_changes_at_the_target_is_told_as_a_change_of_the_field() {
    let (mut founder, mut other, note) = pair();
    let (title, heading) = (object(note, TITLE), object(note, HEADING));
    founder.set(title, "moved");
    founder.migrate(vec![MOVE]);
    let before = founder.graph.clone();
    other.read(&founder);
    other.set(heading, "by an old program");
    founder.read(&other);
    let changes: Vec<_> = founder.graph.changes_since(&before).collect();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].node, &changes[0].fields[..]), (note, &[TITLE][..]));
}
