//! Makes the data plane equal to a plan. The first pass, and every one over a plan that has been followed before, reads
//! everything it needs, so a restart, what a crash left behind and what somebody else has changed are one path.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;
use model::id::{InstanceId, PortIndex};
use model::plan::{HostPlan, PortPlan};

use crate::compile::{Health, Interfaces};
use crate::config::AgentConfig;
use crate::follow::{self, Follower};
use crate::ipv6::all_of;
use crate::kernel::links::{self, SERVICES_LINK, Veth};
use crate::kernel::maps::{Changes, Maps};
use crate::kernel::programs::{Attachment, Programs, maps_dir};
use crate::kernel::rules::{MAIN_TABLE, Routing, SOURCE_TABLES, SourceRule};
use crate::kernel::source_ports;
use crate::local;
use crate::sweep;

pub use crate::kernel::programs::OBJECT;

/// Time that a pass spends on making links before it looks whether there is a newer plan.
const PATIENCE: Duration = Duration::from_millis(400);

/// What a pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// What it changed in the maps.
    pub changes: Changes,
    /// What stands in the way of the plan, in words; empty = packets follow the plan.
    pub faults: Vec<String>,
    /// There are links still to be made: another pass should follow at once, with the newest plan.
    pub unfinished: bool,
}

/// What a pass is to make true.
struct Wanted<'a> {
    plan: &'a Arc<HostPlan>,
    health: &'a Health,
    swept: u64,
}

/// Makes one host's data plane equal to its plans.
#[derive(Debug)]
pub struct Reconciler {
    config: AgentConfig,
    attachment: Attachment,
    programs: Option<Programs>,
    follower: Follower,
}

impl Reconciler {
    /// A reconciler that has done nothing yet.
    pub fn new(config: AgentConfig, attachment: Attachment) -> Self {
        Self { config, attachment, programs: None, follower: Follower::default() }
    }

    /// One pass. Blocks for some milliseconds, longer when there is much to make.
    ///
    /// `swept`: when the last sweep of flows began that has ended, see [`Past::swept`].
    pub fn pass(&mut self, plan: &Arc<HostPlan>, health: &Health, swept: u64) -> Pass {
        let mut pass = Pass::default();
        let wanted = Wanted { plan, health, swept };
        if let Err(error) = self.try_pass(&wanted, &mut pass) {
            pass.faults.push(in_full(error.as_ref()));
        }
        pass
    }

    fn try_pass(&mut self, wanted: &Wanted<'_>, pass: &mut Pass) -> Result<(), Box<dyn Error>> {
        let plan = wanted.plan;
        let fabric = self.config.fabric();
        self.open_programs()?;
        // What the plan forbids must not wait for links: to make one takes tens of milliseconds, and it can fail.
        let present = if fabric.exists() { links::list(&fabric)? } else { BTreeMap::new() };
        let present = interfaces(plan, &present);
        self.sync(wanted, &present, pass)?;
        self.make_namespaces(plan)?;
        let outcome = links::ensure(&fabric, &self.veths(plan), PATIENCE)?;
        pass.faults.extend(outcome.faults.iter().map(|fault| in_full(fault)));
        pass.unfinished = outcome.unfinished;
        let made = interfaces(plan, &outcome.indices);
        if made != present {
            self.sync(wanted, &made, pass)?;
        }
        pass.faults.extend(pass.changes.overflows.iter().flatten().map(|overflow| in_full(overflow)));
        if let Some(programs) = &mut self.programs {
            programs.attach(&fabric, &outcome.indices)?;
        }
        self.remove_namespaces(plan)
    }

    /// Makes the maps follow the plan over the links that there are.
    fn sync(
        &mut self,
        wanted: &Wanted<'_>,
        interfaces: &Interfaces,
        pass: &mut Pass,
    ) -> Result<(), Box<dyn Error>> {
        let maps = Maps::open(&maps_dir(&self.config.bpf_dir()))?;
        let Wanted { plan, health, swept } = *wanted;
        let wanted = follow::Wanted { plan, health, interfaces, swept, now: sweep::now() };
        let changes = self.follower.follow(&maps, &wanted)?;
        pass.changes.entries += changes.entries;
        pass.changes.judgement |= changes.judgement;
        pass.changes.departure |= changes.departure;
        pass.changes.overflows = changes.overflows;
        Ok(())
    }

