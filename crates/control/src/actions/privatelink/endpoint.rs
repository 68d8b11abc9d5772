//! Endpoints.

use std::sync::Arc;

use model::command::endpoint::{CreateEndpoint, UpdateEndpoint};
use model::command::{Command, Output};
use model::endpoint::{Endpoint, EndpointType};
use model::meta::Relabel;
use model::names;
use model::service::EndpointService;
use model::words::Words;
use serde_json::{Map, Value, json};

use super::{PAGE, endpoint_zone, ip_version, policy, service_id, shown};
use crate::actions::call::{description, ids, labels, name, required_id};
use crate::actions::list::{self, Labelled, is, is_lazy};
use crate::actions::{Action, Call, Param, View, Write, refused, works};
use crate::rpc::{ApiError, Params, Product, time};

const CROSS_REGION: Param = refused("CrossRegionBandwidth", "there is one region.");

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "CreateVpcEndpoint",
        &[
            works("VpcId"),
            works("ServiceId"),
            works("ServiceName"),
            works("ServiceRegionId"),
            works("EndpointName"),
            works("EndpointDescription"),
            works("EndpointType"),
            works("SecurityGroupId"),
            works("Zone"),
            works("ProtectedEnabled"),
            works("ZoneAffinityEnabled"),
            works("ZonePrivateIpAddressCount"),
            works("AddressIpVersion"),
            works("ResourceGroupId"),
            works("Tag"),
            works("PolicyDocument"),
            CROSS_REGION,
        ],
        create,
    ),
    Action::write(
        Product::Privatelink,
        "UpdateVpcEndpointAttribute",
        &[
            works("EndpointId"),
            works("EndpointName"),
            works("EndpointDescription"),
            works("ZoneAffinityEnabled"),
            works("AddressIpVersion"),
            works("PolicyDocument"),
            works("ResetPolicy"),
            CROSS_REGION,
        ],
        update,
    ),
    Action::write(Product::Privatelink, "DeleteVpcEndpoint", &[works("EndpointId")], delete),
    Action::read(Product::Privatelink, "GetVpcEndpointAttribute", &[works("EndpointId")], get),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpoints",
        &[
            works("EndpointId"),
            works("EndpointName"),
            works("EndpointStatus"),
            works("EndpointType"),
            works("ConnectionStatus"),
            works("ServiceName"),
            works("ServiceRegionId"),
            works("VpcId"),
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
    only_what_there_is(call)?;
    let kind = endpoint_type(params)?;
    let service = service_id(call)?.ok_or_else(|| params.missing("ServiceId"))?;
    let zones = params.list("Zone")?;
    let command = CreateEndpoint {
        labels: labels(params, Some("EndpointName"), Some("EndpointDescription"))?,
        kind,
        service,
        vpc: required_id(params, "VpcId")?,
        security_groups: ids(params, "SecurityGroupId")?.into_iter().collect(),
        zones: zones.iter().map(endpoint_zone::new).collect::<Result<_, _>>()?,
        protected: params.flag("ProtectedEnabled")?.unwrap_or(false),
        zone_affinity: params.flag("ZoneAffinityEnabled")?.unwrap_or(false),
        ip_version: ip_version(params)?.unwrap_or_default(),
        policy: policy::given(params)?.unwrap_or_default(),
    };
    Ok(Write { command: Command::CreateEndpoint(command), answer: created })
}

fn only_what_there_is(call: &Call) -> Result<(), ApiError> {
    let params: &Params = &call.params;
    if params.number("ZonePrivateIpAddressCount", 1..=u32::MAX)?.is_some_and(|count| count > 1) {
        let message = "An endpoint has one address in each zone: give 1, or nothing.";
        return Err(ApiError::new(400, "QuotaExceeded.IpQuotaPerEp", message));
    }
    params.choice("ServiceRegionId", &[(call.region().as_str(), ())])?;
    Ok(())
}

fn endpoint_type(params: &Params) -> Result<EndpointType, ApiError> {
    let types = [
        ("Interface", Some(EndpointType::Interface)),
        ("Reverse", Some(EndpointType::Reverse)),
        ("GatewayLoadBalancer", None),
    ];
    let asked = params.choice("EndpointType", &types)?;
    asked.unwrap_or(Some(EndpointType::default())).ok_or_else(|| {
        let message = "A network load balancer forwards no foreign packets. Ask for an endpoint of type Interface or \
            Reverse, or leave EndpointType out.";
        ApiError::new(400, "Mismatch.EndpointType", message)
    })
}

