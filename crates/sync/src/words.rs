//! Parts in words: for transcripts of conversations, by people and by tests.
//!
//! **Invariants**
//! - A part is one line. What may be long is cut, and says how much more there is.
//!
//! What this does not do: show what commits hold.

use crate::message::{AuthorRef, Introduced, Part};
use crate::settle::Note;
use std::fmt::{self, Display, Formatter};
use woodland_format::Certificate;

/// So many items of a list are shown.
const SHOWN: usize = 4;

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Part::Hello(hello) => {
                let opens = if hello.salt.is_some() { ", opens" } else { "" };
                let (dataset, author) = (hello.dataset.founding(), hello.author);
                write!(
                    f,
                    "hello{opens}: dataset {}, author {}, ",
                    dataset.short(),
                    author.short()
                )?;
                let (window, longest) = (hello.window, hello.message_bytes_max);
                write!(f, "window {window} B, messages to {longest} B")
            }
            Part::Settle { is_asker, note } => {
                write!(f, "{}: {note}", if *is_asker { "asks" } else { "answers" })
            }
            Part::Fetch => write!(f, "fetch"),
            Part::Sent { forks: 0 } => write!(f, "sent"),
            Part::Sent { forks } => write!(f, "sent, after forks {forks}"),
            Part::Credit(bytes) => write!(f, "credit {bytes} B"),
            Part::Have(tips) => {
                write!(f, "have ")?;
                list(f, tips, |f, told| write!(f, "{} seq {}", told.author, told.tip.0))
            }
            Part::Want(wants) => {
                write!(f, "want ")?;
                list(f, wants, |f, want| {
                    write!(f, "{} to seq {}", want.author, want.tip.0)?;
                    want.from.iter().try_for_each(|from| write!(f, " from behind {}", from.0))
                })
            }
            Part::Stretch(stretch) => {
                let (first, commits) = (stretch.first_seq, stretch.commits);
                let (bytes, new) = (stretch.length(), if stretch.is_new { ", new" } else { "" });
                write!(f, "stretch {} from seq {first}: ", stretch.author)?;
                write!(f, "commits {commits}, {bytes} B{new}")
            }
            Part::Ahead(tip) => write!(f, "ahead: seq {} {}", tip.seq, tip.id.short()),
            Part::Presence(bytes) => write!(f, "presence {} B", bytes.len()),
            Part::Bye(reason) => write!(f, "bye: {reason}"),
            Part::Since(heads) if heads.is_empty() => write!(f, "since what was named"),
            Part::Since(heads) => {
                write!(f, "since ")?;
                list(f, heads, |f, head| write!(f, "{}", head.short()))
            }
            Part::Unheld => write!(f, "unheld"),
            Part::Durable(messages) => write!(f, "durable to message {messages}"),
            Part::Challenge(_) => write!(f, "challenge"),
            Part::Newcomer => write!(f, "newcomer: the founding commit is wanted"),
            Part::Proof(proof) => {
                let Certificate { identity, name, .. } = &proof.certificate;
                write!(f, "proof: identity {} {name:?}", identity.short())
            }
        }
    }
}

impl Display for Note {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Note::Tips(tips) => write!(f, "tips {}", tips.len()),
            Note::Symbols(symbols) => write!(f, "symbols {}", symbols.len()),
            Note::More(symbols) => write!(f, "more, to symbols {symbols}"),
            Note::Gaps(gaps) => write!(f, "gaps {}", gaps.len()),
            Note::Forks(gaps) => write!(f, "forks {}", gaps.len()),
        }
    }
}

impl Display for AuthorRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.number)?;
        match self.introduced {
            Introduced::Before => Ok(()),
            Introduced::Name(name) => write!(f, " (name {:016x})", name.0),
            Introduced::Key(key) => write!(f, " (key {})", key.short()),
            Introduced::Rank(rank) => write!(f, " (rank {rank})"),
        }
    }
}

fn list<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    show: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.iter().take(SHOWN).enumerate() {
        if at > 0 {
            write!(f, ", ")?;
        }
        show(f, item)?;
    }
    match items.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
