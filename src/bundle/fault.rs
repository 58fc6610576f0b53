//! Why a package is refused: the entry, the rule, the limit.

use std::path::PathBuf;

use crate::base::fault::{Class, Code, Fault};

pub const UNSAFE: Code = Code::new("EG-PKG-001", Class::User, "The package has an entry that is not accepted");
pub const LIMIT: Code = Code::new("EG-PKG-002", Class::TooLarge, "The package is larger than its limits");
pub const DAMAGED: Code = Code::new("EG-PKG-003", Class::User, "The archive is damaged");
pub const UNSUPPORTED: Code = Code::new("EG-PKG-004", Class::Unsupported, "The file is neither a script nor an archive");
pub const LOCAL: Code = Code::new("EG-PKG-007", Class::Unavailable, "The files cannot be read or written");

/// Why a package cannot be read or laid out.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// An entry breaks a rule.
    #[error("`{entry}` {rule}")]
    Entry { entry: String, rule: String },
    /// A limit is passed.
    #[error("{what} {limit}{}", .entry.as_ref().map(|entry| format!(" (`{entry}`)")).unwrap_or_default())]
    Limit { what: &'static str, limit: u64, entry: Option<String> },
    /// The bytes are not what they claim to be.
    #[error("the archive is damaged: {why}")]
    Damaged { why: String },
    #[error("{why}")]
    Unsupported { why: String },
    #[error("access {path}")]
    Local { path: PathBuf, source: std::io::Error },
}

impl BundleError {
    pub(super) fn entry(name: &[u8], rule: impl Into<String>) -> Self {
        Self::Entry { entry: shown(name), rule: rule.into() }
    }

    pub(super) fn damaged(why: impl std::fmt::Display) -> Self {
        Self::Damaged { why: why.to_string() }
    }
}

/// A name as a message can show it, whatever bytes it has.
pub fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(120).flat_map(char::escape_debug).collect()
}

impl From<BundleError> for Fault {
    fn from(error: BundleError) -> Self {
        let detail = error.to_string();
        match error {
            BundleError::Entry { entry, rule } => UNSAFE
                .fault(detail)
                .param("entry", entry)
                .param("rule", rule)
                .hint("Nothing was stored. Pack plain files with plain relative names; links, devices and names that leave the folder are not accepted."),
            BundleError::Limit { limit, entry, .. } => {
                let fault = LIMIT.fault(detail).param("limit", limit).hint("Nothing was stored. Leave out what the script does not need, such as virtual environments and data.");
                match entry {
                    Some(entry) => fault.param("entry", entry),
                    None => fault,
                }
            }
            BundleError::Damaged { .. } => DAMAGED.fault(detail).hint("Nothing was stored. Pack it again and compare the checksums after copying."),
            BundleError::Unsupported { .. } => UNSUPPORTED.fault(detail).hint("Give a .py or .sh file, a .zip, .tar, .tar.gz or .tar.zst archive, or a folder."),
            BundleError::Local { path, source } => {
                LOCAL.fault(format!("{detail}: {source}")).param("path", path.display()).cause(source).hint("Check that the path exists, that it is readable and that the disk has room.")
            }
        }
    }
}
