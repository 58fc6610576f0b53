//! Answers read within bounds: bytes on the wire, bytes after decompression, and the ratio of the two.

use std::io::Read as _;

use flate2::read::{GzDecoder, ZlibDecoder};
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::fault::Problem;

/// How much an answer may grow when it is decompressed.
const RATIO: u64 = 200;
/// Small answers may grow more: so many bytes are always allowed.
const FREE: u64 = 1 << 20;

/// Reads the whole answer.
///
/// # Errors
/// When it is larger than allowed, grows too much, breaks off, or is encoded in another way than gzip or deflate.
pub(super) async fn read(mut answer: Response, limit: u64) -> Result<Vec<u8>, Problem> {
    let encoding =
        answer.headers().get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase());
    let known = answer.content_length().unwrap_or(0);
    if known > limit {
        return Err(Problem::TooLarge { limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(known.min(64 * 1024)).unwrap_or(0));
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| Problem::Unreachable(format!("the answer broke off: {}", super::send::plainly(&error))))?
    {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(Problem::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(bytes),
        Some("gzip" | "x-gzip") => inflate(GzDecoder::new(bytes.as_slice()), bytes.len() as u64, limit),
        Some("deflate") => inflate(ZlibDecoder::new(bytes.as_slice()), bytes.len() as u64, limit),
        Some(other) => Err(Problem::BadAnswer(format!(
            "the answer is encoded as `{}`, which was not asked for",
            other.chars().take(40).collect::<String>()
        ))),
    }
}

fn inflate(from: impl std::io::Read, packed: u64, limit: u64) -> Result<Vec<u8>, Problem> {
    let most = limit.min(packed.saturating_mul(RATIO).max(FREE));
    let mut bytes = Vec::new();
    let read = from.take(most + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > most {
        return Err(if most == limit { Problem::TooLarge { limit } } else { Problem::Bomb { ratio: RATIO } });
    }
    read.map_err(|_| Problem::BadAnswer("the compressed answer is broken".to_owned()))?;
    Ok(bytes)
}
