//! Decisions: the policy set of `assets/policy`, parsed once, and asked for every act.
//!
//! A question that cannot be put or evaluated is refused, whatever the other policies say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cedar_policy::{Authorizer, Effect, Entities, PolicyId, PolicySet, PrincipalConstraint, Request, Schema, ValidationMode, Validator};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::action::{Action, ActionSet};
use super::caller::Caller;
use super::facts::Vocabulary;
use super::held::{Held, HeldRole, Holdings};
use super::own::{POLICIES_MOST, PREFIX};
use super::reach::ReachTable;
use super::resource::Resource;
use super::role::{Role, RoleSet};

/// What policies may speak of.
pub const SCHEMA: &str = include_str!("../../../assets/policy/execgov.cedarschema");
const DEFAULT_POLICIES: &str = include_str!("../../../assets/policy/default.cedar");

/// The name that stands for a question that could not be evaluated.
pub const UNDECIDABLE: &str = "undecidable";

/// Whether one person may approve their own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Self-approval is allowed, and marked in the audit log.
    Solo,
    /// The author of a version cannot publish it.
    FourEyes,
}

impl Mode {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::FourEyes => "four_eyes",
        }
    }
}

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("parse the policy schema: {0}")]
    Schema(String),
    #[error("parse the policies: {0}")]
    Policies(String),
    #[error("a policy has no @id")]
    NoId,
    #[error("two policies are called `{0}`")]
    DuplicateId(String),
    #[error("policies do not fit the schema: {0}")]
    Invalid(String),
    #[error("there are more than {POLICIES_MOST} policies")]
    TooMany,
    #[error("`{0}` has a @mark, which is for the built-in policies")]
    Marked(String),
    #[error("there is no policy in the text")]
    Empty,
}

/// What was decided, and by which policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// Ids of the deciding policies in alphabetical order; empty when nothing permits it.
    pub policies: Vec<String>,
    /// Details that the audit event must carry, such as `self_approved`.
    pub marks: Vec<String>,
    /// What a `forbid` that decided says to the one who was refused.
    pub hint: Option<String>,
}

/// A decision with what would change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub decision: Decision,
    /// Roles of which any one, held in addition, would allow it.
    pub any_of: Vec<Role>,
    /// Those of the account's roles that each allow it alone.
    pub roles: Vec<Role>,
    /// What was given to the person or a group of theirs that allows it alone.
    pub grants: Vec<Held>,
}

/// The policies about one action.
#[derive(Debug, Default)]
struct Speaking {
    /// What these say is the same whoever asks: it is not found again for each role that might help.
    steady: PolicySet,
    /// These look at who asks, or at the circumstances.
    personal: PolicySet,
    /// What a policy adds to an event, and what it says to the one who was refused, by its name.
    notes: HashMap<PolicyId, Notes>,
    /// What the steady ones have said about things that were asked about lately.
    said: Mutex<HashMap<Resource, Verdict>>,
}

#[derive(Debug)]
struct Notes {
    mark: Option<String>,
    hint: Option<String>,
}

/// Answers of steady policies that are kept for each action. When there are more, all are forgotten.
const KEPT_MOST: usize = 1_000;
/// Fewer steady policies are evaluated sooner than looked up.
const WORTH_KEEPING: usize = 8;

impl Speaking {
    fn of(policies: &PolicySet) -> Result<Self, PolicyError> {
        policies.policies().try_fold(Self::default(), |mut all, policy| all.add(policy.clone()).map(|()| all))
    }

    fn add(&mut self, policy: cedar_policy::Policy) -> Result<(), PolicyError> {
        let note = |name| policy.annotation(name).map(ToOwned::to_owned);
        self.notes.insert(policy.id().clone(), Notes { mark: note("mark"), hint: note("hint") });
        let set = if is_steady(&policy) { &mut self.steady } else { &mut self.personal };
        set.add(policy).map_err(|error| PolicyError::Policies(error.to_string()))
    }

    #[cfg(test)]
    fn iter(&self) -> impl Iterator<Item = &cedar_policy::Policy> {
        self.steady.policies().chain(self.personal.policies())
    }

