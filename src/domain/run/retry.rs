//! Whether an attempt that did not succeed is followed by another one.

use std::time::Duration;

use super::Ending;
use crate::domain::capability::Retry;

/// Longest wait between attempts.
pub const BACKOFF_MAX: Duration = Duration::from_hours(1);

/// The wait before the next attempt, or `None` when there is none: the attempts are used up, the run was cancelled
/// (a cancel always wins), it succeeded, or it was interrupted and the version does not say that repeating is safe.
#[must_use]
pub fn wait_before_next(retry: &Retry, attempts_done: usize, ending: Ending) -> Option<Duration> {
    let repeatable = match ending {
        Ending::Failed | Ending::TimedOut => true,
        Ending::Interrupted => retry.after_interruption,
        Ending::Succeeded | Ending::Cancelled => false,
    };
    // An interruption is not the script's fault: one that may be repeated is, even when only one attempt was granted.
    let granted = match ending {
        Ending::Interrupted => retry.attempts.max(2),
        _ => retry.attempts,
    };
    if !repeatable || attempts_done >= granted as usize {
        return None;
    }
    let doublings = u32::try_from(attempts_done.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
    Some(Duration::from_millis(retry.backoff_ms.saturating_mul(1 << doublings)).min(BACKOFF_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_cancel_wins() {
        let retry = Retry { attempts: 4, backoff_ms: 1_000, after_interruption: false };
        let check = |done, ending, expected: Option<u64>| {
            assert_eq!(wait_before_next(&retry, done, ending).map(|wait| wait.as_secs()), expected, "{done} {ending:?}");
        };
        check(1, Ending::Failed, Some(1));
        check(2, Ending::TimedOut, Some(2));
        check(3, Ending::Failed, Some(4));
        check(4, Ending::Failed, None);
        check(1, Ending::Cancelled, None);
        check(1, Ending::Interrupted, None);
        check(1, Ending::Succeeded, None);
        let endless = Retry { attempts: u32::MAX, backoff_ms: u64::MAX, after_interruption: true };
        assert_eq!(wait_before_next(&endless, 90, Ending::Interrupted), Some(BACKOFF_MAX));
    }
}
