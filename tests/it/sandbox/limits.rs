//! Bounds that hold: memory, processor time, processes, files, sizes. The host and the server stay well.

use execgov::exec::{ExitCause, StartWish};
use serde_json::json;

use super::{Script, warm_up, with_spawner};

/// What a hostile program is bounded by, and how its end must look.
async fn check(what: &str, script: Script, good: impl Fn(&super::Ran) -> bool) {
    let mut script = script;
    let seed = execgov::exec::start_spawner(super::config()).expect("spawner starts");
    let spawner = seed.connect().expect("connected");
    warm_up(&spawner).await;
    for wish in [StartWish::Cold, StartWish::Fastest] {
        script = script.start(wish);
        let ran = script.run(&spawner).await;
        assert!(
            good(&ran),
            "{what} {wish:?}: {:?}\n{}\n{}",
            ran.exit,
            &ran.out[..ran.out.len().min(500)],
            &ran.err[..ran.err.len().min(500)]
        );
        // The next run is none the worse for it.
        assert_eq!(Script::python("print(1)").run(&spawner).await.ok().out, "1\n");
    }
}

fn on_runtime<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async { tokio::time::timeout(super::PATIENCE, body).await.expect("in time") });
}

#[test]
fn k01_memory_is_bounded_for_the_whole_run() {
    on_runtime(async {
        let hog = Script::python("x = bytearray(200 << 20)\nprint(len(x))").limits(json!({"memory_bytes": 64 << 20}));
        check("one process", hog, |ran| ran.exit.cause == ExitCause::MemoryLimit && ran.exit.code != Some(0)).await;
        let herd = "
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(b'x') * (20 << 20); time.sleep(10); os._exit(0)
for _ in range(8):
    pid, status = os.wait()
    if status: raise SystemExit(3)
";
        check("many processes", Script::python(herd).limits(json!({"memory_bytes": 64 << 20})), |ran| {
            ran.exit.cause == ExitCause::MemoryLimit
        })
        .await;
    });
}

#[test]
fn k02_processes_are_bounded() {
    on_runtime(async {
        let bomb = "
import os, errno
made = 0
try:
    while True:
        if os.fork() == 0:
            import time; time.sleep(30); os._exit(0)
        made += 1
except OSError as error:
    print(made, errno.errorcode[error.errno])
";
        check("processes", Script::python(bomb).limits(json!({"processes": 10})), |ran| ran.out == "9 EAGAIN\n").await;
        let fork_bomb = Script::shell("#!/bin/bash\nf() { f | f & }\nf 2>/dev/null\nsleep 0.5\necho over").limits(json!({"processes": 30}));
        check("fork bomb", fork_bomb, |ran| ran.exit.code.is_some()).await;
    });
}

#[test]
fn k03_disk_files_and_entries_are_bounded() {
    on_runtime(async {
        let fill = "
import errno, os
def t(action):
    try: action(); print('done')
    except OSError as error: print(errno.errorcode[error.errno])
def fill():
    with open('big', 'wb', 0) as f:
        while True: f.write(b'x' * 65536)
t(fill)
os.unlink('big')
def many():
    os.mkdir('m')
    for n in range(100000): open('m/%d' % n, 'w').close()
t(many)
import shutil; shutil.rmtree('m')
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
t(lambda: open('sparse', 'wb').truncate(10 << 40))
";
        let bounds = json!({"disk_bytes": 8 << 20, "disk_entries": 500, "file_bytes": 64 << 20});
        check("disk", Script::python(fill).limits(bounds), |ran| ran.out == "ENOSPC\nENOSPC\nEFBIG\n").await;
    });
}

#[test]
fn cpu_time_is_bounded_for_the_whole_run() {
    on_runtime(async {
        let bounds = json!({"cpu_ms": 1000});
        check("one process", Script::python("while True: pass").limits(bounds.clone()), |ran| ran.exit.cause == ExitCause::CpuLimit).await;
        let herd = "
import os, time
for _ in range(4):
    if os.fork() == 0:
        while True: pass
while True: time.sleep(1)
";
        check("many processes", Script::python(herd).limits(bounds), |ran| {
            let used = ran.exit.usage.cpu_user_ms + ran.exit.usage.cpu_system_ms;
            ran.exit.cause == ExitCause::CpuLimit && (900..4_000).contains(&used)
        })
        .await;
    });
}

#[test]
fn usage_is_that_of_the_whole_tree() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let source = "import subprocess, sys\nx = bytearray(b'x') * (30 << 20)\nsubprocess.run([sys.executable, '-c', 'sum(i for i in range(3000000))'])";
            let usage = Script::python(source).start(wish).run(&spawner).await.ok().exit.usage;
            assert!(usage.cpu_user_ms > 50 && usage.memory_peak_bytes > 30 << 20 && usage.wall_ms > 50, "{wish:?} {usage:?}");
        }
    });
}
