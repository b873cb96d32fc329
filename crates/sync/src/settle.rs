//! Settling: two who meet find out what the other holds, each of what it holds itself.
//!
//! ```text
//!  asker                                        answerer
//!   tips, or a sketch of them where many ────►  compares
//!                             ◄──────────────── gaps: authors of whom the asker has something that
//!                                               the answerer has not, and how far it has them
//!   forks: authors of whom both have ────────►  likewise, where it has not said so yet
//!   something that the other has not
//!
//!  where the sketch was too short:   ◄───────── more (then symbols ────►), or the answerer's tips,
//!                                               if they are few: then the asker answers
//! ```
//!
//! A frontier says all: an author's tip vouches for its chain, so sets of tips are compared, not
//! sets of commits. Who answers knows at once what to send, and so does who asked, one round trip
//! later.
//!
//! **Invariants**
//! - What is said costs what differs, and O(authors) only where there are few.
//! - Of an author of whom both hold something that the other does not, each says where they part.
//!   Until then nothing is known: what others wrote may stand on either branch.
//! - Whatever the other says, what is known of it is a frontier of commits that are held here.
//!
//! What this does not do: send commits, or believe that the other told the truth. Who lied gets too
//! much or too little of what it asked for.

use crate::names::{AuthorName, CommitName, Named, NamedTip, Salt};
use crate::sketch::{Difference, Symbol, difference, differing, sketch};
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::AuthorKey;
use woodland_log::{Frontier, Log, Tip};

/// Up to so many tips are named one by one.
pub const TIPS_TOLD_MAX: usize = 48;
/// A first sketch has so many symbols.
pub const SYMBOLS_FIRST: usize = 32;
/// A longer one has at least so many more.
const SYMBOLS_MORE_LEAST: usize = 16;
/// Most symbols, and most tips, of one conversation: what it may cost in memory.
pub const SYMBOLS_MAX: usize = 1 << 17;

/// What settles who holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// All tips of whoever says so: "what do you lack of that?"
    Tips(Vec<NamedTip>),
    /// Symbols of a sketch of them, behind those that were sent before.
    Symbols(Vec<Symbol>),
    /// So many symbols in all are needed, or all tips.
    More(u64),
    /// How far whoever says so holds authors of whom the other named something that it lacks.
    Gaps(Vec<Gap>),
    /// Of authors of whom both hold something that the other does not.
    Forks(Vec<Gap>),
}

/// How far an author is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Who.
    pub author: AuthorName,
    /// The tips; none where nothing is held.
    pub tips: Vec<Step>,
    /// Commits of their chains, ever further below; none where nobody needed them.
    pub rungs: Vec<Step>,
}

/// A commit of an author.
pub type Step = (u64, CommitName);

/// What a note leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// What to say to that.
    pub say: Option<Note>,
    /// What the other holds of this log; none where that is not known yet.
    pub known: Option<Frontier>,
}

