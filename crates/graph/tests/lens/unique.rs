//! What should be unique, and natural keys.

use super::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use woodland_format::{
    FieldId, MigrationStep, NodeId, Op, UniqueConfig, Value, ValueType, encode, keyed_node_id,
    recreated_node_id,
};
use woodland_graph::{Clash, Graph, Keyed, Kinds};

#[test]
fn the_first_claim_holds() {
    let mut founder = Replica::found(&schema());
    let notes = founder.create(&[NOTE, NOTE, NOTE, NOTE]);
    let title = |at: usize| object(notes[at], TITLE);
    founder.set(title(1), "same");
    founder.set(title(0), "same");
    founder.set(title(2), "other");
    let clash = |holder: usize, others: &[usize]| Clash {
        node_type: NOTE,
        rule: ONE_TITLE,
        values: vec!["same".into()],
        holder: notes[holder],
        others: others.iter().map(|at| notes[*at]).collect(),
    };
    assert_eq!(founder.graph.clashes(), [clash(1, &[0])]);
    let asked = |value: &str| (ONE_TITLE, vec![Value::from(value)]);
    let nobody = (TITLE, vec![Value::from("same")]);
    let questions = [asked("same"), asked("other"), asked("none"), nobody];
    let holders = [Some(notes[1]), Some(notes[2]), None, None];
    assert_eq!(founder.graph.holders(&questions), holders);

    // A claim is as old as its last write.
    founder.set(title(1), "same");
    assert_eq!(founder.graph.clashes(), [clash(0, &[1])]);
    founder.set(title(3), "same");
    assert_eq!(founder.graph.clashes(), [clash(0, &[1, 3])]);
    founder.write(vec![clear(title(0)), clear(title(3))]);
    assert_eq!(founder.graph.clashes(), []);
    assert_eq!(founder.graph.holders(&questions[..1]), [Some(notes[1])]);
}

#[test]
fn rules_are_those_of_the_schema_that_is_read_through() {
    let mut founder = Replica::found(&schema());
    let notes = founder.create(&[NOTE, NOTE]);
    founder.set(object(notes[0], TITLE), "1");
    founder.set(object(notes[1], TITLE), "01");
    assert_eq!(founder.graph.clashes(), []);
    founder.migrate(vec![change(TITLE, &register(ValueType::Int))]);
    let clashes = founder.graph.clashes();
    assert_eq!(clashes.len(), 1);
    assert_eq!(clashes[0].values, [Value::Int(1)]);
    let old = founder.graph.through(&schema().id()).expect("it is carried");
    assert_eq!(old.clashes(), []);
    let again = old.through(&founder.graph.schema().expect("one").id()).expect("it is current");
    assert_eq!(again.clashes(), clashes);

    founder.migrate(vec![MigrationStep::RemoveField { field: ONE_TITLE }]);
    assert_eq!(founder.graph.clashes(), []);
    let both = UniqueConfig { fields: vec![TITLE, RANK] };
    let rule = field(FieldId(60), "both", "unique", encode(&both));
    founder.migrate(vec![MigrationStep::AddField { node_type: NOTE, field: rule }]);
    assert_eq!(founder.graph.clashes(), [], "of both one is absent");
    founder.write(notes.iter().map(|note| set(object(*note, RANK), 5)).collect());
    assert_eq!(founder.graph.clashes().len(), 1);
}

#[test]
fn a_claim_of_several_fields_is_as_old_as_its_latest_write() {
    let mut founder = Replica::found(&schema());
    let notes = founder.create(&[NOTE, NOTE]);
    let both = UniqueConfig { fields: vec![TITLE, RANK] };
    let rule = field(FieldId(60), "both", "unique", encode(&both));
    let one_title = MigrationStep::RemoveField { field: ONE_TITLE };
    founder.migrate(vec![one_title, MigrationStep::AddField { node_type: NOTE, field: rule }]);
    let holders = |graph: &Graph| {
        let told = |clash: Clash| (clash.holder, clash.others);
        graph.clashes().into_iter().map(told).collect::<Vec<_>>()
    };
    let title = |at: usize| set(object(notes[at], TITLE), "same");
    let rank = |at: usize| set(object(notes[at], RANK), 5);
    founder.write(vec![title(0), title(1), rank(1), rank(0)]);
    assert_eq!(holders(&founder.graph), [(notes[1], vec![notes[0]])]);
    founder.write(vec![title(1)]);
    assert_eq!(holders(&founder.graph), [(notes[0], vec![notes[1]])]);
}

