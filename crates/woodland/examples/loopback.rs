//! Two programs, each with a dataset, that stay in step over plain TCP on one machine.
//!
//! ```text
//!   loopback found DIR                   begins a dataset, and shows its name
//!   loopback listen DIR ADDRESS          waits for others, such as at 127.0.0.1:4000
//!   loopback join DIR ADDRESS DATASET    another replica of it, from one that listens
//!   loopback connect DIR ADDRESS
//! ```
//!
//! Each line of input is a note, and each note that others write is shown. **Nothing is encrypted,
//! and nobody proves who they are**: whoever reaches the address reads all and writes what it
//! likes. Keep it on one machine.
//!
//! A message goes as its length (u32, little-endian) and its bytes. A connection has a thread that
//! reads and one that writes; nothing else is needed, for the exchange never waits for a peer.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use woodland::sync::{Event, Exchange, Joining, Limits, Memory, Peer};
use woodland::{DatasetId, Model, Record, Replica, all, define};

#[derive(Record, Debug, Clone, PartialEq)]
struct Note {
    from: String,
    line: String,
}

/// What the threads share.
struct Program {
    exchange: Exchange,
    peers: AtomicU64,
    is_ending: AtomicBool,
}

fn model() -> anyhow::Result<Model> {
    Ok(define().record::<Note>().model()?)
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["found", folder] => println!("{}", Replica::create(folder, model()?)?.dataset()),
        ["join", folder, address, dataset] => join(folder, address, dataset.parse()?)?,
        ["listen", folder, address] => {
            run(folder, |program| {
                let listener = TcpListener::bind(address).with_context(|| address.to_owned())?;
                println!("listening at {}", listener.local_addr()?);
                std::thread::spawn(move || {
                    for stream in listener.incoming() {
                        let peer = Peer(program.peers.fetch_add(1, Ordering::Relaxed));
                        // Nobody says who it is: nothing can be remembered of it.
                        program.exchange.accept(peer);
                        talk(&program, peer, stream?, None)?;
                    }
                    anyhow::Ok(())
                });
                Ok(None)
            })?;
        }
        ["connect", folder, address] => run(folder, |program| {
            let stream = reach(address)?;
            let peer = Peer(program.peers.fetch_add(1, Ordering::Relaxed));
            // What the one at this address was known to hold goes without saying.
            let kept = Path::new(folder).with_extension(address.replace(':', "-"));
            let bytes = std::fs::read(&kept).unwrap_or_default();
            match Memory::decode(&bytes) {
                Some(memory) => program.exchange.open_known(peer, &memory)?,
                None => program.exchange.open(peer)?,
            }
            Ok(Some(talk(&program, peer, stream, Some(kept))?))
        })?,
        _ => bail!(
            "usage: loopback found DIR, loopback listen|connect DIR ADDRESS, or loopback join DIR \
             ADDRESS DATASET"
        ),
    }
    Ok(())
}

/// Fetches all of a dataset from one that listens.
fn join(folder: &str, address: &str, dataset: DatasetId) -> anyhow::Result<()> {
    let mut joining = Joining::new(folder, dataset, Limits::default())?;
    let mut stream = reach(address)?;
    // Nobody else asks whether the other side is still there.
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let peer = Peer(0);
    joining.open(peer)?;
    while !joining.is_caught_up() {
        while let Some(message) = joining.say(peer) {
            write_message(&mut stream, &message)?;
        }
        let message = read_message(&mut stream)?.context("the other side is gone, or silent")?;
        for event in joining.take(peer, &message)? {
            if let Event::Closed { why, .. } = event {
                joining.say(peer).map(|bye| write_message(&mut stream, &bye)).transpose()?;
                bail!("{why}");
            }
        }
    }
    let (replica, _) = joining.finish(model()?)?;
    let notes = replica.snapshot().read(all::<Note>())?;
    println!("joined {dataset}, {} notes", notes.len());
    notes.iter().for_each(|(_, note)| println!("{}: {}", note.from, note.line));
    Ok(())
}

fn reach(address: &str) -> anyhow::Result<TcpStream> {
    let reached = TcpStream::connect(address);
    reached.with_context(|| format!("{address} is not reached: does `loopback listen` run there?"))
}

type Speaking = std::thread::JoinHandle<()>;

