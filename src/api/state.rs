//! What handlers can reach.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::health::Health;
use super::stream::Places;
use crate::base::meter::Meters;
use crate::conf::Loaded;
use crate::service::access::Access;
use crate::service::announcements::Announcements;
use crate::service::approvals::Approvals;
use crate::service::audit::Audit;
use crate::service::backup::Backups;
use crate::service::calendars::Calendars;
use crate::service::capabilities::{Capabilities, Outlook};
use crate::service::community::Community;
use crate::service::files::Files;
use crate::service::freezes::Freezes;
use crate::service::groups::Groups;
use crate::service::identity::Identity;
use crate::service::policies::Policies;
use crate::service::resources::Resources;
use crate::service::runs::Runs;
use crate::service::secrets::Secrets;
use crate::service::spaces::Spaces;
use crate::service::system::System;
use crate::service::templates::Templates;
use crate::service::tenants::Tenants;
use crate::service::webhooks::Webhooks;

/// Handed to every handler; cheap to clone. Each part adds the services its routes call.
#[derive(Clone)]
pub struct AppState {
    pub settings: Arc<Loaded>,
    pub meters: Meters,
    pub health: Arc<Health>,
    pub stop: Stop,
    pub identity: Identity,
    pub capabilities: Capabilities,
    pub runs: Runs,
    pub approvals: Approvals,
    pub freezes: Freezes,
    pub announcements: Announcements,
    pub templates: Templates,
    pub community: Community,
    pub calendars: Calendars,
    pub resources: Resources,
    pub webhooks: Webhooks,
    pub spaces: Spaces,
    pub tenants: Tenants,
    pub policies: Policies,
    pub access: Access,
    pub groups: Groups,
    pub files: Files,
    pub audit: Audit,
    pub backups: Backups,
    pub secrets: Secrets,
    /// What the executors say about this host.
    pub outlook: Arc<dyn Outlook>,
    pub system: System,
    /// Live streams that may still be opened.
    pub streams: Places,
    /// Brings gauges up to date before they are read.
    pub gauge: Arc<dyn Fn(&Meters) + Send + Sync>,
}

/// The two moments of a stop that handlers care about.
#[derive(Clone, Default)]
pub struct Stop {
    /// From here on new work is refused with 503.
    pub draining: CancellationToken,
    /// From here on live streams end; the server ends `text/event-stream` answers by itself.
    pub closing: CancellationToken,
}
