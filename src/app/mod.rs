//! Assembly: which objects exist, in which order they start and stop.
//!
//! The only layer that names all others. Holds no rule of the product.

mod data;
mod keys;
mod listen;
mod notify;
mod operator_log;
mod process;
mod services;
mod serve;
mod signals;

pub use serve::serve;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::{self, Programs};
use crate::conf::Environment;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    cli::main(&words, &Environment::of_process(), &Programs { serve })
}
