//! The header of PROXY protocol version 2 (haproxy.org, proxy-protocol.txt, section 2.2).

use std::net::{IpAddr, SocketAddr};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, a connection on somebody's behalf.
const PROXY: u8 = 0x21;
/// Families of addresses, beside which stands what they carry.
const IPV4: u8 = 0x10;
const IPV6: u8 = 0x20;
/// Type of the cloud's own values.
const CLOUD: u8 = 0xe1;

/// What the addresses of a header carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    /// TCP.
    Stream = 1,
    /// UDP.
    Datagrams = 2,
}

/// What a value of the cloud's own tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The client's VPC.
    Vpc = 1,
    /// The endpoint that the connection came through.
    Endpoint = 2,
    /// The service of that endpoint.
    Service = 3,
}

/// The header of what is carried from `client` to `target`, which tells these ids (at most 250 bytes each).
pub(super) fn header(
    carried: Carried,
    client: SocketAddr,
    target: SocketAddr,
    values: &[(Subject, String)],
) -> Vec<u8> {
    let mut tail = Vec::new();
    for (subject, id) in values {
        let Ok(length) = u16::try_from(id.len() + 1) else { continue };
        tail.push(CLOUD);
        tail.extend(length.to_be_bytes());
        tail.push(*subject as u8);
        tail.extend(id.as_bytes());
    }
    let (family, mut addresses) = match (client.ip(), target.ip()) {
        (IpAddr::V4(client), IpAddr::V4(target)) => (IPV4, [client.octets(), target.octets()].concat()),
        (client, target) => (IPV6, [octets(client), octets(target)].concat()),
    };
    addresses.extend([client.port(), target.port()].map(u16::to_be_bytes).concat());
    let length = u16::try_from(addresses.len() + tail.len()).unwrap_or(u16::MAX);
    [&SIGNATURE[..], &[PROXY, family | carried as u8], &length.to_be_bytes(), &addresses, &tail].concat()
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
        let header = |values: &[_]| header(Carried::Stream, client, target, values);
        let plain = header(&[]);
        assert_eq!(plain[..16], *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c");
        assert_eq!(plain[16..], [10, 0, 0, 5, 10, 0, 1, 9, 0xc3, 0x50, 1, 0xbb]);
        let values = [(Subject::Vpc, "vpc-1".into()), (Subject::Endpoint, "ep-12".into())];
        let told = header(&values);
        assert_eq!(told[14..16], [0, 12 + 18]);
        assert_eq!(told[28..], *b"\xe1\x00\x06\x01vpc-1\xe1\x00\x06\x02ep-12");
        assert_eq!(header(&[(Subject::Service, String::new())])[28..], [0xe1, 0, 1, 3]);
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
