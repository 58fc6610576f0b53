//! The one integration-test binary: each module drives the real program or checks the tree.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod appliance;
mod audit;
mod backup;
mod connections;
mod crash;
mod installer;
mod layers;
mod ledger;
mod onboarding;
mod logs;
mod openapi;
mod pages;
mod person;
mod runs;
mod sandbox;
mod serve;
