//! Verifying a version that makes requests: its declared reading request, at the resource's address, with the resource's
//! credential, by the same rules as a run. Nothing that the one who asks could choose is sent, and no body is kept.

use std::time::Instant;

use serde_json::json;

use super::{Resources, bind, faults};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Whence};
use crate::domain::audit::{Actor, ActorKind};
use crate::service::{capabilities, commit_fault, resource};
use crate::store::Commit;
use crate::wire::resource::CapabilityVerification;

impl Resources {
    /// Makes the request. That it is made is recorded before it is sent, and what came of it afterwards.
    ///
    /// # Errors
    /// Not found; refused for those who may not run the version; [`faults::NO_VERIFICATION`], [`faults::NOT_GRANTED`]. A
    /// verification that fails is an answer, not an error.
    pub async fn verify(&self, caller: &Caller, name: &str, version: Option<u32>) -> Result<CapabilityVerification, Fault> {
        let loaded = self.capabilities.seen(caller, Action::CapabilityView, name, version).await?;
        let version = &loaded.version;
        let action = if version.phase.runs() { Action::CapabilityRun } else { Action::CapabilityRunDraft };
        let permit = self.gate.allow(caller, action, &resource::version(&loaded.capability, version)).await?;
        let subject = || capabilities::subject(&loaded.capability);
        let prepared = (|| {
            let Some(call) = version.manifest.http.as_ref().and_then(|call| call.verification()) else {
                return Err(faults::NO_VERIFICATION
                    .fault(format!("version {} of `{}` declares no verification", version.number, loaded.capability.name))
                    .param("version", version.number)
                    .hint("Declare a request that only reads under [http.verify] in capability.toml, and register it anew."));
            };
            let found = bind::granted(&self.read()?, &loaded, &call.resource)?;
            Ok((call, found))
        })();
        let (call, found) = match prepared {
            Ok(prepared) => prepared,
            Err(fault) => {
                self.gate.refuse(caller, "capability.verify", subject(), &fault).await;
                return Err(fault);
            }
        };
        let digest = found.digest();
        let request = format!("{} {}", call.method.word(), call.path);
        let mut event = permit.note(self.gate.event(caller, "capability.verify", subject()));
        event.details.insert("version".to_owned(), json!(version.number));
        event.details.insert("resource".to_owned(), json!(found.name));
        event.details.insert("settings_digest".to_owned(), json!(digest));
        event.details.insert("request".to_owned(), json!(request));
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        let began = Instant::now();
        let mut verification = CapabilityVerification {
            capability: loaded.capability.name.to_string(),
            version: version.number,
            resource: found.name.to_string(),
            request,
            ..CapabilityVerification::default()
        };
        match bind::open(&*self.credentials, &found, digest, &caller.actor(), None).await {
            Err(fault) => {
                fault.detail().clone_into(&mut verification.detail);
                verification.code = Some(fault.code().text.to_owned());
            }
            Ok(opened) => {
                let verified = self.executors.http().verify(&opened, call).await;
                verification.lines = verified.lines;
                verification.reached = verified.reached;
                match verified.outcome {
                    Ok(()) => verification.good = true,
                    Err(problem) => {
                        verification.detail = problem.to_string();
                        verification.code = Some(problem.code().text.to_owned());
                    }
                }
            }
        }
        verification.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let system = Actor { kind: ActorKind::System, id: None, name: None, token: None };
        let mut event = self.gate.event_by(system, &loaded.capability.tenant, &Whence::default(), "capability.verified", subject());
        event.details.insert("version".to_owned(), json!(version.number));
        event.details.insert("good".to_owned(), json!(verification.good));
        event.details.insert("code".to_owned(), json!(verification.code));
        event.details.insert("reached".to_owned(), json!(verification.reached));
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(verification)
    }
}
