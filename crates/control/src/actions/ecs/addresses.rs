//! Addresses of network interfaces and instances.

use model::command::eni::{AssignAddresses, AssignIpv6, EniCommand, UnassignAddresses, UnassignIpv6};
use model::command::instance::MoveInstance;
use model::command::{Command, Output};
use model::instance::Instance;
use serde_json::{Value, json};

use super::eni_changes::{IPV4, IPV6, NO_PREFIXES, addresses, group_list, ipv6_addresses, more_addresses};
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
    Action::write(
        Product::Ecs,
        "AssignIpv6Addresses",
        &[
            works("NetworkInterfaceId"),
            works("Ipv6Address"),
            works("Ipv6AddressCount"),
            refused("Ipv6Prefix", NO_PREFIXES),
            refused("Ipv6PrefixCount", NO_PREFIXES),
        ],
        assign_ipv6,
    ),
    Action::write(
        Product::Ecs,
        "UnassignIpv6Addresses",
        &[works("NetworkInterfaceId"), works("Ipv6Address"), refused("Ipv6Prefix", NO_PREFIXES)],
        unassign_ipv6,
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
    let addresses = addresses(&call.params, &IPV4)?;
    Ok(Write::silent(Command::Eni(EniCommand::Unassign(UnassignAddresses { eni, addresses }))))
}

fn assign_ipv6(call: &Call) -> Result<Write, ApiError> {
    let eni = call::required_id(&call.params, "NetworkInterfaceId")?;
    let command = AssignIpv6 { eni, addresses: ipv6_addresses(&call.params)? };
    let answer = |_: &View, output: &Output| match output {
        Output::Addresses(eni, addresses) => json!({
            "NetworkInterfaceId": eni,
            "Ipv6Sets": { "Ipv6Address": addresses },
            "Ipv6PrefixSets": { "Ipv6Prefix": [] },
        }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Eni(EniCommand::AssignIpv6(command)), answer })
}

fn unassign_ipv6(call: &Call) -> Result<Write, ApiError> {
    let eni = call::required_id(&call.params, "NetworkInterfaceId")?;
    let addresses = addresses(&call.params, &IPV6)?;
    Ok(Write::silent(Command::Eni(EniCommand::UnassignIpv6(UnassignIpv6 { eni, addresses }))))
}

fn move_instance(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    Ok(Write::silent(Command::Eni(EniCommand::MoveInstance(MoveInstance {
        instance: call::required_id(params, "InstanceId")?,
        vswitch: call::required_id(params, "VSwitchId")?,
        vpc: call::id(params, "VpcId")?,
        address: params.parse("PrivateIpAddress")?,
        security_groups: group_list(params, "SecurityGroupId")?,
    }))))
}

/// An instance that exists, and can have none.
fn no_public_address(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Instance>("InstanceId")?;
    let message = "There is no Internet here: no instance has a public address.";
    Err(ApiError::new(400, "InsufficientPublicIp", message))
}
