//! Errors that a person can see: a stable code, a class, a sentence, what to do.
//!
//! A [`Code`] is declared as a constant beside the code that raises it; its page of remedies is
//! `assets/errors/<code>.md`. A [`Class`] maps once to an HTTP status (in `api`) and once to an
//! exit code (in `cli`); nothing else decides either.

use std::borrow::Cow;
use std::fmt;

/// What sort of trouble it is, and so who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request is wrong: its shape, a value, a file.
    User,
    /// The inputs of a run do not fit the capability's schema.
    Invalid,
    /// Nobody is signed in, or the session or token is over.
    Unauthenticated,
    /// The person may not do this.
    Denied,
    /// There is no such thing, or the person may not know that there is.
    NotFound,
    /// The thing changed meanwhile, exists already or is in the wrong state.
    Conflict,
    /// Something sent is larger than its limit.
    TooLarge,
    /// Content of a kind that is not accepted here.
    Unsupported,
    /// Too much at once: try again later.
    Busy,
    /// The appliance cannot do it now: draining, disk full, a host feature is missing.
    Unavailable,
    /// Stored evidence does not verify.
    Integrity,
    /// A defect of ours.
    Bug,
}

/// A stable name for one kind of error, such as `EG-RUN-003`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    pub text: &'static str,
    pub class: Class,
    /// A short title, the same for every occurrence (RFC 9457 `title`).
    pub title: &'static str,
}

impl Code {
    #[must_use]
    pub const fn new(text: &'static str, class: Class, title: &'static str) -> Self {
        Self { text, class, title }
    }

    /// Begins a fault of this code with the sentence for this occurrence.
    #[must_use]
    pub fn fault(self, detail: impl Into<Cow<'static, str>>) -> Fault {
        Fault(Box::new(Inner {
            code: self,
            detail: detail.into(),
            hint: None,
            params: Vec::new(),
            fields: Vec::new(),
            retry_after_s: None,
            cause: None,
        }))
    }
}

/// One thing that is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON Pointer (RFC 6901) to the field, such as `/inputs/count`.
    pub pointer: String,
    /// Machine name of the rule that was broken, such as `required` or `maximum`.
    pub rule: String,
    pub message: String,
    /// Values that complete the message in another language, such as `limit` = `10`.
    pub params: Vec<(String, String)>,
}

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    params: Vec<(&'static str, String)>,
    fields: Vec<FieldFault>,
    retry_after_s: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// An error with everything a person or a program needs to react to it.
#[derive(Debug)]
pub struct Fault(Box<Inner>);

impl Fault {
    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds a named value, so that the console can say the sentence in another language.
    #[must_use]
    pub fn param(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.params.push((name, value.to_string()));
        self
    }

    /// Adds a complaint about one field.
    #[must_use]
    pub fn field(mut self, field: FieldFault) -> Self {
        self.0.fields.push(field);
        self
    }

    /// Says when trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Keeps the underlying error for the operator's log; it is not shown to the requester.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    #[must_use]
    pub fn class(&self) -> Class {
        self.0.code.class
    }

    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    #[must_use]
    pub fn params(&self) -> &[(&'static str, String)] {
        &self.0.params
    }

    #[must_use]
    pub fn fields(&self) -> &[FieldFault] {
        &self.0.fields
    }

    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.detail, self.0.code.text)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

/// A defect of ours: the request could not have caused it.
pub const BUG: Code = Code::new("EG-SYS-001", Class::Bug, "Internal error");
