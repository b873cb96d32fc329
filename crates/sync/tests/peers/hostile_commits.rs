//! Hostile commits: what is forged, cut or stands on nothing is not let in, and whoever brought it
//! answers for it, nobody else. What is large, small or forked, and keeps the rules, arrives.

use crate::stage::{HONEST, Stage, VICTIM, by, next, stretch, unsigned};
use crate::world::World;
use crate::writer::{Writer, key, schema};
use woodland_format::{
    Commit, CommitId, Draft, FieldId, NodeId, ObjectId, Op, Payload, Position, SchemaChange, TypeId,
};
use woodland_log::Refusal;
use woodland_sync::parts::{AuthorName, CommitName, Introduced, Note, Part, Previous, Stretch};
use woodland_sync::{Closed, Limits};

/// What it brings in one message; why it ends.
fn attack(make: impl Fn(&Stage) -> Vec<Part>) -> Closed {
    let mut stage = Stage::new();
    let parts = make(&stage);
    let before = stage.world.nodes[VICTIM].writer.log.len();
    let mut hostile = stage.greets(key(50).author());
    stage.says(&mut hostile, parts);
    let why = stage.ended(&hostile);
    assert_eq!(stage.world.nodes[VICTIM].writer.log.len(), before, "nothing got in: {why}");
    stage.honest_go_on();
    why
}

fn is_refused(why: &Closed) -> bool {
    why.is_hostile() && matches!(why, Closed::Refused(_))
}

#[test]
fn what_is_forged_is_refused() {
    let forged = attack(|stage| vec![Part::Stretch(stretch(0, &stage.chain(50, 3), by(51)))]);
    assert!(matches!(&forged, Closed::Refused(why) if matches!(**why, Refusal::Signature { .. })));
    let changed = attack(|stage| {
        let commits = stage.chain(50, 2);
        let mut changed = stretch(0, &commits[1..], by(50));
        changed.author.introduced = Introduced::Before;
        // The row ends with a payload and a signature.
        let at = changed.rows.len() - 65;
        changed.rows[at] ^= 1;
        vec![Part::Stretch(stretch(0, &commits[..1], unsigned)), Part::Stretch(changed)]
    });
    assert!(is_refused(&changed), "{changed}");
    // A first commit names its author; later ones do not.
    let stolen = attack(|stage| {
        let mut stolen = stretch(0, &stage.chain(50, 1), by(51));
        stolen.author.introduced = Introduced::Key(key(51).author());
        vec![Part::Stretch(stolen)]
    });
    assert!(matches!(stolen, Closed::Damaged(_)), "{stolen}");
    let mut stage = Stage::new();
    let commits = stage.chain(50, 3);
    let mut stolen = stretch(1, &commits[1..], by(51));
    stolen.author.introduced = Introduced::Key(key(51).author());
    let mut hostile = stage.greets(key(51).author());
    let parts = [stretch(0, &commits[..1], by(50)), stolen];
    stage.says(&mut hostile, parts.map(Part::Stretch).into());
    assert!(is_refused(&stage.ended(&hostile)));
    stage.none_are_in(&commits[1..]);
    stage.honest_go_on();
}

#[test]
fn rows_that_are_no_commits_are_damage() {
    let with = |bend: fn(&mut Stretch)| {
        let why = attack(|stage| {
            let mut bent = stretch(0, &stage.chain(50, 3), by(50));
            bend(&mut bent);
            vec![Part::Stretch(bent)]
        });
        assert!(why.is_hostile() && matches!(why, Closed::Damaged(_)), "{why}");
    };
    with(|bent| bent.commits = 0);
    with(|bent| bent.commits = (1 << 30) - 1);
    with(|bent| bent.commits = 2);
    with(|bent| bent.rows.truncate(bent.rows.len() - 1));
    with(|bent| bent.rows.clear());
    with(|bent| bent.rows.push(0));
    let far = attack(|stage| {
        let mut far = stretch(0, &stage.chain(50, 3)[1..], by(50));
        far.first_seq = u64::MAX;
        vec![Part::Stretch(far)]
    });
    assert!(matches!(far, Closed::Damaged(_)), "{far}");
    let unplaced = attack(|stage| {
        let mut unplaced = stretch(0, &stage.chain(50, 3)[1..], by(50));
        let name = CommitName(8);
        unplaced.previous = Some(Previous::Name(name));
        // Until it has answered it may not know better.
        let answer = Part::Settle { is_asker: false, note: Note::Gaps(vec![]) };
        vec![answer, Part::Stretch(unplaced)]
    });
    assert!(!unplaced.is_hostile() && matches!(unplaced, Closed::Unplaced { .. }));
}

