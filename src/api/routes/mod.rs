//! One file per noun. Paths are written in full where they are served.

use utoipa_axum::router::OpenApiRouter;

use super::state::AppState;

mod errors;
mod me;
mod roles;
mod session;
mod setup;
mod tokens;
mod users;

/// All routes under `/api/v1`.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(errors::router())
        .merge(setup::router())
        .merge(session::router())
        .merge(me::router())
        .merge(tokens::router())
        .merge(users::router())
        .merge(roles::router())
}
