//! `execgov vault`: the keys that seal secrets. Passphrases and keys come from a prompt, standard input or a file, never as options.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::login::new_password;
use super::show;
use super::table::{Cell, Tone};
use crate::crypto::envelope::{self, Identity, Key};
use crate::domain::vault::Method;
use crate::wire::vault::{
    Hidden, InitVault, ProveRecovery, RecoverVault, Rotate, RotateVault, SetRecovery, UnsealVault, VaultState, VaultStatus,
};

/// Largest identity file that is read, in bytes.
const IDENTITY_BYTES: u64 = 64 * 1024;

#[derive(Debug, Subcommand)]
pub enum Vault {
    /// Set the vault up and open it
    #[command(
        after_help = "Examples:\n  execgov vault init --recovery age1...\n  pwgen 24 1 | tee note | execgov vault init --passphrase-stdin\n  execgov vault init --method key-file --recovery age1...\n\nA recovery key is made with `age-keygen -o recovery.key`, on another machine; its public half begins with age1."
    )]
    Init(Init),
    /// Show how the vault is kept, and whether it is open
    #[command(after_help = "Examples:\n  execgov vault status\n  execgov vault status -o json")]
    Status,
    /// Forget the keys until somebody unseals; runs that need a secret wait
    #[command(after_help = "Examples:\n  execgov vault seal --yes")]
    Seal,
    /// Open the vault
    #[command(after_help = "Examples:\n  execgov vault unseal\n  execgov vault unseal --passphrase-stdin < passphrase")]
    Unseal {
        /// Read the passphrase from standard input
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Change the data key, or with --master the master key and how it is kept
    #[command(
        after_help = "Examples:\n  execgov vault rotate\n  execgov vault rotate --master\n  execgov vault rotate --master --method key-file"
    )]
    Rotate(Turn),
    /// Open the vault with a recovery key and give it a new master key
    #[command(
        after_help = "Examples:\n  execgov vault recover --identity recovery.key\n  execgov vault recover --identity recovery.key --method key-file"
    )]
    Recover(Recover),
    /// Say who can recover, and for whom backups are encrypted; replaces those there are
    #[command(after_help = "Examples:\n  execgov vault recovery age1... age1...\n  execgov vault recovery --none")]
    Recovery {
        /// Public halves of recovery keys
        #[arg(value_name = "RECIPIENT", required_unless_present = "none")]
        recipients: Vec<String>,
        /// Nobody
        #[arg(long, conflicts_with = "recipients")]
        none: bool,
    },
    /// Show that you hold a recovery key; the key does not leave this machine
    #[command(after_help = "Examples:\n  execgov vault prove --identity recovery.key")]
    Prove {
        /// The file with the recovery key
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
    },
}

/// How the master key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kept {
    Passphrase,
    KeyFile,
    Credential,
}

impl From<Kept> for Method {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Passphrase => Self::Passphrase,
            Kept::KeyFile => Self::KeyFile,
            Kept::Credential => Self::Credential,
        }
    }
}

#[derive(Debug, Args)]
pub struct Init {
    /// How the master key is kept: passphrase, key-file or credential
    #[arg(long, value_name = "METHOD", value_enum, default_value = "passphrase", hide_possible_values = true)]
    method: Kept,
    /// The public half of a recovery key; may be given several times
    #[arg(long = "recovery", value_name = "RECIPIENT")]
    recovery: Vec<String>,
    /// Read the passphrase from standard input
    #[arg(long)]
    passphrase_stdin: bool,
}

#[derive(Debug, Args)]
pub struct Turn {
    /// A new master key instead of a new data key
    #[arg(long)]
    master: bool,
    /// How the master key is kept from now on: passphrase, key-file or credential
    #[arg(long, value_name = "METHOD", value_enum, requires = "master", hide_possible_values = true)]
    method: Option<Kept>,
    /// Read the passphrase from standard input
    #[arg(long, requires = "master")]
    passphrase_stdin: bool,
}

