//! stopgap, replaced by the inspect part
use crate::base::fault::*;
use crate::domain::capability::{Package, package::PackagePath};
use std::io::Read;
use std::path::Path;
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BundleError(String);
impl From<BundleError> for Fault {
    fn from(e: BundleError) -> Self {
        Code::new("EG-PKG-001", Class::User, "The upload cannot be used").fault(e.0)
    }
}
fn err(e: impl std::fmt::Display) -> BundleError {
    BundleError(e.to_string())
}
pub fn read_upload(name: &str, bytes: &[u8]) -> Result<Package, BundleError> {
    if name.ends_with(".tar") {
        return canonical::read(bytes);
    }
    Ok(Package::single(PackagePath::parse(name).map_err(err)?, bytes.to_vec()))
}
pub fn unpack_to(p: &Package, d: &Path) -> Result<(), BundleError> {
    use std::os::unix::fs::PermissionsExt;
    let tmp = tempfile::Builder::new().prefix(".new-").tempdir_in(d.parent().unwrap_or(Path::new("."))).map_err(err)?;
    std::fs::set_permissions(tmp.path(), std::fs::Permissions::from_mode(0o755)).map_err(err)?;
    for (path, bytes) in &p.files {
        let to = tmp.path().join(path.as_str());
        if let Some(dir) = to.parent() {
            std::fs::create_dir_all(dir).map_err(err)?;
            let mut at = dir;
            while at != tmp.path() {
                std::fs::set_permissions(at, std::fs::Permissions::from_mode(0o755)).map_err(err)?;
                at = at.parent().unwrap_or(tmp.path());
            }
        }
        std::fs::write(&to, bytes).map_err(err)?;
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o644)).map_err(err)?;
    }
    std::fs::rename(tmp.keep(), d).map_err(err)
}
pub mod canonical {
    use super::*;
    pub fn write(p: &Package) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in &p.files {
            let mut h = tar::Header::new_ustar();
            h.set_size(bytes.len() as u64);
            h.set_mode(0o644);
            h.set_cksum();
            let _ = tar.append_data(&mut h, path.as_str(), bytes.as_slice());
        }
        tar.into_inner().unwrap_or_default()
    }
    pub fn read(b: &[u8]) -> Result<Package, BundleError> {
        let mut p = Package::default();
        for e in tar::Archive::new(b).entries().map_err(err)? {
            let mut e = e.map_err(err)?;
            let path = PackagePath::parse(&e.path().map_err(err)?.to_string_lossy()).map_err(err)?;
            let mut v = vec![];
            e.read_to_end(&mut v).map_err(err)?;
            p.files.insert(path, v);
        }
        Ok(p)
    }
}
