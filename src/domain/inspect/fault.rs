//! Why a script cannot be onboarded, with the place and the remedy.

use crate::base::fault::{Class, Code, Fault};
use crate::domain::schema::SchemaError;

pub const SYNTAX: Code = Code::new("EG-CAP-101", Class::User, "The source does not parse");
pub const ENCODING: Code = Code::new("EG-CAP-102", Class::User, "The source is not readable text");
pub const BAD_MANIFEST: Code = Code::new("EG-CAP-103", Class::User, "The manifest is wrong");
pub const SHELL: Code = Code::new("EG-CAP-105", Class::User, "The shell script cannot start");
pub const NO_NAME: Code = Code::new("EG-CAP-106", Class::User, "No name can be derived");
pub const TOO_COMPLEX: Code = Code::new("EG-CAP-107", Class::User, "The source is too large or too deeply nested");
pub const ENTRY: Code = Code::new("EG-PKG-005", Class::User, "The entry point is not clear");

/// Why an inspection failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    #[error("{file}:{line}:{column}: {message}: `{text}`")]
    Syntax { file: String, line: u32, column: u32, message: String, text: String, python2: Option<&'static str> },
    #[error("{file}:{line}: {why}")]
    Encoding { file: String, line: u32, why: String, remedy: &'static str },
    #[error("{file}{}: {why}", .line.map(|line| format!(":{line}")).unwrap_or_default())]
    Manifest { file: String, line: Option<u32>, why: String },
    #[error("{file}: input and output schema: {error}")]
    Schema { file: String, error: SchemaError },
    #[error("{file}:{line}: {why}")]
    Shell { file: String, line: u32, why: &'static str, remedy: &'static str },
    #[error("{why}")]
    Entry { why: String, candidates: Vec<String> },
    #[error("no capability name can be made out of `{text}`")]
    Name { text: String },
    #[error("{file}:{line}: {why}")]
    TooComplex { file: String, line: u32, why: String },
}

impl From<InspectError> for Fault {
    fn from(error: InspectError) -> Self {
        let detail = error.to_string();
        match error {
            InspectError::Syntax { file, line, column, message, python2, .. } => SYNTAX
                .fault(detail)
                .param("file", file)
                .param("line", line)
                .param("column", column)
                .param("message", message)
                .hint(python2.map_or_else(
                    || "Correct the source; `python3 -m py_compile FILE` shows the same place.".to_owned(),
                    |sign| {
                        format!(
                            "This is Python 2 source ({sign}); only Python 3 runs here. Convert it first, for example with `2to3 -w FILE`."
                        )
                    },
                )),
            InspectError::Encoding { file, line, remedy, .. } => {
                ENCODING.fault(detail).param("file", file).param("line", line).hint(remedy)
            }
            InspectError::Manifest { file, line, .. } => {
                let fault =
                    BAD_MANIFEST.fault(detail).param("file", file).hint("`execgov explain EG-CAP-103` lists every key of a manifest.");
                match line {
                    Some(line) => fault.param("line", line),
                    None => fault,
                }
            }
            InspectError::Schema { error, .. } => error.into(),
            InspectError::Shell { file, line, remedy, .. } => SHELL.fault(detail).param("file", file).param("line", line).hint(remedy),
            InspectError::Entry { candidates, .. } => ENTRY
                .fault(detail)
                .param("candidates", candidates.join(", "))
                .hint("Name it in `capability.toml`: entry = \"FILE.py\"; or call it `main.py`."),
            InspectError::Name { text } => NO_NAME
                .fault(detail)
                .param("text", text)
                .hint("Give one: `execgov register FILE --name NAME`, or `name = \"...\"` in the manifest."),
            InspectError::TooComplex { file, line, .. } => TOO_COMPLEX
                .fault(detail)
                .param("file", file)
                .param("line", line)
                .hint("Move large data into a data file of the package; split deeply nested expressions."),
        }
    }
}
