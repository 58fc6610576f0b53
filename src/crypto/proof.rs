//! Inclusion and consistency proofs of the Merkle tree: made from nodes that somebody keeps, checked with nothing.
//!
//! Making follows RFC 6962 sections 2.1.1 and 2.1.2; checking follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.

use super::merkle::{Hash, node_hash};

/// Somebody who knows the hashes of a tree.
pub trait Nodes {
    type Error;

    /// The root of the perfect subtree over the leaves `index * 2^height ..` of `2^height` leaves, all of which exist.
    ///
    /// # Errors
    /// When it cannot be read.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The hashes that lead from leaf `index` to the root of the first `size` leaves. Empty when there is no such leaf.
///
/// # Errors
/// When a node cannot be read.
pub fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, size);
    let mut siblings = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    for (start, end) in siblings.into_iter().rev() {
        proof.push(range_root(nodes, start, end)?);
    }
    Ok(proof)
}

/// The hashes that show that the first `old` leaves of the tree of `new` leaves are the tree of `old` leaves.
/// Empty when one of them is empty, both are the same, or `old` is the larger.
///
/// # Errors
/// When a node cannot be read.
pub fn consistency<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end, mut whole) = (0, new, true);
    let mut siblings = Vec::new();
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(range_root(nodes, start, end)?);
    }
    for (start, end) in siblings.into_iter().rev() {
        proof.push(range_root(nodes, start, end)?);
    }
    Ok(proof)
}

/// Whether `proof` leads from a leaf to a root.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the larger tree begins with the smaller one. An empty tree is the beginning of any.
#[must_use]
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old > new || (old == new && (old_root != new_root || !proof.is_empty())) {
        return false;
    }
    if old == new || old == 0 {
        return proof.is_empty();
    }
    let mut steps = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut small, mut large) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            small = node_hash(step, &small);
            large = node_hash(step, &large);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            large = node_hash(&large, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && small == *old_root && large == *new_root
}

/// The root over `start..end`, a range that the recursion of RFC 6962 reaches.
fn range_root<N: Nodes>(nodes: &mut N, mut start: u64, end: u64) -> Result<Hash, N::Error> {
    let mut lefts = Vec::new();
    loop {
        let width = end - start;
        if width.is_power_of_two() {
            let height = width.trailing_zeros();
            let right = nodes.node(height, start >> height)?;
            return Ok(lefts.iter().rev().fold(right, |right, left| node_hash(left, &right)));
        }
        let half = split(width);
        let height = half.trailing_zeros();
        lefts.push(nodes.node(height, start >> height)?);
        start += half;
    }
}

/// The largest power of two below `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::crypto::merkle::leaf_hash;
    use crate::crypto::merkle::tests::naive_root;

    struct Leaves(Vec<Hash>);

    impl Nodes for Leaves {
        type Error = Infallible;
        fn node(&mut self, height: u32, index: u64) -> Result<Hash, Infallible> {
            let width = 1_usize << height;
            let start = usize::try_from(index).expect("small") * width;
            Ok(naive_root(&self.0[start..start + width]))
        }
    }

    fn leaves(count: usize) -> Leaves {
        Leaves((0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect())
    }

    /// `PATH(m, D[n])` of RFC 6962 section 2.1.1, word for word.
    fn naive_path(m: usize, d: &[Hash]) -> Vec<Hash> {
        if d.len() <= 1 {
            return Vec::new();
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut path, other) =
            if m < k { (naive_path(m, &d[..k]), naive_root(&d[k..])) } else { (naive_path(m - k, &d[k..]), naive_root(&d[..k])) };
        path.push(other);
        path
    }

    /// `SUBPROOF(m, D[n], b)` of RFC 6962 section 2.1.2, word for word.
    fn naive_subproof(m: usize, d: &[Hash], b: bool) -> Vec<Hash> {
        if m == d.len() {
            return if b { Vec::new() } else { vec![naive_root(d)] };
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut path, other) = if m <= k {
            (naive_subproof(m, &d[..k], b), naive_root(&d[k..]))
        } else {
            (naive_subproof(m - k, &d[k..], false), naive_root(&d[..k]))
        };
        path.push(other);
        path
    }

    #[test]
    fn every_proof_of_small_trees() {
        for size in 1..=66_usize {
            let mut tree = leaves(size);
            let root = naive_root(&tree.0);
            for index in 0..size {
                let proof = inclusion(&mut tree, index as u64, size as u64).expect("kept");
                assert_eq!(proof, naive_path(index, &tree.0), "{index} of {size}");
                assert!(verify_inclusion(&tree.0[index], index as u64, size as u64, &proof, &root), "{index} of {size}");
            }
            for old in 1..=size {
                let proof = consistency(&mut tree, old as u64, size as u64).expect("kept");
                let expected = if old == size { Vec::new() } else { naive_subproof(old, &tree.0, true) };
                assert_eq!(proof, expected, "{old} to {size}");
                assert!(verify_consistency(old as u64, &naive_root(&tree.0[..old]), size as u64, &root, &proof), "{old} to {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_proof_proves_nothing(size in 2_usize..400, pick in any::<prop::sample::Index>(), bit in 0_u8..8, byte in 0_usize..32, step in any::<prop::sample::Index>()) {
            let mut tree = leaves(size);
            let root = naive_root(&tree.0);
            let index = pick.index(size);
            let at = u64::try_from(index).expect("small");
            let n = size as u64;
            let proof = inclusion(&mut tree, at, n).expect("kept");
            prop_assert!(verify_inclusion(&tree.0[index], at, n, &proof, &root));
            let mut bent = proof.clone();
            let step = step.index(bent.len());
            bent[step][byte] ^= 1 << bit;
            prop_assert!(!verify_inclusion(&tree.0[index], at, n, &bent, &root));
            prop_assert!(!verify_inclusion(&tree.0[index], at, n, &proof[1..], &root));
            prop_assert!(!verify_inclusion(&tree.0[index], (at + 1) % n, n, &proof, &root) || tree.0[index] == tree.0[(index + 1) % size]);
            let old = at.max(1);
            let old_root = naive_root(&tree.0[..usize::try_from(old).expect("small")]);
            let proof = consistency(&mut tree, old, n).expect("kept");
            prop_assert!(verify_consistency(old, &old_root, n, &root, &proof));
            let mut bent = proof.clone();
            let step = step.min(bent.len() - 1);
            bent[step][byte] ^= 1 << bit;
            prop_assert!(!verify_consistency(old, &old_root, n, &root, &bent));
            prop_assert!(!verify_consistency(old, &old_root, n, &root, &[]));
        }
    }

    #[test]
    fn what_cannot_be_shown() {
        let root = naive_root(&leaves(8).0);
        assert!(!verify_inclusion(&[0; 32], 8, 8, &[], &root), "beyond the end");
        assert!(!verify_inclusion(&[0; 32], 0, 0, &[], &root), "nothing is in the empty tree");
        assert!(!verify_consistency(9, &root, 8, &root, &[]), "a tree never shrinks");
        assert!(!verify_consistency(8, &[0; 32], 8, &root, &[]), "same size, other root");
        assert!(verify_consistency(0, &[0; 32], 8, &root, &[]) && verify_consistency(8, &root, 8, &root, &[]));
    }
}
