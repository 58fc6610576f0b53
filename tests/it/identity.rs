//! People and their proofs, through the service on a real ledger, with a clock that the test moves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use execgov::base::clock::{Clock, ManualClock, Timestamp};
use execgov::base::fault::Fault;
use execgov::crypto::LogSigner;
use execgov::domain::access::{Action, Caller, Mode, Role, RoleSet, Whence};
use execgov::domain::audit::{Event, Outcome};
use execgov::domain::identity::{Language, Password, Secret, Token, User, UserState};
use execgov::service::gate::Gate;
use execgov::service::identity::{
    Identity, IdentityParts, LoginAttempt, NewUser, Proof, SETUP_DONE_FILE, SETUP_TOKEN_FILE, SetupWish, SignedIn, Terms, TokenWish,
    UserChange, UserFilter,
};
use execgov::store::{Ledger, LedgerOptions, Stored};

const PASSWORD: &str = "correct horse battery";
const ANOTHER: &str = "staple of the nine hills";

/// A service with everything below it.
struct World {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    ledger: Ledger,
    identity: Identity,
}

fn whence(source: &str) -> Whence {
    Whence { source: Some(source.to_owned()), request: None }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn open(dir: &Path, clock: &Arc<ManualClock>) -> (Ledger, Identity) {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let options = LedgerOptions { clock: Arc::clone(&clock), signer: LogSigner::new("test", key), cache_bytes: 1 << 20, group_max: 64 };
    let ledger = Ledger::open(dir, options).unwrap();
    let gate = Gate::open(ledger.clone(), Arc::clone(&clock)).unwrap();
    let terms =
        Terms { idle: Duration::from_mins(30), absolute: Duration::from_hours(12), token_days: 365, proven: Duration::from_mins(5) };
    let parts = IdentityParts { ledger: ledger.clone(), gate, clock, data_dir: dir.to_owned(), terms, hash_places: 2 };
    (ledger, Identity::new(parts))
}

fn wish(token: &Secret, name: &str, mode: Mode) -> SetupWish {
    SetupWish {
        token: password(token.expose()),
        username: name.to_owned(),
        password: password(PASSWORD),
        mode,
        display_name: None,
        language: Language::English,
        time_zone: None,
    }
}

impl World {
    /// Nothing is set up yet.
    fn fresh() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-22T08:00:00Z".parse().unwrap()));
        let (ledger, identity) = open(dir.path(), &clock);
        Self { dir, clock, ledger, identity }
    }

    /// With `root` as the first administrator.
    async fn set_up(mode: Mode) -> Self {
        let world = Self::fresh();
        let token = world.identity.open_setup().await.unwrap().unwrap();
        world.identity.setup(wish(&token, "root", mode), &whence("192.0.2.1")).await.unwrap();
        world
    }

    /// The same data after a restart.
    fn restart(self) -> Self {
        let Self { dir, clock, ledger, identity } = self;
        drop(identity);
        ledger.close();
        let (ledger, identity) = open(dir.path(), &clock);
        Self { dir, clock, ledger, identity }
    }

    fn attempt(name: &str, text: &str, source: &str) -> LoginAttempt {
        LoginAttempt { username: name.to_owned(), password: password(text), replaces: None, agent: None, whence: whence(source) }
    }

    async fn login(&self, name: &str, text: &str) -> Result<SignedIn, Fault> {
        self.identity.login(Self::attempt(name, text, "192.0.2.1")).await
    }

    async fn root(&self) -> Caller {
        self.login("root", PASSWORD).await.unwrap().caller
    }

    /// A person who has chosen their password.
    async fn person(&self, name: &str, roles: &[Role]) -> SignedIn {
        let root = self.root().await;
        let new = NewUser {
            username: name.to_owned(),
            display_name: None,
            password: password(ANOTHER),
            roles: roles.iter().copied().collect(),
            tenant: None,
        };
        self.identity.create_user(&root, new).await.unwrap();
        let first = self.login(name, ANOTHER).await.unwrap();
        self.identity.change_password(&first.caller, &password(ANOTHER), &password(PASSWORD), None).await.unwrap()
    }

    async fn is_signed_in(&self, secret: &Secret) -> bool {
        self.identity.authenticate(&Proof::Session(secret.clone()), whence("192.0.2.1")).await.is_ok()
    }

    async fn token(&self, caller: &Caller, scopes: &[&str]) -> (Token, Secret) {
        let scopes = scopes.iter().map(ToString::to_string).collect();
        let (token, _, secret) = self.identity.create_token(caller, TokenWish { name: "ci".to_owned(), scopes, days: None }).await.unwrap();
        (token, secret)
    }

    async fn by_token(&self, secret: &Secret) -> Result<Caller, Fault> {
        self.identity.authenticate(&Proof::Token(secret.clone()), whence("192.0.2.1")).await
    }

    async fn update(&self, caller: &Caller, who: &str, change: UserChange) -> Result<Stored<User>, Fault> {
        self.identity.update_user(caller, who, &change).await
    }

    fn raw_events(&self) -> Vec<Vec<u8>> {
        let snapshot = self.ledger.read().unwrap();
        let size = snapshot.log_size().unwrap();
        snapshot.events(0..size).unwrap().into_iter().map(|logged| logged.raw).collect()
    }

    fn events(&self) -> Vec<Event> {
        self.raw_events().iter().map(|raw| serde_json::from_slice(raw).unwrap()).collect()
    }

    /// Events of an action with an outcome.
    fn of(&self, action: &str, outcome: Outcome) -> Vec<Event> {
        self.events().into_iter().filter(|event| event.action == action && event.outcome == outcome).collect()
    }
}

