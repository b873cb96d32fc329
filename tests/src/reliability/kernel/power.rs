//! The power of a mounted disk image is cut: the image is copied while the program writes to it,
//! and the copy is mounted and opened.
//!
//! ```text
//!  image ─ mkfs.ext4 ─ mount -o loop ─ program writes
//!                 program is stopped ─ copy ─ copy again until two are equal ─ program goes on
//!                                       └─► mount ─ open: all that was said is there
//! ```
//!
//! **Invariants**
//! - What the kernel has not yet written to the image is lost in the copy, as in a power cut.
//! - A copy counts only when the next is equal: else it mixes moments that no cut has.
//! - A copy has room, however full the image was: to be opened as a copy takes another key.
//!
//! What this does not do: tear sectors; ring 1 does.

use super::child::{Program, Said};
use super::{Row, Tier, folder, not_run, tally};
use crate::reliability::sample::Numbers;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Something that is mounted, until it is dropped.
pub(super) struct Mounted(PathBuf);

impl Mounted {
    pub(super) fn at(place: &Path, words: &[&str]) -> Result<Mounted, String> {
        run("mount", words, Some(place))?;
        Ok(Mounted(place.to_owned()))
    }

    /// Another size for a file system in memory.
    pub(super) fn resize(&self, kib: u64) -> Result<(), String> {
        run("mount", &["-o", &format!("remount,size={kib}k")], Some(&self.0))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if run("umount", &[], Some(&self.0)).is_err() {
            let _ = run("umount", &["-l"], Some(&self.0));
        }
    }
}

fn run(program: &str, words: &[&str], place: Option<&Path>) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(words).args(place).stdin(Stdio::null());
    match command.output() {
        Err(error) => Err(format!("{program}: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

const IMAGE_BYTES: u64 = 12 * 1024 * 1024;
/// A file that takes room in the image, and is removed from each copy.
const BALLAST: &str = "ballast";
const BALLAST_BYTES: usize = 512 * 1024;

/// Cuts at random moments.
pub(super) fn power_cuts(program: &Program, tier: Tier, seed: u64) -> Row {
    let (class, promises) = ("power cut (loop-mounted ext4)", "P1 P2");
    let mut tally = tally(class, promises);
    let mut numbers = Numbers(seed);
    let folder = folder();
    let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
    let log = folder.path().join("said");
    let (live, cold) = (folder.path().join("live"), folder.path().join("cold"));
    let prepared = [&live, &cold].into_iter().try_for_each(fs::create_dir);
    prepared.expect("a temporary folder takes folders");
    let (cuts, per_image) = (tier.choose(8, 2_000), tier.choose(4, 25));
    let mut more = 0;
    while tally.injected() < cuts && !tally.is_over() {
        let mounted = match fresh(&image, &live) {
            Ok(mounted) => mounted,
            Err(reason) => return not_run(class, promises, reason),
        };
        let place = live.join("dataset").to_string_lossy().into_owned();
        let mut writing = match Writing::of(
            program.command(&["write", &place, "--bytes", "300", "--rest-every", "40"]),
            &log,
        ) {
            Ok(writing) => writing,
            Err(reason) => return not_run(class, promises, reason),
        };
        let mut least = 0;
        for _ in 0..per_image {
            least += numbers.below(6);
            // The first moments of a dataset are cut, too; it may not have said anything by then.
            while writing.said().acknowledged < least && writing.goes_on() {
                std::thread::yield_now();
            }
            for _ in 0..numbers.below(3_000_000) {
                std::hint::spin_loop();
            }
            let cut = match writing.cut(&image, &copy) {
                Ok(acknowledged) => acknowledged,
                Err(reason) => return not_run(class, promises, reason),
            };
            let copied = Mounted::at(&cold, &["-o", "loop", &copy.to_string_lossy()]);
            let copied = match copied {
                Ok(copied) => copied,
                Err(reason) => return not_run(class, promises, reason),
            };
            if let Err(error) = fs::remove_file(cold.join(BALLAST)) {
                return not_run(class, promises, format!("{BALLAST}: {error}"));
            }
            let after = program.check(&cold.join("dataset"), cut);
            drop(copied);
            more += u64::from(after.as_ref().is_ok_and(|present| *present > cut));
            tally.counted(true, after.is_ok());
            if let Err(text) = after {
                let number = tally.injected();
                tally.broken(format!("seed {seed}, cut {number}: {text}"));
            }
        }
        drop(writing);
        drop(mounted);
    }
    tally.note(&format!("{more} had more than was acknowledged, seed {seed}"));
    tally.end()
}

fn fresh(image: &Path, live: &Path) -> Result<Mounted, String> {
    let made = fs::File::create(image).and_then(|file| file.set_len(IMAGE_BYTES));
    made.map_err(|error| format!("{}: {error}", image.display()))?;
    run("mkfs.ext4", &["-q", "-F"], Some(image))?;
    let mounted = Mounted::at(live, &["-o", "loop", &image.to_string_lossy()])?;
    let path = live.join(BALLAST);
    let filled = fs::File::create(&path).and_then(|mut file| {
        file.write_all(&vec![0xa5; BALLAST_BYTES])?;
        file.sync_all()
    });
    filled
        .and_then(|()| fs::File::open(live)?.sync_all())
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(mounted)
}

/// The program while it writes; what it says goes into a file, which can be read at any moment.
struct Writing<'a> {
    child: Child,
    log: &'a Path,
}

impl Writing<'_> {
    fn of(mut command: Command, log: &Path) -> Result<Writing<'_>, String> {
        let out = fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command.stdout(out).spawn().map_err(|error| error.to_string())?;
        Ok(Writing { child, log })
    }

    fn said(&self) -> Said {
        let text = fs::read_to_string(self.log).unwrap_or_default();
        let mut said = Said::default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.for_each(|line| said.line(line.trim_end()));
        said
    }

    /// Whether it has not come to its end, as it does on a full disk.
    fn goes_on(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Stops the program, copies the image, lets it go on; how many numbers it had said before the
    /// copy began.
    fn cut(&self, image: &Path, copy: &Path) -> Result<u64, String> {
        let id = self.child.id().to_string();
        // Of one that has ended the copy is as good.
        let _ = run("kill", &["-STOP", &id], None);
        let acknowledged = self.said().acknowledged;
        let copied = settled(image, copy);
        let _ = run("kill", &["-CONT", &id], None);
        copied.map(|()| acknowledged)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settled(image: &Path, copy: &Path) -> Result<(), String> {
    let read = || fs::read(image).map_err(|error| format!("{}: {error}", image.display()));
    let mut before = read()?;
    for _ in 0..50 {
        let after = read()?;
        if after == before {
            return fs::write(copy, after).map_err(|error| format!("{}: {error}", copy.display()));
        }
        before = after;
    }
    Err("the image does not come to rest while the program is stopped".to_owned())
}
