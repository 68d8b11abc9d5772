//! The default VPC of an account, and its default vSwitches.

use model::command::vpc::{CreateVpc, VpcCommand};
use model::id::ZoneId;
use model::vpc::VpcCidr;

use super::{NO_IPV6, vpcs, vswitches};
use crate::actions::older::never;
use crate::actions::{Action, Call, Write, call, refused, works};
use crate::rpc::{ApiError, Product};

/// Actions that need no range.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateDefaultVpc",
        &[works("ResourceGroupId"), works("EnableIpv6"), refused("Ipv6CidrBlock", NO_IPV6)],
        vpc,
    ),
    Action::write(
        Product::Vpc,
        "CreateDefaultVSwitch",
        &[works("ZoneId"), refused("Ipv6CidrBlock", NO_IPV6)],
        vswitch,
    ),
];

fn vpc(call: &Call) -> Result<Write, ApiError> {
    never(&call.params, "EnableIpv6", NO_IPV6)?;
    let labels = call::labels(&call.params, None, None)?;
    Ok(vpcs::made(CreateVpc { labels, cidr: VpcCidr::default(), is_default: true }))
}

fn vswitch(call: &Call) -> Result<Write, ApiError> {
    let zone = ZoneId::new(call.params.required("ZoneId")?);
    Ok(vswitches::made(VpcCommand::CreateDefaultVSwitch(zone)))
}
