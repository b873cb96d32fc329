//! Recorded logs: `tests/logs/<name>.wll`, and what they mean in `tests/logs/<name>.txt`.
//!
//! `UPDATE=1 cargo test -p woodland-tests --test replica recorded` writes them anew.
//!
//! **Invariants**
//! - Every byte follows from seeds that stand here: the recorder writes the same files on every
//!   machine.
//! - A log, once recorded, means the same for ever: a difference here is a change of the format or
//!   of what it means, and needs a decision, not an update.

use crate::by_hand::{Hand, write_file};
use crate::histories::plain;
use crate::notes::{Note, Place, Tag, exported, folder, founded, joined, note, read};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use woodland::{Parts, Replica, Schema};
use woodland_format::{
    Commit, FILE_HEADER_BYTES, FileHeader, Op, Payload, Segment, SignedPoint, encode_segment,
    read_segments,
};
use woodland_tests::histories::{History, Recipe, Rng};

type Recorder = fn(&Path) -> PathBuf;

const LOGS: [(&str, Recorder); 6] = [
    ("three-authors", three_authors),
    ("concurrent-text", concurrent_text),
    ("many-heads", many_heads),
    ("fork", fork),
    ("schemas-and-voids", schemas_and_voids),
    ("erased-payload", erased_payload),
];

fn minus_one() -> Parts<Place> {
    Place { zip: Some(-1), ..Place::default() }.into()
}

fn three_authors(folder: &Path) -> PathBuf {
    let (ada, trip) = founded(11);
    let others = [joined(&ada, 12), joined(&ada, 13)];
    for (replica, title) in [&ada, &others[0], &others[1]].into_iter().zip(["Hike", "Walk", "Tour"])
    {
        let write = |b: &mut woodland::Batch<'_>| {
            let tag = b.insert(&Tag { name: title.into() });
            b.edit(trip, (Note::TITLE.set(title), Note::BODY.insert(5, "warm ")));
            b.edit(trip, (Note::TAGS.set(vec![tag]), Note::PLACE.set(Place::CITY.set(title))));
        };
        replica.write(write).expect("written");
    }
    others.iter().for_each(|other| drop(ada.merge(other).expect("merged")));
    ada.write(|b| b.insert(&Note { place: minus_one(), ..note("Schluß", "žluťoučký 🌲") }))
        .expect("written");
    exported(&ada, folder, "log.wll")
}

fn concurrent_text(folder: &Path) -> PathBuf {
    let (first, trip) = founded(21);
    let replicas = [joined(&first, 22), joined(&first, 23), first];
    let mut rng = Rng::from_seed(20);
    for _ in 0..24 {
        let (at, other) = (rng.below(3), rng.below(3));
        if rng.chance(25) {
            replicas[at].merge(&replicas[other]).expect("merged");
        }
        let body = read(&replicas[at], trip).body;
        let place = rng.below(body.len() + 1);
        let end = (place + rng.below(4)).min(body.len());
        let word = ["ab", "c", "def"][rng.below(3)];
        replicas[at]
            .write(|b| {
                b.edit(trip, (Note::BODY.delete(place..end), Note::BODY.insert(place, word)));
            })
            .expect("written");
    }
    replicas[0].merge(&replicas[1]).expect("merged");
    replicas[0].merge(&replicas[2]).expect("merged");
    exported(&replicas[0], folder, "log.wll")
}

fn many_heads(folder: &Path) -> PathBuf {
    let (first, trip) = founded(31);
    let others: Vec<Replica> = (32..44).map(|seed| joined(&first, seed)).collect();
    for (seed, other) in (32..44).zip(&others) {
        other.write(|b| b.edit(trip, Note::TITLE.set(seed.to_string()))).expect("written");
        if seed % 4 == 0 {
            first.merge(other).expect("merged");
        } else {
            let head = exported(other, folder, "head.wll");
            first.merge(&head).expect("merged");
        }
    }
    first.write(|b| b.edit(trip, Note::TITLE.set("one"))).expect("written");
    exported(&first, folder, "log.wll")
}

