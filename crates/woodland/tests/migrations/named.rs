//! What a migration meets that old programs wrote, or go on writing.

use crate::releases::first::task;
use crate::releases::{agreeing, as_of, first, founded, joined, meet, model, read, second};
use woodland::Record;

#[test]
fn a_number_with_concurrent_minus_one_and_zero_becomes_a_truth() {
    let one = founded::<first::Task>();
    let node = one.write(|b| b.insert(&task("pack", 5))).expect("written");
    let other = joined(model::<first::Task>(), &one, 2);
    one.write(|b| b.edit(node, first::Task::URGENCY.set(-1))).expect("written");
    other.write(|b| b.edit(node, first::Task::URGENCY.set(0))).expect("written");
    meet(&one, &other);
    let number = read(&one, node).urgency;
    assert!([-1, 0].contains(&number));
    let new = joined(agreeing::<second::Task>(), &one, 3);
    let task = read::<second::Task>(&new, as_of(node));
    assert_eq!(task.urgency, number != 0, "-1 is true, 0 is false");
    // The conflict is there still, in the words of the new type.
    let conflicts = new.snapshot().conflicts(&[(as_of(node), second::Task::URGENCY)]);
    let [conflict] = &conflicts[0][..] else { panic!("one conflict: {conflicts:?}") };
    assert_eq!(conflict.winner.value, Some((number != 0).into()));
    assert_eq!(conflict.losers[0].value, Some((number == 0).into()));
    // Whoever knows numbers sees numbers, and a truth that was written as one.
    new.write(|b| b.edit(as_of(node), second::Task::URGENCY.set(true))).expect("written");
    meet(&new, &one);
    assert_eq!(read(&one, node).urgency, 1);
    assert_eq!(one.snapshot().voids(), []);
}

#[test]
fn an_old_program_writes_the_target_of_a_move() {
    mod before {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct User {
            pub(crate) name: String,
            pub(crate) nick: String,
        }
    }
    /// What was the nick is the name.
    #[derive(Record, Debug, PartialEq)]
    struct User {
        #[woodland(moved_from = "nick")]
        name: String,
    }
    let old = founded::<before::User>();
    let node = old
        .write(|b| b.insert(&before::User { name: "Augusta".into(), nick: "Ada".into() }))
        .expect("written");
    let new = joined(agreeing::<User>(), &old, 2);
    assert_eq!(read::<User>(&new, as_of(node)).name, "Ada");
    // The old program has not heard of it, and goes on.
    old.write(|b| b.edit(node, before::User::NICK.set("A."))).expect("written");
    meet(&old, &new);
    assert_eq!(read::<User>(&new, as_of(node)).name, "A.");
    old.write(|b| b.edit(node, before::User::NAME.set("Lovelace"))).expect("written");
    meet(&old, &new);
    assert_eq!(read::<User>(&new, as_of(node)).name, "Lovelace", "the target is heard");
    new.write(|b| b.edit(as_of(node), User::NAME.set("Countess"))).expect("written");
    meet(&old, &new);
    assert_eq!(read::<User>(&new, as_of(node)).name, "Countess");
    let old_view = read(&old, node);
    assert_eq!((old_view.name.as_str(), old_view.nick.as_str()), ("Lovelace", "Countess"));
    assert_eq!(old.snapshot().voids(), []);
}

#[test]
fn an_old_program_writes_a_removed_field() {
    mod after {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct Task {
            pub(crate) title: String,
            pub(crate) urgency: i64,
        }
    }
    let old = founded::<first::Task>();
    let node = old.write(|b| b.insert(&task("pack", 1))).expect("written");
    let new = joined(agreeing::<after::Task>(), &old, 2);
    old.write(|b| b.edit(node, first::Task::NOTE.set("boots"))).expect("written");
    meet(&old, &new);
    old.write(|b| {
        b.edit(node, (first::Task::NOTE.set("and socks"), first::Task::TITLE.set("Pack")));
    })
    .expect("written after it heard of the migration");
    meet(&old, &new);
    let expected = after::Task { title: "Pack".into(), urgency: 1 };
    assert_eq!(read::<after::Task>(&new, as_of(node)), expected);
    assert_eq!(read(&old, node).note.as_deref(), Some("and socks"));
    assert_eq!(old.snapshot().voids(), []);
}

#[test]
fn two_different_user_2() {
    mod before {
        use woodland::Record;

        #[derive(Record)]
        pub(crate) struct User {
            pub(crate) name: String,
        }
    }
    mod aged {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct User {
            pub(crate) name: String,
            pub(crate) age: Option<i64>,
        }
    }
    mod mailed {
        use woodland::Record;

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct User {
            pub(crate) name: String,
            pub(crate) mail: Option<String>,
        }
    }
    let old = founded::<before::User>();
    let node = old.write(|b| b.insert(&before::User { name: "Ada".into() })).expect("written");
    let one = joined(agreeing::<aged::User>(), &old, 2);
    let other = joined(agreeing::<mailed::User>(), &old, 3);
    one.write(|b| b.edit(as_of(node), aged::User::AGE.set(36))).expect("written");
    other.write(|b| b.edit(as_of(node), mailed::User::MAIL.set("ada@x"))).expect("written");
    meet(&one, &other);
    let labelled = one.snapshot().graph().labelled("User@2");
    assert_eq!(labelled.len(), 2, "two types go by one label: {labelled:?}");
    assert_ne!(labelled[0].digest, labelled[1].digest);
    let current = one.snapshot().graph().current().expect("a schema");
    assert_eq!(current.types[0].label(), "User@3");
    // Each goes on through its own.
    let (ada, too) =
        (read::<aged::User>(&one, as_of(node)), read::<mailed::User>(&other, as_of(node)));
    assert_eq!(ada, aged::User { name: "Ada".into(), age: Some(36) });
    assert_eq!(too, mailed::User { name: "Ada".into(), mail: Some("ada@x".into()) });
    other.write(|b| b.edit(as_of(node), mailed::User::NAME.set("Augusta"))).expect("written");
    meet(&one, &other);
    assert_eq!(read::<aged::User>(&one, as_of(node)).name, "Augusta");
    assert_eq!(one.snapshot().voids(), []);
}