#[test]
fn an_author_by_a_name_that_nobody_has_is_nobody() {
    let why = attack(|stage| {
        let mut nobody = stretch(0, &stage.chain(50, 3), by(50));
        nobody.author.introduced = Introduced::Name(AuthorName(7));
        vec![Part::Stretch(nobody)]
    });
    // Names can collide: it may be nobody's fault.
    assert!(!why.is_hostile() && why == Closed::UnknownAuthor, "{why}");
}

/// An honest commit, signed by its author, without what it says: ids and signatures hold, and
/// whoever let it in would never ask for the rest.
#[test]
fn a_commit_without_its_payload_is_not_taken() {
    let why = attack(|stage| {
        let commits = stage.chain(50, 3);
        let erased = |commit: &Commit| {
            Commit::new(commit.author(), commit.header().clone(), None).expect("an erased one")
        };
        let commits: Vec<Commit> = commits.iter().map(erased).collect();
        vec![Part::Stretch(stretch(0, &commits, by(50)))]
    });
    assert!(matches!(why, Closed::Erased { seq: 0, .. }), "{why}");
}

/// A few bytes that unpack to many are held to the room that was given, before they are unpacked.
#[test]
fn what_is_packed_unpacks_to_what_was_said() {
    let with = |bend: fn(&mut Stretch)| {
        attack(|stage| {
            let mut bent = stretch(0, &stage.chain(50, 3), by(50));
            bend(&mut bent);
            vec![Part::Stretch(bent)]
        })
    };
    // Rows that are none deflated stand for a stream that is broken.
    let broken = with(|bent| bent.unpacked = Some(bent.rows.len() as u64));
    assert!(broken.is_hostile() && matches!(broken, Closed::Packing { .. }), "{broken}");
    let bomb = with(|bent| {
        bent.rows = miniz_oxide::deflate::compress_to_vec(&vec![0; 64 << 20], 9);
        bent.unpacked = Some(64 << 20);
    });
    assert!(matches!(bomb, Closed::OverCredit { found, .. } if found == 64 << 20), "{bomb}");
    let liar = with(|bent| {
        bent.rows = miniz_oxide::deflate::compress_to_vec(&vec![0; 64 << 20], 9);
        bent.unpacked = Some(1000);
    });
    assert!(matches!(liar, Closed::Packing { .. }), "{liar}");
}

#[test]
fn what_breaks_a_rule_is_refused_with_what_stands_on_it() {
    let mut stage = Stage::new();
    let mut commits = stage.chain(50, 2);
    // A turn that is none of its past.
    commits.push(next(50, &commits[1], vec![], 77_000));
    commits.push(next(50, &commits[2], vec![], 77_001));
    let beside = stage.chain(51, 1);
    let on_it = next(51, &beside[0], vec![commits[2].id()], 77_001);
    let mut first = stage.greets(key(50).author());
    stage.says(&mut first, vec![Part::Stretch(stretch(0, &commits, by(50)))]);
    assert!(is_refused(&stage.ended(&first)));
    let on_it = [beside[0].clone(), on_it];
    let mut second = stage.greets(key(51).author());
    let parts = [stretch(0, &on_it, by(51)), stretch(1, &commits, by(50))];
    stage.says(&mut second, parts.map(Part::Stretch).into());
    assert!(is_refused(&stage.ended(&second)));
    stage.none_are_in(&commits[2..]);
    stage.none_are_in(&on_it[1..]);
    stage.honest_go_on();
}

/// A signed commit names it as a parent: that vouches for nothing.
#[test]
fn who_says_that_all_is_sent_is_held_to_it() {
    let mut stage = Stage::new();
    let bare = stage.chain(51, 1);
    let mut signed = stage.chain(50, 1);
    let turn = bare[0].turn() + 1;
    signed.push(next(50, &signed[0], vec![bare[0].id()], turn));
    let mut hostile = stage.greets(key(50).author());
    let parts = [stretch(0, &bare, unsigned), stretch(1, &signed, by(50))];
    stage.says(&mut hostile, parts.map(Part::Stretch).into());
    assert_eq!(stage.outcome(&hostile), None, "a signature may come yet");
    stage.honest_go_on();
    stage.says(&mut hostile, vec![Part::Sent { forks: 0 }]);
    let why = stage.ended(&hostile);
    assert!(why.is_hostile() && matches!(why, Closed::Incomplete { .. }), "{why}");
    stage.none_are_in(&bare);
    stage.none_are_in(&signed[1..]);
    stage.honest_go_on();
}

