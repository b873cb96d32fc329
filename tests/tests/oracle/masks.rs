//! `docs/meaning.md`, *Masked*, by hand: what a masked op means to whom.
//!
//! Author 0 is the owner, author 1 is shut out beside what it writes, author 2 sees that before it
//! hears of it, and after.

use woodland_format::{
    Commit, CounterOp, FieldId, ListOp, MapOp, Migration, MigrationStep, NodeId, ObjectId, Op,
    RegisterOp, Right, RightsChange, SetOp, TextOp, TypeId, Value, encode, keyed_node_id, node_id,
};
use woodland_graph::{Graph, Kinds};
use woodland_tests::agreement::{agreed, compare, log_of};
use woodland_tests::histories::{Script, sound_schema, whole_schema};
use woodland_tests::oracle::Oracle;

const NOTE: TypeId = TypeId(1);
const ODD: TypeId = TypeId(3);
const FOLDER: TypeId = TypeId(20);
const LEAF: TypeId = TypeId(21);
const PERSON: TypeId = TypeId(22);

/// What author 0 founds: a note, an odd node, two folders, two leaves.
struct Story {
    script: Script,
    /// All have been let in.
    begun: Commit,
}

fn edit<T: serde::Serialize>(node: NodeId, field: u64, op: &T) -> Op {
    Op::Edit { object: ObjectId { node, field: FieldId(field) }, op: encode(op) }
}

fn set(node: NodeId, field: u64, value: impl Into<Value>) -> Op {
    edit(node, field, &RegisterOp::Set(value.into()))
}

fn person(key: &str) -> NodeId {
    keyed_node_id(PERSON, &encode(&Value::from(key)))
}

fn make(key: &str) -> Op {
    Op::CreateKeyed { node_type: PERSON, key: Value::from(key) }
}

impl Story {
    fn begin() -> Story {
        let create = |node_type| Op::Create { node_type, salt: 0 };
        let ops = [NOTE, ODD, FOLDER, FOLDER, LEAF, LEAF].map(create).to_vec();
        let (script, begun) = Script::owned(whole_schema(), ops);
        Story { script, begun }
    }

    fn made(&self, index: u32) -> NodeId {
        node_id(&self.script.author(0), 0, index, 0)
    }

    fn note(&self) -> NodeId {
        self.made(1)
    }

    fn folders(&self) -> [NodeId; 2] {
        [self.made(3), self.made(4)]
    }

    fn leaves(&self) -> [NodeId; 2] {
        [self.made(5), self.made(6)]
    }

    /// The owner writes, and all see it from then on.
    fn start(&mut self, ops: Vec<Op>) {
        self.begun = self.script.write(0, &[], ops);
    }

    /// Author 1 writes on what all have seen.
    fn masked(&mut self, ops: Vec<Op>) -> Commit {
        let begun = self.begun.clone();
        self.script.write(1, &[&begun], ops)
    }

    /// Author 2 writes, having seen this.
    fn other(&mut self, sees: &Commit, ops: Vec<Op>) -> Commit {
        self.script.write(2, &[sees], ops)
    }

    /// The owner, who has not seen what author 1 wrote, takes its rights.
    fn revoke(&mut self) -> Commit {
        self.script.revoke(None, &[], 1)
    }

    fn oracle(&self) -> Oracle {
        agreed(&self.script.commits)
    }

    fn value(&self, node: NodeId, field: u64) -> Option<Value> {
        self.oracle().values().remove(&ObjectId { node, field: FieldId(field) })
    }

    fn text(&self) -> String {
        match self.value(self.note(), 11) {
            Some(Value::String(text)) => text,
            other => panic!("a text: {other:?}"),
        }
    }

    fn reasons(&self) -> Vec<&'static str> {
        self.oracle().voids().into_iter().map(|void| void.reason).collect()
    }

    fn insert(&self, at: u32, text: &str) -> Op {
        edit(self.note(), 11, &TextOp::Insert { at, text: text.into() })
    }

    fn delete(&self, at: u32, bytes: u32) -> Op {
        edit(self.note(), 11, &TextOp::Delete { at, bytes })
    }

    fn put(&self, value: i64) -> Op {
        edit(self.note(), 56, &MapOp::Put(vec![("k".into(), value.into())]))
    }

    fn take(&self) -> Op {
        edit(self.note(), 56, &MapOp::Remove(vec!["k".into()]))
    }

    /// What stands at the key of the map.
    fn at_key(&self) -> Option<i64> {
        let Some(Value::Map(entries)) = self.value(self.note(), 56) else { panic!("a map") };
        entries.first().map(|(_, value)| match value {
            Value::Int(value) => *value,
            other => panic!("a number: {other:?}"),
        })
    }

    fn list_op(&self, op: &ListOp) -> Op {
        edit(self.note(), 60, op)
    }

    fn items(&self, at: u32, items: &str) -> Op {
        let items = items.chars().map(|one| Value::from(one.to_string())).collect();
        self.list_op(&ListOp::Insert { at, items })
    }

    fn list(&self) -> String {
        let Some(Value::List(items)) = self.value(self.note(), 60) else { panic!("a list") };
        let text = |item| match item {
            Value::String(text) => text,
            other => panic!("a step is a string: {other:?}"),
        };
        items.into_iter().map(text).collect()
    }
}

