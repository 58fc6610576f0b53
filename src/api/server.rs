//! The accept loop: bounded connections, TLS, HTTP/1.1 and HTTP/2, an end in order.
//!
//! At a bound the connection that has been idle longest makes room, so that a crowd of silent connections does not
//! keep out someone who has something to say. A client that is slow to ask, to send, to read or to leave is cut off.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::client::Peer;
use super::socket::{Activity, Answer, Arriving, Patient};
use crate::base::meter::Meters;
use crate::conf::{Block, Traffic};

/// What a TLS port says to a client that speaks plain HTTP.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 63\r\n\r\n\
This port speaks TLS: use https:// instead of http:// with it.\n";

/// One listening port.
pub struct Server {
    pub router: Router,
    pub tls: Option<TlsAcceptor>,
    pub traffic: Traffic,
    /// Addresses whose connections are not counted by source.
    pub trusted: Vec<Block>,
    pub meters: Meters,
}

impl Server {
    /// Accepts until `stop`, then lets requests under way end until `give_up`.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken, give_up: CancellationToken) {
        let shared = Arc::new(Shared {
            server: self,
            epoch: Instant::now(),
            open: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
            give_up: give_up.clone(),
        });
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => shared.clone().admit(stream, Peer { address, tls: shared.server.tls.is_some() }),
                    Err(error) => wait_after(&error).await,
                }
            }
        }
        drop(listener);
        shared.tasks.close();
        tokio::select! {
            () = shared.tasks.wait() => {}
            () = give_up.cancelled() => {}
        }
    }
}

/// A connection that was gone before it was accepted is nothing; running out of descriptors needs a pause.
async fn wait_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tracing::error!(%error, "a connection cannot be accepted");
        sleep(Duration::from_millis(200)).await;
    }
}

struct Shared {
    server: Server,
    epoch: Instant,
    open: Mutex<Open>,
    tasks: TaskTracker,
    stop: CancellationToken,
    give_up: CancellationToken,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Held>,
}

struct Held {
    source: IpAddr,
    activity: Arc<Activity>,
    end: CancellationToken,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: Arc<Self>, stream: TcpStream, peer: Peer) {
        let activity = Activity::new(self.epoch);
        let end = CancellationToken::new();
        let Some(seat) = self.seat(peer, &activity, &end) else {
            self.server.meters.connections_refused.inc();
            return;
        };
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let line = Arc::new(Line { shared: self, peer, activity, end });
            line.carry(stream).await;
            drop(seat);
        });
    }

    /// Takes a place for a connection, if need be that of the one that has been idle longest.
    fn seat(self: &Arc<Self>, peer: Peer, activity: &Arc<Activity>, end: &CancellationToken) -> Option<Seat> {
        let traffic = &self.server.traffic;
        let source = peer.address.ip().to_canonical();
        let trusted = self.server.trusted.iter().any(|block| block.contains(source));
        let mut open = self.open();
        let of_source = open.all.values().filter(|held| held.source == source).count();
        if !trusted && of_source >= traffic.connections_per_source {
            open.unseat(|held| held.source == source)?;
        }
        if open.all.len() >= traffic.connections {
            open.unseat(|_| true)?;
        }
        let id = open.next;
        open.next += 1;
        open.all.insert(id, Held { source, activity: Arc::clone(activity), end: end.clone() });
        self.server.meters.connections.set(i64::try_from(open.all.len()).unwrap_or(i64::MAX));
        Some(Seat { shared: Arc::clone(self), id })
    }
}

impl Open {
    /// Ends the connection that has been idle longest among those that fit; nothing when all are at work.
    fn unseat(&mut self, fits: impl Fn(&Held) -> bool) -> Option<()> {
        let (_, id) =
            self.all.iter().filter(|(_, held)| fits(held)).filter_map(|(id, held)| Some((held.activity.idle_since_ms()?, *id))).min()?;
        self.all.remove(&id)?.end.cancel();
        Some(())
    }
}

/// A place among the open connections, given back when dropped.
struct Seat {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.shared.open();
        open.all.remove(&self.id);
        self.shared.server.meters.connections.set(i64::try_from(open.all.len()).unwrap_or(i64::MAX));
    }
}

/// One connection.
struct Line {
    shared: Arc<Shared>,
    peer: Peer,
    activity: Arc<Activity>,
    end: CancellationToken,
}

impl Line {
    async fn carry(self: Arc<Self>, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "a connection was gone at once");
            return;
        }
        let traffic = &self.shared.server.traffic;
        let (patience, activity) = (Duration::from_secs(traffic.write_timeout_s), Arc::clone(&self.activity));
        let Some(acceptor) = &self.shared.server.tls else {
            return self.serve(Patient::new(stream, activity, patience)).await;
        };
        let handshake = async {
            let mut first = [0_u8];
            stream.peek(&mut first).await?;
            if first[0].is_ascii_alphabetic() {
                let mut stream = stream;
                stream.write_all(SPEAK_TLS).await?;
                stream.shutdown().await?;
                return Ok(None);
            }
            acceptor.accept(stream).await.map(Some)
        };
        tokio::select! {
            outcome = timeout(Duration::from_secs(traffic.handshake_timeout_s), handshake) => match outcome {
                Ok(Ok(Some(stream))) => self.serve(Patient::new(stream, activity, patience)).await,
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::debug!(%error, peer = %self.peer.address, "no TLS connection came about"),
                Err(_) => tracing::debug!(peer = %self.peer.address, "the TLS handshake took too long"),
            },
            () = self.end.cancelled() => {}
            () = self.shared.stop.cancelled() => {}
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self: Arc<Self>, stream: S) {
        let traffic = &self.shared.server.traffic;
        let builder = builder();
        let line = Arc::clone(&self);
        let service = hyper::service::service_fn(move |request| Arc::clone(&line).answer(request));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let (first, later) = (Duration::from_secs(traffic.header_timeout_s), Duration::from_secs(traffic.idle_timeout_s));
        let mut stopping = false;
        let idle = sleep(first);
        tokio::pin!(idle);
        loop {
            tokio::select! {
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::trace!(error, peer = %self.peer.address, "a connection broke");
                    }
                    return;
                }
                () = idle.as_mut() => match self.activity.idle_end(first, later) {
                    Some(end) if end <= Instant::now() => return,
                    Some(end) => idle.as_mut().reset(end),
                    None => idle.as_mut().reset(Instant::now() + first.min(later)),
                },
                () = self.shared.stop.cancelled(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = self.end.cancelled() => return,
                () = self.shared.give_up.cancelled() => return,
            }
        }
    }

    async fn answer(self: Arc<Self>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Answer>, std::convert::Infallible> {
        let under_way = self.activity.begin();
        let traffic = &self.shared.server.traffic;
        let (stall, whole) = (Duration::from_secs(traffic.body_stall_timeout_s), Duration::from_secs(traffic.body_timeout_s));
        let mut request: Request = request.map(|body| Body::new(Arriving::new(body, Arc::clone(&self.activity), stall, whole)));
        request.extensions_mut().insert(self.peer);
        let Ok(response) = self.shared.server.router.clone().oneshot(request).await;
        Ok(response.map(|body| Answer::new(body, under_way)))
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The idle bound of a connection also bounds the time for a head; hyper's own would end kept connections as well.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(64 << 10).max_headers(100);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
