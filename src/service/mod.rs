//! Use cases: authorize, decide, record, act. The only place where these meet.

pub mod gate;
pub mod identity;
mod resource;
pub mod system;
