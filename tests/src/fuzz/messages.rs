//! Messages between peers: any bytes as one, and conversations that a hub, or a newcomer, has with
//! somebody who bends what an honest peer would say.
//!
//! ```text
//!  input    message, message, …      message = length (u32) ‖ bytes
//!  honest ──► recorded ──► bent ──► numbered anew ──► hub ◄──► another honest one
//! ```
//!
//! **Invariants**
//! - What decodes, encodes again to the same bytes.
//! - Mending gives each message the number that is due, and says that nothing was heard: so what is
//!   bent is met where it is judged.
//! - Whatever a hub was told, an honest one that talks to it meanwhile ends with the same log.
//!
//! What this does not do: make a conversation longer than it was recorded, but by saying parts of
//! it twice.

use crate::fuzz::HEAP_TIMES;
use crate::fuzz::corpus::Corpus;
use crate::fuzz::errors::{Named, Told, outcome};
use crate::fuzz::mutation::{INPUT_BYTES_MAX, mutate};
use crate::fuzz::targets::{Target, leave, names};
use crate::histories::{History, Rng};
use woodland_format::{
    AuthorKey, CanonicalError, CommitError, CommitId, DamageCause, DatasetId, HeaderError,
    SignedPoint, put_varint, take_varint,
};
use woodland_log::{AppendError, Log, Refusal};
use woodland_sync::parts::{
    self, AuthorName, AuthorRef, CommitName, Gap, Introduced, Message, Note, Part, Previous, Want,
};
use woodland_sync::{Closed, Event, Hub, Limits, Memory, MessageError, Newcomer, Peer, Salt};

/// A message may have some parts whatever its length, and a list of them is doubled.
const SPARE_OF_MESSAGES: usize = 32 * 1024;
/// A hub keeps versions, and its peer another; each is a log's maps. What arrives is taken apart
/// and stands there as segments, as commits that wait, and as what is to be answered.
const HUB_TIMES: usize = 16;
/// Besides: what packs and unpacks rows has tables of some 320 KiB, whatever is packed.
const SPARE_OF_HUBS: usize = 256 * 1024 + 352 * 1024;

const ATTACKED: Peer = Peer(1);
const HONEST: Peer = Peer(2);
const SALT: Salt = Salt([3; 16]);

/// All three targets.
pub(crate) fn targets() -> Vec<Target> {
    let told = [MessageError::NAMES, Closed::NAMES, DamageCause::NAMES, CommitError::NAMES];
    let commits = [HeaderError::NAMES, CanonicalError::NAMES, Refusal::NAMES, AppendError::NAMES];
    vec![
        Target {
            name: "message",
            errors: MessageError::NAMES.to_vec(),
            // A chain that is wanted has 11 bytes and becomes 88; encoding it again is on top.
            heap_times: HEAP_TIMES + 2,
            spare_bytes: SPARE_OF_MESSAGES,
            inputs: |corpus| {
                let conversations = conversations(corpus);
                let said = conversations.iter().flat_map(|one| unpack(one));
                said.map(<[u8]>::to_vec).chain(edges()).collect()
            },
            edit: leave,
            mend: leave,
            decode: |_, bytes, told| {
                if let Some(message) = outcome(Message::decode(bytes), told) {
                    assert_eq!(message.encode(), bytes, "a message has one form");
                }
            },
        },
        Target {
            name: "hub",
            errors: names(&[&told.concat(), &commits.concat()]),
            heap_times: HUB_TIMES,
            spare_bytes: SPARE_OF_HUBS,
            inputs: conversations,
            edit,
            mend,
            decode: hub,
        },
        Target {
            name: "newcomer",
            errors: names(&[&told.concat(), &commits.concat()]),
            heap_times: HEAP_TIMES + 2,
            spare_bytes: SPARE_OF_HUBS,
            inputs: welcomes,
            edit,
            mend,
            decode: newcomer,
        },
    ]
}

