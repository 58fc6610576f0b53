//! Envelopes in the age format (<https://age-encryption.org/v1>): to X25519 recipients, or to a passphrase.
//!
//! The passphrase is stretched by scrypt with a fixed work factor, so that opening takes equally long everywhere. Plugins and
//! SSH keys are not spoken.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{Decryptor, Encryptor, scrypt, x25519};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// scrypt's `log2(N)` for what is sealed here: about half a second and 128 MiB.
const WORK: u8 = 17;
/// The largest that is opened, which bounds what a strange file can cost.
const WORK_MOST: u8 = 20;

/// Why an envelope cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error("`{0}` is not an age recipient: expected `age1` and 58 characters")]
    Recipient(String),
    #[error("the text is not an age identity: expected a line that begins with AGE-SECRET-KEY-1")]
    Identity,
    #[error("there is nobody to seal it for")]
    Nobody,
    #[error("the passphrase does not open it")]
    Passphrase,
    #[error("none of the keys opens it")]
    NoKey,
    #[error("it is sealed by a passphrase")]
    WantsPassphrase,
    #[error("it is sealed for keys, not by a passphrase")]
    WantsKey,
    #[error("it is not an age file, or was changed")]
    Damaged,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Whom an envelope is for: the public half of an [`Identity`], `age1...` as text.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

impl FromStr for Recipient {
    type Err = EnvelopeError;
    fn from_str(text: &str) -> Result<Self, EnvelopeError> {
        text.trim().parse().map(Self).map_err(|_| EnvelopeError::Recipient(text.trim().chars().take(80).collect()))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key that opens envelopes. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Identity(x25519::Identity);

impl Identity {
    #[must_use]
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// Its text, `AGE-SECRET-KEY-1...`, to be sealed or written for its owner.
    #[must_use]
    pub fn expose(&self) -> SecretString {
        self.0.to_string()
    }

    /// Reads an identity file: one key a line, `#` begins a remark.
    ///
    /// # Errors
    /// When a line is something else, or there is no key.
    pub fn read_file(text: &str) -> Result<Vec<Self>, EnvelopeError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<Self> = lines.map(str::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(EnvelopeError::Identity) } else { Ok(keys) }
    }
}

impl FromStr for Identity {
    type Err = EnvelopeError;
    fn from_str(text: &str) -> Result<Self, EnvelopeError> {
        text.trim().parse().map(Self).map_err(|_| EnvelopeError::Identity)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.recipient())
    }
}

/// What seals.
#[derive(Debug, Clone)]
pub enum Lock {
    Recipients(Vec<Recipient>),
    Passphrase(SecretString),
}

/// What opens.
#[derive(Debug, Clone)]
pub enum Key {
    Identities(Vec<Identity>),
    Passphrase(SecretString),
}

/// A writer whose end must be told with `finish`.
pub type SealingWriter<W> = age::stream::StreamWriter<W>;

/// Begins an envelope in the binary form.
///
/// # Errors
/// When there is no recipient or nothing can be written.
pub fn seal_to<W: Write>(lock: &Lock, out: W) -> Result<SealingWriter<W>, EnvelopeError> {
    let made = match lock {
        Lock::Recipients(all) => Encryptor::with_recipients(all.iter().map(|one| &one.0 as &dyn age::Recipient)),
        Lock::Passphrase(text) => {
            let mut recipient = scrypt::Recipient::new(text.expose_secret().to_owned().into());
            recipient.set_work_factor(WORK);
            Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        }
    };
    Ok(made.map_err(|_| EnvelopeError::Nobody)?.wrap_output(out)?)
}

/// Opens an envelope, armored or binary, to be read as a stream. Each piece is verified before it comes out.
///
/// # Errors
/// When the key does not fit or the head was changed.
pub fn open_from<'r>(key: &Key, from: Box<dyn Read + 'r>) -> Result<Box<dyn Read + 'r>, EnvelopeError> {
    let decryptor = Decryptor::new_buffered(BufReader::new(ArmoredReader::new(BufReader::new(from)))).map_err(fault)?;
    Ok(match (key, decryptor.is_scrypt()) {
        (Key::Identities(_), true) => return Err(EnvelopeError::WantsPassphrase),
        (Key::Passphrase(_), false) => return Err(EnvelopeError::WantsKey),
        (Key::Identities(all), false) => Box::new(decryptor.decrypt(all.iter().map(|one| &one.0 as &dyn age::Identity)).map_err(fault)?),
        (Key::Passphrase(text), true) => {
            let mut identity = scrypt::Identity::new(text.expose_secret().to_owned().into());
            identity.set_max_work_factor(WORK_MOST);
            Box::new(decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(fault)?)
        }
    })
}

