//! Fork proofs: what proves a fork, and that nothing else passes for one.

use woodland_format::{
    Commit, CommitId, DatasetId, Draft, ForkProof, Op, Payload, Position, ProofError, ProvenBranch,
    Schema, SchemaChange, SecretKey, limits::PROOF_HEADERS_MAX,
};

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32])
}

fn seal(key: &SecretKey, position: Position, text: u64) -> Commit {
    let payload =
        Payload::of(vec![Op::Create { node_type: woodland_format::TypeId(1), salt: text }]);
    Commit::seal(key.author(), Draft { position, turn: 0, parents: vec![], payload }).unwrap()
}

fn founding(key: &SecretKey, nonce: u8) -> Commit {
    let schema = Schema { types: vec![] };
    let (author, nonce, schema) = (key.author(), [nonce; 32], schema.id());
    seal(key, Position::Founding { author, nonce, schema, certificate: None }, 0)
}

fn first(key: &SecretKey, dataset: DatasetId, text: u64) -> Commit {
    let schema = Schema { types: vec![] }.id();
    let position = Position::First { author: key.author(), dataset, schema, certificate: None };
    seal(key, position, text)
}

fn next(key: &SecretKey, before: &Commit, text: u64) -> Commit {
    let (backlink, seq) = (before.id(), before.seq() + 1);
    seal(key, Position::Next { backlink, seq, schema: SchemaChange::Keep }, text)
}

/// `count` commits from `rival` on.
fn chain(key: &SecretKey, rival: Commit, count: usize) -> Vec<Commit> {
    let mut chain = vec![rival];
    while chain.len() < count {
        chain.push(next(key, &chain[chain.len() - 1], 0));
    }
    chain
}

fn branch(key: &SecretKey, chain: &[Commit]) -> ProvenBranch {
    let headers = chain.iter().map(|commit| commit.header().clone()).collect();
    let signature = chain[chain.len() - 1].sign(key).signature;
    ProvenBranch { headers, signature }
}

fn prove(key: &SecretKey, left: &[Commit], right: &[Commit]) -> Result<ForkProof, ProofError> {
    ForkProof::new(key.author(), [branch(key, left), branch(key, right)])
}

/// A proof with a branch of three headers and one of one.
fn sample() -> (ForkProof, CommitId) {
    let key = key(1);
    let base = founding(&key, 7);
    let (left, right) = (chain(&key, next(&key, &base, 1), 3), [next(&key, &base, 2)]);
    (prove(&key, &left, &right).unwrap(), base.id())
}

#[test]
fn a_proof_convinces_without_a_log() {
    let (proof, base) = sample();
    let fork = proof.verify().unwrap();
    assert_eq!((fork.author, fork.backlink), (key(1).author(), Some(base)));
    assert!(fork.rivals[0] < fork.rivals[1]);
    assert_eq!(ForkProof::decode(&proof.encode()), Ok(proof));
}

#[test]
fn the_branches_have_one_form_in_whatever_order_they_are_given() {
    let key = key(1);
    let base = founding(&key, 7);
    let (left, right) = ([next(&key, &base, 1)], [next(&key, &base, 2)]);
    let proof = prove(&key, &left, &right).unwrap();
    assert_eq!(proof, prove(&key, &right, &left).unwrap());
    let mut swapped = proof.encode();
    let (start, half) = (33, (swapped.len() - 33) / 2);
    let (before, after) = swapped[start..].split_at_mut(half);
    before.swap_with_slice(after);
    assert!(matches!(ForkProof::decode(&swapped), Err(ProofError::Order { .. })));
}