fn code<T>(result: Result<T, Fault>) -> &'static str {
    result.err().map_or("done", |fault| fault.code().text)
}

fn roles(roles: &[Role]) -> UserChange {
    UserChange { roles: Some(roles.iter().copied().collect()), ..UserChange::default() }
}

fn state(state: UserState) -> UserChange {
    UserChange { state: Some(state), ..UserChange::default() }
}

/// Time that the threads of this test have spent on a processor, in nanoseconds.
fn cpu_ns() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().filter_map(Result::ok);
    let spent = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    spent.filter_map(|text| text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok())).sum()
}

/// A01: guessing is slowed by account and by source, and every failure is on record.
#[tokio::test]
async fn guessing_is_slowed_and_recorded() {
    let world = World::set_up(Mode::Solo).await;
    let before = world.of("session.start", Outcome::Refused).len();
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(code(world.identity.login(World::attempt("root", "wrong password!", "198.51.100.1")).await));
    }
    assert_eq!(answers.iter().filter(|code| **code == "EG-AUTH-003").count(), 11, "{answers:?}");
    assert!(answers[11..].iter().all(|code| *code == "EG-AUTH-004"), "{answers:?}");
    // From elsewhere the account is still slow, also for the right password, until the wait is over.
    assert_eq!(code(world.identity.login(World::attempt("ROOT", PASSWORD, "198.51.100.2")).await), "EG-AUTH-004");
    let refused = world.of("session.start", Outcome::Refused);
    assert_eq!(refused.len() - before, 31, "every failure is audited");
    assert!(refused.iter().all(|event| event.source.is_some() && event.subject.name.as_deref() == Some("root")));
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(code(world.login("root", PASSWORD).await), "done");
    // One source at many accounts, none of which exists.
    let mut slow = 0;
    for n in 0..30 {
        let answer = code(world.identity.login(World::attempt(&format!("nobody{n}"), "wrong password!", "198.51.100.9")).await);
        slow += usize::from(answer == "EG-AUTH-004");
    }
    assert_eq!(slow, 9);
}

