//! Replicas talk until they hold the same, whatever is written, cut or said in which order.

use crate::world::World;
use crate::writer::Writer;
use proptest::prelude::*;
use woodland_sync::{Event, Limits, Peer};

fn pair(shared: u32, left: u32, right: u32) -> (Writer, Writer) {
    let mut one = Writer::found();
    (0..shared).for_each(|_| one.write());
    let mut two = one.join(1);
    (0..left).for_each(|_| one.write());
    (0..right).for_each(|_| two.write());
    (one, two)
}

#[test]
#[expect(clippy::disallowed_macros, reason = "what is said is what there is to look at")]
fn two_who_meet_hold_the_same_after_three_messages() {
    for (left, right, messages) in [(0, 0, 2), (5, 0, 3), (0, 5, 3), (5, 5, 3)] {
        let (one, two) = pair(20, left, right);
        let mut world = World::default();
        world.transcript = Some(Vec::new());
        let (one, two) = (world.add(one, Limits::default()), world.add(two, Limits::default()));
        world.connect(one, two);
        world.settle();
        println!(
            "{left} and {right}: {:?}\n  {}",
            world.cost,
            world.transcript.take().unwrap_or_default().join("\n  ")
        );
        assert_eq!(world.nodes[0].writer.log, world.nodes[1].writer.log);
        assert!(world.cost.messages <= messages, "{left} and {right}: {:?}", world.cost);
    }
}

/// Many short chains go in one message: each by itself would take as long to travel as all.
#[test]
fn what_is_wanted_of_many_goes_in_few_messages() {
    let founder = Writer::found();
    let mut world = World::default();
    let [relay, other] = [1, 2].map(|key| world.add(founder.join(key), Limits::default()));
    world.connect(relay, other);
    world.settle();
    let before = world.cost;
    for key in 10..110 {
        let mut writer = founder.join(key);
        writer.write();
        let node = &mut world.nodes[relay];
        node.writer.merge(&writer);
        node.hub.advanced(&node.writer.log);
    }
    world.settle();
    assert_eq!(world.nodes[relay].writer.log, world.nodes[other].writer.log);
    assert!(world.cost.messages - before.messages <= 6, "{:?} after {before:?}", world.cost);
}

/// What came from its author and is not durable yet comes once more, with what is fetched.
#[test]
fn what_is_about_to_be_durable_may_be_fetched_too() {
    let founder = Writer::found();
    let mut world = World::default();
    let [writer, other, slow] =
        [1, 2, 3].map(|key| world.add(founder.join(key), Limits::default()));
    world.nodes[slow].is_quick = false;
    let pushes = [slow, other].map(|to| world.connect(writer, to));
    world.settle();
    let connection = world.connect(slow, other);
    assert!(world.say(connection, 0), "it asks before the commit is there");
    world.write(writer);
    for link in pushes {
        assert!(world.say(link, 0) && world.hear(link, 1), "it is pushed");
    }
    world.settle();
    let node = &mut world.nodes[slow];
    assert!(node.closed.is_empty(), "{:?}", node.closed);
    assert!(!node.hub.is_caught_up(Peer(connection)), "it is not durable");
    for event in std::mem::take(&mut node.events) {
        if let Event::Arrived { log } = event {
            node.writer.log = node.writer.log.merge(&log).expect("one dataset");
            node.hub.advanced(&node.writer.log);
        }
    }
    assert!(node.hub.is_caught_up(Peer(connection)));
    assert_eq!(world.nodes[slow].writer.log, world.nodes[writer].writer.log);
}

