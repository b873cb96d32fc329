//! Errors of the facade: what a program is told that starts, reads, writes or merges wrongly.

use crate::by_hand::{Hand, own_signature, replica_of, sealed, write_file};
use crate::notes::{Note, Tag, exported, folder, founded, joined, note, schema};
use crate::{Row, raised};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use woodland::{
    BackingError, ConfigError, DefineError, Field, FieldError, FieldType, FieldValue, Fields, Key,
    MergeError, Misread, Pointer, ReadError, Record, Replica, Shape, StartError, Text, Types,
    Value, View, WriteError, Writer, define,
};
use woodland_format::{Commit, Draft, RegisterConfig, Schema, SecretKey, Signature};
use woodland_store::{FileDisk, Store, StoreOptions};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    defining(&mut rows);
    starting(&mut rows);
    opening(&mut rows);
    reading(&mut rows);
    writing(&mut rows);
    merging(&mut rows);
    rows.extend(crate::raised_by_copies::rows());
    rows.extend(crate::raised_by_durability::rows());
    rows.extend(crate::raised_by_rights::rows());
    rows
}

/// A note as a program has it that does not fit the dataset.
#[derive(Record, Debug)]
#[woodland(name = "Note")]
struct Odd {
    tittle: Pointer<Tag>,
}

/// A note with a field whose name no schema can have, and a title that reads as a number.
#[derive(Debug)]
struct Careless;

impl Record for Careless {
    const TYPE: &'static str = "Note";

    fn define(fields: &mut Fields) {
        fields.add::<String>("title").add::<String>("bad name");
    }

    fn write(&self, _: &mut Writer<'_, Self>) {}

    fn read(fields: &View<'_, Self>) -> Result<Self, FieldError> {
        fields.get(Field::<Self, i64>::at(0)).map(|_| Careless)
    }
}

/// A type that the dataset does not have.
#[derive(Record)]
struct Notes {
    title: String,
}

/// A type that nobody can tell from a string.
struct Ambiguous;

impl FieldValue for Ambiguous {
    fn shape() -> Shape {
        Shape::Union(vec![Shape::String, Shape::Literal("a".into())])
    }

    fn to_value(&self) -> Value {
        "a".into()
    }

    fn from_value(_: &Value) -> Option<Self> {
        Some(Ambiguous)
    }
}

thread_local! {
    /// What a field's type was told while it said what it is.
    static TOLD: RefCell<Vec<ConfigError>> = const { RefCell::new(Vec::new()) };
}

/// A field's type that asks for what there is not, and then refuses.
struct Refusing;

impl FieldType for Refusing {
    const KIND: &'static str = "refusing";

    fn config(types: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        let nobody = types.value_type(&Shape::Pointer("Nobody")).expect_err("there is no Nobody");
        let both = RegisterConfig { value: types.value_type(&Ambiguous::shape())? };
        let both = ConfigError::from(both.check().expect_err("they are not apart"));
        let refused = ConfigError::Refused("it never fits".into());
        TOLD.with_borrow_mut(|told| told.extend([nobody, both, refused.clone()]));
        Err(refused)
    }

    fn write(&self, _: &mut dyn FnMut(Vec<u8>)) {}

    fn read(_: Option<&Value>) -> Result<Self, Misread> {
        Ok(Refusing)
    }
}

/// A record with one field, or two of the same type.
struct One<T, const TIMES: usize = 1>(PhantomData<T>);

impl<T: FieldType, const TIMES: usize> Record for One<T, TIMES> {
    const TYPE: &'static str = "One";

    fn define(fields: &mut Fields) {
        for name in ["one", "another"].iter().take(TIMES) {
            fields.add::<T>(name);
        }
    }

    fn write(&self, _: &mut Writer<'_, Self>) {}

    fn read(_: &View<'_, Self>) -> Result<Self, FieldError> {
        Ok(One(PhantomData))
    }
}

/// A rule that a derive would not write.
struct Claiming;

impl Record for Claiming {
    const TYPE: &'static str = "Claiming";

    fn define(fields: &mut Fields) {
        fields.add::<Text>("body");
        fields.unique(&[Field::<Self, Text>::at(0).any()]);
    }

