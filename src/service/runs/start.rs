//! Starting a run: find the version, ask the gate, check the inputs, record, hand to the engine.
//!
//! When a place is free the run is recorded as running at once, so that a run costs two durable commits: this one and
//! its outcome. A run is never executed before the commit that says so is on disk.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::hold::{consent, matter_of};
use super::{RunError, Runs, faults};
use crate::base::clock::Timestamp;
use crate::base::fault::{BUG, Fault, FieldFault};
use crate::base::limit::COMMENT_CHARS;
use crate::crypto::digest::sha256_hex;
use crate::domain::access::{Action, Caller};
use crate::domain::approval::rule::TICKET_CHARS;
use crate::domain::approval::{Approval, Binding, Effective, Matter, MatterKind, Need, Opening, Rule, Terms};
use crate::domain::audit::Subject;
use crate::domain::ids::{ApprovalId, RunId};
use crate::domain::run::{
    Admission, Attempt, Full, Hold, Idempotency, Override, Phase, Run, RunResource, Ticket, Transition, Trigger, Usage, WaitsFor, Work,
};
use crate::domain::vault::SecretUse;
use crate::service::capabilities::Loaded;
use crate::service::vault::faults::SEALED;
use crate::service::{approvals, conditions, persons, resource, resources};
use crate::store::record::run::idempotency_key;
use crate::store::{Commit, CommitError, Stored};
use crate::wire::run::RunRequest;

/// Labels of one run, at most.
const LABELS: usize = 16;
/// Longest `Idempotency-Key`, in bytes.
const IDEMPOTENCY_KEY_BYTES: usize = 255;
/// The priority of a run that asks for none.
const PRIORITY_DEFAULT: u8 = 5;

/// What became of a request.
#[derive(Debug)]
pub enum Started {
    /// A new run.
    New(Box<Run>),
    /// The run that an earlier request under the same idempotency key made.
    Replayed(Box<Run>),
}

/// A request with its channel.
#[derive(Debug)]
pub struct StartRequest {
    pub request: RunRequest,
    pub trigger: Trigger,
    pub idempotency_key: Option<String>,
}

pub(super) struct Replay {
    principal: String,
    key_digest: String,
    request_digest: String,
}

/// A request that was found in order.
struct Prepared {
    inputs: Map<String, Value>,
    secrets: Vec<SecretUse>,
    digest: String,
    effective: Effective,
    overrides: Vec<Override>,
    resource: Option<RunResource>,
}

/// What goes into the commit of a start besides the run, and what its event says besides the usual.
#[derive(Default)]
pub(super) struct Ahead {
    commit: Commit,
    details: Vec<(&'static str, Value)>,
    /// What the run would be given.
    secrets: Vec<SecretUse>,
}

impl Replay {
    fn again(&self) -> Self {
        let Self { principal, key_digest, request_digest } = self;
        Self { principal: principal.clone(), key_digest: key_digest.clone(), request_digest: request_digest.clone() }
    }

    /// What is kept so that the request is carried out once.
    pub(super) fn record(&self, run: &Run) -> Idempotency {
        Idempotency {
            tenant: run.tenant.clone(),
            principal: self.principal.clone(),
            key_digest: self.key_digest.clone(),
            request_digest: self.request_digest.clone(),
            run: run.id,
            created_at: run.created_at,
        }
    }
}

impl Runs {
    /// Starts a run.
    ///
    /// # Errors
    /// Refusals by the gate or the schema are audited; a full queue answers [`faults::QUEUE_FULL`].
    pub async fn start(&self, caller: &Caller, asked: StartRequest) -> Result<Started, Fault> {
        if self.dispatch.is_draining() {
            return Err(faults::DRAINING
                .fault("the appliance is stopping and starts nothing new")
                .hint("Try again in a minute.")
                .retry_after(30));
        }
        let replay = replay_of(caller, &asked)?;
        if let Some(earlier) = self.replayed(caller, replay.as_ref())? {
            return Ok(Started::Replayed(Box::new(earlier)));
        }
        let loaded = self.capabilities.resolve(caller, &asked.request.capability, asked.request.version).await?;
        let permit = self.gate.allow(caller, Action::CapabilityRun, &resource::version(&loaded.capability, &loaded.version)).await?;
        let prepared = self.prepare(caller, &asked, &loaded);
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(fault) => {
                let subject = subject_of_capability(&loaded);
                self.gate.refuse(caller, "run.request", subject, &fault).await;
                return Err(fault);
            }
        };
        let now = self.clock.now();
        let mut run = new_run(caller, &asked, &loaded, now);
        run.allowed_by = permit.policies().to_vec();
        run.inputs = prepared.inputs;
        run.inputs_digest = prepared.digest;
        run.concurrency_key = concurrency_key(&loaded, &run.inputs);
        let Prepared { effective, overrides, secrets, resource, .. } = prepared;
        run.resource = resource.map(Box::new);
        let waits = !matches!(effective.rule.need, Need::None);
        if waits && asked.request.break_glass {
            return self.start_unasked(caller, run, &loaded, (effective, overrides), secrets, replay).await;
        }
        if waits
            && overrides.is_empty()
            && let Some(started) = self.start_covered(caller, &run, &loaded, (&effective, &secrets), replay.as_ref()).await?
        {
            return Ok(started);
        }
        if waits {
            self.record_wait(caller, run, &loaded, (effective, overrides), &secrets, replay).await
        } else {
            self.record_start(caller, run, &loaded, replay, Ahead { secrets, ..Ahead::default() }).await
        }
    }

