//! The appliance itself.

use axum::Json;
use axum::extract::State;

use super::super::described::{Routes, routes};
use crate::api::caller::SignedIn;
use crate::api::state::AppState;
use crate::api::{Problem, Respond};
use crate::wire::page::Page;
use crate::wire::system::{DoctorReport, RuntimeSummary, SystemInfo};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(info)).routes(routes!(doctor)).routes(routes!(runtimes))
}

/// What this appliance is and does.
#[utoipa::path(get, path = "/api/v1/system", tag = "system", responses((status = 200, body = SystemInfo), Problem))]
async fn info(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<SystemInfo>> {
    Ok(Json(state.system.info(&caller).await?))
}

/// What the host lacks, and what to do about it.
#[utoipa::path(get, path = "/api/v1/doctor", tag = "system", responses((status = 200, body = DoctorReport), Problem))]
async fn doctor(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<DoctorReport>> {
    Ok(Json(state.system.doctor(&caller).await?))
}

/// The interpreters of this host.
#[utoipa::path(get, path = "/api/v1/runtimes", tag = "system", responses((status = 200, body = Page<RuntimeSummary>), Problem))]
async fn runtimes(State(state): State<AppState>, SignedIn(caller): SignedIn) -> Respond<Json<Page<RuntimeSummary>>> {
    Ok(Json(state.system.runtimes(&caller).await?))
}
