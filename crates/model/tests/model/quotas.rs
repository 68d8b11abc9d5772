//! Limits: each is kept at its number and not one beyond, and the operator sets it for one account.

use std::collections::{BTreeMap, BTreeSet};

use model::command::assistant::AssistantCommand;
use model::command::balancer::{BalancerCommand, BalancerGroups};
use model::command::endpoint::{CreateEndpoint, EndpointGroup};
use model::command::eni::{AssignAddresses, AssignIpv6, CreateEni, EniAttachment, EniCommand, MoreAddresses};
use model::command::key_pair::{CreateKeyPair, KeyPairCommand};
use model::command::nlb::{AddServers, CreateListener, CreateLoadBalancer, CreateServerGroup, NewServer};
use model::command::private_zone::{CreatePrivateZone, NewRecord, PrivateZoneCommand};
use model::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use model::command::route::{CreateRouteEntry, CreateRouteTable, RouteCommand};
use model::command::security::{AuthorizeRules, CreateSecurityGroup, Member, Membership, NewRule};
use model::command::service::{CreateService, ServiceResource};
use model::command::system::{Access, SetLimit, Tagging};
use model::command::tls::{AdditionalCertificates, CreateSecurityPolicy, TlsCommand, TlsPatch};
use model::command::vpc::{CidrOfVpc, CreateVSwitch, CreateVpc, VpcCommand};
use model::command::{Command, Output};
use model::id::{
    EniId, InstanceId, ListenerId, LoadBalancerId, PrivateZoneId, SecurityGroupId, ServerGroupId, VpcId,
};
use model::instance::Instance;
use model::key_pair::PublicKey;
use model::meta::{Description, Labels, Name, Tags};
use model::net::PortRange;
use model::nlb::{ListenerProtocol, Target};
use model::private_zone::{ProxyPattern, RecordData};
use model::quota::Quota;
use model::refusal::Refusal;
use model::route::NextHop;
use model::security::{ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec};
use model::tables::Key;
use model::tls::{Cipher, TlsVersion};
use model::vpc::{VSwitchCidr, Vpc, VpcCidr};

use crate::pieces::{command, create_prefix_list, run};
use crate::support::{ACCOUNT, OTHER, Walkthrough, import, new_endpoint_zone, new_zone, resource, zone};

fn set(quota: Quota, limit: Option<u32>) -> Command {
    Command::Access(Access::Limit(SetLimit { account: ACCOUNT, quota, limit }))
}

/// What commands are made from.
struct It {
    all: Walkthrough,
    tls: ListenerId,
    zone: PrivateZoneId,
}

impl It {
    fn new() -> Self {
        let mut all = Walkthrough::new();
        let group =
            CreateServerGroup { preserve_client_ip: false, ..CreateServerGroup::new(all.provider.clone()) };
        let Output::ServerGroup(group, _) = all.world.run(Command::CreateServerGroup(group)) else {
            panic!()
        };
        let certificate = all.world.certificate(true);
        let tls = TlsPatch { certificates: Some(vec![certificate]), ..TlsPatch::default() };
        let new = CreateListener::new(all.load_balancer.clone(), ListenerProtocol::TcpSsl, 443, group);
        let new = Command::CreateListener(CreateListener { tls, ..new });
        let Output::Listener(tls, _) = all.world.run(new) else { panic!() };
        let Output::PrivateZone(zone) = all.world.run(private_zone("shop.example")) else { panic!() };
        Self { all, tls, zone }
    }

    fn eni_of(&self, instance: &InstanceId) -> EniId {
        self.all.world.state.get::<Instance>(instance).unwrap().eni.clone()
    }

    fn new_eni(&mut self) -> EniId {
        let new = self.create_eni();
        let Output::Eni(eni) = self.all.world.run(new) else { panic!() };
        eni
    }

    fn create_eni(&mut self) -> Command {
        self.eni_in(GroupKind::Normal)
    }

    fn eni_in(&mut self, kind: GroupKind) -> Command {
        let group = self.group_in(&self.all.provider.clone(), kind);
        let vswitch = self.all.provider_g.clone();
        Command::Eni(EniCommand::Create(CreateEni::new(vswitch, BTreeSet::from([group]))))
    }

    /// The first group of a kind that a user made in a VPC, or a new one.
    fn group_in(&mut self, vpc: &VpcId, kind: GroupKind) -> SecurityGroupId {
        let found = self
            .all
            .world
            .state
            .security_groups_of(vpc)
            .find(|group| !group.system && group.kind == kind)
            .map(|row| row.id.clone());
        found.unwrap_or_else(|| self.all.world.group(vpc, kind))
    }

    fn balancer(&mut self) -> LoadBalancerId {
        let zones = [("g", &self.all.provider_g), ("k", &self.all.provider_k)];
        self.all.world.load_balancer(&self.all.provider, &zones)
    }

