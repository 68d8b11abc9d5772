//! `isthmus bench --scale`: how long a large plan takes to the kernel, and one more endpoint after it.
//!
//! The plan goes into real maps, which no program on any interface reads. Making namespaces and links is left out: that
//! takes its time for each instance, however many endpoints and servers there are.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::compile::{Health, Interfaces};
use agent::follow::{Follower, Wanted};
use agent::kernel::bpffs;
use agent::kernel::maps::{Changes, Maps};
use agent::kernel::programs::{Attachment, Programs, maps_dir};
use agent::reconcile::OBJECT;
use anyhow::{Result, ensure};
use model::endpoint::EndpointType;
use model::id::{
    EndpointIndex, GroupIndex, HostId, ListenerIndex, Network, PortIndex, Revision, ServerGroupIndex,
    ServerIndex, VipIndex,
};
use model::net::Transport;
use model::plan::{
    EndpointPlan, EndpointZonePlan, GroupPlan, HostPlan, ListenerPlan, LocalPlan, PlacePlan, ServerGroupPlan,
    ServerPlan, VipPlan,
};
use model::security::RuleProtocol;

use super::figure::{self, Figure};
use super::output;
use super::plan::{self, group, port, rule, vpc, zone};
use super::targets::Bound;

const ENDPOINTS: u32 = 10_000;
const SERVER_GROUPS: u32 = 1_000;
/// Servers of each group.
const SERVERS: u32 = 400;
/// Instances that the servers run on, each in many groups.
const PORTS: u32 = 1_000;
const VPCS: u32 = 10;
/// Security groups of endpoints, and rules of each.
const SECURITY_GROUPS: u32 = 200;
const RULES: u16 = 200;
const LISTENERS_OF_VIP: u32 = 50;
/// The provider's VPC, after those of consumers.
const PROVIDER: Network = Network(VPCS + 1);
const SERVERS_GROUP: GroupIndex = GroupIndex(SECURITY_GROUPS + 1);
/// How often one more endpoint comes.
const MORE: u32 = 9;

/// Measures, prints a table with a verdict for each target, and renews the section of a page.
///
/// # Errors
/// When the kernel refuses the maps, or a target is missed.
pub(super) fn run(page: Option<&Path>) -> Result<()> {
    figure::report(&measure()?, page, output::SCALE)
}

fn measure() -> Result<Vec<Figure>> {
    let mut host = Host::new()?;
    let interfaces = Interfaces {
        ports: (1..=PORTS).map(|index| (PortIndex(index), 1000 + index)).collect(),
        services: 1,
    };
    let mut plan = Arc::new(plan()?);
    let (whole, changes) = host.follow(&plan, &interfaces)?;
    ensure!(changes.overflows == [None; 2], "the plan does not fit: {:?}", changes.overflows);
    let mut more = Vec::new();
    for index in ENDPOINTS + 1..=ENDPOINTS + MORE {
        let mut next = HostPlan::clone(&plan);
        next.revision = Revision(plan.revision.0 + 1);
        next.endpoints.insert(EndpointIndex(index), endpoint(index)?);
        plan = Arc::new(next);
        let (took, changes) = host.follow(&plan, &interfaces)?;
        ensure!(changes.entries == 1, "one more endpoint has changed {} entries", changes.entries);
        more.push(took.as_secs_f64());
    }
    Ok(vec![
        Figure {
            what: "10,000 endpoints, 1,000 groups of 400 servers, plan to kernel, s".into(),
            bound: Bound::AtMost(2.0),
            reached: whole.as_secs_f64(),
        },
        Figure {
            what: "one more endpoint, plan to kernel, ms".into(),
            bound: Bound::AtMost(50.0),
            reached: 1000.0 * super::turns::median(&more),
        },
    ])
}

/// Maps of their own. Dropping it takes them away.
struct Host {
    directory: PathBuf,
    follower: Follower,
}

impl Host {
    fn new() -> Result<Self> {
        let directory = PathBuf::from(format!("/run/isthmus-bench-{}-scale", std::process::id()));
        let host = Self { directory, follower: Follower::default() };
        Programs::open(&host.pins(), OBJECT, Attachment::of_kernel(), 1024)?;
        Ok(host)
    }

    /// Where an agent with this directory has its own.
    fn pins(&self) -> PathBuf {
        self.directory.join("run/bpf")
    }

