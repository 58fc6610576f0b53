//! Errors as the command line shows them: what happened, why, what to do; with the code and the request id.

use std::io;

use serde_json::{Value, json};

use super::exit::Exit;
use super::language::Language;
use super::safe;
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::base::page;
use crate::client::ClientError;
use crate::wire::capability::PlanError;

/// No connection to the appliance.
pub const UNREACHABLE: Code = Code::new("EG-CLI-001", Class::Unavailable, "Appliance cannot be reached");
/// The certificate is not the one that is trusted.
pub const UNTRUSTED: Code = Code::new("EG-CLI-002", Class::Unavailable, "Certificate is not trusted");
/// Whatever answered does not speak this API.
pub const GARBLED: Code = Code::new("EG-CLI-003", Class::User, "Answer is not understood");
/// No address or token is known.
pub const NOT_SIGNED_IN: Code = Code::new("EG-CLI-004", Class::Unauthenticated, "Not signed in");
/// A file on this machine cannot be used.
pub const LOCAL_FILE: Code = Code::new("EG-CLI-005", Class::User, "File cannot be used");
/// The words of the command do not fit together.
pub const USAGE: Code = Code::new("EG-CLI-006", Class::User, "Command line is wrong");
/// What was waited for did not happen in time.
pub const WAITED: Code = Code::new("EG-CLI-007", Class::User, "Waited too long");
/// A question would have to be asked, and nobody is there to answer.
pub const NO_ANSWER: Code = Code::new("EG-CLI-008", Class::User, "Nobody to ask");

/// Why a command did not do what it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure(Box<Inner>);

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    exit: Exit,
    /// Nothing is shown: the reader of our output went away, or everything was said already.
    silent: bool,
    code: String,
    title: String,
    detail: String,
    hint: Option<String>,
    errors: Vec<PlanError>,
    request_id: Option<String>,
    retry_after_s: Option<u64>,
}

impl Failure {
    /// Ends with this code and without another word.
    #[must_use]
    pub fn silent(exit: Exit) -> Self {
        let mut failure = Self::from(BUG.fault(""));
        failure.0.exit = exit;
        failure.0.silent = true;
        failure
    }

