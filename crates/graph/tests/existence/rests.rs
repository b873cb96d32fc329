//! Graphs that are put to rest and wake between merges, beside one that never rests: every answer
//! and every counter is the same, and a merge reads few pages.
//!
//! **Invariants**
//! - Rest is no event: what wakes goes on as if it had never slept.
//!
//! What this does not do: keep pages anywhere but in memory.

use super::random::{World, arrive, first_seed, history};
use super::shelf::{nap, put_to_rest, woken};
use super::world::{Age, FREE, SHAPES, field, replicas};
use super::{delete, link, touch};
use std::sync::Arc;
use woodland_format::{Commit, NodeId, ObjectId, OnDelete, Op};
use woodland_graph::{Graph, Kinds, NodeChange, Work};
use woodland_log::Log;
use woodland_page::{MemoryPages, PageSource, catch};

/// So little that nearly every look reads a page.
const CACHED_BYTES_MAX: usize = 2048;

/// What was looked at. How much of an object's history is read again is left out: of a text that
/// woke it is what the text at rest leaves out.
fn work(graph: &Graph) -> Work {
    let mut work = graph.work();
    (work.again, work.decoded) = (0, 0);
    work
}

fn same(woken: &Graph, waking: &Graph, nodes: &[NodeId], name: &str) {
    assert_eq!(work(woken), work(waking), "{name}");
    assert_eq!(woken.voids().collect::<Vec<_>>(), waking.voids().collect::<Vec<_>>(), "{name}");
    assert_eq!(woken.lives(nodes), waking.lives(nodes), "{name}");
    assert_eq!(woken.died(nodes), waking.died(nodes), "{name}");
    assert_eq!(woken.nodes(nodes), waking.nodes(nodes), "{name}");
    for node in nodes {
        assert_eq!(woken.referrers(*node, 9), waking.referrers(*node, 9), "{name}");
    }
}

/// What is asked once in a while, for it costs more.
fn same_in_depth(woken: &Graph, waking: &Graph, nodes: &[NodeId], name: &str) {
    let objects: Vec<ObjectId> = nodes
        .iter()
        .flat_map(|node| SHAPES.map(|shape| (*node, field(FREE, FREE, shape))))
        .map(|(node, field)| ObjectId { node, field })
        .collect();
    assert_eq!(woken.explain(&objects), waking.explain(&objects), "{name}");
    assert_eq!(woken.conflicts(&objects), waking.conflicts(&objects), "{name}");
    assert_eq!(woken.all().collect::<Vec<_>>(), waking.all().collect::<Vec<_>>(), "{name}");
    assert_eq!(woken.schemas(), waking.schemas(), "{name}");
    let whole = Graph::of(waking.log(), Kinds::standard());
    assert_eq!(woken.digest(), whole.digest(), "{name}");
    assert_eq!(woken.clashes(), whole.clashes(), "{name}");
}

fn changes(graph: &Graph, earlier: &Graph) -> Vec<NodeChange> {
    graph.changes_since(earlier).collect()
}

