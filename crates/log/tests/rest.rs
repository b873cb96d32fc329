//! A log at rest: it answers as the log that was put to rest, whatever happens to both.

#![allow(missing_docs)]

mod history;

use history::{History, first, founding, ids, key, next, steps};
use proptest::prelude::*;
use std::sync::Arc;
use woodland_format::{Commit, CommitId};
use woodland_log::{Frontier, Log, OrderKey};
use woodland_page::{MemoryPages, OpenPages, PageRef, catch, rest, wake};

fn put(shelf: &MemoryPages, log: &Log) -> PageRef {
    rest(log, &mut shelf.clone())
}

fn woken(shelf: &MemoryPages, at: PageRef, cached_bytes_max: usize) -> (Log, OpenPages) {
    let open = shelf.pages(cached_bytes_max, Arc::new(()));
    (wake(&open, at).expect("it was put there"), open)
}

/// All that a log can be asked, on both.
fn assert_alike(one: &Log, other: &Log) {
    assert_eq!(one, other);
    assert_eq!((one.len(), one.version()), (other.len(), other.version()));
    assert_eq!(ids(one.order()), ids(other.order()));
    assert_eq!(ids(one.order().rev()), ids(other.order().rev()));
    assert_eq!(one.frontier(), other.frontier());
    assert_eq!(one.forks(), other.forks());
    let places: Vec<_> = one.order().collect();
    for (place, commit) in &places {
        let id = commit.id();
        assert_eq!(other.place(&id), Some(*place), "places hold");
        assert_eq!(other.get(&id).as_ref(), Some(commit));
        assert_eq!(one.key(*place), other.key(*place));
        assert_eq!(one.position(*place), other.position(*place));
        assert_eq!(one.schema(*place), other.schema(*place));
        assert_eq!(one.signature(&id), other.signature(&id));
        assert_eq!(one.payload(*place), other.payload(*place));
        for (earlier, _) in &places {
            assert_eq!(one.saw(*place, *earlier), other.saw(*place, *earlier));
            assert_eq!(one.compare(*place, *earlier), other.compare(*place, *earlier));
        }
        assert_eq!(
            ids(one.order_from(&OrderKey::of(commit))),
            ids(other.order_from(&OrderKey::of(commit)))
        );
    }
    let chains = |log: &Log| log.chains(&Frontier::new()).collect::<Vec<_>>();
    assert_eq!(chains(one), chains(other));
}

fn signed(log: &Log, commit: &Commit) -> Log {
    let author = (0..8).map(key).find(|key| key.author() == commit.author());
    log.with_point(&commit.sign(&author.expect("one of the test's authors"))).expect("its own")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_log_that_rested_is_the_log_that_did_not(
        steps in steps(true),
        rests in prop::collection::btree_set(0usize..48, 1..5),
        signs in prop::collection::btree_set(0usize..48, 0..9),
        cached in prop::sample::select(vec![0usize, 3_000, 1 << 24]),
    ) {
        let history = History::of(&steps);
        let shelf = MemoryPages::default();
        let mut never = Log::found(history.commits[0].clone()).unwrap();
        let (mut rested, mut _open) = (never.clone(), shelf.pages(0, Arc::new(())));
        let mut before = vec![(never.clone(), rested.clone())];
        for (number, commit) in history.commits.iter().enumerate() {
            never = never.append(commit).unwrap();
            rested = rested.append(commit).unwrap();
            if signs.contains(&number) {
                (never, rested) = (signed(&never, commit), signed(&rested, commit));
            }
            if rests.contains(&number) {
                let at = put(&shelf, &rested);
                (rested, _open) = woken(&shelf, at, cached);
                prop_assert_eq!(put(&shelf, &rested).check, at.check, "rest and wake are inverse");
                before.push((never.clone(), rested.clone()));
            }
        }
        assert_alike(&never, &rested);
        for (earlier_never, earlier) in &before {
            let arrived = |log: &Log, than: &Log| ids(log.arrived(than));
            prop_assert_eq!(arrived(&rested, earlier), arrived(&never, earlier_never));
            prop_assert_eq!(arrived(&rested, earlier_never), arrived(&never, earlier));
            prop_assert_eq!(rested.inserted(earlier), never.inserted(earlier_never));
            prop_assert_eq!(rested.new_forks(earlier), never.new_forks(earlier_never));
            let merged = earlier.merge(&rested).unwrap();
            prop_assert_eq!(merged.version(), never.version());
            let heads: Vec<CommitId> = earlier.heads().collect();
            prop_assert_eq!(rested.at(&heads).unwrap().version(), earlier_never.version());
            prop_assert_eq!(rested.common(earlier), never.common(earlier_never));
        }
        assert_alike(&History::of(&steps).shuffled(7).log().merge(&rested).unwrap(),
            &History::of(&steps).shuffled(7).log().merge(&never).unwrap());
    }
}

