//! How much harm the code shows that it can do, and what it would write. A judgement about the source, not about the
//! sandbox: an author may state a higher risk, and stating a lower one is a finding.

use super::found::{Effect, Signal};
use crate::domain::capability::Risk;

/// The judgement with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub risk: Risk,
    pub writes: Vec<String>,
    /// One sentence for each kind of effect, the gravest first.
    pub reasons: Vec<String>,
}

fn weight(effect: Effect) -> Risk {
    match effect {
        Effect::Reads => Risk::Low,
        Effect::Network | Effect::Database | Effect::Mail | Effect::Exec | Effect::Delete | Effect::Dynamic | Effect::Changes => {
            Risk::Medium
        }
        Effect::Remote | Effect::DeleteTree | Effect::Privileged | Effect::Removes => Risk::High,
    }
}

/// What is written outside the working directory by such an effect.
fn written(effect: Effect) -> Option<&'static str> {
    match effect {
        Effect::Network => Some("services it reaches over the network"),
        Effect::Mail => Some("mail that it sends"),
        Effect::Database => Some("databases it connects to"),
        Effect::Remote => Some("other machines it administers"),
        Effect::Changes | Effect::Removes => Some("what its resource holds"),
        Effect::Exec | Effect::Delete | Effect::DeleteTree | Effect::Dynamic | Effect::Privileged | Effect::Reads => None,
    }
}

fn sentence(effect: Effect) -> &'static str {
    match effect {
        Effect::Network => "opens network connections",
        Effect::Mail => "sends mail",
        Effect::Database => "connects to a database",
        Effect::Remote => "administers other machines or services",
        Effect::Exec => "starts other programs",
        Effect::Delete => "removes files",
        Effect::DeleteTree => "removes whole directories",
        Effect::Dynamic => "runs code that is not in its source",
        Effect::Reads => "reads from its resource",
        Effect::Changes => "changes what its resource holds",
        Effect::Removes => "removes what its resource holds",
        Effect::Privileged => "asks for privileges or reaches below the interpreter",
    }
}

/// Whether an effect needs a network to take place.
pub fn needs_network(effect: Effect) -> bool {
    matches!(effect, Effect::Network | Effect::Mail | Effect::Database | Effect::Remote)
}

/// Judges the effects that a script shows.
#[must_use]
pub fn judge(signals: &[Signal]) -> Judgement {
    let mut effects: Vec<Effect> = signals.iter().map(|signal| signal.effect).collect();
    effects.sort_by_key(|effect| (std::cmp::Reverse(weight(*effect)), *effect));
    effects.dedup();
    let reasons = effects
        .iter()
        .filter_map(|effect| {
            let first = signals.iter().find(|signal| signal.effect == *effect)?;
            Some(format!("it {} (`{}` in {}:{})", sentence(*effect), first.what, first.file, first.line))
        })
        .collect();
    let reaches = effects.iter().any(|effect| needs_network(*effect));
    let acts = effects.iter().any(|effect| matches!(effect, Effect::Exec | Effect::Dynamic | Effect::Delete));
    let mut risk = effects.iter().map(|effect| weight(*effect)).max().unwrap_or(Risk::Low);
    // What comes over the network can decide what is executed or removed.
    if reaches && acts {
        risk = risk.max(Risk::High);
    }
    let writes = effects.iter().filter_map(|effect| written(*effect)).map(str::to_owned).collect();
    Judgement { risk, writes, reasons }
}

/// The word for a risk.
#[must_use]
pub fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    }
}
