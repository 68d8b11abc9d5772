//! A host of its own for each test, and a plan: two VPCs of the same range, an NLB, an endpoint.

use std::collections::BTreeMap;
use std::path::PathBuf;

use agent::compile::Health;
use agent::config::AgentConfig;
use agent::kernel::links;
use agent::kernel::netns::Netns;
use agent::kernel::programs::Attachment;
use agent::reconcile::{Pass, Reconciler};
use agent::status::HostStatus;
use ipnet::Ipv4Net;
use model::endpoint::EndpointType;
use model::id::{
    AccountId, EndpointIndex, GroupIndex, InstanceId, ListenerIndex, Network, PortIndex, Revision,
    ServerGroupIndex, ServerIndex, VipIndex, ZoneId,
};
use model::instance::MetadataOptions;
use model::net::{Mac, PortRange, Transport};
use model::nlb::Scheduler;
use model::plan::{
    AboutPlan, EndpointPlan, EndpointZonePlan, GroupPlan, HostPlan, InstancePlan, ListenerPlan, LocalPlan,
    PeerPlan, PlacePlan, PortPlan, RulePlan, ServerGroupPlan, ServerPlan, VipPlan, VpcPlan,
};
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};
use tables::{Flow, Tick};

use crate::traffic::{Server, serve};

pub(crate) const CLIENT_G: PortIndex = PortIndex(1);
pub(crate) const CLIENT_K: PortIndex = PortIndex(2);
pub(crate) const SERVER_G: PortIndex = PortIndex(3);
pub(crate) const SERVER_K: PortIndex = PortIndex(4);

/// A data plane of its own; taken down when dropped.
pub(crate) struct Host {
    pub(crate) config: AgentConfig,
    pub(crate) plan: HostPlan,
    reconciler: Reconciler,
}

impl Host {
    /// A host that follows [`plan`].
    pub(crate) fn start(name: &str) -> Self {
        let mut host = Self::configured(name);
        host.pass();
        host
    }

    /// A host on which nothing has been made yet.
    pub(crate) fn configured(name: &str) -> Self {
        remove_leftovers();
        let tag = format!("ht-{}-{name}", std::process::id());
        let config = AgentConfig {
            state_dir: std::env::temp_dir().join(&tag),
            run_dir: PathBuf::from("/run").join(&tag),
            tag,
            host: "host-a1".parse().unwrap(),
            connections: agent::config::CONNECTIONS,
            proxy_command: vec![],
        };
        let reconciler = Reconciler::new(config.clone(), Attachment::of_kernel());
        Self { config, plan: plan(), reconciler }
    }

    /// Passes until everything is made; gives the last one.
    pub(crate) fn pass(&mut self) -> Pass {
        loop {
            let pass = self.pass_once();
            assert_eq!(pass.faults, Vec::<String>::new());
            if !pass.unfinished {
                return pass;
            }
        }
    }

    /// Another instance in the consumer's VPC; the plan has it from the next pass on.
    pub(crate) fn add_instance(&mut self, index: PortIndex) -> PortIndex {
        let last = u8::try_from(index.0).unwrap() + 100;
        self.plan.ports.insert(index, port(index, CONSUMER, "g", [10, 0, 1, last], 1));
        self.plan.instances.insert(instance(index), instance_plan(index));
        index
    }

    pub(crate) fn pass_once(&mut self) -> Pass {
        self.reconciler.pass(&std::sync::Arc::new(self.plan.clone()), &Health::new(), 0)
    }

    /// What a new process does.
    pub(crate) fn restart(&mut self) {
        self.attach_by(Attachment::of_kernel());
    }

    /// What a new process does on a kernel that attaches programs this way.
    pub(crate) fn attach_by(&mut self, attachment: Attachment) {
        self.reconciler = Reconciler::new(self.config.clone(), attachment);
        self.pass();
    }

    pub(crate) fn netns(&self, port: PortIndex) -> Netns {
        self.config.instance(&instance(port))
    }

    pub(crate) fn servers(&self) -> [Server; 2] {
        [serve(self.netns(SERVER_G), "10.0.1.10:80", "g"), serve(self.netns(SERVER_K), "10.0.2.11:80", "k")]
    }

