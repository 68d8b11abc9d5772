//! Network interfaces, as answers show them.

use model::endpoint::Endpoint;
use model::instance::{Eni, EniOwner};
use model::vpc::VSwitch;
use serde_json::{Value, json};

use crate::actions::View;
use crate::actions::list::resource_group;
use crate::actions::older::ecs_tags;
use crate::rpc::time;

/// Primary or secondary.
pub(super) fn kind(eni: &Eni) -> &'static str {
    if eni.is_primary() { "Primary" } else { "Secondary" }
}

/// The instance that has it; empty when none has.
pub(super) fn instance_of(eni: &Eni) -> &str {
    eni.instance().map_or("", |id| id.as_str())
}

/// Security groups of an interface; an endpoint's are kept with the endpoint.
pub(super) fn groups(view: &View, eni: &Eni) -> Vec<String> {
    let groups = match &eni.owner {
        EniOwner::Endpoint(id) => view.state.get::<Endpoint>(id).map(|row| &row.security_groups),
        EniOwner::Nobody | EniOwner::Instance(..) | EniOwner::LoadBalancer(_) => Some(&eni.security_groups),
    };
    groups.into_iter().flatten().map(ToString::to_string).collect()
}

/// Every private address, the primary one first.
pub(super) fn addresses(eni: &Eni) -> Value {
    let shown = eni.addresses().map(|address| {
        json!({
            "Primary": address == eni.address,
            "PrivateIpAddress": address,
            "PrivateDnsName": "",
            "AssociatedPublicIp": { "AllocationId": "", "PublicIpAddress": "" },
        })
    });
    json!({ "PrivateIpSet": shown.collect::<Vec<_>>() })
}

/// Every IPv6 address.
pub(super) fn ipv6_addresses(eni: &Eni) -> Value {
    let shown = eni.ipv6.keys().map(|address| json!({ "Ipv6Address": address, "Primary": false }));
    json!({ "Ipv6Set": shown.collect::<Vec<_>>() })
}

/// Whether an interface has one of these IPv6 addresses, however they are written.
pub(super) fn has_ipv6(eni: &Eni, asked: &[String]) -> bool {
    asked.iter().filter_map(|text| text.parse().ok()).any(|address| eni.ipv6.contains_key(&address))
}

/// Everything about an interface.
pub(super) fn body(view: &View, eni: &Eni) -> Value {
    let zone = view.state.get::<VSwitch>(&eni.vswitch).map(|vswitch| vswitch.zone.to_string());
    let device = if let EniOwner::Instance(_, number) = eni.owner { number } else { 0 };
    let instance = instance_of(eni);
    json!({
        "NetworkInterfaceId": eni.id,
        "NetworkInterfaceName": eni.meta.name,
        "Description": eni.meta.description,
        "Status": view.status().eni(eni).to_string(),
        "Type": kind(eni),
        "InstanceId": instance,
        "Attachment": { "InstanceId": instance, "DeviceIndex": device, "TrunkNetworkInterfaceId": "" },
        "VpcId": eni.vpc,
        "VSwitchId": eni.vswitch,
        "ZoneId": zone,
        "PrivateIpAddress": eni.address,
        "PrivateIpSets": addresses(eni),
        "Ipv6Sets": ipv6_addresses(eni),
        "Ipv4PrefixSets": { "Ipv4PrefixSet": [] },
        "Ipv6PrefixSets": { "Ipv6PrefixSet": [] },
        "AssociatedPublicIp": { "AllocationId": "", "PublicIpAddress": "" },
        "MacAddress": eni.mac().to_string(),
        "SecurityGroupIds": { "SecurityGroupId": groups(view, eni) },
        "ServiceManaged": eni.is_managed(),
        "DeleteOnRelease": eni.delete_on_release,
        "SourceDestCheck": eni.source_dest_check,
        "NetworkInterfaceTrafficMode": "Standard",
        "OwnerId": eni.meta.owner.to_string(),
        "ResourceGroupId": resource_group(&eni.meta),
        "Tags": ecs_tags(&eni.meta),
        "CreationTime": time::format(eni.meta.created),
    })
}
