//! HTTP requests that the appliance makes for a version: no code of the capability runs, a declared request goes out.
//!
//! - `guard`: which addresses a connection may go to; names are looked up once, and what was checked is what is connected.
//! - `line`: the connections of one resource under one set of credentials, kept and shared.
//! - `sign`: how a credential goes onto a request.
//! - `send`: one request with its redirects; the write whitelist is applied to what goes out.
//! - `body`: answers read within bounds.
//! - `talk`: tries, pages, and the result.
//! - `source`: values of secrets that are kept elsewhere.

mod body;
mod fault;
mod guard;
mod line;
mod send;
mod sign;
mod source;
mod talk;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use fault::Problem;
pub use guard::{Looking, Lookup, SystemLookup};
pub use source::{Entry, Reading};

use self::line::Line;
use super::fault::ExecError;
use super::launch::LaunchSpec;
use super::registry::{End, Execution, Executor, Needs, Outline, Output, Starting, StopHandle};
use crate::base::clock::Clock;
use crate::domain::capability::{Kind, Manifest};
use crate::domain::http::{HttpCall, Response};
use crate::domain::resource::{Health, HttpSettings, Role};
use crate::domain::run::{Isolation, IsolationLevel, StartMode};
use crate::domain::vault::SecretUse;

/// Resources whose connections are kept, at most.
const LINES: usize = 256;
/// Lines of a log that may wait to be written.
const LOG_LINES: usize = 64;

/// Lines that a verification can say, at most: one request, its redirects, and the bounded beginning of a bad answer.
const VERIFY_LINES: usize = 4_096;

/// A credential, fetched for one attempt.
#[derive(Debug, Clone)]
pub struct Credential {
    pub role: Role,
    /// The secret's name, which stands where the value was.
    pub name: String,
    /// By which a newer value is told from an older one.
    pub version: u64,
    pub value: SecretString,
}

/// A resource with what is needed to reach it.
#[derive(Debug, Clone)]
pub struct Opened {
    pub name: String,
    /// SHA-256 of the settings.
    pub digest: String,
    pub settings: HttpSettings,
    pub credentials: Vec<Credential>,
    /// Which secrets they are, for the record.
    pub uses: Vec<SecretUse>,
}

impl Opened {
    fn credential(&self, role: Role) -> Option<&SecretString> {
        self.credentials.iter().find(|one| one.role == role).map(|one| &one.value)
    }

    /// Equal settings and equal credentials share connections, tokens and the bound on requests.
    fn key(&self) -> String {
        self.credentials.iter().fold(self.digest.clone(), |key, one| format!("{key}:{:?}{}", one.role, one.version))
    }
}

/// What an attempt left, when it succeeded.
#[derive(Debug, Default)]
pub struct Yield {
    pub result: Option<Value>,
}

/// A file that an attempt left.
#[derive(Debug)]
pub struct Kept {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Result<Yield, Problem>,
    pub artifacts: Vec<Kept>,
    /// Hosts with their addresses.
    pub reached: Vec<String>,
}

/// What a verification found.
#[derive(Debug)]
pub struct Verified {
    pub outcome: Result<(), Problem>,
    /// What was sent and came back, without credentials.
    pub lines: Vec<String>,
    /// Hosts with their addresses.
    pub reached: Vec<String>,
}

impl Ended {
    pub(super) fn lost() -> Self {
        Self { outcome: Err(Problem::Lost), artifacts: Vec::new(), reached: Vec::new() }
    }
}

/// One attempt, as the talk needs it.
pub(crate) struct Errand {
    /// The same for every try, so that a server can know a repetition.
    pub key: String,
    pub call: HttpCall,
    pub inputs: Map<String, Value>,
    pub files: Vec<(String, PathBuf)>,
}

/// Makes requests. Cheap to share; connections are kept between attempts.
pub struct HttpExecutor {
    clock: Arc<dyn Clock>,
    lookup: Arc<dyn Lookup>,
    lines: Mutex<HashMap<String, Arc<Line>>>,
}