/// Messages that hold much for their length: many items, each as short as can be.
fn edges() -> Vec<Vec<u8>> {
    const ITEMS: usize = 2_000;
    let author = AuthorRef { number: 0, introduced: Introduced::Before };
    let tip = (1, CommitName(1));
    let gap = Gap { author: AuthorName(1), tips: vec![], rungs: vec![] };
    let lists = [
        Part::Have(vec![parts::Told { author, tip }; ITEMS]),
        Part::Want(vec![Want { author, from: None, tip }; ITEMS]),
        Part::Settle { is_asker: false, note: Note::Gaps(vec![gap; ITEMS]) },
    ];
    let of = |parts: &[Part]| Message { number: 0, heard: 0, parts: parts.to_vec() }.encode();
    let mut edges: Vec<Vec<u8>> = lists.iter().map(|part| of(std::slice::from_ref(part))).collect();
    let since = Part::Since(vec![CommitId([1; 32]); 64]);
    edges.extend([of(&lists), of(&vec![Part::Fetch; 16]), of(&[since, Part::Unheld])]);
    edges
}

fn unpack(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (message, rest) = rest.split_at(length.min(rest.len()));
        messages.push(message);
        bytes = rest;
    }
    messages
}

fn pack(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        bytes.extend(u32::try_from(message.len()).expect("a small message").to_le_bytes());
        bytes.extend_from_slice(message);
    }
    bytes
}

/// The log of so many commits of a history, signed all over.
fn log_of(corpus: &Corpus, history: &History, count: usize) -> Log {
    let log = Log::found(history.commits[0].clone()).expect("it founds");
    let log = log.extend(&history.commits[1..count]).expect("the past comes first");
    let commits = history.commits[..count].iter();
    commits.fold(log, |log, commit| {
        let signature = corpus.keys.sign(&commit.author(), &commit.id());
        let signature = signature.expect("the histories' keys are known");
        let point = SignedPoint { commit: commit.id(), signature };
        log.with_verified_point(&point).expect("its commit is held")
    })
}

/// One that holds a part of a history, and one that holds all of it.
fn hubs(corpus: &Corpus, history: &History) -> (Hub, Hub) {
    let limits = Limits { window: 4096, ..Limits::default() };
    let part = log_of(corpus, history, history.commits.len().div_ceil(2));
    let whole = log_of(corpus, history, history.commits.len());
    let own = |number: u8| AuthorKey([number; 32]);
    (Hub::new(part, own(1), limits), Hub::new(whole, own(2), limits))
}

/// What two who hold the first part of a history remember of each other.
fn known(corpus: &Corpus, history: &History) -> Option<Memory> {
    let (mut one, _) = hubs(corpus, history);
    let (mut other, _) = hubs(corpus, history);
    one.open(HONEST, SALT);
    other.accept(HONEST);
    while talk(&mut one, &mut other, HONEST, &mut Vec::new()) {}
    one.memory(HONEST)
}

/// What somebody who holds a whole history says to somebody who does not, and the other way round,
/// as who opens: as strangers, and as who met when both held the first part.
fn conversations(corpus: &Corpus) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for history in corpus.histories.iter().filter(|history| is_whole(history)).take(24) {
        let known = known(corpus, history);
        for (says_all, remembers) in [(true, false), (false, false), (true, true), (false, true)] {
            let (part, whole) = hubs(corpus, history);
            let (mut opens, mut accepts) = if says_all { (whole, part) } else { (part, whole) };
            match known.as_ref().filter(|_| remembers) {
                Some(memory) => opens.open_known(ATTACKED, SALT, memory),
                None => opens.open(ATTACKED, SALT),
            }
            accepts.accept(ATTACKED);
            let mut said = Vec::new();
            while talk(&mut opens, &mut accepts, ATTACKED, &mut said) {}
            all.push(pack(&said));
        }
        all.push(pack(&welcomed(corpus, history).0));
    }
    all
}

/// Who holds nothing of a history, and what it says in the end: all messages, over both of its
/// conversations; and what it is told in the first.
fn welcomed(corpus: &Corpus, history: &History) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (_, mut whole) = hubs(corpus, history);
    let mut new = new_of(history.dataset());
    whole.accept(ATTACKED);
    let (mut said, mut told) = (Vec::new(), Vec::new());
    while let Some(message) = new.say() {
        whole.take(ATTACKED, &message);
        said.push(message);
        told.extend(std::iter::from_fn(|| whole.say(ATTACKED)));
        let founded = told.last().and_then(|message| new.take(message).expect("it is sound"));
        if let Some(mut hub) = founded {
            hub.open(ATTACKED, SALT);
            while talk(&mut hub, &mut whole, ATTACKED, &mut said) {}
            break;
        }
    }
    (said, told)
}

