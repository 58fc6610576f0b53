//! HTTP requests as a version declares them, and the laws of what may be sent and whom it may reach.
//!
//! Everything here is pure: a declared call and inputs go in, a request comes out as data. Sending it, and the credential
//! that it carries, are `exec/http`; what may be written is decided on that data, so a dry run and a run decide alike.

pub mod address;
pub mod answer;
pub mod call;
pub mod draft;
pub mod openapi;
pub mod pages;
pub mod path;
pub mod template;

pub use address::{AddressRule, forbidden};
pub use call::{Body, CallRetry, HttpCall, Method, Pages, Response};
pub use draft::{Draft, DraftError, Payload, draft};
