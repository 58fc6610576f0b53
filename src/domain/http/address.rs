//! Which addresses a resource may be at: everything public, and of the rest only what an administrator listed.
//!
//! Ranges are those of the IANA special-purpose registries (RFC 6890 and its successors). An IPv6 address that carries an
//! IPv4 address is judged by the one it carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

const RANGES_V4: [(Ipv4Net, &str); 14] = [
    (v4(0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 8), "private"),
    (v4(100, 64, 0, 10), "shared by a carrier"),
    (v4(127, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 16), "link-local"),
    (v4(172, 16, 0, 12), "private"),
    (v4(192, 0, 0, 24), "reserved"),
    (v4(192, 0, 2, 24), "documentation"),
    (v4(192, 88, 99, 24), "reserved"),
    (v4(192, 168, 0, 16), "private"),
    (v4(198, 18, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 24), "documentation"),
    (v4(203, 0, 113, 24), "documentation"),
    (v4(224, 0, 0, 3), "multicast or reserved"),
];

const RANGES_V6: [(Ipv6Net, &str); 9] = [
    (v6(0x64, 0xff9b, 1, 48), "translation"),
    (v6(0x100, 0, 0, 64), "discard-only"),
    (v6(0x2001, 0, 0, 23), "reserved"),
    (v6(0x2001, 0xdb8, 0, 32), "documentation"),
    (v6(0x3fff, 0, 0, 20), "documentation"),
    (v6(0xfc00, 0, 0, 7), "private"),
    (v6(0xfe80, 0, 0, 10), "link-local"),
    (v6(0xfec0, 0, 0, 10), "private"),
    (v6(0xff00, 0, 0, 8), "multicast"),
];

/// Why an address is not reached unless it is listed; `None` for public ones.
#[must_use]
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => RANGES_V4.iter().find(|(range, _)| range.contains(&address)).map(|(_, what)| *what),
        IpAddr::V6(address) => match carried(address) {
            Some(inner) => forbidden(IpAddr::V4(inner)).or(Some("an IPv4 address in disguise")),
            None if address.is_loopback() => Some("loopback"),
            None if address.is_unspecified() => Some("this network"),
            None => RANGES_V6.iter().find(|(range, _)| range.contains(&address)).map(|(_, what)| *what),
        },
    }
}

/// The IPv4 address inside: mapped, compatible, translated (RFC 6052) or 6to4 (RFC 3056).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let last = || {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some(last()),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(last()),
        [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

/// An address or range that a resource may be at although it is not public: `10.1.0.0/16`, `127.0.0.1:8080`, `[fd00::1]:443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRule {
    net: IpNet,
    /// Only this port; every port when absent.
    port: Option<u16>,
}

impl AddressRule {
    #[must_use]
    pub fn allows(&self, address: IpAddr, port: u16) -> bool {
        self.net.contains(&address) && self.port.is_none_or(|only| only == port)
    }
}

/// Text that is no address rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address or a range such as 10.1.2.3, 10.1.0.0/16, 10.1.2.3:8443 or [fd00::1]:443")]
pub struct AddressRuleError(pub String);

impl std::str::FromStr for AddressRule {
    type Err = AddressRuleError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = |net: IpNet, port| Self { net: net.trunc(), port };
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(whole(net, None));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(whole(address.into(), None));
        }
        if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
            return Ok(whole(socket.ip().into(), Some(socket.port())));
        }
        Err(AddressRuleError(text.chars().take(80).collect()))
    }
}

/// Whether an address may be reached: public, or listed. An address of this very host counts as not public.
///
/// # Errors
/// What it is, in one word or two.
pub fn check(address: IpAddr, port: u16, listed: &[AddressRule], own: bool) -> Result<(), &'static str> {
    // What is listed is meant as it is written: an IPv4 address in disguise is not what was listed.
    if listed.iter().any(|rule| rule.allows(address, port)) {
        return Ok(());
    }
    forbidden(address).or(own.then_some("an address of this host")).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_free() {
        for bad in [
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "64:ff9b::7f00:1",
            "::127.0.0.1",
            "::ffff:8.8.8.8",
            "2002:7f00:1::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:0:127.0.0.1",
        ] {
            assert!(forbidden(bad.parse().expect(bad)).is_some(), "{bad}");
        }
        for good in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert_eq!(forbidden(good.parse().expect(good)), None, "{good}");
        }
    }

    #[test]
    fn what_is_listed_is_meant_as_written() {
        let check = |rule: &str, address: &str, port: u16, expected: bool| {
            let rule: AddressRule = rule.parse().expect("a rule");
            assert_eq!(rule.allows(address.parse().expect("an address"), port), expected, "{address}:{port}");
        };
        check("127.0.0.1", "127.0.0.1", 80, true);
        check("127.0.0.1:8080", "127.0.0.1", 80, false);
        check("127.0.0.1:8080", "127.0.0.1", 8080, true);
        check("10.1.0.0/16", "10.1.2.3", 1, true);
        check("10.1.2.3/16", "10.1.9.9", 1, true);
        check("[fd00::1]:443", "fd00::1", 443, true);
        check("127.0.0.1", "::ffff:127.0.0.1", 80, false);
        for bad in ["", "localhost", "10.0.0.0/33", "1.2.3", "*", "10.0.0.1:99999"] {
            assert!(bad.parse::<AddressRule>().is_err(), "{bad}");
        }
        assert_eq!(super::check("9.9.9.9".parse().expect("address"), 443, &[], true), Err("an address of this host"));
    }
}
