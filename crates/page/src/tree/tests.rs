//! A tree against a map of the standard library, in memory and with its nodes in pages.

use super::*;
use crate::OpenPages;
use crate::codec::{Reading, Writing, rest};
use crate::fault::{FaultCause, catch};
use crate::memory::MemoryPages;
use crate::own::Own;
use crate::pages::PageSource;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heavy(u64);

impl Weigh for Heavy {
    fn weight(&self) -> u64 {
        self.0
    }
}

impl Stored for Heavy {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        u64::read(from).map(Heavy)
    }
}

fn pages(shelf: &MemoryPages, cached_bytes_max: usize) -> OpenPages {
    shelf.pages(cached_bytes_max, Arc::new(()))
}

fn wake<T: Stored>(pages: &Pages, at: PageRef) -> T {
    crate::codec::wake(pages, at).unwrap_or_else(|fault| fault.throw())
}

/// The same answers as a map of the standard library.
fn agree(tree: &Tree<u16, Heavy>, model: &BTreeMap<u16, Heavy>, probe: u16) {
    let owned = |entry: Option<Entry<'_, u16, Heavy>>| entry.map(|one| (*one.key(), *one.value()));
    let copied = |entry: Option<(&u16, &Heavy)>| entry.map(|(key, value)| (*key, *value));
    assert_eq!(tree.len(), model.len());
    let weight: u64 = model.values().map(|value| value.0).sum();
    assert_eq!(tree.weight(), weight);
    assert_eq!(tree.get(&probe).as_deref(), model.get(&probe));
    assert_eq!(owned(tree.at_or_before(&probe)), copied(model.range(..=probe).next_back()));
    assert_eq!(owned(tree.last()), copied(model.last_key_value()));
    let below: u64 = model.range(..probe).map(|(_, value)| value.0).sum();
    assert_eq!(tree.weight_below(&probe), below);
    let all = |range: &mut dyn Iterator<Item = (&u16, &Heavy)>| {
        range.map(|(key, value)| (*key, *value)).collect::<Vec<_>>()
    };
    assert_eq!(tree.iter().collect::<Vec<_>>(), all(&mut model.iter()));
    assert_eq!(tree.iter().rev().collect::<Vec<_>>(), all(&mut model.iter().rev()));
    let upper = probe.saturating_add(500);
    assert_eq!(tree.range(probe..upper).collect::<Vec<_>>(), all(&mut model.range(probe..upper)));
    let reversed: Vec<_> = tree.range(..=probe).rev().collect();
    assert_eq!(reversed, all(&mut model.range(..=probe).rev()));
    let mut before = 0;
    for (key, value) in model {
        for weight in [before, before + value.0 - 1] {
            let (entry, start) = tree.at_weight(weight).expect("some weight is there");
            assert_eq!((*entry.key(), *entry.value(), start), (*key, *value, before));
        }
        before += value.0;
    }
    assert!(tree.at_weight(weight).is_none());
    let mut both = tree.iter();
    let mut met = 0;
    while both.next().is_some() {
        met += 1 + usize::from(both.next_back().is_some());
    }
    assert_eq!(met, model.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// `rests`: after which acts the tree is put to pages and read back; all of it with a cache of
    /// one page, of some, or of all.
    #[test]
    fn a_tree_is_an_ordered_map_and_its_clones_stay_as_they_are(
        acts in prop::collection::vec((any::<bool>(), 0u16..2000, 1u64..9), 1..1500),
        kept in 0usize..1500,
        rests in prop::collection::btree_set(0usize..1500, 0..6),
        cached in prop::sample::select(vec![0usize, 4000, 1 << 30]),
    ) {
        let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
        let mut earlier = (tree.clone(), model.clone());
        let mut shelf = MemoryPages::default();
        let pages = pages(&shelf, cached);
        for (number, (remove, key, weight)) in acts.iter().enumerate() {
            if number == kept {
                earlier = (tree.clone(), model.clone());
            }
            if rests.contains(&number) {
                let at = rest(&tree, &mut shelf);
                tree = wake(&pages, at);
            }
            if *remove {
                prop_assert_eq!(tree.remove(key), model.remove(key));
            } else {
                tree.insert(*key, Heavy(*weight));
                model.insert(*key, Heavy(*weight));
            }
        }
        let unshared = tree.unshared(&earlier.0);
        for (key, value) in &model {
            let is_new = earlier.1.get(key) != Some(value);
            prop_assert!(!is_new || unshared.contains(&(*key, *value)));
        }
        for (tree, model) in [(&tree, &model), (&earlier.0, &earlier.1)] {
            agree(tree, model, acts[0].1);
        }
        for key in model.clone().keys() {
            prop_assert_eq!(tree.remove(key), model.remove(key));
        }
        agree(&tree, &model, 7);
    }
}

fn filled(count: u64) -> Tree<u64, Heavy> {
    (0..count).map(|key| (key, Heavy(1))).collect()
}

#[test]
fn what_two_trees_share_is_not_looked_at() {
    let mut tree = filled(100_000);
    let before = tree.clone();
    tree.insert(5, Heavy(2));
    tree.insert(100_000, Heavy(1));
    let looked_at = tree.unshared(&before).len();
    assert!(looked_at <= 2 * Tree::<u64, Heavy>::LEAF_MAX, "{looked_at}");
    assert!(before.unshared(&before.clone()).is_empty());
}

#[test]
fn keys_that_ascend_fill_the_leaves() {
    fn leaves(node: &Link<u64, Heavy>) -> usize {
        match &node.look(&Pages::default()).part {
            Part::Leaf(_) => 1,
            Part::Inner(children) => children.iter().map(|child| leaves(&child.node)).sum(),
        }
    }
    let tree = filled(100_000);
    let leaves = leaves(tree.root.as_ref().unwrap());
    assert_eq!(leaves, 100_000usize.div_ceil(Tree::<u64, Heavy>::LEAF_MAX));
}

#[test]
fn a_change_at_rest_writes_one_path_and_shares_the_rest() {
    let mut shelf = MemoryPages::default();
    let first = rest(&filled(100_000), &mut shelf);
    let all = shelf.reachable(first).unwrap();
    assert_eq!(all.len(), shelf.len(), "no page is put in vain");
    let pages = pages(&shelf, 1 << 20);
    let before: Tree<u64, Heavy> = wake(&pages, first);
    let mut tree = before.clone();
    tree.insert(50_000, Heavy(9));
    let second = rest(&tree, &mut shelf);
    let more = shelf.reachable(second).unwrap().difference(&all).count();
    assert!(more <= 5, "{more} pages for one path");
    let woken: Tree<u64, Heavy> = wake(&pages, second);
    for (one, other) in [(&tree, &before), (&woken, &before), (&woken, &tree)] {
        assert!(one.unshared(other).len() <= Tree::<u64, Heavy>::LEAF_MAX);
    }
    assert!(woken.unshared(&tree).is_empty(), "what was put is the same as what is in memory");
    assert_eq!(rest(&woken, &mut shelf).check, second.check, "nothing is written again");
}

#[test]
fn what_is_cached_is_bounded_while_all_is_read() {
    let mut shelf = MemoryPages::default();
    let at = rest(&filled(100_000), &mut shelf);
    let pages = pages(&shelf, 20_000);
    let tree: Tree<u64, Heavy> = wake(&pages, at);
    assert_eq!(tree.iter().map(|(_, value)| value.0).sum::<u64>(), 100_000);
    assert!(pages.cached_bytes() <= 20_000);
}

#[test]
fn every_page_that_is_damaged_stale_swapped_or_missing_is_noticed() {
    let mut shelf = MemoryPages::default();
    let at = rest(&filled(2_000), &mut shelf);
    let count = shelf.len() as u64;
    let sum = |shelf: &MemoryPages| {
        catch(|| {
            let tree: Tree<u64, Heavy> = wake(&pages(shelf, 1 << 20), at);
            tree.iter().map(|(_, value)| value.0).sum::<u64>()
        })
    };
    assert_eq!(sum(&shelf).unwrap(), 2_000);
    for page in 0..count {
        let whole = shelf.read(page).unwrap();
        for bit in [0, whole.len() * 4, whole.len() * 8 - 1] {
            let mut bent = whole.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            shelf.replace(page, Some(bent));
            let fault = sum(&shelf).expect_err("bent");
            assert!(matches!(fault.cause, FaultCause::Check { .. }) && fault.page == page);
        }
        let other = shelf.read((page + 1) % count).unwrap();
        shelf.replace(page, Some(other));
        assert!(matches!(sum(&shelf).expect_err("swapped").cause, FaultCause::Check { .. }));
        shelf.replace(page, None);
        assert_eq!(sum(&shelf).expect_err("missing").cause, FaultCause::Missing);
        shelf.replace(page, Some(whole));
    }
    assert!(sum(&shelf).is_ok());
}

type Words = Tree<u64, Own<String>>;

#[test]
fn a_large_value_has_a_page_of_its_own_and_is_written_once() {
    let mut shelf = MemoryPages::default();
    let long = "x".repeat(5_000);
    let mut tree: Words = (0..3).map(|key| (key, Own::new("short".to_owned()))).collect();
    tree.insert(1, Own::new(long.clone()));
    let first = rest(&tree, &mut shelf);
    assert_eq!(
        shelf.reachable(first).unwrap().len(),
        2,
        "the root, with the leaf beside it, and the value"
    );
    tree.insert(7, Own::new("more".to_owned()));
    let second = rest(&tree, &mut shelf);
    let shared: BTreeSet<u64> = shelf
        .reachable(first)
        .unwrap()
        .intersection(&shelf.reachable(second).unwrap())
        .copied()
        .collect();
    assert_eq!(shared.len(), 1, "the value stays where it is");
    let mut woken: Words = wake(&pages(&shelf, 1 << 20), second);
    assert_eq!(**woken.get(&1).unwrap().get(), long);
    assert!(woken.get(&1).unwrap().is(&tree.get(&1).unwrap()));
    assert!(!woken.get(&0).unwrap().is(&tree.get(&0).unwrap()));
    woken.alter(1, |held| {
        held.unwrap().get_mut().push('y');
        None
    });
    assert_eq!(woken.get(&1).unwrap().get().len(), 5_001);
    assert_eq!(tree.get(&1).unwrap().get().len(), 5_000);
    assert!(!woken.get(&1).unwrap().is(&tree.get(&1).unwrap()));
}
