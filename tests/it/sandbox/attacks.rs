//! Hostile programs: each tries something and says what it got; the same from cold and warm starts.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use execgov::exec::collect::{OutputBounds, SkipReason, outputs};
use execgov::exec::{Spawner, StartWish};
use serde_json::{Value, json};

use super::{Ran, Script, warm_up, with_spawner};

/// Defines `t(name, action)`: what an action gave, or the name of the error that refused it.
const TRY: &str = "
import errno, os, sys, json, socket, ctypes
seen = {}
def t(name, action):
    try:
        seen[name] = repr(action())
    except OSError as error:
        seen[name] = errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:
        seen[name] = type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    got = libc.syscall(number, *arguments)
    if got < 0:
        raise OSError(ctypes.get_errno(), 'syscall')
    return got
";
const SAY: &str = "\nprint(json.dumps(seen))";

/// Runs the attempts from a cold and a warm start and checks each answer against those allowed.
async fn attempt(spawner: &Spawner, attempts: &str, allowed: &[(&str, &[&str])]) {
    warm_up(spawner).await;
    for wish in [StartWish::Cold, StartWish::Fastest] {
        let ran = script(attempts).start(wish).run(spawner).await.ok();
        let seen: Value = serde_json::from_str(&ran.out).expect("JSON");
        let seen = seen.as_object().expect("an object");
        assert_eq!(seen.len(), allowed.len(), "every attempt has its row: {:?}", seen.keys());
        let wrong: Vec<_> = allowed
            .iter()
            .filter(|(name, answers)| !seen.get(*name).and_then(Value::as_str).is_some_and(|got| answers.contains(&got)))
            .collect();
        assert!(wrong.is_empty(), "{wish:?}: {wrong:?}\ngot {seen:#?}");
    }
}

fn script(attempts: &str) -> Script {
    Script::python(&format!("{TRY}{attempts}{SAY}"))
}

const HIDDEN: &[&str] = &["ENOENT", "EACCES", "EPERM"];

#[test]
fn d01_files_of_the_host_are_not_there() {
    with_spawner(|spawner| async move {
        attempt(
            &spawner,
            "
for path in ['/etc/shadow', '/root/.bashrc', '/home', '/var/lib', '/proc/1/environ', '/proc/1/root/etc', '/proc/1/cmdline', '/boot', '/srv', '/sys/kernel', '/run/docker.sock']:
    t(path, lambda: os.stat(path) and (os.listdir(path) if os.path.isdir(path) else open(path).read()))
t('pids', lambda: sorted(p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()))
",
            &[
                ("/etc/shadow", HIDDEN),
                ("/root/.bashrc", HIDDEN),
                ("/home", HIDDEN),
                ("/var/lib", HIDDEN),
                ("/proc/1/environ", HIDDEN),
                ("/proc/1/root/etc", HIDDEN),
                ("/proc/1/cmdline", HIDDEN),
                ("/boot", HIDDEN),
                ("/srv", HIDDEN),
                ("/sys/kernel", HIDDEN),
                ("/run/docker.sock", HIDDEN),
                ("pids", &["[]"]),
            ],
        )
        .await;
    });
}

#[test]
fn d02_nothing_outside_the_private_directories_can_be_written() {
    const REFUSED: &[&str] = &["EROFS", "EACCES", "ENOENT", "EPERM"];
    with_spawner(|spawner| async move {
        attempt(
            &spawner,
            "
for path in ['/usr/x', '/x', '/app/x', '/etc/passwd', '/proc/sys/kernel/core_pattern', '/proc/self/oom_score_adj', '/sys/x', '/dev/sda', '/dev/x', '/run/x', '/opt/execgov/bootstrap.py']:
    t(path, lambda: open(path, 'w'))
t('mknod', lambda: os.mknod('/work/node', 0o60000 | 0o600, os.makedev(8, 0)))
t('null', lambda: open('/dev/null', 'w').write('x'))
t('own', lambda: open('/work/x', 'w').write('x'))
t('inputs', lambda: open('/app/main.py', 'a'))
",
            &[
                ("/usr/x", REFUSED),
                ("/x", REFUSED),
                ("/app/x", REFUSED),
                ("/etc/passwd", REFUSED),
                ("/proc/sys/kernel/core_pattern", REFUSED),
                ("/proc/self/oom_score_adj", REFUSED),
                ("/sys/x", REFUSED),
                ("/dev/sda", REFUSED),
                ("/dev/x", REFUSED),
                ("/run/x", REFUSED),
                ("/opt/execgov/bootstrap.py", REFUSED),
                ("mknod", REFUSED),
                ("null", &["1"]),
                ("own", &["1"]),
                ("inputs", REFUSED),
            ],
        )
        .await;
    });
}

