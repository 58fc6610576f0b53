//! What is wrong with the settings, all of it at once.

use std::fmt;

use crate::base::fault::{Class, Code, Fault, FieldFault};

/// The settings cannot be used.
pub const INVALID: Code = Code::new("EG-CONF-001", Class::User, "Configuration is not valid");

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was said: `/etc/execgov/execgov.toml:12`, `environment EXECGOV_LISTEN_ADDRESS`, `flag --listen`.
    pub place: String,
    /// The setting, such as `listen.address`; empty when the file as a whole is meant.
    pub key: String,
    pub message: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

/// The settings cannot be used; nothing was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        let fault = INVALID.fault(error.to_string()).hint("correct the settings and try again: `execgov config check` lists all problems");
        error.problems.into_iter().fold(fault, |fault, problem| {
            fault.field(FieldFault {
                pointer: format!("/{}", problem.key.replace('.', "/")),
                rule: "config".to_owned(),
                message: format!("{}; {}", problem.message, problem.remedy),
                params: vec![("place".to_owned(), problem.place)],
            })
        })
    }
}