/// A03: nothing in the answer, nor in its time, tells an unknown user from a known one.
#[tokio::test]
async fn an_unknown_user_looks_and_takes_like_a_known_one() {
    const PAIRS: usize = 250;
    let world = World::set_up(Mode::Solo).await;
    let (mut faults, mut ratios) = (Vec::new(), Vec::new());
    // Each pair is measured within some milliseconds and in both orders, by time on a processor: what slows the machine
    // slows both halves of a pair, and the median of the ratios is free of it.
    for n in 0..PAIRS {
        let mut spent = [0_u64; 2];
        let order = if n % 2 == 0 { [0, 1] } else { [1, 0] };
        for kind in order {
            world.clock.advance(Duration::from_hours(2));
            let attempt = World::attempt(["root", "nobody"][kind], "wrong password!", &format!("198.51.100.{n}"));
            let began = cpu_ns();
            let fault = world.identity.login(attempt).await.err().unwrap();
            spent[kind] = cpu_ns().saturating_sub(began);
            faults.push((fault.code().text, fault.detail().to_owned(), fault.hint_text().map(str::to_owned), fault.params().len()));
        }
        assert!(spent.iter().all(|ns| *ns > 1_000_000), "a password costs time, also that of nobody: {spent:?}");
        ratios.push(spent[1] as f64 / spent[0] as f64);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[PAIRS / 2];
    assert!((median - 1.0).abs() < 0.05, "an unknown user takes {median:.3} times as long as a known one");
    faults.dedup();
    assert_eq!(faults.len(), 1, "{faults:?}");
}

/// A04: a session that is presented at login is over; the new one has another id.
#[tokio::test]
async fn a_login_ends_the_session_that_came_with_it() {
    let world = World::set_up(Mode::Solo).await;
    let planted = world.login("root", PASSWORD).await.unwrap();
    let attempt = LoginAttempt { replaces: Some(planted.secret.clone()), ..World::attempt("root", PASSWORD, "192.0.2.1") };
    let fresh = world.identity.login(attempt).await.unwrap();
    assert!(!world.is_signed_in(&planted.secret).await && world.is_signed_in(&fresh.secret).await);
    assert_ne!(planted.caller.session_id(), fresh.caller.session_id());
    let unknown = LoginAttempt {
        replaces: Secret::read("egs_", &format!("egs_{}", "A".repeat(43))),
        ..World::attempt("root", PASSWORD, "192.0.2.1")
    };
    assert!(world.identity.login(unknown).await.is_ok(), "an unknown cookie does no harm");
}

/// A05: reset, disabling, a change of the password: sessions, tokens and live streams are over at once.
#[tokio::test]
async fn what_ends_an_account_ends_everything_it_is_signed_in_with() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.root().await;
    let first = world.person("wang", &[Role::Operator]).await;
    let mut session = first;
    for step in ["reset", "disable", "change"] {
        let (_, secret) = world.token(&session.caller, &["run"]).await;
        let bearer = world.by_token(&secret).await.unwrap();
        let streams = [world.identity.over(&session.caller), world.identity.over(&bearer)];
        let streams = streams.map(tokio::spawn);
        match step {
            "reset" => drop(world.identity.reset_password(&root, "wang", &password(ANOTHER)).await.unwrap()),
            "disable" => drop(world.update(&root, "wang", state(UserState::Disabled)).await.unwrap()),
            _ => drop(world.identity.change_password(&session.caller, &password(PASSWORD), &password(ANOTHER), None).await.unwrap()),
        }
        for stream in streams {
            tokio::time::timeout(Duration::from_secs(1), stream).await.expect(step).unwrap();
        }
        assert!(!world.is_signed_in(&session.secret).await, "{step}");
        assert_eq!(code(world.by_token(&secret).await), "EG-AUTH-001", "{step}");
        if step == "disable" {
            assert_eq!(code(world.login("wang", PASSWORD).await), "EG-AUTH-003");
            world.update(&root, "wang", state(UserState::Active)).await.unwrap();
            assert!(!world.is_signed_in(&session.secret).await, "what was over stays over");
            assert_eq!(code(world.by_token(&secret).await), "EG-AUTH-001");
        }
        if step == "reset" {
            let again = world.login("wang", ANOTHER).await.unwrap();
            session = world.identity.change_password(&again.caller, &password(ANOTHER), &password(PASSWORD), None).await.unwrap();
        } else if step == "disable" {
            session = world.login("wang", PASSWORD).await.unwrap();
        }
    }
}

/// A05: other streams are left alone, and one without a reason to end does not.
#[tokio::test]
async fn streams_of_others_go_on() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.root().await;
    let li = world.person("li", &[Role::Viewer]).await;
    let wang = world.person("wang", &[Role::Viewer]).await;
    let mut stream = Box::pin(world.identity.over(&li.caller));
    assert!(futures::poll!(&mut stream).is_pending());
    world.update(&root, "wang", roles(&[Role::Viewer, Role::Operator])).await.unwrap();
    assert!(!world.is_signed_in(&wang.secret).await, "new roles begin with a new session");
    assert!(futures::poll!(&mut stream).is_pending());
    let id = li.caller.session_id().unwrap();
    world.identity.end_session(&li.caller, id).await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), stream).await.expect("the stream of the ended session");
}

