//! One attempt from launch to record: the sandbox, the log, the clock on the wall, what was left behind, the outcome.
//!
//! Whatever happens here, the run gets a truthful end: every early return is an outcome too.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::sync::watch;

use super::package::Packages;
use super::source::Source;
use super::{artifacts, exchange};
use crate::base::fault::{Code, Fault};
use crate::base::meter::Meters;
use crate::domain::audit::Actor;
use crate::domain::capability::{Limits, Manifest, Network, Retry};
use crate::domain::ids::{RunId, TenantKey};
use crate::domain::masking::{Masker, Masking};
use crate::domain::run::{Ending, Phase, Run, RunArtifact, StartMode, Trigger};
use crate::domain::vault::Delivery;
use crate::exec::collect::{self, OutputBounds};
use crate::exec::{AttemptEnd, Execution, Executors, Exit, ExitCause, LaunchSpec, StartWish};
use crate::service::capabilities::{Capabilities, Loaded};
use crate::service::files::Files;
use crate::service::resources::Resources;
use crate::service::runs::dispatch::StopWish;
use crate::service::runs::{AttemptOutcome, RunError, Runs, faults};
use crate::service::secrets::Supplied;
use crate::store::blob::{BlobStore, media_type};
use crate::store::log::{Filter, LogBody, LogKey, LogOptions, LogStore, STREAMS, SealedLog};

/// Between the polite request to end and the end.
const TERM_GRACE: Duration = Duration::from_millis(500);
/// How often recording an outcome is tried while the ledger refuses writes.
const RECORD_TRIES: u32 = 60;
/// Wait between those tries.
const RECORD_WAIT: Duration = Duration::from_secs(2);

/// What attempts need.
pub struct Attempter {
    pub runs: Runs,
    pub capabilities: Capabilities,
    pub files: Files,
    pub resources: Resources,
    pub executors: Arc<Executors>,
    pub logs: LogStore,
    pub blobs: BlobStore,
    pub packages: Packages,
    /// How runs are started unless their version forbids it.
    pub start: StartWish,
    pub meters: Meters,
}

/// Why an attempt was stopped before its script ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stopped {
    No,
    WallLimit,
    Wish(StopWish),
}

/// Executes one attempt of a run and records its outcome, gives its place back, and lines it up again when another
/// attempt is due: in this order, so that a run never holds two places.
pub async fn execute(attempter: &Attempter, tenant: &TenantKey, id: RunId, queued: bool) {
    let wish = attempter.runs.dispatch().enter(id);
    let recorded = attempt(attempter, tenant, id, queued, wish).await;
    attempter.runs.dispatch().release(id);
    match recorded {
        Ok(Some(run)) if run.phase == Phase::Queued => attempter.runs.line_up(&run),
        Ok(_) => {}
        Err(error) => {
            tracing::error!(run = %id, %error, "an attempt could not be recorded; the next start of the server records it as interrupted");
        }
    }
}

/// The record afterwards; `None` when there was nothing to execute.
async fn attempt(
    attempter: &Attempter,
    tenant: &TenantKey,
    id: RunId,
    queued: bool,
    wish: watch::Receiver<Option<StopWish>>,
) -> Result<Option<Run>, RunError> {
    let run = if queued { attempter.runs.begin_queued(tenant, id).await? } else { attempter.runs.running(tenant, id)? };
    let Some(run) = run else { return Ok(None) };
    // It needs a secret, and the vault was sealed while it stood in line.
    if run.phase == Phase::Queued {
        return Ok(Some(run));
    }
    let loaded = match attempter.capabilities.loaded(tenant, run.capability, run.version) {
        Ok(loaded) => loaded,
        Err(fault) => {
            let outcome = not_started(format!("the version cannot be read: {fault}"));
            return record(attempter, &run, &Retry::default(), outcome, None).await;
        }
    };
    let retry = &loaded.version.manifest.retry;
    // A cancel that was recorded before this attempt could be told of it.
    if let Some(actor) = &run.cancel_asked_by {
        return record(attempter, &run, retry, cancelled_before(actor), None).await;
    }
    let (outcome, sealed) = perform(attempter, &run, &loaded, wish).await;
    record(attempter, &run, retry, outcome, sealed).await
}

