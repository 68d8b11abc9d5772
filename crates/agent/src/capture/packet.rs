//! What a frame says in its headers, pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The headers of an IP packet. Of fragments but the first, and of protocols without ports, the ports are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The number of what it speaks.
    pub protocol: u8,
    /// Who sends it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// Of a TCP segment.
    pub flags: Option<u8>,
}

/// What an IP header says, and what follows it.
struct Ip<'a> {
    protocol: u8,
    from: IpAddr,
    to: IpAddr,
    /// A fragment, but not the first.
    is_later: bool,
    body: &'a [u8],
}

/// Size of an Ethernet header.
pub(crate) const ETHERNET: usize = 14;
/// Size of an IPv6 header.
pub(crate) const IPV6: usize = 40;
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Headers that stand between IPv6's and the transport's (RFC 8200, section 4).
pub(crate) const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const OPTIONS: u8 = 60;

impl Packet {
    /// What is in a frame; `None` = no IP, or not whole.
    pub fn of(frame: &[u8]) -> Option<Self> {
        Self::with_body(frame).map(|(packet, _)| packet)
    }

    /// The same, and what follows the IP header.
    pub(crate) fn with_body(frame: &[u8]) -> Option<(Self, &[u8])> {
        let rest = frame.get(ETHERNET..)?;
        let Ip { protocol, from, to, is_later, body } = match frame.get(12..ETHERNET)? {
            [0x08, 0x00] => ipv4(rest)?,
            [0x86, 0xdd] => ipv6(rest)?,
            _ => return None,
        };
        let ports = [TCP, UDP].contains(&protocol) && !is_later;
        let port = |at| if ports { word(body, at) } else { Some(0) };
        let packet = Self {
            protocol,
            from: SocketAddr::new(from, port(0)?),
            to: SocketAddr::new(to, port(2)?),
            flags: if ports && protocol == TCP { Some(*body.get(13)?) } else { None },
        };
        Some((packet, body))
    }

    /// Its flags in the letters that tcpdump prints: `S`, `S.`, `F.`, `R`, `P.`, `.`.
    pub fn letters(&self) -> Option<String> {
        let letters = [(2, 'S'), (1, 'F'), (4, 'R'), (8, 'P'), (32, 'U'), (16, '.')];
        let flags = self.flags?;
        Some(letters.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| letter).collect())
    }
}

fn ipv4(ip: &[u8]) -> Option<Ip<'_>> {
    let length = usize::from(ip.first()? & 0x0f) * 4;
    let address = |at| Some(Ipv4Addr::from(*ip.get(at..)?.first_chunk::<4>()?).into());
    Some(Ip {
        protocol: *ip.get(9)?,
        from: address(12)?,
        to: address(16)?,
        is_later: word(ip, 6)? & 0x1fff != 0,
        body: ip.get(length..)?,
    })
}

fn ipv6(ip: &[u8]) -> Option<Ip<'_>> {
    let address = |at| Some(Ipv6Addr::from(*ip.get(at..)?.first_chunk::<16>()?).into());
    let (from, to) = (address(8)?, address(24)?);
    let (mut protocol, mut body, mut is_later) = (*ip.get(6)?, ip.get(IPV6..)?, false);
    while let (false, HOP_BY_HOP | ROUTING | FRAGMENT | OPTIONS) = (is_later, protocol) {
        is_later = protocol == FRAGMENT && word(body, 2)? & 0xfff8 != 0;
        let length = if protocol == FRAGMENT { 8 } else { usize::from(*body.get(1)?) * 8 + 8 };
        protocol = *body.first()?;
        body = body.get(length..)?;
    }
    Some(Ip { protocol, from, to, is_later, body })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 10.0.0.10:5000 to 10.0.0.100:80.
    fn frame(protocol: u8, fragment: u16, body: &[u8]) -> Vec<u8> {
        let mut ip = vec![0x46, 0, 0, 0, 0, 0];
        ip.extend(fragment.to_be_bytes());
        ip.extend([64, protocol, 0, 0, 10, 0, 0, 10, 10, 0, 0, 100, 1, 1, 1, 1]);
        [&[0; 12][..], &[8, 0], &ip, body].concat()
    }

    /// From fd00::10 to fd00::100.
    fn frame6(next: u8, body: &[u8]) -> Vec<u8> {
        let addresses = ["fd00::10", "fd00::100"].map(|it| it.parse::<Ipv6Addr>().unwrap().octets()).concat();
        [&[0; 12][..], &[0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, next, 64], &addresses, body].concat()
    }

    fn syn_and_ack() -> Vec<u8> {
        [&5000_u16.to_be_bytes()[..], &80_u16.to_be_bytes(), &[0; 9], &[0x12]].concat()
    }

    #[test]
    fn a_frame_says_who_sends_what_to_whom() {
        let tcp = syn_and_ack();
        let packet = Packet::of(&frame(6, 0x4000, &tcp)).unwrap();
        assert_eq!(
            (packet.from.to_string(), packet.to.to_string()),
            ("10.0.0.10:5000".into(), "10.0.0.100:80".into())
        );
        assert_eq!((packet.protocol, packet.letters().unwrap()), (6, "S.".to_owned()));
        let later = Packet::of(&frame(6, 100, &tcp)).unwrap();
        assert_eq!((later.from.port(), later.to.port(), later.flags), (0, 0, None));
        let ping = Packet::of(&frame(1, 0, &[8, 0])).unwrap();
        assert_eq!((ping.to.to_string(), ping.letters()), ("10.0.0.100:0".into(), None));
    }

    #[test]
    fn a_frame_of_ipv6_says_it_behind_whatever_headers() {
        let tcp = syn_and_ack();
        let jumbo = [&[6, 0, 0xc2, 4, 0, 1, 0, 0][..], &tcp].concat();
        let fragment = |offset: u8| [&[6, 0, 0, offset, 0, 0, 0, 1][..], &tcp].concat();
        for whole in [frame6(6, &tcp), frame6(0, &jumbo), frame6(44, &fragment(1))] {
            let packet = Packet::of(&whole).unwrap();
            let ends = (packet.from.to_string(), packet.to.to_string());
            assert_eq!(ends, ("[fd00::10]:5000".into(), "[fd00::100]:80".into()));
            assert_eq!((packet.protocol, packet.letters().unwrap()), (6, "S.".to_owned()));
            assert!((0..whole.len()).all(|length| Packet::of(&whole[..length]).is_none()));
        }
        let later = Packet::of(&frame6(44, &fragment(8))).unwrap();
        assert_eq!((later.protocol, later.to.port(), later.flags), (6, 0, None));
    }

    #[test]
    fn what_is_not_whole_says_nothing() {
        let whole = frame(17, 0, &[0; 8]);
        assert!((0..whole.len() - 4).all(|length| Packet::of(&whole[..length]).is_none()));
        let mut other = whole;
        other[12..14].copy_from_slice(&[8, 6]);
        assert_eq!(Packet::of(&other), None);
    }
}
