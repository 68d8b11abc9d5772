//! The status as one screen of text.

use std::cmp::Reverse;
use std::fmt::{self, Display, Write as _};
use std::net::SocketAddr;

use agent::HostStatus;
use agent::carried::{self, Carrier, Total};
use control::summary::{Item, Summary};
use model::id::PortIndex;
use model::plan::HostPlan;

use super::Status;

/// Most lines for resources of one kind; `--json` has all.
const ROWS: usize = 8;
/// Most drop counters on the screen; `--json` has all.
const DROPS: usize = 12;

/// The whole screen.
pub(super) fn screen(status: &Status) -> String {
    let mut screen = String::new();
    // Writing to a string does not fail.
    let _ = write!(screen, "{}", Screen(status));
    screen
}

struct Screen<'a>(&'a Status);

impl Display for Screen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0;
        line(f, "system", format_args!("{} (tag {})", status.state, status.tag))?;
        match &status.daemon {
            Some(daemon) => {
                line(f, "daemon", format_args!("process {}, API on {}", daemon.pid, daemon.endpoint))?
            }
            None => {
                let packets = if status.host.is_some() { "; packets go on" } else { "" };
                line(
                    f,
                    "daemon",
                    format_args!("does not run{packets}. Start it: isthmus up --state {}", status.state),
                )?;
            }
        }
        match &status.host {
            Some(host) => programs(f, host)?,
            None => line(f, "data plane", "none")?,
        }
        match &status.summary {
            Some(summary) => resources(f, summary)?,
            None if status.daemon.is_some() => line(f, "store", "the daemon does not tell")?,
            None => {}
        }
        if let (Some(host), Some(plan)) = (&status.host, &status.plan) {
            carried(f, host, plan)?;
        }
        match &status.host {
            Some(host) => drops(f, host, status.plan.as_ref()),
            None => Ok(()),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, what: &str, text: impl Display) -> fmt::Result {
    writeln!(f, "{what:<12}{text}")
}

fn programs(f: &mut fmt::Formatter<'_>, host: &HostStatus) -> fmt::Result {
    let blind: Vec<_> =
        host.links.iter().filter(|link| !link.attached).map(|link| link.name.as_str()).collect();
    let seen = if blind.is_empty() {
        "each with its program".to_owned()
    } else {
        format!("WITHOUT PROGRAM: {}", blind.join(", "))
    };
    line(
        f,
        "data plane",
        format_args!("{} links, {seen}; {} connections", host.links.len(), host.connections),
    )?;
    for map in host.maps.iter().filter(|map| map.is_nearly_full()) {
        line(f, "", format_args!("map {} is nearly full: {} of {}", map.name, map.used, map.capacity))?;
    }
    for ports in host.ports.iter().filter(|ports| ports.is_scarce()).take(ROWS) {
        let server = SocketAddr::new(ports.server, ports.port);
        let road = format_args!("{} to {server}", ports.source);
        line(f, "", format_args!("source ports from {road} run out: {} of {}", ports.used, ports.capacity))?;
    }
    Ok(())
}

fn resources(f: &mut fmt::Formatter<'_>, summary: &Summary) -> fmt::Result {
    line(f, "store", format_args!("revision {}, region {}", summary.revision.0, summary.region))?;
    for host in &summary.hosts {
        let observed =
            host.observed.map_or("has not reported".to_owned(), |at| format!("at revision {}", at.0));
        line(f, "host", format_args!("{} {observed} {}", host.id, host.faults.join("; ")))?;
    }
    rows(f, "VPC", &summary.vpcs, |vpc| {
        let ranges = vpc.ranges.join(" ");
        let sizes = format!("{ranges}, {} vSwitches, {} interfaces", vpc.vswitches, vpc.interfaces);
        item(&vpc.item, &sizes)
    })?;
    rows(f, "instance", &summary.instances, |instance| item(instance, ""))?;
    rows(f, "NLB", &summary.load_balancers, |balancer| {
        item(&balancer.item, &format!("{} of {} servers healthy", balancer.healthy, balancer.servers))
    })?;
    rows(f, "service", &summary.services, |service| item(service, ""))?;
    rows(f, "endpoint", &summary.endpoints, |endpoint| {
        let connection = because(&endpoint.connection, &endpoint.connection_why);
        item(&endpoint.item, &format!("to {}, {connection}", endpoint.service))
    })
}

