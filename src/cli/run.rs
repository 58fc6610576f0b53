//! `execgov run NAME`: the command line is read twice. First only for the name; then, with the inputs of that capability as
//! options, for everything else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Map, Value};

use super::api_call::read_text;
use super::arguments::{self, Globals};
use super::capabilities::{find, limits, split_name};
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::follow::{self, Printer, Waiting};
use super::input_flags::InputFlags;
use super::invocation::{Done, Invocation};
use super::language::localise;
use super::output::Output;
use super::show;
use super::start::{command_for, early_value, show_parse_error, with_globals};
use super::table::{Cell, Tone};
use crate::base::fault::{Class, Code, FieldFault};
use crate::base::id::uuid_at;
use crate::client::{Client, ClientError, Submitted};
use crate::domain::ids::FileId;
use crate::domain::run::Phase;
use crate::domain::schema::{InputSchema, is_file};
use crate::wire::approval::ConfirmRequest;
use crate::wire::capability::{Plan, PlanRequest, Verdict, VersionDetail};
use crate::wire::resource::PlannedRequest;
use crate::wire::run::{CancelRequest, RunDetail, RunRequest};

/// The inputs do not fit; found before anything was sent.
pub const WRONG_INPUTS: Code = Code::new("EG-CLI-013", Class::Invalid, "Inputs do not fit");

/// Stands for a file while inputs are checked before it is uploaded.
const UNSENT_FILE: &str = "fil_00000000000070008000000000000000";

#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:\n  execgov run report --help\n  execgov run report --month 2026-10 --wait\n  execgov run report@3 --month 2026-10 --follow\n  execgov run import --data ./rows.csv --label ticket=4711\n  echo '{\"month\": \"2026-10\"}' | execgov run report --input-json -\n\nLearn more: execgov help inputs"
)]
pub struct Run {
    /// Name of the capability; `run NAME --help` shows its inputs
    #[arg(value_name = "NAME[@VERSION]")]
    name: Option<String>,
    #[command(flatten)]
    options: Options,
    /// Print help; after a name, also its inputs
    #[arg(short, long)]
    help: bool,
    /// Inputs as options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

/// What `run` knows besides the inputs.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Inputs as a JSON object in a file; - is standard input; options go on top
    #[arg(long, value_name = "FILE")]
    input_json: Option<String>,
    /// Show what would happen, and start nothing
    #[arg(long, conflicts_with_all = ["wait", "follow", "detach"])]
    dry_run: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Attach a label, to find the run again
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// Why, for those who read the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The change ticket that the run belongs to
    #[arg(long, value_name = "TICKET")]
    ticket: Option<String>,
    /// Start in spite of a freeze: takes approval and a reason
    #[arg(long)]
    override_freeze: bool,
    /// Start at once, whatever rules and freezes say: takes the right to do so and a reason, and opens a review
    #[arg(long, requires = "reason")]
    break_glass: bool,
    /// From 0 (last) to 9 (first)
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u8).range(0..=9))]
    priority: Option<u8>,
    /// Asking again with the same key finds the same run instead of starting another
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// `run NAME ...`.
pub async fn run(invocation: &Invocation<'_>, args: &Run) -> Done {
    let Some(name) = &args.name else { return static_help(invocation, args.help) };
    let (name, number) = split_name(name)?;
    let early = early(invocation, args);
    let client = match early.client() {
        Ok(client) => client,
        Err(failure) if args.help => {
            static_help(invocation, true)?;
            invocation.out.note("\nThe inputs are not shown:");
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    let found = find(&client, name).await?;
    let version = client.version(name, number.unwrap_or(found.version)).await?;
    let (command, flags) = full_command(invocation, name, &version);
    let matches = match command.try_get_matches_from(invocation.words) {
        Ok(matches) => matches,
        Err(error) => return parse_error(&error, &early.out, name),
    };
    let Some(own) = matches.subcommand_matches("run") else { return Err(Failure::silent(Exit::Usage)) };
    let usage = |error: clap::Error| Failure::from(USAGE.fault(error.to_string()));
    let globals = Globals::from_arg_matches(&matches).map_err(usage)?;
    let options = Options::from_arg_matches(own).map_err(usage)?;
    let out = with_globals(Output::of_process(globals.output, globals.color, invocation.out.language, invocation.environment), &globals);
    let invocation = Invocation { out, globals, ..*invocation };
    Box::pin(start(&invocation, &client, name, number, &options, (&version, &flags, own))).await
}

fn static_help(invocation: &Invocation<'_>, asked: bool) -> Done {
    let mut command = command_for(invocation.words, invocation.out.language);
    command.build();
    if let Some(run) = command.find_subcommand_mut("run") {
        let help = run.render_help();
        let text = if invocation.out.stdout.color { help.ansi().to_string() } else { help.to_string() };
        invocation.out.line(text.trim_end())?;
    }
    if asked {
        Ok(Exit::Ok)
    } else {
        Err(Failure::from(USAGE.fault("the name of a capability is missing").hint("`execgov list` shows the names")))
    }
}

/// Help is shown; an option that is none names the one that was perhaps meant.
fn parse_error(error: &clap::Error, out: &Output, name: &str) -> Done {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let (ErrorKind::UnknownArgument, Some(word)) = (error.kind(), text(ContextKind::InvalidArg)) else {
        return Ok(show_parse_error(error, out));
    };
    let near = text(ContextKind::SuggestedArg).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let hint = format!("{near}`execgov run {name} --help` shows the inputs");
    Err(USAGE.fault(format!("`{name}` has no input or option `{word}`")).hint(hint).into())
}

/// The appliance may be named after the inputs, which are not parsed yet.
fn early<'a>(invocation: &Invocation<'a>, args: &Run) -> Invocation<'a> {
    let value = |flag: &str| early_value(&args.rest, flag).map(str::to_owned);
    let mut globals = invocation.globals.clone();
    globals.context = value("--context").or(globals.context);
    globals.url = value("--url").or(globals.url);
    globals.no_input = globals.no_input || args.rest.iter().any(|word| word == "--no-input");
    Invocation { out: invocation.out, globals, ..*invocation }
}