#[test]
fn d03_only_the_standard_descriptors_are_open() {
    with_spawner(|spawner| async move {
        attempt(
            &spawner,
            "
def is_open(fd):
    try:
        os.fstat(fd); return True
    except OSError:
        return False
t('open', lambda: [fd for fd in range(4096) if is_open(fd)])
",
            &[("open", &["[0, 1, 2]"])],
        )
        .await;
    });
}

#[test]
fn d05_d06_other_processes_cannot_be_seen_or_touched() {
    const GONE: &[&str] = &["EPERM", "ESRCH", "ENOENT", "ENOSYS"];
    let server = std::process::id();
    with_spawner(|spawner| async move {
        let attempts = format!(
            "
import signal
t('ptrace', lambda: call(101, 16, 1, 0, 0))
t('process_vm_readv', lambda: call(310, 1, 0, 0, 0, 0, 0))
t('pidfd_getfd', lambda: call(438, 0, 0, 0))
t('kill server', lambda: os.kill({server}, 9))
t('kill spawner', lambda: os.kill({}, 9))
t('kill init', lambda: os.kill(1, 9))
t('stop init', lambda: os.kill(1, signal.SIGSTOP))
t('kill parent', lambda: os.kill(os.getppid(), 9) if os.getppid() > 1 else os.kill(1, 9))
t('parent', lambda: os.getppid() in (0, 1))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
t('kill all', lambda: os.kill(-1, signal.SIGTERM))
t('alive', lambda: 1)
",
            spawner.pid()
        );
        attempt(
            &spawner,
            &attempts,
            &[
                ("ptrace", GONE),
                ("process_vm_readv", GONE),
                ("pidfd_getfd", GONE),
                ("kill server", GONE),
                ("kill spawner", GONE),
                ("kill init", &["EPERM", "None"]),
                ("stop init", &["EPERM", "None"]),
                ("kill parent", &["EPERM", "None"]),
                ("parent", &["True"]),
                ("kill all", &["EPERM", "ESRCH", "None"]),
                ("alive", &["1"]),
            ],
        )
        .await;
    });
}

