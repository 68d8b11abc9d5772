//! Endpoint services, as those see them who may connect.

use std::sync::Arc;

use model::id::AccountId;
use model::meta::Meta;
use model::names;
use model::nlb::IpVersion;
use model::service::EndpointService;
use model::words::Words;
use serde_json::{Value, json};

use super::{PAGE, service_id, shown, total_as_text};
use crate::actions::list::{self, Labelled, is};
use crate::actions::{Action, Call, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[Action::read(
    Product::Privatelink,
    "ListVpcEndpointServicesByEndUser",
    &[
        works("ServiceId"),
        works("ServiceName"),
        works("ServiceType"),
        works("ServiceRegionId"),
        works("ResourceGroupId"),
        works("Tag"),
        works("MaxResults"),
        works("NextToken"),
    ],
    list,
)];

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    let id = service_id(call)?;
    let region = call.region();
    let wanted = |service: &&Arc<EndpointService>| {
        service.admits(call.account)
            && id.as_ref().is_none_or(|id| *id == service.id)
            && is(params.text("ServiceType"), "Interface")
            && is(params.text("ServiceRegionId"), &region)
            && labels(call.account, service).map_or(labelled.takes_bare(), |meta| labelled.takes(meta))
    };
    let found = call.view.state.tables().services.values().filter(wanted).collect();
    let render = |service: &&Arc<EndpointService>| show(call, service);
    list::answer(params, &PAGE, "Services", found, |service| service.id.to_string(), render)
        .map(total_as_text)
}

/// The labels of a service that an account sees: those of its own.
fn labels(account: AccountId, service: &EndpointService) -> Option<&Meta> {
    (service.meta.owner == account).then_some(&service.meta)
}

fn show(call: &Call, service: &EndpointService) -> Value {
    let region = call.region();
    let labels = labels(call.account, service);
    json!({
        "ServiceId": service.id.as_str(),
        "ServiceName": names::service_name(&region, &service.id),
        "ServiceDomain": names::service_domain(&region, &service.id),
        "ServiceType": "Interface",
        "ServiceResourceType": "nlb",
        "ServiceSupportIPv6": service.ip_version == IpVersion::DualStack,
        "AddressIpVersion": shown(service.ip_version),
        "AutoAcceptEnabled": service.auto_accept,
        "Payer": service.payer.word(),
        "ResourceGroupId": labels.map(list::resource_group).unwrap_or_default(),
        "Tags": labels.map(|meta| list::tags(&meta.tags, "Key", "Value")).unwrap_or_default(),
        "VpcEndpointPolicySupported": false,
        "ZoneAffinityEnabled": service.zone_affinity,
        "Zones": service.zones().iter().map(|zone| zone.as_str()).collect::<Vec<_>>(),
    })
}
