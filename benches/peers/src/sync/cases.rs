//! What each case does, for any peer.
//!
//! **Invariants**
//! - Who meets has met before, when both held the shared part: first contact is to forget that.
//! - The side that lacks something opens the conversation.
//! - What both hold afterwards is compared with what was written, not with another peer.
//!
//! What this does not do: repeat. One process measures once.

use crate::suite::{MILLISECONDS, Measured, Reading, Setting, timed};
use crate::sync::history::{History, SHARED, Typing, sum_of_letters};
use crate::sync::meeting::{linger, meet};
use crate::sync::{Keyed, Side, Typed};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// The kinds of meetings, as readings name them.
pub(crate) const FIRST: &str = "first contact";
pub(crate) const AGAIN: &str = "reconnect";

/// How many authors a history has.
const AUTHORS: [usize; 3] = [10, 1_000, 10_000];
/// The two who meet over a text; whoever wrote it is author 0.
const SIDES: [u32; 2] = [1, 2];
/// Letters for each shared change that the suite is told to have.
const LETTERS_A_CHANGE: usize = 10;

/// What is in a history of full length; of a shorter one there is less of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) authors: usize,
    pub(super) differences: usize,
}

impl Size {
    fn history(self, setting: &Setting) -> History {
        let shared = setting.nodes;
        let scaled = |count: usize, least: usize| (count * shared / SHARED).max(count.min(least));
        History::of(shared, scaled(self.authors, 10), scaled(self.differences, 20))
    }
}

fn path(setting: &Setting, authors: usize) -> PathBuf {
    setting.saved.with_extension(format!("authors-{authors}"))
}

fn path_of_text(setting: &Setting) -> PathBuf {
    setting.saved.with_extension("text")
}

fn typing(setting: &Setting) -> Typing {
    Typing::of(setting.nodes * LETTERS_A_CHANGE)
}

pub(super) fn prepare<K: Keyed, T: Typed>(setting: &Setting) -> Result<Measured> {
    for authors in AUTHORS {
        let history = Size { authors, differences: 0 }.history(setting);
        K::prepare(&history, &path(setting, authors))?;
    }
    T::prepare(&typing(setting), &path_of_text(setting))?;
    Ok((0, Vec::new()))
}

pub(super) fn keyed<K: Keyed>(setting: &Setting, size: Size) -> Result<Measured> {
    let history = size.history(setting);
    let mut readings = Vec::new();
    for meeting in [FIRST, AGAIN] {
        let (mut lacks, mut holds) = K::load(&history, &path(setting, size.authors))?;
        become_acquainted(&mut lacks, &mut holds, meeting)?;
        holds.set(&history, &history.later)?;
        let cost = meet(&mut lacks, &mut holds)?;
        for side in [&lacks, &holds] {
            ensure!(side.sum()? == history.sum(), "a side holds something else than was written");
        }
        readings.extend(cost.readings::<K>(meeting)?);
    }
    Ok((history.sum(), readings))
}

pub(super) fn typed<T: Typed>(setting: &Setting) -> Result<Measured> {
    let typing = typing(setting);
    let mut readings = Vec::new();
    for meeting in [FIRST, AGAIN] {
        let [one, other] = SIDES.map(|author| T::load(&path_of_text(setting), author));
        let (mut one, mut other) = (one?, other?);
        one.type_in(&typing.greetings[..1])?;
        other.type_in(&typing.greetings[1..])?;
        become_acquainted(&mut one, &mut other, meeting)?;
        // What a peer puts off until somebody reads is not to be paid for in the meeting.
        ensure!(one.text()? == other.text()?, "they begin with one text");
        one.type_in(&typing.later[0])?;
        other.type_in(&typing.later[1])?;
        let cost = meet(&mut one, &mut other)?;
        let (texts, reading) = timed(|| Ok([one.text()?, other.text()?]))?;
        ensure!(texts[0] == texts[1], "both hold the same letters, and read another text");
        let is_all = sum_of_letters(&texts[0]) == typing.sum();
        ensure!(is_all, "a side holds something else than was typed");
        readings.extend(cost.readings::<T>(meeting)?);
        let name = format!("{meeting}, reading both texts");
        readings.push(Reading::new(&name, MILLISECONDS, reading.value));
    }
    Ok((typing.sum(), readings))
}

/// Two who hold the shared part meet, for some seconds, and forget it again where that is to be the
/// first contact.
fn become_acquainted<S: Side>(one: &mut S, other: &mut S, meeting: &str) -> Result<()> {
    meet(one, other)?;
    linger(one, other)?;
    if meeting == FIRST {
        one.forget();
        other.forget();
    }
    Ok(())
}