#[test]
fn a_masked_op_has_no_effect_of_any_kind() {
    let mut story = Story::begin();
    let (note, odd) = (story.note(), story.made(2));
    story.masked(vec![
        set(note, 10, "title"),
        edit(note, 51, &CounterOp::Add(5)),
        edit(note, 54, &SetOp::Add(vec!["label".into()])),
        story.put(1),
        story.items(0, "a"),
        story.insert(0, "text"),
        Op::Edit { object: ObjectId { node: note, field: FieldId(58) }, op: vec![1] },
        Op::Edit { object: ObjectId { node: odd, field: FieldId(30) }, op: vec![1] },
    ]);
    assert!(story.reasons().is_empty());
    story.revoke();
    assert_eq!(story.reasons(), ["revoked"; 8]);
    let oracle = story.oracle();
    assert!(oracle.values().is_empty(), "{:?}", oracle.values());
    // What others do counts, and that alone.
    let ops = vec![edit(note, 51, &CounterOp::Add(2)), set(note, 10, "other")];
    story.start(ops);
    assert_eq!(story.value(note, 51), Some(2.into()));
    assert_eq!(story.value(note, 10), Some("other".into()));
}

#[test]
fn another_reason_comes_first_if_it_follows_from_what_was_seen() {
    let mut story = Story::begin();
    let note = story.note();
    story.masked(vec![
        story.insert(9, "x"),
        set(note, 99, 1),
        set(person("nobody"), 222, "x"),
        story.take(),
        Op::Delete { node: person("nobody") },
        Op::Migrate(Migration { steps: vec![MigrationStep::RemoveType { node_type: TypeId(99) }] }),
        set(note, 10, 7),
        Op::Schema(whole_schema()),
    ]);
    story.revoke();
    let reasons = [
        "bad-position",
        "unknown-field",
        "unknown-node",
        "unknown-key",
        "unknown-node",
        "revoked",
        "wrong-value",
        "stray-schema",
    ];
    assert_eq!(story.reasons(), reasons);
}

#[test]
fn positions_count_what_their_author_saw() {
    let mut story = Story::begin();
    story.start(vec![story.insert(0, "abc")]);
    let masked = story.masked(vec![story.insert(1, "XXX"), story.delete(5, 1)]);
    // The text is "aXXXb": masked text is there, and what was masked deleted is not.
    let ops = vec![story.insert(5, "!"), story.delete(0, 2)];
    story.other(&masked, ops);
    assert_eq!(story.text(), "XXb!");
    let revocation = story.revoke();
    assert_eq!(story.text(), "b!c");
    // Now it is "b!c".
    story.other(&revocation, vec![story.insert(3, "?"), story.delete(0, 1)]);
    assert_eq!(story.text(), "!c?");
    assert_eq!(story.reasons(), ["revoked"; 2]);
}

#[test]
fn an_owner_shuts_out_what_it_saw_from_before_that() {
    let mut story = Story::begin();
    story.start(vec![story.insert(0, "abc")]);
    let masked = story.masked(vec![story.insert(0, "XXX")]);
    let begun = story.begun.clone();
    let op = story.insert(6, "!");
    let seen = story.script.write(0, &[&masked], vec![op]);
    assert_eq!(story.text(), "XXXabc!");
    story.script.revoke(Some(&begun), &[], 1);
    assert_eq!(story.text(), "abc!");
    // The other branch is one more writer who saw what is masked.
    let op = story.insert(4, "?");
    story.script.write(0, &[&seen], vec![op]);
    assert_eq!(story.text(), "abc!?");
    assert_eq!(story.reasons(), ["revoked"]);
}

