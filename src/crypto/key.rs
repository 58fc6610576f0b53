//! Ed25519 keys (RFC 8032) and their files: the private key as PKCS#8 PEM (RFC 8410) that only its owner may read.
//!
//! The private key is wiped from memory when dropped. Encryption of key files is not here; it comes with the vault.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::base::file::{PRIVATE_FILE, create_new, sync_dir, write_atomic};

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("key file {path}: not an Ed25519 private key in PKCS#8 PEM form")]
    Form { path: PathBuf },
}

/// A new key from the operating system's random generator.
#[must_use]
pub fn generate() -> SigningKey {
    SigningKey::generate(&mut rand::rng())
}

/// # Errors
/// When there is no such file or it holds something else.
pub fn load(path: &Path) -> Result<SigningKey, KeyError> {
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    SigningKey::from_pkcs8_pem(&text).map_err(|_| KeyError::Form { path: path.to_owned() })
}

/// Writes a key to a file that must not exist yet.
///
/// # Errors
/// When it exists or cannot be written.
pub fn save_new(path: &Path, key: &SigningKey) -> Result<(), KeyError> {
    let text = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Form { path: path.to_owned() })?;
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    drop(create_new(path, PRIVATE_FILE).map_err(failed)?);
    write_atomic(path, text.as_bytes(), PRIVATE_FILE).map_err(failed)?;
    path.parent().map_or(Ok(()), sync_dir).map_err(failed)
}

/// The key of a file, made when there is none. An empty file is what a crash in the making of one leaves behind.
///
/// # Errors
/// When it cannot be read or made.
pub fn load_or_create(path: &Path) -> Result<SigningKey, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => fs::remove_file(path).map_err(failed)?,
        Ok(_) => return load(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let key = generate();
    save_new(path, &key)?;
    Ok(key)
}

/// The name of a public key: the lower-case hexadecimal SHA-256 of its 32 bytes.
#[must_use]
pub fn fingerprint(key: &VerifyingKey) -> String {
    super::digest::sha256_hex(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ed25519_dalek::Signer;

    use super::*;

    /// RFC 8032 section 7.1, tests 1 and 3.
    #[test]
    fn rfc_8032_vectors() {
        let check = |secret: &str, public: &str, message: &str, signature: &str| {
            let secret: [u8; 32] = hex::decode(secret).expect("hex").try_into().expect("32 bytes");
            let key = SigningKey::from_bytes(&secret);
            assert_eq!(hex::encode(key.verifying_key().as_bytes()), public);
            assert_eq!(hex::encode(key.sign(&hex::decode(message).expect("hex")).to_bytes()), signature);
        };
        check(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        check(
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        );
    }

    #[test]
    fn a_key_file_is_private_and_is_never_overwritten() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("audit.key");
        let key = load_or_create(&path).expect("made");
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        assert_eq!(load_or_create(&path).expect("read").to_bytes(), key.to_bytes());
        assert!(matches!(save_new(&path, &generate()), Err(KeyError::File { .. })));
        fs::write(&path, "nonsense").expect("written");
        assert!(matches!(load_or_create(&path), Err(KeyError::Form { .. })));
    }
}
