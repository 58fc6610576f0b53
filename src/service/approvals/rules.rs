//! The rules that say what starts and other requests need: for each risk class, for single capabilities, and for each kind of
//! request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Agreed, Approvals, Effect, Enact, Outcome, Wish, faults, read_change};
use crate::base::clock::Timestamp;
use crate::base::fault::{Fault, FieldFault};
use crate::domain::access::{Action, Caller, Mode, Resource};
use crate::domain::approval::{Change, Effective, MatterKind, Need, Rule, RuleScope, RuleSetting};
use crate::domain::audit::{Actor, Subject};
use crate::domain::capability::{Capability, Risk, Version};
use crate::domain::ids::TenantKey;
use crate::service::{commit_fault, conditions, groups, resource, storage_fault};
use crate::store::record::approval::rule_key;
use crate::store::record::capability::version_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::approval::{RuleView, RuleViews};

/// How often a change re-reads a rule that others change too.
const TRIES: usize = 5;
/// Rules shown, at most; there is one for each capability that has its own.
const SHOWN: usize = 1_000;

/// The name of rules among the settings.
const SETTING: &str = "rule";

/// What a rule is about, as somebody names it.
#[derive(Debug, Clone)]
pub enum RuleTarget {
    Risk(Risk),
    Capability(String),
    Matter(MatterKind),
}

/// A rule that is to hold; none for the usual one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wished {
    scope: RuleScope,
    risk: Risk,
    rule: Option<Rule>,
}

/// Writes rules that were agreed to.
pub struct RuleSettings;

impl RuleSettings {
    #[must_use]
    pub fn setting() -> Arc<dyn Enact> {
        Arc::new(Self)
    }
}

impl Enact for RuleSettings {
    fn setting(&self) -> &'static str {
        SETTING
    }

    fn current(&self, snapshot: &Snapshot, tenant: &TenantKey, change: &Change) -> Result<Value, Fault> {
        let wish: Wished = read_change(change)?;
        let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(tenant, wish.scope)).map_err(storage_fault)?;
        Ok(json!(stored.map(|stored| stored.record.rule)))
    }

    fn right(&self, tenant: &TenantKey) -> (Action, Resource) {
        (Action::RuleUpdate, Resource::Tenant(tenant.clone()))
    }

    fn enact(&self, snapshot: &Snapshot, agreed: &Agreed<'_>, commit: &mut Commit) -> Result<Effect, Fault> {
        let wish: Wished = read_change(agreed.change)?;
        let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(agreed.tenant, wish.scope)).map_err(storage_fault)?;
        write(agreed.tenant, &wish, stored.as_ref(), (agreed.now, agreed.approval.requester.clone()), commit);
        Ok(Effect { verb: "rule.update", subject: subject(wish.scope), details: vec![("relaxes", json!(true))] })
    }
}

fn subject(scope: RuleScope) -> Subject {
    Subject { kind: "rule".to_owned(), id: Some(scope.key()), name: None }
}

const fn kind_of(scope: RuleScope) -> &'static str {
    match scope {
        RuleScope::Risk(_) => "risk",
        RuleScope::Capability(_) => "capability",
        RuleScope::Matter(_) => "requests to",
    }
}

fn write(tenant: &TenantKey, wish: &Wished, stored: Option<&Stored<RuleSetting>>, (at, by): (Timestamp, Actor), commit: &mut Commit) {
    let setting = wish.rule.as_ref().map(|rule| RuleSetting {
        tenant: tenant.clone(),
        scope: wish.scope,
        rule: rule.clone(),
        set_at: at,
        set_by: by,
    });
    match (stored, &setting) {
        (None, None) => {}
        (None, Some(new)) => {
            commit.insert(new);
        }
        (Some(old), Some(new)) => {
            commit.update(old, new);
        }
        (Some(old), None) => {
            commit.delete(old);
        }
    }
}

/// The rule that holds, and the one that would.
fn before_and_after(snapshot: &Snapshot, caller: &Caller, wish: &Wished, stored: Option<&Rule>, mode: Mode) -> Result<(Rule, Rule), Fault> {
    let usual = match wish.scope {
        RuleScope::Risk(risk) => Rule::usual(risk),
        RuleScope::Matter(kind) => Rule::usual_for(kind, mode),
        RuleScope::Capability(id) => match stored {
            Some(_) => of_class(snapshot, caller, wish.risk)?,
            None => conditions::in_force(snapshot, &caller.tenant, id, wish.risk)?.rule,
        },
    };
    Ok((stored.cloned().unwrap_or_else(|| usual.clone()), wish.rule.clone().unwrap_or(usual)))
}

