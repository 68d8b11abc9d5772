//! Links: one veth pair for each port, its host side in the fabric, and one for the host's own services.
//! A link that is right is left alone, so an established connection never notices.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use model::id::PortIndex;
use model::net::{Mac, services};
use rtnetlink::packet_route::link::{InfoData, InfoVeth};
use rtnetlink::{LinkUnspec, LinkVeth};
use tables::INGRESS_BITS;

use super::ipv6;
use super::netlink::{Link, Netlink, NetlinkError};
use super::netns::Netns;
use super::rules::{Routing, set_forwarding};

/// MTU of every link, bytes.
pub const MTU: u32 = 1500;
/// MAC of the services port.
pub const SERVICES_MAC: Mac = Mac([0x02, 0x00, 0x00, 0x00, 0x00, 0x01]);
/// Host side of the services port.
pub const SERVICES_LINK: &str = "services";
/// Length of the prefix of 100.64.0.0/10, the range of aliases.
const ALIAS_PREFIX: u8 = 10;

/// A veth pair that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veth {
    /// Name of the host side, in the fabric.
    pub host: String,
    /// Where the other end is.
    pub namespace: Netns,
    /// Name of the other end.
    pub device: String,
    /// MAC of the other end.
    pub mac: Mac,
    /// Addresses of the other end, with the prefix that is on link.
    pub addresses: Vec<Ipv4Net>,
    /// IPv6 addresses of the other end.
    pub ipv6: Vec<Ipv6Addr>,
    /// Default routes through the other end: routing table and gateway.
    pub gateways: Vec<(u8, Ipv4Addr)>,
    /// How the whole namespace routes; `None` = another link says it.
    pub routing: Option<Routing>,
}

/// Name of the host side of a port's link.
pub fn host_side(port: PortIndex) -> String {
    format!("p{}", port.0)
}

/// The services port: resolvers, metadata, the source of probes, and what else the agent answers by.
pub fn services_veth(namespace: Netns, others: impl IntoIterator<Item = Ipv4Addr>) -> Veth {
    let fixed = services::RESOLVERS.into_iter().chain([services::METADATA]);
    let single = fixed.chain(others).map(Ipv4Net::from);
    let probes = Ipv4Net::new_assert(services::PROBE_SOURCE, ALIAS_PREFIX);
    Veth {
        host: SERVICES_LINK.to_owned(),
        namespace,
        device: "eth0".to_owned(),
        mac: SERVICES_MAC,
        addresses: single.chain([probes]).collect(),
        ipv6: vec![],
        gateways: vec![],
        routing: None,
    }
}

/// Links that exist, by name of the host side, and what stood in the way of the others.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Interface index of each host side.
    pub indices: BTreeMap<String, u32>,
    /// One for each link that could not be made.
    pub faults: Vec<NetlinkError>,
    /// Some were left for the next time, because patience ran out.
    pub unfinished: bool,
}

/// Makes the fabric hold the host sides of these links and no others. No link is begun `patience` after
/// the first, so that a pass ends; one at least is.
pub fn ensure(fabric: &Netns, wanted: &[Veth], patience: Duration) -> Result<Outcome, NetlinkError> {
    let mut begun: Option<Instant> = None;
    Netlink::within(fabric, async |netlink| {
        let present = remove_unwanted(netlink, wanted).await?;
        let mut outcome = Outcome::default();
        for veth in wanted {
            let known = present.iter().find(|link| link.name == veth.host);
            let is_new = known.is_none();
            if is_new && begun.is_some_and(|begun| begun.elapsed() >= patience) {
                outcome.unfinished = true;
                continue;
            }
            begun = begun.or_else(|| is_new.then(Instant::now));
            match ensure_one(netlink, veth, known).await.and_then(small) {
                Ok(index) => drop(outcome.indices.insert(veth.host.clone(), index)),
                Err(fault) => outcome.faults.push(fault),
            }
        }
        Ok(outcome)
    })
}

/// An interface index for which a flow's key has room: a larger one would be taken for another interface's.
fn small(index: u32) -> Result<u32, NetlinkError> {
    if index >> INGRESS_BITS == 0 { Ok(index) } else { Err(NetlinkError::Index(index)) }
}

/// Host sides that exist, with their interface indices.
pub fn list(fabric: &Netns) -> Result<BTreeMap<String, u32>, NetlinkError> {
    let links = Netlink::within(fabric, async |netlink| netlink.links().await)?;
    Ok(links.into_iter().filter(is_ours).map(|link| (link.name, link.index)).collect())
}

async fn remove_unwanted(netlink: &Netlink, wanted: &[Veth]) -> Result<Vec<Link>, NetlinkError> {
    let mut kept = Vec::new();
    for link in netlink.links().await? {
        if is_ours(&link) && !wanted.iter().any(|veth| veth.host == link.name) {
            netlink.delete(&link).await?;
        } else {
            kept.push(link);
        }
    }
    Ok(kept)
}

/// Everything in the fabric but its loopback is a link of ours.
fn is_ours(link: &Link) -> bool {
    link.name != "lo"
}

async fn ensure_one(netlink: &Netlink, veth: &Veth, known: Option<&Link>) -> Result<u32, NetlinkError> {
    if let Some(host) = known {
        if configure_device(veth, host.index)? {
            netlink.set_up(host).await?;
            netlink.enable_big_tcp(host).await;
            return Ok(host.index);
        }
        netlink.delete(host).await?;
    }
    create(netlink, veth).await?;
    let links = netlink.links().await?;
    let host = links.iter().find(|link| link.name == veth.host).cloned().unwrap_or_default();
    netlink.set_up(&host).await?;
    netlink.enable_big_tcp(&host).await;
    configure_device(veth, host.index)?;
    Ok(host.index)
}

