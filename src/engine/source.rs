//! Where the words of an attempt come from, as its log takes them: two pipes, or lines.

use std::io;

use tokio::sync::mpsc::Receiver;

use crate::exec::Output;
use crate::store::log::{LogWriter, Pipes, Stream};

/// The source of one log.
pub(super) enum Source {
    Pipes(Pipes),
    Lines(Receiver<String>),
}

impl Source {
    /// # Errors
    /// When a pipe cannot be watched.
    pub fn new(output: Output) -> io::Result<Self> {
        Ok(match output {
            Output::Pipes { stdout, stderr } => Self::Pipes(Pipes::new(stdout, stderr)?),
            Output::Lines(lines) => Self::Lines(lines),
        })
    }

    /// Moves what has come into the log. Whether more may come.
    pub async fn pump(&mut self, writer: &mut LogWriter) -> bool {
        match self {
            Self::Pipes(pipes) => writer.pump(pipes).await.is_ok() && !pipes.is_done(),
            Self::Lines(lines) => match lines.recv().await {
                Some(line) => {
                    add(writer, line);
                    true
                }
                None => false,
            },
        }
    }

    /// Moves the rest into the log: nothing is added to the source any more.
    ///
    /// # Errors
    /// When a pipe cannot be read.
    pub fn drain(&mut self, writer: &mut LogWriter) -> io::Result<()> {
        match self {
            Self::Pipes(pipes) => writer.drain(pipes),
            Self::Lines(lines) => {
                while let Ok(line) = lines.try_recv() {
                    add(writer, line);
                }
                Ok(())
            }
        }
    }
}

fn add(writer: &mut LogWriter, mut line: String) {
    line.push('\n');
    writer.add(Stream::Stdout, line.as_bytes());
}
