//! Why a call did not give its answer: the appliance refused, could not be reached, or said something that is not its API.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::wire::system::Problem;

/// The appliance answered that it will not, with everything it said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub problem: Problem,
    /// When trying again makes sense, in seconds.
    pub retry_after_s: Option<u64>,
}

/// A call without its answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{} ({})", .0.problem.detail, .0.problem.code)]
    Refused(Box<Refusal>),
    /// No connection, or it broke: `reason` names the innermost cause.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// The certificate is not the one that is trusted.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Untrusted { url: String, reason: String },
    #[error("{url} did not answer within {} s", .after.as_secs())]
    TimedOut { url: String, after: Duration },
    /// Something answered that does not speak this API.
    #[error("{url} gave an answer that is not understood: {reason}")]
    Garbled { url: String, reason: String },
    #[error("`{url}` is not an address: {reason}")]
    Address { url: String, reason: String },
    #[error("{what} {}: {source}", .path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
}

impl ClientError {
    /// The HTTP status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.problem.status),
            _ => None,
        }
    }

    /// Whether the same call may well succeed a moment later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(refusal.problem.status, 429 | 502 | 503 | 504),
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Untrusted { .. } | Self::Garbled { .. } | Self::Address { .. } | Self::File { .. } => false,
        }
    }

    /// How long the appliance asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after_s.map(Duration::from_secs),
            _ => None,
        }
    }

    /// Sorts out what the HTTP library reports.
    pub(super) fn of_transport(url: &str, error: &reqwest::Error, limit: Duration) -> Self {
        let url = url.to_owned();
        let chain = causes(error);
        let reason = chain.last().cloned().unwrap_or_else(|| error.to_string());
        let tls = chain.iter().any(|cause| cause.contains("certificate") || cause.contains("fingerprint"));
        if tls {
            Self::Untrusted { url, reason }
        } else if error.is_timeout() {
            Self::TimedOut { url, after: limit }
        } else if error.is_decode() {
            Self::Garbled { url, reason }
        } else {
            Self::Unreachable { url, reason }
        }
    }

    /// Reads a problem document; any other body becomes a problem with the status alone.
    pub(super) fn of_answer(url: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
            let start: String = String::from_utf8_lossy(body).chars().take(120).collect();
            let reason = format!("HTTP status {status} without problem details: {}", start.trim());
            return Self::Garbled { url: url.to_owned(), reason };
        };
        let retry_after_s = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
        Self::Refused(Box::new(Refusal { problem, retry_after_s }))
    }
}

/// The texts of an error and everything below it, outermost first.
fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut chain = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        chain.push(error.to_string());
        next = error.source();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_keep_what_the_appliance_said() {
        let body = br#"{"type":"/help/errors/EG-QUEUE-001","title":"Queue is full","status":429,"detail":"1000 runs wait","code":"EG-QUEUE-001","hint":"try later","request_id":"r1"}"#;
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().expect("header"));
        let error = ClientError::of_answer("http://x", 429, &headers, body);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(error.status(), Some(429));
        assert!(error.is_passing());
        let ClientError::Refused(refusal) = error else { panic!("refused") };
        assert_eq!(refusal.problem.hint.as_deref(), Some("try later"));
        assert_eq!(refusal.problem.request_id.as_deref(), Some("r1"));
    }

    #[test]
    fn other_bodies_are_named_as_foreign() {
        for body in [&b"<html>proxy</html>"[..], b"", b"{}", b"\xff\xfe"] {
            let error = ClientError::of_answer("http://x", 502, &HeaderMap::new(), body);
            assert!(matches!(error, ClientError::Garbled { .. }), "{error}");
        }
    }
}
