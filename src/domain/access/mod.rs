//! Who may do what: roles, named actions, the things they are about, and the policy that relates them.
//!
//! Rights come from roles and policy only; nothing is inferred from an id, a name or being first.

pub mod action;
pub mod caller;
pub mod facts;
pub mod grant;
pub mod held;
pub mod own;
pub mod place;
pub mod policy;
pub mod reach;
pub mod resource;
pub mod role;
pub mod scope;

pub use action::{About, Action, ActionSet, Effect};
pub use caller::{Caller, Principal, Standing, Via, Whence};
pub use held::{Held, HeldRole, Holdings, Rights};
pub use place::{PathError, SpacePath};
pub use policy::{Decision, Explanation, Mode, Policy, PolicyError, SCHEMA};
pub use reach::{Reach, Sight};
pub use resource::{
    AnnouncementRef, ApprovalRef, CapabilityRef, DEFAULT_SPACE, GrantRef, GroupRef, PolicyRef, Resource, RunRef, SpaceRef, UserRef,
};
pub use role::{Role, RoleSet};
pub use scope::{Preset, Scope, Scopes};
