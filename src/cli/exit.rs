//! Process exit codes: one table, here, documented in `execgov help exit-codes`.

use crate::base::fault::Class;
use crate::domain::run::Phase;

/// How a command ended, as the calling program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    Ok,
    /// Anything without a number of its own.
    Other,
    /// The command line itself is wrong.
    Usage,
    /// The run is over and did not succeed.
    RunFailed,
    /// Not signed in, or the token is over.
    NotSignedIn,
    Forbidden,
    NotFound,
    Conflict,
    /// The run waits for a decision, or the decision was no.
    Approval,
    TimedOut,
    Unreachable,
    Integrity,
    /// Licence missing, expired or over its limit.
    Licence,
    InvalidInputs,
    /// Ctrl-C; the run goes on.
    Interrupted,
    /// The script's own exit code, on request.
    Script(u8),
}

impl Exit {
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::RunFailed => 3,
            Self::NotSignedIn => 4,
            Self::Forbidden => 5,
            Self::NotFound => 6,
            Self::Conflict => 7,
            Self::Approval => 8,
            Self::TimedOut => 9,
            Self::Unreachable => 10,
            Self::Integrity => 11,
            Self::Licence => 12,
            Self::InvalidInputs => 13,
            Self::Interrupted => 130,
            Self::Script(code) => code,
        }
    }

    /// For faults found on this side.
    #[must_use]
    pub const fn of_class(class: Class) -> Self {
        match class {
            Class::User | Class::TooLarge | Class::Unsupported | Class::Busy | Class::Bug => Self::Other,
            Class::Invalid => Self::InvalidInputs,
            Class::Unauthenticated => Self::NotSignedIn,
            Class::Denied => Self::Forbidden,
            Class::NotFound => Self::NotFound,
            Class::Conflict => Self::Conflict,
            Class::Unavailable => Self::Unreachable,
            Class::Integrity => Self::Integrity,
        }
    }

    /// For refusals of an appliance.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::NotSignedIn,
            402 => Self::Licence,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            409 | 412 => Self::Conflict,
            422 => Self::InvalidInputs,
            502..=504 => Self::Unreachable,
            _ => Self::Other,
        }
    }

    /// For a run that was waited for.
    #[must_use]
    pub const fn of_phase(phase: Phase) -> Self {
        match phase {
            Phase::Succeeded => Self::Ok,
            Phase::Failed | Phase::Cancelled | Phase::Interrupted => Self::RunFailed,
            Phase::TimedOut => Self::TimedOut,
            Phase::AwaitingConfirmation | Phase::AwaitingApproval | Phase::Declined | Phase::Rejected | Phase::Expired => Self::Approval,
            Phase::Requested | Phase::Queued | Phase::Running => Self::Other,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table that `help exit-codes` documents; changing a line breaks scripts that people wrote.
    #[test]
    fn numbers_never_change() {
        let check = |exit: Exit, number: u8| assert_eq!(exit.code(), number, "{exit:?}");
        check(Exit::Ok, 0);
        check(Exit::Other, 1);
        check(Exit::Usage, 2);
        check(Exit::RunFailed, 3);
        check(Exit::NotSignedIn, 4);
        check(Exit::Forbidden, 5);
        check(Exit::NotFound, 6);
        check(Exit::Conflict, 7);
        check(Exit::Approval, 8);
        check(Exit::TimedOut, 9);
        check(Exit::Unreachable, 10);
        check(Exit::Integrity, 11);
        check(Exit::Licence, 12);
        check(Exit::InvalidInputs, 13);
        check(Exit::Interrupted, 130);
        check(Exit::Script(77), 77);
    }

    #[test]
    fn both_sides_of_a_refusal_agree() {
        for (class, status) in [
            (Class::User, 400),
            (Class::Invalid, 422),
            (Class::Unauthenticated, 401),
            (Class::Denied, 403),
            (Class::NotFound, 404),
            (Class::Conflict, 409),
            (Class::TooLarge, 413),
            (Class::Unsupported, 415),
            (Class::Busy, 429),
            (Class::Unavailable, 503),
            (Class::Bug, 500),
        ] {
            assert_eq!(Exit::of_class(class), Exit::of_status(status), "{class:?}");
        }
    }

    #[test]
    fn only_success_is_zero() {
        for phase in Phase::ALL {
            assert_eq!(Exit::of_phase(phase) == Exit::Ok, phase == Phase::Succeeded, "{phase:?}");
        }
    }
}
