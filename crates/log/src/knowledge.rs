//! Knowledge: of each line, the highest seq in a commit's past.
//!
//! **Invariants**
//! - A past holds of any line a prefix, so the highest seq seen of each line says all of it.
//!   Knowledge of a line comes with knowledge of its base.
//! - `tops` are the commits of the past that no other commit in it has seen: whoever has seen all
//!   of them knows all of it, which is found out without looking at the lines.
//! - Lines ascend. A value is shared by all commits that know the same.
//!
//! Few lines are one array, which costs what it holds; many are a persistent map, in which a change
//! copies little of the rest.
//!
//! What this does not do: know whose it is. An entry of the knower's own line may stand there, and
//! may be old.

use crate::place::Place;
use std::sync::Arc;
use woodland_page::{Reading, Stored, Tree, Writing};

/// From here on, a map.
const FEW_MAX: usize = 16;
/// So many lines are raised before the map is made anew.
const RAISED_MAX: usize = 16;
/// More tops than this are not kept.
const TOPS_MAX: usize = 8;

/// What a commit has in its past.
#[derive(Debug, Clone, Default)]
pub(crate) struct Knowledge {
    seqs: Seqs,
    tops: Tops,
}

/// Of each line, the highest seq.
#[derive(Debug, Clone)]
enum Seqs {
    /// What most authors know who have seen nobody but the founder.
    One((u32, u64)),
    Few(Arc<[(u32, u64)]>),
    Many(Many),
}

/// A map, and what was raised since it was made: a commit that saw one more raises one line, and
/// the map is copied along its paths once for several of them. At rest, too, two maps share what is
/// equal in them.
#[derive(Debug, Clone)]
struct Many {
    below: Tree<u32, u64>,
    /// Of these lines, what `below` says is too low.
    raised: Arc<[(u32, u64)]>,
}

#[derive(Debug, Clone, Default)]
enum Tops {
    #[default]
    None,
    One(Place),
    Some(Arc<[Place]>),
    /// Too many to be kept.
    Unknown,
}

impl Default for Seqs {
    fn default() -> Self {
        Seqs::Few(Arc::default())
    }
}

impl Tops {
    fn of(tops: &[Place]) -> Self {
        match tops {
            [] => Tops::None,
            [one] => Tops::One(*one),
            some if some.len() <= TOPS_MAX => Tops::Some(some.into()),
            _ => Tops::Unknown,
        }
    }

    fn known(&self) -> Option<&[Place]> {
        match self {
            Tops::None => Some(&[]),
            Tops::One(one) => Some(std::slice::from_ref(one)),
            Tops::Some(some) => Some(some),
            Tops::Unknown => None,
        }
    }
}

impl Knowledge {
    /// The highest seq of this line.
    pub(crate) fn get(&self, line: u32) -> Option<u64> {
        self.seqs.get(line)
    }

    /// Every line, with its highest seq.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let (few, many) = match &self.seqs {
            Seqs::Many(many) => (&[][..], Some(many)),
            seqs => (seqs.few(), None),
        };
        few.iter().copied().chain(many.into_iter().flat_map(Many::iter))
    }

    /// Adds that this commit, and what it knew, is in the past. Costs what the two do not share;
    /// where that commit knew all that is known here, only itself.
    pub(crate) fn learn(&mut self, place: Place, its_past: &Knowledge) {
        if self.get(place.line).is_some_and(|seq| seq >= place.seq) {
            // A past is closed: with a later commit of the line, this one's past is already in it.
            return;
        }
        let saw = |top: &Place| {
            top.line == place.line && top.seq <= place.seq
                || its_past.get(top.line).is_some_and(|seq| seq >= top.seq)
        };
        let tops = match self.tops.known() {
            Some(tops) => {
                let mut left: Vec<_> = tops.iter().filter(|top| !saw(top)).copied().collect();
                left.push(place);
                Some(left)
            }
            None => None,
        };
        match &tops {
            Some(tops) if tops.len() == 1 => self.seqs.clone_from(&its_past.seqs),
            _ => self.seqs.join(&its_past.seqs),
        }
        self.seqs.raise(place.line, place.seq);
        self.tops = tops.map_or(Tops::Unknown, |tops| Tops::of(&tops));
    }
}

impl Seqs {
    fn get(&self, line: u32) -> Option<u64> {
        match self {
            Seqs::Many(many) => {
                find(&many.raised, line).or_else(|| many.below.get(&line).map(|seq| *seq))
            }
            seqs => find(seqs.few(), line),
        }
    }

    /// The lines, where they are few.
    fn few(&self) -> &[(u32, u64)] {
        match self {
            Seqs::One(one) => std::slice::from_ref(one),
            Seqs::Few(few) => few,
            Seqs::Many(_) => &[],
        }
    }

