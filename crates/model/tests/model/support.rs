//! A world to try commands in: a state, a clock, a caller.

use std::collections::{BTreeMap, BTreeSet};

use model::account::Secret;
use model::command::endpoint::{CreateEndpoint, NewEndpointZone};
use model::command::instance::RunInstances;
use model::command::nlb::{
    AddServers, CreateListener, CreateLoadBalancer, CreateServerGroup, LocalAddresses, NewServer, NewZone,
};
use model::command::security::CreateSecurityGroup;
use model::command::service::CreateService;
use model::command::system::CreateAccount;
use model::command::tls::TlsCommand;
use model::command::vpc::{CreateVSwitch, CreateVpc, ModifyVSwitch, ModifyVpc, SwitchIpv6, VpcCommand};
use model::command::{Command, Env, Output};
use model::id::{
    AccountId, CertificateId, EndpointId, EndpointServiceId, HostId, InstanceId, ListenerId, LoadBalancerId,
    Revision, SecurityGroupId, ServerGroupId, Timestamp, VSwitchId, VpcId,
};
use model::meta::Relabel;
use model::nlb::{ListenerProtocol, Target};
use model::records::Settings;
use model::refusal::Refusal;
use model::report::Report;
use model::security::GroupKind;
use model::service::ResourceKey;
use model::state::State;
use model::status::Observed;
use model::vpc::{VSwitchCidr, VpcCidr};

pub(crate) use crate::pieces::{OTHER, create_key_pair, enable, import, zone};

pub(crate) const ACCOUNT: AccountId = AccountId(1_000_000_000_000_001);

pub(crate) fn host() -> HostId {
    "host-one".parse().unwrap()
}

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) role: Option<String>,
    seed: u64,
}

