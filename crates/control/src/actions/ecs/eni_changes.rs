//! Network interfaces are made, changed, attached and detached.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::str::FromStr;

use model::command::eni::{CreateEni, EniAttachment, EniCommand, ModifyEni, MoreAddresses};
use model::command::{Command, Output};
use model::id::SecurityGroupId;
use model::instance::Eni;
use model::meta::Relabel;
use serde_json::Value;

use super::eni_shape;
use crate::actions::{Action, Call, Param, View, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product};

/// Why parameters about prefixes are refused.
pub(super) const NO_PREFIXES: &str = "this version gives interfaces single addresses, no prefixes.";
const NO_HARDWARE: &str =
    "an interface is a link of the host's kernel: it has no queues and modes of its own";
const NO_PRIMARY_IPV6: &str = "this version gives no IPv6 address a role of its own.";
const NO_TRUNKS: &str = "this version has no trunk interfaces.";
const NO_TIMEOUTS: &str = "idle times are those of listeners, and fixed inside a VPC.";

const CREATE: &[Param] = &[
    works("DeleteOnRelease"),
    works("Description"),
    works("Ipv6Address"),
    works("Ipv6AddressCount"),
    works("NetworkInterfaceName"),
    works("PrimaryIpAddress"),
    works("PrivateIpAddress"),
    works("ResourceGroupId"),
    works("SecondaryPrivateIpAddressCount"),
    works("SecurityGroupId"),
    works("SecurityGroupIds"),
    works("SourceDestCheck"),
    works("Tag"),
    works("VSwitchId"),
    no_effect("BusinessType", "there is one kind of interface"),
    no_effect("EnhancedNetwork", NO_HARDWARE),
    no_effect("NetworkInterfaceTrafficConfig", NO_HARDWARE),
    no_effect("NetworkInterfaceTrafficMode", NO_HARDWARE),
    no_effect("QueueNumber", NO_HARDWARE),
    no_effect("QueuePairNumber", NO_HARDWARE),
    no_effect("RxQueueSize", NO_HARDWARE),
    no_effect("TxQueueSize", NO_HARDWARE),
    no_effect("Visible", "an interface is visible to its account"),
    refused("ConnectionTrackingConfiguration", NO_TIMEOUTS),
    refused("EnablePrimaryIPv6", NO_PRIMARY_IPV6),
    refused("InstanceType", NO_TRUNKS),
    refused("Ipv4Prefix", NO_PREFIXES),
    refused("Ipv4PrefixCount", NO_PREFIXES),
    refused("Ipv6Prefix", NO_PREFIXES),
    refused("Ipv6PrefixCount", NO_PREFIXES),
];

const MODIFY: &[Param] = &[
    works("DeleteOnRelease"),
    works("Description"),
    works("NetworkInterfaceId"),
    works("NetworkInterfaceName"),
    works("SecurityGroupId"),
    works("SourceDestCheck"),
    no_effect("EnhancedNetwork", NO_HARDWARE),
    no_effect("NetworkInterfaceTrafficConfig", NO_HARDWARE),
    no_effect("QueueNumber", NO_HARDWARE),
    no_effect("RxQueueSize", NO_HARDWARE),
    no_effect("TxQueueSize", NO_HARDWARE),
    refused("ConnectionTrackingConfiguration", NO_TIMEOUTS),
    refused("EnablePrimaryIPv6", NO_PRIMARY_IPV6),
];

/// Actions that change interfaces.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Ecs, "CreateNetworkInterface", CREATE, create),
    Action::write(Product::Ecs, "DeleteNetworkInterface", &[works("NetworkInterfaceId")], |call| {
        Ok(Write::silent(Command::Eni(EniCommand::Delete(call::required_id(
            &call.params,
            "NetworkInterfaceId",
        )?))))
    }),
    Action::write(Product::Ecs, "ModifyNetworkInterfaceAttribute", MODIFY, modify),
    Action::write(
        Product::Ecs,
        "AttachNetworkInterface",
        &[
            works("InstanceId"),
            works("NetworkInterfaceId"),
            no_effect("NetworkCardIndex", NO_HARDWARE),
            no_effect("WaitForNetworkConfigurationReady", "the status says when it is ready"),
            refused("TrunkNetworkInstanceId", NO_TRUNKS),
        ],
        |call| Ok(Write::silent(Command::Eni(EniCommand::Attach(attachment(call)?)))),
    ),
    Action::write(
        Product::Ecs,
        "DetachNetworkInterface",
        &[works("InstanceId"), works("NetworkInterfaceId"), refused("TrunkNetworkInstanceId", NO_TRUNKS)],
        |call| Ok(Write::silent(Command::Eni(EniCommand::Detach(attachment(call)?)))),
    ),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let labels = call::labels(params, Some("NetworkInterfaceName"), Some("Description"))?;
    let command = CreateEni { labels, ..described(params)? };
    if command.security_groups.is_empty() {
        return Err(params.missing("SecurityGroupId"));
    }
    let answer = |view: &View, output: &Output| match output {
        Output::Eni(id) => {
            view.state.get::<Eni>(id).map(|eni| eni_shape::body(view, eni)).unwrap_or_default()
        }
        _ => Value::Null,
    };
    Ok(Write { command: Command::Eni(EniCommand::Create(command)), answer })
}

