//! What one source of metadata says, before the sources are merged.

use serde_json::{Map, Value};

use super::report::{Note, Origin};
use crate::domain::capability::manifest::ArgvRule;
use crate::domain::capability::{Binding, Kind};

/// One input as the code shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub name: String,
    pub schema: Map<String, Value>,
    pub required: bool,
    pub rule: Option<ArgvRule>,
    pub origin: Origin,
}

impl Input {
    pub fn new(name: impl Into<String>, schema: Map<String, Value>, required: bool, origin: Origin) -> Self {
        Self { name: name.into(), schema, required, rule: None, origin }
    }
}

/// A kind of effect that a script can have beyond its own working directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Opens network connections.
    Network,
    /// Sends mail.
    Mail,
    /// Connects to a database server.
    Database,
    /// Administers other machines or clouds.
    Remote,
    /// Starts other programs.
    Exec,
    /// Removes single files.
    Delete,
    /// Removes whole trees.
    DeleteTree,
    /// Runs code or loads objects that are not in the source.
    Dynamic,
    /// Asks for more rights, or reaches below the interpreter.
    Privileged,
    /// Reads from the resource that it declares.
    Reads,
    /// Changes something at the resource that it declares.
    Changes,
    /// Removes something at the resource that it declares.
    Removes,
}

/// A place in the source that shows an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub effect: Effect,
    pub file: String,
    pub line: u32,
    /// What is written there, such as `subprocess.run`.
    pub what: String,
}

/// What the code of a package shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub kind: Kind,
    pub binding: Binding,
    pub function: Option<String>,
    pub title: Option<(String, Origin)>,
    pub description: Option<(String, Origin)>,
    pub inputs: Vec<Input>,
    /// Argument rules in the order in which the arguments are written; the inputs have none when empty.
    pub argv: Vec<ArgvRule>,
    /// Further keywords of the input schema, such as `allOf` for exclusive options.
    pub constraints: Map<String, Value>,
    /// Inputs that are not listed are accepted too.
    pub open: bool,
    pub notes: Vec<Note>,
    pub signals: Vec<Signal>,
    /// Top-level modules that are imported and belong neither to Python nor to the package.
    pub third_party: Vec<String>,
    pub has_timeout: bool,
}

impl Found {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            binding: Binding::Argv,
            function: None,
            title: None,
            description: None,
            inputs: Vec::new(),
            argv: Vec::new(),
            constraints: Map::new(),
            open: false,
            notes: Vec::new(),
            signals: Vec::new(),
            third_party: Vec::new(),
            has_timeout: false,
        }
    }
}
