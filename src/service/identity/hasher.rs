//! Password hashes: argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane), a few at a time.
//!
//! Hashing runs on the blocking pool, never on a thread that serves requests. A missing hash is verified against a
//! stand-in, so that an unknown user takes as long as a known one.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::faults::HASHING_BUSY;
use crate::base::fault::{BUG, Fault};
use crate::domain::identity::Password;

/// Requests that may wait for a place, for each place.
const WAITING_PER_PLACE: usize = 32;

/// The hash of no password: the right shape and cost, and nothing that hashes to it.
const STAND_IN: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3RhbmQtaW4tc2FsdC0wMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Clone)]
pub(super) struct Hasher {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Hasher {
    pub(super) fn new(places: usize) -> Self {
        let places = places.max(1);
        Self { places: Arc::new(Semaphore::new(places)), queue: Arc::new(Semaphore::new(places * (1 + WAITING_PER_PLACE))) }
    }

    /// A PHC string with a fresh salt.
    pub(super) async fn hash(&self, password: &Password) -> Result<String, Fault> {
        let bytes = password.bytes();
        self.work(move || Argon2::default().hash_password(&bytes).map(|hash| hash.to_string()))
            .await?
            .map_err(|error| BUG.fault("a password could not be hashed").cause(error))
    }

    /// Whether the password is the one that was hashed. Takes its time also when there is no hash.
    pub(super) async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<bool, Fault> {
        let bytes = password.bytes();
        let known = hash.is_some();
        let hash = hash.unwrap_or(STAND_IN).to_owned();
        let fits = self.work(move || Argon2::default().verify_password(&bytes, hash.as_str()).is_ok()).await?;
        Ok(known && fits)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let busy = || HASHING_BUSY.fault("too many passwords are being checked").retry_after(2).hint("Try again in a few seconds.");
        let _in_line = self.queue.try_acquire().map_err(|_| busy())?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        done.await.map_err(|error| BUG.fault("a password could not be checked").cause(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let hasher = Hasher::new(1);
        let password = |text: &str| Password::new(text.to_owned());
        let hash = hasher.hash(&password("correct horse battery")).await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify(&password("correct horse battery"), Some(&hash)).await.expect("verified"));
        assert!(!hasher.verify(&password("correct horse batterz"), Some(&hash)).await.expect("verified"));
        assert!(!hasher.verify(&password(""), None).await.expect("verified"));
        assert!(argon2::password_hash::phc::PasswordHash::new(STAND_IN).is_ok(), "the stand-in is computed, not refused at sight");
    }
}
