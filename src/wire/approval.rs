//! Requests for approval, decisions on them, and the rules that call for them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::capability::VersionDiff;
use super::run::RunSummary;
use crate::domain::access::{Mode, Role};
use crate::domain::approval::standing::{Holder, Pattern, Revoked};
use crate::domain::approval::{ApprovalState, MatterKind, Need, Rule, RuleSource, Verdict};
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
    /// Only requests of this kind.
    pub matter: Option<MatterKind>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalSummary {
    pub id: String,
    pub state: ApprovalState,
    /// What it is about: a run, the publishing of a version, a setting, or the review of a run that went ahead.
    pub matter: MatterKind,
    /// What people call it.
    pub name: String,
    pub run: Option<String>,
    pub capability: Option<String>,
    pub version: Option<u32>,
    pub risk: Risk,
    pub requester: Actor,
    /// Different people who must agree.
    pub approvers: u8,
    /// What they must hold.
    pub role: Role,
    /// Members of this group agree instead of holders of the role, by its id.
    pub group: Option<String>,
    /// When it goes to others too, or when it did.
    pub escalates_at: Option<String>,
    /// Holders of this role decide too, once it has gone to them.
    pub escalates_to: Option<Role>,
    pub escalated: bool,
    /// Who shall look at it first.
    pub assignee: Option<Actor>,
    /// A review that has waited for longer than it should.
    pub overdue: bool,
    /// People who agreed so far.
    pub consents: u8,
    pub decided_by_me: bool,
    pub created_at: String,
    /// It ends unanswered then; a review is overdue from then on.
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
    /// Whose right it was, when it was decided for somebody who is away.
    pub on_behalf_of: Option<String>,
    /// Whether it counts now: the person is active, holds the role and is not the requester.
    pub counts: bool,
}

/// A setting that is to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingChange {
    /// Whose setting it is: `rule`, `freeze`, `governance`, `standing_approval`, `policy`.
    pub setting: String,
    /// Which one.
    pub name: String,
    pub before: Value,
    pub after: Value,
}

/// A version that is to become the current one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublishWish {
    pub changelog: Option<String>,
    /// Not before this moment.
    pub at: Option<String>,
    pub author: Actor,
    /// What the tries in the sandbox showed before the review was asked for.
    pub check: Option<super::review::CheckReport>,
    /// Remarks on lines that are not settled.
    pub open_remarks: u64,
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
    /// A decision needs the password of the one who decides, or a session that has just been proven with it.
    pub needs_password: bool,
    /// The session that asks was proven with the password a moment ago.
    pub proven: bool,
    /// For whom the caller would decide, standing in.
    pub on_behalf_of: Option<String>,
    pub reason: Option<String>,
    pub ticket: Option<String>,
    /// Absent unless it is about a run; so are the fields of runs below.
    pub trigger: Option<Trigger>,
    pub source: Option<String>,
    pub run_phase: Option<Phase>,
    pub version_digest: Option<String>,
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    pub inputs_digest: Option<String>,
    pub limits: Option<Limits>,
    pub network: Option<Network>,
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
    /// For a setting: what would change.
    pub change: Option<SettingChange>,
    /// For a version that is to be published.
    pub publish: Option<PublishWish>,
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
pub(super) fn in_clear<S: serde::Serializer>(password: &Option<Password>, to: S) -> Result<S::Ok, S::Error> {
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
    /// Reviews of runs that went ahead which nobody has answered, of everybody; 0 for those who do not see them.
    pub reviews: u64,
    /// Of these, the ones that have waited for longer than they should.
    pub reviews_overdue: u64,
}

/// A change that waits until others agree to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Asked {
    /// The request for approval.
    pub approval: String,
    /// One sentence for people.
    pub detail: String,
}

/// Why a setting is changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Why, for those who are asked to agree.
    pub reason: Option<String>,
}

/// Says who shall look at a request first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// Name or id of a person; nobody when absent.
    #[serde(default)]
    pub user: Option<String>,
}

/// Lets somebody stand in during an absence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegationRequest {
    /// Name or id of who stands in.
    pub to: String,
    /// From this moment on; from now on when absent.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub starts: Option<String>,
    /// Until this moment.
    #[schema(format = DateTime)]
    pub ends: String,
    #[serde(default)]
    pub reason: Option<String>,
}

/// Somebody stands in for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DelegationView {
    pub id: String,
    /// Who is away.
    pub from: String,
    /// Who stands in.
    pub to: String,
    pub starts: String,
    pub ends: String,
    pub reason: Option<String>,
    /// It holds now.
    pub active: bool,
    /// The caller may end it.
    pub mine: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DelegationViews {
    pub items: Vec<DelegationView>,
}

/// Asks for consent to every run of one version with inputs of one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingRequest {
    /// Name of the capability.
    pub capability: String,
    /// The current version unless named.
    #[serde(default)]
    pub version: Option<u32>,
    /// What each input may be; every input of a run must be named and fit.
    #[schema(value_type = Object)]
    pub inputs: Pattern,
    /// Whose runs are covered; those of the one who asks unless said otherwise.
    #[serde(default)]
    pub holder: Option<Holder>,
    #[schema(format = DateTime)]
    pub until: String,
    pub reason: String,
}

/// Consent to every run of one version with inputs of one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StandingView {
    pub id: String,
    pub capability: String,
    pub version: u32,
    pub version_digest: String,
    pub risk: Risk,
    #[schema(value_type = Object)]
    pub inputs: Pattern,
    pub holder: Holder,
    pub requester: Actor,
    pub reason: Option<String>,
    pub until: String,
    /// The request in which it was agreed to.
    pub approval: String,
    pub decisions: Vec<DecisionView>,
    pub created_at: String,
    /// It covers runs now: it is not over, not taken back, and enough of those who agreed still may.
    pub active: bool,
    pub revoked: Option<Revoked>,
    /// Actions of the caller on it, such as `approval.revoke_standing`.
    pub actions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StandingViews {
    pub items: Vec<StandingView>,
}

/// How the appliance is governed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GovernanceView {
    pub mode: Mode,
    /// The request to change it that waits.
    pub waiting: Option<String>,
}

/// Changes how the appliance is governed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GovernanceRequest {
    pub mode: Mode,
    /// Why, for those who are asked to agree.
    #[serde(default)]
    pub reason: Option<String>,
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
    /// The consent to many runs that covered this one.
    #[serde(default)]
    pub standing: Option<String>,
    pub confirmed_at: Option<String>,
    /// The consents that were used.
    pub consents: Vec<Consent>,
}

/// A rule in a list: of a risk class, of a capability, or of a kind of request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    pub risk: Option<Risk>,
    pub capability: Option<String>,
    /// Of everything of this kind that is no run.
    #[serde(default)]
    pub matter: Option<MatterKind>,
    pub rule: Rule,
    /// Absent for a rule that nobody has set.
    pub set_at: Option<String>,
    pub set_by: Option<Actor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleViews {
    pub items: Vec<RuleView>,
}