    /// As the agent's pass does it.
    fn follow(&mut self, plan: &Arc<HostPlan>, interfaces: &Interfaces) -> Result<(Duration, Changes)> {
        let start = Instant::now();
        let maps = Maps::open(&maps_dir(&self.pins()))?;
        let wanted = Wanted { plan, health: &Health::new(), interfaces, swept: 0, now: 1 };
        let changes = self.follower.follow(&maps, &wanted)?;
        Ok((start.elapsed(), changes))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // What is left is found and removed by the next run.
        let _ = bpffs::unmount(&self.pins());
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn plan() -> Result<HostPlan> {
    let host: HostId = "host-bench".parse()?;
    let networks = (1..=VPCS + 1).map(Network);
    Ok(HostPlan {
        revision: Revision(1),
        host,
        vpcs: networks
            .map(|network| Ok((network, vpc(&format!("vpc-{}", network.0))?)))
            .collect::<Result<_>>()?,
        ports: (1..=PORTS).map(server_port).collect::<Result<_>>()?,
        instances: BTreeMap::new(),
        invocations: BTreeMap::new(),
        groups: (1..=SECURITY_GROUPS + 1).map(security_group).collect::<Result<_>>()?,
        vips: (1..=SERVER_GROUPS / LISTENERS_OF_VIP).map(vip).collect::<Result<_>>()?,
        listeners: (1..=SERVER_GROUPS).map(listener).collect::<Result<_>>()?,
        server_groups: (1..=SERVER_GROUPS).map(server_group).collect::<Result<_>>()?,
        endpoints: (1..=ENDPOINTS)
            .map(|index| Ok((EndpointIndex(index), endpoint(index)?)))
            .collect::<Result<_>>()?,
    })
}

/// The address with this number in 10.0.0.0/8.
fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number)
}

fn server_port(index: u32) -> Result<(PortIndex, model::plan::PortPlan)> {
    let (port_index, instance) = (PortIndex(index), format!("i-{index}").parse()?);
    Ok((port_index, port(port_index, instance, PROVIDER, address(0x1_0000 + index), SERVERS_GROUP)?))
}

/// Rules that differ from those of every other group.
fn security_group(index: u32) -> Result<(GroupIndex, GroupPlan)> {
    let network = if GroupIndex(index) == SERVERS_GROUP { PROVIDER } else { Network(1 + index % VPCS) };
    let first = (index * u32::from(RULES)) as u16;
    let ingress = (0..RULES).map(|number| rule(RuleProtocol::Tcp, first.wrapping_add(number))).collect();
    let group = GroupPlan { ingress, ..group(&format!("sg-{index}"), network, address(index))? };
    Ok((GroupIndex(index), group))
}

fn vip(index: u32) -> Result<(VipIndex, VipPlan)> {
    let vip = VipPlan {
        load_balancer: format!("nlb-{index}").parse()?,
        network: PROVIDER,
        zone: zone(),
        address: address(0x2_0000 + index),
        ipv6: None,
        local: LocalPlan::default(),
        cross_zone: true,
        groups: vec![],
        cps: 0,
    };
    Ok((VipIndex(index), vip))
}

fn listener(index: u32) -> Result<(ListenerIndex, ListenerPlan)> {
    let (vip, port) = ((index - 1) / LISTENERS_OF_VIP, (index - 1) % LISTENERS_OF_VIP);
    let listener = plan::listener(index, VipIndex(1 + vip), Transport::Tcp, 80 + port as u16)?;
    Ok((ListenerIndex(index), listener))
}

fn server_group(index: u32) -> Result<(ServerGroupIndex, ServerGroupPlan)> {
    let server = |number: u32| {
        let port = 1 + (index * 7 + number) % PORTS;
        let server = ServerPlan {
            port_index: PortIndex(port),
            zone: zone(),
            address: address(0x1_0000 + port).into(),
            port: 8080,
            weight: 100,
            place: PlacePlan::Own,
        };
        (ServerIndex((index - 1) * SERVERS + number), server)
    };
    Ok((ServerGroupIndex(index), plan::server_group(index, (1..=SERVERS).map(server).collect())?))
}

/// In a consumer's VPC, behind one of its security groups.
fn endpoint(index: u32) -> Result<EndpointPlan> {
    let first = 1 + index % SECURITY_GROUPS;
    let zone = EndpointZonePlan {
        zone: zone(),
        eni: format!("eni-ep-{index}").parse()?,
        port: PortIndex(4000),
        address: address(0x3_0000 + index),
        ipv6: None,
        vip: Some(VipIndex(1 + index % (SERVER_GROUPS / LISTENERS_OF_VIP))),
        replaced: None,
        lease: 0,
        open: true,
    };
    Ok(EndpointPlan {
        id: format!("ep-{index}").parse()?,
        kind: EndpointType::Interface,
        service: "epsrv-1".parse()?,
        network: Network(1 + index % VPCS),
        connection: Network(1000 + index),
        bandwidth: None,
        groups: vec![GroupIndex(first)],
        zones: vec![zone],
    })
}
