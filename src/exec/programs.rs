//! Python and shell: programs in a sandbox that the spawner makes.

use serde_json::{Map, Value};

use super::argv;
use super::launch::{LaunchSpec, Running};
use super::registry::{End, Execution, Executor, Needs, Outline, Output, Starting, StopHandle};
use super::spawner::Spawner;
use crate::domain::capability::{Binding, Kind, Manifest, Risk};
use crate::domain::run::{IsolationLevel, StartMode};

/// The executor of programs.
pub(super) struct Programs(pub(super) Spawner);

impl Executor for Programs {
    fn prepare(&self, _kind: Kind) -> Needs {
        Needs { package: true, resource: false }
    }

    fn dry_run(&self, manifest: &Manifest, inputs: &Map<String, Value>) -> Outline {
        let interpreter = match manifest.kind {
            Kind::Python => self.0.python(manifest.runtime.requires_python.as_deref()).map_err(|error| error.to_string()),
            // Which shell runs a script is in its first line.
            Kind::Shell | Kind::Http => Err("chosen by the first line of the script".to_owned()),
        };
        let argv = (manifest.binding == Binding::Argv).then(|| argv::render(&manifest.argv, inputs).ok()).flatten();
        Outline { isolation: self.isolation(), start: start_mode(manifest.kind, manifest.risk), interpreter, argv }
    }

    fn isolation(&self) -> IsolationLevel {
        self.0.survey().isolation.level
    }

    fn start(&self, spec: LaunchSpec) -> Starting<'_> {
        Box::pin(async move {
            let Running { stdout, stderr, isolation, start, interpreter, kill, exit } = self.0.launch(spec).await?;
            Ok(Execution {
                isolation,
                start,
                interpreter: Some(interpreter),
                output: Output::Pipes { stdout, stderr },
                stop: StopHandle::Program(kill),
                end: End::Program(exit),
            })
        })
    }
}

/// Whether a version is always started in a new interpreter.
fn start_mode(kind: Kind, risk: Risk) -> StartMode {
    match (kind, risk) {
        (Kind::Python, Risk::Low | Risk::Medium | Risk::High) => StartMode::Warm,
        (Kind::Python, Risk::Critical) | (Kind::Shell | Kind::Http, _) => StartMode::Cold,
    }
}
