//! Rights: random datasets with an owner, compared with a slow model of who may write and what is
//! masked; by hand, what the door says to whom.

#![allow(missing_docs)]

mod history;

use history::{History, key, schema, seal};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use woodland_format::{
    Certificate, Commit, CommitId, DatasetId, Draft, IdentityKey, Op, Payload, Position, Right,
    RightsChange, SchemaChange, read_segments,
};
use woodland_log::{AppendError, Log, Pending, Place, Refusal};
use woodland_page::{MemoryPages, rest, wake};

/// By author: 0 and 1 write for the owner, 2 and 3 for one other, 4 for a third, 5 for nobody.
const AUTHORS: usize = 6;
const IDENTITIES: [Option<usize>; AUTHORS] =
    [Some(40), Some(40), Some(41), Some(41), Some(42), None];

fn identity(number: usize) -> IdentityKey {
    key(number).identity()
}

fn certificate(author: usize) -> Option<Certificate> {
    Some(key(IDENTITIES[author]?).certify(&key(author).author(), ""))
}

fn founding() -> Commit {
    let author = key(0).author();
    let certificate = certificate(0).unwrap();
    let position = Position::Owned { author, nonce: [7; 32], schema: schema(0).id(), certificate };
    let payload = Payload::of(vec![Op::Schema(schema(0))]);
    Commit::seal(author, Draft { position, turn: 0, parents: vec![], payload }).unwrap()
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Write,
    Grant(usize, Right),
    Revoke(usize),
}

/// One commit to be tried; numbers are reduced to what there is.
#[derive(Debug, Clone)]
struct Step {
    author: usize,
    act: Act,
    /// Start over, or continue from another own commit than the last.
    fork: Option<usize>,
    /// From the latest backwards.
    parents: Vec<usize>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let whose = 40..43usize;
    let act = prop_oneof![
        5 => Just(Act::Write),
        3 => (whose.clone(), prop::bool::weighted(0.8)).prop_map(|(one, write)| {
            Act::Grant(one, if write { Right::Write } else { Right::Read })
        }),
        2 => whose.prop_map(Act::Revoke),
    ];
    let fork = prop_oneof![9 => Just(None), 1 => (0usize..64).prop_map(Some)];
    let parents = prop::collection::vec(0usize..8, 0..4);
    let author = prop_oneof![2 => 0usize..2, 3 => 0usize..AUTHORS];
    let step = (author, act, fork, parents).prop_map(|(author, act, fork, parents)| Step {
        author,
        act,
        fork,
        parents,
    });
    prop::collection::vec(step, 8..60)
}

/// The slow model: what is held, and everything that it says asks all of it.
struct Model {
    history: History,
}

impl Model {
    fn make(&self, step: &Step, salt: u64) -> Commit {
        let all = &self.history.commits;
        let author = key(step.author).author();
        let own: Vec<_> = all.iter().filter(|one| one.author() == author).collect();
        let before = match step.fork {
            Some(pick) if !own.is_empty() => own.get(pick % (own.len() + 1)).copied(),
            _ => own.last().copied(),
        };
        let picked = step.parents.iter().map(|back| &all[all.len() - 1 - back % all.len()]);
        let parents: BTreeSet<CommitId> = picked.map(Commit::id).collect();
        let founding = before.is_none().then(|| all[0].id());
        let above = parents.iter().chain(&founding).map(|id| self.history.get(id).turn() + 1);
        let turn = above.max().unwrap_or(0).max(before.map_or(0, Commit::turn));
        let change = match step.act {
            Act::Write => None,
            Act::Grant(to, right) => Some(RightsChange::Grant(identity(to), right)),
            Act::Revoke(from) => Some(RightsChange::Revoke(identity(from))),
        };
        let position = match (before, change) {
            (None, _) => Position::First {
                author,
                dataset: all[0].id().into(),
                schema: schema(0).id(),
                certificate: certificate(step.author),
            },
            (Some(before), change) => {
                let (backlink, seq, schema) = (before.id(), before.seq() + 1, SchemaChange::Keep);
                match change {
                    None => Position::Next { backlink, seq, schema },
                    Some(change) => Position::Rights { backlink, seq, change },
                }
            }
        };
        seal(step.author, position, turn, parents.into_iter().collect(), salt)
    }

    fn identity(&self, commit: &Commit) -> Option<IdentityKey> {
        let author = (0..AUTHORS).find(|one| key(*one).author() == commit.author());
        IDENTITIES[author.expect("one of ours")].map(identity)
    }

    fn change(id: &CommitId, of: &History) -> Option<RightsChange> {
        match of.get(id).header().position {
            Position::Rights { change, .. } => Some(change),
            _ => None,
        }
    }

    /// Whether these commits, each with its own past, give the identity the right.
    fn gives(&self, held: &BTreeSet<CommitId>, to: IdentityKey, right: Right) -> bool {
        let is_revoked = |after: &BTreeSet<CommitId>| {
            held.iter().any(|id| {
                Model::change(id, &self.history) == Some(RightsChange::Revoke(to))
                    && !after.contains(id)
            })
        };
        held.iter().any(|id| match Model::change(id, &self.history) {
            Some(RightsChange::Grant(whom, granted)) => {
                whom == to && granted >= right && !is_revoked(&self.history.past(id))
            }
            _ => false,
        })
    }

