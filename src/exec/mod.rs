//! stub
pub mod collect {
    use crate::domain::capability::Limits;
    use std::os::fd::OwnedFd;
    pub enum Output {
        File { name: String, file: std::fs::File, bytes: u64 },
        Skipped { name: String, why: String },
    }
    pub fn outputs(_w: &OwnedFd, _l: &Limits) -> std::io::Result<Vec<Output>> {
        Ok(vec![])
    }
    pub fn result(_w: &OwnedFd, _cap: u64) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}
use crate::domain::{
    capability::Manifest,
    ids::RunId,
    run::{Isolation, StartMode, Usage},
};
use std::{future::Future, os::fd::OwnedFd, path::PathBuf, pin::Pin};
pub struct InputFile {
    pub name: String,
    pub path: PathBuf,
}
pub struct LaunchSpec {
    pub run: RunId,
    pub attempt: u32,
    pub manifest: Manifest,
    pub package_dir: PathBuf,
    pub inputs: serde_json::Map<String, serde_json::Value>,
    pub input_files: Vec<InputFile>,
    pub start: StartMode,
    pub env: Vec<(String, String)>,
    pub secrets: Vec<(String, Vec<u8>)>,
}
#[derive(Clone)]
pub struct KillHandle;
impl KillHandle {
    pub fn now(&self) {}
    pub fn terminate(&self) {}
}
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ExitCause {
    Normal,
    Killed,
    CpuLimit,
    MemoryLimit,
    SpawnerLost,
}
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub cause: ExitCause,
    pub usage: Usage,
    pub work: Option<OwnedFd>,
}
pub struct Running {
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
    pub isolation: Isolation,
    pub start: StartMode,
    pub interpreter: String,
    pub kill: KillHandle,
    pub exit: Pin<Box<dyn Future<Output = Exit> + Send>>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ExecError;
#[derive(Clone)]
pub struct Spawner;
impl Spawner {
    pub fn interpreter_for(&self, _m: &Manifest) -> Result<String, String> {
        Ok(String::new())
    }
    pub async fn launch(&self, _s: LaunchSpec) -> Result<Running, ExecError> {
        Err(ExecError)
    }
}
