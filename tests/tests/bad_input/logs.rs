//! Log files whose bytes are whole and whose commits are not: unsigned, false, forked, from a newer
//! release.

use crate::by_hand::{Hand, author, key, own_signature, replica_of, sealed, write_file};
use crate::notes::{Note, Tag, exported, folder, founded, note, says, schema, told};
use woodland::{Merged, ReadError, Replica, WriteError};
use woodland_format::{Commit, Draft, Header, Payload, Position, SchemaChange, payload_hash};

/// What the door said, in words.
fn report(merged: &Merged) -> String {
    merged.refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_founding_commit_that_its_author_did_not_sign_founds_nothing() {
    let hand = Hand::found();
    let folder = folder();
    let path = folder.path().join("log.wll");
    let founding = std::slice::from_ref(hand.log.founding());
    let by_another = key(1).sign_commit(&founding[0].id());
    for (name, segment) in [
        ("unsigned", hand.signed(founding, |_| None)),
        ("signed by another", hand.signed(founding, |_| Some(by_another))),
    ] {
        write_file(&path, hand.dataset(), [&segment]);
        let joined = Replica::join_in_memory(schema(), &path, 1);
        says(name, &told(joined), &["does not hold the signed founding commit of dataset"]);
    }
    // Not even where another author signs what stands on it.
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![]);
    let founding = hand.log.founding().clone();
    write_file(
        &path,
        hand.dataset(),
        [&hand.signed(&[founding], |_| None), &hand.segment(&[first])],
    );
    let joined = Replica::join_in_memory(schema(), &path, 1);
    says("by a parent", &told(joined), &["does not hold the signed founding commit of dataset"]);
}

#[test]
fn a_signature_by_another_none_at_all_or_only_behind_a_parent_lets_nothing_in() {
    let mut hand = Hand::found();
    let folder = folder();
    let title = |hand: &Hand, text: &str| vec![hand.title(text)];
    let unsigned = hand.write(1, None, &[], title(&hand, "unsigned"));
    let child = hand.write(2, None, &[&unsigned], title(&hand, "names it as a parent"));
    let by_two = key(2).sign_commit(&unsigned.id());

    let none = hand.signed(std::slice::from_ref(&unsigned), |_| None);
    let path = hand.file(folder.path().join("none.wll"), std::slice::from_ref(&none));
    let (replica, merged) = replica_of(&path);
    assert_eq!((merged.waiting, &merged.unsigned[..]), (1, &[(author(1), 0)][..]));
    assert_eq!(replica.snapshot().log().len(), 1);

    let wrong = hand.signed(std::slice::from_ref(&unsigned), |_| Some(by_two));
    let path = hand.file(folder.path().join("wrong.wll"), &[wrong]);
    let (replica, merged) = replica_of(&path);
    let said = format!("the signature on commit {} is not that of its author", unsigned.id());
    says("by another", &report(&merged), &[&said, &author(1).to_string()]);
    assert_eq!((merged.waiting, replica.snapshot().log().len()), (1, 1));

    let behind = [none, hand.segment(std::slice::from_ref(&child))];
    let path = hand.file(folder.path().join("behind.wll"), &behind);
    let (replica, merged) = replica_of(&path);
    assert_eq!((merged.waiting, &merged.unsigned[..]), (2, &[(author(1), 0)][..]));
    assert_eq!(replica.snapshot().log().len(), 1, "a parent is not vouched for");
    // What is let in later lets in what stood on it.
    let path = hand.file(folder.path().join("signed.wll"), &[hand.segment(&[unsigned])]);
    let merged = replica.merge(&path).expect("merged");
    assert_eq!((merged.admitted, merged.waiting, merged.unsigned.len()), (2, 0, 0));
    assert_eq!(replica.snapshot().digest(), hand.digest());
}

