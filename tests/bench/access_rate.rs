//! How long one authorization decision takes with its explanation, with many policies, grants and people.
//!
//! `access_rate [USERS GRANTS POLICIES QUESTIONS]`: makes a ledger of its own in a temporary directory, reads for each
//! question the account and what it holds from there, decides and explains, and prints the percentiles as JSON. One of two
//! questions is answered with no, which takes longest: it is looked for what would help.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use execgov::base::clock::{Clock, SystemClock, Timestamp};
use execgov::crypto::key;
use execgov::crypto::note::LogSigner;
use execgov::domain::access::grant::{GivenRole, Holder, RoleGrant};
use execgov::domain::access::own::PolicyVersion;
use execgov::domain::access::{Action, Caller, Mode, Policy, Role, RoleSet, SpacePath, Standing, Via, Whence};
use execgov::domain::audit::{Actor, ActorKind};
use execgov::domain::identity::user::ChosenBy;
use execgov::domain::identity::{Preferences, User, UserState};
use execgov::domain::ids::{RoleGrantId, SessionId, TenantKey, UserId};
use execgov::service::gate::Gate;
use execgov::service::identity::{Identity, IdentityParts, Question, Terms, Thing};
use execgov::store::{Commit, Ledger, LedgerOptions};

/// Records in one commit.
const TOGETHER: usize = 500;
const ROLES: [Role; 5] = [Role::Operator, Role::Author, Role::Reviewer, Role::Approver, Role::Viewer];

fn main() -> Result<()> {
    let words: Vec<usize> = std::env::args().skip(1).map(|word| word.parse().context("a number")).collect::<Result<_>>()?;
    let [users, grants, policies, questions] = words.as_slice().try_into().unwrap_or([5_000, 10_000, 200, 20_000]);
    let dir = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(dir.path(), users, grants, policies, questions))
}

fn actor() -> Actor {
    Actor { kind: ActorKind::System, id: None, name: None, token: None }
}

/// Policies of a tenant's own, so many that together with the built-in ones there are as many as asked for.
fn own(policies: usize) -> String {
    let built_in = Policy::built_in_text().matches("@id(").count();
    let policy = |n: usize| {
        format!(
            "@id(\"own-{n}\") forbid (principal is User, action == Action::\"capability.run\", resource is Capability)\n\
             when {{ resource.space == \"closed-{n}\" && resource.risk > 2 }};\n"
        )
    };
    (0..policies.saturating_sub(built_in)).map(policy).collect()
}

