//! Lists of requests, newest first, and how many wait for the caller.
//!
//! What waits for somebody lies at their desks: one index range for each role they hold and each that they stand in for, so
//! that a list and a count read what they show and not what others have to do. What may not be seen is not read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Approvals, faults, stand_ins};
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Mode, Role, Sight};
use crate::domain::approval::{Approval, ApprovalState, MatterKind};
use crate::domain::identity::User;
use crate::domain::ids::{ApprovalId, CapabilityId};
use crate::domain::run::{Phase, Run};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{groups, holdings, persons, storage_fault};
use crate::store::record::approval::{
    BY_CAPABILITY, BY_DECIDER, BY_DESK, BY_MATTER, BY_REQUESTER, BY_STATE, capability_prefix, desk_prefix, group_desk, matter_prefix,
    requester_prefix, role_desk, state_prefix, user_prefix,
};
use crate::store::record::identity::user_key;
use crate::store::record::{run, scoped};
use crate::store::{Index, Scan, Snapshot, Stored};
use crate::wire::approval::{ApprovalCounts, ApprovalQuery, ApprovalSummary, ApprovalView};
use crate::wire::page::Page;

/// Requests read for one page, at most.
const WORK: usize = 2_000;
/// Requests read at one time.
const CHUNK: usize = 100;
/// Requests counted, at most.
const COUNTED: usize = 20_000;
/// Roles that a rule can name.
const DECIDING: [Role; 3] = [Role::Approver, Role::Reviewer, Role::TenantAdmin];

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// The place in the list of states, and the id before which the next page begins.
    state: usize,
    before: ApprovalId,
}

/// Who looks at the inbox.
struct Looker {
    /// Under which account and as which person.
    id: String,
    person: String,
    desks: Vec<String>,
    /// Some of what they hold holds at places only: each request is asked about.
    partly: bool,
}

/// One list of ranges, read together.
struct Ranges {
    index: Index,
    prefixes: Vec<Vec<u8>>,
}

impl Approvals {
    /// # Errors
    /// [`faults::BAD_QUERY`] names the parameter that cannot be understood.
    pub fn list(&self, caller: &Caller, query: &ApprovalQuery) -> Result<Page<ApprovalSummary>, Fault> {
        let nothing = || Page { items: Vec::new(), next: None };
        let sight = self.gate.sight(caller, Action::ApprovalView);
        let view = query.view.unwrap_or(ApprovalView::All);
        let states = states(view, query.state.as_deref())?;
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let snapshot = self.read()?;
        let Some(looker) = self.looker(&snapshot, caller)? else { return Ok(nothing()) };
        let to_decide = view == ApprovalView::ToDecide;
        let only_mine = view == ApprovalView::Mine || (sight == Sight::Own && !to_decide);
        if sight == Sight::Nothing && (!to_decide || looker.desks.is_empty()) {
            return Ok(nothing());
        }
        let capability = match &query.capability {
            None => None,
            Some(name) => match self.capabilities.id_of(&snapshot, &caller.tenant, name)? {
                Some(id) => Some(id),
                None => return Ok(nothing()),
            },
        };
        let wanted = |approval: &Approval| {
            (!only_mine || approval.requester.id.as_deref() == Some(looker.id.as_str()))
                && capability.is_none_or(|id| approval.matter.version().is_some_and(|(about, _, _)| about == id))
                && query.matter.is_none_or(|kind| approval.matter.kind() == kind)
                && (!to_decide || self.concerns(caller, &looker, approval))
                && (sight != Sight::Some || only_mine || to_decide || self.is_seen(&snapshot, caller, approval))
                && (!to_decide || !looker.partly || self.may_decide(&snapshot, caller, approval))
        };
        let (mut items, mut work) = (Vec::new(), 0);
        let first = cursor.as_ref().map_or(0, |cursor| cursor.state);
        for (place, state) in states.iter().enumerate().skip(first) {
            let ranges = ranges(caller, &looker, (view, only_mine), *state, capability, query.matter);
            let mut before = cursor.as_ref().filter(|_| place == first).map(|cursor| cursor.before);
            loop {
                let most = CHUNK.min(WORK - work);
                let some = newest(&snapshot, &ranges, before, most)?;
                let last = some.len() < most;
                for stored in some {
                    work += 1;
                    let id = stored.record.id;
                    before = Some(id);
                    if wanted(&stored.record) {
                        items.push(self.summary(&snapshot, caller, &stored.record)?);
                    }
                    if items.len() == limit || work == WORK {
                        return Ok(Page { items, next: Some(encode_cursor(&Cursor { state: place, before: id })) });
                    }
                }
                if last {
                    break;
                }
            }
        }
        Ok(Page { items, next: None })
    }

