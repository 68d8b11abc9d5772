//! Endpoint services, as their provider sees them.

use std::sync::Arc;

use model::command::service::{CreateService, UpdateService};
use model::command::{Command, Output};
use model::names;
use model::nlb::IpVersion;
use model::service::EndpointService;
use model::words::Words;
use serde_json::{Map, Value, json};

use super::{PAGE, ip_version, resource, shown};
use crate::actions::call::{description, labels, required_id};
use crate::actions::list::{self, Labelled, is};
use crate::actions::{Action, Call, View, Write, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product, time};

const ONE_REGION: &str = "there is one region.";
/// Least and most bandwidth of a connection, Mbit/s, as documented.
const BANDWIDTH: (u32, u32) = (100, 10_240);

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "CreateVpcEndpointService",
        &[
            works("Resource"),
            works("ServiceResourceType"),
            works("ServiceDescription"),
            works("AutoAcceptEnabled"),
            works("ZoneAffinityEnabled"),
            no_effect("Payer", "it is kept and shown; nothing is billed here"),
            works("ResourceGroupId"),
            works("Tag"),
            works("AddressIpVersion"),
            works("ServiceSupportIPv6"),
            refused("SupportedRegionList", ONE_REGION),
        ],
        create,
    ),
    Action::write(
        Product::Privatelink,
        "UpdateVpcEndpointServiceAttribute",
        &[
            works("ServiceId"),
            works("ServiceDescription"),
            works("AutoAcceptEnabled"),
            works("ZoneAffinityEnabled"),
            works("ConnectBandwidth"),
            works("AddressIpVersion"),
            works("ServiceSupportIPv6"),
            refused("AddSupportedRegionSet", ONE_REGION),
            refused("DeleteSupportedRegionSet", ONE_REGION),
        ],
        update,
    ),
    Action::write(Product::Privatelink, "DeleteVpcEndpointService", &[works("ServiceId")], delete),
    Action::read(Product::Privatelink, "GetVpcEndpointServiceAttribute", &[works("ServiceId")], get),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointServices",
        &[
            works("ServiceId"),
            works("ServiceName"),
            works("ServiceStatus"),
            works("ServiceBusinessStatus"),
            works("ServiceResourceType"),
            works("ResourceId"),
            works("AutoAcceptEnabled"),
            works("ZoneAffinityEnabled"),
            works("ResourceGroupId"),
            works("Tag"),
            works("AddressIpVersion"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    params.choice("ServiceResourceType", resource::TYPES)?;
    let resources = params.list("Resource")?;
    if resources.len() > 10 {
        return Err(params.illegal("Resource", "give at most 10 and attach the others afterwards."));
    }
    for resource in &resources {
        resource::is_network_load_balancer(resource, "Mismatch.ResourceType")?;
    }
    let command = CreateService {
        labels: labels(params, None, Some("ServiceDescription"))?,
        resources: resources.iter().map(resource::key).collect::<Result<_, _>>()?,
        auto_accept: params.flag("AutoAcceptEnabled")?.unwrap_or(false),
        zone_affinity: params.flag("ZoneAffinityEnabled")?.unwrap_or(false),
        payer: params.word("Payer")?.unwrap_or_default(),
        ip_version: families(params)?.unwrap_or_default(),
    };
    Ok(Write { command: Command::CreateService(command), answer: created })
}

/// `AddressIpVersion`, or the flag that said the same before.
fn families(params: &Params) -> Result<Option<IpVersion>, ApiError> {
    let flag = params.flag("ServiceSupportIPv6")?;
    let flag = flag.map(|ipv6| if ipv6 { IpVersion::DualStack } else { IpVersion::Ipv4 });
    match (ip_version(params)?, flag) {
        (Some(version), Some(flag)) if version != flag => {
            Err(params.illegal("ServiceSupportIPv6", "AddressIpVersion says otherwise."))
        }
        (version, flag) => Ok(version.or(flag)),
    }
}

fn created(view: &View, output: &Output) -> Value {
    let Output::Service(id) = output else { return Value::Null };
    let service = view.state.get::<EndpointService>(id);
    service.map(|service| Value::Object(show(view, service))).unwrap_or_default()
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateService {
        service: required_id(params, "ServiceId")?,
        description: description(params, "ServiceDescription")?,
        auto_accept: params.flag("AutoAcceptEnabled")?,
        zone_affinity: params.flag("ZoneAffinityEnabled")?,
        connect_bandwidth: params.number("ConnectBandwidth", 0..=u32::MAX)?,
        ip_version: families(params)?,
    };
    Ok(Write::silent(Command::UpdateService(command)))
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::DeleteService(required_id(&call.params, "ServiceId")?)))
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let service = call.owned::<EndpointService>("ServiceId")?;
    let mut answer = show(&call.view, service);
    answer.insert("Zones".into(), service.zones().iter().map(|zone| zone.as_str()).collect());
    Ok(Value::Object(answer))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let filter = filter(call)?;
    let found = call.all_owned::<EndpointService>().filter(|service| filter(service)).collect();
    let render = |service: &&Arc<EndpointService>| {
        let mut item = show(&call.view, service);
        item.insert("Tags".into(), list::tags(&service.meta.tags, "Key", "Value").into());
        Value::Object(item)
    };
    list::answer(&call.params, &PAGE, "Services", found, |service| service.id.to_string(), render)
}

