//! The header of PROXY protocol version 2 (haproxy.org, proxy-protocol.txt, section 2.2).

use std::net::{IpAddr, SocketAddr};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, a connection on somebody's behalf.
const PROXY: u8 = 0x21;
/// Families of addresses, beside which stands what they carry.
const IPV4: u8 = 0x10;
const IPV6: u8 = 0x20;

/// What the addresses of a header carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    /// TCP.
    Stream = 1,
    /// UDP.
    Datagrams = 2,
}

/// The header of what is carried from `client` to `target`, which ends with these values ([`crate::headers::values`]).
pub(super) fn header(carried: Carried, client: SocketAddr, target: SocketAddr, values: &[u8]) -> Vec<u8> {
    let (family, mut addresses) = match (client.ip(), target.ip()) {
        (IpAddr::V4(client), IpAddr::V4(target)) => (IPV4, [client.octets(), target.octets()].concat()),
        (client, target) => (IPV6, [octets(client), octets(target)].concat()),
    };
    addresses.extend([client.port(), target.port()].map(u16::to_be_bytes).concat());
    let length = u16::try_from(addresses.len() + values.len()).unwrap_or(u16::MAX);
    [&SIGNATURE[..], &[PROXY, family | carried as u8], &length.to_be_bytes(), &addresses, values].concat()
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_addresses_and_then_what_it_tells() {
        let client = "10.0.0.5:50000".parse().unwrap();
        let target = "10.0.1.9:443".parse().unwrap();
        let header = |values| header(Carried::Stream, client, target, values);
        let plain = header(b"");
        assert_eq!(plain[..16], *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c");
        assert_eq!(plain[16..], [10, 0, 0, 5, 10, 0, 1, 9, 0xc3, 0x50, 1, 0xbb]);
        let told = header(b"\xe1\x00\x06\x01vpc-1");
        assert_eq!(told[14..16], [0, 12 + 9]);
        assert_eq!(told[28..], *b"\xe1\x00\x06\x01vpc-1");
    }

    #[test]
    fn it_says_in_which_family_and_whether_datagrams_follow() {
        let four = ["10.0.0.5:50000", "10.0.1.9:443"].map(|end| end.parse().unwrap());
        let six = ["[fd00::5]:50000", "[fd00::9]:443"].map(|end| end.parse().unwrap());
        let header = |carried, [client, target]: [SocketAddr; 2]| header(carried, client, target, &[]);
        assert_eq!(header(Carried::Datagrams, four)[12..16], [0x21, 0x12, 0, 12]);
        assert_eq!(header(Carried::Datagrams, six)[12..16], [0x21, 0x22, 0, 36]);
        let stream = header(Carried::Stream, six);
        assert_eq!((stream.len(), &stream[12..16]), (16 + 36, &[0x21, 0x21, 0, 36][..]));
        assert_eq!((stream[16], stream[31], stream[47]), (0xfd, 5, 9));
        assert_eq!(stream[48..], [0xc3, 0x50, 1, 0xbb]);
    }
}
