//! Packets as bytes: built with right checksums, and read back with the checksums checked.

use crate::rig::{Peer, gateway, ip};

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packet(pub(crate) Vec<u8>);

pub(crate) const SYN: u8 = 2;
pub(crate) const ACK: u8 = 16;
pub(crate) const FIN: u8 = 1;
pub(crate) const RST: u8 = 4;

const IP: usize = 14;
const L4: usize = 34;

/// A TCP segment to the gateway.
pub(crate) fn tcp(from: Peer, sport: u16, to: &str, dport: u16, flags: u8) -> Packet {
    let mut l4 = vec![0; 20];
    l4[..2].copy_from_slice(&sport.to_be_bytes());
    l4[2..4].copy_from_slice(&dport.to_be_bytes());
    l4[12] = 0x50;
    l4[13] = flags;
    l4.extend(b"payload!!!");
    Packet::new(from, to, 6, l4)
}

pub(crate) fn udp(from: Peer, sport: u16, to: &str, dport: u16) -> Packet {
    datagram(from, sport, to, dport, b"a datagram")
}

pub(crate) fn datagram(from: Peer, sport: u16, to: &str, dport: u16, payload: &[u8]) -> Packet {
    let mut l4 = vec![0; 8];
    l4[..2].copy_from_slice(&sport.to_be_bytes());
    l4[2..4].copy_from_slice(&dport.to_be_bytes());
    l4.extend(payload);
    let length = l4.len() as u16;
    l4[4..6].copy_from_slice(&length.to_be_bytes());
    Packet::new(from, to, 17, l4)
}

/// An echo request (8) or reply (0).
pub(crate) fn echo(from: Peer, to: &str, kind: u8, id: u16) -> Packet {
    let mut l4 = vec![kind, 0, 0, 0];
    l4.extend(id.to_be_bytes());
    l4.extend([0, 1]);
    l4.extend(b"ping data!");
    Packet::new(from, to, 1, l4)
}

/// An ICMP error that quotes `about` as its sender received it.
pub(crate) fn icmp_error(from: Peer, to: &str, kind: u8, code: u8, about: &Packet) -> Packet {
    let mut l4 = vec![kind, code, 0, 0, 0, 0, 0, 0];
    l4.extend(&about.0[IP..]);
    Packet::new(from, to, 1, l4)
}

/// An ARP request (1) or reply (2).
pub(crate) fn arp(from: Peer, sender: &str, target: &str, operation: u8) -> Packet {
    let mut b = vec![0xff; 6];
    b.extend(from.mac);
    b.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, operation]);
    b.extend(from.mac);
    b.extend(ip(sender).to_ne_bytes());
    b.extend([0; 6]);
    b.extend(ip(target).to_ne_bytes());
    Packet(b)
}

impl Packet {
    fn new(from: Peer, to: &str, protocol: u8, l4: Vec<u8>) -> Packet {
        let mut b = Vec::from(gateway());
        b.extend(from.mac);
        b.extend([8, 0, 0x45, 0]);
        b.extend((20 + l4.len() as u16).to_be_bytes());
        b.extend([0x12, 0x34, 0, 0, 64, protocol, 0, 0]);
        b.extend(ip(from.address).to_ne_bytes());
        b.extend(ip(to).to_ne_bytes());
        b.extend(l4);
        Packet(b).sealed()
    }

    /// With bytes replaced, and checksums made anew.
    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Packet {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self.sealed()
    }

    /// With one byte replaced, and nothing else.
    pub(crate) fn changed(mut self, at: usize, byte: u8) -> Packet {
        self.0[at] = byte;
        self
    }

    /// With four bytes of IP options.
    pub(crate) fn with_options(mut self) -> Packet {
        self.0.splice(L4..L4, [1, 1, 1, 0]);
        let total = u16::from_be_bytes([self.0[16], self.0[17]]) + 4;
        self.0[16..18].copy_from_slice(&total.to_be_bytes());
        self.0[IP] = 0x46;
        self.sealed()
    }

    /// With TCP options, a multiple of four bytes.
    pub(crate) fn with_tcp_options(mut self, options: &[u8]) -> Packet {
        self.0.splice(L4 + 20..L4 + 20, options.iter().copied());
        let total = u16::from_be_bytes([self.0[16], self.0[17]]) + options.len() as u16;
        self.0[16..18].copy_from_slice(&total.to_be_bytes());
        self.0[L4 + 12] = (5 + options.len() as u8 / 4) << 4;
        self.sealed()
    }

    /// With these sequence and acknowledgement numbers.
    pub(crate) fn numbered(self, seq: u32, ack: u32) -> Packet {
        self.with(L4 + 4, &[seq.to_be_bytes(), ack.to_be_bytes()].concat())
    }

    /// With these data behind its TCP header.
    pub(crate) fn saying(mut self, data: &[u8]) -> Packet {
        let at = L4 + usize::from(self.0[L4 + 12] >> 4) * 4;
        self.0.truncate(at);
        self.0.extend(data);
        self.with_length().sealed()
    }

