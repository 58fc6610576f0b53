//! Moves a run's output from its pipes into its log, in blocks, inside the runtime: no thread per run, no step per line.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::task::Poll;

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, read};
use rustix::pipe::fcntl_setpipe_size;
use tokio::net::unix::pipe::Receiver;

use super::BLOCK;
use super::frame::Stream;
use super::writer::LogWriter;

/// Size wished for a pipe once its run shows that it writes a lot, in bytes. The kernel may refuse.
const BIG_PIPE: usize = 1 << 20;
/// One read of at least this much says that a run writes a lot: most of a pipe of usual size.
const A_LOT: usize = 48 * 1024;

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
    end: Receiver,
    enlarged: bool,
}

/// What one read found.
enum Found {
    Block,
    Nothing,
    End,
}

impl Pipes {
    /// Must be called inside the runtime.
    ///
    /// # Errors
    /// When a descriptor is not the reading end of a pipe.
    pub fn new(stdout: OwnedFd, stderr: OwnedFd) -> io::Result<Self> {
        let watch = |stream, fd: OwnedFd| Ok::<_, io::Error>(Pipe { stream, end: Receiver::from_owned_fd(fd)?, enlarged: false });
        Ok(Self { open: vec![watch(Stream::Stdout, stdout)?, watch(Stream::Stderr, stderr)?] })
    }

    /// Whether both ends were reached.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// The pipe to read next: one that has something or has ended. The one read last comes last.
    async fn ready(&mut self) -> io::Result<usize> {
        poll_fn(|cx| {
            for (place, pipe) in self.open.iter().enumerate() {
                if let Poll::Ready(ready) = pipe.end.poll_read_ready(cx) {
                    return Poll::Ready(ready.map(|()| place));
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl Pipe {
    /// Reads one block, if the runtime knows of one, and hands it to the log.
    fn read_ready(&mut self, log: &mut LogWriter) -> io::Result<Found> {
        self.read_block(log, Receiver::try_read_buf)
    }

    /// Reads one block, if the kernel has one.
    fn read_direct(&mut self, log: &mut LogWriter) -> io::Result<Found> {
        self.read_block(log, read_now)
    }

    fn read_block(&mut self, log: &mut LogWriter, read: impl FnOnce(&Receiver, &mut Vec<u8>) -> io::Result<usize>) -> io::Result<Found> {
        SPACE.with_borrow_mut(|space| {
            space.clear();
            space.reserve_exact(BLOCK);
            match read(&self.end, space) {
                Ok(0) => Ok(Found::End),
                Ok(count) => {
                    log.add(self.stream, space);
                    self.enlarge(count);
                    Ok(Found::Block)
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Found::Nothing),
                Err(error) => Err(error),
            }
        })
    }

    fn enlarge(&mut self, count: usize) {
        if count >= A_LOT && !self.enlarged {
            self.enlarged = true;
            if let Err(refused) = fcntl_setpipe_size(&self.end, BIG_PIPE) {
                tracing::debug!(%refused, "a pipe stays small");
            }
        }
    }
}

fn read_now(end: &Receiver, space: &mut Vec<u8>) -> io::Result<usize> {
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
            let place = pipes.ready().await?;
            let mut pipe = pipes.open.remove(place);
            match pipe.read_ready(self)? {
                Found::End => {}
                Found::Block => pipes.open.push(pipe),
                Found::Nothing => pipes.open.insert(place, pipe),
            }
        }
        Ok(())
    }

    /// Takes what is in the pipes now, without waiting for more: for a run whose processes are gone.
    ///
    /// # Errors
    /// As [`LogWriter::pump`].
    pub fn drain(&mut self, pipes: &mut Pipes) -> io::Result<()> {
        for pipe in &mut pipes.open {
            while matches!(pipe.read_direct(self)?, Found::Block) {}
        }
        Ok(())
    }
}
