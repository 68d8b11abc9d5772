//! The host plan that is measured: what a control plane would plan for two VPCs with the same range, an NLB, an endpoint
//! service and an accepted endpoint.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;

use anyhow::Result;
use ipnet::Ipv4Net;
use model::account::Secret;
use model::endpoint::EndpointType;
use model::id::{
    AccountId, EndpointIndex, GroupIndex, HostId, InstanceId, ListenerIndex, Network, PortIndex, Revision,
    ServerGroupIndex, ServerIndex, VipIndex, ZoneId,
};
use model::net::{Mac, PortRange, Transport};
use model::nlb::{ProxyProtocol, Scheduler};
use model::plan::{
    CertificatePlan, EndpointPlan, EndpointZonePlan, GroupPlan, HostPlan, ListenerPlan, LocalPlan, PeerPlan,
    PlacePlan, PortPlan, RulePlan, ServerGroupPlan, ServerPlan, TlsPlan, VipPlan, VpcPlan,
};
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};
use model::tls::{Cipher, TlsVersion};

use super::proxies::{Identity, TLS};
use super::servers::{HTTP, INLINE, STREAM, TOLD};

const CONSUMER: Network = Network(1);
const PROVIDER: Network = Network(2);
const CONNECTION: Network = Network(3);
const CLIENT_PORT: PortIndex = PortIndex(1);
const SERVER_PORT: PortIndex = PortIndex(2);
const BALANCER_PORT: PortIndex = PortIndex(3);
const CLIENTS: GroupIndex = GroupIndex(1);
const SERVERS: GroupIndex = GroupIndex(2);
const VIP: VipIndex = VipIndex(1);

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
/// The server's address in its VPC.
pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 20);
/// The address there of an instance with a proxy of others.
pub(super) const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 30);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 253);
const NLB: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);
/// The endpoint's address, which clients connect to.
pub(super) const ENDPOINT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
/// Both VPCs' only vSwitch.
const SUBNET: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 24);

/// The instance that clients run in, and the one that servers run in.
pub(super) fn instances() -> Result<(InstanceId, InstanceId)> {
    Ok(("i-client".parse()?, "i-server".parse()?))
}

/// The plan.
pub(super) fn host(host: &HostId) -> Result<HostPlan> {
    let (client, server) = instances()?;
    Ok(HostPlan {
        revision: Revision(1),
        host: host.clone(),
        vpcs: BTreeMap::from([(CONSUMER, vpc("vpc-consumer")?), (PROVIDER, vpc("vpc-provider")?)]),
        ports: BTreeMap::from([
            (CLIENT_PORT, port(CLIENT_PORT, client, CONSUMER, CLIENT, CLIENTS)?),
            (SERVER_PORT, port(SERVER_PORT, server, PROVIDER, SERVER, SERVERS)?),
        ]),
        // The namespaces are enough: no container is needed to measure.
        instances: BTreeMap::new(),
        invocations: BTreeMap::new(),
        groups: BTreeMap::from([
            (CLIENTS, group("sg-clients", CONSUMER, CLIENT)?),
            (SERVERS, group("sg-servers", PROVIDER, SERVER)?),
        ]),
        vips: BTreeMap::from([(
            VIP,
            VipPlan {
                load_balancer: "nlb-bench".parse()?,
                network: PROVIDER,
                zone: zone(),
                address: NLB,
                ipv6: None,
                local: LocalPlan::default(),
                cross_zone: true,
                groups: vec![],
                cps: 0,
            },
        )]),
        listeners: listeners()?,
        server_groups: server_groups()?,
        endpoints: BTreeMap::from([(EndpointIndex(1), endpoint()?)]),
    })
}

/// The instance that a proxy of others runs in.
pub(super) fn balancer() -> Result<InstanceId> {
    Ok("i-balancer".parse()?)
}

/// The plan with an instance beside the server that connections are led to as they are, for a proxy of others.
pub(super) fn balanced(host: &HostId) -> Result<HostPlan> {
    let mut plan = self::host(host)?;
    let instance = port(BALANCER_PORT, balancer()?, PROVIDER, BALANCER, SERVERS)?;
    plan.ports.insert(BALANCER_PORT, instance);
    if let Some(group) = plan.groups.get_mut(&SERVERS) {
        group.members.push(BALANCER);
    }
    for (index, port) in (101..).zip([TOLD, TLS]) {
        plan.listeners.insert(ListenerIndex(index), listener(index, VIP, Transport::Tcp, port)?);
        let group = group_of_one(index, (BALANCER_PORT, BALANCER), port)?;
        plan.server_groups.insert(ServerGroupIndex(index), group);
    }
    Ok(plan)
}

/// The plan with a listener that tells servers who their clients are, and one that speaks TLS.
pub(super) fn proxied(host: &HostId, identity: &Identity) -> Result<HostPlan> {
    let mut plan = self::host(host)?;
    let told = ProxyProtocol { enabled: true, vpc: false, endpoint: false, service: false };
    let certificate = CertificatePlan {
        id: "bench-cn-hangzhou".parse()?,
        names: vec![],
        chain: fs::read_to_string(&identity.chain)?,
        key: Secret::new(&fs::read_to_string(&identity.key)?),
    };
    let tls = TlsPlan {
        certificate,
        additional: vec![],
        client_authority: None,
        versions: vec![TlsVersion::V1_3],
        ciphers: vec![Cipher::TlsAes128GcmSha256],
        alpn: None,
    };
    let both = [(TOLD, TOLD, Some(told), None), (TLS, HTTP, None, Some(tls))];
    for (index, (port, server, proxy_protocol, tls)) in (101..).zip(both) {
        let plain = listener(index, VIP, Transport::Tcp, port)?;
        plan.listeners.insert(ListenerIndex(index), ListenerPlan { proxy_protocol, tls, ..plain });
        plan.server_groups
            .insert(ServerGroupIndex(index), group_of_one(index, (SERVER_PORT, SERVER), server)?);
    }
    Ok(plan)
}

