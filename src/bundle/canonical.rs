//! One archive for one set of files: the same package always gives the same bytes, whose SHA-256 names it.
//!
//! The form is POSIX ustar (IEEE 1003.1): regular files only, sorted by path, mode 0644, time, owner and group 0, no
//! names of owner and group, two zero blocks at the end. A path longer than 100 bytes stands in a GNU long name record
//! (type `L`) before its entry. Written by hand so that no library can change digests that are already recorded.

use super::collect::{Bounds, Collector};
use super::fault::BundleError;
use super::tape;
use crate::crypto::digest::sha256_hex;
use crate::domain::capability::Package;

const BLOCK: usize = 512;
/// Longest name in a header, in bytes.
const NAME_BYTES: usize = 100;

/// The canonical archive.
#[must_use]
pub fn write(package: &Package) -> Vec<u8> {
    let mut archive = Vec::with_capacity(usize::try_from(package.bytes()).unwrap_or(0) + package.files.len() * 2 * BLOCK);
    for (path, bytes) in &package.files {
        let name = path.as_str().as_bytes();
        if name.len() > NAME_BYTES {
            let mut long = name.to_vec();
            long.push(0);
            header(b"././@LongLink", long.len(), b'L', &mut archive);
            content(&long, &mut archive);
        }
        header(&name[..name.len().min(NAME_BYTES)], bytes.len(), b'0', &mut archive);
        content(bytes, &mut archive);
    }
    archive.extend_from_slice(&[0; 2 * BLOCK]);
    archive
}

/// Lower-case hexadecimal SHA-256 of the canonical archive.
#[must_use]
pub fn digest(package: &Package) -> String {
    sha256_hex(&write(package))
}

/// Reads a canonical archive back, under the same rules as an upload.
///
/// # Errors
/// When it is not one that [`write`] could have made.
pub fn read(archive: &[u8]) -> Result<Package, BundleError> {
    // What was accepted once stays readable, whatever names are passed over today.
    let mut collector = Collector::of_everything(Bounds::default());
    tape::read(archive, &mut collector)?;
    let package = collector.finish()?;
    if write(&package) != archive {
        return Err(BundleError::damaged("it is not in canonical form"));
    }
    Ok(package)
}

fn header(name: &[u8], size: usize, kind: u8, archive: &mut Vec<u8>) {
    let mut block = [0_u8; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block[263..265].copy_from_slice(b"00");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend_from_slice(&block);
}

fn content(bytes: &[u8], archive: &mut Vec<u8>) {
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capability::package::PackagePath;

    #[test]
    fn the_same_files_give_the_same_bytes_and_come_back() {
        let long = format!("{}/{}.py", "folder".repeat(12), "name".repeat(30));
        let files = [
            ("b.py", "print(1)\n".repeat(100)),
            ("a/empty.txt", String::new()),
            (long.as_str(), "x".to_owned()),
            ("venv", "kept".to_owned()),
        ];
        let package = Package {
            files: files.iter().map(|(path, text)| (PackagePath::parse(path).expect("a good path"), text.clone().into_bytes())).collect(),
        };
        let archive = write(&package);
        assert_eq!(archive, write(&package.clone()));
        assert_eq!(read(&archive).expect("readable"), package);
        assert_eq!(archive.len() % BLOCK, 0);
        // Recorded digests must stay valid for ever: this value may not change.
        assert_eq!(digest(&package), "2ab6d792af7425e7e4220776e20854f37731d9f0f8b717fdc7773ab015af5c31");
        assert!(matches!(read(&archive[..archive.len() - BLOCK]), Err(BundleError::Damaged { .. })));
    }
}
