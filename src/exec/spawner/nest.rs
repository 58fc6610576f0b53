//! The ground all sandboxes stand on: made once when the spawner starts, found wanting with reasons.
//!
//! Deliberately tries things instead of asking for versions: a kernel, a container and a security module can each
//! say no in their own way.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use crate::domain::run::{Isolation, IsolationLevel};
use crate::exec::runtime::{BOOTSTRAP, VALUES};
use crate::exec::sandbox::birth::{self, Cradle, Expected, Net};
use crate::exec::sandbox::fault::{SetupError, Step};
use crate::exec::sandbox::memory::{Bounded, Group, Groups};
use crate::exec::sandbox::root::{self, Template};
use crate::exec::sandbox::{filter, scope, sys};

/// First of the host ids that runs of a privileged spawner get: 65,536 ids that systemd's table of ids leaves unused
/// (<https://systemd.io/UIDS-GIDS/>), below 2^31 for programs with signed ids.
const FIRST_HOST_ID: u32 = 0x7000_0000;
/// Ids given to runs in turn.
const RUN_IDS: u64 = 60_000;

/// Where the runtime's own files are inside every sandbox.
pub const RUNTIME_DIR: &str = "/opt/execgov";
/// Files every sandbox has below `RUNTIME_DIR`.
const RUNTIME_FILES: &[(&str, &str)] = &[
    ("_execgov_bootstrap.py", BOOTSTRAP),
    ("_execgov_values.py", VALUES),
    ("_execgov_zygote.py", include_str!("../../../assets/runtime/_execgov_zygote.py")),
    ("execgov.py", include_str!("../../../assets/runtime/execgov.py")),
];

pub struct Nest {
    /// Present when the spawner is root: the namespace that holds the ids of runs.
    pub userns: Option<OwnedFd>,
    pub template: Template,
    /// Present when all runs can share one empty network.
    net: Option<OwnedFd>,
    pub groups: Groups,
    pub landlock: u32,
    /// Runs of a privileged spawner that could not get ids of their own.
    shares_ids: bool,
    made: u64,
}

impl Nest {
    /// Prepares the ground. The caller is in namespaces of its own afterwards.
    pub fn make() -> Result<Self, SetupError> {
        let groups = Groups::find();
        let root = rustix::process::geteuid().is_root();
        let userns = if root { birth::range_namespace(FIRST_HOST_ID).ok() } else { None };
        if userns.is_none() {
            let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
            sys::unshare(libc::CLONE_NEWUSER).step("make a user namespace")?;
            birth::map_self(uid, gid, 0).step("map the user")?;
        }
        root::own_mounts()?;
        let template = Template::build()?;
        for (name, text) in RUNTIME_FILES {
            template.file(&Path::new(RUNTIME_DIR).join(name), text.as_bytes()).step("write runtime files")?;
        }
        template.file(&Path::new(RUNTIME_DIR).join("filter.bin"), &filter::program_bytes()).step("write runtime files")?;
        let landlock = sys::landlock_version();
        let net = if landlock >= scope::SCOPES_SINCE {
            Some(birth::namespace_file(userns.as_ref().map(AsFd::as_fd), libc::CLONE_NEWNET, "net")?)
        } else {
            None
        };
        Ok(Self { shares_ids: root && userns.is_none(), userns, template, net, groups, landlock, made: 0 })
    }

    /// Begins to make one sandbox.
    pub fn sandbox(&mut self, host_network: bool) -> Result<(Expected, Option<Group>), SetupError> {
        let group = self.groups.make().step("make a control group")?;
        self.made += 1;
        let uid = if self.userns.is_some() { u32::try_from(1 + self.made % RUN_IDS).unwrap_or(1) } else { 0 };
        let net = match &self.net {
            _ if host_network => Net::Host,
            Some(shared) => Net::Shared(shared.as_fd()),
            None => Net::Own,
        };
        let root = self.template.clone_tree().step("clone root")?;
        let userns = self.userns.as_ref().map(AsFd::as_fd);
        let begun = birth::conceive(Cradle { userns, uid, root, net, group: group.as_ref().map(Group::procs) });
        match begun {
            Ok(expected) => Ok((expected, group)),
            Err(failed) => {
                if let Some(group) = group {
                    self.groups.remove(group);
                }
                Err(failed)
            }
        }
    }

    /// Adds the runtime's modules as one version of Python compiled them, so that cold starts need not.
    pub fn add_bytecode(&self, tag: &str, modules: &[(String, Vec<u8>)]) -> std::io::Result<()> {
        for (module, code) in modules {
            self.template.file(&Path::new(RUNTIME_DIR).join(format!("__pycache__/{module}.{tag}.pyc")), code)?;
        }
        Ok(())
    }

    /// The isolation that runs get here.
    pub fn isolation(&self) -> Isolation {
        let mut missing = Vec::new();
        if self.landlock == 0 {
            missing.push("landlock".to_owned());
        } else if self.landlock < scope::SCOPES_SINCE {
            missing.push("landlock-scopes".to_owned());
        }
        if self.groups.bounded == Bounded::Rlimit {
            missing.push("cgroup".to_owned());
        }
        if self.shares_ids {
            missing.push("own-users".to_owned());
        }
        let filtered = filter::program().is_some();
        if !filtered {
            missing.push("seccomp".to_owned());
        }
        let level = if filtered && !self.shares_ids { IsolationLevel::Full } else { IsolationLevel::Partial };
        Isolation { level, memory: self.groups.bounded.name().to_owned(), missing }
    }
}