    /// How many wait for the caller: for badges.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn counts(&self, caller: &Caller) -> Result<ApprovalCounts, Fault> {
        let snapshot = self.read()?;
        let me = caller.actor().id.unwrap_or_default();
        let (tenant, open) = (&caller.tenant, ApprovalState::Open);
        let own = Scan::index(BY_REQUESTER, &requester_prefix(tenant, &me, open)).limit(COUNTED);
        let (mut waiting, mut cut) = (BTreeSet::new(), false);
        if let (Some(looker), Some(user)) = (self.looker(&snapshot, caller)?, caller.user_id()) {
            for desk in &looker.desks {
                let ids = ids(&snapshot, &Scan::index(BY_DESK, &desk_prefix(tenant, desk)).limit(COUNTED))?;
                cut |= ids.len() == COUNTED;
                waiting.extend(ids);
            }
            if looker.partly {
                let mut kept = BTreeSet::new();
                for key in waiting {
                    let approval: Option<Stored<Approval>> = snapshot.get(&scoped(tenant, &[&key])).map_err(storage_fault)?;
                    if approval.is_some_and(|stored| self.may_decide(&snapshot, caller, &stored.record)) {
                        kept.insert(key);
                    }
                }
                waiting = kept;
            }
            if !waiting.is_empty() {
                if self.gate.mode() == Mode::FourEyes {
                    let own: BTreeSet<Vec<u8>> = ids(&snapshot, &own)?.into_iter().collect();
                    waiting.retain(|id| !own.contains(id));
                }
                let done = Scan::index(BY_DECIDER, &user_prefix(tenant, user)).limit(COUNTED);
                let done: BTreeSet<Vec<u8>> = ids(&snapshot, &done)?.into_iter().collect();
                waiting.retain(|id| !done.contains(id));
            }
        }
        let confirm = Scan::index(run::BY_REQUESTER, &run::requester_prefix(tenant, &me, Phase::AwaitingConfirmation)).limit(COUNTED);
        let (reviews, reviews_overdue) = self.reviews(&snapshot, caller)?;
        Ok(ApprovalCounts {
            to_decide: waiting.len() as u64,
            to_decide_is_lower_bound: cut,
            mine: snapshot.count::<Approval>(&own).map_err(storage_fault)?,
            to_confirm: snapshot.count::<Run>(&confirm).map_err(storage_fault)?,
            reviews,
            reviews_overdue,
        })
    }

    /// Open reviews, and how many of them have waited for longer than they should. Reviews are few: each is read.
    fn reviews(&self, snapshot: &Snapshot, caller: &Caller) -> Result<(u64, u64), Fault> {
        if self.gate.sight(caller, Action::ApprovalView) != Sight::Tenant {
            return Ok((0, 0));
        }
        let scan = Scan::index(BY_MATTER, &matter_prefix(&caller.tenant, MatterKind::Review));
        let open = snapshot.count::<Approval>(&scan.clone().limit(COUNTED)).map_err(storage_fault)?;
        let some: Vec<Stored<Approval>> = snapshot.scan(&scan.limit(WORK)).map_err(storage_fault)?;
        let now = self.clock.now();
        Ok((open, some.iter().filter(|stored| stored.record.is_overdue(now)).count() as u64))
    }

    /// The account of the caller and the desks at which they decide: their own and those of people they stand in for.
    fn looker(&self, snapshot: &Snapshot, caller: &Caller) -> Result<Option<Looker>, Fault> {
        let Some(account) = persons::account_of(snapshot, &caller.tenant, &caller.actor())? else { return Ok(None) };
        let mut desks = BTreeSet::new();
        if caller.scope().contains(Action::ApprovalDecide) && !caller.roles.contains(Role::Auditor) {
            let mut people = vec![(account.record.id, caller.holdings.anywhere(caller.roles).roles)];
            for delegation in stand_ins(snapshot, caller, self.clock.now())? {
                let away = snapshot.get::<User>(&user_key(&caller.tenant, delegation.from)).map_err(storage_fault)?;
                if let Some(user) = away.map(|stored| stored.record) {
                    let holdings = holdings::of(snapshot, &user, self.clock.now())?;
                    people.push((user.id, holdings.anywhere(user.roles).roles));
                }
            }
            for (user, roles) in people {
                desks.extend(DECIDING.into_iter().filter(|role| roles.contains(*role)).map(role_desk));
                let memberships = groups::of_person(snapshot, &caller.tenant, user)?;
                let holding = memberships.iter().filter(|stored| stored.record.holds(self.clock.now()));
                desks.extend(holding.map(|stored| group_desk(&stored.record.group.to_string())));
            }
        }
        let id = account.record.id.to_string();
        Ok(Some(Looker {
            id,
            person: account.record.person_key(),
            desks: desks.into_iter().collect(),
            partly: caller.holdings.has_places(),
        }))
    }

    fn is_seen(&self, snapshot: &Snapshot, caller: &Caller, approval: &Approval) -> bool {
        persons::approval(snapshot, approval).is_ok_and(|thing| self.gate.may(caller, Action::ApprovalView, &thing))
    }

    fn may_decide(&self, snapshot: &Snapshot, caller: &Caller, approval: &Approval) -> bool {
        self.seen_by(snapshot, caller, approval).is_ok_and(|(thing, _)| self.gate.may(caller, Action::ApprovalDecide, &thing))
    }

    /// Whether a request at one's desk waits for this very person: cheap, for lists; whether they may decide is asked for each
    /// row shown.
    fn concerns(&self, caller: &Caller, looker: &Looker, approval: &Approval) -> bool {
        let asked = approval.requester.id.as_deref() == Some(looker.id.as_str()) || approval.person == looker.person;
        let barred = approval.barred.iter().any(|one| one.person == looker.person);
        let decided = approval.decision_of(&looker.person).is_some()
            || approval.decisions.iter().any(|decision| Some(decision.user) == caller.user_id());
        !decided && (!(asked || barred) || self.gate.mode() == Mode::Solo)
    }

    pub(super) fn summary(&self, snapshot: &Snapshot, caller: &Caller, approval: &Approval) -> Result<ApprovalSummary, Fault> {
        let now = self.clock.now();
        let open = approval.state == ApprovalState::Open && !approval.is_late(now);
        let me = caller.user_id();
        let decided_by_me = approval.decisions.iter().any(|decision| Some(decision.user) == me);
        let actions = if open {
            let (thing, _) = self.seen_by(snapshot, caller, approval)?;
            let all: &[Action] = match (decided_by_me, approval.matter.kind()) {
                (true, MatterKind::Review) => &[Action::ApprovalAssign],
                (true, _) => &[Action::ApprovalWithdraw, Action::ApprovalAssign],
                (false, MatterKind::Review) => &[Action::ApprovalDecide, Action::ApprovalAssign],
                (false, _) => &[Action::ApprovalDecide, Action::ApprovalWithdraw, Action::ApprovalAssign],
            };
            self.gate.actions_on(caller, all, &thing)
        } else {
            Vec::new()
        };
        let version = approval.matter.version();
        Ok(ApprovalSummary {
            id: approval.id.to_string(),
            state: approval.state,
            matter: approval.matter.kind(),
            name: approval.matter.name(),
            run: approval.matter.run().map(|run| run.to_string()),
            capability: version.map(|(_, name, _)| name.to_string()),
            version: version.map(|(_, _, number)| number),
            risk: approval.risk,
            requester: approval.requester.clone(),
            approvers: approval.approvers,
            role: approval.role,
            group: approval.group.clone(),
            escalates_at: approval.escalation.map(|escalation| escalation.done.unwrap_or(escalation.at).to_string()),
            escalates_to: approval.escalation.map(|escalation| escalation.role),
            escalated: approval.escalation.is_some_and(|escalation| escalation.done.is_some()),
            assignee: approval.assignee.clone(),
            overdue: approval.is_overdue(now),
            consents: u8::try_from(approval.consents(&|_| true)).unwrap_or(u8::MAX),
            decided_by_me,
            created_at: approval.created_at.to_string(),
            expires_at: approval.expires_at.to_string(),
            closed_at: approval.closed_at.map(|at| at.to_string()),
            closed_reason: approval.closed_reason.clone(),
            actions,
        })
    }
}

