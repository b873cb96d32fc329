//! Random work of three replicas: whatever a batch does that is written, counts.

use crate::model::{Contract, Draft, Folder, Note, Tag, folder, founded, meet, model, note};
use woodland::{Pointer, Replica};

/// The same numbers on any machine (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }
}

/// All that was ever made, dead or not.
#[derive(Default)]
struct Made {
    folders: Vec<Pointer<Folder>>,
    notes: Vec<Pointer<Note>>,
    drafts: Vec<Pointer<Draft>>,
    contracts: Vec<Pointer<Contract>>,
}

/// One batch of a few changes; whether it was written.
fn work(replica: &Replica, numbers: &mut Numbers, made: &mut Made) -> bool {
    let before = replica.snapshot();
    let mut new = Made::default();
    let written = replica.write(|b| {
        for _ in 0..=numbers.below(3) {
            let at = numbers.pick(&made.folders);
            match numbers.below(10) {
                0 => {
                    let parent = at.map(Into::into);
                    new.folders.push(b.insert(&Folder { parent, ..folder("f") }));
                }
                1 => new.notes.push(b.insert(&note("n", at))),
                2 => {
                    let folder = at.map(Into::into);
                    new.drafts.push(b.insert(&Draft { text: "d".into(), folder }));
                }
                3 => new.contracts.extend(at.map(|at| b.insert(&Contract { folder: at.into() }))),
                4 => {
                    let name = ["a", "b"][numbers.below(2)].into();
                    b.insert(&Tag { name, color: None, folder: at.map(Into::into) });
                }
                5 => {
                    let tag = b.pointer_to::<Tag>(["a", "b"][numbers.below(2)]);
                    b.delete(tag);
                }
                6 => at.into_iter().for_each(|at| b.delete(at)),
                7 => match numbers.below(3) {
                    0 => numbers.pick(&made.notes).into_iter().for_each(|at| b.delete(at)),
                    1 => numbers.pick(&made.drafts).into_iter().for_each(|at| b.delete(at)),
                    _ => numbers.pick(&made.contracts).into_iter().for_each(|at| b.delete(at)),
                },
                8 => {
                    if let (Some(draft), Some(at)) = (numbers.pick(&made.drafts), at) {
                        b.edit(draft, Draft::FOLDER.set(at));
                    }
                }
                _ => {
                    if let (Some(from), to) = (numbers.pick(&made.notes), numbers.pick(&made.notes))
                    {
                        b.edit(from, to.map(|to| Note::SEE.set(to)));
                    }
                }
            }
        }
    });
    let now = replica.snapshot();
    if written.is_err() || now.version() == before.version() {
        assert_eq!(now.version(), before.version());
        return written.is_ok();
    }
    for head in now.log().heads() {
        let own = now.log().get(&head).is_some_and(|one| one.author() == replica.author());
        assert!(!own || now.graph().voids_of(&head).is_empty(), "{:?}", now.voids());
    }
    made.folders.extend(new.folders);
    made.notes.extend(new.notes);
    made.drafts.extend(new.drafts);
    made.contracts.extend(new.contracts);
    true
}

#[test]
fn what_is_written_counts_for_who_wrote_it() {
    let (mut written, mut refused, mut listed) = (0, 0, 0);
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let one = founded();
        let join = |seed| Replica::join_in_memory(model(), &one, seed).expect("joined").0;
        let all = [one.clone(), join(2), join(3)];
        let mut made = Made::default();
        for _ in 0..40 {
            let at = numbers.below(3);
            match numbers.below(4) {
                0 => drop(all[at].merge(&all[numbers.below(3)]).expect("merged")),
                _ if work(&all[at], &mut numbers, &mut made) => written += 1,
                _ => refused += 1,
            }
        }
        meet(&all[0], &all[1]);
        meet(&all[1], &all[2]);
        meet(&all[0], &all[1]);
        listed += all[0].snapshot().voids().len();
    }
    assert!(written > 500 && refused > 500 && listed > 20, "{written}, {refused}, {listed}");
}
