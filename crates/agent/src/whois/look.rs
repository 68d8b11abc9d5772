//! From the flows of connections to those who stand behind them.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use model::endpoint::EndpointType;
use model::id::{EndpointId, EndpointIndex, InstanceId, ListenerIndex, Network, PortIndex};
use model::net::services;
use model::plan::{EndpointPlan, HostPlan, PortPlan};
use tables::{Flow, FlowKey, Port, PortKind, Talk};

use super::{Caller, Question, Receiver};
use crate::config::AgentConfig;
use crate::flows::FlowProtocol;
use crate::ipv6::{Ipv6Addresses, Known};
use crate::kernel::packed::{end, flow_key, index_of, packed, stand_in, unpacked};
use crate::kernel::programs::maps_dir;
use crate::kernel::table::{Table, TableError};
use crate::proxy::{self, Opened, Origin};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// A proxy writes a connection down when it is established, which its server may know a moment earlier.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// What is looked at.
pub(super) struct Look<'a> {
    config: &'a AgentConfig,
    plan: &'a HostPlan,
    /// The plan's IPv6 addresses.
    ipv6: Ipv6Addresses,
    known: Known,
    flows: Table<FlowKey, Flow>,
    /// By interface index.
    ports: HashMap<u32, Port>,
}

/// A connection that an instance has got: the entry of its replies.
pub(super) struct Got<'a> {
    key: FlowKey,
    reply: Flow,
    receiver: &'a PortPlan,
}

/// A client.
struct Client {
    address: SocketAddrV4,
    network: Network,
    asked: SocketAddrV4,
    listener: ListenerIndex,
    endpoint: EndpointIndex,
}

impl<'a> Look<'a> {
    pub(super) fn new(config: &'a AgentConfig, plan: &'a HostPlan) -> Result<Self, TableError> {
        let maps = maps_dir(&config.bpf_dir());
        let ports = Table::<u32, Port>::open(&maps, "PORTS")?.entries()?.into_iter().collect();
        let (ipv6, known) = (Ipv6Addresses::of(plan), Known::open(&maps)?);
        Ok(Self { config, plan, ipv6, known, flows: Table::open(&maps, "FLOWS")?, ports })
    }

