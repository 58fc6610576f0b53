//! `execgov serve`: what is started in which order, and how it stops.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::time::{interval, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::data::DataDir;
use super::listen::Door;
use super::notify::{tell, watchdog_interval};
use super::operator_log::{self, Level};
use super::parts::{NO_SPAWNER, spawner_config};
use super::process;
use super::services::Services;
use super::signals::{Asked, Signals};
use crate::api::router;
use crate::api::server::Server;
use crate::api::tls::{Certificate, Reload};
use crate::base::fault::{BUG, Fault};
use crate::base::file;
use crate::cli::Exit;
use crate::conf::{Block, Environment, Loaded, Overrides, load};
use crate::domain::identity::Secret;
use crate::exec::{SpawnerSeed, start_spawner};
use crate::service::identity::SETUP_TOKEN_FILE;

/// How long answers under way get to end once the runs are done.
const CLOSING: Duration = Duration::from_secs(3);

/// Serves until told to stop. Exit code 0 after an orderly stop, else by the class of what stood in the way.
#[must_use]
pub fn serve(overrides: &Overrides) -> ExitCode {
    match run(overrides) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let hint = fault.hint_text().unwrap_or_default();
            say(&mut std::io::stderr(), &format!("error: {}\n  {}\n  {hint}\n", fault.code().title, fault.detail()));
            Exit::of_class(fault.class()).into()
        }
    }
}

