//! One run of one target: makes inputs, decodes them, watches.
//!
//! **Invariants**
//! - Execution `n` depends on the target's name, the seed and `n` alone.
//! - The input of a failure is made small while it still fails, and written to a file.

use crate::fuzz::corpus::Corpus;
use crate::fuzz::errors::Told;
use crate::fuzz::mutation::mutate;
use crate::fuzz::report::{Failure, Report};
use crate::fuzz::targets::Target;
use crate::histories::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::PathBuf;
use std::time::Instant;

/// Counts what is allocated. The program brings it: only a program has an allocator.
#[derive(Debug, Clone, Copy)]
pub struct Heap {
    /// Begins to count anew.
    pub reset: fn(),
    /// Most bytes that were in use at once since then, beyond what was in use before.
    pub peak: fn() -> usize,
}

/// How much of what.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many inputs.
    pub executions: u64,
    /// What they follow from.
    pub seed: u64,
    /// The number of the first one.
    pub first: u64,
    /// Where the inputs of failures are written.
    pub folder: PathBuf,
}

/// How often a failing input is tried smaller.
const SMALLER_TRIES: usize = 2_000;

/// Runs the target.
pub fn run(target: &Target, corpus: &Corpus, settings: &Settings, heap: Heap) -> Report {
    let inputs = (target.inputs)(corpus);
    assert!(!inputs.is_empty(), "{}: a target has inputs to start from", target.name);
    let mut report = Report::of(target.name, &target.errors);
    let (mut bytes, mut told) = (Vec::new(), Told::nothing());
    let started = Instant::now();
    for number in settings.first..settings.first + settings.executions {
        make(target, corpus, &inputs, settings.seed, number, &mut bytes);
        told.clear();
        (heap.reset)();
        let at = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.decode)(corpus, &bytes, &mut told)));
        let taken = at.elapsed();
        let peak = (heap.peak)();
        report.add(&bytes, &told, taken, peak);
        let failed = match outcome {
            Err(_) => Some("it panicked".to_owned()),
            Ok(()) => over_heap(target, bytes.len(), peak),
        };
        if let Some(why) = failed {
            let is_panic = why.starts_with("it panicked");
            let input = smaller(target, corpus, &bytes, heap, is_panic);
            report.failure = Some(Failure::write(target.name, number, why, input, settings));
            report.time = started.elapsed();
            return report;
        }
    }
    report.time = started.elapsed();
    report
}

fn over_heap(target: &Target, length: usize, peak: usize) -> Option<String> {
    let allowed = target.heap_times * length + target.spare_bytes;
    (peak > allowed).then(|| {
        format!("it took {peak} bytes for an input of {length}, at most {allowed} are allowed")
    })
}

/// Makes input `number`.
fn make(
    target: &Target,
    corpus: &Corpus,
    inputs: &[Vec<u8>],
    seed: u64,
    number: u64,
    bytes: &mut Vec<u8>,
) {
    let name = target.name.bytes().fold(0u64, |sum, byte| sum.rotate_left(7) ^ u64::from(byte));
    let mut rng = Rng::from_seed(seed ^ name.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number << 1);
    bytes.clear();
    let first = rng.pick(inputs).expect("there are inputs");
    // Once in a while an input comes as it is: what is sound must be accepted.
    let is_mended = number.is_multiple_of(2);
    bytes.extend_from_slice(first);
    let (is_edited, is_bent) = match rng.below(16) {
        0 => (false, false),
        1..=4 => (true, false),
        5..=8 => (true, true),
        _ => (false, true),
    };
    if is_edited {
        (target.edit)(corpus, &mut rng, bytes);
    }
    if is_bent {
        let other = rng.pick(inputs).expect("there are inputs");
        mutate(&mut rng, bytes, other);
    }
    if is_mended {
        (target.mend)(corpus, &mut rng, bytes);
    }
}

/// A shorter input that fails in the same way.
fn smaller(target: &Target, corpus: &Corpus, input: &[u8], heap: Heap, is_panic: bool) -> Vec<u8> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut told = Told::nothing();
    let mut fails = |bytes: &[u8]| {
        told.clear();
        (heap.reset)();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.decode)(corpus, bytes, &mut told)));
        let peak = (heap.peak)();
        match is_panic {
            true => outcome.is_err(),
            false => outcome.is_ok() && over_heap(target, bytes.len(), peak).is_some(),
        }
    };
    let mut rng = Rng::from_seed(0);
    let (mut best, mut tries) = (input.to_vec(), 0);
    let mut step = best.len() / 2;
    while step > 0 && tries < SMALLER_TRIES {
        let mut at = 0;
        while at < best.len() && tries < SMALLER_TRIES {
            let end = (at + step).min(best.len());
            let cut = [&best[..at], &best[end..]].concat();
            let mut mended = cut.clone();
            (target.mend)(corpus, &mut rng, &mut mended);
            tries += 2;
            match [cut, mended].into_iter().find(|one| one.len() < best.len() && fails(one)) {
                Some(found) => best = found,
                None => at += step,
            }
        }
        step /= 2;
    }
    set_hook(hook);
    best
}
