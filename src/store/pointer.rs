//! What an index row holds: the primary key, written in three bytes where the index key contains it.
//!
//! An index key often begins as the primary key does (the tenant) and ends as it does (the id). Then the row holds 1
//! and the lengths of both parts; else 0 and the whole primary key.

/// The value of an index row.
pub fn encode(index_key: &[u8], primary: &[u8]) -> Vec<u8> {
    let same = |a: &mut dyn Iterator<Item = (&u8, &u8)>| a.take_while(|(a, b)| a == b).count();
    let front = same(&mut index_key.iter().zip(primary)).min(255);
    let back = same(&mut index_key.iter().rev().zip(primary.iter().rev())).min(primary.len() - front.min(primary.len()));
    match (u8::try_from(front), u8::try_from(back)) {
        (Ok(one), Ok(two)) if front + back == primary.len() => vec![1, one, two],
        _ => [&[0], primary].concat(),
    }
}

/// The primary key behind an index row; `None` when the value is not one of ours.
pub fn decode(index_key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    match value {
        [0, primary @ ..] => Some(primary.to_vec()),
        [1, front, back] => {
            let front = index_key.get(..usize::from(*front))?;
            let back = index_key.get(index_key.len().checked_sub(usize::from(*back))?..)?;
            Some([front, back].concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_row_is_short() {
        assert_eq!(encode(b"default\0Q0123456789abcdef", b"default\x000123456789abcdef"), [1, 8, 16]);
        assert_eq!(encode(b"name", b"key"), b"\0key");
        assert_eq!(decode(b"name", b"\x02key"), None);
        assert_eq!(decode(b"name", &[1, 9, 9]), None);
    }

    proptest! {
        #[test]
        fn keys_survive(index in prop::collection::vec(0_u8..3, 0..300), primary in prop::collection::vec(0_u8..3, 0..300)) {
            prop_assert_eq!(decode(&index, &encode(&index, &primary)), Some(primary.clone()));
            let contained = [&primary[..primary.len() / 2], &index[..], &primary[primary.len() / 2..]].concat();
            prop_assert_eq!(decode(&contained, &encode(&contained, &primary)), Some(primary));
        }
    }
}
