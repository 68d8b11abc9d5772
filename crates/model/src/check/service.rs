//! Load balancers, server groups, listeners, endpoint services, endpoints.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use crate::certificate::Certificate;
use crate::check::Findings;
use crate::endpoint::{Acceptance, Endpoint, EndpointType, EndpointZone};
use crate::id::{EniId, LoadBalancerId, VSwitchId, VpcId, ZoneId};
use crate::instance::{Eni, EniOwner, Instance};
use crate::nlb::{
    GroupProtocol, IpVersion, Listener, ListenerProtocol, ListenerTls, LoadBalancer, ServerGroup, Target,
    is_local_count,
};
use crate::quota::{LOAD_BALANCER_ZONES, Quota};
use crate::service::{EndpointService, ResourceKey};
use crate::tls::SecurityPolicy;
use crate::vpc::{VSwitch, Vpc};

impl Findings<'_> {
    fn placed(&mut self, vswitch: &VSwitchId, vpc: &VpcId, zone: &ZoneId) {
        let row = self.state.get::<VSwitch>(vswitch);
        let fits = row.is_some_and(|row| row.vpc == *vpc && row.zone == *zone);
        self.must(fits, "each zone's vSwitch lies in its VPC and in the zone");
    }

    pub(super) fn load_balancer(&mut self, row: &LoadBalancer) {
        self.must(LOAD_BALANCER_ZONES.contains(&row.zones.len()), "it has 2 to 10 zones");
        for (zone, mapping) in &row.zones {
            self.placed(&mapping.vswitch, &row.vpc, zone);
        }
        self.must(row.zones.values().any(|mapping| !mapping.shifted), "one of its zones is in its name");
        for mapping in row.zones.values() {
            self.zone_ipv6(&mapping.eni, row.ip_version.value, &mapping.local_ipv6);
            let others = self.state.get::<Eni>(&mapping.eni).map(|eni| &eni.secondary);
            let local = others.is_some_and(|others| others.iter().eq(mapping.local.keys()));
            self.must(local, "what its zones' interfaces have besides are its local addresses");
            let counts = [mapping.local.len(), mapping.local_ipv6.len()];
            let fits = counts.iter().all(|count| *count == 0 || is_local_count(*count));
            self.must(fits, "its zones have none, 2, 4, 6 or 8 local addresses of a family");
        }
        let count = row.security_groups.len();
        let most = Quota::GroupsALoadBalancer.most() as usize;
        self.must(count <= most, "it has at most as many security groups as can be");
        self.groups(&row.security_groups, &row.vpc);
        let listeners: Vec<_> = self.state.listeners_of(&row.id).collect();
        let alone = listeners.iter().enumerate().all(|(n, row)| {
            listeners[n + 1..].iter().all(|other| row.takes(other.protocol.value, other.ports).is_none())
        });
        self.must(alone, "its listeners' ports differ");
    }

    pub(super) fn server_group(&mut self, row: &ServerGroup) {
        let servers: BTreeSet<_> = row.servers.iter().map(|server| (&server.target, server.port)).collect();
        self.must(servers.len() == row.servers.len(), "its servers differ");
        let near = |target: &Target| match target {
            Target::Behind(id, _) => self.leads_out(id).then(|| row.vpc.clone()),
            Target::Ecs(id) | Target::EcsIpv6(id, _) => {
                self.state.get::<Instance>(id).and_then(|row| self.vpc_of(&row.eni))
            }
            Target::Eni(id) | Target::EniIpv6(id, _) => self.vpc_of(id),
            Target::Ip(address) => {
                self.state.get::<Vpc>(&row.vpc).filter(|vpc| vpc.contains(*address)).map(|_| row.vpc.clone())
            }
        };
        let near = row.servers.iter().all(|server| near(&server.target).as_ref() == Some(&row.vpc));
        self.must(near, "its servers lie in its VPC, or behind a Reverse endpoint");
        let own = |eni: &EniId, address: &Ipv6Addr| {
            self.state.get::<Eni>(eni).is_some_and(|eni| eni.ipv6.contains_key(address))
        };
        let reached = |target: &Target| match target {
            Target::Ecs(_) | Target::Eni(_) | Target::Ip(_) | Target::Behind(..) => true,
            Target::EcsIpv6(id, address) => {
                self.state.get::<Instance>(id).is_some_and(|row| own(&row.eni, address))
            }
            Target::EniIpv6(id, address) => own(id, address),
        };
        let reached = row.servers.iter().all(|server| reached(&server.target));
        self.must(reached, "its servers have the addresses by which they are reached");
        let ipv4 = row.servers.iter().all(|server| server.target.ipv6().is_none());
        self.must(ipv4 || row.ip_version.value == IpVersion::DualStack, "IPv6 servers need dual stack");
        self.must(
            row.servers.iter().all(|server| (server.port == 0) == row.any_port),
            "its servers' ports fit",
        );
    }

    /// A zone of an NLB or endpoint has an IPv6 address exactly with dual stack.
    fn zone_ipv6(&mut self, eni: &EniId, version: IpVersion, local: &BTreeSet<Ipv6Addr>) {
        let eni = self.state.get::<Eni>(eni);
        let all: BTreeSet<_> = eni.map(|eni| eni.ipv6.keys().copied().collect()).unwrap_or_default();
        let zonal = usize::from(version == IpVersion::DualStack);
        let fits = all.is_superset(local) && all.len() == zonal + local.len() && zonal >= local.len().min(1);
        self.must(fits, "each of its zones has an IPv6 address exactly with dual stack");
    }

    /// Whether it is an interface of a Reverse endpoint.
    fn leads_out(&self, eni: &EniId) -> bool {
        let owner = self.state.get::<Eni>(eni).map(|eni| &eni.owner);
        let Some(EniOwner::Endpoint(id)) = owner else { return false };
        self.state.get::<Endpoint>(id).is_some_and(|row| row.kind == EndpointType::Reverse)
    }

    fn vpc_of(&self, eni: &EniId) -> Option<VpcId> {
        self.state.get::<Eni>(eni).map(|eni| eni.vpc.clone())
    }

    pub(super) fn listener(&mut self, row: &Listener) {
        let load_balancer = self.state.get::<LoadBalancer>(&row.load_balancer);
        let group = self.state.get::<ServerGroup>(&row.server_group);
        let (Some(load_balancer), Some(group)) = (load_balancer, group) else { return };
        self.must(load_balancer.vpc == group.vpc, "its server group lies in its NLB's VPC");
        let fits = match (row.protocol.value, group.protocol.value) {
            (_, GroupProtocol::TcpUdp) => true,
            (ListenerProtocol::Udp, protocol) => protocol == GroupProtocol::Udp,
            (ListenerProtocol::Tcp | ListenerProtocol::TcpSsl, protocol) => protocol == GroupProtocol::Tcp,
        };
        self.must(fits, "its server group speaks its protocol");
        self.must(row.ports.low > 0 && row.ports.low <= row.ports.high, "its ports are in order");
        self.must(row.ports.is_one() != group.any_port, "its server group takes as many ports as it has");
        let is_tls = row.protocol.value == ListenerProtocol::TcpSsl;
        self.must(row.tls.is_some() == is_tls, "it speaks TLS when it is a TCPSSL listener");
        self.must(!is_tls || !group.preserve_client_ip, "through TLS no client's address is kept");
        if let Some(tls) = &row.tls {
            self.listener_tls(tls);
        }
    }

    fn listener_tls(&mut self, tls: &ListenerTls) {
        let of_server = |id| self.state.get::<Certificate>(id).is_some_and(|row| row.is_of_server());
        let shown = tls.certificates().all(of_server) && !tls.additional.contains_key(&tls.certificate);
        let authority = tls.client_authority.as_ref().is_none_or(|id| !of_server(id));
        self.must(shown, "it shows certificates with keys, each once");
        self.must(authority, "it trusts an authority's certificate");
    }

    pub(super) fn security_policy(&mut self, row: &SecurityPolicy) {
        let spoken = row.versions.iter().all(|version| row.ciphers.iter().any(|it| it.works_with(*version)));
        self.must(spoken && !row.versions.is_empty(), "each of its versions has a suite");
    }

    pub(super) fn service(&mut self, row: &EndpointService) {
        for key in row.resources.keys() {
            let load_balancer = self.state.get::<LoadBalancer>(&key.load_balancer);
            let there = load_balancer.is_some_and(|row| row.zones.contains_key(&key.zone));
            self.must(there, "each of its NLBs has an address in the resource's zone");
            let dual = load_balancer.is_some_and(|row| row.ip_version.value == IpVersion::DualStack);
            self.must(dual || row.ip_version == IpVersion::Ipv4, "what it offers by IPv6 has IPv6");
        }
        let automatic =
            |zone: &ZoneId| row.resources.iter().any(|(key, it)| key.zone == *zone && it.auto_allocated);
        self.must(row.zones().into_iter().all(automatic), "each zone has a resource to choose automatically");
    }

    pub(super) fn endpoint(&mut self, row: &Endpoint) {
        let count = row.security_groups.len();
        let most = Quota::GroupsAnEndpoint.most() as usize;
        self.must((1..=most).contains(&count), "it has security groups, but not more than can be");
        self.groups(&row.security_groups, &row.vpc);
        let service = self.state.get::<EndpointService>(&row.service);
        let alive = row.connection.acceptance != Acceptance::ServiceDeleted;
        self.must(service.is_some() == alive, "its connection knows whether the service exists");
        let dual = service.is_none_or(|service| service.ip_version == IpVersion::DualStack);
        self.must(dual || row.ip_version == IpVersion::Ipv4, "its service has IPv6 when it has");
        let ipv4 = row.ip_version == IpVersion::Ipv4;
        self.must(ipv4 || row.kind == EndpointType::Interface, "a Reverse one has no IPv6");
        let limited = row.connection.limit().is_some();
        self.must(!limited || row.kind == EndpointType::Interface, "a Reverse one has no limit");
        for (id, zone) in &row.zones {
            self.placed(&zone.vswitch, &row.vpc, id);
            self.zone_ipv6(&zone.eni, row.ip_version, &BTreeSet::new());
            self.endpoint_zone(row, id, zone);
        }
    }

    fn endpoint_zone(&mut self, row: &Endpoint, id: &ZoneId, zone: &EndpointZone) {
        let service = self.state.get::<EndpointService>(&row.service);
        let attached = |load_balancer: &LoadBalancerId| {
            let key = ResourceKey { zone: id.clone(), load_balancer: load_balancer.clone() };
            service.is_some_and(|service| service.resources.contains_key(&key))
        };
        let served = row.connection.acceptance == Acceptance::Accepted && row.kind == EndpointType::Interface;
        self.must(
            row.kind == EndpointType::Interface || zone.load_balancers().next().is_none(),
            "nothing serves a zone of a Reverse endpoint",
        );
        self.must(
            zone.resource.as_ref().map_or(!served, attached),
            "each zone of an accepted connection is served by a resource",
        );
        let replaced =
            |old: &LoadBalancerId| attached(old) && row.is_open(zone) && zone.resource.as_ref() != Some(old);
        self.must(
            zone.replaced.as_ref().is_none_or(replaced),
            "what was replaced is another resource of an open zone",
        );
    }
}
