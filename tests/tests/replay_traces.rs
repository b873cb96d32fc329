//! Editing traces, replayed: small ones made here, and recorded ones where they are present.
//!
//! The recorded ones stand in `../shared/traces` relative to the repository; a checkout alone does
//! not have them, and then the test says so.

use std::path::{Path, PathBuf};
use woodland_tests::replay::{Options, Patch, Report, Trace, Transaction, replay, replay_file};

/// Recorded traces that take seconds, not minutes, in a build with debug assertions.
const SMALLER: [&str; 3] = ["sveltecomponent", "json-crdt-patch", "friendsforever"];

fn transaction(agent: usize, parents: &[usize], patches: &[(usize, usize, &str)]) -> Transaction {
    let patch =
        |(at, deleted, text): &(usize, usize, &str)| Patch(*at, *deleted, (*text).to_owned());
    Transaction { agent, parents: parents.to_vec(), patches: patches.iter().map(patch).collect() }
}

fn concurrent(name: &str, end: &str, transactions: Vec<Transaction>) -> Trace {
    let (name, start, end) = (name.to_owned(), String::new(), end.to_owned());
    Trace { name, start, end, transactions, is_concurrent: true }
}

#[track_caller]
fn holds(trace: &Trace, options: &Options) -> Report {
    let report = replay(trace, options).unwrap_or_else(|error| panic!("{}: {error:#}", trace.name));
    assert!(report.is_ok(), "{report}");
    report
}

#[test]
fn many_bytes_a_code_point() {
    let json = r#"{
        "startContent": "", "endContent": "né🙂字!",
        "txns": [
            {"time": "0", "patches": [[0, 0, "ne\u0301"], [1, 2, "é"]]},
            {"time": "1", "patches": [[2, 0, "字🌲"], [3, 1, "?"], [2, 0, "🙂"]]},
            {"time": "2", "patches": []},
            {"time": "3", "patches": [[4, 1, "!"], [1, 0, ""]]}
        ]
    }"#;
    let trace = Trace::parse("bytes", json.as_bytes()).expect("a trace");
    let report = holds(&trace, &Options::default());
    assert_eq!((report.commits, report.ops, report.merges), (6, 9, 0));
    // The founder's two commits and four of the one author, each a file of its own.
    assert_eq!((report.authors, report.pieces), (2, 6));
}

#[test]
fn concurrent_typing_at_one_place() {
    // Whose word comes first follows from keys: both orders are right, letters mixed are wrong.
    let word = |agent, parent: &[usize], text| transaction(agent, parent, &[(0, 0, text)]);
    let ends = ["[字字🙂🙂]", "[🙂🙂字字]"];
    let report = |end, seed| {
        let transactions = vec![
            word(0, &[], "[]"),
            transaction(1, &[0], &[(1, 0, "字")]),
            transaction(2, &[0], &[(1, 0, "🙂")]),
            transaction(1, &[1], &[(2, 0, "字")]),
            transaction(2, &[2], &[(2, 0, "🙂")]),
            transaction(0, &[3, 4], &[]),
        ];
        let options = Options { seed, ..Options::default() };
        replay(&concurrent("one place", end, transactions), &options).expect("a trace")
    };
    let mut met = [0, 0];
    for seed in 0..20 {
        let is_end = ends.map(|end| report(end, seed).is_ok());
        assert!(is_end[0] != is_end[1], "seed {seed}: {}", report(ends[0], seed));
        met[usize::from(is_end[1])] += 1;
    }
    assert!(met.iter().all(|times| *times > 0), "keys decide: {met:?}");
}

#[test]
fn several_roots_several_heads_and_a_merge_of_three() {
    let transactions = vec![
        transaction(0, &[], &[(0, 0, "aa")]),
        transaction(1, &[], &[]),
        transaction(2, &[0], &[(1, 1, "é")]),
        transaction(3, &[0, 1], &[(0, 0, "<")]),
        transaction(0, &[0, 1, 2, 3], &[(3, 0, ">")]),
        transaction(1, &[4], &[(0, 1, "")]),
        transaction(2, &[4], &[(2, 1, "")]),
    ];
    let report = holds(&concurrent("heads", "a>", transactions), &Options::default());
    assert_eq!((report.authors, report.commits, report.merges), (5, 9, 2));
}

