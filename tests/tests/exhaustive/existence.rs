//! Of each policy, of unseen edits, generations and uniqueness, and of each step of a migration,
//! the few ops that collide, on the nodes of the [`crate::ground`].
//!
//! **Invariants**
//! - The first two letters of an alphabet collide the most: pairs are made of them.
//! - Holder, other holder and target are those of all alphabets: what one of them deletes, another
//!   holds.

use crate::alphabet::Alphabet;
use crate::ground::{
    ADDED, BACK, COUNT, END, GUARD, HOLDER, HOME, KEYED, KEYED_NUMBER, NUMBER, PLAIN, ROW, RULE,
    SEAT, SPARE, STEM, TARGET, THINGS, added, change, foreign, generation, key, nodes, register,
};
use woodland_format::{
    DeletionConfig, FieldId, MapOp, Migration, MigrationStep, NodeId, ObjectId, OnDelete, Op,
    RecordOp, RegisterConfig, RegisterOp, TypeDefinition, TypeId, UnseenEdits, Value, ValueType,
    encode,
};

const ADDED_TYPE: TypeId = TypeId(4);

/// By what nodes live and die.
pub(crate) fn policies() -> Vec<Alphabet> {
    let of = |name, letters, write| Alphabet { name, letters, modern: 0, write };
    vec![
        of("restrict", 5, restrict as fn(NodeId, usize, usize) -> Vec<Op>),
        of("cascade", 5, cascade),
        of("cascade of the revivable", 4, cascade_of_the_revivable),
        of("revive", 4, revive),
        of("nullify", 4, nullify),
        of("edits that revive", 4, edits_that_revive),
        of("edits that are lost", 4, edits_that_are_lost),
        of("generations", 6, generations),
        of("uniqueness", 4, uniqueness),
        of("uniqueness of two", 4, uniqueness_of_two),
    ]
}

/// By what schemas change.
pub(crate) fn steps() -> Vec<Alphabet> {
    let of = |name, letters, modern, write| Alphabet { name, letters, modern, write };
    vec![
        of("add", 5, 0b1_0000, add as fn(NodeId, usize, usize) -> Vec<Op>),
        of("remove", 4, 0, remove),
        of("rename", 4, 0, rename),
        of("change type", 4, 0b0100, change_type),
        of("move", 4, 0b1000, move_field),
        of("default type", 5, 0b1_0000, default_type),
        of("change policy", 5, 0b0_0010, change_policy),
    ]
}

fn number(batch: usize) -> Value {
    Value::Int(100 + i64::try_from(batch).expect("few batches"))
}

fn edit<T: serde::Serialize>(node: NodeId, field: FieldId, op: &T) -> Op {
    Op::Edit { object: ObjectId { node, field }, op: encode(op) }
}

fn set(node: NodeId, field: FieldId, value: Value) -> Op {
    edit(node, field, &RegisterOp::Set(value))
}

fn link(from: NodeId, field: FieldId, to: NodeId) -> Vec<Op> {
    vec![set(from, field, Value::Pointer(to))]
}

fn clear(node: NodeId, field: FieldId) -> Vec<Op> {
    vec![edit(node, field, &RegisterOp::Clear)]
}

fn delete(node: NodeId) -> Vec<Op> {
    vec![Op::Delete { node }]
}

fn migrate(steps: Vec<MigrationStep>) -> Vec<Op> {
    vec![Op::Migrate(Migration { steps })]
}

/// The other holder guards the holder, or the other way round.
fn restrict(holder: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let other = nodes().other;
    match letter {
        0 => delete(holder),
        1 => link(other, GUARD, holder),
        2 => delete(other),
        3 => clear(other, GUARD),
        _ => link(holder, GUARD, other),
    }
}

/// A holder goes with the target.
fn cascade(holder: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    match letter {
        0 => delete(target),
        1 => link(holder, HOME, target),
        2 => delete(holder),
        3 => clear(holder, HOME),
        _ => link(nodes().other, HOME, target),
    }
}

/// The target goes with a holder, but not where an unseen edit keeps it.
fn cascade_of_the_revivable(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    match letter {
        0 => delete(holder),
        1 => link(target, STEM, holder),
        2 => vec![set(target, COUNT, number(batch))],
        _ => [link(target, STEM, holder), delete(holder)].concat(),
    }
}

/// The target keeps a holder, and brings it back.
fn revive(holder: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    match letter {
        0 => delete(holder),
        1 => link(target, BACK, holder),
        2 => delete(target),
        _ => clear(target, BACK),
    }
}

/// A plain pointer to the target.
fn nullify(holder: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    let point = RecordOp::Set(vec![(1, Value::Pointer(target))]);
    match letter {
        0 => delete(target),
        1 => vec![edit(holder, PLAIN, &point)],
        2 => vec![edit(holder, PLAIN, &RecordOp::Clear(vec![1]))],
        _ => [vec![edit(holder, PLAIN, &point)], delete(holder)].concat(),
    }
}

fn edits_that_revive(_: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    let edit = vec![set(target, COUNT, number(batch))];
    match letter {
        0 => delete(target),
        1 => edit,
        2 => [delete(target), edit].concat(),
        _ => [edit, delete(target)].concat(),
    }
}

