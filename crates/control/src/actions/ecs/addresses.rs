//! Addresses of network interfaces and instances.

use model::command::eni::{AssignAddresses, EniCommand, UnassignAddresses};
use model::command::instance::MoveInstance;
use model::command::{Command, Output};
use model::instance::{Eni, Instance};
use serde_json::{Value, json};

use super::eni_changes::{NO_IPV6, NO_PREFIXES, addresses, more_addresses};
use crate::actions::{Action, Call, View, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Product};

/// Actions about addresses.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "AssignPrivateIpAddresses",
        &[
            works("NetworkInterfaceId"),
            works("PrivateIpAddress"),
            works("SecondaryPrivateIpAddressCount"),
            refused("Ipv4Prefix", NO_PREFIXES),
            refused("Ipv4PrefixCount", NO_PREFIXES),
        ],
        assign,
    ),
    Action::write(
        Product::Ecs,
        "UnassignPrivateIpAddresses",
        &[works("NetworkInterfaceId"), works("PrivateIpAddress"), refused("Ipv4Prefix", NO_PREFIXES)],
        unassign,
    ),
    Action::read(
        Product::Ecs,
        "AssignIpv6Addresses",
        &[
            works("NetworkInterfaceId"),
            refused("Ipv6Address", NO_IPV6),
            refused("Ipv6AddressCount", NO_IPV6),
            refused("Ipv6Prefix", NO_IPV6),
            refused("Ipv6PrefixCount", NO_IPV6),
        ],
        no_ipv6,
    ),
    Action::read(
        Product::Ecs,
        "UnassignIpv6Addresses",
        &[works("NetworkInterfaceId"), refused("Ipv6Address", NO_IPV6), refused("Ipv6Prefix", NO_IPV6)],
        no_ipv6,
    ),
    Action::write(
        Product::Ecs,
        "ModifyInstanceVpcAttribute",
        &[
            works("InstanceId"),
            works("PrivateIpAddress"),
            works("SecurityGroupId"),
            works("VSwitchId"),
            works("VpcId"),
        ],
        move_instance,
    ),
    Action::read(
        Product::Ecs,
        "AllocatePublicIpAddress",
        &[
            works("InstanceId"),
            no_effect("IpAddress", "no address is public"),
            no_effect("VlanId", "no address is public"),
        ],
        no_public_address,
    ),
];

fn assign(call: &Call) -> Result<Write, ApiError> {
    let eni = call::required_id(&call.params, "NetworkInterfaceId")?;
    let command = AssignAddresses { eni, addresses: more_addresses(&call.params)? };
    let answer = |_: &View, output: &Output| match output {
        Output::Addresses(eni, addresses) => json!({
            "AssignedPrivateIpAddressesSet": {
                "NetworkInterfaceId": eni,
                "PrivateIpSet": { "PrivateIpAddress": addresses },
                "Ipv4PrefixSet": { "Ipv4Prefixes": [] },
            }
        }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Eni(EniCommand::Assign(command)), answer })
}

fn unassign(call: &Call) -> Result<Write, ApiError> {
    let eni = call::required_id(&call.params, "NetworkInterfaceId")?;
    let addresses = addresses(&call.params)?;
    Ok(Write::silent(Command::Eni(EniCommand::Unassign(UnassignAddresses { eni, addresses }))))
}

/// An interface that exists, and can have none.
fn no_ipv6(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Eni>("NetworkInterfaceId")?;
    Err(ApiError::new(403, "InvalidOperation.Ipv6NotSupport", "This version has no IPv6 inside VPCs."))
}

fn move_instance(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    Ok(Write::silent(Command::Eni(EniCommand::MoveInstance(MoveInstance {
        instance: call::required_id(params, "InstanceId")?,
        vswitch: call::required_id(params, "VSwitchId")?,
        vpc: call::id(params, "VpcId")?,
        address: params.parse("PrivateIpAddress")?,
        security_groups: call::ids(params, "SecurityGroupId")?.into_iter().collect(),
    }))))
}

/// An instance that exists, and can have none.
fn no_public_address(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Instance>("InstanceId")?;
    let message = "There is no Internet here: no instance has a public address.";
    Err(ApiError::new(400, "InsufficientPublicIp", message))
}
