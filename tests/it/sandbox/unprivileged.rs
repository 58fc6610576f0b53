//! The same sandboxes from a server that is not root: everything in a user namespace of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use execgov::domain::run::IsolationLevel;
use execgov::exec::{ExitCause, SpawnerConfig, StartWish};
use serde_json::json;

use super::{Script, bindings, config, warm_up, with_config};

/// A spawner that has become an ordinary user before it begins. Where the tests are not root it is one anyway.
fn ordinary(dir: &std::path::Path) -> SpawnerConfig {
    let config = config();
    if !rustix::process::geteuid().is_root() {
        return config;
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("mode");
    let wrapper = dir.join("execgov");
    fs::write(
        &wrapper,
        format!("#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups {} \"$@\"\n", config.program.display()),
    )
    .expect("written");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("mode");
    SpawnerConfig { program: wrapper, ..config }
}

#[test]
fn an_ordinary_user_gets_full_isolation_and_the_same_answers() {
    let dir = tempfile::tempdir().expect("a directory");
    with_config(ordinary(dir.path()), |spawner| async move {
        let survey = spawner.survey();
        assert_eq!(survey.isolation.level, IsolationLevel::Full, "{survey:?}");
        assert!(!survey.own_users && survey.lacks.iter().all(|lack| !lack.remedy.is_empty()), "{survey:?}");
        bindings::check(&spawner, StartWish::Cold).await;
        warm_up(&spawner).await;
        bindings::check(&spawner, StartWish::Fastest).await;
    });
}

#[test]
fn an_ordinary_user_is_bounded_and_ended_alike() {
    let dir = tempfile::tempdir().expect("a directory");
    with_config(ordinary(dir.path()), |spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let hog = Script::python("x = bytearray(300 << 20)").limits(json!({"memory_bytes": 64 << 20})).start(wish).run(&spawner).await;
            assert!(hog.exit.code != Some(0) && (hog.err.contains("MemoryError") || hog.exit.cause == ExitCause::MemoryLimit), "{hog:?}");
            let busy = Script::python("while True: pass").limits(json!({"cpu_ms": 500})).start(wish).run(&spawner).await;
            assert_eq!(busy.exit.cause, ExitCause::CpuLimit);
            let (running, _dir) = Script::shell("sleep 600 & sleep 600").start(wish).launch(&spawner).await;
            running.kill.now();
            assert_eq!(running.exit.await.cause, ExitCause::Killed);
            let peek = Script::python(
                "import os; print(os.getuid(), os.path.exists('/root/.bashrc'), os.path.exists('/home'), open('/proc/self/status').read().count('0000000000000000'))",
            );
            let peek = peek.start(wish).run(&spawner).await.ok();
            assert!(peek.out.starts_with("1000 False False"), "{}", peek.out);
        }
    });
}
