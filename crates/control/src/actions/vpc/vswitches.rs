//! vSwitches.

use std::sync::Arc;

use ipnet::AddrParseError;
use model::command::vpc::{CreateVSwitch, ModifyVSwitch, SwitchIpv6, VpcCommand};
use model::command::{Command, Output};
use model::id::ZoneId;
use model::meta::Relabel;
use model::vpc::{InvalidCidr, VSwitch, VSwitchCidr, Vpc};
use serde_json::{Value, json};

use super::route_tables::made_by;
use super::{IPV6_GIVEN, NO_IPAM};
use crate::actions::list::resource_group;
use crate::actions::older::{self, page, vpc_tags, wanted};
use crate::actions::{Action, Call, View, Write, call, no_effect, refused, refused_as, works};
use crate::rpc::{ApiError, Params, Product, time};

/// Actions about vSwitches.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateVSwitch",
        &[
            works("CidrBlock"),
            works("Description"),
            works("Ipv6CidrBlock"),
            works("Tag"),
            works("VSwitchName"),
            works("VpcId"),
            works("ZoneId"),
            refused("CidrMask", NO_IPAM),
            refused("Ipv6CidrMask", NO_IPAM),
            refused_as("VpcIpv6CidrBlock", "IllegalParam.VpcIpv6CidrBlock", IPV6_GIVEN),
        ],
        create,
    ),
    Action::write(Product::Vpc, "DeleteVSwitch", &[works("VSwitchId")], delete),
    Action::write(
        Product::Vpc,
        "ModifyVSwitchAttribute",
        &[
            works("Description"),
            works("EnableIPv6"),
            works("Ipv6CidrBlock"),
            works("VSwitchId"),
            works("VSwitchName"),
            refused("Ipv6CidrMask", NO_IPAM),
            refused_as("VpcIpv6CidrBlock", "IllegalParam.VpcIpv6CidrBlock", IPV6_GIVEN),
        ],
        modify,
    ),
    Action::read(
        Product::Vpc,
        "DescribeVSwitches",
        &[
            works("EnableIpv6"),
            works("IsDefault"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("RouteTableId"),
            works("Tag"),
            works("VSwitchId"),
            works("VSwitchName"),
            works("VpcId"),
            works("ZoneId"),
            no_effect("VSwitchOwnerId", "an account sees its own vSwitches"),
        ],
        describe,
    ),
    Action::read(Product::Vpc, "DescribeVSwitchAttributes", &[works("VSwitchId")], attributes),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = CreateVSwitch {
        labels: call::labels(params, Some("VSwitchName"), Some("Description"))?,
        vpc: call::required_id(params, "VpcId")?,
        zone: ZoneId::new(params.required("ZoneId")?),
        cidr: range(params)?,
        ipv6: ipv6(params)?,
    };
    Ok(made(VpcCommand::CreateVSwitch(command)))
}

/// A new vSwitch.
pub(super) fn made(command: VpcCommand) -> Write {
    let answer = |_: &View, output: &Output| match output {
        Output::VSwitch(id) => json!({ "VSwitchId": id }),
        _ => Value::Null,
    };
    Write { command: Command::Vpc(command), answer }
}

fn range(params: &Params) -> Result<VSwitchCidr, ApiError> {
    let illegal = |code, why: &dyn std::fmt::Display| {
        ApiError::new(400, code, format!("The parameter CidrBlock is not valid: {why}."))
    };
    let net = params.required("CidrBlock")?.parse();
    let net = net.map_err(|error: AddrParseError| illegal("IllegalParam.CidrBlock", &error))?;
    VSwitchCidr::new(net).map_err(|error| match error {
        InvalidCidr::Mask { .. } => illegal("InvalidCirdrBlock.MaskLength", &error),
        InvalidCidr::HostBits(_) | InvalidCidr::Reserved { .. } => {
            illegal("InvalidCidrBlock.Malformed", &error)
        }
    })
}

