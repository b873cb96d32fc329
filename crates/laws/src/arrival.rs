//! The orders in which commits can arrive, each after its past.
//!
//! **Invariants**
//! - All orders of a history that has few, otherwise as many random ones; each is causal.

use crate::plan::Plan;
use crate::random::Random;

/// Numbers of commits in the order of their arrival; the founding one, always first, left out.
pub(crate) type Arrival = Vec<usize>;

/// At most `most` orders: all that there are, if there are no more.
pub(crate) fn arrivals(plan: &Plan, most: usize, random: &mut Random) -> Vec<Arrival> {
    let mut all = Vec::new();
    every(plan, &mut Vec::new(), most + 1, &mut all);
    if all.len() > most {
        all.truncate(1);
        all.extend((1..most).map(|_| any(plan, random)));
    }
    all
}

/// The commits that can come next.
fn ready(plan: &Plan, held: &[usize]) -> Vec<usize> {
    let is_held = |number: usize| number == 0 || held.contains(&number);
    let fits =
        |number: &usize| !held.contains(number) && plan.batches[*number].references().all(is_held);
    (1..plan.batches.len()).filter(fits).collect()
}

/// Adds every order that begins with `held`, until there are `most`. Recursion is as deep as the
/// history is long.
fn every(plan: &Plan, held: &mut Arrival, most: usize, found: &mut Vec<Arrival>) {
    if held.len() + 1 == plan.batches.len() {
        found.push(held.clone());
        return;
    }
    for number in ready(plan, held) {
        if found.len() >= most {
            return;
        }
        held.push(number);
        every(plan, held, most, found);
        held.pop();
    }
}

fn any(plan: &Plan, random: &mut Random) -> Arrival {
    let mut held = Vec::new();
    while let Some(number) = random.pick(&ready(plan, &held)).copied() {
        held.push(number);
    }
    held
}

/// Cuts an order into bursts: one by one, or at random.
pub(crate) fn bursts(arrival: &[usize], random: &mut Random) -> Vec<Vec<usize>> {
    let together = [0, 40, 75][random.below(3)];
    let mut bursts: Vec<Vec<usize>> = Vec::new();
    for number in arrival {
        match bursts.last_mut() {
            Some(burst) if random.chance(together) => burst.push(*number),
            _ => bursts.push(vec![*number]),
        }
    }
    bursts
}

/// An order for people.
pub(crate) fn said(bursts: &[Vec<usize>]) -> String {
    let burst = |burst: &Vec<usize>| {
        burst.iter().map(|number| format!("#{number}")).collect::<Vec<_>>().join(" ")
    };
    bursts.iter().map(burst).collect::<Vec<_>>().join(" | ")
}