#[derive(Debug, Args)]
pub struct Recover {
    /// The file with the recovery key
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// How the master key is kept from now on: passphrase, key-file or credential
    #[arg(long, value_name = "METHOD", value_enum, default_value = "passphrase", hide_possible_values = true)]
    method: Kept,
    /// Read the passphrase from standard input
    #[arg(long)]
    passphrase_stdin: bool,
}

/// `vault VERB`.
pub async fn vault(invocation: &Invocation<'_>, args: &Vault) -> Done {
    let status = match args {
        Vault::Status => invocation.client()?.vault().await?,
        Vault::Init(args) => {
            let client = invocation.client()?;
            let passphrase = chosen(invocation, args.method.into(), args.passphrase_stdin)?;
            let request = InitVault { method: args.method.into(), passphrase, recovery: args.recovery.clone() };
            client.init_vault(&request).await?
        }
        Vault::Seal => {
            invocation.confirm("Seal the vault? Runs that need a secret wait until it is unsealed")?;
            invocation.client()?.seal_vault().await?
        }
        Vault::Unseal { passphrase_stdin } => unseal(invocation, *passphrase_stdin).await?,
        Vault::Rotate(args) => rotate(invocation, args).await?,
        Vault::Recover(args) => {
            let client = invocation.client()?;
            let identity = identities(&args.identity)?.into_iter().next().ok_or_else(|| no_identity(&args.identity))?;
            let passphrase = chosen(invocation, args.method.into(), args.passphrase_stdin)?;
            let identity = Hidden::new(identity.expose().expose_secret().to_owned());
            client.recover_vault(&RecoverVault { identity, method: args.method.into(), passphrase }).await?
        }
        Vault::Recovery { recipients, none } => {
            invocation.confirm(if *none {
                "Let nobody recover the vault? Backups are then not encrypted"
            } else {
                "Replace who can recover?"
            })?;
            invocation.client()?.set_recovery(&SetRecovery { recovery: recipients.clone() }).await?
        }
        Vault::Prove { identity } => return prove(invocation, identity).await,
    };
    show_status(invocation, &status)
}

/// A new passphrase, under the method that takes one.
fn chosen(invocation: &Invocation<'_>, method: Method, from_stdin: bool) -> Result<Option<Hidden>, Failure> {
    if method != Method::Passphrase {
        return if from_stdin {
            Err(USAGE.fault("only the method `passphrase` takes a passphrase").hint("leave it out").into())
        } else {
            Ok(None)
        };
    }
    let text = if from_stdin { invocation.secret("passphrase", true)? } else { new_password(invocation)? };
    Ok(Some(Hidden::new(text.expose_secret().to_owned())))
}

async fn unseal(invocation: &Invocation<'_>, from_stdin: bool) -> Result<VaultStatus, Failure> {
    let client = invocation.client()?;
    let now = client.vault().await?;
    let asks = now.state == VaultState::Sealed && now.method == Some(Method::Passphrase);
    let passphrase = if asks || from_stdin {
        let label = invocation.out.language.pick("Passphrase of the vault", "保险库口令");
        Some(Hidden::new(invocation.secret(label, from_stdin)?.expose_secret().to_owned()))
    } else {
        None
    };
    Ok(client.unseal_vault(&UnsealVault { passphrase }).await?)
}

async fn rotate(invocation: &Invocation<'_>, args: &Turn) -> Result<VaultStatus, Failure> {
    let client = invocation.client()?;
    if !args.master {
        return Ok(client.rotate_vault(&RotateVault::default()).await?);
    }
    let method = match args.method {
        Some(kept) => Some(kept.into()),
        None => client.vault().await?.method,
    };
    let passphrase = chosen(invocation, method.unwrap_or(Method::Passphrase), args.passphrase_stdin)?;
    Ok(client.rotate_vault(&RotateVault { what: Rotate::Master, method, passphrase }).await?)
}