async fn measure(dir: &Path, users: usize, grants: usize, policies: usize, questions: usize) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let signer = LogSigner::new("execgov/bench", key::load_or_create(&dir.join("log.pem"))?);
    let options = LedgerOptions { clock: Arc::clone(&clock), signer, cache_bytes: 64 << 20, group_max: 64 };
    let ledger = Ledger::open(dir, options)?;
    let now = clock.now();
    let people = people(&ledger, users, now).await?;
    give(&ledger, &people, grants, now).await?;
    let mut commit = Commit::new();
    commit.insert(&PolicyVersion {
        tenant: TenantKey::default_tenant(),
        number: 1,
        text: own(policies),
        note: None,
        active: true,
        trial: None,
        created_at: now,
        created_by: actor(),
        activated_at: Some(now),
        activated_by: Some(actor()),
    });
    ledger.commit(commit).await?;
    let gate = Gate::open(ledger.clone(), Arc::clone(&clock))?;
    let terms = Terms {
        idle: std::time::Duration::from_hours(1),
        absolute: std::time::Duration::from_hours(1),
        token_days: 1,
        proven: std::time::Duration::from_mins(1),
    };
    let parts = IdentityParts { ledger: ledger.clone(), gate, clock, data_dir: dir.to_owned(), terms, hash_places: 1 };
    let identity = Identity::new(parts);
    let asks = Caller {
        principal: execgov::domain::access::Principal::User(people[0].0),
        tenant: TenantKey::default_tenant(),
        name: people[0].1.clone(),
        roles: RoleSet::NONE.with(Role::TenantAdmin),
        holdings: execgov::domain::access::Holdings::default(),
        via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: Timestamp::MAX },
        standing: Standing::Good,
        whence: Whence::default(),
    };
    let mut times = Vec::with_capacity(questions);
    let mut allowed = 0_usize;
    for n in 0..questions {
        let question = Question {
            user: Some(people[n * 7919 % people.len()].0.to_string()),
            action: Action::CapabilityRun,
            about: Thing::Space(if n % 2 == 0 { "team".to_owned() } else { format!("team/f{}", n % 100) }),
        };
        let began = Instant::now();
        let why = identity.explain(&asks, &question).await.map_err(|fault| anyhow::anyhow!("{fault}"))?;
        times.push(began.elapsed().as_nanos());
        allowed += usize::from(why.explanation.decision.allowed);
    }
    times.sort_unstable();
    let percentile = |part: usize| times[(times.len() - 1) * part / 1_000] / 10;
    anyhow::ensure!(allowed > 0 && allowed < questions, "some are allowed and some are not: {allowed} of {questions}");
    let hundredths = |value: u128| format!("{}.{:02}", value / 100, value % 100);
    print_line(&format!(
        "{{\"users\":{users},\"grants\":{grants},\"policies\":{policies},\"questions\":{questions},\"allowed\":{allowed},\"mode\":\"{}\",\
         \"p50_us\":{},\"p99_us\":{},\"max_us\":{}}}",
        Mode::FourEyes.name(),
        hundredths(percentile(500)),
        hundredths(percentile(990)),
        hundredths(percentile(1_000)),
    ))?;
    ledger.close();
    Ok(())
}

fn print_line(text: &str) -> Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}").context("standard output")
}

async fn people(ledger: &Ledger, count: usize, now: Timestamp) -> Result<Vec<(UserId, String)>> {
    let mut all = Vec::with_capacity(count);
    for first in (0..count).step_by(TOGETHER) {
        let mut commit = Commit::new();
        for n in first..count.min(first + TOGETHER) {
            let name = format!("user{n}");
            let user = User {
                id: UserId::new(now),
                tenant: TenantKey::default_tenant(),
                name: name.parse()?,
                display_name: name.clone(),
                roles: RoleSet::NONE,
                person: None,
                service_of: None,
                state: UserState::Active,
                password_hash: String::new(),
                password_chosen_by: ChosenBy::Oneself,
                password_changed_at: now,
                session_era: 0,
                token_era: 0,
                preferences: Preferences::default(),
                created_at: now,
                created_by: "bench".to_owned(),
            };
            commit.insert(&user);
            all.push((user.id, name));
        }
        ledger.commit(commit).await?;
    }
    Ok(all)
}

async fn give(ledger: &Ledger, people: &[(UserId, String)], count: usize, now: Timestamp) -> Result<()> {
    // The space itself needs no record; folders are places like any other for a question about one.
    let mut space = execgov::domain::space::Space::default_of(&TenantKey::default_tenant());
    for n in 0..100 {
        space.add_folder(format!("team/f{n}").parse()?)?;
    }
    let mut commit = Commit::new();
    commit.insert(&space);
    ledger.commit(commit).await?;
    for first in (0..count).step_by(TOGETHER) {
        let mut commit = Commit::new();
        for n in first..count.min(first + TOGETHER) {
            let place: SpacePath = format!("team/f{}", n % 100).parse()?;
            commit.insert(&RoleGrant {
                id: RoleGrantId::new(now),
                tenant: TenantKey::default_tenant(),
                holder: Holder::User(people[n % people.len()].0),
                role: GivenRole::BuiltIn(ROLES[n / people.len() * 2 % ROLES.len()]),
                place: (n % 3 != 0).then_some(place),
                until: None,
                reason: None,
                granted_at: now,
                granted_by: actor(),
            });
        }
        ledger.commit(commit).await?;
    }
    Ok(())
}
