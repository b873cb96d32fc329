//! Bytes that change on the disk: flipped bits, swapped and rolled back parts, foreign formats.
//!
//! **Invariants**
//! - What is handed out is what was written, bit by bit, signatures included.
//! - A refusal names the file that was bent, and changes no byte.
//!
//! What this does not do: notice a whole directory that was put back to an earlier state.

use super::disk::ScriptedDisk;
use super::image::Image;
use super::judge::guarded;
use super::reading::Way;
use super::row::{Tally, Tier};
use super::sample::{Chain, key};
use std::collections::BTreeSet;
use std::ops::Range;
use woodland_store::{
    FileReport, HEADS_FORMAT, OpenError, Opened, Position, RECORD_FORMAT, Store, StoreOptions,
};

/// The store whose bits are flipped is this long.
const BENT_BYTES: usize = 64 * 1024;

/// A store to bend, and its states on the way there.
#[derive(Debug)]
pub struct Specimen {
    /// What it shows at the end.
    pub image: Image,
    /// After each append.
    pub earlier: Vec<Image>,
    /// Its position in the middle, and how many commits it had there.
    middle: (Position, usize),
    /// All that it hands out.
    print: Print,
    /// Each segment: its file, its bytes, and how many commits it has.
    segments: Vec<(String, Range<u64>, usize)>,
}

/// Commits and signatures: all that an opened store hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Print(Vec<(woodland::CommitId, Vec<woodland_format::SignedPoint>)>);

impl Print {
    fn of(opened: &Opened) -> Print {
        let segments = opened.segments.iter().map(|stored| &stored.segment);
        Print(
            segments
                .flat_map(|segment| {
                    let points = segment.points.clone();
                    segment.commits().map(move |commit| (commit.id(), points.clone()))
                })
                .collect(),
        )
    }
}

impl Specimen {
    /// A store of about 64 KiB in several files.
    ///
    /// # Panics
    /// Never: the disk does not fail.
    pub fn whole() -> Specimen {
        Specimen::of(BENT_BYTES, 15_000, 1_800)
    }

    /// A small one, with the same parts.
    ///
    /// # Panics
    /// Never: the disk does not fail.
    pub fn small() -> Specimen {
        Specimen::of(4_000, 1_500, 300)
    }

    /// A small one whose files were merged last: of its two heads, either has to do.
    ///
    /// # Panics
    /// Never: the disk does not fail.
    pub fn merged() -> Specimen {
        Specimen::made(4_000, 700, 60, |store| {
            let step = || store.maintain(&store.position()).expect("the disk does not fail");
            while step().files > 0 {}
        })
    }

    fn of(bytes: usize, segment_file_bytes_max: u64, payload_bytes: usize) -> Specimen {
        Specimen::made(bytes, segment_file_bytes_max, payload_bytes, |_| ())
    }

    fn made(
        bytes: usize,
        segment_file_bytes_max: u64,
        payload_bytes: usize,
        last: impl FnOnce(&Store),
    ) -> Specimen {
        let disk = ScriptedDisk::empty();
        let (mut chain, founding) = Chain::found();
        let options = StoreOptions { segment_file_bytes_max };
        let created = Store::create(disk.shared(), chain.dataset(), &key(1), &options);
        let store = created.expect("the disk does not fail");
        store.append(&[founding]).expect("the disk does not fail");
        let mut earlier = vec![disk.image()];
        while disk.bytes_max() < bytes as u64 {
            store.append(&[chain.next(payload_bytes)]).expect("the disk does not fail");
            earlier.push(disk.image());
        }
        last(&store);
        drop(store);
        let image = disk.image();
        let opened = Store::open(ScriptedDisk::of(image.clone()).shared());
        let print = Print::of(&opened.expect("the disk does not fail"));
        let half = ScriptedDisk::of(earlier[earlier.len() / 2].clone());
        let half = Store::open(half.shared()).expect("the disk does not fail");
        let middle = (half.store.position(), Print::of(&half).0.len());
        let inspection = Store::inspect(ScriptedDisk::of(image.clone()).shared().as_ref());
        let of_file = |file: &FileReport| -> Vec<(String, Range<u64>, usize)> {
            let segments = file.found.iter().filter_map(|found| found.segment.as_ref());
            let placed = segments.map(|one| (one.offset..one.offset + one.bytes, one));
            placed.map(|(bytes, one)| (file.name.clone(), bytes, one.commits().count())).collect()
        };
        let segments = inspection.files.iter().flat_map(of_file).collect();
        Specimen { image, earlier, middle, print, segments }
    }

