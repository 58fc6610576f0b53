//! Blocks of addresses, as reverse proxies are named. Only the arithmetic.

use std::net::IpAddr;

/// A block of addresses, such as `10.0.0.0/8`; a single address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    address: IpAddr,
    bits: u32,
}

impl Block {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |bits| bits.parse().ok().filter(|bits| *bits <= width))?;
        Some(Self { address, bits })
    }

    /// Whether the block has this address; an IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => shifted(u128::from(u32::from(mine)) ^ u128::from(u32::from(other)), 32 - self.bits),
            (IpAddr::V6(mine), IpAddr::V6(other)) => shifted(u128::from(mine) ^ u128::from(other), 128 - self.bits),
            _ => false,
        }
    }
}

/// Whether nothing differs above the lowest `bits` bits.
fn shifted(difference: u128, bits: u32) -> bool {
    difference.checked_shr(bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_they_say() {
        for (block, address, held) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("::1", "::1", true),
            ("fd00::/8", "fd12::1", true),
            ("::/0", "2001:db8::1", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ] {
            let parsed = Block::parse(block).expect(block);
            assert_eq!(parsed.contains(address.parse().expect(address)), held, "{block} {address}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "localhost", "::/129", "10.0.0.0/-1"] {
            assert!(Block::parse(bad).is_none(), "{bad}");
        }
    }
}
