//! Commands about replicas in directories: made, opened, closed, copied, and what they notice.
//!
//! **Invariants**
//! - Keys in directories are random: of an id or a file's number, `…` is printed.

use crate::folders::copy;
use crate::notes::schema;
use crate::stage::{Stage, Words, text, word};
use std::fmt::Write as _;
use woodland::Replica;

impl Stage {
    /// `create PEER in FOLDER`
    pub(crate) fn create(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (name, _, folder) = (word(words)?, words.next(), word(words)?);
        let replica = Replica::create(self.path(folder), schema()).map_err(text)?;
        self.peers.insert(name.to_owned(), replica);
        Ok(format!("{name} founds a dataset in {folder}"))
    }

    /// `open PEER in FOLDER`
    pub(crate) fn open(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (name, _, folder) = (word(words)?, words.next(), word(words)?);
        let replica = Replica::open(self.path(folder), schema()).map_err(text)?;
        let told = told(&replica);
        self.peers.insert(name.to_owned(), replica);
        Ok(told)
    }

    /// `close PEER`
    pub(crate) fn close(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let name = word(words)?;
        self.peers.remove(name).ok_or_else(|| format!("no peer {name}"))?;
        Ok(String::new())
    }

    /// `copy FOLDER to FOLDER`
    pub(crate) fn copy(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        let (from, _, to) = (word(words)?, words.next(), word(words)?);
        copy(&self.path(from), &self.path(to));
        Ok(String::new())
    }

    /// `notices PEER`
    pub(crate) fn notices(&mut self, words: &mut Words<'_>) -> Result<String, String> {
        Ok(told(self.of(word(words)?)?))
    }
}

/// What a replica noticed, without what differs from run to run.
fn told(replica: &Replica) -> String {
    let mut printed = String::new();
    for notice in replica.notices() {
        let words = notice.to_string();
        let plain: Vec<String> = words.split(' ').map(plain).collect();
        writeln!(printed, "notice: {}", plain.join(" ")).expect("memory");
    }
    if printed.is_empty() { "nothing to notice".to_owned() } else { printed }
}

/// The word, or `…` for an id or a number, with the marks around it.
fn plain(word: &str) -> String {
    let marks = |c: char| !c.is_ascii_alphanumeric();
    let bare = word.trim_matches(marks);
    let is_id = bare.len() >= 8 && bare.chars().all(|c| c.is_ascii_hexdigit());
    let is_number = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit());
    if is_id || is_number {
        word.replace(bare, "…").replace("……", "…")
    } else {
        word.to_owned()
    }
}
