//! Signed notes (C2SP signed-note, <https://c2sp.org/signed-note>) with Ed25519: text with signature lines below it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// The signature algorithm byte of Ed25519.
const ED25519: u8 = 1;
/// Longest note that is looked at, in bytes.
const NOTE_MAX: usize = 1_000_000;
/// Signature lines that are looked at, at most.
const SIGNATURES_MAX: usize = 100;
/// What each signature line begins with: an em dash and a space.
const LINE: &str = "\u{2014} ";

/// A note or a key that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the text is not a signed note: {0}")]
    Form(&'static str),
    #[error("the text is not a verifier key: expected NAME+HASH+BASE64 with an Ed25519 key")]
    Key,
    #[error("the note has no signature by {0}")]
    Unsigned(String),
    #[error("the signature by {0} is wrong: the note was changed or signed with another key")]
    Wrong(String),
}

/// A name and the key that signs under it.
#[derive(Clone)]
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
    /// `name` is the log's origin. Spaces and `+`, which it may not have, become `-`.
    #[must_use]
    pub fn new(name: impl AsRef<str>, key: SigningKey) -> Self {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        Self { name: name.as_ref().replace(bad, "-"), key }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The private key, for the other things this log's owner signs.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// What it takes to check the signatures.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// `name+hash+base64(algorithm, public key)`: the verifier as text.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.verifier().to_string()
    }

    /// The signed checkpoint of a tree (C2SP tlog-checkpoint).
    #[must_use]
    pub fn checkpoint(&self, size: u64, root: &Hash) -> String {
        self.sign(&super::checkpoint::text(&self.name, size, root))
    }

    /// Signs a text that ends with a newline.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let mut signature = key_hash(&self.name, &self.key.verifying_key()).to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{LINE}{} {}\n", self.name, STANDARD.encode(signature))
    }
}

/// The public half: who must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The signed text of a note. Signatures by others are passed over.
    ///
    /// # Errors
    /// When the note is malformed, or this signer's signature is missing or wrong.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let (text, lines) = split(note)?;
        let hash = key_hash(&self.name, &self.key);
        let mut found = false;
        for line in lines.lines() {
            let (name, signature) = signature(line)?;
            if name != self.name || signature[..4] != hash {
                continue;
            }
            let bytes = signature[4..].try_into().map_err(|_| NoteError::Form("an Ed25519 signature has 64 bytes"))?;
            if self.key.verify_strict(text.as_bytes(), &Signature::from_bytes(bytes)).is_err() {
                return Err(NoteError::Wrong(self.name.clone()));
            }
            found = true;
        }
        if found { Ok(text) } else { Err(NoteError::Unsigned(self.name.clone())) }
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut public = vec![ED25519];
        public.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(key_hash(&self.name, &self.key)), STANDARD.encode(public))
    }
}

impl std::str::FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(public)) = (parts.next(), parts.next(), parts.next()) else { return Err(NoteError::Key) };
        let public = STANDARD.decode(public).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, public)) = public.split_first() else { return Err(NoteError::Key) };
        let key = VerifyingKey::try_from(public).map_err(|_| NoteError::Key)?;
        let whole = !name.is_empty() && !name.contains(char::is_whitespace) && hash == hex::encode(key_hash(name, &key));
        if whole { Ok(Self { name: name.to_owned(), key }) } else { Err(NoteError::Key) }
    }
}

fn key_hash(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The text, its last newline included, and the signature lines.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > NOTE_MAX {
        return Err(NoteError::Form("it is too long"));
    }
    if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
        return Err(NoteError::Form("it has control characters"));
    }
    let gap = note.rfind("\n\n").ok_or(NoteError::Form("no empty line stands before the signatures"))?;
    let (text, lines) = (&note[..=gap], &note[gap + 2..]);
    if lines.is_empty() || !lines.ends_with('\n') {
        return Err(NoteError::Form("it does not end with signature lines"));
    }
    if lines.lines().count() > SIGNATURES_MAX {
        return Err(NoteError::Form("it has too many signatures"));
    }
    Ok((text, lines))
}

/// Name, and key hash with signature.
fn signature(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let bad = NoteError::Form("a signature line is not `\u{2014} NAME BASE64`");
    let (name, base64) = line.strip_prefix(LINE).and_then(|rest| rest.split_once(' ')).ok_or_else(|| bad.clone())?;
    let bytes = STANDARD.decode(base64).map_err(|_| bad.clone())?;
    if name.is_empty() || bytes.len() < 5 { Err(bad) } else { Ok((name, bytes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the signed-note specification, which is also that of golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_specification_example_verifies() {
        let peter: Verifier = PETER.parse().expect("a verifier key");
        assert_eq!(peter.to_string(), PETER);
        assert!(peter.open(NOTE).expect("signed").ends_with("what your problem is.\n"));
        assert_eq!(peter.open(&NOTE.replace("think", "thinK")), Err(NoteError::Wrong("PeterNeumann".to_owned())));
    }

    #[test]
    fn our_notes_verify_and_others_do_not() {
        let signer = LogSigner::new("example.com/log+ 1", super::super::key::generate());
        assert_eq!(signer.name(), "example.com/log--1");
        let note = signer.sign("hello\n\nworld\n");
        let ours: Verifier = signer.verifier_key().parse().expect("a verifier key");
        assert_eq!(ours.open(&note), Ok("hello\n\nworld\n"));
        let peter: Verifier = PETER.parse().expect("a verifier key");
        assert!(matches!(peter.open(&note), Err(NoteError::Unsigned(_))));
        let with_witness = format!("{note}\u{2014} other AAAAAAAA\n");
        assert_eq!(ours.open(&with_witness), Ok("hello\n\nworld\n"), "a signature by somebody unknown does no harm");
        for bad in
            ["", "x", "x\n\n", "x\n\nno dash\n", "x\n\n\u{2014} name\n", "x\n\n\u{2014} name ====\n", &note[..note.len() - 1], "a\rb\n\n"]
        {
            assert!(matches!(ours.open(bad), Err(NoteError::Form(_))), "{bad:?}");
        }
    }

    #[test]
    fn keys_that_are_none() {
        let bad_hash = PETER.replace("c74f20a3", "c74f20a4");
        let other_algorithm = PETER.replace("+ARpc", "+Ahpc");
        for bad in ["", "a+b", "a+b+c", &PETER[..40], &bad_hash, &other_algorithm, &PETER.replace("Peter", "Peter ")] {
            assert_eq!(bad.parse::<Verifier>(), Err(NoteError::Key), "{bad}");
        }
    }
}