    /// What has come from there to whom it is asked about.
    pub(super) fn all(&self, question: &Question) -> Result<Vec<Got<'a>>, TableError> {
        let Some(from) = self.known.end(question.from)? else { return Ok(Vec::new()) };
        let (address, port) = (packed(*from.ip()), from.port().to_be());
        let mut found = Vec::new();
        self.flows.for_each(|key, flow| {
            if (key.dst, key.dport) == (address, port) {
                found.extend(self.got(key, flow));
            }
        })?;
        found.retain(|got| self.is_it(&question.receiver, got.receiver));
        Ok(found)
    }

    /// What has come from there to this port of an instance.
    pub(super) fn own(
        &self,
        instance: &InstanceId,
        from: SocketAddr,
        to: u16,
    ) -> Result<Vec<Got<'a>>, TableError> {
        let Some(from) = self.known.end(from)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (ifindex, port) in
            self.ports.iter().filter_map(|(ifindex, port)| Some((ifindex, self.plan(port)?)))
        {
            if port.instance != *instance {
                continue;
            }
            for address in addresses(port) {
                for talk in [Talk::Tcp, Talk::Udp] {
                    let key = flow_key(*ifindex, SocketAddrV4::new(address, to), from, talk);
                    found.extend(self.flows.get(&key)?.and_then(|flow| self.got(&key, &flow)));
                }
            }
        }
        Ok(found)
    }

    fn got(&self, key: &FlowKey, flow: &Flow) -> Option<Got<'a>> {
        let is_reply = flow.is_reply() && [TCP, UDP].contains(&key.protocol());
        let receiver = self.plan(self.ports.get(&key.ingress())?)?;
        is_reply.then_some(Got { key: *key, reply: *flow, receiver })
    }

    fn plan(&self, port: &Port) -> Option<&'a PortPlan> {
        let is_instance = port.kind == PortKind::Instance as u8;
        self.plan.ports.get(&PortIndex(port.index)).filter(|_| is_instance)
    }

    fn is_it(&self, receiver: &Receiver, port: &PortPlan) -> bool {
        match receiver {
            Receiver::Any => true,
            Receiver::Vpc(id) => self.plan.vpcs.get(&port.network).is_some_and(|vpc| vpc.id == *id),
            Receiver::Instance(id) => port.instance == *id,
        }
    }

    /// Who stands behind it; `None` = its proxy has ended, or the client's interface has gone.
    pub(super) fn caller(&self, got: &Got<'_>) -> Option<Caller> {
        let Got { key, reply, receiver } = got;
        let [from, to] = self.ipv6.ends(end(key.dst, key.dport), end(key.src, key.sport));
        let mut caller = Caller {
            protocol: FlowProtocol::of(key.protocol())?,
            from,
            to,
            receiver: receiver.instance.clone(),
            client: None,
            account: None,
            vpc: None,
            eni: None,
            instance: None,
            asked: None,
            endpoint: None,
            service: None,
            listener: None,
            reverse: self.reverse(receiver, unpacked(key.dst)),
        };
        let sender = self.ports.get(&reply.egress)?;
        if sender.kind != PortKind::Services as u8 {
            self.fill(&mut caller, &of_flow(reply, sender));
        } else if unpacked(reply.dst) != services::PROBE_SOURCE {
            self.fill(&mut caller, &self.of_origin(&self.origin(got)?)?);
        }
        Some(caller)
    }

    /// The Reverse endpoint with an address of the receiver's VPC.
    fn reverse(&self, receiver: &PortPlan, address: Ipv4Addr) -> Option<EndpointId> {
        let is_it = |endpoint: &&EndpointPlan| {
            endpoint.kind == EndpointType::Reverse
                && endpoint.network == receiver.network
                && endpoint.zones.iter().any(|zone| zone.address == address)
        };
        self.plan.endpoints.values().find(is_it).map(|endpoint| endpoint.id.clone())
    }

    fn fill(&self, caller: &mut Caller, client: &Client) {
        let vpc = self.plan.vpcs.get(&client.network);
        let endpoint = self.plan.endpoints.get(&client.endpoint);
        let has = |port: &&PortPlan| {
            port.network == client.network && addresses(port).any(|it| it == *client.address.ip())
        };
        let port = self.plan.ports.values().find(has);
        caller.client = Some(self.ipv6.end(client.address));
        caller.account = vpc.map(|vpc| vpc.owner);
        caller.vpc = vpc.map(|vpc| vpc.id.clone());
        caller.eni = port.map(|port| port.eni.clone());
        caller.instance = port.map(|port| port.instance.clone());
        caller.asked = Some(self.ipv6.end(client.asked));
        caller.endpoint = endpoint.map(|endpoint| endpoint.id.clone());
        caller.service = endpoint.map(|endpoint| endpoint.service.clone());
        caller.listener = self.plan.listeners.get(&client.listener).map(|listener| listener.id.clone());
    }

    /// For whom the proxy has opened the connection.
    fn origin(&self, Got { key, reply, .. }: &Got<'_>) -> Option<Origin> {
        let server = PortIndex(self.ports.get(&key.ingress())?.index);
        let ipv6 = index_of(unpacked(key.src));
        let alias = ipv6.map_or_else(|| services::alias(server), services::ipv6_alias);
        let to = SocketAddrV4::new(alias, u16::from_be(key.sport));
        let opened = Opened { protocol: key.protocol(), from: end(reply.dst, reply.dport), to };
        for _ in 0..TRIES {
            if let Some(origin) = proxy::caller(self.config, opened) {
                return Some(origin);
            }
            if !matches!(self.flows.get(key), Ok(Some(flow)) if !flow.ended()) {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
        None
    }

    fn of_origin(&self, origin: &Origin) -> Option<Client> {
        let network = match origin.endpoint {
            Some(endpoint) => self.plan.endpoints.get(&endpoint)?.network,
            None => {
                let vip = self.plan.listeners.get(&origin.listener)?.vips.first()?;
                self.plan.vips.get(vip)?.network
            }
        };
        Some(Client {
            address: origin.client,
            network,
            asked: origin.target,
            listener: origin.listener,
            endpoint: origin.endpoint.unwrap_or(EndpointIndex(0)),
        })
    }
}

/// The addresses of an interface, as the kernel knows them.
fn addresses(port: &PortPlan) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let ipv6 = port.ipv6.iter().map(|it| stand_in(it.index));
    std::iter::once(port.address).chain(port.secondary.iter().copied()).chain(ipv6)
}

/// Where replies go is where the connection has come from.
fn of_flow(reply: &Flow, sender: &Port) -> Client {
    Client {
        address: end(reply.dst, reply.dport),
        network: Network(sender.network),
        asked: end(reply.src, reply.sport),
        listener: ListenerIndex(reply.listener),
        endpoint: EndpointIndex(reply.endpoint),
    }
}
