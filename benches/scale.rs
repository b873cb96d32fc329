//! How the log grows: time and heap of 10^4 to 10^7 commits, each with its growth exponent.
//!
//! ```text
//!  cargo bench -p woodland-benches --bench scale               all rows up to 10^6
//!  cargo bench -p woodland-benches --bench scale -- 7          up to 10^7
//!  cargo bench -p woodland-benches --bench scale -- 7 keys     one shape
//! ```
//!
//! An exponent of 1 is linear growth: it is the slope, in logarithms, from the row before to this
//! one. The shapes:
//!
//! - *keys*: one author types; an ordinary commit for each key.
//! - *authors*: 10,000 authors write in turn, each seeing what the one before wrote.
//! - *heads*: as many authors as commits (at most 100,000), none of whom has seen another.
//! - *chain*: two authors answer each other: every commit has a parent and a turn of its own.
//!
//! Heap is what the log holds once it is built, by a counting allocator. Time is the process's own,
//! where the system tells it, otherwise the wall's; medians of [`RUNS`] runs. No test looks at it.

use cap::Cap;
use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};
use woodland_format::{
    AuthorKey, Commit, CommitId, DatasetId, Draft, FieldId, NodeId, ObjectId, Op, Payload,
    Position, Schema, SchemaChange, SchemaId, SecretKey, TextOp, encode,
};
use woodland_log::{Log, Work};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Of each measurement; the median is shown.
const RUNS: usize = 3;
/// How many look-ups and merges are timed.
const SAMPLES: u64 = 1000;

/// A moment, on a clock that stands still while other processes run.
struct Clock(Option<u64>, Instant);

impl Clock {
    fn start() -> Self {
        Clock(processor_nanos(), Instant::now())
    }

    fn elapsed(&self) -> Duration {
        /// Below this, the steps in which that clock moves would show.
        const SHORT: Duration = Duration::from_millis(200);
        let wall = self.1.elapsed();
        match (self.0, processor_nanos()) {
            (Some(before), Some(now)) if wall > SHORT => Duration::from_nanos(now - before),
            _ => wall,
        }
    }
}

/// Time on a processor, as Linux tells it.
fn processor_nanos() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

struct Author {
    key: AuthorKey,
    last: Option<Last>,
}

/// An author's last commit.
#[derive(Clone, Copy)]
struct Last {
    id: CommitId,
    seq: u64,
    turn: u64,
}

/// Makes commits one after another, so that none but the log's own are in memory.
struct Writer {
    founding: Commit,
    authors: Vec<Author>,
    schema: SchemaId,
    written: u64,
}

impl Writer {
    fn new(authors: usize) -> Self {
        let schema = Schema { types: Vec::new() };
        let founder = SecretKey::from_seed([255; 32]).author();
        let position = Position::Founding {
            author: founder,
            nonce: [7; 32],
            schema: schema.id(),
            certificate: None,
        };
        let payload = Payload::of(vec![Op::Schema(schema.clone())]);
        let draft = Draft { position, turn: 0, parents: Vec::new(), payload };
        let founding = Commit::seal(founder, draft).expect("a founding commit");
        // Nothing is signed here, so any 32 bytes are an author.
        let mut key = SecretKey::from_seed([1; 32]).author();
        let mut key = |number: usize| {
            key.0[..8].copy_from_slice(&(number as u64).to_be_bytes());
            key
        };
        let authors = (0..authors).map(|number| Author { key: key(number), last: None });
        let authors = authors.collect();
        Writer { founding, authors, schema: schema.id(), written: 0 }
    }

    /// What one key press says: an insertion of a letter into one text.
    fn key_press(&self) -> Payload {
        let at = u32::try_from(self.written).expect("fewer than 2^32 keys");
        let text = char::from(b'a' + u8::try_from(self.written % 23).unwrap_or(0)).to_string();
        let op = encode(&TextOp::Insert { at, text });
        let object = ObjectId { node: NodeId([3; 16]), field: FieldId(1) };
        Payload::of(vec![Op::Edit { object, op }])
    }

