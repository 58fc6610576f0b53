//! Set up, sign in, sign out, who am I. Passwords and tokens come from a prompt or standard input, never from the command line.

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use super::exit::Exit;
use super::failure::{Failure, NO_ANSWER, NOT_SIGNED_IN, USAGE};
use super::invocation::{Done, Invocation, LOCAL_URL, same_address};
use super::show;
use crate::client::Client;
use crate::conf::client::Context;
use crate::domain::access::Mode;
use crate::domain::identity::Password;
use crate::wire::identity::{ChangePassword, Delivery, LoginRequest, Me, SetupRequest};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov setup\n  execgov setup https://ops.example:7443 --username ada\n  printf '%s\\n%s\\n' \"$TOKEN\" \"$PASSWORD\" | execgov setup --username ada --stdin"
)]
pub struct Setup {
    #[command(flatten)]
    place: Place,
    /// Name of the first administrator; asked for unless given
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// How versions are approved: solo, or four-eyes, where authors cannot publish their own
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    mode: SetupMode,
    /// Read the set-up token and the password from standard input, one a line
    #[arg(long)]
    stdin: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum SetupMode {
    #[default]
    Solo,
    FourEyes,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov login\n  execgov login https://ops.example:7443\n  execgov login https://ops.example:7443 --token-stdin < token\n  execgov login https://ops.example:7443 --ca /etc/pki/company.pem\n\nLearn more: execgov help security"
)]
pub struct Login {
    #[command(flatten)]
    place: Place,
    /// Name to sign in with; asked for unless given
    #[arg(long, value_name = "NAME", conflicts_with = "token_stdin")]
    username: Option<String>,
    /// Read an API token from standard input
    #[arg(long)]
    token_stdin: bool,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "token_stdin", requires = "username")]
    password_stdin: bool,
    /// Name by which to remember the appliance; its host and port unless given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Where the appliance is and whom to believe.
