//! Old and new programs, alive at once.

use crate::releases::first::task;
use crate::releases::{agreeing, as_of, first, founded, joined, meet, read, second};

#[test]
fn both_write_and_each_reads_all() {
    let old = founded::<first::Task>();
    let pack = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    let new = joined(agreeing::<second::Task>(), &old, 2);
    let walk = second::Task {
        name: "walk".into(),
        urgency: true,
        note: Some("far".into()),
        due: "tomorrow".into(),
    };
    let walk_node = new.write(|b| b.insert(&walk)).expect("written");
    let rest = old.write(|b| b.insert(&task("rest", 0))).expect("written");
    old.write(|b| b.edit(pack, first::Task::NOTE.set("boots"))).expect("written");
    meet(&old, &new);
    old.write(|b| b.edit(as_of(walk_node), first::Task::URGENCY.set(0))).expect("written");
    new.write(|b| b.edit(as_of(rest), second::Task::NAME.set("sleep"))).expect("written");
    meet(&old, &new);
    assert_eq!(old.snapshot().voids(), []);

    let seen = old.snapshot().all::<first::Task>().expect("readable");
    assert_eq!(seen.len(), 3);
    let boots = first::Task { note: Some("boots".into()), ..task("pack", 2) };
    assert_eq!(read(&old, pack), boots);
    let far = first::Task { note: Some("far".into()), ..task("walk", 0) };
    assert_eq!(read::<first::Task>(&old, as_of(walk_node)), far);
    assert_eq!(read(&old, rest), task("sleep", 0));

    let seen = new.snapshot().all::<second::Task>().expect("readable");
    assert_eq!(seen.len(), 3);
    assert_eq!(read(&new, walk_node), second::Task { urgency: false, ..walk });
    let pack = read::<second::Task>(&new, as_of(pack));
    assert_eq!((pack.name.as_str(), pack.urgency, pack.due.as_str()), ("pack", true, "some day"));
    assert_eq!(read::<second::Task>(&new, as_of(rest)).name, "sleep");
}

#[test]
fn types_come_and_go() {
    mod later {
        use woodland::{Pointer, Record};

        #[derive(Record, Debug, PartialEq)]
        #[woodland(was = "Task")]
        pub(crate) struct Chore {
            pub(crate) title: String,
            pub(crate) urgency: i64,
            pub(crate) note: Option<String>,
            pub(crate) list: Option<Pointer<Chores>>,
        }

        #[derive(Record, Debug, PartialEq)]
        pub(crate) struct Chores {
            pub(crate) name: String,
        }
    }
    let old = founded::<first::Task>();
    let pack = old.write(|b| b.insert(&task("pack", 2))).expect("written");
    let model = crate::releases::with(
        woodland::define().record::<later::Chore>().record::<later::Chores>(),
    );
    let new = joined(model.migrate_if(|_| true), &old, 2);
    let list = new
        .write(|b| {
            let list = b.insert(&later::Chores { name: "trip".into() });
            b.edit(as_of(pack), later::Chore::LIST.set(list));
            list
        })
        .expect("written");
    meet(&old, &new);
    assert_eq!(old.snapshot().voids(), []);
    assert_eq!(read(&old, pack), task("pack", 2));
    assert_eq!(old.snapshot().all::<first::Task>().expect("readable").len(), 1);
    assert_eq!(read::<later::Chore>(&new, as_of(pack)).list, Some(list));
    old.write(|b| b.insert(&task("walk", 1))).expect("written");
    meet(&old, &new);
    assert_eq!(new.snapshot().all::<later::Chore>().expect("readable").len(), 2);
}
