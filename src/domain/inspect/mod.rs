//! stub
use crate::base::fault::*;
use crate::domain::capability::*;
use serde_json::{Map, Value};
pub struct Inspection {
    pub manifest: Manifest,
}
pub fn inspect(_p: &Package, _n: &str) -> Result<Inspection, Fault> {
    Err(BUG.fault("x"))
}
pub fn provenance_json(_i: &Inspection) -> Map<String, Value> {
    Map::new()
}
pub fn checklist_json(_i: &Inspection) -> Value {
    Value::Null
}
pub fn notes_json(_i: &Inspection) -> Value {
    Value::Null
}