    fn said(&self) -> MutexGuard<'_, HashMap<Resource, Verdict>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what a policy says cannot depend on who asks, nor on the circumstances, some of which do.
fn is_steady(policy: &cedar_policy::Policy) -> bool {
    fn looks(json: &serde_json::Value) -> bool {
        match json {
            serde_json::Value::Object(members) => {
                members.get("Var").is_some_and(|name| name == "principal" || name == "context") || members.values().any(looks)
            }
            serde_json::Value::Array(items) => items.iter().any(looks),
            _ => false,
        }
    }
    let anybody = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => true,
        PrincipalConstraint::Eq(_) | PrincipalConstraint::In(_) | PrincipalConstraint::IsIn(..) => false,
    };
    // A template or a policy that has no such form counts as one that looks.
    anybody && policy.to_json().is_ok_and(|json| !json.get("conditions").is_some_and(looks))
}

/// The roles that policies name.
#[derive(Debug, Clone, Copy, Default)]
struct Named {
    all: RoleSet,
    by_permits: RoleSet,
}

/// Whoever acts on an account may act on their own: then what the thing is follows from who asks.
const fn depends_on_caller(resource: &Resource) -> bool {
    matches!(resource, Resource::User(_))
}

/// What a set of policies says to a question.
#[derive(Debug, Clone)]
enum Verdict {
    Silent,
    Permitted(Vec<PolicyId>),
    Forbidden(Vec<PolicyId>),
    /// One of them could not be evaluated.
    Failed,
}

impl Verdict {
    /// Both sets taken as one: a failure wins over a `forbid`, and that over a `permit`.
    fn and(self, other: Self) -> Self {
        let both = |mut some: Vec<PolicyId>, more| {
            some.extend(more);
            some
        };
        match (self, other) {
            (Self::Failed, _) | (_, Self::Failed) => Self::Failed,
            (Self::Forbidden(some), Self::Forbidden(more)) => Self::Forbidden(both(some, more)),
            (Self::Permitted(some), Self::Permitted(more)) => Self::Permitted(both(some, more)),
            (Self::Forbidden(some), _) | (_, Self::Forbidden(some)) => Self::Forbidden(some),
            (Self::Permitted(some), _) | (_, Self::Permitted(some)) => Self::Permitted(some),
            (Self::Silent, Self::Silent) => Self::Silent,
        }
    }
}

/// The policies in force.
#[derive(Debug)]
pub struct Policy {
    /// For each action the policies that speak about it, so that a decision does not grow with the whole set.
    by_action: Vec<Speaking>,
    authorizer: Authorizer,
    words: Vocabulary,
    reach: ReachTable,
    /// For each action the roles that its policies name; found when somebody first asks why.
    named: OnceLock<Vec<Named>>,
    /// The actions that policies of a tenant's own speak about, and those that they permit.
    own: (ActionSet, ActionSet),
}

impl Policy {
    /// The policies that come with the program, parsed once in its life.
    ///
    /// # Errors
    /// When they do not parse, which a test rules out for a release.
    pub fn built_in() -> Result<Arc<Self>, PolicyError> {
        static PARSED: OnceLock<Arc<Policy>> = OnceLock::new();
        if let Some(policy) = PARSED.get() {
            return Ok(Arc::clone(policy));
        }
        // That they fit the schema is shown by a test: checking it again would cost each start time and memory.
        let policy = Arc::new(Self::of(&named(DEFAULT_POLICIES)?)?);
        Ok(Arc::clone(PARSED.get_or_init(|| policy)))
    }

    fn of(policies: &PolicySet) -> Result<Self, PolicyError> {
        let words = Vocabulary::new().map_err(|error| PolicyError::Schema(error.to_string()))?;
        let about = |action: &Action| {
            let speaking = words.speaking_about(*action, policies).map_err(|error| PolicyError::Policies(error.to_string()))?;
            Speaking::of(&speaking)
        };
        let by_action = Action::ALL.iter().map(about).collect::<Result<_, _>>()?;
        Ok(Self {
            by_action,
            authorizer: Authorizer::new(),
            words,
            reach: ReachTable::default(),
            named: OnceLock::new(),
            own: Default::default(),
        })
    }

