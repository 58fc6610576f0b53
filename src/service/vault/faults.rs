//! What can go wrong with the vault's keys, as people are told. No text here repeats what was given.

use crate::base::fault::{Class, Code, Fault};

pub const NO_VAULT: Code = Code::new("EG-VLT-001", Class::Conflict, "The vault is not set up");
pub const SEALED: Code = Code::new("EG-VLT-002", Class::Conflict, "The vault is sealed");
pub const EXISTS: Code = Code::new("EG-VLT-003", Class::Conflict, "The vault is set up already");
pub const WRONG_PASSPHRASE: Code = Code::new("EG-VLT-004", Class::Denied, "The passphrase does not open the vault");
pub const THROTTLED: Code = Code::new("EG-VLT-005", Class::Busy, "Too many attempts to open the vault");
pub const BAD_METHOD: Code = Code::new("EG-VLT-006", Class::User, "The master key cannot be kept so");
pub const BAD_RECIPIENT: Code = Code::new("EG-VLT-007", Class::User, "Not a recovery recipient");
/// The key file or the credential is missing, cannot be read, or holds another key.
pub const KEY_UNUSABLE: Code = Code::new("EG-VLT-008", Class::Conflict, "The master key cannot be used");
pub const DAMAGED: Code = Code::new("EG-VLT-009", Class::Integrity, "A sealed value does not open");
pub const WRONG_RECOVERY: Code = Code::new("EG-VLT-010", Class::Denied, "The recovery key does not open the vault");
pub const BAD_PASSPHRASE: Code = Code::new("EG-VLT-011", Class::User, "The passphrase cannot be chosen");
pub const ROTATING: Code = Code::new("EG-VLT-012", Class::Conflict, "A rotation is under way");

pub fn no_vault() -> Fault {
    NO_VAULT
        .fault("the vault is not set up: no secret can be stored or used")
        .hint("A platform administrator sets it up: execgov vault init")
}

pub fn sealed() -> Fault {
    SEALED
        .fault("the vault is sealed: secrets cannot be stored or used, and runs that need one wait")
        .hint("A platform administrator opens it: execgov vault unseal")
}

pub fn damaged() -> Fault {
    DAMAGED
        .fault("a sealed value does not open: it was changed, or does not belong where it lies")
        .hint("Set the secret anew; find out who could write to the data directory, and run `execgov store check`.")
}
