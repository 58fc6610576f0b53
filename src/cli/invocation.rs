//! One call of the program: its options, its surroundings, and the appliance it talks to.
//!
//! Which appliance: `--url`, then `--context`, then `EXECGOV_URL`, then the current context. A token goes only to the
//! address it was given for, unless `EXECGOV_TOKEN` says otherwise.

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use secrecy::SecretString;

use super::arguments::Globals;
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, NO_ANSWER, NOT_SIGNED_IN, USAGE};
use super::output::Output;
use super::start::Programs;
use crate::base::clock::Clock;
use crate::client::{Client, Target, Trust};
use crate::conf::Environment;
use crate::conf::client::{Context, Contexts, contexts_path};
use crate::domain::schema::nearest;
use crate::wire::approval::Asked;

/// The address of an appliance that was started without settings.
pub const LOCAL_URL: &str = "http://127.0.0.1:7443";
/// Longest secret that is read from standard input, in bytes.
const SECRET_BYTES: u64 = 4096;

/// How a command ends.
pub type Done = Result<Exit, Failure>;

/// Everything a command has at hand.
pub struct Invocation<'a> {
    pub out: Output,
    pub globals: Globals,
    /// The words as they were given, the program's name first.
    pub words: &'a [OsString],
    pub environment: &'a Environment,
    pub clock: &'a dyn Clock,
    pub programs: &'a Programs,
}

/// An appliance and where its address came from.
#[derive(Debug, Clone)]
pub struct Chosen {
    pub name: Option<String>,
    pub context: Context,
}

