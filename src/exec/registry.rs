//! The one list of kinds, and the trait that each stands behind: what an attempt needs, what it would do, and its start.
//!
//! A kind is added with its own folder and one line in [`Executors::of`]. Nothing else asks which kind a version has in
//! order to execute it.

use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::fault::ExecError;
use super::http::{Ended, HttpExecutor};
use super::launch::{ExitFuture, KillHandle, LaunchSpec};
use super::programs::Programs;
use super::spawner::{Exit, Spawner};
use crate::base::clock::Clock;
use crate::domain::capability::{Kind, Manifest};
use crate::domain::run::{Isolation, IsolationLevel, StartMode};

/// What must be laid ready before an attempt can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The files of the version, unpacked on disk.
    pub package: bool,
    /// The resource that the version names, opened with its credentials.
    pub resource: bool,
}

/// What an attempt would be, found without starting a process or opening a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    pub isolation: IsolationLevel,
    pub start: StartMode,
    /// The interpreter that would run it, or why none would.
    pub interpreter: Result<String, String>,
    /// The command line that a script would see after its own name.
    pub argv: Option<Vec<String>>,
}

/// The future of a start.
pub type Starting<'a> = Pin<Box<dyn Future<Output = Result<Execution, ExecError>> + Send + 'a>>;

/// What executes the versions of some kinds.
pub trait Executor: Send + Sync {
    /// What an attempt of a kind needs.
    fn prepare(&self, kind: Kind) -> Needs;

    /// The isolation that an attempt would get here.
    fn isolation(&self) -> IsolationLevel;

    /// What an attempt would be. Starts nothing and opens nothing.
    fn dry_run(&self, manifest: &Manifest, inputs: &Map<String, Value>) -> Outline;

    /// Starts an attempt. When it answers, the attempt has begun.
    fn start(&self, spec: LaunchSpec) -> Starting<'_>;
}

/// An attempt under way: what it says comes over `output`, and `end` resolves when nothing of it is left.
pub struct Execution {
    pub isolation: Isolation,
    pub start: StartMode,
    /// What runs it, by path and version; empty where the appliance itself does.
    pub interpreter: Option<String>,
    pub output: Output,
    pub stop: StopHandle,
    pub end: End,
}

/// Where the words of an attempt come from.
pub enum Output {
    /// The reading ends of two pipes. Both end when every process of the run is dead.
    Pipes { stdout: OwnedFd, stderr: OwnedFd },
    /// Lines without a line feed, each whole.
    Lines(mpsc::Receiver<String>),
}

/// Ends an attempt. Every call is harmless when it has ended already.
#[derive(Debug, Clone)]
pub enum StopHandle {
    Program(KillHandle),
    Exchange(CancellationToken),
}

impl StopHandle {
    /// Asks it to end.
    pub fn terminate(&self) {
        match self {
            Self::Program(kill) => kill.terminate(),
            Self::Exchange(stop) => stop.cancel(),
        }
    }

    /// Ends it at once. The end follows within a moment.
    pub fn now(&self) {
        match self {
            Self::Program(kill) => kill.now(),
            Self::Exchange(stop) => stop.cancel(),
        }
    }
}

/// Resolves when nothing of an attempt is left.
pub enum End {
    Program(ExitFuture),
    Exchange(oneshot::Receiver<Box<Ended>>),
}

/// How an attempt ended.
#[derive(Debug)]
pub enum AttemptEnd {
    Program(Exit),
    /// What was asked over a connection, and answered.
    Exchange(Box<Ended>),
}

impl Future for End {
    type Output = AttemptEnd;
    fn poll(self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<AttemptEnd> {
        match self.get_mut() {
            Self::Program(exit) => Pin::new(exit).poll(context).map(AttemptEnd::Program),
            Self::Exchange(end) => {
                Pin::new(end).poll(context).map(|ended| AttemptEnd::Exchange(ended.unwrap_or_else(|_| Box::new(Ended::lost()))))
            }
        }
    }
}

/// Every executor of this appliance.
pub struct Executors {
    programs: Programs,
    http: HttpExecutor,
}

impl Executors {
    #[must_use]
    pub fn new(spawner: Spawner, clock: Arc<dyn Clock>) -> Self {
        Self { programs: Programs(spawner), http: HttpExecutor::new(clock) }
    }

    /// The list: which executor stands for which kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &dyn Executor {
        match kind {
            Kind::Python | Kind::Shell => &self.programs,
            Kind::Http => &self.http,
        }
    }

    /// The executor of connections, for tests of a resource.
    #[must_use]
    pub fn http(&self) -> &HttpExecutor {
        &self.http
    }
}