    fn is_allowed(&self, commit: &Commit) -> bool {
        let identity_of = self.identity(commit);
        if identity_of == Some(identity(40)) {
            return true;
        }
        let past: BTreeSet<CommitId> =
            commit.references().flat_map(|id| self.history.past(&id)).collect();
        let is_change = matches!(commit.header().position, Position::Rights { .. });
        !is_change && identity_of.is_some_and(|one| self.gives(&past, one, Right::Write))
    }

    /// The revocations beside the commit.
    fn masking(&self, commit: &Commit) -> BTreeSet<CommitId> {
        let Some(of) = self.identity(commit).filter(|one| *one != identity(40)) else {
            return BTreeSet::new();
        };
        let pasts = self.history.pasts();
        let is_beside =
            |id: &CommitId| !pasts[id].contains(&commit.id()) && !pasts[&commit.id()].contains(id);
        let masks = |id: &CommitId| {
            Model::change(id, &self.history) == Some(RightsChange::Revoke(of)) && is_beside(id)
        };
        self.history.ids().into_iter().filter(masks).collect()
    }
}

/// Tries each step at log and model; what both take makes the history.
fn play(steps: &[Step]) -> (Model, Log, usize) {
    let mut model = Model { history: History { commits: vec![founding()] } };
    let mut log = Log::found(founding()).unwrap();
    let mut refused = 0;
    for (salt, step) in (1..).zip(steps) {
        let commit = model.make(step, salt);
        let is_change = matches!(commit.header().position, Position::Rights { .. });
        match log.append(&commit) {
            Ok(next) => {
                assert!(model.is_allowed(&commit), "{step:?} was taken");
                log = next;
                model.history.commits.push(commit);
            }
            Err(AppendError::NotAllowed { commit: id, identity }) => {
                assert!(!model.is_allowed(&commit) && !is_change, "{step:?} was refused");
                assert_eq!((id, identity), (commit.id(), model.identity(&commit)));
                refused += 1;
            }
            Err(AppendError::NotOwner { commit: id, owner }) => {
                assert!(!model.is_allowed(&commit) && is_change, "{step:?} was refused");
                assert_eq!((id, owner), (commit.id(), Some(identity(40))));
                refused += 1;
            }
            Err(error) => panic!("{step:?}: {error}"),
        }
    }
    (model, log, refused)
}

/// Compares all that a log says of rights with the model. Answers how much is masked.
fn compare(model: &Model, log: &Log) -> usize {
    assert_eq!(log.owner(), Some(identity(40)));
    let ids = model.history.ids();
    for number in 40..44 {
        for right in [Right::Read, Right::Write] {
            let given = number == 40 || model.gives(&ids, identity(number), right);
            assert_eq!(log.may(&identity(number), right), given, "{number} {right:?}");
            let listed = log.rights().get(&identity(number)).is_some_and(|most| *most >= right);
            assert_eq!(listed, given && number != 40);
        }
    }
    let places: BTreeMap<CommitId, Place> = log.order().map(|(at, one)| (one.id(), at)).collect();
    let masking: BTreeMap<CommitId, BTreeSet<CommitId>> =
        model.history.commits.iter().map(|one| (one.id(), model.masking(one))).collect();
    let pasts = model.history.pasts();
    let mut by = BTreeMap::<CommitId, BTreeSet<CommitId>>::new();
    for (id, revocations) in &masking {
        let at = places[id];
        assert_eq!(log.identity(at), model.identity(model.history.get(id)));
        assert_eq!(log.is_masked(at), !revocations.is_empty(), "{id}");
        for viewer in &ids {
            let knows = revocations.iter().any(|one| pasts[viewer].contains(one));
            assert_eq!(log.is_masked_for(places[viewer], at), knows, "{id} for {viewer}");
        }
        for one in revocations {
            by.entry(*one).or_default().insert(*id);
        }
    }
    let revocations: BTreeSet<Place> = log.revocations().collect();
    for id in &ids {
        let stretches = log.masked_by(places[id]);
        let masked = stretches.into_iter().flat_map(|(line, seqs)| {
            seqs.map(move |seq| log.id(Place { line, seq }).expect("it is held"))
        });
        assert_eq!(masked.collect::<BTreeSet<_>>(), by.remove(id).unwrap_or_default());
        let revokes = matches!(
            Model::change(id, &model.history),
            Some(RightsChange::Revoke(of)) if of != identity(40)
        );
        assert_eq!(revocations.contains(&places[id]), revokes);
    }
    masking.values().filter(|revocations| !revocations.is_empty()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn who_may_write_and_what_is_masked_is_as_the_model_says(
        steps in steps(), seed: u64, cached in prop::sample::select(vec![0usize, 1 << 24]),
    ) {
        let (model, log, _) = play(&steps);
        let masked = compare(&model, &log);
        // However it came, and from pages.
        let other = model.history.shuffled(seed).log();
        prop_assert_eq!(compare(&model, &other), masked);
        let shelf = MemoryPages::default();
        let at = rest(&log, &mut shelf.clone());
        let open = shelf.pages(cached, Arc::new(()));
        let woken: Log = wake(&open, at).expect("it was put there");
        prop_assert_eq!(compare(&model, &woken), masked);
    }
}

/// That the property above is about something: refusals and masks are many.
#[test]
fn random_histories_have_what_they_are_for() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut refusals, mut masked, mut held) = (0, 0, 0);
    for _ in 0..40 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (model, log, refused) = play(&steps);
        refusals += refused;
        masked += compare(&model, &log);
        held += model.history.commits.len();
    }
    assert!(refusals > 100 && masked > 20 && held > 400, "{refusals} {masked} {held}");
}