impl HttpExecutor {
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_lookup(clock, Arc::new(SystemLookup))
    }

    /// One that asks somebody else for addresses.
    #[must_use]
    pub fn with_lookup(clock: Arc<dyn Clock>, lookup: Arc<dyn Lookup>) -> Self {
        Self { clock, lookup, lines: Mutex::default() }
    }

    fn line(&self, opened: &Opened) -> Result<Arc<Line>, Problem> {
        let key = opened.key();
        if let Some(line) = self.lock().get(&key) {
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(Line::open(opened, Arc::clone(&self.lookup))?);
        let mut lines = self.lock();
        if lines.len() >= LINES {
            lines.clear();
        }
        // Newer settings or credentials of the same resource end the older ones' connections.
        lines.retain(|_, kept| kept.resource != opened.name);
        lines.insert(key, Arc::clone(&line));
        Ok(line)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Line>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the request by which a resource is tested, and says the status of the answer.
    ///
    /// # Errors
    /// What stood in the way.
    pub async fn test(&self, opened: &Opened, health: Health) -> (Result<u16, Problem>, Vec<String>) {
        let call = HttpCall {
            response: Response { success: health.success, ..Response::default() },
            ..HttpCall::plain(opened.name.clone(), health.method, health.path)
        };
        let line = match self.line(opened) {
            Ok(line) => line,
            Err(problem) => return (Err(problem), Vec::new()),
        };
        let errand = Errand { key: String::new(), call, inputs: Map::new(), files: Vec::new() };
        let mut talk = talk::Talk::new(&*self.clock, line, opened, errand, None);
        let found = talk.status().await;
        (found, talk.reached())
    }

    /// Makes the request by which a version is verified, as a run would make it, and keeps nothing of the answer.
    pub async fn verify(&self, opened: &Opened, call: HttpCall) -> Verified {
        let line = match self.line(opened) {
            Ok(line) => line,
            Err(problem) => return Verified { outcome: Err(problem), lines: Vec::new(), reached: Vec::new() },
        };
        let errand = Errand { key: String::new(), call, inputs: Map::new(), files: Vec::new() };
        let (log, mut lines) = mpsc::channel(VERIFY_LINES);
        let mut talk = talk::Talk::new(&*self.clock, line, opened, errand, Some(log));
        let outcome = talk.run().await.map(drop);
        let reached = talk.reached();
        let said = std::iter::from_fn(|| lines.try_recv().ok()).collect();
        Verified { outcome, lines: said, reached }
    }

    fn begin(&self, mut spec: LaunchSpec) -> Result<Execution, ExecError> {
        let wrong = |reason: &str| ExecError::Setup { step: "read the request".to_owned(), reason: reason.to_owned() };
        let call = spec.manifest.http.take().ok_or_else(|| wrong("the version declares none"))?;
        let opened = spec.outside.take().ok_or_else(|| wrong("its resource was not opened"))?;
        let line = self
            .line(&opened)
            .map_err(|problem| ExecError::Setup { step: "reach the resource".to_owned(), reason: problem.to_string() })?;
        let errand = Errand {
            key: spec.run.to_string(),
            call: *call,
            inputs: spec.inputs,
            files: spec.input_files.into_iter().map(|file| (file.name, file.path)).collect(),
        };
        let (log, lines) = mpsc::channel(LOG_LINES);
        let (tell, told) = oneshot::channel();
        let (stop, clock) = (CancellationToken::new(), Arc::clone(&self.clock));
        let stopped = stop.clone();
        tokio::spawn(async move {
            let mut talk = talk::Talk::new(&*clock, line, &opened, errand, Some(log));
            let outcome = tokio::select! {
                biased;
                () = stopped.cancelled() => Err(Problem::Stopped),
                outcome = talk.run() => outcome,
            };
            let (artifacts, reached) = (talk.artifacts(), talk.reached());
            // Nobody listens any more when the server goes down.
            let _ = tell.send(Box::new(Ended { outcome, artifacts, reached }));
        });
        Ok(Execution {
            isolation: Isolation { level: IsolationLevel::NoCode, memory: "caps".to_owned(), missing: Vec::new() },
            start: StartMode::Direct,
            interpreter: None,
            output: Output::Lines(lines),
            stop: StopHandle::Exchange(stop),
            end: End::Exchange(told),
        })
    }
}

impl Executor for HttpExecutor {
    fn prepare(&self, _kind: Kind) -> Needs {
        Needs { package: false, resource: true }
    }

    fn isolation(&self) -> IsolationLevel {
        IsolationLevel::NoCode
    }

    fn dry_run(&self, _manifest: &Manifest, _inputs: &Map<String, Value>) -> Outline {
        let interpreter = Err("none: the appliance makes the request".to_owned());
        Outline { isolation: IsolationLevel::NoCode, start: StartMode::Direct, interpreter, argv: None }
    }

    fn start(&self, spec: LaunchSpec) -> Starting<'_> {
        Box::pin(std::future::ready(self.begin(spec)))
    }
}
