//! Requests for approval, decisions, confirmations, and rules.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::{Client, ClientError, Pages};
use crate::domain::approval::Rule;
use crate::wire::approval::{
    ApprovalCounts, ApprovalDetail, ApprovalQuery, ApprovalSummary, Asked, AssignRequest, ChangeQuery, ConfirmRequest, DecideRequest,
    DelegationRequest, DelegationView, DelegationViews, GovernanceRequest, GovernanceView, RuleViews, StandingRequest, StandingView,
    StandingViews, WithdrawRequest,
};
use crate::wire::page::Page;
use crate::wire::run::{CancelRequest, RunDetail};

const ROOT: [&str; 3] = ["api", "v1", "approvals"];
const RULES: [&str; 3] = ["api", "v1", "rules"];
const DELEGATIONS: [&str; 3] = ["api", "v1", "delegations"];
const STANDING: [&str; 3] = ["api", "v1", "standing-approvals"];

/// What became of a change.
#[derive(Debug)]
pub enum Changed<T> {
    Done(T),
    /// Others were asked to agree.
    Asked(Asked),
}

impl Client {
    #[must_use]
    pub fn approvals(&self, query: &ApprovalQuery) -> Pages<Page<ApprovalSummary>> {
        Pages::new(self, &ROOT, query)
    }

    pub async fn approval_counts(&self) -> Result<ApprovalCounts, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], "counts"], &()).await
    }

    pub async fn approval(&self, id: &str) -> Result<ApprovalDetail, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], id], &()).await
    }

    pub async fn approve(&self, id: &str, request: &DecideRequest) -> Result<ApprovalDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, "approve"], request).await
    }

    pub async fn reject(&self, id: &str, request: &DecideRequest) -> Result<ApprovalDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, "reject"], request).await
    }

    pub async fn withdraw(&self, id: &str, request: &WithdrawRequest) -> Result<ApprovalDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, "withdraw"], request).await
    }

    pub async fn confirm(&self, run: &str, request: &ConfirmRequest) -> Result<RunDetail, ClientError> {
        self.post(&["api", "v1", "runs", run, "confirm"], request).await
    }

    pub async fn decline(&self, run: &str, request: &CancelRequest) -> Result<RunDetail, ClientError> {
        self.post(&["api", "v1", "runs", run, "decline"], request).await
    }

    pub async fn rules(&self) -> Result<RuleViews, ClientError> {
        self.get(&RULES, &()).await
    }

    /// Sets the rule of a risk class (`risk`, `high`), of a capability (`capability`, its name) or of other requests (`matter`,
    /// `publish`); nothing restores the usual one.
    pub async fn set_rule(
        &self,
        kind: &str,
        name: &str,
        rule: Option<&Rule>,
        query: &ChangeQuery,
    ) -> Result<Changed<RuleViews>, ClientError> {
        let path = [RULES[0], RULES[1], RULES[2], kind, name];
        let request = match rule {
            Some(rule) => self.request(Method::PUT, &path, query).json(rule),
            None => self.request(Method::DELETE, &path, query),
        };
        self.changed(request).await
    }

    /// A change that was made, or that waits for the consent of others.
    pub(super) async fn changed<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Changed<T>, ClientError> {
        let (status, body): (StatusCode, serde_json::Value) = self.json_with_status(request).await?;
        let garbled = |error: serde_json::Error| self.garbled(&error.to_string());
        if status == StatusCode::ACCEPTED {
            return serde_json::from_value(body).map(Changed::Asked).map_err(garbled);
        }
        serde_json::from_value(body).map(Changed::Done).map_err(garbled)
    }

    pub async fn assign(&self, id: &str, request: &AssignRequest) -> Result<ApprovalDetail, ClientError> {
        self.post(&[ROOT[0], ROOT[1], ROOT[2], id, "assign"], request).await
    }

    pub async fn delegations(&self) -> Result<DelegationViews, ClientError> {
        self.get(&DELEGATIONS, &()).await
    }

    pub async fn delegate(&self, request: &DelegationRequest) -> Result<DelegationView, ClientError> {
        self.post(&DELEGATIONS, request).await
    }

    pub async fn end_delegation(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&[DELEGATIONS[0], DELEGATIONS[1], DELEGATIONS[2], id]).await
    }

    pub async fn standing_approvals(&self) -> Result<StandingViews, ClientError> {
        self.get(&STANDING, &()).await
    }

    pub async fn ask_standing(&self, request: &StandingRequest) -> Result<Asked, ClientError> {
        self.post(&STANDING, request).await
    }

    pub async fn revoke_standing(&self, id: &str, request: &WithdrawRequest) -> Result<StandingView, ClientError> {
        self.post(&[STANDING[0], STANDING[1], STANDING[2], id, "revoke"], request).await
    }

    pub async fn governance(&self) -> Result<GovernanceView, ClientError> {
        self.get(&["api", "v1", "governance"], &()).await
    }

    pub async fn set_governance(&self, request: &GovernanceRequest) -> Result<Changed<GovernanceView>, ClientError> {
        self.changed(self.request(Method::PUT, &["api", "v1", "governance"], &()).json(request)).await
    }
}
