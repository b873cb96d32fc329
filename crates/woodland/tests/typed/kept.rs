//! What is inserted is read back as it was.

use crate::model::{Contact, Date, Figure, Note, Place, Priority, Step, Tag, date, founded, read};
use woodland::{Atom, Events, Parts, Set};

fn place(city: &str, country: &str) -> Place {
    Place { city: city.into(), zip: Some(89073), country: country.into() }
}

#[test]
fn a_record_with_a_field_of_every_kind() {
    let replica = founded();
    let (written, node) = replica
        .write(|b| {
            let tags: Set<_> =
                ["rust", "trips"].map(|name| b.insert(&Tag { name: name.into() })).into();
            let note = Note {
                title: "Trip".into(),
                body: "Pack boots".into(),
                stars: 5.into(),
                tags,
                due: Some(date("2026-11-25")),
                weight: 7,
                priority: Priority::High,
                place: Some(Atom(place("Ulm", "Germany"))),
                home: Atom(place("Paris", "France")),
                contact: Parts(Contact { mail: Some("a@b".into()), ..Contact::default() }),
                votes: [("ben".to_owned(), -1), ("ada".to_owned(), 2)].into(),
                moves: Events::of(&[Step::Up(3), Step::Down]),
                bytes: vec![0, 255],
                figures: vec![
                    Figure::Circle { radius: 0.5 },
                    Figure::Nothing,
                    Figure::Rect { width: 1.0, height: f64::INFINITY, corners: None },
                    Figure::Rect { width: -1.0, height: 2.0, corners: Some(true) },
                ],
                r#type: None,
            };
            let node = b.insert(&note);
            (note, node)
        })
        .expect("written");
    let found = read(&replica, node);
    assert_eq!(found, written);
    assert_eq!((*found.moves.state(), found.moves.count(), found.moves.skipped()), (2, 2, 0));
    // A copy is as good, events included.
    let copy = replica.write(|b| b.insert(&found)).expect("written");
    assert_eq!(read(&replica, copy), written);
}

#[test]
fn what_says_nothing_writes_nothing() {
    let replica = founded();
    let note = Note {
        weight: 3,
        contact: Parts(Contact { is_public: true, ..Contact::default() }),
        ..Note::default()
    };
    let node = replica.write(|b| b.insert(&note)).expect("written");
    assert_eq!(read(&replica, node), note);
    let nodes = replica.snapshot().graph().nodes(&[node.id()]);
    let written = nodes[0].as_ref().map(|node| node.fields.len());
    // The title, home, bytes, figures: registers that are neither optional nor at their default.
    assert_eq!(written, Some(4));
}

#[test]
fn a_member_or_register_with_a_default_can_be_given_another_value_and_back() {
    let replica = founded();
    let node = replica.write(|b| b.insert(&Note::default())).expect("written");
    assert_eq!(read(&replica, node).weight, 0, "0 is not the default, so it was written");
    for weight in [3, 4] {
        replica.write(|b| b.edit(node, Note::WEIGHT.set(weight))).expect("written");
        assert_eq!(read(&replica, node).weight, weight);
    }
    let public = |is_public| {
        replica
            .write(|b| b.edit(node, Note::CONTACT.set(Contact::IS_PUBLIC.set(is_public))))
            .expect("written");
        read(&replica, node).contact.is_public
    };
    assert_eq!([true, false].map(public), [true, false]);
}

#[test]
fn integers_of_other_widths_and_dates_are_kept() {
    use woodland::{FieldValue, Value};
    assert_eq!(u32::from_value(&u32::MAX.to_value()), Some(u32::MAX));
    assert_eq!(i8::from_value(&Value::Int(-129)), None);
    assert_eq!(u8::from_value(&Value::Int(255)), Some(255));
    assert_eq!(Vec::<u8>::from_value(&Value::Bytes(vec![7])), Some(vec![7]));
    assert_eq!(Vec::<u16>::from_value(&vec![7_u16].to_value()), Some(vec![7]));
    assert_eq!(Date::from_value(&"2026-11-25".into()).map(|date| date.day), Some(25));
    assert_eq!(Date::from_value(&"tomorrow".into()), None);
}
