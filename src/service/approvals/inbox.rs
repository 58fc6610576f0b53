//! Lists of requests, newest first, and how many wait for the caller.
//!
//! A list reads one index range for each state, newest id first, within a bound of work; what may not be seen is not read.

use serde::{Deserialize, Serialize};

use super::{Approvals, faults};
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Mode, Sight};
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::ids::ApprovalId;
use crate::domain::run::{Phase, Run};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{persons, storage_fault};
use crate::store::record::approval::{BY_CAPABILITY, BY_REQUESTER, BY_STATE, capability_prefix, requester_prefix, state_prefix};
use crate::store::record::run;
use crate::store::{Index, Scan, Snapshot, Stored};
use crate::wire::approval::{ApprovalCounts, ApprovalQuery, ApprovalSummary, ApprovalView};
use crate::wire::page::Page;

/// Requests read for one page, at most.
const WORK: usize = 2_000;
/// Requests looked at for a count, at most.
const COUNTED: usize = 1_000;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// The place in the list of states, and the id before which the next page begins.
    state: usize,
    before: ApprovalId,
}

impl Approvals {
    /// # Errors
    /// [`faults::BAD_QUERY`] names the parameter that cannot be understood.
    pub fn list(&self, caller: &Caller, query: &ApprovalQuery) -> Result<Page<ApprovalSummary>, Fault> {
        let nothing = || Page { items: Vec::new(), next: None };
        let sight = self.gate.sight(caller, Action::ApprovalView);
        let view = query.view.unwrap_or(ApprovalView::All);
        let only_mine = view == ApprovalView::Mine || sight == Sight::Own;
        let Some(me) = caller.actor().id.filter(|_| sight != Sight::Nothing) else { return Ok(nothing()) };
        let states = states(view, query.state.as_deref())?;
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let snapshot = self.read()?;
        let capability = match &query.capability {
            None => None,
            Some(name) => match self.capabilities.id_of(&snapshot, &caller.tenant, name)? {
                Some(id) => Some(id),
                None => return Ok(nothing()),
            },
        };
        let wanted = |approval: &Approval| {
            let mine = approval.requester.id.as_deref() == Some(me.as_str());
            (!only_mine || mine)
                && capability.is_none_or(|id| approval.capability == id)
                && (view != ApprovalView::ToDecide || self.concerns(caller, approval))
        };
        let (mut items, mut work) = (Vec::new(), 0);
        let first = cursor.as_ref().map_or(0, |cursor| cursor.state);
        for (place, state) in states.iter().enumerate().skip(first) {
            let (index, prefix) = match capability {
                _ if only_mine => (BY_REQUESTER, requester_prefix(&caller.tenant, &me, *state)),
                Some(id) => (BY_CAPABILITY, capability_prefix(&caller.tenant, id, *state)),
                None => (BY_STATE, state_prefix(&caller.tenant, *state)),
            };
            let before = cursor.as_ref().filter(|_| place == first).map(|cursor| cursor.before);
            for stored in rows(&snapshot, index, &prefix, before, WORK - work)? {
                work += 1;
                let approval = stored.record;
                let id = approval.id;
                if wanted(&approval) {
                    items.push(self.summary(&snapshot, caller, &approval)?);
                }
                if items.len() == limit || work == WORK {
                    return Ok(Page { items, next: Some(encode_cursor(&Cursor { state: place, before: id })) });
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
        let (mut to_decide, mut looked) = (0, 0);
        if self.gate.sight(caller, Action::ApprovalDecide) != Sight::Nothing || self.gate.mode() == Mode::Solo {
            let some = rows(&snapshot, BY_STATE, &state_prefix(tenant, open), None, COUNTED)?;
            looked = some.len();
            to_decide = some.iter().filter(|stored| self.concerns(caller, &stored.record)).count();
        }
        let mine = snapshot.count::<Approval>(&Scan::index(BY_REQUESTER, &requester_prefix(tenant, &me, open)).limit(COUNTED));
        let confirm = Scan::index(run::BY_REQUESTER, &run::requester_prefix(tenant, &me, Phase::AwaitingConfirmation)).limit(COUNTED);
        Ok(ApprovalCounts {
            to_decide: to_decide as u64,
            to_decide_is_lower_bound: looked == COUNTED,
            mine: mine.map_err(storage_fault)?,
            to_confirm: snapshot.count::<Run>(&confirm).map_err(storage_fault)?,
        })
    }

    /// Whether a request waits for this very person: cheap, for lists; whether they may decide is asked for each row shown.
    fn concerns(&self, caller: &Caller, approval: &Approval) -> bool {
        let Some(me) = caller.user_id() else { return false };
        let mine = approval.requester.id.as_deref() == Some(me.to_string().as_str());
        caller.roles.contains(approval.role)
            && caller.scope().contains(Action::ApprovalDecide)
            && (!mine || self.gate.mode() == Mode::Solo)
            && approval.decisions.iter().all(|decision| decision.user != me)
    }

    pub(super) fn summary(&self, snapshot: &Snapshot, caller: &Caller, approval: &Approval) -> Result<ApprovalSummary, Fault> {
        let thing = persons::approval(snapshot, approval)?;
        let open = approval.state == ApprovalState::Open && self.clock.now() < approval.expires_at;
        let me = caller.user_id();
        let decided_by_me = approval.decisions.iter().any(|decision| Some(decision.user) == me);
        let actions = match open {
            true if decided_by_me => self.gate.actions_on(caller, &[Action::ApprovalWithdraw], &thing),
            true => self.gate.actions_on(caller, &[Action::ApprovalDecide, Action::ApprovalWithdraw], &thing),
            false => Vec::new(),
        };
        Ok(ApprovalSummary {
            id: approval.id.to_string(),
            state: approval.state,
            run: approval.run.to_string(),
            capability: approval.capability_name.to_string(),
            version: approval.version,
            risk: approval.risk,
            requester: approval.requester.clone(),
            approvers: approval.approvers,
            role: approval.role,
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

fn rows(snapshot: &Snapshot, index: Index, prefix: &[u8], before: Option<ApprovalId>, most: usize) -> Result<Vec<Stored<Approval>>, Fault> {
    let mut scan = Scan::index(index, prefix).reverse().limit(most);
    if let Some(before) = before {
        scan = scan.after_suffix(before.bytes());
    }
    snapshot.scan(&scan).map_err(storage_fault)
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