fn cancelled_before(actor: &Actor) -> AttemptOutcome {
    let who = actor.name.clone().unwrap_or_else(|| "someone".to_owned());
    let reason = Some((faults::CANCELLED, format!("cancelled by {who} before the script began")));
    AttemptOutcome { ending: Some(Ending::Cancelled), reason, ..AttemptOutcome::default() }
}

/// Records the outcome; a ledger that refuses for a while (disk full) is tried again, so that the end is not lost.
async fn record(
    attempter: &Attempter,
    run: &Run,
    retry: &Retry,
    mut outcome: AttemptOutcome,
    sealed: Option<SealedLog>,
) -> Result<Option<Run>, RunError> {
    let key = key_of(run);
    if let Some(sealed) = sealed {
        attempter.meters.log_bytes.inc_by(sealed.seal.bytes);
        outcome.log = Some(sealed.seal);
        if let LogBody::Inline(bytes) = sealed.body {
            outcome.inline_log = Some(STANDARD.encode(bytes));
        }
    }
    let mut tries = 0;
    let recorded = loop {
        match attempter.runs.record_outcome(&run.tenant, run.id, retry, &outcome).await {
            Err(error) if tries < RECORD_TRIES => {
                tries += 1;
                tracing::error!(run = %run.id, %error, "the outcome of a run could not be recorded yet");
                tokio::time::sleep(RECORD_WAIT).await;
            }
            other => break other?,
        }
    };
    if recorded.is_some() {
        attempter.runs.put_away(key, outcome.log.as_ref(), outcome.inline_log.is_some()).await;
    }
    Ok(recorded)
}

fn key_of(run: &Run) -> LogKey {
    LogKey { run: run.id, attempt: run.attempt_number() }
}

/// Executes with the secrets that the attempt was given, and lets nothing out that says one of them.
async fn perform(
    attempter: &Attempter,
    run: &Run,
    loaded: &Loaded,
    mut wish: watch::Receiver<Option<StopWish>>,
) -> (AttemptOutcome, Option<SealedLog>) {
    let manifest = &loaded.version.manifest;
    // A source of secrets may take its time; the run can be stopped meanwhile.
    let early = |stopped: Stopped| {
        let (ending, reason) = ended_early(&stopped, &manifest.limits).unzip();
        (AttemptOutcome { ending, reason, ..AttemptOutcome::default() }, None)
    };
    let supplied = tokio::select! {
        biased;
        supplied = attempter.runs.supply(run, manifest) => supplied,
        () = wished(&mut wish) => return early(wish.borrow().clone().map_or(Stopped::No, Stopped::Wish)),
        () = tokio::time::sleep(Duration::from_millis(manifest.limits.wall_ms)) => return early(Stopped::WallLimit),
    };
    let supplied = supplied.and_then(|supplied| Ok((attempter.runs.secrets().masker(&supplied)?, supplied)));
    let (masker, supplied) = match supplied {
        Ok(supplied) => supplied,
        Err(fault) => return (without_secrets(&fault), None),
    };
    let (mut outcome, sealed) = perform_with(attempter, run, loaded, (&masker, &supplied), wish).await;
    outcome.secrets.extend(supplied.iter().filter(|one| one.used.source.is_some()).map(|one| one.used.clone()));
    mask(&masker, &mut outcome);
    (outcome, sealed)
}

/// Takes the secrets out of everything that is recorded of an attempt besides its log, which was masked as it came.
fn mask(masker: &Masker, outcome: &mut AttemptOutcome) {
    if masker.is_idle() {
        return;
    }
    outcome.result = outcome.result.take().map(|result| masker.json(result));
    outcome.reason = outcome.reason.take().map(|(code, detail)| (code, masker.text(&detail)));
    for artifact in &mut outcome.artifacts {
        artifact.name = masker.text(&artifact.name);
    }
    for skipped in &mut outcome.skipped {
        *skipped = masker.text(skipped);
    }
}

