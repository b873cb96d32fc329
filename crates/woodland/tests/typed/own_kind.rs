//! A kind of the program's own has a Rust type of its own, and is as good as a built-in one.

use crate::model::{Tag, meet, read};
use woodland::{
    Change, ConfigError, Field, FieldType, Kind, Misread, Model, Past, Pointer, Record, Replica,
    StartError, Types, Value, Void, define,
};
use woodland_format::{decode, encode};

/// The kind: a mark that is only ever raised.
#[derive(Debug)]
struct HighestKind;

impl Kind for HighestKind {
    const NAME: &'static str = "highest";
    type Config = ();
    type Op = i64;
    type Resolved = i64;
    type State = Option<i64>;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<i64, Void> {
        let mark: i64 = decode::<_, 8>("a mark", bytes).map_err(|_| Void::Undecodable)?;
        if mark < 0 { Err(Void::Custom("below-zero")) } else { Ok(mark) }
    }

    fn resolve(&self, _: &mut Option<i64>, _: &Past<'_>, mark: i64) -> Result<i64, Void> {
        Ok(mark)
    }

    fn apply(&self, state: &mut Option<i64>, _: &Past<'_>, mark: i64) {
        *state = (*state).max(Some(mark));
    }

    fn show(&self, state: &Option<i64>) -> Option<Value> {
        state.map(Value::Int)
    }
}

/// Its Rust type.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Highest(i64);

impl FieldType for Highest {
    const KIND: &'static str = HighestKind::NAME;

    fn config(_: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        Ok(Vec::new())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        if self.0 > 0 {
            op(encode(&self.0));
        }
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        match value {
            None => Ok(Highest(0)),
            Some(Value::Int(mark)) => Ok(Highest(*mark)),
            Some(found) => Err(Misread::of::<i64>(found)),
        }
    }
}

/// Its changes.
trait Raise<R> {
    fn raise(self, mark: i64) -> Change<R>;
}

impl<R> Raise<R> for Field<R, Highest> {
    fn raise(self, mark: i64) -> Change<R> {
        self.with_op(encode(&mark))
    }
}

#[derive(Record, Debug, PartialEq)]
struct Jump {
    name: String,
    best: Highest,
}

fn model() -> Model {
    define().record::<Jump>().record::<Tag>().kind(HighestKind).model().expect("a model")
}

fn raise(replica: &Replica, jump: Pointer<Jump>, mark: i64) {
    replica.write(|b| b.edit(jump, Jump::BEST.raise(mark))).expect("written");
}

#[test]
fn a_kind_of_ones_own_is_written_merged_and_read() {
    let one = Replica::in_memory(model(), 1).expect("founded");
    let new = Jump { name: "ada".into(), best: Highest(3) };
    let jump = one.write(|b| b.insert(&new)).expect("written");
    assert_eq!(read(&one, jump), new);
    let (other, _) = Replica::join_in_memory(model(), &one, 2).expect("joined");
    raise(&one, jump, 5);
    raise(&other, jump, 7);
    raise(&other, jump, 4);
    meet(&one, &other);
    assert_eq!(read(&one, jump).best, Highest(7));
    // An older version knows the kind, too.
    let (_, founding) = one.snapshot().log().order().next().expect("a founding commit");
    let older = one.at(&[founding.id()]).expect("held");
    assert_eq!(older.read(&[jump]).expect("readable"), [None]);
    let told = one.write(|b| b.edit(jump, Jump::BEST.raise(-1))).expect_err("below zero");
    assert!(told.to_string().contains("Jump.best of node"), "{told}");
    assert!(told.to_string().contains("below-zero"), "{told}");
}

#[test]
fn a_program_without_the_kind_is_told_its_name() {
    let started = Replica::in_memory(model().schema(), 1);
    let Err(StartError::UnknownKind { field, kind }) = started else { panic!("{started:?}") };
    assert_eq!((field.as_str(), kind.as_str()), ("Jump@1.best", "highest"));
}
