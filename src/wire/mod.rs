//! The shapes of the HTTP API. Unknown request fields are refused; times are RFC 3339 UTC; ids are text with a type prefix.

pub mod access;
pub mod announcement;
pub mod approval;
pub mod audit;
pub mod calendar;
pub mod capability;
pub mod community;
pub mod freeze;
pub mod group;
pub mod identity;
pub mod openapi;
pub mod page;
pub mod policy;
pub mod resource;
pub mod review;
pub mod run;
pub mod secret;
pub mod space;
pub mod system;
pub mod template;
pub mod tenant;
pub mod vault;
pub mod webhook;