    /// The text of the policies that come with the program.
    #[must_use]
    pub const fn built_in_text() -> &'static str {
        DEFAULT_POLICIES
    }

    /// Finds what does not fit in policies of a tenant's own.
    ///
    /// # Errors
    /// With everything that is wrong, in one sentence.
    pub fn check_own(text: &str) -> Result<(), PolicyError> {
        check(SCHEMA, text)?;
        Self::with_own(text).map(drop)
    }

    /// The built-in policies with a tenant's own laid over them. A `forbid` of either wins; a `permit` of the tenant's own
    /// does not open what makes rights out of rights, nor what concerns the installation.
    ///
    /// # Errors
    /// When they do not parse, or are too many.
    pub fn with_own(text: &str) -> Result<Self, PolicyError> {
        let own = named(text)?;
        if own.policies().next().is_none() {
            return Err(PolicyError::Empty);
        }
        if own.policies().count() > POLICIES_MOST {
            return Err(PolicyError::TooMany);
        }
        if let Some(marked) = own.policies().find(|policy| policy.annotation("mark").is_some()) {
            return Err(PolicyError::Marked(marked.id().to_string()));
        }
        let mut policy = Self::of(&named(DEFAULT_POLICIES)?)?;
        for action in Action::ALL.iter().copied().filter(|action| action.takes_own_policies()) {
            let speaking = policy.words.speaking_about(action, &own).map_err(|error| PolicyError::Policies(error.to_string()))?;
            for one in speaking.policies() {
                let permits = one.effect() == Effect::Permit;
                if permits && !action.is_grantable() {
                    continue;
                }
                policy.own.0 = policy.own.0.with(action);
                if permits {
                    policy.own.1 = policy.own.1.with(action);
                }
                let name = PolicyId::new(format!("{PREFIX}{}", one.id()));
                policy.by_action[action as usize].add(one.new_id(name))?;
            }
        }
        Ok(policy)
    }

    /// The actions that a tenant's own policies speak about, and those that they permit to somebody.
    #[must_use]
    pub const fn own(&self) -> (ActionSet, ActionSet) {
        self.own
    }

    /// Decides one question.
    #[must_use]
    pub fn decide(&self, caller: &Caller, action: Action, resource: &Resource, mode: Mode) -> Decision {
        let speaking = &self.by_action[action as usize];
        let verdict = match self.words.question(caller, action, resource, mode) {
            Ok(question) => self.steady(speaking, resource, &question).and(self.judge(&speaking.personal, &question)),
            Err(_) => Verdict::Failed,
        };
        Self::decision(speaking, verdict)
    }

    /// What those policies say that do not look at who asks.
    fn steady(&self, speaking: &Speaking, resource: &Resource, question: &(Request, Entities)) -> Verdict {
        if speaking.steady.num_of_policies() < WORTH_KEEPING || depends_on_caller(resource) {
            return self.judge(&speaking.steady, question);
        }
        if let Some(verdict) = speaking.said().get(resource) {
            return verdict.clone();
        }
        let verdict = self.judge(&speaking.steady, question);
        let mut said = speaking.said();
        if said.len() >= KEPT_MOST {
            said.clear();
        }
        said.insert(resource.clone(), verdict.clone());
        verdict
    }

    fn judge(&self, policies: &PolicySet, (request, entities): &(Request, Entities)) -> Verdict {
        if policies.is_empty() {
            return Verdict::Silent;
        }
        let response = self.authorizer.is_authorized(request, policies, entities);
        let reasons = response.diagnostics();
        // A `forbid` that fails to evaluate would otherwise be skipped, which would allow too much.
        if reasons.errors().next().is_some() {
            return Verdict::Failed;
        }
        let names: Vec<PolicyId> = reasons.reason().cloned().collect();
        match response.decision() {
            cedar_policy::Decision::Allow => Verdict::Permitted(names),
            cedar_policy::Decision::Deny if names.is_empty() => Verdict::Silent,
            cedar_policy::Decision::Deny => Verdict::Forbidden(names),
        }
    }

    fn decision(speaking: &Speaking, verdict: Verdict) -> Decision {
        let (allowed, names) = match verdict {
            Verdict::Failed => {
                return Decision { allowed: false, policies: vec![UNDECIDABLE.to_owned()], marks: Vec::new(), hint: None };
            }
            Verdict::Silent => (false, Vec::new()),
            Verdict::Permitted(names) => (true, names),
            Verdict::Forbidden(names) => (false, names),
        };
        let notes = || names.iter().filter_map(|name| speaking.notes.get(name));
        let marks = notes().filter_map(|notes| notes.mark.clone()).collect();
        let hint = notes().filter_map(|notes| notes.hint.clone()).min();
        let mut policies: Vec<String> = names.iter().map(ToString::to_string).collect();
        policies.sort_unstable();
        Decision { allowed, policies, marks, hint }
    }

    /// Decides, and says which role would help when the answer is no.
    #[must_use]
    pub fn explain(&self, caller: &Caller, action: Action, resource: &Resource, mode: Mode) -> Explanation {
        let speaking = &self.by_action[action as usize];
        let question = self.words.question(caller, action, resource, mode);
        let steady = question.as_ref().map_or(Verdict::Failed, |question| self.steady(speaking, resource, question));
        let personal = question.as_ref().map_or(Verdict::Failed, |question| self.judge(&speaking.personal, question));
        let refused = matches!(personal, Verdict::Forbidden(_) | Verdict::Failed);
        let decision = Self::decision(speaking, steady.clone().and(personal));
        let mut explanation = Explanation { decision, any_of: Vec::new(), roles: Vec::new(), grants: Vec::new() };
        if caller.user_id().is_none() {
            return explanation;
        }
        let varies = depends_on_caller(resource);
        if !varies && matches!(steady, Verdict::Forbidden(_) | Verdict::Failed) {
            return explanation;
        }
        let judged = |caller: &Caller| {
            let Ok(question) = self.words.question(caller, action, resource, mode) else { return Verdict::Failed };
            let steady = if varies { self.judge(&speaking.steady, &question) } else { steady.clone() };
            steady.and(self.judge(&speaking.personal, &question))
        };
        let permitted = |caller: &Caller| matches!(judged(caller), Verdict::Permitted(_));
        let holds = caller.rights(action, resource.place()).roles;
        let named = self.roles_named(action);
        if !explanation.decision.allowed {
            // Where nothing forbids it, only what a `permit` names can help.
            let helpful = if refused || varies { named.all } else { named.by_permits };
            let would_help = |role: &Role| permitted(&Caller { roles: caller.roles.with(*role), ..caller.clone() });
            explanation.any_of = helpful.iter().filter(|role| !holds.contains(*role)).filter(would_help).collect();
            return explanation;
        }
        let with = |roles, held: Vec<Held>| Caller { roles, holdings: Holdings::new(held), ..caller.clone() };
        let helpful = match judged(&with(RoleSet::NONE, Vec::new())) {
            Verdict::Permitted(_) => return explanation,
            Verdict::Silent if !varies => named.by_permits,
            _ => named.all,
        };
        let alone = |roles, held| permitted(&with(roles, held));
        explanation.roles =
            caller.roles.iter().filter(|role| helpful.contains(*role) && alone(RoleSet::NONE.with(*role), Vec::new())).collect();
        let speaks = |held: &Held| match &held.role {
            HeldRole::BuiltIn(role) => helpful.contains(*role),
            HeldRole::Custom { actions, .. } => actions.contains(action),
        };
        let here = |held: &&Held| action.counts_anywhere() || held.holds_at(resource.place());
        let carries = |held: &&Held| speaks(held) && alone(RoleSet::NONE, vec![(*held).clone()]);
        explanation.grants = caller.holdings.iter().filter(here).filter(carries).cloned().collect();
        explanation
    }

    /// The roles that the policies about an action name: no other changes what they say.
    fn roles_named(&self, action: Action) -> Named {
        let names = |speaking: &Speaking| {
            speaking.personal.policies().fold(Named::default(), |sum, policy| {
                let roles = policy.to_json().map_or(RoleSet::NONE, |json| roles_in(&json, RoleSet::NONE));
                let permits = if policy.effect() == Effect::Permit { roles } else { RoleSet::NONE };
                Named { all: sum.all.union(roles), by_permits: sum.by_permits.union(permits) }
            })
        };
        self.named.get_or_init(|| self.by_action.iter().map(names).collect())[action as usize]
    }

    pub(super) fn reach_table(&self) -> &ReachTable {
        &self.reach
    }
}

