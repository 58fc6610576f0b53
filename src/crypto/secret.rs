//! Random secrets for people and programs to carry, and comparing them without telling how much of them was right.

use subtle::ConstantTimeEq;

/// Lower-case hexadecimal of `bytes` random bytes from the operating system's generator.
#[must_use]
pub fn random_hex<const BYTES: usize>() -> String {
    hex::encode(rand::random::<[u8; BYTES]>())
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_compare() {
        let (a, b) = (random_hex::<32>(), random_hex::<32>());
        assert_eq!(a.len(), 64);
        assert!(!equal(a.as_bytes(), b.as_bytes()) && equal(a.as_bytes(), a.as_bytes()) && !equal(b"a", b"ab"));
    }
}