/// What a request says about a new interface, besides its labels.
pub(super) fn described(params: &Params) -> Result<CreateEni, ApiError> {
    let vswitch = call::required_id(params, "VSwitchId")?;
    Ok(CreateEni {
        address: params.parse("PrimaryIpAddress")?,
        more: more_addresses(params)?,
        ipv6: ipv6_addresses(params)?,
        delete_on_release: params.flag("DeleteOnRelease")?.unwrap_or(true),
        source_dest_check: params.flag("SourceDestCheck")?.unwrap_or(true),
        ..CreateEni::new(vswitch, groups(params)?)
    })
}

/// Security groups, in whichever of the two parameters they are.
pub(super) fn groups(params: &Params) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    let one = call::id::<SecurityGroupId>(params, "SecurityGroupId")?;
    let several = group_list(params, "SecurityGroupIds")?;
    if one.is_some() && !several.is_empty() {
        let message = "Give SecurityGroupId or SecurityGroupIds, not both.";
        return Err(ApiError::new(400, "InvalidSecurityGroupId.SingleIdAndMultiIdConflict", message));
    }
    Ok(several.into_iter().chain(one).collect())
}

/// The security groups in a list, each named once.
pub(super) fn group_list(params: &Params, name: &str) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    let mut groups = BTreeSet::new();
    for group in call::ids::<SecurityGroupId>(params, name)? {
        if let Some(twice) = groups.replace(group) {
            let message = format!("The security group {twice} is named twice. Name it once.");
            return Err(ApiError::new(400, "InvalidParameter.SecurityGroupIdRepeated", message));
        }
    }
    Ok(groups)
}

/// Secondary addresses by name or by number, not both.
pub(super) fn more_addresses(params: &Params) -> Result<MoreAddresses, ApiError> {
    by_name_or_number(params, &IPV4)
}

/// IPv6 addresses by name or by number, not both.
pub(super) fn ipv6_addresses(params: &Params) -> Result<MoreAddresses<Ipv6Addr>, ApiError> {
    by_name_or_number(params, &IPV6)
}

/// How the addresses of a family are asked for.
pub(super) struct Family {
    named: &'static str,
    count: &'static str,
    /// Status and code of what is no such address.
    malformed: (u16, &'static str),
}

/// Secondary private addresses.
pub(super) const IPV4: Family = Family {
    named: "PrivateIpAddress",
    count: "SecondaryPrivateIpAddressCount",
    malformed: (400, "InvalidPrivateIpAddress.Malformed"),
};

/// IPv6 addresses.
pub(super) const IPV6: Family =
    Family { named: "Ipv6Address", count: "Ipv6AddressCount", malformed: (403, "InvalidIp.Address") };

fn by_name_or_number<A: Copy + Ord + FromStr + std::fmt::Display>(
    params: &Params,
    family: &Family,
) -> Result<MoreAddresses<A>, ApiError> {
    let number = params.number(family.count, 1..=u32::from(u8::MAX))?;
    let named = addresses(params, family)?;
    if named.is_empty() {
        return Ok(MoreAddresses::Any(number.unwrap_or(0)));
    }
    if number.is_some() {
        let message = format!("Give {} or {}, not both.", family.named, family.count);
        return Err(ApiError::new(400, "InvalidParameter.Conflict", message));
    }
    Ok(MoreAddresses::These(named))
}

/// The addresses that are named, each once.
pub(super) fn addresses<A: Copy + Ord + FromStr + std::fmt::Display>(
    params: &Params,
    family: &Family,
) -> Result<BTreeSet<A>, ApiError> {
    let mut addresses = BTreeSet::new();
    for item in params.list(family.named)? {
        let text = item.own_text().unwrap_or_default();
        let malformed = |_| {
            let message = format!("{} has something that is no such address.", family.named);
            ApiError::new(family.malformed.0, family.malformed.1, message)
        };
        let address = text.parse().map_err(malformed)?;
        if !addresses.insert(address) {
            let message = format!("{address} is named twice.");
            return Err(ApiError::new(403, "InvalidIp.IpRepeated", message));
        }
    }
    Ok(addresses)
}

fn attachment(call: &Call) -> Result<EniAttachment, ApiError> {
    let eni = call::required_id(&call.params, "NetworkInterfaceId")?;
    Ok(EniAttachment { eni, instance: call::required_id(&call.params, "InstanceId")? })
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let groups = group_list(params, "SecurityGroupId")?;
    Ok(Write::silent(Command::Eni(EniCommand::Modify(ModifyEni {
        eni: call::required_id(params, "NetworkInterfaceId")?,
        relabel: Relabel {
            name: call::name(params, "NetworkInterfaceName")?,
            description: call::description(params, "Description")?,
        },
        security_groups: (!groups.is_empty()).then_some(groups),
        delete_on_release: params.flag("DeleteOnRelease")?,
        source_dest_check: params.flag("SourceDestCheck")?,
    }))))
}
