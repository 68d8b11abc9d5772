//! The status as one screen of text.

use std::fmt::{self, Display, Write as _};

use agent::HostStatus;
use control::summary::{Item, Summary};
use model::id::PortIndex;
use model::plan::HostPlan;

use super::Status;

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
        if let Some(summary) = &status.summary {
            resources(f, summary)?;
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
    for map in host.maps.iter().filter(|map| map.used * 10 >= map.capacity as usize * 8) {
        line(f, "", format_args!("map {} is nearly full: {} of {}", map.name, map.used, map.capacity))?;
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
    for vpc in &summary.vpcs {
        let sizes = format_args!("{}, {} vSwitches, {} interfaces", vpc.cidr, vpc.vswitches, vpc.interfaces)
            .to_string();
        item(f, "VPC", &vpc.item, &sizes)?;
    }
    for instance in &summary.instances {
        item(f, "instance", instance, "")?;
    }
    for balancer in &summary.load_balancers {
        item(
            f,
            "NLB",
            &balancer.item,
            &format!("{} of {} servers healthy", balancer.healthy, balancer.servers),
        )?;
    }
    for service in &summary.services {
        item(f, "service", service, "")?;
    }
    for endpoint in &summary.endpoints {
        let why = if endpoint.connection_why.is_empty() {
            String::new()
        } else {
            format!(": {}", endpoint.connection_why)
        };
        item(
            f,
            "endpoint",
            &endpoint.item,
            &format!("to {}, {}{why}", endpoint.service, endpoint.connection),
        )?;
    }
    Ok(())
}

fn item(f: &mut fmt::Formatter<'_>, what: &str, item: &Item, more: &str) -> fmt::Result {
    let Item { id, name, status, why } = item;
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    writeln!(f, "{what:<12}{id:<26}{name:<12}{status}{why}  {more}")
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
