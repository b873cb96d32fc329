//! Plants known bugs, one at a time, and asks whether the test that must catch each does.
//!
//! ```text
//!  workspace ─► copy in a temporary folder ─► each named test passes without a bug
//!                        └─► for each bug: edit ─► build ─► the test must fail ─► undo
//! ```
//!
//! **Invariants**
//! - The workspace itself is never changed; all happens in the copy.
//! - A bug is `caught` only where the same test passed without it, the edited code compiles, and
//!   the test then fails or does not end. An edit whose text is gone, or that does not compile, is
//!   an error: the list is stale. The first is seen by `--list` as well, which builds nothing.
//! - The exit status is 0 only if all bugs are caught.
//!
//! What this does not do: find bugs of its own. `bugs` is the list.

mod bug;
mod bugs;

use anyhow::{Context, Result, bail, ensure};
use bug::{Bug, Catcher};
use clap::Parser;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A test that runs longer than this under a bug does not end.
const TEST_TIME_MAX: Duration = Duration::from_secs(300);
/// Random histories for each run of `engine_agrees`.
const HISTORIES: &str = "200";

/// Plants known bugs, one at a time, in a copy of the workspace, and runs the test that must catch
/// each.
#[derive(Parser)]
struct Arguments {
    /// Which bugs; all, if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only say what there is, and which edits have lost their text
    #[arg(long)]
    list: bool,
}

fn main() -> Result<ExitCode> {
    let Arguments { names, list } = Arguments::parse();
    if let Some(name) = names.iter().find(|name| bugs::all().all(|bug| bug.name != **name)) {
        bail!("no bug is named {name}: see --list");
    }
    let is_asked = |bug: &&Bug| names.is_empty() || names.iter().any(|name| name == bug.name);
    let asked: Vec<&Bug> = bugs::all().filter(is_asked).collect();
    if list {
        return told(&asked);
    }
    let copy = Copy::of_workspace()?;
    for bug in &asked {
        edited(copy.folder.path(), bug)?;
    }
    let (mut caught, mut sound) = (0, BTreeSet::new());
    for bug in &asked {
        if sound.insert(bug.catcher) {
            copy.check_without_bugs(bug.catcher)?;
        }
        let start = Instant::now();
        let verdict = copy.plant(bug)?;
        caught += usize::from(verdict != Verdict::Passed);
        let word = match verdict {
            Verdict::Failed => "caught",
            Verdict::Hung => "caught (it did not end)",
            Verdict::Passed => "MISSED",
        };
        let seconds = start.elapsed().as_secs();
        println!("{:<34} {word} in {seconds} s by {}: {}", bug.name, bug.catcher, bug.promise);
    }
    println!("{caught} of {} caught", asked.len());
    Ok(if caught == asked.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what there is, and what of it is stale.
fn told(asked: &[&Bug]) -> Result<ExitCode> {
    let mut stale = 0;
    for bug in asked {
        println!("{:<34} {}\n{:34} {}: {}", bug.name, bug.promise, "", bug.file, bug.catcher);
        if let Err(error) = edited(workspace()?, bug) {
            println!("{:34} {error}", "");
            stale += 1;
        }
    }
    println!("{} bugs, {stale} of them stale", asked.len());
    Ok(if stale == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn workspace() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")
}

/// The bug's file in a workspace as it is, and as the bug makes it.
fn edited(workspace: &Path, bug: &Bug) -> Result<(PathBuf, String, String)> {
    let (name, file, path) = (bug.name, bug.file, workspace.join(bug.file));
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{name}: the list is stale: {file}"))?;
    let found = text.matches(bug.original).count();
    ensure!(found == 1, "{name}: the list is stale: {file} has its text {found} times");
    let changed = text.replacen(bug.original, bug.replacement, 1);
    Ok((path, text, changed))
}

/// How a test run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Hung,
}

/// A copy of the workspace, gone when dropped.
struct Copy {
    folder: tempfile::TempDir,
    target: PathBuf,
}

impl Copy {
    /// What the working tree holds, new files included, without what git ignores.
    fn of_workspace() -> Result<Self> {
        let root = workspace()?;
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()?;
        ensure!(listed.status.success(), "git ls-files: {}", listed.status);
        let folder = tempfile::tempdir()?;
        for name in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let (from, to) = (root.join(name), folder.path().join(name));
            if from.is_file() {
                std::fs::create_dir_all(to.parent().context("a file's folder")?)?;
                std::fs::copy(&from, &to).with_context(|| format!("copying {name}"))?;
            }
        }
        let own = || std::env::temp_dir().join("woodland-planted");
        let target = std::env::var_os("WOODLAND_PLANTED_TARGET").map_or_else(own, PathBuf::from);
        Ok(Copy { folder, target })
    }

    /// A test must pass as the code is: otherwise its failure would say nothing.
    fn check_without_bugs(&self, catcher: Catcher) -> Result<()> {
        let start = Instant::now();
        let executable = self.build(catcher)?;
        let verdict = self.run(catcher, &executable)?;
        ensure!(verdict == Verdict::Passed, "{catcher} fails without any bug: mend that first");
        let seconds = start.elapsed().as_secs();
        println!("{:<34} passes in {seconds} s: {catcher}", "(no bug)");
        Ok(())
    }

    fn plant(&self, bug: &Bug) -> Result<Verdict> {
        let (path, text, changed) = edited(self.folder.path(), bug)?;
        std::fs::write(&path, changed)?;
        let built = self.build(bug.catcher);
        let verdict = built
            .with_context(|| format!("{}: the list is stale: its edit does not build", bug.name))
            .and_then(|executable| self.run(bug.catcher, &executable));
        std::fs::write(&path, text)?;
        verdict
    }

    /// Builds the test; gives the program that runs it.
    fn build(&self, catcher: Catcher) -> Result<PathBuf> {
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["test", "--no-run", "--message-format=json", "-p", catcher.package])
            .args(["--test", catcher.target])
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", &self.target)
            .output()?;
        if !built.status.success() {
            bail!("{catcher} does not build:\n{}", String::from_utf8_lossy(&built.stderr));
        }
        let messages = String::from_utf8(built.stdout)?;
        let mut programs = messages.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_test = message["target"]["name"] == catcher.target
                && message["target"]["kind"][0] == "test";
            is_test.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
        });
        programs.next_back().with_context(|| format!("{catcher}: cargo names no program"))
    }

    fn run(&self, catcher: Catcher, executable: &Path) -> Result<Verdict> {
        let folder = self.folder.path().join(catcher.folder());
        let mut test = Command::new(executable)
            .args(catcher.filter)
            .current_dir(folder)
            .env("WOODLAND_HISTORIES", HISTORIES)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let start = Instant::now();
        loop {
            if let Some(status) = test.try_wait()? {
                return Ok(if status.success() { Verdict::Passed } else { Verdict::Failed });
            }
            if start.elapsed() > TEST_TIME_MAX {
                test.kill()?;
                test.wait()?;
                return Ok(Verdict::Hung);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
