//! The example over TCP, as two processes: they catch up, and then stay in step.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use woodland::sync::Memory;

/// `cargo test` builds examples before it runs tests.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().expect("this program has a path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push("loopback");
    assert!(
        path.exists(),
        "{} is not built: run `cargo build -p woodland --features net --example loopback`",
        path.display()
    );
    Command::new(path)
}

/// A process that runs until it is dropped.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(act: &str, folder: &Path, address: &str) -> Running {
        let mut command = program();
        command.arg(act).arg(folder).arg(address);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
        Running { child, input, output: BufReader::new(output) }
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it says something");
        line.trim_end().to_owned()
    }

    fn is_told(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it still listens");
        writeln!(input, "{line}").expect("it listens");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process says that ends.
fn ended(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("it says words").trim_end().to_owned()
}

#[test]
fn two_processes_catch_up_and_stay_in_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let (laptop, phone) = (folder.path().join("laptop"), folder.path().join("phone"));
    let (mut found, mut join) = (program(), program());
    let dataset = ended(found.arg("found").arg(&laptop));

    let mut listening = Running::start("listen", &laptop, "127.0.0.1:0");
    let says = listening.says();
    let address = says.strip_prefix("listening at ").expect("an address").to_owned();
    listening.is_told("written before anybody came");

    ended(join.arg("join").arg(&phone).arg(&address).arg(&dataset));
    listening.is_told("written while nobody was there");
    let mut connected = Running::start("connect", &phone, &address);
    assert_eq!(connected.says(), "laptop: written while nobody was there");
    connected.is_told("hello");
    assert_eq!(listening.says(), "phone: hello");
    listening.is_told("hello to you");
    assert_eq!(connected.says(), "laptop: hello to you");

    // The last words are said before it ends.
    connected.is_told("goodbye");
    drop(connected.input.take());
    assert_eq!(listening.says(), "phone: goodbye");
    assert!(connected.child.wait().expect("it ends").success());
    let kept = phone.with_extension(address.replace(':', "-"));
    let kept = std::fs::read(kept).expect("what the listening one holds is kept");
    assert!(Memory::decode(&kept).is_some());

    // Back again, with what was written meanwhile.
    listening.is_told("while you were away");
    let mut again = Running::start("connect", &phone, &address);
    assert_eq!(again.says(), "laptop: while you were away");
}
