//! What isolation this host gives, what is missing, and how an administrator enables it.

use std::fs;

use super::frame::Ground;
use crate::domain::run::Isolation;

/// Something a host lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Stable name, such as `namespaces` or `cgroup`; the same as in `Isolation::missing`.
    pub feature: String,
    /// What it means for runs.
    pub meaning: String,
    pub remedy: String,
}

/// The verdict on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSurvey {
    pub isolation: Isolation,
    /// Each run has a host user of its own.
    pub own_users: bool,
    /// The version of landlock; 0 when there is none.
    pub landlock: u32,
    pub lacks: Vec<Lack>,
}

impl HostSurvey {
    pub(super) fn of(ground: &Ground) -> Self {
        let mut lacks: Vec<Lack> = ground.isolation.missing.iter().map(|feature| lack(feature, ground)).collect();
        if !ground.own_users && ground.refusal.is_none() {
            lacks.push(Lack {
                feature: "own-users".to_owned(),
                meaning: "runs have the user of the server on the host; namespaces alone keep them apart".to_owned(),
                remedy: "run the server as root if each run is to have a host user of its own".to_owned(),
            });
        }
        lacks.dedup_by(|left, right| left.feature == right.feature);
        Self { isolation: ground.isolation.clone(), own_users: ground.own_users, landlock: ground.landlock, lacks }
    }
}

fn lack(feature: &str, ground: &Ground) -> Lack {
    let (meaning, remedy) = match feature {
        "namespaces" => (
            ground
                .refusal
                .as_ref()
                .map_or_else(|| "no sandbox can be made".to_owned(), |refusal| format!("no sandbox can be made: {refusal}")),
            enable_namespaces(),
        ),
        "landlock" => (
            "the second line of defence behind mounts is missing".to_owned(),
            "use Linux 5.13 or later with `landlock` in the `lsm=` boot parameter".to_owned(),
        ),
        "landlock-scopes" => {
            ("each run needs a network namespace of its own, which takes 1 ms".to_owned(), "use Linux 6.12 or later".to_owned())
        }
        "cgroup" => (
            "memory is bounded for each process, not for a run as a whole".to_owned(),
            "start the server as a systemd service with `Delegate=memory`, or make its memory control group writable".to_owned(),
        ),
        "seccomp" => ("system calls are not filtered".to_owned(), "use an x86-64 or 64-bit ARM host with CONFIG_SECCOMP_FILTER".to_owned()),
        "own-users" => ("runs share one host user".to_owned(), "give the container a range of user ids, or run on the host".to_owned()),
        other => (other.to_owned(), String::new()),
    };
    Lack { feature: feature.to_owned(), meaning, remedy }
}

/// Which switch of this host forbids user namespaces, as far as it says.
fn enable_namespaces() -> String {
    let value = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let mut steps = Vec::new();
    if value("/proc/sys/user/max_user_namespaces") == "0" {
        steps.push("sysctl -w user.max_user_namespaces=15000");
    }
    if value("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        steps.push("sysctl -w kernel.unprivileged_userns_clone=1");
    }
    if value("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        steps.push("allow user namespaces for execgov in an AppArmor profile (`userns,`), or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    }
    if steps.is_empty() {
        steps.push("use Linux 5.12 or later; inside a container allow user namespaces, mounts and an unmasked /proc");
    }
    steps.join("; ")
}
