//! Takes credentials out of texts: as they are, in base64, percent-encoded, in hexadecimal and as JSON writes them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::domain::http::path;

/// What stands where a credential was.
pub const MASK: &str = "***";
/// Shorter values are everywhere by chance.
const SHORTEST: usize = 4;

/// The forms of some values, the longest first.
#[derive(Default, Clone)]
pub struct Mask(Vec<SecretString>);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} forms)", self.0.len())
    }
}

impl Mask {
    /// Adds a value to what is taken out.
    pub fn add(&mut self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        let json = Value::String(value.to_owned()).to_string();
        let mut forms = vec![value.to_owned(), path::encode(value), hex::encode(value), json.trim_matches('"').to_owned()];
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(value));
        }
        forms.extend(value.lines().filter(|line| value.contains('\n') && line.len() >= SHORTEST).map(str::to_owned));
        for form in forms {
            if !self.0.iter().any(|known| known.expose_secret() == form) {
                self.0.push(SecretString::from(form));
            }
        }
        self.0.sort_by_key(|form| std::cmp::Reverse(form.expose_secret().len()));
    }

    /// The text without them.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| {
            if text.contains(form.expose_secret()) { text.replace(form.expose_secret(), MASK) } else { text }
        })
    }

    /// The value without them, in its texts and names.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        if self.0.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.value(item)).collect()),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, member)| (self.text(&name), self.value(member))).collect())
            }
            other => other,
        }
    }

    /// The bytes without them.
    #[must_use]
    pub fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.0.iter().fold(bytes, |bytes, form| {
            let form = form.expose_secret().as_bytes();
            if memchr::memmem::find(&bytes, form).is_none() {
                return bytes;
            }
            let mut kept = Vec::with_capacity(bytes.len());
            let mut from = 0;
            for at in memchr::memmem::find_iter(&bytes, form) {
                if at >= from {
                    kept.extend_from_slice(&bytes[from..at]);
                    kept.extend_from_slice(MASK.as_bytes());
                    from = at + form.len();
                }
            }
            kept.extend_from_slice(&bytes[from..]);
            kept
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_taken_out() {
        let mut mask = Mask::default();
        mask.add("s3cr\"et/value");
        mask.add("abc");
        for form in
            ["s3cr\"et/value", "s3cr%22et%2Fvalue", &hex::encode("s3cr\"et/value"), &STANDARD.encode("s3cr\"et/value"), "s3cr\\\"et/value"]
        {
            assert_eq!(mask.text(&format!("a {form} b")), "a *** b");
            assert_eq!(mask.bytes(format!("{form}{form}").into_bytes()), b"******");
        }
        assert_eq!(mask.text("abc"), "abc", "too short to be told from anything else");
        assert_eq!(mask.value(json!({ "a": ["x s3cr\"et/value"] })), json!({ "a": ["x ***"] }));
        assert!(!format!("{mask:?}").contains("s3cr"));
    }
}