async fn perform_with(
    attempter: &Attempter,
    run: &Run,
    loaded: &Loaded,
    (masker, supplied): (&Arc<Masker>, &[Supplied]),
    mut wish: watch::Receiver<Option<StopWish>>,
) -> (AttemptOutcome, Option<SealedLog>) {
    let manifest = &loaded.version.manifest;
    let spec = match launch_spec(attempter, run, loaded, supplied).await {
        Ok(spec) => spec,
        Err((code, detail)) => return (AttemptOutcome { reason: Some((code, detail)), ..not_started(String::new()) }, None),
    };
    let secrets = spec.outside.as_ref().map(|opened| opened.uses.clone()).unwrap_or_default();
    let began = Instant::now();
    let execution = match attempter.executors.of(manifest.kind).start(spec).await {
        Ok(execution) => execution,
        Err(error) => return (AttemptOutcome { secrets, ..not_started(format!("{error}")) }, None),
    };
    let mut outcome = AttemptOutcome {
        secrets,
        isolation: Some(execution.isolation),
        start: Some(execution.start),
        interpreter: execution.interpreter,
        ..AttemptOutcome::default()
    };
    let Execution { output, stop, end, .. } = execution;
    let filter = (!masker.is_idle()).then(|| Box::new(Masking::<STREAMS>::new(Arc::clone(masker))) as Box<dyn Filter>);
    let mut writer = attempter.logs.start(key_of(run), LogOptions { output_bytes: manifest.limits.output_bytes, filter });
    attempter.runs.log_began(run);
    let mut end = std::pin::pin!(end);
    let mut source = match Source::new(output) {
        Ok(source) => source,
        Err(error) => {
            stop.now();
            end.await;
            return (not_started(format!("the output of the script cannot be read: {error}")), writer.finish().await.ok());
        }
    };
    let mut wall = std::pin::pin!(tokio::time::sleep(Duration::from_millis(manifest.limits.wall_ms)));
    let mut stopped = Stopped::No;
    let mut pumping = true;
    let end = loop {
        tokio::select! {
            biased;
            end = &mut end => break end,
            () = wished(&mut wish), if stopped == Stopped::No => {
                if let Some(wish) = wish.borrow().clone() { stopped = Stopped::Wish(wish); }
                stop.terminate();
                wall.as_mut().reset(tokio::time::Instant::now() + TERM_GRACE);
            }
            () = &mut wall => {
                if stopped == Stopped::No {
                    stopped = Stopped::WallLimit;
                    stop.terminate();
                    wall.as_mut().reset(tokio::time::Instant::now() + TERM_GRACE);
                } else {
                    stop.now();
                    wall.as_mut().reset(tokio::time::Instant::now() + Duration::from_hours(1));
                }
            }
            goes_on = source.pump(&mut writer), if pumping => pumping = goes_on,
        }
    };
    // Nothing of it is left: what is still on its way is all there will ever be.
    if let Err(error) = source.drain(&mut writer) {
        tracing::warn!(run = %run.id, %error, "the end of a run's output could not be read");
    }
    match end {
        AttemptEnd::Program(exit) => {
            outcome.usage = exit.usage;
            outcome.exit_code = exit.code;
            outcome.signal = exit.signal;
            judge(attempter, loaded, masker, &exit, &stopped, &mut outcome).await;
        }
        AttemptEnd::Exchange(ended) => exchange::judge(attempter, loaded, *ended, &stopped, &mut outcome).await,
    }
    outcome.usage.wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some((code, detail)) = outcome.reason.as_ref().filter(|(code, _)| says_in_log(*code)) {
        writer.mark(&masker.text(&format!("{detail} ({})", code.text)));
    }
    let sealed = match writer.finish().await {
        Ok(sealed) => {
            if let Some(error) = &sealed.trouble {
                tracing::error!(run = %run.id, %error, "the log of a run is not whole");
                lose_evidence(&mut outcome, format!("the log is not whole: {error}"));
            }
            Some(sealed)
        }
        Err(error) => {
            lose_evidence(&mut outcome, format!("the log could not be sealed: {error}"));
            None
        }
    };
    (outcome, sealed)
}

/// A run whose evidence is incomplete did not succeed; one that ended otherwise keeps its reason, and the loss is added.
fn lose_evidence(outcome: &mut AttemptOutcome, detail: String) {
    if outcome.ending == Some(Ending::Succeeded) {
        outcome.ending = Some(Ending::Failed);
        outcome.reason = None;
    }
    outcome.reason = Some(match outcome.reason.take() {
        Some((code, before)) => (code, format!("{before}; {detail}")),
        None => (faults::EVIDENCE_LOST, detail),
    });
}