fn fork(folder: &Path) -> PathBuf {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![hand.title("first")]);
    let left = hand.write(1, Some(&first), &[], vec![hand.title("left")]);
    let longer = hand.write(1, Some(&left), &[], vec![hand.title("longer")]);
    let right = hand.write(1, Some(&first), &[], vec![hand.title("right")]);
    let both = hand.write(2, None, &[&longer, &right], vec![hand.title("both seen")]);
    let segments =
        [hand.segment(&[first, left, longer]), hand.segment(&[right]), hand.segment(&[both])];
    hand.file(folder.join("log.wll"), &segments)
}

fn schemas_and_voids(folder: &Path) -> PathBuf {
    let recipe = Recipe {
        batches: 14..=14,
        ops_max: 3,
        odd_op_percent: 30,
        schema_change_percent: 25,
        unreadable_percent: 0,
        fork_percent: 0,
        ..Recipe::default()
    };
    record(&plain(&History::by(&recipe, 5)), folder)
}

fn erased_payload(folder: &Path) -> PathBuf {
    let recipe = Recipe { batches: 16..=16, ops_max: 3, ..Recipe::calm() };
    let mut history = plain(&History::by(&recipe, 6));
    for at in [3, 7, 15] {
        let commit = &history.commits[at];
        let erased = Commit::new(commit.author(), commit.header().clone(), None);
        history.commits[at] = erased.expect("an erased payload breaks no rule");
    }
    record(&history, folder)
}

fn record(history: &History, folder: &Path) -> PathBuf {
    let path = folder.join("log.wll");
    let runs = history.segments(&mut Rng::from_seed(1));
    let encode = |run: &Vec<Commit>| {
        let last = run.last().map(Commit::id);
        encode_segment(history.dataset(), run, |commit| {
            (Some(commit.id()) == last).then(|| history.point(commit).signature)
        })
    };
    write_file(&path, history.dataset(), &runs.iter().map(encode).collect::<Vec<_>>());
    path
}

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("logs")
}

/// Every recorded log, by name.
pub(crate) fn recorded_logs() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(logs()).expect("logs").map(|one| one.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wll"));
    paths.sort();
    paths
}

/// The file, decoded, and the schema that its founding commit carries.
pub(crate) struct Recorded {
    header: FileHeader,
    segments: Vec<Segment>,
    pub(crate) schema: Schema,
}

impl Recorded {
    pub(crate) fn of(path: &Path) -> Recorded {
        let bytes = std::fs::read(path).expect("a recorded log");
        let header = FileHeader::decode(&bytes).expect("a header");
        let found = read_segments(header.dataset, &bytes[FILE_HEADER_BYTES..], 48);
        let segments: Vec<Segment> = found
            .map(|found| {
                assert_eq!(found.damage, None);
                found.segment.expect("a whole segment")
            })
            .collect();
        let founding = segments
            .iter()
            .flat_map(Segment::commits)
            .find(|one| one.id() == header.dataset.founding())
            .expect("a founding commit");
        let payload = founding.payload().expect("a founding payload");
        let ops = Payload::decode(payload).expect("it decodes").ops;
        let [Op::Schema(schema), ..] = &ops[..] else { panic!("a schema comes first") };
        let schema = schema.clone();
        Recorded { header, segments, schema }
    }

    /// The log in pieces of a few commits, with the signatures that the file has; the founder's
    /// chain apart, which a replica can join from.
    pub(crate) fn pieces(&self, rng: &mut Rng, folder: &Path) -> (PathBuf, Vec<PathBuf>) {
        let points: Vec<&SignedPoint> = self.segments.iter().flat_map(|one| &one.points).collect();
        let encode = |commits: &[Commit]| {
            encode_segment(self.header.dataset, commits, |commit| {
                let mut own = points.iter().filter(|point| point.commit == commit.id());
                own.next().map(|point| point.signature)
            })
        };
        let founder = self
            .segments
            .iter()
            .find(|one| one.commits().any(|one| one.id() == self.header.dataset.founding()));
        let (mut first, mut others) = (Vec::new(), Vec::new());
        let founder = founder.expect("the founder's chain").head.author;
        for segment in &self.segments {
            let commits: Vec<Commit> = segment.commits().collect();
            let mut left = &commits[..];
            while !left.is_empty() {
                let (piece, rest) = left.split_at((1 + rng.below(3)).min(left.len()));
                left = rest;
                let into = if segment.head.author == founder { &mut first } else { &mut others };
                into.push(encode(piece));
            }
        }
        rng.shuffle(&mut first);
        let start = folder.join("start.wll");
        write_file(&start, self.header.dataset, &first);
        let write = |(number, piece): (usize, &Vec<u8>)| {
            let path = folder.join(format!("{number}.wll"));
            write_file(&path, self.header.dataset, [piece]);
            path
        };
        (start, others.iter().enumerate().map(write).collect())
    }
}

