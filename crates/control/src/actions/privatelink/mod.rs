//! Endpoint services and endpoints, version 2020-04-15.

mod connection;
mod endpoint;
mod endpoint_group;
mod endpoint_zone;
mod offer;
mod policy;
mod region;
mod resource;
mod service;
mod tag;
mod user;

use model::id::EndpointServiceId;
use model::names;
use model::nlb::IpVersion;
use model::tables::Kind;
use serde_json::Value;

use super::call::id;
use super::list::Sizes;
use super::{Action, Call, refusal};
use crate::rpc::{ApiError, Params, Product};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    service::ACTIONS,
    resource::ACTIONS,
    user::ACTIONS,
    offer::ACTIONS,
    endpoint::ACTIONS,
    endpoint_zone::ACTIONS,
    endpoint_group::ACTIONS,
    connection::ACTIONS,
    region::ACTIONS,
    tag::ACTIONS,
];

const PAGE: Sizes = Sizes { default: 50, most: 1000 };

/// Address families, as this product spells them.
const IP_VERSIONS: &[(&str, IpVersion)] = &[("IPv4", IpVersion::Ipv4), ("DualStack", IpVersion::DualStack)];

/// The address families that a request asks for.
fn ip_version(params: &Params) -> Result<Option<IpVersion>, ApiError> {
    params.choice("AddressIpVersion", IP_VERSIONS)
}

fn shown(version: IpVersion) -> &'static str {
    match version {
        IpVersion::Ipv4 => "IPv4",
        IpVersion::DualStack => "DualStack",
    }
}

/// Some lists of this product have their total as text.
fn total_as_text(mut answer: Value) -> Value {
    if let Some(total) = answer.get_mut("TotalCount") {
        *total = total.to_string().into();
    }
    answer
}

/// The service named by `ServiceId` or `ServiceName`; `None` when neither is given.
fn service_id(call: &Call) -> Result<Option<EndpointServiceId>, ApiError> {
    let (params, region) = (&call.params, call.region());
    let by_name = params.text("ServiceName").map(|name| {
        let unknown = || refusal::not_found(Product::Privatelink, Kind::EndpointService, name);
        names::service_of_name(&region, name).ok_or_else(unknown)
    });
    match (id(params, "ServiceId")?, by_name.transpose()?) {
        (Some(id), Some(named)) if id != named => {
            Err(params.illegal("ServiceName", "ServiceId names another service."))
        }
        (Some(id), _) | (None, Some(id)) => Ok(Some(id)),
        (None, None) => Ok(None),
    }
}
