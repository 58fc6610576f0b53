//! The Merkle tree of RFC 6962 (section 2.1, the same as RFC 9162): leaves are hashed with 0x00 in front, nodes with 0x01.
//!
//! What the log needs to grow: hashes and the right edge. Proofs are in `proof`.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0; 65];
    both[0] = 1;
    both[1..33].copy_from_slice(left);
    both[33..].copy_from_slice(right);
    Sha256::digest(both).into()
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over a number of leaves (or of equally high subtrees) that is a power of two. Works in place.
#[must_use]
pub fn perfect_root(hashes: &mut [Hash]) -> Hash {
    let mut width = hashes.len();
    while width > 1 {
        width /= 2;
        for at in 0..width {
            hashes[at] = node_hash(&hashes[2 * at], &hashes[2 * at + 1]);
        }
    }
    hashes.first().copied().unwrap_or_else(empty_root)
}

/// The right edge of a growing tree: the roots of its perfect subtrees, largest first. Enough to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, leaf: Hash) {
        self.push_perfect(0, leaf);
    }

    /// Adds the root of a perfect subtree of 2^height leaves. The size must be a multiple of that; if it is not, nothing
    /// is added.
    pub fn push_perfect(&mut self, height: u32, root: Hash) {
        let leaves = 1_u64 << height;
        if !self.size.is_multiple_of(leaves) {
            debug_assert!(false, "a subtree begins at a multiple of its width");
            return;
        }
        let mut hash = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.roots.push(hash);
        self.size += leaves;
    }

    /// The root of the whole tree; the hash of nothing when it is empty.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return empty_root() };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Size (big-endian) and hashes, for storing.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.roots.iter().for_each(|root| bytes.extend_from_slice(root));
        bytes
    }

    /// `None` when the bytes are not what [`Self::to_bytes`] writes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (roots, tail) = rest.as_chunks::<32>();
        (tail.is_empty() && roots.len() == size.count_ones() as usize).then(|| Self { size, roots: roots.to_vec() })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// RFC 6962 section 2.1 word for word: the reference that everything else is compared with.
    pub fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            many => {
                let split = many.len().next_power_of_two() / 2;
                node_hash(&naive_root(&many[..split]), &naive_root(&many[split..]))
            }
        }
    }

    /// The leaves and roots of the reference implementation of RFC 6962 (certificate-transparency, `merkletree` tests).
    #[test]
    fn known_answers() {
        let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::default();
        assert_eq!(hex::encode(frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (leaf, root) in leaves.iter().zip(roots) {
            frontier.push(leaf_hash(&hex::decode(leaf).expect("hex")));
            assert_eq!(hex::encode(frontier.root()), root, "size {}", frontier.size());
        }
    }

    #[test]
    fn the_frontier_agrees_with_the_definition() {
        let leaves: Vec<Hash> = (0..520_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut frontier = Frontier::default();
        for (at, leaf) in leaves.iter().enumerate() {
            frontier.push(*leaf);
            assert_eq!(frontier.root(), naive_root(&leaves[..=at]), "{at}");
            assert_eq!(Frontier::from_bytes(&frontier.to_bytes()).as_ref(), Some(&frontier));
        }
        let mut by_tiles = Frontier::default();
        by_tiles.push_perfect(8, perfect_root(&mut leaves[..256].to_vec()));
        by_tiles.push_perfect(8, perfect_root(&mut leaves[256..512].to_vec()));
        leaves[512..].iter().for_each(|leaf| by_tiles.push(*leaf));
        assert_eq!(by_tiles, frontier);
    }

    #[test]
    fn foreign_bytes_are_no_frontier() {
        for bad in [&[][..], &[0; 7], &[0, 0, 0, 0, 0, 0, 0, 1], &[0; 40]] {
            assert_eq!(Frontier::from_bytes(bad), None);
        }
    }
}
