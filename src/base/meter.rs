//! Counts that an operator watches. Handles are cheap to clone and safe to bump from any thread.
//!
//! Labels are only ever from fixed lists, so that a scrape stays small whatever people do.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One HTTP request, by the template of its route and the class of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    pub method: &'static str,
    pub route: String,
    /// `2xx` to `5xx`.
    pub status: &'static str,
}

/// A run, by the phase it has reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PhaseLabels {
    pub phase: &'static str,
}

/// A place that audit events are sent to: `syslog` or `file`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TargetLabels {
    pub target: String,
}

/// All counts of one appliance.
#[derive(Debug, Clone)]
pub struct Meters {
    pub requests: Family<RequestLabels, Counter>,
    pub request_seconds: Histogram,
    pub connections: Gauge,
    pub connections_refused: Counter,
    /// Requests whose handler panicked: each is a defect of ours.
    pub panics: Counter,
    /// Runs that have entered a phase since start.
    pub runs: Family<PhaseLabels, Counter>,
    pub queued: Gauge,
    pub running: Gauge,
    pub commits: Counter,
    pub commit_seconds: Histogram,
    pub log_bytes: Counter,
    pub forward_lag: Family<TargetLabels, Gauge>,
    pub forward_lag_seconds: Family<TargetLabels, Gauge>,
    pub forward_failing: Family<TargetLabels, Gauge>,
}

impl Default for Meters {
    fn default() -> Self {
        let seconds = || Histogram::new([0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        Self {
            requests: Family::default(),
            request_seconds: seconds(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            panics: Counter::default(),
            runs: Family::default(),
            queued: Gauge::default(),
            running: Gauge::default(),
            commits: Counter::default(),
            commit_seconds: seconds(),
            log_bytes: Counter::default(),
            forward_lag: Family::default(),
            forward_lag_seconds: Family::default(),
            forward_failing: Family::default(),
        }
    }
}

impl Meters {
    /// A registry that shows these counts under the product's prefix.
    #[must_use]
    pub fn registry(&self) -> Registry {
        let mut to = Registry::with_prefix("execgov");
        to.register("http_requests", "Requests answered", self.requests.clone());
        to.register("http_request_seconds", "Time to the head of the answer", self.request_seconds.clone());
        to.register("http_connections", "Open connections", self.connections.clone());
        to.register("http_connections_refused", "Connections closed at a bound", self.connections_refused.clone());
        to.register("panics", "Requests that met a defect of the appliance", self.panics.clone());
        to.register("runs", "Runs that entered a phase since start", self.runs.clone());
        to.register("runs_queued", "Runs waiting", self.queued.clone());
        to.register("runs_running", "Runs running", self.running.clone());
        to.register("ledger_commits", "Commits made durable", self.commits.clone());
        to.register("ledger_commit_seconds", "Time from handing over a commit to its being durable", self.commit_seconds.clone());
        to.register("log_bytes", "Bytes of run output stored", self.log_bytes.clone());
        to.register("audit_forward_lag", "Audit events that are not yet known to be delivered", self.forward_lag.clone());
        to.register("audit_forward_lag_seconds", "Age of the oldest of these", self.forward_lag_seconds.clone());
        to.register("audit_forward_failing", "1 while audit events cannot be sent on", self.forward_failing.clone());
        to
    }
}
