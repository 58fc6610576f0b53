//! Nouns and laws: what a capability, a run, a person and a right are, and what may happen to them.
//!
//! Pure and synchronous: no clock, no disk, no network. A moment or a random value comes in as a parameter.

pub mod access;
pub mod announcement;
pub mod approval;
pub mod audit;
pub mod calendar;
pub mod capability;
pub mod community;
pub mod file;
pub mod freeze;
pub mod group;
pub mod handle;
pub mod http;
pub mod identity;
pub mod ids;
pub mod inspect;
pub mod masking;
pub mod receipt;
pub mod resource;
pub mod run;
pub mod schema;
pub mod space;
pub mod tally;
pub mod template;
pub mod tenant;
pub mod vault;
pub mod webhook;