    /// Starts at once what would have to wait, and opens the review that must be answered afterwards.
    async fn start_unasked(
        &self,
        caller: &Caller,
        mut run: Run,
        loaded: &Loaded,
        (effective, overrides): (Effective, Vec<Override>),
        secrets: Vec<SecretUse>,
        replay: Option<Replay>,
    ) -> Result<Started, Fault> {
        let thing = resource::version(&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::CapabilityBreakGlass, &thing).await?;
        let (rule, requester) = {
            let snapshot = self.ledger.read().map_err(RunError::from)?;
            let rule = conditions::of_matter(&snapshot, &run.tenant, MatterKind::Review, self.gate.mode())?;
            (rule, persons::account_of(&snapshot, &run.tenant, &run.requester)?)
        };
        let requester = requester.ok_or_else(|| BUG.fault("the account of the requester is gone"))?;
        let terms = Terms { rule: &effective.rule, overrides: &overrides, secrets: &secrets };
        let binding =
            Binding::of(&run, &loaded.version, &run.inputs_digest, self.outlook.isolation(loaded.version.manifest.kind), terms).digest();
        let id = ApprovalId::new(run.created_at);
        let review = Approval::open(Opening {
            id,
            tenant: run.tenant.clone(),
            matter: Matter::Review(matter_of(&run)),
            risk: loaded.version.manifest.risk,
            binding: binding.map_err(RunError::from)?,
            rule: &rule,
            requester: run.requester.clone(),
            person: requester.record.person_key(),
            barred: Vec::new(),
            reason: run.reason.clone(),
            now: run.created_at,
        });
        run.review = Some(id);
        run.allowed_by.extend(permit.policies().iter().cloned());
        let details =
            [("break_glass", json!(true)), ("review", json!(id)), ("rule", json!(effective.rule)), ("overrides", json!(overrides))];
        let mut commit = Commit::new();
        commit.insert(&review);
        let started = self.record_start(caller, run, loaded, replay, Ahead { commit, details: details.into(), secrets }).await?;
        self.wait_begins();
        Ok(started)
    }

    /// Starts at once what a standing approval covers.
    async fn start_covered(
        &self,
        caller: &Caller,
        run: &Run,
        loaded: &Loaded,
        (effective, secrets): (&Effective, &[SecretUse]),
        replay: Option<&Replay>,
    ) -> Result<Option<Started>, Fault> {
        let covering = approvals::covering(self, &self.ledger.read().map_err(RunError::from)?, run, &effective.rule)?;
        let Some(covering) = covering else { return Ok(None) };
        let standing = &covering.standing.record;
        let isolation = self.outlook.isolation(loaded.version.manifest.kind);
        let terms = Terms { rule: &effective.rule, overrides: &[], secrets };
        let binding = Binding::of(run, &loaded.version, &run.inputs_digest, isolation, terms).digest();
        let mut run = run.clone();
        let counting = standing.decisions.iter().filter(|decision| covering.consenting.counts(decision));
        run.hold = Some(Box::new(Hold {
            rule: effective.rule.clone(),
            source: effective.source,
            binding: binding.map_err(RunError::from)?,
            isolation,
            expires_at: standing.until,
            overrides: Vec::new(),
            approval: None,
            standing: Some(standing.id),
            confirmed_at: None,
            consents: counting.map(consent).collect(),
            ended: None,
        }));
        let mut commit = Commit::new();
        commit.expect(&covering.standing);
        for account in &covering.consenting.accounts {
            commit.expect(account);
        }
        let details = [("standing_approval", json!(standing.id)), ("approval", json!(standing.approval))];
        let ahead = Ahead { commit, details: details.into(), secrets: secrets.to_vec() };
        let replay = replay.map(Replay::again);
        self.record_start(caller, run, loaded, replay, ahead).await.map(Some)
    }

