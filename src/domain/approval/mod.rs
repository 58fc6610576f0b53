//! Approvals: which start needs whose consent, to what exactly the consent was given, and what becomes of a request for it.
//!
//! The law in three sentences. A consent is bound to a digest of everything that would execute, and any change voids it. It
//! is given by people who may give it then and still may when it is used, never by the requester. It is used once.

pub mod binding;
pub mod request;
pub mod rule;

pub use binding::{Binding, Terms};
pub use request::{Approval, ApprovalState, Decision, Step, StepError, Verdict};
pub use rule::{Effective, Need, Rule, RuleError, RuleScope, RuleSetting, RuleSource};
