//! The HTTP API: from a request to one service call and back. Knows no ledger, no process and no key.
//!
//! `routes` has one file per noun; each offers `router()` and is named once in `routes::router`.

pub mod caller;
pub mod client;
pub mod console;
pub mod cookie;
pub mod csrf;
mod described;
pub mod disposition;
pub mod extract;
pub mod health;
pub mod json;
pub mod metrics;
pub mod problem;
mod router;
pub mod routes;
pub mod server;
mod socket;
mod state;
pub mod stream;
pub mod tls;
pub mod upload;
mod watch;

pub use caller::SignedIn;
pub use client::{Client, RequestId};
pub use extract::{Body, Params, Query};
pub use problem::{Problem, Respond};
pub use router::{openapi, router};
pub use state::{AppState, Stop};