    /// The next commit of this author, which has newly seen the last commit of `seen`.
    fn commit(&mut self, number: usize, seen: Option<usize>) -> Commit {
        let payload = self.key_press();
        let Author { key: author, last } = self.authors[number];
        let seen = seen.and_then(|seen| self.authors[seen].last);
        let parents: Vec<CommitId> = seen.iter().map(|last| last.id).collect();
        let (position, own_turn) = match last {
            None => {
                let dataset = DatasetId::from(self.founding.id());
                let schema = self.schema;
                (Position::First { author, dataset, schema, certificate: None }, 1)
            }
            Some(Last { id: backlink, seq, turn }) => {
                let schema = SchemaChange::Keep;
                (Position::Next { backlink, seq: seq + 1, schema }, turn)
            }
        };
        let turn = seen.map_or(own_turn, |seen| own_turn.max(seen.turn + 1));
        let commit = Commit::seal(author, Draft { position, turn, parents, payload });
        let commit = commit.expect("an ordinary commit");
        let (id, seq) = (commit.id(), commit.seq());
        self.authors[number].last = Some(Last { id, seq, turn });
        self.written += 1;
        commit
    }
}

/// A shape of history.
struct Shape {
    name: &'static str,
    authors: fn(u64) -> usize,
    next: fn(&mut Writer) -> Commit,
    most: u64,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "keys", authors: |_| 1, next: |writer| writer.commit(0, None), most: 7 },
    Shape {
        name: "authors",
        authors: |_| 10_000,
        next: |writer| {
            let count = writer.authors.len() as u64;
            let number = usize::try_from(writer.written % count).unwrap_or(0);
            let before = (number > 0).then(|| number - 1);
            writer.commit(number, before)
        },
        most: 6,
    },
    Shape {
        name: "heads",
        authors: |commits| usize::try_from(commits.min(100_000)).unwrap_or(1),
        next: |writer| {
            let count = writer.authors.len() as u64;
            let number = usize::try_from(writer.written % count).unwrap_or(0);
            writer.commit(number, None)
        },
        most: 6,
    },
    Shape {
        name: "chain",
        authors: |_| 2,
        next: |writer| {
            let number = usize::from(writer.written % 2 == 1);
            writer.commit(number, Some(1 - number))
        },
        most: 6,
    },
];

/// One row of the table: per commit where nothing else is said.
#[derive(Clone)]
struct Row {
    commits: u64,
    build: f64,
    heap: f64,
    iterate: f64,
    find: f64,
    position: f64,
    clone: f64,
    merge: f64,
    work: Work,
}

fn main() {
    // cargo adds `--bench`.
    let highest = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(6);
    println!("Per commit, medians of {RUNS} runs; x: growth exponent against the row above.");
    println!("build: op bytes to a commit that can be found, hashes included. find, position: one");
    println!("random look-up. merge: taking in {SAMPLES} commits that another replica appended.\n");
    println!(
        "{:<8} {:>9}  {:>8} {:>5}  {:>7} {:>5}  {:>8} {:>5}  {:>7} {:>5}  {:>8} {:>5}  {:>6}  \
         {:>8} {:>5}  merge's work",
        "shape",
        "commits",
        "build µs",
        "x",
        "heap B",
        "x",
        "read µs",
        "x",
        "find µs",
        "x",
        "place µs",
        "x",
        "clone",
        "merge µs",
        "x"
    );
    let named: Vec<String> =
        std::env::args().skip(1).filter(|word| word.chars().all(char::is_alphabetic)).collect();
    let is_asked = |shape: &&Shape| named.is_empty() || named.iter().any(|one| one == shape.name);
    for shape in SHAPES.iter().filter(is_asked) {
        let (mut first, mut before): (Option<Row>, Option<Row>) = (None, None);
        for power in 4..=shape.most.min(highest) {
            let row = measure(shape, 10u64.pow(u32::try_from(power).unwrap_or(4)));
            print(shape.name, &row, before.as_ref());
            first.get_or_insert(row.clone());
            before = Some(row);
        }
        if let (Some(first), Some(last)) = (first, before) {
            let slope = |figure: fn(&Row) -> f64| {
                let growth = figure(&last) * last.commits as f64;
                let growth = growth / (figure(&first) * first.commits as f64);
                growth.ln() / (last.commits as f64 / first.commits as f64).ln()
            };
            println!(
                "{:<8} from the first row to the last: build {:.2}, heap {:.2}, read {:.2}\n",
                shape.name,
                slope(|row| row.build),
                slope(|row| row.heap),
                slope(|row| row.iterate),
            );
        }
    }
}

