//! RunInstances and CreateInstance.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::command::eni::CreateEni;
use model::command::instance::{MoreInterface, RunInstances};
use model::command::{Command, Output};
use model::id::{SecurityGroupId, Timestamp, VSwitchId, ZoneId};
use model::instance::{
    HostName, Image, InstanceType, InvalidInstanceValue, MetadataOptions, Power, UserData,
};
use model::vpc::VSwitch;
use serde_json::{Value, json};

use super::eni_changes::{self, described, ipv6_addresses, more_addresses};
use super::key_pairs;
use crate::actions::{Action, Call, Param, View, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product, time};

const NO_BILL: &str = "nothing is billed";
const NO_DISKS: &str = "an instance has the one disk of its image";
const NO_LOGIN: &str = "instances have no login of their own: use isthmus exec";
/// Shortest and longest time until an instance is deleted by itself, seconds (the cloud's documentation of AutoReleaseTime).
const RELEASE: (i64, i64) = (30 * 60, 3 * 366 * 86_400);
/// How IPv6 addresses are asked for, beside the instance or in its primary interface.
const IPV6: [&str; 2] = ["Ipv6Address", "Ipv6AddressCount"];
const NO_CLASSIC: &str = "there is no classic network.";
const NO_PLACEMENT: &str = "this version has no placement besides zones.";

const PARAMS: &[Param] = &[
    works("Affinity"),
    works("Amount"),
    works("AutoReleaseTime"),
    works("DeletionProtection"),
    works("Description"),
    works("HostName"),
    works("HostNames"),
    works("HttpEndpoint"),
    works("HttpTokens"),
    works("ImageId"),
    works("InstanceName"),
    works("InstanceType"),
    works("InternetMaxBandwidthOut"),
    works("Ipv6Address"),
    works("Ipv6AddressCount"),
    works("KeyPairName"),
    works("NetworkInterface"),
    works("PrivateIpAddress"),
    works("ResourceGroupId"),
    works("SecurityGroupId"),
    works("SecurityGroupIds"),
    works("Tag"),
    works("Tenancy"),
    works("UniqueSuffix"),
    works("UserData"),
    works("VSwitchId"),
    works("ZoneId"),
    no_effect("AutoPay", NO_BILL),
    no_effect("ImageOptions", NO_LOGIN),
    no_effect("Isp", "instances have no public address"),
    no_effect("PrivatePoolOptions", "nothing is reserved: there is room, or there is none"),
    no_effect("SpotDuration", NO_BILL),
    no_effect("SpotInterruptionBehavior", NO_BILL),
    no_effect("SpotPriceLimit", NO_BILL),
    no_effect("UseAdditionalService", "there is no such service"),
    no_effect("AutoRenew", NO_BILL),
    no_effect("AutoRenewPeriod", NO_BILL),
    no_effect("CreditSpecification", NO_BILL),
    no_effect("InstanceChargeType", NO_BILL),
    no_effect("InternetChargeType", NO_BILL),
    no_effect("InternetMaxBandwidthIn", "instances have no public address"),
    no_effect("HttpPutResponseHopLimit", "the metadata service is one hop away"),
    no_effect("IoOptimized", NO_DISKS),
    no_effect("MinAmount", "all instances are made, or none"),
    no_effect("Password", NO_LOGIN),
    no_effect("PasswordInherit", NO_LOGIN),
    no_effect("Period", NO_BILL),
    no_effect("PeriodUnit", NO_BILL),
    no_effect("SecurityEnhancementStrategy", "there is no such service"),
    no_effect("SpotStrategy", NO_BILL),
    no_effect("SystemDisk", NO_DISKS),
    refused("DataDisk", "this version has no disks: an instance has the one disk of its image."),
    refused("Arn", "this version has no roles."),
    refused("ClockOptions", "an instance has the clock of its host."),
    refused("ClusterId", NO_PLACEMENT),
    refused("CpuOptions", "its type says how many processors an instance has; give InstanceType."),
    refused("DedicatedHostId", NO_PLACEMENT),
    refused("DeploymentSetGroupNo", NO_PLACEMENT),
    refused("DeploymentSetId", NO_PLACEMENT),
    refused("HibernationOptions", "instances do not hibernate."),
    refused("HpcClusterId", NO_PLACEMENT),
    refused("InnerIpAddress", NO_CLASSIC),
    refused("ImageFamily", "give ImageId."),
    refused("LaunchTemplateId", "this version has no launch templates."),
    refused("LaunchTemplateName", "this version has no launch templates."),
    refused("LaunchTemplateVersion", "this version has no launch templates."),
    refused("ManagedHostId", NO_PLACEMENT),
    refused("NetworkInterfaceQueueNumber", "an interface has one queue."),
    refused(
        "NetworkOptions",
        "packets are as long as the network takes them, and are not encrypted on one host.",
    ),
    refused("NodeControllerId", NO_PLACEMENT),
    refused(
        "PrivateDnsNameOptions",
        "instances have no names by themselves: give them some in a private zone.",
    ),
    refused("SchedulerOptions", NO_PLACEMENT),
    refused("SecurityOptions", "the host protects no memory from itself."),
    refused("StorageSetId", NO_PLACEMENT),
    refused("StorageSetPartitionNumber", NO_PLACEMENT),
    refused("VlanId", NO_CLASSIC),
    refused("RamRoleName", "this version has no roles."),
];

