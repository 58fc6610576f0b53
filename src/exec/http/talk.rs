//! The whole of one attempt: tries, pages, and what is made of the answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use url::Url;

use super::fault::Problem;
use super::line::Line;
use super::send::{Parcel, Reply};
use super::{Errand, Kept, Opened, Yield};
use crate::base::clock::Clock;
use crate::domain::http::draft::with_param;
use crate::domain::http::pages::{self, Next};
use crate::domain::http::{answer, call, draft};
use crate::domain::resource::{Auth, KeyPlace, base};
use crate::domain::schema::OutputSchema;

/// Of an answer that is no success, so much is shown in the log, in bytes.
const SHOWN_BYTES: usize = 2_048;
/// What stands where a credential in the query is.
const MASK: &str = "***";
/// Items of all pages together, at most.
const ITEMS: usize = 200_000;
/// The longest that a server's wish to be left alone is respected.
const REST_MOST: Duration = Duration::from_mins(1);

/// One attempt under way.
pub(super) struct Talk<'a> {
    pub clock: &'a dyn Clock,
    pub line: Arc<Line>,
    pub opened: &'a Opened,
    pub errand: Errand,
    pub base: Url,
    log: Option<mpsc::Sender<String>>,
    reached: Vec<String>,
    kept: Vec<Kept>,
}

impl<'a> Talk<'a> {
    pub fn new(clock: &'a dyn Clock, line: Arc<Line>, opened: &'a Opened, errand: Errand, log: Option<mpsc::Sender<String>>) -> Self {
        let base = line.base.clone();
        Self { clock, line, opened, errand, base, log, reached: Vec::new(), kept: Vec::new() }
    }

