//! The one integration-test binary: each module drives the real program or checks the tree.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::pedantic,
    clippy::type_complexity,
    clippy::manual_is_multiple_of,
    reason = "tests read as data and may fail loudly"
)]

mod access;
mod announcements;
mod appliance;
mod approvals;
mod attempts;
mod audit;
mod backup;
mod bypass;
mod calendars;
mod cli;
mod click;
mod community;
mod connections;
mod consents;
mod coverage;
mod crash;
mod explorer;
mod forward;
mod freezes;
mod groups;
mod http_capabilities;
mod identity;
mod installer;
mod layers;
mod ledger;
mod logs;
mod onboarding;
mod openapi;
mod pages;
mod person;
mod policy;
mod properties;
mod raw;
mod reflect;
mod resources;
mod retention;
mod reviews;
mod runs;
mod samples;
mod sandbox;
mod serve;
mod signin;
mod stopping;
mod streams;
mod templates;
mod tenants;
mod uploads;
mod vault;