fn edits_that_are_lost(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let edit = vec![set(holder, NUMBER, number(batch))];
    match letter {
        0 => delete(holder),
        1 => edit,
        2 => [delete(holder), edit].concat(),
        _ => [delete(holder), delete(holder)].concat(),
    }
}

fn generations(_: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let recreate = |generation| Op::Recreate { node_type: KEYED, key: key(), generation };
    match letter {
        0 => delete(generation(0)),
        1 => vec![recreate(1), set(generation(1), KEYED_NUMBER, number(batch))],
        2 => vec![
            Op::CreateKeyed { node_type: KEYED, key: key() },
            set(generation(0), KEYED_NUMBER, number(batch)),
        ],
        3 => delete(generation(1)),
        4 => [delete(generation(0)), vec![recreate(1)]].concat(),
        _ => vec![recreate(2)],
    }
}

fn uniqueness(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let one = || Value::Int(1);
    match letter {
        0 => vec![set(nodes().other, NUMBER, one())],
        1 => vec![set(holder, NUMBER, if batch.is_multiple_of(2) { one() } else { Value::Int(2) })],
        2 => delete(holder),
        _ => clear(nodes().other, NUMBER),
    }
}

/// Each has one of the two values from the beginning; the latest makes the claim.
fn uniqueness_of_two(holder: NodeId, _: usize, letter: usize) -> Vec<Op> {
    let other = nodes().other;
    match letter {
        0 => vec![set(holder, SEAT, Value::Int(1))],
        1 => vec![set(other, ROW, Value::Int(1))],
        2 => vec![set(holder, ROW, Value::Int(1))],
        _ => clear(other, SEAT),
    }
}

fn add(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let add = |field| migrate(vec![MigrationStep::AddField { node_type: HOLDER, field }]);
    let name = if batch.is_multiple_of(2) { "Added" } else { "Other" };
    match letter {
        0 => add(added(1)),
        1 => add(added(2)),
        2 => {
            let (name, fields) = (name.to_owned(), vec![]);
            let definition = TypeDefinition { id: ADDED_TYPE, name, version: 1, fields };
            migrate(vec![MigrationStep::AddType(definition)])
        }
        3 => migrate(vec![MigrationStep::RemoveField { field: ADDED }]),
        _ => vec![set(holder, ADDED, number(batch))],
    }
}

fn remove(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let remove = |field| MigrationStep::RemoveField { field };
    match letter {
        0 => migrate(vec![remove(RULE), remove(NUMBER)]),
        1 => [vec![set(holder, NUMBER, number(batch))], migrate(vec![remove(NUMBER)])].concat(),
        2 => migrate(vec![remove(RULE)]),
        _ => migrate(vec![MigrationStep::RemoveType { node_type: KEYED }]),
    }
}

fn rename(_: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let rename = |field, name: &str| {
        migrate(vec![MigrationStep::RenameField { field, name: name.to_owned() }])
    };
    let name = if batch.is_multiple_of(2) { "Added" } else { "Target" };
    match letter {
        0 => rename(NUMBER, "one"),
        1 => rename(SPARE, "one"),
        2 => rename(NUMBER, &format!("n{batch}")),
        _ => migrate(vec![MigrationStep::RenameType { node_type: HOLDER, name: name.into() }]),
    }
}

fn change_type(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let float = ValueType::Default { of: Box::new(ValueType::Float), value: Value::from(0.5) };
    match letter {
        0 => migrate(vec![change(NUMBER, &register(ValueType::String))]),
        1 => vec![set(holder, NUMBER, number(batch))],
        2 => vec![set(holder, NUMBER, Value::from(format!("{batch}")))],
        _ => migrate(vec![change(NUMBER, &RegisterConfig { value: float })]),
    }
}

fn move_field(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    match letter {
        0 => migrate(vec![MigrationStep::MoveField { from: NUMBER, to: SPARE }]),
        1 => vec![set(holder, SPARE, number(batch))],
        2 => vec![set(holder, NUMBER, number(batch))],
        _ => vec![set(holder, NUMBER, Value::from(format!("{batch}")))],
    }
}

fn default_type(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let change = |value| migrate(vec![MigrationStep::ChangeDefaultType { field: THINGS, value }]);
    let put = |value| vec![edit(holder, THINGS, &MapOp::Put(vec![(Value::Int(1), value)]))];
    match letter {
        0 => change(encode(&ValueType::String)),
        1 => put(number(batch)),
        2 => migrate(vec![MigrationStep::RemoveDefaultType { field: THINGS }]),
        3 => change(encode(&ValueType::Float)),
        _ => put(Value::from(format!("{batch}"))),
    }
}

/// What a key says, and what edits say, is a matter of the schema that its author wrote under.
fn change_policy(holder: NodeId, batch: usize, letter: usize) -> Vec<Op> {
    let target = nodes().target;
    let restrict = register(foreign(TARGET, OnDelete::Restrict));
    match letter {
        0 => [delete(target), migrate(vec![change(HOME, &restrict)])].concat(),
        1 => [link(holder, HOME, target), vec![set(target, COUNT, number(batch))]].concat(),
        2 => link(holder, HOME, target),
        3 => delete(target),
        _ => migrate(vec![change(END, &DeletionConfig { edits: UnseenEdits::Lose })]),
    }
}
