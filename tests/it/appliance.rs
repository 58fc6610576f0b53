//! The real server as a test needs it: its own data directory, a free port, gone when the test ends.
//!
//! ```ignore
//! let appliance = Appliance::start();
//! let answer = appliance.get("/healthz").await;
//! assert_eq!(answer.status, 200);
//! ```

#![allow(dead_code, reason = "each test uses what it needs")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// Longest wait for anything that should happen soon; generous because the machine may be busy.
pub const SOON: Duration = Duration::from_secs(30);

/// How to start a server.
#[derive(Default)]
pub struct Setup {
    /// Settings as TOML; data directory and address are given by flags.
    pub settings: String,
    pub env: Vec<(String, String)>,
    pub listen: Option<String>,
}

/// A running server.
pub struct Appliance {
    dir: tempfile::TempDir,
    child: Child,
    /// `http://127.0.0.1:port`, no slash at the end.
    pub url: String,
    setup: Setup,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; panics with the text when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// A header as text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The program under test, with no environment but a path and a home of its own.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_execgov"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).stdin(Stdio::null());
    command
}

/// An HTTP client that accepts the appliance's self-signed certificate and keeps no cookies.
pub fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .build()
        .expect("client")
}

/// Polls until something is there, or fails after [`SOON`].
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not happen within {SOON:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Appliance {
    /// A server with default settings on a free loopback port.
    pub fn start() -> Self {
        Self::with(Setup::default())
    }

    /// A server with these settings.
    pub fn with_settings(settings: &str) -> Self {
        Self::with(Setup { settings: settings.to_owned(), ..Setup::default() })
    }

    pub fn with(setup: Setup) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        fs::write(dir.path().join("execgov.toml"), &setup.settings).expect("settings written");
        let child = spawn(dir.path(), &setup);
        let mut appliance = Self { dir, child, url: String::new(), setup };
        appliance.wait_ready();
        appliance
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A directory of the test's own, removed with the appliance.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server has written on standard output so far.
    pub fn stdout(&self) -> String {
        fs::read_to_string(self.dir.path().join("stdout")).unwrap_or_default()
    }

    /// What the server has written on standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default()
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        self.url.split_once("://").map_or("", |(_, address)| address)
    }

    /// Resident memory of the server at its highest since [`Self::forget_peak`], in KiB.
    pub fn peak_kib(&self) -> u64 {
        memory_kib(self.pid(), "VmHWM:")
    }

    /// Begins a new measure of the highest memory; answers with what is resident now, in KiB.
    pub fn forget_peak(&self) -> u64 {
        fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").expect("the peak forgotten");
        memory_kib(self.pid(), "VmRSS:")
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).expect("pid")).expect("pid");
        rustix::process::kill_process(pid, signal).expect("signal sent");
    }

    /// Waits for the server to end by itself.
    pub fn wait_end(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the end of the server", || child.try_wait().expect("waited"))
    }

    /// Stops in order with SIGTERM.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.wait_end()
    }

    /// Kills the server as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again on the same data after [`Self::stop`] or [`Self::kill`].
    pub fn start_again(&mut self) {
        let _ = fs::remove_file(self.dir.path().join("ready"));
        self.child = spawn(self.dir.path(), &self.setup);
        self.wait_ready();
    }

    fn wait_ready(&mut self) {
        let ready = self.dir.path().join("ready");
        let (child, dir) = (&mut self.child, self.dir.path());
        self.url = eventually("a ready server", || {
            if let Some(status) = child.try_wait().expect("waited") {
                let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default();
                panic!("the server ended at once ({status}):\n{}{}", text("stdout"), text("stderr"));
            }
            fs::read_to_string(&ready).ok().map(|url| url.trim().to_owned())
        });
    }

    /// Runs the command line with this server's home.
    pub fn cli(&self, words: &[&str]) -> Output {
        program(self.dir.path()).env("EXECGOV_URL", &self.url).args(words).output().expect("the program runs")
    }

    /// A request to a path of this server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http().request(method, format!("{}{path}", self.url)).timeout(SOON)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }
}

fn memory_kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the server lives");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect(field);
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Sends a request and reads the answer whole.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.expect("a body") }
}

fn spawn(dir: &Path, setup: &Setup) -> Child {
    let file = |name: &str| File::create(dir.join(name)).expect("output file");
    let path = |name: &str| dir.join(name).into_os_string();
    program(dir)
        .arg("serve")
        .args([
            std::ffi::OsString::from("--config"),
            path("execgov.toml"),
            "--data-dir".into(),
            path("data"),
            "--ready-file".into(),
            path("ready"),
        ])
        .args(["--listen", setup.listen.as_deref().unwrap_or("127.0.0.1:0")])
        .envs(setup.env.iter().map(|(name, value)| (name, value)))
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .expect("the server starts")
}

impl Drop for Appliance {
    fn drop(&mut self) {
        self.kill();
    }
}
