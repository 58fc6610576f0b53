//! Why a request was not made, or why its answer is no success. No text in here has a credential in it.

use crate::base::fault::{Class, Code, Fault};

pub const FORBIDDEN_ADDRESS: Code = Code::new("EG-HTTP-001", Class::Denied, "The address may not be reached");
pub const NOT_LISTED: Code = Code::new("EG-HTTP-002", Class::Denied, "The request would write what is not on the write whitelist");
pub const UNREACHABLE: Code = Code::new("EG-HTTP-003", Class::Unavailable, "The resource could not be reached");
pub const NO_SUCCESS: Code = Code::new("EG-HTTP-004", Class::User, "The answer is not a success");
pub const TOO_LARGE: Code = Code::new("EG-HTTP-005", Class::TooLarge, "The answer is too large");
pub const BAD_ANSWER: Code = Code::new("EG-HTTP-006", Class::User, "The answer cannot be used");
pub const BAD_REQUEST: Code = Code::new("EG-HTTP-007", Class::Invalid, "No request can be made of the inputs");
pub const SIGN_IN: Code = Code::new("EG-HTTP-008", Class::Unavailable, "Signing in at the resource failed");
pub const REDIRECT: Code = Code::new("EG-HTTP-009", Class::Denied, "The redirect was not followed");
pub const SLOW: Code = Code::new("EG-HTTP-010", Class::Unavailable, "The resource took too long");

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{host} is {address}, which is {what}; a resource reaches it only when it is listed under `private`")]
    Forbidden { host: String, address: String, what: &'static str },
    #[error("{method} {path} is not on the write whitelist of the resource")]
    NotListed { method: String, path: String },
    #[error("{0}")]
    Unreachable(String),
    #[error("the answer has status {status}{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Status { status: u16, detail: Option<String> },
    #[error("{0}")]
    NoSuccess(String),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the answer grows more than {ratio} times when it is decompressed")]
    Bomb { ratio: u64 },
    #[error("{0}")]
    BadAnswer(String),
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    SignIn(String),
    #[error("{0}")]
    Redirect(String),
    #[error("no whole answer came within {limit_ms} ms")]
    Slow { limit_ms: u64 },
    #[error("the resource declares nothing that could be tested")]
    Untestable,
    #[error("the request was stopped")]
    Stopped,
    #[error("the request was lost inside the appliance")]
    Lost,
}

impl Problem {
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Forbidden { .. } => FORBIDDEN_ADDRESS,
            Self::NotListed { .. } => NOT_LISTED,
            Self::Unreachable(_) | Self::Untestable | Self::Stopped | Self::Lost => UNREACHABLE,
            Self::Status { .. } | Self::NoSuccess(_) => NO_SUCCESS,
            Self::TooLarge { .. } | Self::Bomb { .. } => TOO_LARGE,
            Self::BadAnswer(_) => BAD_ANSWER,
            Self::BadRequest(_) => BAD_REQUEST,
            Self::SignIn(_) => SIGN_IN,
            Self::Redirect(_) => REDIRECT,
            Self::Slow { .. } => SLOW,
        }
    }

    /// Whether sending it again may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Slow { .. } | Self::Status { status: 429 | 502 | 503 | 504, .. })
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        problem.code().fault(problem.to_string())
    }
}
