//! The vault: keys that seal values, secrets that people manage, and who may use them for what.
//!
//! Nothing here holds a value in the clear for longer than a call.

mod drill;
mod header;
mod keyring;
mod need;
mod origin;
mod secret;
mod value;

pub use drill::Drill;
pub use header::{Method, Recovery, VaultHeader, WrappedKey};
pub use keyring::Keyring;
pub use need::{Delivery, SecretNeed, SecretUse, SourceRead};
pub use origin::{Origin, OriginError};
pub use secret::{
    DESCRIPTION_CHARS, GRANTS_MOST, Grant, GrantTo, MASKABLE_BYTES, OWNER_CHARS, Secret, SecretName, SecretNameError, SecretVersion,
    VALUE_BYTES_MOST, VERSIONS_MOST,
};
pub use value::SealedValue;