    async fn record_start(
        &self,
        caller: &Caller,
        mut run: Run,
        loaded: &Loaded,
        replay: Option<Replay>,
        ahead: Ahead,
    ) -> Result<Started, Fault> {
        let Ahead { mut commit, details: more, secrets } = ahead;
        let signs_in = run.resource.as_ref().is_some_and(|resource| resource.signs_in);
        let waits = (signs_in || !secrets.is_empty()) && !self.secrets.vault().is_open();
        run.waits_for = waits.then_some(WaitsFor::Vault);
        let ticket = ticket_of(&run, loaded.version.manifest.concurrency.limit);
        let mut admission = self.dispatch.admit(&ticket).map_err(full)?;
        if waits && admission == Admission::Place {
            self.dispatch.forget(&ticket);
            admission = Admission::Wait;
        }
        run.phase = run.phase.apply(Transition::Enqueue).map_err(RunError::from)?;
        run.queued_at = Some(run.created_at);
        let details = request_details(&run);
        let mut event = self.gate.event(caller, "run.request", subject_of(&run));
        event.details = details;
        event.details.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        commit.event(event);
        if admission == Admission::Place {
            let now = run.created_at;
            begin_attempt(&mut run, now)?;
            commit.event(self.system_event(&run, "run.start", json!({ "attempt": 1 })));
            self.give(&mut run, secrets, &mut commit);
        }
        if let Some(replay) = &replay {
            commit.insert(&replay.record(&run));
        }
        commit.insert(&run);
        match self.ledger.commit(commit).await {
            Ok(_) => {
                match admission {
                    Admission::Place => self.dispatch.begin(run.tenant.clone(), run.id),
                    Admission::Wait => self.line_up_as(&run, ticket),
                }
                self.tell(&run);
                Ok(Started::New(Box::new(run)))
            }
            Err(error) => {
                self.dispatch.forget(&ticket);
                // Two requests under one idempotency key raced: the other one won.
                if matches!(error, CommitError::Conflict { .. })
                    && let Some(earlier) = self.replayed(caller, replay.as_ref())?
                {
                    return Ok(Started::Replayed(Box::new(earlier)));
                }
                Err(RunError::from(error).into())
            }
        }
    }

    /// Inputs with defaults, checked against the schema, and their digest; and what the start needs.
    fn prepare(&self, caller: &Caller, asked: &StartRequest, loaded: &Loaded) -> Result<Prepared, Fault> {
        if !loaded.version.phase.runs() {
            return Err(faults::NOT_RUNNABLE
                .fault(format!(
                    "version {} of `{}` is {} and cannot run",
                    loaded.version.number,
                    loaded.capability.name,
                    loaded.version.phase.word()
                ))
                .hint("Publish the version first, or run the current one."));
        }
        check_request(&asked.request)?;
        let inputs = loaded.inputs.complete(&asked.request.inputs).map_err(super::inputs_fault)?;
        let digest = self.inputs_digest(caller, loaded, &inputs)?;
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        let unasked = asked.request.break_glass;
        let (effective, overrides) = conditions::of(&snapshot, loaded, asked.request.override_freeze || unasked, self.clock.now())?;
        let (reason, ticket) = (asked.request.reason.as_deref(), asked.request.ticket.as_deref());
        if unasked {
            // Who goes ahead says why, and has no time for a ticket.
            conditions::check_request(&Rule { reason_required: true, ..Rule::plain(effective.rule.need) }, reason, ticket)?;
        } else {
            conditions::check_request(&effective.rule, reason, ticket)?;
        }
        let manifest = &loaded.version.manifest;
        let secrets = self.secrets.resolve(&loaded.capability.tenant, loaded.capability.id, &manifest.secrets)?;
        let resource = resources::of_run(&snapshot, loaded)?;
        let signs_in = resource.as_ref().is_some_and(|resource| resource.signs_in);
        if (signs_in || !secrets.is_empty()) && !self.secrets.vault().is_open() {
            // Without a vault there is nothing to wait for.
            self.secrets.vault().ring().map(drop).or_else(|fault| if fault.code() == SEALED { Ok(()) } else { Err(fault) })?;
        }
        Ok(Prepared { inputs, secrets, digest, effective, overrides, resource })
    }

