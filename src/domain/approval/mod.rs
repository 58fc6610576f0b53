//! Approvals: which start needs whose consent, to what exactly the consent was given, and what becomes of a request for it.
//!
//! The law in three sentences. A consent is bound to a digest of everything that would execute, and any change voids it. It
//! is given by people who may give it then and still may when it is used, never by the requester. It is used once.

pub mod binding;
pub mod delegation;
pub mod matter;
pub mod request;
pub mod rule;
pub mod standing;

pub use binding::{Binding, Terms};
pub use delegation::Delegation;
pub use matter::{Change, Matter, MatterKind, PublishMatter, RunMatter};
pub use request::{Approval, ApprovalState, Barred, Behalf, Decision, Escalated, Opening, Reminder, Step, StepError, Verdict};
pub use rule::{Effective, Escalation, Need, Rule, RuleError, RuleScope, RuleSetting, RuleSource};
pub use standing::Standing;
