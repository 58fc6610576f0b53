//! Is it alive, can it work: `/healthz` and `/readyz`.
//!
//! What "can work" means is told by probes that the assembly provides; this file knows no ledger and no spawner.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::described::{Routes, routes};
use super::state::AppState;

/// One thing that must be true for the appliance to take work: its name, and the reason when it is not.
pub struct Probe {
    pub name: &'static str,
    pub trouble: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl Probe {
    #[must_use]
    pub fn new(name: &'static str, trouble: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { name, trouble: Arc::new(trouble) }
    }
}

/// The probes of one appliance.
#[derive(Default)]
pub struct Health {
    pub probes: Vec<Probe>,
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Liveness {
    /// Always `alive`.
    pub status: &'static str,
}

/// Whether the appliance takes work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    pub ready: bool,
    /// What stands in the way.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadinessReason)]
pub struct Reason {
    pub name: &'static str,
    pub detail: String,
}

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// The process is alive and answers requests.
#[utoipa::path(get, path = "/healthz", tag = "system", security(()), responses((status = 200, body = Liveness)))]
async fn healthz() -> Json<Liveness> {
    Json(Liveness { status: "alive" })
}

/// The appliance takes work: the ledger can be written, runs can be started, no stop is under way.
#[utoipa::path(get, path = "/readyz", tag = "system", security(()), responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let mut reasons: Vec<Reason> =
        state.health.probes.iter().filter_map(|probe| Some(Reason { name: probe.name, detail: (probe.trouble)()? })).collect();
    if state.stop.draining.is_cancelled() {
        reasons.push(Reason { name: "draining", detail: "the appliance is stopping".to_owned() });
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready: reasons.is_empty(), reasons }))
}
