//! The server's handle on the spawner: start it, launch programs, end them, start it again when it is lost.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, PoisonError, RwLock};

use rustix::net::{RecvFlags, SendFlags};
use rustix::pipe::PipeFlags;
use zeroize::Zeroizing;

use super::frame::{ExitCause, Ground, Launch, Reply, Request, Settings, ZygoteSettings};
use super::link::Link;
use super::survey::HostSurvey;
use crate::domain::run::{IsolationLevel, Usage};
use crate::exec::fault::ExecError;
use crate::exec::launch::{ExitFuture, LaunchSpec, Running, prepare};
use crate::exec::runtime::{RuntimeInfo, Runtimes};
use crate::exec::sandbox::order::Program;
use crate::exec::sandbox::socket;

/// Size of the pipes that carry a program's output, where the host allows it, in bytes.
const PIPE_BYTES: usize = 256 * 1024;

/// How long a sandbox may take to end itself.
const ORDERLY_END: std::time::Duration = std::time::Duration::from_millis(300);

/// How the spawner is started.
#[derive(Debug, Clone)]
pub struct SpawnerConfig {
    /// The program that has the hidden `__spawner` command: this one unless a test says otherwise.
    pub program: PathBuf,
    /// Sandboxes kept ready; 0 makes each one when it is needed.
    pub pool: usize,
    pub zygote: ZygoteSettings,
    /// Python interpreters by path; the first usable one is the default.
    pub pythons: Vec<PathBuf>,
    /// Directories to look for interpreters in, besides the usual ones.
    pub search: Vec<PathBuf>,
    /// The weakest isolation under which anything is started.
    pub minimum: IsolationLevel,
}

impl Default for SpawnerConfig {
    fn default() -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            pool: 2,
            zygote: ZygoteSettings { most: 4, idle_ms: 10 * 60 * 1_000, forks: 10_000 },
            pythons: Vec::new(),
            search: Vec::new(),
            minimum: IsolationLevel::Process,
        }
    }
}

/// How a run ended. Everything in its sandbox is dead.
#[derive(Debug)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub cause: ExitCause,
    pub usage: Usage,
    /// The run's private directory, for `exec::collect`. Absent when the sandbox could not be made or was lost.
    pub work: Option<OwnedFd>,
}

impl Exit {
    pub(in crate::exec) fn spawner_lost() -> Self {
        Self { code: None, signal: None, cause: ExitCause::SpawnerLost, usage: Usage::default(), work: None }
    }
}

/// Ends a run. Cheap to clone; every call is harmless when the run has ended already.
#[derive(Clone)]
pub struct KillHandle {
    id: u64,
    link: Arc<Link>,
    pidfd: Arc<OwnedFd>,
}

impl KillHandle {
    /// Ends the whole tree at once, however its processes hid. Does not wait; the exit follows within a moment.
    pub fn now(&self) {
        if !self.link.send_now(&Request::Kill(self.id)) {
            return self.by_force();
        }
        // The sandbox ends itself and accounts for what it used; should anything be stuck, the kernel ends it.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let handle = self.clone();
                runtime.spawn(async move {
                    tokio::time::sleep(ORDERLY_END).await;
                    handle.by_force();
                });
            }
            Err(_) => self.by_force(),
        }
    }

    fn by_force(&self) {
        let _ = rustix::process::pidfd_send_signal(self.pidfd.as_ref(), rustix::process::Signal::KILL);
    }

    /// Asks every process of the run to end (SIGTERM). Whether they do is up to them: `now` follows after a grace period.
    pub fn terminate(&self) {
        self.link.send_now(&Request::Terminate(self.id));
    }
}

impl std::fmt::Debug for KillHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KillHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A spawner process that was started, not yet connected to a runtime.
pub struct SpawnerSeed {
    config: SpawnerConfig,
    child: Child,
    socket: OwnedFd,
    ground: Ground,
}

