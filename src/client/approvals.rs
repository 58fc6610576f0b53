//! Requests for approval, decisions, confirmations, and rules.

use reqwest::Method;

use super::{Client, ClientError, Pages};
use crate::domain::approval::Rule;
use crate::wire::approval::{
    ApprovalCounts, ApprovalDetail, ApprovalQuery, ApprovalSummary, ConfirmRequest, DecideRequest, RuleViews, WithdrawRequest,
};
use crate::wire::page::Page;
use crate::wire::run::{CancelRequest, RunDetail};

const ROOT: [&str; 3] = ["api", "v1", "approvals"];
const RULES: [&str; 3] = ["api", "v1", "rules"];

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

    /// Sets the rule of a risk class (`risk`, `high`) or of a capability (`capability`, its name); nothing restores the usual one.
    pub async fn set_rule(&self, kind: &str, name: &str, rule: Option<&Rule>) -> Result<RuleViews, ClientError> {
        let path = [RULES[0], RULES[1], RULES[2], kind, name];
        match rule {
            Some(rule) => self.send(Method::PUT, &path, rule).await,
            None => self.json(self.request(Method::DELETE, &path, &())).await,
        }
    }
}