    fn write(&self, _: &mut Writer<'_, Self>) {}

    fn read(_: &View<'_, Self>) -> Result<Self, FieldError> {
        Ok(Claiming)
    }
}

/// A pointer that has to be there.
#[derive(Record)]
struct Mark {
    tag: Pointer<Tag>,
}

fn defining(rows: &mut Vec<Row>) {
    let target = define().record::<Odd>().schema().expect_err("no tags");
    raised!(rows, "woodland" DefineError::UnknownTarget, "a pointer to no type", target);
    let name = define().record::<Careless>().schema().expect_err("a bad name");
    raised!(rows, "woodland" DefineError::Schema, "a field's name with a blank", name);
    let both = define().record::<One<Ambiguous>>().schema().expect_err("they are not apart");
    raised!(rows, "woodland" DefineError::Type, "a string or the string a", both);
    let refused = define().record::<One<Refusing>>().schema().expect_err("refused");
    raised!(rows, "woodland" DefineError::Kind, "a kind that refuses its field", refused);
    let twice = define().record::<One<Key<i64>, 2>>().schema().expect_err("two keys");
    raised!(rows, "woodland" DefineError::KeyTwice, "two fields that are keys", twice);
    let unique = define().record::<Claiming>().schema().expect_err("a text");
    raised!(rows, "woodland" DefineError::NotUnique, "a text that is unique", unique);
    let kind = define().kind(woodland_graph::Register).model().expect_err("built in");
    raised!(rows, "woodland" DefineError::KindTwice, "a kind by the name of register", kind);

    let told = TOLD.take();
    let [nobody, both, refused] = told.try_into().expect("what Refusing was told");
    raised!(rows, "woodland" ConfigError::UnknownTarget, "a pointer to no type", nobody);
    raised!(rows, "woodland" ConfigError::Type, "a string or the string a", both);
    raised!(rows, "woodland" ConfigError::Refused, "a kind that refuses its field", refused);
}

fn changed(change: impl FnOnce(&mut Schema)) -> Schema {
    let mut schema = schema();
    change(&mut schema);
    schema
}

fn starting(rows: &mut Vec<Row>) {
    let start = |schema: &Schema| Replica::in_memory(schema, 1).expect_err("no schema");
    let name = start(&changed(|schema| schema.types[0].name = "a b".into()));
    raised!(rows, "woodland" StartError::Schema, "a type's name with a blank", name);
    let kind = changed(|schema| schema.types[0].fields[3].kind = "gauge".into());
    raised!(rows, "woodland" StartError::UnknownKind, "a field of kind gauge", start(&kind));

    let (replica, _) = founded(1);
    let fewer = define().record::<Tag>().schema().expect("a schema");
    let join = |schema: &Schema| Replica::join_in_memory(schema, &replica, 2);
    let differs = join(&fewer).expect_err("another schema");
    raised!(rows, "woodland" StartError::SchemaDiffers, "a program without notes", differs);
    let unsound = changed(|schema| schema.types[0].fields[0].config = vec![9]);
    let unsound = join(&unsound).expect_err("a configuration of no register");
    raised!(rows, "woodland" StartError::Misfit, "a field whose configuration is none", unsound);
    let folder = folder();
    let path = folder.path().join("log.wll");
    let join = |path: &Path| Replica::join_in_memory(schema(), path, 2).expect_err("refused");
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![]);
    write_file(&path, hand.dataset(), [&hand.segment(&[first])]);
    raised!(rows, "woodland" StartError::NoFounding, "a log without its founding", join(&path));
    let founding = hand.log.founding();
    let erased = Commit::new(founding.author(), founding.header().clone(), None).expect("erased");
    write_file(&path, hand.dataset(), [&hand.segment(&[erased])]);
    raised!(rows, "woodland" StartError::NoSchema, "a founding payload erased", join(&path));
    std::fs::write(&path, "").expect("written");
    let empty = match join(&path) {
        StartError::Source(MergeError::File { error, .. }) => {
            StartError::Source(MergeError::File { path: "log.wll".into(), error })
        }
        other => other,
    };
    raised!(rows, "woodland" StartError::Source, "an empty log file", empty);
    let place = folder.path().join("place");
    std::fs::create_dir(&place).expect("made");
    std::fs::write(place.join("letter.txt"), "dear").expect("written");
    let create = Replica::create(&place, schema()).expect_err("not empty");
    raised!(rows, "woodland" StartError::Create, "a folder with a letter in it", create);
    let open = Replica::open(&place, schema()).expect_err("no dataset");
    raised!(rows, "woodland" StartError::Open, "the same, opened", open);
}

/// A directory into which these segments were put without being asked about.
fn opened(segments: impl FnOnce(&Hand) -> Vec<Vec<u8>>) -> StartError {
    let folder = folder();
    let path = folder.path().join("place");
    let hand = Hand::found();
    let disk = Arc::new(FileDisk::at(&path));
    let key = SecretKey::from_seed([3; 32]);
    let store =
        Store::create(disk, hand.dataset(), &key, &StoreOptions::default()).expect("created");
    store.append(&segments(&hand)).expect("appended");
    drop(store);
    Replica::open(&path, schema()).expect_err("it makes no replica")
}

fn opening(rows: &mut Vec<Row>) {
    let unfinished = opened(|_| vec![]);
    raised!(rows, "woodland" StartError::Unfinished, "a directory without a commit", unfinished);
    let log = opened(|hand| {
        let founding = hand.log.founding().clone();
        let draft = hand.draft(0, Some(&founding), &[], vec![]);
        let jump = sealed(0, Draft { turn: 900, ..draft });
        vec![hand.segment(&[founding, jump])]
    });
    raised!(rows, "woodland" StartError::Log, "a stored commit of turn 900", log);
    let signature = opened(|hand| {
        let founding = std::slice::from_ref(hand.log.founding());
        vec![hand.signed(founding, |_| Some(Signature::default()))]
    });
    raised!(rows, "woodland" StartError::Signature, "a stored signature of zeros", signature);
}

fn reading(rows: &mut Vec<Row>) {
    let (replica, trip) = founded(1);
    let now = replica.snapshot();
    let unknown = now.all::<Notes>().err().expect("no such type");
    raised!(rows, "woodland" ReadError::UnknownType, "a type with one letter more", unknown);
    let other = now.read(&[Pointer::<Tag>::to(trip.id())]).expect_err("a note");
    raised!(rows, "woodland" ReadError::OtherType, "a note, read as a tag", other);
    let field = now.read(&[Pointer::<Careless>::to(trip.id())]).expect_err("no number");
    if let ReadError::Field { error, .. } = &field {
        raised!(rows, "woodland" FieldError::Type, "a title, read as a number", error.clone());
    }
    raised!(rows, "woodland" ReadError::Field, "a title, read as a number", field);
    let asking = now.read(&[Pointer::<Odd>::to(trip.id())]).expect_err("no such field");
    let ReadError::Field { error, .. } = asking else { panic!("a field's error") };
    raised!(rows, "woodland" FieldError::Differs, "a field with one letter more", error);

    let mut hand = Hand::found();
    let folder = folder();
    let path = hand.file(folder.path().join("log.wll"), &[]);
    let absent = replica_of(&path).0.snapshot().read(&[hand.note()]).expect_err("no title");
    let ReadError::Field { error, .. } = absent else { panic!("a field's error") };
    raised!(rows, "woodland" FieldError::Absent, "a note without a title", error);

    let model = define().record::<Mark>().record::<Tag>().model().expect("a model");
    let marks = Replica::in_memory(&model, 1).expect("founded");
    let (mark, tag) = marks
        .write(|batch| {
            let tag = batch.insert(&Tag { name: "rust".into() });
            (batch.insert(&Mark { tag }), tag)
        })
        .expect("written");
    marks.write(|batch| batch.delete(tag)).expect("deleted");
    let gone = marks.snapshot().read(&[mark]).err().expect("no tag");
    let ReadError::Field { error, .. } = gone else { panic!("a field's error") };
    raised!(rows, "woodland" FieldError::NoTarget, "a pointer to what was deleted", error);

    let newer = newer(&mut hand);
    let path = hand.file(folder.path().join("newer.wll"), &[newer]);
    let fewer = define().record::<Tag>().model().expect("a model").migrate_if(|_| true);
    let migrate = Replica::join_in_memory(fewer, &path, 3).expect_err("newer");
    raised!(rows, "woodland" StartError::Migrate, "a payload of format 2, and a yes", migrate);
    let replica = replica_of(&path).0;
    let read = replica.snapshot().all::<Note>().expect_err("newer");
    raised!(rows, "woodland" ReadError::NewerFormat, "a payload of format 2, read", read);
    let write = replica.write(|batch| batch.insert(&note("x", ""))).expect_err("newer");
    raised!(rows, "woodland" WriteError::NewerFormat, "a payload of format 2, written to", write);
}

/// A segment with a commit whose payload is of format 2.
fn newer(hand: &mut Hand) -> Vec<u8> {
    let sound = hand.write(1, None, &[], vec![]);
    let payload = vec![2, 7, 7];
    let header = woodland_format::Header {
        payload_hash: woodland_format::payload_hash(&payload),
        payload_bytes: 3,
        ..sound.header().clone()
    };
    let newer = Commit::new(sound.author(), header, Some(payload.into())).expect("sealed");
    hand.signed(&[newer], |commit| Some(own_signature(commit)))
}

fn writing(rows: &mut Vec<Row>) {
    let (replica, trip) = founded(1);
    let before = crate::notes::facts(&replica);
    let far = replica.write(|batch| batch.edit(trip, Note::BODY.insert(99, "far")));
    raised!(rows, "woodland" WriteError::Invalid, "an insertion past the end", far.expect_err("far"));
    let text = "x".repeat(14 << 20);
    let large = replica.write(|batch| {
        for title in ["a", "b", "c", "d", "e"] {
            batch.insert(&note(title, &text));
        }
    });
    let large = large.expect_err("five texts of 14 MiB");
    raised!(rows, "woodland" WriteError::TooLarge, "five texts of 14 MiB in one batch", large);
    assert_eq!(crate::notes::facts(&replica), before, "nothing was written");

    let folder = folder();
    let path = folder.path().join("place");
    drop(Replica::join(&path, schema(), &replica).expect("joined"));
    let on_disk = Replica::open(&path, schema()).expect("opened");
    let other = joined(&replica, 7);
    other.write(|batch| batch.insert(&note("more", ""))).expect("written");
    // What the replica writes to is taken away under its feet.
    std::fs::remove_dir_all(path.join("segments")).expect("removed");
    let lost = on_disk.write(|batch| batch.insert(&note("x", ""))).expect_err("no file");
    if let WriteError::Store(backing) = &lost {
        raised!(rows, "woodland" BackingError::Append, "the folder of segments removed", backing);
    }
    raised!(rows, "woodland" WriteError::Store, "the folder of segments removed", lost);
    let lost = on_disk.merge(&other).expect_err("no file");
    raised!(rows, "woodland" MergeError::Store, "the same, merged into", lost);
}

fn merging(rows: &mut Vec<Row>) {
    let (replica, _) = founded(1);
    let (other, _) = founded(50);
    let before = crate::notes::facts(&replica);
    let dataset = replica.merge(&other).expect_err("another dataset");
    raised!(rows, "woodland" MergeError::OtherDataset, "another dataset's replica", dataset);
    let folder = folder();
    let path = exported(&replica, folder.path(), "log.wll");
    let mut bytes = std::fs::read(&path).expect("bytes");
    let merge = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        let plain = "log.wll".into();
        match replica.merge(&path).expect_err("no log file") {
            MergeError::File { error, .. } => MergeError::File { path: plain, error },
            MergeError::NotALogFile { .. } => MergeError::NotALogFile { path: plain },
            other => other,
        }
    };
    let newer = merge(b"WOODLAND\x09");
    raised!(rows, "woodland" MergeError::File, "a file of format 9", newer);
    let header = woodland_format::FileHeader {
        purpose: woodland_format::Purpose::Store,
        dataset: replica.dataset(),
    };
    bytes[..48].copy_from_slice(&header.encode());
    let part = merge(&bytes);
    raised!(rows, "woodland" MergeError::NotALogFile, "a part of a directory", part);
    let missing = replica.merge("no/such/log.wll").expect_err("nothing");
    raised!(rows, "woodland" MergeError::Read, "a file that is not there", missing);
    assert_eq!(crate::notes::facts(&replica), before, "nothing came of any of it");
}