/// Resolves when somebody wants the run to stop.
async fn wished(wish: &mut watch::Receiver<Option<StopWish>>) {
    if wish.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Reasons that the reader of the log should find at its end.
fn says_in_log(code: Code) -> bool {
    ![faults::EXITED, faults::SIGNALLED].contains(&code)
}

async fn launch_spec(attempter: &Attempter, run: &Run, loaded: &Loaded, supplied: &[Supplied]) -> Result<LaunchSpec, (Code, String)> {
    let needs = attempter.executors.of(loaded.version.manifest.kind).prepare(loaded.version.manifest.kind);
    let stuck = |detail: String| (faults::NOT_STARTED, detail);
    let package_dir = if needs.package {
        attempter.packages.dir_of(&loaded.version.content).await.map_err(|error| stuck(format!("{error}")))?
    } else {
        std::path::PathBuf::new()
    };
    // The code says what is wrong with the resource or its credential, not that something could not be started.
    let outside = if needs.resource {
        Some(attempter.resources.open_for(run).await.map_err(|fault| (fault.code(), fault.detail().to_owned()))?)
    } else {
        None
    };
    let (inputs, input_files) = attempter.files.for_launch(run, &loaded.inputs).map_err(|fault| stuck(fault.to_string()))?;
    let manifest = &loaded.version.manifest;
    let (mut env, mut secrets) = (Vec::new(), Vec::new());
    for one in supplied {
        match one.used.delivery {
            Delivery::File => secrets.push((one.used.place.clone(), one.value.clone())),
            Delivery::Env => {
                let text = String::from_utf8(one.value.to_vec());
                let text =
                    text.map_err(|_| stuck(format!("the secret `{}` is no text and cannot be an environment variable", one.used.name)))?;
                env.push((one.used.place.clone(), text));
            }
        }
    }
    Ok(LaunchSpec {
        run: run.id,
        attempt: u32::try_from(run.attempts.len()).unwrap_or(u32::MAX),
        manifest: reach_of(run, manifest),
        package_dir,
        inputs,
        input_files,
        start: attempter.start,
        env,
        secrets,
        outside,
    })
}

/// A try reaches nothing outside its sandbox, whatever the version declares.
fn reach_of(run: &Run, manifest: &Manifest) -> Manifest {
    match run.trigger {
        Trigger::Test => Manifest { network: Network::None, ..manifest.clone() },
        _ => manifest.clone(),
    }
}

/// The code says what is wrong with the secret, not that something could not be started.
fn without_secrets(fault: &Fault) -> AttemptOutcome {
    let detail = match fault.hint_text() {
        Some(hint) => format!("{}. {hint}", fault.detail()),
        None => fault.detail().to_owned(),
    };
    AttemptOutcome { ending: Some(Ending::Failed), reason: Some((fault.code(), detail)), ..AttemptOutcome::default() }
}

fn not_started(detail: String) -> AttemptOutcome {
    AttemptOutcome {
        ending: Some(Ending::Failed),
        reason: Some((faults::NOT_STARTED, detail)),
        start: None::<StartMode>,
        ..AttemptOutcome::default()
    }
}

/// Milliseconds as seconds with as many digits as they have.
fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format!("{}", ms / 1_000) } else { format!("{}.{:03}", ms / 1_000, ms % 1_000) }
}

/// The end of an attempt that was stopped before it ended by itself.
pub(super) fn ended_early(stopped: &Stopped, limits: &Limits) -> Option<(Ending, (Code, String))> {
    Some(match stopped {
        Stopped::No => return None,
        Stopped::Wish(StopWish::Cancelled(actor)) => {
            let who = actor.name.clone().unwrap_or_else(|| "someone".to_owned());
            (Ending::Cancelled, (faults::CANCELLED, format!("cancelled by {who}")))
        }
        Stopped::Wish(StopWish::Drained) => {
            (Ending::Interrupted, (faults::DRAINED, "the appliance stopped and the run did not end by the deadline".to_owned()))
        }
        Stopped::WallLimit => {
            (Ending::TimedOut, (faults::WALL_LIMIT, format!("the run took longer than its limit of {} s", seconds(limits.wall_ms))))
        }
    })
}

