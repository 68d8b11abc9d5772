//! Source ports towards servers that see a load balancer's address instead of their clients': how many are taken, pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tables::{Flow, FlowKey, SOURCE_PORTS};

use crate::ipv6::Ipv6Addresses;
use crate::kernel::packed::unpacked;

/// Those of which fewer are taken are no news: a hundredth.
const FEW: u32 = SOURCE_PORTS / 100;

/// Source ports that connections from one address to one server have taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortsStatus {
    /// The load balancer's zonal address, or that of the Reverse endpoint before the server.
    pub source: IpAddr,
    /// The server's address.
    pub server: IpAddr,
    /// Its port.
    pub port: u16,
    /// The protocol's number in the IP header.
    pub protocol: u8,
    /// Interface index of the server's link: other networks may have the same addresses.
    pub interface: u32,
    /// Ports taken.
    pub used: u32,
    /// Ports that there are.
    pub capacity: u32,
}

impl PortsStatus {
    /// Whether clients will soon be refused: four fifths are taken.
    pub fn is_scarce(&self) -> bool {
        u64::from(self.used) * 5 >= u64::from(self.capacity) * 4
    }
}

/// From, to, port, protocol, interface: as they stand in packets.
type Road = (u32, u32, u16, u8, u32);

/// Counts them.
#[derive(Debug, Default)]
pub struct Taken(BTreeMap<Road, u32>);

impl Taken {
    /// Takes up an entry of the table of flows.
    pub fn count(&mut self, key: &FlowKey, flow: &Flow) {
        // A connection of the proxy has no server; what it goes through is a hop.
        let balanced = flow.server != 0 || flow.listener == 0 && flow.ttl_step() != 0;
        if !flow.is_reply() && balanced && flow.src != key.src {
            let road = (flow.src, flow.dst, flow.dport, key.protocol(), flow.egress);
            *self.0.entry(road).or_default() += 1;
        }
    }

    /// Where many are taken, most first, by addresses as people know them.
    pub fn many(self, known: &Ipv6Addresses) -> Vec<PortsStatus> {
        let status = |((source, server, port, protocol, interface), used): (Road, u32)| PortsStatus {
            source: known.ip(unpacked(source)),
            server: known.ip(unpacked(server)),
            port: u16::from_be(port),
            protocol,
            interface,
            used,
            capacity: SOURCE_PORTS,
        };
        let mut many: Vec<_> = self.0.into_iter().filter(|(_, used)| *used >= FEW).map(status).collect();
        many.sort_by_key(|ports| std::cmp::Reverse(ports.used));
        many
    }
}

#[cfg(test)]
mod tests {
    use model::id::Ipv6Index;
    use tables::{FlowMark, FlowState, Talk, Tick};

    use super::*;

    /// The forward entry of a connection from a client's port, as a server of this number sees it.
    fn entry(sport: u16, server: u32, sees: [u8; 4]) -> (FlowKey, Flow) {
        let (client, vip) = (u32::from_ne_bytes([10, 0, 0, 10]), u32::from_ne_bytes([10, 0, 0, 100]));
        let key = FlowKey { way: FlowKey::way(1, Talk::Tcp), src: client, dst: vip, sport, dport: 80 };
        let flow = Flow {
            src: u32::from_ne_bytes(sees),
            dst: u32::from_ne_bytes([10, 0, 0, 30]),
            sport,
            dport: 8080u16.to_be(),
            egress: 7,
            dst_mac: [0; 3],
            src_mac: [0; 3],
            epoch: 1,
            address_delta: 0,
            port_delta: 0,
            listener: 1,
            server,
            endpoint: 0,
            timeout: 900,
            marks: FlowMark::Hop as u8,
            state: FlowState::Established as u8,
            lease: 0,
            header: 0,
            mss: 0,
            ack: 0,
            last_seen: Tick(0),
            packets: 0,
            bytes: 0,
        };
        (key, flow)
    }

    fn known() -> Ipv6Addresses {
        let six = |index| (Ipv6Index(index), format!("fd00::{index}").parse().unwrap());
        Ipv6Addresses([six(7), six(8)].into())
    }

    fn taken(count: u16, server: u32, sees: [u8; 4]) -> Vec<PortsStatus> {
        let mut taken = Taken::default();
        for sport in 1024..1024 + count {
            let (key, flow) = entry(sport, server, sees);
            taken.count(&key, &flow);
            taken.count(&key.paired(&flow), &Flow { marks: flow.marks | FlowMark::Reply as u8, ..flow });
        }
        taken.many(&known())
    }

    #[test]
    fn ports_of_connections_that_hide_their_clients_are_counted_and_become_scarce() {
        let [few] = &taken(51_609, 1, [10, 0, 0, 200])[..] else { panic!("one road") };
        assert_eq!(
            (few.source.to_string().as_str(), few.server.to_string().as_str()),
            ("10.0.0.200", "10.0.0.30")
        );
        assert_eq!((few.port, few.used, few.capacity, few.is_scarce()), (8080, 51_609, 64_512, false));
        assert!(taken(51_610, 1, [10, 0, 0, 200])[0].is_scarce(), "four fifths");
    }

    #[test]
    fn servers_of_ipv6_are_told_by_their_addresses() {
        let (key, flow) = entry(1024, 1, [240, 0, 0, 7]);
        let mut taken = Taken::default();
        for sport in 1024..2000 {
            taken.count(&key, &Flow { sport, dst: u32::from_ne_bytes([240, 0, 0, 8]), ..flow });
        }
        let [road] = &taken.many(&known())[..] else { panic!("one road") };
        assert_eq!([road.source, road.server].map(|it| it.to_string()), ["fd00::7", "fd00::8"]);
    }

    #[test]
    fn who_sees_its_clients_and_who_has_few_has_no_want() {
        assert_eq!(taken(60_000, 1, [10, 0, 0, 10]), []);
        assert_eq!(taken(60_000, 0, [100, 64, 0, 3]), [], "on the way to the proxy");
        assert_eq!(taken(600, 1, [10, 0, 0, 200]), []);
    }
}
