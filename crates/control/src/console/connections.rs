//! What would become of a connection that one of the caller's own instances opened.

use std::sync::Arc;

use model::id::InstanceId;
use model::instance::Instance;
use model::net::Family;
use model::tables::Kind;
use serde_json::Value;

use crate::actions::{Signed, refusal};
use crate::hosts::{Connection, Protocol, Sight};
use crate::rpc::{ApiError, Params, Product};

/// What each stage says.
pub(super) async fn trace(sight: &Arc<dyn Sight>, signed: Signed) -> Result<Value, ApiError> {
    let connection = connection(&signed.params)?;
    let owner = signed.state.get::<Instance>(&connection.from).map(|instance| instance.meta.owner);
    if owner != Some(signed.account) {
        return Err(refusal::not_found(Product::Ecs, Kind::Instance, connection.from.as_str()));
    }
    let sight = Arc::clone(sight);
    let traced = tokio::task::spawn_blocking(move || sight.trace(signed.account, &connection)).await;
    let traced = traced.map_err(|error| ApiError::internal(&error))?;
    traced.map_err(|why| ApiError::new(400, "InvalidConnection", format!("Nothing can be said: {why}.")))
}

fn connection(params: &Params) -> Result<Connection, ApiError> {
    let protocols = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp), ("icmp", Protocol::Icmp)];
    let protocol = params.choice("Protocol", &protocols)?.unwrap_or(Protocol::Tcp);
    let port = params.number("Port", 1..=u16::MAX)?;
    let port = match protocol {
        Protocol::Icmp => 0,
        Protocol::Tcp | Protocol::Udp => port.ok_or_else(|| params.missing("Port"))?,
    };
    let from = params.required("InstanceId")?;
    let from: InstanceId =
        from.parse().map_err(|_| refusal::not_found(Product::Ecs, Kind::Instance, from))?;
    let families = [("IPv4", Family::Ipv4), ("IPv6", Family::Ipv6)];
    let family = params.choice("AddressIpVersion", &families)?;
    Ok(Connection { from, to: params.required("To")?.to_owned(), family, port, protocol })
}