fn print(name: &str, row: &Row, before: Option<&Row>) {
    let total = |per: f64, row: &Row| per * row.commits as f64;
    // Of a total: how it grows with the number of commits.
    let of_total = |figure: fn(&Row) -> f64| match before {
        Some(before) => {
            let growth = total(figure(row), row) / total(figure(before), before);
            let more = row.commits as f64 / before.commits as f64;
            format!("{:.2}", growth.ln() / more.ln())
        }
        None => "-".to_owned(),
    };
    // Of one act: how that grows.
    let of_one = |figure: fn(&Row) -> f64| match before {
        Some(before) => {
            let more = row.commits as f64 / before.commits as f64;
            format!("{:.2}", (figure(row) / figure(before)).ln() / more.ln())
        }
        None => "-".to_owned(),
    };
    let Row { commits, build, heap, iterate, find, position, clone, merge, work } = row;
    println!(
        "{name:<8} {commits:>9}  {build:>8.2} {:>5}  {heap:>7.1} {:>5}  {iterate:>8.2} {:>5}  \
         {find:>7.2} {:>5}  {position:>8.2} {:>5}  {clone:>4.0}ns  {merge:>8.2} {:>5}  \
         {} lines, {} probes, {} commits",
        of_total(|row| row.build),
        of_total(|row| row.heap),
        of_total(|row| row.iterate),
        of_one(|row| row.find),
        of_one(|row| row.position),
        of_one(|row| row.merge),
        work.lines,
        work.probes,
        work.commits,
    );
}

/// The shortest of some runs: for acts that are over before the system's clock of processor time
/// moves.
fn shortest(mut act: impl FnMut()) -> Duration {
    let runs = (0..5).map(|_| {
        let start = Instant::now();
        act();
        start.elapsed()
    });
    runs.min().unwrap_or_default()
}

fn measure(shape: &Shape, commits: u64) -> Row {
    let mut rows: Vec<Row> = (0..RUNS).map(|_| measure_once(shape, commits)).collect();
    let mut median = |figure: fn(&Row) -> f64| {
        rows.sort_by(|one, other| figure(one).total_cmp(&figure(other)));
        figure(&rows[RUNS / 2])
    };
    let (build, heap) = (median(|row| row.build), median(|row| row.heap));
    let (iterate, find) = (median(|row| row.iterate), median(|row| row.find));
    let (position, clone) = (median(|row| row.position), median(|row| row.clone));
    let merge = median(|row| row.merge);
    Row { commits, build, heap, iterate, find, position, clone, merge, work: rows[0].work }
}

fn measure_once(shape: &Shape, commits: u64) -> Row {
    let mut writer = Writer::new((shape.authors)(commits));
    let founding = writer.founding.clone();
    let empty = Log::found(founding).expect("a founding commit founds");
    let before = HEAP.allocated();
    let start = Clock::start();
    let made = std::iter::from_fn(|| Some((shape.next)(&mut writer)));
    let count = usize::try_from(commits).unwrap_or(usize::MAX);
    let log = empty.extend(made.take(count)).expect("the writer keeps the rules");
    let build = start.elapsed();
    let heap = HEAP.allocated() - before;
    assert_eq!(log.len(), commits + 1);

    let start = Clock::start();
    let read = log.order().fold(0, |read, (_, commit)| read + u64::from(commit.seq() <= commits));
    let iterate = start.elapsed();
    assert_eq!(read, commits + 1);
    // Spread over the whole log by a constant that shares no factor with its length.
    let spread = |sample: u64| sample * 7_368_787 % log.len();
    let places: Vec<_> = (0..SAMPLES).filter_map(|one| log.at_position(spread(one))).collect();
    let ids: Vec<_> = places.iter().filter_map(|place| log.id(*place)).collect();
    let find = shortest(|| {
        assert!(ids.iter().zip(&places).all(|(id, place)| log.place(id) == Some(*place)));
    });
    let position = shortest(|| {
        for (sample, place) in (0..SAMPLES).zip(&places) {
            assert_eq!(black_box(log.position(*place)), Some(spread(sample)));
        }
    });
    let clone = shortest(|| {
        for _ in 0..SAMPLES {
            black_box(log.clone());
        }
    });
    let more: Vec<_> = (0..SAMPLES).map(|_| (shape.next)(&mut writer)).collect();
    let grown = log.extend(&more).expect("the writer keeps the rules");
    let mut work = Work::default();
    let merge = shortest(|| {
        let (merged, looked_at) = log.merge_counted(&grown).expect("one dataset");
        assert_eq!(merged.len(), log.len() + SAMPLES);
        work = looked_at;
    });
    let micros = |time: Duration, of: u64| time.as_secs_f64() * 1e6 / of as f64;
    Row {
        commits,
        build: micros(build, commits),
        heap: heap as f64 / commits as f64,
        iterate: micros(iterate, commits),
        find: micros(find, SAMPLES),
        position: micros(position, SAMPLES),
        clone: micros(clone, SAMPLES) * 1000.0,
        merge: micros(merge, SAMPLES),
        work,
    }
}
