//! Hostile peers that do not keep to the protocol: each is cut off for what it did.

use crate::stage::{HONEST, Hostile, Stage, VICTIM, by, stretch};
use crate::world::World;
use crate::writer::{Writer, key};
use woodland_format::{CommitId, DatasetId};
use woodland_sync::parts::{
    AuthorName, AuthorRef, CommitName, Gap, Introduced, Message, NamedTip, Note, Part, Symbol,
    Told, Want,
};
use woodland_sync::{Closed, Limits, MessageError, PRESENCE_BYTES_MAX, Peer, Reason, Salt};

/// What it says after hello; why it ends; the honest go on before, meanwhile and after.
fn attack(parts: Vec<Vec<Part>>) -> Closed {
    let mut stage = Stage::new();
    let mut hostile = stage.greets(key(50).author());
    for parts in parts {
        stage.says(&mut hostile, parts);
    }
    let why = stage.ended(&hostile);
    stage.honest_go_on();
    why
}

fn author(number: u32) -> AuthorRef {
    AuthorRef { number, introduced: Introduced::Key(key(100 + number).author()) }
}

fn tips(tips: Vec<NamedTip>) -> Part {
    Part::Settle { is_asker: true, note: Note::Tips(tips) }
}

fn is_out_of_place(why: &Closed) -> bool {
    why.is_hostile() && matches!(why, Closed::OutOfPlace(_))
}

#[test]
fn a_part_that_nobody_says_there_ends_it() {
    let hello = Part::Hello(Stage::new().hello(key(50).author()));
    let told = |number, seq| Told { author: author(number), tip: (seq, CommitName(seq)) };
    let nothing = Want { author: author(0), from: None, tip: (1, CommitName(1)) };
    let cases: Vec<(&str, Vec<Vec<Part>>)> = vec![
        ("hello again", vec![vec![hello.clone()]]),
        ("asks again before the answer", vec![vec![tips(vec![])], vec![tips(vec![])]]),
        ("room beyond the window", vec![vec![Part::Credit(1)]]),
        ("room without end", vec![vec![Part::Credit(u64::MAX)]]),
        ("wants what was not told", vec![vec![Part::Want(vec![nothing])]]),
        ("an author out of turn", vec![vec![Part::Have(vec![told(5, 1)])]]),
        (
            "nobody it named",
            vec![vec![Part::Have(vec![Told {
                author: AuthorRef { number: 0, introduced: Introduced::Before },
                tip: (1, CommitName(1)),
            }])]],
        ),
        (
            "goes on with no question",
            vec![vec![Part::Settle { is_asker: true, note: Note::Gaps(vec![]) }]],
        ),
        (
            "fewer symbols than it has",
            vec![vec![Part::Settle { is_asker: false, note: Note::More(1) }]],
        ),
        (
            "fetches twice",
            vec![vec![
                Part::Settle { is_asker: false, note: Note::Gaps(vec![]) },
                Part::Fetch,
                Part::Fetch,
            ]],
        ),
    ];
    for (what, parts) in cases {
        let why = attack(parts);
        assert!(is_out_of_place(&why), "{what}: {why}");
    }
    let mut stage = Stage::new();
    let mut hostile = stage.connects();
    stage.says(&mut hostile, vec![Part::Credit(0)]);
    assert!(is_out_of_place(&stage.ended(&hostile)), "it does not begin with hello");
}

#[test]
fn hello_again_and_again_is_heard_once() {
    let mut stage = Stage::new();
    let mut hostile = stage.connects();
    for _ in 0..1_000 {
        let hello = stage.hello(key(50).author());
        stage.says(&mut hostile, vec![Part::Hello(hello)]);
    }
    assert!(is_out_of_place(&stage.ended(&hostile)));
    stage.honest_go_on();
}

/// Notes about what nobody has are answered or passed over, and come to an end.
#[test]
fn one_question_is_not_settled_for_ever() {
    let gap = |number| Gap {
        author: AuthorName(number),
        tips: vec![(number, CommitName(number))],
        rungs: vec![],
    };
    for note in [Note::Gaps(vec![gap(1), gap(2)]), Note::Forks(vec![gap(1)]), Note::Gaps(vec![])] {
        let part = Part::Settle { is_asker: false, note };
        let mut stage = Stage::new();
        let mut hostile = stage.greets(key(50).author());
        stage.says(&mut hostile, vec![part.clone()]);
        assert_eq!(stage.outcome(&hostile), None, "once is no harm");
        for _ in 0..100 {
            stage.says(&mut hostile, vec![part.clone()]);
        }
        assert!(is_out_of_place(&stage.ended(&hostile)));
        stage.honest_go_on();
    }
}

