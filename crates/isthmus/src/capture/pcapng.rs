//! A pcapng file with one interface for each side.

use std::borrow::Cow;
use std::io::Write;

use agent::capture::Captured;
use anyhow::{Context, Result};
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};

/// Values of the flags word of a packet (pcapng, section 4.3.1): which way it went.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// A file that packets are added to.
pub(super) struct Pcapng<W: Write>(PcapNgWriter<W>);

impl<W: Write> Pcapng<W> {
    /// Begins it.
    pub(super) fn new<'a>(writer: W, interfaces: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut file = PcapNgWriter::new(writer).context("cannot begin the capture")?;
        for name in interfaces {
            let mut interface = InterfaceDescriptionBlock::new(DataLink::ETHERNET, 0);
            interface.options = vec![
                InterfaceDescriptionOption::IfName(Cow::Borrowed(name)),
                InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
            ];
            file.write_pcapng_block(interface).context("cannot write the capture")?;
        }
        Ok(Self(file))
    }

    /// Adds a packet.
    pub(super) fn add(&mut self, captured: &Captured) -> Result<()> {
        let packet = EnhancedPacketBlock {
            interface_id: u32::try_from(captured.interface)?,
            timestamp: captured.time,
            original_len: u32::try_from(captured.length)?,
            data: Cow::Borrowed(&captured.bytes),
            options: vec![EnhancedPacketOption::Flags(if captured.outgoing { OUTBOUND } else { INBOUND })],
        };
        self.0.write_pcapng_block(packet).context("cannot write the capture")?;
        Ok(())
    }

    /// Gives all of it to the system.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.0.get_mut().flush().context("cannot write the capture")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;

    #[test]
    fn what_is_written_can_be_read_with_its_sides_and_times() {
        let mut file = Pcapng::new(Vec::new(), ["eni-1 of i-1", "eni-2 of i-2"].into_iter()).unwrap();
        let packet = |interface, outgoing, bytes: &[u8]| Captured {
            interface,
            time: Duration::new(1_700_000_000, 123_456_789),
            outgoing,
            length: 2000,
            bytes: bytes.to_vec(),
        };
        file.add(&packet(0, true, b"asked")).unwrap();
        file.add(&packet(1, false, b"served!")).unwrap();
        file.flush().unwrap();
        let written = file.0.into_inner();
        let mut reader = PcapNgReader::new(written.as_slice()).unwrap();
        let mut found = Vec::new();
        while let Some(block) = reader.next_block() {
            if let (Block::EnhancedPacket(packet), _) = block.unwrap() {
                assert_eq!(
                    (packet.timestamp, packet.original_len),
                    (Duration::new(1_700_000_000, 123_456_789), 2000)
                );
                let is_out = packet.options.contains(&EnhancedPacketOption::Flags(OUTBOUND));
                found.push((packet.interface_id, packet.data.to_vec(), is_out));
            }
        }
        let names: Vec<_> = reader.interfaces().iter().map(|it| it.options[0].clone()).collect();
        assert_eq!(names[1], InterfaceDescriptionOption::IfName("eni-2 of i-2".into()));
        assert_eq!(found[0], (0, b"asked".to_vec(), true));
        assert_eq!(found[1], (1, b"served!".to_vec(), false));
    }
}
