//! Small file systems that fill up, and get room again.
//!
//! **Invariants**
//! - The act that finds no room fails; all before it is there; with room the store goes on.
//!
//! What this does not do: fill other people's file systems.

use super::child::Program;
use super::power::Mounted;
use super::{Row, Tier, folder, not_run, tally};

/// File systems in memory of different sizes.
pub(super) fn full_disks(program: &Program, tier: Tier) -> Row {
    let (class, promises) = ("no room (tmpfs)", "P1 P2");
    let mut tally = tally(class, promises);
    let sizes: Vec<u64> = match tier {
        Tier::Hunt | Tier::Ci => vec![32, 64, 128, 512],
        Tier::Long => (4..=256).map(|step| step * 4).collect(),
    };
    for size in sizes {
        let folder = folder();
        let options = format!("size={size}k");
        let mounted = match Mounted::at(folder.path(), &["-t", "tmpfs", "-o", &options, "tmpfs"]) {
            Ok(mounted) => mounted,
            Err(reason) => return not_run(class, promises, reason),
        };
        let path = folder.path().join("dataset");
        let place = path.to_string_lossy();
        let said = program.run(&["write", &place, "--count", "400", "--bytes", "9000"]);
        let name = format!("{size} KiB");
        if let Some(text) = &said.broken {
            tally.broken(format!("{name}: {text}"));
        }
        if said.is_done || said.failure.is_none() {
            tally.broken(format!("{name}: it was not told that it is full: {said:?}"));
        }
        // Readers are served while there is no room; opening to write may need some.
        if let Err(reason) = mounted.resize(8 * 1024) {
            return not_run(class, promises, reason);
        }
        let after = program.check(&path, said.acknowledged);
        let on = program.run(&["write", &place, "--count", "3"]);
        tally.counted(said.failure.is_some(), after.is_ok() && on.is_done);
        if let Err(text) = after {
            tally.broken(format!("{name}: {text}"));
        }
        if !on.is_done {
            tally.broken(format!("{name}: with room it does not go on: {on:?}"));
        }
        drop(mounted);
        if tally.is_over() {
            break;
        }
    }
    tally.end()
}