/// Empty sketches, and forks of a question that is settled, would each be answered.
#[test]
fn who_asks_and_does_not_listen_leaves_no_pile_of_answers() {
    let note = Note::Symbols(vec![]);
    let symbols = Part::Settle { is_asker: true, note };
    let forks = Part::Settle { is_asker: true, note: Note::Forks(vec![]) };
    let after = |first: Vec<Part>, then: Part| {
        let then = std::iter::repeat_n(vec![then], 200);
        std::iter::once(first).chain(then).collect::<Vec<_>>()
    };
    assert!(is_out_of_place(&attack(after(vec![symbols.clone()], symbols))));
    assert!(is_out_of_place(&attack(after(vec![tips(vec![])], forks))));
}

/// A sketch that never comes apart is asked for more of, until it is as long as may be.
#[test]
fn a_sketch_of_garbage_comes_to_an_end() {
    let mut founder = Writer::found();
    for number in 200..270 {
        let mut author = founder.join(number);
        author.write();
        founder.merge(&author);
    }
    let mut stage = Stage::of(founder, Limits::default());
    let mut hostile = stage.greets(key(50).author());
    let mut said = 0_u64;
    let garbage = |at: u64| Symbol { author: at, seq: at, commit: at, check: at, count: at as i64 };
    let mut wanted = 32;
    while stage.outcome(&hostile).is_none() && said < 1 << 18 {
        let symbols = (said..wanted).map(garbage).collect();
        said = wanted;
        let part = Part::Settle { is_asker: true, note: Note::Symbols(symbols) };
        stage.says(&mut hostile, vec![part]);
        let before = hostile.heard.len();
        stage.hears(&mut hostile);
        let parts = hostile.heard[before..].iter().flat_map(|message| &message.parts);
        let more = parts.filter_map(|part| match part {
            Part::Settle { is_asker: false, note: Note::More(more) } => Some(*more),
            _ => None,
        });
        let more: Vec<u64> = more.collect();
        wanted = more.last().copied().unwrap_or(said + 1).min(1 << 18);
    }
    assert!(hostile.heard.len() < 100, "{} messages", hostile.heard.len());
    assert!(is_out_of_place(&stage.ended(&hostile)));
    stage.honest_go_on();
}

#[test]
fn another_dataset_or_version_is_named() {
    let mut stage = Stage::new();
    let mut hostile = stage.connects();
    let mut hello = stage.hello(key(50).author());
    let message = Message { number: 0, heard: 0, parts: vec![Part::Hello(hello)] };
    let mut bytes = message.encode();
    assert_eq!(&bytes[3..8], b"WOOD\x01", "behind two numbers and a kind");
    bytes[7] = 9;
    stage.sends(&hostile, &bytes);
    let why = stage.ended(&hostile);
    assert_eq!(why, Closed::Message(MessageError::Version { found: 9 }));
    hostile = stage.connects();
    hello.dataset = DatasetId([5; 32]);
    stage.says(&mut hostile, vec![Part::Hello(hello)]);
    assert!(matches!(stage.ended(&hostile), Closed::Dataset { .. }));
    stage.honest_go_on();
}

#[test]
fn messages_that_come_again_are_passed_over_and_missing_ones_are_missed() {
    let mut stage = Stage::new();
    let mut hostile = stage.greets(key(50).author());
    let have = Part::Have(vec![Told { author: author(0), tip: (1, CommitName(1)) }]);
    let message = Message { number: 1, heard: 0, parts: vec![have.clone()] }.encode();
    (0..3).for_each(|_| stage.sends(&hostile, &message));
    assert_eq!(stage.outcome(&hostile), None, "an author comes up once");
    hostile.number = 3;
    stage.says(&mut hostile, vec![Part::Presence(vec![1])]);
    assert_eq!(stage.ended(&hostile), Closed::Lost { expected: 2, found: 3 });
    let mut hostile = stage.greets(key(50).author());
    let heard = Message { number: 1, heard: 1, parts: vec![have] }.encode();
    hostile.number = 1;
    stage.sends(&hostile, &heard);
    assert!(is_out_of_place(&stage.ended(&hostile)), "nothing was said yet");
    stage.honest_go_on();
}

