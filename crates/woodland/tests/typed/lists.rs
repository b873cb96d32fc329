//! Lists: items that several people rearrange.

use crate::model::{Plan, founded, joined, meet, read};
use woodland::{Pointer, Replica};

fn begun(steps: &[&str]) -> (Replica, Replica, Pointer<Plan>) {
    let one = founded();
    let plan = Plan { steps: steps.iter().map(|step| (*step).to_owned()).collect() };
    let node = one.write(|b| b.insert(&plan)).expect("written");
    assert_eq!(read(&one, node), plan);
    let other = joined(&one, 2);
    (one, other, node)
}

fn steps(replica: &Replica, node: Pointer<Plan>) -> Vec<String> {
    read(replica, node).steps.0
}

#[test]
fn each_change_does_what_it_says() {
    let (one, _, node) = begun(&["pack", "walk", "rest"]);
    one.write(|b| {
        b.edit(node, (Plan::STEPS.insert(1, ["eat", "drink"]), Plan::STEPS.remove(0..1)));
        b.edit(node, Plan::STEPS.set(0, "feast"));
        b.edit(node, Plan::STEPS.move_item(3, 0));
    })
    .expect("written");
    assert_eq!(steps(&one, node), ["rest", "feast", "drink", "walk"]);
    one.write(|b| b.edit(node, Plan::STEPS.remove(0..4))).expect("written");
    assert_eq!(read(&one, node), Plan::default());
    let told = one.write(|b| b.edit(node, Plan::STEPS.set(0, "nothing"))).expect_err("empty");
    assert!(told.to_string().contains("Plan.steps of node"), "{told}");
}

#[test]
fn an_item_that_both_move_stands_once() {
    let (one, other, node) = begun(&["pack", "walk", "rest"]);
    one.write(|b| b.edit(node, (Plan::STEPS.move_item(0, 2), Plan::STEPS.insert(0, ["wake"]))))
        .expect("written");
    other
        .write(|b| b.edit(node, (Plan::STEPS.move_item(0, 1), Plan::STEPS.set(2, "sleep"))))
        .expect("written");
    meet(&one, &other);
    let mut found = steps(&one, node);
    assert_eq!(found, steps(&other, node));
    found.sort_unstable();
    assert_eq!(found, ["pack", "sleep", "wake", "walk"]);
}

#[test]
fn nothing_inserted_or_removed_writes_nothing() {
    let (one, _, node) = begun(&[]);
    let before = one.snapshot().log().len();
    one.write(|b| {
        b.edit(node, Plan::STEPS.insert(9, Vec::<String>::new()));
        b.edit(node, Plan::STEPS.remove(9..9));
    })
    .expect("nothing to do");
    assert_eq!(one.snapshot().log().len(), before);
}