fn new_of(dataset: DatasetId) -> Newcomer {
    Newcomer::new(dataset, AuthorKey([4; 32]), Limits::default(), None, Salt([5; 16]))
}

/// What newcomers are told.
fn welcomes(corpus: &Corpus) -> Vec<Vec<u8>> {
    let whole = corpus.histories.iter().filter(|history| is_whole(history)).take(24);
    whole.map(|history| pack(&welcomed(corpus, history).1)).collect()
}

/// Says it to somebody who holds nothing.
fn newcomer(corpus: &Corpus, bytes: &[u8], told: &mut Told) {
    let messages = unpack(bytes);
    let dataset = history(corpus, &messages).dataset();
    let mut new = new_of(dataset);
    let first = new.say().expect("a hello");
    assert!(Message::decode(&first).is_ok());
    for message in messages {
        match new.take(message) {
            Ok(Some(hub)) => assert_eq!(hub.log().dataset(), dataset, "it is what was asked for"),
            Ok(None) => {}
            Err(why) => {
                why.tell(told);
                assert!(new.take(message).is_ok_and(|hub| hub.is_none()), "it is over");
                return;
            }
        }
        while new.say().is_some() {}
    }
    told.accept();
}

/// Each says what it has to say; whether anything was said. Keeps what the first one said.
fn talk(one: &mut Hub, two: &mut Hub, peer: Peer, said: &mut Vec<Vec<u8>>) -> bool {
    let mut is_said = false;
    while let Some(message) = one.say(peer) {
        two.take(peer, &message);
        said.push(message);
        is_said = true;
    }
    host(two);
    while let Some(message) = two.say(peer) {
        one.take(peer, &message);
        is_said = true;
    }
    host(one);
    is_said
}

/// Makes durable what arrived; why conversations ended.
fn host(hub: &mut Hub) -> Vec<(Peer, Closed)> {
    let mut closed = Vec::new();
    while let Some(event) = hub.event() {
        match event {
            Event::Arrived { log } => {
                let log = hub.log().merge(&log).expect("one dataset");
                hub.advanced(&log);
            }
            Event::Closed { peer, why } => closed.push((peer, why)),
            _ => {}
        }
    }
    closed
}

/// Which history a conversation is about: that of the dataset in its hello, or any.
fn history<'c>(corpus: &'c Corpus, messages: &[&[u8]]) -> &'c History {
    let hello = messages.first().and_then(|message| Message::decode(message).ok());
    let dataset = hello.and_then(|message| match message.parts.first() {
        Some(Part::Hello(hello)) => Some(hello.dataset),
        _ => None,
    });
    let whole = || corpus.histories.iter().filter(|history| is_whole(history));
    let named = whole().find(|history| Some(history.dataset()) == dataset);
    named.or_else(|| whole().next()).expect("one in which nothing is erased")
}

/// Whether nothing of it is erased: nobody takes what is.
fn is_whole(history: &History) -> bool {
    history.commits.iter().all(|commit| commit.payload().is_some())
}

/// Says it to a hub that talks to an honest one, too.
fn hub(corpus: &Corpus, bytes: &[u8], told: &mut Told) {
    let messages = unpack(bytes);
    let (mut hub, mut honest) = hubs(corpus, history(corpus, &messages));
    hub.accept(ATTACKED);
    let mut closed = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        hub.take(ATTACKED, message);
        closed.extend(host(&mut hub));
        // It listens now and then; whoever is new, until it is answered.
        let listens = at % 3 == 1 || is_new(message);
        while listens && hub.say(ATTACKED).is_some() {}
        if at == messages.len() / 2 {
            honest.open(HONEST, SALT);
            hub.accept(HONEST);
            talk(&mut honest, &mut hub, HONEST, &mut Vec::new());
        }
    }
    for round in 0.. {
        let is_said = talk(&mut honest, &mut hub, HONEST, &mut Vec::new());
        closed.extend(host(&mut hub));
        while hub.say(ATTACKED).is_some() {}
        if !is_said && round > 40 {
            break;
        }
        hub.tick();
        assert!(round < 1_000, "it comes to an end");
    }
    assert!(closed.iter().all(|(peer, _)| *peer == ATTACKED), "an honest one was cut off");
    if !messages.is_empty() {
        assert!(hub.is_with(HONEST) && honest.is_with(HONEST), "the honest two go on");
        assert_eq!(hub.log(), honest.log(), "the honest two hold the same");
    }
    match closed.first() {
        Some((_, why)) => why.tell(told),
        None => told.accept(),
    }
    if closed.iter().all(|(_, why)| !why.is_hostile()) {
        told.accept();
    }
}

