//! Who is at the other end of a request, as far as the connection tells: the address, and whether it is encrypted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::conf::Block;

/// One end of a TCP connection; the server puts it into every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub tls: bool,
}

impl Default for Peer {
    fn default() -> Self {
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), tls: false }
    }
}

/// The client of a request, seen through trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    pub source: IpAddr,
    /// Whether the client's own connection was encrypted.
    pub secure: bool,
}

/// The id of a request: in the answer's `x-request-id`, in problems, in audit events.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl Client {
    /// Reads `X-Forwarded-For` from its right end, for as long as the speaker is trusted.
    #[must_use]
    pub fn of(peer: Peer, headers: &HeaderMap, trusted: &[Block]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
        let mut source = peer.address.ip().to_canonical();
        if !is_trusted(source) {
            return Self { source, secure: peer.tls };
        }
        let forwarded: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        for hop in forwarded.iter().rev() {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            source = address.to_canonical();
            if !is_trusted(source) {
                break;
            }
        }
        let secure = headers.get("x-forwarded-proto").map_or(peer.tls, |proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
        Self { source, secure }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_else(|| Self::of(Peer::default(), &HeaderMap::new(), &[])))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(String::new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<Block> = ["10.0.0.0/8"].iter().filter_map(|text| Block::parse(text)).collect();
        for (peer, forwarded, proto, source, secure) in [
            ("192.0.2.1", "203.0.113.5", "https", "192.0.2.1", false),
            ("10.0.0.1", "203.0.113.5", "https", "203.0.113.5", true),
            ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "http", "203.0.113.5", false),
            ("10.0.0.1", "203.0.113.5, junk", "https", "10.0.0.1", true),
            ("10.0.0.1", "", "", "10.0.0.1", false),
            ("::ffff:10.0.0.1", "203.0.113.5", "https", "203.0.113.5", true),
        ] {
            let mut headers = HeaderMap::new();
            if !proto.is_empty() {
                headers.insert("x-forwarded-for", forwarded.parse().expect("header"));
                headers.insert("x-forwarded-proto", proto.parse().expect("header"));
            }
            let peer = Peer { address: SocketAddr::new(peer.parse().expect("address"), 1), tls: false };
            let client = Client::of(peer, &headers, &trusted);
            assert_eq!((client.source.to_string().as_str(), client.secure), (source, secure), "{forwarded}");
        }
    }
}