    pub(crate) fn status(&self) -> HostStatus {
        agent::status::status(&self.config).unwrap().unwrap()
    }

    pub(crate) fn link_indices(&self) -> BTreeMap<String, u32> {
        links::list(&self.config.fabric()).unwrap()
    }

    pub(crate) fn take_down(&mut self) {
        agent::down::down(&self.config).unwrap();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = agent::down::down(&self.config);
        let _ = std::fs::remove_dir_all(&self.config.state_dir);
    }
}

/// Hosts of test processes that were killed.
fn remove_leftovers() {
    for entry in std::fs::read_dir("/run").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let Some(pid) = name.strip_prefix("ht-").and_then(|rest| rest.split('-').next()) else { continue };
        if !PathBuf::from("/proc").join(pid).exists() {
            let config = AgentConfig {
                state_dir: std::env::temp_dir().join(&name),
                run_dir: entry.path(),
                tag: name,
                host: "host-a1".parse().unwrap(),
                connections: agent::config::CONNECTIONS,
                proxy_command: vec![],
            };
            agent::down::down(&config).unwrap();
        }
    }
}

pub(crate) fn instance(port: PortIndex) -> InstanceId {
    format!("i-{}", port.0).parse().unwrap()
}

const CONSUMER: Network = Network(1);
const PROVIDER: Network = Network(2);

pub(crate) fn zone(letter: &str) -> ZoneId {
    ZoneId::new(&format!("cn-hangzhou-{letter}"))
}

/// Two VPCs of 10.0.0.0/16; clients .10 in the one, servers .10 and .11 in the other.
pub(crate) fn plan() -> HostPlan {
    let ports = BTreeMap::from([
        (CLIENT_G, port(CLIENT_G, CONSUMER, "g", [10, 0, 1, 10], 1)),
        (CLIENT_K, port(CLIENT_K, CONSUMER, "k", [10, 0, 2, 10], 1)),
        (SERVER_G, port(SERVER_G, PROVIDER, "g", [10, 0, 1, 10], 2)),
        (SERVER_K, port(SERVER_K, PROVIDER, "k", [10, 0, 2, 11], 2)),
    ]);
    HostPlan {
        revision: Revision(1),
        host: "host-a1".parse().unwrap(),
        vpcs: BTreeMap::from([(CONSUMER, vpc("vpc-consumer")), (PROVIDER, vpc("vpc-provider"))]),
        instances: ports.keys().map(|index| (instance(*index), instance_plan(*index))).collect(),
        invocations: BTreeMap::new(),
        groups: BTreeMap::from([
            (GroupIndex(1), group("sg-c", CONSUMER)),
            (GroupIndex(2), group("sg-p", PROVIDER)),
        ]),
        ports,
        vips: BTreeMap::from([
            (VipIndex(1), vip("g", [10, 0, 1, 100])),
            (VipIndex(2), vip("k", [10, 0, 2, 100])),
        ]),
        listeners: BTreeMap::from([(ListenerIndex(1), listener())]),
        server_groups: BTreeMap::from([(ServerGroupIndex(1), server_group())]),
        endpoints: BTreeMap::from([(EndpointIndex(1), endpoint())]),
    }
}

fn vpc(id: &str) -> VpcPlan {
    let gateways = vec![[10, 0, 1, 1].into(), [10, 0, 2, 1].into()];
    VpcPlan {
        id: id.parse().unwrap(),
        owner: AccountId(if id == "vpc-consumer" { 1 } else { 2 }),
        range: "10.0.0.0/16".parse().unwrap(),
        gateways,
        names: BTreeMap::new(),
        zones: BTreeMap::new(),
        tables: BTreeMap::new(),
    }
}

fn port(index: PortIndex, network: Network, letter: &str, address: [u8; 4], group: u32) -> PortPlan {
    let [a, b, c, _] = address;
    PortPlan {
        eni: format!("eni-{}", index.0).parse().unwrap(),
        instance: instance(index),
        device: 0,
        network,
        zone: zone(letter),
        address: address.into(),
        secondary: vec![],
        ipv6: vec![],
        vswitch: "vsw-1".parse().unwrap(),
        subnet: Ipv4Net::new([a, b, c, 0].into(), 24).unwrap(),
        gateway: [a, b, c, 1].into(),
        mac: Mac::of_port(index),
        table: None,
        sources: vec![],
        groups: vec![GroupIndex(group)],
    }
}

