//! Landlock: the second line behind mounts. A run writes only below its private directories and cannot reach
//! abstract sockets or send signals outside itself.
//!
//! Reading is not restricted here: the root a run sees holds nothing it may not read.

use std::os::fd::{AsFd, OwnedFd};

use landlock::{ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope};

use super::sys;

/// The version from which abstract sockets and signals can be confined.
pub const SCOPES_SINCE: u32 = 6;

/// Prepares the ruleset for the current root: everything is writable below `private`, files only below `devices`.
/// `None` when the kernel has no landlock.
pub fn prepare(private: &[OwnedFd], devices: &OwnedFd) -> Option<OwnedFd> {
    if sys::landlock_version() == 0 {
        return None;
    }
    build(private, devices).ok().flatten()
}

fn build(private: &[OwnedFd], devices: &OwnedFd) -> Result<Option<OwnedFd>, landlock::RulesetError> {
    let writes: BitFlags<AccessFs> = AccessFs::from_write(ABI::V5);
    let mut rules =
        Ruleset::default().set_compatibility(CompatLevel::BestEffort).handle_access(writes)?.scope(Scope::from_all(ABI::V6))?.create()?;
    for dir in private {
        rules = rules.add_rule(PathBeneath::new(dir.as_fd(), writes))?;
    }
    let to_devices = AccessFs::WriteFile | AccessFs::IoctlDev | AccessFs::Truncate;
    rules = rules.add_rule(PathBeneath::new(devices.as_fd(), to_devices))?;
    Ok(rules.into())
}
