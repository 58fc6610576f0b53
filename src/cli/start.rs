//! From the words of the command line to the exit code.

use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ColorChoice as ClapColor, FromArgMatches};

use super::arguments::{self, Command, Globals, Root};
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::language::{Language, localise};
use super::output::{ColorChoice, Format, Output};
use super::{
    access, announcements, api_call, approvals, audit, calendars, capabilities, community, configuration, contexts, doctor, explain,
    freezes, governance, grants, groups, help, login, policies, program, receipts, register, resources, roles, rules, run, runs, runtimes,
    secrets, services, spaces, storage, templates, tenants, tokens, users, vault, webhooks,
};
use crate::base::clock::SystemClock;
use crate::base::fault::{BUG, Fault};
use crate::conf::{Environment, Overrides};
use crate::domain::identity::Password;
use crate::service::identity::Recovered;

/// Letting an administrator in, under way.
pub type Recovering = Pin<Box<dyn Future<Output = Result<Recovered, Fault>> + Send>>;

/// What only the layer above can do.
#[derive(Debug, Clone, Copy)]
pub struct Programs {
    /// Runs an appliance until it is told to stop.
    pub serve: fn(&Overrides) -> ExitCode,
    /// Lets an administrator into a stopped appliance.
    pub recover: fn(Recovery) -> Recovering,
}

/// Whom to let in, and where.
#[derive(Debug)]
pub struct Recovery {
    pub data: PathBuf,
    pub username: String,
    pub password: Password,
}

/// Runs one command line; the first word is the name the program was called by.
#[must_use]
pub fn main(words: &[OsString], environment: &Environment, programs: &Programs) -> ExitCode {
    let language = Language::wanted(words, environment);
    let color = wanted_color(words);
    let parsed = command_for(words, language).try_get_matches_from(words).and_then(|matches| Root::from_arg_matches(&matches));
    let root = match parsed {
        Ok(root) => root,
        Err(error) => {
            let out = Output::of_process(wanted_format(words), color, language, environment);
            return show_parse_error(&error, &out).into();
        }
    };
    if let Command::Serve(serve) = &root.command {
        return (programs.serve)(&serve.overrides());
    }
    let out = with_globals(Output::of_process(root.globals.output, root.globals.color, language, environment), &root.globals);
    let invocation = Invocation { out, globals: root.globals, words, environment, clock: &SystemClock, programs };
    match dispatch(&invocation, root.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            invocation.out.failure(&failure);
            failure.exit_code().into()
        }
    }
}

pub fn with_globals(out: Output, globals: &Globals) -> Output {
    Output { quiet: globals.quiet, verbose: globals.verbose, ..out }
}

/// The tree of commands under the name the program was called by, in a language.
pub fn command_for(words: &[OsString], language: Language) -> clap::Command {
    let called = words.first().and_then(|word| Path::new(word).file_name()).and_then(|name| name.to_str());
    let name = if called == Some("execgov-cli") { "execgov-cli" } else { "execgov" };
    localise(arguments::command(), language).bin_name(name).color(ClapColor::Always)
}

/// `--color`, read before parsing because parsing may end in help.
fn wanted_color(words: &[OsString]) -> ColorChoice {
    match early_value(words, "--color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// `--output`, read before parsing because parsing may end in an error.
fn wanted_format(words: &[OsString]) -> Format {
    let said = early_value(words, "--output").or_else(|| early_value(words, "-o"));
    match said {
        Some("json") => Format::Json,
        Some("jsonl") => Format::Jsonl,
        _ => Format::Table,
    }
}

pub fn early_value<'a>(words: &'a [OsString], flag: &str) -> Option<&'a str> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(flag)? {
        "" => words.get(at + 1).copied(),
        rest => rest.strip_prefix('='),
    })
}

