//! Why somebody may or may not do something, and what each role carries.

use super::authenticate::caller as caller_of;
use super::{Identity, home, own_account, user_by_text};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Explanation, Reach, Resource, Role, RoleSet, RunRef, Standing, UserRef, Via};
use crate::domain::identity::{User, UserState};
use crate::domain::ids::{RunId, SessionId, TenantKey, UserId};

/// What a question is about, as somebody names it.
#[derive(Debug, Clone)]
pub enum Thing {
    Appliance,
    /// The tenant of the person asked about.
    Tenant,
    /// A thing that another service has looked up.
    Known(Resource),
    /// Any run that somebody else asked for.
    SomeRun,
    User(String),
    Grant {
        holder: String,
        role: Role,
    },
    Sessions {
        owner: String,
    },
    Tokens {
        owner: String,
    },
    Audit,
}

/// "May this person do that, and why?"
#[derive(Debug, Clone)]
pub struct Question {
    /// Id or name; the caller unless given.
    pub user: Option<String>,
    pub action: Action,
    pub about: Thing,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Why {
    pub user: String,
    pub explanation: Explanation,
}

impl Identity {
    /// Answers from the policy as it is now, by the person's roles; what a token would narrow is left aside unless the
    /// caller asks about themselves.
    ///
    /// # Errors
    /// When the caller may not ask about that person, or something named does not exist.
    pub async fn explain(&self, caller: &Caller, question: &Question) -> Result<Why, Fault> {
        let subject = match &question.user {
            None => own_account(&self.read()?, caller)?.record,
            Some(who) => self.named(caller, who).await?,
        };
        let oneself = caller.user_id() == Some(subject.id);
        let action = if oneself { Action::AccessExplainOwn } else { Action::AccessExplainAny };
        let _permit = self.0.gate.allow(caller, action, &Resource::User(subject.to_ref())).await?;
        let resource = self.resource(caller, &subject, &question.about).await?;
        let asked = if oneself { caller.clone() } else { as_signed_in(&subject) };
        let mut explanation = self.0.gate.explain(&asked, question.action, &resource);
        if subject.state == UserState::Disabled {
            explanation.decision.allowed = false;
            explanation.decision.policies = vec!["account-disabled".to_owned()];
            explanation.decision.hint = Some("The account is disabled.".to_owned());
            explanation.any_of.clear();
        }
        Ok(Why { user: subject.name.to_string(), explanation })
    }

    /// What each role carries.
    ///
    /// # Errors
    /// When the caller may not see roles.
    pub async fn roles(&self, caller: &Caller) -> Result<Vec<(Role, Reach)>, Fault> {
        let _permit = self.0.gate.allow(caller, Action::RoleView, &Resource::Appliance).await?;
        let holder = |role| Caller {
            roles: RoleSet::NONE.with(role),
            via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: self.now() },
            standing: Standing::Good,
            ..caller.clone()
        };
        Ok(Role::ALL.into_iter().map(|role| (role, self.0.gate.reach(&holder(role)))).collect())
    }

    /// A person that the caller may ask about.
    async fn named(&self, caller: &Caller, who: &str) -> Result<User, Fault> {
        let found = user_by_text(&self.read()?, &home(caller), who)?;
        match found {
            Some(stored) => Ok(stored.record),
            None => Err(self.0.gate.missing(caller, Action::AccessExplainAny, "user", who).await),
        }
    }

    async fn resource(&self, caller: &Caller, subject: &User, about: &Thing) -> Result<Resource, Fault> {
        let tenant = subject.tenant.clone();
        Ok(match about {
            Thing::Appliance => Resource::Appliance,
            Thing::Tenant => Resource::Tenant(tenant),
            Thing::Known(resource) => resource.clone(),
            Thing::SomeRun => Resource::Run(RunRef { requester: Some(somebody(&tenant).id), id: RunId::from_bytes([0; 16]), tenant }),
            Thing::User(who) => Resource::User(self.visible(caller, who).await?),
            Thing::Grant { holder, role } => Resource::Grant { holder: self.visible(caller, holder).await?, role: *role },
            Thing::Sessions { owner } => Resource::Session { owner: self.visible(caller, owner).await?, id: None },
            Thing::Tokens { owner } => Resource::Token { owner: self.visible(caller, owner).await?, id: None },
            Thing::Audit => Resource::Audit { tenant, actor: None },
        })
    }

    /// A person that a question may name: oneself, or somebody the caller may see.
    async fn visible(&self, caller: &Caller, who: &str) -> Result<UserRef, Fault> {
        let own = own_account(&self.read()?, caller).ok().map(|stored| stored.record);
        if let Some(own) = own.filter(|own| own.id.to_string() == who || own.name.folded() == who.to_lowercase()) {
            return Ok(own.to_ref());
        }
        Ok(self.user(caller, who).await?.record.to_ref())
    }
}

/// The person as they would come with a session.
fn as_signed_in(user: &User) -> Caller {
    let via = Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: user.created_at };
    caller_of(user, via, crate::domain::access::Whence::default())
}

/// A person who is nobody in particular.
fn somebody(tenant: &TenantKey) -> UserRef {
    UserRef { tenant: tenant.clone(), id: UserId::from_bytes([0; 16]), name: String::new(), roles: RoleSet::NONE }
}
