//! One file per noun. Paths are written in full where they are served.

use super::described::Routes;

mod access;
mod announcements;
mod approvals;
mod audit;
mod backups;
mod calendars;
mod capabilities;
mod community;
mod delegations;
mod errors;
mod files;
mod freezes;
mod groups;
mod live;
mod logs;
mod me;
mod openapi;
mod policies;
mod resources;
mod reviews;
mod roles;
mod runs;
mod secrets;
mod services;
mod session;
mod setup;
mod spaces;
mod system;
mod templates;
mod tenants;
mod tokens;
mod users;
mod vault;
mod webhooks;

/// All routes under `/api/v1`.
pub(super) fn router() -> Routes {
    Routes::new()
        .merge(access::router())
        .merge(announcements::router())
        .merge(approvals::router())
        .merge(audit::router())
        .merge(backups::router())
        .merge(calendars::router())
        .merge(capabilities::router())
        .merge(community::router())
        .merge(delegations::router())
        .merge(reviews::router())
        .merge(errors::router())
        .merge(system::router())
        .merge(files::router())
        .merge(freezes::router())
        .merge(groups::router())
        .merge(live::router())
        .merge(logs::router())
        .merge(me::router())
        .merge(openapi::router())
        .merge(policies::router())
        .merge(resources::router())
        .merge(roles::router())
        .merge(runs::router())
        .merge(secrets::router())
        .merge(services::router())
        .merge(session::router())
        .merge(setup::router())
        .merge(spaces::router())
        .merge(tenants::router())
        .merge(templates::router())
        .merge(tokens::router())
        .merge(users::router())
        .merge(webhooks::router())
        .merge(vault::router())
}
