//! One connection to one spawner process: requests out, replies matched to those who wait for them.

use std::collections::HashMap;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::client::Exit;
use super::frame::{Ending, ExitCause, Reply, Request};
use crate::domain::run::{Isolation, StartMode};
use crate::exec::fault::ExecError;
use crate::exec::sandbox::fault::SetupError;
use crate::exec::sandbox::socket;

/// What a program that has begun comes with.
pub struct Begun {
    pub start: StartMode,
    pub isolation: Isolation,
    pub pidfd: OwnedFd,
    pub exit: oneshot::Receiver<Exit>,
}

type BegunSender = oneshot::Sender<Result<Begun, ExecError>>;

#[derive(Default)]
struct Waiting {
    lost: bool,
    next: u64,
    begin: HashMap<u64, BegunSender>,
    exit: HashMap<u64, oneshot::Sender<Exit>>,
}

/// The connection.
pub struct Link {
    /// Used for readiness only; what travels are packets.
    socket: UnixStream,
    waiting: Mutex<Waiting>,
}

impl Link {
    /// Begins to listen, inside a tokio runtime.
    pub fn open(socket: OwnedFd) -> io::Result<Arc<Self>> {
        let socket = std::os::unix::net::UnixStream::from(socket);
        socket.set_nonblocking(true)?;
        let link = Arc::new(Self { socket: UnixStream::from_std(socket)?, waiting: Mutex::default() });
        let listener = Arc::clone(&link);
        tokio::spawn(async move { listener.listen().await });
        Ok(link)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_lost(&self) -> bool {
        self.waiting().lost
    }

    /// A number for a new launch.
    pub fn number(&self) -> u64 {
        let mut waiting = self.waiting();
        waiting.next += 1;
        waiting.next
    }

    /// Sends a launch and waits until the program has begun.
    pub async fn launch(&self, id: u64, request: &Request, fds: &[BorrowedFd<'_>]) -> Result<Begun, ExecError> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting();
            if waiting.lost {
                return Err(ExecError::SpawnerLost);
            }
            waiting.begin.insert(id, sender);
        }
        if let Err(refused) = self.send(request, fds).await {
            self.waiting().begin.remove(&id);
            return Err(ExecError::Setup { step: "ask the sandbox service".to_owned(), reason: refused.to_string() });
        }
        receiver.await.unwrap_or(Err(ExecError::SpawnerLost))
    }

    async fn send(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = serde_json::to_vec(request)?;
        self.socket.async_io(Interest::WRITABLE, || socket::send_bytes(&self.socket, &bytes, fds, SendFlags::DONTWAIT)).await
    }

    /// Sends a short request at once; false when it could not be sent, for example because the socket is full.
    pub fn send_now(&self, request: &Request) -> bool {
        socket::send(&self.socket, request, &[], SendFlags::DONTWAIT).is_ok()
    }

    async fn listen(&self) {
        while let Ok(Some((reply, fds))) =
            self.socket.async_io(Interest::READABLE, || socket::receive::<Reply>(&self.socket, RecvFlags::DONTWAIT)).await
        {
            self.take(reply, fds);
        }
        let mut waiting = self.waiting();
        waiting.lost = true;
        for (_, sender) in waiting.begin.drain() {
            let _ = sender.send(Err(ExecError::SpawnerLost));
        }
        for (_, sender) in waiting.exit.drain() {
            let _ = sender.send(Exit::spawner_lost());
        }
    }

    fn take(&self, reply: Reply, mut fds: Vec<OwnedFd>) {
        let mut waiting = self.waiting();
        match reply {
            Reply::Hello(_) => {}
            Reply::Started { id, start, isolation } => {
                let (Some(sender), Some(pidfd)) = (waiting.begin.remove(&id), fds.pop()) else { return };
                let (ended, exit) = oneshot::channel();
                waiting.exit.insert(id, ended);
                if let Err(Ok(unwanted)) = sender.send(Ok(Begun { start, isolation, pidfd, exit })) {
                    // Whoever asked has gone away: nobody would ever end this run.
                    let _ = rustix::process::pidfd_send_signal(&unwanted.pidfd, rustix::process::Signal::KILL);
                }
            }
            Reply::Refused { id, why } => {
                if let Some(sender) = waiting.begin.remove(&id) {
                    let _ = sender.send(Err(refusal(&why)));
                }
            }
            Reply::Exited { id, ending } => {
                if let Some(sender) = waiting.exit.remove(&id) {
                    let _ = sender.send(exit(&ending, fds.pop()));
                }
            }
        }
    }
}

fn refusal(why: &SetupError) -> ExecError {
    ExecError::Setup { step: why.step.clone(), reason: io::Error::from_raw_os_error(why.errno).to_string() }
}

fn exit(ending: &Ending, work: Option<OwnedFd>) -> Exit {
    let Ending { code, signal, cause, usage } = *ending;
    Exit { code, signal, cause: if work.is_some() { cause } else { ExitCause::Setup }, usage, work }
}