#[test]
fn of_living_generations_of_a_key_the_highest_holds_it() {
    let mut founder = Replica::found(&schema());
    let red = Value::from("red");
    let again = |generation| Op::Recreate { node_type: TAG, key: red.clone(), generation };
    founder.write(vec![Op::CreateKeyed { node_type: TAG, key: red.clone() }, again(1), again(2)]);
    let key = encode(&red);
    let (first, second) = (keyed_node_id(TAG, &key), recreated_node_id(TAG, &key, 1));
    let third = recreated_node_id(TAG, &key, 2);
    let answer = |graph: &Graph| {
        let told = |clash: Clash| (clash.values, clash.holder, clash.others);
        let clashes: Vec<_> = graph.clashes().into_iter().map(told).collect();
        (clashes, graph.keyed(&[(TAG, &red)])[0])
    };
    let keyed = |node, generation| Keyed { node, generation, lives: true };
    let clash = vec![(vec![red.clone()], third, vec![second, first])];
    assert_eq!(answer(&founder.graph), (clash, keyed(third, 2)));
    founder.write(vec![Op::Delete { node: third }]);
    let clash = vec![(vec![red.clone()], second, vec![first])];
    assert_eq!(answer(&founder.graph), (clash, keyed(second, 1)));
    founder.write(vec![Op::Delete { node: first }]);
    assert_eq!(answer(&founder.graph), (vec![], keyed(second, 1)));
}

#[test]
fn a_key_names_its_first_generation_while_nobody_deleted_it() {
    let mut founder = Replica::found(&schema());
    let (red, blue) = (Value::from("red"), Value::from("blue"));
    founder.write(vec![Op::CreateKeyed { node_type: TAG, key: red.clone() }]);
    let node = |key: &Value| keyed_node_id(TAG, &encode(key));
    let keyed = founder.graph.keyed(&[(TAG, &red), (TAG, &blue)]);
    let expected = [(&red, true), (&blue, false)];
    let expected = expected.map(|(key, lives)| Keyed { node: node(key), generation: 0, lives });
    assert_eq!(keyed, expected);
}

/// Clashes, by reading every node.
fn compared(graph: &Graph) -> Vec<(Vec<Value>, Vec<NodeId>)> {
    let mut by_title: BTreeMap<Value, Vec<NodeId>> = BTreeMap::new();
    for node in graph.all() {
        if let Some(title) = node.fields.get(&TITLE) {
            by_title.entry(title.clone()).or_default().push(node.id);
        }
    }
    let clashing = by_title.into_iter().filter(|(_, nodes)| nodes.len() > 1);
    clashing.map(|(title, nodes)| (vec![title], nodes)).collect()
}

fn told(clashes: &[Clash]) -> Vec<(Vec<Value>, Vec<NodeId>)> {
    let nodes = |clash: &Clash| {
        let mut nodes = clash.others.clone();
        nodes.push(clash.holder);
        nodes.sort_unstable();
        nodes
    };
    clashes.iter().map(|clash| (clash.values.clone(), nodes(clash))).collect()
}

#[derive(Debug, Clone)]
enum Act {
    Write { who: usize, note: usize, title: u8 },
    Clear { who: usize, note: usize },
    Read { who: usize, whom: usize },
    Convert { who: usize, to_int: bool },
    Ask { who: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let (who, note) = (0..3usize, 0..5usize);
    prop_oneof![
        6 => (who.clone(), note.clone(), 0..6u8)
            .prop_map(|(who, note, title)| Act::Write { who, note, title }),
        1 => (who.clone(), note).prop_map(|(who, note)| Act::Clear { who, note }),
        3 => (who.clone(), who.clone()).prop_map(|(who, whom)| Act::Read { who, whom }),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, to_int)| Act::Convert { who, to_int }),
        3 => who.prop_map(|who| Act::Ask { who }),
    ]
}

const TITLES: [&str; 6] = ["1", "01", "2", "two", "x", "+1"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_index_that_is_carried_on_is_one_that_is_built_anew(
        acts in proptest::collection::vec(act(), 1..50)
    ) {
        let mut founder = Replica::found(&schema());
        let notes = founder.create(&[NOTE; 5]);
        let mut all = vec![founder.join(2), founder.join(3)];
        all.push(founder);
        for act in acts {
            match act {
                Act::Write { who, note, title } => {
                    all[who].set(object(notes[note], TITLE), TITLES[title as usize]);
                }
                Act::Clear { who, note } => {
                    all[who].write(vec![clear(object(notes[note], TITLE))]);
                }
                Act::Read { who, whom } => {
                    let whom = all[whom].clone();
                    all[who].read(&whom);
                }
                Act::Convert { who, to_int } => {
                    let of = if to_int { ValueType::Int } else { ValueType::String };
                    all[who].migrate(vec![change(TITLE, &register(optional(of)))]);
                }
                Act::Ask { who } => {
                    let graph = &all[who].graph;
                    let anew = Graph::of(graph.log(), Kinds::standard());
                    prop_assert_eq!(graph.clashes(), anew.clashes());
                    prop_assert_eq!(told(&graph.clashes()), compared(graph));
                    let old = graph.through(&schema().id()).expect("it is carried");
                    prop_assert_eq!(told(&old.clashes()), compared(&old));
                }
            }
        }
    }
}