/// The roles that stand in a policy, in its JSON form: `{"type": "Role", "id": "author"}`.
fn roles_in(json: &serde_json::Value, sum: RoleSet) -> RoleSet {
    match json {
        serde_json::Value::Object(members) => {
            let is_role = members.get("type").is_some_and(|kind| kind == "Role");
            let role = members.get("id").filter(|_| is_role).and_then(|id| id.as_str()?.parse().ok());
            let sum = role.map_or(sum, |role| sum.with(role));
            members.values().fold(sum, |sum, inner| roles_in(inner, sum))
        }
        serde_json::Value::Array(items) => items.iter().fold(sum, |sum, inner| roles_in(inner, sum)),
        _ => sum,
    }
}

/// Parses policies and calls each by its `@id`.
fn named(policies: &str) -> Result<PolicySet, PolicyError> {
    let parsed: PolicySet = policies.parse().map_err(|error: cedar_policy::ParseErrors| PolicyError::Policies(error.to_string()))?;
    let mut named = PolicySet::new();
    for policy in parsed.policies() {
        let id = policy.annotation("id").filter(|id| !id.is_empty()).ok_or(PolicyError::NoId)?.to_owned();
        named.add(policy.new_id(PolicyId::new(&id))).map_err(|_| PolicyError::DuplicateId(id))?;
    }
    Ok(named)
}

