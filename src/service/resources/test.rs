//! Testing a resource: the stored check, at the stored address, with the stored credential, and nothing that the one who
//! asks could choose.

use serde_json::json;

use super::{Resources, bind, faults, subject};
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller, Resource as Target};
use crate::domain::audit::{Actor, ActorKind};
use crate::domain::ids::TenantKey;
use crate::domain::resource::{Health, Resource, Test};
use crate::service::commit_fault;
use crate::store::{Commit, CommitError};
use crate::wire::resource::ResourceView;

impl Resources {
    /// Makes the resource's own check. That it is tried is recorded before it is sent, and what came of it afterwards.
    ///
    /// # Errors
    /// Not found; [`faults::NO_TEST`] when it declares no check. A check that fails is an answer, not an error.
    pub async fn test(&self, caller: &Caller, name: &str) -> Result<ResourceView, Fault> {
        let permit = self.gate.allow(caller, Action::ResourceTest, &Target::Appliance).await?;
        let Some(resource) = self.stored(name)?.map(|stored| stored.record) else {
            return Err(self.gate.missing(caller, Action::ResourceTest, "resource", name).await);
        };
        let Some(health) = resource.health() else {
            let fault = faults::NO_TEST
                .fault(format!("`{}` declares no check", resource.name))
                .hint("Declare a request that reads: execgov resource update NAME --health 'GET /ping'.");
            self.gate.refuse(caller, Action::ResourceTest.name(), subject(&resource), &fault).await;
            return Err(fault);
        };
        let digest = resource.digest();
        let mut event = permit.note(self.gate.event(caller, "resource.test", subject(&resource)));
        event.tenant = TenantKey::platform();
        event.details.insert("digest".to_owned(), json!(digest));
        event.details.insert("hosts".to_owned(), json!(resource.settings.hosts()));
        let mut commit = Commit::new();
        commit.event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        let (good, detail, reached) = self.try_out(caller, &resource, (&digest, health)).await;
        let test = Test { at: self.clock.now(), by: caller.actor(), good, detail, digest };
        let resource = self.keep_test(resource, test, &reached).await?;
        self.view(caller, &self.read()?, &resource)
    }

    async fn try_out(&self, caller: &Caller, resource: &Resource, (digest, health): (&str, Health)) -> (bool, String, Vec<String>) {
        match bind::open(&*self.credentials, resource, digest.to_owned(), &caller.actor(), None).await {
            Err(fault) => (false, fault.to_string(), Vec::new()),
            Ok(opened) => match self.executors.http().test(&opened, health).await {
                (Ok(status), reached) => (true, format!("answered with status {status}"), reached),
                (Err(problem), reached) => (false, format!("{problem} ({})", problem.code().text), reached),
            },
        }
    }

    /// Records what came of it; a resource that was removed meanwhile keeps nothing.
    async fn keep_test(&self, tested: Resource, test: Test, reached: &[String]) -> Result<Resource, Fault> {
        loop {
            let mut event = self.gate.event_by(
                Actor { kind: ActorKind::System, id: None, name: None, token: None },
                &TenantKey::platform(),
                &crate::domain::access::Whence::default(),
                "resource.tested",
                subject(&tested),
            );
            event.details.insert("good".to_owned(), json!(test.good));
            event.details.insert("detail".to_owned(), json!(test.detail));
            event.details.insert("digest".to_owned(), json!(test.digest));
            event.details.insert("reached".to_owned(), json!(reached));
            let mut commit = Commit::new();
            commit.event(event);
            let stored = bind::by_name(&self.read()?, tested.name.as_str())?.filter(|stored| stored.record.id == tested.id);
            let resource = match stored {
                Some(stored) => {
                    let resource = Resource { test: Some(test.clone()), ..stored.record.clone() };
                    commit.update(&stored, &resource);
                    resource
                }
                None => tested.clone(),
            };
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(resource),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
    }
}
