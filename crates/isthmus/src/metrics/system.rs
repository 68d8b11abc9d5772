//! Resources, servers' health, and how far the host has come.

use std::collections::BTreeMap;

use agent::work::WorkDone;
use control::summary::{HostSummary, Summary};
use model::id::ServerIndex;
use model::plan::HostPlan;
use model::report::{HealthReport, HealthState};

use super::exposition::{Exposition, Kind};

pub(super) fn write(
    text: &mut Exposition,
    summary: &Summary,
    health: &BTreeMap<ServerIndex, HealthReport>,
    plan: Option<&HostPlan>,
) {
    let help = "The newest revision that is durable.";
    text.family(Kind::Gauge, "isthmus_store_revision", help).sample(&[], summary.revision.0);
    hosts(text, &summary.hosts);
    resources(text, summary);
    if let Some(plan) = plan {
        servers(text, health, plan);
    }
}

fn hosts(text: &mut Exposition, hosts: &[HostSummary]) {
    let help = "The newest revision that is wholly true on a host; 0 = none yet.";
    let mut family = text.family(Kind::Gauge, "isthmus_host_observed_revision", help);
    for host in hosts {
        family.sample(&[("host", &host.id)], host.observed.map_or(0, |revision| revision.0));
    }
    let help = "What stands in the way of a host's plan.";
    let mut family = text.family(Kind::Gauge, "isthmus_host_faults", help);
    for host in hosts {
        family.sample(&[("host", &host.id)], host.faults.len());
    }
}

fn resources(text: &mut Exposition, summary: &Summary) {
    let vpcs = summary.vpcs.iter().map(|vpc| ("vpc", &vpc.item.status));
    let instances = summary.instances.iter().map(|item| ("instance", &item.status));
    let balancers = summary.load_balancers.iter().map(|row| ("load_balancer", &row.item.status));
    let services = summary.services.iter().map(|item| ("endpoint_service", &item.status));
    let endpoints = summary.endpoints.iter().map(|row| ("endpoint", &row.item.status));
    let connections = summary.endpoints.iter().map(|row| ("endpoint_connection", &row.connection));
    let all = vpcs.chain(instances).chain(balancers).chain(services).chain(endpoints).chain(connections);
    let mut counts: BTreeMap<(&str, &String), usize> = BTreeMap::new();
    all.for_each(|row| *counts.entry(row).or_default() += 1);
    let mut family = text.family(Kind::Gauge, "isthmus_resources", "Resources, by kind and status.");
    for ((kind, status), count) in counts {
        family.sample(&[("kind", kind), ("status", status)], count);
    }
}

fn servers(text: &mut Exposition, health: &BTreeMap<ServerIndex, HealthReport>, plan: &HostPlan) {
    let groups = plan.server_groups.values();
    let servers =
        groups.flat_map(|group| group.servers.iter().map(move |(index, server)| (group, index, server)));
    let checked: Vec<_> = servers
        .filter_map(|(group, index, server)| {
            let labels = (group.id.to_string(), server.address.ip().to_string(), server.port.to_string());
            Some((labels, health.get(index)?))
        })
        .collect();
    let help = "Whether a server that is checked is healthy; one without a verdict yet is not.";
    let mut family = text.family(Kind::Gauge, "isthmus_server_healthy", help);
    for ((group, address, port), report) in &checked {
        let labels = [("server_group", group.as_str()), ("address", address), ("port", port)];
        family.sample(&labels, u8::from(report.state == HealthState::Healthy));
    }
    let help = "Duration of a server's last health check.";
    let mut family = text.family(Kind::Gauge, "isthmus_server_check_seconds", help);
    for ((group, address, port), report) in &checked {
        let labels = [("server_group", group.as_str()), ("address", address), ("port", port)];
        family.sample(&labels, f64::from(report.latency_micros) / 1e6);
    }
}

pub(super) fn write_work(text: &mut Exposition, work: WorkDone) {
    let help = "Time of passes that compare the host with its plan.";
    let mut family = text.family(Kind::Summary, "isthmus_reconcile_duration_seconds", help);
    family.sum(&[], work.time.as_secs_f64(), work.passes);
    let help = "Passes after which the plan was not wholly true.";
    text.family(Kind::Counter, "isthmus_reconcile_faulty_total", help).sample(&[], work.faulty);
    let help = "Entries of kernel maps that passes wrote or removed.";
    text.family(Kind::Counter, "isthmus_reconcile_entries_total", help).sample(&[], work.entries);
}
