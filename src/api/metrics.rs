//! `/metrics`: the counts as Prometheus text.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;

use super::described::{Routes, routes};
use super::problem::{Problem, Respond};
use super::state::AppState;
use crate::base::fault::BUG;

const TEXT_FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(metrics))
}

/// Counts for a monitoring system, as OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "system", security(()), responses((status = 200, body = String, content_type = "application/openmetrics-text"), Problem))]
async fn metrics(State(state): State<AppState>) -> Respond<impl IntoResponse> {
    (state.gauge)(&state.meters);
    let mut registry = state.meters.registry();
    let resident = Gauge::<i64>::default();
    resident.set(resident_bytes());
    registry.register("process_resident_memory_bytes", "Memory of the server process", resident);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| BUG.fault("counts cannot be written").cause(error))?;
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], text))
}

/// Resident memory of this process; 0 where /proc is not to be had.
fn resident_bytes() -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<i64>().ok()).unwrap_or(0) * 1_024
}
