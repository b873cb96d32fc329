//! A hostile peer that claims to remember: what it names, and what it says on that.

use crate::stage::{Hostile, Stage, VICTIM, by, next, stretch};
use crate::writer::key;
use woodland_format::CommitId;
use woodland_sync::parts::{AuthorRef, Introduced, Part, Previous};
use woodland_sync::{Closed, Limits};

/// Says hello and these at once, as who has the key 60.
fn begins(stage: &mut Stage, parts: Vec<Part>) -> Hostile {
    let mut hostile = stage.connects();
    let hello = Part::Hello(stage.hello(key(60).author()));
    stage.says(&mut hostile, [vec![hello], parts].concat());
    hostile
}

fn head(stage: &Stage) -> CommitId {
    stage.world.nodes[VICTIM].writer.log.heads().next().expect("a head")
}

fn is_out_of_place(why: Option<&Closed>) -> bool {
    matches!(why, Some(Closed::OutOfPlace(_)))
}

#[test]
fn what_nobody_says_of_a_memory_ends_it() {
    let nobody = Part::Since(vec![CommitId([9; 32])]);
    let many = Part::Since(vec![CommitId([9; 32]); 33]);
    for parts in [
        vec![many],
        vec![Part::Since(vec![])],
        vec![nobody.clone(), nobody],
        vec![Part::Unheld],
        vec![Part::Durable(1)],
    ] {
        let mut stage = Stage::new();
        let hostile = begins(&mut stage, parts.clone());
        assert!(is_out_of_place(stage.outcome(&hostile).as_ref()), "{parts:?}");
        stage.honest_go_on();
    }
    // Later than with its hello.
    let mut stage = Stage::new();
    let mut hostile = begins(&mut stage, vec![]);
    let since = Part::Since(vec![head(&stage)]);
    stage.says(&mut hostile, vec![since]);
    assert!(is_out_of_place(stage.outcome(&hostile).as_ref()));
    stage.honest_go_on();
}

/// It names what is held, and lies about what it stands on.
#[test]
fn what_stands_on_no_such_tip_ends_it() {
    let bent: [fn(&mut woodland_sync::parts::Stretch); 4] = [
        |stretch| stretch.author.introduced = Introduced::Rank(1_000),
        |stretch| stretch.previous = Some(Previous::Basis),
        |stretch| {
            stretch.author.introduced = Introduced::Rank(0);
            (stretch.previous, stretch.first_seq) = (Some(Previous::Basis), 1_000);
        },
        |stretch| stretch.author = AuthorRef { number: 7, introduced: Introduced::Before },
    ];
    for bend in bent {
        let mut stage = Stage::new();
        let commits = stage.chain(60, 3);
        let mut said = stretch(0, &commits[1..], by(60));
        bend(&mut said);
        let since = Part::Since(vec![head(&stage)]);
        let hostile = begins(&mut stage, vec![since, Part::Stretch(said)]);
        assert!(is_out_of_place(stage.outcome(&hostile).as_ref()), "{:?}", stage.outcome(&hostile));
        stage.none_are_in(&commits);
        stage.honest_go_on();
    }
}

/// It says that all is sent, and nothing was: it is taken at its word, and loses by it alone.
#[test]
fn who_says_that_it_has_nothing_new_is_caught_up_with() {
    let mut stage = Stage::new();
    let since = Part::Since(vec![head(&stage)]);
    let mut hostile = begins(&mut stage, vec![since, Part::Sent { forks: 0 }]);
    stage.hears(&mut hostile);
    assert!(stage.outcome(&hostile).is_none());
    stage.honest_go_on();
}

/// What stands on what is not held is passed over: it costs no memory, and no trust.
#[test]
fn what_is_said_on_nothing_is_passed_over() {
    let mut stage = Stage::new();
    let commits = stage.chain(60, 40);
    let nobody = Part::Since(vec![CommitId([9; 32])]);
    let said = Part::Stretch(stretch(0, &commits, by(60)));
    let sent = Part::Sent { forks: 0 };
    let mut hostile = begins(&mut stage, vec![nobody, said.clone(), sent.clone()]);
    stage.hears(&mut hostile);
    let parts: Vec<&Part> = hostile.heard.iter().flat_map(|message| &message.parts).collect();
    assert!(parts.contains(&&Part::Unheld), "{parts:?}");
    // It goes on as if it had not heard that; what it sends gives room again, and is not kept.
    for _ in 0..2_000 {
        let message = woodland_sync::parts::Message {
            number: hostile.number,
            heard: 0,
            parts: vec![said.clone(), sent.clone()],
        };
        hostile.number += 1;
        stage.sends(&hostile, &message.encode());
        assert!(stage.outcome(&hostile).is_none(), "{:?}", stage.outcome(&hostile));
        stage.hears(&mut hostile);
    }
    stage.none_are_in(&commits);
    stage.honest_go_on();
    // It owes an answer.
    stage.ticks(Limits::default().patience + 2);
    assert!(matches!(stage.ended(&hostile), Closed::Stalled { .. }));
    stage.honest_go_on();
}

/// Unasked it may send so much; what is refused is refused as ever.
#[test]
fn what_is_unasked_has_a_limit_and_goes_through_the_door() {
    let mut stage = Stage::with(Limits { window: 1_000, ..Limits::default() });
    let commits = stage.chain(60, 20);
    let since = Part::Since(vec![head(&stage)]);
    let forged = Part::Stretch(stretch(0, &commits, by(61)));
    let hostile = begins(&mut stage, vec![since.clone(), forged]);
    assert!(matches!(stage.ended(&hostile), Closed::Refused(_)));

    let (mut commits, mut said, mut bytes) = (stage.chain(60, 2), Vec::new(), 0);
    for number in 0.. {
        let at = commits.len() - 1;
        let mut one = stretch(0, &commits[at - 1..], by(60));
        if number > 0 {
            one = stretch(0, &commits[at..], by(60));
            one.author = AuthorRef { number: 0, introduced: Introduced::Before };
        }
        bytes += one.length();
        said.push(Part::Stretch(one));
        if bytes > Limits::UNASKED_BYTES_MAX {
            break;
        }
        commits.push(next(60, &commits[at], vec![], commits[at].turn()));
    }
    let parts: Vec<Part> = [vec![since], said].concat();
    let hostile = begins(&mut stage, parts);
    assert!(matches!(stage.ended(&hostile), Closed::OverCredit { .. }));
    stage.honest_go_on();
}

/// It says once more that it does not hold what was named: once is enough.
#[test]
fn who_never_holds_what_was_named_is_asked_once() {
    let mut stage = Stage::new();
    let mut hostile = stage.connects();
    stage.world.nodes[VICTIM].hub.disconnect(hostile.peer);
    let memory = {
        let links: Vec<u64> = stage.world.links.keys().copied().collect();
        let [_, known] = stage.world.memories(links[0]);
        known.expect("the honest one is known")
    };
    stage.world.nodes[VICTIM].hub.accept_known(hostile.peer, &memory);
    stage.hears(&mut hostile);
    assert_eq!(hostile.heard.len(), 1, "it begins at once, and waits");
    let hello = Part::Hello(stage.hello(key(60).author()));
    stage.says(&mut hostile, vec![hello, Part::Unheld]);
    assert!(stage.outcome(&hostile).is_none());
    stage.says(&mut hostile, vec![Part::Unheld]);
    assert!(is_out_of_place(stage.outcome(&hostile).as_ref()));
    stage.honest_go_on();
}
