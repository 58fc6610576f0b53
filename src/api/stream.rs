//! Live streams: how many there may be, and that they end when the appliance stops, in order, at a frame.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::base::fault::{Class, Code, Fault};
use crate::domain::access::Principal;

/// One principal follows too many things at once.
pub const TOO_MANY: Code = Code::new("EG-REQ-014", Class::Busy, "Too many live streams");

/// Lets a `text/event-stream` answer end when `closing` fires; leaves every other answer alone.
pub(super) fn end_with(response: Response, closing: &CancellationToken) -> Response {
    if !response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let closing = Box::pin(closing.clone().cancelled_owned());
    response.map(|body| Body::new(Ending { body, closing }))
}

struct Ending {
    body: Body,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.closing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Live streams of one principal at one time are bounded; each holds a place.
#[derive(Clone)]
pub struct Places(Arc<Mutex<HashMap<Principal, usize>>>, usize);

impl Places {
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::default(), most)
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Principal, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a principal.
    ///
    /// # Errors
    /// [`TOO_MANY`] when all are taken.
    pub fn take(&self, principal: Principal) -> Result<Place, Fault> {
        let mut taken = self.taken();
        let count = taken.entry(principal).or_default();
        if *count >= self.1 {
            let fault = TOO_MANY.fault(format!("{count} live streams are open, which is the most for one account")).param("limit", self.1);
            return Err(fault.hint("Close pages or commands that follow something, then try again.").retry_after(5));
        }
        *count += 1;
        Ok(Place { places: self.clone(), principal })
    }
}

/// One open stream; gives its place back when dropped.
pub struct Place {
    places: Places,
    principal: Principal,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.principal) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_each_principal_and_come_back() {
        let places = Places::new(2);
        let held: Vec<Place> = (0..2).map(|_| places.take(Principal::Host).expect("free")).collect();
        assert_eq!(places.take(Principal::Host).err().map(|fault| fault.code()), Some(TOO_MANY));
        let other = Principal::User(crate::domain::ids::UserId::from_bytes([7; 16]));
        assert!(places.take(other).is_ok());
        drop(held);
        assert!(places.take(Principal::Host).is_ok());
        assert!(places.taken().is_empty());
    }
}