/// Lets a history arrive, in parts: at a graph that never rests, and at one that does.
fn check(seed: u64) -> usize {
    let (mut world, mut naps) = (World::of(seed), 0);
    let all = history(&mut world);
    let nodes: Vec<NodeId> = world.free.iter().chain(&world.keyed).copied().collect();
    let pages = MemoryPages::default();
    let mut log = Log::found(all[0].log.founding().clone()).expect("it founds");
    let mut waking = Graph::of(&log, Kinds::standard());
    let (mut woken, mut _open) = nap(&pages, &waking, CACHED_BYTES_MAX);
    let mut earlier = waking.clone();
    let mut left: Vec<Commit> = all.iter().flat_map(|one| one.written.clone()).collect();
    while !left.is_empty() {
        for _ in 0..=world.numbers.below(3) {
            log = arrive(&mut world.numbers, &log, &mut left);
        }
        // Both by the same way, so that their places are the same.
        waking = waking.advance(&waking.log().merge(&log).expect("one dataset"));
        woken = woken.advance(&woken.log().merge(&log).expect("one dataset"));
        let name = format!("WOODLAND_SEED={seed}, {} left", left.len());
        same(&woken, &waking, &nodes, &name);
        assert_eq!(changes(&woken, &earlier), changes(&waking, &earlier), "{name}");
        match world.numbers.below(6) {
            0 => assert_eq!(woken.digest(), waking.digest(), "{name}"),
            1 => assert_eq!(woken.clashes(), waking.clashes(), "{name}"),
            2 => earlier = waking.clone(),
            3 => earlier = woken.clone(),
            _ => {}
        }
        if world.numbers.below(2) == 0 {
            (woken, _open) = nap(&pages, &woken, CACHED_BYTES_MAX);
            naps += 1;
            assert_eq!(woken.work(), Work::default(), "{name}");
            assert_eq!(changes(&woken, &earlier), changes(&waking, &earlier), "{name}");
        }
    }
    same_in_depth(&woken, &waking, &nodes, &format!("WOODLAND_SEED={seed}"));
    naps
}

#[test]
fn whoever_rests_between_merges_gives_the_answers_of_who_does_not() {
    let naps: usize = (first_seed()..first_seed() + 40).map(check).sum();
    assert!(naps > 200, "{naps}");
}

#[test]
fn a_graph_wakes_under_the_kinds_of_its_rest_or_not_at_all() {
    let (pages, replica) = (MemoryPages::default(), replicas(1, Age::Early).remove(0));
    let at = put_to_rest(&pages, &replica.graph);
    let wakes = |at, kinds: Kinds| woken(&pages, at, kinds, CACHED_BYTES_MAX).is_ok();
    let more = Kinds::standard().with(own::Own);
    assert!(wakes(at, Kinds::standard()) && !wakes(at, more.clone()));
    let at = put_to_rest(&pages, &Graph::of(&replica.log, more.clone()));
    assert!(wakes(at, more) && !wakes(at, Kinds::standard()));
}

#[test]
fn without_a_page_there_is_a_fault_or_the_same_answer() {
    let mut replica = replicas(1, Age::Early).remove(0);
    let nodes = replica.create(300);
    let links = nodes.windows(2).map(|pair| link(pair[1], pair[0], OnDelete::Cascade));
    replica.write(links.collect());
    replica.write(vec![delete(nodes[250])]);
    let digest = replica.graph.digest();
    let pages = MemoryPages::default();
    let at = put_to_rest(&pages, &replica.graph);
    let ask = |graph: &Graph| {
        let death = graph.died(&nodes[..]);
        let referrers = graph.referrers(nodes[3], 9);
        (graph.digest(), graph.all().collect::<Vec<_>>(), death, referrers, graph.clashes())
    };
    let expected = ask(&replica.graph);
    assert_eq!(expected.0, digest);
    let all = pages.reachable(at).expect("they were put there");
    let mut faults = 0;
    for page in &all {
        let bytes = pages.read(*page).expect("it was put there");
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 1;
        for damage in [None, Some(damaged)] {
            pages.replace(*page, damage);
            let wake = || woken(&pages, at, Kinds::standard(), CACHED_BYTES_MAX);
            match catch(|| wake().map(|(graph, _open)| ask(&graph))).flatten() {
                Ok(answers) => assert_eq!(answers, expected),
                Err(fault) => {
                    assert_eq!(fault.page, *page);
                    faults += 1;
                }
            }
        }
        pages.replace(*page, Some(bytes));
    }
    assert!(faults > 20 && faults < 2 * all.len(), "{faults} of {} pages", all.len());
}

#[test]
fn a_pin_is_held_for_as_long_as_a_version_made_of_the_pinned_one() {
    let mut replica = replicas(1, Age::Early).remove(0);
    let pin = Arc::new(());
    replica.graph = replica.graph.pinned(pin.clone());
    replica.create(1);
    let graph = replica.graph.clone();
    drop(replica);
    assert_eq!(Arc::strong_count(&pin), 2);
    drop(graph);
    assert_eq!(Arc::strong_count(&pin), 1);
}

