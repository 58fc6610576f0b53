//! Who may do what: one row for each account, by the roles that count in the tenant or at one place.

use super::Access;
use crate::base::fault::Fault;
use crate::base::limit::PAGE_ROWS;
use crate::domain::access::{Action, Caller, Resource, SpacePath};
use crate::domain::identity::{User, UserState};
use crate::domain::ids::UserId;
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{holdings, persons, storage_fault};
use crate::store::record::scoped;
use crate::store::{Scan, Stored};
use crate::wire::access::{AccessMatrix, MatrixQuery, MatrixRow};

/// Rows of one page unless asked for otherwise.
const ROWS: usize = 50;

impl Access {
    /// Accounts in the order of their ids, with what each may do.
    ///
    /// # Errors
    /// When the caller may not ask about others, or a text makes no sense.
    pub async fn matrix(&self, caller: &Caller, query: &MatrixQuery) -> Result<AccessMatrix, Fault> {
        let _permit = self.gate().allow(caller, Action::GrantView, &Resource::Tenant(caller.tenant.clone())).await?;
        let place: Option<SpacePath> = match query.place.as_deref() {
            None => None,
            Some(text) => Some(text.parse().map_err(|error| super::faults::bad_grant("/place", format!("`place`: {error}")))?),
        };
        let action: Option<Action> = match query.action.as_deref() {
            None => None,
            Some(text) => Some(
                text.parse()
                    .map_err(|error: crate::domain::access::action::ActionError| super::faults::bad_grant("/action", error.to_string()))?,
            ),
        };
        let cursor: Option<UserId> = decode_cursor(query.cursor.as_deref())?;
        let limit = query.limit.unwrap_or(ROWS).clamp(1, PAGE_ROWS);
        let snapshot = self.read()?;
        let mut scan = Scan::table(&scoped(&caller.tenant, &[])).limit(limit + 1);
        if let Some(after) = cursor {
            scan = scan.after(&scoped(&caller.tenant, &[after.bytes()]));
        }
        let mut users: Vec<Stored<User>> = snapshot.scan(&scan).map_err(storage_fault)?;
        let more = users.len() > limit;
        users.truncate(limit);
        let next = users.last().filter(|_| more).map(|stored| encode_cursor(&stored.record.id));
        let now = self.gate().now();
        let mut rows = Vec::new();
        for user in users.into_iter().map(|stored| stored.record) {
            let asked = persons::as_signed_in(&snapshot, &user, now)?;
            let reach = self.gate().reach_at(&asked, place.as_ref().map(SpacePath::as_str));
            let active = user.state == UserState::Active;
            let wanted = |found: &Action| action.is_none_or(|action| action == *found);
            let names = |set: crate::domain::access::ActionSet| -> Vec<String> {
                set.iter().filter(|_| active).filter(wanted).map(|action| action.name().to_owned()).collect()
            };
            let rights = holdings::of(&snapshot, &user, now)?.at(user.roles, place.as_ref().map(SpacePath::as_str));
            let (actions, own_only) = (names(reach.others), names(reach.own.without(reach.others)));
            if action.is_some() && actions.is_empty() && own_only.is_empty() {
                continue;
            }
            let custom = asked.holdings.iter().filter(|held| held.holds_at(place.as_ref().map(SpacePath::as_str)));
            let custom = custom.filter(|held| matches!(held.role, crate::domain::access::HeldRole::Custom { .. }));
            let mut roles: Vec<String> = rights.roles.iter().map(|role| role.name().to_owned()).collect();
            roles.extend(custom.map(|held| held.role.name().to_owned()));
            roles.dedup();
            rows.push(MatrixRow { id: user.id.to_string(), user: user.name.to_string(), active, roles, actions, own_only });
        }
        Ok(AccessMatrix {
            place: place.map(|place| place.to_string()),
            actions: Action::ALL.iter().map(|a| a.name().to_owned()).collect(),
            rows,
            next,
        })
    }
}