fn run(overrides: &Overrides) -> Result<(), Fault> {
    process::harden().map_err(|error| BUG.fault("the process cannot be hardened").cause(error))?;
    let settings = load(overrides, &Environment::of_process())?;
    let level = operator_log::start(&settings.config.log);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let data = DataDir::open(&settings.config.data_dir)?;
    // Before any thread exists: the spawner is forked from a small process.
    let seed = start_spawner(spawner_config(&settings)).map_err(|error| NO_SPAWNER.fault(format!("{error}")).cause(error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .thread_keep_alive(Duration::from_secs(2))
        .enable_all()
        .build()
        .map_err(|error| BUG.fault("no runtime").cause(error))?;
    runtime.block_on(appliance(overrides, Arc::new(settings), data, level, seed))
}

/// Everything that lives inside the runtime.
async fn appliance(overrides: &Overrides, settings: Arc<Loaded>, data: DataDir, level: Level, seed: SpawnerSeed) -> Result<(), Fault> {
    let signals = Signals::take().map_err(|error| BUG.fault("signals cannot be taken").cause(error))?;
    let config = &settings.config;
    let spawner = seed.connect().map_err(|error| NO_SPAWNER.fault(format!("{error}")).cause(error))?;
    for lack in &spawner.survey().lacks {
        tracing::warn!(feature = lack.feature, remedy = lack.remedy, "isolation: {}", lack.meaning);
    }
    let mut services = Services::open(&settings, &data, spawner).await?;
    let door = Door::open(config, &data.path)?;
    let url = door.url();
    let state = services.state(&settings);

    let server = Server {
        router: router(state.clone()),
        tls: acceptor(door.certificate.as_ref())?,
        traffic: config.limits.clone(),
        trusted: config.listen.trusted_proxies.iter().filter_map(|text| Block::parse(text)).collect(),
        meters: state.meters.clone(),
    };
    let listener = TcpListener::from_std(door.listener).map_err(|error| BUG.fault("no listener").cause(error))?;
    let (close, give_up) = (CancellationToken::new(), CancellationToken::new());
    let serving = tokio::spawn(server.run(listener, close.clone(), give_up.clone()));

    let token = services.open_setup().await?;
    announce(overrides, &settings, &Greeting { certificate: door.certificate.as_deref(), url: &url, token })?;
    crate::exec::give_back_start();
    let mut control = Control { overrides, certificate: door.certificate, level, signals, reload_check_s: config.tls.reload_check_s };
    control.until_stop().await;

    tracing::info!(deadline_s = config.drain.deadline_s, "stopping: no new work, waiting for what runs");
    tell(&[NotifyState::Stopping]);
    state.stop.draining.cancel();
    let deadline = Duration::from_secs(config.drain.deadline_s);
    let hurry = services.hurry_handle();
    tokio::select! {
        () = services.drain(deadline) => {}
        () = async { control.until_stop().await; hurry.cancel(); std::future::pending::<()>().await } => {}
    }
    state.stop.closing.cancel();
    close.cancel();
    tokio::select! {
        _ = serving => {}
        () = sleep(CLOSING) => give_up.cancel(),
        () = control.until_stop() => give_up.cancel(),
    }
    services.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn acceptor(certificate: Option<&Arc<Certificate>>) -> Result<Option<TlsAcceptor>, Fault> {
    certificate.map(|certificate| Ok(TlsAcceptor::from(Arc::new(certificate.server_config()?)))).transpose()
}

/// What the server says when it is ready.
struct Greeting<'a> {
    certificate: Option<&'a Certificate>,
    url: &'a str,
    /// Shown once, on the console that started the server.
    token: Option<Secret>,
}

/// Says on standard output, in the ready file and to the service manager that requests are answered, and where.
fn announce(overrides: &Overrides, settings: &Loaded, greeting: &Greeting<'_>) -> Result<(), Fault> {
    let Greeting { certificate, url, token } = greeting;
    let dir = settings.config.data_dir.display();
    let fingerprint = certificate.map_or(String::new(), |certificate| format!("certificate SHA-256: {}\n", certificate.fingerprint()));
    let token = token.as_ref().map_or(String::new(), |token| {
        format!("setup token: {}\n  once, for the first administrator; also in {dir}/{SETUP_TOKEN_FILE}\n", token.expose())
    });
    let text = format!("ExecGov {}\ndata directory: {dir}\n{fingerprint}{token}ready at {url}\n", env!("CARGO_PKG_VERSION"));
    say(&mut std::io::stdout(), &text);
    if let Some(path) = &overrides.ready_file {
        file::write_atomic(path, format!("{url}\n").as_bytes(), file::PRIVATE_FILE)
            .map_err(|error| super::data::UNUSABLE.fault(format!("{}: {error}", path.display())).hint("check --ready-file"))?;
    }
    tracing::info!(url, "ready");
    tell(&[NotifyState::Ready, NotifyState::Status(url)]);
    Ok(())
}

/// Writes for a person. Nobody listening is no reason to stop.
fn say(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// What the operator can ask of a running server.
struct Control<'a> {
    overrides: &'a Overrides,
    certificate: Option<Arc<Certificate>>,
    level: Level,
    signals: Signals,
    reload_check_s: u64,
}

impl Control<'_> {
    /// Serves reloads and the watchdog until someone asks for the stop.
    async fn until_stop(&mut self) {
        let mut alive = watchdog_interval().map(interval);
        let mut check = (self.certificate.is_some() && self.reload_check_s > 0).then(|| interval(Duration::from_secs(self.reload_check_s)));
        loop {
            tokio::select! {
                asked = self.signals.next() => match asked {
                    Asked::Stop => return,
                    Asked::Reload => self.reload(),
                },
                () = tick(&mut alive) => tell(&[NotifyState::Watchdog]),
                () = tick(&mut check) => self.reload_certificate(),
            }
        }
    }

    /// Takes a new certificate and a new log level into force; other settings wait for a restart.
    fn reload(&self) {
        if let Ok(since) = NotifyState::monotonic_usec_now() {
            tell(&[NotifyState::Reloading, since]);
        }
        match load(self.overrides, &Environment::of_process()) {
            Ok(fresh) => self.level.set(&fresh.config.log.level),
            Err(error) => tracing::error!("the settings were not reloaded: {error}"),
        }
        self.reload_certificate();
        tell(&[NotifyState::Ready]);
    }

    fn reload_certificate(&self) {
        match self.certificate.as_ref().map(|certificate| certificate.reload()) {
            Some(Ok(Reload::Replaced(fingerprint))) => tracing::info!(fingerprint, "a new certificate is in force"),
            Some(Err(fault)) => tracing::error!(code = fault.code().text, "the old certificate stays in force: {}", fault.detail()),
            Some(Ok(Reload::Unchanged)) | None => {}
        }
    }
}

async fn tick(of: &mut Option<tokio::time::Interval>) {
    match of {
        Some(of) => {
            of.tick().await;
        }
        None => std::future::pending().await,
    }
}
