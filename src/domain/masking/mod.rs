//! Masking: what was handed out in secret is taken out of everything a run says, in whatever spelling it says it.
//!
//! What is found is replaced whole, by a remark that names the secret and shows nothing of it. What cannot be found: a value
//! that was reversed, encrypted, hashed, spread over other characters or re-encoded twice.

mod beginnings;
mod forms;
mod masker;
mod stream;

pub use masker::{Masker, TooManySpellings};
pub use stream::Masking;
