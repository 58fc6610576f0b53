//! A connection that gives up on a peer that does not read, notes when requests are under way, and ends so that the
//! last answer arrives.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long and how much is read from a client whose request was answered before it had all arrived. Closing at once
/// would reset the connection, and the client would see a broken pipe instead of the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 32 << 20;

/// Whether a connection is in use, and since when it is not.
#[derive(Debug)]
pub(super) struct Activity {
    epoch: Instant,
    under_way: AtomicUsize,
    answered: AtomicUsize,
    /// Milliseconds after `epoch` at which the last request ended; at first that of the connection's birth.
    idle_since_ms: AtomicU64,
    /// A request was answered before all of it had been read.
    left_unread: AtomicBool,
}

impl Activity {
    pub fn new(epoch: Instant) -> Arc<Self> {
        let activity = Self {
            epoch,
            under_way: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            idle_since_ms: AtomicU64::new(0),
            left_unread: AtomicBool::new(false),
        };
        activity.touch();
        Arc::new(activity)
    }

    fn touch(&self) {
        let ms = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.idle_since_ms.store(ms, Ordering::Relaxed);
    }

    /// Milliseconds after the epoch since when nothing is under way; nothing while something is.
    pub fn idle_since_ms(&self) -> Option<u64> {
        (self.under_way.load(Ordering::Relaxed) == 0).then(|| self.idle_since_ms.load(Ordering::Relaxed))
    }

    /// When the connection has been idle too long: soon for one that never asked anything.
    pub fn idle_end(&self, first: Duration, later: Duration) -> Option<Instant> {
        let patience = if self.answered.load(Ordering::Relaxed) == 0 { first } else { later };
        Some(self.epoch + Duration::from_millis(self.idle_since_ms()?) + patience)
    }

    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }
}

/// Held from the head of a request to the end of its answer.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.touch();
        self.0.answered.fetch_add(1, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer's body that says when it has been sent or dropped.
pub(super) struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl Answer {
    pub fn new(body: Body, under_way: UnderWay) -> Self {
        Self { body, _under_way: under_way }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request body that must keep arriving and must end.
pub(super) struct Arriving<B: HttpBody> {
    body: B,
    activity: Arc<Activity>,
    read: bool,
    stall: Duration,
    /// The sooner of the two: the next piece, the whole.
    alarm: Mutex<Option<Pin<Box<Sleep>>>>,
    whole: Instant,
}

impl<B: HttpBody> Arriving<B> {
    pub fn new(body: B, activity: Arc<Activity>, stall: Duration, whole: Duration) -> Self {
        Self { body, activity, read: false, stall, alarm: Mutex::new(None), whole: Instant::now() + whole }
    }
}

impl<B: HttpBody> Drop for Arriving<B> {
    fn drop(&mut self) {
        if !self.read && !self.body.is_end_stream() {
            self.activity.left_unread.store(true, Ordering::Relaxed);
        }
    }
}

impl<B: HttpBody<Data = Bytes, Error = hyper::Error> + Unpin> HttpBody for Arriving<B> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let alarm = this.alarm.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            *alarm = None;
            this.read |= frame.is_none();
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let end = this.whole.min(Instant::now() + this.stall);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        alarm.as_mut().poll(cx).map(|()| Some(Err(axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, "the body stopped arriving")))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream whose writes must make progress, and that takes leave of a client which is still sending.
pub(super) struct Patient<S> {
    inner: S,
    activity: Arc<Activity>,
    patience: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    leave: Option<Leave>,
}

/// Nothing more is written; what still arrives is thrown away.
struct Leave {
    left: usize,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    pub fn new(inner: S, activity: Arc<Activity>, patience: Duration) -> Self {
        Self { inner, activity, patience, alarm: None, leave: None }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.alarm = None;
            return progress;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        alarm.as_mut().poll(cx).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the client stopped reading")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch(cx, progress)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.watch(cx, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch(cx, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.leave.is_none() {
            let progress = Pin::new(&mut this.inner).poll_shutdown(cx);
            match this.watch(cx, progress) {
                Poll::Ready(Ok(())) if this.activity.left_unread.load(Ordering::Relaxed) => {}
                other => return other,
            }
        }
        let leave = this.leave.get_or_insert_with(|| Leave { left: LINGER_BYTES, alarm: Box::pin(tokio::time::sleep(LINGER)) });
        let mut space = [0; 16 << 10];
        while leave.left > 0 && leave.alarm.as_mut().poll(cx).is_pending() {
            let mut into = ReadBuf::new(&mut space);
            match Pin::new(&mut this.inner).poll_read(cx, &mut into) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !into.filled().is_empty() => leave.left = leave.left.saturating_sub(into.filled().len()),
                Poll::Ready(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
