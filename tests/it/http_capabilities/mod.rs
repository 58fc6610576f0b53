//! HTTP capabilities: the executor against real servers on loopback, and the whole way through the appliance.

mod attacks;
mod governed;
mod openapi;
mod requests;
pub mod servers;
mod signing;
mod webhooks;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use execgov::base::clock::{Clock as _, SystemClock};
use execgov::domain::capability::Manifest;
use execgov::domain::ids::RunId;
use execgov::domain::resource::{HttpSettings, Role};
use execgov::exec::http::{Credential, Ended, HttpExecutor, Lookup, Opened};
use execgov::exec::registry::{AttemptEnd, Executor as _, Output};
use execgov::exec::{InputFile, LaunchSpec, StartWish};
use serde_json::{Map, Value, json};

use crate::appliance::SOON;

/// What an attempt said and left.
pub struct Said {
    pub log: String,
    pub ended: Ended,
}

impl Said {
    pub fn result(&self) -> Value {
        match &self.ended.outcome {
            Ok(found) => found.result.clone().unwrap_or(Value::Null),
            Err(problem) => panic!("{problem}\n{}", self.log),
        }
    }

    /// The code of what went wrong, and its sentence.
    pub fn problem(&self) -> (&'static str, String) {
        match &self.ended.outcome {
            Ok(found) => panic!("it succeeded: {found:?}\n{}", self.log),
            Err(problem) => (problem.code().text, problem.to_string()),
        }
    }
}

/// Names with addresses that the test chooses, one answer after the other; the last one stays.
#[derive(Default)]
pub struct Names(Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>);

impl Names {
    pub fn set(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|answer| answer.iter().map(|text| text.parse().expect("an address")).collect()).collect();
        self.0.lock().expect("lock").insert(name.to_owned(), answers);
    }
}

impl Lookup for Names {
    fn lookup(&self, host: &str) -> execgov::exec::http::Looking {
        let mut names = self.0.lock().expect("lock");
        let found = names.get_mut(host).map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        Box::pin(std::future::ready(found.ok_or_else(|| std::io::Error::other("no such name"))))
    }
}

/// An executor with a resource, as tests use them.
pub struct Desk {
    executor: HttpExecutor,
    pub names: Arc<Names>,
    opened: Opened,
}

impl Desk {
    /// A resource with these settings, and credentials by role. Loopback is listed, as an administrator would list it.
    pub fn new(settings: &Value, credentials: &[(Role, &str)]) -> Self {
        let mut whole = json!({ "private": ["127.0.0.1"] });
        whole.as_object_mut().expect("object").extend(settings.as_object().expect("object").clone());
        let settings: HttpSettings = serde_json::from_value(whole).expect("settings");
        settings.check().expect("good settings");
        let names = Arc::new(Names::default());
        names.set("localhost", &[&["127.0.0.1"]]);
        let credentials = credentials
            .iter()
            .map(|(role, value)| Credential { role: *role, name: "erp-key".to_owned(), version: 1, value: (*value).into() })
            .collect();
        Self {
            executor: HttpExecutor::with_lookup(Arc::new(SystemClock), Arc::clone(&names) as Arc<dyn Lookup>),
            names,
            opened: Opened { name: "erp".to_owned(), digest: "aa".to_owned(), settings, credentials, uses: Vec::new() },
        }
    }

    pub async fn run(&self, call: &Value, inputs: &Value) -> Said {
        self.run_with(call, inputs, Vec::new()).await
    }

    pub async fn run_with(&self, call: &Value, inputs: &Value, input_files: Vec<InputFile>) -> Said {
        let mut whole = json!({ "resource": "erp", "method": "GET", "path": "/" });
        whole.as_object_mut().expect("object").extend(call.as_object().expect("object").clone());
        let manifest: Manifest = serde_json::from_value(json!({
            "name": "ask", "title": "Ask", "kind": "http", "entry": "capability.toml", "binding": "request", "inputs": {}, "risk": "low", "http": whole
        }))
        .expect("a manifest");
        manifest.http.as_ref().expect("a call").check().expect("a good call");
        let spec = LaunchSpec {
            run: RunId::new(SystemClock.now()),
            attempt: 1,
            manifest,
            package_dir: std::path::PathBuf::new(),
            inputs: inputs.as_object().cloned().unwrap_or_else(Map::new),
            input_files,
            start: StartWish::Fastest,
            env: Vec::new(),
            secrets: Vec::new(),
            outside: Some(Arc::new(self.opened.clone())),
        };
        let execution = self.executor.start(spec).await.expect("it begins");
        let Output::Lines(mut lines) = execution.output else { panic!("lines") };
        let reading = async {
            let mut log = String::new();
            while let Some(line) = lines.recv().await {
                log.push_str(&line);
                log.push('\n');
            }
            log
        };
        let (log, end) = tokio::time::timeout(SOON, async { tokio::join!(reading, execution.end) }).await.expect("it ends");
        let AttemptEnd::Exchange(ended) = end else { panic!("an exchange") };
        Said { log, ended: *ended }
    }
}

/// Time that a test lets pass at most where a bound of the product should end the wait.
pub const BOUND: Duration = Duration::from_secs(8);
