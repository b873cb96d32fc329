//! Whom a conversation is about: each side numbers the authors that it speaks of, as they come up.
//!
//! **Invariants**
//! - A number is given once, in order, with a name or a key; from then on it says enough.
//! - By name comes up whom the other side held when that was settled, by rank who is in the basis
//!   of what is sent unasked; anybody else by key.
//!
//! What this does not do: compare what is held of an author.

use crate::closed::Closed;
use crate::message::{AuthorRef, Introduced};
use crate::names::{AuthorName, Salt};
use crate::session::basis::Basis;
use std::collections::BTreeMap;
use woodland_format::AuthorKey;
use woodland_log::Log;

/// Most authors of one conversation.
const AUTHORS_MAX: usize = 1 << 20;

/// Whom this side has spoken of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spoken {
    numbers: BTreeMap<AuthorKey, u32>,
}

impl Spoken {
    /// What to say for an author, who is introduced like this where it did not come up before.
    pub(crate) fn of(&mut self, author: AuthorKey, introduced: Introduced) -> AuthorRef {
        if let Some(number) = self.numbers.get(&author) {
            return AuthorRef { number: *number, introduced: Introduced::Before };
        }
        let number = u32::try_from(self.numbers.len()).expect("fewer authors than bytes in memory");
        self.numbers.insert(author, number);
        AuthorRef { number, introduced }
    }
}

/// Whom the other side has spoken of.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeardOf {
    authors: Vec<AuthorKey>,
    /// The names of the authors that are held here; made when one is heard.
    names: BTreeMap<AuthorName, AuthorKey>,
    /// Those of whom it was told and has not spoken: they come up by name.
    told: BTreeMap<AuthorName, AuthorKey>,
}

impl HeardOf {
    /// Who that is.
    pub(crate) fn who(
        &mut self,
        reference: AuthorRef,
        log: &Log,
        salt: Salt,
        basis: Option<&Basis>,
    ) -> Result<AuthorKey, Closed> {
        let AuthorRef { number, introduced } = reference;
        let author = match introduced {
            Introduced::Before => {
                let author = self.authors.get(number as usize);
                return author.copied().ok_or(Closed::OutOfPlace("it speaks of nobody it named"));
            }
            Introduced::Key(author) => author,
            Introduced::Name(name) => self.named(name, log, salt).ok_or(Closed::UnknownAuthor)?,
            Introduced::Rank(rank) => {
                let author = basis.and_then(|basis| basis.author(rank));
                author.ok_or(Closed::OutOfPlace("it speaks of nobody whom both know"))?
            }
        };
        if number as usize != self.authors.len() || self.authors.len() >= AUTHORS_MAX {
            return Err(Closed::OutOfPlace("it numbers authors out of turn"));
        }
        self.authors.push(author);
        Ok(author)
    }

    fn named(&mut self, name: AuthorName, log: &Log, salt: Salt) -> Option<AuthorKey> {
        if let Some(author) = self.told.remove(&name) {
            return Some(author);
        }
        if !self.names.contains_key(&name) {
            let frontier = log.frontier();
            self.names = frontier.authors().map(|author| (salt.author(&author), author)).collect();
        }
        self.names.get(&name).copied()
    }

    /// The other side is told of this author, where it was not before.
    pub(crate) fn tells_of(&mut self, author: AuthorKey, said: AuthorRef, salt: Salt) {
        if said.introduced != Introduced::Before {
            self.told.insert(salt.author(&author), author);
        }
    }

    /// Lets go of what is seldom needed any more.
    pub(crate) fn settle_down(&mut self) {
        self.names = BTreeMap::new();
    }
}