fn created(view: &View, output: &Output) -> Value {
    let Output::Endpoint(id) = output else { return Value::Null };
    let endpoint = view.state.get::<Endpoint>(id);
    endpoint.map(|endpoint| Value::Object(show(view, endpoint))).unwrap_or_default()
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let relabel = Relabel {
        name: name(params, "EndpointName")?,
        description: description(params, "EndpointDescription")?,
    };
    let command = UpdateEndpoint {
        endpoint: required_id(params, "EndpointId")?,
        relabel,
        zone_affinity: params.flag("ZoneAffinityEnabled")?,
        ip_version: ip_version(params)?,
        policy: policy::changed(params)?,
    };
    Ok(Write::silent(Command::UpdateEndpoint(command)))
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::DeleteEndpoint(required_id(&call.params, "EndpointId")?)))
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let endpoint = call.owned::<Endpoint>("EndpointId")?;
    let mut answer = show(&call.view, endpoint);
    let payer = call.view.state.get::<EndpointService>(&endpoint.service).map(|service| service.payer);
    answer.insert("Payer".into(), payer.unwrap_or_default().word().into());
    answer.insert("ZonePrivateIpAddressCount".into(), 1.into());
    Ok(Value::Object(answer))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let filter = filter(call)?;
    let found = call.all_owned::<Endpoint>().filter(|endpoint| filter(endpoint)).collect();
    let render = |endpoint: &&Arc<Endpoint>| {
        let mut item = show(&call.view, endpoint);
        item.insert("Tags".into(), list::tags(&endpoint.meta.tags, "Key", "Value").into());
        Value::Object(item)
    };
    list::answer(&call.params, &PAGE, "Endpoints", found, |endpoint| endpoint.id.to_string(), render)
}

fn filter(call: &Call) -> Result<impl Fn(&Endpoint) -> bool, ApiError> {
    let (params, view) = (&call.params, &call.view);
    let labelled = Labelled::of(params)?;
    let region = call.region();
    let text = |name: &str| params.text(name);
    Ok(move |endpoint: &Endpoint| {
        labelled.takes(&endpoint.meta)
            && is(text("EndpointId"), endpoint.id.as_str())
            && is(text("EndpointName"), endpoint.meta.name.as_str())
            && is_lazy(text("EndpointStatus"), || view.status().endpoint(endpoint).status.word())
            && is(text("EndpointType"), endpoint.kind.word())
            && is(text("AddressIpVersion"), shown(endpoint.ip_version))
            && is_lazy(text("ConnectionStatus"), || view.status().connection(endpoint).status.word())
            && is_lazy(text("ServiceName"), || names::service_name(&region, &endpoint.service))
            && is(text("ServiceRegionId"), &region)
            && is(text("VpcId"), endpoint.vpc.as_str())
    })
}

fn show(view: &View, endpoint: &Endpoint) -> Map<String, Value> {
    let region = &view.state.settings().region;
    let service = view.state.get::<EndpointService>(&endpoint.service);
    let answer = json!({
        "EndpointId": endpoint.id.as_str(),
        "EndpointName": endpoint.meta.name.as_str(),
        "EndpointDescription": endpoint.meta.description.as_str(),
        "EndpointStatus": view.status().endpoint(endpoint).status.word(),
        "EndpointBusinessStatus": "Normal",
        "EndpointType": endpoint.kind.word(),
        "ConnectionStatus": view.status().connection(endpoint).status.word(),
        "Bandwidth": endpoint.connection.bandwidth,
        "CrossRegionBandwidth": 0,
        "AddressIpVersion": shown(endpoint.ip_version),
        "CreateTime": time::format(endpoint.meta.created),
        "PolicyDocument": endpoint.policy.document(),
        "ProtectedEnabled": endpoint.protected.is_some(),
        "RegionId": region,
        "ResourceGroupId": list::resource_group(&endpoint.meta),
        "ResourceOwner": service.is_some_and(|service| service.meta.owner == endpoint.meta.owner),
        "ServiceId": endpoint.service.as_str(),
        "ServiceName": names::service_name(region, &endpoint.service),
        "ServiceRegionId": region,
        "VpcId": endpoint.vpc.as_str(),
        "ZoneAffinityEnabled": endpoint.zone_affinity,
    });
    let mut members = if let Value::Object(members) = answer { members } else { Map::new() };
    match endpoint.kind {
        EndpointType::Interface => {
            let domain = names::endpoint_domain(region, &endpoint.service, &endpoint.id);
            members.insert("EndpointDomain".into(), domain.into());
        }
        EndpointType::Reverse => {}
    }
    members
}
