//! What JSON must not have beside what the parser refuses anyway: a name twice in one object, however deep, and more values
//! than anybody writes.
//!
//! Two readers of a text with a name twice may each see another value; nothing that is checked may be read in two ways.
//! And a value of two bytes takes a hundred in memory, so that the bound on bytes alone is none on memory.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::base::limit;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// JSON Pointer (RFC 6901) to the place.
    pub pointer: String,
    /// A sentence that ends with line and column.
    pub text: String,
    /// The rule that is broken: `syntax`, `duplicate` or `values`.
    pub rule: &'static str,
}

/// Walks a whole text.
///
/// # Errors
/// With the first thing that is not JSON (RFC 8259) or that is said twice.
pub fn check(bytes: &[u8]) -> Result<(), Complaint> {
    let place = Place { path: RefCell::default(), rule: Cell::new("syntax"), values: Cell::new(0) };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let walked = Walk(&place).deserialize(&mut reader).and_then(|()| reader.end());
    walked.map_err(|error| Complaint { pointer: place.pointer(), text: plainly(&error.to_string()), rule: place.rule.get() })
}

/// The parser's words, but for one: it says this of a leading surrogate that no trailing one follows, and of nothing else.
fn plainly(text: &str) -> String {
    text.replace("unexpected end of hex escape", "lone leading surrogate in hex escape")
}

struct Place {
    path: RefCell<Vec<String>>,
    rule: Cell<&'static str>,
    values: Cell<usize>,
}

impl Place {
    fn pointer(&self) -> String {
        self.path.borrow().iter().fold(String::new(), |path, part| path + "/" + &part.replace('~', "~0").replace('/', "~1"))
    }

    fn enter(&self, part: String) {
        self.path.borrow_mut().push(part);
    }

    fn leave(&self) {
        self.path.borrow_mut().pop();
    }
}

/// Reads one value and forgets it.
struct Walk<'a>(&'a Place);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let before = self.0.values.get();
        if before == limit::JSON_VALUES {
            self.0.rule.set("values");
            return Err(D::Error::custom(format!("more than {} values", limit::JSON_VALUES)));
        }
        self.0.values.set(before + 1);
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for place in 0_usize.. {
            self.0.enter(place.to_string());
            if items.next_element_seed(Walk(self.0))?.is_none() {
                self.0.leave();
                break;
            }
            self.0.leave();
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        let mut last = None;
        loop {
            // A text that breaks off here stopped behind the last member.
            let next = entries.next_key::<String>().inspect_err(|_| last.take().into_iter().for_each(|name| self.0.enter(name)))?;
            let Some(name) = next else { break };
            self.0.enter(name.clone());
            last = Some(name.clone());
            if !seen.insert(name) {
                self.0.rule.set("duplicate");
                return Err(A::Error::custom("a name occurs twice in one object"));
            }
            entries.next_value_seed(Walk(self.0))?;
            self.0.leave();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_are_refused_with_their_place() {
        let bad = |text: &str, pointer: &str, says: &str| {
            let complaint = check(text.as_bytes()).expect_err(text);
            assert_eq!(complaint.pointer, pointer, "{text}: {complaint:?}");
            assert!(complaint.text.contains(says), "{text}: {complaint:?}");
        };
        bad(r#"{"a":1,"a":2}"#, "/a", "twice in one object at line 1 column 10");
        bad(r#"{"a":{"b":[{"c":1},{"d/e":1,"d\u002fe":2}]}}"#, "/a/b/1/d~1e", "twice");
        bad(r#"{"a":NaN}"#, "/a", "line 1");
        bad(r#"{"a":1e400}"#, "/a", "out of range");
        bad(r#"{"a":"\ud800"}"#, "/a", "surrogate");
        bad(r#"{"a":"\ud800\ud800"}"#, "/a", "surrogate");
        bad(r#"{"a":"\ud800\n"}"#, "/a", "surrogate");
        bad(r#"{"a":"\udc00"}"#, "/a", "surrogate");
        bad("\u{feff}{}", "", "line 1 column 1");
        bad("{} {}", "", "trailing characters");
        bad(r#"{"a":01}"#, "/a", "invalid number");
        bad("{\"a\":\"\u{1}\"}", "/a", "control character");
        bad(r#"{"a":[1,]}"#, "/a/1", "trailing comma");
        bad("", "", "EOF");
        bad(r#"{"a":1"#, "/a", "EOF");
        bad(r#"{"a":{"b":[true],"c":2"#, "/a/c", "EOF");
        bad(r#"{"a":1 "b":2}"#, "/a", "expected `,` or `}`");
        bad("{", "", "EOF");
        assert!(check(b"{\"a\":\"\xff\"}").is_err() && check(b"{\"a\":\"\xc0\x80\"}").is_err());
    }

    #[test]
    fn values_are_counted() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert_eq!(check(list(limit::JSON_VALUES - 1).as_bytes()), Ok(()));
        let complaint = check(list(limit::JSON_VALUES).as_bytes()).expect_err("too many");
        assert_eq!((complaint.rule, complaint.pointer), ("values", format!("/{}", limit::JSON_VALUES - 1)));
    }

    #[test]
    fn ordinary_texts_pass() {
        for good in [r#"{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":null,"d":-1.5e3,"e":true}"#, "[]", "1", "\"\u{10FFFF}\"", " {}\n"] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
    }
}
