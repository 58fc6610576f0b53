//! What the server and the spawner say to each other, over the socket made when the spawner was started.
//!
//! Descriptors travel beside a message in the order its documentation gives.

use serde::{Deserialize, Serialize};

use crate::domain::capability::Limits;
use crate::domain::run::{Isolation, StartMode, Usage};
use crate::exec::sandbox::fault::SetupError;

/// To the spawner.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// First message. Answered by `Reply::Hello`.
    Begin(Settings),
    /// Descriptors: program, standard input, output, error. Answered by `Started` or `Refused`, later by `Exited`.
    Launch(Launch),
    /// SIGTERM to every process of a run.
    Terminate(u64),
    /// End a run at once.
    Kill(u64),
}

/// How the spawner is set up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// Sandboxes kept ready.
    pub pool: usize,
    pub zygote: ZygoteSettings,
}

/// When preloaded interpreters are started and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZygoteSettings {
    /// Most preloaded interpreters at one time; 0 means every start is cold.
    pub most: usize,
    /// One that nobody used for so long is ended.
    pub idle_ms: u64,
    /// One that has started so many runs is replaced.
    pub forks: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Launch {
    pub id: u64,
    pub limits: Limits,
    pub host_network: bool,
    pub mounts: Vec<Mount>,
    /// The interpreter to fork from when a warm start is wanted. The program then comes a second time, without
    /// secrets, as a fifth descriptor.
    pub zygote: Option<ZygoteWish>,
}

/// An interpreter to preload, and what it needs besides the system's directories.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZygoteWish {
    pub interpreter: String,
    pub mounts: Vec<Mount>,
}

/// A file or directory of the host that the run sees read-only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mount {
    pub source: String,
    /// Absolute, or below the private directory when relative.
    pub target: String,
}

/// From the spawner.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Hello(Ground),
    /// Descriptor: the pidfd of the sandbox's first process.
    Started {
        id: u64,
        start: StartMode,
        isolation: Isolation,
    },
    Refused {
        id: u64,
        why: SetupError,
    },
    /// Everything in the sandbox is dead. Descriptor: the private directory.
    Exited {
        id: u64,
        ending: Ending,
    },
}

/// What this host gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ground {
    /// The isolation that a run gets.
    pub isolation: Isolation,
    /// Why there is no sandbox at all, when there is none.
    pub refusal: Option<SetupError>,
    /// The spawner is root and gives each run a host user of its own.
    pub own_users: bool,
    /// The version of landlock; 0 when there is none.
    pub landlock: u32,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ending {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub cause: ExitCause,
    pub usage: Usage,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitCause {
    /// The program ended by itself (or by a signal of its own).
    Normal,
    /// It was ended from outside: cancelled or out of time.
    Killed,
    /// It used up its processor time.
    CpuLimit,
    /// It used up its memory.
    MemoryLimit,
    /// It could not be set up after all.
    Setup,
    /// The process that holds all sandboxes is gone, and they with it.
    SpawnerLost,
}
