//! Connections of endpoints, as the provider of the service sees and decides them.

use std::sync::Arc;

use model::command::Command;
use model::command::endpoint::{EnableConnection, SetZoneResource, UpdateConnection, ZoneSwitch};
use model::endpoint::{Endpoint, EndpointZone};
use model::id::{EndpointServiceId, LoadBalancerId, ZoneId};
use model::service::EndpointService;
use model::words::Words;
use serde_json::{Value, json};

use super::{PAGE, endpoint_zone, resource, total_as_text};
use crate::actions::call::{id, required_id};
use crate::actions::list::{self, is, is_lazy};
use crate::actions::{Action, Call, Param, View, Write, works};
use crate::rpc::{ApiError, Product, time};

const BANDWIDTH: Param = works("Bandwidth");
const TRAFFIC_CONTROL: Param = works("TrafficControlMode");

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "EnableVpcEndpointConnection",
        &[works("ServiceId"), works("EndpointId"), BANDWIDTH, TRAFFIC_CONTROL],
        enable,
    ),
    Action::write(
        Product::Privatelink,
        "DisableVpcEndpointConnection",
        &[works("ServiceId"), works("EndpointId")],
        disable,
    ),
    Action::write(
        Product::Privatelink,
        "UpdateVpcEndpointConnectionAttribute",
        &[works("ServiceId"), works("EndpointId"), BANDWIDTH, TRAFFIC_CONTROL],
        update,
    ),
    Action::write(
        Product::Privatelink,
        "EnableVpcEndpointZoneConnection",
        &[works("ServiceId"), works("EndpointId"), works("ZoneId")],
        |call| {
            let service = required_id(&call.params, "ServiceId")?;
            Ok(Write::silent(Command::SwitchZone(
                ZoneSwitch::On,
                service,
                endpoint_zone::reference(&call.params)?,
            )))
        },
    ),
    Action::write(
        Product::Privatelink,
        "DisableVpcEndpointZoneConnection",
        &[works("ServiceId"), works("EndpointId"), works("ZoneId"), works("ReplacedResource")],
        disable_zone,
    ),
    Action::write(
        Product::Privatelink,
        "UpdateVpcEndpointZoneConnectionResourceAttribute",
        &[
            works("ServiceId"),
            works("EndpointId"),
            works("ZoneId"),
            works("ResourceAllocateMode"),
            works("ResourceId"),
            works("ResourceType"),
            works("ResourceReplaceMode"),
        ],
        choose,
    ),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointConnections",
        &[
            works("ServiceId"),
            works("EndpointId"),
            works("EndpointOwnerId"),
            works("ConnectionStatus"),
            works("EniId"),
            works("ResourceId"),
            works("ResourceGroupId"),
            works("MaxResults"),
            works("NextToken"),
            works("ReplacedResourceId"),
        ],
        list,
    ),
];

fn enable(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = EnableConnection {
        service: required_id(params, "ServiceId")?,
        endpoint: required_id(params, "EndpointId")?,
        bandwidth: params.number("Bandwidth", 0..=u32::MAX)?,
        traffic_control: params.word("TrafficControlMode")?,
    };
    Ok(Write::silent(Command::EnableConnection(command)))
}

fn disable(call: &Call) -> Result<Write, ApiError> {
    let service = required_id(&call.params, "ServiceId")?;
    Ok(Write::silent(Command::DisableConnection(service, required_id(&call.params, "EndpointId")?)))
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateConnection {
        service: required_id(params, "ServiceId")?,
        endpoint: required_id(params, "EndpointId")?,
        bandwidth: params.number("Bandwidth", 0..=u32::MAX)?,
        traffic_control: params.word("TrafficControlMode")?,
    };
    Ok(Write::silent(Command::UpdateConnection(command)))
}

fn disable_zone(call: &Call) -> Result<Write, ApiError> {
    let service = required_id(&call.params, "ServiceId")?;
    let at = endpoint_zone::reference(&call.params)?;
    let command = if call.params.flag("ReplacedResource")?.unwrap_or(false) {
        Command::SwitchZone(ZoneSwitch::LetGo, service, at)
    } else {
        Command::SwitchZone(ZoneSwitch::Off, service, at)
    };
    Ok(Write::silent(command))
}

