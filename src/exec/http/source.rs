//! Reading a value from an external source: HashiCorp Vault or OpenBao, the KV secrets engine, version 2.
//!
//! `GET /v1/MOUNT/data/PATH` answers `{"data": {"data": {FIELD: VALUE}, "metadata": {"version": N}}}`; an entry whose version
//! was deleted answers 404 with its metadata (OpenBao API documentation, "KV secrets engine - version 2"). Nothing of an answer
//! is repeated in an error but its status: what came back may be a value.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::fault::Problem;
use super::{Errand, HttpExecutor, Opened, talk};
use crate::domain::http::{CallRetry, HttpCall, Method, Response};
use crate::domain::vault::Origin;

/// Tries of one reading, at most: a source that fails over answers 503 for a moment.
const TRIES: u32 = 3;
/// Largest entry, in bytes.
const ENTRY_BYTES: u64 = 1 << 20;

/// A value as it was read, and which version of its entry it was.
pub struct Entry {
    pub value: Zeroizing<Vec<u8>>,
    pub version: u64,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry(version {})", self.version)
    }
}

/// What came of a reading.
#[derive(Debug)]
pub struct Reading {
    pub outcome: Result<Entry, Problem>,
    /// Hosts with their addresses.
    pub reached: Vec<String>,
}

impl HttpExecutor {
    /// Reads one field of one entry below a mount.
    pub async fn read_entry(&self, opened: &Opened, mount: &str, origin: &Origin) -> Reading {
        let line = match self.line(opened) {
            Ok(line) => line,
            Err(problem) => return Reading { outcome: Err(problem), reached: Vec::new() },
        };
        let (path, inputs) = place(mount, &origin.path);
        let errand = Errand { key: String::new(), call: call(opened, path, origin.version), inputs, files: Vec::new() };
        let mut talk = talk::Talk::new(&*self.clock, line, opened, errand, None);
        let outcome = talk.bytes().await.and_then(|bytes| field(&Zeroizing::new(bytes), &origin.field));
        Reading { outcome, reached: talk.reached() }
    }
}

fn call(opened: &Opened, path: String, version: Option<u64>) -> HttpCall {
    let query = version.map(|version| ("version".to_owned(), Value::from(version)));
    HttpCall {
        query: query.into_iter().collect(),
        retry: CallRetry { tries: TRIES, ..CallRetry::default() },
        response: Response { success: vec!["200".to_owned()], max_bytes: ENTRY_BYTES, ..Response::default() },
        ..HttpCall::plain(opened.name.clone(), Method::Get, path)
    }
}

/// A template `/v1/{m0}/data/{p0}/{p1}` and what fills it in: every segment is a value, so that none can be more than one.
fn place(mount: &str, entry: &str) -> (String, Map<String, Value>) {
    let mut inputs = Map::new();
    let mut template = |prefix: char, text: &str| {
        let names = text.split('/').enumerate().map(|(at, segment)| {
            let name = format!("{prefix}{at}");
            inputs.insert(name.clone(), Value::from(segment));
            format!("{{{name}}}")
        });
        names.collect::<Vec<_>>().join("/")
    };
    let (mount, entry) = (template('m', mount), template('p', entry));
    (format!("/v1/{mount}/data/{entry}"), inputs)
}

fn field(body: &[u8], name: &str) -> Result<Entry, Problem> {
    let unlike = || Problem::BadAnswer("the answer is not that of a KV secrets engine, version 2".to_owned());
    let mut answer: Value = serde_json::from_slice(body).map_err(|_| unlike())?;
    let version = answer.pointer("/data/metadata/version").and_then(Value::as_u64).ok_or_else(unlike)?;
    let value = match answer.pointer_mut("/data/data").and_then(Value::as_object_mut).ok_or_else(unlike)?.remove(name) {
        Some(Value::String(text)) => text.into_bytes(),
        Some(Value::Number(number)) => number.to_string().into_bytes(),
        Some(Value::Bool(truth)) => truth.to_string().into_bytes(),
        Some(_) => return Err(Problem::BadAnswer(format!("the field `{name}` is neither a text nor a number"))),
        None => return Err(Problem::BadAnswer(format!("version {version} of the entry has no field `{name}`"))),
    };
    Ok(Entry { value: Zeroizing::new(value), version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::http::path;

    #[test]
    fn a_field_is_taken_out_of_an_answer() {
        let answer = br#"{"data":{"data":{"password":"s3cret","port":5432,"tags":["a"]},"metadata":{"version":7,"destroyed":false}}}"#;
        let found = field(answer, "password").expect("found");
        assert_eq!((found.value.as_slice(), found.version), (b"s3cret".as_slice(), 7));
        assert_eq!(field(answer, "port").expect("found").value.as_slice(), b"5432");
        for (body, name) in [
            (answer.as_slice(), "tags"),
            (answer, "missing"),
            (b"{}", "password"),
            (b"s3cret", "password"),
            (br#"{"data":{"password":"s3cret"}}"#, "password"),
            (br#"{"data":{"data":null,"metadata":{"version":1}}}"#, "password"),
        ] {
            let problem = field(body, name).expect_err("refused").to_string();
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }

    #[test]
    fn a_place_cannot_leave_its_mount() {
        let filled = |mount: &str, entry: &str| {
            let (template, inputs) = place(mount, entry);
            path::fill(&template, &inputs)
        };
        assert_eq!(filled("secret", "team a/db").as_deref(), Ok("/v1/secret/data/team%20a/db"));
        assert_eq!(filled("kv/team", "a?b#c{d}").as_deref(), Ok("/v1/kv/team/data/a%3Fb%23c%7Bd%7D"));
        assert!(filled("secret", "../sys").is_err());
    }
}
