//! Runs: what is recorded of one execution, and the law of its lifecycle.

pub mod queue;
pub mod record;
pub mod retry;
pub mod state;

pub use queue::{Admission, Full, Queue, QueueLimits, Ticket, Work};
pub use record::{
    Attempt, Consent, Hold, HoldEnd, Idempotency, Isolation, IsolationLevel, LogSeal, Override, Run, RunArtifact, RunOutput, RunResource,
    StartMode, Trigger, Usage, WaitsFor,
};
pub use state::{Ending, Phase, Transition, TransitionError};