    /// Opened once; again when the pin was taken away.
    fn open_programs(&mut self) -> Result<(), Box<dyn Error>> {
        if self.programs.as_ref().is_none_or(|programs| !programs.is_pinned()) {
            let connections = self.config.connections;
            let directory = self.config.bpf_dir();
            self.programs = Some(Programs::open(&directory, OBJECT, self.attachment, connections)?);
            self.follower.unsettle();
            let room = Maps::open(&maps_dir(&directory))?.flows.capacity() / 2;
            if room != connections {
                tracing::warn!(
                    room,
                    connections,
                    "the table of connections keeps its size; another takes `isthmus down` and a new start"
                );
            }
        }
        Ok(())
    }

    fn make_namespaces(&self, plan: &HostPlan) -> Result<(), Box<dyn Error>> {
        self.config.fabric().create()?;
        self.config.services().create()?;
        source_ports::widen(&self.config.services())?;
        for id in instances(plan) {
            self.config.instance(id).create()?;
        }
        Ok(())
    }

    fn remove_namespaces(&self, plan: &HostPlan) -> Result<(), Box<dyn Error>> {
        let wanted = instances(plan);
        for (id, namespace) in self.config.instance_namespaces() {
            if !wanted.contains(&id) {
                namespace.delete()?;
            }
        }
        Ok(())
    }

    fn veths(&self, plan: &HostPlan) -> Vec<Veth> {
        let mut siblings: BTreeMap<&InstanceId, Vec<&PortPlan>> = BTreeMap::new();
        for port in plan.ports.values() {
            siblings.entry(&port.instance).or_default().push(port);
        }
        let veth =
            |(index, port): (&PortIndex, &PortPlan)| self.veth(*index, port, &siblings[&port.instance]);
        let services = links::services_veth(self.config.services(), local::proxy_names(plan));
        plan.ports.iter().map(veth).chain([services]).collect()
    }

    /// The primary ENI is `eth0` and has the default route. With several ENIs, what is sent from an address leaves
    /// through the ENI that has it.
    fn veth(&self, index: PortIndex, port: &PortPlan, siblings: &[&PortPlan]) -> Veth {
        let table = |port: &PortPlan| SOURCE_TABLES + port.device;
        let main = (port.device == 0).then_some((MAIN_TABLE, port.gateway));
        let own = (siblings.len() > 1).then_some((table(port), port.gateway));
        let rules = siblings
            .iter()
            .filter(|_| siblings.len() > 1)
            .flat_map(|port| all_of(port).map(|address| SourceRule { address, table: table(port) }));
        let on_link = |address| Ipv4Net::new(address, port.subnet.prefix_len()).ok();
        Veth {
            host: links::host_side(index),
            namespace: self.config.instance(&port.instance),
            device: format!("eth{}", port.device),
            mac: port.mac,
            addresses: addresses(port).filter_map(on_link).collect(),
            ipv6: port.ipv6.iter().map(|it| it.address).collect(),
            gateways: main.into_iter().chain(own).collect(),
            routing: (port.device == 0).then(|| Routing {
                rules: rules.collect(),
                forwards: siblings.iter().any(|port| !port.sources.is_empty()),
            }),
        }
    }
}

/// The primary one first.
fn addresses(port: &PortPlan) -> impl Iterator<Item = Ipv4Addr> + '_ {
    std::iter::once(port.address).chain(port.secondary.iter().copied())
}

/// Every instance that is to have a namespace.
fn instances(plan: &HostPlan) -> BTreeSet<&InstanceId> {
    plan.instances.keys().chain(plan.ports.values().map(|port| &port.instance)).collect()
}

fn interfaces(plan: &HostPlan, indices: &BTreeMap<String, u32>) -> Interfaces {
    let of_port = |index: &PortIndex| Some((*index, *indices.get(&links::host_side(*index))?));
    Interfaces {
        ports: plan.ports.keys().filter_map(of_port).collect(),
        services: indices.get(SERVICES_LINK).copied().unwrap_or(0),
    }
}

/// An error with all that lies behind it, in one line.
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
