//! The appliance's signing keys: made at first start, each in a file that only the server reads.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use zeroize::Zeroizing;

use crate::base::fault::{Class, Code, Fault};
use crate::base::file;

/// A key file cannot be read, or is not a key.
pub const BAD_KEY: Code = Code::new("EG-SYS-006", Class::Integrity, "Key file cannot be used");

/// The Ed25519 key of a name (PKCS #8 PEM), made on first use.
///
/// # Errors
/// When the file exists and is not such a key: a new one would break the chain of evidence, so none is made.
pub fn signing_key(data_dir: &Path, name: &str) -> Result<SigningKey, Fault> {
    let dir = data_dir.join("keys");
    let path = dir.join(format!("{name}.pem"));
    let bad = |why: String| {
        let fault = BAD_KEY.fault(format!("{}: {why}", path.display()));
        fault.hint("restore the file from a backup; the appliance does not replace a key by itself")
    };
    match fs::read_to_string(&path).map(Zeroizing::new) {
        Ok(text) => SigningKey::from_pkcs8_pem(&text).map_err(|error| bad(format!("not a PKCS #8 Ed25519 key: {error}"))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let seed = Zeroizing::new(rand::random::<[u8; 32]>());
            let key = SigningKey::from_bytes(&seed);
            let text = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| bad(error.to_string()))?;
            let written = file::private_dir(&dir).and_then(|()| file::write_atomic(&path, text.as_bytes(), file::PRIVATE_FILE));
            written.map_err(|error| bad(error.to_string()))?;
            Ok(key)
        }
        Err(error) => Err(bad(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_never_replaced() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let key = signing_key(dir.path(), "log").expect("made");
        assert_eq!(signing_key(dir.path(), "log").expect("kept").to_bytes(), key.to_bytes());
        assert_ne!(signing_key(dir.path(), "other").expect("made").to_bytes(), key.to_bytes());
        let path = dir.path().join("keys/log.pem");
        fs::write(&path, "junk").expect("written");
        assert_eq!(signing_key(dir.path(), "log").expect_err("damaged").code(), BAD_KEY);
        assert_eq!(fs::read_to_string(&path).expect("there"), "junk");
    }
}