/// Finds what does not fit: a schema with warnings, policies without names, policies that speak of unknown things.
///
/// # Errors
/// With everything that is wrong, in one sentence.
pub fn check(schema: &str, policies: &str) -> Result<(), PolicyError> {
    let (schema, warnings) = Schema::from_cedarschema_str(schema).map_err(|error| PolicyError::Schema(error.to_string()))?;
    let complaints: Vec<String> = warnings.map(|warning| warning.to_string()).collect();
    if !complaints.is_empty() {
        return Err(PolicyError::Schema(complaints.join("; ")));
    }
    let validated = Validator::new(schema).validate(&named(policies)?, ValidationMode::Strict);
    let complaints: Vec<String> =
        validated.validation_errors().map(ToString::to_string).chain(validated.validation_warnings().map(ToString::to_string)).collect();
    if complaints.is_empty() { Ok(()) } else { Err(PolicyError::Invalid(complaints.join("; "))) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::action::Effect;
    use super::*;

    #[test]
    fn the_built_in_policies_fit_their_schema() {
        check(SCHEMA, DEFAULT_POLICIES).expect("they fit");
        let policy = Policy::built_in().expect("valid policies");
        let count = |action: Action| policy.by_action[action as usize].iter().count();
        assert!(count(Action::CapabilityPublish) > count(Action::MeView) && count(Action::MeView) > 2);
    }

    #[test]
    fn policies_that_look_at_who_asks_are_told_from_others() {
        for (text, steady) in [
            ("permit (principal, action, resource);", true),
            ("forbid (principal is User, action, resource) when { resource has space };", true),
            ("permit (principal in Role::\"author\", action, resource);", false),
            ("permit (principal is User in Role::\"author\", action, resource);", false),
            ("permit (principal, action, resource) unless { resource == principal };", false),
            ("permit (principal, action, resource) when { [1, 2].contains(1) && (if context.solo then true else false) };", false),
        ] {
            let set: PolicySet = text.parse().expect(text);
            assert!(set.policies().all(|policy| is_steady(policy) == steady), "{text}");
        }
    }

    #[test]
    fn broken_policies_are_refused() {
        let check = |policies: &str, expected: &str| {
            let error = super::check(SCHEMA, policies).expect_err(policies).to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("permit (principal, action, resource);", "no @id");
        check("@id(\"a\") permit (principal, action, resource); @id(\"a\") forbid (principal, action, resource);", "called `a`");
        check("@id(\"a\") permit (principal, action == Action::\"fly\", resource);", "do not fit");
        check("@id(\"a\") permit (principal, action, resource) when { resource.colour == 1 };", "do not fit");
        check("permit everything", "parse the policies");
    }

    /// The names in the schema and in the program are the same, with the same grouping.
    #[test]
    fn the_schema_names_every_action() {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("valid schema");
        let groups = ["read", "change", "own"];
        let schema_actions: BTreeSet<String> =
            schema.actions().map(|uid| uid.id().unescaped().to_owned()).filter(|name| !groups.contains(&name.as_str())).collect();
        let ours: BTreeSet<String> = Action::ALL.iter().map(|action| action.name().to_owned()).collect();
        assert_eq!(schema_actions, ours);
        let entities = schema.action_entities().expect("action entities");
        for action in Action::ALL {
            let group = match action.effect() {
                Effect::Read => "read",
                Effect::Change => "change",
                Effect::Own => "own",
            };
            let uid = format!("Action::\"{action}\"").parse().expect("uid");
            let parents: Vec<String> =
                entities.ancestors(&uid).into_iter().flatten().map(|parent| parent.id().unescaped().to_owned()).collect();
            assert_eq!(parents, [group], "{action}");
        }
    }
}
