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
mod serve;
mod services;
mod signals;

pub use serve::serve;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::conf::Overrides;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == "__spawner") {
        return crate::exec::spawner_main();
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let value = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).cloned();
    match words.first().map(String::as_str) {
        Some("serve") => serve(&Overrides {
            config: value("--config").map(PathBuf::from),
            listen: value("--listen"),
            data_dir: value("--data-dir").map(PathBuf::from),
            ready_file: value("--ready-file").map(PathBuf::from),
        }),
        _ => ExitCode::from(2),
    }
}