/// A note that nobody says at that place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the other side does not keep to the protocol: {0}")]
pub struct OutOfPlace(pub(crate) &'static str);

/// One side of it.
#[derive(Debug, Clone)]
pub struct Settling {
    salt: Salt,
    /// Symbols sent by who asked, or received by who answers.
    symbols: Vec<Symbol>,
    sent: usize,
    /// Whether more was asked for before.
    has_estimated: bool,
    known: Option<Frontier>,
    /// Authors of whom the rungs were told.
    told: BTreeSet<AuthorName>,
    /// Authors of whom the other is to say where they part.
    awaited: BTreeSet<AuthorName>,
}

impl Settling {
    fn new(salt: Salt) -> Self {
        let (told, awaited) = (BTreeSet::new(), BTreeSet::new());
        let symbols = Vec::new();
        Settling { salt, symbols, sent: 0, has_estimated: false, known: None, told, awaited }
    }

    /// Asks what the other holds. The salt is fresh, and goes to the other with the note.
    pub fn ask(log: &Log, salt: Salt) -> (Settling, Note) {
        let (mut settling, named) = (Settling::new(salt), Named::of(log, salt));
        let note = match named.tips().len() <= TIPS_TOLD_MAX {
            true => Note::Tips(named.tips().copied().collect()),
            false => Note::Symbols(sketch(named.tips(), salt, SYMBOLS_FIRST)),
        };
        settling.sent = SYMBOLS_FIRST;
        (settling, note)
    }

    /// Answers somebody who asked under this salt.
    pub fn answer(salt: Salt) -> Settling {
        Settling::new(salt)
    }

    /// What the other holds of this log; none until that is settled.
    pub fn known(&self) -> Option<&Frontier> {
        self.known.as_ref().filter(|_| self.awaited.is_empty())
    }

    /// Takes what the other says.
    ///
    /// # Errors
    /// [`OutOfPlace`]: the other does not keep to the protocol.
    pub fn take(&mut self, log: &Log, note: Note) -> Result<Settled, OutOfPlace> {
        let named = Named::of(log, self.salt);
        let say = match note {
            Note::Tips(tips) => {
                within(tips.len())?;
                let theirs: BTreeSet<NamedTip> = tips.into_iter().collect();
                let mine: BTreeSet<NamedTip> = named.tips().copied().collect();
                let differing = Difference {
                    theirs: theirs.difference(&mine).copied().collect(),
                    mine: mine.difference(&theirs).copied().collect(),
                };
                Some(self.compared(&named, &differing))
            }
            Note::Symbols(symbols) => {
                within(self.symbols.len() + symbols.len())?;
                self.symbols.extend(symbols);
                match difference(named.tips(), self.salt, &self.symbols) {
                    Some(differing) => Some(self.compared(&named, &differing)),
                    None if named.tips().len() <= TIPS_TOLD_MAX => {
                        Some(Note::Tips(named.tips().copied().collect()))
                    }
                    None => {
                        let wanted = self.wanted(&named);
                        self.has_estimated = true;
                        Some(Note::More(wanted))
                    }
                }
            }
            Note::More(symbols) => Some(self.more(&named, symbols)?),
            Note::Gaps(gaps) => {
                within(gaps.len())?;
                let forks = self.learn(&named, &log.frontier(), &gaps);
                self.forks(&named, forks)
            }
            Note::Forks(gaps) => {
                within(gaps.len())?;
                let known = self.known.clone().unwrap_or_else(|| log.frontier());
                let forks = self.learn(&named, &known, &gaps);
                self.forks(&named, forks)
            }
        };
        Ok(Settled { say, known: self.known().cloned() })
    }

    /// How many symbols should do: some 1.35 for each tip that differs, and more where they are
    /// few; half as many again each time that was too few.
    fn wanted(&self, named: &Named<'_>) -> u64 {
        let held = self.symbols.len();
        let about = differing(named.tips(), self.salt, &self.symbols).min(SYMBOLS_MAX);
        let enough = about + about / 2 + SYMBOLS_MORE_LEAST;
        let least = if self.has_estimated { held + held / 2 } else { held };
        enough.max(least + SYMBOLS_MORE_LEAST) as u64
    }

    /// A longer sketch, or all tips where that costs less.
    fn more(&mut self, named: &Named<'_>, symbols: u64) -> Result<Note, OutOfPlace> {
        let wanted = usize::try_from(symbols).unwrap_or(usize::MAX);
        if wanted <= self.sent {
            return Err(OutOfPlace("it asks for no more symbols than it was sent"));
        }
        // A symbol takes about twice the bytes of a tip.
        if wanted > SYMBOLS_MAX || (wanted - self.sent) * 2 > named.tips().len() {
            self.sent = SYMBOLS_MAX;
            return Ok(Note::Tips(named.tips().copied().collect()));
        }
        let sketch = sketch(named.tips(), self.salt, wanted);
        let before = std::mem::replace(&mut self.sent, wanted);
        Ok(Note::Symbols(sketch[before..].to_vec()))
    }

    /// What the other holds, and what of that is lacking here.
    fn compared(&mut self, named: &Named<'_>, differing: &Difference) -> Note {
        let mut known: BTreeMap<AuthorKey, BTreeSet<Tip>> = BTreeMap::new();
        let shared = named.tips().filter(|tip| !differing.mine.contains(tip));
        for (author, tip) in shared.filter_map(|tip| named.tip(tip)) {
            known.entry(author).or_default().insert(tip);
        }
        let mut lacking: BTreeMap<AuthorName, u64> = BTreeMap::new();
        for tip in &differing.theirs {
            match named.held(tip) {
                Some((author, held)) => {
                    known.entry(author).or_default().insert(held);
                }
                None => {
                    let least = lacking.entry(tip.author).or_insert(tip.seq);
                    *least = (*least).min(tip.seq);
                }
            }
        }
        let mut gaps = Vec::new();
        for (name, least) in lacking {
            // Above all that is held here it is what comes next, mostly: then all here is held
            // there. Else somebody branched off.
            let is_fork = named.tips_of(name).any(|(_, tip)| tip.seq >= least);
            if is_fork {
                self.awaited.insert(name);
            }
            gaps.push(self.gap(named, name, is_fork));
            if let Some(author) = named.author(name) {
                let held = named.tips_of(name).map(|(_, tip)| tip);
                known.entry(author).or_default().extend(held);
            }
        }
        let tips = known.into_iter();
        let tips = tips.flat_map(|(author, tips)| tips.into_iter().map(move |tip| (author, tip)));
        self.known = Some(tips.collect());
        Note::Gaps(gaps)
    }

    fn gap(&mut self, named: &Named<'_>, author: AuthorName, is_fork: bool) -> Gap {
        let step = |named: &NamedTip| (named.seq, named.commit);
        let tips = named.tips_of(author).map(|(named, _)| step(named)).collect();
        let mut rungs: BTreeSet<Step> = BTreeSet::new();
        if is_fork {
            self.told.insert(author);
            for (_, tip) in named.tips_of(author) {
                rungs.extend(named.ladder(author, tip).iter().map(step));
            }
        }
        Gap { author, tips, rungs: rungs.into_iter().collect() }
    }

    /// Takes how far the other holds authors; of whom both hold something that the other does not.
    fn learn(&mut self, named: &Named<'_>, known: &Frontier, gaps: &[Gap]) -> Vec<AuthorName> {
        let (mut learned, mut forks) = (BTreeMap::new(), Vec::new());
        for gap in gaps {
            let Some(author) = named.author(gap.author) else { continue };
            let held = |step: &Step| {
                let (seq, commit) = *step;
                named.held(&NamedTip { author: gap.author, seq, commit }).map(|(_, tip)| tip)
            };
            let is_branch = gap.tips.iter().any(|step| held(step).is_none());
            // Who told its rungs waits for an answer; so does who is about to be told these.
            if (is_branch || !gap.rungs.is_empty()) && !self.told.contains(&gap.author) {
                forks.push(gap.author);
            }
            self.awaited.remove(&gap.author);
            if is_branch && gap.rungs.is_empty() {
                self.awaited.insert(gap.author);
            }
            if !is_branch || !gap.rungs.is_empty() {
                let steps = gap.tips.iter().chain(&gap.rungs);
                learned.insert(author, steps.filter_map(held).collect::<Vec<Tip>>());
            }
        }
        let kept = known.iter().filter(|(author, _)| !learned.contains_key(author));
        let more = learned.iter().flat_map(|(author, tips)| tips.iter().map(|tip| (*author, *tip)));
        self.known = Some(kept.chain(more).collect());
        forks
    }

    fn forks(&mut self, named: &Named<'_>, authors: Vec<AuthorName>) -> Option<Note> {
        let gaps: Vec<Gap> =
            authors.into_iter().map(|author| self.gap(named, author, true)).collect();
        (!gaps.is_empty()).then_some(Note::Forks(gaps))
    }
}

fn within(count: usize) -> Result<(), OutOfPlace> {
    if count > SYMBOLS_MAX {
        return Err(OutOfPlace("a note has more items than a conversation may"));
    }
    Ok(())
}