/// Commits that break a rule, each after a sound first commit of author 1.
fn false_commits(hand: &Hand, first: &Commit) -> Vec<(&'static str, Commit, Vec<String>)> {
    let sound = || hand.draft(1, Some(first), &[], vec![hand.title("false")]);
    let next = |backlink, seq| Position::Next { backlink, seq, schema: SchemaChange::Keep };
    let adopted = woodland::define().record::<Tag>().schema().expect("a schema").id();
    let strange =
        Position::Next { backlink: first.id(), seq: 1, schema: SchemaChange::Adopt(adopted) };
    let other = woodland_format::DatasetId([9; 32]);
    let other = Position::First {
        author: author(5),
        dataset: other,
        schema: schema().id(),
        certificate: None,
    };
    let because = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    vec![
        ("turn", sealed(1, Draft { turn: 900, ..sound() }), because(&["turn 900, expected 1"])),
        ("turn 0", sealed(1, Draft { turn: 0, ..sound() }), because(&["turn 0, expected 1"])),
        (
            "seq",
            sealed(1, Draft { position: next(first.id(), 7), ..sound() }),
            because(&["seq 7, expected 1"]),
        ),
        (
            "seq",
            sealed(1, Draft { position: next(first.id(), u64::MAX - 1), ..sound() }),
            because(&["seq 18446744073709551614, expected 1"]),
        ),
        (
            "author",
            sealed(4, sound()),
            vec![format!("claims author {}, but continues the chain of {}", author(4), author(1))],
        ),
        (
            "schema",
            sealed(1, Draft { position: strange, ..sound() }),
            because(&["adopts schema", "nothing in its past introduces"]),
        ),
        (
            "dataset",
            sealed(5, Draft { position: other, turn: 1, ..sound() }),
            because(&["belongs to dataset 0909090909", "open that dataset"]),
        ),
    ]
}

#[test]
fn a_commit_that_breaks_a_rule_is_refused_by_its_rule_and_the_rest_comes_in() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![hand.title("sound")]);
    let later = hand.write(2, None, &[&first], vec![hand.title("later")]);
    for (name, bad, because) in false_commits(&hand, &first) {
        let on_it = Draft {
            position: hand.position(3, None),
            turn: bad.turn().saturating_add(1),
            parents: vec![bad.id()],
            payload: Payload::of(vec![]),
        };
        let on_it = sealed(3, on_it);
        let of = |commit: &Commit| hand.segment(std::slice::from_ref(commit));
        let segments = [of(&bad), of(&on_it), of(&first), of(&later)];
        let path = hand.file(folder.path().join("log.wll"), &segments);
        let (replica, merged) = replica_of(&path);
        let text = report(&merged);
        assert!(!merged.refused.is_empty(), "{name}: {merged:?}");
        for fragment in because {
            says(name, &text, &[&fragment, &bad.id().to_string()]);
        }
        assert_eq!(replica.snapshot().digest(), hand.digest(), "{name}");
        assert_eq!(replica.snapshot().log().len(), 3, "{name}");
    }
}

#[test]
fn parents_that_nobody_has_are_waited_for() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![]);
    let ghost = woodland::CommitId([9; 32]);
    let draft = hand.draft(1, Some(&first), &[], vec![]);
    let lost = sealed(1, Draft { parents: vec![ghost], ..draft });
    let path = hand.file(folder.path().join("log.wll"), &[hand.segment(&[first, lost])]);
    let (replica, merged) = replica_of(&path);
    assert_eq!((merged.waiting, &merged.missing[..]), (1, &[ghost][..]));
    assert_eq!(replica.snapshot().log().len(), 2);
    assert_eq!(replica.merge(&path).expect("merged").duplicates, 3);
}

#[test]
fn both_branches_of_a_fork_count() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![hand.title("first")]);
    let left = hand.write(1, Some(&first), &[], vec![hand.title("left")]);
    let right = hand.write(1, Some(&first), &[], vec![hand.title("right")]);
    let on_left = hand.write(2, None, &[&left], vec![]);
    let one = hand.file(
        folder.path().join("one.wll"),
        &[hand.segment(&[first.clone(), left.clone()]), hand.segment(&[on_left])],
    );
    let other = hand
        .file(folder.path().join("other.wll"), &[hand.segment(&[first.clone(), right.clone()])]);
    for files in [[&one, &other], [&other, &one]] {
        let (replica, _) = replica_of(files[0]);
        assert_eq!(replica.snapshot().log().forks(), []);
        replica.merge(files[1]).expect("merged");
        let now = replica.snapshot();
        let forks = now.log().forks();
        assert_eq!((forks.len(), forks[0].author), (1, author(1)));
        assert_eq!(forks[0].backlink, Some(first.id()));
        let mut rivals = vec![left.id(), right.id()];
        rivals.sort_unstable();
        assert_eq!(forks[0].rivals, rivals);
        assert_eq!(now.digest(), hand.digest());
        let conflicts = now.conflicts(&[(hand.note(), Note::TITLE)]);
        assert_eq!(conflicts[0][0].losers.len(), 1, "both titles stand");
        // Others go on writing.
        replica.write(|b| b.insert(&note("after", ""))).expect("written");
    }
}

