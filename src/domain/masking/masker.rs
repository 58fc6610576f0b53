//! Finding every spelling of a set of secrets in one pass over the text.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use serde_json::Value;

use super::beginnings::Beginnings;
use super::forms::{self, Kind};
use super::stream::Lane;
use crate::domain::vault::MASKABLE_BYTES;

/// One spelling to look for.
#[derive(Debug)]
struct Spelling {
    /// Which secret it belongs to.
    of: usize,
    kind: Kind,
}

/// A piece of text that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub from: usize,
    pub to: usize,
    /// Which secret begins there.
    pub of: usize,
}

/// More secrets, or longer ones, than can be looked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secrets have more spellings than output can be searched for")]
pub struct TooManySpellings;

/// What takes a set of secrets out of texts. Holds their spellings in the clear, so it lives as short as a run.
pub struct Masker {
    /// `None` when there is nothing to look for.
    finder: Option<AhoCorasick>,
    spellings: Vec<Spelling>,
    marks: Vec<String>,
    /// Every spelling in order, for what may be the beginning of one.
    sorted: zeroize::Zeroizing<Vec<Vec<u8>>>,
    beginnings: Beginnings,
    longest: usize,
}

impl Masker {
    /// Looks for these secrets, given by name and value. Values below four bytes are not looked for.
    ///
    /// # Errors
    /// When they have more spellings than one automaton takes: what cannot be masked is not to be run.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, TooManySpellings> {
        let (mut spellings, mut patterns, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in secrets {
            if value.len() < MASKABLE_BYTES {
                continue;
            }
            let of = marks.len();
            marks.push(format!("[masked: {name}]"));
            for (spelling, kind) in forms::of(value) {
                patterns.push(spelling);
                spellings.push(Spelling { of, kind });
            }
        }
        let finder = if patterns.is_empty() {
            None
        } else {
            let built = AhoCorasickBuilder::new().match_kind(MatchKind::Standard).build(&patterns);
            Some(built.map_err(|_| TooManySpellings)?)
        };
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let beginnings = Beginnings::of(&patterns);
        patterns.sort_unstable();
        patterns.dedup();
        Ok(Self { finder, spellings, marks, sorted: patterns.into(), beginnings, longest })
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.finder.is_none()
    }

    pub(super) fn mark(&self, of: usize) -> &str {
        self.marks.get(of).map_or("[masked]", String::as_str)
    }

    /// Every piece to replace, in order. Spellings that overlap are all found, so that the rest of one is not left behind another;
    /// they are joined, as are those of one secret that touch. Beside it: where the base64 that ends the text begins, whose next
    /// characters are not known yet; the text's length when there is none.
    pub(super) fn find(&self, text: &[u8]) -> (Vec<Found>, usize) {
        let (mut found, mut open): (Vec<Found>, usize) = (Vec::new(), text.len());
        let Some(finder) = self.finder.as_ref().filter(|_| self.beginnings.any_in(text)) else { return (found, open) };
        for one in finder.find_overlapping_iter(text) {
            let spelling = &self.spellings[one.pattern().as_usize()];
            let (mut from, mut to) = (one.start(), one.end());
            if spelling.kind == Kind::Base64 {
                // One more character, and the padding that may follow it.
                let most = to + 3;
                to += usize::from(text.get(to).is_some_and(|byte| is_base64(*byte)));
                while to < most && text.get(to) == Some(&b'=') {
                    to += 1;
                }
                if to == text.len() && to < most {
                    open = open.min(from);
                }
                from -= usize::from(from > 0 && is_base64(text[from - 1]));
            }
            found.push(Found { from, to, of: spelling.of });
        }
        found.sort_unstable_by_key(|one| (one.from, std::cmp::Reverse(one.to), one.of));
        found.dedup_by(|next, kept| {
            let joins = next.from < kept.to || (next.from == kept.to && next.of == kept.of);
            if joins {
                kept.to = kept.to.max(next.to);
            }
            joins
        });
        (found, open)
    }

    /// Where the end of a text begins that may be the beginning of a spelling; its length when no end may.
    pub(super) fn unfinished(&self, text: &[u8]) -> usize {
        if self.finder.is_none() {
            return text.len();
        }
        let from = text.len().saturating_sub(self.longest.saturating_sub(1));
        (from..text.len()).find(|at| self.may_begin(&text[*at..])).unwrap_or(text.len())
    }

    fn may_begin(&self, end: &[u8]) -> bool {
        if let [first, second, ..] = end
            && !self.beginnings.has_pair(*first, *second)
        {
            return false;
        }
        let at = self.sorted.partition_point(|pattern| pattern.as_slice() < end);
        self.sorted.get(at).is_some_and(|pattern| pattern.len() > end.len() && pattern.starts_with(end))
            || self.sorted.get(at + 1).is_some_and(|pattern| pattern.starts_with(end))
    }

    /// A whole text without the secrets.
    #[must_use]
    pub fn bytes(&self, text: &[u8]) -> Vec<u8> {
        let (mut lane, mut out) = (Lane::default(), Vec::with_capacity(text.len()));
        lane.pass(self, text, &mut out);
        lane.finish(self, &mut out);
        out
    }

    /// A whole text without the secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// A whole value without the secrets: in texts, in names, and in numbers that spell one.
    #[must_use]
    pub fn json(&self, value: Value) -> Value {
        if self.is_idle() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (self.text(&name), self.json(value))).collect()),
            Value::Number(number) => {
                let text = number.to_string();
                let masked = self.text(&text);
                if masked == text { Value::Number(number) } else { Value::String(masked) }
            }
            other => other,
        }
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} secrets)", self.marks.len())
    }
}

/// Whether a byte may belong to base64 of either alphabet.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}
