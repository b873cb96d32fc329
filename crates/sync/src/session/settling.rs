//! Who asked whom what it lacks: either side may ask, each once at a time.
//!
//! **Invariants**
//! - A question is settled for the versions that both sides had when it was asked.
//! - Who asks is sent what it lacks. Who answers is, too, where it says so.
//! - Where a fork shows late, what was settled is settled anew, and sent anew.
//!
//! What this does not do: send commits.

use crate::closed::Closed;
use crate::names::Salt;
use crate::settle::{Note, Settling};
use woodland_log::{Frontier, Log};

/// A question, and the version that it is about.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    settling: Settling,
    base: Log,
    /// Whether who answers is about to be told more.
    is_open: bool,
    /// How many notes the other has said about it.
    notes: u32,
}

/// Most notes of one side about one question. A sketch that grows by half each time is as long as
/// may be after some twenty.
const NOTES_MAX: u32 = 64;

/// What a note led to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// What to say to it.
    pub(crate) say: Option<Note>,
    /// What the other holds of the version that the question was about, where this note settled it,
    /// or settled it otherwise than before.
    pub(crate) known: Option<Frontier>,
    /// Whether nothing that the other said it holds is lacking here.
    pub(crate) lacks_nothing: bool,
    /// Whether the other said that it lacks nothing.
    pub(crate) other_lacks_nothing: bool,
}

impl Question {
    pub(crate) fn ask(log: &Log, salt: Salt) -> (Question, Note) {
        let (settling, note) = Settling::ask(log, salt);
        (Question { settling, base: log.clone(), is_open: false, notes: 0 }, note)
    }

    pub(crate) fn answer(log: &Log, salt: Salt) -> Question {
        let settling = Settling::answer(salt);
        Question { settling, base: log.clone(), is_open: false, notes: 0 }
    }

    /// Whether this is answered, so that another may be asked.
    pub(crate) fn is_over(&self) -> bool {
        self.settling.known().is_some() && !self.is_open
    }

    pub(crate) fn base(&self) -> &Log {
        &self.base
    }

    pub(crate) fn known(&self) -> Option<&Frontier> {
        self.settling.known()
    }

    pub(crate) fn take(&mut self, note: Note) -> Result<Answer, Closed> {
        self.notes += 1;
        if self.notes > NOTES_MAX {
            return Err(Closed::OutOfPlace("it settles one question for ever"));
        }
        let other_lacks_nothing = matches!(&note, Note::Gaps(gaps) if gaps.is_empty());
        let is_told_anew = matches!(note, Note::Forks(_)) || self.settling.known().is_none();
        let settled = self.settling.take(&self.base, note)?;
        self.is_open = matches!(settled.say, Some(Note::More(_) | Note::Tips(_)));
        let lacks_nothing = matches!(&settled.say, Some(Note::Gaps(gaps)) if gaps.is_empty());
        let known = settled.known.filter(|_| !self.is_open && is_told_anew);
        Ok(Answer { say: settled.say, known, lacks_nothing, other_lacks_nothing })
    }
}
