//! Nothing survives: cancel, exit of the main process, death of the server, death of the spawner.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use execgov::exec::{ExitCause, Running, Spawner, StartWish};

use super::{Script, finish, warm_up, with_spawner};

/// Thirty processes that left the session, ignore SIGTERM and carry a mark, then `end`.
fn herd(mark: &str, end: &str) -> Script {
    Script::python(&format!(
        "
import os, signal, time, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(30):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv('/bin/sleep', ['{mark}', '600'])
        os._exit(0)
for _ in range(30): os.wait()
print('ready', flush=True)
{end}
"
    ))
}

fn mark(name: &str) -> String {
    format!("execgov-{name}-{}", std::process::id())
}

/// Processes of this host whose command line begins with the mark.
fn survivors(mark: &str) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").expect("proc").flatten().map(|entry| entry.path());
    processes.filter(|path| fs::read(path.join("cmdline")).is_ok_and(|line| line.starts_with(mark.as_bytes()))).collect()
}

async fn gone_within(mark: &str, limit: Duration) {
    let since = Instant::now();
    while !survivors(mark).is_empty() {
        assert!(since.elapsed() < limit, "alive after {:?}: {:?}", since.elapsed(), survivors(mark));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The last of them may still be about to execute.
async fn all_there(mark: &str, count: usize) {
    let since = Instant::now();
    while survivors(mark).len() < count {
        assert!(since.elapsed() < Duration::from_secs(10), "only {} are there", survivors(mark).len());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_ready(running: &Running) {
    let out = running.stdout.try_clone().expect("a copy");
    tokio::task::spawn_blocking(move || std::io::Read::read_exact(&mut fs::File::from(out), &mut [0; 5]))
        .await
        .expect("read")
        .expect("ready");
}

#[test]
fn d07_cancel_leaves_nobody() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for (wish, name) in [(StartWish::Cold, "cold"), (StartWish::Fastest, "warm")] {
            let mark = mark(&format!("cancel-{name}"));
            let (running, _dir) = herd(&mark, "time.sleep(600)").start(wish).launch(&spawner).await;
            until_ready(&running).await;
            all_there(&mark, 30).await;
            running.kill.terminate();
            tokio::time::sleep(Duration::from_millis(20)).await;
            running.kill.now();
            running.kill.now();
            gone_within(&mark, Duration::from_secs(1)).await;
            let ran = finish(running).await;
            assert_eq!((ran.exit.cause, ran.exit.code), (ExitCause::Killed, None), "{wish:?}");
        }
    });
}

#[test]
fn d07_the_end_of_the_main_process_leaves_nobody() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for (wish, name) in [(StartWish::Cold, "cold"), (StartWish::Fastest, "warm")] {
            let mark = mark(&format!("exit-{name}"));
            let ran = herd(&mark, "sys.exit(5)").start(wish).run(&spawner).await;
            assert_eq!((ran.exit.cause, ran.exit.code), (ExitCause::Normal, Some(5)), "{wish:?}");
            assert_eq!(survivors(&mark), Vec::<PathBuf>::new(), "dead before the end is reported");
        }
    });
}

#[test]
fn a_polite_program_ends_on_request() {
    let source =
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(12))\nprint('ready', flush=True)\ntime.sleep(600)";
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let (running, _dir) = Script::python(source).start(wish).launch(&spawner).await;
            until_ready(&running).await;
            running.kill.terminate();
            assert_eq!(finish(running).await.exit.code, Some(12), "{wish:?}");
        }
    });
}

#[test]
fn signals_are_reported() {
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let ran = Script::python("import os; os.kill(os.getpid(), 11)").start(wish).run(&spawner).await;
            assert_eq!((ran.exit.code, ran.exit.signal, ran.exit.cause), (None, Some(11), ExitCause::Normal), "{wish:?}");
        }
    });
}

/// The end of the spawner looks the same to runs whether it was killed or its server was: its socket closes.
#[test]
fn d09_the_end_of_the_spawner_ends_every_run_and_is_survived() {
    with_spawner(|spawner: Spawner| async move {
        warm_up(&spawner).await;
        let mark = mark("spawner");
        let mut running = Vec::new();
        for number in 0..4 {
            let wish = if number % 2 == 0 { StartWish::Cold } else { StartWish::Fastest };
            running.push(herd(&mark, "time.sleep(600)").start(wish).launch(&spawner).await);
        }
        for (one, _) in &running {
            until_ready(one).await;
        }
        let old = spawner.pid();
        let pid = rustix::process::Pid::from_raw(old.cast_signed()).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
        for (one, _dir) in running {
            assert_eq!(finish(one).await.exit.cause, ExitCause::SpawnerLost);
        }
        gone_within(&mark, Duration::from_secs(1)).await;
        assert_eq!(Script::python("print(1)").run(&spawner).await.ok().out, "1\n");
        assert_ne!(spawner.pid(), old, "a new one was started");
    });
}

#[test]
fn d09_a_hung_up_server_leaves_nobody() {
    let mark = mark("server");
    let (marked, pid) = (mark.clone(), std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0)));
    let spawner_pid = std::sync::Arc::clone(&pid);
    // The runtime ends with runs in progress: every descriptor of the server closes, as when it is killed.
    with_spawner(|spawner| async move {
        spawner_pid.store(spawner.pid(), std::sync::atomic::Ordering::SeqCst);
        for _ in 0..3 {
            let (running, _dir) = herd(&marked, "time.sleep(600)").launch(&spawner).await;
            until_ready(&running).await;
        }
        all_there(&marked, 90).await;
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(gone_within(&mark, Duration::from_secs(1)));
    let spawner = PathBuf::from(format!("/proc/{}", pid.load(std::sync::atomic::Ordering::SeqCst)));
    let since = Instant::now();
    while fs::read_to_string(spawner.join("stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(since.elapsed() < Duration::from_secs(2), "the spawner ends too");
        std::thread::yield_now();
    }
}