/// A07: of two who race for the first account one wins, every time; and both need the token.
#[tokio::test]
async fn the_first_administrator_is_made_once() {
    for round in 0..100 {
        let world = World::fresh();
        let token = world.identity.open_setup().await.unwrap().unwrap();
        let guess = Secret::random("egi_");
        let here = whence("192.0.2.1");
        let (a, b, c) = tokio::join!(
            world.identity.setup(wish(&token, "alice", Mode::Solo), &here),
            world.identity.setup(wish(&token, "bob", Mode::FourEyes), &here),
            world.identity.setup(wish(&guess, "mallory", Mode::Solo), &here),
        );
        assert_eq!(code(c), "EG-AUTH-008", "round {round}");
        let won = [a.is_ok(), b.is_ok()];
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}: {won:?}");
        assert_eq!(code(if won[0] { b } else { a }), "EG-AUTH-007", "round {round}");
        let (loser, mode) = if won[0] { ("bob", Mode::Solo) } else { ("alice", Mode::FourEyes) };
        assert_eq!(world.identity.gate().mode(), mode);
        assert_eq!(code(world.login(loser, PASSWORD).await), "EG-AUTH-003", "round {round}");
        assert_eq!(world.of("setup.complete", Outcome::Done).len(), 1);
        assert_eq!(world.of("setup.complete", Outcome::Refused).len(), 2);
    }
}

/// A08: what is set up stays set up: at once, after a restart, and after the ledger was lost.
#[tokio::test]
async fn the_set_up_never_opens_again() {
    let world = World::fresh();
    let token = world.identity.open_setup().await.unwrap().unwrap();
    let file = world.dir.path().join(SETUP_TOKEN_FILE);
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), token.expose());
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    world.identity.setup(wish(&token, "root", Mode::Solo), &whence("192.0.2.1")).await.unwrap();
    assert!(!file.exists() && !world.identity.setup_open());
    let again = |world: &World| {
        let identity = world.identity.clone();
        let wish = wish(&token, "second", Mode::Solo);
        async move { code(identity.setup(wish, &whence("192.0.2.1")).await) }
    };
    assert_eq!(again(&world).await, "EG-AUTH-007");
    assert_eq!(world.of("setup.complete", Outcome::Refused).len(), 1, "the attempt is audited");

    let world = world.restart();
    assert!(world.identity.open_setup().await.unwrap().is_none());
    assert_eq!(again(&world).await, "EG-AUTH-007");
    assert_eq!(world.identity.gate().mode(), Mode::Solo, "the choice outlives a restart");

    let World { dir, clock, ledger, identity } = world;
    drop(identity);
    ledger.close();
    assert!(dir.path().join(SETUP_DONE_FILE).exists());
    std::fs::remove_file(dir.path().join("ledger.redb")).unwrap();
    let (ledger, identity) = open(dir.path(), &clock);
    let world = World { dir, clock, ledger, identity };
    assert!(world.identity.open_setup().await.unwrap().is_none() && !world.identity.setup_open());
    assert_eq!(again(&world).await, "EG-AUTH-007");
}

/// What the founder gets is what the choice says, and it is on record.
#[tokio::test]
async fn founding_roles_follow_the_choice() {
    for (mode, expected) in [
        (Mode::Solo, "platform-admin, tenant-admin, author, reviewer, operator, approver"),
        (Mode::FourEyes, "platform-admin, tenant-admin"),
    ] {
        let world = World::set_up(mode).await;
        assert_eq!(world.root().await.roles.to_string(), expected);
        let event = world.of("setup.complete", Outcome::Done).remove(0);
        let recorded: RoleSet = serde_json::from_value(event.details["roles"].clone()).unwrap();
        assert_eq!((recorded.to_string().as_str(), event.details["mode"].as_str()), (expected, Some(mode.name())));
    }
}

#[tokio::test]
async fn sessions_end_when_idle_and_in_any_case() {
    let world = World::set_up(Mode::Solo).await;
    let idle = world.login("root", PASSWORD).await.unwrap();
    let used = world.login("root", PASSWORD).await.unwrap();
    let start = world.clock.now();
    let written = |world: &World| world.ledger.read().unwrap().log_size().unwrap();
    let events = written(&world);
    for _ in 0..35 {
        world.clock.advance(Duration::from_mins(20));
        assert!(world.is_signed_in(&used.secret).await, "after {:?}", world.clock.now().duration_since(start));
    }
    assert!(!world.is_signed_in(&idle.secret).await, "30 minutes without a request");
    world.clock.advance(Duration::from_mins(21));
    assert!(!world.is_signed_in(&used.secret).await, "12 hours in any case");
    assert_eq!(written(&world), events, "being seen is no event");
}

