//! Publishing through a request: who publishes a version in review agrees to the request in which it is reviewed.

use super::{Approvals, DecisionWish};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::Verdict;
use crate::domain::identity::Password;
use crate::wire::capability::CapabilityDetail;

impl Approvals {
    /// Publishes a version: by agreeing to its review when there is one, directly otherwise.
    ///
    /// # Errors
    /// As for a decision, or for a version that cannot be published.
    pub async fn publish(
        &self,
        caller: &Caller,
        name: &str,
        number: u32,
        (comment, password): (Option<String>, Option<Password>),
    ) -> Result<CapabilityDetail, Fault> {
        let review = self.capabilities.review_of(caller, name, number, Action::CapabilityPublish).await?;
        let Some((id, binding)) = review else { return self.capabilities.publish(caller, name, number, comment).await };
        let wish = DecisionWish { verdict: Verdict::Approve, binding, comment, password };
        self.decide(caller, &id.to_string(), &wish).await?;
        self.capabilities.show(caller, name).await
    }
}