#[test]
fn every_altered_bit_and_every_cut_is_refused() {
    let (proof, _) = sample();
    let bytes = proof.encode();
    for bit in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(ForkProof::decode(&bent).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(ForkProof::decode(&bytes[..length]).is_err(), "length {length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(ForkProof::decode(&longer), Err(ProofError::Canonical(_))));
    let foreign = [&[2], &bytes[1..]].concat();
    assert_eq!(ForkProof::decode(&foreign), Err(ProofError::ForeignFormat { found: 2 }));
}

#[test]
fn two_first_commits_of_one_author_in_one_dataset_are_a_fork() {
    let (founder, other) = (key(1), key(2));
    let base = founding(&founder, 7);
    let dataset = base.id().into();
    let (left, right) = (first(&other, dataset, 1), first(&other, dataset, 2));
    let fork = prove(&other, &[left], &[right]).unwrap().verify().unwrap();
    assert_eq!((fork.author, fork.backlink), (other.author(), None));
    // The founder's own founding commit is its first, too.
    let again = first(&founder, dataset, 1);
    assert!(prove(&founder, std::slice::from_ref(&base), &[again]).is_ok());
}

#[test]
fn commits_of_two_authors_datasets_or_places_are_no_fork() {
    let (one, two) = (key(1), key(2));
    let base = founding(&one, 7);
    let elsewhere = founding(&one, 8);
    let not_rivals = |proof: Result<ForkProof, ProofError>| {
        assert!(matches!(proof, Err(ProofError::NotRivals { .. })), "{proof:?}");
    };
    // First commits of two authors, each signed by its own.
    let dataset: DatasetId = base.id().into();
    let (left, right) = (first(&one, dataset, 1), first(&two, dataset, 1));
    let branches =
        [branch(&one, std::slice::from_ref(&left)), branch(&two, std::slice::from_ref(&right))];
    not_rivals(ForkProof::new(one.author(), branches));
    // One author in two datasets.
    not_rivals(prove(&one, std::slice::from_ref(&base), std::slice::from_ref(&elsewhere)));
    not_rivals(prove(&one, &[left], &[first(&one, elsewhere.id().into(), 1)]));
    // Two commits of one chain, and commits with two backlinks.
    let (second, third) = (next(&one, &base, 1), next(&one, &next(&one, &base, 1), 1));
    not_rivals(prove(&one, std::slice::from_ref(&second), &[third]));
    not_rivals(prove(&one, std::slice::from_ref(&second), &[next(&one, &elsewhere, 1)]));
    not_rivals(prove(&one, std::slice::from_ref(&base), std::slice::from_ref(&second)));
    // The same commit twice.
    let same = prove(&one, std::slice::from_ref(&second), std::slice::from_ref(&second));
    assert!(matches!(same, Err(ProofError::Order { .. })));
    // Somebody else signed one of the branches.
    let rival = next(&one, &base, 2);
    let branches = [branch(&one, &[second]), branch(&two, &[rival])];
    let forged = ForkProof::new(one.author(), branches);
    assert!(matches!(forged, Err(ProofError::Signature { .. })));
}

#[test]
fn a_branch_is_a_chain_of_one_to_the_most_headers() {
    let key = key(1);
    let base = founding(&key, 7);
    let other = [next(&key, &base, 2)];
    let longest = chain(&key, next(&key, &base, 1), PROOF_HEADERS_MAX + 1);
    let proof = prove(&key, &longest[..PROOF_HEADERS_MAX], &other).unwrap();
    assert_eq!(ForkProof::decode(&proof.encode()), Ok(proof));
    let found = PROOF_HEADERS_MAX + 1;
    let refused = prove(&key, &longest, &other);
    assert!(matches!(refused, Err(ProofError::Length { found: f, .. }) if f == found));
    // A header is left out.
    let broken = [longest[0].clone(), longest[2].clone()];
    let refused = prove(&key, &broken, &other);
    assert!(matches!(refused, Err(ProofError::Broken { index: 1, .. })), "{refused:?}");
    let none = ProvenBranch { headers: vec![], signature: other[0].sign(&key).signature };
    let refused = ForkProof::new(key.author(), [none, branch(&key, &other)]);
    assert!(matches!(refused, Err(ProofError::Length { found: 0, .. })));
}