#[tokio::test]
async fn being_seen_is_written_rarely() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.login("root", PASSWORD).await.unwrap();
    let seen = || async { world.identity.sessions(&root.caller).await.unwrap()[0].last_seen_at };
    let begun = seen().await;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(10));
        assert!(world.is_signed_in(&root.secret).await);
    }
    assert_eq!(seen().await, begun);
    world.clock.advance(Duration::from_mins(3));
    assert!(world.is_signed_in(&root.secret).await);
    assert_eq!(seen().await, world.clock.now());
}

#[tokio::test]
async fn a_person_has_so_many_sessions_and_may_end_them() {
    let world = World::set_up(Mode::Solo).await;
    let mut secrets = Vec::new();
    for _ in 0..22 {
        world.clock.advance(Duration::from_secs(1));
        secrets.push(world.login("root", PASSWORD).await.unwrap());
    }
    let last = &secrets[21].caller;
    let sessions = world.identity.sessions(last).await.unwrap();
    assert_eq!((sessions.len(), Some(sessions[0].id)), (20, last.session_id()));
    assert!(!world.is_signed_in(&secrets[1].secret).await && world.is_signed_in(&secrets[2].secret).await);
    let other = world.person("li", &[Role::Viewer]).await;
    let theirs = other.caller.session_id().unwrap();
    assert_eq!(code(world.identity.end_session(last, theirs).await), "EG-AUTH-009", "sessions of others are not there");
    world.identity.logout(last).await.unwrap();
    assert!(!world.is_signed_in(&secrets[21].secret).await);
    assert_eq!(world.of("session.end", Outcome::Done).len(), 1);
}

/// B09: nobody raises themselves or hands out more than their office gives; each attempt is on record.
#[tokio::test]
async fn nobody_elevates_themselves_or_beyond_their_office() {
    let world = World::set_up(Mode::FourEyes).await;
    let root = world.root().await;
    let manager = world.person("manager", &[Role::TenantAdmin]).await.caller;
    let viewer = world.person("viewer", &[Role::Viewer]).await.caller;
    let before = world.of("user.grant_role", Outcome::Refused).len();
    let with = |role| roles(&[role]);
    for (who, whom, role, expected) in [
        (&manager, "manager", Role::PlatformAdmin, "EG-AUTH-002"),
        (&manager, "manager", Role::Operator, "EG-AUTH-002"),
        (&manager, "viewer", Role::PlatformAdmin, "EG-AUTH-002"),
        (&manager, "viewer", Role::Auditor, "EG-AUTH-002"),
        (&manager, "root", Role::Viewer, "EG-AUTH-002"),
        (&root, "root", Role::Operator, "EG-AUTH-002"),
    ] {
        assert_eq!(code(world.update(who, whom, with(role)).await), expected, "{} gives {role} to {whom}", who.name);
    }
    let refused = world.of("user.grant_role", Outcome::Refused);
    assert_eq!(refused.len() - before, 6);
    assert!(refused.iter().any(|event| event.reason.as_deref() == Some("no-self-elevation")));
    // Who may not see people is told nothing about them, whether they exist or not.
    for whom in ["root", "manager", "nobody"] {
        let fault = world.update(&viewer, whom, with(Role::Operator)).await.err().unwrap();
        assert_eq!((fault.code().text, fault.detail()), ("EG-AUTH-009", "there is no such user, or you may not see it"));
    }
    assert_eq!(code(world.identity.users(&viewer, &UserFilter::default()).await), "EG-AUTH-002");
    // A new account is no way around.
    let accomplice = NewUser {
        username: "accomplice".to_owned(),
        display_name: None,
        password: password(ANOTHER),
        roles: RoleSet::NONE.with(Role::PlatformAdmin),
        tenant: None,
    };
    assert_eq!(code(world.identity.create_user(&manager, accomplice).await), "EG-AUTH-002");
    // Nor is an administrator's password.
    assert_eq!(code(world.identity.reset_password(&manager, "root", &password(ANOTHER)).await), "EG-AUTH-002");
    assert_eq!(code(world.identity.reset_password(&manager, "manager", &password(ANOTHER)).await), "EG-AUTH-002");
    assert_eq!(code(world.update(&manager, "root", state(UserState::Disabled)).await), "EG-AUTH-002");
    // What the office gives works, and the auditor stands alone.
    assert_eq!(code(world.update(&manager, "viewer", roles(&[Role::Viewer, Role::Operator])).await), "done");
    assert_eq!(code(world.update(&root, "viewer", roles(&[Role::Operator, Role::Auditor])).await), "EG-USER-005");
    assert_eq!(world.root().await.roles, root.roles);
}

