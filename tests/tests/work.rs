//! What a merge looks at, by counters: what arrived and the histories it touches, whatever else the
//! log holds. No clock is asked.

use woodland::{Pointer, Record, Replica, Schema, Text, define};
use woodland_graph::Graph;

#[derive(Record)]
struct Page {
    body: Text,
}

fn schema() -> Schema {
    define().record::<Page>().schema().expect("a schema")
}

fn add(replica: &Replica, body: &str) -> Pointer<Page> {
    replica.write(|b| b.insert(&Page { body: body.into() })).expect("written")
}

fn type_into(replica: &Replica, page: Pointer<Page>, text: &str) {
    replica
        .write(|b| {
            b.edit(page, Page::BODY.insert(0, text));
        })
        .expect("written");
}

/// Two replicas that share one page with a history of 30 commits, and `unrelated` pages more; both
/// type into it apart, 10 and 20 commits. Gives what merging looks at, in the log and in the graph.
fn merged(unrelated: usize) -> (woodland_log::Work, woodland_graph::Work) {
    let ours = Replica::in_memory(schema(), 1).expect("founded");
    let page = add(&ours, "shared");
    for _ in 0..30 {
        type_into(&ours, page, "x");
    }
    for number in 0..unrelated {
        add(&ours, &number.to_string());
    }
    let (theirs, _) = Replica::join_in_memory(schema(), &ours, 2).expect("joined");
    for _ in 0..10 {
        type_into(&theirs, page, "t");
    }
    for _ in 0..20 {
        type_into(&ours, page, "o");
    }
    let (mine, others) = (ours.snapshot(), theirs.snapshot());
    let (log, looked_at) = mine.log().merge_counted(others.log()).expect("one dataset");
    let graph: Graph = mine.graph().advance(&log);
    assert_eq!(graph.digest(), Graph::of(&log, woodland_graph::Kinds::standard()).digest());
    (looked_at, graph.work())
}

#[test]
fn a_merge_looks_at_what_arrived_and_the_histories_it_touches() {
    let (small_log, small) = merged(10);
    let (large_log, large) = merged(3000);
    assert_eq!((small.commits, small.ops, small.objects), (10, 10, 1));
    assert!((10..=70).contains(&small.again), "the page's own history: {small:?}");
    assert_eq!(small, large, "whatever else there is");
    assert_eq!((small_log.commits, large_log.commits), (10, 10));
    assert_eq!(small_log.lines, large_log.lines);
    // Where a line begins to differ is found by halving.
    assert!(large_log.probes <= small_log.probes + 10, "{small_log:?} {large_log:?}");
}