#[test]
fn d10_no_privilege_is_gained() {
    const REFUSED: &[&str] = &["EPERM", "EINVAL"];
    with_spawner(|spawner| async move {
        attempt(
            &spawner,
            "
import subprocess
t('setuid', lambda: os.setuid(0))
t('seteuid', lambda: os.seteuid(0))
t('setgid', lambda: os.setgid(0))
t('setgroups', lambda: os.setgroups([0]))
t('chroot', lambda: os.chroot('/tmp'))
t('chown', lambda: (open('/work/c', 'w').close(), os.chown('/work/c', 0, 0)))
t('su', lambda: subprocess.run(['su', '-c', 'id -u'], capture_output=True, stdin=subprocess.DEVNULL).returncode != 0)
t('caps', lambda: [line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')])
t('nnp', lambda: [line.split()[1] for line in open('/proc/self/status') if line.startswith(('NoNewPrivs', 'Seccomp:'))])
os.umask(0); open('/work/s', 'w').close(); os.chmod('/work/s', 0o4755)
t('setuid bit', lambda: subprocess.run(['/usr/bin/id', '-u'], capture_output=True, text=True).stdout)
t('nosuid', lambda: all('nosuid' in line for line in open('/proc/self/mounts')))
",
            &[
                ("setuid", REFUSED),
                ("seteuid", REFUSED),
                ("setgid", REFUSED),
                ("setgroups", REFUSED),
                ("chroot", REFUSED),
                ("chown", REFUSED),
                ("su", &["True", "ENOENT"]),
                ("caps", &["['0000000000000000', '0000000000000000', '0000000000000000', '0000000000000000', '0000000000000000']"]),
                ("nnp", &["['1', '2']"]),
                ("setuid bit", &["'1000\\n'"]),
                ("nosuid", &["True"]),
            ],
        )
        .await;
    });
}

#[test]
fn d11_d14_namespaces_and_dangerous_calls_are_refused() {
    const REFUSED: &[&str] = &["EPERM", "ENOSYS"];
    const CALLS: &[(&str, &str)] = &[
        ("unshare user", "272, 0x10000000"),
        ("clone user", "56, 0x10000011, 0, 0, 0, 0"),
        ("clone3", "435, 0, 0"),
        ("mount", "165, b'none', b'/work', b'tmpfs', 0, 0"),
        ("umount", "166, b'/work', 2"),
        ("pivot_root", "155, b'/work', b'/work'"),
        ("setns", "308, 0, 0"),
        ("fsopen", "430, b'tmpfs', 0"),
        ("open_tree", "428, -100, b'/', 1"),
        ("bpf", "321, 0, 0, 0"),
        ("io_uring_setup", "425, 1, 0"),
        ("userfaultfd", "323, 0"),
        ("keyctl", "250, 0, -3, 0"),
        ("add_key", "248, b'user', b'x', b'y', 1, -3"),
        ("perf_event_open", "298, 0, 0, -1, -1, 0"),
        ("open_by_handle_at", "304, -100, 0, 0"),
        ("modify_ldt", "154, 0, 0, 0"),
        ("kexec_load", "246, 0, 0, 0, 0"),
        ("init_module", "175, 0, 0, b''"),
        ("syslog", "103, 3, 0, 0"),
        ("x32 getpid", "0x40000000 + 39"),
    ];
    with_spawner(|spawner| async move {
        let attempts: String = CALLS.iter().map(|(name, arguments)| format!("t('{name}', lambda: call({arguments}))\n")).collect();
        let allowed: Vec<_> = CALLS.iter().map(|(name, _)| (*name, REFUSED)).collect();
        attempt(&spawner, &attempts, &allowed).await;
    });
}

#[test]
fn d16_nothing_answers_on_the_network() {
    const REFUSED: &[&str] = &["ENETUNREACH", "EADDRNOTAVAIL", "ECONNREFUSED", "EAFNOSUPPORT", "EPERM", "ENOENT", "EACCES"];
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
    let port = tcp.local_addr().expect("address").port();
    let name = format!("execgov-test-{}", std::process::id());
    let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a name")).expect("listens");
    with_spawner(|spawner| async move {
        let attempts = format!(
            "
def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        s.connect(address)
        return 'connected'
t('v4', lambda: connect(socket.AF_INET, ('127.0.0.1', {port})))
t('v6', lambda: connect(socket.AF_INET6, ('::1', {port})))
t('metadata', lambda: connect(socket.AF_INET, ('169.254.169.254', 80)))
t('udp', lambda: connect(socket.AF_INET, ('8.8.8.8', 53), socket.SOCK_DGRAM))
t('abstract', lambda: connect(socket.AF_UNIX, '\\0{name}'))
t('docker', lambda: connect(socket.AF_UNIX, '/run/docker.sock'))
t('dbus', lambda: connect(socket.AF_UNIX, '/run/dbus/system_bus_socket'))
t('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
t('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
t('packet', lambda: socket.socket(17, socket.SOCK_RAW))
t('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
"
        );
        let names = ["v4", "v6", "metadata", "udp", "abstract", "docker", "dbus", "netlink", "vsock", "packet", "raw"];
        attempt(&spawner, &attempts, &names.map(|name| (name, REFUSED))).await;
    });
    drop((tcp, hidden));
}

#[test]
fn d16_runs_cannot_reach_each_other() {
    with_spawner(|spawner| async move {
        let serve = "
import socket, time
s = socket.socket(socket.AF_UNIX); s.bind('\\0execgov-between'); s.listen()
try:
    t = socket.socket(); t.bind(('127.0.0.1', 45678)); t.listen()
except OSError:
    pass
print('ready', flush=True); time.sleep(20)";
        let (server, _dir) = Script::python(serve).launch(&spawner).await;
        let out = std::fs::File::from(server.stdout);
        tokio::task::spawn_blocking(move || std::io::Read::read_exact(&mut &out, &mut [0; 5])).await.expect("read").expect("ready");
        let ran = script(
            "
t('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0execgov-between'))
t('tcp', lambda: socket.socket().connect(('127.0.0.1', 45678)))",
        )
        .run(&spawner)
        .await
        .ok();
        let seen: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert!(["EPERM", "ECONNREFUSED"].contains(&seen["abstract"].as_str().expect("text")), "{seen}");
        assert!(["ENETUNREACH", "ECONNREFUSED"].contains(&seen["tcp"].as_str().expect("text")), "{seen}");
        server.kill.now();
        server.exit.await;
    });
}

#[test]
fn d18_f10_secrets_are_files_of_this_run_alone() {
    let source = "
import os
print(dict(os.environ))
for path in ['/proc/self/cmdline', '/proc/self/environ', '/proc/1/cmdline', '/proc/1/environ']:
    try: print(open(path, 'rb').read())
    except OSError as error: print(type(error).__name__)
print('secret ' + str(len(open('/run/secrets/token').read())), oct(os.stat('/run/secrets/token').st_mode))
import execgov
assert execgov.secret('token') == open('/run/secrets/token').read()
";
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            let ran = Script::python(source).secret("token", "hunter2-canary").start(wish).run(&spawner).await.ok();
            assert!(!ran.out.contains("hunter2"), "{}", ran.out);
            assert!(ran.out.contains("secret 14 0o100400"), "{}", ran.out);
            let next =
                Script::python("import os; print(os.listdir('/run/secrets'), os.listdir('/tmp'))").start(wish).run(&spawner).await.ok();
            assert_eq!(next.out, "[] []\n");
            // What is kept for collection holds no secret either.
            let left = std::fs::File::from(ran.exit.work.expect("work"));
            let secrets = rustix::fs::openat(&left, "secrets", rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).expect("opened");
            let names: Vec<_> =
                rustix::fs::Dir::read_from(&secrets).expect("read").flatten().map(|entry| entry.file_name().to_owned()).collect();
            assert!(names.iter().all(|name| [c".".to_owned(), c"..".to_owned()].contains(name)), "{names:?}");
        }
    });
}

#[test]
fn d19_nothing_beside_the_script_replaces_the_library() {
    let package = Script::python("import json, sys, os\nprint(json.dumps([1]), 'usercustomize' in sys.modules, 'sitecustomize' in sys.modules, os.environ.get('PYTHONPATH'))")
        .file("json.py", "raise SystemExit('shadowed')")
        .file("sitecustomize.py", "raise SystemExit('shadowed')")
        .file("usercustomize.py", "raise SystemExit('shadowed')");
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        let mut package = package;
        for wish in [StartWish::Cold, StartWish::Fastest] {
            package = package.start(wish);
            assert_eq!(package.run(&spawner).await.ok().out, "[1] False False None\n");
        }
        for name in ["LD_PRELOAD", "PYTHONPATH", "PATH", "BASH_ENV", "1X", "A-B", ""] {
            let dir = tempfile::tempdir().expect("a directory");
            let spec = Script::shell("env").binding("env").input(name, json!("x")).spec(dir.path());
            let refused = spawner.launch(spec).await.expect_err("refused");
            assert!(matches!(refused, execgov::exec::ExecError::Unpassable { .. }), "{name}: {refused}");
        }
    });
}