    fn listener(&self, n: u16) -> Command {
        let (balancer, group) = (self.all.load_balancer.clone(), self.all.server_group.clone());
        Command::CreateListener(CreateListener::new(balancer, ListenerProtocol::Tcp, 1000 + n, group))
    }

    fn servers(&self, group: &ServerGroupId, ports: std::ops::Range<u16>) -> Command {
        let server = |port| NewServer::new(Target::Ecs(self.all.ecs[2].clone()), port);
        Command::AddServers(AddServers { server_group: group.clone(), servers: ports.map(server).collect() })
    }

    fn endpoint(&mut self, zones: u8) -> Command {
        let group = self.group_in(&self.all.consumer.clone(), GroupKind::Normal);
        let all = [("g", &self.all.consumer_g), ("k", &self.all.consumer_k)];
        let zones =
            all.into_iter().take(zones.into()).map(|(letter, vswitch)| new_endpoint_zone(letter, vswitch));
        Command::CreateEndpoint(CreateEndpoint {
            security_groups: BTreeSet::from([group]),
            zones: zones.collect(),
            ..CreateEndpoint::new(self.all.service.clone(), self.all.consumer.clone())
        })
    }

    /// The `n`th command that needs one more of what a limit counts.
    fn one_more(&mut self, quota: Quota, n: u8) -> Command {
        let (consumer, provider) = (self.all.consumer.clone(), self.all.provider.clone());
        let port = u16::from(n) * 10;
        match quota {
            Quota::ResourceGroupsAnAccount => resource_group(n),
            Quota::VpcsAnAccount => Command::Vpc(VpcCommand::CreateVpc(CreateVpc::default())),
            Quota::SecondaryCidrsAVpc => {
                let cidr = VpcCidr::new(format!("172.{}.0.0/16", 15 + n).parse().unwrap()).unwrap();
                Command::Vpc(VpcCommand::AssociateCidr(CidrOfVpc { vpc: provider, cidr }))
            }
            Quota::VSwitchesAVpc => vswitch(&provider, n),
            Quota::RouteTablesAVpc => {
                let table = CreateRouteTable { labels: Labels::default(), vpc: provider };
                Command::Route(RouteCommand::CreateTable(table))
            }
            Quota::EntriesARouteTable => self.route(n),
            Quota::SecurityGroupsAnAccount => {
                let labels = Labels::default();
                Command::CreateSecurityGroup(CreateSecurityGroup {
                    labels,
                    vpc: provider,
                    kind: GroupKind::Normal,
                })
            }
            Quota::RulesAGroup => rule(&self.all.clients, n),
            Quota::GroupsAnEni => {
                let group = self.all.world.group(&consumer, GroupKind::Normal);
                let member = Member::Instance(self.all.ecs[0].clone());
                Command::JoinSecurityGroup(Membership { group, member })
            }
            Quota::AddressesANormalGroup => self.eni_in(GroupKind::Normal),
            Quota::InterfacesAnEnterpriseGroup => self.eni_in(GroupKind::Enterprise),
            Quota::EnisAnAccount => self.create_eni(),
            Quota::EnisAnInstance => {
                let (eni, instance) = (self.new_eni(), self.all.ecs[2].clone());
                Command::Eni(EniCommand::Attach(EniAttachment { eni, instance }))
            }
            Quota::AddressesAnEni => {
                let eni = self.eni_of(&self.all.ecs[2]);
                Command::Eni(EniCommand::Assign(AssignAddresses { eni, addresses: MoreAddresses::Any(1) }))
            }
            Quota::Ipv6AddressesAnEni => {
                self.all.dual_stack();
                let eni = self.eni_of(&self.all.ecs[2]);
                Command::Eni(EniCommand::AssignIpv6(AssignIpv6 { eni, addresses: MoreAddresses::Any(1) }))
            }
            Quota::CommandsAnAccount => saved("true"),
            Quota::ParametersACommand => {
                saved(&(0..n).map(|number| format!("{{{{p{number}}}}}")).collect::<String>())
            }
            Quota::InstancesAnInvocation => self.invocation(n.into()),
            Quota::ResultsAnAccount => self.invocation(1),
            Quota::KeyPairsAnAccount => key_pair(n),
            Quota::PrefixListsAnAccount => create_prefix_list(&[]),
            Quota::LoadBalancersAnAccount => {
                let zones = [("g", &self.all.provider_g), ("k", &self.all.provider_k)];
                let zones = zones.map(|(letter, vswitch)| new_zone(letter, vswitch)).to_vec();
                Command::CreateLoadBalancer(CreateLoadBalancer::new(provider, zones))
            }
            Quota::ListenersALoadBalancer | Quota::ListenersAGroup => self.listener(port),
            Quota::ServerGroupsAnAccount => Command::CreateServerGroup(CreateServerGroup::new(provider)),
            Quota::ServersAGroup | Quota::ServersALoadBalancer => {
                self.servers(&self.all.server_group, 1000 + port..1001 + port)
            }
            Quota::ServersACall => {
                self.servers(&self.all.server_group, 1000 + port..1000 + port + u16::from(n))
            }
            Quota::GroupsAServer => {
                let group = Command::CreateServerGroup(CreateServerGroup::new(provider));
                let Output::ServerGroup(group, _) = self.all.world.run(group) else { panic!() };
                self.servers(&group, 80..81)
            }
            Quota::GroupsALoadBalancer => {
                let groups = BTreeSet::from([self.all.world.group(&provider, GroupKind::Normal)]);
                let load_balancer = self.all.load_balancer.clone();
                Command::Balancer(BalancerCommand::Join(BalancerGroups { load_balancer, groups }))
            }
            Quota::CertificatesALoadBalancer => {
                let (listener, certificates) = (self.tls.clone(), vec![self.all.world.certificate(true)]);
                Command::Tls(TlsCommand::AssociateCertificates(AdditionalCertificates {
                    listener,
                    certificates,
                }))
            }
            Quota::CertificatesAnAccount => Command::Tls(TlsCommand::ImportCertificate(import(None))),
            Quota::SecurityPoliciesAnAccount => policy(),
            Quota::PrivateZonesAnAccount => private_zone(&format!("z{n}.example")),
            Quota::RecordsAZone => self.record(n),
            Quota::ServicesAnAccount => Command::CreateService(CreateService::default()),
            Quota::ResourcesAService | Quota::ResourcesAZone => {
                let (service, balancer) = (self.all.service.clone(), self.balancer());
                Command::AttachResource(ServiceResource { service, resource: resource("g", &balancer) })
            }
            Quota::ResourcesACall => {
                let resources = (0..n).map(|_| self.balancer()).map(|id| resource("g", &id)).collect();
                Command::CreateService(CreateService { resources, ..CreateService::default() })
            }
            Quota::EndpointsAVpc => self.endpoint(0),
            Quota::ZonesAnEndpoint => self.endpoint(n),
            Quota::GroupsAnEndpoint => {
                let (endpoint, group) =
                    (self.all.endpoint.clone(), self.all.world.group(&consumer, GroupKind::Normal));
                Command::AttachEndpointGroup(EndpointGroup { endpoint, group })
            }
            Quota::TagsAResource => tag(&provider, n),
        }
    }