#[derive(Debug, Clone)]
enum Act {
    Write(usize),
    Connect(usize, usize),
    Cut(usize),
    Say(usize, usize),
    Hear(usize, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0_usize..64).prop_map(Act::Write),
        2 => (0_usize..64, 0_usize..64).prop_map(|(one, two)| Act::Connect(one, two)),
        1 => (0_usize..64).prop_map(Act::Cut),
        8 => (0_usize..64, 0_usize..2).prop_map(|(link, side)| Act::Say(link, side)),
        8 => (0_usize..64, 0_usize..2).prop_map(|(link, side)| Act::Hear(link, side)),
    ];
    prop::collection::vec(act, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn all_hold_the_same_once_it_is_quiet(
        acts in acts(),
        count in prop::sample::select(vec![2_usize, 3, 6]),
        window in prop::sample::select(vec![700_u64, 1 << 20]),
        forks: bool,
    ) {
        let founder = Writer::found();
        let mut world = World::default();
        world.transcript = Some(Vec::new());
        let limits = Limits { window, ..Limits::default() };
        for key in 1..count as u32 {
            // Two of them go on under one key.
            let key = if forks && key == 2 { 1 } else { key };
            let mut writer = founder.join(key);
            if forks && world.nodes.len() == 1 {
                writer = writer.twin();
            }
            world.add(writer, limits);
        }
        world.add(founder, limits);
        for act in acts {
            let links: Vec<u64> = world.links.keys().copied().collect();
            let link = |at: usize| links.get(at % links.len().max(1)).copied();
            match act {
                Act::Write(at) => world.write(at % count),
                Act::Connect(one, two) => {
                    let (one, two) = (one % count, two % count);
                    if one != two {
                        world.connect(one, two);
                    }
                }
                Act::Cut(at) => link(at).into_iter().for_each(|link| world.cut(link)),
                Act::Say(at, side) => {
                    link(at).map(|link| world.say(link, side));
                }
                Act::Hear(at, side) => {
                    link(at).map(|link| world.hear(link, side));
                }
            }
        }
        // Whoever is left alone is brought in.
        for at in 1..count {
            world.connect(at - 1, at);
        }
        world.settle();
        let nodes = world.nodes.iter().enumerate().map(|(at, node)| {
            let tips: Vec<String> = node.writer.log.frontier().iter()
                .map(|(author, tip)| format!("{}:{}:{}", author.short(), tip.seq, tip.id.short()))
                .collect();
            format!("{at} holds {}; closed {:?} {:?}", tips.join(" "), node.closed, node.hub)
        });
        let told: Vec<String> = world.transcript.iter().flatten().cloned().chain(nodes).collect();
        let told = told.join("\n");
        for node in &world.nodes {
            prop_assert!(node.closed.is_empty(), "{told}");
            prop_assert!(node.writer.log == world.nodes[0].writer.log, "{told}");
        }
    }
}

/// An author writes at the beginning, and again when others have written much: what others wrote
/// does not wait for the end of it.
#[test]
fn who_comes_back_late_does_not_hold_up_the_rest() {
    let (mut early, mut world) = (Writer::found().join(1), World::default());
    early.write();
    let mut busy = early.join(2);
    (0..12_000).for_each(|_| busy.write());
    early.merge(&busy);
    early.write();
    let one = world.add(early, Limits::default());
    let limits = Limits { waiting_bytes_max: 2 * 1024 * 1024, ..Limits::default() };
    let other = world.add(Writer::found().join(3), limits);
    world.connect(other, one);
    world.settle();
    assert!(world.nodes[other].closed.is_empty(), "{:?}", world.nodes[other].closed);
    assert_eq!(world.nodes[one].writer.log, world.nodes[other].writer.log);
}

/// Two tell of the same; whoever is asked for it goes, and does not come back.
#[test]
fn what_the_one_that_went_owed_is_wanted_from_the_other() {
    let (founder, mut world) = (Writer::found(), World::default());
    let [one, gone, stays] =
        [0, 1, 2].map(|key| world.add(founder.join(10 + key), Limits::default()));
    let mut other = founder.join(20);
    let links = [world.connect(one, gone), world.connect(one, stays)];
    world.settle();
    other.write();
    for at in [gone, stays] {
        let node = &mut world.nodes[at];
        node.writer.merge(&other);
        node.hub.advanced(&node.writer.log);
    }
    // Both tell of it, and one is asked.
    for link in links {
        assert!(world.say(link, 1), "it is told of");
        assert!(world.hear(link, 0));
    }
    let asked: Vec<bool> = links.iter().map(|link| world.say(*link, 0)).collect();
    assert_eq!(asked.iter().filter(|asked| **asked).count(), 1, "one alone: {asked:?}");
    let at = usize::from(asked[1]);
    world.cut(links[at]);
    world.settle();
    assert_eq!(world.nodes[one].writer.log, other.log);
    assert_eq!(world.cost.twice, 0);
}