    /// How many commits stand in the segment of this file that has this byte.
    fn commits_at(&self, name: &str, byte: u64) -> usize {
        let segments = self
            .segments
            .iter()
            .filter(|(file, stretch, _)| file == name && stretch.contains(&byte));
        segments.map(|(.., commits)| commits).sum()
    }

    /// Opens what was made of it: whether it was refused, and whether that names `name`.
    fn open(&self, bent: &Image) -> Result<Answer, String> {
        let disk = ScriptedDisk::of(bent.clone());
        guarded(|| match Store::open(disk.shared()) {
            Ok(opened) => {
                if Print::of(&opened) != self.print {
                    return Err("other data than was written, and not a word".to_owned());
                }
                let is_told =
                    opened.moved.is_some() || opened.torn.is_some() || !opened.warnings.is_empty();
                Ok(Answer::Whole { is_told })
            }
            Err(error) if disk.journal().is_empty() => Ok(Answer::Refused(error)),
            Err(error) => Err(format!("refused and written to: {error}")),
        })
    }
}

enum Answer {
    /// All is there.
    Whole {
        /// With a word about the damage.
        is_told: bool,
    },
    Refused(OpenError),
}

/// What flipping bits has shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flips {
    /// Not noticed, and no harm done: the rest is nobody's.
    pub unnoticed: u64,
    /// Of all commits but the damaged one, so many could be read.
    pub read: u64,
    /// So many there were.
    pub whole: u64,
}

/// Every bit of every file is flipped.
pub fn flips(specimen: &Specimen, tier: Tier, tally: &mut Tally) -> Flips {
    let mut flips = Flips::default();
    for name in specimen.image.file_names() {
        let bits = specimen.image.bytes(&name).map_or(0, |bytes| bytes.len() * 8);
        // Small files whole; of large ones every so many bits, which meets all bits of a byte.
        let step = if bits <= 9_000 { tier.choose(3, 1) } else { tier.choose(101, 1) };
        let step = step * tier.thinned();
        for bit in (0..bits).step_by(step) {
            let mut bent = specimen.image.clone();
            bent.bend(&name)[bit / 8] ^= 1 << (bit % 8);
            flip(specimen, &bent, &name, bit, tally, &mut flips);
            // The other ways read the same bytes: a bit of each byte is enough.
            if bit % 8 == bit / 8 % 8 {
                other_ways(specimen, &bent, &name, bit, tally);
            }
            if tally.is_over() {
                return flips;
            }
        }
    }
    flips
}

fn flip(
    specimen: &Specimen,
    bent: &Image,
    name: &str,
    bit: usize,
    tally: &mut Tally,
    flips: &mut Flips,
) {
    let broken = |tally: &mut Tally, text: String| {
        tally.counted(false, false);
        tally.broken(format!("{name}, bit {bit}: {text}"));
    };
    match specimen.open(bent) {
        Ok(Answer::Whole { is_told }) => {
            tally.counted(is_told, true);
            flips.unnoticed += u64::from(!is_told);
        }
        Ok(Answer::Refused(error)) if !error.to_string().starts_with(name) => {
            broken(tally, format!("another file is blamed: {error}"));
        }
        Ok(Answer::Refused(_)) => {
            let read = super::reading::readable(&ScriptedDisk::of(bent.clone()));
            let whole: BTreeSet<_> = specimen.print.0.iter().map(|(id, _)| *id).collect();
            if !read.is_subset(&whole) {
                return broken(tally, "what was never written can be read".to_owned());
            }
            // The damaged segment itself is one that nobody can ask for.
            let most = whole.len() - specimen.commits_at(name, bit as u64 / 8);
            flips.read += read.len().min(most) as u64;
            flips.whole += most as u64;
            tally.counted(true, read.len() >= most);
        }
        Err(text) => broken(tally, text),
    }
}

/// Who reads beside the writer, and who has all up to a position, is refused or right, too.
fn other_ways(specimen: &Specimen, bent: &Image, name: &str, bit: usize, tally: &mut Tally) {
    let whole: Vec<_> = specimen.print.0.iter().map(|(id, _)| *id).collect();
    for (way, after) in [(Way::Beside, 0), (Way::After(specimen.middle.0), specimen.middle.1)] {
        let disk = ScriptedDisk::of(bent.clone());
        match guarded(|| Ok(way.ids(&disk))) {
            Ok(Err(_)) => {}
            Ok(Ok(found)) if found == whole[after..] => {}
            // A slot that does not hold takes a reader back to what the other one acknowledges.
            Ok(Ok(found)) if name == "heads" && whole[after..].starts_with(&found) => {}
            Ok(Ok(found)) => {
                let text = format!("{} commits, and not the right ones", found.len());
                tally.broken(format!("{name}, bit {bit}, {way:?}: {text}"));
            }
            Err(text) => tally.broken(format!("{name}, bit {bit}, {way:?}: {text}")),
        }
    }
}