/// Pages that were read by waking and by what comes after it, and pages that were written.
#[derive(Debug)]
struct Cost {
    woke: u64,
    merged: u64,
    digested: u64,
    claimed: u64,
    written: usize,
}

/// A graph of so many nodes, each linked to one that came before, sleeps; then one commit arrives.
fn cost(count: u32) -> Cost {
    let mut replica = replicas(1, Age::Early).remove(0);
    let nodes = replica.create(count);
    let linked = nodes.iter().enumerate().skip(1);
    let links = linked.map(|(at, node)| link(*node, nodes[at / 2], OnDelete::Cascade));
    replica.write(links.collect());
    // Now and then one dies, with nobody: those in the upper half have no referrers.
    let deletions = nodes[count as usize / 2 + 1..].iter().step_by(10).map(|node| delete(*node));
    replica.write(deletions.collect());
    let ops: Vec<Op> = nodes[..100].iter().map(|node| touch(*node)).collect();
    replica.write(ops);
    replica.graph.digest();
    replica.graph.clashes();

    let pages = MemoryPages::default();
    let at = put_to_rest(&pages, &replica.graph);
    let mut before = 0;
    let mut reads = || pages.reads() - std::mem::replace(&mut before, pages.reads());
    let (woken, _open) = woken(&pages, at, Kinds::standard(), 1 << 20).expect("it was put there");
    let woke = reads();
    let mut other = replica.clone();
    (other.log, other.graph) = (woken.log().clone(), woken);
    let middle = count as usize / 2;
    other.write(vec![touch(nodes[middle]), delete(nodes[count as usize - 2])]);
    let merged = reads();
    let digest = other.graph.digest();
    let digested = reads();
    assert_eq!(other.graph.clashes(), []);
    let claimed = reads();
    let written = pages.len();
    put_to_rest(&pages, &other.graph);
    let written = pages.len() - written;

    let log = replica.log.merge(&other.log).expect("one dataset");
    let graph = replica.graph.advance(&log);
    assert_eq!((graph.digest(), work(&graph)), (digest, work(&other.graph)));
    Cost { woke, merged, digested, claimed, written }
}

#[test]
fn a_merge_after_waking_reads_and_writes_few_pages_however_large_the_graph() {
    let (small, large) = (cost(1000), cost(30_000));
    let told = format!("{small:?}, {large:?}");
    assert_eq!(small.woke, large.woke, "{told}");
    for (small, large, most) in [
        (small.merged, large.merged, 30),
        (small.digested, large.digested, 15),
        (small.claimed, large.claimed, 5),
        (small.written as u64, large.written as u64, 30),
    ] {
        assert!(large <= most && large <= small + 10, "{told}");
    }
    assert!(large.merged > 0 && large.digested > 0 && large.written > 0, "{told}");
}

mod own {
    use woodland_format::Value;
    use woodland_graph::{Kind, Past, Void};

    /// A kind of one's own, of which nothing is ever seen.
    #[derive(Debug)]
    pub(super) struct Own;

    impl Kind for Own {
        const NAME: &'static str = "own";
        type Config = ();
        type Op = ();
        type Resolved = ();
        type State = ();

        fn config(&self, _: &[u8]) -> Result<(), Void> {
            Ok(())
        }

        fn decode(&self, (): &(), _: &[u8]) -> Result<(), Void> {
            Ok(())
        }

        fn resolve(&self, (): &mut (), _: &Past<'_>, (): ()) -> Result<(), Void> {
            Ok(())
        }

        fn apply(&self, (): &mut (), _: &Past<'_>, (): ()) {}

        fn show(&self, (): &()) -> Option<Value> {
            None
        }

        fn standing(&self, (): &()) -> Vec<woodland_graph::Standing> {
            Vec::new()
        }
    }
}
