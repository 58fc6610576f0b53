//! The pace of guessing: how soon an account may be tried again, and how soon a source may try again.
//!
//! An attempt counts as failed until it succeeds, so that a thousand at once count as a thousand. Waiting doubles with
//! each failure beyond the free ones. What is remembered is bounded: the least suspicious and oldest are forgotten first.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::session::later;
use crate::base::clock::Timestamp;

/// How patient to be with one sort of key.
#[derive(Debug, Clone, Copy)]
struct Patience {
    free_failures: u32,
    longest_wait_s: u64,
}

/// Per account. The wait stays short: otherwise anybody could lock out anybody.
const ACCOUNT: Patience = Patience { free_failures: 10, longest_wait_s: 60 };
/// Per source. Many people may share one address, so more is free; the wait may grow long.
const SOURCE: Patience = Patience { free_failures: 20, longest_wait_s: 15 * 60 };
/// A record with no attempt for so long is forgotten.
const MEMORY: Duration = Duration::from_hours(1);
/// Accounts, and likewise sources, remembered at one time.
pub const REMEMBERED: usize = 4_096;
/// Refused attempts of one key that are each worth an audit event; beyond, every power of two is.
const AUDITED_EACH: u32 = 100;

/// Whether an attempt may go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Go,
    Wait {
        seconds: u64,
        /// Attempts that were refused since the last one that went ahead.
        refused: u32,
    },
}

impl Pace {
    /// Whether a refusal is worth an audit event. A flood must not fill the disk, and must not go unseen.
    #[must_use]
    pub fn is_audited(self) -> bool {
        match self {
            Self::Go => false,
            Self::Wait { refused, .. } => refused <= AUDITED_EACH || refused.is_power_of_two(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    failures: u32,
    refused: u32,
    not_before: Timestamp,
    last: Timestamp,
}

#[derive(Debug, Default)]
struct Records(HashMap<String, Attempts>);

impl Records {
    fn wait_s(&self, key: &str, now: Timestamp) -> Option<u64> {
        let until = self.0.get(key)?.not_before;
        (now < until).then(|| u64::try_from(until.duration_since(now).as_millis()).unwrap_or(0).div_ceil(1_000))
    }

    fn refuse(&mut self, key: &str) -> u32 {
        self.0.get_mut(key).map_or(0, |attempts| {
            attempts.refused = attempts.refused.saturating_add(1);
            attempts.refused
        })
    }

    fn count(&mut self, key: String, patience: Patience, now: Timestamp) {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.forget(now);
        }
        let fresh = Attempts { failures: 0, refused: 0, not_before: now, last: now };
        let attempts = self.0.entry(key).or_insert(fresh);
        if now >= later(attempts.last, MEMORY) {
            *attempts = fresh;
        }
        attempts.failures = attempts.failures.saturating_add(1);
        attempts.refused = 0;
        attempts.last = now;
        attempts.not_before = later(now, Duration::from_secs(wait_after(attempts.failures, patience)));
    }

    fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, attempts| now < later(attempts.last, MEMORY));
        if self.0.len() < REMEMBERED {
            return;
        }
        // An eighth at a time, so that a flood does not pay for a search with each attempt.
        let mut ranked: Vec<(u32, Timestamp, String)> = self.0.iter().map(|(key, is)| (is.failures, is.last, key.clone())).collect();
        ranked.sort_unstable();
        for (_, _, key) in ranked.into_iter().take(REMEMBERED / 8) {
            self.0.remove(&key);
        }
    }
}

fn wait_after(failures: u32, patience: Patience) -> u64 {
    let beyond = failures.saturating_sub(patience.free_failures);
    if beyond == 0 { 0 } else { (1_u64 << (beyond - 1).min(20)).min(patience.longest_wait_s) }
}

/// What is remembered of attempts.
#[derive(Debug, Default)]
pub struct Throttle {
    accounts: Records,
    sources: Records,
}

impl Throttle {
    /// Asks whether an attempt may go ahead, and if so counts it as failed until [`Throttle::succeeded`].
    pub fn begin(&mut self, account: &str, source: Option<&str>, now: Timestamp) -> Pace {
        let account = account_key(account);
        let source = source.map(source_key);
        let source_wait = source.as_ref().and_then(|key| self.sources.wait_s(key, now));
        let account_wait = self.accounts.wait_s(&account, now);
        if let (Some(seconds), Some(key)) = (source_wait, &source) {
            let refused = self.sources.refuse(key);
            return Pace::Wait { seconds: seconds.max(account_wait.unwrap_or(0)), refused };
        }
        if let Some(seconds) = account_wait {
            return Pace::Wait { seconds, refused: self.accounts.refuse(&account) };
        }
        self.accounts.count(account, ACCOUNT, now);
        if let Some(key) = source {
            self.sources.count(key, SOURCE, now);
        }
        Pace::Go
    }

