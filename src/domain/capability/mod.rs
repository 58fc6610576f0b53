//! Capabilities: what they are called, what a version of one declares, what a package holds.

pub mod diff;
pub mod manifest;
pub mod name;
pub mod package;
pub mod record;
pub mod review;

pub use manifest::{Binding, Kind, Limits, Manifest, Network, Retry, Risk, Runtime, WriteBoundary};
pub use name::Name;
pub use package::Package;
pub use record::{Capability, Version, VersionFile, VersionPhase, VersionStep};