#[tokio::test]
async fn the_last_platform_administrator_stays() {
    let world = World::set_up(Mode::FourEyes).await;
    let root = world.root().await;
    assert_eq!(code(world.update(&root, "root", state(UserState::Disabled)).await), "EG-USER-004");
    let second = world.person("second", &[Role::PlatformAdmin]).await.caller;
    assert_eq!(code(world.update(&second, "root", roles(&[Role::TenantAdmin])).await), "done");
    assert_eq!(code(world.update(&second, "second", state(UserState::Disabled)).await), "EG-USER-004");
    assert_eq!(code(world.update(&Caller::host(), "second", roles(&[])).await), "EG-USER-004", "also from the host");
    // Two who put each other out at once: one of them stays.
    world.update(&Caller::host(), "root", roles(&[Role::PlatformAdmin, Role::TenantAdmin])).await.unwrap();
    let root = world.root().await;
    let (a, b) =
        tokio::join!(world.update(&root, "second", state(UserState::Disabled)), world.update(&second, "root", state(UserState::Disabled)));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|done| **done).count(), 1, "{:?} {:?}", a.err(), b.err());
}

#[tokio::test]
async fn a_password_set_by_somebody_else_is_good_for_one_thing() {
    let world = World::set_up(Mode::FourEyes).await;
    let root = world.root().await;
    let new = NewUser {
        username: "li".to_owned(),
        display_name: None,
        password: password(ANOTHER),
        roles: RoleSet::NONE.with(Role::TenantAdmin),
        tenant: None,
    };
    world.identity.create_user(&root, new).await.unwrap();
    let first = world.login("li", ANOTHER).await.unwrap().caller;
    let refusal = world.identity.users(&first, &UserFilter::default()).await;
    assert_eq!(code(refusal), "EG-AUTH-002");
    assert_eq!(code(world.identity.me(&first).await), "done");
    for (current, new, expected) in [
        ("wrong password!", PASSWORD, "EG-USER-010"),
        (ANOTHER, "short", "EG-USER-003"),
        (ANOTHER, "Password1234", "EG-USER-003"),
        (ANOTHER, PASSWORD, "done"),
    ] {
        let result = world.identity.change_password(&first, &password(current), &password(new), None).await;
        assert_eq!(code(result), expected, "{new}");
    }
    let again = world.login("li", PASSWORD).await.unwrap().caller;
    assert_eq!(code(world.identity.users(&again, &UserFilter::default()).await), "done");
}

