//! Where the master key is while the server does not run: a sealed text in the ledger, a file, or a credential of systemd.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::faults::{BAD_METHOD, BAD_PASSPHRASE, KEY_UNUSABLE};
use crate::base::fault::{Fault, FieldFault};
use crate::base::file;
use crate::crypto::envelope::{self, Identity, Lock};
use crate::domain::identity::{Password, Username};
use crate::domain::vault::Method;
use crate::wire::vault::Hidden;

/// Largest key file that is read, in bytes.
const FILE_BYTES: u64 = 64 * 1024;

/// The places that the settings name.
#[derive(Debug, Clone, Default)]
pub struct KeyPlaces {
    pub data_dir: PathBuf,
    /// `vault.key_file`; empty when none is named.
    pub key_file: PathBuf,
    /// `vault.credential`; empty when none is named.
    pub credential: PathBuf,
}

/// A master key and what the ledger must know to find it again.
pub(super) struct Master {
    pub method: Method,
    pub identity: Identity,
    pub sealed: Option<String>,
}

fn bad(pointer: &str, message: String, hint: &'static str) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "method".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_METHOD.fault(message).field(field).hint(hint)
}

fn unusable(path: &Path, why: &str) -> Fault {
    KEY_UNUSABLE
        .fault(format!("{}: {why}", path.display()))
        .hint("Put the key file back where the settings name it, or use a recovery key: execgov vault recover")
}

impl KeyPlaces {
    /// Makes a new master key and lays it down as a method says. A key file keeps its older keys until [`Self::settle`].
    pub(super) fn lay_down(&self, method: Method, passphrase: Option<&Hidden>) -> Result<Master, Fault> {
        let identity = match method {
            Method::Passphrase => Identity::generate(),
            Method::KeyFile => self.new_key_file()?,
            Method::Credential => self.credential_key()?,
        };
        let sealed = match (method, passphrase) {
            (Method::Passphrase, Some(passphrase)) => Some(seal(&identity, &checked(passphrase)?)?),
            (Method::Passphrase, None) => {
                return Err(bad("/passphrase", "the method `passphrase` takes a passphrase".to_owned(), "Give one."));
            }
            (Method::KeyFile | Method::Credential, Some(_)) => {
                let message = format!("the method `{}` takes no passphrase", method.word());
                return Err(bad("/passphrase", message, "Leave it out, or choose the method `passphrase`."));
            }
            (Method::KeyFile | Method::Credential, None) => None,
        };
        Ok(Master { method, identity, sealed })
    }

    /// The keys that a start finds by itself.
    pub(super) fn found(&self, method: Method) -> Result<Vec<Identity>, Fault> {
        match method {
            Method::Passphrase => Ok(Vec::new()),
            Method::KeyFile if self.key_file.as_os_str().is_empty() => Err(KEY_UNUSABLE
                .fault("the vault is opened by a key file, and `vault.key_file` names none")
                .hint("Name it in the settings.")),
            Method::Credential if self.credential.as_os_str().is_empty() => Err(KEY_UNUSABLE
                .fault("the vault is opened by a credential, and `vault.credential` names none")
                .hint("Set EXECGOV_VAULT_CREDENTIAL=%d/execgov-vault-key in the unit.")),
            Method::KeyFile => read(&self.key_file),
            Method::Credential => read(&self.credential),
        }
    }

    /// Takes keys out of the key file that are no longer the master key's.
    pub(super) fn settle(&self, method: Method, master: &Identity) -> Result<(), Fault> {
        if method == Method::KeyFile { write(&self.key_file, std::slice::from_ref(master)) } else { Ok(()) }
    }

    /// A file that is there is used when its key was never the vault's; a new key goes before those it has.
    fn new_key_file(&self) -> Result<Identity, Fault> {
        let path = &self.key_file;
        if path.as_os_str().is_empty() {
            return Err(bad("/method", "`vault.key_file` names no file".to_owned(), "Name one outside the data directory, and restart."));
        }
        let folder = path.parent().unwrap_or(Path::new("/"));
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if real.starts_with(&self.data_dir) {
            let message =
                "`vault.key_file` lies in the data directory, where every backup would hold the key beside what it seals".to_owned();
            return Err(bad("/method", message, "Name a file elsewhere, such as /etc/execgov/vault.key."));
        }
        let earlier = match fs::symlink_metadata(path) {
            Ok(_) => read(path)?,
            Err(_) => Vec::new(),
        };
        let fresh = Identity::generate();
        write(path, &[std::slice::from_ref(&fresh), &earlier].concat())?;
        Ok(fresh)
    }

    fn credential_key(&self) -> Result<Identity, Fault> {
        if self.credential.as_os_str().is_empty() {
            let hint = "Add LoadCredentialEncrypted= to the unit and set EXECGOV_VAULT_CREDENTIAL=%d/execgov-vault-key.";
            return Err(bad("/method", "`vault.credential` names no file".to_owned(), hint));
        }
        read(&self.credential)?.into_iter().next().ok_or_else(|| unusable(&self.credential, "holds no key"))
    }
}

/// A passphrase that may be chosen.
///
/// # Errors
/// [`BAD_PASSPHRASE`] with the rule that is broken.
pub fn checked(passphrase: &Hidden) -> Result<SecretString, Fault> {
    let word = Password::new(passphrase.expose().to_owned());
    let nobody: Result<Username, _> = "execgov-vault".parse();
    if let Ok(nobody) = nobody
        && let Err(error) = word.check(&nobody)
    {
        let field =
            FieldFault { pointer: "/passphrase".to_owned(), rule: "strength".to_owned(), message: error.to_string(), params: Vec::new() };
        let fault = BAD_PASSPHRASE.fault(format!("the passphrase cannot be chosen: {error}")).field(field);
        return Err(fault.hint("Choose at least 12 characters; several words are easier to type."));
    }
    Ok(SecretString::from(passphrase.expose().to_owned()))
}

fn seal(identity: &Identity, passphrase: &SecretString) -> Result<String, Fault> {
    envelope::seal(&Lock::Passphrase(passphrase.clone()), identity.expose().expose_secret().as_bytes())
        .map_err(|error| crate::base::fault::BUG.fault("the master key could not be sealed").cause(error))
}

/// The keys of a file that only its owner may read.
fn read(path: &Path) -> Result<Vec<Identity>, Fault> {
    let about = fs::metadata(path).map_err(|error| unusable(path, &error.to_string()))?;
    if !about.is_file() || about.len() > FILE_BYTES {
        return Err(unusable(path, "is not a key file"));
    }
    if about.mode() & 0o077 != 0 {
        return Err(unusable(path, &format!("has mode {:04o}: others may read the key", about.mode() & 0o7777)));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| unusable(path, &error.to_string()))?);
    Identity::read_file(&text).map_err(|error| unusable(path, &error.to_string()))
}

fn write(path: &Path, keys: &[Identity]) -> Result<(), Fault> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str("# The master key of an ExecGov vault. Who has it can open every secret. Keep a copy of it elsewhere.\n");
    for key in keys {
        text.extend(["# public key: ", &key.recipient().to_string(), "\n"]);
        text.push_str(key.expose().expose_secret());
        text.push('\n');
    }
    file::write_atomic(path, text.as_bytes(), file::PRIVATE_FILE).map_err(|error: io::Error| unusable(path, &error.to_string()))
}
