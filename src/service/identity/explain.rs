//! Why somebody may or may not do something, and what each role carries.

use super::{Identity, faults, home, own_account, user_by_text};
use crate::base::fault::Fault;
use crate::domain::access::{
    About, Action, Caller, CapabilityRef, DEFAULT_SPACE, Explanation, GrantRef, Holdings, Reach, Resource, Role, RoleSet, RunRef,
    SpacePath, Standing, UserRef, Via,
};
use crate::domain::capability::{Capability, Name, Risk, Version};
use crate::domain::identity::{User, UserState};
use crate::domain::ids::{CapabilityId, RunId, SessionId, TenantKey, UserId};
use crate::domain::run::Run;
use crate::service::{persons, resource, spaces};
use crate::store::record::capability::{BY_NAME, name_key, version_key};
use crate::store::record::scoped;

/// What a question is about, as somebody names it.
#[derive(Debug, Clone)]
pub enum Thing {
    Appliance,
    /// The tenant of the person asked about.
    Tenant,
    /// A capability by name with the author of one of its versions, or any capability of somebody else.
    Capability {
        name: Option<String>,
        version: Option<u32>,
    },
    /// A run by id, or any run that somebody else asked for.
    Run {
        id: Option<String>,
    },
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
    /// Anything of somebody else in a space or folder.
    Space(String),
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
        let resource = self.resource(caller, &subject, question.action, &question.about).await?;
        let asked = if oneself { caller.clone() } else { persons::as_signed_in(&self.read()?, &subject, self.now())? };
        let mut explanation = self.0.gate.explain(&asked, question.action, &resource);
        if subject.state != UserState::Active {
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
            holdings: Holdings::default(),
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

    async fn resource(&self, caller: &Caller, subject: &User, action: Action, about: &Thing) -> Result<Resource, Fault> {
        let tenant = subject.tenant.clone();
        Ok(match about {
            Thing::Appliance => Resource::Appliance,
            Thing::Tenant => Resource::Tenant(tenant),
            Thing::Capability { name, version } => self.capability(caller, tenant, name.as_deref(), *version).await?,
            Thing::Run { id } => self.run(caller, tenant, id.as_deref()).await?,
            Thing::User(who) => Resource::User(self.visible(caller, who).await?),
            Thing::Grant { holder, role } => Resource::Grant(GrantRef::of_account(self.visible(caller, holder).await?, *role)),
            Thing::Sessions { owner } => Resource::Session { owner: self.visible(caller, owner).await?, id: None },
            Thing::Tokens { owner } => Resource::Token { owner: self.visible(caller, owner).await?, id: None },
            Thing::Audit => Resource::Audit { tenant, actor: None },
            Thing::Space(path) => self.in_space(caller, tenant, action, path).await?,
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

/// Who is nobody in particular.
const SOMEBODY: UserId = UserId::from_bytes([0; 16]);

impl Identity {
    async fn capability(&self, caller: &Caller, tenant: TenantKey, name: Option<&str>, number: Option<u32>) -> Result<Resource, Fault> {
        let Some(text) = name else { return Ok(Resource::Capability(any_capability(tenant))) };
        let found = {
            let snapshot = self.read()?;
            let key = text.parse::<Name>().ok().map(|name| name_key(&tenant, &name));
            let capability = key.map(|key| snapshot.find::<Capability>(BY_NAME, &key)).transpose().map_err(faults::storage)?.flatten();
            match capability.map(|stored| stored.record) {
                None => None,
                Some(capability) => {
                    let number = number.or(capability.current).unwrap_or(capability.latest);
                    let key = version_key(&tenant, capability.id, number);
                    let version = snapshot.get::<Version>(&key).map_err(faults::storage)?;
                    version.map(|stored| resource::version(&capability, &stored.record))
                }
            }
        };
        self.seen(caller, Action::CapabilityView, "capability", text, found).await
    }

    /// Something of somebody else in a space, of the sort that the action is about.
    async fn in_space(&self, caller: &Caller, tenant: TenantKey, action: Action, text: &str) -> Result<Resource, Fault> {
        let path = text.parse::<SpacePath>().ok();
        let found = match &path {
            Some(path) => spaces::find(&self.read()?, &tenant, path)?,
            None => None,
        };
        let Some(path) = path.filter(|_| found.is_some()) else {
            return Err(self.0.gate.missing(caller, action, "space", text).await);
        };
        let space = path.to_string();
        Ok(match action.about() {
            About::Run => Resource::Run(RunRef { tenant, id: RunId::from_bytes([0; 16]), requester: Some(SOMEBODY), space }),
            _ => Resource::Capability(CapabilityRef { space, ..any_capability(tenant) }),
        })
    }

    async fn run(&self, caller: &Caller, tenant: TenantKey, id: Option<&str>) -> Result<Resource, Fault> {
        let Some(text) = id else {
            return Ok(Resource::Run(RunRef {
                tenant,
                id: RunId::from_bytes([0; 16]),
                requester: Some(SOMEBODY),
                space: DEFAULT_SPACE.to_owned(),
            }));
        };
        let found = match text.parse::<RunId>() {
            Err(_) => None,
            Ok(id) => {
                let stored = self.read()?.get::<Run>(&scoped(&tenant, &[id.bytes()])).map_err(faults::storage)?;
                stored.map(|stored| resource::run(&stored.record))
            }
        };
        self.seen(caller, Action::RunView, "run", text, found).await
    }

    /// What was found, if the caller may see it; otherwise it is as if it were not there.
    async fn seen(&self, caller: &Caller, view: Action, kind: &str, asked: &str, found: Option<Resource>) -> Result<Resource, Fault> {
        match found {
            Some(resource) if self.0.gate.may(caller, view, &resource) => Ok(resource),
            Some(_) | None => Err(self.0.gate.missing(caller, view, kind, asked).await),
        }
    }
}

/// A capability that belongs to nobody in particular.
fn any_capability(tenant: TenantKey) -> CapabilityRef {
    CapabilityRef {
        tenant,
        id: CapabilityId::from_bytes([0; 16]),
        name: Name::any(),
        space: DEFAULT_SPACE.to_owned(),
        owner: Some(SOMEBODY),
        author: Some(SOMEBODY),
        risk: Risk::Low,
    }
}
