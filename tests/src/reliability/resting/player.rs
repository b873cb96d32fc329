//! The player: plays the script through the facade, and keeps what was written and promised.
//!
//! **Invariants**
//! - A step that fails to rest does not end the script; whatever else fails does.
//! - After each step that did not end it, all that is visible is read and compared.
//!
//! What this does not do: judge what the disk then has; `answers` does.

use super::answers::{count, options};
use crate::reliability::actor::{Note, disk_error, model};
use crate::reliability::disk::ScriptedDisk;
use crate::reliability::founding::found_in;
use crate::reliability::image::Image;
use std::error::Error;
use woodland::{Durability, MergeError, Replica, RestError, StartError, UpkeepError, WriteError};

/// One step.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many notes in one commit, of so many bytes each.
    Write(u64, usize),
    /// The same, and nobody waits for it to be durable.
    Buffer(u64, usize),
    Flush,
    /// Two others write in turn, each having seen the other: what is merged of the one of them is
    /// one chain in several segments.
    Merge,
    Rest,
    Maintain,
    Reopen,
}

/// Rests at the beginning, in between, on top of what is buffered, before and after merging; what
/// others wrote comes behind what rests.
const SCRIPT: [Step; 20] = [
    Step::Write(30, 40),
    Step::Rest,
    Step::Write(2, 300),
    Step::Write(1, 10),
    Step::Buffer(3, 10),
    Step::Rest,
    Step::Write(1, 200),
    Step::Merge,
    Step::Maintain,
    Step::Buffer(1, 10),
    Step::Flush,
    Step::Reopen,
    Step::Write(20, 30),
    Step::Rest,
    Step::Buffer(1, 700),
    Step::Maintain,
    Step::Reopen,
    Step::Rest,
    Step::Write(1, 20),
    Step::Merge,
];

/// What is known at a moment of the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// So long was the journal.
    pub(super) events: usize,
    /// The founding was acknowledged.
    pub(super) is_created: bool,
    /// So many notes were acknowledged as durable.
    pub(super) durable: u64,
}

/// A script that was played.
pub(super) struct Played {
    /// How many notes there were after each commit, from none on.
    pub(super) ends: Vec<u64>,
    /// What was known, in order.
    pub(super) known: Vec<Known>,
    /// What the disk showed after each step.
    pub(super) images: Vec<(Image, u64)>,
    /// Failures to rest that were told.
    pub(super) told: u64,
    /// How many calls there were before the first rest.
    pub(super) calls_before: u64,
    /// How many bytes there were before the first rest.
    pub(super) bytes_before: u64,
}

/// How a script ended.
pub(super) enum Ended {
    Whole,
    /// A step failed, and the disk is to blame.
    Early,
}

struct Player<'a> {
    disk: &'a ScriptedDisk,
    replica: Option<Replica>,
    played: Played,
    visible: u64,
    seeds: u64,
}

/// Plays the script, and closes the dataset.
///
/// # Errors
/// A wrong answer, a failure that blames something else than the disk, or a promise broken.
pub(super) fn play(disk: &ScriptedDisk) -> Result<(Played, Ended), String> {
    let played = Played {
        ends: vec![0],
        known: Vec::new(),
        images: Vec::new(),
        told: 0,
        calls_before: 0,
        bytes_before: 0,
    };
    let mut player = Player { disk, replica: None, played, visible: 0, seeds: 10 };
    let mut ended = Ended::Whole;
    if let Err(error) = player.found() {
        player.blames_disk("founding", error.as_ref())?;
        return Ok((player.played, Ended::Early));
    }
    (player.played.calls_before, player.played.bytes_before) = (disk.counts().0, disk.bytes_max());
    for step in SCRIPT {
        if let Err(error) = player.step(step) {
            player.is_told(step, error.as_ref())?;
            player.reads(step)?;
            ended = Ended::Early;
            break;
        }
        player.reads(step)?;
        player.played.images.push((disk.image(), player.visible));
    }
    player.replica = None;
    Ok((player.played, ended))
}