fn instance_plan(port: PortIndex) -> InstancePlan {
    InstancePlan {
        port,
        host_name: "ecs".into(),
        image: "host".into(),
        user_data: None,
        authorized_key: None,
        about: AboutPlan {
            options: MetadataOptions::default(),
            owner: AccountId(1),
            region: "cn-hangzhou".into(),
            instance_type: "ecs.c6.large".into(),
        },
        running: false,
        boot: 1,
        cpus: 1,
        memory_mib: 64,
    }
}

fn group(id: &str, network: Network) -> GroupPlan {
    let rule = |protocol, port: u16| RulePlan {
        protocol,
        ports: PortRange { low: port, high: port },
        source_ports: ALL_PORTS,
        peer: PeerPlan::Cidr("10.0.0.0/16".parse().unwrap()),
        own: None,
        policy: RulePolicy::Accept,
        priority: 1,
    };
    GroupPlan {
        id: id.parse().unwrap(),
        network,
        inner_access: false,
        egress_default: true,
        ingress: vec![rule(RuleProtocol::Tcp, 80), rule(RuleProtocol::Udp, 53), rule(RuleProtocol::Icmp, 0)],
        egress: vec![],
        members: vec![],
        ipv6_members: vec![],
    }
}

fn vip(letter: &str, address: [u8; 4]) -> VipPlan {
    VipPlan {
        load_balancer: "nlb-1".parse().unwrap(),
        network: PROVIDER,
        zone: zone(letter),
        address: address.into(),
        ipv6: None,
        local: LocalPlan::default(),
        cross_zone: true,
        groups: vec![],
        cps: 0,
    }
}

fn listener() -> ListenerPlan {
    ListenerPlan {
        id: "lsn-1@80".parse().unwrap(),
        vips: vec![VipIndex(1), VipIndex(2)],
        protocol: Transport::Tcp,
        ports: PortRange::one(80),
        server_group: ServerGroupIndex(1),
        idle_timeout: 900,
        cps: 0,
        mss: 0,
        proxy_protocol: None,
        tls: None,
    }
}

fn server_group() -> ServerGroupPlan {
    let server = |port_index, letter: &str, address: [u8; 4]| ServerPlan {
        port_index,
        zone: zone(letter),
        address: std::net::Ipv4Addr::from(address).into(),
        port: 80,
        weight: 100,
        place: PlacePlan::Own,
    };
    ServerGroupPlan {
        id: "sgp-1".parse().unwrap(),
        scheduler: Scheduler::Wrr,
        ip_version_affinity: false,
        preserve_client_ip: true,
        drain_seconds: None,
        health_check: None,
        servers: BTreeMap::from([
            (ServerIndex(1), server(SERVER_G, "g", [10, 0, 1, 10])),
            (ServerIndex(2), server(SERVER_K, "k", [10, 0, 2, 11])),
        ]),
    }
}

fn endpoint() -> EndpointPlan {
    let in_zone = |letter: &str, address: [u8; 4], vip| EndpointZonePlan {
        zone: zone(letter),
        eni: format!("eni-e{letter}").parse().unwrap(),
        port: PortIndex(4000),
        address: address.into(),
        ipv6: None,
        vip: Some(VipIndex(vip)),
        replaced: None,
        lease: 0,
        open: true,
    };
    EndpointPlan {
        id: "ep-1".parse().unwrap(),
        kind: EndpointType::Interface,
        network: CONSUMER,
        service: "epsrv-1".parse().unwrap(),
        connection: Network(3),
        bandwidth: None,
        groups: vec![GroupIndex(1)],
        zones: vec![in_zone("g", [10, 0, 1, 200], 1), in_zone("k", [10, 0, 2, 200], 2)],
    }
}

/// A moment long before the last packet of a flow.
pub(crate) fn long_ago(flow: &Flow) -> Tick {
    Tick(flow.last_seen.0.wrapping_sub(1 << 22))
}
