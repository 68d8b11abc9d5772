//! What listeners, endpoints and servers have carried, and how the servers are: an account's own alone. An endpoint is its
//! provider's too, who has allowed it and whose servers answer it.

use std::sync::Arc;

use model::endpoint::Endpoint;
use model::id::{AccountId, EndpointId, LoadBalancerId, ServerGroupId};
use model::nlb::{Listener, LoadBalancer, Server, ServerGroup};
use model::service::EndpointService;
use model::state::State;
use model::status::{self, Observed};
use model::tables::{Kind, Record, Resource};
use serde_json::{Value, json};

use super::probes::word;
use crate::actions::call::id;
use crate::actions::{Signed, refusal};
use crate::hosts::{Carried, Carrier, Sight, Traffic};
use crate::rpc::{ApiError, Product};

/// What is asked for.
enum Scope {
    /// Everything that the account may see.
    All,
    /// A load balancer's listeners, with the health of what is behind them.
    LoadBalancer(LoadBalancerId),
    /// A group's servers, with their health.
    ServerGroup(ServerGroupId),
    /// An endpoint.
    Endpoint(EndpointId),
}

/// The totals until now.
pub(crate) async fn tell(
    sight: &Arc<dyn Sight>,
    signed: Signed,
    observed: &Observed,
) -> Result<Value, ApiError> {
    let scope = scope(&signed)?;
    let sight = Arc::clone(sight);
    let carried = tokio::task::spawn_blocking(move || sight.carried()).await;
    let carried = carried.map_err(|error| ApiError::internal(&error))?;
    let carried = carried.map_err(|why| ApiError::new(503, "ServiceUnavailable", format!("{why}.")))?;
    let view = status::View { state: &signed.state, observed };
    let shown = carried.iter().filter(|one| scope.has(&signed.state, signed.account, &one.by));
    Ok(json!({
        "Carried": shown.map(show).collect::<Vec<_>>(),
        "Health": scope.groups(&signed.state).into_iter().flat_map(|group| health(view, group)).collect::<Vec<_>>(),
    }))
}

fn scope(signed: &Signed) -> Result<Scope, ApiError> {
    let Signed { account, params, state } = signed;
    let refused = |refused| refusal::error(Product::Nlb, &refused);
    if let Some(id) = id(params, "LoadBalancerId")? {
        state.owned::<LoadBalancer>(*account, &id).map_err(refused)?;
        return Ok(Scope::LoadBalancer(id));
    }
    if let Some(id) = id(params, "ServerGroupId")? {
        state.owned::<ServerGroup>(*account, &id).map_err(refused)?;
        return Ok(Scope::ServerGroup(id));
    }
    if let Some(id) = id(params, "EndpointId")? {
        if !sees_endpoint(state, *account, &id) {
            return Err(refusal::not_found(Product::Privatelink, Kind::Endpoint, id.as_str()));
        }
        return Ok(Scope::Endpoint(id));
    }
    Ok(Scope::All)
}

fn sees_endpoint(state: &State, account: AccountId, id: &EndpointId) -> bool {
    let Some(endpoint) = state.get::<Endpoint>(id) else { return false };
    endpoint.meta.owner == account || owns::<EndpointService>(state, account, &endpoint.service)
}

fn owns<T: Resource>(state: &State, account: AccountId, id: &<T as Record>::Key) -> bool {
    state.get::<T>(id).is_some_and(|row| row.meta().owner == account)
}

impl Scope {
    fn has(&self, state: &State, account: AccountId, by: &Carrier) -> bool {
        match by {
            Carrier::Listener(id, _) => {
                let Some(listener) = state.get::<Listener>(id) else { return false };
                listener.meta.owner == account
                    && match self {
                        Self::All => true,
                        Self::LoadBalancer(balancer) => listener.load_balancer == *balancer,
                        Self::ServerGroup(_) | Self::Endpoint(_) => false,
                    }
            }
            Carrier::Endpoint(id, _) => match self {
                Self::All => sees_endpoint(state, account, id),
                Self::Endpoint(endpoint) => id == endpoint,
                Self::LoadBalancer(_) | Self::ServerGroup(_) => false,
            },
            Carrier::Server { group, .. } => match self {
                Self::All => owns::<ServerGroup>(state, account, group),
                Self::ServerGroup(wanted) => group == wanted,
                Self::LoadBalancer(_) | Self::Endpoint(_) => false,
            },
        }
    }

    /// Groups whose health is told.
    fn groups<'a>(&self, state: &'a State) -> Vec<&'a Arc<ServerGroup>> {
        match self {
            Self::All | Self::Endpoint(_) => Vec::new(),
            Self::ServerGroup(group) => state.get(group).into_iter().collect(),
            Self::LoadBalancer(balancer) => {
                let mut groups: Vec<_> = state.listeners_of(balancer).map(|it| &it.server_group).collect();
                groups.sort();
                groups.dedup();
                groups.into_iter().filter_map(|group| state.get(group)).collect()
            }
        }
    }
}

fn show(Carried { by, connections, open, sent, received }: &Carried) -> Value {
    let (by, id, more) = match by {
        Carrier::Listener(id, zone) => ("Listener", id.to_string(), json!({ "ZoneId": zone.as_str() })),
        Carrier::Endpoint(id, zone) => ("Endpoint", id.to_string(), json!({ "ZoneId": zone.as_str() })),
        Carrier::Server { group, address, port } => {
            ("Server", group.to_string(), json!({ "ServerIp": address, "Port": port }))
        }
    };
    let Value::Object(mut all) = more else { return Value::Null };
    let Traffic { packets, bytes } = sent;
    all.extend([("By", json!(by)), ("Id", json!(id))].map(|(name, value)| (name.to_owned(), value)));
    for (name, value) in [
        ("Connections", connections),
        ("Open", open),
        ("SentPackets", packets),
        ("SentBytes", bytes),
        ("ReceivedPackets", &received.packets),
        ("ReceivedBytes", &received.bytes),
    ] {
        all.insert(name.to_owned(), json!(value));
    }
    Value::Object(all)
}

fn health(view: status::View<'_>, group: &ServerGroup) -> Vec<Value> {
    let checked = group.servers.iter().filter(|_| group.health_check.is_some());
    let show = |server: &Server| {
        let report = view.health(server.index)?;
        Some(json!({
            "ServerGroupId": group.id.as_str(),
            "ServerIp": view.address_of(&server.target),
            "Port": server.port,
            "Status": word(report.state),
            "LatencyMicros": report.latency_micros,
        }))
    };
    checked.filter_map(show).collect()
}
