//! Assembly: which objects exist, in which order they start and stop.
//!
//! The only layer that names all others. Holds no rule of the product.

mod data;
mod keys;
mod listen;
mod notify;
mod observe;
mod operator_log;
mod parts;
mod process;
mod recover;
mod serve;
mod services;
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
    if words.get(1).is_some_and(|word| word == "__spawner") {
        return crate::exec::spawner_main();
    }
    cli::main(&words, &Environment::of_process(), &Programs { serve, recover: recover::recover })
}
