//! What the kernel program has counted.

use agent::HostStatus;
use agent::label::snake_case;
use agent::ports::PortsStatus;
use agent::status::{CounterStatus, DropStatus, MapStatus};
use model::id::PortIndex;
use model::plan::HostPlan;
use tables::{DropReason, Purpose};

use super::exposition::{Exposition, Kind};

/// Told apart from what was done with packets.
const LOST: [Purpose; 3] = [Purpose::EventLost, Purpose::CarriedLost, Purpose::CarriedLostInSweep];
/// Its number in the IP header.
const TCP: u8 = 6;

pub(super) fn write(text: &mut Exposition, host: &HostStatus, plan: Option<&HostPlan>) {
    let help = "Connections in the table, established or not.";
    text.family(Kind::Gauge, "isthmus_connections", help).sample(&[], host.connections);
    drops(text, &host.drops, plan);
    events(text, &host.counters);
    let help = "Counts of what ended connections have carried that found no room in the kernel's map.";
    text.family(Kind::Counter, "isthmus_carried_lost_total", help).sample(&[], host.carried_lost);
    maps(text, &host.maps);
    ports(text, &host.ports);
    let help = "Whether the program sees the packets of a link.";
    let mut family = text.family(Kind::Gauge, "isthmus_link_attached", help);
    for link in &host.links {
        family.sample(&[("link", &link.name)], u8::from(link.attached));
    }
}

fn drops(text: &mut Exposition, drops: &[DropStatus], plan: Option<&HostPlan>) {
    let named: Vec<_> =
        drops.iter().map(|drop| (interface(drop.port, plan), reason(drop.reason), drop)).collect();
    let help = "Packets dropped, by interface and reason.";
    let mut family = text.family(Kind::Counter, "isthmus_dropped_packets_total", help);
    for (interface, reason, drop) in &named {
        family.sample(&[("interface", interface), ("reason", reason)], drop.packets);
    }
    let help = "Bytes of packets dropped, by interface and reason.";
    let mut family = text.family(Kind::Counter, "isthmus_dropped_bytes_total", help);
    for (interface, reason, drop) in &named {
        family.sample(&[("interface", interface), ("reason", reason)], drop.bytes);
    }
}

fn events(text: &mut Exposition, counters: &[CounterStatus]) {
    let is_lost = |counter: &&CounterStatus| LOST.iter().any(|lost| counter.name == format!("{lost:?}"));
    let is_event = |counter: &&CounterStatus| counter.name == format!("{:?}", Purpose::EventLost);
    let lost = counters.iter().find(is_event).map_or(0, |counter| counter.packets);
    let help = "Events that the flow log lost because they came faster than they were read.";
    text.family(Kind::Counter, "isthmus_flow_events_lost_total", help).sample(&[], lost);
    let others = counters.iter().filter(|counter| !is_lost(counter));
    let named: Vec<_> = others.map(|counter| (snake_case(&counter.name), counter)).collect();
    let help = "Packets, by what was done with them.";
    let mut family = text.family(Kind::Counter, "isthmus_packets_total", help);
    for (event, counter) in &named {
        family.sample(&[("event", event)], counter.packets);
    }
    let help = "Bytes of packets, by what was done with them.";
    let mut family = text.family(Kind::Counter, "isthmus_bytes_total", help);
    for (event, counter) in &named {
        family.sample(&[("event", event)], counter.bytes);
    }
}

fn maps(text: &mut Exposition, maps: &[MapStatus]) {
    let mut family = text.family(Kind::Gauge, "isthmus_map_entries", "Entries in use in a kernel map.");
    for map in maps {
        family.sample(&[("map", &map.name.to_lowercase())], map.used);
    }
    let mut family = text.family(Kind::Gauge, "isthmus_map_entries_max", "Most entries of a kernel map.");
    for map in maps {
        family.sample(&[("map", &map.name.to_lowercase())], map.capacity);
    }
}

fn ports(text: &mut Exposition, ports: &[PortsStatus]) {
    let help = "Part of the source ports that is taken, from a load balancer's address to a server that sees it instead of \
                its clients; below 0.01 not told.";
    let ratio = |it: &PortsStatus| f64::from(it.used) / f64::from(it.capacity);
    let mut family = text.family(Kind::Gauge, "isthmus_source_ports_used_ratio", help);
    for it in ports {
        let (source, server) = (it.source.to_string(), it.server.to_string());
        let (port, link) = (it.port.to_string(), it.interface.to_string());
        let protocol = if it.protocol == TCP { "tcp" } else { "udp" };
        let labels = [
            ("source", source.as_str()),
            ("server", &server),
            ("port", &port),
            ("protocol", protocol),
            ("interface_index", &link),
        ];
        family.sample(&labels, ratio(it));
    }
    let help = "The greatest of them; 0 = none is told.";
    let mut family = text.family(Kind::Gauge, "isthmus_source_ports_used_ratio_max", help);
    family.sample(&[], ports.iter().map(ratio).fold(0.0, f64::max));
}

/// The interface that a port stands for; one that the plan no longer has keeps its number.
fn interface(port: u32, plan: Option<&HostPlan>) -> String {
    let known = plan.and_then(|plan| plan.ports.get(&PortIndex(port))).map(|port| port.eni.to_string());
    known.unwrap_or_else(|| if port == 0 { "none".to_owned() } else { format!("port-{port}") })
}

fn reason(number: u32) -> String {
    let name = DropReason::from_number(number).map(|reason| snake_case(&format!("{reason:?}")));
    name.unwrap_or_else(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_labels_are() {
        assert_eq!(snake_case("NewFlow"), "new_flow");
        assert_eq!(reason(DropReason::TtlExpired as u32), "ttl_expired");
        assert_eq!(reason(4711), "4711");
    }

    #[test]
    fn what_the_plan_does_not_name_keeps_its_number() {
        assert_eq!((interface(0, None).as_str(), interface(7, None).as_str()), ("none", "port-7"));
    }
}