#[test]
fn whoever_is_let_in_again_goes_on_without_what_is_masked() {
    let mut story = Story::begin();
    story.start(vec![story.insert(0, "abc")]);
    story.masked(vec![story.insert(0, "XXX"), story.put(1)]);
    story.revoke();
    let grant = RightsChange::Grant(story.script.identity(1), Right::Write);
    let grant = story.script.change_rights(None, &[], grant, vec![]);
    let ops = vec![story.insert(3, "!"), story.take(), story.put(2)];
    story.script.write(1, &[&grant], ops);
    assert_eq!(story.text(), "abc!");
    assert_eq!(story.at_key(), Some(2));
    assert_eq!(story.reasons(), ["revoked", "revoked", "unknown-key"]);
}

#[test]
fn what_a_removal_ends_follows_from_what_counts_for_it() {
    // A put, a masked removal, a put behind it: the second is what is there.
    let mut story = Story::begin();
    story.start(vec![story.put(1)]);
    let masked = story.masked(vec![story.take()]);
    let second = story.other(&masked, vec![story.put(2)]);
    story.revoke();
    assert_eq!(story.at_key(), Some(2));
    // Whoever takes it away then, takes it away.
    let mut other = Story { script: story.script.clone(), begun: story.begun.clone() };
    let op = other.take();
    other.script.write(0, &[&second], vec![op]);
    assert_eq!(other.at_key(), None);
    // And a put behind the revocation writes over it.
    let op = other.put(4);
    other.script.write(0, &[], vec![op]);
    assert_eq!(other.at_key(), Some(4));
    story.script.write(0, &[&second], vec![story.put(3)]);
    assert_eq!(story.at_key(), Some(3));

    // A put, a masked removal and a masked put, and a removal that saw all: nothing is there.
    let mut story = Story::begin();
    story.start(vec![story.put(1)]);
    let masked = story.masked(vec![story.take(), story.put(2)]);
    story.other(&masked, vec![story.take()]);
    story.revoke();
    assert_eq!(story.at_key(), None);
    assert_eq!(story.reasons(), ["revoked"; 2]);
}

#[test]
fn a_generation_that_a_masked_op_ended_links_no_longer() {
    let mut story = Story::begin();
    let ([first, second], [leaf, _]) = (story.folders(), story.leaves());
    let grants = |op: MapOp| edit(leaf, 217, &op);
    let to = |folder: NodeId| {
        grants(MapOp::Put(vec![(Value::Pointer(person("p")), Value::Pointer(folder))]))
    };
    story.start(vec![make("p"), to(first)]);
    let masked = story.masked(vec![grants(MapOp::Remove(vec![Value::Pointer(person("p"))]))]);
    let other = story.other(&masked, vec![to(second)]);
    story.revoke();
    // Under cascade the leaf would go with whatever its map shows.
    story.script.write(0, &[&other], vec![Op::Delete { node: first }]);
    let oracle = story.oracle();
    assert!(oracle.lives(leaf) && !oracle.lives(first));
}

#[test]
fn an_item_that_a_masked_op_moved_is_where_it_was() {
    let mut story = Story::begin();
    story.start(vec![story.items(0, "abcd")]);
    let shift = |story: &Story, from, to| story.list_op(&ListOp::Move { from, to });
    let ops = vec![shift(&story, 0, 3), shift(&story, 0, 3)];
    let masked = story.masked(ops);
    assert_eq!(story.list(), "cdab");
    // Another one moves a on from there, and sets b.
    let op = story.list_op(&ListOp::Set { at: 3, item: "B".into() });
    story.other(&masked, vec![shift(&story, 2, 0), op]);
    assert_eq!(story.list(), "acdB");
    let revocation = story.revoke();
    assert_eq!(story.list(), "aBcd");
    // What is masked later is not what the next one counts by.
    let op = story.list_op(&ListOp::Remove { at: 1, count: 1 });
    story.other(&revocation, vec![op]);
    assert_eq!(story.list(), "acd");
}

/// Of the moves of one author the first is masked, and a later one counts: that hides the slot of a
/// move which comes late.
#[test]
fn a_move_that_comes_late_meets_the_one_that_counts() {
    let create = Op::Create { node_type: NOTE, salt: 0 };
    let (mut script, _) = Script::owned(whole_schema(), vec![create]);
    let note = node_id(&script.author(0), 0, 1, 0);
    let items = ["a", "b", "c"].map(Value::from).to_vec();
    let begun = script.write(0, &[], vec![edit(note, 60, &ListOp::Insert { at: 0, items })]);
    let shift = |to| vec![edit(note, 60, &ListOp::Move { from: 0, to })];
    let late = script.write(1, &[&begun], shift(2));
    script.write(2, &[&begun], shift(1));
    script.revoke(None, &[], 2);
    let grant = RightsChange::Grant(script.identity(2), Right::Write);
    let grant = script.change_rights(None, &[], grant, vec![]);
    script.write(2, &[&grant], shift(1));
    let oracle = agreed(&script.commits);
    let shown = ["b", "a", "c"].map(Value::from).to_vec();
    let object = ObjectId { node: note, field: FieldId(60) };
    assert_eq!(oracle.values().remove(&object), Some(Value::List(shown)));

    let others: Vec<Commit> =
        script.commits.iter().filter(|one| one.id() != late.id()).cloned().collect();
    let log = log_of(&others);
    let graph = Graph::of(&log, Kinds::standard());
    let graph = graph.advance(&log.append(&late).expect("a valid commit"));
    compare(&oracle, &graph).expect("it stands in one place");
}

