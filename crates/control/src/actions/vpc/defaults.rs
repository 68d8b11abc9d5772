//! The default VPC of an account, and its default vSwitches.

use model::command::vpc::{CreateDefaultVSwitch, CreateVpc, VpcCommand};
use model::id::ZoneId;
use model::vpc::VpcCidr;

use super::{IPV6_GIVEN, vpcs, vswitches};
use crate::actions::{Action, Call, Write, call, refused_as, works};
use crate::rpc::{ApiError, Product};

/// Actions that need no range.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateDefaultVpc",
        &[
            works("ResourceGroupId"),
            works("EnableIpv6"),
            refused_as("Ipv6CidrBlock", "IllegalParam.Ipv6CidrBlock", IPV6_GIVEN),
        ],
        vpc,
    ),
    Action::write(Product::Vpc, "CreateDefaultVSwitch", &[works("ZoneId"), works("Ipv6CidrBlock")], vswitch),
];

fn vpc(call: &Call) -> Result<Write, ApiError> {
    let labels = call::labels(&call.params, None, None)?;
    let ipv6 = call.params.flag("EnableIpv6")?.unwrap_or(false);
    Ok(vpcs::made(CreateVpc { labels, cidr: VpcCidr::default(), ipv6, is_default: true }))
}

fn vswitch(call: &Call) -> Result<Write, ApiError> {
    let zone = ZoneId::new(call.params.required("ZoneId")?);
    let ipv6 = vswitches::ipv6(&call.params)?;
    Ok(vswitches::made(VpcCommand::CreateDefaultVSwitch(CreateDefaultVSwitch { zone, ipv6 })))
}
