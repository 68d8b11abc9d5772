//! Resources of endpoint services: network load balancers, zone by zone.

use model::command::Command;
use model::command::service::{ServiceResource, SetAutoAllocated};
use model::id::{LoadBalancerId, ZoneId};
use model::instance::Eni;
use model::nlb::{IpVersion, LoadBalancer};
use model::service::{EndpointService, Resource, ResourceKey};
use serde_json::{Value, json};

use super::PAGE;
use crate::actions::call::required_id;
use crate::actions::{Action, Call, View, Write, list, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "AttachResourceToVpcEndpointService",
        &[works("ServiceId"), works("ResourceType"), works("ResourceId"), works("ZoneId")],
        |call| Ok(Write::silent(Command::AttachResource(reference(call)?))),
    ),
    Action::write(
        Product::Privatelink,
        "DetachResourceFromVpcEndpointService",
        &[works("ServiceId"), works("ResourceType"), works("ResourceId"), works("ZoneId")],
        |call| Ok(Write::silent(Command::DetachResource(reference(call)?))),
    ),
    Action::write(
        Product::Privatelink,
        "UpdateVpcEndpointServiceResourceAttribute",
        &[works("ServiceId"), works("ResourceId"), works("ZoneId"), works("AutoAllocatedEnabled")],
        update,
    ),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointServiceResources",
        &[works("ServiceId"), works("MaxResults"), works("NextToken")],
        list,
    ),
];

/// Types of resources that there are.
pub(super) const TYPES: &[(&str, ())] = &[("nlb", ())];

/// Types that the cloud has besides.
const OTHER_TYPES: &[&str] = &["slb", "alb", "gwlb", "vpcNat"];

/// Refuses resources of another type, under the code that the action has for those that the cloud knows.
pub(super) fn is_network_load_balancer(params: &Params, code: &'static str) -> Result<(), ApiError> {
    let asked = params.text("ResourceType").unwrap_or_default();
    let known = OTHER_TYPES.iter().any(|one| one.eq_ignore_ascii_case(asked));
    let coded = |error| if known { ApiError { code: code.into(), ..error } } else { error };
    params.choice("ResourceType", TYPES).map(|_| ()).map_err(coded)
}

/// Load balancer and zone, as `ResourceId` and `ZoneId`.
pub(super) fn key(params: &Params) -> Result<ResourceKey, ApiError> {
    let zone = ZoneId::new(params.required("ZoneId")?);
    Ok(ResourceKey { zone, load_balancer: required_id(params, "ResourceId")? })
}

fn reference(call: &Call) -> Result<ServiceResource, ApiError> {
    is_network_load_balancer(&call.params, "EndpointServiceResourceTypeNotEqual")?;
    Ok(ServiceResource { service: required_id(&call.params, "ServiceId")?, resource: key(&call.params)? })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = SetAutoAllocated {
        service: required_id(params, "ServiceId")?,
        load_balancer: required_id(params, "ResourceId")?,
        zone: params.text("ZoneId").map(ZoneId::new),
        auto_allocated: params
            .flag("AutoAllocatedEnabled")?
            .ok_or_else(|| params.missing("AutoAllocatedEnabled"))?,
    };
    Ok(Write::silent(Command::SetAutoAllocated(command)))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let service = call.owned::<EndpointService>("ServiceId")?;
    let found = service.resources.iter().collect();
    let key = |(key, _): &(&ResourceKey, &Resource)| format!("{}/{}", key.load_balancer, key.zone);
    let render = |(key, resource): &(&ResourceKey, &Resource)| show(&call.view, service, key, **resource);
    list::answer(&call.params, &PAGE, "Resources", found, key, render)
}

fn show(view: &View, service: &EndpointService, key: &ResourceKey, resource: Resource) -> Value {
    let load_balancer = view.state.get::<LoadBalancer>(&key.load_balancer);
    let zone = load_balancer.and_then(|one| one.zones.get(&key.zone));
    let eni = zone.and_then(|zone| view.state.get::<Eni>(&zone.eni));
    let zones = || view.state.endpoints_to(&service.id).filter_map(|endpoint| endpoint.zones.get(&key.zone));
    let is_it = |own: &Option<LoadBalancerId>| own.as_ref() == Some(&key.load_balancer);
    let ipv6 = load_balancer.is_some_and(|one| one.ip_version.value == IpVersion::DualStack);
    json!({
        "ResourceId": key.load_balancer.as_str(),
        "ResourceType": "nlb",
        "ResourceSupportIPv6": ipv6,
        "ZoneId": key.zone.as_str(),
        "VpcId": load_balancer.map(|one| one.vpc.as_str()).unwrap_or_default(),
        "VSwitchId": zone.map(|zone| zone.vswitch.as_str()).unwrap_or_default(),
        "Ip": eni.map(|eni| eni.address.to_string()).unwrap_or_default(),
        "AutoAllocatedEnabled": resource.auto_allocated,
        "RelatedEndpointCount": zones().filter(|zone| is_it(&zone.resource)).count(),
        "RelatedDeprecatedEndpointCount": zones().filter(|zone| is_it(&zone.replaced)).count(),
        "RegionId": view.state.settings().region,
    })
}
