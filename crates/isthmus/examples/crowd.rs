//! `crowd DIRECTORY`: makes a state directory with ten thousand endpoints, for tests of what is shown of them: a thousand in each of
//! ten VPCs, all of one service. A hundred of them are of another service, whose provider has allowed none.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use control::commit::{Commits, Submission};
use control::random;
use control::rpc::time;
use control::store::{self, master_key::MasterKey};
use control::{DEFAULT_REGION, DEFAULT_ZONES};
use isthmus::place::Place;
use model::command::endpoint::{CreateEndpoint, NewEndpointZone};
use model::command::nlb::{CreateLoadBalancer, LocalAddresses, NewZone};
use model::command::security::CreateSecurityGroup;
use model::command::service::CreateService;
use model::command::system::CreateAccount;
use model::command::vpc::{CreateVSwitch, CreateVpc, VpcCommand};
use model::command::{Command, Env, Output};
use model::entropy::Entropy;
use model::id::{AccountId, EndpointServiceId, HostId, SecurityGroupId, VSwitchId, VpcId, ZoneId};
use model::meta::{Labels, Name};
use model::records::Settings;
use model::security::GroupKind;
use model::service::ResourceKey;
use model::vpc::VSwitchCidr;
use serde_json::{Value, json};

const VPCS: usize = 10;
/// As many as a VPC may have.
const ENDPOINTS_A_VPC: usize = 1000;
/// One in so many is of the service that allows nobody.
const WAITING: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let directory = std::env::args().nth(1).context("usage: crowd DIRECTORY")?;
    let place = Place::of(Path::new(&directory))?;
    place.make_state()?;
    let (commits, committer) = Commits::start(store::open(&place.state, &MasterKey::of(&place.state)?)?)?;
    fill(&Crowd::new(&commits).await?).await?;
    drop(commits);
    committer.join().map_err(|_| anyhow!("the committer has panicked"))
}

async fn fill(crowd: &Crowd) -> Result<()> {
    let provider = crowd.network("provider").await?;
    let balancer = crowd.balancer(&provider).await?;
    let open = crowd.service(&balancer, true).await?;
    let closed = crowd.service(&balancer, false).await?;
    for number in 0..VPCS {
        let network = crowd.network(&format!("consumer-{number}")).await?;
        let wanted = (0..ENDPOINTS_A_VPC).map(|of_vpc| {
            let all = number * ENDPOINTS_A_VPC + of_vpc;
            let service = if all.is_multiple_of(WAITING) { &closed } else { &open };
            network.endpoint(service, &format!("endpoint-{all:05}"))
        });
        crowd.all(wanted.collect::<Result<_>>()?).await?;
    }
    Ok(())
}

/// An account that makes things.
struct Crowd {
    commits: Commits,
    account: AccountId,
}

impl Crowd {
    async fn new(commits: &Commits) -> Result<Self> {
        let mut crowd = Self { commits: commits.clone(), account: AccountId(0) };
        let zones = DEFAULT_ZONES.into_iter().map(ZoneId::new).collect();
        let hosts = vec![HostId::generate(&mut Entropy::new(random::seed()?))];
        crowd
            .make::<Value>(Command::Configure(Settings { region: DEFAULT_REGION.into(), zones, hosts }))
            .await?;
        let account = Command::CreateAccount(CreateAccount { id: None, name: "default".into() });
        crowd.account = crowd.make(account).await?;
        Ok(crowd)
    }

    fn submission(&self, command: Command) -> Result<Submission> {
        let env = Env { now: time::now(), seed: random::seed()?, account: self.account, role: None };
        let answer = Box::new(|_: &_, output: &Output| made(output));
        Ok(Submission { command, env, token: None, answer })
    }

    /// Does what a command says; what it has made.
    async fn make<T: serde::de::DeserializeOwned>(&self, command: Command) -> Result<T> {
        Ok(serde_json::from_value(self.commits.submit(self.submission(command)?).await?)?)
    }