#[test]
fn an_agent_in_two_places_at_once_writes_under_two_keys() {
    let transactions = vec![
        transaction(0, &[], &[(0, 0, "b")]),
        transaction(0, &[0], &[(1, 0, "c")]),
        transaction(0, &[0], &[(0, 0, "a")]),
        transaction(0, &[1, 2], &[(3, 0, "d")]),
    ];
    let report = holds(&concurrent("two places", "abcd", transactions), &Options::default());
    assert_eq!(report.authors, 3);
}

#[test]
fn peers_hand_over_a_sequential_trace() {
    let typed = |at: usize| transaction(0, &[at][..at.min(1)], &[(at, 0, "x")]);
    let mut transactions: Vec<Transaction> = (0..350).map(typed).collect();
    for (at, one) in transactions.iter_mut().enumerate() {
        one.parents = at.checked_sub(1).into_iter().collect();
    }
    let (name, start, end) = ("peers".to_owned(), "é".to_owned(), "x".repeat(350) + "é");
    let trace = Trace { name, start, end, transactions, is_concurrent: false };
    let report = holds(&trace, &Options { peers: 3, ..Options::default() });
    assert_eq!((report.authors, report.commits, report.pieces), (4, 352, 60));
    assert!(report.pending_peak > 0);
}

#[test]
fn a_wrong_end_is_a_difference() {
    let trace = concurrent("wrong", "ac", vec![transaction(0, &[], &[(0, 0, "ab")])]);
    let report = replay(&trace, &Options::default()).expect("a trace");
    assert!(!report.is_ok() && report.to_string().contains("from byte 1 on \"b\""), "{report}");
}

#[test]
fn what_is_no_trace_is_told_with_its_transaction() {
    let told = |json: &str| match Trace::parse("x", json.as_bytes()) {
        Ok(trace) => format!("{:#}", replay(&trace, &Options::default()).expect_err("no trace")),
        Err(error) => format!("{error:#}"),
    };
    let txns = |txns: &str| format!(r#"{{"endContent": "", "txns": [{txns}]}}"#);
    let cases = [
        ("", "not a trace"),
        ("{}", "endContent"),
        (r#"{"kind": "tree", "endContent": "", "txns": []}"#, "tree"),
        (
            &txns(r#"{"patches": [[0, 0, "x"]]}, {"patches": [[2, 0, "y"]]}"#),
            "transaction 1: patch 0",
        ),
        (&txns(r#"{"patches": [[0, 9999999999999999999, ""]]}"#), "transaction 0: patch 0"),
        (&txns(r#"{"patches": [[-1, 0, ""]]}"#), "not a trace"),
        (&txns(r#"{"agent": 0, "parents": [0], "patches": []}"#), "transaction 0: parent 0"),
        (&txns(r#"{"parents": [], "patches": []}"#), "transaction 0: it has no agent"),
    ];
    for (json, expected) in cases {
        let told = told(json);
        assert!(told.contains(expected), "{json}: {told}");
    }
    let missing = replay_file(Path::new("no/such.json.gz"), &Options::default());
    assert!(format!("{:#}", missing.expect_err("no file")).contains("no/such.json.gz"));
}

#[test]
fn recorded_traces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    let path = |name: &&str| folder.join(format!("{name}.json.gz"));
    let present: Vec<PathBuf> = SMALLER.iter().map(path).filter(|path| path.exists()).collect();
    if present.is_empty() {
        println!("SKIPPED: no traces at {}", folder.display());
        eprintln!("SKIPPED: no traces at {}", folder.display());
    }
    for path in present {
        let report = replay_file(&path, &Options::default()).expect("a trace");
        println!("{report}");
        assert!(report.is_ok(), "{report}");
    }
}