/// Actions that make instances.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Ecs, "RunInstances", PARAMS, run),
    Action::write(Product::Ecs, "CreateInstance", PARAMS, create),
];

fn run(call: &Call) -> Result<Write, ApiError> {
    let answer = |_: &View, output: &Output| match output {
        Output::Instances(ids) => {
            json!({ "InstanceIdSets": { "InstanceIdSet": ids }, "OrderId": "", "TradePrice": 0 })
        }
        _ => Value::Null,
    };
    Ok(Write { command: Command::RunInstances(command(call)?), answer })
}

/// One instance, which waits for its first start.
fn create(call: &Call) -> Result<Write, ApiError> {
    let answer = |_: &View, output: &Output| match output {
        Output::Instances(ids) => json!({ "InstanceId": ids.first(), "OrderId": "", "TradePrice": 0 }),
        _ => Value::Null,
    };
    let command = RunInstances { amount: 1, power: Power::Stopped, ..command(call)? };
    Ok(Write { command: Command::RunInstances(command), answer })
}

fn command(call: &Call) -> Result<RunInstances, ApiError> {
    let params = &call.params;
    if params.number("InternetMaxBandwidthOut", 0..=u32::MAX)?.unwrap_or(0) > 0 {
        return Err(params.illegal("InternetMaxBandwidthOut", "instances have no public address: give 0."));
    }
    for name in ["Affinity", "Tenancy"] {
        params.choice(name, &[("default", ())])?;
    }
    let (interface, interfaces) = interfaces(params)?;
    let instance_type = params.text("InstanceType").map(InstanceType::parse).transpose();
    Ok(RunInstances {
        labels: call::labels(params, Some("InstanceName"), Some("Description"))?,
        vswitch: vswitch(call, interface.as_ref())?,
        zone: params.text("ZoneId").map(ZoneId::new),
        amount: params.number("Amount", 0..=u32::MAX)?.unwrap_or(1),
        security_groups: groups(params, interface.as_ref())?,
        image: image(params)?,
        instance_type: instance_type.map_err(|error| invalid(&error))?.unwrap_or_default(),
        host_names: host_names(params)?,
        numbered: params.flag("UniqueSuffix")?.unwrap_or(false),
        user_data: user_data(params)?,
        key_pair: params.text("KeyPairName").map(|name| key_pairs::known(params, name)).transpose()?,
        address: match &interface {
            Some(interface) if interface.has("PrimaryIpAddress") => interface.parse("PrimaryIpAddress")?,
            Some(_) | None => params.parse("PrivateIpAddress")?,
        },
        more: interface.as_ref().map(more_addresses).transpose()?.unwrap_or_default(),
        ipv6: match &interface {
            Some(interface) if IPV6.iter().any(|name| interface.has(name)) => ipv6_addresses(interface)?,
            Some(_) | None => ipv6_addresses(params)?,
        },
        source_dest_check: source_dest_check(interface.as_ref())?,
        interfaces,
        deletion_protection: params.flag("DeletionProtection")?.unwrap_or(false),
        metadata: metadata(params)?,
        release_at: release_at(call)?,
        power: Power::Running,
    })
}

/// One name for all, or one for each.
fn host_names(params: &Params) -> Result<Vec<HostName>, ApiError> {
    let mut names = params.texts("HostNames")?;
    if let Some(one) = params.text("HostName") {
        if !names.is_empty() {
            let message = "Give HostName or HostNames, not both.";
            return Err(ApiError::new(403, "InvalidHostname.SingleAndMultiConflict", message));
        }
        names.push(one.to_owned());
    }
    let parsed = names.iter().map(|name| HostName::parse(name)).collect::<Result<_, _>>();
    parsed.map_err(|error| invalid(&error))
}

fn metadata(params: &Params) -> Result<MetadataOptions, ApiError> {
    let word = |name: &str, words: [&str; 2], code: &'static str| {
        let Some(asked) = params.text(name) else { return Ok(false) };
        let at = words.iter().position(|word| word.eq_ignore_ascii_case(asked));
        at.map(|at| at == 1).ok_or_else(|| {
            let message = format!("The parameter {name} is {asked}; give {} or {}.", words[0], words[1]);
            ApiError::new(400, code, message)
        })
    };
    Ok(MetadataOptions {
        off: word("HttpEndpoint", ["enabled", "disabled"], "InvalidHttpEndpoint.NotSupported")?,
        needs_token: word("HttpTokens", ["optional", "required"], "InvalidHttpTokens.NotSupported")?,
    })
}

