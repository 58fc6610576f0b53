//! Bounds that hold everywhere, in one place so that documentation and checks agree.

/// Largest JSON request body, in bytes.
pub const JSON_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Deepest nesting accepted in a JSON request body.
pub const JSON_DEPTH: usize = 64;
/// Values in a JSON request body, at most: lists and objects count, and so does what is in them.
pub const JSON_VALUES: usize = 100_000;
/// Largest package upload, in bytes, before unpacking.
pub const PACKAGE_UPLOAD_BYTES: u64 = 64 * 1024 * 1024;
/// Largest single uploaded input file, in bytes.
pub const INPUT_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Rows in one page of a list, at most.
pub const PAGE_ROWS: usize = 200;
/// Rows in one page of a list, unless asked otherwise.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Longest free text a person may attach (comments, reasons), in characters.
pub const COMMENT_CHARS: usize = 2_000;