/// Shows help, the version, or what is wrong with the words.
pub fn show_parse_error(error: &clap::Error, out: &Output) -> Exit {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let rendered = error.render();
    if asked {
        let text = if out.stdout.color { rendered.ansi().to_string() } else { rendered.to_string() };
        return match out.line(text.trim_end()) {
            Ok(()) => Exit::Ok,
            Err(failure) => failure.exit_code(),
        };
    }
    if out.format.is_json() {
        let text = rendered.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let hint = lines.find_map(|line| line.trim().strip_prefix("tip: ")).unwrap_or("add --help to see the options").to_owned();
        out.failure(&USAGE.fault(first).hint(hint).into());
        return Exit::Usage;
    }
    let text = if out.stderr.color { rendered.ansi().to_string() } else { super::safe::plain(&rendered.to_string()).into_owned() };
    let mut to = std::io::stderr().lock();
    let _ = std::io::Write::write_all(&mut to, text.as_bytes());
    Exit::Usage
}

/// Runs a command that talks to an appliance.
fn online(work: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from(BUG.fault(format!("no runtime: {error}"))))?;
    runtime.block_on(work)
}

fn dispatch(invocation: &Invocation<'_>, command: Command) -> Done {
    match command {
        Command::Serve(serve) => {
            let _code = (invocation.programs.serve)(&serve.overrides());
            Ok(Exit::Ok)
        }
        Command::Explain(args) => explain::explain(invocation, &args),
        Command::Help(args) => help::help(invocation, &args),
        Command::Completion(args) => program::completion(invocation, &args),
        Command::Man(args) => program::man(invocation, &args),
        Command::Config(args) => configuration::config(invocation, &args),
        Command::Context(args) => contexts::context(invocation, &args),
        Command::Version(args) => online(program::version(invocation, &args)),
        Command::Setup(args) => online(login::setup(invocation, &args)),
        Command::Login(args) => online(login::login(invocation, &args)),
        Command::Logout(args) => online(login::logout(invocation, &args)),
        Command::Whoami => online(login::whoami(invocation)),
        Command::Register(args) => online(register::register(invocation, &args)),
        Command::List(args) => online(capabilities::list_any(invocation, &args)),
        Command::Run(args) => online(run::run(invocation, &args)),
        Command::Runs(args) => online(runs::runs(invocation, &args)),
        Command::Approval(args) => online(approvals::approval(invocation, &args)),
        Command::Webhook(args) => online(webhooks::webhook(invocation, &args)),
        Command::Resource(args) => online(resources::resource(invocation, &args)),
        Command::Freeze(args) => online(freezes::freeze(invocation, &args)),
        Command::Announcement(args) => online(announcements::announcement(invocation, &args)),
        Command::Template(args) => online(templates::template(invocation, &args)),
        Command::Community(args) => online(community::community(invocation, &args)),
        Command::Calendar(args) => online(calendars::calendar(invocation, &args)),
        Command::Governance(args) => online(governance::governance(invocation, &args)),
        Command::Access(args) => online(access::access(invocation, &args)),
        Command::Grant(args) => online(grants::grant(invocation, &args)),
        Command::Role(args) => online(roles::role(invocation, &args)),
        Command::Space(args) => online(spaces::space(invocation, &args)),
        Command::Tenant(args) => online(tenants::tenant(invocation, &args)),
        Command::Policy(args) => online(policies::policy(invocation, &args)),
        Command::Service(args) => online(services::service(invocation, &args)),
        Command::Group(args) => online(groups::group(invocation, &args)),
        Command::Rule(args) => online(rules::rules(invocation, &args)),
        Command::Capability(args) => online(capabilities::capability(invocation, &args)),
        Command::Audit(args) => online(audit::audit(invocation, &args)),
        Command::Receipt(args) => online(receipts::receipt(invocation, &args)),
        Command::Secret(args) => online(secrets::secret(invocation, &args)),
        Command::Vault(args) => online(vault::vault(invocation, &args)),
        Command::Store(args) => storage::store(invocation, &args),
        Command::Backup(args) => online(storage::backup(invocation, &args)),
        Command::User(args) => online(users::user(invocation, &args)),
        Command::Token(args) => online(tokens::token(invocation, &args)),
        Command::Doctor(args) if args.is_local() => doctor::local(invocation, &args),
        Command::Doctor(args) => online(doctor::remote(invocation, &args)),
        Command::Runtime(args) => online(runtimes::runtime(invocation, &args)),
        Command::Api(args) => online(api_call::api(invocation, &args)),
    }
}