async fn prove(invocation: &Invocation<'_>, file: &Path) -> Done {
    let keys = identities(file)?;
    let client = invocation.client()?;
    let known = client.vault().await?.recovery;
    let fits = |key: &&Identity| known.iter().any(|one| one.recipient == key.recipient().to_string());
    let Some(key) = keys.iter().find(fits) else {
        return Err(USAGE
            .fault(format!("no key in {} can recover this vault", file.display()))
            .hint("`execgov vault status` shows for whom it can be recovered")
            .into());
    };
    let recipient = key.recipient().to_string();
    let asked = client.prove_recovery(&ProveRecovery { recipient: recipient.clone(), answer: None }).await?;
    let challenge = asked.challenge.unwrap_or_default();
    let opened = envelope::open(&Key::Identities(vec![key.clone()]), &challenge);
    let opened = opened.map_err(|error| Failure::from(LOCAL_FILE.fault(format!("the challenge does not open: {error}"))))?;
    let answer = String::from_utf8_lossy(&opened).into_owned();
    let proof = client.prove_recovery(&ProveRecovery { recipient: recipient.clone(), answer: Some(answer) }).await?;
    if invocation.out.format.is_json() {
        invocation.out.json(&proof)?;
    } else {
        invocation.out.fields(&[
            ("recipient", recipient.into()),
            ("proven", proof.proven_at.as_deref().map(show::time).unwrap_or_default().into()),
        ])?;
    }
    Ok(Exit::Ok)
}

/// The keys of an age identity file.
pub fn identities(file: &Path) -> Result<Vec<Identity>, Failure> {
    use std::io::Read as _;
    let fail = |error: std::io::Error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", file.display())));
    let mut text = zeroize::Zeroizing::new(String::new());
    std::fs::File::open(file).map_err(fail)?.take(IDENTITY_BYTES).read_to_string(&mut text).map_err(fail)?;
    Identity::read_file(&text).map_err(|_| no_identity(file))
}

fn no_identity(file: &Path) -> Failure {
    Failure::from(
        LOCAL_FILE
            .fault(format!("{} holds no age identity", file.display()))
            .hint("name a file that `age-keygen` made: it holds AGE-SECRET-KEY-1..."),
    )
}

fn state(state: VaultState, status: &VaultStatus) -> Cell {
    match state {
        VaultState::Open => Cell::toned("open".to_owned(), Tone::Good),
        VaultState::Sealed => Cell::toned("sealed".to_owned(), Tone::Bad),
        VaultState::Absent => Cell::toned(
            if status.actions.iter().any(|act| act == "vault.update") {
                "not set up: execgov vault init".to_owned()
            } else {
                "not set up".to_owned()
            },
            Tone::Bad,
        ),
    }
}

fn show_status(invocation: &Invocation<'_>, status: &VaultStatus) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(status)?;
        return Ok(Exit::Ok);
    }
    let mut fields: Vec<(&str, Cell)> = vec![("vault", state(status.state, status))];
    if let Some(method) = status.method {
        let since = status.master_since.as_deref().map(show::time).unwrap_or_default();
        fields.push(("master key", format!("{}, since {since}", method.word().replace('_', " ")).into()));
    }
    if let Some(id) = status.data_key {
        fields.push(("data key", format!("{id}, since {}", status.data_key_since.as_deref().map(show::time).unwrap_or_default()).into()));
    }
    if let Some(rotation) = &status.rotation {
        fields.push(("rotation", format!("{} values to move", rotation.left).into()));
    }
    for one in &status.recovery {
        let proven = one.proven_at.as_deref().map_or_else(|| "never proven".to_owned(), |at| format!("proven {}", show::time(at)));
        fields.push(("recovery", format!("{}, {proven}", one.recipient).into()));
    }
    fields.push(("secrets", status.secrets.to_string().into()));
    if status.expiring > 0 {
        fields.push(("expiring", Cell::toned(status.expiring.to_string(), Tone::Bad)));
    }
    if status.waiting > 0 {
        fields.push(("runs waiting", status.waiting.to_string().into()));
    }
    if let Some(drill) = &status.drill {
        let tone = if drill.ok { Tone::Good } else { Tone::Bad };
        fields.push(("restore drill", Cell::toned(format!("{}: {}", show::time(&drill.at), drill.detail), tone)));
    }
    out.fields(&fields)?;
    for warning in &status.warnings {
        out.note(&format!("Warning: {warning}"));
    }
    Ok(Exit::Ok)
}