#[tokio::test]
async fn tokens_are_narrow_and_end() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.root().await;
    let (token, secret) = world.token(&root, &["user.view"]).await;
    let bearer = world.by_token(&secret).await.unwrap();
    assert_eq!(code(world.identity.users(&bearer, &UserFilter::default()).await), "done");
    assert_eq!(code(world.identity.me(&bearer).await), "done");
    assert_eq!(code(world.identity.reset_password(&bearer, "root", &password(ANOTHER)).await), "EG-AUTH-002");
    let more = TokenWish { name: "more".to_owned(), scopes: vec!["admin".to_owned()], days: None };
    assert_eq!(code(world.identity.create_token(&bearer, more).await), "EG-AUTH-002", "a token makes no token");
    for (scopes, days, expected) in [
        (vec!["*".to_owned()], None, "EG-USER-008"),
        (vec![], None, "EG-USER-008"),
        (vec!["token.create_own".to_owned()], None, "EG-USER-008"),
        (vec!["run".to_owned()], Some(0), "EG-USER-008"),
        (vec!["run".to_owned()], Some(366), "EG-USER-008"),
        (vec!["run".to_owned()], Some(365), "done"),
    ] {
        let wish = TokenWish { name: "x".to_owned(), scopes: scopes.clone(), days };
        assert_eq!(code(world.identity.create_token(&root, wish).await), expected, "{scopes:?} {days:?}");
    }
    // Roles are looked at with each use, not when the token was made.
    assert!(world.identity.gate().reach(&bearer).others.contains(Action::UserView));
    let wang = world.person("wang", &[Role::Operator]).await;
    let (theirs, wangs) = world.token(&wang.caller, &["run"]).await;
    world.update(&root, "wang", roles(&[Role::Viewer])).await.unwrap();
    let demoted = world.by_token(&wangs).await.unwrap();
    assert!(!world.identity.gate().reach(&demoted).others.contains(Action::CapabilityRun));
    // Others cannot revoke what they cannot see; administrators can; the owner can.
    let li = world.person("li", &[Role::Viewer]).await.caller;
    assert_eq!(code(world.identity.revoke_token(&li, theirs.id).await), "EG-AUTH-009");
    world.identity.revoke_token(&root, theirs.id).await.unwrap();
    assert_eq!(code(world.by_token(&wangs).await), "EG-AUTH-001");
    world.clock.advance(Duration::from_hours(24 * 90));
    assert_eq!(code(world.by_token(&secret).await), "EG-AUTH-001", "expired");
    let root = world.root().await;
    world.identity.revoke_token(&root, token.id).await.unwrap();
    let (rows, _, more) = world.identity.tokens(&root, None, None, Some(1)).await.unwrap();
    assert_eq!((rows.len(), more), (1, true));
}

/// A12 and G07: neither the ledger's file nor the audit log has a password, token, session or their digests in it in a usable form.
#[tokio::test]
async fn nothing_stored_can_be_used() {
    let world = World::fresh();
    let setup = world.identity.open_setup().await.unwrap().unwrap();
    world.identity.setup(wish(&setup, "root", Mode::Solo), &whence("192.0.2.1")).await.unwrap();
    let typed_into_the_name = "my secret password";
    let _ = world.login(typed_into_the_name, PASSWORD).await;
    let _ = world.login("root", "a wrong secret word").await;
    let root = world.login("root", PASSWORD).await.unwrap();
    let wang = world.person("wang", &[Role::Operator]).await;
    let (_, token) = world.token(&wang.caller, &["run"]).await;
    world.by_token(&token).await.unwrap();
    let _ = world.identity.change_password(&wang.caller, &password("a wrong secret word"), &password(ANOTHER), None).await;
    world.identity.reset_password(&root.caller, "wang", &password(ANOTHER)).await.unwrap();
    let secrets = [
        PASSWORD,
        ANOTHER,
        typed_into_the_name,
        "a wrong secret word",
        setup.expose(),
        root.secret.expose(),
        wang.secret.expose(),
        token.expose(),
    ];
    let events = world.raw_events();
    assert!(events.len() > 10);
    let World { dir, ledger, identity, .. } = world;
    drop(identity);
    ledger.close();
    let stored = std::fs::read(dir.path().join("ledger.redb")).unwrap();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for secret in secrets {
        let body = secret.split_once('_').map_or(secret, |(_, body)| body);
        for (place, bytes) in events.iter().chain([&stored]).enumerate() {
            assert!(!holds(bytes, secret) && !holds(bytes, body), "{secret} in {place} of {}", events.len());
        }
    }
    for raw in &events {
        for digest in [root.secret.digest(), wang.secret.digest(), token.digest()] {
            assert!(!holds(raw, &hex::encode(digest.bytes())), "a digest has no place in the audit log");
        }
        assert!(!holds(raw, "argon2"));
    }
}

