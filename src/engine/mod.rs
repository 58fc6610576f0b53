//! What happens by itself: queued runs get places, running ones get watched, and ends get recorded.
//!
//! Nothing here takes input from people. Each part can be stopped at any moment and picks up from the ledger.

mod artifacts;
mod attempt;
mod deadlines;
mod dispatch;
mod exchange;
pub mod forward;
mod outlook;
mod package;
mod retention;
mod source;
mod vault;

pub use dispatch::{Engine, EngineParts};
pub use outlook::HostOutlook;