impl Player<'_> {
    fn found(&mut self) -> Result<(), Box<dyn Error>> {
        found_in(self.disk, 900, || {})?;
        self.replica = Some(Replica::open(options(self.disk, 1), model())?);
        self.durable();
        Ok(())
    }

    fn replica(&self) -> &Replica {
        self.replica.as_ref().expect("it is open between the steps")
    }

    fn step(&mut self, step: Step) -> Result<(), Box<dyn Error>> {
        match step {
            Step::Write(notes, bytes) => {
                self.write(notes, bytes, Durability::Durable)?;
                self.durable();
            }
            Step::Buffer(notes, bytes) => self.write(notes, bytes, Durability::Buffered)?,
            Step::Flush => {
                self.replica().flush()?;
                self.durable();
            }
            Step::Merge => {
                self.merge()?;
                self.durable();
            }
            Step::Rest => match self.replica().rest() {
                Err(error @ RestError::Store(_)) => return Err(error.into()),
                Err(_) => self.played.told += 1,
                Ok(()) => self.durable(),
            },
            Step::Maintain => loop {
                match self.replica().maintain() {
                    Ok(maintained) if maintained.files == 0 => break,
                    Ok(_) => {}
                    Err(UpkeepError::Rest(error)) if !matches!(error, RestError::Store(_)) => {
                        self.played.told += 1;
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            },
            Step::Reopen => {
                self.replica = None;
                self.seeds += 1;
                let replica = Replica::open(options(self.disk, self.seeds), model())?;
                self.replica = Some(replica);
                self.durable();
            }
        }
        Ok(())
    }

    fn merge(&mut self) -> Result<(), Box<dyn Error>> {
        self.seeds += 2;
        let join = |seed| Replica::join_in_memory(model(), self.replica(), seed);
        let ((one, _), (other, _)) = (join(self.seeds + 100)?, join(self.seeds + 101)?);
        let (mut number, mut ends) = (self.visible, Vec::new());
        for (writer, reader) in [(&one, &other), (&other, &one), (&one, &other)] {
            writer.write(|batch| batch.insert(&Note::titled(&number.to_string())))?;
            reader.merge(writer)?;
            number += 1;
            ends.push(number);
        }
        self.replica().merge(&one)?;
        self.visible = number;
        self.played.ends.extend(ends);
        Ok(())
    }

    fn write(
        &mut self,
        notes: u64,
        bytes: usize,
        durability: Durability,
    ) -> Result<(), WriteError> {
        let first = self.visible;
        self.replica().write_with(durability, |batch| {
            for number in first..first + notes {
                batch.insert(&Note::titled(&format!("{number:>bytes$}")));
            }
        })?;
        self.visible += notes;
        self.played.ends.push(self.visible);
        Ok(())
    }

    fn durable(&mut self) {
        let events = self.disk.journal().len();
        self.played.known.push(Known { events, is_created: true, durable: self.visible });
    }

    /// What readers see now.
    fn reads(&self, step: Step) -> Result<(), String> {
        let Some(replica) = &self.replica else { return Ok(()) };
        match count(replica)? {
            Some(found) if found == self.visible => Ok(()),
            Some(found) => Err(format!("{step:?}: {found} notes, {} are visible", self.visible)),
            None if self.disk.failed_act().is_some() => Ok(()),
            None => Err(format!("{step:?}: derived state cannot be read from a healthy disk")),
        }
    }

    fn is_told(&self, step: Step, error: &(dyn Error + 'static)) -> Result<(), String> {
        let is_derived = matches!(error.downcast_ref(), Some(WriteError::Derived(_)))
            || matches!(error.downcast_ref(), Some(StartError::Derived(_)))
            || matches!(error.downcast_ref(), Some(MergeError::Derived(_)));
        if is_derived && self.disk.failed_act().is_some() {
            return Ok(());
        }
        self.blames_disk(&format!("{step:?}"), error)
    }

    fn blames_disk(&self, step: &str, error: &(dyn Error + 'static)) -> Result<(), String> {
        match disk_error(error) {
            Some(_) if self.disk.failed_act().is_some() => Ok(()),
            _ => Err(format!("{step}: the disk is not blamed: {error}")),
        }
    }
}