/// The whole tree, with the inputs of one version as options of `run`.
fn full_command(invocation: &Invocation<'_>, name: &str, version: &VersionDetail) -> (clap::Command, InputFlags) {
    let base = arguments::command();
    let manifest = &version.manifest;
    let about = [manifest.title.as_str(), manifest.description.as_str()].iter().find(|text| !text.is_empty()).copied().unwrap_or(name);
    // Names of the command's own options and of the program's are taken.
    let taken = base.get_arguments().cloned().fold(Options::augment_args(clap::Command::new("run")), clap::Command::arg);
    let flags = InputFlags::new(&manifest.inputs, &taken);
    let own =
        clap::Command::new("run").arg(clap::Arg::new("name").value_name("NAME[@VERSION]").required(true).help("Name of the capability"));
    let own = Options::augment_args(flags.add_to(own).next_help_heading("Options"))
        .arg(clap::Arg::new("help").short('h').long("help").action(clap::ArgAction::Help).help("Print help"))
        .disable_help_flag(true)
        .about(super::safe::plain(about).into_owned());
    let examples: Vec<String> = manifest
        .examples
        .iter()
        .map(|example| example.get("inputs").and_then(Value::as_object).unwrap_or(example))
        .map(|inputs| format!("  execgov run {name} {}", flags.words(inputs)))
        .collect();
    let mut own = own;
    if !examples.is_empty() {
        own = own.after_help(super::safe::plain(&format!("Examples:\n{}", examples.join("\n"))).into_owned());
    }
    let called = command_for(invocation.words, invocation.out.language);
    let mut command = base.mut_subcommand("run", |_| own);
    if let Some(name) = called.get_bin_name() {
        command = command.bin_name(name);
    }
    (localise(command, invocation.out.language).color(clap::ColorChoice::Always), flags)
}