fn choose(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    resource::is_network_load_balancer(params, "EndpointServiceResourceTypeNotSupport")?;
    let coded = |code: &'static str| move |error| ApiError { code: code.into(), ..error };
    let manual = params
        .choice("ResourceAllocateMode", &[("Auto", false), ("Manual", true)])
        .map_err(coded("IllegalParam.ResourceAllocateMode"))?;
    let replacement =
        params.word("ResourceReplaceMode").map_err(coded("IllegalParam.ResourceReplaceMode"))?;
    let load_balancer = match manual {
        Some(true) => Some(required_id(params, "ResourceId")?),
        Some(false) => None,
        None => Some(id(params, "ResourceId")?.ok_or_else(|| params.missing("ResourceAllocateMode"))?),
    };
    let command = SetZoneResource {
        service: required_id(params, "ServiceId")?,
        at: endpoint_zone::reference(params)?,
        load_balancer,
        replacement: replacement.unwrap_or_default(),
    };
    Ok(Write::silent(Command::SetZoneResource(command)))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let services = match id::<EndpointServiceId>(params, "ServiceId")? {
        Some(_) => vec![call.owned::<EndpointService>("ServiceId")?],
        None => call.all_owned::<EndpointService>().collect(),
    };
    let owner = params.number("EndpointOwnerId", 0..=u64::MAX)?;
    let wanted = |endpoint: &&Arc<Endpoint>| {
        let any_zone = |takes: &dyn Fn(&EndpointZone) -> bool| endpoint.zones.values().any(takes);
        let is_named =
            |own: &Option<LoadBalancerId>, asked: &str| own.as_ref().is_some_and(|own| own.as_str() == asked);
        is(params.text("EndpointId"), endpoint.id.as_str())
            && is_lazy(params.text("ConnectionStatus"), || {
                call.view.status().connection(endpoint).status.word()
            })
            && owner.is_none_or(|owner| owner == endpoint.meta.owner.0)
            && params.text("EniId").is_none_or(|asked| any_zone(&|zone| zone.eni.as_str() == asked))
            && params.text("ResourceId").is_none_or(|asked| any_zone(&|zone| is_named(&zone.resource, asked)))
            && params
                .text("ReplacedResourceId")
                .is_none_or(|asked| any_zone(&|zone| is_named(&zone.replaced, asked)))
    };
    // The provider sorts connections by its services' groups: the endpoint's is the consumer's own business.
    let services = services
        .iter()
        .filter(|service| is(params.text("ResourceGroupId"), list::resource_group(&service.meta)));
    let endpoints = services.flat_map(|service| call.view.state.endpoints_to(&service.id));
    let found = endpoints.filter(wanted).collect();
    let render = |endpoint: &&Arc<Endpoint>| show(call, endpoint);
    list::answer(params, &PAGE, "Connections", found, |endpoint| endpoint.id.to_string(), render)
        .map(total_as_text)
}

fn show(call: &Call, endpoint: &Endpoint) -> Value {
    let view = &call.view;
    let region = &view.state.settings().region;
    let service = view.state.get::<EndpointService>(&endpoint.service);
    let zones: Vec<Value> =
        endpoint.zones.iter().map(|(id, zone)| show_zone(view, endpoint, id, zone)).collect();
    json!({
        "ServiceId": endpoint.service.as_str(),
        "EndpointId": endpoint.id.as_str(),
        "EndpointType": endpoint.kind.word(),
        "EndpointOwnerId": endpoint.meta.owner.0,
        "EndpointVpcId": endpoint.vpc.as_str(),
        "EndpointRegionId": region,
        "ServiceRegionId": region,
        "ConnectionStatus": view.status().connection(endpoint).status.word(),
        "Bandwidth": endpoint.connection.bandwidth,
        "TrafficControlMode": endpoint.connection.traffic_control.word(),
        "ModifiedTime": time::format(endpoint.connection.modified),
        "ResourceGroupId": service.map(|service| list::resource_group(&service.meta)).unwrap_or_default(),
        "ResourceOwner": endpoint.meta.owner == call.account,
        "Zones": zones,
    })
}

fn show_zone(view: &View, endpoint: &Endpoint, id: &ZoneId, zone: &EndpointZone) -> Value {
    let shown = json!({
        "ZoneId": id.as_str(),
        "ZoneStatus": view.status().zone(endpoint, zone).status.word(),
        "EniId": zone.eni.as_str(),
        "VSwitchId": zone.vswitch.as_str(),
        "ResourceId": zone.resource.as_ref().map(|own| own.as_str()).unwrap_or_default(),
        "ReplacedEniId": zone.replaced.as_ref().map(|_| zone.eni.as_str()).unwrap_or_default(),
        "ReplacedResourceId": zone.replaced.as_ref().map(|own| own.as_str()).unwrap_or_default(),
    });
    endpoint_zone::with_domain(view, endpoint, id, shown)
}
