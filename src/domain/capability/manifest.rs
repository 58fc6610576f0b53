//! What a version declares: how it is executed, with which inputs, within which bounds, at which risk.
//!
//! This is the complete, resolved form. Where each value came from (manifest, sidecar, code, default) is
//! recorded beside it by `domain::inspect`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Name;
use crate::domain::http::HttpCall;
use crate::domain::vault::SecretNeed;

/// What executes a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Python,
    Shell,
    /// Requests to an HTTP resource, declared rather than programmed.
    Http,
}

/// How inputs reach the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Keyword arguments of a function, `main()` unless named otherwise.
    Function,
    /// The declared command-line options.
    Argv,
    /// One environment variable for each input.
    Env,
    /// One JSON object on standard input.
    Stdin,
    /// Placeholders of the declared request.
    Request,
}

/// How much harm a run can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Low,
    Medium,
    High,
    Critical,
}

impl Risk {
    /// Every risk, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in the API, the console and the audit log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Whether a run may reach the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// An empty network namespace: not even loopback reaches anything.
    #[default]
    None,
    /// The network of the host.
    Host,
}

/// What a run may change outside its own working directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteBoundary {
    /// Names of the things it may write, in the author's words. Empty means read-only.
    #[serde(default)]
    pub writes: Vec<String>,
}

/// Bounds of one attempt. Every one is enforced by the kernel or the appliance, not by the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wall-clock time, in milliseconds.
    pub wall_ms: u64,
    /// Processor time of all its processes, in milliseconds.
    pub cpu_ms: u64,
    /// Memory of all its processes, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads at one time.
    pub processes: u32,
    /// Largest single file, in bytes.
    pub file_bytes: u64,
    /// Size of the working directory, in bytes.
    pub disk_bytes: u64,
    /// Files and directories in the working directory.
    pub disk_entries: u32,
    /// Standard output and standard error together, in bytes.
    pub output_bytes: u64,
    /// Artifacts collected.
    pub artifacts: u32,
    /// Size of the result, in bytes.
    pub result_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 10 * 60 * 1_000,
            cpu_ms: 10 * 60 * 1_000,
            memory_bytes: 512 << 20,
            processes: 64,
            file_bytes: 128 << 20,
            disk_bytes: 256 << 20,
            disk_entries: 10_000,
            output_bytes: 64 << 20,
            artifacts: 100,
            result_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// Every bound by name.
    pub fn named_mut(&mut self) -> [(&'static str, Bound<'_>); 10] {
        [
            ("wall_ms", Bound::Wide(&mut self.wall_ms)),
            ("cpu_ms", Bound::Wide(&mut self.cpu_ms)),
            ("memory_bytes", Bound::Wide(&mut self.memory_bytes)),
            ("processes", Bound::Narrow(&mut self.processes)),
            ("file_bytes", Bound::Wide(&mut self.file_bytes)),
            ("disk_bytes", Bound::Wide(&mut self.disk_bytes)),
            ("disk_entries", Bound::Narrow(&mut self.disk_entries)),
            ("output_bytes", Bound::Wide(&mut self.output_bytes)),
            ("artifacts", Bound::Narrow(&mut self.artifacts)),
            ("result_bytes", Bound::Wide(&mut self.result_bytes)),
        ]
    }

    /// Lowers bounds that nobody chose to what an appliance allows, and names those that were chosen larger: the bound,
    /// what was asked for, what is allowed.
    pub fn fit(&mut self, mut most: Self) -> Vec<(&'static str, u64, u64)> {
        let mut usual = Self::default();
        let mut beyond = Vec::new();
        for (((name, mut mine), (_, most)), (_, usual)) in self.named_mut().into_iter().zip(most.named_mut()).zip(usual.named_mut()) {
            if mine.get() <= most.get() {
                continue;
            }
            if mine.get() == usual.get() {
                mine.lower_to(most.get());
            } else {
                beyond.push((name, mine.get(), most.get()));
            }
        }
        beyond
    }
}

