//! Two who met before: what is new goes with the first message, whatever became of either.

use crate::world::{Cost, World};
use crate::writer::Writer;
use woodland_sync::{Event, Limits, Memory};

/// Two who hold the same, and what each remembers of the other.
struct Pair {
    world: World,
    memories: [Option<Memory>; 2],
}

const LEFT: usize = 0;
const RIGHT: usize = 1;

impl Pair {
    /// So many authors wrote what both hold.
    fn of(authors: u32) -> Pair {
        let mut one = Writer::found();
        for number in 2..2 + authors {
            let mut author = one.join(number);
            (0..3).for_each(|_| author.write());
            one.merge(&author);
            one.write();
        }
        let mut world = World::default();
        let mut two = one.join(1);
        two.write();
        world.add(one, Limits::default());
        world.add(two, Limits::default());
        let number = world.connect(LEFT, RIGHT);
        world.settle();
        world.ticks();
        let memories = world.memories(number);
        assert!(memories.iter().all(Option::is_some), "each knows what the other holds");
        world.cut(number);
        Pair { world, memories }
    }

    /// They connect, and talk until neither has anything to say; what that took.
    fn meets(&mut self, remember: [bool; 2]) -> Cost {
        let [one, two] = [0, 1].map(|at| self.memories[at].clone().filter(|_| remember[at]));
        self.world.transcript = Some(Vec::new());
        let before = self.world.cost;
        let number = self.world.connect_known(LEFT, RIGHT, [one.as_ref(), two.as_ref()]);
        // Both speak before either hears.
        (0..2).for_each(|side| while self.world.say(number, side) {});
        self.world.settle();
        self.holds_the_same();
        let after = self.world.cost;
        // What is durable is told by itself, a tick or two later.
        self.world.ticks();
        self.memories = self.world.memories(number);
        self.world.cut(number);
        after.since(before)
    }

    fn holds_the_same(&self) {
        let [one, two] = [LEFT, RIGHT].map(|at| &self.world.nodes[at]);
        let told = self.world.transcript.iter().flatten().cloned().collect::<Vec<_>>().join("\n");
        assert!(one.closed.is_empty() && two.closed.is_empty(), "{:?} {told}", one.closed);
        assert_eq!(one.writer.log, two.writer.log, "{told}");
        for node in [one, two] {
            assert!(node.hub.peers().all(|peer| node.hub.is_caught_up(peer)), "{told}");
        }
    }

    fn writes(&mut self, at: usize, commits: usize) {
        (0..commits).for_each(|_| self.world.write(at));
    }

    fn transcript(&mut self) -> String {
        self.world.transcript.take().unwrap_or_default().join("\n")
    }
}

#[test]
#[expect(clippy::disallowed_macros, reason = "what is said is what there is to look at")]
fn one_message_each_way_carries_everything() {
    for (authors, left, right) in [(3, 0, 0), (3, 4, 0), (3, 0, 4), (3, 4, 4), (70, 4, 4)] {
        let mut pair = Pair::of(authors);
        pair.writes(LEFT, left);
        pair.writes(RIGHT, right);
        let cost = pair.meets([true, true]);
        println!("{authors}, {left} and {right}: {cost:?}\n{}\n", pair.transcript());
        assert_eq!((cost.messages, cost.notes, cost.unheld, cost.twice), (2, 0, 0, 0));
        assert_eq!(cost.commits, left + right, "what is new, once");
        // Each side: a hello, the head that both hold, and a few bytes for what comes.
        let overhead = cost.bytes - cost.rows;
        let least = (94 + 78) + 2 * (2 + 32) + 2 * (2 + 2);
        assert!((least..least + 20).contains(&overhead), "{overhead} bytes beside {}", cost.rows);
    }
}

/// Where one remembers, what it names is what the other stands on, too.
#[test]
fn one_memory_is_enough() {
    for (remember, left, right) in [
        ([true, false], 0, 0),
        ([true, false], 4, 0),
        ([true, false], 0, 4),
        ([true, false], 4, 4),
        ([false, true], 0, 4),
        ([false, true], 4, 4),
    ] {
        let mut pair = Pair::of(3);
        pair.writes(LEFT, left);
        pair.writes(RIGHT, right);
        let cost = pair.meets(remember);
        let told = pair.transcript();
        // Who opens and remembers nothing asks before it hears.
        let most = if remember[LEFT] { 2 } else { 4 };
        assert!(cost.messages <= most, "{told}");
        assert_eq!((cost.commits, cost.twice, cost.unheld), (left + right, 0, 0), "{told}");
    }
}

