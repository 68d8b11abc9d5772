//! Random commands, sensible and not, with ids drawn from the state. The tests of the API draw from here too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use model::account::Secret;
use model::command::Command as C;
use model::command::assistant::*;
use model::command::balancer::{BalancerCommand, BalancerGroups, ShiftZones};
use model::command::endpoint::*;
use model::command::eni::*;
use model::command::instance::*;
use model::command::key_pair::*;
use model::command::nlb::*;
use model::command::prefix_list::*;
use model::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use model::command::route::*;
use model::command::security::*;
use model::command::service::*;
use model::command::system::{Access, SetLimit, Tagging, Untagging};
use model::command::tls::*;
use model::command::vpc::*;
use model::endpoint::{EndpointType, EndpointZone, Policy, Replacement};
use model::entropy::Entropy;
use model::id::{
    CertificateId, EndpointId, EndpointServiceId, PrefixListId, ResourceGroupId, Revision, SecurityGroupId,
    SecurityPolicyId, VSwitchId, ZoneId,
};
use model::instance::{InstanceType, Power};
use model::meta::{Description, Labels, Name, Relabel};
use model::net::PortRange;
use model::nlb::health_check::HealthCheckPatch;
use model::nlb::{GroupProtocol, IpVersion, ListenerProtocol, ServerGroupKind, Target};
use model::quota::Quota;
use model::route::NextHop;
use model::security::{ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec};
use model::service::{EndpointService, Payer, ResourceKey, User};
use model::state::State;
use model::tables::Table;
use model::tls::{Cipher, PolicyId, TlsVersion};
use model::vpc::{VSwitchCidr, VpcCidr};

use super::pieces::{OTHER, command, create_key_pair, create_prefix_list, enable, import, run, zone};

/// Draws commands that fit a state more often than not.
pub(crate) struct Dice<'a> {
    pub(crate) state: &'a State,
    pub(crate) entropy: Entropy,
}

