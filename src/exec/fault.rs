//! Why a program could not be started, as a person sees it.

use crate::base::fault::{Class, Code, Fault};

/// The sandbox or the program in it could not be set up.
pub const SETUP: Code = Code::new("EG-EXEC-001", Class::Unavailable, "The run could not be started");
/// No interpreter on this host fits.
pub const NO_RUNTIME: Code = Code::new("EG-EXEC-002", Class::Unavailable, "No suitable interpreter");
/// A value cannot be passed to the program.
pub const UNPASSABLE: Code = Code::new("EG-EXEC-003", Class::Invalid, "An input cannot be passed to the program");
/// The process that holds the sandboxes is gone.
pub const SPAWNER_LOST: Code = Code::new("EG-EXEC-004", Class::Unavailable, "The sandbox service has stopped");
/// The virtual environment is not usable.
pub const BAD_VENV: Code = Code::new("EG-EXEC-005", Class::Unavailable, "The virtual environment cannot be used");
/// This host cannot isolate runs as the settings ask.
pub const TOO_WEAK: Code = Code::new("EG-EXEC-006", Class::Unavailable, "The host isolates runs too weakly");

/// Why a launch failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    #[error("set up the run: {step}: {reason}")]
    Setup { step: String, reason: String },
    #[error("no {language} interpreter fits `{wanted}`; this host has {found}")]
    NoRuntime { language: &'static str, wanted: String, found: String },
    #[error("input `{input}` {why}")]
    Unpassable { input: String, why: String },
    #[error("the sandbox service has stopped")]
    SpawnerLost,
    #[error("this host gives runs less isolation than run.minimum_isolation asks for; missing: {missing}")]
    TooWeak { missing: String },
    #[error("virtual environment {path}: {why}")]
    BadVenv { path: String, why: String },
}

impl From<ExecError> for Fault {
    fn from(error: ExecError) -> Self {
        let detail = error.to_string();
        match error {
            ExecError::Setup { .. } => SETUP.fault(detail).hint("`execgov doctor` says what this host lacks"),
            ExecError::NoRuntime { wanted, found, .. } => NO_RUNTIME
                .fault(detail)
                .hint("install a fitting interpreter, add its path to `runtime.python` in the configuration, or relax `requires-python`")
                .param("wanted", wanted)
                .param("found", found),
            ExecError::Unpassable { input, .. } => UNPASSABLE.fault(detail).param("input", input),
            ExecError::SpawnerLost => SPAWNER_LOST.fault(detail).hint("it is started again by itself; try again").retry_after(1),
            ExecError::TooWeak { .. } => TOO_WEAK.fault(detail).hint("`execgov doctor` says how to enable what is missing"),
            ExecError::BadVenv { path, .. } => BAD_VENV.fault(detail).hint("create it anew with `python3 -m venv`").param("path", path),
        }
    }
}