#[test]
fn d22_values_are_data() {
    let values = ["--help", "-c", "; rm -rf /", "$(id)", "a\nb", "`id`", "'\"\\", "%s{}", "\u{202e}"];
    let rules = json!([{"input": "v", "style": "value"}, {"input": "w", "flag": "--w", "style": "value"}]);
    with_spawner(|spawner| async move {
        warm_up(&spawner).await;
        let big = "x".repeat(1 << 20);
        for value in values.into_iter().chain([big.as_str()]) {
            for wish in [StartWish::Cold, StartWish::Fastest] {
                let source = "import sys, json\nprint(json.dumps([a for a in sys.argv[1:] if a != '--']))";
                let ran = Script::python(source)
                    .set("argv", rules.clone())
                    .input("v", json!(value))
                    .input("w", json!(value))
                    .start(wish)
                    .run(&spawner)
                    .await
                    .ok();
                let got: Vec<String> = serde_json::from_str(&ran.out).expect("JSON");
                assert!(got == [format!("--w={value}"), value.to_owned()], "{wish:?} {}", &ran.out[..ran.out.len().min(200)]);
            }
        }
        for (script, why) in [
            (Script::python("pass").set("argv", rules.clone()).input("v", json!("a\0b")), "zero byte"),
            (Script::shell("true").set("argv", rules.clone()).input("v", json!(big)), "128 KiB"),
            (Script::shell("true").binding("env").input("V", json!(big)), "128 KiB"),
        ] {
            let dir = tempfile::tempdir().expect("a directory");
            let refused = spawner.launch(script.spec(dir.path())).await.expect_err("refused").to_string();
            assert!(refused.contains(why), "{refused}");
        }
    });
}

