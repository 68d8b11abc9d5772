//! The state in short, for the one screen of `isthmus status`.

use model::endpoint::Endpoint;
use model::id::Revision;
use model::nlb::{Listener, LoadBalancer, ServerGroup};
use model::state::State;
use model::status::{Observed, View};
use model::tables::{Key, Kind};
use model::vpc::Vpc;
use serde::{Deserialize, Serialize};

/// The state in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The region.
    pub region: String,
    /// The last commit.
    pub revision: Revision,
    /// Hosts.
    pub hosts: Vec<HostSummary>,
    /// VPCs.
    pub vpcs: Vec<VpcSummary>,
    /// Instances.
    pub instances: Vec<Item>,
    /// Network load balancers.
    pub load_balancers: Vec<LoadBalancerSummary>,
    /// Endpoint services.
    pub services: Vec<Item>,
    /// Endpoints.
    pub endpoints: Vec<EndpointSummary>,
}

/// A resource with its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// Its status.
    pub status: String,
    /// Why it is not the status that one waits for; empty when all is well.
    pub why: String,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSummary {
    /// Its id.
    pub id: String,
    /// The newest revision that is true there; `None` when it has not reported.
    pub observed: Option<Revision>,
    /// What is in its way.
    pub faults: Vec<String>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcSummary {
    /// The VPC.
    #[serde(flatten)]
    pub item: Item,
    /// Its ranges.
    pub ranges: Vec<String>,
    /// How many vSwitches it has.
    pub vswitches: usize,
    /// How many interfaces it has, those of endpoints and load balancers with them.
    pub interfaces: usize,
}

/// A network load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancerSummary {
    /// The load balancer.
    #[serde(flatten)]
    pub item: Item,
    /// Servers of its listeners that are healthy, or are not checked.
    pub healthy: usize,
    /// All servers of its listeners.
    pub servers: usize,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSummary {
    /// The endpoint.
    #[serde(flatten)]
    pub item: Item,
    /// Its service.
    pub service: String,
    /// Status of its connection.
    pub connection: String,
    /// Why the connection is not connected; empty when it is.
    pub connection_why: String,
}

/// The state in short.
pub fn summary(state: &State, observed: &Observed) -> Summary {
    let view = View { state, observed };
    let tables = state.tables();
    let settings = state.settings();
    Summary {
        region: settings.region.clone(),
        revision: state.revision(),
        hosts: settings.hosts.iter().map(|host| host_summary(observed, host)).collect(),
        vpcs: tables.vpcs.values().map(|vpc| vpc_summary(view, vpc)).collect(),
        instances: tables
            .instances
            .values()
            .map(|row| {
                let judged = view.instance(row);
                item(row.id.as_str(), &row.meta, &judged.status, judged.why)
            })
            .collect(),
        load_balancers: tables.load_balancers.values().map(|row| load_balancer_summary(view, row)).collect(),
        services: tables
            .services
            .values()
            .map(|row| {
                let judged = view.service(row);
                item(row.id.as_str(), &row.meta, &judged.status, judged.why)
            })
            .collect(),
        endpoints: tables.endpoints.values().map(|row| endpoint_summary(view, row)).collect(),
    }
}

fn item(id: &str, meta: &model::meta::Meta, status: &impl ToString, why: String) -> Item {
    Item { id: id.to_owned(), name: meta.name.to_string(), status: status.to_string(), why }
}

fn host_summary(observed: &Observed, host: &model::id::HostId) -> HostSummary {
    let report = observed.hosts.get(host);
    HostSummary {
        id: host.to_string(),
        observed: report.map(|report| report.observed),
        faults: report.map(|report| report.faults.clone()).unwrap_or_default(),
    }
}

fn vpc_summary(view: View<'_>, vpc: &Vpc) -> VpcSummary {
    let judged = view.network(&vpc.meta);
    let key = Key::Vpc(vpc.id.clone());
    VpcSummary {
        item: item(vpc.id.as_str(), &vpc.meta, &judged.status, judged.why),
        ranges: vpc.ranges().map(|range| range.to_string()).collect(),
        vswitches: view.state.count_users(&key, Kind::VSwitch),
        interfaces: view.state.count_users(&key, Kind::Eni),
    }
}

fn load_balancer_summary(view: View<'_>, row: &LoadBalancer) -> LoadBalancerSummary {
    let judged = view.load_balancer(row);
    let group = |listener: &std::sync::Arc<Listener>| view.state.get::<ServerGroup>(&listener.server_group);
    let (mut servers, mut bad) = (0, 0);
    for group in view.state.listeners_of(&row.id).filter_map(group) {
        let health = view.group_health(group);
        servers += group.servers.len();
        bad += if health.checked { health.bad.len() } else { 0 };
    }
    let item = item(row.id.as_str(), &row.meta, &judged.status, judged.why);
    LoadBalancerSummary { item, healthy: servers.saturating_sub(bad), servers }
}

fn endpoint_summary(view: View<'_>, row: &Endpoint) -> EndpointSummary {
    let (judged, connection) = (view.endpoint(row), view.connection(row));
    EndpointSummary {
        item: item(row.id.as_str(), &row.meta, &judged.status, judged.why),
        service: row.service.to_string(),
        connection: connection.status.to_string(),
        connection_why: connection.why,
    }
}
