//! What should be unique: refused where its author sees it taken, told where two wrote apart.

use crate::model::{Person, founded, meet, read, told, two};

fn person(first: &str, last: Option<&str>, mail: &str) -> Person {
    Person { first: first.into(), last: last.map(Into::into), mail: mail.into() }
}

#[test]
fn what_is_taken_is_refused_and_its_holder_named() {
    let replica = founded();
    let ada = replica.write(|b| b.insert(&person("Ada", Some("L"), "ada@x"))).expect("written");
    let holder = format!("node {} (Person@1) has \"ada@x\" already", ada.id().short());
    let said = told(&replica, |b| b.insert(&person("Ben", None, "ada@x")));
    assert!(said.contains(&holder) && said.contains("op 2: Person.mail"), "{said}");
    let said = told(&replica, |b| {
        b.insert(&person("Ada", Some("L"), "other@x"));
        b.insert(&person("Cy", None, "cy@x"));
        b.insert(&person("Cy", None, "cy@x"));
    });
    let parts: Vec<&str> = said.split("; ").collect();
    assert_eq!(parts.len(), 2, "{said}");
    assert!(
        parts[0].contains("op 2: Person.last") && parts[0].contains("\"Ada\", \"L\""),
        "{said}"
    );
    assert!(parts[1].contains("op 9: Person.mail"), "no last name, no claim: {said}");
    // Half of a name is nobody's.
    let cy = replica
        .write(|b| {
            (b.insert(&person("Ada", None, "a@x")), b.insert(&person("Cy", Some("L"), "c@x")))
        })
        .expect("written")
        .1;
    let said = told(&replica, |b| b.edit(cy, Person::FIRST.set("Ada")));
    assert!(said.contains("op 0: Person.first"), "{said}");
    replica.write(|b| b.edit(cy, (Person::FIRST.set("Ada"), Person::LAST.clear()))).expect("free");
    // What its holder gave up, or went with it, is free; its own, anybody may write again.
    replica
        .write(|b| {
            b.edit(ada, Person::MAIL.set("ada@y"));
            b.edit(cy, Person::MAIL.set("ada@x"));
        })
        .expect("free");
    replica.write(|b| b.edit(ada, Person::MAIL.set("ada@y"))).expect("its own");
    replica.write(|b| b.delete(ada)).expect("deleted");
    replica.write(|b| b.insert(&person("Ada", Some("L"), "ada@y"))).expect("free");
    assert_eq!(replica.snapshot().clashes(), []);
}

#[test]
fn what_two_took_apart_is_told_and_settled_by_hand() {
    let (one, other, cy) = two(|b| b.insert(&person("Cy", None, "cy@x")));
    let ada = one.write(|b| b.insert(&person("Ada", None, "ada@x"))).expect("written");
    let ben = other.write(|b| b.insert(&person("Ben", None, "ada@x"))).expect("written");
    meet(&one, &other);
    let clashes = one.snapshot().clashes();
    let [clash] = &clashes[..] else { panic!("one clash: {clashes:?}") };
    let (holder, loser) = if clash.holder == ada.id() { (ada, ben) } else { (ben, ada) };
    assert_eq!((clash.holder, &clash.others[..]), (holder.id(), &[loser.id()][..]));
    assert_eq!(clash.values, ["ada@x".into()]);
    assert_eq!(other.snapshot().clashes(), clashes);
    // Nothing is hidden, and everything else goes on.
    assert_eq!(read(&one, ada).mail, read(&one, ben).mail);
    one.write(|b| b.edit(loser, (Person::FIRST.set("Eve"), Person::MAIL.set("ada@x"))))
        .expect("it was so before");
    let said = told(&one, |b| b.edit(cy, Person::MAIL.set("ada@x")));
    assert!(said.contains("op 0: Person.mail"), "{said}");
    one.write(|b| b.edit(loser, Person::MAIL.set("eve@x"))).expect("settled");
    assert_eq!(one.snapshot().clashes(), []);
}