/// Says how it ended, and keeps result and artifacts.
async fn judge(attempter: &Attempter, loaded: &Loaded, masker: &Arc<Masker>, exit: &Exit, stopped: &Stopped, outcome: &mut AttemptOutcome) {
    let limits = &loaded.version.manifest.limits;
    let (ending, reason) = match (ended_early(stopped, limits), exit.cause) {
        (Some((ending, reason)), _) => (ending, Some(reason)),
        (None, ExitCause::CpuLimit) => (
            Ending::TimedOut,
            Some((faults::CPU_LIMIT, format!("the run used more processor time than its limit of {} s", seconds(limits.cpu_ms)))),
        ),
        (None, ExitCause::MemoryLimit) => (
            Ending::Failed,
            Some((faults::MEMORY_LIMIT, format!("the run needed more memory than its limit of {} MiB", limits.memory_bytes >> 20))),
        ),
        (None, ExitCause::SpawnerLost) => {
            (Ending::Interrupted, Some((faults::INTERRUPTED, "the process that starts runs went away".to_owned())))
        }
        (None, _) => match (exit.code, exit.signal) {
            (Some(0), _) => (Ending::Succeeded, None),
            (Some(code), _) => (Ending::Failed, Some((faults::EXITED, format!("the script ended with exit code {code}")))),
            (None, signal) => {
                (Ending::Failed, Some((faults::SIGNALLED, format!("the script was ended by signal {}", signal.unwrap_or(0)))))
            }
        },
    };
    outcome.ending = Some(ending);
    outcome.reason = reason;
    if let Err((code, detail)) = keep_evidence(attempter, loaded, masker, exit, outcome).await
        && outcome.ending == Some(Ending::Succeeded)
    {
        outcome.ending = Some(Ending::Failed);
        outcome.reason = Some((code, detail));
    }
}

async fn keep_evidence(
    attempter: &Attempter,
    loaded: &Loaded,
    masker: &Arc<Masker>,
    exit: &Exit,
    outcome: &mut AttemptOutcome,
) -> Result<(), (Code, String)> {
    let Some(work) = &exit.work else { return Ok(()) };
    let limits = &loaded.version.manifest.limits;
    let lost = |detail: String| (faults::EVIDENCE_LOST, detail);
    let bounds = OutputBounds { files: limits.artifacts as usize, file_bytes: limits.file_bytes, total_bytes: limits.disk_bytes };
    let found = collect::outputs(work, bounds).map_err(|error| lost(format!("the outputs cannot be read: {error}")))?;
    outcome.skipped = found.skipped.iter().map(|skipped| format!("{} {}", skipped.name, skipped.why)).collect();
    for output in found.files {
        let name = output.name;
        let kept = artifacts::keep(&attempter.blobs, masker, output.file, limits.file_bytes).await;
        let Some(kept) = kept.map_err(|error| lost(format!("artifact `{name}` could not be kept: {error}")))? else {
            outcome.skipped.push(format!("{} holds the value of a secret and is no text", name.escape_debug()));
            continue;
        };
        let media_type = media_type(&name);
        outcome.artifacts.push(RunArtifact { name, bytes: kept.bytes, sha256: kept.id.to_string(), media_type });
    }
    keep_result(loaded, work, outcome)
}

fn keep_result(loaded: &Loaded, work: &OwnedFd, outcome: &mut AttemptOutcome) -> Result<(), (Code, String)> {
    let bad = |detail: String| (faults::BAD_RESULT, detail);
    let bytes = collect::read_result(work, loaded.version.manifest.limits.result_bytes).map_err(|error| bad(error.to_string()))?;
    let Some(bytes) = bytes else {
        return match &loaded.output {
            Some(_) => Err(bad("the version declares a result and the run left none".to_owned())),
            None => Ok(()),
        };
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| bad(format!("the result is not JSON: {error}")))?;
    check_result(loaded, &value)?;
    outcome.result = Some(value);
    Ok(())
}

/// Whether a result is what the version declares.
pub(super) fn check_result(loaded: &Loaded, value: &Value) -> Result<(), (Code, String)> {
    let bad = |detail: String| (faults::BAD_RESULT, detail);
    if let Some(schema) = &loaded.output {
        schema.check(value).map_err(|errors| {
            let first = errors.first().map(|error| format!("{}: {}", error.pointer, error.message)).unwrap_or_default();
            bad(format!("the result does not fit its schema: {first}"))
        })?;
    }
    Ok(())
}
