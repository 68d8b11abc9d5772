//! Two VPCs joined by an endpoint, through the API alone: what the demo shows and what tests and benches stand on.
//!
//! ECS 01 and ECS 02 in VPC 1 reach NGINX on ECS 03 and ECS 04 in VPC 2, over an endpoint in each of two zones. Both
//! VPCs have the same range of addresses.

mod consumer;
mod provider;
mod session;

use anyhow::Result;

use crate::client::{Client, text};
use control::rpc::Product;

pub use session::{Event, Session};

/// The zones: one client, one server and one address of the endpoint in each.
pub const ZONES: [&str; 2] = ["cn-hangzhou-g", "cn-hangzhou-k"];
/// The range of both VPCs.
pub const CIDR: &str = "10.0.0.0/16";
/// The vSwitch of each zone, in both VPCs.
const SUBNETS: [&str; 2] = ["10.0.1.0/24", "10.0.2.0/24"];

/// A VPC with a vSwitch in each zone.
#[derive(Clone, Debug)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// The vSwitch of each zone.
    pub vswitches: [String; 2],
}

/// An instance.
#[derive(Clone, Debug)]
pub struct Machine {
    /// `ECS 01` and so on.
    pub name: &'static str,
    /// Its id.
    pub id: String,
    /// Its private address.
    pub address: String,
    /// Its zone.
    pub zone: &'static str,
}

/// What the consumer knows of one zone of the endpoint.
#[derive(Clone, Debug)]
pub struct EndpointZone {
    /// The zone.
    pub zone: &'static str,
    /// The zone's own name.
    pub domain: String,
    /// The ENI's address.
    pub address: String,
}

/// Everything that the walkthrough makes.
#[derive(Clone, Debug)]
pub struct Road {
    /// The consumer's VPC.
    pub consumer: Vpc,
    /// The provider's VPC.
    pub provider: Vpc,
    /// ECS 01 and ECS 02.
    pub clients: [Machine; 2],
    /// ECS 03 and ECS 04.
    pub servers: [Machine; 2],
    /// The NLB.
    pub load_balancer: String,
    /// Its server group.
    pub server_group: String,
    /// Its listener.
    pub listener: String,
    /// The endpoint service.
    pub service: String,
    /// The security group of clients and endpoint.
    pub security_group: String,
    /// The endpoint.
    pub endpoint: String,
    /// Its name.
    pub domain: String,
    /// Its zones.
    pub zones: [EndpointZone; 2],
}

impl Road {
    /// Builds all of it up to the endpoint, which waits for the provider to allow it.
    ///
    /// # Errors
    /// When a call fails or a status does not come.
    pub fn build(client: &Client, watcher: &mut dyn FnMut(Event<'_>)) -> Result<Self> {
        let mut session = Session::new(client, watcher);
        let (consumer, security_group, clients) = consumer::clients(&mut session)?;
        let (provider, servers) = provider::servers(&mut session)?;
        let balancer = provider::load_balancer(&mut session, &provider, &servers)?;
        let service = provider::service(&mut session, &balancer.id)?;
        let (endpoint, domain, zones) =
            consumer::endpoint(&mut session, &consumer, &security_group, &service)?;
        Ok(Self {
            consumer,
            provider,
            clients,
            servers,
            load_balancer: balancer.id,
            server_group: balancer.server_group,
            listener: balancer.listener,
            service,
            security_group,
            endpoint,
            domain,
            zones,
        })
    }

    /// The provider allows the connection.
    ///
    /// # Errors
    /// When the call fails.
    pub fn allow(&self, session: &mut Session<'_>) -> Result<()> {
        session.order(Product::Privatelink, "EnableVpcEndpointConnection", "allowed", &self.connection())
    }

    /// The provider takes it back.
    ///
    /// # Errors
    /// When the call fails.
    pub fn deny(&self, session: &mut Session<'_>) -> Result<()> {
        session.order(Product::Privatelink, "DisableVpcEndpointConnection", "denied", &self.connection())
    }

    /// Waits for a status of the connection, such as `Connected`.
    ///
    /// # Errors
    /// When it does not come within a minute.
    pub fn until_connection(&self, session: &mut Session<'_>, status: &str) -> Result<()> {
        let parameters = [("EndpointId", self.endpoint.as_str())];
        let call = (Product::Privatelink, "GetVpcEndpointAttribute", &parameters[..]);
        session.until("connection", status, call, |answer| text(answer, "ConnectionStatus"))
    }

    fn connection(&self) -> [(&'static str, &str); 2] {
        [("EndpointId", &self.endpoint), ("ServiceId", &self.service)]
    }
}

/// A VPC with one vSwitch in each zone.
fn vpc(session: &mut Session<'_>, name: &str) -> Result<Vpc> {
    let id = session.create(Product::Vpc, "CreateVpc", "VpcId", &[("VpcName", name), ("CidrBlock", CIDR)])?;
    let mut vswitch = |index: usize| {
        let place = [("VpcId", id.as_str()), ("ZoneId", ZONES[index]), ("CidrBlock", SUBNETS[index])];
        session.create(Product::Vpc, "CreateVSwitch", "VSwitchId", &place)
    };
    let vswitches = [vswitch(0)?, vswitch(1)?];
    Ok(Vpc { id, vswitches })
}

/// An instance with this address.
fn machine(
    session: &mut Session<'_>,
    vpc: &Vpc,
    (name, zone, address): (&'static str, usize, &str),
    more: &[(&str, &str)],
) -> Result<Machine> {
    let host_name = name.to_lowercase().replace(' ', "-");
    let mut parameters = vec![
        ("ImageId", "host"),
        ("InstanceName", host_name.as_str()),
        ("HostName", &host_name),
        ("VSwitchId", &vpc.vswitches[zone]),
        ("PrivateIpAddress", address),
    ];
    parameters.extend(more);
    let id = session.create(Product::Ecs, "RunInstances", "InstanceIdSets.InstanceIdSet.0", &parameters)?;
    Ok(Machine { name, id, address: address.to_owned(), zone: ZONES[zone] })
}

/// Waits until an instance runs.
fn until_running(session: &mut Session<'_>, machine: &Machine) -> Result<()> {
    let ids = format!("[\"{}\"]", machine.id);
    let parameters = [("InstanceIds", ids.as_str())];
    let call = (Product::Ecs, "DescribeInstances", &parameters[..]);
    session.until(machine.name, "Running", call, |answer| text(answer, "Instances.Instance.0.Status"))
}