#[test]
fn an_item_that_a_masked_op_put_in_is_nowhere() {
    let mut story = Story::begin();
    story.start(vec![story.items(0, "ab")]);
    let masked = story.masked(vec![story.items(1, "XY")]);
    let shift = story.list_op(&ListOp::Move { from: 1, to: 3 });
    let ops = vec![shift, story.items(4, "!")];
    story.other(&masked, ops);
    assert_eq!(story.list(), "aYbX!");
    let revocation = story.revoke();
    assert_eq!(story.list(), "ab!");
    let removal = story.list_op(&ListOp::Remove { at: 2, count: 1 });
    story.other(&revocation, vec![removal]);
    assert_eq!(story.list(), "ab");
    assert_eq!(story.reasons(), ["revoked"]);
}

#[test]
fn a_masked_deletion_takes_nothing() {
    let mut story = Story::begin();
    let note = story.note();
    story.start(vec![set(note, 10, "kept")]);
    let masked = story.masked(vec![Op::Delete { node: note }]);
    assert!(!story.oracle().lives(note));
    // Whoever believes it dead makes nothing new of it.
    story.other(&masked, vec![Op::Delete { node: note }]);
    assert_eq!(story.reasons(), ["dead-node"]);
    story.revoke();
    let oracle = story.oracle();
    assert!(!oracle.lives(note), "the other deletion counts");
    assert_eq!(story.reasons(), ["revoked"]);
}

#[test]
fn a_node_that_masked_ops_made_does_not_live_yet() {
    let mut story = Story::begin();
    let (q, [folder, _]) = (person("q"), story.folders());
    let masked = story.masked(vec![make("q"), set(q, 222, "masked")]);
    let ops = vec![
        set(q, 222, "mail"),
        set(folder, 202, q),
        set(person("p"), 226, q),
        Op::Delete { node: q },
    ];
    story.start(vec![make("p")]);
    let begun = story.begun.clone();
    let other = story.script.write(2, &[&begun, &masked], ops);
    story.revoke();
    let oracle = story.oracle();
    assert!(!oracle.lives(q) && oracle.died_at(q).is_none());
    let reasons = ["revoked", "revoked", "dead-target", "dead-target", "dead-node"];
    assert_eq!(story.reasons(), reasons);
    // Somebody makes it: then it is there, with what others wrote.
    story.script.write(0, &[&other], vec![make("q")]);
    assert!(story.oracle().lives(q));
    assert_eq!(story.value(q, 222), Some("mail".into()));
    assert_eq!(story.value(folder, 202), Some(q.into()));
}

#[test]
fn what_a_node_links_to_lives_from_its_first_creation_on() {
    let mut story = Story::begin();
    let (q, p) = (person("q"), person("p"));
    story.start(vec![make("p")]);
    let masked = story.masked(vec![make("q")]);
    let other = story.other(&masked, vec![set(q, 226, p)]);
    story.revoke();
    // No node that lives holds it.
    story.script.write(0, &[&other], vec![Op::Delete { node: p }]);
    assert!(!story.oracle().lives(p));
    story.script.write(0, &[], vec![make("q")]);
    let oracle = story.oracle();
    assert!(oracle.lives(q) && oracle.lives(p));
}

#[test]
fn a_masked_migration_changes_no_schema() {
    let (script, begun) = Script::owned(sound_schema(), vec![]);
    let mut story = Story { script, begun };
    let step = MigrationStep::RenameType { node_type: NOTE, name: "Paper".into() };
    story.masked(vec![Op::Migrate(Migration { steps: vec![step] })]);
    let name = |story: &Story| {
        let schema = story.oracle().current_schema().expect("it is carried");
        schema.type_with(NOTE).map(|one| one.name.clone())
    };
    let before = name(&story);
    story.revoke();
    assert_ne!(name(&story), before);
    assert_eq!(name(&story).as_deref(), Some("Note"));
}
