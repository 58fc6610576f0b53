//! Signed notes (C2SP signed-note, <https://c2sp.org/signed-note>) with Ed25519, and the checkpoints of a log in them
//! (C2SP tlog-checkpoint, <https://c2sp.org/tlog-checkpoint>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// The signature algorithm byte of Ed25519.
const ED25519: u8 = 1;

/// A log's name and signing key.
pub struct LogSigner {
    name: String,
    key: SigningKey,
}

impl std::fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSigner").field("name", &self.name).finish_non_exhaustive()
    }
}

impl LogSigner {
    /// `name` is the log's origin: no spaces, no `+`.
    #[must_use]
    pub fn new(name: String, key: SigningKey) -> Self {
        Self { name, key }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `name+hash+base64(algorithm, public key)`: what a verifier needs.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        let mut public = vec![ED25519];
        public.extend_from_slice(self.key.verifying_key().as_bytes());
        format!("{}+{}+{}", self.name, hex::encode(self.key_hash()), STANDARD.encode(public))
    }

    /// The signed checkpoint of a tree.
    #[must_use]
    pub fn checkpoint(&self, size: u64, root: &Hash) -> String {
        self.sign(&format!("{}\n{size}\n{}\n", self.name, STANDARD.encode(root)))
    }

    fn sign(&self, text: &str) -> String {
        let mut signature = self.key_hash().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(signature))
    }

    fn key_hash(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.verifying_key().as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}
