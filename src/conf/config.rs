//! Every setting with its default. `config/execgov.toml` documents the same list; a test holds the two together.
//!
//! There are no optional values: an empty text or a zero stands for "not set" where that makes sense, so that
//! each key has a default that can be shown.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::limit;
use crate::domain::capability::Limits;
use crate::domain::run::{IsolationLevel, StartMode};

/// All settings of one appliance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where everything is kept that outlives the process.
    pub data_dir: PathBuf,
    pub listen: Listen,
    pub tls: Tls,
    pub limits: Traffic,
    pub queue: Queue,
    pub run: Run,
    pub session: Session,
    pub store: Store,
    pub vault: Vault,
    pub backup: Backup,
    pub log: Log,
    pub audit: Audit,
    pub forward: Forward,
    pub drain: Drain,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/var/lib/execgov"),
            listen: Listen::default(),
            tls: Tls::default(),
            limits: Traffic::default(),
            queue: Queue::default(),
            run: Run::default(),
            session: Session::default(),
            store: Store::default(),
            vault: Vault::default(),
            backup: Backup::default(),
            log: Log::default(),
            audit: Audit::default(),
            forward: Forward::default(),
            drain: Drain::default(),
        }
    }
}

/// Where requests come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    pub address: SocketAddr,
    /// Addresses or CIDR blocks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<String>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7443), trusted_proxies: Vec::new() }
    }
}

/// When connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// Always, except on a loopback address without a certificate of one's own.
    Auto,
    /// Always.
    On,
}

/// Encryption of connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub mode: TlsMode,
    /// PEM file with the certificate and its chain; empty: a self-signed one is made at first start.
    pub certificate: PathBuf,
    /// PEM file with the private key of `certificate`.
    pub key: PathBuf,
    /// Host names and addresses written into the self-signed certificate, beside the host's own name.
    pub names: Vec<String>,
    /// How often the files are looked at for a new certificate; 0: only on SIGHUP.
    pub reload_check_s: u64,
}

impl Default for Tls {
    fn default() -> Self {
        Self { mode: TlsMode::Auto, certificate: PathBuf::new(), key: PathBuf::new(), names: Vec::new(), reload_check_s: 60 }
    }
}

/// Bounds on what comes in over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address; trusted proxies are exempt.
    pub connections_per_source: usize,
    /// Live streams (logs, events) of one principal at one time.
    pub streams_per_principal: usize,
    pub handshake_timeout_s: u64,
    /// Time to send the head of a request.
    pub header_timeout_s: u64,
    /// Time between two pieces of a request body.
    pub body_stall_timeout_s: u64,
    /// Time for a whole request body.
    pub body_timeout_s: u64,
    /// Time a client may take to accept the next piece of an answer.
    pub write_timeout_s: u64,
    /// Time an open connection may be silent between requests.
    pub idle_timeout_s: u64,
    pub json_body_bytes: usize,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_source: 256,
            streams_per_principal: 32,
            handshake_timeout_s: 10,
            header_timeout_s: 15,
            body_stall_timeout_s: 30,
            body_timeout_s: 600,
            write_timeout_s: 30,
            idle_timeout_s: 75,
            json_body_bytes: limit::JSON_BODY_BYTES,
        }
    }
}

/// How much waits and how much runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// Runs that may wait, of scripts and of HTTP requests each; one more is refused with `Retry-After`.
    pub waiting: usize,
    /// Runs of one principal that may wait.
    pub waiting_per_principal: usize,
    /// Runs of scripts at one time; 0: twice the processors, at least 4.
    pub running: usize,
    /// Runs of HTTP capabilities at one time: they take a connection and no process.
    pub requests: usize,
    /// Runs of one principal at one time, of scripts and of HTTP requests each; 0: no bound of its own.
    pub running_per_principal: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: 10_000, waiting_per_principal: 5_000, running: 0, requests: 64, running_per_principal: 0 }
    }
}

impl Queue {
    /// Runs at one time, with the default for this host filled in.
    #[must_use]
    pub fn running_here(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        if self.running == 0 { (2 * processors).max(4) } else { self.running }
    }
}

/// How a run is started unless its version says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// From a preloaded interpreter, except at critical risk.
    Warm,
    /// A new interpreter for each run.
    Cold,
}

impl From<Start> for StartMode {
    fn from(start: Start) -> Self {
        match start {
            Start::Warm => Self::Warm,
            Start::Cold => Self::Cold,
        }
    }
}