type Parsed<'a> = (&'a VersionDetail, &'a InputFlags, &'a ArgMatches);

async fn start(
    invocation: &Invocation<'_>,
    client: &Client,
    name: &str,
    number: Option<u32>,
    options: &Options,
    parsed: Parsed<'_>,
) -> Done {
    let (version, flags, matches) = parsed;
    let schema = &version.manifest.inputs;
    let mut inputs = match &options.input_json {
        Some(path) => read_object(path)?,
        None => Map::new(),
    };
    let (given, mut faults) = flags.read(matches);
    inputs.extend(given);
    let (mut inputs, files) = set_files_aside(schema, inputs);
    if faults.is_empty()
        && let Ok(compiled) = InputSchema::compile(schema)
    {
        faults.extend(compiled.complete(&inputs).err().unwrap_or_default());
    }
    faults.extend(files.iter().filter_map(|(input, path)| missing_file(input, path)));
    if !faults.is_empty() {
        return Err(refused(name, flags, faults));
    }
    if options.dry_run {
        let request = PlanRequest { inputs, version: number };
        let mut plan = client.plan(name, &request).await?;
        // Files are not sent for a plan: that they are unknown over there is no news.
        plan.errors
            .retain(|error| !files.iter().any(|(input, _)| error.pointer.trim_start_matches("/inputs").starts_with(&format!("/{input}"))));
        return show_plan(invocation, &plan);
    }
    for (input, path) in files {
        let id = upload(invocation, client, &path).await?;
        put_file(&mut inputs, &input, &id);
    }
    let request = RunRequest {
        capability: name.to_owned(),
        version: number,
        inputs,
        labels: labels(&options.labels)?,
        reason: options.reason.clone(),
        ticket: options.ticket.clone(),
        override_freeze: options.override_freeze,
        break_glass: options.break_glass,
        priority: options.priority,
        rerun_of: None,
    };
    let key = options.idempotency_key.clone().unwrap_or_else(|| new_key(invocation));
    Box::pin(submit_and_wait(invocation, client, &request, &key, &options.waiting)).await
}

fn read_object(path: &str) -> Result<Map<String, Value>, Failure> {
    let text = read_text(path)?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(WRONG_INPUTS.fault(format!("{path} is not a JSON object")).hint("write {\"name\": value, ...}").into()),
        Err(error) => Err(WRONG_INPUTS.fault(format!("{path}: {error}")).hint("correct the JSON at this line and column").into()),
    }
}

/// Replaces local paths by a stand-in; ids of files that were uploaded before stay.
fn set_files_aside(schema: &Map<String, Value>, mut inputs: Map<String, Value>) -> (Map<String, Value>, Vec<(String, String)>) {
    let mut files = Vec::new();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in properties.filter(|(_, property)| is_file(property)) {
        let mut aside = |value: &mut Value| {
            if let Value::String(path) = value
                && path.parse::<FileId>().is_err()
            {
                files.push((name.clone(), path.clone()));
                *value = Value::String(UNSENT_FILE.to_owned());
            }
        };
        match inputs.get_mut(name) {
            Some(Value::Array(items)) => items.iter_mut().for_each(&mut aside),
            Some(value) => aside(value),
            None => {}
        }
    }
    (inputs, files)
}

/// Puts an id in the place of the next stand-in of an input.
fn put_file(inputs: &mut Map<String, Value>, input: &str, id: &str) {
    let place = match inputs.get_mut(input) {
        Some(Value::Array(items)) => items.iter_mut().find(|item| **item == UNSENT_FILE),
        other => other,
    };
    if let Some(place) = place {
        *place = Value::String(id.to_owned());
    }
}