/// Somebody who recorded an honest conversation plays it again.
#[test]
fn an_old_conversation_brings_nothing_new() {
    let mut world = World::default();
    let mut founder = Writer::found();
    founder.write();
    world.add(founder.clone(), Limits::default());
    world.add(founder.join(1), Limits::default());
    (0..20).for_each(|_| world.write(HONEST));
    let number = world.connect(HONEST, VICTIM);
    let mut recorded = Vec::new();
    for _ in 0..20 {
        while world.say(number, 0) {}
        recorded.extend(world.links[&number].ways[1].iter().cloned());
        while world.hear(number, 1) {}
        while world.say(number, 1) {}
        while world.hear(number, 0) {}
    }
    let log = world.nodes[VICTIM].writer.log.clone();
    assert!(recorded.len() > 1 && log == world.nodes[HONEST].writer.log);
    for is_heard in [false, true] {
        let peer = Peer(1 << 41 | u64::from(is_heard));
        world.nodes[VICTIM].hub.accept(peer);
        for message in &recorded {
            world.nodes[VICTIM].hub.take(peer, message);
            world.host(VICTIM);
            while is_heard && world.nodes[VICTIM].hub.say(peer).is_some() {}
        }
        world.nodes[VICTIM].hub.disconnect(peer);
    }
    assert_eq!(world.nodes[VICTIM].writer.log, log);
    world.write(HONEST);
    world.settle();
    assert_eq!(world.nodes[VICTIM].writer.log, world.nodes[HONEST].writer.log);
    let others = world.nodes[VICTIM].closed.iter().filter(|(peer, _)| peer.0 < 1 << 41);
    assert_eq!(others.count(), 0);
}

#[test]
fn a_message_may_be_as_long_as_the_limit() {
    let limit = Limits::MESSAGE_BYTES_LEAST;
    let limits = Limits { message_bytes_max: limit, ..Limits::default() };
    for (bytes, is_taken) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
        let mut stage = Stage::with(limits);
        let hostile = stage.greets(key(50).author());
        let mut message = Message { number: 1, heard: 0, parts: vec![] };
        let mut left = usize::try_from(bytes).expect("it fits") - 2;
        // A kind and two bytes of length each.
        while left > 0 {
            let part = if left >= 8_198 { 4_099 } else { left.div_ceil(left.div_ceil(4_099)) };
            message.parts.push(Part::Presence(vec![7; part - 3]));
            left -= part;
        }
        let encoded = message.encode();
        assert_eq!(encoded.len() as u64, bytes);
        stage.sends(&hostile, &encoded);
        let why = stage.outcome(&hostile);
        let is_too_large = matches!(why, Some(Closed::TooLarge { .. }));
        assert!(why.is_none() == is_taken && is_too_large != is_taken, "{bytes}: {why:?}");
        stage.honest_go_on();
    }
}

#[test]
fn a_message_that_is_cut_anywhere_does_no_harm() {
    let mut stage = Stage::new();
    let hello = stage.hello(key(50).author());
    let commits = stage.chain(50, 3);
    let told = Told { author: author(1), tip: (1, CommitName(1)) };
    let symbol = Symbol { count: -3, ..Symbol::default() };
    let parts = vec![
        Part::Hello(hello),
        Part::Settle { is_asker: true, note: Note::Symbols(vec![symbol]) },
        Part::Stretch(stretch(0, &commits, by(50))),
        Part::Have(vec![told]),
        Part::Presence(vec![1, 2, 3]),
    ];
    let whole = Message { number: 0, heard: 0, parts }.encode();
    for length in 0..whole.len() {
        let hostile = stage.connects();
        stage.sends(&hostile, &whole[..length]);
        let why = stage.outcome(&hostile);
        let is_message = Message::decode(&whole[..length]).is_ok();
        let is_broken = matches!(why, Some(Closed::Message(MessageError::Broken(_))));
        assert!(is_broken != is_message, "{length}: {why:?}");
        stage.world.nodes[VICTIM].hub.disconnect(hostile.peer);
    }
    stage.honest_go_on();
}