#[derive(Debug, Args)]
struct Place {
    #[arg(value_name = "URL", help = "Address of the appliance; http://127.0.0.1:7443 unless known otherwise")]
    address: Option<String>,
    /// Trust exactly the certificate with this SHA-256
    #[arg(long, value_name = "SHA256", conflicts_with = "ca")]
    fingerprint: Option<String>,
    /// Trust the authorities in this PEM file
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
    /// Accept an address without TLS that is not on this machine
    #[arg(long)]
    allow_http: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov logout\n  execgov logout --context old.example:7443")]
pub struct Logout {}

/// Makes the first administrator and signs in.
pub async fn setup(invocation: &Invocation<'_>, args: &Setup) -> Done {
    let context = find(invocation, &args.place).await?;
    let client = invocation.client_for(&context)?;
    if !client.setup_status().await?.open {
        return Err(
            Failure::from(USAGE.fault(format!("{} was set up before", context.url)).hint("run `execgov login`")).exit(Exit::Conflict)
        );
    }
    let username = match &args.username {
        Some(name) => name.clone(),
        None => invocation.ask(invocation.out.language.pick("Name of the first administrator", "首位管理员的名称"))?,
    };
    let (token, password) = if args.stdin {
        let both = invocation.secret("set-up token and password", true)?;
        let Some((token, password)) = both.expose_secret().split_once('\n') else {
            return Err(USAGE.fault("standard input held one line").hint("write the set-up token and the password, one a line").into());
        };
        (SecretString::from(token.trim().to_owned()), SecretString::from(password.trim_end_matches('\r').to_owned()))
    } else {
        invocation.out.note(invocation.out.language.pick(
            "The set-up token was printed when the server started; it is also in the file setup-token of its data directory.",
            "设置令牌在服务启动时打印,也保存在数据目录的 setup-token 文件中。",
        ));
        let token = invocation.secret(invocation.out.language.pick("Set-up token", "设置令牌"), false)?;
        (token, new_password(invocation)?)
    };
    let secret = |text: &SecretString| Password::new(text.expose_secret().to_owned());
    let request = SetupRequest {
        token: secret(&token),
        username: username.clone(),
        password: secret(&password),
        mode: match args.mode {
            SetupMode::Solo => Mode::Solo,
            SetupMode::FourEyes => Mode::FourEyes,
        },
        display_name: None,
        language: crate::domain::identity::Language::default(),
        time_zone: None,
    };
    client.setup(&request).await?;
    invocation.out.note(&format!("{username} is the first administrator of {}.", context.url));
    sign_in(invocation, context, None, &username, &password).await
}

/// Asks twice for a password to be set.
pub fn new_password(invocation: &Invocation<'_>) -> Result<SecretString, Failure> {
    let language = invocation.out.language;
    let first = invocation.secret(language.pick("New password", "新密码"), false)?;
    let second = invocation.secret(language.pick("The same again", "再次输入"), false)?;
    if first.expose_secret() == second.expose_secret() {
        return Ok(first);
    }
    Err(USAGE.fault("the two passwords differ").hint("try again").into())
}

/// Signs in and remembers the appliance.
pub async fn login(invocation: &Invocation<'_>, args: &Login) -> Done {
    let mut context = find(invocation, &args.place).await?;
    if args.token_stdin {
        let token = invocation.secret("token", true)?;
        context.token = Some(token.expose_secret().trim().to_owned());
        let me = invocation.client_for(&context)?.me().await?;
        return remember(invocation, context, args.name.clone(), &me);
    }
    let username = match &args.username {
        Some(name) => name.clone(),
        None => invocation.ask(invocation.out.language.pick("Name", "用户名"))?,
    };
    let password = invocation.secret(invocation.out.language.pick("Password", "密码"), args.password_stdin)?;
    sign_in(invocation, context, args.name.clone(), &username, &password).await
}

async fn sign_in(invocation: &Invocation<'_>, mut context: Context, name: Option<String>, username: &str, password: &SecretString) -> Done {
    let client = invocation.client_for(&Context { token: None, ..context.clone() })?;
    let secret = |text: &SecretString| Password::new(text.expose_secret().to_owned());
    let request = LoginRequest { username: username.to_owned(), password: secret(password), deliver: Delivery::Body };
    let mut answer = client.sign_in(&request).await.map_err(|error| Failure::from(error).or_hint("check name and password"))?;
    if answer.me.password_expired {
        invocation.out.say(
            invocation
                .out
                .language
                .pick("This password was set by somebody else and must be replaced now.", "此密码由他人设置,必须立即更换。"),
        );
        let new = new_password(invocation)?;
        context.token = answer.session_token.take();
        let change = ChangePassword { current: secret(password), new: secret(&new) };
        invocation.client_for(&context)?.change_password(&change).await?;
        // The old sessions ended with the old password.
        let request = LoginRequest { username: username.to_owned(), password: secret(&new), deliver: Delivery::Body };
        answer = client.sign_in(&request).await?;
    }
    context.token = answer.session_token;
    remember(invocation, context, name, &answer.me)
}

/// The address, and how far its certificate is to be trusted.
async fn find(invocation: &Invocation<'_>, place: &Place) -> Result<Context, Failure> {
    let known = invocation.choose();
    let url = match (&place.address, known) {
        (Some(url), _) => url.clone(),
        (None, Ok(chosen)) => chosen.context.url,
        (None, Err(_)) => LOCAL_URL.to_owned(),
    };
    let before = invocation.contexts()?.contexts.into_values().find(|context| same_address(&context.url, &url)).unwrap_or_default();
    let mut context = Context {
        url: url.trim().trim_end_matches('/').to_owned(),
        token: None,
        user: None,
        token_id: None,
        fingerprint: place.fingerprint.clone().or(before.fingerprint.filter(|_| place.ca.is_none())),
        authority: place.ca.clone().or(before.authority.filter(|_| place.fingerprint.is_none())),
        proxy: before.proxy.or_else(|| invocation.environment.get("EXECGOV_PROXY").map(str::to_owned)),
    };
    if let Some(rest) = context.url.strip_prefix("http://") {
        let local = ["127.", "localhost", "[::1]"].iter().any(|host| rest.starts_with(host));
        if !local && !place.allow_http {
            let detail = format!("{} would carry the password in the clear", context.url);
            return Err(USAGE.fault(detail).hint("use https://, or add --allow-http in a network that you trust").into());
        }
        return Ok(context);
    }
    if context.fingerprint.is_none() && context.authority.is_none() {
        context.fingerprint = learn(invocation, &context).await?;
    }
    Ok(context)
}

/// Trust on first use: unless the host's authorities vouch for it, shows the fingerprint and asks.
async fn learn(invocation: &Invocation<'_>, context: &Context) -> Result<Option<String>, Failure> {
    let client = invocation.client_for(context)?;
    match client.setup_status().await {
        Err(crate::client::ClientError::Untrusted { .. }) => {}
        Err(error @ (crate::client::ClientError::Unreachable { .. } | crate::client::ClientError::TimedOut { .. })) => {
            return Err(error.into());
        }
        _ => return Ok(None),
    }
    let seen = Client::look(&invocation.target(context)?).await?.to_string();
    let language = invocation.out.language;
    invocation.out.say(&format!(
        "{} {}:\n  SHA-256 {seen}\n{}",
        language.pick("No authority of this machine vouches for the certificate of", "本机没有任何证书机构为该证书作保:"),
        context.url,
        language.pick("The server prints the same line when it starts.", "服务启动时会打印同样的一行。")
    ));
    if invocation.globals.yes {
        // A pin that nobody compared is still better than none, but it must be a choice.
        return Ok(Some(seen));
    }
    match invocation.confirm(language.pick("Is it the same?", "是否一致?")) {
        Ok(()) => Ok(Some(seen)),
        Err(failure) if failure.code() == NO_ANSWER.text => Err(failure.hint(format!("compare it, then add --fingerprint {seen}"))),
        Err(failure) => Err(failure),
    }
}

fn remember(invocation: &Invocation<'_>, context: Context, name: Option<String>, me: &Me) -> Done {
    let path = invocation.contexts_path()?;
    let mut contexts = invocation.contexts()?;
    let same = contexts.contexts.iter().find(|(_, known)| same_address(&known.url, &context.url)).map(|(name, _)| name.clone());
    let host = context.url.split_once("://").map_or(context.url.as_str(), |(_, rest)| rest).to_owned();
    let name = name.or_else(|| invocation.globals.context.clone()).or(same).unwrap_or(host);
    let token_id = me.token.as_ref().map(|token| token.id.clone());
    contexts.contexts.insert(name.clone(), Context { user: Some(me.name.clone()), token_id, ..context });
    contexts.current = Some(name.clone());
    contexts.save(&path)?;
    invocation.out.note(&format!("{} {} ({name})", invocation.out.language.pick("Signed in as", "已登录:"), me.name));
    if let Some(session) = &me.session {
        invocation.out.note(&format!("{} {}", invocation.out.language.pick("until", "有效至"), show::time(&session.expires_at)));
    }
    Ok(Exit::Ok)
}

/// Ends the session over there and forgets it here. A token that was pasted is only forgotten.
pub async fn logout(invocation: &Invocation<'_>, _: &Logout) -> Done {
    let chosen = invocation.choose()?;
    let (Some(name), Some(token)) = (chosen.name, chosen.context.token.clone()) else {
        return Err(NOT_SIGNED_IN.fault(format!("no token is known for {}", chosen.context.url)).hint("nothing to do").into());
    };
    if token.starts_with(crate::domain::identity::secret::SESSION_PREFIX) {
        match invocation.client_for(&chosen.context)?.sign_out().await {
            Ok(()) => {}
            Err(error) if error.status() == Some(401) => {}
            Err(error) => invocation.out.say(&format!("warning: the session could not be ended over there: {error}")),
        }
    } else {
        invocation.out.note("The token is forgotten here and still works: `execgov token revoke` ends it.");
    }
    let mut contexts = invocation.contexts()?;
    if let Some(context) = contexts.contexts.get_mut(&name) {
        context.token = None;
        context.token_id = None;
    }
    contexts.save(&invocation.contexts_path()?)?;
    invocation.out.note(&format!("{} {name}", invocation.out.language.pick("Signed out of", "已退出:")));
    Ok(Exit::Ok)
}

/// Shows who is signed in.
pub async fn whoami(invocation: &Invocation<'_>) -> Done {
    let client = invocation.client()?;
    let me = client.me().await?;
    if invocation.out.format.is_json() {
        invocation.out.json(&me)?;
        return Ok(Exit::Ok);
    }
    let roles: Vec<String> = me.roles.iter().map(show::word).collect();
    let until = me.session.as_ref().map(|session| &session.expires_at).or(me.token.as_ref().map(|token| &token.expires_at));
    let scopes = me.token.as_ref().map(|token| token.scopes.join(", ")).unwrap_or_default();
    invocation.out.fields(&[
        ("name", me.name.into()),
        ("display name", me.display_name.into()),
        ("appliance", client.url().to_owned().into()),
        ("tenant", me.tenant.into()),
        ("roles", roles.join(", ").into()),
        ("mode", show::word(&me.mode).into()),
        ("token scopes", scopes.into()),
        ("until", show::maybe_time(until)),
    ])?;
    Ok(Exit::Ok)
}