    /// Sequence and acknowledgement number of a TCP segment.
    pub(crate) fn numbers(&self) -> [u32; 2] {
        let l4 = self.tcp_at();
        [4, 8].map(|at| u32::from_be_bytes(self.0[l4 + at..][..4].try_into().expect("four bytes")))
    }

    /// The data of a TCP segment.
    pub(crate) fn data(&self) -> &[u8] {
        let l4 = self.tcp_at();
        &self.0[l4 + usize::from(self.0[l4 + 12] >> 4) * 4..]
    }

    pub(crate) fn tcp_flags(&self) -> u8 {
        self.0[self.tcp_at() + 13]
    }

    /// Where the header of TCP stands, in either family.
    fn tcp_at(&self) -> usize {
        if self.0[12..14] == [0x86, 0xdd] { IP + 40 } else { self.l4() }
    }

    /// The bytes between the TCP header and the data.
    pub(crate) fn tcp_options(&self) -> &[u8] {
        let length = usize::from(self.0[L4 + 12] >> 4) * 4;
        &self.0[L4 + 20..L4 + length]
    }

    /// A fragment: `offset` in units of eight bytes.
    pub(crate) fn fragment(mut self, offset: u16, more: bool) -> Packet {
        let word = offset | if more { 0x2000 } else { 0 };
        self.0[20..22].copy_from_slice(&word.to_be_bytes());
        self.seal_ip();
        self
    }

    /// With the length that it has.
    pub(crate) fn with_length(mut self) -> Packet {
        let total = (self.0.len() - IP) as u16;
        self.0[16..18].copy_from_slice(&total.to_be_bytes());
        self
    }

    /// Identification and place of such a fragment, as they stand in its header.
    pub(crate) fn fragment_of(&self, offset: u16, more: bool) -> [u8; 4] {
        let header = self.clone().fragment(offset, more);
        header.0[18..22].try_into().expect("four bytes")
    }

    fn sealed(mut self) -> Packet {
        self.seal_ip();
        let (l4, at) = (self.l4(), self.check_at());
        if at + 2 > self.0.len() {
            return self;
        }
        self.0[at..at + 2].fill(0);
        let pseudo = self.pseudo();
        let check = !sum(&self.0[l4..], pseudo);
        self.0[at..at + 2].copy_from_slice(&check.to_be_bytes());
        self
    }

    fn seal_ip(&mut self) {
        self.0[24..26].fill(0);
        let l4 = self.l4();
        let check = !sum(&self.0[IP..l4], 0);
        self.0[24..26].copy_from_slice(&check.to_be_bytes());
    }

    pub(crate) fn l4(&self) -> usize {
        IP + (self.0[IP] & 15) as usize * 4
    }

    fn check_at(&self) -> usize {
        self.l4()
            + match self.protocol() {
                6 => 16,
                17 => 6,
                _ => 2,
            }
    }

    fn pseudo(&self) -> u32 {
        if self.protocol() == 1 {
            return 0;
        }
        let length = (self.0.len() - self.l4()) as u32;
        sum(&self.0[26..34], self.protocol() as u32 + length) as u32
    }

    pub(crate) fn protocol(&self) -> u8 {
        self.0[23]
    }

    pub(crate) fn ttl(&self) -> u8 {
        self.0[22]
    }

    pub(crate) fn macs(&self) -> ([u8; 6], [u8; 6]) {
        let at = |n: usize| self.0[n..n + 6].try_into().expect("six bytes");
        (at(6), at(0))
    }

    /// "source:port > destination:port".
    pub(crate) fn tuple(&self) -> String {
        let address = |n: usize| self.0[n..n + 4].iter().map(u8::to_string).collect::<Vec<_>>().join(".");
        let l4 = self.l4();
        let word = |n: usize| u16::from_be_bytes([self.0[l4 + n], self.0[l4 + n + 1]]);
        let (sport, dport) = if self.protocol() == 1 { (word(4), word(4)) } else { (word(0), word(2)) };
        format!("{}:{sport} > {}:{dport}", address(26), address(30))
    }

    /// Panics unless every checksum is right.
    pub(crate) fn check(&self) -> &Packet {
        self.check_ip();
        let (l4, at) = (self.l4(), self.check_at());
        if self.protocol() == 17 && self.0[at..at + 2] == [0, 0] {
            return self;
        }
        assert_eq!(sum(&self.0[l4..], self.pseudo()), 0xffff, "checksum after IP of {self:?}");
        self
    }

    pub(crate) fn check_ip(&self) -> &Packet {
        assert_eq!(sum(&self.0[IP..self.l4()], 0), 0xffff, "IP checksum of {self:?}");
        self
    }

    /// What an ICMP error quotes, as a packet.
    pub(crate) fn quoted(&self) -> Packet {
        let mut b = vec![0; IP];
        b.extend(&self.0[self.l4() + 8..]);
        Packet(b)
    }
}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in &self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Ones'-complement sum.
pub(crate) fn sum(bytes: &[u8], start: u32) -> u16 {
    let words = bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w.get(1).copied().unwrap_or(0)));
    let mut s = words.sum::<u32>() + start;
    while s >> 16 != 0 {
        s = (s & 0xffff) + (s >> 16);
    }
    s as u16
}