    /// The attempt was right: the account is cleared. The source only gets this attempt back, so that an account of one's
    /// own does not buy free guesses at others.
    pub fn succeeded(&mut self, account: &str, source: Option<&str>) {
        self.accounts.0.remove(&account_key(account));
        if let Some(attempts) = source.map(source_key).and_then(|key| self.sources.0.get_mut(&key)) {
            attempts.failures = attempts.failures.saturating_sub(1);
            attempts.not_before = attempts.last;
        }
    }
}

/// Names are compared without regard to case; what is too long for a name need not be told apart.
fn account_key(name: &str) -> String {
    name.chars().take(super::username::USERNAME_CHARS + 1).flat_map(char::to_lowercase).collect()
}

/// One host usually has a whole /64 of IPv6 addresses, so these count as one source.
fn source_key(source: &str) -> String {
    match source.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(_)) | Err(_) => source.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
    }

    fn seconds(pace: Pace) -> u64 {
        match pace {
            Pace::Go => 0,
            Pace::Wait { seconds, .. } => seconds,
        }
    }

    #[test]
    fn an_account_is_slowed_from_many_sources() {
        let mut throttle = Throttle::default();
        let paces: Vec<u64> = (0..30).map(|n| seconds(throttle.begin("Li", Some(&format!("192.0.2.{n}")), at(0)))).collect();
        assert!(paces[..11].iter().all(|wait| *wait == 0) && paces[11..].iter().all(|wait| *wait == 1), "{paces:?}");
        assert_eq!(throttle.begin("li", None, at(1)), Pace::Go, "the wait is over");
        assert_eq!(seconds(throttle.begin("LI", None, at(1))), 2, "and has doubled");
        assert_eq!(throttle.begin("other", None, at(1)), Pace::Go);
    }

    #[test]
    fn a_source_is_slowed_over_many_accounts() {
        let mut throttle = Throttle::default();
        let mut try_source = |source: &str| seconds(throttle.begin(&rand::random::<u64>().to_string(), Some(source), at(0)));
        assert_eq!((0..30).filter(|_| try_source("2001:db8::1") == 0).count(), 21);
        assert_eq!(try_source("2001:db8::ffff"), 1, "the same /64");
        assert_eq!(try_source("2001:db8:0:1::1"), 0, "another /64");
    }

    #[test]
    fn waits_are_bounded_and_success_clears() {
        let mut throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..100 {
            now += i64::try_from(seconds(throttle.begin("li", Some("192.0.2.1"), at(now)))).expect("small");
        }
        let Pace::Wait { seconds, .. } = throttle.begin("li", Some("192.0.2.1"), at(now)) else { return };
        assert!(seconds <= SOURCE.longest_wait_s, "{seconds}");
        assert_eq!(wait_after(u32::MAX, ACCOUNT), ACCOUNT.longest_wait_s);
        throttle.succeeded("li", None);
        assert_eq!(throttle.begin("li", None, at(now)), Pace::Go);
        assert_eq!(throttle.begin("li", None, at(now)), Pace::Go);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_suspicious_stay() {
        let mut throttle = Throttle::default();
        for _ in 0..11 {
            throttle.begin("victim", None, at(0));
        }
        for n in 0..REMEMBERED * 2 {
            throttle.begin(&format!("flood{n}"), None, at(0));
        }
        assert!(throttle.accounts.0.len() <= REMEMBERED);
        assert_eq!(seconds(throttle.begin("victim", None, at(0))), 1);
        assert_eq!(throttle.begin("victim", None, at(3_700)), Pace::Go);
        assert_eq!(throttle.accounts.0["victim"].failures, 1, "an hour of silence is forgiven");
    }

    #[test]
    fn refusals_are_audited_without_filling_the_disk() {
        let audited = (1..=10_000).filter(|refused| Pace::Wait { seconds: 1, refused: *refused }.is_audited()).count();
        assert_eq!(audited, 100 + 7);
        assert!(!Pace::Go.is_audited());
    }
}