impl Dice<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.entropy.below(bound)
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// An id of the table, or now and then one that never was.
    fn key<K: Ord + Clone + std::str::FromStr, V>(&mut self, table: &Table<K, V>, unknown: &str) -> K
    where
        K::Err: std::fmt::Debug,
    {
        let count = table.size() as u64;
        if count == 0 || self.chance(40) {
            return unknown.parse().unwrap();
        }
        let index = self.below(count) as usize;
        table.keys().nth(index).unwrap().clone()
    }

    fn vswitch(&mut self) -> VSwitchId {
        self.key(&self.state.tables().vswitches.clone(), "vsw-none")
    }

    /// The zone that a vSwitch lies in, mostly.
    fn zone_of(&mut self, vswitch: &VSwitchId) -> ZoneId {
        let real = self.state.get::<model::vpc::VSwitch>(vswitch).map(|row| row.zone.clone());
        real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.zone())
    }

    fn zone(&mut self) -> ZoneId {
        zone(["g", "h", "k"][self.below(3) as usize])
    }

    fn vpc_id(&mut self) -> model::id::VpcId {
        self.key(&self.state.tables().vpcs.clone(), "vpc-none")
    }

    fn vpc_of(&mut self, vswitch: &VSwitchId) -> model::id::VpcId {
        let real = self.state.get::<model::vpc::VSwitch>(vswitch).map(|row| row.vpc.clone());
        real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.vpc_id())
    }

    fn group(&mut self) -> SecurityGroupId {
        self.key(&self.state.tables().security_groups.clone(), "sg-none")
    }

    fn groups_of(&mut self, vpc: &model::id::VpcId) -> BTreeSet<SecurityGroupId> {
        let near: Vec<_> = self.state.security_groups_of(vpc).map(|row| row.id.clone()).collect();
        let mut groups: BTreeSet<_> = near.into_iter().filter(|_| !self.chance(3)).collect();
        if self.chance(20) {
            groups.insert(self.group());
        }
        groups
    }

    fn address(&mut self) -> Option<Ipv4Addr> {
        let last = self.below(16) as u8;
        self.chance(4).then_some(Ipv4Addr::new(10, 0, 0, last))
    }

    fn instance(&mut self) -> model::id::InstanceId {
        self.key(&self.state.tables().instances.clone(), "i-none")
    }

    fn balancer(&mut self) -> model::id::LoadBalancerId {
        self.key(&self.state.tables().load_balancers.clone(), "nlb-none")
    }

    fn server_group(&mut self) -> model::id::ServerGroupId {
        self.key(&self.state.tables().server_groups.clone(), "sgp-none")
    }

    fn listener(&mut self) -> model::id::ListenerId {
        self.key(&self.state.tables().listeners.clone(), "lsn-none")
    }

    fn service(&mut self) -> EndpointServiceId {
        self.key(&self.state.tables().services.clone(), "epsrv-none")
    }

    fn endpoint(&mut self) -> EndpointId {
        self.key(&self.state.tables().endpoints.clone(), "ep-none")
    }

    /// An endpoint and its own service, mostly.
    fn connection(&mut self) -> (EndpointServiceId, EndpointId) {
        let endpoint = self.endpoint();
        let real = self.state.get::<model::endpoint::Endpoint>(&endpoint).map(|row| row.service.clone());
        (real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.service()), endpoint)
    }

    fn at(&mut self, endpoint: &EndpointId) -> EndpointZoneRef {
        EndpointZoneRef { endpoint: endpoint.clone(), zone: self.zone() }
    }

    fn resource(&mut self) -> ResourceKey {
        ResourceKey { zone: self.zone(), load_balancer: self.balancer() }
    }

    fn new_zones(&mut self) -> Vec<NewZone> {
        let count = 1 + self.below(3);
        let zone = |dice: &mut Self| {
            let vswitch = dice.vswitch();
            let ipv6 = dice.ipv6_wish(&vswitch);
            NewZone { zone: dice.zone_of(&vswitch), vswitch, address: dice.address(), ipv6 }
        };
        (0..count).map(|_| zone(self)).collect()
    }

    /// Zones that an NLB has or could have, mostly.
    fn zones_near(&mut self, balancer: &model::id::LoadBalancerId) -> Vec<NewZone> {
        let row = self.state.get::<model::nlb::LoadBalancer>(balancer).filter(|_| !self.chance(10));
        let Some(row) = row else { return self.new_zones() };
        let kept = row.zones.iter().map(|(zone, mapping)| (zone.clone(), mapping.vswitch.clone()));
        let near = self.state.vswitches_of(&row.vpc).map(|row| (row.zone.clone(), row.id.clone()));
        let mut zones: std::collections::BTreeMap<_, _> = near.chain(kept).collect();
        let drop = zones.keys().nth(self.below(4) as usize).cloned();
        drop.map(|zone| zones.remove(&zone));
        zones
            .into_iter()
            .map(|(zone, vswitch)| NewZone { zone, vswitch, address: None, ipv6: None })
            .collect()
    }

    /// A zone with a vSwitch of the endpoint's VPC, mostly.
    fn endpoint_zone(&mut self, endpoint: &EndpointId) -> NewEndpointZone {
        let near = self
            .vpc_of_endpoint(endpoint)
            .map(|vpc| self.state.vswitches_of(&vpc).cloned().collect::<Vec<_>>());
        let near = near.unwrap_or_default();
        let index = self.below(near.len() as u64) as usize;
        let vswitch = near.get(index).map(|row| row.id.clone()).unwrap_or_else(|| self.vswitch());
        let ipv6 = self.ipv6_wish(&vswitch);
        NewEndpointZone { zone: self.zone_of(&vswitch), vswitch, address: self.address(), ipv6 }
    }

    fn vpc_of_endpoint(&mut self, endpoint: &EndpointId) -> Option<model::id::VpcId> {
        let real = self.state.get::<model::endpoint::Endpoint>(endpoint).map(|row| row.vpc.clone());
        real.filter(|_| !self.chance(20))
    }

    fn endpoint_group(&mut self, endpoint: EndpointId) -> EndpointGroup {
        let near = self.vpc_of_endpoint(&endpoint).map(|vpc| self.groups_of(&vpc));
        let group = near.and_then(|groups| groups.into_iter().next()).unwrap_or_else(|| self.group());
        EndpointGroup { endpoint, group }
    }

    fn rule(&mut self) -> RuleSpec {
        let peer = match self.below(9) {
            0..=3 => Peer::Group(self.group()),
            4 => Peer::PrefixList(self.prefix_list()),
            5 | 6 => Peer::Ipv6Cidr("fd69:7374::/32".parse().unwrap()),
            _ => Peer::Cidr("10.0.0.0/8".parse().unwrap()),
        };
        let protocol = [RuleProtocol::Tcp, RuleProtocol::All, RuleProtocol::Icmpv6][self.below(3) as usize];
        let narrow = protocol == RuleProtocol::Tcp && self.chance(4);
        RuleSpec {
            direction: if self.chance(2) { Direction::Ingress } else { Direction::Egress },
            protocol,
            ports: ALL_PORTS,
            source_ports: if narrow { PortRange::one(5000) } else { ALL_PORTS },
            peer,
            own: [None, None, Some("10.0.0.0/16"), Some("fd69:7374::/40")][self.below(4) as usize]
                .map(|range| range.parse().unwrap()),
            policy: if self.chance(2) { RulePolicy::Accept } else { RulePolicy::Drop },
            priority: Priority::default(),
        }
    }

    fn rule_of(&self, group: &SecurityGroupId) -> Option<RuleSelector> {
        let group = self.state.get::<model::security::SecurityGroup>(group)?;
        group.rules.keys().next().cloned().map(RuleSelector::Id)
    }

    /// A group that an instance is in, mostly.
    fn present(&mut self) -> Membership {
        let instance = self.instance();
        let eni = self.state.get::<model::instance::Instance>(&instance).map(|row| row.eni.clone());
        let row = eni.and_then(|eni| self.state.get::<model::instance::Eni>(&eni));
        let first = row.and_then(|row| row.security_groups.first().cloned());
        Membership { group: first.unwrap_or_else(|| self.group()), member: Member::Instance(instance) }
    }

    fn membership(&mut self) -> Membership {
        Membership { group: self.group(), member: Member::Instance(self.instance()) }
    }

    fn target(&mut self) -> Target {
        match self.below(8) {
            0 => Target::Eni(self.eni()),
            3 => self.target_behind(),
            1 => Target::Ip(Ipv4Addr::new(10, 0, 0, self.below(9) as u8).into()),
            2 => self.ipv6_target(),
            _ => Target::Ecs(self.instance()),
        }
    }

    /// An address in a consumer's VPC, behind an interface of a Reverse endpoint, mostly.
    fn target_behind(&mut self) -> Target {
        let address = Ipv4Addr::new(10, 0, 0, self.below(9) as u8);
        let reverse = self.state.tables().endpoints.values().filter(|row| row.kind == EndpointType::Reverse);
        let enis: Vec<_> = reverse.flat_map(|row| row.zones.values()).map(|zone| zone.eni.clone()).collect();
        let drawn = self.below(enis.len() as u64) as usize;
        Target::Behind(enis.get(drawn).cloned().unwrap_or_else(|| self.eni()), address)
    }

    fn endpoint_type(&mut self) -> EndpointType {
        if self.chance(4) { EndpointType::Reverse } else { EndpointType::Interface }
    }

    /// An IPv6 address that an interface has, mostly, and who has it.
    fn ipv6_target(&mut self) -> Target {
        let mut enis = self.state.tables().enis.values();
        let found = enis.find_map(|eni| Some((eni.clone(), *eni.ipv6.keys().next()?)));
        let Some((eni, address)) = found else {
            return Target::EniIpv6(self.eni(), "fd69:7374::1".parse().unwrap());
        };
        match (self.below(3), eni.instance()) {
            (0, _) => Target::Ip(address.into()),
            (1, Some(instance)) => Target::EcsIpv6(instance.clone(), address),
            (_, _) => Target::EniIpv6(eni.id.clone(), address),
        }
    }

    fn ip_version(&mut self) -> IpVersion {
        if self.chance(2) { IpVersion::DualStack } else { IpVersion::Ipv4 }
    }

    /// An address that a zone asks for now and then.
    fn ipv6_wish(&mut self, vswitch: &VSwitchId) -> Option<Ipv6Addr> {
        let ipv6 = self.state.get::<model::vpc::VSwitch>(vswitch).and_then(|row| row.ipv6)?;
        let address = u128::from(ipv6.range().addr()) + 0x100 + u128::from(self.below(4));
        self.chance(4).then_some(address.into())
    }

    fn server(&mut self) -> ServerRef {
        let group = self.server_group();
        let servers = self.state.get::<model::nlb::ServerGroup>(&group).map(|row| row.servers.clone());
        let first = servers.and_then(|servers| servers.first().cloned());
        first.map_or(ServerRef { target: self.target(), port: 80 }, |row| ServerRef {
            target: row.target,
            port: row.port,
        })
    }
}

