//! The file layout of a tiled log: C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>), tiles of height 8.
//!
//! ```text
//! checkpoint                       the signed head
//! tile/0/x001/234                  256 leaf hashes, 32 bytes each (here those of leaves 316,160 and on)
//! tile/0/x001/235.p/17             17 leaf hashes: the last, partial tile
//! tile/1/004                       256 hashes, each the root of a full tile of level 0
//! tile/entries/x001/234            256 entries, each with its length in front as two bytes, big-endian
//! ```

use super::merkle::Hash;

/// Hashes or entries in a full tile.
pub const WIDTH: u64 = 256;
/// Levels of hashes that one tile spans.
pub const HEIGHT: u32 = 8;
/// Longest entry that the layout can hold, in bytes.
pub const ENTRY_MAX: usize = u16::MAX as usize;

/// The path of a tile of hashes; `width` is the number of hashes in it.
#[must_use]
pub fn tile_path(level: u32, index: u64, width: u64) -> String {
    format!("tile/{level}/{}", place(index, width))
}

/// The path of a bundle of entries; `width` is the number of entries in it.
#[must_use]
pub fn entries_path(index: u64, width: u64) -> String {
    format!("tile/entries/{}", place(index, width))
}

/// Groups of three digits, `x` in front of all but the last; `.p/width` behind a partial one.
fn place(index: u64, width: u64) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        text.push_str(".p/");
        text.push_str(&width.to_string());
    }
    text
}

/// How many hashes the tile has in a log of `size` entries: 256, fewer, or none.
#[must_use]
pub fn tile_width(level: u32, index: u64, size: u64) -> u64 {
    let hashes = size.checked_shr(level * HEIGHT).unwrap_or(0);
    hashes.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH)
}

/// Adds an entry to a bundle. Does nothing and answers `false` when it is longer than [`ENTRY_MAX`].
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Ok(length) = u16::try_from(entry.len()) else { return false };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    true
}

/// The entries of a bundle, in order. Ends early with `None` as the last item when the bundle is cut short.
pub fn entries(bundle: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = Some(bundle);
    std::iter::from_fn(move || {
        let bytes = rest.take().filter(|bytes| !bytes.is_empty())?;
        let entry = bytes.split_first_chunk::<2>().and_then(|(length, tail)| tail.split_at_checked(u16::from_be_bytes(*length).into()));
        rest = entry.map(|(_, tail)| tail);
        Some(entry.map(|(entry, _)| entry))
    })
}

/// The hashes in the bytes of a tile; `None` when they are not a whole number of hashes.
#[must_use]
pub fn hashes(tile: &[u8]) -> Option<&[Hash]> {
    let (hashes, rest) = tile.as_chunks::<32>();
    rest.is_empty().then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example paths of the tlog-tiles specification.
    #[test]
    fn paths() {
        assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(1, 1_234_067, 256), "tile/1/x001/x234/067");
        assert_eq!(tile_path(0, 273, 112), "tile/0/273.p/112");
        assert_eq!(entries_path(0, 256), "tile/entries/000");
        assert_eq!(entries_path(1_000, 1), "tile/entries/x001/000.p/1");
    }

    /// The specification's example: a log of 70,000 entries.
    #[test]
    fn widths() {
        assert_eq!([tile_width(0, 0, 70_000), tile_width(0, 273, 70_000), tile_width(0, 274, 70_000)], [256, 112, 0]);
        assert_eq!([tile_width(1, 0, 70_000), tile_width(1, 1, 70_000)], [256, 17]);
        assert_eq!([tile_width(2, 0, 70_000), tile_width(2, 1, 70_000), tile_width(9, 0, 70_000)], [1, 0, 0]);
    }

    #[test]
    fn bundles() {
        let mut bundle = Vec::new();
        assert!(push_entry(&mut bundle, b"one") && push_entry(&mut bundle, b"") && push_entry(&mut bundle, &vec![7; ENTRY_MAX]));
        assert!(!push_entry(&mut bundle, &vec![7; ENTRY_MAX + 1]));
        let lengths: Vec<Option<usize>> = entries(&bundle).map(|entry| entry.map(<[u8]>::len)).collect();
        assert_eq!(lengths, [Some(3), Some(0), Some(ENTRY_MAX)]);
        assert_eq!(entries(&bundle[..bundle.len() - 1]).last(), Some(None), "cut short");
        assert_eq!(entries(&[0]).collect::<Vec<_>>(), [None]);
    }
}
