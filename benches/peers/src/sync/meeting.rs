//! A meeting: two sides say and hear until neither has anything to say.
//!
//! ```text
//!  round 1   opener says ──►                    half a round trip
//!  round 2                ◄── other says        one
//!  round 3   both say     ◄─►                   one and a half
//! ```
//!
//! **Invariants**
//! - What both have to say in a round is under way at once, and counts as half a round trip.
//! - On the clock is what a side does in order to say and to hear; not what is compared here.
//! - All messages count, those after both held the same too.
//!
//! What this does not do: lose or reorder a message.

use crate::suite::{BYTES, MILLISECONDS, Reading};
use crate::sync::{Role, Side};
use anyhow::{Context, Result, ensure};
use cpu_time::ProcessTime;
use std::time::Duration;

/// More rounds than any peer needs.
const ROUNDS_MAX: usize = 200;
/// For so long two stay connected who have said all.
const SECONDS: usize = 3;
/// The unit of messages and round trips.
pub(super) const COUNT: &str = "count";

/// What a meeting took.
pub(super) struct Cost<V> {
    pub(super) messages: Vec<Vec<u8>>,
    /// How many there were when both held the same.
    until_same: usize,
    /// Rounds until then.
    rounds: usize,
    time: Duration,
    before: [V; 2],
    after: V,
}

/// Lets two sides meet.
pub(super) fn meet<S: Side>(opener: &mut S, other: &mut S) -> Result<Cost<S::Version>> {
    let before = [opener.version(), other.version()];
    let mut is_same = before[0] == before[1];
    let mut clock = Clock::default();
    let (mut messages, mut until_same, mut rounds) = (Vec::new(), 0, 0);
    clock.of(|| opener.connect(Role::Opens))?;
    clock.of(|| other.connect(Role::Accepts))?;
    for round in 1.. {
        ensure!(round <= ROUNDS_MAX, "they come to no end");
        let one = clock.of(|| all(opener))?;
        let two = clock.of(|| all(other))?;
        if one.is_empty() && two.is_empty() {
            break;
        }
        clock.of(|| one.iter().try_for_each(|message| other.hear(message)))?;
        clock.of(|| two.iter().try_for_each(|message| opener.hear(message)))?;
        messages.extend(one.into_iter().chain(two));
        if !is_same {
            is_same = opener.version() == other.version();
            (until_same, rounds) = (messages.len(), round);
        }
    }
    ensure!(is_same, "they have nothing to say, and do not hold the same");
    let after = opener.version();
    Ok(Cost { messages, until_same, rounds, time: clock.0, before, after })
}

/// Two who met stay connected for some seconds, and then part.
pub(super) fn linger<S: Side>(one: &mut S, other: &mut S) -> Result<()> {
    for _ in 0..SECONDS {
        one.tick()?;
        other.tick()?;
        all(one)?.iter().try_for_each(|message| other.hear(message))?;
        all(other)?.iter().try_for_each(|message| one.hear(message))?;
    }
    Ok(())
}

/// All that a side has to say now.
fn all<S: Side>(side: &mut S) -> Result<Vec<Vec<u8>>> {
    std::iter::from_fn(|| side.say().transpose()).collect()
}

#[derive(Default)]
struct Clock(Duration);

impl Clock {
    fn of<T>(&mut self, act: impl FnOnce() -> Result<T>) -> Result<T> {
        let begin = ProcessTime::try_now()?;
        let returned = act()?;
        self.0 += begin.try_elapsed()?;
        Ok(returned)
    }
}

impl<V> Cost<V> {
    /// The numbers, under names that begin with what kind of meeting it was.
    pub(super) fn readings<S: Side<Version = V>>(&self, meeting: &str) -> Result<Vec<Reading>> {
        let bytes = |messages: &[Vec<u8>]| messages.iter().map(Vec::len).sum::<usize>() as f64;
        let until_same = self.messages.get(..self.until_same).context("as many as there are")?;
        let numbers = [
            ("messages", COUNT, self.messages.len() as f64),
            ("bytes", BYTES, bytes(&self.messages)),
            ("messages until both hold the same", COUNT, until_same.len() as f64),
            ("bytes until both hold the same", BYTES, bytes(until_same)),
            ("round trips", COUNT, self.rounds as f64 / 2.0),
            ("time", MILLISECONDS, self.time.as_secs_f64() * 1e3),
        ];
        let numbers = numbers.map(|(what, unit, value)| (what.to_owned(), unit, value));
        let [one, other] = &self.before;
        let anatomy = S::anatomy(&self.messages, [one, other], &self.after)?;
        let anatomy = anatomy
            .into_iter()
            .map(|(part, bytes)| (format!("of them {part}"), BYTES, bytes as f64));
        let readings = numbers.into_iter().chain(anatomy);
        Ok(readings
            .map(|(what, unit, value)| Reading::new(&format!("{meeting}, {what}"), unit, value))
            .collect())
    }
}
