//! The name of a content: its SHA-256.

use std::fmt;
use std::str::FromStr;

/// SHA-256 of a content; its text is 64 lower-case hexadecimal digits and so is safe in a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 32]);

/// Text that is not the name of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a content id has 64 digits of 0-9 and a-f")]
pub struct BlobIdError;

impl BlobId {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for BlobId {
    type Err = BlobIdError;
    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        let mut bytes = [0; 32];
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        if lower && hex::decode_to_slice(text, &mut bytes).is_ok() { Ok(Self(bytes)) } else { Err(BlobIdError) }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_is_an_id() {
        let text = "0123456789abcdef".repeat(4);
        assert_eq!(text.parse::<BlobId>().map(|id| id.to_string()), Ok(text.clone()));
        for bad in [
            String::new(),
            text.to_uppercase(),
            text[1..].to_owned(),
            format!("{text}0"),
            format!("../{}", &text[3..]),
            format!("{}é", &text[2..]),
        ] {
            assert_eq!(bad.parse::<BlobId>(), Err(BlobIdError), "{bad}");
        }
    }
}