/// G06: what people write is data: one entry each, and it comes back as it was.
#[tokio::test]
async fn hostile_text_stays_data() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.root().await;
    let before = world.raw_events().len();
    let hostile = "x\",\"outcome\":\"done\"}</script><b>'; --";
    let wish = TokenWish { name: hostile.to_owned(), scopes: vec!["run".to_owned()], days: None };
    world.identity.create_token(&root, wish).await.unwrap();
    for name in ["a\nb", "a\u{1b}[2J", "\u{202e}evil"] {
        let change = UserChange { display_name: Some(name.to_owned()), ..UserChange::default() };
        assert_eq!(code(world.update(&root, "root", change).await), "EG-USER-007", "{name:?}");
        assert_eq!(code(world.identity.user(&root, name).await), "EG-AUTH-009");
    }
    world.clock.advance(Duration::from_secs(1));
    let agent = format!("evil\u{1b}[31m{}", "x".repeat(10_000));
    let attempt = LoginAttempt { agent: Some(agent), ..World::attempt("root", PASSWORD, "192.0.2.1") };
    let session = world.identity.login(attempt).await.unwrap();
    let listed = world.identity.sessions(&session.caller).await.unwrap();
    assert_eq!(listed[0].agent.as_ref().map(|agent| (agent.len(), agent.contains('\u{1b}'))), Some((200, false)));
    let raw = world.raw_events();
    assert_eq!(raw.len() - before, 1 + 3 + 1);
    assert!(raw.iter().all(|raw| !raw.contains(&b'\n') && !raw.contains(&0x1b)), "one line each");
    let event = world.of("token.create", Outcome::Done).remove(0);
    assert_eq!(event.details["token_name"], hostile);
}

#[tokio::test]
async fn why_is_answered_to_those_who_may_ask() {
    use execgov::service::identity::{Question, Thing};
    let world = World::set_up(Mode::FourEyes).await;
    let root = world.root().await;
    let li = world.person("li", &[Role::Author]).await.caller;
    let ask = |user: Option<&str>, action, about| Question { user: user.map(str::to_owned), action, about };
    let any = || Thing::Capability { name: None, version: None };
    let why = world.identity.explain(&li, &ask(None, Action::CapabilityRun, any())).await.unwrap().explanation;
    assert_eq!((why.decision.allowed, why.any_of), (false, vec![Role::Operator]));
    let why = world.identity.explain(&root, &ask(Some("li"), Action::CapabilityRegister, Thing::Tenant)).await.unwrap();
    assert_eq!((why.user.as_str(), why.explanation.decision.policies), ("li", vec!["author-registers".to_owned()]));
    assert_eq!(code(world.identity.explain(&li, &ask(Some("root"), Action::CapabilityRun, any())).await), "EG-AUTH-009");
    assert_eq!(code(world.identity.explain(&li, &ask(Some("nobody"), Action::CapabilityRun, any())).await), "EG-AUTH-009");
    let missing = Thing::Capability { name: Some("ghost".to_owned()), version: None };
    assert_eq!(code(world.identity.explain(&root, &ask(None, Action::CapabilityRun, missing)).await), "EG-AUTH-009");
    world.update(&root, "li", state(UserState::Disabled)).await.unwrap();
    let why = world.identity.explain(&root, &ask(Some("li"), Action::CapabilityRegister, Thing::Tenant)).await.unwrap();
    assert_eq!(why.explanation.decision.policies, ["account-disabled"]);
}

#[tokio::test]
async fn people_are_listed_in_pages() {
    let world = World::set_up(Mode::Solo).await;
    let root = world.root().await;
    for n in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        let new = NewUser {
            username: format!("user{n}"),
            tenant: None,
            display_name: Some(format!("王 {n}")),
            password: password(ANOTHER),
            roles: RoleSet::NONE,
        };
        world.identity.create_user(&root, new).await.unwrap();
    }
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let (rows, more) = world.identity.users(&root, &UserFilter { after, limit: Some(2), ..UserFilter::default() }).await.unwrap();
        names.extend(rows.iter().map(|row| row.record.name.to_string()));
        after = rows.last().map(|row| row.record.id);
        if !more {
            break;
        }
    }
    assert_eq!(names, ["root", "user0", "user1", "user2", "user3", "user4"]);
    let (rows, more) = world.identity.users(&root, &UserFilter { q: Some("王 3".to_owned()), ..UserFilter::default() }).await.unwrap();
    assert_eq!((rows.len(), more), (1, false));
    let taken =
        NewUser { username: "USER3".to_owned(), display_name: None, password: password(ANOTHER), roles: RoleSet::NONE, tenant: None };
    assert_eq!(code(world.identity.create_user(&root, taken).await), "EG-USER-002");
    let seen = UserChange { display_name: Some("x".to_owned()), seen: Some(7), ..UserChange::default() };
    assert_eq!(code(world.update(&root, "user3", seen).await), "EG-USER-006");
    assert!(world.clock.now() > Timestamp::UNIX_EPOCH);
}