#[test]
fn nobody_sends_more_than_there_is_room_for() {
    let mut stage = Stage::with(Limits { window: 700, ..Limits::default() });
    let commits = stage.chain(50, 40);
    let mut hostile = stage.greets(key(50).author());
    stage.says(&mut hostile, vec![Part::Stretch(stretch(0, &commits, by(50)))]);
    let why = stage.ended(&hostile);
    assert!(why.is_hostile() && matches!(why, Closed::OverCredit { limit: 700, .. }), "{why}");
    stage.none_are_in(&commits);
    stage.honest_go_on();
}

/// A row of a few bytes costs more than that where it waits.
#[test]
fn what_waits_is_counted_by_commits_too() {
    let limits = Limits { waiting_bytes_max: 256 * 1024, ..Limits::default() };
    let mut stage = Stage::with(limits);
    let commits = stage.chain(50, 4_000);
    let mut hostile = stage.greets(key(50).author());
    let mut sent = 0;
    for (number, some) in commits.chunks(100).enumerate() {
        let mut part = stretch(0, some, unsigned);
        if number > 0 {
            part.author.introduced = Introduced::Before;
        }
        stage.says(&mut hostile, vec![Part::Stretch(part)]);
        sent += if stage.outcome(&hostile).is_none() { some.len() } else { 0 };
    }
    assert!(matches!(stage.ended(&hostile), Closed::Full { .. }));
    assert!(sent <= 1_024, "{sent} commits wait");
    stage.none_are_in(&commits);
    stage.honest_go_on();
}

/// Somebody brings an honest author's commit under another name before it comes itself: who brings
/// the commit as it is has done nothing wrong.
#[test]
fn a_commit_under_a_false_name_is_put_down_to_who_brought_it() {
    let mut stage = Stage::new();
    stage.honest_go_on();
    let link = stage.world.connect(HONEST, VICTIM);
    stage.world.settle();
    // Not heard by the victim yet.
    stage.world.write(HONEST);
    stage.world.write(HONEST);
    let log = stage.world.nodes[HONEST].writer.log.clone();
    let author = stage.world.nodes[HONEST].writer.author();
    let tip = log.tips(&author).pop().expect("it wrote");
    let last = log.get(&tip.id).expect("it is held");
    let before = last.backlink();
    let lie = Commit::seal(key(50).author(), {
        let header = last.header().clone();
        let payload = last.payload().expect("it has one");
        let payload = Payload::decode(payload).expect("its own");
        Draft { position: header.position, turn: header.turn, parents: header.parents, payload }
    });
    let lie = lie.expect("it names no author");
    assert_eq!(lie.id(), last.id(), "later commits do not name their author");
    let mut hostile = stage.greets(key(50).author());
    let mut part = stretch(0, &[lie], by(50));
    part.previous = before.map(Previous::Id);
    part.is_new = true;
    stage.says(&mut hostile, vec![Part::Stretch(part)]);
    assert_eq!(stage.outcome(&hostile), None, "its past is not there yet");
    stage.world.settle();
    assert!(stage.world.links.contains_key(&link), "the honest one is not cut off");
    assert!(is_refused(&stage.ended(&hostile)));
    stage.honest_go_on();
}

/// Somebody brings the last of what an honest peer tells of, and never what it stands on.
#[test]
fn what_waits_for_ever_is_wanted_from_who_has_its_past() {
    let mut stage = Stage::new();
    stage.honest_go_on();
    let author = stage.world.nodes[HONEST].writer.join(2);
    let author = stage.world.add(author, Limits::default());
    let link = stage.world.connect(author, HONEST);
    stage.world.write(author);
    stage.world.settle();
    stage.world.write(author);
    stage.world.write(author);
    while stage.world.say(link, 0) {}
    while stage.world.hear(link, 1) {}
    let log = &stage.world.nodes[HONEST].writer.log;
    let tip = log.tips(&key(2).author()).pop().expect("it wrote");
    let last = log.get(&tip.id).expect("it is held");
    let mut hostile = stage.greets(key(50).author());
    stage.says(&mut hostile, vec![Part::Sent { forks: 0 }]);
    let part = Stretch { is_new: true, ..stretch(0, &[last], by(2)) };
    stage.says(&mut hostile, vec![Part::Stretch(part)]);
    for _ in 0..5 {
        stage.world.settle();
        stage.ticks(1);
    }
    stage.world.settle();
    assert!(stage.world.nodes[VICTIM].writer.log.contains(&tip.id));
    stage.honest_go_on();
}