    pub(super) fn replayed(&self, caller: &Caller, replay: Option<&Replay>) -> Result<Option<Run>, Fault> {
        let Some(replay) = replay else { return Ok(None) };
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        let key = idempotency_key(&caller.tenant, &replay.principal, &replay.key_digest);
        let Some(stored): Option<Stored<Idempotency>> = snapshot.get(&key).map_err(RunError::from)? else { return Ok(None) };
        if stored.record.request_digest != replay.request_digest {
            return Err(faults::IDEMPOTENCY_MISMATCH
                .fault("this Idempotency-Key was used for another request")
                .hint("Use a new key for a new request."));
        }
        let run = super::load(&snapshot, &caller.tenant, stored.record.run)?;
        Ok(run.map(|run| run.record))
    }
}

/// Puts a queued run into its next attempt.
pub(super) fn begin_attempt(run: &mut Run, now: Timestamp) -> Result<(), RunError> {
    run.phase = run.phase.apply(Transition::Start)?;
    run.not_before = None;
    run.waits_for = None;
    run.attempts.push(Attempt {
        started_at: now,
        finished_at: None,
        start: None,
        isolation: None,
        interpreter: None,
        exit_code: None,
        signal: None,
        reason: None,
        detail: None,
        log: None,
        reached: Vec::new(),
        usage: Usage::default(),
        secrets: Vec::new(),
    });
    Ok(())
}

/// The run as the queue sees it.
pub(super) fn ticket_of(run: &Run, capability_limit: u32) -> Ticket {
    Ticket {
        run: run.id,
        // Only what makes requests has a resource.
        work: if run.resource.is_some() { Work::Request } else { Work::Process },
        principal: run.requester.id.clone().unwrap_or_default(),
        priority: run.priority,
        capability: run.capability,
        capability_limit,
        key: run.concurrency_key.clone(),
        // Who waits for the vault is called; no moment is known.
        not_before: run.waits_for.map(|_| Timestamp::MAX).or(run.not_before),
    }
}

pub(super) fn subject_of(run: &Run) -> Subject {
    Subject { kind: "run".to_owned(), id: Some(run.id.to_string()), name: Some(run.capability_name.to_string()) }
}

pub(super) fn subject_of_capability(loaded: &Loaded) -> Subject {
    Subject { kind: "capability".to_owned(), id: Some(loaded.capability.id.to_string()), name: Some(loaded.capability.name.to_string()) }
}

fn new_run(caller: &Caller, asked: &StartRequest, loaded: &Loaded, now: Timestamp) -> Run {
    let request = &asked.request;
    Run {
        id: RunId::new(now),
        tenant: caller.tenant.clone(),
        phase: Phase::Requested,
        capability: loaded.capability.id,
        capability_name: loaded.capability.name.clone(),
        space: loaded.capability.space.clone(),
        version: loaded.version.number,
        version_digest: loaded.version.digest.clone(),
        requester: caller.actor(),
        trigger: asked.trigger,
        source: caller.whence.source.clone(),
        inputs: Map::new(),
        inputs_digest: String::new(),
        labels: request.labels.clone(),
        reason: request.reason.clone(),
        ticket: request.ticket.clone(),
        priority: request.priority.unwrap_or(PRIORITY_DEFAULT),
        concurrency_key: None,
        resource: None,
        idempotency_key: None,
        allowed_by: Vec::new(),
        hold: None,
        rerun_of: request.rerun_of.as_deref().and_then(|id| id.parse().ok()),
        review: None,
        created_at: now,
        queued_at: None,
        waits_for: None,
        not_before: None,
        finished_at: None,
        cancel_asked_by: None,
        attempts: Vec::new(),
        result_digest: None,
        artifacts: Vec::new(),
        log: None,
    }
}

/// A try of an example: a run like any other, but for what it may reach.
pub(super) fn new_try(caller: &Caller, loaded: &Loaded, now: Timestamp) -> Run {
    let request = RunRequest { capability: loaded.capability.name.to_string(), ..RunRequest::default() };
    new_run(caller, &StartRequest { request, trigger: Trigger::Test, idempotency_key: None }, loaded, now)
}