/// Starts the spawner process and waits until it has tried a sandbox. Call before there are other threads.
///
/// # Errors
/// When the process cannot be started or does not answer.
pub fn start_spawner(config: SpawnerConfig) -> io::Result<SpawnerSeed> {
    let (ours, theirs) = socket::pair()?;
    #[expect(clippy::disallowed_methods, reason = "exec is the home of starting processes")]
    let child = Command::new(&config.program)
        .arg("__spawner")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .spawn()?;
    let settings = Settings { pool: config.pool, zygote: config.zygote };
    socket::send(&ours, &Request::Begin(settings), &[], SendFlags::empty())?;
    match socket::receive(&ours, RecvFlags::empty())? {
        Some((Reply::Hello(ground), _)) => Ok(SpawnerSeed { config, child, socket: ours, ground }),
        _ => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the spawner process ended at once")),
    }
}

impl SpawnerSeed {
    /// The process id of the spawner.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Connects inside a tokio runtime.
    ///
    /// # Errors
    /// When the socket cannot be watched.
    pub fn connect(self) -> io::Result<Spawner> {
        let runtimes = Runtimes::new(self.config.pythons.clone(), self.config.search.clone());
        let config = self.config.clone();
        let current = self.into_current()?;
        teach(&current.link, &runtimes);
        let current = RwLock::new(current);
        Ok(Spawner(Arc::new(Inner { config, runtimes, current, restart: tokio::sync::Mutex::new(()) })))
    }

    fn into_current(self) -> io::Result<Current> {
        let link = Link::open(self.socket)?;
        let mut child = self.child;
        let pid = child.id();
        // Nobody else waits for it; the thread lives as long as the process.
        std::thread::Builder::new().name("spawner-wait".to_owned()).stack_size(64 * 1024).spawn(move || child.wait())?;
        Ok(Current { link, pid, survey: HostSurvey::of(&self.ground) })
    }
}

#[derive(Clone)]
struct Current {
    link: Arc<Link>,
    pid: u32,
    survey: HostSurvey,
}

struct Inner {
    config: SpawnerConfig,
    runtimes: Runtimes,
    current: RwLock<Current>,
    restart: tokio::sync::Mutex<()>,
}

/// The server's handle on the spawner.
#[derive(Clone)]
pub struct Spawner(Arc<Inner>);

