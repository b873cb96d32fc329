//! Named branches, and older versions.

use crate::folders::{add, copy, save, titles};
use crate::notes::{Note, facts, folder, founded, says, schema, told};
use std::path::Path;
use woodland::{BranchError, CommitId, Notice, Replica};

fn open(at: &Path) -> Replica {
    Replica::open(at, schema()).expect("opened")
}

fn names(replica: &Replica) -> Vec<String> {
    replica.branches().expect("listed").iter().map(ToString::to_string).collect()
}

/// What must hold of branches, of a dataset in a directory and of one in memory alike.
fn branches_go_their_own_way(main: &Replica) {
    let before = facts(main);
    let draft = main.branch("draft").expect("begun");
    assert_eq!(facts(&draft), before);
    assert_ne!(draft.author(), main.author());
    assert_eq!(names(main), ["draft"]);
    add(&draft, "in the draft");
    assert_eq!(facts(main), before, "the main version does not move");
    add(main, "in main");
    assert_eq!(titles(&draft), ["Trip", "in the draft"]);
    let log = draft.snapshot().log().clone();
    let own = log.order().filter(|(_, one)| one.author() == draft.author()).count();
    assert_eq!(own, 1, "the branch writes under a key of its own");

    draft.merge(main).expect("merged");
    assert_eq!(titles(&draft), ["Trip", "in main", "in the draft"]);
    assert_eq!(titles(main), ["Trip", "in main"]);
    main.merge(&draft).expect("merged");
    assert_eq!(facts(main), facts(&draft));
    assert!(main.snapshot().log().forks().is_empty());
    assert_eq!((main.notices(), draft.notices()), (vec![], vec![]));

    let second = draft.branch("of-a-branch").expect("begun");
    add(&second, "deeper");
    assert_eq!((names(&draft), names(main)), (vec!["of-a-branch".into()], vec!["draft".into()]));
    main.merge(&second).expect("merged");
    assert_eq!(titles(main), ["Trip", "deeper", "in main", "in the draft"]);
}

#[test]
fn branches_of_a_directory_go_their_own_way() {
    let folder = folder();
    let at = folder.path().join("one");
    let main = Replica::create(&at, schema()).expect("created");
    add(&main, "Trip");
    branches_go_their_own_way(&main);
}

#[test]
fn branches_in_memory_go_their_own_way() {
    branches_go_their_own_way(&founded(1).0);
}

#[test]
fn a_branch_is_there_again_with_its_base_its_writes_and_its_key() {
    let folder = folder();
    let at = folder.path().join("one");
    let main = Replica::create(&at, schema()).expect("created");
    add(&main, "base");
    let empty = main.branch("never_written").expect("begun");
    let draft = main.branch("draft").expect("begun");
    add(&draft, "draft 1");
    add(&draft, "draft 2");
    let (author, expected, base) = (draft.author(), facts(&draft), facts(&empty));
    add(&main, "later");
    drop((draft, empty, main));
    assert!(!at.join("branches/never_written/1").exists(), "it has cost nothing");

    let main = open(&at);
    assert_eq!(names(&main), ["draft", "never_written"]);
    let draft = main.branch("draft").expect("opened");
    assert_eq!((facts(&draft), draft.author()), (expected, author));
    let empty = main.branch("never_written").expect("opened");
    assert_eq!(facts(&empty), base, "where it began, not where main is");
    add(&draft, "draft 3");
    main.merge(&draft).expect("merged");
    assert_eq!(titles(&main), ["base", "draft 1", "draft 2", "draft 3", "later"]);
    // Its store holds what the base lacks.
    let disk = woodland_store::FileDisk::at(at.join("branches/draft/1"));
    let stored = woodland_store::Store::inspect(&disk);
    let commits = stored.files.iter().flat_map(|file| &file.found).flat_map(|it| &it.segment);
    assert_eq!(commits.map(woodland_format::Segment::len).sum::<u32>(), 3);
}

