//! What a frame says in its headers, pure.

use std::net::{Ipv4Addr, SocketAddrV4};

/// The headers of an IPv4 packet. Of fragments but the first, and of protocols without ports, the ports are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The number of what it speaks.
    pub protocol: u8,
    /// Who sends it.
    pub from: SocketAddrV4,
    /// To whom.
    pub to: SocketAddrV4,
    /// Of a TCP segment.
    pub flags: Option<u8>,
}

const ETHERNET: usize = 14;
const TCP: u8 = 6;
const UDP: u8 = 17;

impl Packet {
    /// What is in a frame; `None` = no IPv4, or not whole.
    pub fn of(frame: &[u8]) -> Option<Self> {
        if frame.get(12..ETHERNET)? != [8, 0] {
            return None;
        }
        let ip = frame.get(ETHERNET..)?;
        let length = usize::from(ip.first()? & 0x0f) * 4;
        let (protocol, body) = (*ip.get(9)?, ip.get(length..)?);
        let is_later = word(ip, 6)? & 0x1fff != 0;
        let ports = [TCP, UDP].contains(&protocol) && !is_later;
        let port = |at| if ports { word(body, at) } else { Some(0) };
        Some(Self {
            protocol,
            from: SocketAddrV4::new(address(ip, 12)?, port(0)?),
            to: SocketAddrV4::new(address(ip, 16)?, port(2)?),
            flags: if ports && protocol == TCP { Some(*body.get(13)?) } else { None },
        })
    }

    /// Its flags in the letters that tcpdump prints: `S`, `S.`, `F.`, `R`, `P.`, `.`.
    pub fn letters(&self) -> Option<String> {
        let letters = [(2, 'S'), (1, 'F'), (4, 'R'), (8, 'P'), (32, 'U'), (16, '.')];
        let flags = self.flags?;
        Some(letters.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| letter).collect())
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn address(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?.into())
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

    #[test]
    fn a_frame_says_who_sends_what_to_whom() {
        let tcp = [&5000_u16.to_be_bytes()[..], &80_u16.to_be_bytes(), &[0; 9], &[0x12]].concat();
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
    fn what_is_not_whole_says_nothing() {
        let whole = frame(17, 0, &[0; 8]);
        assert!((0..whole.len() - 4).all(|length| Packet::of(&whole[..length]).is_none()));
        let mut other = whole;
        other[12..14].copy_from_slice(&[8, 6]);
        assert_eq!(Packet::of(&other), None);
    }
}