    fn route(&self, n: u8) -> Command {
        Command::Route(RouteCommand::CreateEntry(CreateRouteEntry {
            table: self.all.world.state.get::<Vpc>(&self.all.provider).unwrap().route_table.clone(),
            destination: format!("192.168.{n}.0/24").parse().unwrap(),
            next_hop: NextHop::Instance(self.all.ecs[2].clone()),
            name: Name::default(),
            description: Description::default(),
        }))
    }

    fn invocation(&self, instances: usize) -> Command {
        Command::Assistant(AssistantCommand::Run(run("true", &self.all.ecs[..instances])))
    }

    fn record(&self, n: u8) -> Command {
        let data = RecordData::A([10, 0, 0, n].into());
        let record = NewRecord { host: format!("r{n}").parse().unwrap(), data, ttl: 60, remark: None };
        Command::PrivateZone(PrivateZoneCommand::AddRecord(self.zone.clone(), record))
    }
}

fn resource_group(n: u8) -> Command {
    Command::ResourceGroup(ResourceGroupCommand::Create(CreateResourceGroup {
        name: format!("group-{n}").try_into().unwrap(),
        display_name: "group".to_owned().try_into().unwrap(),
        tags: Tags::new(),
    }))
}

fn vswitch(vpc: &VpcId, n: u8) -> Command {
    Command::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
        labels: Labels::default(),
        vpc: vpc.clone(),
        zone: zone("g"),
        cidr: VSwitchCidr::new(format!("10.7.{n}.0/24").parse().unwrap()).unwrap(),
        ipv6: None,
    }))
}

fn saved(script: &str) -> Command {
    Command::Assistant(AssistantCommand::Create(command(script, true)))
}

fn rule(group: &SecurityGroupId, n: u8) -> Command {
    let spec = RuleSpec {
        direction: Direction::Ingress,
        protocol: RuleProtocol::Tcp,
        ports: PortRange { low: n.into(), high: n.into() },
        source_ports: ALL_PORTS,
        peer: Peer::Cidr("10.0.0.0/8".parse().unwrap()),
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::default(),
    };
    let rules = vec![NewRule { spec, description: Description::default() }];
    Command::AuthorizeRules(AuthorizeRules { group: group.clone(), rules })
}

