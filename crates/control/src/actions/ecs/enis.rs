//! Network interfaces.

use std::sync::Arc;

use model::instance::{Eni, EniOwner};
use model::vpc::VSwitch;
use serde_json::{Value, json};

use crate::actions::list::resource_group;
use crate::actions::older::{self, ecs_tags, many, page, wanted};
use crate::actions::{Action, Call, View, works};
use crate::rpc::{ApiError, Params, Product, time};

/// Actions about interfaces.
pub(super) const ACTIONS: &[Action] = &[Action::read(
    Product::Ecs,
    "DescribeNetworkInterfaces",
    &[
        works("InstanceId"),
        works("MaxResults"),
        works("NetworkInterfaceId"),
        works("NetworkInterfaceName"),
        works("NextToken"),
        works("PageNumber"),
        works("PageSize"),
        works("PrimaryIpAddress"),
        works("PrivateIpAddress"),
        works("ResourceGroupId"),
        works("SecurityGroupId"),
        works("ServiceManaged"),
        works("Status"),
        works("Tag"),
        works("Type"),
        works("VSwitchId"),
        works("VpcId"),
    ],
    describe,
)];

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "NetworkInterfaceId", "NetworkInterfaceName")?;
    let addresses = many(params, "PrivateIpAddress")?;
    let managed = params.flag("ServiceManaged")?;
    let asked = |eni: &&Arc<Eni>| {
        filter.takes(eni.id.as_str(), &eni.meta)
            && managed.is_none_or(|managed| managed == is_managed(eni))
            && addresses.as_ref().is_none_or(|addresses| addresses.contains(&eni.address.to_string()))
            && placed(params, &call.view, eni)
            && params
                .text("SecurityGroupId")
                .is_none_or(|group| groups(&call.view, eni).iter().any(|own| own == group))
    };
    let enis: Vec<Arc<Eni>> = call.all_owned::<Eni>().filter(asked).cloned().collect();
    let names = ("NetworkInterfaceSets", "NetworkInterfaceSet");
    page(params, names, 100, enis, |eni| eni.id.to_string(), |eni| body(&call.view, eni))
}

fn placed(params: &Params, view: &View, eni: &Eni) -> bool {
    wanted(params, "InstanceId", instance_of(eni))
        && wanted(params, "PrimaryIpAddress", &eni.address.to_string())
        && wanted(params, "Status", &view.status().eni(eni).to_string())
        && wanted(params, "Type", kind(eni))
        && wanted(params, "VSwitchId", eni.vswitch.as_str())
        && wanted(params, "VpcId", eni.vpc.as_str())
}

fn is_managed(eni: &Eni) -> bool {
    match eni.owner {
        EniOwner::Instance(_) => false,
        EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => true,
    }
}

fn kind(eni: &Eni) -> &'static str {
    if is_managed(eni) { "Secondary" } else { "Primary" }
}

fn instance_of(eni: &Eni) -> &str {
    match &eni.owner {
        EniOwner::Instance(id) => id.as_str(),
        EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => "",
    }
}

/// Security groups of an interface; an endpoint's are kept with the endpoint.
fn groups(view: &View, eni: &Eni) -> Vec<String> {
    let groups = match &eni.owner {
        EniOwner::Endpoint(id) => {
            view.state.get::<model::endpoint::Endpoint>(id).map(|row| &row.security_groups)
        }
        EniOwner::Instance(_) | EniOwner::LoadBalancer(_) => Some(&eni.security_groups),
    };
    groups.into_iter().flatten().map(ToString::to_string).collect()
}

fn body(view: &View, eni: &Eni) -> Value {
    let zone = view.state.get::<VSwitch>(&eni.vswitch).map(|vswitch| vswitch.zone.to_string());
    let instance = instance_of(eni);
    let private = json!([{ "Primary": true, "PrivateIpAddress": eni.address, "PrivateDnsName": "" }]);
    json!({
        "NetworkInterfaceId": eni.id,
        "NetworkInterfaceName": eni.meta.name,
        "Description": eni.meta.description,
        "Status": view.status().eni(eni).to_string(),
        "Type": kind(eni),
        "InstanceId": instance,
        "Attachment": { "InstanceId": instance, "DeviceIndex": 0, "TrunkNetworkInterfaceId": "" },
        "VpcId": eni.vpc,
        "VSwitchId": eni.vswitch,
        "ZoneId": zone,
        "PrivateIpAddress": eni.address,
        "PrivateIpSets": { "PrivateIpSet": private },
        "Ipv6Sets": { "Ipv6Set": [] },
        "Ipv4PrefixSets": { "Ipv4PrefixSet": [] },
        "Ipv6PrefixSets": { "Ipv6PrefixSet": [] },
        "AssociatedPublicIp": { "AllocationId": "", "PublicIpAddress": "" },
        "MacAddress": eni.mac().to_string(),
        "SecurityGroupIds": { "SecurityGroupId": groups(view, eni) },
        "ServiceManaged": is_managed(eni),
        "DeleteOnRelease": true,
        "SourceDestCheck": true,
        "NetworkInterfaceTrafficMode": "Standard",
        "OwnerId": eni.meta.owner.to_string(),
        "ResourceGroupId": resource_group(&eni.meta),
        "Tags": ecs_tags(&eni.meta),
        "CreationTime": time::format(eni.meta.created),
    })
}
