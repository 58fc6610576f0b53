//! Typed calls to an appliance, for the command line and for agents.
//!
//! Knows addresses, tokens and the wire shapes; decides nothing, prints nothing, reads no environment.
//! Redirects are never followed and no proxy is used unless one is named: a token must reach one place only.

mod access;
mod announcements;
mod approvals;
mod audit;
mod calendars;
mod call;
mod capabilities;
mod community;
mod events;
mod fault;
mod freezes;
mod groups;
mod identity;
mod pages;
mod policies;
mod resources;
mod reviews;
mod runs;
mod spaces;
mod system;
mod templates;
mod tenants;
mod transfer;
mod trust;
mod vault;
mod webhooks;

pub use approvals::Changed;
pub use call::{Client, Target};
pub use capabilities::UploadNotes;
pub use events::{Event, Events};
pub use fault::{ClientError, Refusal};
pub use pages::{Cursored, Pages};
pub use runs::Submitted;
pub use transfer::{Progress, Transferred};
pub use trust::{Fingerprint, Trust};
