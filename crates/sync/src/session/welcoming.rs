//! Welcoming a newcomer: it is told the founding commit, and the conversation begins anew.
//!
//! **Invariants**
//! - A newcomer says so with its hello, and until it is answered nothing but who it is.
//! - It is answered once it has proven that it may read, where that is asked.
//!
//! What this does not do: begin anew; the hub does, once it was answered.

use crate::closed::Closed;
use crate::message::Part;
use crate::session::pieces::{Known, Piece};
use crate::session::saying::check_length;
use crate::session::{Here, Session};

/// What is wrong with a newcomer that says so anywhere but behind its hello.
pub(super) const MEANWHILE: &str = "it is new in the middle of a conversation";

/// How far a newcomer is welcomed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Welcome {
    /// The other side is none, as far as is known.
    NotDue,
    Due,
    Done,
}

impl Session {
    /// The other side holds nothing.
    pub(super) fn is_newcomer(&mut self) -> Result<(), Closed> {
        if self.is_opener || self.turns.heard != 1 || self.welcome != Welcome::NotDue {
            return Err(Closed::OutOfPlace(MEANWHILE));
        }
        self.welcome = Welcome::Due;
        Ok(())
    }

    /// Says the founding commit.
    pub(super) fn welcomes(&mut self, here: Here<'_>, parts: &mut Vec<Part>) -> Result<(), Closed> {
        let founding = here.log.founding();
        let place = here.log.place(&founding.id()).expect("every log holds it");
        let piece = Piece { line: place.line, commits: vec![founding.clone()] };
        let known = Known { shared: None, is_held: false, is_new: false, basis: None };
        // Whoever is new numbers no authors.
        let stretch = piece.stretch(here.log, self.salt, &mut Default::default(), known);
        check_length(&piece, &stretch, self.sending()?)?;
        parts.push(Part::Stretch(stretch));
        self.welcome = Welcome::Done;
        Ok(())
    }

    /// Whether the conversation begins anew: all was said to a newcomer that it needs for that.
    pub(crate) fn has_welcomed(&self) -> bool {
        self.welcome == Welcome::Done
    }
}