const BOUNDS: OutputBounds = OutputBounds { files: 10, file_bytes: 1 << 20, total_bytes: 4 << 20 };

fn skipped(ran: &Ran) -> Vec<(String, SkipReason)> {
    let found = outputs(ran.exit.work.as_ref().expect("work"), BOUNDS).expect("collected");
    assert_eq!(found.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["good.txt", "suid"]);
    found.skipped.into_iter().map(|skipped| (skipped.name, skipped.why)).collect()
}

#[test]
fn c18_odd_outputs_are_named_and_not_taken() {
    let source = "
import os
os.chdir('outputs')
open('good.txt', 'w').write('x')
os.symlink('/etc/shadow', 'link'); os.symlink('/', 'root')
os.mkfifo('pipe')
open('hard1', 'w').close(); os.link('hard1', '../hard2')
open('suid', 'w').close(); os.chmod('suid', 0o6777)
open('sparse', 'w').truncate(100 << 20)
open(b'bad\\xff', 'w').close(); open('cr\\r\\nlf', 'w').close()
import socket; socket.socket(socket.AF_UNIX).bind('sock')
";
    with_spawner(|spawner| async move {
        let ran = Script::python(source).run(&spawner).await.ok();
        assert_eq!(
            skipped(&ran).iter().map(|(name, why)| (name.as_str(), *why)).collect::<Vec<_>>(),
            [
                ("bad\u{fffd}", SkipReason::Name),
                ("cr\\r\\nlf", SkipReason::Name),
                ("hard1", SkipReason::HardLink),
                ("link", SkipReason::Link),
                ("pipe", SkipReason::Special),
                ("root", SkipReason::Link),
                ("sock", SkipReason::Special),
                ("sparse", SkipReason::TooLarge),
            ]
        );
    });
}

#[test]
fn d24_the_result_comes_from_its_own_file_alone() {
    use execgov::exec::collect::{ResultError, read_result};
    with_spawner(|spawner| async move {
        for (source, expected) in [
            ("print('##[result] 1'); print('{\"result\": 1}')", Ok(None)),
            ("import os; open(os.environ['EXECGOV_RESULT'], 'wb').write(b'\\xff{')", Ok(Some(b"\xff{".to_vec()))),
            ("import os; os.symlink('/etc/passwd', os.environ['EXECGOV_RESULT'])", Err(ResultError::Odd(SkipReason::Link))),
            ("import os; os.mkfifo(os.environ['EXECGOV_RESULT'])", Err(ResultError::Odd(SkipReason::Special))),
            (
                "import os; open(os.environ['EXECGOV_RESULT'], 'w').write('x' * (2 << 20))",
                Err(ResultError::TooLarge { bytes: 2 << 20, most: 1 << 20 }),
            ),
        ] {
            let ran = Script::python(source).run(&spawner).await.ok();
            assert_eq!(read_result(ran.exit.work.expect("work"), 1 << 20), expected, "{source}");
        }
        let ran = Script::python("import os; open(os.environ['EXECGOV_RESULT'], 'w').write('x' * (100 << 20))")
            .limits(json!({"disk_bytes": 8 << 20}))
            .run(&spawner)
            .await;
        assert_ne!(ran.exit.code, Some(0), "a result of 100 MB does not fit");
    });
}

#[test]
fn d25_swapping_entries_while_ending_touches_nothing_outside() {
    let source = "
import os, subprocess, sys, time
if len(sys.argv) > 1:
    while True:
        try:
            os.rename('outputs', 'o2'); os.symlink('/etc', 'outputs'); os.unlink('outputs'); os.rename('o2', 'outputs')
        except OSError: pass
open('outputs/a', 'w').write('a')
for _ in range(4): subprocess.Popen([sys.executable, '/app/main.py', 'loop'], start_new_session=True)
time.sleep(0.2)
";
    with_spawner(|spawner| async move {
        for _ in 0..5 {
            let ran = Script::python(source).run(&spawner).await.ok();
            let found = outputs(ran.exit.work.as_ref().expect("work"), BOUNDS).expect("collected");
            assert!(found.files.iter().all(|file| file.name == "a"), "{found:?}");
        }
    });
}