/// Thousands of bad signatures against much that waits: each is looked for once.
#[test]
fn many_refusals_do_not_cost_what_waits_each() {
    let mut stage = Stage::new();
    let waiting = stage.chain(50, 4_000);
    let mut first = stage.greets(key(50).author());
    stage.says(&mut first, vec![Part::Stretch(stretch(0, &waiting, unsigned))]);
    assert_eq!(stage.outcome(&first), None);
    let forged = stage.chain(51, 2_000);
    let mut second = stage.greets(key(51).author());
    stage.says(&mut second, vec![Part::Stretch(stretch(0, &forged, by(52)))]);
    assert!(is_refused(&stage.ended(&second)));
    assert_eq!(stage.outcome(&first), None, "it did not bring them");
    stage.honest_go_on();
}

/// The host never takes what is to be said to one peer: nothing piles up for it.
#[test]
fn who_does_not_read_costs_no_messages() {
    let mut stage = Stage::new();
    let mut slow = stage.greets(key(50).author());
    stage.hears(&mut slow);
    stage.says(
        &mut slow,
        vec![Part::Sent { forks: 0 }, Part::Settle { is_asker: true, note: Note::Tips(vec![]) }],
    );
    stage.hears(&mut slow);
    stage.says(&mut slow, vec![Part::Presence(vec![1])]);
    let heard = slow.heard.len();
    for _ in 0..1_500 {
        stage.world.write(VICTIM);
        stage.world.write(HONEST);
    }
    stage.world.settle();
    stage.honest_go_on();
    stage.hears(&mut slow);
    let parts: Vec<&Part> = slow.heard[heard..].iter().flat_map(|one| &one.parts).collect();
    let tips = parts.iter().filter_map(|part| match part {
        Part::Have(tips) => Some(tips.len()),
        _ => None,
    });
    assert!(tips.sum::<usize>() <= 2, "a tip a line, however far it moved");
    let rows = parts.iter().filter_map(|part| match part {
        Part::Stretch(stretch) => Some(stretch.rows.len()),
        _ => None,
    });
    assert!(rows.sum::<usize>() <= 1 << 20, "within the room that it gave");
    assert_eq!(stage.outcome(&slow), None);
}

/// Two places write under one key: both branches arrive everywhere, and everybody can show it.
#[test]
fn a_fork_is_seen_by_all_and_can_be_proved() {
    let mut founder = Writer::found();
    founder.write();
    let mut one = founder.join(50);
    one.write();
    let two = one.twin();
    let mut world = World::default();
    for writer in [founder.clone(), founder.join(1), founder.join(2), one, two] {
        world.add(writer, Limits::default());
    }
    for (at, other) in [(3, 0), (4, 1), (0, 1), (1, 2)] {
        (0..3).for_each(|_| world.write(at));
        world.connect(at, other);
    }
    world.settle();
    (3..5).for_each(|at| world.write(at));
    // Whose author is connected is expected to send what is its own, for some ticks.
    for _ in 0..4 {
        world.settle();
        (0..5).for_each(|at| world.nodes[at].hub.tick());
    }
    world.settle();
    let forks = world.nodes[0].writer.log.forks();
    assert_eq!(forks.len(), 1);
    for node in &world.nodes {
        assert!(node.closed.is_empty(), "{:?}", node.closed);
        assert_eq!(node.writer.log.forks(), forks);
        let proof = node.writer.log.fork_proof(&forks[0]).expect("both branches are signed");
        assert_eq!(proof.verify().expect("it holds").author, key(50).author());
    }
}

/// A commit by somebody, with a payload of so many ops, on top of what is held.
fn write_large(writer: &mut Writer, number: u32, ops: u64) {
    let ops = (0..ops).map(|salt| Op::Create { node_type: TypeId(0), salt }).collect();
    write_ops(writer, number, ops);
}