/// What was sent counts as held once the other says that it is durable, not before.
#[test]
fn what_is_acknowledged_is_remembered() {
    let mut pair = Pair::of(3);
    for round in 0..4 {
        pair.writes(LEFT, 2);
        pair.writes(RIGHT, 1);
        let [one, two] = [0, 1].map(|at| pair.memories[at].clone());
        let before = pair.world.cost;
        let number = pair.world.connect_known(LEFT, RIGHT, [one.as_ref(), two.as_ref()]);
        pair.world.settle();
        pair.world.ticks();
        pair.memories = pair.world.memories(number);
        pair.world.cut(number);
        let cost = pair.world.cost.since(before);
        assert_eq!((cost.commits, cost.notes, cost.unheld), (3, 0, 0), "round {round}");
        // Two that say it all; what is durable may be told by itself, a tick later.
        assert!(cost.messages <= 4, "round {round}: {cost:?}");
    }
    let cost = pair.meets([true, true]);
    assert_eq!((cost.messages, cost.commits), (2, 0), "all of it is remembered");
}

/// The messages that carry what is new are lost: it goes with the first message once more, and the
/// other is not taken to hold it.
#[test]
fn what_did_not_arrive_is_not_remembered() {
    let mut pair = Pair::of(3);
    pair.writes(LEFT, 5);
    let [one, two] = [0, 1].map(|at| pair.memories[at].clone());
    let number = pair.world.connect_known(LEFT, RIGHT, [one.as_ref(), two.as_ref()]);
    assert!(pair.world.say(number, 0) && pair.world.say(number, 1));
    pair.memories = pair.world.memories(number);
    pair.world.cut(number);
    let cost = pair.meets([true, true]);
    assert_eq!((cost.messages, cost.commits, cost.unheld, cost.notes), (2, 5, 0, 0));
}

/// It has lost what was remembered of it: it says so, and both go on as strangers.
#[test]
fn who_was_restored_says_so() {
    for restored in [LEFT, RIGHT] {
        for write in [false, true] {
            let mut pair = Pair::of(3);
            let backup = pair.world.nodes[restored].writer.clone();
            let older = pair.memories[restored].clone();
            pair.writes(1 - restored, 3);
            pair.meets([true, true]);
            pair.writes(1 - restored, 2);
            let kept = pair.memories.clone();
            // With the memory that it has lost too, the old one, or none.
            for memory in [kept[restored].clone(), older.clone(), None] {
                pair.memories = kept.clone();
                pair.memories[restored] = memory;
                pair.world.restore(restored, backup.join(50));
                if write {
                    pair.writes(restored, 2);
                }
                let cost = pair.meets([true, true]);
                let told = pair.transcript();
                assert!(cost.unheld >= 1, "{told}");
                assert!(cost.messages <= 6, "{told}");
                // Remembered anew, it is as before.
                pair.writes(LEFT, 1);
                let cost = pair.meets([true, true]);
                assert!(cost.unheld == 0 && cost.messages <= 3, "{cost:?}");
            }
        }
    }
}

/// An old copy with its old key hears that it is behind, before anything else.
#[test]
fn an_old_copy_hears_that_it_is_behind() {
    let mut pair = Pair::of(3);
    let backup = pair.world.nodes[RIGHT].writer.clone();
    let older = pair.memories.clone();
    pair.writes(RIGHT, 3);
    pair.meets([true, true]);
    pair.world.restore(RIGHT, backup);
    // What the left one remembers is from before that, too: so it sends at once.
    pair.memories = older;
    pair.meets([true, true]);
    let events = &pair.world.nodes[RIGHT].events;
    let is_behind = |event: &Event| matches!(event, Event::Behind { tip, .. } if tip.seq == 3);
    assert!(events.iter().any(is_behind), "{events:?}");
}