    /// Does what commands say: those that wait together share a transaction.
    async fn all(&self, commands: Vec<Command>) -> Result<()> {
        let mut waiting = tokio::task::JoinSet::new();
        for command in commands {
            let (commits, submission) = (self.commits.clone(), self.submission(command)?);
            waiting.spawn(async move { commits.submit(submission).await });
        }
        while let Some(done) = waiting.join_next().await {
            done??;
        }
        Ok(())
    }

    async fn network(&self, name: &str) -> Result<Network> {
        let vpc = CreateVpc { labels: labels(name)?, ..CreateVpc::default() };
        let vpc: VpcId = self.make(Command::Vpc(VpcCommand::CreateVpc(vpc))).await?;
        let mut vswitches = Vec::new();
        for (zone, range) in DEFAULT_ZONES.into_iter().zip(["172.16.0.0/16", "172.17.0.0/16"]) {
            let (zone, cidr) = (ZoneId::new(zone), VSwitchCidr::new(range.parse()?)?);
            let vswitch = CreateVSwitch {
                labels: labels(name)?,
                vpc: vpc.clone(),
                zone: zone.clone(),
                cidr,
                ipv6: None,
            };
            let vswitch: VSwitchId = self.make(Command::Vpc(VpcCommand::CreateVSwitch(vswitch))).await?;
            vswitches.push((zone, vswitch));
        }
        let group = CreateSecurityGroup { labels: labels(name)?, vpc: vpc.clone(), kind: GroupKind::Normal };
        let group = self.make(Command::CreateSecurityGroup(group)).await?;
        Ok(Network { vpc, vswitches, group })
    }

    async fn balancer(&self, network: &Network) -> Result<Vec<ResourceKey>> {
        let zone = |(zone, vswitch): &(ZoneId, VSwitchId)| NewZone {
            zone: zone.clone(),
            vswitch: vswitch.clone(),
            address: None,
            ipv6: None,
            local: LocalAddresses::default(),
        };
        let balancer =
            CreateLoadBalancer::new(network.vpc.clone(), network.vswitches.iter().map(zone).collect());
        let id: model::id::LoadBalancerId = self.make(Command::CreateLoadBalancer(balancer)).await?;
        let resource =
            |(zone, _): &(ZoneId, VSwitchId)| ResourceKey { zone: zone.clone(), load_balancer: id.clone() };
        Ok(network.vswitches.iter().map(resource).collect())
    }

    async fn service(&self, resources: &[ResourceKey], auto_accept: bool) -> Result<EndpointServiceId> {
        let service =
            CreateService { resources: resources.to_vec(), auto_accept, ..CreateService::default() };
        self.make(Command::CreateService(service)).await
    }
}

struct Network {
    vpc: VpcId,
    vswitches: Vec<(ZoneId, VSwitchId)>,
    group: SecurityGroupId,
}

impl Network {
    fn endpoint(&self, service: &EndpointServiceId, name: &str) -> Result<Command> {
        let zone = |(zone, vswitch): &(ZoneId, VSwitchId)| NewEndpointZone {
            zone: zone.clone(),
            vswitch: vswitch.clone(),
            address: None,
            ipv6: None,
        };
        Ok(Command::CreateEndpoint(CreateEndpoint {
            labels: labels(name)?,
            zones: self.vswitches.iter().take(1).map(zone).collect(),
            security_groups: [self.group.clone()].into(),
            ..CreateEndpoint::new(service.clone(), self.vpc.clone())
        }))
    }
}

fn labels(name: &str) -> Result<Labels> {
    Ok(Labels { name: Name::parse(name)?, ..Labels::default() })
}

/// The id of what was made, of those kinds that others refer to.
fn made(output: &Output) -> Value {
    let Output::Account(account) = output else { return resource(output) };
    json!(account)
}

fn resource(output: &Output) -> Value {
    if let Output::Vpc { id, .. } = output {
        return json!(id);
    }
    if let Output::VSwitch(id) = output {
        return json!(id);
    }
    if let Output::SecurityGroup(id) = output {
        return json!(id);
    }
    if let Output::LoadBalancer(id) = output {
        return json!(id);
    }
    if let Output::Service(id) = output { json!(id) } else { Value::Null }
}