/// Whether it says that it holds nothing: then both begin anew.
fn is_new(message: &[u8]) -> bool {
    Message::decode(message).is_ok_and(|message| message.parts.contains(&Part::Newcomer))
}

/// Bends a conversation by its messages and their parts.
fn edit(_: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let mut messages: Vec<Vec<u8>> = unpack(bytes).into_iter().map(<[u8]>::to_vec).collect();
    if messages.is_empty() {
        return;
    }
    let (at, from) = (rng.below(messages.len()), rng.below(messages.len()));
    match rng.below(8) {
        0 => drop(messages.remove(at)),
        1 => messages.swap(at, from),
        2 => messages.insert(at, messages[from].clone()),
        3 => {
            let other = messages[from].clone();
            mutate(rng, &mut messages[at], &other);
        }
        _ => {
            let decoded = (Message::decode(&messages[at]), Message::decode(&messages[from]));
            if let (Ok(mut message), Ok(other)) = decoded {
                bend(rng, &mut message.parts, &other.parts);
                messages[at] = message.encode();
            }
        }
    }
    *bytes = pack(&messages);
    bytes.truncate(INPUT_BYTES_MAX);
}

fn bend(rng: &mut Rng, parts: &mut Vec<Part>, others: &[Part]) {
    let at = rng.below(parts.len() + 1);
    match (rng.below(5), parts.get_mut(at)) {
        (0, Some(_)) => drop(parts.remove(at)),
        (1, Some(part)) => {
            let twice = part.clone();
            parts.insert(at, twice);
        }
        (2, Some(Part::Stretch(stretch))) => match rng.below(9) {
            7 => stretch.previous = Some(Previous::Basis),
            8 => stretch.author.introduced = Introduced::Rank(rng.below(4) as u32),
            0 => stretch.commits = stretch.commits.wrapping_add_signed(rng.below(5) as i32 - 2),
            1 => stretch.first_seq = stretch.first_seq.wrapping_add_signed(rng.below(5) as i64 - 2),
            2 => stretch.is_new = !stretch.is_new,
            3 => stretch.author.number ^= 1,
            4 => stretch.previous = Some(Previous::Id(CommitId([1; 32]))),
            5 => {
                let length = stretch.unpacked.unwrap_or(stretch.rows.len() as u64);
                stretch.unpacked = Some(length.wrapping_add_signed(rng.below(5) as i64 - 2));
            }
            _ => {
                let rows = stretch.rows.clone();
                mutate(rng, &mut stretch.rows, &rows);
            }
        },
        (3, Some(Part::Settle { is_asker, .. })) => *is_asker = !*is_asker,
        (3, Some(Part::Since(heads))) => match rng.below(3) {
            0 => heads.clear(),
            1 => heads.push(CommitId([2; 32])),
            _ => heads.truncate(heads.len() / 2),
        },
        (4, None) => {
            parts.push([Part::Unheld, Part::Durable(1), Part::Newcomer][rng.below(3)].clone());
        }
        _ => parts.extend(rng.pick(others).cloned()),
    }
}

/// Numbers the messages as they are due, and says that nothing was heard.
fn mend(_: &Corpus, _: &mut Rng, bytes: &mut Vec<u8>) {
    let mut due = 0;
    let messages = unpack(bytes).into_iter().map(|message| {
        let mut rest = message;
        let is_numbered = take_varint(&mut rest).is_ok() && take_varint(&mut rest).is_ok();
        let mut mended = Vec::with_capacity(message.len());
        put_varint(&mut mended, due);
        put_varint(&mut mended, 0);
        mended.extend_from_slice(if is_numbered { rest } else { message });
        due = if is_new(&mended) { 0 } else { due + 1 };
        mended
    });
    let messages: Vec<Vec<u8>> = messages.collect();
    *bytes = pack(&messages);
}