fn write_ops(writer: &mut Writer, number: u32, ops: Vec<Op>) {
    let own = writer.log.tips(&key(number).author()).pop().expect("it wrote");
    let mut parents: Vec<CommitId> = writer.log.heads().filter(|id| *id != own.id).collect();
    parents.sort_unstable();
    let turn = writer.log.next_turn(Some(own.id), &parents).expect("it is held");
    let position =
        Position::Next { backlink: own.id, seq: own.seq + 1, schema: SchemaChange::Keep };
    let draft = Draft { position, turn, parents, payload: Payload::of(ops) };
    let commit = Commit::seal(key(number).author(), draft).expect("a commit");
    let log = writer.log.append(&commit).expect("its past is held");
    writer.log = log.with_point(&commit.sign(&key(number))).expect("its own");
}

/// Commits over the window, one after the other: room is counted alike on both sides.
#[test]
fn commits_over_the_window_arrive() {
    for window in [64, 700, 2_000, 5_000] {
        let mut world = World::default();
        let limits = Limits { window, ..Limits::default() };
        let mut founder = Writer::found();
        founder.write();
        let other = founder.join(1);
        let mut author = founder.join(7);
        author.write();
        for ops in [3, 200, 1, 400, 90, 2, 300] {
            write_large(&mut author, 7, ops);
        }
        let mut holder = founder.join(2);
        holder.log = author.log.clone();
        world.add(holder, limits);
        world.add(other, limits);
        world.connect(1, 0);
        world.settle();
        let closed = &world.nodes[0].closed;
        assert!(closed.is_empty() && world.nodes[1].closed.is_empty(), "{window}: {closed:?}");
        assert_eq!(world.nodes[0].writer.log, world.nodes[1].writer.log, "{window}");
    }
}

/// What the other side does not take is not sent; it is told by which commit.
#[test]
fn a_commit_too_large_for_the_other_side_is_named() {
    let mut founder = Writer::found();
    founder.write();
    let other = founder.join(1);
    let mut author = founder.join(7);
    author.write();
    // Bytes that do not deflate.
    let mut random = 1_u64;
    let op: Vec<u8> = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random.to_be_bytes()[0]
    })
    .take(14 << 20)
    .collect();
    let object = ObjectId { node: NodeId([1; 16]), field: FieldId(1) };
    write_ops(&mut author, 7, vec![Op::Edit { object, op }]);
    let large = author.log.tips(&key(7).author()).pop().expect("it wrote");
    let mut world = World::default();
    let least = Limits { message_bytes_max: Limits::MESSAGE_BYTES_LEAST, ..Limits::default() };
    world.add(other, least);
    let mut holder = founder.join(2);
    holder.log = author.log;
    world.add(holder, Limits::default());
    world.connect(0, 1);
    world.settle();
    let why = world.nodes[1].closed.first().map(|(_, why)| why.clone());
    let is_named = matches!(why, Some(Closed::CommitTooLarge { commit, .. }) if commit == large.id);
    assert!(is_named && !why.as_ref().is_some_and(Closed::is_hostile), "{why:?}");
    assert!(!world.nodes[0].writer.log.contains(&large.id));
}

/// Many authors with a commit of a few bytes each, unsigned but by the next: a message has many
/// short stretches, and the honest understand each other.
#[test]
fn many_short_stretches_are_a_message() {
    let mut founder = Writer::found();
    founder.write();
    let mut log = founder.log.clone();
    let dataset = log.dataset();
    for number in 1_000..1_900 {
        let author = key(number).author();
        let position =
            Position::First { author, dataset, schema: schema().id(), certificate: None };
        let turn = log.next_turn(None, &[dataset.founding()]).expect("it is held");
        let mut draft = Draft { position, turn, parents: vec![], payload: Payload::of(vec![]) };
        let mut last = None;
        for seq in 1..4 {
            let commit = Commit::seal(author, draft).expect("a commit");
            log = log.append(&commit).expect("its past is held");
            let backlink = commit.id();
            let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
            let payload = Payload::of(vec![]);
            draft = Draft { position, turn: commit.turn(), parents: vec![], payload };
            last = Some(commit);
        }
        let last = last.expect("it wrote");
        log = log.with_point(&last.sign(&key(number))).expect("its own");
    }
    let mut world = World::default();
    let mut holder = founder.join(2);
    holder.log = log;
    world.add(holder, Limits::default());
    world.add(founder.join(1), Limits::default());
    world.connect(1, 0);
    world.settle();
    let closed = world.nodes.iter().flat_map(|node| &node.closed).next();
    assert!(closed.is_none(), "{closed:?}");
    assert_eq!(world.nodes[0].writer.log, world.nodes[1].writer.log);
}
