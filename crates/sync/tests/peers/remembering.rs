//! Random conversations in which memories are used, lost, mixed up, and older than what they are
//! of.

use crate::world::World;
use crate::writer::Writer;
use proptest::prelude::*;
use std::collections::BTreeMap;
use woodland_sync::{Limits, Memory};

#[derive(Debug, Clone)]
enum Act {
    Write(usize),
    /// Each remembers the other where its bit is set.
    Connect(usize, usize, usize),
    Cut(usize),
    Say(usize, usize),
    Hear(usize, usize),
    Tick,
    /// It goes back to what it held when it last did.
    Restore(usize),
    /// What is remembered of one is taken for another.
    Confuse(usize, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let node = 0_usize..64;
    let act = prop_oneof![
        5 => node.clone().prop_map(Act::Write),
        3 => (node.clone(), node.clone(), 0_usize..4)
            .prop_map(|(one, two, how)| Act::Connect(one, two, how)),
        2 => node.clone().prop_map(Act::Cut),
        9 => (node.clone(), 0_usize..2).prop_map(|(link, side)| Act::Say(link, side)),
        9 => (node.clone(), 0_usize..2).prop_map(|(link, side)| Act::Hear(link, side)),
        1 => Just(Act::Tick),
        1 => node.clone().prop_map(Act::Restore),
        1 => (node.clone(), node).prop_map(|(one, two)| Act::Confuse(one, two)),
    ];
    prop::collection::vec(act, 1..250)
}

/// What each node remembers of each other.
type Memories = BTreeMap<(usize, usize), Memory>;

fn cut(world: &mut World, memories: &mut Memories, number: u64) {
    let [one, two] = world.links[&number].ends;
    let known = world.memories(number);
    for (pair, memory) in [(one, two), (two, one)].into_iter().zip(known) {
        memories.extend(memory.map(|memory| (pair, memory)));
    }
    world.cut(number);
}

fn connect(world: &mut World, memories: &Memories, one: usize, two: usize, how: usize) -> u64 {
    let of = |pair: (usize, usize), bit: usize| memories.get(&pair).filter(|_| how & bit > 0);
    world.connect_known(one, two, [of((one, two), 1), of((two, one), 2)])
}

/// Does all of it, and then connects whoever is alone.
fn play(acts: &[Act], count: usize, window: u64, is_honest: bool) -> World {
    let founder = Writer::found();
    let mut world = World::default();
    world.transcript = Some(Vec::new());
    let limits = Limits { window, ..Limits::default() };
    for key in 1..count as u32 {
        world.add(founder.join(key), limits);
    }
    world.add(founder, limits);
    let mut backups: Vec<Writer> = world.nodes.iter().map(|node| node.writer.clone()).collect();
    let (mut memories, mut keys) = (Memories::new(), 1_000);
    for act in acts {
        let links: Vec<u64> = world.links.keys().copied().collect();
        let link = |at: usize| links.get(at % links.len().max(1)).copied();
        match *act {
            Act::Write(at) => world.write(at % count),
            Act::Connect(one, two, how) => {
                let (one, two) = (one % count, two % count);
                if one != two {
                    connect(&mut world, &memories, one, two, how);
                }
            }
            Act::Cut(at) => {
                link(at).into_iter().for_each(|link| cut(&mut world, &mut memories, link));
            }
            Act::Say(at, side) => {
                link(at).map(|link| world.say(link, side));
            }
            Act::Hear(at, side) => {
                link(at).map(|link| world.hear(link, side));
            }
            Act::Tick => world.tick(),
            Act::Restore(_) | Act::Confuse(..) if is_honest => {}
            Act::Restore(at) => {
                let at = at % count;
                let ends = |link: &u64| world.links[link].ends.contains(&at);
                for link in links.iter().copied().filter(ends).collect::<Vec<_>>() {
                    cut(&mut world, &mut memories, link);
                }
                // Under another key, as who was restored goes on.
                keys += 1;
                let older = std::mem::replace(&mut backups[at], world.nodes[at].writer.clone());
                world.restore_with(at, older.join(keys), limits);
            }
            Act::Confuse(one, two) => {
                let known: Vec<_> = memories.keys().copied().collect();
                let pick = |at: usize| known.get(at % known.len().max(1)).copied();
                if let (Some(one), Some(two)) = (pick(one), pick(two)) {
                    let memory = memories[&two].clone();
                    memories.insert(one, memory);
                }
            }
        }
    }
    world.settle();
    for at in 1..count {
        connect(&mut world, &memories, at - 1, at, 3);
    }
    world.settle();
    world
}

fn told(world: &World) -> String {
    let nodes = world.nodes.iter().map(|node| format!("{:?} {:?}", node.closed, node.hub));
    world.transcript.iter().flatten().cloned().chain(nodes).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Whatever is remembered, and whether it is so: all hold the same, and nobody is cut off.
    #[test]
    fn all_hold_the_same_whatever_is_remembered(
        acts in acts(),
        count in prop::sample::select(vec![2_usize, 3, 5]),
        window in prop::sample::select(vec![700_u64, 1 << 20]),
    ) {
        let world = play(&acts, count, window, false);
        for node in &world.nodes {
            prop_assert!(node.closed.is_empty(), "{}", told(&world));
            prop_assert!(node.writer.log == world.nodes[0].writer.log, "{}", told(&world));
        }
    }

    /// What is remembered is so, unless somebody is restored: it is what the other has shown that
    /// it holds, wherever a conversation was cut.
    #[test]
    fn what_is_remembered_is_held(
        acts in acts(),
        count in prop::sample::select(vec![2_usize, 3]),
        window in prop::sample::select(vec![700_u64, 1 << 20]),
    ) {
        let world = play(&acts, count, window, true);
        prop_assert_eq!(world.cost.unheld, 0, "{}", told(&world));
        for node in &world.nodes {
            prop_assert!(node.closed.is_empty(), "{}", told(&world));
            prop_assert!(node.writer.log == world.nodes[0].writer.log, "{}", told(&world));
        }
    }
}
