//! What handlers can reach.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::health::Health;
use crate::base::meter::Meters;
use crate::conf::Loaded;
use crate::service::identity::Identity;

/// Handed to every handler; cheap to clone. Each part adds the services its routes call.
#[derive(Clone)]
pub struct AppState {
    pub settings: Arc<Loaded>,
    pub meters: Meters,
    pub health: Arc<Health>,
    pub stop: Stop,
    pub identity: Identity,
}

/// The two moments of a stop that handlers care about.
#[derive(Clone, Default)]
pub struct Stop {
    /// From here on new work is refused with 503.
    pub draining: CancellationToken,
    /// From here on live streams end; the server ends `text/event-stream` answers by itself.
    pub closing: CancellationToken,
}
