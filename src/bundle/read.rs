//! An upload or a path as a package. What it is follows from its first bytes; the name only says which language a single
//! script is in.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::archive;
use super::collect::{Bounds, Collector};
use super::fault::BundleError;
use super::{folder, tape};
use crate::base::limit::PACKAGE_UPLOAD_BYTES;
use crate::domain::capability::Package;
use crate::domain::capability::package::PackagePath;

/// Largest single script, in bytes; larger ones are no scripts.
const SCRIPT_BYTES: usize = 4 << 20;

/// Reads an uploaded file: a script or an archive.
///
/// # Errors
/// Everything that breaks a rule; nothing was written then.
pub fn read_upload(file_name: &str, bytes: &[u8]) -> Result<Package, BundleError> {
    read_bounded(file_name, bytes, Bounds::default())
}

/// [`read_upload`] with other bounds.
pub(super) fn read_bounded(file_name: &str, bytes: &[u8], bounds: Bounds) -> Result<Package, BundleError> {
    if bytes.len() as u64 > PACKAGE_UPLOAD_BYTES {
        return Err(BundleError::Limit { what: "the upload has more bytes than", limit: PACKAGE_UPLOAD_BYTES, entry: None });
    }
    let mut collector = Collector::new(bounds);
    match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => archive::read_zip(bytes, &mut collector)?,
        [0x1f, 0x8b, ..] => archive::read_gzip(bytes, &mut collector)?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => archive::read_zstd(bytes, &mut collector)?,
        _ if archive::is_tar(bytes) => tape::read(bytes, &mut collector)?,
        [b'B', b'Z', b'h', ..] => return Err(BundleError::Unsupported { why: "bzip2 archives are not read: use gzip or zstd".to_owned() }),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            return Err(BundleError::Unsupported { why: "xz archives are not read: use gzip or zstd".to_owned() });
        }
        _ => return script(file_name, bytes, collector),
    }
    collector.finish_unwrapped()
}

/// A single script.
fn script(file_name: &str, bytes: &[u8], mut collector: Collector) -> Result<Package, BundleError> {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name).trim();
    // A manifest alone is a package too: the kinds that are declared rather than programmed need nothing else.
    let is_manifest = Path::new(name).extension().is_some_and(|end| end == "toml");
    let is_script = is_manifest
        || Path::new(name).extension().is_some_and(|end| end == "py" || end == "sh" || end == "bash")
        || bytes.starts_with(b"#!");
    if bytes.is_empty() {
        return Err(BundleError::Unsupported { why: format!("`{}` is empty", super::fault::shown(name.as_bytes())) });
    }
    if !is_script {
        let why = format!("`{}` is neither a .py or .sh script, a .toml manifest nor an archive", super::fault::shown(name.as_bytes()));
        return Err(BundleError::Unsupported { why });
    }
    if bytes.len() > SCRIPT_BYTES {
        return Err(BundleError::Limit {
            what: "a script has more bytes than",
            limit: SCRIPT_BYTES as u64,
            entry: Some(super::fault::shown(name.as_bytes())),
        });
    }
    let name = if is_manifest { "capability.toml" } else { name };
    let path = PackagePath::parse(name).map_err(|error| BundleError::entry(name.as_bytes(), error.why))?;
    collector.add(path, bytes.len() as u64, &mut &*bytes)?;
    collector.finish()
}

/// Reads a path: a script (with its sidecar, when there is one), an archive or a folder.
///
/// # Errors
/// Everything that breaks a rule, and what the system refuses.
pub fn read_path(path: &Path) -> Result<Package, BundleError> {
    let local = |source| BundleError::Local { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(local)?;
    if metadata.is_dir() {
        return folder::read(path, Bounds::default());
    }
    if !metadata.is_file() {
        return Err(BundleError::Unsupported { why: format!("{} is neither a file nor a folder", path.display()) });
    }
    let bytes = whole(path, PACKAGE_UPLOAD_BYTES)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut package = read_upload(&name, &bytes)?;
    let is_script = package.files.len() == 1 && package.files.keys().any(|known| known.as_str() == name);
    for end in ["execgov.toml", "execgov.json"] {
        let beside = path.with_extension(end);
        if is_script && beside.is_file() {
            let name = beside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let inner = PackagePath::parse(&name).map_err(|error| BundleError::entry(name.as_bytes(), error.why))?;
            package.files.insert(inner, whole(&beside, SCRIPT_BYTES as u64)?);
        }
    }
    Ok(package)
}

fn whole(path: &Path, limit: u64) -> Result<Vec<u8>, BundleError> {
    let local = |source| BundleError::Local { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(local)?.take(limit + 1).read_to_end(&mut bytes).map_err(local)?;
    if bytes.len() as u64 > limit {
        return Err(BundleError::Limit { what: "the file has more bytes than", limit, entry: Some(path.display().to_string()) });
    }
    Ok(bytes)
}
