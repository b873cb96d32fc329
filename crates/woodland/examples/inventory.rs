//! A small team keeps the inventory of its field station, each on a device of their own, mostly
//! without a network.
//!
//! Ada and Ben count, rename and move the same things while apart, and both scan the same new
//! stove. When they meet, nothing is lost, and where both wrote one field, the write that lost is
//! shown.

use anyhow::{Context, Result, ensure};
use woodland::{
    Atom, Conflict, Counter, FieldValue, Map, Parts, Pointer, Record, Replica, Set, Text, define,
};

/// Where a thing is. Replaced as a whole: half of each of two places would be no place.
#[derive(FieldValue, Debug, Clone)]
struct Place {
    room: String,
    shelf: Option<i64>,
}

/// Whom to ask. Each part merges by itself: one may add a phone, the other an address.
#[derive(FieldValue, Debug, Default)]
struct Contact {
    phone: Option<String>,
    mail: Option<String>,
}

#[derive(FieldValue, Debug, Clone, Copy)]
enum State {
    Ready,
    Broken,
}

#[derive(Record)]
struct Label {
    name: String,
}

/// A thing is named by the code on it: who scans the same code twice, or in two places, makes one
/// thing.
#[derive(Record)]
struct Thing {
    #[woodland(key)]
    code: String,
    name: String,
    count: Counter,
    place: Atom<Place>,
    contact: Parts<Contact>,
    #[woodland(default = State::Ready)]
    state: State,
    notes: Text,
    labels: Set<Pointer<Label>>,
    measured: Map<String, f64>,
}

impl Thing {
    fn new(code: &str, name: &str, count: i64, room: &str) -> Self {
        Thing {
            code: code.into(),
            name: name.into(),
            count: count.into(),
            place: Atom(Place { room: room.into(), shelf: None }),
            contact: Parts::default(),
            state: State::Ready,
            notes: Text::default(),
            labels: Set::default(),
            measured: Map::default(),
        }
    }
}

fn main() -> Result<()> {
    let model = define().record::<Thing>().record::<Label>().model()?;
    // Both live in memory, from a seed each; `Replica::create` and `join` take a directory instead.
    let ada = Replica::in_memory(&model, 1)?;
    let (tent, fragile) = ada.write(|b| {
        let fragile = b.insert(&Label { name: "fragile".into() });
        (b.insert(&Thing::new("T-1", "Tent", 3, "attic")), fragile)
    })?;
    let (ben, _) = Replica::join_in_memory(&model, &ada, 2)?;

    // Ada, on her own: one write is one batch, visible and durable as a whole or not at all.
    ada.write(|b| {
        b.edit(tent, (Thing::NAME.set("Big tent"), Thing::COUNT.add(-1)));
        b.edit(tent, Thing::PLACE.set(Place { room: "hall".into(), shelf: Some(2) }));
        b.edit(tent, Thing::CONTACT.set(Contact::PHONE.set("7")));
        b.edit(tent, Thing::NOTES.insert(0, "Pegs are missing. "));
        b.insert(&Thing::new("S-9", "Stove", 1, "hall"));
    })?;

    // Ben, meanwhile, does other things to the same tent, and scans the same stove: one node, on
    // which two counts of one add up to two, as everybody's additions to a counter do.
    ben.write(|b| {
        b.edit(tent, (Thing::NAME.set("Storm tent"), Thing::COUNT.add(2)));
        b.edit(tent, Thing::CONTACT.set(Contact::MAIL.set("ben@station")));
        b.edit(tent, Thing::NOTES.insert(0, "Dried on Monday. "));
        b.edit(tent, (Thing::STATE.set(State::Broken), Thing::LABELS.add([fragile])));
        b.edit(tent, Thing::MEASURED.put([("kg", 4.5), ("m", 2.1)]));
        b.insert(&Thing::new("S-9", "Gas stove", 1, "kitchen"));
    })?;

    // They meet: each takes what the other has, in whatever order, and both see the same.
    ada.merge(&ben)?;
    ben.merge(&ada)?;
    let now = ben.snapshot();
    ensure!(ada.snapshot().digest() == now.digest(), "the replicas differ");

    // A key names its node whether or not anybody made it; reading says whether it is there.
    let stove = now.keyed::<Thing>(["S-9"])?[0];
    for thing in now.read(&[tent, stove])? {
        let thing = thing.context("it is there")?;
        println!("{} {}, {} of them, {:?}", thing.code, thing.name, thing.count, thing.state);
        println!("    in {:?}", *thing.place);
        println!("    ask {:?}", *thing.contact);
        let labels: Vec<Pointer<Label>> = thing.labels.iter().copied().collect();
        let labels: Vec<String> =
            now.read(&labels)?.into_iter().flatten().map(|it| it.name).collect();
        println!("    labels {labels:?}, measured {:?}", thing.measured.0);
        println!("    {}", thing.notes);
    }

    println!("\nWritten by both while neither saw the other:");
    // Answers stand as the questions do: for each a list, empty where nobody disagrees.
    let (name, place) = (Thing::NAME.any(), Thing::PLACE.any());
    let asked = [(tent, name), (tent, place), (stove, name), (stove, place)];
    now.conflicts(&asked).iter().flatten().for_each(show);

    // Whoever sees a conflict settles it by writing once more.
    ada.write(|b| b.edit(tent, Thing::NAME.set("Big storm tent")))?;
    ensure!(ada.snapshot().conflicts(&[(tent, Thing::NAME)]) == [vec![]], "it is settled");
    Ok(())
}

fn show(conflict: &Conflict) {
    let told = |value: &Option<woodland::Value>| value.as_ref().map(ToString::to_string);
    let losers: Vec<_> = conflict.losers.iter().filter_map(|lost| told(&lost.value)).collect();
    println!(
        "    {} stands over {}",
        told(&conflict.winner.value).unwrap_or_default(),
        losers.join(", ")
    );
}