/// A memory of somebody else, or of another dataset, costs a message or nothing.
#[test]
fn a_memory_of_somebody_else_does_no_harm() {
    let mut pair = Pair::of(3);
    let mut others = Pair::of(3);
    others.writes(LEFT, 4);
    others.meets([true, true]);
    pair.writes(LEFT, 2);
    pair.writes(RIGHT, 2);
    // Of the same dataset, and of commits that are not held here: it is none.
    pair.memories = others.memories.clone();
    let cost = pair.meets([true, true]);
    assert_eq!((cost.messages, cost.commits, cost.unheld), (3, 4, 0), "as with strangers");

    // A third, which holds more than the right one: what it holds is remembered of the right one.
    let third = pair.world.nodes[LEFT].writer.join(40);
    let third = pair.world.add(third, Limits::default());
    pair.writes(LEFT, 3);
    let number = pair.world.connect(LEFT, third);
    pair.world.settle();
    pair.world.ticks();
    let [of_third, _] = pair.world.memories(number);
    pair.world.cut(number);
    pair.memories[LEFT] = of_third;
    let cost = pair.meets([true, false]);
    let told = pair.transcript();
    assert_eq!((cost.unheld, cost.commits), (1, 3), "{told}");
    assert!(cost.messages <= 4, "{told}");
}

/// More than goes unasked: the rest is asked for, and none of it comes twice.
#[test]
fn what_is_much_is_asked_for() {
    for remember in [[true, true], [true, false], [false, true]] {
        for (left, right) in [(900, 0), (0, 900), (900, 900)] {
            let mut pair = Pair::of(3);
            pair.writes(LEFT, left);
            pair.writes(RIGHT, right);
            let cost = pair.meets(remember);
            assert_eq!((cost.commits, cost.twice), (left + right, 0), "{}", pair.transcript());
        }
    }
}

/// Both go on under one key.
#[test]
fn a_fork_made_in_between_is_carried_like_all_else() {
    let mut pair = Pair::of(3);
    pair.writes(LEFT, 1);
    pair.meets([true, true]);
    let twin = pair.world.nodes[LEFT].writer.twin();
    pair.world.nodes[RIGHT].writer = twin;
    pair.writes(LEFT, 3);
    pair.writes(RIGHT, 3);
    // Of the one whose key it is, what the other wrote under it is its own, and is pushed again.
    let cost = pair.meets([true, true]);
    assert!(cost.messages <= 3 && cost.unheld == 0, "{cost:?} {}", pair.transcript());
    assert_eq!(pair.world.nodes[LEFT].writer.log.forks().len(), 1);
    // Each branch goes on.
    pair.writes(LEFT, 2);
    pair.writes(RIGHT, 2);
    let cost = pair.meets([true, true]);
    assert!(cost.messages <= 4 && cost.unheld == 0, "{cost:?} {}", pair.transcript());
}

/// A reconnect that is cut at each message, and another with whatever is known by then.
#[test]
fn a_reconnect_may_be_cut_anywhere() {
    for (left, right) in [(3, 0), (0, 3), (3, 3), (900, 900)] {
        for cut in 0.. {
            let mut pair = Pair::of(3);
            pair.writes(LEFT, left);
            pair.writes(RIGHT, right);
            let [one, two] = [0, 1].map(|at| pair.memories[at].clone());
            let number = pair.world.connect_known(LEFT, RIGHT, [one.as_ref(), two.as_ref()]);
            let is_over = pair.world.passes(number, cut);
            pair.memories = pair.world.memories(number);
            assert!(pair.memories.iter().all(Option::is_some), "what was known is known");
            pair.world.cut(number);
            let cost = pair.meets([true, true]);
            let told = pair.transcript();
            assert_eq!((cost.unheld, cost.notes), (0, 0), "cut at {cut}: {told}");
            if is_over {
                break;
            }
        }
    }
}

/// Who have not met, and hold much by many: heads are named in place of a sketch.
#[test]
#[expect(clippy::disallowed_macros, reason = "what is said is what there is to look at")]
fn strangers_with_many_authors_begin_by_their_heads() {
    for (left, right, messages) in
        [(0, 0, 2), (0, 4, 2), (4, 0, 4), (4, 4, 4), (0, 900, 4), (900, 900, 12)]
    {
        let mut pair = Pair::of(70);
        pair.writes(LEFT, left);
        pair.writes(RIGHT, right);
        let cost = pair.meets([false, false]);
        let told = pair.transcript();
        println!("{left} and {right}: {cost:?}\n{told}\n");
        assert!(cost.messages <= messages, "{told}");
        assert_eq!((cost.commits, cost.twice), (left + right, 0), "{told}");
        let beside = cost.bytes - cost.rows;
        assert!(left > 0 || beside < 300, "{beside} bytes beside rows: {told}");
    }
}