fn filter(call: &Call) -> Result<impl Fn(&EndpointService) -> bool, ApiError> {
    let (params, view) = (&call.params, &call.view);
    let labelled = Labelled::of(params)?;
    let (auto_accept, affinity) = (params.flag("AutoAcceptEnabled")?, params.flag("ZoneAffinityEnabled")?);
    let text = |name: &str| params.text(name);
    Ok(move |service: &EndpointService| {
        let offers = |id: &str| service.resources.keys().any(|key| key.load_balancer.as_str() == id);
        labelled.takes(&service.meta)
            && is(text("ServiceId"), service.id.as_str())
            && is(text("ServiceName"), &service_name(view, service))
            && is(text("ServiceStatus"), view.status().service(service).status.word())
            && is(text("ServiceBusinessStatus"), "Normal")
            && is(text("ServiceResourceType"), "nlb")
            && is(text("AddressIpVersion"), shown(service.ip_version))
            && auto_accept.is_none_or(|asked| asked == service.auto_accept)
            && affinity.is_none_or(|asked| asked == service.zone_affinity)
            && text("ResourceId").is_none_or(offers)
    })
}

fn service_name(view: &View, service: &EndpointService) -> String {
    names::service_name(&view.state.settings().region, &service.id)
}

fn show(view: &View, service: &EndpointService) -> Map<String, Value> {
    let region = &view.state.settings().region;
    let answer = json!({
        "ServiceId": service.id.as_str(),
        "ServiceName": service_name(view, service),
        "ServiceDomain": names::service_domain(region, &service.id),
        "ServiceDescription": service.meta.description.as_str(),
        "ServiceStatus": view.status().service(service).status.word(),
        "ServiceBusinessStatus": "Normal",
        "ServiceType": "Interface",
        "ServiceResourceType": "nlb",
        "ServiceSupportIPv6": service.ip_version == IpVersion::DualStack,
        "AddressIpVersion": shown(service.ip_version),
        "AutoAcceptEnabled": service.auto_accept,
        "ZoneAffinityEnabled": service.zone_affinity,
        "ConnectBandwidth": service.connect_bandwidth,
        "MinBandwidth": BANDWIDTH.0,
        "MaxBandwidth": BANDWIDTH.1,
        "Payer": service.payer.word(),
        "CreateTime": time::format(service.meta.created),
        "RegionId": region,
        "ResourceGroupId": list::resource_group(&service.meta),
        "SupportedRegionSet": [],
    });
    if let Value::Object(members) = answer { members } else { Map::new() }
}