    pub fn artifacts(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.kept)
    }

    pub fn reached(&self) -> Vec<String> {
        self.reached.clone()
    }

    /// Adds a line to the log.
    pub async fn say(&self, text: String) {
        if let Some(log) = &self.log {
            // A log that nobody reads any more is no reason to stop.
            let _ = log.send(self.line.mask().text(&text)).await;
        }
    }

    /// An address as it may be shown: with its query, but for the credential in it.
    pub fn shown(&self, url: &Url) -> String {
        let url = match &self.opened.settings.auth {
            Auth::ApiKey { place: KeyPlace::Query, name, .. } if url.query_pairs().any(|(known, _)| known == name.as_str()) => {
                with_param(url, name, MASK)
            }
            _ => url.clone(),
        };
        self.line.mask().text(url.as_str())
    }

    /// Remembers with whom it was connected.
    pub fn note_reached(&mut self, answer: &reqwest::Response) {
        let address = answer.remote_addr().map(|address| address.ip().to_string()).unwrap_or_default();
        let line = format!("{} ({address})", base::host_of(answer.url()));
        if !self.reached.contains(&line) {
            self.reached.push(line);
        }
    }

    /// The status of one request, whatever it is made of.
    pub async fn status(&mut self) -> Result<u16, Problem> {
        let parcel = self.parcel()?;
        let reply = self.send(parcel).await?;
        if call::succeeds(&self.errand.call.response.success, reply.status) {
            return Ok(reply.status);
        }
        Err(Problem::Status { status: reply.status, detail: None })
    }

    /// The body of an answer that is a success, whatever it is made of.
    pub async fn bytes(&mut self) -> Result<Vec<u8>, Problem> {
        let parcel = self.parcel()?;
        Ok(self.tries(&parcel).await?.bytes)
    }

    fn parcel(&self) -> Result<Parcel, Problem> {
        let draft = draft(&self.errand.call, &self.base, &self.errand.inputs).map_err(|error| Problem::BadRequest(error.to_string()))?;
        Ok(Parcel { method: draft.method, url: draft.url, headers: draft.headers, payload: draft.payload })
    }

    /// Makes the request, page by page where the version says so.
    pub async fn run(&mut self) -> Result<Yield, Problem> {
        let schema = self.errand.call.response.schema.as_ref().map(OutputSchema::compile).transpose();
        let schema = schema.map_err(|error| Problem::BadRequest(error.to_string()))?;
        let mut parcel = self.parcel()?;
        let Some(pages) = self.errand.call.pages.clone() else {
            let reply = self.tries(&parcel).await?;
            let value = self.judge(&reply, schema.as_ref(), 0)?;
            let result = value.map(|value| answer::extract(&self.errand.call.response, value)).transpose().map_err(Problem::BadAnswer)?;
            return Ok(Yield { result: result.map(|value| self.line.mask().json(value)) });
        };
        let mut all = Vec::new();
        for seen in 0..pages.max() {
            let reply = self.tries(&parcel).await?;
            let value =
                self.judge(&reply, schema.as_ref(), seen + 1)?.ok_or_else(|| Problem::BadAnswer("a page has no JSON in it".to_owned()))?;
            let (items, next) = pages::step(&pages, seen, &value, reply.link.as_deref()).map_err(Problem::BadAnswer)?;
            all.extend(items);
            if all.len() > ITEMS {
                return Err(Problem::BadAnswer(format!("the pages have more than {ITEMS} items together")));
            }
            parcel.url = match next {
                None => break,
                Some(Next::Param(name, value)) => with_param(&parcel.url, &name, &value),
                Some(Next::Link(target)) => self.next_page(&reply.url, &target)?,
            };
        }
        self.say(format!("{} items in all", all.len())).await;
        let result = answer::extract(&self.errand.call.response, Value::Array(all)).map_err(Problem::BadAnswer)?;
        Ok(Yield { result: Some(self.line.mask().json(result)) })
    }

    /// A page that a server names: of the resource's own origin, and below its address.
    fn next_page(&self, from: &Url, target: &str) -> Result<Url, Problem> {
        let url = from.join(target).map_err(|_| Problem::BadAnswer("the next page has no usable address".to_owned()))?;
        let root = self.base.path().trim_end_matches('/');
        let below = url.path().strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if url.origin() == self.base.origin() && below && url.username().is_empty() {
            return Ok(url);
        }
        Err(Problem::Redirect("the next page would be at another origin or beside the resource's address".to_owned()))
    }

    /// One request, sent again where that does no harm.
    async fn tries(&mut self, parcel: &Parcel) -> Result<Reply, Problem> {
        let retry = self.errand.call.retry;
        let mut wait = Duration::from_millis(retry.wait_ms);
        let mut left = if self.errand.call.may_repeat() { retry.tries } else { 1 };
        loop {
            left = left.saturating_sub(1);
            let began = std::time::Instant::now();
            let (problem, rest) = match self.send(parcel.clone()).await {
                Ok(reply) => {
                    self.say(format!("< {} {} bytes in {} ms", reply.status, reply.bytes.len(), began.elapsed().as_millis())).await;
                    if call::succeeds(&self.errand.call.response.success, reply.status) {
                        return Ok(reply);
                    }
                    let problem = Problem::Status { status: reply.status, detail: None };
                    if left == 0 || !problem.is_passing() {
                        self.show(&reply).await;
                        return Err(problem);
                    }
                    (problem, reply.retry_after.map(Duration::from_secs))
                }
                Err(problem) if left > 0 && problem.is_passing() => (problem, None),
                Err(problem) => return Err(problem),
            };
            let pause = rest.unwrap_or(wait).min(REST_MOST);
            self.say(format!("{problem}; again in {} ms", pause.as_millis())).await;
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// The beginning of an answer that is no success, for whoever looks into it.
    async fn show(&self, reply: &Reply) {
        let text = String::from_utf8_lossy(&reply.bytes[..reply.bytes.len().min(SHOWN_BYTES)]).into_owned();
        for line in text.lines().take(40) {
            self.say(format!("  {}", line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())).await;
        }
    }

    /// The answer as JSON, when it is some; checked. The body is kept as an artifact where that is wished, or where
    /// nothing else could hold it.
    fn judge(&mut self, reply: &Reply, schema: Option<&OutputSchema>, page: u32) -> Result<Option<Value>, Problem> {
        let wanted = self.errand.call.response.artifact.clone();
        let essence = reply.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = essence == "application/json" || essence.ends_with("+json") || essence.is_empty();
        let parsed: Option<Value> = if is_json && !reply.bytes.is_empty() { serde_json::from_slice(&reply.bytes).ok() } else { None };
        let needs_json = schema.is_some() || self.errand.call.response.extract.is_some() || !self.errand.call.response.check.is_empty();
        if wanted.is_some() || (parsed.is_none() && !reply.bytes.is_empty()) {
            let name = wanted.unwrap_or_else(|| format!("response.{}", ending(&essence)));
            let name = if page > 1 { numbered(&name, page) } else { name };
            let media_type = if essence.is_empty() { "application/octet-stream".to_owned() } else { essence };
            self.kept.push(Kept { name, media_type, bytes: self.line.mask().bytes(&reply.bytes) });
        }
        let Some(value) = parsed else {
            return if needs_json {
                Err(Problem::BadAnswer("the answer is not JSON, and the version reads it as such".to_owned()))
            } else {
                Ok(None)
            };
        };
        if let Some(schema) = schema {
            schema.check(&value).map_err(|errors| {
                let first = errors.first().map(|error| format!("{}: {}", error.pointer, error.message)).unwrap_or_default();
                Problem::BadAnswer(self.line.mask().text(&format!("the answer does not fit its schema: {first}")))
            })?;
        }
        answer::check(&self.errand.call.response, &value).map_err(|why| Problem::NoSuccess(self.line.mask().text(&why)))?;
        Ok(Some(value))
    }
}

/// The usual ending of a file with such content.
fn ending(essence: &str) -> &'static str {
    match essence {
        "application/json" => "json",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/html" => "html",
        "application/xml" | "text/xml" => "xml",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "application/zip" => "zip",
        _ => "bin",
    }
}

/// `page.json` of page 3 is `page-3.json`.
fn numbered(name: &str, page: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, end)) => format!("{stem}-{page}.{end}"),
        None => format!("{name}-{page}"),
    }
}
