//! `ExecGov` as a library: one module per layer, lowest first.
//!
//! A module may name only modules above it in this list (see `tests/it/layers.rs`, which checks it).
//! The binary in `main.rs` does nothing but call [`app::main`].

pub mod base;

pub mod crypto;

pub mod domain;

pub mod bundle;
pub mod conf;
pub mod exec;
pub mod store;
pub mod wire;

pub mod client;
pub mod service;

pub mod engine;

pub mod api;

pub mod cli;

pub mod app;
