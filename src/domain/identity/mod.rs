//! People and how they prove who they are: users, passwords, sessions, tokens, the first set-up, and the pace of guessing.

pub mod governance;
pub mod password;
pub mod preferences;
pub mod secret;
pub mod session;
pub mod throttle;
pub mod token;
pub mod user;
pub mod username;

pub use governance::Governance;
pub use password::{Password, PasswordError};
pub use preferences::{Density, Language, Preferences, Theme};
pub use secret::{Digest, Secret};
pub use session::Session;
pub use throttle::{Pace, Throttle};
pub use token::{Token, TokenState};
pub use user::{User, UserError, UserState};
pub use username::{Username, UsernameError};
