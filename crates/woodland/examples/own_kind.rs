//! A kind of data that Woodland does not have: a queue of tasks, the most urgent one first.
//!
//! `Take` says "the first one", a position; what that is depends on what its author saw. So two
//! people who take at once take the same task, once, and nobody takes what they never saw.
//!
//! The kind, its Rust type and its changes come first; then two replicas use it; then the law suite
//! tries it.
//!
//! **Invariants**
//! - It is written with what every program can use: no crate is changed for it.
//!
//! What this does not do: end in a queue that is kept. The replicas are in memory.

use serde::{Deserialize, Serialize};
use woodland::{
    Change, ConfigError, Field, FieldType, Kind, Misread, Past, Reading, Record, Replica, Stamp,
    Stored, Types, Value, Void, Writing, define,
};
use woodland_format::{decode, encode};
use woodland_laws::{Laws, Maker};

/// What an author does. Its canonical bytes are what the log keeps, for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum QueueOp {
    Push { urgency: u8, task: String },
    Take,
}

/// The same, by id: a task is named by the op that pushed it.
enum Resolved {
    Push { urgency: u8, task: String },
    Take(Stamp),
}

#[derive(Debug, Clone)]
struct Task {
    pushed: Stamp,
    urgency: u8,
    task: String,
    taken: Vec<Stamp>,
}

/// How a task stands in a page: as it is, and never for longer than the program stays the same.
impl Stored for Task {
    fn write(&self, to: &mut Writing<'_>) {
        self.pushed.write(to);
        (self.urgency, self.task.clone()).write(to);
        self.taken.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (pushed, (urgency, task), taken) = Stored::read(from)?;
        Some(Task { pushed, urgency, task, taken })
    }
}

#[derive(Debug)]
struct QueueKind;

impl Kind for QueueKind {
    const NAME: &'static str = "queue";
    type Config = ();
    type Op = QueueOp;
    type Resolved = Resolved;
    type State = Vec<Task>;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
    }

    /// `decode` takes the canonical bytes and no others.
    fn decode(&self, (): &(), bytes: &[u8]) -> Result<QueueOp, Void> {
        decode::<_, 4096>("a queue's op", bytes).map_err(|_| Void::Undecodable)
    }

    /// The state may hold tasks that the author never saw: `past` tells which it did.
    fn resolve(
        &self,
        tasks: &mut Vec<Task>,
        past: &Past<'_>,
        op: QueueOp,
    ) -> Result<Resolved, Void> {
        match op {
            QueueOp::Push { urgency, task } => Ok(Resolved::Push { urgency, task }),
            QueueOp::Take => {
                let seen = tasks.iter().filter(|task| past.saw(task.pushed));
                let open = seen.filter(|task| !task.taken.iter().any(|take| past.saw(*take)));
                let first = open.min_by(|one, other| {
                    one.place().cmp(&other.place()).then(past.order(one.pushed, other.pushed))
                });
                Ok(Resolved::Take(first.ok_or(Void::Custom("queue-empty"))?.pushed))
            }
        }
    }

    /// Two ops that did not see each other give one state in either order: `show` sorts.
    fn apply(&self, tasks: &mut Vec<Task>, past: &Past<'_>, op: Resolved) {
        match op {
            Resolved::Push { urgency, task } => {
                tasks.push(Task { pushed: past.at(), urgency, task, taken: Vec::new() });
            }
            Resolved::Take(pushed) => {
                let task = tasks.iter_mut().find(|task| task.pushed == pushed);
                task.expect("who takes a task has seen it pushed").taken.push(past.at());
            }
        }
    }

    fn show(&self, tasks: &Vec<Task>) -> Option<Value> {
        let mut open: Vec<&Task> = tasks.iter().filter(|task| task.taken.is_empty()).collect();
        open.sort_by(|one, other| one.place().cmp(&other.place()));
        let pair = |one: &Task| {
            Value::Record(vec![(1, i64::from(one.urgency).into()), (2, one.task.as_str().into())])
        };
        Some(Value::List(open.into_iter().map(pair).collect()))
    }
}

impl Task {
    /// The most urgent first, then by name.
    fn place(&self) -> (std::cmp::Reverse<u8>, &str) {
        (std::cmp::Reverse(self.urgency), &self.task)
    }
}

/// Its Rust type: what a program reads, and what it writes into a new node.
#[derive(Debug, Clone, PartialEq, Default)]
struct Queue(Vec<(u8, String)>);