/// A name, where the API asks for one.
fn named() -> Labels {
    Labels { name: Name::parse("group").unwrap(), ..Labels::default() }
}

fn relabel() -> Relabel {
    Relabel { name: Some(Name::parse("other").unwrap()), description: None }
}

impl Dice<'_> {
    /// A command about anything.
    pub(crate) fn command(&mut self) -> C {
        match self.below(14) {
            10 | 12 => self.secrets(),
            13 => self.openings(),
            11 => self.surroundings(),
            0 | 1 => self.network(),
            2 => self.instances(),
            3 => self.security(),
            8 => self.interfaces(),
            9 => self.routes(),
            4 => self.balancing(),
            5 => self.servers(),
            6 => self.offering(),
            _ => self.consuming(),
        }
    }

    fn network(&mut self) -> C {
        let (octet, second) = (self.below(4), self.below(8) / 7);
        let cidr = VSwitchCidr::new(format!("10.{second}.{octet}.0/28").parse().unwrap()).unwrap();
        match self.below(23) {
            19 => C::Vpc(VpcCommand::AssociateIpv6(self.vpc_id())),
            20 => C::Vpc(VpcCommand::UnassociateIpv6(self.ipv6_of_vpc())),
            21 | 22 => C::Vpc(VpcCommand::ModifyVSwitch(ModifyVSwitch {
                vswitch: self.vswitch(),
                relabel: relabel(),
                ipv6: Some(self.switch_ipv6()),
            })),
            17 => C::ResourceGroup(self.groups()),
            18 => self.limit(),
            0 | 1 => C::Vpc(VpcCommand::CreateVpc(CreateVpc {
                cidr: VpcCidr::new("10.0.0.0/16".parse().unwrap()).unwrap(),
                ipv6: self.chance(2),
                is_default: self.chance(3),
                labels: Labels::default(),
            })),
            14 => C::Vpc(VpcCommand::AssociateCidr(self.secondary())),
            15 => C::Vpc(VpcCommand::UnassociateCidr(self.secondary())),
            16 => C::Vpc(VpcCommand::CreateDefaultVSwitch(CreateDefaultVSwitch {
                zone: self.zone(),
                ipv6: self.ipv6_number(),
            })),
            2..=7 => C::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
                labels: Labels::default(),
                vpc: self.vpc_id(),
                zone: self.zone(),
                cidr,
                ipv6: self.ipv6_number(),
            })),
            8 => C::Vpc(VpcCommand::DeleteVpc(self.vpc_id())),
            9 => C::Vpc(VpcCommand::DeleteVSwitch(self.vswitch())),
            10 => C::Vpc(VpcCommand::ModifyVpc(ModifyVpc {
                vpc: self.vpc_id(),
                relabel: relabel(),
                ipv6: self.chance(2).then(|| self.chance(2)),
            })),
            11 => C::Purge(Revision(self.state.revision().0.saturating_sub(self.below(20)))),
            12 => C::Tag(Tagging {
                resources: vec![model::tables::Key::Vpc(self.vpc_id())],
                tags: [("key".to_owned(), "value".to_owned())].into(),
            }),
            _ => C::Untag(Untagging {
                resources: vec![model::tables::Key::Instance(self.instance())],
                keys: None,
            }),
        }
    }

    fn resource_group(&mut self) -> ResourceGroupId {
        self.key(&self.state.tables().resource_groups.clone(), "rg-none")
    }

    /// A limit that leaves room for something, or the usual one.
    fn limit(&mut self) -> C {
        let quota = Quota::ALL[self.below(Quota::ALL.len() as u64) as usize];
        let limit = u64::from(quota.usual()) / 2 + self.below(quota.usual().into());
        let account = self.state.tables().accounts.keys().next().copied().unwrap_or(OTHER);
        C::Access(Access::Limit(SetLimit { account, quota, limit: self.chance(2).then_some(limit as u32) }))
    }

    fn groups(&mut self) -> ResourceGroupCommand {
        match self.below(4) {
            0 => ResourceGroupCommand::Create(CreateResourceGroup {
                name: format!("group-{}", self.below(4)).try_into().unwrap(),
                display_name: "group".to_owned().try_into().unwrap(),
                tags: [("key".to_owned(), "value".to_owned())].into(),
            }),
            1 => ResourceGroupCommand::Rename(self.resource_group(), "other".to_owned().try_into().unwrap()),
            2 => ResourceGroupCommand::Delete(self.resource_group()),
            _ => {
                let id = self.vpc_id();
                ResourceGroupCommand::Move(model::tables::Key::Vpc(id), self.resource_group())
            }
        }
    }

    fn ipv6_number(&mut self) -> Option<u8> {
        self.chance(2).then(|| self.below(4) as u8)
    }

    fn switch_ipv6(&mut self) -> SwitchIpv6 {
        if self.chance(4) { SwitchIpv6::Off } else { SwitchIpv6::On(self.ipv6_number()) }
    }

    /// The IPv6 range of a VPC, mostly.
    fn ipv6_of_vpc(&mut self) -> Ipv6OfVpc {
        let vpc = self.vpc_id();
        let real = self.state.get::<model::vpc::Vpc>(&vpc).and_then(|row| row.ipv6_range());
        Ipv6OfVpc { vpc, range: real.unwrap_or("fd69:7374::/56".parse().unwrap()) }
    }

    /// A range that a VPC has, or could have.
    fn secondary(&mut self) -> CidrOfVpc {
        let mut vpcs = self.state.tables().vpcs.values();
        let real = vpcs.find_map(|vpc| Some((vpc.id.clone(), *vpc.secondary.first()?)));
        if let Some((vpc, cidr)) = real.filter(|_| !self.chance(3)) {
            return CidrOfVpc { vpc, cidr };
        }
        let range = ["10.1.0.0/16", "10.1.0.0/24", "10.2.0.0/16"][self.below(3) as usize];
        CidrOfVpc { vpc: self.vpc_id(), cidr: VpcCidr::new(range.parse().unwrap()).unwrap() }
    }

    fn openings(&mut self) -> C {
        match self.below(5) {
            0 | 1 => self.key_pairs(),
            2 | 3 => self.assistant(),
            _ => self.prefix_lists(),
        }
    }

    fn prefix_list(&mut self) -> PrefixListId {
        self.key(&self.state.tables().prefix_lists.clone(), "pl-none")
    }

    fn prefix_lists(&mut self) -> C {
        let range = ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.1/32"][self.below(3) as usize];
        let list = self.prefix_list();
        let entry = (range.parse().unwrap(), Description::default());
        match self.below(6) {
            0 | 1 => create_prefix_list(&[range]),
            2 => C::PrefixList(PrefixListCommand::Delete(list)),
            3 => C::PrefixList(PrefixListCommand::Modify(ModifyPrefixList {
                list,
                relabel: Relabel::default(),
                add: BTreeMap::new(),
                remove: BTreeSet::from([entry.0]),
            })),
            _ => C::PrefixList(PrefixListCommand::Modify(ModifyPrefixList {
                list,
                relabel: Relabel::default(),
                add: BTreeMap::from([entry]),
                remove: BTreeSet::new(),
            })),
        }
    }

    fn assistant(&mut self) -> C {
        let saved = self.key(&self.state.tables().commands.clone(), "c-none");
        let invocation = self.key(&self.state.tables().invocations.clone(), "t-none");
        let instances = BTreeSet::from([self.instance(), self.instance()]);
        C::Assistant(match self.below(6) {
            0 => AssistantCommand::Create(command("true", false)),
            1 => AssistantCommand::Delete(saved),
            2 => AssistantCommand::Stop(StopInvocation { invocation, instances: BTreeSet::new() }),
            3 => AssistantCommand::Invoke(InvokeCommand {
                command: saved,
                labels: Labels::default(),
                working_dir: None,
                timeout: None,
                values: std::collections::BTreeMap::new(),
                instances,
            }),
            _ => AssistantCommand::Run(RunCommand { instances, ..run("true", &[]) }),
        })
    }

    fn key_pairs(&mut self) -> C {
        let name = ["one", "two", "three"][self.below(3) as usize];
        let mut holders = self.state.tables().instances.values().filter(|row| row.key_pair.is_some());
        let holder = holders.next().and_then(|row| Some((row.id.clone(), row.key_pair.clone()?)));
        let named = |id| self.state.get::<model::key_pair::KeyPair>(id).map(|row| row.meta.name.clone());
        match (self.below(6), holder) {
            (0 | 1, _) => create_key_pair(name),
            (2, _) => C::KeyPair(KeyPairCommand::Delete(vec![Name::parse(name).unwrap()])),
            (3, Some((instance, id))) => C::KeyPair(KeyPairCommand::Detach(KeyPairOfInstances {
                key_pair: named(&id).unwrap(),
                instances: vec![instance],
            })),
            (_, _) => C::KeyPair(KeyPairCommand::Attach(KeyPairOfInstances {
                key_pair: Name::parse(name).unwrap(),
                instances: vec![self.instance()],
            })),
        }
    }

    fn instances(&mut self) -> C {
        let instance = self.instance();
        match self.below(10) {
            0..=4 => {
                let vswitch = self.vswitch();
                let vpc = self.vpc_of(&vswitch);
                C::RunInstances(RunInstances {
                    amount: 1 + self.below(3) as u32,
                    security_groups: self.groups_of(&vpc),
                    address: self.address(),
                    more: self.more_addresses(),
                    ipv6: self.ipv6_addresses(&vswitch),
                    interfaces: (0..self.below(2)).map(|_| MoreInterface::New(self.new_eni())).collect(),
                    power: if self.chance(4) { Power::Stopped } else { Power::Running },
                    ..RunInstances::new(vswitch)
                })
            }
            5 => C::SwitchInstances(Switch::Start, vec![instance]),
            6 => C::SwitchInstances(Switch::Stop, vec![instance]),
            7 => C::SwitchInstances(Switch::Reboot, vec![instance]),
            8 => C::DeleteInstances(DeleteInstances { instances: vec![instance], force: self.chance(2) }),
            _ => C::ModifyInstance(ModifyInstance {
                security_groups: Some(BTreeSet::from([self.group()])),
                deletion_protection: Some(self.chance(8)),
                instance_type: self.chance(2).then(InstanceType::default),
                ..ModifyInstance::new(instance)
            }),
        }
    }

    fn eni(&mut self) -> model::id::EniId {
        self.key(&self.state.tables().enis.clone(), "eni-none")
    }

    fn table(&mut self) -> model::id::RouteTableId {
        self.key(&self.state.tables().route_tables.clone(), "vtb-none")
    }

    fn next_hop(&mut self) -> NextHop {
        if self.chance(2) { NextHop::Instance(self.instance()) } else { NextHop::Eni(self.eni()) }
    }

    fn routes(&mut self) -> C {
        let table = self.table();
        let destination = format!("10.0.{}.0/24", self.below(8)).parse().unwrap();
        C::Route(match self.below(12) {
            0 | 1 => {
                RouteCommand::CreateTable(CreateRouteTable { labels: Labels::default(), vpc: self.vpc_id() })
            }
            2 => RouteCommand::ModifyTable(ModifyRouteTable { table, relabel: relabel() }),
            3 => RouteCommand::DeleteTable(table),
            4 | 5 => RouteCommand::Associate(TableOfVSwitch { table, vswitch: self.vswitch() }),
            6 => {
                let mut vswitches = self.state.tables().vswitches.values();
                let using = vswitches.find_map(|row| Some((row.route_table.clone()?, row.id.clone())));
                let (table, vswitch) = using.unwrap_or_else(|| (table, self.vswitch()));
                RouteCommand::Unassociate(TableOfVSwitch { table, vswitch })
            }
            7..=10 => RouteCommand::CreateEntry(CreateRouteEntry {
                table,
                destination,
                next_hop: self.next_hop(),
                name: Name::default(),
                description: Description::default(),
            }),
            _ => {
                let mut tables = self.state.tables().route_tables.values();
                let entry = tables.find_map(|row| row.entries.values().next().map(|entry| entry.id.clone()));
                let by_place = RouteSelector::Destination(table, destination, None);
                RouteCommand::DeleteEntry(entry.map_or(by_place, RouteSelector::Id))
            }
        })
    }

    /// A secondary interface and its instance.
    fn attachment(&self) -> Option<EniAttachment> {
        let mut enis = self.state.tables().enis.values();
        let eni = enis.find(|eni| eni.instance().is_some() && !eni.is_primary())?;
        Some(EniAttachment { eni: eni.id.clone(), instance: eni.instance()?.clone() })
    }

    fn stopped(&self) -> Option<model::id::InstanceId> {
        let mut instances = self.state.tables().instances.values();
        let is_alone = |id: &model::id::InstanceId| self.state.enis_of_instance(id).count() == 1;
        let stopped = |row: &&Arc<model::instance::Instance>| {
            row.power == model::instance::Power::Stopped && is_alone(&row.id)
        };
        instances.find(stopped).map(|row| row.id.clone())
    }

    fn more_addresses(&mut self) -> MoreAddresses {
        match self.address() {
            Some(address) => MoreAddresses::These(BTreeSet::from([address])),
            None => MoreAddresses::Any(self.below(3) as u32),
        }
    }

    /// IPv6 addresses in a vSwitch, mostly.
    fn ipv6_addresses(&mut self, vswitch: &VSwitchId) -> MoreAddresses<Ipv6Addr> {
        let ipv6 = self.state.get::<model::vpc::VSwitch>(vswitch).and_then(|row| row.ipv6);
        match ipv6 {
            Some(ipv6) if self.chance(3) => {
                let address = u128::from(ipv6.range().addr()) + u128::from(self.below(6));
                MoreAddresses::These(BTreeSet::from([address.into()]))
            }
            Some(_) => MoreAddresses::Any(self.below(3) as u32),
            None => MoreAddresses::Any((self.below(8) / 7) as u32),
        }
    }

    fn new_eni(&mut self) -> CreateEni {
        let vswitch = self.vswitch();
        let vpc = self.vpc_of(&vswitch);
        let groups = self.groups_of(&vpc);
        CreateEni {
            address: self.address(),
            more: self.more_addresses(),
            ipv6: self.ipv6_addresses(&vswitch),
            delete_on_release: self.chance(2),
            source_dest_check: self.chance(2),
            ..CreateEni::new(vswitch, groups)
        }
    }

    fn interfaces(&mut self) -> C {
        let eni = self.eni();
        let instance = self.instance();
        match self.below(15) {
            12 | 13 => {
                let vswitch = self.state.get::<model::instance::Eni>(&eni).map(|row| row.vswitch.clone());
                let vswitch = vswitch.unwrap_or_else(|| self.vswitch());
                let addresses = self.ipv6_addresses(&vswitch);
                C::Eni(EniCommand::AssignIpv6(AssignIpv6 { eni, addresses }))
            }
            14 => {
                let row = self.state.get::<model::instance::Eni>(&eni);
                let addresses = row.map(|row| row.ipv6.keys().copied().collect()).unwrap_or_default();
                C::Eni(EniCommand::UnassignIpv6(UnassignIpv6 { eni, addresses }))
            }
            0..=2 => C::Eni(EniCommand::Create(self.new_eni())),
            3 => C::Eni(EniCommand::Delete(eni)),
            4..=6 => C::Eni(EniCommand::Attach(EniAttachment { eni, instance })),
            7 => C::Eni(EniCommand::Detach(self.attachment().unwrap_or(EniAttachment { eni, instance }))),
            8 => C::Eni(EniCommand::Modify(ModifyEni {
                security_groups: Some(BTreeSet::from([self.group()])),
                delete_on_release: Some(self.chance(2)),
                ..ModifyEni::new(eni)
            })),
            9 => C::Eni(EniCommand::Assign(AssignAddresses { eni, addresses: self.more_addresses() })),
            10 => {
                let row = self.state.get::<model::instance::Eni>(&eni);
                let addresses = row.map(|row| row.secondary.clone()).unwrap_or_default();
                C::Eni(EniCommand::Unassign(UnassignAddresses { eni, addresses }))
            }
            _ => {
                let instance = self.stopped().unwrap_or(instance);
                let vswitch = self.vswitch();
                let vpc = self.vpc_of(&vswitch);
                let security_groups = self.groups_of(&vpc);
                let address = self.address();
                C::Eni(EniCommand::MoveInstance(MoveInstance {
                    instance,
                    vswitch,
                    vpc: Some(vpc),
                    address,
                    security_groups,
                }))
            }
        }
    }

    fn security(&mut self) -> C {
        let group = self.group();
        let spec = self.rule();
        match self.below(10) {
            0..=2 => C::CreateSecurityGroup(CreateSecurityGroup {
                labels: Labels::default(),
                vpc: self.vpc_id(),
                kind: if self.chance(4) { GroupKind::Enterprise } else { GroupKind::Normal },
            }),
            3 => C::DeleteSecurityGroup(group),
            4 | 5 => C::AuthorizeRules(AuthorizeRules {
                group,
                rules: vec![NewRule { spec, description: Description::default() }],
            }),
            6 => C::RevokeRules(RevokeRules { group, rules: vec![RuleSelector::Spec(spec)] }),
            7 => C::ModifyRule(ModifyRule {
                rule: self.rule_of(&group).unwrap_or(RuleSelector::Spec(spec)),
                group,
                spec: Some(self.rule()),
                description: None,
            }),
            8 => C::JoinSecurityGroup(self.membership()),
            _ if self.chance(2) => C::SetInnerAccess(group, self.chance(2)),
            _ => C::LeaveSecurityGroup(self.present()),
        }
    }

    fn balancing(&mut self) -> C {
        let load_balancer = self.balancer();
        match self.below(10) {
            0..=4 => {
                let zones = self.new_zones();
                let vpc = self.vpc_of(&zones[0].vswitch.clone());
                let ip_version = self.ip_version().into();
                C::CreateLoadBalancer(CreateLoadBalancer {
                    ip_version,
                    ..CreateLoadBalancer::new(vpc, zones)
                })
            }
            5 => C::UpdateLoadBalancer(UpdateLoadBalancer {
                load_balancer,
                name: None,
                cross_zone: Some(self.chance(2)),
                cps: None,
            }),
            6 | 7 => {
                let zones = self.zones_near(&load_balancer);
                C::UpdateLoadBalancerZones(UpdateLoadBalancerZones { load_balancer, zones })
            }
            8 => C::UpdateLoadBalancerProtection(UpdateLoadBalancerProtection {
                load_balancer,
                deletion: Some(SetProtection { enabled: self.chance(2), reason: String::new() }),
                modification: None,
            }),
            _ => C::DeleteLoadBalancer(load_balancer),
        }
    }

    fn certificate(&mut self) -> CertificateId {
        self.key(&self.state.tables().certificates.clone(), "1-none")
    }

    /// A certificate with a key, mostly.
    fn of_server(&mut self) -> CertificateId {
        let with_key: Vec<_> =
            self.state.tables().certificates.values().filter(|row| row.is_of_server()).collect();
        let index = self.below(with_key.len() as u64) as usize;
        let found = with_key.get(index).map(|row| row.id.clone());
        found.filter(|_| !self.chance(20)).unwrap_or_else(|| self.certificate())
    }

    /// A TCPSSL listener, mostly.
    fn tls_listener(&mut self) -> model::id::ListenerId {
        let all: Vec<_> = self.state.tables().listeners.values().filter(|row| row.tls.is_some()).collect();
        let index = self.below(all.len() as u64) as usize;
        let found = all.get(index).map(|row| row.id.clone());
        found.filter(|_| !self.chance(20)).unwrap_or_else(|| self.listener())
    }

    /// An NLB and a server group that fit each other, mostly.
    fn road(&mut self) -> (model::id::LoadBalancerId, model::id::ServerGroupId) {
        let hides = self.state.tables().server_groups.values().filter(|row| !row.preserve_client_ip);
        let pair = hides.filter_map(|group| {
            let balancer = self.state.load_balancers_of(&group.vpc).next()?;
            Some((balancer.id.clone(), group.id.clone()))
        });
        let found = pair.last().filter(|_| !self.chance(20));
        found.unwrap_or_else(|| (self.balancer(), self.server_group()))
    }

    /// A listener and one of its additional certificates, mostly.
    fn additional(&mut self) -> AdditionalCertificates {
        let mut listeners = self.state.tables().listeners.values();
        let first = |row: &Arc<model::nlb::Listener>| row.tls.as_ref()?.additional.keys().next().cloned();
        let found = listeners.find_map(|row| Some((row.id.clone(), first(row)?)));
        let (listener, certificate) =
            found.filter(|_| !self.chance(20)).unwrap_or_else(|| (self.tls_listener(), self.certificate()));
        AdditionalCertificates { listener, certificates: vec![certificate] }
    }

    fn policy(&mut self) -> SecurityPolicyId {
        self.key(&self.state.tables().security_policies.clone(), "tls-none")
    }

    fn tls(&mut self) -> TlsPatch {
        let policy = self.policy();
        TlsPatch {
            certificates: Some(vec![self.of_server()]),
            client_authority_enabled: Some(self.chance(6)),
            client_authorities: self.chance(2).then(|| vec![self.certificate()]),
            policy: self.chance(4).then_some(PolicyId::Custom(policy)),
            alpn_enabled: None,
            alpn: None,
        }
    }

    /// A TCPSSL listener, or one of its certificates; a listener's protocol decides whether it can be.
    fn secrets(&mut self) -> C {
        let (policy, certificates) = (self.policy(), vec![self.of_server()]);
        let ciphers = vec![Cipher::EcdheRsaAes128GcmSha256];
        match self.below(14) {
            0 => C::Tls(TlsCommand::ImportCertificate(import(None))),
            1 => C::Tls(TlsCommand::ImportCertificate(import(Some(Secret::new("key"))))),
            2 => C::Tls(TlsCommand::DeleteCertificate(self.certificate())),
            3 => C::Tls(TlsCommand::CreateSecurityPolicy(CreateSecurityPolicy {
                labels: Labels::default(),
                versions: vec![TlsVersion::V1_2],
                ciphers,
            })),
            4 => C::Tls(TlsCommand::UpdateSecurityPolicy(UpdateSecurityPolicy {
                policy,
                name: None,
                versions: None,
                ciphers: Some(ciphers),
            })),
            5 => C::Tls(TlsCommand::DeleteSecurityPolicy(policy)),
            6 | 7 => C::Tls(TlsCommand::AssociateCertificates(AdditionalCertificates {
                listener: self.tls_listener(),
                certificates,
            })),
            8 => C::Tls(TlsCommand::DissociateCertificates(self.additional())),
            9 => C::CreateServerGroup(CreateServerGroup {
                labels: named(),
                preserve_client_ip: false,
                ..CreateServerGroup::new(self.vpc_id())
            }),
            10 => C::UpdateListener(UpdateListener {
                tls: self.tls(),
                ..UpdateListener::new(self.tls_listener())
            }),
            _ => {
                let (balancer, group) = self.road();
                let port = 443 + self.below(3) as u16;
                C::CreateListener(CreateListener {
                    tls: self.tls(),
                    ..CreateListener::new(balancer, ListenerProtocol::TcpSsl, port, group)
                })
            }
        }
    }

    fn surroundings(&mut self) -> C {
        let load_balancer = self.balancer();
        let row = self.state.get::<model::nlb::LoadBalancer>(&load_balancer);
        let zones = row.and_then(|row| row.zones.iter().next());
        let zones =
            zones.map(|(zone, mapping)| (zone.clone(), mapping.vswitch.clone())).into_iter().collect();
        let near = row.map(|row| (row.vpc.clone(), row.security_groups.clone()));
        let shift = ShiftZones { load_balancer: load_balancer.clone(), zones };
        C::Balancer(match self.below(8) {
            0 | 1 => {
                let groups = near.map(|(vpc, _)| self.groups_of(&vpc)).unwrap_or_default();
                BalancerCommand::Join(BalancerGroups { load_balancer, groups })
            }
            2 => {
                let groups = near.map(|(_, groups)| groups).unwrap_or_default();
                BalancerCommand::Leave(BalancerGroups { load_balancer, groups })
            }
            3 | 4 => BalancerCommand::Shift(shift),
            5 => BalancerCommand::CancelShift(shift),
            6 => BalancerCommand::SetMonitor { log_project: "p".to_owned(), metric_store: "s".to_owned() },
            _ => BalancerCommand::DeleteMonitor,
        })
    }

    fn servers(&mut self) -> C {
        let server_group = self.server_group();
        match self.below(14) {
            0..=2 => C::CreateServerGroup(CreateServerGroup {
                labels: named(),
                kind: if self.chance(4) { ServerGroupKind::Ip } else { ServerGroupKind::Instance },
                protocol: if self.chance(4) { GroupProtocol::Udp } else { GroupProtocol::Tcp }.into(),
                any_port: self.chance(10),
                ip_version: self.ip_version().into(),
                health_check: HealthCheckPatch {
                    port: self.chance(3).then_some(80),
                    ..HealthCheckPatch::default()
                },
                ..CreateServerGroup::new(self.vpc_id())
            }),
            3 | 4 => C::AddServers(AddServers {
                server_group,
                servers: vec![NewServer::new(self.target(), self.below(3) as u16)],
            }),
            5 => C::RemoveServers(RemoveServers { server_group, servers: vec![self.server()] }),
            6 => C::UpdateServers(UpdateServers {
                server_group,
                servers: vec![ServerPatch { server: self.server(), weight: Some(0), description: None }],
            }),
            7 => C::DeleteServerGroup(server_group),
            8 | 9 => {
                let low = 1 + self.below(3) as u16;
                let high = low + if self.chance(4) { self.below(3) as u16 } else { 0 };
                let protocol = if self.chance(4) { ListenerProtocol::Udp } else { ListenerProtocol::Tcp };
                C::CreateListener(CreateListener {
                    ports: PortRange { low, high },
                    ..CreateListener::new(self.balancer(), protocol, low, server_group)
                })
            }
            10 => C::UpdateListener(UpdateListener {
                server_group: Some(server_group),
                ..UpdateListener::new(self.listener())
            }),
            11 => C::StopListener(self.listener()),
            12 => C::StartListener(self.listener()),
            _ => C::DeleteListener(self.listener()),
        }
    }

    fn offering(&mut self) -> C {
        let service = self.service();
        match self.below(14) {
            0..=2 => C::CreateService(CreateService {
                labels: Labels::default(),
                resources: if self.chance(3) { Vec::new() } else { vec![self.resource()] },
                auto_accept: self.chance(3),
                zone_affinity: self.chance(2),
                payer: Payer::default(),
                ip_version: self.ip_version(),
            }),
            3..=6 => C::AttachResource(ServiceResource { service, resource: self.resource() }),
            7 | 8 => C::DetachResource(ServiceResource { service, resource: self.resource() }),
            9 => C::SetAutoAllocated(SetAutoAllocated {
                service,
                load_balancer: self.balancer(),
                zone: None,
                auto_allocated: self.chance(2),
            }),
            10 => C::AddUser(service, User::Account(OTHER)),
            11 => C::RemoveUser(service, User::Account(OTHER)),
            12 => C::UpdateService(UpdateService {
                auto_accept: Some(self.chance(2)),
                ip_version: self.chance(2).then(|| self.ip_version()),
                ..UpdateService::new(service)
            }),
            _ => C::DeleteService(service),
        }
    }

    /// A zone of a connection that is switched off.
    fn switched_off(&self) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        self.zone_that(|zone| !zone.enabled)
    }

    /// A zone of a connection in which a resource was replaced.
    fn replaced(&self) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        self.zone_that(|zone| zone.replaced.is_some())
    }

    /// A zone of a connection, and a resource of the service that does not serve it.
    fn choosable(&self) -> Option<(EndpointServiceId, EndpointZoneRef, model::id::LoadBalancerId)> {
        let mut endpoints = self.state.tables().endpoints.values();
        endpoints.find_map(|row| {
            let service = self.state.get::<EndpointService>(&row.service)?;
            let other = |key: &&ResourceKey| {
                let serving = row.zones.get(&key.zone).and_then(|zone| zone.resource.as_ref());
                serving.is_some_and(|own| *own != key.load_balancer)
            };
            let ResourceKey { zone, load_balancer } = service.resources.keys().find(other)?.clone();
            Some((row.service.clone(), EndpointZoneRef { endpoint: row.id.clone(), zone }, load_balancer))
        })
    }

    fn zone_that(
        &self,
        is_it: impl Fn(&EndpointZone) -> bool,
    ) -> Option<(EndpointServiceId, EndpointZoneRef)> {
        let mut endpoints = self.state.tables().endpoints.values();
        endpoints.find_map(|row| {
            let zone = row.zones.iter().find(|(_, zone)| is_it(zone))?.0.clone();
            Some((row.service.clone(), EndpointZoneRef { endpoint: row.id.clone(), zone }))
        })
    }

    fn endpoint_policy(&mut self) -> Policy {
        let everything =
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#;
        if self.chance(2) { Policy::Default } else { Policy::Document(everything.to_owned()) }
    }

    fn consuming(&mut self) -> C {
        if let Some((service, at)) = self.replaced().filter(|_| self.chance(4)) {
            return C::SwitchZone(ZoneSwitch::LetGo, service, at);
        }
        if let Some((service, at, other)) = self.choosable().filter(|_| self.chance(4)) {
            let (load_balancer, replacement) = (Some(other), Replacement::Graceful);
            return C::SetZoneResource(SetZoneResource { service, at, load_balancer, replacement });
        }
        let (service, endpoint) = self.connection();
        let at = self.at(&endpoint);
        match self.below(22) {
            20 | 21 => C::UpdateEndpoint(UpdateEndpoint {
                endpoint,
                relabel: relabel(),
                zone_affinity: None,
                ip_version: Some(self.ip_version()),
                policy: self.chance(2).then(|| self.endpoint_policy()),
            }),
            0..=3 => {
                let zone = self.endpoint_zone(&endpoint);
                let vpc = self.vpc_of(&zone.vswitch);
                C::CreateEndpoint(CreateEndpoint {
                    security_groups: self.groups_of(&vpc),
                    zones: if self.chance(3) { Vec::new() } else { vec![zone] },
                    protected: self.chance(10),
                    ip_version: self.ip_version(),
                    policy: self.endpoint_policy(),
                    kind: self.endpoint_type(),
                    ..CreateEndpoint::new(service, vpc)
                })
            }
            4..=6 => {
                let zone = self.endpoint_zone(&endpoint);
                C::AddEndpointZone(AddEndpointZone { endpoint, zone })
            }
            7 => C::RemoveEndpointZone(at),
            8 => C::DeleteEndpoint(endpoint),
            9 => C::AttachEndpointGroup(self.endpoint_group(endpoint)),
            10 => C::DetachEndpointGroup(self.endpoint_group(endpoint)),
            11..=13 => enable(&service, &endpoint),
            14 => C::DisableConnection(service, endpoint),
            15 => C::UpdateConnection(UpdateConnection {
                service,
                endpoint,
                bandwidth: Some(100 * self.below(600) as u32),
                traffic_control: None,
            }),
            16 => C::SwitchZone(ZoneSwitch::Off, service, at),
            17 => {
                let (service, at) = self.switched_off().unwrap_or((service, at));
                C::SwitchZone(ZoneSwitch::On, service, at)
            }
            _ => {
                let balancer = self.balancer();
                let load_balancer = (!self.chance(2)).then_some(balancer);
                let replacement = Replacement::Force;
                C::SetZoneResource(SetZoneResource { service, at, load_balancer, replacement })
            }
        }
    }
}