pub(super) fn request_details(run: &Run) -> Map<String, Value> {
    let mut details = Map::new();
    details.insert("capability".to_owned(), json!(run.capability));
    details.insert("version".to_owned(), json!(run.version));
    details.insert("version_digest".to_owned(), json!(run.version_digest));
    details.insert("inputs_digest".to_owned(), json!(run.inputs_digest));
    details.insert("trigger".to_owned(), json!(run.trigger));
    details.insert("allowed_by".to_owned(), json!(run.allowed_by));
    if let Some(resource) = &run.resource {
        details.insert("resource".to_owned(), json!(resource));
    }
    if let Some(ticket) = &run.ticket {
        details.insert("ticket".to_owned(), json!(ticket));
    }
    if let Some(key) = &run.idempotency_key {
        details.insert("idempotency_key_digest".to_owned(), json!(sha256_hex(key.as_bytes())));
    }
    if let Some(reason) = &run.reason {
        details.insert("why".to_owned(), json!(reason));
    }
    details
}

fn concurrency_key(loaded: &Loaded, inputs: &Map<String, Value>) -> Option<String> {
    let input = loaded.version.manifest.concurrency.key.as_ref()?;
    inputs.get(input).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn replay_of(caller: &Caller, asked: &StartRequest) -> Result<Option<Replay>, Fault> {
    let Some(key) = &asked.idempotency_key else { return Ok(None) };
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(faults::BAD_IDEMPOTENCY_KEY
            .fault("the Idempotency-Key header must have 1 to 255 printable ASCII characters")
            .hint("Use a UUID."));
    }
    let request = serde_json::to_vec(&asked.request).map_err(RunError::from)?;
    Ok(Some(Replay {
        principal: caller.actor().id.unwrap_or_default(),
        key_digest: sha256_hex(key.as_bytes()),
        request_digest: sha256_hex(&request),
    }))
}

fn check_request(request: &RunRequest) -> Result<(), Fault> {
    let bad = |pointer: &str, rule: &str, message: String| {
        let field = FieldFault { pointer: pointer.to_owned(), rule: rule.to_owned(), message: message.clone(), params: Vec::new() };
        Err(faults::BAD_REQUEST.fault(message).field(field))
    };
    if request.priority.is_some_and(|priority| priority > 9) {
        return bad("/priority", "maximum", "`priority` goes from 0 (last) to 9 (first)".to_owned());
    }
    if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > COMMENT_CHARS) {
        return bad("/reason", "maxLength", format!("`reason` has at most {COMMENT_CHARS} characters"));
    }
    if request.ticket.as_ref().is_some_and(|ticket| !conditions::is_ticket(ticket)) {
        return bad("/ticket", "ticket", format!("`ticket` has 1 to {TICKET_CHARS} characters and no control characters"));
    }
    if request.rerun_of.as_ref().is_some_and(|id| id.parse::<RunId>().is_err()) {
        return bad("/rerun_of", "format", "`rerun_of` must be the id of a run (`run_...`)".to_owned());
    }
    check_labels(&request.labels).or_else(|message| bad("/labels", "labels", message))
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), String> {
    if labels.len() > LABELS {
        return Err(format!("a run has at most {LABELS} labels"));
    }
    for (key, value) in labels {
        let fits =
            (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
        if !fits {
            return Err(format!("label key `{key}` must have 1 to 64 characters of a-z, A-Z, 0-9, '-', '_', '.' and '/'"));
        }
        if value.chars().count() > 256 || value.chars().any(char::is_control) {
            return Err(format!("the value of label `{key}` must have at most 256 characters and no control characters"));
        }
    }
    Ok(())
}

pub(super) fn full(full: Full) -> Fault {
    match full {
        Full::Everyone { limit } => faults::QUEUE_FULL
            .fault(format!("the queue is full: {limit} runs are waiting"))
            .param("limit", limit)
            .hint("Try again later; an administrator can raise `queue.waiting`.")
            .retry_after(5),
        Full::Principal { limit } => faults::QUEUE_FULL_YOURS
            .fault(format!("you have {limit} runs waiting, the most that one account may have"))
            .param("limit", limit)
            .hint("Wait for some to finish or cancel them; an administrator can raise `queue.waiting_each`.")
            .retry_after(5),
    }
}
