//! Network interfaces: which ones there are.

use std::sync::Arc;

use model::instance::Eni;
use serde_json::Value;

use super::eni_shape::{body, groups, has_ipv6, instance_of, kind};
use crate::actions::list::is_lazy;
use crate::actions::older::{self, many, page, wanted};
use crate::actions::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

/// Actions that describe interfaces.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeNetworkInterfaces",
        &[
            works("InstanceId"),
            works("Ipv6Address"),
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
    ),
    Action::read(
        Product::Ecs,
        "DescribeNetworkInterfaceAttribute",
        &[
            works("NetworkInterfaceId"),
            no_effect("Attribute", "every attribute is shown"),
            no_effect("Tag", "the interface is named by its id"),
        ],
        |call| Ok(body(&call.view, call.owned::<Eni>("NetworkInterfaceId")?)),
    ),
];

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "NetworkInterfaceId", "NetworkInterfaceName")?;
    let addresses = many(params, "PrivateIpAddress")?;
    let ipv6 = many(params, "Ipv6Address")?;
    let managed = params.flag("ServiceManaged")?;
    let has_address = |eni: &Eni| {
        addresses.as_ref().is_none_or(|asked| eni.addresses().any(|own| asked.contains(&own.to_string())))
    };
    let has_group = |eni: &Eni| {
        let asked = params.text("SecurityGroupId");
        asked.is_none_or(|asked| groups(&call.view, eni).iter().any(|own| own == asked))
    };
    let asked = |eni: &&Arc<Eni>| {
        ipv6.as_ref().is_none_or(|asked| has_ipv6(eni, asked))
            && filter.takes(eni.id.as_str(), &eni.meta)
            && managed.is_none_or(|managed| managed == eni.is_managed())
            && has_address(eni)
            && has_group(eni)
            && placed(call, eni)
    };
    let enis: Vec<Arc<Eni>> = call.all_owned::<Eni>().filter(asked).cloned().collect();
    let names = ("NetworkInterfaceSets", "NetworkInterfaceSet");
    page(params, names, 500, enis, |eni| eni.id.to_string(), |eni| body(&call.view, eni))
}

fn placed(call: &Call, eni: &Eni) -> bool {
    let params = &call.params;
    wanted(params, "InstanceId", instance_of(eni))
        && is_lazy(params.text("PrimaryIpAddress"), || eni.address.to_string())
        && is_lazy(params.text("Status"), || call.view.status().eni(eni).to_string())
        && wanted(params, "Type", kind(eni))
        && wanted(params, "VSwitchId", eni.vswitch.as_str())
        && wanted(params, "VpcId", eni.vpc.as_str())
}
