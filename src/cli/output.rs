//! Where everything the program says goes: data to standard output, all else to standard error.
//!
//! On a terminal, text from elsewhere is made harmless, columns are aligned and colours are used when wanted. Elsewhere the
//! output is plain: tab-separated, without colour, without changes to the bytes.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::failure::Failure;
use super::language::Language;
use super::safe::{self, Colours};
use crate::conf::Environment;

/// The form of data on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Wide,
    Json,
    Jsonl,
    Csv,
    Name,
}

impl Format {
    #[must_use]
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// What one stream can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    pub terminal: bool,
    pub color: bool,
}

/// The two streams and how to use them.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub format: Format,
    pub stdout: Stream,
    pub stderr: Stream,
    /// No symbols beyond ASCII.
    pub ascii: bool,
    pub quiet: bool,
    pub verbose: u8,
    pub language: Language,
}

impl Output {
    /// Looks at the streams and the environment.
    #[must_use]
    pub fn of_process(format: Format, choice: ColorChoice, language: Language, environment: &Environment) -> Self {
        let allowed = environment.get("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb");
        let stream = |terminal: bool| {
            let color = match choice {
                ColorChoice::Auto => terminal && allowed,
                ColorChoice::Always => true,
                ColorChoice::Never => false,
            };
            Stream { terminal, color }
        };
        let charset = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name)).unwrap_or("UTF-8");
        let utf8 = charset.to_ascii_lowercase().replace('-', "").contains("utf8");
        Self {
            format,
            stdout: stream(io::stdout().is_terminal()),
            stderr: stream(io::stderr().is_terminal()),
            ascii: environment.get("EXECGOV_ASCII").is_some() || !utf8,
            quiet: false,
            verbose: 0,
            language,
        }
    }

    /// A symbol, or its stand-in.
    #[must_use]
    pub const fn symbol<'a>(&self, symbol: &'a str, ascii: &'a str) -> &'a str {
        if self.ascii { ascii } else { symbol }
    }

    /// Text from elsewhere in the form that may be written to standard output.
    #[must_use]
    pub fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.stdout.terminal { safe::plain(text) } else { Cow::Borrowed(text) }
    }

    /// A log line in the form that may be written to standard output: colours stay when colours are wanted.
    #[must_use]
    pub fn shown_log<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match (self.stdout.terminal, self.stdout.color) {
            (false, _) => Cow::Borrowed(text),
            (true, true) => safe::show(text, Colours::Keep),
            (true, false) => safe::show(text, Colours::Drop),
        }
    }

    /// Writes one line of data as it is.
    #[expect(clippy::unused_self, reason = "holding an `Output` is the permission to write")]
    pub fn line(&self, line: &str) -> Result<(), Failure> {
        let mut to = io::stdout().lock();
        to.write_all(line.as_bytes())?;
        to.write_all(b"\n")?;
        Ok(to.flush()?)
    }

    /// Writes bytes as they are; a terminal gets text made harmless.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut to = io::stdout().lock();
        if self.stdout.terminal {
            to.write_all(safe::plain(&String::from_utf8_lossy(bytes)).as_bytes())?;
        } else {
            to.write_all(bytes)?;
        }
        Ok(to.flush()?)
    }

    /// Copies bytes; a terminal gets text made harmless.
    pub fn copy(&self, from: &mut impl io::Read) -> Result<(), Failure> {
        if self.stdout.terminal {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes)?;
            return self.bytes(&bytes);
        }
        let mut to = io::stdout().lock();
        io::copy(from, &mut to)?;
        Ok(to.flush()?)
    }

    /// Writes a value in the API's shape.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.format == Format::Jsonl { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
        let text = text.map_err(io::Error::other)?;
        // JSON escapes control characters but not those that reorder text.
        self.line(&self.shown(&text))
    }

    /// Says something to the person, unless they want silence.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Says something that matters also in silence.
    #[expect(clippy::unused_self, reason = "holding an `Output` is the permission to write")]
    pub fn say(&self, text: &str) {
        let text = safe::plain(text);
        let mut to = io::stderr().lock();
        // Nobody can be told that telling failed.
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.write_all(b"\n"));
    }

    /// Passes on a line that a script wrote to its standard error.
    pub fn say_log(&self, text: &str) {
        let text = match (self.stderr.terminal, self.stderr.color) {
            (false, _) => Cow::Borrowed(text),
            (true, true) => safe::show(text, Colours::Keep),
            (true, false) => safe::show(text, Colours::Drop),
        };
        let mut to = io::stderr().lock();
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.write_all(b"\n"));
    }

    /// Shows why a command failed.
    pub fn failure(&self, failure: &Failure) {
        if failure.is_silent() {
            return;
        }
        if self.format.is_json() {
            self.say(&serde_json::to_string(&failure.json()).unwrap_or_default());
            return;
        }
        let mut to = io::stderr().lock();
        for (at, line) in failure.lines(self.language).iter().enumerate() {
            let painted = if at == 0 && self.stderr.color { format!("\x1b[1;31m{line}\x1b[0m\n") } else { format!("{line}\n") };
            let _ = to.write_all(painted.as_bytes());
        }
    }
}

#[cfg(test)]
pub fn plain_output(format: Format) -> Output {
    let stream = Stream { terminal: false, color: false };
    Output { format, stdout: stream, stderr: stream, ascii: false, quiet: false, verbose: 0, language: Language::English }
}
