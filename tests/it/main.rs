//! The one integration-test binary: each module drives the real program or checks the tree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod layers;
