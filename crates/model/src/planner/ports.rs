//! Instances, their ports, and the security groups that policies need.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};

use crate::endpoint::EndpointType;
use crate::id::{GroupIndex, HostId, InstanceId, PortIndex, SecurityGroupId};
use crate::instance::{Eni, EniOwner, Instance, Power};
use crate::key_pair::KeyPair;
use crate::plan::{AboutPlan, GroupPlan, InstancePlan, Ipv6Plan, PeerPlan, PortPlan, RulePlan};
use crate::planner::{routes, rows};
use crate::prefix_list::PrefixList;
use crate::security::{Direction, GroupKind, Peer, Rule, SecurityGroup};
use crate::state::State;
use crate::vpc::{VSwitch, Vpc};

fn on_host<'a>(state: &'a State, host: &'a HostId) -> impl Iterator<Item = (&'a Instance, &'a Eni)> {
    let here = rows(&state.tables().instances).filter(move |instance| instance.host == *host);
    here.filter_map(|instance| Some((instance, state.get::<Eni>(&instance.eni)?.as_ref())))
}

/// A stopped instance keeps its ports.
pub(super) fn ports(state: &State, host: &HostId) -> BTreeMap<PortIndex, PortPlan> {
    let here = rows(&state.tables().instances).filter(|instance| instance.host == *host);
    let enis = here.flat_map(|instance| state.enis_of_instance(&instance.id));
    let leading = routes::destinations(state);
    let none = Vec::new();
    let plan = |eni: &Arc<Eni>| port(state, eni, leading.get(&eni.id).unwrap_or(&none));
    enis.filter_map(|eni| Some((eni.port, plan(eni)?))).collect()
}

fn port(state: &State, eni: &Eni, destinations: &[Ipv4Net]) -> Option<PortPlan> {
    let EniOwner::Instance(instance, device) = &eni.owner else { return None };
    let vswitch = state.get::<VSwitch>(&eni.vswitch)?;
    Some(PortPlan {
        eni: eni.id.clone(),
        instance: instance.clone(),
        device: *device,
        network: state.get::<Vpc>(&eni.vpc)?.network,
        zone: vswitch.zone.clone(),
        address: eni.address,
        secondary: eni.secondary.iter().copied().collect(),
        ipv6: ipv6(eni).collect(),
        vswitch: vswitch.id.clone(),
        subnet: vswitch.cidr.net(),
        gateway: vswitch.cidr.gateway(),
        mac: eni.mac(),
        table: routes::table_of(state, vswitch),
        sources: routes::sources(state, eni, destinations),
        groups: indexes(state, &eni.security_groups),
    })
}

/// IPv6 addresses as the data plane knows them.
pub(super) fn ipv6(eni: &Eni) -> impl Iterator<Item = Ipv6Plan> + '_ {
    eni.ipv6.iter().map(|(address, index)| Ipv6Plan { index: *index, address: *address })
}

/// Security groups as the data plane knows them.
pub(super) fn indexes<'a>(
    state: &State,
    groups: impl IntoIterator<Item = &'a SecurityGroupId>,
) -> Vec<GroupIndex> {
    groups.into_iter().filter_map(|id| Some(state.get::<SecurityGroup>(id)?.index)).collect()
}

pub(super) fn instances(state: &State, host: &HostId) -> BTreeMap<InstanceId, InstancePlan> {
    on_host(state, host)
        .map(|(instance, eni)| (instance.id.clone(), instance_plan(state, instance, eni)))
        .collect()
}

fn instance_plan(state: &State, instance: &Instance, eni: &Eni) -> InstancePlan {
    let key_pair = instance.key_pair.as_ref().and_then(|id| state.get::<KeyPair>(id));
    InstancePlan {
        port: eni.port,
        host_name: instance.host_name.as_str().to_owned(),
        image: instance.image.as_str().to_owned(),
        user_data: instance.user_data.as_ref().map(|data| data.as_bytes().to_vec()),
        authorized_key: key_pair.map(|row| authorized_key(row)),
        about: AboutPlan {
            owner: instance.meta.owner,
            region: state.settings().region.clone(),
            instance_type: instance.instance_type.as_str().to_owned(),
            options: instance.metadata,
        },
        running: instance.power == Power::Running,
        boot: instance.boot,
        cpus: instance.instance_type.cpus(),
        memory_mib: instance.instance_type.memory_mib(),
    }
}