impl FieldType for Queue {
    const KIND: &'static str = QueueKind::NAME;

    fn config(_: &Types<'_>) -> Result<Vec<u8>, ConfigError> {
        Ok(Vec::new())
    }

    fn write(&self, op: &mut dyn FnMut(Vec<u8>)) {
        for (urgency, task) in &self.0 {
            op(encode(&QueueOp::Push { urgency: *urgency, task: task.clone() }));
        }
    }

    fn read(value: Option<&Value>) -> Result<Self, Misread> {
        let Some(Value::List(tasks)) = value else { return Ok(Queue::default()) };
        let mut queue = Queue::default();
        for task in tasks {
            let Value::Record(parts) = task else { return Err(Misread::of::<String>(task)) };
            match parts.as_slice() {
                [(1, Value::Int(urgency)), (2, Value::String(name))] => {
                    queue.0.push((u8::try_from(*urgency).unwrap_or(u8::MAX), name.clone()));
                }
                _ => return Err(Misread::of::<String>(task)),
            }
        }
        Ok(queue)
    }
}

/// Its changes, as methods of the field: `Ward::TASKS.take()`.
trait Queued<R> {
    fn push(self, urgency: u8, task: &str) -> Change<R>;
    fn take(self) -> Change<R>;
}

impl<R> Queued<R> for Field<R, Queue> {
    fn push(self, urgency: u8, task: &str) -> Change<R> {
        self.with_op(encode(&QueueOp::Push { urgency, task: task.to_owned() }))
    }

    fn take(self) -> Change<R> {
        self.with_op(encode(&QueueOp::Take))
    }
}

#[derive(Record)]
struct Ward {
    name: String,
    tasks: Queue,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = define().record::<Ward>().kind(QueueKind).model()?;
    let desk = Replica::in_memory(&model, 1)?;
    let tasks = Queue(vec![(2, "tea".into()), (9, "bed 4".into())]);
    let ward = desk.write(|b| b.insert(&Ward { name: "east".into(), tasks }))?;
    let (round, _) = Replica::join_in_memory(&model, &desk, 2)?;

    // Apart, both take the most urgent task that they see; a more urgent one is only at the desk.
    desk.write(|b| b.edit(ward, Ward::TASKS.take()))?;
    desk.write(|b| b.edit(ward, Ward::TASKS.push(10, "bed 7")))?;
    round.write(|b| b.edit(ward, (Ward::TASKS.take(), Ward::TASKS.push(1, "window"))))?;
    desk.merge(&round)?;
    round.merge(&desk)?;

    for (place, replica) in [("desk", &desk), ("round", &round)] {
        let wards: Vec<Option<Ward>> = replica.snapshot().read(&[ward])?;
        let ward = wards.into_iter().flatten().next().ok_or("the ward is there")?;
        println!("{place}, ward {}: {:?}", ward.name, ward.tasks.0);
        let tasks: Vec<&str> = ward.tasks.0.iter().map(|(_, task)| task.as_str()).collect();
        assert_eq!(tasks, ["bed 7", "tea", "window"], "bed 4 was taken, once");
    }
    assert_eq!(desk.snapshot().digest(), round.snapshot().digest());

    println!("laws: {}", laws().check()?);
    Ok(())
}

/// The suite makes small histories of many authors out of ops like these, and tries the laws.
fn laws() -> Laws<'static, QueueKind> {
    Laws::of(QueueKind).histories(50).ops(|maker: &mut Maker<'_>| {
        encode(&if maker.random.chance(40) {
            QueueOp::Take
        } else {
            let task = ["tea", "bed", "window"][maker.random.below(3)].to_owned();
            QueueOp::Push { urgency: maker.random.below(3) as u8, task }
        })
    })
}

#[test]
fn the_example_runs() {
    main().expect("it runs");
}

#[test]
fn the_kind_keeps_the_laws() {
    let report = laws().check().unwrap_or_else(|broken| panic!("{broken}"));
    assert!(report.voids > 0, "some took from an empty queue: {report}");
}

/// The guide's code is this file's.
#[test]
fn the_guide_says_what_is_here() {
    let here = include_str!("own_kind.rs");
    let guide = include_str!("../../../docs/guide/own-kind.md");
    let blocks = guide.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 3, "the guide shows the kind, its Rust type and the suite");
    for block in blocks {
        assert!(here.contains(block), "docs/guide/own-kind.md shows what is not here:\n{block}");
    }
}