/// What the log means.
fn meaning(replica: &Replica) -> String {
    let now = replica.snapshot();
    let mut text = format!("version {}\ndigest {}\n", now.version(), now.digest());
    for (_, commit) in now.log().order() {
        writeln!(text, "{}", commit.id()).expect("memory");
    }
    text
}

#[test]
fn the_recorder_writes_what_was_recorded() {
    let is_update = std::env::var("UPDATE").is_ok_and(|update| update == "1");
    for (name, recorder) in LOGS {
        let folder = folder();
        let path = recorder(folder.path());
        let bytes = std::fs::read(&path).expect("bytes");
        let schema = Recorded::of(&path).schema;
        let (replica, merged) = Replica::join_in_memory(&schema, &path, 1).expect("joined");
        assert!(merged.waiting == 0 && merged.refused.is_empty(), "{name}: {merged:?}");
        let text = meaning(&replica);
        let recorded = logs().join(format!("{name}.wll"));
        if is_update {
            std::fs::create_dir_all(logs()).expect("a folder");
            std::fs::write(&recorded, &bytes).expect("written");
            std::fs::write(recorded.with_extension("txt"), &text).expect("written");
        }
        let is_same = std::fs::read(&recorded).expect("recorded") == bytes;
        assert!(is_same, "{name}: the recorder writes another log; UPDATE=1 only if that is meant");
        let expected = std::fs::read_to_string(recorded.with_extension("txt")).expect("recorded");
        assert_eq!(text, expected, "{name}");
    }
}

#[test]
fn what_was_recorded_is_what_its_name_says() {
    let replica = |name: &str| {
        let path = logs().join(format!("{name}.wll"));
        Replica::join_in_memory(&Recorded::of(&path).schema, &path, 1).expect("joined").0
    };
    let voids = |name: &str| replica(name).snapshot().voids();
    assert!(voids("schemas-and-voids").len() > 4);
    let schemas = Recorded::of(&logs().join("schemas-and-voids.wll"));
    let mut commits = schemas.segments.iter().flat_map(Segment::commits);
    assert!(commits.any(|one| format!("{:?}", one.header().position).contains("Introduce")));
    assert_eq!(voids("erased-payload").iter().filter(|void| void.index.is_none()).count(), 3);
    assert_eq!(replica("fork").snapshot().log().forks().len(), 1);
    let heads = replica("many-heads").snapshot();
    assert!(heads.log().order().any(|(_, commit)| commit.parents().len() >= 9));
    assert!(replica("concurrent-text").snapshot().log().frontier().len() == 3);
}

#[test]
fn recorded_logs_mean_what_they_meant_along_every_path() {
    let paths = recorded_logs();
    assert!(paths.len() >= LOGS.len(), "{paths:?}");
    for path in paths {
        let expected = std::fs::read_to_string(path.with_extension("txt")).expect("recorded");
        let recorded = Recorded::of(&path);
        let at = path.display();
        for seed in 0..5 {
            let folder = folder();
            let mut rng = Rng::from_seed(seed);
            let (start, mut pieces) = recorded.pieces(&mut rng, folder.path());
            pieces.extend(pieces.clone().into_iter().filter(|_| rng.chance(30)));
            rng.shuffle(&mut pieces);
            let place = folder.path().join("replica");
            let (replica, _) = Replica::join(&place, &recorded.schema, &start).expect("joined");
            let mut waiting = 0;
            for piece in &pieces {
                let merged = replica.merge(piece).expect("merged");
                assert!(merged.refused.is_empty() && merged.damage.is_empty(), "{at}: {merged:?}");
                waiting = merged.waiting;
            }
            assert_eq!((meaning(&replica), waiting), (expected.clone(), 0), "{at}, seed {seed}");
            drop(replica);
            let replica = Replica::open(&place, &recorded.schema).expect("opened");
            assert_eq!(meaning(&replica), expected, "{at}, seed {seed}, opened again");
            assert_eq!(replica.merge(&path).expect("merged").admitted, 0);
        }
    }
}