/// A line for each, as many as the screen holds.
fn rows<T>(f: &mut fmt::Formatter<'_>, what: &str, all: &[T], row: impl Fn(&T) -> String) -> fmt::Result {
    for one in all.iter().take(ROWS) {
        line(f, what, row(one))?;
    }
    match all.len().checked_sub(ROWS) {
        None | Some(0) => Ok(()),
        Some(more) => line(f, "", format_args!("and {more} more: --json has all")),
    }
}

fn item(item: &Item, more: &str) -> String {
    format!("{:<26}{:<12}{}  {more}", item.id, item.name, because(&item.status, &item.why))
}

fn because(status: &str, why: &str) -> String {
    if why.is_empty() { status.to_owned() } else { format!("{status} ({why})") }
}

/// The busiest listeners and endpoints.
fn carried(f: &mut fmt::Formatter<'_>, host: &HostStatus, plan: &HostPlan) -> fmt::Result {
    let mut rows: Vec<_> = carried::named(&host.carried, plan)
        .into_iter()
        .filter_map(|(carrier, total)| match carrier {
            Carrier::Listener(id, zone) => Some((format!("{id} in {zone}"), total)),
            Carrier::Endpoint(id, zone) => Some((format!("{id} in {zone}"), total)),
            Carrier::Server(_) => None,
        })
        .collect();
    rows.sort_by_key(|(_, total)| Reverse((total.open, total.all.connections)));
    for (who, Total { all, open }) in rows.iter().take(ROWS) {
        let bytes = format_args!("sent {} bytes, received {}", all.sent.bytes, all.received.bytes);
        line(f, "carried", format_args!("{who}: {open} of {} connections go on; {bytes}", all.connections))?;
    }
    Ok(())
}

fn drops(f: &mut fmt::Formatter<'_>, host: &HostStatus, plan: Option<&HostPlan>) -> fmt::Result {
    for drop in host.drops.iter().filter(|drop| drop.packets > 0).take(DROPS) {
        let who = port_name(plan, PortIndex(drop.port));
        line(f, "dropped", format_args!("{:>8} packets  {who:<26}{}", drop.packets, drop.text))?;
    }
    Ok(())
}

/// Whom a port belongs to: the numbers of the data plane are the plan's.
fn port_name(plan: Option<&HostPlan>, port: PortIndex) -> String {
    let known = plan.and_then(|plan| plan.ports.get(&port)).map(|port| port.instance.to_string());
    known.unwrap_or_else(|| if port.0 == 0 { "no port".to_owned() } else { format!("port {}", port.0) })
}

#[cfg(test)]
mod tests {
    use agent::ports::PortsStatus;

    use super::*;

    #[test]
    fn source_ports_that_run_out_are_told_and_those_that_do_not_are_not() {
        let ports = |last, used| PortsStatus {
            source: [10, 0, 1, 200].into(),
            server: [10, 0, 1, last].into(),
            port: 80,
            protocol: 6,
            interface: 7,
            used,
            capacity: 64_512,
        };
        let host = HostStatus { ports: vec![ports(13, 60_000), ports(14, 40_000)], ..HostStatus::default() };
        let status = Status {
            state: String::new(),
            tag: String::new(),
            daemon: None,
            summary: None,
            host: Some(host),
            plan: None,
        };
        let screen = screen(&status);
        assert!(
            screen.contains("source ports from 10.0.1.200 to 10.0.1.13:80 run out: 60000 of 64512"),
            "{screen}"
        );
        assert!(!screen.contains("10.0.1.14"), "{screen}");
    }
}