#[test]
fn a_copied_directorys_branches_take_keys_of_their_own() {
    let folder = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let main = Replica::create(&one, schema()).expect("created");
    let draft = main.branch("draft").expect("begun");
    add(&draft, "before");
    drop((draft, main));
    copy(&one, &two);
    let (left, right) = (open(&one), open(&two));
    let (left_draft, right_draft) =
        (left.branch("draft").expect("opened"), right.branch("draft").expect("opened"));
    assert!(matches!(&right_draft.notices()[..], [Notice::Copied { .. }]));
    assert_eq!(left_draft.notices(), vec![]);
    add(&left_draft, "left");
    add(&right_draft, "right");
    left_draft.merge(&right_draft).expect("merged");
    right_draft.merge(&left_draft).expect("merged");
    assert_eq!(facts(&left_draft), facts(&right_draft));
    assert_eq!(titles(&left_draft), ["before", "left", "right"]);
    assert!(left_draft.snapshot().log().forks().is_empty());
}

#[test]
fn a_branch_that_is_open_or_has_no_name_is_refused() {
    let folder = folder();
    let main = Replica::create(folder.path().join("one"), schema()).expect("created");
    for name in ["", "Draft", "a b", "../x", "ä", &"x".repeat(65)] {
        let refused = main.branch(name);
        assert!(matches!(refused, Err(BranchError::Name { .. })), "{name}");
        says(name, &told(refused), &["no branch name", "1 to 64"]);
    }
    assert_eq!(names(&main), Vec::<String>::new(), "nothing was begun");
    let longest = main.branch(&"x".repeat(64)).expect("begun");
    says("open", &told(main.branch(&"x".repeat(64))), &["has the branch open"]);
    drop(longest);
    main.branch(&"x".repeat(64)).expect("opened");
}

#[test]
fn an_older_version_is_read_as_it_was() {
    let folder = folder();
    let main = Replica::create(folder.path().join("one"), schema()).expect("created");
    add(&main, "one");
    let then = main.snapshot();
    let heads: Vec<CommitId> = then.log().heads().collect();
    let (peer, _) = Replica::join_in_memory(schema(), &main, 2).expect("joined");
    add(&peer, "two");
    add(&main, "three");
    main.merge(&peer).expect("merged");
    let again = main.at(&heads).expect("held");
    assert_eq!((again.version(), again.digest()), (then.version(), then.digest()));
    assert_eq!(again.all::<Note>().expect("readable").len(), 1);
    let now: Vec<CommitId> = main.snapshot().log().heads().collect();
    assert_eq!(main.at(&now).expect("held").digest(), main.snapshot().digest());
    says("unknown", &told(main.at(&[CommitId([7; 32])])), &["is not held"]);
    says("none", &told(main.at(&[])), &["no heads"]);
}

#[test]
fn a_branch_whose_base_is_not_here_yet_says_so_and_opens_once_it_is() {
    let folder = folder();
    let at = folder.path().join("one");
    let main = Replica::create(&at, schema()).expect("created");
    let (peer, _) = Replica::join_in_memory(schema(), &main, 2).expect("joined");
    drop(main);
    let saved = save(&at);
    let main = open(&at);
    add(&main, "base");
    peer.merge(&main).expect("merged");
    let draft = main.branch("draft").expect("begun");
    add(&draft, "draft");
    drop((draft, main));
    // The main directory goes back in time; the branch's folder stays.
    for (name, bytes) in &saved {
        std::fs::write(at.join(name), bytes).expect("put back");
    }
    let main = open(&at);
    let refused = main.branch("draft");
    assert!(matches!(refused, Err(BranchError::Base { .. })));
    says("base", &told(refused), &["draft begins at a commit that is not here", "is not held"]);
    main.merge(&peer).expect("merged");
    assert_eq!(titles(&main.branch("draft").expect("opened")), ["base", "draft"]);
}
