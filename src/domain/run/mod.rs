//! Runs: what is recorded of one execution, and the law of its lifecycle.

pub mod queue;
pub mod record;
pub mod state;

pub use record::{Attempt, Isolation, IsolationLevel, LogSeal, Run, RunArtifact, StartMode, Trigger, Usage};
pub use state::{Ending, Phase, Transition, TransitionError};
