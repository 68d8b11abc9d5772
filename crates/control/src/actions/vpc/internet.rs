//! What belongs to the Internet or to the classic network, which are not here: said so, rather than pretended.

use model::vpc::Vpc;
use serde_json::{Value, json};

use crate::actions::older::page;
use crate::actions::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

const NO_ADDRESSES: &str = "there are no public addresses";

/// Actions about public addresses and the classic network.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Vpc,
        "AllocateEipAddress",
        &[
            no_effect("ActivityId", NO_ADDRESSES),
            no_effect("AutoPay", NO_ADDRESSES),
            no_effect("Bandwidth", NO_ADDRESSES),
            no_effect("Description", NO_ADDRESSES),
            no_effect("ISP", NO_ADDRESSES),
            no_effect("InstanceChargeType", NO_ADDRESSES),
            no_effect("InstanceId", NO_ADDRESSES),
            no_effect("InternetChargeType", NO_ADDRESSES),
            no_effect("IpAddress", NO_ADDRESSES),
            no_effect("Isp", NO_ADDRESSES),
            no_effect("Name", NO_ADDRESSES),
            no_effect("Netmode", NO_ADDRESSES),
            no_effect("Period", NO_ADDRESSES),
            no_effect("PricingCycle", NO_ADDRESSES),
            no_effect("PublicIpAddressPoolId", NO_ADDRESSES),
            no_effect("ResourceGroupId", NO_ADDRESSES),
            no_effect("SecurityProtectionTypes", NO_ADDRESSES),
            no_effect("Tag", NO_ADDRESSES),
            no_effect("Zone", NO_ADDRESSES),
        ],
        no_address,
    ),
    Action::read(
        Product::Vpc,
        "DescribeEipAddresses",
        &[
            works("PageNumber"),
            works("PageSize"),
            no_effect("AllocationId", NO_ADDRESSES),
            no_effect("AssociatedInstanceId", NO_ADDRESSES),
            no_effect("AssociatedInstanceType", NO_ADDRESSES),
            no_effect("ChargeType", NO_ADDRESSES),
            no_effect("EipAddress", NO_ADDRESSES),
            no_effect("EipName", NO_ADDRESSES),
            no_effect("Filter", NO_ADDRESSES),
            no_effect("ISP", NO_ADDRESSES),
            no_effect("IncludeReservationData", NO_ADDRESSES),
            no_effect("LockReason", NO_ADDRESSES),
            no_effect("PublicIpAddressPoolId", NO_ADDRESSES),
            no_effect("ResourceGroupId", NO_ADDRESSES),
            no_effect("SecurityProtectionEnabled", NO_ADDRESSES),
            no_effect("SegmentInstanceId", NO_ADDRESSES),
            no_effect("ServiceManaged", NO_ADDRESSES),
            no_effect("Status", NO_ADDRESSES),
            no_effect("Tag", NO_ADDRESSES),
        ],
        addresses,
    ),
    Action::read(Product::Vpc, "EnableVpcClassicLink", &[works("VpcId")], no_classic_link),
    Action::read(Product::Vpc, "DisableVpcClassicLink", &[works("VpcId")], classic_link_is_off),
];

fn no_address(_: &Call) -> Result<Value, ApiError> {
    let message = "This installation has no public addresses: reach a service through an endpoint.";
    Err(ApiError::new(400, "OperationUnsupported.EipAddress", message))
}

fn addresses(call: &Call) -> Result<Value, ApiError> {
    let none: Vec<Value> = Vec::new();
    page(&call.params, ("EipAddresses", "EipAddress"), 100, none, |_| String::new(), Value::clone)
}

fn no_classic_link(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Vpc>("VpcId")?;
    Err(ApiError::new(400, "Forbidden.EnableClassicLink", "There is no classic network to link a VPC to."))
}

fn classic_link_is_off(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Vpc>("VpcId")?;
    Ok(json!({}))
}