    /// Ends with another exit code than the class would give.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.0.exit = exit;
        self
    }

    /// Says what to do, unless that is known already.
    #[must_use]
    pub fn or_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Says something better about what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn exit_code(&self) -> Exit {
        self.0.exit
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.0.silent
    }

    /// The lines for a person; what came from elsewhere is made harmless.
    #[must_use]
    pub fn lines(&self, language: Language) -> Vec<String> {
        let inner = &self.0;
        let word = |english: &'static str, chinese: &'static str| language.pick(english, chinese);
        // The program's words are English; in Chinese the page of the code says what happened and what to do.
        let page = if language == Language::Chinese { page::error_page(&inner.code, page::Language::Chinese) } else { None };
        let title = page.as_deref().map_or(inner.title.as_str(), page::title);
        let mut lines = vec![format!("{}: {title} ({})", word("error", "错误"), inner.code)];
        if !inner.detail.is_empty() {
            lines.push(format!("  {}: {}", word("why", "原因"), inner.detail.replace('\n', "\n       ")));
        }
        for error in &inner.errors {
            let named = error.message.contains(&format!("`{}`", error.pointer.rsplit('/').next().unwrap_or_default()));
            let place = if error.pointer.is_empty() { "/" } else { &error.pointer };
            lines.push(if named { format!("       {}", error.message) } else { format!("       {place}: {}", error.message) });
        }
        if let Some(advice) = page.as_deref().and_then(page::advice) {
            lines.push(format!("  办法: {advice}"));
        }
        if let Some(hint) = &inner.hint {
            lines.push(format!("  {}: {hint}", word("do", "提示")));
        }
        if let Some(seconds) = inner.retry_after_s {
            lines.push(format!("  {}: {seconds} s", word("retry after", "重试间隔")));
        }
        if let Some(id) = &inner.request_id {
            lines.push(format!("  {}: {id}", word("request", "请求")));
        }
        lines.into_iter().map(|line| safe::plain(&line).into_owned()).collect()
    }

    /// The same for a program.
    #[must_use]
    pub fn json(&self) -> Value {
        let inner = &self.0;
        let mut object = json!({
            "code": inner.code,
            "message": inner.title,
            "detail": inner.detail,
            "hint": inner.hint,
            "request_id": inner.request_id,
            "exit_code": inner.exit.code(),
        });
        if !inner.errors.is_empty() {
            object["errors"] = json!(inner.errors);
        }
        if let Some(seconds) = inner.retry_after_s {
            object["retry_after_s"] = seconds.into();
        }
        json!({ "error": object })
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let code = fault.code();
        let exit = match code.text {
            text if text == USAGE.text || text == NO_ANSWER.text => Exit::Usage,
            text if text == WAITED.text => Exit::TimedOut,
            _ => Exit::of_class(code.class),
        };
        let errors = fault.fields().iter().map(|field| PlanError {
            pointer: field.pointer.clone(),
            rule: field.rule.clone(),
            message: field.message.clone(),
            params: field.params.iter().cloned().collect(),
        });
        Self(Box::new(Inner {
            exit,
            silent: false,
            code: code.text.to_owned(),
            title: code.title.to_owned(),
            detail: fault.detail().to_owned(),
            hint: fault.hint_text().map(str::to_owned),
            errors: errors.collect(),
            request_id: None,
            retry_after_s: fault.retry_after_s(),
        }))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let text = error.to_string();
        match error {
            ClientError::Refused(refusal) => {
                let problem = refusal.problem;
                let hint = problem.hint.or_else(|| (problem.status == 401).then(|| "run `execgov login`".to_owned()));
                Self(Box::new(Inner {
                    exit: Exit::of_status(problem.status),
                    silent: false,
                    code: problem.code,
                    title: problem.title,
                    detail: problem.detail,
                    hint,
                    errors: problem.errors,
                    request_id: problem.request_id,
                    retry_after_s: refusal.retry_after_s,
                }))
            }
            ClientError::Unreachable { .. } => {
                let hint = "check that the appliance runs and that the address is right; `execgov config path` shows where it comes from";
                UNREACHABLE.fault(text).hint(hint).into()
            }
            ClientError::TimedOut { .. } => {
                Self::from(UNREACHABLE.fault(text).hint("the appliance or the network is slow: try again")).exit(Exit::TimedOut)
            }
            ClientError::Untrusted { .. } => {
                let hint =
                    "if the certificate was replaced on purpose, compare the fingerprint that the appliance prints and sign in again";
                UNTRUSTED.fault(text).hint(hint).into()
            }
            ClientError::Garbled { .. } => {
                GARBLED.fault(text).hint("check that the address is that of an appliance, and its version with `execgov version`").into()
            }
            ClientError::Address { .. } => Self::from(USAGE.fault(text).hint("an address looks like https://host:7443")),
            ClientError::File { .. } => LOCAL_FILE.fault(text).hint("check the path and its mode").into(),
        }
    }
}

/// Writing to standard output failed. A reader that went away is no error worth a word.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Ok);
        }
        LOCAL_FILE.fault(format!("the output cannot be written: {error}")).hint("check the disk and where the output goes").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::FieldFault;

    #[test]
    fn three_lines_and_no_control_characters() {
        let fault = LOCAL_FILE.fault("a\x1b[2J.py is missing").hint("check the path").field(FieldFault {
            pointer: "/inputs/a".to_owned(),
            rule: "required".to_owned(),
            message: "is missing".to_owned(),
            params: Vec::new(),
        });
        let failure = Failure::from(fault);
        let expected = [
            "error: File cannot be used (EG-CLI-005)",
            "  why: a\\x1b[2J.py is missing",
            "       /inputs/a: is missing",
            "  do: check the path",
        ];
        assert_eq!(failure.lines(Language::English), expected);
        let chinese = failure.lines(Language::Chinese);
        assert_eq!(chinese[0], "错误: 文件无法使用 (EG-CLI-005)");
        assert!(chinese.iter().any(|line| line.starts_with("  办法: ") && !line.is_ascii()), "{chinese:?}");
        assert_eq!(failure.json()["error"]["exit_code"], 1);
    }

    #[test]
    fn faults_of_this_side_have_their_exit_codes() {
        for (code, exit) in [
            (UNREACHABLE, Exit::Unreachable),
            (UNTRUSTED, Exit::Unreachable),
            (GARBLED, Exit::Other),
            (NOT_SIGNED_IN, Exit::NotSignedIn),
            (LOCAL_FILE, Exit::Other),
            (USAGE, Exit::Usage),
            (WAITED, Exit::TimedOut),
            (NO_ANSWER, Exit::Usage),
        ] {
            assert_eq!(Failure::from(code.fault("x")).exit_code(), exit, "{}", code.text);
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(failure.is_silent());
        assert_eq!(failure.exit_code(), Exit::Ok);
    }
}