fn key_pair(n: u8) -> Command {
    Command::KeyPair(KeyPairCommand::Create(CreateKeyPair {
        labels: Labels { name: Name::parse(&format!("key-{n}")).unwrap(), ..Labels::default() },
        public_key: PublicKey { line: format!("ssh-rsa {n}"), fingerprint: "00".to_owned() },
        private_key: None,
    }))
}

fn policy() -> Command {
    Command::Tls(TlsCommand::CreateSecurityPolicy(CreateSecurityPolicy {
        labels: Labels::default(),
        versions: vec![TlsVersion::V1_2],
        ciphers: vec![Cipher::EcdheRsaAes128GcmSha256],
    }))
}

fn private_zone(domain: &str) -> Command {
    let (labels, domain) = (Labels::default(), domain.parse().unwrap());
    let zone = CreatePrivateZone { labels, domain, proxy: ProxyPattern::Zone };
    Command::PrivateZone(PrivateZoneCommand::Create(zone))
}

fn tag(vpc: &VpcId, n: u8) -> Command {
    let tags = BTreeMap::from([(format!("key-{n}"), String::new())]);
    Command::Tag(Tagging { resources: vec![Key::Vpc(vpc.clone())], tags })
}

#[test]
fn each_limit_is_kept_at_its_number_and_not_one_beyond() {
    for quota in Quota::ALL.iter().copied() {
        let mut it = It::new();
        let mut limit = 0;
        it.all.world.run(set(quota, Some(limit)));
        let first = it.one_more(quota, 1);
        // What is there already counts.
        while let Err(refusal) = it.all.world.try_run(&first) {
            assert_eq!(refusal, Refusal::QuotaExceeded { quota, limit });
            limit += 1;
            assert!(limit < 40, "{quota:?} is never enough");
            it.all.world.run(set(quota, Some(limit)));
        }
        let second = it.one_more(quota, 2);
        assert_eq!(it.all.world.refused(second.clone()), Refusal::QuotaExceeded { quota, limit });
        it.all.world.run(set(quota, Some(limit + 1)));
        it.all.world.run(second);
        it.all.world.run(set(quota, Some(0)));
        let third = it.one_more(quota, 3);
        assert_eq!(it.all.world.refused(third), Refusal::QuotaExceeded { quota, limit: 0 });
        assert_eq!(it.all.world.state.limit(OTHER, quota), quota.usual(), "another account has its own");
        it.all.world.run(set(quota, None));
        assert_eq!(it.all.world.state.limit(ACCOUNT, quota), quota.usual());
    }
}

#[test]
fn the_operator_sets_what_the_data_plane_can_bear() {
    let mut it = It::new();
    for quota in Quota::ALL.iter().copied() {
        assert!(quota.usual() <= quota.most(), "{quota:?}");
        it.all.world.run(set(quota, Some(quota.most())));
        let refusal = it.all.world.refused(set(quota, Some(quota.most() + 1)));
        assert!(matches!(refusal, Refusal::OutOfRange { field: "limit", .. }));
        assert_eq!(quota.name().to_lowercase().parse(), Ok(quota));
    }
    assert!("VpcsAPlanet".parse::<Quota>().is_err());
    let unknown = model::id::AccountId(7);
    let unknown_account = SetLimit { account: unknown, quota: Quota::VpcsAnAccount, limit: None };
    let refusal = it.all.world.refused(Command::Access(Access::Limit(unknown_account)));
    assert_eq!(refusal, Refusal::NotFound(Key::Account(unknown)));
}

/// As the cloud documents them.
#[test]
fn the_usual_limits_are_the_documented_ones() {
    for (quota, documented) in [
        (Quota::ResourcesAService, 500),
        (Quota::ResourcesAZone, 100),
        (Quota::ServicesAnAccount, 200),
        (Quota::EndpointsAVpc, 1000),
        (Quota::ZonesAnEndpoint, 10),
        (Quota::GroupsAnEndpoint, 10),
        (Quota::TagsAResource, 20),
        (Quota::ResourcesACall, 10),
        (Quota::LoadBalancersAnAccount, 60),
        (Quota::ListenersALoadBalancer, 50),
        (Quota::ServersALoadBalancer, 400),
        (Quota::ServersAGroup, 400),
        (Quota::ServerGroupsAnAccount, 3000),
        (Quota::GroupsAServer, 200),
        (Quota::ListenersAGroup, 50),
        (Quota::CertificatesALoadBalancer, 25),
        (Quota::SecurityPoliciesAnAccount, 50),
        (Quota::GroupsALoadBalancer, 4),
        (Quota::ServersACall, 200),
        (Quota::GroupsAnEni, 5),
        (Quota::AddressesANormalGroup, 6000),
        (Quota::InterfacesAnEnterpriseGroup, 65_536),
    ] {
        assert_eq!(quota.usual(), documented, "{quota:?}");
    }
}
