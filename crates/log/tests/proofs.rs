//! Fork proofs out of a log.

mod history;

use history::{first, founding, key, seal};
use woodland_format::{Commit, DatasetId, ForkProof, Position, SchemaChange};
use woodland_log::Log;

fn next(author: usize, before: &Commit, salt: u64) -> Commit {
    let (backlink, seq, schema) = (before.id(), before.seq() + 1, SchemaChange::Keep);
    seal(author, Position::Next { backlink, seq, schema }, before.turn(), vec![], salt)
}

fn sign(log: &Log, commit: &Commit, author: usize) -> Log {
    log.with_point(&commit.sign(&key(author))).unwrap()
}

/// The founding commit, and on it three rivals, the first with two commits more.
fn three_ways() -> (Log, Vec<Commit>) {
    let base = founding(0, 7);
    let rivals: Vec<_> = (1..=3).map(|salt| next(0, &base, salt)).collect();
    let (second, third) = (next(0, &rivals[0], 9), next(0, &next(0, &rivals[0], 9), 9));
    let mut commits = vec![base];
    commits.extend(rivals);
    commits.extend([second, third]);
    let log = Log::found(commits[0].clone()).unwrap().extend(&commits).unwrap();
    (log, commits)
}

#[test]
fn a_proof_needs_signed_points_behind_two_rivals() {
    let (log, commits) = three_ways();
    let [fork] = &log.forks()[..] else { panic!("one fork") };
    assert_eq!(log.fork_proof(fork), None);
    let log = sign(&log, &commits[2], 0);
    assert_eq!(log.fork_proof(fork), None, "one signed branch proves nothing");
    let log = sign(&log, &commits[5], 0);
    let proof = log.fork_proof(fork).expect("two signed branches");
    let proven = proof.verify().unwrap();
    assert_eq!((proven.author, proven.backlink), (fork.author, fork.backlink));
    assert!(proven.rivals.iter().all(|rival| fork.rivals.contains(rival)));
    let mut lengths = proof.branches().each_ref().map(|branch| branch.headers.len());
    lengths.sort_unstable();
    assert_eq!(lengths, [1, 3], "the branch reaches as far as the signature");
    assert_eq!(ForkProof::decode(&proof.encode()), Ok(proof));
}

#[test]
fn any_two_of_three_rivals_make_a_proof() {
    let (log, commits) = three_ways();
    let fork = &log.forks()[0];
    for unsigned in 1..=3 {
        let mut signed = log.clone();
        for (at, commit) in commits.iter().enumerate().take(4).skip(1) {
            if at != unsigned {
                signed = sign(&signed, commit, 0);
            }
        }
        let proven = signed.fork_proof(fork).expect("two are signed").verify().unwrap();
        assert!(!proven.rivals.contains(&commits[unsigned].id()));
    }
}

#[test]
fn a_signature_behind_a_later_fork_counts_for_the_earlier_one() {
    let (log, commits) = three_ways();
    // The first rival's branch forks again; only the second branch of that is signed.
    let again = next(0, &commits[1], 10);
    let log = log.append(&again).unwrap();
    let log = sign(&sign(&log, &again, 0), &commits[3], 0);
    let forks = log.forks();
    let outer = forks.iter().find(|fork| fork.backlink == Some(commits[0].id())).unwrap();
    let proven = log.fork_proof(outer).expect("both are signed").verify().unwrap();
    assert!(proven.rivals.contains(&commits[1].id()));
    let inner = forks.iter().find(|fork| fork.backlink == Some(commits[1].id())).unwrap();
    assert_eq!(log.fork_proof(inner), None, "one branch of it is not signed");
}

#[test]
fn two_first_commits_are_proven() {
    let base = founding(0, 7);
    let dataset: DatasetId = base.id().into();
    let (left, right) = (first(1, dataset, 1, vec![]), {
        let (schema, author) = (history::schema(0).id(), key(1).author());
        let position = Position::First { author, dataset, schema, certificate: None };
        seal(1, position, 1, vec![], 5)
    });
    let log = Log::found(base).unwrap().extend([&left, &right]).unwrap();
    let log = sign(&sign(&log, &left, 1), &right, 1);
    let proof = log.fork_proof(&log.forks()[0]).expect("both are signed");
    assert_eq!(proof.verify().unwrap().backlink, None);
}
