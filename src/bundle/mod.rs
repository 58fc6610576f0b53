//! stub
use crate::base::fault::*;
use crate::domain::capability::Package;
use std::path::Path;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct BundleError;
impl From<BundleError> for Fault {
    fn from(_e: BundleError) -> Self {
        BUG.fault("x")
    }
}
pub fn read_upload(_n: &str, _b: &[u8]) -> Result<Package, BundleError> {
    Err(BundleError)
}
pub fn unpack_to(_p: &Package, _d: &Path) -> Result<(), BundleError> {
    Ok(())
}
pub mod canonical {
    use super::*;
    pub fn write(_p: &Package) -> Vec<u8> {
        vec![]
    }
    pub fn read(_b: &[u8]) -> Result<Package, BundleError> {
        Err(BundleError)
    }
}