/// Both ends in one request: the other end is born in its namespace with its name and MAC.
async fn create(netlink: &Netlink, veth: &Veth) -> Result<(), NetlinkError> {
    let namespace = veth.namespace.open()?;
    let device = LinkUnspec::new_with_name(&veth.device)
        .address(veth.mac.0.to_vec())
        .mtu(MTU)
        .setns_by_fd(namespace.as_raw_fd())
        .build();
    let message = LinkVeth::new(&veth.host, &veth.device)
        .set_info_data(InfoData::Veth(InfoVeth::Peer(device)))
        .address(tables::GATEWAY_MAC.to_vec())
        .mtu(MTU)
        .build();
    netlink.create(&format!("make link {}", veth.host), message).await
}

/// Configures the other end; `false` when it is not the other end of this host side.
fn configure_device(veth: &Veth, host_index: u32) -> Result<bool, NetlinkError> {
    Netlink::within(&veth.namespace, async |netlink| {
        let links = netlink.links().await?;
        let is_device = |link: &&Link| {
            link.name == veth.device && link.peer == Some(host_index) && link.mac == Some(veth.mac)
        };
        let Some(device) = links.iter().find(is_device) else { return Ok(false) };
        if let Some(loopback) = links.iter().find(|link| link.name == "lo") {
            netlink.set_up(loopback).await?;
        }
        netlink.enable_big_tcp(device).await;
        let in_ipv6 = !veth.ipv6.is_empty();
        for device in ["lo", &veth.device].iter().filter(|name| in_ipv6 || **name != "lo") {
            ipv6::switch(device, in_ipv6)?;
        }
        netlink.set_addresses(device, &veth.addresses).await?;
        netlink.set_up(device).await?;
        for (table, gateway) in &veth.gateways {
            netlink.set_default_route(device, *table, *gateway).await?;
        }
        if in_ipv6 {
            let tables: Vec<u8> = veth.gateways.iter().map(|(table, _)| *table).collect();
            netlink.set_ipv6_addresses(device, &veth.ipv6).await?;
            netlink.set_ipv6_gateway(device, &tables).await?;
        }
        if let Some(routing) = &veth.routing {
            netlink.set_source_rules(&routing.rules).await?;
            set_forwarding(routing.forwards)?;
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use aya::util::KernelVersion;

    use super::*;

    fn link(namespace: &Netns, name: &str) -> Link {
        let links = Netlink::within(namespace, async |netlink| netlink.links().await).unwrap();
        links.into_iter().find(|link| link.name == name).unwrap()
    }

    #[test]
    fn an_index_that_keys_have_no_room_for_is_refused_with_the_remedy() {
        let largest = (1 << INGRESS_BITS) - 1;
        assert_eq!(small(largest).unwrap(), largest);
        let key = tables::FlowKey::way(largest, tables::Talk::Reply);
        assert_eq!(tables::FlowKey { way: key, src: 0, dst: 0, sport: 0, dport: 0 }.ingress(), largest);
        assert!(small(largest + 1).unwrap_err().to_string().contains("isthmus down"));
    }

    #[test]
    fn a_right_link_is_kept_and_a_wrong_one_is_made_anew() {
        let name = format!("lt-{}", std::process::id());
        let (fabric, inside) = (Netns::named(&name), Netns::named(format!("{name}-inside")));
        fabric.create().unwrap();
        inside.create().unwrap();
        let mut veth = services_veth(inside.clone(), []);
        let index = |veth: &Veth| {
            let outcome = ensure(&fabric, std::slice::from_ref(veth), Duration::MAX).unwrap();
            assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
            outcome.indices[SERVICES_LINK]
        };
        let first = index(&veth);
        assert_eq!(index(&veth), first);
        let (host, device) = (link(&fabric, SERVICES_LINK), link(&inside, "eth0"));
        assert!(host.up && device.up);
        // BIG TCP for IPv4 came with Linux 6.3; before, links stay as they are.
        let can = KernelVersion::current().unwrap() >= KernelVersion::new(6, 3, 0);
        assert_eq!((host.big_tcp, device.big_tcp), (can, can));
        assert_eq!(device.mac, Some(SERVICES_MAC));
        veth.mac = Mac([2, 0, 0, 0, 0, 9]);
        assert_ne!(index(&veth), first);
        assert_eq!(link(&inside, "eth0").mac, Some(veth.mac));
        ensure(&fabric, &[], Duration::MAX).unwrap();
        assert!(list(&fabric).unwrap().is_empty());
        fabric.delete().unwrap();
        inside.delete().unwrap();
    }

    #[test]
    fn without_patience_links_are_made_one_a_pass() {
        let name = format!("lp-{}", std::process::id());
        let (fabric, inside) = (Netns::named(&name), Netns::named(format!("{name}-inside")));
        fabric.create().unwrap();
        inside.create().unwrap();
        let first = services_veth(inside.clone(), []);
        let second = Veth { host: "p1".into(), device: "eth1".into(), addresses: vec![], ..first.clone() };
        let wanted = [first, second];
        for (made, unfinished) in [(1, true), (2, false)] {
            let outcome = ensure(&fabric, &wanted, Duration::ZERO).unwrap();
            assert_eq!((outcome.indices.len(), outcome.unfinished), (made, unfinished));
        }
        ensure(&fabric, &[], Duration::MAX).unwrap();
        fabric.delete().unwrap();
        inside.delete().unwrap();
    }
}
