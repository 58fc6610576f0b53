//! Moves a run's output from its pipes into its log, in blocks, inside the runtime: no thread per run, no step per line.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::Poll;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, read};
use rustix::pipe::fcntl_setpipe_size;
use tokio::net::unix::pipe::Receiver;

use super::BLOCK;
use super::frame::Stream;
use super::writer::LogWriter;

/// Size wished for a pipe once its run shows that it writes a lot, in bytes. The kernel may refuse.
const BIG_PIPE: usize = 1 << 20;
/// One read of at least this much says that the pipe was nearly full, if it has the usual size.
const A_LOT: usize = 48 * 1024;
/// After so many reads a run is a talkative one.
const TALKATIVE: u32 = 32;
/// What a talkative run may gather in its pipe of usual size during a moment without being held up.
const A_LITTLE: usize = 2 * 1024;
/// How long a talkative run's pipe is left alone.
const MOMENT: Duration = Duration::from_millis(1);

thread_local! {
    /// One block for each thread of the runtime, not for each run; it is only used between two awaits.
    static SPACE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The reading ends of a run's stdout and stderr.
#[derive(Debug)]
pub struct Pipes {
    open: Vec<Pipe>,
}

#[derive(Debug)]
struct Pipe {
    stream: Stream,
    end: End,
    reads: u32,
    enlarged: bool,
}

/// A pipe whose run writes line by line is set aside after each read: a watched pipe wakes the runtime at every write, which
/// costs the run and the server more than the line does. It is watched again as soon as it is found empty, so nothing is polled.
#[derive(Debug)]
enum End {
    Watched(Receiver),
    Aside(OwnedFd),
    /// Only while changing from one to the other.
    Closed,
}

/// What one read found.
enum Found {
    Block(usize),
    Nothing,
    End,
}

impl Pipes {
    /// Must be called inside a runtime that has its timer on.
    ///
    /// # Errors
    /// When a descriptor is not the reading end of a pipe.
    pub fn new(stdout: OwnedFd, stderr: OwnedFd) -> io::Result<Self> {
        let watch =
            |stream, fd| Ok::<_, io::Error>(Pipe { stream, end: End::Watched(Receiver::from_owned_fd(fd)?), reads: 0, enlarged: false });
        Ok(Self { open: vec![watch(Stream::Stdout, stdout)?, watch(Stream::Stderr, stderr)?] })
    }

    /// Whether both ends were reached.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Waits until one of the pipes has something or has ended, or a moment if one is set aside.
    async fn wait(&mut self) -> io::Result<()> {
        if self.open.iter().any(|pipe| matches!(pipe.end, End::Aside(_))) {
            tokio::time::sleep(MOMENT).await;
            return Ok(());
        }
        poll_fn(|cx| {
            for pipe in &self.open {
                if let End::Watched(receiver) = &pipe.end
                    && let Poll::Ready(ready) = receiver.poll_read_ready(cx)
                {
                    return Poll::Ready(ready);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Reads at most one block from each pipe and forgets those that have ended.
    fn read_each(&mut self, log: &mut LogWriter) -> io::Result<()> {
        let mut failed = Ok(());
        self.open.retain_mut(|pipe| {
            pipe.turn(log).unwrap_or_else(|error| {
                failed = Err(error);
                false
            })
        });
        failed
    }
}

impl Pipe {
    /// Reads one block and decides how to wait for the next; `false` at the end.
    fn turn(&mut self, log: &mut LogWriter) -> io::Result<bool> {
        let found = match &self.end {
            End::Watched(receiver) => read_block(self.stream, log, |space| receiver.try_read_buf(space))?,
            End::Aside(fd) => read_block(self.stream, log, |space| read_now(fd, space))?,
            End::Closed => Found::End,
        };
        match found {
            Found::End => return Ok(false),
            Found::Nothing => self.watch()?,
            Found::Block(count) => {
                self.reads = self.reads.saturating_add(1);
                self.enlarge(count);
                let trickles = if self.enlarged { count < A_LOT } else { count <= A_LITTLE };
                if trickles && self.reads >= TALKATIVE { self.set_aside()? } else { self.watch()? }
            }
        }
        Ok(true)
    }

    fn watch(&mut self) -> io::Result<()> {
        if let End::Aside(_) = self.end
            && let End::Aside(fd) = std::mem::replace(&mut self.end, End::Closed)
        {
            self.end = End::Watched(Receiver::from_owned_fd_unchecked(fd)?);
        }
        Ok(())
    }

    fn set_aside(&mut self) -> io::Result<()> {
        if let End::Watched(_) = self.end
            && let End::Watched(receiver) = std::mem::replace(&mut self.end, End::Closed)
        {
            self.end = End::Aside(receiver.into_nonblocking_fd()?);
        }
        Ok(())
    }

    fn enlarge(&mut self, count: usize) {
        if self.enlarged || (count < A_LOT && self.reads != TALKATIVE) {
            return;
        }
        let size = match &self.end {
            End::Watched(receiver) => fcntl_setpipe_size(receiver.as_fd(), BIG_PIPE),
            End::Aside(fd) => fcntl_setpipe_size(fd, BIG_PIPE),
            End::Closed => return,
        };
        self.enlarged = size.is_ok();
    }
}

fn read_block(stream: Stream, log: &mut LogWriter, read: impl FnOnce(&mut Vec<u8>) -> io::Result<usize>) -> io::Result<Found> {
    SPACE.with_borrow_mut(|space| {
        space.clear();
        space.reserve_exact(BLOCK);
        match read(space) {
            Ok(0) => Ok(Found::End),
            Ok(count) => {
                log.add(stream, space);
                Ok(Found::Block(count))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Found::Nothing),
            Err(error) => Err(error),
        }
    })
}

fn read_now(end: &impl AsFd, space: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        match read(end, spare_capacity(space)) {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

impl LogWriter {
    /// Takes output until both pipes end. Can be dropped between blocks without losing anything.
    ///
    /// # Errors
    /// When a pipe cannot be read, which does not happen to pipes of processes.
    pub async fn pump(&mut self, pipes: &mut Pipes) -> io::Result<()> {
        while !pipes.is_done() {
            pipes.wait().await?;
            pipes.read_each(self)?;
        }
        Ok(())
    }

    /// Takes what is in the pipes now, without waiting for more: for a run whose processes are gone.
    ///
    /// # Errors
    /// As [`LogWriter::pump`].
    pub fn drain(&mut self, pipes: &mut Pipes) -> io::Result<()> {
        for pipe in &mut pipes.open {
            let more = |log: &mut Self| match &pipe.end {
                End::Watched(receiver) => read_block(pipe.stream, log, |space| read_now(receiver, space)),
                End::Aside(fd) => read_block(pipe.stream, log, |space| read_now(fd, space)),
                End::Closed => Ok(Found::End),
            };
            while let Found::Block(_) = more(self)? {}
        }
        Ok(())
    }
}
