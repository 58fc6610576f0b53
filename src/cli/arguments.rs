//! The tree of commands. The first line above an item is its help; examples come first in `after_help`.

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::language::Language;
use super::output::{ColorChoice, Format};
use super::{
    access, announcements, api_call, approvals, audit, calendars, capabilities, community, configuration, contexts, doctor, explain,
    freezes, governance, grants, groups, help, login, policies, program, receipts, register, resources, roles, rules, run, runs, runtimes,
    secrets, services, spaces, storage, templates, tenants, tokens, users, vault, webhooks,
};

/// Make every automation reliable and governed
#[derive(Debug, Parser)]
#[command(
    name = "execgov",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:\n  execgov serve\n  execgov register report.py\n  execgov run report --month 2026-10 --wait\n  execgov runs logs run_0198... --follow\n\nLearn more: execgov help quickstart"
)]
pub struct Root {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Form of the output: table, wide, json, jsonl, csv or name
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    pub output: Format,
    /// Say nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more about what happens
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true)]
    pub color: ColorChoice,
    /// Never ask a question; fail instead
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Answer every question with yes
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Language of help and messages: en or zh
    #[arg(long, global = true, value_name = "LANGUAGE", value_enum, hide_possible_values = true)]
    pub lang: Option<Language>,
    /// The appliance to talk to, by the name it has in the contexts file
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// The appliance to talk to, by its address
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an appliance on this machine
    Serve(program::Serve),
    /// Create the first administrator of a new appliance
    Setup(login::Setup),
    /// Sign in to an appliance and remember it
    Login(login::Login),
    /// Sign out and forget the token
    Logout(login::Logout),
    /// Show who is signed in, where, and with which roles
    Whoami,
    /// Turn a script or a folder into a capability, or into its next version
    Register(register::Register),
    /// List capabilities, runs, users, tokens or interpreters
    List(capabilities::ListAny),
    /// Run a capability; its inputs become options
    Run(run::Run),
    /// Look at runs and act on them
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Look at requests for approval and decide on them
    #[command(subcommand)]
    Approval(approvals::Approval),
    /// What starts need: a confirmation, approvals, a reason, a ticket
    #[command(subcommand)]
    Rule(rules::Rules),
    /// Windows of time in which starts are refused
    #[command(subcommand)]
    Freeze(freezes::Freeze),
    /// Make, import and show calendars that freezes go by
    #[command(subcommand)]
    Calendar(calendars::Calendar),
    /// Say how the appliance is governed: by one person, or by four eyes
    #[command(subcommand)]
    Governance(governance::Governance),
    /// Addresses at which another system starts runs
    #[command(subcommand)]
    Webhook(webhooks::Webhook),
    /// HTTP services that capabilities may reach
    #[command(subcommand)]
    Resource(resources::Resource),
    /// Look at capabilities, publish versions and go back
    #[command(subcommand, visible_alias = "cap")]
    Capability(capabilities::Capability),
    /// What the platform or a tenant tells its people
    #[command(subcommand)]
    Announcement(announcements::Announcement),
    /// Published versions that others make capabilities of their own from
    #[command(subcommand)]
    Template(templates::Template),
    /// What colleagues share with each other
    #[command(subcommand)]
    Community(community::Community),
    /// Read, export and verify the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Signed receipts of runs
    #[command(subcommand)]
    Receipt(receipts::Receipt),
    /// Secrets: set, granted, rotated, never shown
    #[command(subcommand)]
    Secret(secrets::Secret),
    /// The vault that seals secrets: its keys, and whether it is open
    #[command(subcommand)]
    Vault(vault::Vault),
    /// The ledger of an appliance on this machine
    #[command(subcommand)]
    Store(storage::Store),
    /// Backups of an appliance
    #[command(subcommand)]
    Backup(storage::Backup),
    /// People and their roles
    #[command(subcommand)]
    User(users::User),
    /// Who may do what, and why
    #[command(subcommand)]
    Access(access::Access),
    /// Roles given to people, service accounts and groups
    #[command(subcommand)]
    Grant(grants::Grant),
    /// What roles carry, and the tenant's own roles
    #[command(subcommand)]
    Role(roles::Role),
    /// Spaces, their folders, and what lives where
    #[command(subcommand)]
    Space(spaces::Space),
    /// Organisations that share the appliance and see nothing of each other
    #[command(subcommand)]
    Tenant(tenants::Tenant),
    /// Policies of the tenant's own, laid over the built-in ones
    #[command(subcommand)]
    Policy(policies::Policy),
    /// Accounts for programs, used through tokens only
    #[command(subcommand)]
    Service(services::Service),
    /// Groups of people
    #[command(subcommand)]
    Group(groups::Group),
    /// API tokens of the signed-in user
    #[command(subcommand)]
    Token(tokens::Token),
    /// Settings of an appliance on this machine
    #[command(subcommand)]
    Config(configuration::Config),
    /// Appliances that this machine knows
    #[command(subcommand)]
    Context(contexts::Context),
    /// Find out what is wrong with a host or an appliance
    Doctor(doctor::Doctor),
    /// Interpreters that run capabilities
    #[command(subcommand)]
    Runtime(runtimes::Runtime),
    /// Explain an error code
    Explain(explain::Explain),
    /// Help for a command, or about a topic
    Help(help::Help),
    /// Print a completion script for a shell
    Completion(program::Completion),
    /// Print the manual page, or write all of them into a folder
    Man(program::Man),
    /// Show the version of this program and of the appliance
    Version(program::Version),
    /// Call the API directly
    Api(api_call::Api),
}

/// The tree in English, as it is written here.
#[must_use]
pub fn command() -> clap::Command {
    Root::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_sound() {
        super::command().debug_assert();
    }
}
