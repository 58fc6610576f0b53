//! The address of a resource: which texts are accepted as one.

use url::{Host, Url};

/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Url, String> {
    let shown: String = text.chars().take(120).collect();
    // The parser drops tabs and line feeds and reads `\` as `/`: what it repairs is refused before it looks.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || !c.is_ascii()) {
        return Err(
            "must be written in ASCII without blanks, control characters and `\\`; write an international name in its xn-- form".to_owned()
        );
    }
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(format!("`{shown}` must begin with http:// or https://"));
    }
    let url = Url::parse(text).map_err(|error| format!("`{shown}` is not an address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err("must not have a user or password in it: name a credential instead".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment".to_owned());
    }
    // What the parser makes of the path must be what was written.
    let after = text.split_once("://").map_or("", |(_, after)| after);
    let path = after.find('/').map_or("", |at| &after[at..]);
    if after.starts_with('/') || path.contains("//") || path.contains('%') || !(path.is_empty() || path == url.path()) {
        return Err("must have a plain path".to_owned());
    }
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() && !name.ends_with('.') && name.len() <= 253 => Ok(url),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(url),
        _ => Err(format!("`{shown}` has no usable host")),
    }
}

/// `host`, or `host:port` when it is not the usual one.
#[must_use]
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_accepted() {
        for bad in [
            "file:///etc/passwd",
            "gopher://a",
            "ftp://a",
            "unix:/x",
            "data:,x",
            "jar:http://a",
            "http://a@b",
            "http://a#@b",
            "http://a\\@b",
            "http://a\tb",
            "http://a\nb",
            "http://a b",
            "http://\u{430}pple.com",
            "http://a?b",
            "http://a#b",
            "http://a:b@c",
            "//a",
            "a",
            "",
            "http://",
            "http:///x",
            "https://a/%2e%2e/",
            "http://a:99999",
            "javascript:alert(1)",
            "http://a.",
            "https://a//b",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        for (good, host) in [
            ("https://erp.example.com", "erp.example.com"),
            ("https://erp.example.com:8443/api", "erp.example.com:8443"),
            ("HTTP://Erp.Example.com/", "erp.example.com"),
            ("http://127.1", "127.0.0.1"),
            ("http://0x7f000001", "127.0.0.1"),
            ("http://2130706433", "127.0.0.1"),
            ("http://0177.0.0.1", "127.0.0.1"),
            ("http://[::ffff:7f00:1]", "[::ffff:7f00:1]"),
        ] {
            assert_eq!(parse(good).map(|url| host_of(&url)), Ok(host.to_owned()), "{good}");
        }
    }
}
