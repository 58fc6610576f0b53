//! Sandboxes: what the kernel is asked for so that a run reaches nothing but what it was given.
//!
//! Runs in the spawner process and its children only. The only home of `unsafe` in this crate (`sys`).

pub mod birth;
pub mod fault;
pub mod filter;
pub mod hatch;
pub mod init;
pub mod memory;
pub mod order;
pub mod payload;
pub mod root;
pub mod scope;
pub mod socket;
#[allow(unsafe_code, reason = "the one home of system calls that no crate wraps")]
pub mod sys;
