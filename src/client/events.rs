//! Server-sent events (WHATWG HTML, section 9.2) that survive a broken connection: they go on after the last event that was seen.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, Response};

use super::{Client, ClientError};

/// Longest line of a stream, in bytes.
const LINE_BYTES: usize = 32 << 20;
/// A stream that is silent for this long, keep-alives included, is taken for dead.
const SILENCE: Duration = Duration::from_mins(1);
/// Waits between attempts to connect again, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The `event:` field; `message` when there is none.
    pub name: String,
    pub data: String,
}

/// A subscription.
#[derive(Debug)]
pub struct Events {
    client: Client,
    path: Vec<String>,
    query: Vec<(String, String)>,
    last_id: Option<String>,
    open: Option<Response>,
    reader: Reader,
    /// Attempts since the last event.
    failures: u32,
    patience: u32,
}

impl Events {
    /// Prepares a subscription; the connection is made by the first [`Self::next`].
    pub(super) fn new(client: &Client, path: &[&str], query: &[(&str, String)]) -> Self {
        Self {
            client: client.clone(),
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            last_id: None,
            open: None,
            reader: Reader::default(),
            failures: 0,
            patience: 30,
        }
    }

    /// The next event; connects again when the connection is lost.
    ///
    /// # Errors
    /// When the appliance refuses, or stays away for some two minutes.
    pub async fn next(&mut self) -> Result<Event, ClientError> {
        loop {
            if let Some(event) = self.reader.take() {
                self.failures = 0;
                return Ok(event);
            }
            match self.read_more().await {
                Ok(()) => {}
                Err(error) if error.is_passing() && self.failures < self.patience => {
                    self.open = None;
                    self.reader.forget_partial();
                    let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(10)).min(LONGEST_WAIT);
                    self.failures += 1;
                    tokio::time::sleep(error.retry_after().unwrap_or(wait).min(SILENCE)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn read_more(&mut self) -> Result<(), ClientError> {
        if self.open.is_none() {
            self.open = Some(self.connect().await?);
        }
        let Some(response) = self.open.as_mut() else { return Ok(()) };
        let chunk = tokio::time::timeout(SILENCE, response.chunk())
            .await
            .map_err(|_| ClientError::TimedOut { url: self.client.url().to_owned(), after: SILENCE })?
            .map_err(|error| self.client.transport(&error))?;
        let Some(chunk) = chunk else {
            return Err(ClientError::Unreachable { url: self.client.url().to_owned(), reason: "the stream ended early".to_owned() });
        };
        if !self.reader.feed(&chunk) {
            return Err(self.client.garbled(&format!("a line of the stream is longer than {LINE_BYTES} bytes")));
        }
        if self.reader.id.is_some() {
            self.last_id.clone_from(&self.reader.id);
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Response, ClientError> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let query: serde_json::Map<String, serde_json::Value> =
            self.query.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let mut request = self.client.request(Method::GET, &path, &query).timeout(Duration::from_hours(24));
        if let Some(id) = &self.last_id
            && let Ok(value) = HeaderValue::from_str(id)
        {
            request = request.header("last-event-id", value);
        }
        let request = request.header(ACCEPT, "text/event-stream");
        tokio::time::timeout(SILENCE, self.client.answer(request))
            .await
            .map_err(|_| ClientError::TimedOut { url: self.client.url().to_owned(), after: SILENCE })?
    }
}

/// Bytes to events. Events without data are dropped, as the standard says.
#[derive(Debug, Default)]
struct Reader {
    bytes: Vec<u8>,
    name: String,
    data: Option<String>,
    id: Option<String>,
    ready: std::collections::VecDeque<Event>,
}

impl Reader {
    fn take(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// Begins anew after a broken connection: half an event is not an event.
    fn forget_partial(&mut self) {
        self.bytes.clear();
        self.name.clear();
        self.data = None;
    }

    /// False when a line is too long.
    fn feed(&mut self, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            self.bytes.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            let line = std::mem::take(&mut self.bytes);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            self.line(&String::from_utf8_lossy(line));
        }
        self.bytes.extend_from_slice(rest);
        self.bytes.len() <= LINE_BYTES
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                self.ready.push_back(Event { name: if name.is_empty() { "message".to_owned() } else { name }, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&str]) -> (Vec<(String, String)>, Option<String>) {
        let mut reader = Reader::default();
        for chunk in chunks {
            assert!(reader.feed(chunk.as_bytes()));
        }
        let mut events = Vec::new();
        while let Some(event) = reader.take() {
            events.push((event.name, event.data));
        }
        (events, reader.id)
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        let check = |chunks: &[&str], expected: &[(&str, &str)]| {
            let expected: Vec<_> = expected.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect();
            assert_eq!(read(chunks).0, expected, "{chunks:?}");
        };
        check(&["data: a\n\n"], &[("message", "a")]);
        check(&["event: run\r\nda", "ta:{}\r\n\r", "\n"], &[("run", "{}")]);
        check(&[": keep-alive\n\ndata: a\ndata: b\n\n"], &[("message", "a\nb")]);
        check(&["event: only\n\ndata\n\n"], &[("message", "")]);
        check(&["data: half"], &[]);
        assert_eq!(read(&["id: 7\ndata: x\n\nid: 9\n"]).1.as_deref(), Some("9"));
    }

    #[test]
    fn endless_lines_end() {
        let mut reader = Reader::default();
        let chunk = vec![b'x'; 16 << 20];
        assert!(reader.feed(&chunk) && reader.feed(&chunk));
        assert!(!reader.feed(b"x"));
    }
}