/// The ranges that hold what a view shows in one state.
fn ranges(
    caller: &Caller,
    looker: &Looker,
    (view, only_mine): (ApprovalView, bool),
    state: ApprovalState,
    capability: Option<CapabilityId>,
    matter: Option<MatterKind>,
) -> Ranges {
    let tenant = &caller.tenant;
    let one = |index, prefix| Ranges { index, prefixes: vec![prefix] };
    match (capability, matter) {
        _ if only_mine => one(BY_REQUESTER, requester_prefix(tenant, &looker.id, state)),
        _ if view == ApprovalView::ToDecide && state == ApprovalState::Open => {
            Ranges { index: BY_DESK, prefixes: looker.desks.iter().map(|desk| desk_prefix(tenant, desk)).collect() }
        }
        (Some(id), _) => one(BY_CAPABILITY, capability_prefix(tenant, id, state)),
        (None, Some(kind)) if state == ApprovalState::Open => one(BY_MATTER, matter_prefix(tenant, kind)),
        (None, _) => one(BY_STATE, state_prefix(tenant, state)),
    }
}

/// The newest requests of several ranges before an id, each once.
fn newest(snapshot: &Snapshot, ranges: &Ranges, before: Option<ApprovalId>, most: usize) -> Result<Vec<Stored<Approval>>, Fault> {
    let mut all: Vec<Stored<Approval>> = Vec::new();
    for prefix in &ranges.prefixes {
        let mut scan = Scan::index(ranges.index, prefix).reverse().limit(most);
        if let Some(before) = before {
            scan = scan.after_suffix(before.bytes());
        }
        all.extend(snapshot.scan::<Approval>(&scan).map_err(storage_fault)?);
    }
    if ranges.prefixes.len() > 1 {
        all.sort_by_key(|stored| std::cmp::Reverse(stored.record.id));
        all.dedup_by_key(|stored| stored.record.id);
        all.truncate(most);
    }
    Ok(all)
}

/// The ids at the ends of the keys of a range of an index.
fn ids(snapshot: &Snapshot, scan: &Scan) -> Result<Vec<Vec<u8>>, Fault> {
    let keys = snapshot.keys::<Approval>(scan).map_err(storage_fault)?;
    Ok(keys.into_iter().map(|key| key[key.len().saturating_sub(16)..].to_vec()).collect())
}

fn states(view: ApprovalView, words: Option<&str>) -> Result<Vec<ApprovalState>, Fault> {
    let Some(words) = words.filter(|words| !words.is_empty()) else {
        return Ok(if view == ApprovalView::ToDecide { vec![ApprovalState::Open] } else { ApprovalState::ALL.to_vec() });
    };
    let bad = |word: &str| {
        let known: Vec<&str> = ApprovalState::ALL.iter().map(|state| state.word()).collect();
        let word: String = word.chars().take(40).collect();
        faults::BAD_QUERY.fault(format!("`{word}` is not a state of a request")).hint(format!("Write one or more of {}.", known.join(", ")))
    };
    words.split(',').map(|word| ApprovalState::from_word(word.trim()).ok_or_else(|| bad(word))).collect()
}
