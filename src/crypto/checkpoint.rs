//! Checkpoints of a log (C2SP tlog-checkpoint, <https://c2sp.org/tlog-checkpoint>): origin, size and root in a signed note.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::merkle::Hash;
use super::note::{NoteError, Verifier};

/// The head of a log at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

/// The text that is signed.
#[must_use]
pub fn text(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

impl Checkpoint {
    /// Reads a checkpoint and checks its signature and that it is of the log the key names.
    ///
    /// # Errors
    /// When the note is not signed by `verifier` or its text is not that of a checkpoint.
    pub fn open(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        let found = Self::parse(verifier.open(note)?)?;
        if found.origin == verifier.name() { Ok(found) } else { Err(NoteError::Form("the checkpoint is of another log")) }
    }

    /// Reads the text of a checkpoint, whoever signed it.
    ///
    /// # Errors
    /// When a line is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::Form("a checkpoint ends with a newline"))?.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(NoteError::Form("a checkpoint begins with its origin"))?;
        let size = lines.next().and_then(decimal).ok_or(NoteError::Form("the second line of a checkpoint is its size"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()).and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or(NoteError::Form("the third line of a checkpoint is the root hash in base64"))?;
        if lines.any(str::is_empty) {
            return Err(NoteError::Form("a checkpoint has no empty lines"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// Decimal digits without leading zeros.
fn decimal(line: &str) -> Option<u64> {
    let plain = line.bytes().all(|byte| byte.is_ascii_digit()) && (line == "0" || !line.starts_with('0'));
    if plain { line.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::key;
    use crate::crypto::note::LogSigner;

    /// The example of the tlog-checkpoint specification.
    #[test]
    fn the_specification_example_parses() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let found = Checkpoint::parse(text).expect("a checkpoint");
        assert_eq!((found.origin.as_str(), found.size, found.root[0]), ("example.com/behind-the-sofa", 20_852_163, 0x0a));
        assert_eq!(super::text(&found.origin, found.size, &found.root), text);
        assert!(Checkpoint::parse(&format!("{text}extension\n")).is_ok(), "extension lines are allowed");
    }

    #[test]
    fn what_is_no_checkpoint() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for bad in [
            String::new(),
            "a\n".to_owned(),
            format!("\n1\n{root}\n"),
            format!("a\n01\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n99999999999999999999\n{root}\n"),
            "a\n1\nAAAA\n".to_owned(),
            format!("a\n1\n{root}"),
            format!("a\n1\n{root}\n\nb\n"),
        ] {
            assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_checkpoint_is_of_the_log_its_key_names() {
        let key = key::generate();
        let (ours, theirs) = (LogSigner::new("ours", key.clone()), LogSigner::new("theirs", key));
        assert_eq!(Checkpoint::open(&ours.checkpoint(3, &[1; 32]), &ours.verifier()).expect("ours").size, 3);
        assert!(Checkpoint::open(&theirs.checkpoint(3, &[1; 32]), &ours.verifier()).is_err());
        assert!(Checkpoint::open(&ours.sign(&text("theirs", 3, &[1; 32])), &ours.verifier()).is_err());
    }
}
