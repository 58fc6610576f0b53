//! `execgov user`: people and their roles.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::capabilities::{Bound, note_more};
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::login::new_password;
use super::show;
use super::start::Recovery;
use super::table::{Cell, Column, Tone, column, wide};
use crate::client::Client;
use crate::domain::access::Role;
use crate::domain::identity::{Password, UserState};
use crate::domain::schema::nearest;
use crate::wire::identity::{CreateUser, ResetPassword, UpdateUser, UserDetail, UserQuery};

#[derive(Debug, Subcommand)]
pub enum User {
    /// List people
    #[command(after_help = "Examples:\n  execgov user list\n  execgov user list ada")]
    List {
        /// Text that must occur in the name
        text: Option<String>,
        /// Only accounts in this state: active, disabled or deleted
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// People of another tenant, for who looks after all of them
        #[arg(long, value_name = "KEY")]
        tenant: Option<String>,
        #[command(flatten)]
        bound: Bound,
    },
    /// Show one person
    #[command(after_help = "Examples:\n  execgov user show ada")]
    Show {
        /// Name or id
        user: String,
    },
    /// Create an account; its first password must be replaced at the first login
    #[command(
        after_help = "Examples:\n  execgov user create ada --role author --role operator\n  pwgen 20 1 | execgov user create ada --role viewer --password-stdin"
    )]
    Create(Create),
    /// End a person's sessions and tokens, and let nobody in under this name
    #[command(after_help = "Examples:\n  execgov user disable ada")]
    Disable {
        /// Name or id
        user: String,
    },
    /// Let a disabled person in again
    #[command(after_help = "Examples:\n  execgov user enable ada")]
    Enable {
        /// Name or id
        user: String,
    },
    /// Delete an account for good, with the roles that were given to it; its name is never used for somebody else
    #[command(after_help = "Examples:\n  execgov user delete ada")]
    Delete {
        /// Name or id
        user: String,
    },
    /// Give roles to a person
    #[command(after_help = "Examples:\n  execgov user grant ada reviewer")]
    Grant(Roles),
    /// Take roles from a person
    #[command(after_help = "Examples:\n  execgov user revoke-role ada author")]
    RevokeRole(Roles),
    /// Say which person an account belongs to; nobody approves under one account what they asked for under another
    #[command(after_help = "Examples:\n  execgov user bind ada E-1047\n  execgov user bind ada-admin E-1047\n  execgov user bind ada ''")]
    Bind {
        /// Name or id
        user: String,
        /// The person, such as an employee number; empty for nobody but the account itself
        person: String,
    },
    /// Let an administrator into a stopped appliance on this machine, when none can sign in
    #[command(
        after_help = "Examples:\n  systemctl stop execgov\n  execgov user recover ada --data /var/lib/execgov\n\nThe account becomes a platform administrator with the new password, which must be replaced at the first login. It takes the owner of the directory, or root; it is in the audit log as done by the host."
    )]
    Recover {
        /// Name of the account; made when there is none
        user: String,
        /// The data directory
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a new password that the person must replace
    #[command(after_help = "Examples:\n  execgov user reset-password ada\n  pwgen 20 1 | execgov user reset-password ada --password-stdin")]
    ResetPassword {
        /// Name or id
        user: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name to sign in with
    username: String,
    /// Name to show
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// A role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// The tenant that the person is of, for who looks after all of them
    #[arg(long, value_name = "KEY")]
    tenant: Option<String>,
    /// Read the first password from standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub struct Roles {
    /// Name or id
    user: String,
    /// Roles such as author, reviewer, operator, approver, auditor, viewer
    #[arg(required = true, value_name = "ROLE")]
    roles: Vec<String>,
}

const COLUMNS: [Column<UserDetail>; 6] = [
    column("NAME", |row, _| row.name.clone().into()),
    column("STATE", state),
    column("ROLES", |row, _| row.roles.iter().map(show::word).collect::<Vec<_>>().join(" ").into()),
    wide("CREATED", |row, _| show::time(&row.created_at).into()),
    wide("BY", |row, _| row.created_by.clone().into()),
    wide("ID", |row, _| row.id.clone().into()),
];

fn state(user: &UserDetail, out: &super::output::Output) -> Cell {
    match user.state {
        UserState::Active => Cell::toned(format!("{} active", out.symbol("✓", "+")), Tone::Good),
        UserState::Disabled => Cell::toned(format!("{} disabled", out.symbol("⊘", "-")), Tone::Faint),
        UserState::Deleted => Cell::toned(format!("{} deleted", out.symbol("✗", "x")), Tone::Faint),
    }
}

/// `user VERB`.
pub async fn user(invocation: &Invocation<'_>, args: &User) -> Done {
    match args {
        User::List { text, state, tenant, bound } => {
            let state = state.as_deref().map(parse_state).transpose()?;
            list(invocation, UserQuery { q: text.clone(), state, tenant: tenant.clone(), ..UserQuery::default() }, bound).await
        }
        User::Show { user } => show_one(invocation, &find(&invocation.client()?, user).await?),
        User::Create(args) => create(invocation, args).await,
        User::Disable { user } => {
            invocation.confirm(&format!("Disable {user} and end all sessions and tokens of this person?"))?;
            set_state(invocation, user, UserState::Disabled).await
        }
        User::Bind { user, person } => {
            let client = invocation.client()?;
            let seen = find(&client, user).await?;
            let changed = client.update_user(&seen, &UpdateUser { person: Some(person.clone()), ..UpdateUser::default() }).await?;
            show_one(invocation, &changed)
        }
        User::Delete { user } => {
            let client = invocation.client()?;
            let seen = find(&client, user).await?;
            invocation.confirm(&format!("Delete the account {} for good?", seen.name))?;
            client.delete_user(&seen.id).await?;
            invocation.out.note(&format!("{} is deleted; the name stays taken.", seen.name));
            Ok(Exit::Ok)
        }
        User::Enable { user } => set_state(invocation, user, UserState::Active).await,
        User::Grant(args) => {
            change_roles(invocation, args, |held, role| {
                if !held.contains(&role) {
                    held.push(role);
                }
            })
            .await
        }
        User::RevokeRole(args) => change_roles(invocation, args, |held, role| held.retain(|one| *one != role)).await,
        User::Recover { user, data, password_stdin } => recover(invocation, user, data, *password_stdin).await,
        User::ResetPassword { user, password_stdin } => reset_password(invocation, user, *password_stdin).await,
    }
}

async fn recover(invocation: &Invocation<'_>, user: &str, data: &Path, password_stdin: bool) -> Done {
    invocation.confirm(&format!("Make {user} a platform administrator of the appliance in {}?", data.display()))?;
    let password = if password_stdin { invocation.secret("password", true)? } else { new_password(invocation)? };
    let password = Password::new(password.expose_secret().to_owned());
    let recovery = Recovery { data: data.to_owned(), username: user.to_owned(), password };
    let done = (invocation.programs.recover)(recovery).await?;
    let what = match (done.created, done.enabled) {
        (true, _) => "was made",
        (false, true) => "was enabled",
        (false, false) => "has a new password",
    };
    invocation
        .out
        .note(&format!("{} {what} and is a platform administrator; the password must be replaced at the first login.", done.name));
    Ok(Exit::Ok)
}

/// Lists people.
pub async fn list(invocation: &Invocation<'_>, query: UserQuery, bound: &Bound) -> Done {
    let (rows, more) = invocation.client()?.users(&query).collect(bound.most()).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

/// A person by id or name; a name that is nearly right is suggested.
async fn find(client: &Client, user: &str) -> Result<UserDetail, Failure> {
    match client.user(user).await {
        Ok(found) => Ok(found),
        Err(error) if error.status() == Some(404) => {
            let all = client.users(&UserQuery::default()).collect(1000).await.map(|(rows, _)| rows).unwrap_or_default();
            if let Some(found) = all.iter().find(|row| row.name == user) {
                return Ok(found.clone());
            }
            let near = nearest(user, all.iter().map(|row| row.name.as_str()));
            let hint = near.map_or_else(|| "`execgov user list` shows people".to_owned(), |near| format!("did you mean `{near}`?"));
            Err(Failure::from(error).hint(hint))
        }
        Err(error) => Err(error.into()),
    }
}

fn show_one(invocation: &Invocation<'_>, user: &UserDetail) -> Done {
    if invocation.out.format.is_json() {
        invocation.out.json(user)?;
        return Ok(Exit::Ok);
    }
    invocation.out.fields(&[
        ("name", user.name.clone().into()),
        ("display name", user.display_name.clone().into()),
        ("state", state(user, &invocation.out)),
        ("roles", user.roles.iter().map(show::word).collect::<Vec<_>>().join(", ").into()),
        ("tenant", user.tenant.clone().into()),
        ("password", if user.password_expired { "must be replaced".into() } else { Cell::default() }),
        ("created", format!("{} by {}", show::time(&user.created_at), user.created_by).into()),
        ("id", user.id.clone().into()),
    ])?;
    Ok(Exit::Ok)
}

fn parse_state(word: &str) -> Result<UserState, Failure> {
    serde_json::from_value(serde_json::Value::String(word.trim().to_lowercase()))
        .map_err(|_| Failure::from(USAGE.fault(format!("`{word}` is no state of an account")).hint("states are active, disabled, deleted")))
}

pub(super) fn parse_roles(words: &[String]) -> Result<Vec<Role>, Failure> {
    let parse = |word: &String| {
        let text = word.trim().replace('-', "_");
        let role = serde_json::from_value(serde_json::Value::String(text.clone()))
            .or_else(|_| serde_json::from_value(serde_json::Value::String(text.replace('_', "-"))));
        role.map_err(|_| {
            let known: Vec<String> = Role::ALL.iter().map(show::word).collect();
            let near = nearest(word, known.iter().map(String::as_str)).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Failure::from(USAGE.fault(format!("`{word}` is not a role")).hint(format!("{near}roles are {}", known.join(", "))))
        })
    };
    words.iter().map(parse).collect()
}

async fn create(invocation: &Invocation<'_>, args: &Create) -> Done {
    let roles = parse_roles(&args.roles)?;
    let client = invocation.client()?;
    let password = if args.password_stdin { invocation.secret("password", true)? } else { new_password(invocation)? };
    let request = CreateUser {
        username: args.username.clone(),
        password: Password::new(password.expose_secret().to_owned()),
        display_name: args.display_name.clone(),
        roles,
        tenant: args.tenant.clone(),
    };
    show_one(invocation, &client.create_user(&request).await?)
}

async fn set_state(invocation: &Invocation<'_>, user: &str, state: UserState) -> Done {
    let client = invocation.client()?;
    let seen = find(&client, user).await?;
    let changed = client.update_user(&seen, &UpdateUser { state: Some(state), ..UpdateUser::default() }).await?;
    show_one(invocation, &changed)
}

async fn change_roles(invocation: &Invocation<'_>, args: &Roles, change: impl Fn(&mut Vec<Role>, Role)) -> Done {
    let wanted = parse_roles(&args.roles)?;
    let client = invocation.client()?;
    let seen = find(&client, &args.user).await?;
    let mut roles = seen.roles.clone();
    for role in wanted {
        change(&mut roles, role);
    }
    let changed = client.update_user(&seen, &UpdateUser { roles: Some(roles), ..UpdateUser::default() }).await?;
    show_one(invocation, &changed)
}

async fn reset_password(invocation: &Invocation<'_>, user: &str, from_stdin: bool) -> Done {
    let client = invocation.client()?;
    let found = find(&client, user).await?;
    let password = if from_stdin { invocation.secret("password", true)? } else { new_password(invocation)? };
    client.reset_password(&found.id, &ResetPassword { password: Password::new(password.expose_secret().to_owned()) }).await?;
    invocation.out.note(&format!("{} must replace this password at the next login.", found.name));
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_and_mistakes_suggested() {
        assert_eq!(parse_roles(&["author".to_owned(), "platform-admin".to_owned(), "tenant_admin".to_owned()]).expect("roles").len(), 3);
        let refused = parse_roles(&["reviwer".to_owned()]).expect_err("unknown");
        assert_eq!(refused.exit_code(), Exit::Usage);
        assert!(refused.json()["error"]["hint"].as_str().is_some_and(|hint| hint.contains("`reviewer`")));
    }
}