impl Spawner {
    fn current(&self) -> Current {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connection, after starting the spawner again if it was lost.
    async fn link(&self) -> Result<Arc<Link>, ExecError> {
        if !self.current().link.is_lost() {
            return Ok(self.current().link);
        }
        let _one_at_a_time = self.0.restart.lock().await;
        if !self.current().link.is_lost() {
            return Ok(self.current().link);
        }
        let config = self.0.config.clone();
        let seed = tokio::task::spawn_blocking(move || start_spawner(config)).await.map_err(|_| ExecError::SpawnerLost)?;
        let fresh = seed.and_then(SpawnerSeed::into_current).map_err(|_| ExecError::SpawnerLost)?;
        tracing::warn!(pid = fresh.pid, "the spawner process was lost and has been started again");
        let link = Arc::clone(&fresh.link);
        teach(&link, &self.0.runtimes);
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(link)
    }

    /// Starts a program and returns when it has begun.
    ///
    /// # Errors
    /// When no interpreter fits, an input cannot be passed, or the sandbox cannot be made. Nothing runs then.
    pub async fn launch(&self, spec: LaunchSpec) -> Result<Running, ExecError> {
        let isolation = self.survey().isolation;
        if isolation.level < self.0.config.minimum {
            return Err(ExecError::TooWeak { missing: isolation.missing.join(", ") });
        }
        let runtimes = self.0.runtimes.clone();
        let limits = spec.manifest.limits;
        let mut prepared = if self.0.runtimes.is_known() {
            prepare(&spec, &runtimes)?
        } else {
            tokio::task::spawn_blocking(move || prepare(&spec, &runtimes)).await.map_err(|_| ExecError::SpawnerLost)??
        };
        let trouble = |cause: io::Error| ExecError::Setup { step: "open pipes".to_owned(), reason: cause.to_string() };
        let packed = Zeroizing::new(serde_json::to_vec(&prepared.program).map_err(|cause| trouble(cause.into()))?);
        let program = socket::memory_file(&packed).map_err(trouble)?;
        let warm = prepared.zygote.is_some().then(|| warm_program(&prepared.program)).transpose().map_err(trouble)?;
        prepared.program.wipe();
        let stdin = match &prepared.stdin {
            Some(bytes) => socket::memory_file(bytes),
            None => rustix::fs::open(c"/dev/null", rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty())
                .map_err(io::Error::from),
        }
        .map_err(trouble)?;
        let (stdout, stdout_end) = output_pipe().map_err(trouble)?;
        let (stderr, stderr_end) = output_pipe().map_err(trouble)?;
        let link = self.link().await?;
        let id = link.number();
        let launch = Launch { id, limits, host_network: prepared.host_network, mounts: prepared.mounts, zygote: prepared.zygote };
        let mut fds = vec![program.as_fd(), stdin.as_fd(), stdout_end.as_fd(), stderr_end.as_fd()];
        fds.extend(warm.as_ref().map(AsFd::as_fd));
        let begun = link.launch(id, &Request::Launch(launch), &fds).await?;
        Ok(Running {
            stdout,
            stderr,
            isolation: begun.isolation,
            start: begun.start,
            interpreter: prepared.interpreter,
            kill: KillHandle { id, link, pidfd: Arc::new(begun.pidfd) },
            exit: ExitFuture(begun.exit),
        })
    }

    /// What isolation this host gives, what is missing and how to enable it.
    #[must_use]
    pub fn survey(&self) -> HostSurvey {
        self.current().survey
    }

    /// The interpreters of this host. The first call may take some 20 ms for each.
    #[must_use]
    pub fn runtimes(&self) -> Vec<RuntimeInfo> {
        self.0.runtimes.list().to_vec()
    }

    /// The interpreter that a Python version would get, by path and version.
    ///
    /// # Errors
    /// When none fits.
    pub fn python(&self, requires: Option<&str>) -> Result<String, ExecError> {
        let info = self.0.runtimes.python(requires)?;
        Ok(format!("{} {}", info.path.display(), info.version))
    }

    /// The process id of the spawner.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.current().pid
    }
}

/// Looks for interpreters in the background, and gives the spawner our modules as they compiled them.
fn teach(link: &Arc<Link>, runtimes: &Runtimes) {
    let (link, runtimes) = (Arc::clone(link), runtimes.clone());
    drop(tokio::task::spawn_blocking(move || {
        let mut told = Vec::new();
        for code in runtimes.list().iter().filter_map(|runtime| runtime.bytecode.as_ref()) {
            if !told.contains(&&code.tag)
                && let Ok(fd) = serde_json::to_vec(code.as_ref()).map_err(io::Error::from).and_then(|bytes| socket::memory_file(&bytes))
            {
                link.send_file(&Request::Bytecode, &fd);
                told.push(&code.tag);
            }
        }
    }));
}

/// What a zygote's child needs of a program: no secret is in it.
fn warm_program(program: &Program) -> io::Result<OwnedFd> {
    let spec = program.spec.as_deref().unwrap_or("null");
    let env: serde_json::Map<_, _> = program.env.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let text = format!("{{\"env\":{},\"spec\":{spec}}}", serde_json::to_string(&env)?);
    socket::memory_file(text.as_bytes())
}

/// A pipe: our reading end, and the writing end for the run.
fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    let _ = rustix::pipe::fcntl_setpipe_size(&ours, PIPE_BYTES);
    Ok((ours, theirs))
}
