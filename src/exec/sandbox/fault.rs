//! Why a sandbox could not be made: the step that failed and what the kernel said.

use std::io;

use serde::{Deserialize, Serialize};

/// A failed step of setting up a sandbox or starting a program in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{step}: {}", io::Error::from_raw_os_error(*errno))]
pub struct SetupError {
    /// What was being done, such as `mount proc`.
    pub step: String,
    pub errno: i32,
}

/// Names the step that an operating-system error belongs to.
pub trait Step<T> {
    fn step(self, name: &str) -> Result<T, SetupError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, name: &str) -> Result<T, SetupError> {
        self.map_err(|cause| SetupError { step: name.to_owned(), errno: cause.into().raw_os_error().unwrap_or(libc::EIO) })
    }
}