fn check(target: &RuleTarget, rule: Option<&Rule>) -> Result<(), Fault> {
    let refuse = |pointer: &str, message: String| {
        let field = FieldFault { pointer: pointer.to_owned(), rule: "range".to_owned(), message: message.clone(), params: Vec::new() };
        Err(faults::BAD_RULE.fault(message).field(field).hint("Correct the field that is named."))
    };
    let Some(rule) = rule else { return Ok(()) };
    if let Some(error) = rule.check().err() {
        return refuse(error.pointer(), error.to_string());
    }
    if rule.checklist_required && !matches!(target, RuleTarget::Matter(MatterKind::Publish)) {
        return refuse("/checklist_required", "the checklist is required of what is to be published, and of nothing else".to_owned());
    }
    match (target, rule.need) {
        (RuleTarget::Matter(MatterKind::Run), _) => refuse("", "the rules for runs are those of risk classes and capabilities".to_owned()),
        (RuleTarget::Matter(_), Need::Confirm) => {
            refuse("/need", "requests that are no runs are agreed to by others or by nobody".to_owned())
        }
        (RuleTarget::Matter(MatterKind::Review), Need::None) => refuse("/need", "a review must be answered by somebody".to_owned()),
        (RuleTarget::Matter(_), _) if rule.ticket_pattern.is_some() => refuse("/ticket_pattern", "only runs have tickets".to_owned()),
        _ => Ok(()),
    }
}