#[test]
fn who_owes_something_is_cut_off_whatever_else_it_says() {
    let patience = Limits::default().patience;
    let mut stage = Stage::new();
    let silent = stage.connects();
    stage.ticks(patience + 1);
    assert!(matches!(stage.ended(&silent), Closed::Stalled { .. }), "it says nothing");
    let mut polite = stage.greets(key(50).author());
    stage.hears(&mut polite);
    stage.ticks(patience + 1);
    assert!(matches!(stage.ended(&polite), Closed::Stalled { .. }), "it says hello alone");
    let mut talker = stage.greets(key(50).author());
    for _ in 0..=patience {
        stage.says(&mut talker, vec![Part::Presence(vec![1]), Part::Sent { forks: 9 }]);
        stage.ticks(1);
    }
    assert!(matches!(stage.ended(&talker), Closed::Stalled { .. }), "it says other things");
    stage.honest_go_on();
}

#[test]
fn who_tells_of_what_it_has_not_is_cut_off_and_holds_up_nobody() {
    let patience = Limits::default().patience;
    let mut stage = Stage::new();
    let mut liar = stage.greets(key(50).author());
    stage.hears(&mut liar);
    stage.says(&mut liar, vec![Part::Sent { forks: 0 }]);
    let victim = stage.world.nodes[VICTIM].writer.author();
    let honest = stage.world.nodes[HONEST].writer.author();
    let told = [victim, honest].into_iter().zip(0..).map(|(key, number)| Told {
        author: AuthorRef { number, introduced: Introduced::Key(key) },
        tip: (u64::MAX, CommitName(3)),
    });
    stage.says(&mut liar, vec![Part::Have(told.collect())]);
    stage.honest_go_on();
    for _ in 0..=patience {
        stage.says(&mut liar, vec![Part::Presence(vec![1])]);
        stage.ticks(1);
    }
    assert!(matches!(stage.ended(&liar), Closed::Stalled { .. }));
    stage.honest_go_on();
}

/// A third, who talks to the honest one alone, writes.
fn third_writes(stage: &mut Stage) -> CommitId {
    let third = stage.world.nodes[VICTIM].writer.join(2);
    let third = stage.world.add(third, Limits::default());
    stage.world.connect(third, HONEST);
    stage.world.write(third);
    let tip = stage.world.nodes[third].writer.log.tips(&key(2).author()).pop();
    tip.expect("it wrote").id
}

fn holds(stage: &Stage, id: CommitId) -> bool {
    stage.world.nodes[VICTIM].writer.log.contains(&id)
}

/// What others have is wanted from them while it owes an answer: after some ticks, not when
/// patience ends.
#[test]
fn who_is_asked_and_says_nothing_holds_up_others_for_three_ticks() {
    let mut stage = Stage::new();
    let silent = stage.greets(key(50).author());
    let id = third_writes(&mut stage);
    stage.world.settle();
    assert!(!holds(&stage, id), "it is asked first: nothing is to come twice");
    stage.ticks(3);
    stage.world.settle();
    assert!(holds(&stage, id));
    assert_eq!(stage.outcome(&silent), None);
    stage.ticks(Limits::default().patience);
    assert!(matches!(stage.ended(&silent), Closed::Stalled { .. }));
    stage.honest_go_on();
}

#[test]
fn what_somebody_tells_of_and_does_not_send_is_wanted_from_the_next() {
    let mut stage = Stage::new();
    let mut liar = stage.greets(key(50).author());
    stage.hears(&mut liar);
    stage.says(&mut liar, vec![Part::Sent { forks: 0 }]);
    let id = third_writes(&mut stage);
    let author = AuthorRef { number: 0, introduced: Introduced::Key(key(2).author()) };
    let tip = (5, CommitName(5));
    stage.says(&mut liar, vec![Part::Have(vec![Told { author, tip }])]);
    stage.world.settle();
    assert!(!holds(&stage, id), "it is wanted from one");
    stage.ticks(3);
    stage.world.settle();
    assert!(holds(&stage, id));
    stage.honest_go_on();
}

