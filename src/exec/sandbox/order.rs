//! What the spawner and the first process of a sandbox say to each other.
//!
//! Descriptors travel beside a message in the order its documentation gives. Neither side trusts payload data here:
//! programs, inputs and secrets come in sealed memory files that only the sandbox opens.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::fault::SetupError;
use crate::domain::capability::Limits;

/// To the sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Begin. Descriptors: program, standard input, output and error, then one per mount.
    Start(Start),
    /// Ask every process in the sandbox to end (SIGTERM).
    Terminate,
    /// End every process in the sandbox (SIGKILL), then leave.
    End,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Start {
    pub limits: Limits,
    /// The memory bound must come from resource limits, as no control group enforces it.
    pub memory_by_rlimit: bool,
    pub payload: Payload,
    /// Where each mount descriptor goes: absolute, or below the private directory when relative.
    pub mounts: Vec<MountAt>,
}

/// Who makes the process that runs capability code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// The first process forks and executes the program.
    Exec,
    /// A zygote's child joins; the first process only watches.
    Join,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct MountAt {
    pub target: String,
    pub file: bool,
}

/// The content of the program's memory file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Program {
    pub path: String,
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Files for `/run/secrets`: name and base64 of the content.
    pub secrets: Vec<(String, String)>,
    /// Top-level entries of the package that are linked into the working directory.
    pub links: Vec<String>,
    /// All inputs as JSON text, for the helper module.
    pub inputs: String,
    /// What the Python bootstrap reads at descriptor 3, as JSON text.
    pub spec: Option<String>,
}

impl Program {
    /// Overwrites what may be secret, once it is in the memory file.
    pub fn wipe(&mut self) {
        for (_, value) in self.env.iter_mut().chain(&mut self.secrets) {
            value.zeroize();
        }
    }
}

/// From the sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub enum Note {
    /// The process id of the first process, as the spawner sees it.
    Born(i32),
    /// Prepared. Descriptors: the private directory, then the namespaces to join (see `NAMESPACES`), then the landlock ruleset if any.
    Ready { landlock: bool },
    /// The program runs, or everything is prepared for a zygote's child to join.
    Started,
    /// It could not be prepared or started.
    Failed(SetupError),
    /// The main process has ended or was ended.
    Ended(Verdict),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub why: Why,
}

/// What made a first process end its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// The main process has ended.
    Exited,
    /// The spawner asked.
    Asked,
    /// All processes together have used up their processor time.
    CpuExhausted,
}

/// The namespaces a zygote's child joins, in the order of their descriptors: user first, as it gives the right to the rest.
pub const NAMESPACES: &[(&str, i32)] = &[
    ("user", libc::CLONE_NEWUSER),
    ("pid", libc::CLONE_NEWPID),
    ("mnt", libc::CLONE_NEWNS),
    ("net", libc::CLONE_NEWNET),
    ("ipc", libc::CLONE_NEWIPC),
    ("uts", libc::CLONE_NEWUTS),
    ("cgroup", libc::CLONE_NEWCGROUP),
];
