//! Processes and connections for capabilities. Knows nothing of users, policy or the database.
//!
//! - [`registry`]: the one list of kinds, and what each kind's executor can be asked.
//! - `programs`: python and shell, in sandboxes; [`http`]: requests that the appliance makes itself.
//! - [`launch`]: what the rest of the server says to this part: a [`LaunchSpec`] in, a [`Running`] out.
//! - [`spawner`]: the separate process that makes sandboxes, and the server's end of the talk with it.
//! - `sandbox`: what is asked of the kernel, inside the spawner only.
//! - [`runtime`]: interpreters on this host.
//! - [`argv`]: inputs as command-line arguments.
//! - [`collect`]: what a run left behind, read so that nothing it prepared can mislead us.

pub mod argv;
pub mod collect;
pub mod fault;
pub mod http;
pub mod launch;
mod programs;
pub mod registry;
pub mod runtime;
mod sandbox;
pub mod spawner;

pub use fault::ExecError;
pub use launch::{InputFile, KillHandle, LaunchSpec, Running, StartWish};
pub use registry::{AttemptEnd, Execution, Executors, Output};
pub use runtime::{RuntimeInfo, Runtimes};
pub use sandbox::sys::give_back_start;
pub use spawner::{Exit, ExitCause, HostSurvey, Spawner, SpawnerConfig, SpawnerSeed, spawner_main, start_spawner};
