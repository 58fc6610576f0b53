//! The appliance's signing keys: made at first start, each in a file that only the server reads.

use std::path::Path;

use ed25519_dalek::SigningKey;

use crate::base::fault::{Class, Code, Fault};
use crate::base::file;
use crate::crypto::key;

/// A key file cannot be read, or is not a key.
pub const BAD_KEY: Code = Code::new("EG-SYS-006", Class::Integrity, "Key file cannot be used");

/// The key of a name, made on first use.
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
    file::private_dir(&dir).map_err(|error| bad(error.to_string()))?;
    key::load_or_create(&path).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