fn missing_file(input: &str, path: &str) -> Option<FieldFault> {
    let why = match std::fs::metadata(path) {
        Ok(about) if about.is_file() => return None,
        Ok(_) => "is not a file".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(FieldFault {
        pointer: format!("/{input}"),
        rule: "file".to_owned(),
        message: format!("`{input}`: {path}: {why}"),
        params: Vec::new(),
    })
}

fn refused(name: &str, flags: &InputFlags, faults: Vec<FieldFault>) -> Failure {
    let missing =
        faults.iter().find(|fault| fault.rule == "required").and_then(|fault| flags.option(fault.pointer.trim_start_matches('/')));
    let hint = missing.map_or_else(String::new, |option| format!("add {option}; "));
    let first = if faults.len() == 1 { "one input".to_owned() } else { format!("{} inputs", faults.len()) };
    let fault = WRONG_INPUTS
        .fault(format!("{first} of `{name}` cannot be used"))
        .hint(format!("{hint}`execgov run {name} --help` shows the inputs"));
    faults.into_iter().fold(fault, crate::base::fault::Fault::field).into()
}

async fn upload(invocation: &Invocation<'_>, client: &Client, path: &str) -> Result<String, Failure> {
    let meter = invocation.out.meter(path);
    Ok(client.upload_file(Path::new(path), meter.progress.clone()).await?.id)
}

fn labels(words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let split = |word: &String| {
        let wrong = || Failure::from(USAGE.fault(format!("label `{word}` is not KEY=VALUE")).hint("write --label ticket=4711"));
        word.split_once('=').filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(wrong)
    };
    words.iter().map(split).collect()
}

/// A key of its own for each request, so that sending again after a broken connection cannot start a second run.
#[must_use]
pub fn new_key(invocation: &Invocation<'_>) -> String {
    format!("cli-{}", uuid_at(invocation.clock.now()).simple())
}

/// Asks for the run, waits as wanted, and turns its end into an exit code.
pub async fn submit_and_wait(invocation: &Invocation<'_>, client: &Client, request: &RunRequest, key: &str, waiting: &Waiting) -> Done {
    let out = &invocation.out;
    let run = match submit(client, request, key).await? {
        Submitted::New(run) => run,
        Submitted::Replayed(run) => {
            out.note(&format!("The key `{key}` was used before: this is the run it started."));
            run
        }
    };
    let run = Box::pin(confirm_first(invocation, client, run)).await?;
    let id = run.summary.id.clone();
    if !waiting.is_wanted() {
        if out.format.is_json() {
            out.json(&run)?;
        } else {
            out.line(&id)?;
            let next = match (run.summary.phase, run.hold.as_ref().and_then(|hold| hold.approval.as_deref())) {
                (Phase::AwaitingConfirmation, _) => format!("execgov runs confirm {id}"),
                (Phase::AwaitingApproval, Some(request)) => format!("execgov approval show {request}"),
                _ => format!("execgov runs logs {id} --follow"),
            };
            out.note(&format!("{}  {next}", show::phase(run.summary.phase, out).text));
        }
        return Ok(Exit::Ok);
    }
    if waiting.follow {
        out.note(&id);
    }
    let work = follow::within(waiting.timeout, &id, over(invocation, client, &run, waiting));
    let run = Box::pin(follow::until_interrupted(invocation, &id, work)).await?;
    show_end(out, &run, waiting)?;
    let script = run.summary.exit_code.and_then(|code| u8::try_from(code).ok()).filter(|_| waiting.pass_exit_code);
    Ok(script.map_or_else(|| Exit::of_phase(run.summary.phase), Exit::Script))
}

/// A run that waits for its requester is confirmed at once when there is somebody to ask, or with `--yes`.
async fn confirm_first(invocation: &Invocation<'_>, client: &Client, run: RunDetail) -> Result<RunDetail, Failure> {
    let Some(hold) = run.hold.as_ref().filter(|_| run.summary.phase == Phase::AwaitingConfirmation) else { return Ok(run) };
    if !invocation.globals.yes && !invocation.may_ask() {
        return Ok(run);
    }
    let inputs = serde_json::to_string(&run.inputs).unwrap_or_default();
    let question = format!("Run {}@{} with inputs {inputs}?", run.summary.capability, run.summary.version);
    if let Err(no) = invocation.confirm(&question) {
        if no.is_silent() {
            client.decline(&run.summary.id, &CancelRequest::default()).await?;
            return Err(Failure::silent(Exit::Approval));
        }
        return Err(no);
    }
    Ok(client.confirm(&run.summary.id, &ConfirmRequest { binding: hold.binding.clone() }).await?)
}

/// Sends a request again when the connection broke before the answer.
async fn submit(client: &Client, request: &RunRequest, key: &str) -> Result<Submitted, ClientError> {
    let mut wait = Duration::from_millis(300);
    for _ in 0..3 {
        match client.submit(request, key).await {
            Err(ClientError::Unreachable { .. } | ClientError::TimedOut { .. }) => tokio::time::sleep(wait).await,
            other => return other,
        }
        wait *= 3;
    }
    client.submit(request, key).await
}

async fn over(invocation: &Invocation<'_>, client: &Client, run: &RunDetail, waiting: &Waiting) -> Result<RunDetail, Failure> {
    let id = &run.summary.id;
    let ending = follow::until_over(invocation, client, id, waiting);
    if !waiting.follow {
        return ending.await;
    }
    let printer = Printer::live(&invocation.out);
    let logging = follow::log(client, id, 1, &printer);
    tokio::pin!(ending, logging);
    tokio::select! {
        run = &mut ending => {
            // A run that never began has no log to wait for.
            let _sealed = tokio::time::timeout(Duration::from_secs(10), logging).await;
            run
        }
        sealed = &mut logging => {
            sealed?;
            ending.await
        }
    }
}

fn show_end(out: &Output, run: &RunDetail, waiting: &Waiting) -> Result<(), Failure> {
    if out.format.is_json() {
        return out.json(run);
    }
    let summary = follow::summary(out, run);
    if !waiting.follow {
        let fields: Vec<(&str, Cell)> = summary.iter().map(|(label, cell)| (label.as_str(), cell.clone())).collect();
        return out.fields(&fields);
    }
    // Standard output belongs to the script.
    let width = summary.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    out.note("");
    for (label, cell) in summary {
        out.note(&format!("{label:width$}  {}", cell.text));
    }
    Ok(())
}

/// The request that would go out, as it would go out.
fn show_request(out: &Output, request: &PlannedRequest) -> Result<(), Failure> {
    out.line("")?;
    out.line(&format!("{} {}", request.method, request.url.as_deref().unwrap_or("(no address)")))?;
    for (name, value) in &request.headers {
        out.line(&format!("{name}: {value}"))?;
    }
    if let Some(body) = &request.body {
        out.line(&format!("\n{body}"))?;
    }
    if let Some(problem) = &request.problem {
        out.line("")?;
        out.line(&out.painted(&format!("{} not sent: {problem}", out.symbol("✗", "x")), Tone::Bad))?;
    }
    Ok(())
}

fn show_plan(invocation: &Invocation<'_>, plan: &Plan) -> Done {
    let out = &invocation.out;
    let exit = match plan.verdict {
        _ if !plan.errors.is_empty() => Exit::InvalidInputs,
        Verdict::Allowed | Verdict::NeedsConfirmation | Verdict::NeedsApproval => Exit::Ok,
        Verdict::Refused => Exit::Forbidden,
        Verdict::Frozen => Exit::Conflict,
    };
    if out.format.is_json() {
        out.json(plan)?;
        return Ok(exit);
    }
    let verdict = match exit {
        Exit::Ok => match plan.verdict {
            Verdict::NeedsConfirmation => Cell::toned(format!("{} would run after your confirmation", out.symbol("…", "~")), Tone::Active),
            Verdict::NeedsApproval => Cell::toned(format!("{} would run after approval", out.symbol("…", "~")), Tone::Active),
            Verdict::Allowed | Verdict::Refused | Verdict::Frozen => Cell::toned(format!("{} would run", out.symbol("✓", "+")), Tone::Good),
        },
        Exit::InvalidInputs => Cell::toned(format!("{} inputs do not fit", out.symbol("✗", "x")), Tone::Bad),
        Exit::Conflict => Cell::toned(format!("{} frozen", out.symbol("✗", "x")), Tone::Bad),
        _ => Cell::toned(format!("{} refused", out.symbol("✗", "x")), Tone::Bad),
    };
    let writes = if plan.writes.is_empty() { "read-only".to_owned() } else { plan.writes.join(", ") };
    let ahead = if plan.queued_ahead == 0 { String::new() } else { plan.queued_ahead.to_string() };
    out.fields(&[
        ("verdict", verdict),
        ("why", plan.reason.clone().unwrap_or_default().into()),
        (
            "freezes",
            plan.freezes
                .iter()
                .map(|freeze| format!("{} until {}", freeze.name, show::time(&freeze.until)))
                .collect::<Vec<_>>()
                .join(", ")
                .into(),
        ),
        ("needs", super::rules::need(plan.needs.rule.need).into()),
        ("reason", if plan.needs.rule.reason_required { "required" } else { "" }.into()),
        ("ticket", plan.needs.rule.ticket_pattern.clone().unwrap_or_default().into()),
        ("policies", plan.policies.join(", ").into()),
        ("capability", format!("{}@{}", plan.capability, plan.version).into()),
        ("version digest", plan.version_digest.clone().into()),
        ("inputs", serde_json::to_string(&plan.inputs).unwrap_or_default().into()),
        ("inputs digest", plan.inputs_digest.clone().into()),
        ("risk", show::word(&plan.risk).into()),
        ("writes", writes.into()),
        ("network", show::word(&plan.network).into()),
        ("limits", limits(&plan.limits).into()),
        ("isolation", show::word(&plan.isolation).into()),
        ("start", show::word(&plan.start).into()),
        ("interpreter", plan.interpreter.clone().unwrap_or_default().into()),
        ("command line", plan.argv.as_ref().map(|words| words.join(" ")).unwrap_or_default().into()),
        ("runs ahead", ahead.into()),
        ("usually takes", plan.expected_ms.map(show::duration).unwrap_or_default().into()),
    ])?;
    if let Some(request) = &plan.request {
        show_request(out, request)?;
    }
    for error in &plan.errors {
        out.say(&format!("  {}: {}", error.pointer, error.message));
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn local_files_are_set_aside_and_put_back() {
        let schema = json!({"properties": {
            "one": {"type": "string", "format": "file"},
            "many": {"type": "array", "items": {"type": "string", "format": "file"}},
            "text": {"type": "string"}
        }});
        let inputs = json!({"one": "a.csv", "many": ["b.csv", "fil_01980000000070008000000000000001", "c.csv"], "text": "a.csv"});
        let object = |value: &Value| value.as_object().expect("object").clone();
        let (mut inputs, files) = set_files_aside(&object(&schema), object(&inputs));
        assert_eq!(
            files,
            [("one", "a.csv"), ("many", "b.csv"), ("many", "c.csv")].map(|(input, path)| (input.to_owned(), path.to_owned()))
        );
        for (at, (input, _)) in files.iter().enumerate() {
            put_file(&mut inputs, input, &format!("fil_{at}"));
        }
        let expected = json!({"one": "fil_0", "many": ["fil_1", "fil_01980000000070008000000000000001", "fil_2"], "text": "a.csv"});
        assert_eq!(Value::Object(inputs), expected);
    }

    #[test]
    fn labels_have_a_key_and_a_value() {
        assert_eq!(labels(&["a=1=2".to_owned()]).expect("fine")["a"], "1=2");
        for bad in ["a", "=1", ""] {
            assert_eq!(labels(&[bad.to_owned()]).expect_err("refused").exit_code(), Exit::Usage, "{bad}");
        }
    }
}