/// How runs are executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    pub start: Start,
    /// The weakest isolation under which a run is started at all.
    pub minimum_isolation: IsolationLevel,
    /// Preloaded interpreters kept at one time.
    pub zygotes: usize,
    /// A preloaded interpreter that was not used for so long ends.
    pub zygote_idle_s: u64,
    /// A preloaded interpreter is replaced after so many runs.
    pub zygote_runs: u64,
    /// Ready-made sandboxes kept waiting; 0: none.
    pub pool: usize,
    /// Python interpreters by absolute path; the first usable one is the default.
    pub python: Vec<PathBuf>,
    /// Directories in which interpreters are looked for beside the usual ones.
    pub search: Vec<PathBuf>,
    /// The most a version may ask for.
    pub maximum: Limits,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            start: Start::Warm,
            minimum_isolation: IsolationLevel::Full,
            zygotes: 4,
            zygote_idle_s: 300,
            zygote_runs: 1_000,
            pool: 2,
            python: Vec::new(),
            search: Vec::new(),
            maximum: Limits {
                wall_ms: 24 * 60 * 60 * 1_000,
                cpu_ms: 24 * 60 * 60 * 1_000,
                memory_bytes: 16 << 30,
                processes: 4_096,
                file_bytes: 16 << 30,
                disk_bytes: 64 << 30,
                disk_entries: 1_000_000,
                output_bytes: 4 << 30,
                artifacts: 10_000,
                result_bytes: 16 << 20,
            },
        }
    }
}

/// How long a person stays signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Time without a request after which a session ends.
    pub idle_s: u64,
    /// Time after which a session ends in any case.
    pub absolute_s: u64,
    /// Time after a password was given in which grave decisions do not ask for it again.
    pub proven_s: u64,
    /// Longest life of an API token, in days.
    pub token_days: u32,
}

impl Default for Session {
    fn default() -> Self {
        Self { idle_s: 30 * 60, absolute_s: 12 * 60 * 60, proven_s: 5 * 60, token_days: 365 }
    }
}

/// The ledger file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Memory the ledger may use to keep pages at hand.
    pub cache_bytes: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20 }
    }
}

/// Where the vault's master key is, unless a passphrase seals it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vault {
    /// The key file of the method `key_file`, outside the data directory; empty: none.
    pub key_file: PathBuf,
    /// The file of the method `credential`, as systemd lays it down; empty: none.
    pub credential: PathBuf,
    /// Expiries of secrets are announced so many days before.
    pub remind_days: u32,
}

impl Default for Vault {
    fn default() -> Self {
        Self { key_file: PathBuf::new(), credential: PathBuf::new(), remind_days: 14 }
    }
}

/// Backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// Hours between two restore drills; 0: none.
    pub drill_hours: u32,
}

impl Default for Backup {
    fn default() -> Self {
        Self { drill_hours: 7 * 24 }
    }
}

/// Shapes of the operator's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// The operator's log, on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,execgov::api=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// The audit log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Days that entries are kept; 0: forever.
    pub retention_days: u32,
}

/// Where audit events are sent, beside staying in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forward {
    /// `tcp://HOST:PORT` or `tls://HOST:PORT` of a syslog server; empty: none.
    pub syslog: String,
    /// PEM file with the authorities that the syslog server's certificate must come from.
    pub ca: PathBuf,
    /// PEM files with a certificate of our own and its key, for a server that asks for one.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// How long a connection must hold after an event was sent until the event counts as delivered.
    pub confirm_s: u64,
    /// File that each event is appended to as one line of JSON; empty: none.
    pub file: PathBuf,
}

impl Default for Forward {
    fn default() -> Self {
        Self {
            syslog: String::new(),
            ca: PathBuf::new(),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            confirm_s: 5,
            file: PathBuf::new(),
        }
    }
}

/// How a syslog server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogAddress {
    pub encrypted: bool,
    pub host: String,
    pub port: u16,
}

impl Forward {
    /// The syslog server; `None` when there is none or the address makes no sense, which the check of the settings says.
    #[must_use]
    pub fn syslog_address(&self) -> Option<SyslogAddress> {
        let (scheme, rest) = self.syslog.split_once("://")?;
        let encrypted = match scheme {
            "tls" => true,
            "tcp" => false,
            _ => return None,
        };
        let (host, port) = rest.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let sound = !bare.is_empty() && bare.len() <= 253 && bare.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c));
        sound.then(|| SyslogAddress { encrypted, host: bare.to_owned(), port })
    }
}

/// How the appliance stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drain {
    /// Time running runs get to finish before they are cancelled.
    pub deadline_s: u64,
}

impl Default for Drain {
    fn default() -> Self {
        Self { deadline_s: 30 }
    }
}