/// A hub notes some thousands of tips that one peer told of, however many that tells.
#[test]
fn thousands_of_tips_that_nobody_has_are_not_all_noted() {
    let mut stage = Stage::new();
    let mut liar = stage.greets(key(50).author());
    stage.says(&mut liar, vec![Part::Sent { forks: 0 }]);
    let mut most = 0;
    for batch in 0..30_u32 {
        let told = |number: u32| Told { author: author(number), tip: (1, CommitName(7)) };
        let told = (batch * 1_000..(batch + 1) * 1_000).map(told).collect();
        stage.says(&mut liar, vec![Part::Have(told), Part::Sent { forks: 0 }]);
        stage.hears(&mut liar);
        most = most.max(format!("{:?}", stage.world.nodes[VICTIM].hub).len());
    }
    assert_eq!(stage.outcome(&liar), None, "it may have them");
    assert!(most < 4_096 * 80, "{most}");
    stage.honest_go_on();
    // It is asked for them, and has nothing to say.
    stage.ticks(Limits::default().patience + 1);
    assert!(matches!(stage.ended(&liar), Closed::Stalled { .. }));
    stage.honest_go_on();
}

#[test]
fn many_wants_come_to_an_end() {
    let mut stage = Stage::new();
    let mut hostile = stage.greets(key(50).author());
    let salt = Salt([9; 16]);
    stage.says(&mut hostile, vec![tips(vec![])]);
    stage.hears(&mut hostile);
    // The names of a tip are told where somebody asks: by the victim's own question.
    let named =
        hostile.heard.iter().flat_map(|message| &message.parts).find_map(|part| match part {
            Part::Settle { is_asker: true, note: Note::Tips(tips) } => tips.first().copied(),
            _ => None,
        });
    let named = named.expect("it asks for what it lacks");
    let mut want = Want {
        author: AuthorRef { number: 0, introduced: Introduced::Name(named.author) },
        from: None,
        tip: (named.seq, named.commit),
    };
    for _ in 0..150 {
        stage.says(&mut hostile, vec![Part::Want(vec![want])]);
        want.author.introduced = Introduced::Before;
        stage.says(&mut hostile, vec![Part::Want(vec![want; 1_000])]);
    }
    assert!(is_out_of_place(&stage.ended(&hostile)), "{salt:?}");
    stage.honest_go_on();
}

#[test]
fn a_presence_may_be_as_long_as_the_limit() {
    for (bytes, is_taken) in [(PRESENCE_BYTES_MAX, true), (PRESENCE_BYTES_MAX + 1, false)] {
        let mut stage = Stage::new();
        let mut hostile: Hostile = stage.greets(key(50).author());
        stage.says(&mut hostile, vec![Part::Presence(vec![1; bytes])]);
        let why = stage.outcome(&hostile);
        assert_eq!(why.is_none(), is_taken, "{why:?}");
        assert!(why.is_none_or(|why| matches!(why, Closed::Message(MessageError::Broken(_)))));
        stage.honest_go_on();
    }
}

/// Each reason is told as it is meant, and no other byte is one.
#[test]
fn every_reason_is_told() {
    let reasons = [
        Reason::Done,
        Reason::Version,
        Reason::Dataset,
        Reason::Protocol,
        Reason::Refused,
        Reason::Lost,
        Reason::Stalled,
        Reason::NotAllowed,
    ];
    let said = |code: u8| Message::decode(&[0, 0, 25, code]);
    for (code, reason) in (0..).zip(reasons) {
        let mut stage = Stage::new();
        let mut hostile = stage.greets(key(50).author());
        stage.says(&mut hostile, vec![Part::Bye(reason)]);
        assert_eq!(stage.ended(&hostile), Closed::Bye(reason));
        assert_eq!(said(code).map(|message| message.parts), Ok(vec![Part::Bye(reason)]));
    }
    assert!((reasons.len() as u8..=255).all(|code| said(code).is_err()));
}

#[test]
fn who_ends_it_says_so() {
    let mut stage = Stage::new();
    let mut hostile = stage.greets(key(50).author());
    stage.world.nodes[VICTIM].hub.close(hostile.peer, Closed::Done);
    stage.hears(&mut hostile);
    stage.world.host(VICTIM);
    assert_eq!(stage.ended(&hostile), Closed::Done);
    let last = hostile.heard.last().expect("it is told");
    assert_eq!(last.parts, [Part::Bye(Reason::Done)]);
    stage.honest_go_on();
}
