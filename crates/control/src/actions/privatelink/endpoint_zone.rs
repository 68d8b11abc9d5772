//! Zones of endpoints.

use model::command::Command;
use model::command::endpoint::{AddEndpointZone, EndpointZoneRef, NewEndpointZone};
use model::endpoint::{Endpoint, EndpointType, EndpointZone};
use model::id::ZoneId;
use model::instance::Eni;
use model::names;
use model::words::Words;
use serde_json::{Value, json};

use super::PAGE;
use crate::actions::call::required_id;
use crate::actions::{Action, Call, View, Write, list, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "AddZoneToVpcEndpoint",
        &[works("EndpointId"), works("ZoneId"), works("VSwitchId"), works("ip"), works("Ipv6Address")],
        add,
    ),
    Action::write(
        Product::Privatelink,
        "RemoveZoneFromVpcEndpoint",
        &[works("EndpointId"), works("ZoneId")],
        |call| Ok(Write::silent(Command::RemoveEndpointZone(reference(&call.params)?))),
    ),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointZones",
        &[works("EndpointId"), works("MaxResults"), works("NextToken")],
        list,
    ),
];

/// A zone, as `ZoneId`, `VSwitchId` and, when addresses are wished for, `ip` and `Ipv6Address`.
pub(super) fn new(zone: &Params) -> Result<NewEndpointZone, ApiError> {
    Ok(NewEndpointZone {
        zone: ZoneId::new(zone.required("ZoneId")?),
        vswitch: required_id(zone, "VSwitchId")?,
        address: zone.parse("ip")?,
        ipv6: zone.parse("Ipv6Address")?,
    })
}

/// A zone of an endpoint, as `EndpointId` and `ZoneId`.
pub(super) fn reference(params: &Params) -> Result<EndpointZoneRef, ApiError> {
    let zone = ZoneId::new(params.required("ZoneId")?);
    Ok(EndpointZoneRef { endpoint: required_id(params, "EndpointId")?, zone })
}

fn add(call: &Call) -> Result<Write, ApiError> {
    let command =
        AddEndpointZone { endpoint: required_id(&call.params, "EndpointId")?, zone: new(&call.params)? };
    Ok(Write::silent(Command::AddEndpointZone(command)))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let endpoint = call.owned::<Endpoint>("EndpointId")?;
    let found = endpoint.zones.iter().collect();
    let key = |(id, _): &(&ZoneId, &EndpointZone)| id.to_string();
    let render = |(id, zone): &(&ZoneId, &EndpointZone)| show(&call.view, endpoint, id, zone);
    list::answer(&call.params, &PAGE, "Zones", found, key, render)
}

fn show(view: &View, endpoint: &Endpoint, id: &ZoneId, zone: &EndpointZone) -> Value {
    let region = &view.state.settings().region;
    let eni = view.state.get::<Eni>(&zone.eni);
    let ipv6 = eni.and_then(|eni| eni.ipv6.keys().next());
    let shown = json!({
        "ZoneId": id.as_str(),
        "ZoneStatus": view.status().zone(endpoint, zone).status.of_consumer().word(),
        "ZoneIpv6Address": ipv6.map(ToString::to_string).unwrap_or_default(),
        "VSwitchId": zone.vswitch.as_str(),
        "EniId": zone.eni.as_str(),
        "EniIp": eni.map(|eni| eni.address.to_string()).unwrap_or_default(),
        "RegionId": region,
    });
    with_domain(view, endpoint, id, shown)
}

/// A shown zone with its name, if it has one.
pub(super) fn with_domain(view: &View, endpoint: &Endpoint, id: &ZoneId, mut shown: Value) -> Value {
    match endpoint.kind {
        EndpointType::Interface => {
            let region = &view.state.settings().region;
            let domain = names::zone_domain(region, &endpoint.service, &endpoint.id, id);
            shown["ZoneDomain"] = domain.into();
        }
        EndpointType::Reverse => {}
    }
    shown
}