    fn raise(&mut self, line: u32, seq: u64) {
        if self.get(line).is_some_and(|known| known >= seq) {
            return;
        }
        match self {
            Seqs::Many(many) if many.raised.len() < RAISED_MAX => {
                many.raised = union(&many.raised, &[(line, seq)]).into();
            }
            Seqs::Many(many) => {
                many.fold();
                many.raised = [(line, seq)].into();
            }
            seqs => *seqs = Self::of(union(seqs.few(), &[(line, seq)])),
        }
    }

    fn of(lines: Vec<(u32, u64)>) -> Self {
        match lines.as_slice() {
            [one] => Seqs::One(*one),
            few if few.len() <= FEW_MAX => Seqs::Few(few.into()),
            _ => {
                let below = lines.into_iter().collect();
                Seqs::Many(Many { below, raised: Arc::default() })
            }
        }
    }

    /// Raises this to cover `other`. Costs what the two do not share.
    fn join(&mut self, other: &Seqs) {
        match (&mut *self, other) {
            (Seqs::Many(own), Seqs::Many(other)) => {
                let mut other = other.clone();
                other.fold();
                own.fold();
                join_many(&mut own.below, &other.below);
            }
            (Seqs::Many(_), other) => {
                for (line, seq) in other.few() {
                    self.raise(*line, *seq);
                }
            }
            (own, Seqs::Many(_)) => {
                let own = std::mem::replace(own, other.clone());
                for (line, seq) in own.few() {
                    self.raise(*line, *seq);
                }
            }
            (own, other) => {
                let both = union(own.few(), other.few());
                // Taking the other as it is keeps one shared value where two pasts are one.
                if both == other.few() {
                    own.clone_from(other);
                } else if both != own.few() {
                    *own = Self::of(both);
                }
            }
        }
    }
}

impl Many {
    fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let still = self.below.iter().filter(|(line, _)| find(&self.raised, *line).is_none());
        still.chain(self.raised.iter().copied())
    }

    fn fold(&mut self) {
        for (line, seq) in self.raised.iter() {
            self.below.insert(*line, *seq);
        }
        self.raised = Arc::default();
    }
}

fn find(few: &[(u32, u64)], line: u32) -> Option<u64> {
    few.binary_search_by_key(&line, |(line, _)| *line).ok().map(|at| few[at].1)
}

fn union(one: &[(u32, u64)], other: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut both = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let (Some((line, seq)), Some((its_line, its_seq))) = (one.peek(), other.peek()) {
        let order = line.cmp(its_line);
        both.push(match order {
            std::cmp::Ordering::Less => (*line, *seq),
            std::cmp::Ordering::Equal => (*line, *seq.max(its_seq)),
            std::cmp::Ordering::Greater => (*its_line, *its_seq),
        });
        if order.is_le() {
            one.next();
        }
        if order.is_ge() {
            other.next();
        }
    }
    both.extend(one.chain(other));
    both
}

/// Looks at what the two do not share.
fn join_many(own: &mut Tree<u32, u64>, many: &Tree<u32, u64>) {
    let known = |tree: &Tree<u32, u64>, line: u32| tree.get(&line).map(|seq| *seq);
    let is_covered = |(line, seq): &(u32, u64)| known(many, *line).is_some_and(|its| its >= *seq);
    if own.unshared(many).iter().all(is_covered) {
        own.clone_from(many);
        return;
    }
    for (line, seq) in many.unshared(own) {
        if known(own, line).is_none_or(|held| held < seq) {
            own.insert(line, seq);
        }
    }
}

const FEW: u8 = 0;
const MANY: u8 = 1;

impl Stored for Seqs {
    fn write(&self, to: &mut Writing<'_>) {
        match self {
            Seqs::Many(Many { below, raised }) => {
                to.byte(MANY);
                below.write(to);
                raised.to_vec().write(to);
            }
            seqs => {
                to.byte(FEW);
                seqs.few().to_vec().write(to);
            }
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            FEW => {
                let few: Vec<_> = Stored::read(from)?;
                Some(match few.as_slice() {
                    [one] => Seqs::One(*one),
                    few => Seqs::Few(few.into()),
                })
            }
            MANY => {
                let (below, raised): (_, Vec<_>) = Stored::read(from)?;
                Some(Seqs::Many(Many { below, raised: raised.into() }))
            }
            _ => None,
        }
    }
}

impl Stored for Knowledge {
    fn write(&self, to: &mut Writing<'_>) {
        self.seqs.write(to);
        self.tops.known().map(<[Place]>::to_vec).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let seqs = Stored::read(from)?;
        let tops: Option<Vec<Place>> = Stored::read(from)?;
        Some(Knowledge { seqs, tops: tops.map_or(Tops::Unknown, |tops| Tops::of(&tops)) })
    }
}
