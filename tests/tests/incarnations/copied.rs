//! Copied directories.

use crate::folders::{add, converge, copy, titles};
use crate::notes::{folder, joined, says, schema, told};
use std::path::Path;
use woodland::{Notice, Replica};

fn open(at: &Path) -> Replica {
    Replica::open(at, schema()).expect("opened")
}

#[test]
fn a_directory_copied_and_used_in_both_places_never_forks() {
    let folder = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let left = Replica::create(&one, schema()).expect("created");
    add(&left, "before");
    let original = left.author();
    drop(left);
    copy(&one, &two);
    let (left, right) = (open(&one), open(&two));
    assert_eq!((left.author(), left.notices()), (original, vec![]));
    assert_ne!(right.author(), original);
    let [notice @ Notice::Copied { retired, tip, author, .. }] = &right.notices()[..] else {
        panic!("{:?}", right.notices())
    };
    assert_eq!((*retired, *author), (original, right.author()));
    assert_eq!(tip.map(|tip| tip.seq), Some(1));
    let shown = notice.to_string();
    says(
        "copied",
        &shown,
        &["a copy", "was put in file", &original.short(), "nothing is to be done"],
    );

    add(&left, "left");
    add(&right, "right");
    let third = joined(&left, 3);
    converge(&[&left, &right, &third], folder.path());
    assert_eq!(titles(&left), ["before", "left", "right"]);
    for replica in [&left, &right, &third] {
        assert!(replica.snapshot().log().forks().is_empty());
    }
    // The first commit of the copy's key names the tip of the one that it gave up.
    let log = left.snapshot().log().clone();
    let first = log.order().find(|(_, one)| one.author() == right.author()).expect("it wrote");
    assert_eq!(first.1.parents(), [tip.expect("a tip").id]);
    // It is at home from now on.
    let author = right.author();
    drop(right);
    let right = open(&two);
    assert_eq!((right.author(), right.notices()), (author, vec![]));
}

#[test]
fn a_copy_of_a_copy_takes_a_key_of_its_own() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let one = Replica::create(at("0"), schema()).expect("created");
    let mut replicas = vec![one];
    for number in 1..4 {
        copy(&at(&(number - 1).to_string()), &at(&number.to_string()));
        let replica = open(&at(&number.to_string()));
        add(&replica, &format!("note {number}"));
        replicas.push(replica);
    }
    let authors: std::collections::BTreeSet<_> = replicas.iter().map(Replica::author).collect();
    assert_eq!(authors.len(), 4);
    converge(&replicas.iter().collect::<Vec<_>>(), folder.path());
    assert_eq!(titles(&replicas[0]), ["note 1", "note 2", "note 3"]);
    assert!(replicas[0].snapshot().log().forks().is_empty());
}

#[test]
fn a_moved_directory_goes_on_under_its_key() {
    let folder = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let replica = Replica::create(&one, schema()).expect("created");
    let author = replica.author();
    drop(replica);
    std::fs::rename(one, &two).expect("moved");
    let replica = open(&two);
    assert_eq!((replica.author(), replica.notices()), (author, vec![]));
}

/// A writer goes on between any two of the files that are copied, in many orders.
#[test]
fn scar_10_a_directory_copied_in_use_opens_at_a_prefix_or_says_so() {
    let files = ["lock", "author.key", "place", "heads", "closed", "segments/00000001.wls"];
    let (mut opened, mut refused) = (0, 0);
    for start in 0..files.len() {
        for step in [1, files.len() - 1] {
            let folder = folder();
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            let left = Replica::create(&one, schema()).expect("created");
            std::fs::create_dir_all(two.join("segments")).expect("folders");
            let mut written = Vec::new();
            for number in 0..files.len() {
                let name = files[(start + number * step) % files.len()];
                std::fs::copy(one.join(name), two.join(name)).expect("copied");
                written.push(format!("note {number}"));
                add(&left, &written[number]);
            }
            match Replica::open(&two, schema()) {
                Ok(right) => {
                    opened += 1;
                    let held = titles(&right);
                    assert_eq!(held, written[..held.len()], "a prefix");
                    assert_ne!(right.author(), left.author());
                    add(&right, "right");
                    converge(&[&left, &right], folder.path());
                    assert!(left.snapshot().log().forks().is_empty());
                    written.push("right".to_owned());
                }
                Err(error) => {
                    refused += 1;
                    let text = error.to_string();
                    says("copied in use", &text, &["in use?", "copy it again", "or join"]);
                }
            }
            assert_eq!(titles(&left), written, "the original lost nothing");
        }
    }
    assert!(opened > 0 && refused > 0, "{opened} opened, {refused} refused");
    let nothing = Replica::open(folder().path(), schema());
    says("an empty folder", &told(nothing), &["no dataset here"]);
}
