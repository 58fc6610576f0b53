//! The spawner: the process that makes sandboxes ([`host`]) and the server's end of the talk with it ([`client`]).

mod cell;
mod client;
pub(super) mod frame;
mod host;
mod link;
mod nest;
mod survey;
mod zygote;

pub use client::{Exit, KillHandle, Spawner, SpawnerConfig, SpawnerSeed, start_spawner};
pub use frame::{ExitCause, ZygoteSettings};
pub use host::spawner_main;
pub use survey::{HostSurvey, Lack};
