//! `execgov api`: any call of the API, for what has no command of its own.

use std::io::Read;

use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value};

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov api GET /api/v1/system\n  execgov api POST /api/v1/capabilities/report/plan -f inputs='{\"month\":\"2026-10\"}'\n  execgov api GET '/api/v1/runs?limit=3' -o jsonl\n  execgov api POST /api/v1/runs --body - < request.json"
)]
pub struct Api {
    /// GET, POST, PATCH, PUT or DELETE
    method: String,
    /// Path with its query, such as /api/v1/runs?limit=5
    path: String,
    /// One field of a JSON body; the value is JSON, or else text
    #[arg(short = 'f', long = "field", value_name = "KEY=VALUE")]
    fields: Vec<String>,
    /// A file with the JSON body; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "fields")]
    body: Option<String>,
}

/// Calls and prints the answer.
pub async fn api(invocation: &Invocation<'_>, args: &Api) -> Done {
    let wrong = |detail: String| Failure::from(USAGE.fault(detail).hint("see `execgov api --help`"));
    let method =
        Method::from_bytes(args.method.to_ascii_uppercase().as_bytes()).map_err(|_| wrong(format!("`{}` is not a method", args.method)))?;
    if !args.path.starts_with('/') || args.path.starts_with("//") {
        return Err(wrong(format!("`{}` is not a path: it begins with one slash", args.path)));
    }
    let body = body(args)?;
    let (_, headers, answer) = invocation.client()?.raw(method, &args.path, body).await?;
    let is_json = headers.get("content-type").and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"));
    match serde_json::from_slice::<Value>(&answer) {
        Ok(value) if is_json => invocation.out.json(&value)?,
        _ => invocation.out.bytes(&answer)?,
    }
    Ok(Exit::Ok)
}

fn body(args: &Api) -> Result<Option<Value>, Failure> {
    if let Some(path) = &args.body {
        let text = read_text(path)?;
        let value = serde_json::from_str(&text).map_err(|error| Failure::from(USAGE.fault(format!("{path} is not JSON: {error}"))))?;
        return Ok(Some(value));
    }
    if args.fields.is_empty() {
        return Ok(None);
    }
    let mut object = Map::new();
    for field in &args.fields {
        let Some((key, text)) = field.split_once('=') else {
            return Err(USAGE.fault(format!("`{field}` is not KEY=VALUE")).hint("write -f name=value").into());
        };
        object.insert(key.to_owned(), serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    }
    Ok(Some(Value::Object(object)))
}

/// The text of a file; `-` is standard input.
pub fn read_text(path: &str) -> Result<String, Failure> {
    let fail = |error: std::io::Error| {
        let place = if path == "-" { "standard input" } else { path };
        Failure::from(LOCAL_FILE.fault(format!("{place}: {error}")).hint("check the path and its mode"))
    };
    if path == "-" {
        let mut text = String::new();
        std::io::stdin().lock().take(64 << 20).read_to_string(&mut text).map_err(fail)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(fail)
}