/// The pair's name is the line's comment, so that people know it again.
fn authorized_key(row: &KeyPair) -> String {
    format!("{} {}", row.public_key.line, row.meta.name)
}

pub(super) fn groups(state: &State) -> BTreeMap<GroupIndex, GroupPlan> {
    rows(&state.tables().security_groups).filter_map(|row| Some((row.index, group(state, row)?))).collect()
}

fn group(state: &State, row: &SecurityGroup) -> Option<GroupPlan> {
    let balancers = state.load_balancers_in(&row.id).flat_map(|balancer| balancer.zones.values());
    let balancers = balancers.filter_map(|mapping| state.get::<Eni>(&mapping.eni));
    let reverse = state.endpoints_in(&row.id).filter(|endpoint| endpoint.kind == EndpointType::Reverse);
    let reverse = reverse.flat_map(|endpoint| endpoint.zones.values());
    let reverse = reverse.filter_map(|zone| state.get::<Eni>(&zone.eni));
    let enis: Vec<_> = state.members_of(&row.id).chain(balancers).chain(reverse).collect();
    let mut members: Vec<_> = enis.iter().flat_map(|eni| eni.addresses()).collect();
    members.sort_unstable();
    let mut ipv6_members: Vec<_> = enis.iter().flat_map(|eni| ipv6(eni)).collect();
    ipv6_members.sort_unstable();
    Some(GroupPlan {
        id: row.id.clone(),
        network: state.get::<Vpc>(&row.vpc)?.network,
        inner_access: row.kind == GroupKind::Normal && row.inner_access,
        egress_default: row.kind == GroupKind::Normal,
        ingress: rules(state, row, Direction::Ingress),
        egress: rules(state, row, Direction::Egress),
        members,
        ipv6_members,
    })
}

/// In the order in which they are judged: by priority, drop before accept.
fn rules(state: &State, group: &SecurityGroup, direction: Direction) -> Vec<RulePlan> {
    let mine = group.rules.values().filter(|rule| rule.spec.direction == direction);
    let mut rules: Vec<RulePlan> = mine.flat_map(|rule| rule_plans(state, rule)).collect();
    rules.sort_by_key(|rule| (rule.priority, rule.policy));
    rules
}

/// One for each thing that the rule's other side stands for.
fn rule_plans(state: &State, rule: &Rule) -> Vec<RulePlan> {
    let plan = |peer| RulePlan {
        protocol: rule.spec.protocol,
        ports: rule.spec.ports,
        source_ports: rule.spec.source_ports,
        peer,
        own: rule.spec.own,
        policy: rule.spec.policy,
        priority: rule.spec.priority.get(),
    };
    peers(state, &rule.spec.peer).into_iter().map(plan).collect()
}

fn peers(state: &State, peer: &Peer) -> Vec<PeerPlan> {
    let range = |range: &IpNet| match range {
        IpNet::V4(range) => PeerPlan::Cidr(*range),
        IpNet::V6(range) => PeerPlan::Ipv6Cidr(*range),
    };
    match peer {
        Peer::Cidr(_) | Peer::Ipv6Cidr(_) => peer.range().iter().map(range).collect(),
        Peer::Group(id) => {
            let group = state.get::<SecurityGroup>(id);
            group.map(|group| PeerPlan::Group(group.index)).into_iter().collect()
        }
        Peer::PrefixList(id) => {
            let list = state.get::<PrefixList>(id);
            list.into_iter().flat_map(|list| list.entries.keys().map(range)).collect()
        }
    }
}