impl Approvals {
    /// The rules in force: one for each risk class and each kind of request, then those of single capabilities.
    ///
    /// # Errors
    /// When the caller may not see rules.
    pub async fn rules(&self, caller: &Caller) -> Result<RuleViews, Fault> {
        let _permit = self.gate.allow(caller, Action::RuleView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let mut items = Vec::new();
        for risk in Risk::ALL {
            let set: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, RuleScope::Risk(risk))).map_err(storage_fault)?;
            items.push(match set {
                Some(set) => view(&set.record, None),
                None => RuleView { risk: Some(risk), capability: None, matter: None, rule: Rule::usual(risk), set_at: None, set_by: None },
            });
        }
        for kind in [MatterKind::Publish, MatterKind::Setting, MatterKind::Review] {
            let set: Option<Stored<RuleSetting>> =
                snapshot.get(&rule_key(&caller.tenant, RuleScope::Matter(kind))).map_err(storage_fault)?;
            let usual = || Rule::usual_for(kind, self.gate.mode());
            items.push(match set {
                Some(set) => view(&set.record, None),
                None => RuleView { risk: None, capability: None, matter: Some(kind), rule: usual(), set_at: None, set_by: None },
            });
        }
        let scan = Scan::table(&scoped(&caller.tenant, &[b"capability:"])).limit(SHOWN);
        for set in snapshot.scan::<RuleSetting>(&scan).map_err(storage_fault)? {
            if let RuleScope::Capability(id) = set.record.scope {
                let capability: Option<Stored<Capability>> = snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?;
                let name = capability.map_or_else(|| id.to_string(), |capability| capability.record.name.to_string());
                items.push(view(&set.record, Some(name)));
            }
        }
        Ok(RuleViews { items })
    }

    /// Sets a rule; nothing restores the usual one. Requests that wait under another rule are void from then on. A rule that
    /// asks for less takes the consent of others where four eyes are asked for.
    ///
    /// # Errors
    /// [`faults::BAD_RULE`] names the field that makes no sense.
    pub async fn set_rule(
        &self,
        caller: &Caller,
        target: &RuleTarget,
        rule: Option<Rule>,
        reason: Option<String>,
    ) -> Result<Outcome<RuleViews>, Fault> {
        let permit = self.gate.allow(caller, Action::RuleUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        if let Err(fault) = check(target, rule.as_ref()) {
            let about = Subject { kind: "rule".to_owned(), id: None, name: None };
            self.gate.refuse(caller, "rule.update", about, &fault).await;
            return Err(fault);
        }
        let rule = match self.with_group(caller, rule) {
            Ok(rule) => rule,
            Err(fault) => {
                let about = Subject { kind: "rule".to_owned(), id: None, name: None };
                self.gate.refuse(caller, "rule.update", about, &fault).await;
                return Err(fault);
            }
        };
        for _ in 0..TRIES {
            let scope = match target {
                RuleTarget::Risk(risk) => Some((RuleScope::Risk(*risk), *risk, risk.word().to_owned())),
                RuleTarget::Matter(kind) => Some((RuleScope::Matter(*kind), Risk::High, kind.word().to_owned())),
                RuleTarget::Capability(name) => {
                    self.capability_scope(&self.read()?, caller, name)?.map(|(scope, risk)| (scope, risk, name.clone()))
                }
            };
            let Some((scope, risk, name)) = scope else {
                let RuleTarget::Capability(name) = target else { continue };
                return Err(self.gate.missing(caller, Action::RuleUpdate, "capability", name).await);
            };
            let wish = Wished { scope, risk, rule: rule.clone() };
            let (stored, before, after) = {
                let snapshot = self.read()?;
                let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, scope)).map_err(storage_fault)?;
                let (before, after) =
                    before_and_after(&snapshot, caller, &wish, stored.as_ref().map(|stored| &stored.record.rule), self.gate.mode())?;
                (stored, before, after)
            };
            let relaxes = after.is_weaker_than(&before);
            if relaxes && let Some(ruling) = self.requests.rule(&caller.tenant)? {
                let stored_rule = stored.as_ref().map(|stored| stored.record.rule.clone());
                let change = Change {
                    setting: SETTING.to_owned(),
                    name: format!("{} {name}", kind_of(scope)),
                    change: json!(wish),
                    before: json!(stored_rule),
                    after: json!(rule.clone().unwrap_or(after)),
                };
                let asked = self.requests.ask(caller, &permit, Wish { change, risk: Risk::High, reason }, &ruling).await?;
                return Ok(Outcome::Asked(asked));
            }
            let mut commit = Commit::new();
            write(&caller.tenant, &wish, stored.as_ref(), (self.clock.now(), caller.actor()), &mut commit);
            let mut event = permit.note(self.gate.event(caller, "rule.update", subject(scope)));
            event.details.insert("before".to_owned(), json!(before));
            event.details.insert("after".to_owned(), json!(after));
            event.details.insert("relaxes".to_owned(), json!(relaxes));
            if relaxes {
                event.details.insert("self_approved".to_owned(), json!(true));
            }
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(Outcome::Done(self.rules(caller).await?)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BAD_RULE.fault("the rule keeps changing; look at it again"))
    }

    /// The rule with the id of the group that it names, so that another group of the name has no part in it.
    fn with_group(&self, caller: &Caller, rule: Option<Rule>) -> Result<Option<Rule>, Fault> {
        let Some(text) = rule.as_ref().and_then(|rule| rule.group.clone()) else { return Ok(rule) };
        let found = groups::find(&self.read()?, &caller.tenant, &text)?;
        let found = found.ok_or_else(|| {
            let message = format!("there is no group `{}`", text.chars().take(80).collect::<String>());
            let field = FieldFault { pointer: "/group".to_owned(), rule: "range".to_owned(), message: message.clone(), params: Vec::new() };
            faults::BAD_RULE.fault(message).field(field).hint("See `execgov group list`.")
        })?;
        Ok(rule.map(|rule| Rule { group: Some(found.record.id.to_string()), ..rule }))
    }

    /// The capability that a rule names, with the risk of the version that would run.
    fn capability_scope(&self, snapshot: &Snapshot, caller: &Caller, name: &str) -> Result<Option<(RuleScope, Risk)>, Fault> {
        let Some(id) = self.capabilities.id_of(snapshot, &caller.tenant, name)? else { return Ok(None) };
        let stored: Option<Stored<Capability>> = snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?;
        let Some(capability) = stored.map(|stored| stored.record) else { return Ok(None) };
        let number = capability.current.unwrap_or(capability.latest);
        let version: Option<Stored<Version>> = snapshot.get(&version_key(&caller.tenant, id, number)).map_err(storage_fault)?;
        let Some(version) = version.map(|stored| stored.record) else { return Ok(None) };
        let may_see = self.gate.may(caller, Action::CapabilityView, &resource::version(&capability, &version));
        Ok(may_see.then_some((RuleScope::Capability(id), version.manifest.risk)))
    }
}

fn of_class(snapshot: &Snapshot, caller: &Caller, risk: Risk) -> Result<Rule, Fault> {
    let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, RuleScope::Risk(risk))).map_err(storage_fault)?;
    Ok(Effective::of(None, stored.map(|stored| stored.record.rule), risk).rule)
}

fn view(setting: &RuleSetting, capability: Option<String>) -> RuleView {
    RuleView {
        risk: match setting.scope {
            RuleScope::Risk(risk) => Some(risk),
            RuleScope::Capability(_) | RuleScope::Matter(_) => None,
        },
        capability,
        matter: match setting.scope {
            RuleScope::Matter(kind) => Some(kind),
            RuleScope::Risk(_) | RuleScope::Capability(_) => None,
        },
        rule: setting.rule.clone(),
        set_at: Some(setting.set_at.to_string()),
        set_by: Some(setting.set_by.clone()),
    }
}