impl Invocation<'_> {
    /// Where the contexts file is.
    pub fn contexts_path(&self) -> Result<PathBuf, Failure> {
        let missing = || LOCAL_FILE.fault("neither XDG_CONFIG_HOME nor HOME is set").hint("set HOME, or use EXECGOV_URL and EXECGOV_TOKEN");
        contexts_path(self.environment).ok_or_else(|| missing().into())
    }

    pub fn contexts(&self) -> Result<Contexts, Failure> {
        let Some(path) = contexts_path(self.environment) else { return Ok(Contexts::default()) };
        Ok(Contexts::load(&path)?)
    }

    /// The appliance that the options, the environment and the contexts file point to.
    pub fn choose(&self) -> Result<Chosen, Failure> {
        let contexts = self.contexts()?;
        let named = self.globals.context.as_deref();
        let url = self.globals.url.as_deref().or_else(|| if named.is_none() { self.environment.get("EXECGOV_URL") } else { None });
        let mut chosen = if let Some(url) = url {
            let known = contexts.contexts.iter().find(|(_, context)| same_address(&context.url, url));
            known.map_or_else(
                || Chosen { name: None, context: Context { url: url.to_owned(), ..Context::default() } },
                |(name, context)| Chosen { name: Some(name.clone()), context: context.clone() },
            )
        } else if let Some(name) = named.or(contexts.current.as_deref()) {
            let Some(context) = contexts.contexts.get(name) else { return Err(unknown_context(name, &contexts)) };
            Chosen { name: Some(name.to_owned()), context: context.clone() }
        } else {
            Chosen { name: None, context: Context { url: LOCAL_URL.to_owned(), ..Context::default() } }
        };
        let overrides = [
            ("EXECGOV_TOKEN", &mut chosen.context.token),
            ("EXECGOV_FINGERPRINT", &mut chosen.context.fingerprint),
            ("EXECGOV_PROXY", &mut chosen.context.proxy),
        ];
        for (name, place) in overrides {
            if let Some(value) = self.environment.get(name) {
                *place = Some(value.to_owned());
            }
        }
        if let Some(path) = self.environment.get("EXECGOV_CA") {
            chosen.context.authority = Some(path.into());
        }
        Ok(chosen)
    }

    /// A client for the chosen appliance, signed in.
    pub fn client(&self) -> Result<Client, Failure> {
        let chosen = self.choose()?;
        if chosen.context.token.is_none() {
            let detail = format!("no token is known for {}", chosen.context.url);
            let command =
                if chosen.context.url == LOCAL_URL { "execgov login".to_owned() } else { format!("execgov login {}", chosen.context.url) };
            return Err(NOT_SIGNED_IN.fault(detail).hint(format!("run `{command}`, or set EXECGOV_TOKEN")).into());
        }
        self.client_for(&chosen.context)
    }

    /// A client for any appliance, signed in when a token is known.
    pub fn client_for(&self, context: &Context) -> Result<Client, Failure> {
        Ok(Client::new(&self.target(context)?)?)
    }

    pub fn target(&self, context: &Context) -> Result<Target, Failure> {
        let trust = match (&context.fingerprint, &context.authority) {
            (Some(text), _) => {
                let invalid =
                    |error| Failure::from(USAGE.fault(format!("`{text}`: {error}")).hint("sign in again, or correct EXECGOV_FINGERPRINT"));
                Trust::Pinned(text.parse().map_err(invalid)?)
            }
            (None, Some(path)) => Trust::Authority(path.clone()),
            (None, None) => Trust::Host,
        };
        Ok(Target {
            url: context.url.clone(),
            token: context.token.clone().map(SecretString::from),
            trust,
            proxy: context.proxy.clone(),
            language: self.out.language.tag(),
        })
    }

    /// Whether there is somebody who can be asked.
    pub fn may_ask(&self) -> bool {
        !self.globals.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Says that a change waits for the consent of others.
    pub fn asked(&self, asked: &Asked) -> Done {
        if self.out.format.is_json() {
            self.out.json(asked)?;
        } else {
            self.out.line(&asked.approval)?;
            self.out.note(&asked.detail);
        }
        Ok(Exit::Approval)
    }

    /// Asks before something that cannot be undone.
    pub fn confirm(&self, question: &str) -> Result<(), Failure> {
        if self.globals.yes {
            return Ok(());
        }
        if !self.may_ask() {
            return Err(NO_ANSWER.fault(question.to_owned()).hint("add --yes to go on").into());
        }
        let answer = self.ask(&format!("{question} [y/N]"))?;
        if matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes" | "是") {
            return Ok(());
        }
        self.out.say(self.out.language.pick("Nothing was changed.", "未作任何更改。"));
        Err(Failure::silent(Exit::Other))
    }

    /// Asks for a line of text.
    pub fn ask(&self, label: &str) -> Result<String, Failure> {
        if !self.may_ask() {
            return Err(NO_ANSWER.fault(format!("{label} is needed")).hint("give it as an option, or run this in a terminal").into());
        }
        let mut to = io::stderr().lock();
        to.write_all(format!("{}: ", super::safe::plain(label)).as_bytes())?;
        to.flush()?;
        drop(to);
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Asks for a secret without showing it; from standard input when told so.
    pub fn secret(&self, label: &str, from_stdin: bool) -> Result<SecretString, Failure> {
        if from_stdin {
            let mut text = String::new();
            let fail = |error: io::Error| Failure::from(LOCAL_FILE.fault(format!("standard input: {error}")));
            io::stdin().lock().take(SECRET_BYTES + 1).read_to_string(&mut text).map_err(fail)?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() || text.len() as u64 > SECRET_BYTES {
                return Err(USAGE
                    .fault(format!("{label}: standard input held {} bytes", text.len()))
                    .hint(format!("write 1 to {SECRET_BYTES} bytes to it"))
                    .into());
            }
            return Ok(SecretString::from(text.to_owned()));
        }
        if !self.may_ask() {
            return Err(NO_ANSWER.fault(format!("{label} is needed")).hint("pass it on standard input, with the option for that").into());
        }
        let text = rpassword::prompt_password(format!("{label}: ")).map_err(Failure::from)?;
        Ok(SecretString::from(text))
    }
}

/// Whether two texts are the same address, apart from a slash at the end and letter case of the host.
pub fn same_address(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().trim_end_matches('/').to_ascii_lowercase();
    plain(one) == plain(other)
}

pub fn unknown_context(name: &str, contexts: &Contexts) -> Failure {
    let near = nearest(name, contexts.contexts.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`? "));
    let hint = format!("{}`execgov context list` shows those that are known", near.unwrap_or_default());
    Failure::from(USAGE.fault(format!("there is no context `{name}`")).hint(hint)).exit(Exit::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_loosely() {
        assert!(same_address("https://Ops.example/", "https://ops.example"));
        assert!(!same_address("https://ops.example:1", "https://ops.example"));
    }
}