/// Which /64 of the VPC's IPv6 range it gets.
pub(super) fn ipv6(params: &Params) -> Result<Option<u8>, ApiError> {
    params.number("Ipv6CidrBlock", 0..=u8::MAX)
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::Vpc(VpcCommand::DeleteVSwitch(call::required_id(&call.params, "VSwitchId")?))))
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let relabel = Relabel {
        name: call::name(params, "VSwitchName")?,
        description: call::description(params, "Description")?,
    };
    let vswitch = call::required_id(params, "VSwitchId")?;
    Ok(Write::silent(Command::Vpc(VpcCommand::ModifyVSwitch(ModifyVSwitch {
        vswitch,
        relabel,
        ipv6: switch_ipv6(params)?,
    }))))
}

fn switch_ipv6(params: &Params) -> Result<Option<SwitchIpv6>, ApiError> {
    match (params.flag("EnableIPv6")?, ipv6(params)?) {
        (None, None) => Ok(None),
        (Some(false), None) => Ok(Some(SwitchIpv6::Off)),
        (Some(true), number) | (None, number @ Some(_)) => Ok(Some(SwitchIpv6::On(number))),
        (Some(false), Some(_)) => {
            let message = "A vSwitch without IPv6 has no Ipv6CidrBlock: leave it out.";
            Err(ApiError::new(400, "ParamExclusive.DisableIpv6AndIpv6CidrBlock", message))
        }
    }
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "VSwitchId", "VSwitchName")?;
    if !filter.few_ids() {
        let message = older::too_many_ids("VSwitchId");
        return Err(ApiError::new(404, "InvalidVSwitchIdNumber.NotSupported", message));
    }
    let (is_default, ipv6) = (params.flag("IsDefault")?, params.flag("EnableIpv6")?);
    let asked = |vswitch: &&Arc<VSwitch>| {
        ipv6.is_none_or(|it| it == vswitch.ipv6.is_some())
            && is_default.is_none_or(|it| it == vswitch.is_default)
            && filter.takes(vswitch.id.as_str(), &vswitch.meta)
            && wanted(params, "VpcId", vswitch.vpc.as_str())
            && wanted(params, "ZoneId", vswitch.zone.as_str())
            && wanted(params, "RouteTableId", &route_table(&call.view, vswitch))
    };
    let vswitches: Vec<Arc<VSwitch>> = call.all_owned::<VSwitch>().filter(asked).cloned().collect();
    let names = ("VSwitches", "VSwitch");
    page(params, names, 50, vswitches, |vswitch| vswitch.id.to_string(), |vswitch| body(&call.view, vswitch))
}

fn attributes(call: &Call) -> Result<Value, ApiError> {
    Ok(body(&call.view, call.owned::<VSwitch>("VSwitchId")?))
}

fn route_table(view: &View, vswitch: &VSwitch) -> String {
    let of_vpc = || view.state.get::<Vpc>(&vswitch.vpc).map(|vpc| vpc.route_table.clone());
    vswitch.route_table.clone().or_else(of_vpc).map(|table| table.to_string()).unwrap_or_default()
}

/// Addresses that can still be given out; one that rests counts as taken.
fn available(view: &View, vswitch: &VSwitch) -> u32 {
    let taken = view.state.addresses_held(&vswitch.id);
    vswitch.cidr.usable().saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
}

fn body(view: &View, vswitch: &VSwitch) -> Value {
    json!({
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.meta.name,
        "Description": vswitch.meta.description,
        "Status": view.status().network(&vswitch.meta).to_string(),
        "VpcId": vswitch.vpc,
        "ZoneId": vswitch.zone,
        "CidrBlock": vswitch.cidr.net(),
        "EnabledIpv6": vswitch.ipv6.is_some(),
        "Ipv6CidrBlock": vswitch.ipv6.map(|ipv6| ipv6.range().to_string()).unwrap_or_default(),
        "AvailableIpAddressCount": available(view, vswitch),
        "IsDefault": vswitch.is_default,
        "NetworkAclId": "",
        "ShareType": "",
        "RouteTable": { "RouteTableId": route_table(view, vswitch), "RouteTableType": made_by(vswitch.route_table.is_none()) },
        "OwnerId": vswitch.meta.owner,
        "ResourceGroupId": resource_group(&vswitch.meta),
        "Tags": vpc_tags(&vswitch.meta),
        "CreationTime": time::format(vswitch.meta.created),
    })
}
