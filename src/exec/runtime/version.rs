//! Version numbers of interpreters and what a script says about those it runs on.
//!
//! Only the part of PEP 440 that `requires-python` uses in practice: release numbers and comma-separated clauses.
//! Pre-releases, epochs and local versions are not understood.

/// A release number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u64>);

impl Version {
    /// Reads `3.11.2`; trailing zeroes do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        while parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self(parts))
    }

    fn starts_with(&self, prefix: &[u64]) -> bool {
        prefix.iter().enumerate().all(|(at, part)| self.0.get(at).copied().unwrap_or(0) == *part)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Same,
    Other,
    AtLeast,
    AtMost,
    Above,
    Below,
    Compatible,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    relation: Relation,
    parts: Vec<u64>,
    /// Written with `.*` at the end.
    wildcard: bool,
}

/// A version specifier such as `>=3.9,<3.13`. The empty one allows everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specifier(Vec<Clause>);

/// A specifier that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version specifier such as `>=3.9,<4`")]
pub struct SpecifierError(pub String);

const RELATIONS: &[(&str, Relation)] = &[
    ("===", Relation::Same),
    ("==", Relation::Same),
    ("!=", Relation::Other),
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    ("~=", Relation::Compatible),
    (">", Relation::Above),
    ("<", Relation::Below),
];

impl Specifier {
    /// # Errors
    /// When a clause has no known operator or no plain release number.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let refuse = || SpecifierError(text.chars().take(80).collect());
        let clauses = text.split(',').map(str::trim).filter(|clause| !clause.is_empty());
        clauses.map(|clause| parse_clause(clause).ok_or_else(refuse)).collect::<Result<_, _>>().map(Self)
    }

    #[must_use]
    pub fn allows(&self, version: &Version) -> bool {
        self.0.iter().all(|clause| clause.allows(version))
    }
}

fn parse_clause(clause: &str) -> Option<Clause> {
    let (relation, rest) = RELATIONS.iter().find_map(|(sign, relation)| Some((*relation, clause.strip_prefix(sign)?)))?;
    let (number, wildcard) = rest.trim().strip_suffix(".*").map_or((rest.trim(), false), |number| (number, true));
    let parts = number.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let sensible = match relation {
        Relation::Same | Relation::Other => true,
        Relation::Compatible => parts.len() >= 2 && !wildcard,
        _ => !wildcard,
    };
    sensible.then_some(Clause { relation, parts, wildcard })
}

impl Clause {
    fn allows(&self, version: &Version) -> bool {
        let mut wanted = self.parts.clone();
        while wanted.len() > 1 && wanted.last() == Some(&0) {
            wanted.pop();
        }
        let wanted = Version(wanted);
        let same = if self.wildcard { version.starts_with(&self.parts) } else { *version == wanted };
        match self.relation {
            Relation::Same => same,
            Relation::Other => !same,
            Relation::AtLeast => *version >= wanted,
            Relation::AtMost => *version <= wanted,
            Relation::Above => *version > wanted,
            Relation::Below => *version < wanted,
            Relation::Compatible => *version >= wanted && version.starts_with(&self.parts[..self.parts.len() - 1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_decide() {
        for (specifier, version, expected) in [
            ("", "3.11.2", true),
            (">=3.10", "3.11.2", true),
            (">=3.12", "3.11.2", false),
            (">=3.9,<3.12", "3.11.2", true),
            (">=3.9, <3.11", "3.11.2", false),
            ("==3.11.*", "3.11.2", true),
            ("==3.1.*", "3.11.2", false),
            ("!=3.11.*", "3.11.2", false),
            ("==3.11", "3.11.0", true),
            ("~=3.10", "3.11.2", true),
            ("~=3.10", "4.0", false),
            ("~=3.11.1", "3.11.2", true),
            ("~=3.11.1", "3.12.0", false),
            (">3.11", "3.11.2", true),
            ("<=3.11", "3.11.2", false),
        ] {
            let decided = Specifier::parse(specifier).expect("valid").allows(&Version::parse(version).expect("valid"));
            assert_eq!(decided, expected, "{version} against {specifier}");
        }
        for bad in ["3.11", ">=", ">=x", "~=3", ">=3.*", "python>=3"] {
            assert!(Specifier::parse(bad).is_err(), "{bad}");
        }
    }
}