pub(super) fn zone() -> ZoneId {
    ZoneId::new("cn-hangzhou-g")
}

pub(super) fn vpc(id: &str) -> Result<VpcPlan> {
    Ok(VpcPlan {
        id: id.parse()?,
        owner: AccountId(1),
        range: "10.0.0.0/16".parse()?,
        gateways: vec![GATEWAY],
        names: BTreeMap::new(),
        zones: BTreeMap::new(),
        tables: BTreeMap::new(),
    })
}

pub(super) fn port(
    index: PortIndex,
    instance: InstanceId,
    network: Network,
    address: Ipv4Addr,
    group: GroupIndex,
) -> Result<PortPlan> {
    Ok(PortPlan {
        eni: format!("eni-{}", index.0).parse()?,
        instance,
        device: 0,
        network,
        zone: zone(),
        address,
        secondary: vec![],
        ipv6: vec![],
        vswitch: "vsw-1".parse()?,
        subnet: SUBNET,
        gateway: GATEWAY,
        mac: Mac::of_port(index),
        table: None,
        sources: vec![],
        groups: vec![group],
    })
}

/// A group as the system makes it for a VPC, with the ports of the servers opened.
pub(super) fn group(id: &str, network: Network, member: Ipv4Addr) -> Result<GroupPlan> {
    let tcp = [22, HTTP, 443, 3389, STREAM, INLINE, TOLD].map(|port| rule(RuleProtocol::Tcp, port));
    Ok(GroupPlan {
        id: id.parse()?,
        network,
        inner_access: true,
        egress_default: true,
        ingress: tcp.into_iter().chain([rule(RuleProtocol::Udp, INLINE)]).collect(),
        egress: Vec::new(),
        members: vec![member],
        ipv6_members: vec![],
    })
}

/// Opens a port to everyone.
pub(super) fn rule(protocol: RuleProtocol, port: u16) -> RulePlan {
    RulePlan {
        protocol,
        ports: PortRange { low: port, high: port },
        source_ports: ALL_PORTS,
        peer: PeerPlan::Cidr(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
        own: None,
        policy: RulePolicy::Accept,
        priority: 100,
    }
}

const SERVICES: [(Transport, u16); 4] =
    [(Transport::Tcp, HTTP), (Transport::Tcp, STREAM), (Transport::Tcp, INLINE), (Transport::Udp, INLINE)];

fn listeners() -> Result<BTreeMap<ListenerIndex, ListenerPlan>> {
    (1..)
        .zip(SERVICES)
        .map(|(index, (protocol, port))| Ok((ListenerIndex(index), listener(index, VIP, protocol, port)?)))
        .collect()
}

/// A listener on one address, with the server group of its own number.
pub(super) fn listener(index: u32, vip: VipIndex, protocol: Transport, port: u16) -> Result<ListenerPlan> {
    Ok(ListenerPlan {
        id: format!("lsn-{index}@{port}").parse()?,
        vips: vec![vip],
        protocol,
        ports: PortRange::one(port),
        server_group: ServerGroupIndex(index),
        idle_timeout: 900,
        cps: 0,
        mss: 0,
        proxy_protocol: None,
        tls: None,
    })
}

fn server_groups() -> Result<BTreeMap<ServerGroupIndex, ServerGroupPlan>> {
    (1..)
        .zip(SERVICES)
        .map(|(index, (_, port))| {
            Ok((ServerGroupIndex(index), group_of_one(index, (SERVER_PORT, SERVER), port)?))
        })
        .collect()
}

fn group_of_one(
    index: u32,
    (port_index, address): (PortIndex, Ipv4Addr),
    port: u16,
) -> Result<ServerGroupPlan> {
    let server = ServerPlan {
        port_index,
        zone: zone(),
        address: address.into(),
        port,
        weight: 100,
        place: PlacePlan::Own,
    };
    server_group(index, BTreeMap::from([(ServerIndex(index), server)]))
}

/// A server group as one is by itself, with these servers.
pub(super) fn server_group(
    index: u32,
    servers: BTreeMap<ServerIndex, ServerPlan>,
) -> Result<ServerGroupPlan> {
    Ok(ServerGroupPlan {
        id: format!("sgp-{index}").parse()?,
        scheduler: Scheduler::Wrr,
        ip_version_affinity: false,
        preserve_client_ip: true,
        drain_seconds: None,
        health_check: None,
        servers,
    })
}

fn endpoint() -> Result<EndpointPlan> {
    let zone = EndpointZonePlan {
        zone: zone(),
        eni: "eni-endpoint".parse()?,
        port: PortIndex(4000),
        address: ENDPOINT,
        ipv6: None,
        vip: Some(VIP),
        replaced: None,
        lease: 0,
        open: true,
    };
    Ok(EndpointPlan {
        id: "ep-bench".parse()?,
        kind: EndpointType::Interface,
        service: "epsrv-1".parse()?,
        network: CONSUMER,
        connection: CONNECTION,
        bandwidth: None,
        groups: vec![CLIENTS],
        zones: vec![zone],
    })
}
