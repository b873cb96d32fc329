//! Keys, signatures and certificates: one strict predicate decides, everywhere.
//!
//! **Invariants**
//! - A signature is accepted only by [`verifies`]: Ed25519 `verify_strict`, weak keys refused,
//!   never a batch, so that every replica gives one answer.
//! - What is signed starts with a context, so a signature over one thing is none over another.
//! - A secret key is not printed, not compared in the open, and wiped when dropped.
//!
//! What this does not do: draw keys at random, or keep them.

use crate::canonical;
use crate::id::{AuthorKey, CommitId, DatasetId, IdentityKey, Signature};
use crate::limits::NAME_BYTES_MAX;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

const SIGNED_POINT: &[u8] = b"woodland 2026-11 signed point";
const CERTIFICATE: &[u8] = b"woodland 2026-11 certificate";
const PEER: &[u8] = b"woodland 2026-11 peer";

/// The secret half of an author's or an identity's key.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key that grows from 32 secret bytes. The caller brings the randomness.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        SecretKey(SigningKey::from_bytes(&seed))
    }

    /// The 32 bytes that [`SecretKey::from_seed`] takes, for the file that keeps them.
    pub fn to_seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half, as an author.
    pub fn author(&self) -> AuthorKey {
        AuthorKey(self.0.verifying_key().to_bytes())
    }

    /// The public half, as an identity.
    pub fn identity(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a commit and with it everything that its author wrote before.
    pub fn sign_commit(&self, commit: &CommitId) -> Signature {
        self.sign(&point_message(commit))
    }

    /// As an identity, certifies that `author` writes for it.
    pub fn certify(&self, author: &AuthorKey, name: &str) -> Certificate {
        let identity = self.identity();
        let signature = self.sign(&certificate_message(&identity, author, name));
        Certificate { identity, name: name.to_owned(), signature }
    }

    /// As an author, shows to whoever drew one of these salts that it is there: in a conversation
    /// about this dataset, as who opened it or as the other.
    pub fn prove_peer(
        &self,
        dataset: &DatasetId,
        salts: [[u8; 16]; 2],
        is_opener: bool,
    ) -> Signature {
        self.sign(&peer_message(dataset, salts, is_opener))
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.author().short())
    }
}

/// An identity's word that an author writes for it. Part of the author's first header, so it cannot
/// be erased before that header is: the name is for blame, not for secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Who vouches.
    pub identity: IdentityKey,
    /// What the identity calls itself, at most [`NAME_BYTES_MAX`] bytes.
    #[serde(deserialize_with = "canonical::text::<_, NAME_BYTES_MAX>")]
    pub name: String,
    /// The identity's signature over itself, the author and the name.
    pub signature: Signature,
}

impl Certificate {
    /// Whether the identity signed this for this author.
    pub fn vouches_for(&self, author: &AuthorKey) -> bool {
        let message = certificate_message(&self.identity, author, &self.name);
        self.name.len() <= NAME_BYTES_MAX && verifies(&self.identity.0, &message, &self.signature)
    }
}

/// Whether `signature` is the author's over this commit.
pub fn verify_commit(author: &AuthorKey, commit: &CommitId, signature: &Signature) -> bool {
    verifies(&author.0, &point_message(commit), signature)
}

/// Whether `signature` is what [`SecretKey::prove_peer`] makes with this author's key.
pub fn verify_peer(
    author: &AuthorKey,
    dataset: &DatasetId,
    salts: [[u8; 16]; 2],
    is_opener: bool,
    signature: &Signature,
) -> bool {
    verifies(&author.0, &peer_message(dataset, salts, is_opener), signature)
}

/// The predicate: RFC 8032 without its loopholes (no small-order key or `R`, canonical `s`).
fn verifies(key: &[u8; 32], message: &[u8], signature: &Signature) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key) else { return false };
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    !key.is_weak() && key.verify_strict(message, &signature).is_ok()
}

fn point_message(commit: &CommitId) -> Vec<u8> {
    [SIGNED_POINT, &commit.0].concat()
}

fn certificate_message(identity: &IdentityKey, author: &AuthorKey, name: &str) -> Vec<u8> {
    [CERTIFICATE, &identity.0, &author.0, name.as_bytes()].concat()
}

/// The opener's salt first.
fn peer_message(dataset: &DatasetId, [opener, other]: [[u8; 16]; 2], is_opener: bool) -> Vec<u8> {
    [PEER, &dataset.0, &opener, &other, &[u8::from(is_opener)]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_seed([byte; 32])
    }

    #[test]
    fn a_signature_holds_for_its_author_and_its_commit_alone() {
        let commit = CommitId([7; 32]);
        let signature = key(1).sign_commit(&commit);
        assert!(verify_commit(&key(1).author(), &commit, &signature));
        assert!(!verify_commit(&key(2).author(), &commit, &signature));
        assert!(!verify_commit(&key(1).author(), &CommitId([8; 32]), &signature));
    }

    #[test]
    fn every_bit_of_a_signature_counts() {
        let commit = CommitId([7; 32]);
        let signature = key(1).sign_commit(&commit);
        for bit in 0..512 {
            let mut bent = signature;
            bent.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_commit(&key(1).author(), &commit, &bent), "bit {bit}");
        }
    }

    #[test]
    fn the_loopholes_of_ed25519_are_closed() {
        let commit = CommitId([7; 32]);
        // Small-order keys sign anything: R = A = the neutral element, s = 0.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut forged = Signature::default();
        forged.0[0] = 1;
        assert!(!verify_commit(&AuthorKey(neutral), &commit, &forged));
        assert!(!verify_commit(&AuthorKey([0; 32]), &commit, &Signature::default()));
        // s + L is the same scalar in another form.
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut other_form = key(1).sign_commit(&commit);
        let mut carry = 0;
        for (byte, add) in other_form.0[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!verify_commit(&key(1).author(), &commit, &other_form));
    }

    #[test]
    fn a_certificate_is_for_one_author_and_is_no_signed_point() {
        let certificate = key(9).certify(&key(1).author(), "Ada");
        assert!(certificate.vouches_for(&key(1).author()));
        assert!(!certificate.vouches_for(&key(2).author()));
        let renamed = Certificate { name: "Eve".into(), ..certificate };
        assert!(!renamed.vouches_for(&key(1).author()));
    }

    #[test]
    fn a_secret_key_does_not_print_its_secret() {
        let shown = format!("{:?}", key(5));
        assert!(!shown.contains("0505"), "{shown}");
    }
}
