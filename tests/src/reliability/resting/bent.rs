//! What rests is bent, cut, put back to what it was, or another's.
//!
//! **Invariants**
//! - The log is whole: every answer is known exactly.
//!
//! What this does not do: bend the log; `bending` does.

use super::answers::Expected;
use super::player::{Played, play};
use crate::reliability::disk::ScriptedDisk;
use crate::reliability::image::Image;
use crate::reliability::row::{Tally, Tier};
use crate::reliability::sample::Numbers;

const PAGES: &str = "derived/pages.redb";
/// As `woodland-base` lays it out: a block with its check.
const BLOCK_BYTES: usize = 4096 + 8;

/// All that may happen to the file of the pages.
pub(in crate::reliability) fn bent(tier: Tier, tally: &mut Tally) {
    let disk = ScriptedDisk::empty();
    let (played, _) = play(&disk).expect("the script plays on a healthy disk");
    let image = disk.image();
    let count = played.ends.last().copied().unwrap_or(0);
    let mut cases = flips(&image, tier);
    cases.extend(blocks(&image, tier));
    cases.extend(whole(&image));
    let mut cases: Vec<(String, Image, u64)> =
        cases.into_iter().map(|(case, image)| (case, image, count)).collect();
    cases.extend(moments(&played, &image, count));
    for (case, image, count) in cases.into_iter().step_by(tier.thinned()) {
        let expected = Expected { ends: &[count], least: count, is_created: true };
        tally.judged(expected.of(&image), || case);
        if tally.is_over() {
            return;
        }
    }
    let bytes = image.bytes(PAGES).map_or(0, <[u8]>::len);
    tally.note(&format!("a file of {bytes} bytes"));
}

fn with(image: &Image, change: impl FnOnce(&mut Vec<u8>)) -> Image {
    let mut image = image.clone();
    change(image.bend(PAGES));
    image
}

/// One bit: in every block that has something, at places drawn from the block's number.
fn flips(image: &Image, tier: Tier) -> Vec<(String, Image)> {
    let bytes = image.bytes(PAGES).unwrap_or_default();
    let mut cases = Vec::new();
    for (number, block) in bytes.chunks(BLOCK_BYTES).enumerate() {
        let mut numbers = Numbers(number as u64);
        let written = block.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if written == 0 {
            continue;
        }
        // The store's own header, in the first block, is short: nearly all that is there counts.
        let draws = if number == 0 { tier.choose(60, 4_000) } else { tier.choose(2, 60) };
        for _ in 0..draws {
            let place = usize::try_from(numbers.below(written as u64 * 8)).unwrap_or(0);
            let bit = number * BLOCK_BYTES * 8 + place;
            let bent = with(image, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
            cases.push((format!("bit {bit}"), bent));
        }
    }
    cases
}

/// Blocks and sectors change places, or are zeros.
fn blocks(image: &Image, tier: Tier) -> Vec<(String, Image)> {
    let length = image.bytes(PAGES).map_or(0, <[u8]>::len);
    let mut cases = Vec::new();
    for size in [512, BLOCK_BYTES] {
        let step = size * tier.choose(if size == 512 { 64 } else { 8 }, 1);
        for at in (0..length.saturating_sub(2 * size - 1)).step_by(step) {
            cases.push((
                format!("{size} bytes at {at} swapped with the next"),
                with(image, |bytes| {
                    let (first, second) = bytes[at..at + 2 * size].split_at_mut(size);
                    first.swap_with_slice(second);
                }),
            ));
            cases.push((
                format!("{size} bytes at {at} are zeros"),
                with(image, |bytes| bytes[at..at + size].fill(0)),
            ));
        }
    }
    cases.retain(|(_, bent)| bent.bytes(PAGES) != image.bytes(PAGES));
    cases
}

/// The file as a whole: cut, longer, empty, noise, another dataset's, a folder without it.
fn whole(image: &Image) -> Vec<(String, Image)> {
    let length = image.bytes(PAGES).map_or(0, <[u8]>::len);
    let mut cases = Vec::new();
    for keep in [0, 1, 511, 4096, 4104, length / 3, length / 2, length - BLOCK_BYTES, length - 1] {
        let cut = with(image, |bytes| bytes.truncate(keep));
        cases.push((format!("cut at byte {keep}"), cut));
    }
    for more in [1, 512, BLOCK_BYTES] {
        let longer = with(image, |bytes| bytes.resize(length + more, 0x57));
        cases.push((format!("{more} bytes behind its end"), longer));
    }
    let mut numbers = Numbers(5);
    let noise = with(image, |bytes| bytes.fill_with(|| numbers.next() as u8));
    cases.push(("noise".to_owned(), noise));
    let mut gone = image.clone();
    gone.names.remove(PAGES);
    cases.push(("gone".to_owned(), gone));
    cases
}

/// What rests is of another moment than the log, either way.
fn moments(played: &Played, image: &Image, count: u64) -> Vec<(String, Image, u64)> {
    let mut cases = Vec::new();
    for (moment, (earlier, earlier_count)) in played.images.iter().enumerate() {
        let Some(pages) = earlier.bytes(PAGES).map(<[u8]>::to_vec) else { continue };
        let older = with(image, |bytes| *bytes = pages);
        cases.push((format!("as after step {moment}"), older, count));
        let newest = image.bytes(PAGES).unwrap_or_default().to_vec();
        let newer = with(earlier, |bytes| *bytes = newest);
        cases.push((format!("newer than the log of step {moment}"), newer, *earlier_count));
    }
    cases
}