/// The commit with another payload.
fn with_payload(commit: &Commit, payload: Vec<u8>) -> Commit {
    let header = Header {
        payload_hash: payload_hash(&payload),
        payload_bytes: u32::try_from(payload.len()).expect("small"),
        ..commit.header().clone()
    };
    Commit::new(commit.author(), header, Some(payload.into())).expect("sealed")
}

#[test]
fn a_payload_of_a_newer_release_is_kept_and_passed_on_and_not_read() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![hand.title("known")]);
    let draft = hand.draft(1, Some(&first), &[], vec![]);
    let newer = with_payload(&sealed(1, draft), vec![2, 1, 2, 3]);
    let known = hand.file(folder.path().join("known.wll"), &[hand.segment(&[first])]);
    let segment = hand.signed(std::slice::from_ref(&newer), |one| Some(own_signature(one)));
    let news = hand.file(folder.path().join("news.wll"), &[segment]);
    let path = folder.path().join("replica");
    let (replica, _) = Replica::join(&path, schema(), &known).expect("joined");
    let held = replica.snapshot();
    assert_eq!(replica.merge(&news).expect("merged").admitted, 1);
    let trip = hand.note();
    let check = |replica: &Replica| {
        let (now, id) = (replica.snapshot(), newer.id());
        let is_newer =
            |error: ReadError| matches!(error, ReadError::NewerFormat { commit } if commit == id);
        assert!(now.read(&[trip]).is_err_and(is_newer));
        assert!(now.all::<Note>().is_err_and(is_newer));
        let written = replica.write(|b| b.insert(&note("x", "")));
        assert!(matches!(written, Err(WriteError::NewerFormat { commit }) if commit == id));
        says("newer", &told(written), &[&id.to_string(), "upgrade this program"]);
        assert_eq!(now.log().len(), 3);
    };
    check(&replica);
    assert!(held.read(&[hand.note()]).is_err_and(|error| matches!(error, ReadError::Field { .. })));
    // Merging and exporting go on, and opening.
    let more = hand.write(4, None, &[], vec![]);
    let more = hand.file(folder.path().join("more.wll"), &[hand.segment(&[more])]);
    let export = exported(&replica, folder.path(), "export.wll");
    drop(replica);
    let replica = Replica::open(&path, schema()).expect("opened");
    check(&replica);
    assert_eq!(replica.merge(&more).expect("merged").admitted, 1);
    let (other, merged) = replica_of(&export);
    assert_eq!(merged.waiting, 0);
    check(&other);
}

#[test]
fn an_erased_payload_is_a_void_and_no_damage() {
    let mut hand = Hand::found();
    let folder = folder();
    let first = hand.write(1, None, &[], vec![hand.title("gone")]);
    let erased = Commit::new(first.author(), first.header().clone(), None).expect("erased");
    assert_eq!(erased.id(), first.id());
    let path = hand.file(folder.path().join("erased.wll"), &[hand.segment(&[erased])]);
    let (replica, merged) = replica_of(&path);
    assert_eq!((merged.waiting, merged.damage.len()), (0, 0));
    let voids = replica.snapshot().voids();
    assert_eq!((voids.len(), voids[0].commit, voids[0].index), (1, first.id(), None));
    says("erased", &voids[0].reason.to_string(), &["erased or does not decode"]);
    // Where the founding payload is gone, there is no schema to read by.
    let founding = hand.log.founding();
    let erased = Commit::new(founding.author(), founding.header().clone(), None).expect("erased");
    write_file(&path, hand.dataset(), [&hand.segment(&[erased])]);
    let joined = Replica::join_in_memory(schema(), &path, 1);
    says("founding", &told(joined), &["the founding commit carries no schema"]);
}

#[test]
fn a_replica_of_another_schema_does_not_start() {
    let folder = folder();
    let (replica, _) = founded(1);
    let whole = exported(&replica, folder.path(), "whole.wll");
    let path = folder.path().join("replica");
    let other = woodland::define().record::<Tag>().record::<Note>().schema().expect("a schema");
    let fewer = woodland::define().record::<Tag>().schema().expect("a schema");
    let text = told(Replica::join(&path, &fewer, &whole));
    says("join", &text, &["no schema of the dataset fits", "remove type Note", "migrate_if"]);
    assert!(!path.exists(), "nothing was made");
    // In which order a program names its types is its own affair.
    Replica::join(&path, &other, &whole).expect("it has the same shape");
}