impl World {
    /// Region cn-hangzhou with zones g, h, k, one host, two accounts.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            state: State::default(),
            now: Timestamp(1_700_000_000),
            account: ACCOUNT,
            role: None,
            seed: 0,
        };
        let zones = ["g", "h", "k"].map(zone).to_vec();
        world.run(Command::Configure(Settings {
            region: "cn-hangzhou".to_owned(),
            zones,
            hosts: vec![host()],
        }));
        for id in [ACCOUNT, OTHER] {
            world.run(Command::CreateAccount(CreateAccount { id: Some(id), name: "test".to_owned() }));
        }
        world
    }

    pub(crate) fn env(&mut self) -> Env {
        self.seed += 1;
        Env { now: self.now, seed: self.seed, account: self.account, role: self.role.clone() }
    }

    pub(crate) fn try_run(&mut self, command: &Command) -> Result<Output, Refusal> {
        let env = self.env();
        let (change, output) = self.state.apply(command, &env)?;
        self.state = self.state.absorb(&change);
        Ok(output)
    }

    pub(crate) fn run(&mut self, command: Command) -> Output {
        let output = self.try_run(&command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        assert_eq!(self.state.check(), [], "after {command:?}");
        output
    }

    pub(crate) fn refused(&mut self, command: Command) -> Refusal {
        match self.try_run(&command) {
            Ok(output) => panic!("{command:?} should be refused, but gave {output:?}"),
            Err(refusal) => refusal,
        }
    }

    pub(crate) fn vpc(&mut self, cidr: &str) -> VpcId {
        let cidr = VpcCidr::new(cidr.parse().unwrap()).unwrap();
        match self.run(Command::Vpc(VpcCommand::CreateVpc(CreateVpc { cidr, ..CreateVpc::default() }))) {
            Output::Vpc { id, .. } => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn default_vpc(&mut self) -> VpcId {
        let vpc = CreateVpc { is_default: true, ..CreateVpc::default() };
        match self.run(Command::Vpc(VpcCommand::CreateVpc(vpc))) {
            Output::Vpc { id, .. } => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn vswitch(&mut self, vpc: &VpcId, letter: &str, cidr: &str) -> VSwitchId {
        let cidr = VSwitchCidr::new(cidr.parse().unwrap()).unwrap();
        let labels = model::meta::Labels::default();
        match self.run(Command::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
            labels,
            vpc: vpc.clone(),
            zone: zone(letter),
            cidr,
            ipv6: None,
        }))) {
            Output::VSwitch(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn group(&mut self, vpc: &VpcId, kind: GroupKind) -> SecurityGroupId {
        let labels = model::meta::Labels::default();
        match self.run(Command::CreateSecurityGroup(CreateSecurityGroup { labels, vpc: vpc.clone(), kind })) {
            Output::SecurityGroup(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn instance(&mut self, vswitch: &VSwitchId, groups: &[&SecurityGroupId]) -> InstanceId {
        let security_groups = groups.iter().copied().cloned().collect();
        let command = RunInstances { security_groups, ..RunInstances::new(vswitch.clone()) };
        match self.run(Command::RunInstances(command)) {
            Output::Instances(ids) => ids.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn load_balancer(&mut self, vpc: &VpcId, zones: &[(&str, &VSwitchId)]) -> LoadBalancerId {
        let zones = zones.iter().map(|(letter, vswitch)| new_zone(letter, vswitch)).collect();
        match self.run(Command::CreateLoadBalancer(CreateLoadBalancer::new(vpc.clone(), zones))) {
            Output::LoadBalancer(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn server_group(&mut self, vpc: &VpcId, servers: &[&InstanceId]) -> ServerGroupId {
        let id = match self.run(Command::CreateServerGroup(CreateServerGroup::new(vpc.clone()))) {
            Output::ServerGroup(id, _) => id,
            other => panic!("{other:?}"),
        };
        let servers = servers.iter().map(|id| NewServer::new(Target::Ecs((*id).clone()), 80)).collect();
        self.run(Command::AddServers(AddServers { server_group: id.clone(), servers }));
        id
    }

    pub(crate) fn listener(
        &mut self,
        load_balancer: &LoadBalancerId,
        port: u16,
        group: &ServerGroupId,
    ) -> ListenerId {
        let command = CreateListener::new(load_balancer.clone(), ListenerProtocol::Tcp, port, group.clone());
        match self.run(Command::CreateListener(command)) {
            Output::Listener(id, _) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn service(&mut self, resources: &[(&str, &LoadBalancerId)]) -> EndpointServiceId {
        let resources = resources.iter().map(|(letter, id)| resource(letter, id)).collect();
        match self.run(Command::CreateService(CreateService { resources, ..CreateService::default() })) {
            Output::Service(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn endpoint(
        &mut self,
        service: &EndpointServiceId,
        vpc: &VpcId,
        group: &SecurityGroupId,
        zones: &[(&str, &VSwitchId)],
    ) -> EndpointId {
        let zones = zones.iter().map(|(letter, vswitch)| new_endpoint_zone(letter, vswitch)).collect();
        let security_groups = BTreeSet::from([group.clone()]);
        let command =
            CreateEndpoint { zones, security_groups, ..CreateEndpoint::new(service.clone(), vpc.clone()) };
        match self.run(Command::CreateEndpoint(command)) {
            Output::Endpoint(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn accept(&mut self, service: &EndpointServiceId, endpoint: &EndpointId) {
        self.run(enable(service, endpoint));
    }

    /// Imports a certificate: a server's with a key, or an authority's.
    pub(crate) fn certificate(&mut self, of_server: bool) -> CertificateId {
        let key = of_server.then(|| Secret::new("a key"));
        match self.run(Command::Tls(TlsCommand::ImportCertificate(import(key)))) {
            Output::Certificate(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// The host reports this revision, and nothing else.
    pub(crate) fn observed(&self, revision: Revision) -> Observed {
        let report = Report {
            host: host(),
            observed: revision,
            instances: BTreeMap::new(),
            health: BTreeMap::new(),
            tasks: BTreeMap::new(),
            faults: Vec::new(),
        };
        Observed { hosts: BTreeMap::from([(host(), report)]) }
    }
}

pub(crate) fn new_zone(letter: &str, vswitch: &VSwitchId) -> NewZone {
    let local = LocalAddresses::default();
    NewZone { zone: zone(letter), vswitch: vswitch.clone(), address: None, ipv6: None, local }
}

pub(crate) fn new_endpoint_zone(letter: &str, vswitch: &VSwitchId) -> NewEndpointZone {
    NewEndpointZone { zone: zone(letter), vswitch: vswitch.clone(), address: None, ipv6: None }
}

pub(crate) fn resource(letter: &str, load_balancer: &LoadBalancerId) -> ResourceKey {
    ResourceKey { zone: zone(letter), load_balancer: load_balancer.clone() }
}

/// The walkthrough's system, up to an endpoint that waits for the provider.
pub(crate) struct Walkthrough {
    pub(crate) world: World,
    pub(crate) consumer: VpcId,
    pub(crate) provider: VpcId,
    pub(crate) consumer_g: VSwitchId,
    pub(crate) consumer_k: VSwitchId,
    pub(crate) provider_g: VSwitchId,
    pub(crate) provider_k: VSwitchId,
    pub(crate) clients: SecurityGroupId,
    pub(crate) ecs: [InstanceId; 4],
    pub(crate) load_balancer: LoadBalancerId,
    pub(crate) server_group: ServerGroupId,
    pub(crate) listener: ListenerId,
    pub(crate) service: EndpointServiceId,
    pub(crate) endpoint: EndpointId,
}

impl Walkthrough {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let [consumer, provider] = [(); 2].map(|()| world.vpc("10.0.0.0/8"));
        let consumer_g = world.vswitch(&consumer, "g", "10.0.0.0/24");
        let consumer_k = world.vswitch(&consumer, "k", "10.0.1.0/24");
        let provider_g = world.vswitch(&provider, "g", "10.0.0.0/24");
        let provider_k = world.vswitch(&provider, "k", "10.0.1.0/24");
        let clients = world.group(&consumer, GroupKind::Normal);
        let ecs = [
            world.instance(&consumer_g, &[&clients]),
            world.instance(&consumer_k, &[&clients]),
            world.instance(&provider_g, &[]),
            world.instance(&provider_k, &[]),
        ];
        let load_balancer = world.load_balancer(&provider, &[("g", &provider_g), ("k", &provider_k)]);
        let server_group = world.server_group(&provider, &[&ecs[2], &ecs[3]]);
        let listener = world.listener(&load_balancer, 80, &server_group);
        let service = world.service(&[("g", &load_balancer), ("k", &load_balancer)]);
        let endpoint =
            world.endpoint(&service, &consumer, &clients, &[("g", &consumer_g), ("k", &consumer_k)]);
        Self {
            world,
            consumer,
            provider,
            consumer_g,
            consumer_k,
            provider_g,
            provider_k,
            clients,
            ecs,
            load_balancer,
            server_group,
            listener,
            service,
            endpoint,
        }
    }

    /// Both VPCs and all their vSwitches have IPv6.
    pub(crate) fn dual_stack(&mut self) {
        for vpc in [&self.consumer, &self.provider] {
            let (vpc, relabel) = (vpc.clone(), Relabel::default());
            self.world.run(Command::Vpc(VpcCommand::ModifyVpc(ModifyVpc { vpc, relabel, ipv6: Some(true) })));
        }
        let all = [&self.consumer_g, &self.consumer_k, &self.provider_g, &self.provider_k];
        for (number, vswitch) in (0..).zip(all) {
            let ipv6 = Some(SwitchIpv6::On(Some(number)));
            let (vswitch, relabel) = (vswitch.clone(), Relabel::default());
            self.world.run(Command::Vpc(VpcCommand::ModifyVSwitch(ModifyVSwitch { vswitch, relabel, ipv6 })));
        }
    }
}
