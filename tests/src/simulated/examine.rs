//! What is asked of a world in which all agree: does the oracle agree, and does the dump?
//!
//! **Invariants**
//! - The oracle gets the commits of one peer; all peers hold the same, which the world has checked.
//! - The dump reads each disk's files from a folder, and every page is the same for all peers.

use crate::agreement::compare;
use crate::oracle::Oracle;
use std::path::Path;
use woodland_dump::{Command, Request, Verdict, dump};
use woodland_format::Commit;
use woodland_graph::{Graph, Kinds};
use woodland_sim::Ended;
use woodland_store::FileDisk;

/// The long run examines one seed of so many: the oracle and the dump take longer than a seed.
pub const EXAMINED_EVERY_SEEDS: u64 = 16;

/// Pages that depend on the set of commits alone.
const PAGES: [Command; 3] =
    [Command::Order, Command::Graph, Command::Commits { signatures: false }];

/// Examines a seed, where it is the turn of that seed.
///
/// # Errors
/// What differs.
pub fn examine_sampled(ended: &Ended) -> Result<(), String> {
    if ended.seed.is_multiple_of(EXAMINED_EVERY_SEEDS) { examine(ended) } else { Ok(()) }
}

/// Compares what all agree on with the oracle, and what stands on each disk with the dump.
///
/// # Errors
/// What differs.
pub fn examine(ended: &Ended) -> Result<(), String> {
    // Each peer may stand on something else that rests: it is another one's turn in each seed.
    let turn = ended.seed.checked_rem(ended.peers.len() as u64).unwrap_or(0) as usize;
    let (replica, _) = ended.peers.get(turn).ok_or("nobody is left")?;
    let snapshot = replica.snapshot();
    let commits: Vec<Commit> = snapshot.log().order().map(|(_, commit)| commit).collect();
    let oracle = Oracle::of(&commits);
    let told = |how: &'static str| move |error| format!("engine, {how}, and oracle: {error}");
    compare(&oracle, snapshot.graph()).map_err(told("step by step"))?;
    let at_once = Graph::of(snapshot.log(), Kinds::standard());
    compare(&oracle, &at_once).map_err(told("at once"))?;
    drop(commits);
    compare_dumps(ended, snapshot.log().forks().is_empty())
}

fn compare_dumps(ended: &Ended, is_well: bool) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut first: Option<Vec<String>> = None;
    for (number, (_, disk)) in ended.peers.iter().enumerate() {
        let place = folder.path().join(number.to_string());
        std::fs::create_dir(&place).map_err(|error| error.to_string())?;
        disk.copy_onto(&FileDisk::at(&place)).map_err(|error| error.to_string())?;
        let (verdict, page) = printed(Command::Verify { deep: true }, &place)?;
        if (verdict == Verdict::Well) != is_well {
            return Err(format!("the dump of peer {number} says {verdict:?}: {page}"));
        }
        let pages = PAGES.iter().map(|command| printed(*command, &place).map(|(_, page)| page));
        let pages: Vec<String> = pages.collect::<Result<_, _>>()?;
        match &first {
            Some(first) if *first != pages => {
                return Err(format!("the dump of peer {number} is another than that of peer 0"));
            }
            Some(_) => {}
            None => first = Some(pages),
        }
    }
    Ok(())
}

fn printed(command: Command, place: &Path) -> Result<(Verdict, String), String> {
    let (mut page, mut notes) = (Vec::new(), Vec::new());
    let verdict = dump(&Request::of(command, place), &mut page, &mut notes);
    let verdict = verdict.map_err(|error| format!("{command:?}: {error}"))?;
    Ok((verdict, String::from_utf8_lossy(&page).into_owned()))
}