/// Seals a small value into armored text.
///
/// # Errors
/// As [`seal_to`].
pub fn seal(lock: &Lock, value: &[u8]) -> Result<String, EnvelopeError> {
    let mut text = Vec::new();
    let mut writer = seal_to(lock, ArmoredWriter::wrap_output(&mut text, Format::AsciiArmor)?)?;
    writer.write_all(value)?;
    writer.finish()?.finish()?;
    String::from_utf8(text).map_err(|_| EnvelopeError::Damaged)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// As [`open_from`].
pub fn open(key: &Key, text: &str) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let mut value = Zeroizing::new(Vec::with_capacity(256));
    open_from(key, Box::new(text.as_bytes()))?.read_to_end(&mut value).map_err(|_| EnvelopeError::Damaged)?;
    Ok(value)
}

/// Whether bytes begin like an envelope.
#[must_use]
pub fn is_envelope(beginning: &[u8]) -> bool {
    [b"age-encryption.org/v1".as_slice(), b"-----BEGIN AGE ENCRYPTED FILE-----"].iter().any(|start| beginning.starts_with(start))
}

/// Whether an envelope is sealed by a passphrase.
///
/// # Errors
/// When it is none.
pub fn wants_passphrase(from: impl BufRead) -> Result<bool, EnvelopeError> {
    Ok(Decryptor::new_buffered(BufReader::new(ArmoredReader::new(from))).map_err(fault)?.is_scrypt())
}

fn fault(error: age::DecryptError) -> EnvelopeError {
    use age::DecryptError as Why;
    match error {
        Why::KeyDecryptionFailed | Why::DecryptionFailed => EnvelopeError::Passphrase,
        Why::NoMatchingKeys => EnvelopeError::NoKey,
        Why::Io(error) => EnvelopeError::Io(error),
        _ => EnvelopeError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_open_for_their_recipients_only() {
        let (one, two, other) = (Identity::generate(), Identity::generate(), Identity::generate());
        let sealed = seal(&Lock::Recipients(vec![one.recipient(), two.recipient()]), b"value").expect("sealed");
        for key in [&one, &two] {
            assert_eq!(open(&Key::Identities(vec![key.clone()]), &sealed).expect("opens").as_slice(), b"value");
        }
        assert!(matches!(open(&Key::Identities(vec![other]), &sealed), Err(EnvelopeError::NoKey)));
        assert!(matches!(open(&Key::Passphrase("x".into()), &sealed), Err(EnvelopeError::WantsKey)));
        assert!(matches!(seal(&Lock::Recipients(Vec::new()), b""), Err(EnvelopeError::Nobody)));
        let cut: String = sealed.lines().filter(|line| !line.ends_with("==")).collect::<Vec<_>>().join("\n");
        assert!(open(&Key::Identities(vec![one]), &cut[..cut.len() - 60]).is_err());
    }

    #[test]
    fn a_passphrase_opens_and_a_wrong_one_does_not() {
        let sealed = seal(&Lock::Passphrase("correct horse".into()), b"value").expect("sealed");
        assert!(is_envelope(sealed.as_bytes()) && wants_passphrase(sealed.as_bytes()).expect("an envelope"));
        assert_eq!(open(&Key::Passphrase("correct horse".into()), &sealed).expect("opens").as_slice(), b"value");
        assert!(matches!(open(&Key::Passphrase("correct house".into()), &sealed), Err(EnvelopeError::Passphrase)));
        assert!(matches!(open(&Key::Identities(vec![Identity::generate()]), &sealed), Err(EnvelopeError::WantsPassphrase)));
    }

    #[test]
    fn keys_are_read_from_files_and_strangers_refused() {
        let key = Identity::generate();
        let text = format!("# created: today\n# public key: {}\n{}\n", key.recipient(), key.expose().expose_secret());
        assert_eq!(Identity::read_file(&text).expect("a key")[0].recipient().to_string(), key.recipient().to_string());
        for bad in ["", "# nothing\n", "AGE-SECRET-KEY-1", "age1xyz"] {
            assert!(Identity::read_file(bad).is_err(), "{bad}");
        }
        for bad in ["", "age1", "ssh-ed25519 AAAA", &key.recipient().to_string()[..30]] {
            assert!(bad.parse::<Recipient>().is_err(), "{bad}");
        }
        assert!(!format!("{key:?}").contains("SECRET"));
    }
}
