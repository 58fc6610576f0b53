//! One file per noun. Paths are written in full where they are served.

use utoipa_axum::router::OpenApiRouter;

use super::state::AppState;

mod errors;

/// All routes under `/api/v1`.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(errors::router())
}
