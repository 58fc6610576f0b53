//! Settings: one TOML file, overridden by the environment, overridden by flags. The only reader of the environment.
//!
//! Decides nothing about what the settings do. Unknown keys and values outside their range are errors that
//! name the line, the key and the remedy.

mod block;
mod check;
pub mod client;
mod config;
mod environment;
mod load;
mod problem;

pub use block::Block;
pub use config::{Config, Drain, Forward, Listen, Log, LogFormat, Queue, Run, Session, Start, Store, SyslogAddress, Tls, TlsMode, Traffic};
pub use environment::Environment;
pub use load::{Entry, Loaded, Origin, Overrides, SYSTEM_FILE, load};
pub use problem::{ConfigError, Problem};