/// One bound, whatever its width.
#[derive(Debug)]
pub enum Bound<'a> {
    Wide(&'a mut u64),
    Narrow(&'a mut u32),
}

impl Bound<'_> {
    #[must_use]
    pub fn get(&self) -> u64 {
        match self {
            Self::Wide(value) => **value,
            Self::Narrow(value) => u64::from(**value),
        }
    }

    fn lower_to(&mut self, most: u64) {
        match self {
            Self::Wide(value) => **value = most,
            Self::Narrow(value) => **value = u32::try_from(most).unwrap_or(**value),
        }
    }
}

/// When a failed attempt may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// Wait before the second attempt, in milliseconds; doubled for each further one, to one hour at most.
    pub backoff_ms: u64,
    /// Repeat also after the server died during the run: the author states that running twice does no harm.
    pub after_interruption: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 1, backoff_ms: 5_000, after_interruption: false }
    }
}

/// Which interpreter and packages a run gets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// A version specifier (PEP 440) for Python, such as `>=3.10`.
    pub requires_python: Option<String>,
    /// A Python virtual environment on this host, by absolute path.
    pub venv: Option<String>,
    /// Requirements (PEP 508) the script declares.
    pub dependencies: Vec<String>,
}

/// Several runs that must not run at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Concurrency {
    /// Runs of this capability at one time; 0 means no limit of its own.
    pub limit: u32,
    /// Runs with an equal value of this input run one after the other.
    pub key: Option<String>,
}

/// Everything a version declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[schema(value_type = String)]
    pub name: Name,
    pub title: String,
    #[serde(default)]
    pub description: String,
    pub kind: Kind,
    /// The file that is run, relative to the package.
    pub entry: String,
    /// The function called under the `function` binding.
    #[serde(default)]
    pub function: Option<String>,
    pub binding: Binding,
    /// The request that is made, under the kind `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub http: Option<Box<HttpCall>>,
    /// JSON Schema 2020-12 of the inputs: an object schema. Field order is the order of the form.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    /// JSON Schema 2020-12 of the result, when one is declared.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub output: Option<Map<String, Value>>,
    /// Under the `argv` binding, how each input becomes arguments.
    #[serde(default)]
    pub argv: Vec<ArgvRule>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub risk: Risk,
    #[serde(default)]
    pub write_boundary: WriteBoundary,
    #[serde(default)]
    pub network: Network,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub retry: Retry,
    #[serde(default)]
    pub runtime: Runtime,
    #[serde(default)]
    pub concurrency: Concurrency,
    /// Fixed environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets of the vault that a run is given. Each must be granted to the capability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretNeed>,
    /// Named sets of inputs that show what the capability does.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub examples: Vec<Map<String, Value>>,
}

/// How one input becomes command-line arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgvRule {
    /// The property of the input schema.
    pub input: String,
    /// The option that is written, such as `--count`; none for a positional argument.
    #[serde(default)]
    pub flag: Option<String>,
    pub style: ArgvStyle,
}

/// The shapes that a declared option takes on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArgvStyle {
    /// `--flag=value` for long options, `-f value` for short ones, or the bare value when positional.
    Value,
    /// The flag alone when the input is true.
    SwitchOn,
    /// The flag alone when the input is false (argparse `store_false`).
    SwitchOff,
    /// `--flag` or `--no-flag` (argparse `BooleanOptionalAction`, click `--a/--no-a`).
    SwitchPair,
    /// The flag once, then each item of the list.
    Many,
    /// The flag before each item of the list.
    Repeat,
    /// The flag as many times as the number says (argparse `count`).
    Count,
    /// The name of a subcommand: the rules after it are its own options and arguments, and follow it.
    Command,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_bounds_beyond_the_maximum_are_named_and_usual_ones_lowered() {
        let usual = Limits::default();
        let most = Limits { wall_ms: 1_000, processes: 8, memory_bytes: usual.memory_bytes * 4, ..usual };
        let mut limits = Limits { processes: 9, memory_bytes: usual.memory_bytes * 2, ..usual };
        assert_eq!(limits.fit(most), [("processes", 9, 8)]);
        assert_eq!((limits.wall_ms, limits.processes, limits.memory_bytes), (1_000, 9, usual.memory_bytes * 2));
        assert!(Limits { processes: 8, ..usual }.fit(most).is_empty());
    }
}