/// The time at which an instance is deleted by itself: at least half an hour from now, and at most three years.
fn release_at(call: &Call) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = call.params.text("AutoReleaseTime") else { return Ok(None) };
    let at = time::parse(text).filter(|at| (RELEASE.0..=RELEASE.1).contains(&(at.0 - call.now.0)));
    at.map(Some).ok_or_else(|| {
        let message = "AutoReleaseTime is a time in UTC such as 2030-01-02T03:04:05Z, from half an hour to three years from now.";
        ApiError::new(400, "InvalidAutoReleaseTime.Malformed", message)
    })
}

/// What is said about the primary interface, when it is given, and the others.
fn interfaces(params: &Params) -> Result<(Option<Params>, Vec<MoreInterface>), ApiError> {
    let (mut primary, mut others) = (None, Vec::new());
    for (position, interface) in params.list("NetworkInterface")?.into_iter().enumerate() {
        let words = [("Primary", true), ("Secondary", false)];
        if !interface.choice("InstanceType", &words)?.unwrap_or(position == 0) {
            others.push(more_interface(&interface)?);
        } else if interface.has("NetworkInterfaceId") {
            let why = "the primary interface is made with the instance.";
            return Err(interface.illegal("NetworkInterfaceId", why));
        } else if primary.replace(interface).is_some() {
            return Err(params.illegal("NetworkInterface", "an instance has one primary interface."));
        }
    }
    Ok((primary, others))
}

fn more_interface(interface: &Params) -> Result<MoreInterface, ApiError> {
    if let Some(id) = call::id(interface, "NetworkInterfaceId")? {
        return Ok(MoreInterface::Existing(id));
    }
    let labels = call::labels(interface, Some("NetworkInterfaceName"), Some("Description"))?;
    Ok(MoreInterface::New(CreateEni { labels, ..described(interface)? }))
}

fn source_dest_check(interface: Option<&Params>) -> Result<bool, ApiError> {
    let asked = interface.map(|interface| interface.flag("SourceDestCheck")).transpose()?;
    Ok(asked.flatten().unwrap_or(true))
}

/// The vSwitch that is named, or the account's default one, in the zone that was asked for.
fn vswitch(call: &Call, interface: Option<&Params>) -> Result<VSwitchId, ApiError> {
    let inner = interface.map(|interface| call::id(interface, "VSwitchId")).transpose()?.flatten();
    if let Some(named) = call::id(&call.params, "VSwitchId")?.or(inner) {
        return Ok(named);
    }
    let zone = call.zone("ZoneId")?;
    let usual =
        |vswitch: &&Arc<VSwitch>| vswitch.is_default && zone.is_none_or(|zone| zone == vswitch.zone.as_str());
    call.all_owned::<VSwitch>().find(usual).map(|vswitch| vswitch.id.clone()).ok_or_else(|| {
        let message = "There is no default vSwitch there: give VSwitchId, or make a default one with CreateDefaultVpc and \
                       CreateDefaultVSwitch.";
        ApiError::new(400, "InvalidVSwitchId.Necessary", message)
    })
}

/// Security groups may be given in four places.
fn groups(params: &Params, interface: Option<&Params>) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    let mut groups = BTreeSet::new();
    for place in [Some(params), interface].into_iter().flatten() {
        groups.extend(eni_changes::groups(place)?);
    }
    Ok(groups)
}

pub(super) fn image(params: &Params) -> Result<Image, ApiError> {
    Image::parse(params.required("ImageId")?).map_err(|error| invalid(&error))
}

fn user_data(params: &Params) -> Result<Option<UserData>, ApiError> {
    let Some(text) = params.text("UserData") else { return Ok(None) };
    let bytes = STANDARD.decode(text.trim_end()).map_err(|_| {
        let message = "The user data is not base64 (the standard alphabet, padded). Encode it.";
        ApiError::new(400, "InvalidUserData.Base64FormatInvalid", message)
    })?;
    UserData::new(bytes).map(Some).map_err(|error| invalid(&error))
}

/// A value that an instance cannot have, under the code that clients know.
pub(super) fn invalid(error: &InvalidInstanceValue) -> ApiError {
    let (status, code) = match error {
        InvalidInstanceValue::Image(_) => (404, "InvalidImageId.NotFound"),
        InvalidInstanceValue::Type(_) => (400, "InvalidInstanceType.ValueNotSupported"),
        InvalidInstanceValue::HostName(_) => (400, "InvalidHostName.Malformed"),
        InvalidInstanceValue::UserData(_) => (400, "InvalidUserData.SizeExceeded"),
    };
    ApiError::new(status, code, format!("{error}."))
}
