//! The command line: words to calls, answers to text. Decides no rule of the product.
//!
//! `arguments` is the tree of commands, `start` the way from the words to the exit code. One file per noun holds its commands;
//! the others are how all of them speak: `output`, `table`, `failure`, `exit`, `language`, `safe`.

mod announcements;
mod api_call;
mod approvals;
mod arguments;
mod artifacts;
mod audit;
mod audit_keeping;
mod capabilities;
mod checklist;
mod community;
mod configuration;
mod contexts;
mod differences;
mod doctor;
mod evidence;
mod exit;
mod explain;
mod failure;
mod follow;
mod freezes;
mod groups;
mod help;
mod input_flags;
mod invocation;
mod language;
mod login;
mod openapi;
mod output;
mod packing;
mod program;
mod progress;
mod receipts;
mod register;
mod resources;
mod rules;
mod run;
mod runs;
mod runtimes;
mod safe;
mod secrets;
mod show;
mod start;
mod storage;
mod table;
mod templates;
mod tokens;
mod users;
mod vault;
mod webhooks;

pub use exit::Exit;
pub use start::{Programs, main};
