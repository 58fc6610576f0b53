//! Requests for approval, decisions on them, and the rules that call for them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::capability::VersionDiff;
use super::run::RunSummary;
use crate::domain::access::Role;
use crate::domain::approval::{ApprovalState, Need, Rule, RuleSource, Verdict};
use crate::domain::audit::Actor;
use crate::domain::capability::{Limits, Network, Risk};
use crate::domain::identity::Password;
use crate::domain::run::{Consent, IsolationLevel, Override, Phase, Trigger};

/// Which part of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalView {
    /// Open requests that wait for the caller.
    ToDecide,
    /// Requests of the caller.
    Mine,
    /// Everything that the caller may see.
    All,
}

/// Which requests to list, newest first; those that are open come first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalQuery {
    pub view: Option<ApprovalView>,
    /// One or more states, separated by commas.
    pub state: Option<String>,
    /// Name of a capability.
    pub capability: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalSummary {
    pub id: String,
    pub state: ApprovalState,
    pub run: String,
    pub capability: String,
    pub version: u32,
    pub risk: Risk,
    pub requester: Actor,
    /// Different people who must agree.
    pub approvers: u8,
    /// What they must hold.
    pub role: Role,
    /// People who agreed so far.
    pub consents: u8,
    pub decided_by_me: bool,
    pub created_at: String,
    pub expires_at: String,
    pub closed_at: Option<String>,
    /// The code that says why it closed without consent.
    pub closed_reason: Option<String>,
    /// Actions of the caller on this request, such as `approval.decide`.
    pub actions: Vec<String>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    pub by: Actor,
    pub verdict: Verdict,
    pub comment: Option<String>,
    pub at: String,
    /// The password was given again for it.
    pub reauthenticated: bool,
    /// The requester decided; only where the appliance is governed by one person.
    pub self_approved: bool,
    /// Whether it counts now: the person is active, holds the role and is not the requester.
    pub counts: bool,
}

/// The version that was approved last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LastApproved {
    pub approval: String,
    pub version: u32,
    pub at: String,
}

/// Everything that an approver needs to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalDetail {
    #[serde(flatten)]
    pub summary: ApprovalSummary,
    /// The digest of everything that would execute; a decision names it.
    pub binding: String,
    /// A decision needs the password of the one who decides.
    pub needs_password: bool,
    pub reason: Option<String>,
    pub ticket: Option<String>,
    pub trigger: Trigger,
    pub source: Option<String>,
    pub run_phase: Phase,
    pub version_digest: String,
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub inputs_digest: String,
    pub limits: Limits,
    pub network: Network,
    pub writes: Vec<String>,
    pub isolation: Option<IsolationLevel>,
    /// Freezes in spite of which it shall start.
    pub overrides: Vec<Override>,
    pub decisions: Vec<DecisionView>,
    pub last_approved: Option<LastApproved>,
    /// What changed since the version that was approved last; absent when it is the same, or for those who may not read source.
    pub diff: Option<VersionDiff>,
    /// The latest runs of the capability that ended.
    pub earlier: Vec<RunSummary>,
    /// Why it could not be used any more: a code and a sentence.
    pub lapsed: Option<String>,
}

/// Agreeing or refusing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// The `binding` that was shown.
    pub binding: String,
    /// Required for a rejection.
    #[serde(default)]
    pub comment: Option<String>,
    /// The password of the one who decides, when `needs_password` says so.
    #[serde(default, serialize_with = "in_clear")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<Password>,
}

/// A client must send the password itself.
#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn in_clear<S: serde::Serializer>(password: &Option<Password>, to: S) -> Result<S::Ok, S::Error> {
    match password {
        Some(password) => to.serialize_some(password.expose()),
        None => to.serialize_none(),
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    #[serde(default)]
    pub comment: Option<String>,
}

/// Confirms a run that waits for its requester.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The `binding` that was shown.
    pub binding: String,
}

/// How many wait for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalCounts {
    /// Open requests that wait for the caller's decision.
    pub to_decide: u64,
    /// Whether there may be more than `to_decide` says.
    pub to_decide_is_lower_bound: bool,
    /// Open requests of the caller.
    pub mine: u64,
    /// Runs of the caller that wait for a confirmation.
    pub to_confirm: u64,
}

/// What a start needs, and where that was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StartRule {
    pub rule: Rule,
    pub source: RuleSource,
}

/// What stood between a request and the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunHold {
    pub need: Need,
    pub source: RuleSource,
    /// The digest of everything that would execute: what is confirmed or approved.
    pub binding: String,
    pub expires_at: String,
    /// Freezes in spite of which it shall start.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// The request for approval.
    pub approval: Option<String>,
    pub confirmed_at: Option<String>,
    /// The consents that were used.
    pub consents: Vec<Consent>,
}

/// A rule in a list: of a risk class or of a capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    pub risk: Option<Risk>,
    pub capability: Option<String>,
    pub rule: Rule,
    /// Absent for a rule that nobody has set.
    pub set_at: Option<String>,
    pub set_by: Option<Actor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleViews {
    pub items: Vec<RuleView>,
}