/// Parts change places, or are put back to what they were.
pub fn swaps(specimen: &Specimen, tally: &mut Tally) {
    let mut cases: Vec<(String, Image)> = Vec::new();
    let names = specimen.image.file_names();
    let bytes = |name: &str| specimen.image.bytes(name).unwrap_or_default().to_vec();
    for (at, one) in names.iter().enumerate() {
        for other in &names[at + 1..] {
            let mut image = specimen.image.clone();
            (*image.bend(one), *image.bend(other)) = (bytes(other), bytes(one));
            cases.push((format!("{one} and {other} swapped"), image));
        }
        for (moment, earlier) in specimen.earlier.iter().enumerate() {
            let mut image = specimen.image.clone();
            let Some(before) = earlier.bytes(one).map(<[u8]>::to_vec) else { continue };
            *image.bend(one) = before;
            cases.push((format!("{one} as after append {moment}"), image));
        }
        cases.extend(blocks(specimen, one));
    }
    for (case, image) in cases {
        if image.mark() == specimen.image.mark() {
            continue;
        }
        match specimen.open(&image) {
            // An older slot of heads, or an older `closed`, costs nothing: what it lacks is read.
            Ok(Answer::Whole { is_told }) => tally.counted(is_told, true),
            Ok(Answer::Refused(_)) => tally.counted(true, true),
            Err(text) => {
                tally.counted(false, false);
                tally.broken(format!("{case}: {text}"));
            }
        }
        if tally.is_over() {
            return;
        }
    }
}

/// Whole sectors and whole records of a file change places with their neighbours.
fn blocks(specimen: &Specimen, name: &str) -> Vec<(String, Image)> {
    let mut cases = Vec::new();
    let length = specimen.image.bytes(name).map_or(0, <[u8]>::len);
    for size in [64, 512] {
        for at in (0..length.saturating_sub(2 * size - 1)).step_by(size) {
            let mut image = specimen.image.clone();
            let (first, second) = image.bend(name)[at..at + 2 * size].split_at_mut(size);
            first.swap_with_slice(second);
            cases.push((format!("{name}: {size} bytes at {at} swapped with the next"), image));
        }
    }
    cases
}

/// Every byte that names a format says every other number. Where they are, each file's record says:
/// byte 8 behind its magic.
pub fn formats(specimen: &Specimen, tally: &mut Tally) {
    for name in specimen.image.file_names() {
        let bytes = specimen.image.bytes(&name).unwrap_or_default().to_vec();
        let places = (0..bytes.len()).filter(|at| is_format(&bytes, *at));
        for place in places.collect::<Vec<_>>() {
            for format in (0..=u8::MAX).filter(|format| *format != bytes[place]) {
                let mut image = specimen.image.clone();
                image.bend(&name)[place] = format;
                let known = if name == "heads" { HEADS_FORMAT } else { RECORD_FORMAT };
                let is_newer = format > known;
                match specimen.open(&image) {
                    Ok(Answer::Refused(OpenError::ForeignFormat { .. })) => {
                        tally.counted(true, true);
                    }
                    Ok(Answer::Refused(_)) if !is_newer => tally.counted(true, true),
                    Ok(Answer::Whole { is_told: true }) if !is_newer => tally.counted(true, true),
                    Ok(Answer::Refused(error)) => {
                        tally.counted(true, false);
                        tally.broken(format!("{name}, byte {place} is {format}: {error}"));
                    }
                    Ok(Answer::Whole { .. }) => {
                        tally.counted(false, false);
                        tally.broken(format!("{name}, byte {place} is {format}: opened"));
                    }
                    Err(text) => {
                        tally.counted(false, false);
                        tally.broken(format!("{name}, byte {place} is {format}: {text}"));
                    }
                }
                if tally.is_over() {
                    return;
                }
            }
        }
    }
}

/// Whether the eight bytes before it are a record's or a file's magic.
fn is_format(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(8).and_then(|start| bytes.get(start..at)) else {
        return false;
    };
    before.starts_with(b"WOOD") && before.iter().all(u8::is_ascii_uppercase)
}