/// Opens the dataset, connects, and writes a note for each line of input until there is no more.
fn run(
    folder: &str,
    connect: impl FnOnce(Arc<Program>) -> anyhow::Result<Option<Speaking>>,
) -> anyhow::Result<()> {
    let replica = Replica::open(folder, model()?).with_context(|| folder.to_owned())?;
    let name = Path::new(folder).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mine = name.clone();
    let _shown = replica.subscribe(all::<Note>()).on_change(move |diff| {
        let Ok(diff) = diff else { return };
        let notes = diff.changes.into_iter().filter_map(|change| change.after);
        for note in notes.filter(|note| note.from != mine) {
            println!("{}: {}", note.from, note.line);
        }
    });
    let exchange = replica.exchange(Limits::default());
    let (peers, is_ending) = (AtomicU64::new(0), AtomicBool::new(false));
    let program = Arc::new(Program { exchange, peers, is_ending });
    let ticking = Arc::clone(&program);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            match ticking.exchange.tick() {
                Ok(events) => events.iter().for_each(show),
                Err(error) => eprintln!("{error:#}"),
            }
        }
    });
    let speaking = connect(Arc::clone(&program))?;
    for line in std::io::stdin().lock().lines() {
        let note = Note { from: name.clone(), line: line? };
        replica.write(|batch| batch.insert(&note))?;
    }
    program.is_ending.store(true, Ordering::Release);
    if let Some(speaking) = speaking {
        speaking.join().ok().context("a thread panicked")?;
    }
    Ok(())
}

/// Lets two threads talk to a peer; what it is known to hold in the end is kept in that file.
fn talk(
    program: &Arc<Program>,
    peer: Peer,
    stream: TcpStream,
    kept: Option<PathBuf>,
) -> anyhow::Result<Speaking> {
    stream.set_nodelay(true)?;
    let (hears, speaks) = (Arc::clone(program), Arc::clone(program));
    let mut reading = BufReader::new(stream.try_clone()?);
    let to_keep = kept.clone();
    std::thread::spawn(move || {
        if let Err(error) = listen(&hears, peer, &mut reading) {
            eprintln!("{error:#}");
        }
        keep(&hears, peer, to_keep.as_deref());
        // What is left to say to it is why: the thread that speaks is not done yet.
        if let Err(error) = hears.exchange.close(peer) {
            eprintln!("{error:#}");
        }
    });
    Ok(std::thread::spawn(move || {
        let mut stream = stream;
        if let Err(error) = speak(&speaks, peer, &mut stream) {
            eprintln!("{error:#}");
        }
        keep(&speaks, peer, kept.as_deref());
        // The other side may be in the middle of a sentence; it hears that this one is gone.
        let _ = stream.shutdown(Shutdown::Write);
        speaks.exchange.disconnect(peer);
    }))
}

/// Keeps what a peer is known to hold, for the next time. What gets lost or damaged is no memory.
fn keep(program: &Program, peer: Peer, to: Option<&Path>) {
    if let (Some(to), Some(memory)) = (to, program.exchange.memory(peer)) {
        let _ = std::fs::write(to, memory.encode());
    }
}

fn listen(program: &Program, peer: Peer, from: &mut impl Read) -> anyhow::Result<()> {
    while let Some(message) = read_message(from)? {
        program.exchange.take(peer, &message)?.iter().for_each(show);
        if !program.exchange.is_with(peer) {
            break;
        }
    }
    Ok(())
}

/// Says why a conversation ended.
fn show(event: &Event) {
    if let Event::Closed { why, .. } = event {
        eprintln!("{why}");
    }
}

fn speak(program: &Program, peer: Peer, to: &mut impl Write) -> anyhow::Result<()> {
    loop {
        let is_ending = program.is_ending.load(Ordering::Acquire);
        match program.exchange.wait_to_say(peer, Duration::from_millis(100)) {
            Some(message) => write_message(to, &message)?,
            None if is_ending || !program.exchange.is_with(peer) => return Ok(()),
            None => {}
        }
    }
}

/// The next message; none where the other side is gone.
fn read_message(from: &mut impl Read) -> anyhow::Result<Option<Vec<u8>>> {
    let longest = Limits::default().message_bytes_max;
    let mut length = [0; 4];
    if from.read_exact(&mut length).is_err() {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length);
    // Whoever takes a length on trust gives its memory away.
    if u64::from(length) > longest {
        bail!("a message of {length} bytes, at most {longest} are taken: is that another program?");
    }
    let mut message = vec![0; length as usize];
    from.read_exact(&mut message)?;
    Ok(Some(message))
}

fn write_message(to: &mut impl Write, message: &[u8]) -> anyhow::Result<()> {
    to.write_all(&u32::try_from(message.len())?.to_le_bytes())?;
    to.write_all(message)?;
    Ok(())
}