fn rights(author: usize, before: &Commit, change: RightsChange, parents: &[&Commit]) -> Commit {
    let (backlink, seq) = (before.id(), before.seq() + 1);
    let turn = parents.iter().map(|one| one.turn() + 1).max().unwrap_or(0).max(before.turn());
    let parents = parents.iter().map(|one| one.id()).collect();
    seal(author, Position::Rights { backlink, seq, change }, turn, parents, 1)
}

#[test]
fn a_dataset_without_an_owner_takes_everybody_and_no_change_of_rights() {
    let open = history::founding(0, 7);
    let log = Log::found(open.clone()).unwrap();
    assert_eq!(log.owner(), None);
    assert!(log.may(&identity(9), Right::Write) && log.rights().is_empty());
    let grant = rights(0, &open, RightsChange::Grant(identity(41), Right::Write), &[]);
    let refused = AppendError::NotOwner { commit: grant.id(), owner: None };
    assert_eq!(log.append(&grant), Err(refused.clone()));
    assert!(refused.to_string().contains("here nobody"), "{refused}");
    let stranger = history::first(5, open.id().into(), 1, vec![]);
    assert!(log.append(&stranger).is_ok());
}

#[test]
fn a_grant_after_a_revocation_counts_and_one_beside_it_does_not() {
    let (founding, bob) = (founding(), identity(41));
    let log = Log::found(founding.clone()).unwrap();
    let grant = rights(0, &founding, RightsChange::Grant(bob, Right::Write), &[]);
    let revoke = rights(0, &grant, RightsChange::Revoke(bob), &[]);
    let second = {
        let (author, dataset) = (key(1).author(), founding.id().into());
        let (schema, certificate) = (schema(0).id(), certificate(1));
        let position = Position::First { author, dataset, schema, certificate };
        seal(1, position, 1, vec![], 0)
    };
    let beside = rights(1, &second, RightsChange::Grant(bob, Right::Write), &[]);
    let log = log.extend([&grant, &revoke, &second, &beside]).unwrap();
    assert!(!log.may(&bob, Right::Read), "the revocation did not see it, and beats it");
    let after = rights(1, &beside, RightsChange::Grant(bob, Right::Write), &[&revoke]);
    let log = log.append(&after).unwrap();
    assert!(log.may(&bob, Right::Write));
    assert_eq!(log.rights(), BTreeMap::from([(bob, Right::Write)]));
}

/// The log file of `docs/format.md`, through the door.
#[test]
fn the_file_of_the_page_is_taken_as_the_page_says() {
    let page = include_str!("../../../docs/format.md");
    let vector = |name: &str| -> Vec<u8> {
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
        let pairs = line.unwrap().as_bytes().as_chunks::<2>().0.iter();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        pairs.map(|pair| byte(pair).unwrap()).collect()
    };
    let ids = |name: &str| -> Vec<CommitId> {
        vector(name).as_chunks::<32>().0.iter().map(|id| CommitId(*id)).collect()
    };
    let (file, dataset) = (vector("rights.file"), DatasetId(ids("owned.id")[0].0));
    let segments: Vec<_> =
        read_segments(dataset, &file[48..], 48).map(|found| found.segment.unwrap()).collect();
    let mut log = Log::found(segments[0].first().unwrap()).unwrap();
    let (mut pending, mut refused) = (Pending::default(), BTreeSet::new());
    for segment in &segments {
        let offered = pending.offer(&log, segment);
        log = offered.log;
        refused.extend(offered.refused.iter().map(|one| match one {
            Refusal::Invalid { commit, error: AppendError::NotAllowed { .. }, .. } => *commit,
            other => panic!("{other}"),
        }));
    }
    let order: Vec<_> = log.order().collect();
    assert_eq!(order.iter().map(|(_, one)| one.id()).collect::<Vec<_>>(), ids("rights.order"));
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), ids("rights.refused"));
    let masked = order.iter().filter(|(at, _)| log.is_masked(*at)).map(|(_, one)| one.id());
    assert_eq!(masked.collect::<Vec<_>>(), ids("rights.masked"));
}