fn chain(length: u64) -> (Log, Commit) {
    let mut log = Log::found(founding(0, 7)).unwrap();
    let mut last = first(1, log.dataset(), 1, vec![]);
    log = log.append(&last).unwrap();
    let mut chain = Vec::new();
    for _ in 1..length {
        last = next(1, &last, 1, vec![]);
        chain.push(last.clone());
    }
    (log.extend(chain).unwrap(), last)
}

/// What the first read and the first write after waking cost is in proportion to the height of
/// trees.
#[test]
fn waking_reads_a_few_pages_however_long_the_log_is() {
    let reads_of = |length: u64| {
        let shelf = MemoryPages::default();
        let (log, last) = chain(length);
        let at = put(&shelf, &log);
        let before = shelf.reads();
        let (log, _open) = woken(&shelf, at, 1 << 20);
        let opened = shelf.reads() - before;
        let middle = log.at_position(length / 2).unwrap();
        assert_eq!(log.commit(middle).unwrap().seq(), length / 2 - 1);
        let written = log.append(&next(1, &last, 1, vec![])).unwrap();
        assert_eq!(written.len(), length + 2);
        (opened, shelf.reads() - before)
    };
    let (short, long) = (reads_of(1_000), reads_of(50_000));
    assert_eq!((short.0, long.0), (1, 1));
    assert!(short.1 <= 20 && long.1 <= short.1 + 8, "{short:?} {long:?}");
}

#[test]
fn a_second_rest_writes_what_is_new() {
    let shelf = MemoryPages::default();
    let (log, last) = chain(20_000);
    let at = put(&shelf, &log);
    let before = shelf.len();
    let (woken, _open) = woken(&shelf, at, 1 << 20);
    let log = woken.append(&next(1, &last, 1, vec![])).unwrap();
    put(&shelf, &log);
    let more = shelf.len() - before;
    assert!(before > 1_000 && more <= 16, "{before} pages, then {more}");
}

#[test]
fn a_damaged_page_ends_the_act_that_needs_it() {
    let shelf = MemoryPages::default();
    let (log, _) = chain(2_000);
    let at = put(&shelf, &log);
    let pages: Vec<u64> = shelf.reachable(at).unwrap().into_iter().collect();
    let all = |log: &Log| log.order().map(|(_, commit)| commit.id()).collect::<Vec<_>>();
    let expected = all(&log);
    let mut noticed = 0;
    for page in pages.into_iter().filter(|page| *page != at.page) {
        let bytes = woodland_page::PageSource::read(&shelf, page).unwrap();
        let mut bent = bytes.clone();
        bent[bytes.len() / 2] ^= 4;
        shelf.replace(page, Some(bent));
        // A page of which nothing is needed does no harm.
        match catch(|| all(&woken(&shelf, at, 1 << 20).0)) {
            Ok(found) => assert_eq!(found, expected),
            Err(fault) => {
                assert_eq!(fault.page, page);
                noticed += 1;
            }
        }
        shelf.replace(page, Some(bytes));
    }
    assert!(noticed > 100, "{noticed}");
    assert_eq!(all(&woken(&shelf, at, 1 << 20).0), expected);
}
